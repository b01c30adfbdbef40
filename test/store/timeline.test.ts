/** Devices and what befell them, on each engine. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../src/store/open-store.ts';
import type { Store, TimelineStep } from '../../src/store/store.ts';
import { TIMELINE_RETENTION } from '../../src/store/timeline.ts';
import { anEas } from '../support/records.ts';
import { inFolder, openEmptyStore, readWhole } from './records.ts';

const at = (minute: number): string => new Date(Date.parse('2026-06-01T08:00:00.000Z') + minute * 60_000).toISOString();

describe('the devices of a store', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const eas = (easId: string, state: 'allowed' | 'blocked' = 'allowed') =>
    anEas({ organization: 'contoso', easId, access: { state } });
  /** Those of the EAS IDs that a reading had which began at this time or before. */
  const readBy = async (time: string, ...easIds: readonly string[]): Promise<string[]> => {
    const keys = await store.devices.readBy(
      easIds.map((easId) => eas(easId).key),
      time,
    );
    return easIds.filter((easId) => keys.has(eas(easId).key));
  };
  const EARLIEST = '2026-05-04T00:00:00.000Z';

  it('are those that some reading had, full or quick, from the first one on', async () => {
    await readWhole(store, '1', [eas('a'), eas('b')]);
    assert.deepEqual(await readBy(EARLIEST, 'a', 'b', 'c'), ['a', 'b']);
    await readWhole(store, '2', [eas('b', 'blocked'), eas('c')], 'quick');
    await readWhole(store, '3', [eas('d')]);
    assert.deepEqual(await readBy(EARLIEST, 'a', 'b', 'c', 'd', 'e'), ['a', 'b', 'c', 'd']);
    assert.deepEqual(await readBy('2026-05-03T23:59:59.999Z', 'a', 'b', 'c', 'd'), []);
  });

  it('are all there however many a reading has, and no reading that broke off adds one', async () => {
    const many = Array.from({ length: 2_500 }, (_, n) => eas(`id${n}`));
    await readWhole(store, '1', many);
    const ids = many.map(({ easId }) => easId);
    assert.deepEqual(await readBy(EARLIEST, ...ids), ids);
    const broken = { id: '2', source: 'eas', kind: 'full', scope: 'contoso', startedAt: EARLIEST, page: 0 } as const;
    await store.snapshots.begin(broken);
    await store.snapshots.putPage(broken, [eas('never')]);
    await store.snapshots.abandon('2');
    assert.deepEqual(await readBy(EARLIEST, 'never'), []);
  });

  it('keep for which reason a person was last told to look at them', async () => {
    await readWhole(store, '1', [eas('a'), eas('b')]);
    const { organization, key, firstSyncAt } = eas('a');
    const tell = (told: string | null, of = key) =>
      store.devices.tell([{ key: of, organization, firstSyncAt, at: at(0), told }]);
    const keys = [key, eas('b').key, 'one that no reading had'];
    assert.deepEqual(await store.devices.told(keys), new Map());
    await tell('ambiguous');
    await tell('other-user');
    await tell('ambiguous', 'one that no reading had');
    const told = new Map([
      ['one that no reading had', 'ambiguous'],
      [key, 'other-user'],
    ]);
    assert.deepEqual(await store.devices.told(keys), told);
    assert.deepEqual(await store.devices.told(['another']), new Map());
    await tell(null);
    assert.deepEqual([...(await store.devices.told(keys)).keys()], ['one that no reading had']);
  });
});

describe('the timeline of a store', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const step = (what: TimelineStep['step'], minute: number, more: Partial<TimelineStep> = {}): TimelineStep => ({
    organization: 'contoso',
    deviceKey: 'phone',
    episode: 'e1',
    step: what,
    at: at(minute),
    detail: null,
    waited: null,
    ...more,
  });

  it('tells the steps of devices in the order in which they became known', async () => {
    await store.timeline.append([]);
    const steps = [step('added', 9), step('blocked', 2, { detail: 'not-enrolled' })];
    const mailed = step('mailed', 3, { waited: 180, episode: null });
    await store.timeline.append(steps);
    await store.timeline.append([step('blocked', 1, { deviceKey: 'other' }), mailed]);
    assert.deepEqual(await store.timeline.of(['phone']), [...steps, mailed]);
    assert.deepEqual(
      (await store.timeline.of(['other', 'phone', 'nobody'])).map(({ deviceKey }) => deviceKey),
      ['phone', 'phone', 'other', 'phone'],
    );
    assert.deepEqual([await store.timeline.of([]), await store.timeline.devices()], [[], ['other', 'phone']]);
  });

  it('tells how long people waited: median, 90 %, worst, by nearest rank', async () => {
    const waits = [5, 1, 9, 3, 7, 2, 8, 10, 4, 6];
    await store.timeline.append(waits.map((waited) => step('mailed', 10, { waited })));
    await store.timeline.append([
      step('mailed', 1, { waited: 999 }),
      step('mailed', 10),
      step('allowed', 10, { waited: 70 }),
      step('mailed', 10, { waited: 999, organization: 'another' }),
    ]);
    assert.deepEqual(
      [
        await store.timeline.delay('contoso', 'mailed', at(10)),
        await store.timeline.delay('contoso', 'allowed', at(10)),
        await store.timeline.delay('contoso', 'allowed', at(11)),
      ],
      [{ count: 10, median: 5, p90: 9, worst: 10 }, { count: 1, median: 70, p90: 70, worst: 70 }, null],
    );
  });

  it('forgets an episode that was closed long enough ago, and no other', async () => {
    const closed = [step('blocked', 1), step('mailed', 2, { episode: null }), step('allowed', 3), step('mailed', 4)];
    const open = [step('blocked', 5, { episode: 'e2' }), step('blocked', 1, { deviceKey: 'other', episode: 'e3' })];
    await store.timeline.append([...closed, ...open]);
    assert.equal(await store.timeline.forget(at(3), 10), 0);
    assert.equal(await store.timeline.forget(at(4), 10), 1);
    assert.deepEqual(await store.timeline.of(['phone', 'other']), open);
    assert.equal(await store.timeline.forget(at(99), 10), 0);
    assert.deepEqual(TIMELINE_RETENTION, { days: 90, closedBy: ['allowed', 'released', 'gone', 'exemption-ended'] });
  });

  it('forgets an exemption long after it ended, and what is of a blocking stays', async () => {
    const exempted = [
      step('exempted', 1, { episode: null, detail: at(3) }),
      step('exemption-ended', 3, { episode: null, detail: 'time-over' }),
    ];
    const blocked = step('blocked', 4);
    await store.timeline.append([...exempted, blocked]);
    assert.deepEqual(await store.timeline.of(['phone']), [...exempted, blocked]);
    assert.equal(await store.timeline.forget(at(3), 10), 0);
    await store.timeline.forget(at(4), 10);
    assert.deepEqual(await store.timeline.of(['phone']), [blocked]);
  });
});

describe('the history of a store', () => {
  it('keeps fifty thousand runs of each subject: quick readings do not push a sync out', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const run = { syncId: 's', at: at(0), organization: null, ok: true, tookMs: 1, report: {} };
      const store = await openStore({ engine: 'sqlite', path });
      await store.history.add({ ...run, subject: 'access' });
      const tool = new DatabaseSync(path);
      tool.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)
        insert into history ("syncId", "at", "subject", "ok", "tookMs", "report") select i, '', 'eas', 1, 1, '{}' from n`);
      tool.close();
      await store.history.add({ ...run, subject: 'eas' });
      const all = await store.history.recent({ limit: 60_000 });
      assert.deepEqual(
        [all.filter(({ subject }) => subject === 'eas').length, all.at(-1)?.subject, all.at(-2)?.syncId],
        [50_000, 'access', '2'],
      );
      await store.close();
    }));
});
