/** What a reading of an MDM came to: one shape, counted page by page. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { coverageWords, hidesDevices, readCoverage } from '../../src/model/coverage.ts';
import type { ListFacts, ReadingCoverage } from '../../src/model/coverage.ts';
import { CoverageCount } from '../../src/model/reading-coverage.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import { mdmRecord } from '../support/records.ts';

const full = mdmRecord(1, { easIds: ['A'], compliance: 'compliant', managed: true });
const bare: MdmRecord = {
  ...mdmRecord(2, { easIds: [], compliance: 'unknown', managed: false }),
  user: { id: null, upn: null, addresses: [] },
};

function covered(pages: readonly (readonly MdmRecord[])[], list?: ListFacts, whole = true): ReadingCoverage {
  const count = new CoverageCount();
  for (const page of pages) count.add(page, list);
  return count.coverage(whole);
}

describe('what a reading of an MDM came to', () => {
  it('is how many of its records say what, of a list that says nothing of itself', () => {
    assert.deepEqual(covered([[full, bare], [full]]), {
      whole: true,
      pages: 2,
      records: 3,
      easIds: 2,
      user: 2,
      compliance: 2,
      managed: 2,
      rows: 3,
      duplicates: 0,
      counted: null,
      enrolled: null,
    });
  });

  it('is what the far end says of its list, where it says it', () => {
    const list = { pages: 7, rows: 40, duplicates: 2, counted: 40, enrolled: 41 };
    const { pages, rows, duplicates, counted, enrolled, records, hint } = covered([[full]], list);
    assert.deepEqual([pages, rows, duplicates, counted, enrolled, records, hint], [7, 40, 2, 40, 41, 1, undefined]);
  });

  for (const [enrolled, rows, whole, hint, hides] of [
    [undefined, 0, true, undefined, false],
    [30, 30, true, undefined, false],
    [
      30,
      0,
      true,
      'The overview counts 30 devices, the list has 0. Scope tags hide them all from the application.',
      true,
    ],
    [
      100,
      40,
      true,
      'The overview counts 100 devices, the list has 40. Scope tags may hide the others from the application.',
      true,
    ],
    [
      null,
      40,
      true,
      'The overview could not be read. Whether devices are hidden from the application is not known.',
      false,
    ],
    [100, 40, false, undefined, false],
  ] as const) {
    it(`${hint === undefined ? 'hints at nothing' : `says "${hint}"`} where ${String(enrolled)} are enrolled and ${whole ? '' : 'so far '}${rows} listed`, () => {
      const facts = { pages: 1, rows, duplicates: 0, counted: rows, ...(enrolled === undefined ? {} : { enrolled }) };
      const coverage = covered([[]], facts, whole);
      assert.deepEqual([coverage.hint, hidesDevices(coverage)], [hint, hides]);
    });
  }

  it('is the same however the records were paged, but for the number of pages', () => {
    const records = fc.array(fc.constantFrom(full, bare), { maxLength: 30 });
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 7 }), (all, size) => {
        const pages = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
          all.slice(at * size, (at + 1) * size),
        );
        assert.deepEqual({ ...covered(pages), pages: 0 }, { ...covered([all]), pages: 0 });
      }),
    );
  });

  it('is read back as it was written, and is nothing where something is wrong with it', () => {
    const list = { pages: 1, rows: 0, duplicates: 0, counted: null, enrolled: 9 };
    for (const coverage of [covered([[full]]), covered([[]], list), covered([], undefined, false)])
      assert.deepEqual(readCoverage(JSON.parse(JSON.stringify(coverage))), coverage);
    const good = covered([[full]]);
    for (const value of [
      null,
      'x',
      [],
      {},
      { ...good, whole: 'yes' },
      { ...good, pages: -1 },
      { ...good, records: 0.5 },
      { ...good, counted: 'many' },
      { ...good, enrolled: undefined },
    ])
      assert.equal(readCoverage(value), null, JSON.stringify(value));
    assert.deepEqual(readCoverage({ ...good, more: 1, hint: 'x'.repeat(999) }), { ...good, hint: 'x'.repeat(300) });
  });

  it('is said in words', () => {
    assert.equal(
      coverageWords(covered([[full, bare], [full]], undefined, false)),
      '2 pages with 3 records came before; 2 (67 %) have an EAS ID, 2 (67 %) name a user, 2 (67 %) tell compliance.',
    );
    assert.equal(
      coverageWords(covered([], undefined, false)),
      '0 pages with 0 records came before; 0 have an EAS ID, 0 name a user, 0 tell compliance.',
    );
  });
});
