/** Base64 as XML documents carry it. */

/**
 * The bytes of a base64 text, or null if it is anything else. Buffer skips what it does not know and takes base64url too;
 * a result of the right length proves that it skipped nothing, at a tenth of what a regular expression costs.
 */
export function bytesOfBase64(text: string): Buffer | null {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : null;
}
