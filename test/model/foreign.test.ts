/** Foreign values: the quick ways say what the slow ones say. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { foreignId, foreignText, foreignTime, MAX_FOREIGN_TEXT } from '../../src/model/foreign.ts';

/** Texts of what devices hold, with all that is odd about them. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme-ascii' }),
  fc.string({ unit: fc.constantFrom('0', '-', 'a', ' ', '\t', '\u00a0', '\ufeff', '\u2028', '\u0085', '\u007f', 'é') }),
  fc.string({ unit: fc.constantFrom('a', 'ש', '\u200f', '\u202a', '\u202e', '\u202f', '\u2066', '\u2069', '\u206a') }),
  fc.constantFrom(
    'Unknown',
    'NONE',
    'n/a',
    'NA',
    '(null',
    'Not_Set',
    'null',
    '0000000000',
    '0012345678',
    '-',
    ' x',
    'x ',
    'x'.repeat(2000),
  ),
);

function slowText(value: string): string | null {
  const plain = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ').trim();
  return plain === '' ? null : plain.slice(0, MAX_FOREIGN_TEXT).trimEnd();
}

function slowTime(value: string): string | null {
  const plain = value.trim().replace(/(\.\d{3})\d+/, '$1');
  const date = new Date(/(?:z|[+-]\d\d:?\d\d)$/i.test(plain) ? plain : `${plain}Z`);
  const year = date.getUTCFullYear();
  return plain === '' || Number.isNaN(year) || year <= 1601 || year >= 9998 ? null : date.toISOString();
}

describe('a foreign value', () => {
  it('is the text without control characters and white space around it', () => {
    fc.assert(
      fc.property(text, (value) => assert.equal(foreignText(value), slowText(value))),
      { numRuns: 2000 },
    );
  });

  it('turns no sentence around in which it is named', () => {
    const name = foreignText('\u202eiPhone\u2066 of Anna');
    assert.equal(name, 'iPhone  of Anna');
    assert.equal(foreignText('הטלפון של דנה\u200f (iPhone)'), 'הטלפון של דנה\u200f (iPhone)');
  });

  const NOTS = ['available', 'applicable', 'defined', 'set', 'reported'].flatMap((word) =>
    ['', ' ', '_', '-'].map((between) => `not${between}${word}`),
  );
  const NULLS = ['null', '(null', 'null)', '(null)'];
  const NONE = new Set(['unknown', 'none', 'nil', ...NULLS, 'na', 'n/a', 'undefined', 'unavailable', ...NOTS]);

  it('is no id if it stands for none', () => {
    fc.assert(
      fc.property(text, (value) => {
        const slow = slowText(value);
        const isNone = slow === null || /^[0-]+$/.test(slow) || NONE.has(slow.toLowerCase());
        assert.equal(foreignId(value), isNone ? null : slow);
      }),
      { numRuns: 2000 },
    );
  });

  it('is no id where makers and lists say that there is none', () => {
    const zeros = ['0', '000000000000000', '00000000-0000-0000-0000-000000000000', '-'];
    const words =
      'Unknown|NONE|null|(null)|nil|N/A|NA|undefined|Unavailable|Not Available|NotAvailable|not-applicable|NOT_SET|not defined|Not Reported';
    const none = [...zeros, ...words.split('|')];
    assert.deepEqual(none.map(foreignId), Array(none.length).fill(null));
    const ids = [
      'NAVY1234',
      'Not an id',
      'unknown1',
      'UNKNOWNPHONE',
      'NOTAVAILABLE2',
      'A',
      '0A',
      'android1699887766554',
    ];
    assert.deepEqual(ids.map(foreignId), ids);
  });

  it('is a time as the language reads it', () => {
    const two = (max: number): fc.Arbitrary<string> => fc.nat({ max }).map((n) => String(n).padStart(2, '0'));
    const year = fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(1, 1601, 1602, 2026, 9997, 9998, 9999));
    const fraction = fc.oneof(
      fc.constant(''),
      fc.integer({ min: 0, max: 9_999_999 }).map((n) => `.${n}`),
      fc.constantFrom('.', '.x'),
    );
    const time = fc
      .tuple(
        year,
        two(13),
        two(32),
        two(25),
        two(61),
        two(61),
        fraction,
        fc.constantFrom('Z', 'z', '', '+01:00'),
        fc.constantFrom('T', ' '),
      )
      .map(
        ([y, month, day, h, m, s, part, zone, t]) =>
          `${String(y).padStart(4, '0')}-${month}-${day}${t}${h}:${m}:${s}${part}${zone}`,
      );
    fc.assert(
      fc.property(fc.oneof(time, text), (value) => assert.equal(foreignTime(value), slowTime(value))),
      { numRuns: 3000 },
    );
  });
});
