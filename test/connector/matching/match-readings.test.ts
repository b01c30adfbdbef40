/** A match of everything that was read. */
import assert from 'node:assert/strict';
import { keptMatchSettings } from '../../../src/connector/matching/match-settings.ts';
import { matchReadings } from '../../../src/connector/matching/match-readings.ts';
import type { OrganizationReport } from '../../../src/connector/matching/match-readings.ts';
import { forgetDecidedAll, keepDecidedAll } from '../../../src/connector/sync/decided-all.ts';
import type { Store } from '../../../src/store/store.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import { OWN_CLOCK } from '../../../src/model/server-clock.ts';
import type { ServerClock } from '../../../src/model/server-clock.ts';
import { anMdmPixel, aPixel, easRecord, guid, mdmRecord } from '../../support/records.ts';
import { allOf, keepWhole, NOW, now, openEmptyStore } from '../kept-readings.ts';

const SETTINGS = { sameUser: true, lateActivation: false, serialMatch: true, maxAgeHours: 5 };

describe('a match of what was read', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  /** What is handed over, in order, and how it ended. */
  async function match(dryRun = false) {
    const seen: unknown[] = [];
    const reasons: Record<string, string> = {};
    const formerly: Record<string, string | null> = {};
    const reports: OrganizationReport[] = [];
    let ids = 0;
    const outcome = await matchReadings({
      store,
      settings: SETTINGS,
      cause: { kind: 'quick', dryRun },
      pageSize: 2,
      now,
      newId: () => `match${(ids += 1)}`,
      signal: new AbortController().signal,
      to: {
        devices: async (pages, sync) => {
          for (const { records, last } of await allOf(pages)) {
            seen.push([sync.id, sync.source, records.length, last]);
            for (const { eas, reason, formerly: before } of records) {
              reasons[eas?.easId ?? ''] = reason.code;
              if (before !== undefined) formerly[eas?.easId ?? ''] = before.name;
            }
          }
        },
        mdmOnly: async (pages, sync) => {
          for (const { records, last } of await allOf(pages)) seen.push([sync.id, sync.source, records.length, last]);
        },
        report: (report) => reports.push(report),
      },
    });
    return { outcome, seen, reports, reasons, formerly };
  }

  it('is none as long as Exchange has not been read, and keeps no settings', async () => {
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1)]);
    assert.deepEqual(await match(), { outcome: null, seen: [], reports: [], reasons: {}, formerly: {} });
    assert.notDeepEqual(await keptMatchSettings(store), SETTINGS);
  });

  it('goes through every organization, and keeps its settings for who matches a few devices', async () => {
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1), mdmRecord(9)]);
    await keepWhole(
      store,
      'eas',
      'exchange',
      [1, 2, 3].map((n) => easRecord(n)),
    );
    await keepWhole(store, 'eas', 'second', []);
    const { outcome, seen, reports } = await match();
    assert.deepEqual(outcome, { merged: 1, total: 3, matched: 3, fresh: true, gone: 0 });
    assert.deepEqual(seen, [
      ['match1', 'eas', 2, false],
      ['match1', 'eas', 1, true],
      ['match1', 'mdm', 1, true],
      ['match2', 'eas', 0, true],
      ['match2', 'mdm', 2, true],
    ]);
    const sync = { source: 'eas', kind: 'quick', startedAt: NOW, maxAgeHours: 5, scope: 'all' };
    assert.deepEqual(
      reports.map((report) => report.sync),
      [
        { ...sync, id: 'match1', organization: 'exchange', known: 3, match: 1 },
        { ...sync, id: 'match2', organization: 'second', known: 0, match: 1 },
      ],
    );
    assert.deepEqual(await keptMatchSettings(store), SETTINGS);
  });

  it('judges a phone whose first sync Exchange does not tell, or puts into the future, by when we read it first', async () => {
    const untold = [
      { ...easRecord(1), easId: 'untold', firstSyncAt: null },
      { ...easRecord(2), easId: 'future', firstSyncAt: '2031-01-01T00:00:00.000Z' },
    ];
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(9)], '2026-06-01T07:00:00.000Z');
    await keepWhole(store, 'eas', 'exchange', untold, '2026-06-01T08:00:00.000Z');
    const before = { untold: 'snapshot-incomplete', future: 'snapshot-incomplete' };
    assert.deepEqual((await match()).reasons, before);
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(9)], '2026-06-01T08:30:00.000Z');
    assert.deepEqual((await match()).reasons, { untold: 'not-enrolled', future: 'not-enrolled' });
  });

  it('calls the account that a phone had before superseded once its MDM record reports the new one', async () => {
    const first = { ...easRecord(1), easId: 'first', key: easRecordKey('exchange', guid(1), 'first') };
    const next = { ...easRecord(1), easId: 'next', key: easRecordKey('exchange', guid(1), 'next') };
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1, { easIds: ['FIRST'] })], '2026-06-01T08:10:00.000Z');
    await keepWhole(store, 'eas', 'exchange', [first], '2026-06-01T08:10:00.000Z');
    assert.deepEqual((await match()).reasons, { first: 'merged' });
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1, { easIds: ['NEXT'] })], '2026-06-01T08:20:00.000Z');
    assert.deepEqual((await match()).reasons, { first: 'not-enrolled' });
    await keepWhole(store, 'eas', 'exchange', [first, next], '2026-06-01T08:20:00.000Z');
    const after = { first: 'superseded', next: 'merged' };
    assert.deepEqual((await match()).reasons, after);
    assert.deepEqual((await match()).reasons, after);
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1, { easIds: ['FIRST'] })], '2026-06-01T08:40:00.000Z');
    assert.deepEqual((await match()).reasons, { first: 'merged', next: 'superseded' });
  });

  it('makes the merges of an older version first, and lets clicks claim two weeks once a plan was made from them', async () => {
    const pixelOf = (n: number) => {
      const { mailbox } = easRecord(n);
      return aPixel({ organization: 'exchange', easId: `pixel${n}`, mailbox, firstSyncAt: '2025-12-01T08:00:00.000Z' });
    };
    const enrolled = (n: number) => {
      const { user } = mdmRecord(n);
      return anMdmPixel({ source: 'tenant', id: `p${n}`, user, enrolledAt: '2026-05-20T08:00:00.000Z' });
    };
    for (const n of [1, 2]) {
      const { easId, mailbox } = pixelOf(n);
      await store.activations.add({
        easId,
        mailbox: mailbox.id,
        at: '2025-12-02T08:00:00Z',
        userAgent: null,
        tokenId: `${n}`,
      });
    }
    await keepWhole(store, 'mdm', 'tenant', [enrolled(1)], '2026-06-01T08:30:00.000Z');
    await keepWhole(store, 'eas', 'exchange', [pixelOf(1), pixelOf(2)]);
    assert.deepEqual((await match()).reasons, { pixel1: 'merged', pixel2: 'not-enrolled' });
    await keepDecidedAll(store, 'exchange', { at: NOW, by: '' });
    await keepWhole(store, 'mdm', 'tenant', [enrolled(1), enrolled(2)]);
    assert.deepEqual((await match()).reasons, { pixel1: 'merged', pixel2: 'needs-activation' });
    await forgetDecidedAll(store, 'exchange');
    assert.deepEqual((await match()).reasons, { pixel1: 'merged', pixel2: 'needs-activation' });
  });

  it("is about a device whose former MDM record has changed, though that is somebody else's now", async () => {
    const known = (name: string, n: number, at: string) => {
      const record = mdmRecord(n, { id: 'device1', key: 'mdm:tenant:device1', easIds: n === 1 ? ['EAS1'] : [] });
      return keepWhole(store, 'mdm', 'tenant', [{ ...record, device: { ...record.device, name } }], at);
    };
    await known('Phone', 1, '2026-06-01T08:10:00.000Z');
    await keepWhole(store, 'eas', 'exchange', [easRecord(1)], '2026-06-01T08:10:00.000Z');
    await match();
    await keepDecidedAll(store, 'exchange', { at: NOW, by: '' });
    await match();
    await known('Phone', 2, '2026-06-01T08:20:00.000Z');
    assert.deepEqual((await match()).formerly, { EAS1: 'Phone' });
    await store.touched.clear('exchange', 'match1');
    await known('Renamed', 2, '2026-06-01T08:30:00.000Z');
    const { formerly, reports } = await match();
    assert.deepEqual([reports[0]?.sync.scope, formerly], ['changes', { EAS1: 'Renamed' }]);
  });

  it('is about every device after the clock of an MDM is another one, and counts its times by that', async () => {
    const pixel = aPixel({ organization: 'exchange', easId: 'pixel', mailbox: easRecord(1).mailbox });
    const { user } = mdmRecord(1);
    const enrolled = anMdmPixel({ source: 'tenant', id: 'p', user, enrolledAt: '2026-05-02T07:57:30.000Z' });
    const read = (at: string, clock: ServerClock) => keepWhole(store, 'mdm', 'tenant', [enrolled], at, clock);
    const behind = { offsetMs: -180_000, marginMs: 2_000 };
    const scopeOf = async () => {
      const { reports, reasons } = await match();
      await store.touched.clear('exchange', 'match1');
      return [reports[0]?.sync.scope, reasons];
    };
    const click = { easId: 'pixel', mailbox: pixel.mailbox.id, at: '2026-05-02T08:00:00.000Z' };
    await store.activations.add({ ...click, userAgent: null, tokenId: '1' });
    await keepWhole(store, 'eas', 'exchange', [pixel], '2026-06-01T08:10:00.000Z');
    await read('2026-06-01T08:10:00.000Z', OWN_CLOCK);
    assert.deepEqual((await match()).reasons, { pixel: 'needs-activation' });
    await keepDecidedAll(store, 'exchange', { at: NOW, by: '' });
    await scopeOf();
    assert.deepEqual(await scopeOf(), ['changes', {}]);
    await read('2026-06-01T08:20:00.000Z', OWN_CLOCK);
    assert.deepEqual(await scopeOf(), ['changes', {}]);
    await read('2026-06-01T08:30:00.000Z', behind);
    assert.deepEqual(await scopeOf(), ['all', { pixel: 'merged' }]);
  });

  it('says which source nothing on the canvas reads any more, ten minutes after it went, and since when', async () => {
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1)]);
    await keepWhole(store, 'eas', 'exchange', [easRecord(1)]);
    const source = { nodeId: 'n1', scope: 'tenant', provider: 'intune', name: 'Old tenant', announcedAt: NOW } as const;
    const goneIn = async (minutesBefore: number): Promise<unknown> => {
      const since = new Date(Date.parse(NOW) - minutesBefore * 60_000).toISOString();
      await store.sources.announce(source);
      await store.sources.remove('n1', since);
      const { outcome, reports } = await match();
      return [outcome?.gone, reports[0]?.mdm.sources.map(({ source: scope, gone }) => [scope, gone])];
    };
    assert.deepEqual(await goneIn(9), [0, [['tenant', undefined]]]);
    const since = new Date(Date.parse(NOW) - 600_000).toISOString();
    assert.deepEqual(await goneIn(10), [1, [['tenant', { name: 'Old tenant', since }]]]);
  });

  it('says that it is a dry run, and that an MDM reading is too old', async () => {
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1)], '2026-05-31T09:00:00.000Z');
    await keepWhole(store, 'eas', 'exchange', [easRecord(1)]);
    const { outcome, reports } = await match(true);
    assert.deepEqual(outcome, { merged: 1, total: 1, matched: 1, fresh: false, gone: 0 });
    assert.equal(reports[0]?.sync.dryRun, true);
  });
});
