/** What comes with a request: where from, which page, which filter; and the cells of a file. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { csvCell, csvLine } from '../../src/console/csv.ts';
import { cursorOf, placeIn } from '../../src/console/cursor.ts';
import { dayIn, rowsIn, wordsIn } from '../../src/console/read-query.ts';
import { refusalOf } from '../../src/console/same-origin.ts';

const JSON_TYPE = 'application/json';

describe('a request that changes something', () => {
  const host = 'red.contoso.com:1880';
  const TABLE = [
    ['application/x-www-form-urlencoded', 'same-origin', undefined, 'not-json'],
    ['text/plain', undefined, undefined, 'not-json'],
    [undefined, undefined, undefined, 'not-json'],
    ['application/jsonp', undefined, undefined, 'not-json'],
    [JSON_TYPE, 'same-origin', 'http://red.contoso.com:1880', null],
    ['application/json; charset=utf-8', 'same-origin', undefined, null],
    [JSON_TYPE, 'none', undefined, null],
    [JSON_TYPE, 'same-site', 'http://red.contoso.com:1880', 'other-site'],
    [JSON_TYPE, 'cross-site', undefined, 'other-site'],
    [JSON_TYPE, undefined, undefined, null],
    [JSON_TYPE, undefined, 'http://red.contoso.com:1880', null],
    [JSON_TYPE, undefined, 'https://RED.contoso.com:1880', null],
    [JSON_TYPE, undefined, 'http://red.contoso.com', 'other-site'],
    [JSON_TYPE, undefined, 'http://red.contoso.com:1880.evil.example', 'other-site'],
    [JSON_TYPE, undefined, 'null', 'other-site'],
  ] as const;
  for (const [type, site, origin, refusal] of TABLE)
    it(`is ${refusal === null ? 'taken' : `refused (${refusal})`} with ${type}, ${site}, ${origin}`, () => {
      assert.equal(refusalOf({ host, origin, 'content-type': type, 'sec-fetch-site': site }), refusal);
    });

  it('is refused if it says no host, but a page that sent it', () => {
    assert.equal(refusalOf({ origin: 'http://a', 'content-type': JSON_TYPE }), 'other-site');
  });
});

describe('the place where a list goes on', () => {
  it('comes back as it was handed out, whatever its key is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, number) => {
        assert.deepEqual(placeIn(cursorOf([text, number]), ['string', 'number']), [text, number]);
      }),
    );
    assert.equal(placeIn('', ['string']), null);
  });

  it('is refused if it is none of this list', () => {
    for (const text of ['x', 'bnVsbA', cursorOf([1]), cursorOf(['a', 'b']), cursorOf(['x'.repeat(9_000)])])
      assert.throws(() => placeIn(text, ['string']), { code: 'ERR_INPUT_INVALID' });
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const place = placeIn(text, ['string']);
          assert.ok(place === null || typeof place[0] === 'string');
        } catch (error) {
          assert.equal((error as { code: string }).code, 'ERR_INPUT_INVALID');
        }
      }),
    );
  });
});

describe('a question', () => {
  it('names days as they are, and from a day to a day both are meant', () => {
    assert.equal(dayIn({ from: '2026-05-04' }, 'from', 'begin'), '2026-05-04T00:00:00.000Z');
    assert.equal(dayIn({ to: '2026-12-31' }, 'to', 'end'), '2027-01-01T00:00:00.000Z');
    assert.equal(dayIn({}, 'to', 'end'), undefined);
    for (const to of ['2026-02-30', 'today', '2026-5-4', '2026-13-01', "2026-05-04'"])
      assert.throws(() => dayIn({ to }, 'to', 'end'), { code: 'ERR_INPUT_INVALID' });
  });

  it('has a hundred rows if nothing is said, and five hundred at most', () => {
    assert.deepEqual([rowsIn({}), rowsIn({ rows: '1' }), rowsIn({ rows: '500' })], [100, 1, 500]);
    for (const rows of ['0', '501', '-1', '1e2', '1.5', 'x'])
      assert.throws(() => rowsIn({ rows }), { code: 'ERR_INPUT_INVALID' });
  });

  it('names several values by commas or several times, and none that there is not', () => {
    assert.deepEqual(wordsIn({ state: 'a, b' }, 'state', ['a', 'b']), ['a', 'b']);
    assert.deepEqual(wordsIn({ state: ['a', 'b,'] }, 'state', ['a', 'b']), ['a', 'b']);
    for (const state of ['c', { a: 'b' }, ['a', {}], Array.from({ length: 99 }, () => 'a')])
      assert.throws(() => wordsIn({ state }, 'state', ['a']), { code: 'ERR_INPUT_INVALID' });
  });
});

describe('a cell of a file', () => {
  const TABLE = [
    [null, ''],
    [-1, '-1'],
    [true, 'true'],
    ['Anna', 'Anna'],
    ['=1+1', "'=1+1"],
    ['+49 89', "'+49 89"],
    ['-x', "'-x"],
    ['@SUM(1)', "'@SUM(1)"],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    [' =1', "' =1"],
    ['＝1', "'＝1"],
    ['a,b', '"a,b"'],
    ['say "a"', '"say ""a"""'],
    ['a;b', '"a;b"'],
    ['a\nb', '"a\nb"'],
    ['a=1', 'a=1'],
  ] as const;
  for (const [value, cell] of TABLE)
    it(`of ${JSON.stringify(value)} is ${JSON.stringify(cell)}`, () => assert.equal(csvCell(value), cell));

  it('never begins as a formula, and is read back whole', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }), (texts) => {
        const cells = readCsvLine(csvLine(texts));
        assert.equal(cells.length, texts.length);
        for (const [n, cell] of cells.entries()) {
          assert.doesNotMatch(cell, /^\s*[=+\-@\t\r]/);
          assert.ok(cell === texts[n] || cell === `'${texts[n]}`);
        }
      }),
    );
  });
});

/** RFC 4180. */
function readCsvLine(line: string): string[] {
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < line.length) {
    const found = cell.exec(line);
    assert.ok(found !== null, line);
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
  }
  return cells;
}
