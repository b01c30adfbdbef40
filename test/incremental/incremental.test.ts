import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { history } from './histories.ts';
import type { History, RunStep } from './histories.ts';
import { Life } from './life.ts';
import type { Compared } from './life.ts';
import { androidAccounts, oneMailbox } from './one-mailbox.ts';

const numRuns = Number(process.env['INCREMENTAL_RUNS'] ?? 10_000);

const LAST_RUN: RunStep = { do: 'run', end: 'whole', pageSize: 100, isAll: false, meanwhile: null };

/** Lives through it, and says of each run that came to its end what is to be compared. */
async function live({ steps, ...beginning }: History, compare: (compared: Compared) => void): Promise<void> {
  const life = new Life(beginning);
  for (const step of [...steps, LAST_RUN, LAST_RUN]) {
    const compared = await life.step(step);
    if (compared !== null) compare(compared);
  }
}

function assertSame({ carried, anew }: Compared): void {
  // Telling what differs takes long.
  if (!isDeepStrictEqual(carried, anew)) assert.deepEqual(carried, anew);
}

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
      { numRuns: Math.ceil(numRuns / 4) },
    );
  });

  it('finds whose the enrolled phone is among accounts of one Android model as everything would', async function () {
    this.timeout(60_000 + numRuns * 90);
    await fc.assert(
      fc.asyncProperty(androidAccounts, async (one) => live(one, assertSame)),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  });
});
