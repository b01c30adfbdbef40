/** Values in search filters. Pure. */

/**
 * A text as it stands for itself in a filter [RFC 4515 3]. More is escaped than has to be: a filter is read by the library
 * before it is read by the directory, and none of them is to find a sign in it. Beyond ASCII nothing is a sign.
 */
export function filterValue(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\u0080-\u{10ffff}]/gu,
    (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
