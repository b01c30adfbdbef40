/** Exchange is asked when devices last tried to sync: how often, and what of it stays in memory. */
import assert from 'node:assert/strict';
import { AttemptAsker } from '../../../src/connector/sync/last-attempts.ts';
import type { AskedDevice } from '../../../src/connector/sync/last-attempts.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import type { Store } from '../../../src/store/store.ts';
import { openEmptyStore } from '../kept-readings.ts';

const NOW = Date.parse('2026-11-22T08:00:00.000Z');
const TRIED = '2026-11-20T08:00:00.000Z';
const PAGE = 500;

describe('a sync that asks Exchange when devices last tried', () => {
  let store: Store;

  beforeEach(async () => {
    store = await openEmptyStore();
  });

  afterEach(() => store.close());

  it('asks once for a mailbox of which devices come one behind the other, and remembers a thousand answers at most', async () => {
    const asked: string[] = [];
    const asker = new AttemptAsker(
      {
        store,
        now: () => NOW,
        signal: new AbortController().signal,
        exchange: {
          organization: 'org1',
          lastAttempts: async (mailboxId) => {
            asked.push(mailboxId);
            return [{ easId: 'PHONE', at: TRIED }];
          },
        },
      },
      null,
      10 * PAGE,
    );
    const page = (no: number): AskedDevice[] =>
      Array.from({ length: PAGE }, (_, at) => {
        const mailboxId = `mailbox-${no}-${at}`;
        return { key: easRecordKey('org1', mailboxId, 'PHONE'), mailboxId, seen: 'seen' };
      });
    const answers: unknown[] = [];
    const calls: number[] = [];
    // The third page again: it is remembered. Then the first one: it is not.
    for (const no of [0, 1, 2, 2, 0]) {
      answers.push(await asker.ask(page(no), new Map()));
      calls.push(asked.length / PAGE);
    }
    const answerOf = (no: number): unknown =>
      new Map(page(no).map(({ key }) => [key, { lastAttemptAt: TRIED, toldAt: new Date(NOW).toISOString() }]));
    assert.deepEqual(calls, [1, 2, 3, 3, 4]);
    assert.deepEqual(answers, [0, 1, 2, 2, 0].map(answerOf));
    assert.deepEqual([asker.problem, asker.takeLeft()], [null, { turn: [], reading: [] }]);
  });

  it('asks for no more mailboxes than its limit, those that it has forgotten among them', async () => {
    let asked = 0;
    const asker = new AttemptAsker(
      {
        store,
        now: () => NOW,
        signal: new AbortController().signal,
        exchange: { organization: 'org1', lastAttempts: async () => ((asked += 1), []) },
      },
      null,
      2_000,
    );
    const devices = Array.from({ length: 3_000 }, (_, at) => ({
      key: easRecordKey('org1', `mailbox-${at}`, 'PHONE'),
      mailboxId: `mailbox-${at}`,
      seen: 'seen',
    }));
    for (let at = 0; at < devices.length; at += PAGE) await asker.ask(devices.slice(at, at + PAGE), new Map());
    const { turn, reading } = asker.takeLeft();
    assert.deepEqual([asked, turn, reading], [2_000, devices.slice(2_000).map(({ mailboxId }) => mailboxId), []]);
  });
});
