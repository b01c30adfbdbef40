/** Writing text into XML. */

// Control characters XML 1.0 cannot carry, and lone surrogates, which UTF-8 cannot.
const ILLEGAL =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A text without these is written as it is. */
const UNUSUAL = /[^ !#-%'-;=?-~]/;

/** Escapes text for an element or a double-quoted attribute; what XML cannot carry becomes U+FFFD. */
export function escapeXml(text: string): string {
  if (!UNUSUAL.test(text)) return text;
  return text
    .replace(ILLEGAL, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/\r/g, '&#13;')
    .replace(/\n/g, '&#10;')
    .replace(/\t/g, '&#9;');
}
