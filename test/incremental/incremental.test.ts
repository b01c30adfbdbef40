import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { history } from './histories.ts';
import { assertSame, live } from './live.ts';
import { oneMailbox } from './one-mailbox.ts';

const numRuns = Number(process.env['INCREMENTAL_RUNS'] ?? 10_000);

describe('a run about what was touched', () => {
  it('decides about what was touched as if it decided about everything, whatever happens between', async function () {
    this.timeout(60_000 + numRuns * 90);
    const runs = { all: 0, changes: 0, about: 0, known: 0 };
    await fc.assert(
      fc.asyncProperty(history, async (one) => {
        await live(one, (compared) => {
          runs[compared.scope] += 1;
          if (compared.scope === 'changes') {
            runs.about += compared.about;
            runs.known += Object.keys(compared.anew.devices).length;
          }
          assertSame(compared);
        });
      }),
      { numRuns },
    );
    assert.ok(runs.changes > runs.all, `${runs.changes} runs were about some devices, ${runs.all} about all`);
    assert.ok(runs.about < runs.known * 0.6, `${runs.about} of ${runs.known} devices were decided about anew`);
  });

  it('finds by what it remembers of one user what everything would be found by, page by page', async function () {
    this.timeout(60_000 + numRuns * 90);
    await fc.assert(
      fc.asyncProperty(oneMailbox, async (one) => live(one, assertSame)),
      { numRuns: Math.ceil(numRuns / 8) },
    );
  });
});
