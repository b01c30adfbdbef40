/** EAS records that come by message, in the store: what was fed is what a reading of Exchange would have left there. */
import assert from 'node:assert/strict';
import { FedSequence } from '../../../src/connector/readings/fed-sequence.ts';
import type { FedMessage } from '../../../src/connector/readings/fed-sequence.ts';
import { ReadingKeeper, readPage } from '../../../src/connector/readings/keep-reading.ts';
import { OwnReadingsUnderWay } from '../../../src/connector/readings/readings-under-way.ts';
import { EasFeed } from '../../../src/exchange/eas-feed.ts';
import type { EasRecord } from '../../../src/model/records.ts';
import type { SnapshotInfo, Store } from '../../../src/store/store.ts';
import { easPage } from '../../support/pages.ts';
import { easRecord } from '../../support/records.ts';
import { allOf, now, NOW, openEmptyStore } from '../kept-readings.ts';

describe('EAS records by message in the store', () => {
  let store: Store;
  let underWay: OwnReadingsUnderWay;
  let keeper: ReadingKeeper;
  let sequence: FedSequence<EasRecord, EasFeed>;
  let clock: number;

  beforeEach(async () => {
    [underWay, clock] = [new OwnReadingsUnderWay(), now()];
    keeper = new ReadingKeeper({ now: () => clock, node: 'matcher' });
    let ids = 0;
    sequence = new FedSequence({
      source: 'eas',
      pageSize: 2,
      kind: (asked) => asked ?? 'full',
      open: () => new EasFeed('exchange'),
      now: () => clock,
      newId: () => `reading${(ids += 1)}`,
    });
    store = await openEmptyStore();
  });
  afterEach(async () => {
    underWay.close();
    await store.close();
  });

  /** One message through the feed and the matcher's keeper. */
  async function feed(msg: FedMessage & { readonly payload?: unknown }): Promise<void> {
    const gone = (msg.sync as { gone?: unknown } | undefined)?.gone;
    const taken = await sequence.take(msg, async (fed) => ({
      records: await fed.take(msg.payload),
      gone: fed.gone(gone),
    }));
    for (const { records, ...sync } of taken?.pages ?? [])
      await keeper.keep(store, underWay, readPage({ ...sync, source: 'eas', organization: 'exchange' }, records));
  }
  const stored = async (): Promise<EasRecord[]> => (await allOf(store.snapshots.read('eas', 'exchange'))).flat();
  const latest = (): Promise<SnapshotInfo | null> => store.snapshots.latest('eas', 'exchange');
  const three = [easRecord(1), easRecord(2), easRecord(3)];
  const byKey = (records: readonly EasRecord[]): EasRecord[] => records.toSorted((a, b) => (a.key < b.key ? -1 : 1));

  it('are there whole after the last one, as they were said', async () => {
    await feed({ payload: three });
    assert.deepEqual(await stored(), byKey(three));
    const { kind, startedAt, count } = (await latest()) ?? {};
    assert.deepEqual({ kind, startedAt, count }, { kind: 'full', startedAt: NOW, count: 3 });
  });

  it('are there as an Exchange source has sent them, with the time of that reading', async () => {
    const startedAt = '2026-06-01T08:30:00.000Z';
    await feed(easPage({ id: 'theirs', startedAt }, three));
    assert.deepEqual([await stored(), (await latest())?.startedAt], [byKey(three), startedAt]);
    // The same page once more is the same reading.
    await feed(easPage({ id: 'theirs', startedAt }, three));
    assert.deepEqual(await stored(), byKey(three));
  });

  it('change the last reading where they are quick, and take out what is said to be gone', async () => {
    await feed({ payload: three });
    clock += 60_000;
    const changed = easRecord(2, { access: { state: 'blocked', reason: 'individual', listed: 'blocked' } });
    await feed({ payload: [changed], sync: { kind: 'quick', gone: [easRecord(3).key] } });
    assert.deepEqual(await stored(), byKey([easRecord(1), changed]));
    assert.equal((await latest())?.kind, 'quick');
  });

  it('leave as they were what lies in their gaps, and take out what else is gone', async () => {
    await feed({ payload: three });
    clock += 60_000;
    const gaps = { count: 1, mailboxes: [easRecord(2).mailbox.id.toUpperCase()] };
    await feed({ payload: [easRecord(1)], sync: { gaps } });
    assert.deepEqual(await stored(), byKey([easRecord(1), easRecord(2)]));
    assert.deepEqual((await latest())?.gaps, { count: 1, mailboxes: [easRecord(2).mailbox.id] });
    const [run] = await store.history.recent({ subject: 'eas', limit: 1 });
    const { counts } = run!.report as { counts: unknown };
    assert.deepEqual(counts, { read: 1, records: 2, gaps: 1 });
    clock += 60_000;
    await feed({ payload: [], sync: { kind: 'quick', gaps, gone: [easRecord(1).key, easRecord(2).key] } });
    assert.deepEqual(await stored(), [easRecord(2)]);
  });

  it('are refused where they are quick and there is no reading that they could change', async () => {
    await assert.rejects(feed({ payload: three, sync: { kind: 'quick' } }), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    assert.equal(await latest(), null);
  });

  it('leave the reading before as it is, where one of them cannot be taken', async () => {
    await feed({ payload: three });
    clock += 60_000;
    const part = (index: number, records: readonly unknown[]): Parameters<typeof feed>[0] => ({
      payload: records,
      parts: { id: 'file', index, count: 3 },
    });
    await feed(part(0, [easRecord(1), easRecord(4), easRecord(5)]));
    await assert.rejects(feed(part(1, [{ easId: 'X' }])), { code: 'ERR_EAS_RECORD' });
    await assert.rejects(feed(part(2, [easRecord(6)])), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    assert.deepEqual(await stored(), byKey(three));
    // The whole reading once more, mended.
    for (const [index, record] of [easRecord(1), easRecord(4), easRecord(6)].entries())
      await feed(part(index, [record]));
    assert.deepEqual(await stored(), byKey([easRecord(1), easRecord(4), easRecord(6)]));
  });
});
