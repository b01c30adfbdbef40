/**
 * Still and moving pictures with a palette, as PNG (third edition; 4.9 and 11.3.4 for those that move). No I/O here.
 * Of each picture after the first only the part that changed is kept, and in it nothing where a pixel stayed.
 */
import { crc32, deflateSync, constants } from 'node:zlib';
import { indexed } from './palette.ts';
import type { Pixels } from './palette.ts';

/** A picture and how long it is shown, in milliseconds. */
export interface Frame extends Pixels {
  readonly showMs: number;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** 8 bits a pixel, a palette, the one compression, the one set of filters, not interlaced (11.2.1). */
const KIND = [8, 3, 0, 0, 0];
/** What was painted stays, and the next picture is painted over it (11.3.4.2). */
const STAYS = 0;
const OVER = 1;

/** A still picture. */
export function stillPng(picture: Pixels): Buffer {
  return movingPng([{ ...picture, showMs: 0 }]);
}

/** A moving picture that begins anew for ever. One frame makes a still one. @throws RangeError for frames of several sizes */
export function movingPng(frames: readonly Frame[]): Buffer {
  const [{ width, height } = { width: 0, height: 0 }] = frames;
  if (width === 0 || frames.some((frame) => frame.width !== width || frame.height !== height))
    throw new RangeError('A moving picture is of frames of one size.');
  const { colors, pictures } = indexed(frames);
  const parts: (Part & { showMs: number })[] = [];
  for (const [at, { showMs }] of frames.entries()) {
    const part = at === 0 ? whole(pictures[0]!, width, height) : changed(pictures[at - 1]!, pictures[at]!, width);
    if (part === null) parts.at(-1)!.showMs += showMs;
    else parts.push({ ...part, showMs });
  }
  let sequence = 0;
  const moving = parts.flatMap((part, at) => {
    const control = chunk('fcTL', [
      ...u32(sequence++),
      ...placeOf(part),
      ...u16(part.showMs),
      ...u16(1_000),
      STAYS,
      OVER,
    ]);
    const data = packed(part);
    return [
      control,
      at === 0 ? chunk('IDAT', data) : chunk('fdAT', Buffer.concat([Buffer.from(u32(sequence++)), data])),
    ];
  });
  const [first] = parts;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', [...u32(width), ...u32(height), ...KIND]),
    ...(parts.length > 1 ? [chunk('acTL', [...u32(parts.length), ...u32(0)])] : []),
    chunk('PLTE', colors.flat()),
    chunk('tRNS', [0]),
    ...(parts.length > 1 ? moving : [chunk('IDAT', packed(first!))]),
    chunk('IEND', []),
  ]);
}

/** A part of a picture, by numbers of colors. */
interface Part {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

function whole(pixels: Uint8Array, width: number, height: number): Part {
  return { x: 0, y: 0, width, height, pixels };
}

/** The smallest part with all that is not as before; null: all is. */
function changed(before: Uint8Array, now: Uint8Array, width: number): Part | null {
  let [left, top, right, bottom] = [width, Infinity, -1, -1];
  for (const [at, number] of now.entries()) {
    if (number === before[at]) continue;
    const x = at % width;
    const y = (at - x) / width;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), y];
  }
  if (right < 0) return null;
  const [wide, high] = [right - left + 1, bottom - top + 1];
  const pixels = new Uint8Array(wide * high);
  for (let at = 0; at < pixels.length; at += 1) {
    const from = (top + Math.floor(at / wide)) * width + left + (at % wide);
    pixels[at] = now[from] === before[from] ? 0 : now[from]!;
  }
  return { x: left, y: top, width: wide, height: high, pixels };
}

function placeOf({ x, y, width, height }: Part): number[] {
  return [...u32(width), ...u32(height), ...u32(x), ...u32(y)];
}

/** Rows without a filter, which is best for numbers of colors (12.7), compressed as far as it goes. */
function packed({ width, height, pixels }: Part): Buffer {
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return deflateSync(rows, { level: constants.Z_BEST_COMPRESSION, memLevel: 9 });
}

/** Length, type, data, checksum of type and data (5.3). */
function chunk(type: string, data: Uint8Array | readonly number[]): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data as Uint8Array)]);
  return Buffer.concat([Buffer.from(u32(typed.length - 4)), typed, Buffer.from(u32(crc32(typed)))]);
}

/** 32 bits, the highest first. */
function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function u16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}
