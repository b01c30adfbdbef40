/** The company's logo on mail and page, as a flow holds it. Pure. */

/** A picture that can be shown. */
export interface Logo {
  readonly contentType: 'image/png' | 'image/jpeg';
  readonly content: Uint8Array;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** It goes with every mail: larger ones are for posters. */
export const MAX_LOGO_BYTES = 48 * 1024;

/** How high it is shown, in CSS pixels. */
export const LOGO_HEIGHT = 48;

/** Wider ones do not fit a phone at that height. */
const MAX_RATIO = 6;

/*
 *   the text                                                          is
 *   data:image/png;base64,… with a PNG, data:image/jpeg;base64,…
 *   with a JPEG, of at most 48 KiB, at most six times as wide
 *   as high                                                           a logo
 *   the same with the other kind of picture in it                     none
 *   a picture that is larger, cut off before its size, or wider       none
 *   any other picture (an SVG may hold a script), any other text      none
 */

/** A logo as `data:` URL (RFC 2397). Null: it is none that can be shown. */
export function readLogo(text: string): Logo | null {
  const [, contentType, data = ''] = /^data:(image\/(?:png|jpeg));base64,([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (contentType !== 'image/png' && contentType !== 'image/jpeg') return null;
  if (data.length > Math.ceil(MAX_LOGO_BYTES / 3) * 4) return null;
  const content = Buffer.from(data, 'base64');
  if (content.length > MAX_LOGO_BYTES) return null;
  const size = contentType === 'image/png' ? pngSize(content) : jpegSize(content);
  if (size === null || size.width === 0 || size.height === 0 || size.width > MAX_RATIO * size.height) return null;
  return { contentType, content, ...size };
}

/** The picture as `data:` URL. */
export function dataUrlOf({ contentType, content }: Pick<Logo, 'content'> & { readonly contentType: string }): string {
  return `data:${contentType};base64,${Buffer.from(content).toString('base64')}`;
}

type Size = Pick<Logo, 'width' | 'height'>;

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Signature, then the chunk IHDR with width and height (PNG, third edition, 5.2 and 11.2.1). */
function pngSize(content: Buffer): Size | null {
  if (content.length < 33 || !content.subarray(0, 8).equals(PNG)) return null;
  if (content.toString('latin1', 12, 16) !== 'IHDR') return null;
  return { width: content.readUInt32BE(16), height: content.readUInt32BE(20) };
}

/** Segments up to the one that begins a frame (ITU-T T.81, B.1.1.3 and B.2.2). */
function jpegSize(content: Buffer): Size | null {
  if (content.length < 4 || content.readUInt16BE(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= content.length;) {
    if (content[at] !== 0xff) return null;
    const marker = content[at + 1] ?? 0;
    if (marker === 0xff) {
      // Fill bytes may stand before a marker.
      at += 1;
      continue;
    }
    if (isFrame(marker)) return { height: content.readUInt16BE(at + 5), width: content.readUInt16BE(at + 7) };
    at += 2 + content.readUInt16BE(at + 2);
  }
  return null;
}

/** Markers SOF0 to SOF15; three numbers among them mean something else (DHT, JPG, DAC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
