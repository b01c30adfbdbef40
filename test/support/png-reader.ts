/** Reads PNG files with a palette, moving ones too (third edition), as far as tests need it. */
import { inflateSync } from 'node:zlib';

/** A chunk of a PNG file. */
export interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** All chunks in order. */
export function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}

/** What is seen one after the other: red, green, blue of each pixel, and for how many milliseconds; 0 in a still picture. */
export function framesOf(png: Buffer): { readonly rgb: Buffer; readonly showMs: number }[] {
  const chunks = chunksOf(png);
  const dataOf = (type: string): Buffer => chunks.find((chunk) => chunk.type === type)?.data ?? Buffer.alloc(0);
  const [width, height] = [dataOf('IHDR').readUInt32BE(0), dataOf('IHDR').readUInt32BE(4)];
  const palette = dataOf('PLTE');
  const rgb = Buffer.alloc(width * height * 3);
  const frames = [];
  let place = { x: 0, y: 0, width, height, showMs: 0 };
  for (const { type, data } of chunks) {
    if (type === 'fcTL')
      place = {
        width: data.readUInt32BE(4),
        height: data.readUInt32BE(8),
        x: data.readUInt32BE(12),
        y: data.readUInt32BE(16),
        showMs: data.readUInt16BE(20),
      };
    if (type !== 'IDAT' && type !== 'fdAT') continue;
    const rows = inflateSync(type === 'fdAT' ? data.subarray(4) : data);
    for (let y = 0; y < place.height; y += 1)
      for (let x = 0; x < place.width; x += 1) {
        const number = rows[y * (place.width + 1) + 1 + x] ?? 0;
        if (number !== 0) palette.copy(rgb, ((place.y + y) * width + place.x + x) * 3, number * 3, number * 3 + 3);
      }
    frames.push({ rgb: Buffer.from(rgb), showMs: place.showMs });
  }
  return frames;
}
