import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { ReadingSpool } from '../../src/store/reading-spool.ts';
import { StagedRows } from '../../src/store/staged-rows.ts';
import type { StagedRow, TextRow } from '../../src/store/staged-rows.ts';

const HASH = '0123456789abcdef0123456789abcdef';

/** As a store makes them: the record has its key, in the words of JSON. */
const rowOf = (key: string, rest: unknown): TextRow => ({
  key,
  hash: HASH,
  record: JSON.stringify({ kind: 'eas', key, rest }),
});

const staged = (rows: readonly TextRow[]): StagedRows => {
  const all = new StagedRows();
  for (const row of rows) all.set(row);
  return all;
};

/** What of a page stays: its records are bytes that are valid until the next one. */
const kept = (rows: readonly StagedRow[]): TextRow[] =>
  rows.map(({ key, hash, record }) => ({ key, hash, record: record.toString() }));

const inOrder = (rows: Iterable<TextRow>): TextRow[] =>
  [...rows].sort((one, other) => Number(one.key > other.key) - Number(one.key < other.key));

const text = fc.oneof(fc.string({ maxLength: 3 }), fc.string({ unit: 'binary', maxLength: 3 }));
const record = fc.record({ key: text, rest: fc.oneof(text, fc.json()) });
const run = fc.array(record, { maxLength: 60 }).map((rows) => rows.map(({ key, rest }) => rowOf(key, rest)));

describe('what a large reading stages before its end', () => {
  it('comes back in the order of its keys, of each the row that came last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 12 }), fc.integer({ min: 1, max: 50 }), async (runs, size) => {
        const spool = new ReadingSpool();
        const last = new Map<string, TextRow>();
        for (const rows of runs) {
          for (const row of rows) last.set(row.key, row);
          await spool.add(staged(rows));
        }
        const merged: TextRow[] = [];
        const sizes: number[] = [];
        for await (const rows of spool.merged(size)) {
          merged.push(...kept(rows));
          sizes.push(rows.length);
        }
        await spool.close();
        assert.deepEqual(merged, inOrder(last.values()));
        assert.deepEqual(
          sizes,
          Array.from({ length: Math.ceil(last.size / size) }, (_, at) => Math.min(size, last.size - at * size)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('comes back as it was where it stayed in memory, in the same order', () => {
    fc.assert(
      fc.property(run, (rows) => {
        const last = new Map(rows.map((row) => [row.key, row]));
        const all = staged(rows);
        assert.deepEqual(kept(all.rows()), inOrder(last.values()));
        assert.equal(all.size, last.size);
        all.clear();
        assert.deepEqual([all.size, all.rows()], [0, []]);
      }),
    );
  });

  it('may have records longer than what is read of a run at once, or added in one turn', async () => {
    const spool = new ReadingSpool();
    const rows = [40, 20_000, 300, 1_500_000, 900_000].map((length, at) => rowOf(`key ${at}`, 'é'.repeat(length)));
    await spool.add(staged([...rows].reverse()));
    await spool.add(staged([rowOf('key 9', '')]));
    const merged: TextRow[] = [];
    for await (const page of spool.merged(2)) merged.push(...kept(page));
    await spool.close();
    assert.deepEqual(merged, [...rows, rowOf('key 9', '')]);
  });

  const many = (tail: string): StagedRows =>
    staged(Array.from({ length: 4000 }, (_, at) => rowOf(`${String(at).padStart(4, '0')}${tail}`, 'x'.repeat(300))));

  it('takes nothing more once its reading has ended, and fails nobody who still brings something', async () => {
    const spool = new ReadingSpool();
    const adding = spool.add(many(''));
    await spool.close();
    await adding;
    await spool.add(staged([rowOf('later', 1)]));
    await spool.close();
  });

  it('says that its reading has ended, should that be while it is being kept', async () => {
    const spool = new ReadingSpool();
    for (const tail of [' 0', ' 1', ' 2', ' 3', ' 4', ' 5', ' 6', ' 7', ' 8', ' 9']) await spool.add(many(tail));
    const keep = async (): Promise<void> => {
      for await (const rows of spool.merged(1000)) if (rows.length > 0) await spool.close();
    };
    await assert.rejects(keep(), (error) => isConnectorError(error, 'ERR_SNAPSHOT_INCOMPLETE'));
  });
});
