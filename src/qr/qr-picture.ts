/** A QR code as a picture, for a mail. Pure. */
import { crc32, deflateSync } from 'node:zlib';
import { qrModules } from './qr-code.ts';

/** Pixels of a module in a picture: shown at half its size it is sharp on every screen. */
const SCALE = 8;

/** The code as a PNG picture of one bit a pixel, some 700 bytes. https://www.w3.org/TR/png-3/ */
export function qrPng(text: string): Buffer {
  const rows = qrModules(text);
  const pixels = rows.length * SCALE;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels, 0);
  header.writeUInt32BE(pixels, 4);
  // One bit, greyscale, deflate, no interlace.
  header.set([1, 0, 0, 0, 0], 8);
  // Filter type 2: the line is as the one above.
  const same = Buffer.from([2, ...rows.map(() => 0)]);
  const lines = rows.flatMap((row) => [lineOf(row), ...Array.from({ length: SCALE - 1 }, () => same)]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A line of pixels behind its filter type, which is none. A module is a byte: eight pixels. */
function lineOf(row: readonly boolean[]): Buffer {
  return Buffer.from([0, ...row.map((isDark) => (isDark ? 0x00 : 0xff))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
