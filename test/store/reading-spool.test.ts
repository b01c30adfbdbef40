import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { compareRows, ReadingSpool } from '../../src/store/reading-spool.ts';
import type { StagedRow } from '../../src/store/reading-spool.ts';

describe('what a large reading stages before its end', () => {
  const rowOf = (key: string, at: number): StagedRow => ({ key, hash: `h${at}`, record: `{"at":${at}}` });
  const run = fc.uniqueArray(fc.oneof(fc.string({ maxLength: 3 }), fc.string({ unit: 'binary', maxLength: 3 })), {
    maxLength: 60,
  });

  it('comes back in the order of its keys, of each the row that came last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 12 }), async (runs) => {
        const spool = new ReadingSpool();
        const last = new Map<string, StagedRow>();
        for (const [at, keys] of runs.entries()) {
          const rows = keys.map((key) => rowOf(key, at)).sort((one, other) => compareRows(one.key, other.key));
          for (const row of rows) last.set(row.key, row);
          await spool.add(rows);
        }
        const merged: StagedRow[] = [];
        for await (const rows of spool.merged())
          for (const { key, hash, record } of rows) merged.push({ key, hash, record });
        await spool.close();
        assert.deepEqual(
          merged,
          [...last.values()].sort((one, other) => compareRows(one.key, other.key)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('takes nothing more once its reading has ended, and fails nobody who still brings something', async () => {
    const spool = new ReadingSpool();
    const adding = spool.add(Array.from({ length: 4000 }, (_, at) => rowOf(String(at).padStart(4, '0'), 0)));
    await spool.close();
    await adding;
    await spool.add([rowOf('later', 1)]);
    await spool.close();
  });

  it('says that its reading has ended, should that be while it is being kept', async () => {
    const spool = new ReadingSpool();
    for (const at of [0, 1])
      await spool.add(Array.from({ length: 4000 }, (_, n) => rowOf(`${String(n).padStart(4, '0')} ${at}`, at)));
    const keep = async (): Promise<void> => {
      for await (const rows of spool.merged()) if (rows.length > 0) await spool.close();
    };
    await assert.rejects(keep(), (error) => isConnectorError(error, 'ERR_SNAPSHOT_INCOMPLETE'));
  });
});
