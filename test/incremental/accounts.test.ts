import * as fc from 'fast-check';
import { assertSame, live } from './live.ts';
import { androidAccounts } from './one-mailbox.ts';

const numRuns = Math.ceil(Number(process.env['INCREMENTAL_RUNS'] ?? 10_000) / 20);

describe('a run about accounts of one Android model', () => {
  it('finds whose the enrolled phone is as everything would be found', async function () {
    this.timeout(60_000 + numRuns * 300);
    await fc.assert(
      fc.asyncProperty(androidAccounts, async (one) => live(one, assertSame)),
      { numRuns },
    );
  });
});
