import assert from 'node:assert/strict';
import { qrModules, qrSvg } from '../../src/qr/qr-code.ts';

const LINK = 'https://connector.contoso.example/activate?token=0123456789abcdefghjkmnpqrstvwxyz';

/** A dark square of seven modules, a light ring, a dark core: what readers look for in three corners. */
const FINDER = ['#######', '#.....#', '#.###.#', '#.###.#', '#.###.#', '#.....#', '#######'];

const drawn = (rows: readonly (readonly boolean[])[]): string[] =>
  rows.map((row) => row.map((isDark) => (isDark ? '#' : '.')).join(''));

describe('a QR code', () => {
  it('has its three corners, and four light modules around', () => {
    const lines = drawn(qrModules(LINK));
    const size = lines.length;
    const corner = (x: number, y: number): string[] => lines.slice(y, y + 7).map((line) => line.slice(x, x + 7));
    for (const [x, y] of [
      [4, 4],
      [size - 11, 4],
      [4, size - 11],
    ] as const)
      assert.deepEqual(corner(x, y), FINDER);
    for (const at of [0, 1, 2, 3, size - 4, size - 1]) {
      assert.doesNotMatch(lines[at] ?? '', /#/);
      assert.doesNotMatch(lines.map((line) => line[at]).join(''), /#/);
    }
    assert.ok(size <= 45, 'a link is a small code');
  });

  it('is the same in a page, without style or script', () => {
    const svg = qrSvg(LINK, 'what it is');
    assert.match(svg, /^<svg class="qr" role="img" aria-label="what it is" viewBox="0 0 (\d+) \1" /);
    assert.doesNotMatch(svg, /style|script|href|\bon/);
    const modules = qrModules(LINK).map((row) => row.map(() => false));
    for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g))
      for (let at = Number(x); at < Number(x) + Number(length); at += 1) modules[Number(y)]![at] = true;
    assert.deepEqual(drawn(modules), drawn(qrModules(LINK)));
  });
});
