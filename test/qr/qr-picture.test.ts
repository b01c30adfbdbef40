import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import { qrModules } from '../../src/qr/qr-code.ts';
import { qrPng } from '../../src/qr/qr-picture.ts';

const LINK = 'https://connector.contoso.example/activate?token=0123456789abcdefghjkmnpqrstvwxyz';

const drawn = (rows: readonly (readonly boolean[])[]): string[] =>
  rows.map((row) => row.map((isDark) => (isDark ? '#' : '.')).join(''));

describe('a QR code as a picture', () => {
  it('is the code, in less than a kilobyte', () => {
    const png = qrPng(LINK);
    assert.ok(png.length < 1_024, `${png.length} bytes`);
    assert.deepEqual(png.subarray(0, 8), Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    const pixels = png.readUInt32BE(16);
    const length = png.readUInt32BE(33);
    const lines = inflateSync(png.subarray(41, 41 + length));
    const width = pixels / 8 + 1;
    const same = [2, ...Array.from({ length: pixels / 8 }, () => 0)];
    for (let y = 0; y < pixels; y += 1)
      if (y % 8 > 0) assert.deepEqual([...lines.subarray(y * width, (y + 1) * width)], same, `line ${y}`);
    const row = (y: number): boolean[] =>
      Array.from({ length: pixels / 8 }, (_, x) => lines[y * 8 * (pixels / 8 + 1) + 1 + x] === 0);
    assert.deepEqual(drawn(Array.from({ length: pixels / 8 }, (_, y) => row(y))), drawn(qrModules(LINK)));
  });
});
