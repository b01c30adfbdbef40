/** Pictures: one that a browser shows, and those that are right as far as their size. */
import { crc32, deflateSync } from 'node:zlib';

/** A PNG (third edition, 5.2 and 11.2.1). @param bytes of all of it */
export function pngOf(width: number, height: number, bytes = 64): Buffer {
  const png = Buffer.alloc(bytes);
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]).copy(png);
  png.write('IHDR', 12, 'latin1');
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png;
}

/** A JPEG with a comment before its frame, and a fill byte before that (ITU-T T.81, B.1 and B.2). */
export function jpegOf(width: number, height: number): Buffer {
  const comment = Buffer.from([0xff, 0xfe, 0, 6, 1, 2, 3, 4]);
  const frame = Buffer.from([0xff, 0xff, 0xc2, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), comment, frame, Buffer.from([0xff, 0xd9])]);
}

/** A PNG in one grey that a browser shows (third edition, 5.3: length, type, data, CRC of both). */
export function greyPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(typed));
    return Buffer.concat([length, typed, sum]);
  };
  const size = pngOf(width, height).subarray(16, 24);
  const header = Buffer.concat([size, Buffer.from([8, 0, 0, 0, 0])]);
  const rows = Buffer.alloc((width + 1) * height, Buffer.concat([Buffer.from([0]), Buffer.alloc(width, 0x66)]));
  return Buffer.concat([
    pngOf(1, 1).subarray(0, 8),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
