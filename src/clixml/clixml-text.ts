/** The string escapes of CLIXML (MS-PSRP 2.2.5.3.2) and of XML around them. */

// Control characters, surrogate code units, and what is no XML character at all (.NET leaves the last two
// to the XML writer, which then makes ill-formed XML of them; escaped they read back the same).
const ENCODED = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]|_(?=[xX])/g;
const NEEDS_ENCODING = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]|_[xX]/;
// The pattern of .NET's XmlConvert.DecodeName, which PowerShell's reader uses.
const DECODED = /_[xX]([0-9a-fA-F]{4}|[0-9a-fA-F]{8})_/g;
const NEEDS_ESCAPE = /[&<>"]/;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Encodes a text as PowerShell does: control characters, each surrogate code unit and `_` before `x` become `_xHHHH_`.
 * The result is free of ill-formed characters, but not escaped for XML: see {@link escapeXml}.
 */
export function encodeClixmlText(text: string): string {
  if (!NEEDS_ENCODING.test(text)) return text;
  return text.replace(ENCODED, (unit) => `_x${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`);
}

/**
 * Decodes `_xHHHH_` and `_xHHHHHHHH_` as .NET's XmlConvert.DecodeName does: either case of `x`, any case of the digits;
 * what is no such escape stays as it is. A lone surrogate comes out as a lone code unit.
 */
export function decodeClixmlText(text: string): string {
  // `_x` is rare, and looking for `_` alone is the fastest way to say so.
  if (text.indexOf('_') === -1) return text;
  return text.replace(DECODED, (escape, digits: string) => {
    const code = Number.parseInt(digits, 16);
    return code > 0x10ffff ? escape : String.fromCodePoint(code);
  });
}

/** Escapes a text for XML content and double-quoted attributes. */
export function escapeXml(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char) : text;
}

const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|&#(?:x[0-9a-fA-F]{1,8}|[0-9]{1,10});/g;

/**
 * Makes readable what .NET writes with CheckCharacters off (PowerShell's serialization.cs): characters XML forbids, raw
 * or as character reference, become the `_xHHHH_` escape that CLIXML has for them. Anything else stays.
 */
export function repairClixmlCharacters(xml: string): string {
  return xml.replace(NOT_XML, (found) => {
    const code = found.startsWith('&') ? referencedCode(found) : found.charCodeAt(0);
    return code > 0xffff || isXmlCharacter(code) ? found : `_x${code.toString(16).toUpperCase().padStart(4, '0')}_`;
  });
}

function referencedCode(reference: string): number {
  return reference[2] === 'x'
    ? Number.parseInt(reference.slice(3, -1), 16)
    : Number.parseInt(reference.slice(2, -1), 10);
}

/** XML 1.0 production 2, Char, below U+10000. */
function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code < 0xd800 || (code > 0xdfff && code < 0xfffe);
}
