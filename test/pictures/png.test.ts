/** The pictures of the documents, still and moving: what goes in is seen. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Pixels } from '../../scripts/pictures/palette.ts';
import { movingPng, stillPng } from '../../scripts/pictures/png.ts';
import { chunksOf, framesOf } from '../support/png-reader.ts';

function picture(width: number, height: number, colorOf: (at: number) => readonly [number, number, number]): Pixels {
  const pixels = Array.from({ length: width * height }, (_, at) => [...colorOf(at), 255]);
  return { width, height, rgba: Uint8Array.from(pixels.flat()) };
}

function rgbOf({ rgba }: Pixels): Buffer {
  return Buffer.from(rgba.filter((_, at) => at % 4 !== 3));
}

describe('a picture of the documents', () => {
  it('shows each pixel as it was, and each frame for as long as it was told', () => {
    const frames = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 }))
      .chain(([width, height, count]) =>
        fc
          .array(
            fc.record({
              showMs: fc.integer({ min: 1, max: 5_000 }),
              colors: fc.array(fc.integer({ min: 0, max: 3 }), {
                minLength: width * height,
                maxLength: width * height,
              }),
            }),
            { minLength: count, maxLength: count },
          )
          .map((shots) =>
            shots.map(({ showMs, colors }) => ({
              ...picture(width, height, (at) => [colors[at]! * 60, 7, 9]),
              showMs,
            })),
          ),
      );
    fc.assert(
      fc.property(frames, (frames) => {
        const seen = framesOf(movingPng(frames));
        const timeline = (all: readonly { rgb: Buffer; showMs: number }[]): string[] =>
          all.flatMap(({ rgb, showMs }) => Array.from({ length: showMs }, () => rgb.toString('hex')));
        const meant = timeline(frames.map((frame) => ({ rgb: rgbOf(frame), showMs: frame.showMs })));
        if (seen.length > 1) assert.deepEqual(timeline(seen), meant);
        else assert.equal(seen[0]?.rgb.toString('hex'), meant[0]);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps of a frame no more than what changed', () => {
    const before = picture(40, 40, () => [255, 255, 255]);
    const after = picture(40, 40, (at) => (at === 40 * 7 + 5 || at === 40 * 9 + 6 ? [200, 0, 0] : [255, 255, 255]));
    const chunks = chunksOf(
      movingPng([
        { ...before, showMs: 10 },
        { ...after, showMs: 10 },
      ]),
    );
    const { data } = chunks.filter(({ type }) => type === 'fcTL')[1]!;
    assert.deepEqual(
      [4, 8, 12, 16].map((at) => data.readUInt32BE(at)),
      [2, 3, 5, 7],
    );
  });

  it('gives colors for which there is no room the nearest one that is there more often', () => {
    // 300 greens once each, and one red that is there more often.
    const many = picture(20, 20, (at) => (at < 300 ? [0, Math.floor(at / 2), at % 2] : [250, 0, 0]));
    const [{ rgb } = { rgb: Buffer.alloc(0) }] = framesOf(stillPng(many));
    const meant = rgbOf(many);
    assert.deepEqual(rgb.subarray(900), meant.subarray(900), 'the red is as it was');
    const worst = Math.max(...rgb.map((value, at) => Math.abs(value - meant[at]!)));
    assert.ok(worst <= 23, `no color is far from what it was: ${worst}`);
  });

  it('is the same bytes for the same pixels', () => {
    const drawn = (): Buffer => stillPng(picture(30, 30, (at) => [at % 250, at % 7, 0]));
    assert.deepEqual(drawn(), drawn());
  });

  it('is not made of frames of several sizes', () => {
    const frame = (size: number) => ({ ...picture(size, size, () => [0, 0, 0]), showMs: 1 });
    assert.throws(() => movingPng([frame(2), frame(3)]), RangeError);
    assert.throws(() => movingPng([]), RangeError);
  });
});
