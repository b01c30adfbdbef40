/** What a person looks through: pages that have every row once, and counts over days; on each engine. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type {
  AuditEntry,
  AuditPage,
  DeviceDecision,
  DeviceOrder,
  DevicePage,
  DevicesWanted,
  Store,
} from '../../src/store/store.ts';
import { aMail, aMailDevice, anEasRecord, openEmptyStore, readWhole } from './records.ts';

const at = (minute: number): string => new Date(Date.parse('2026-06-01T08:00:00.000Z') + minute * 60_000).toISOString();

const decided = (n: number, changes: Partial<DeviceDecision> = {}): DeviceDecision => ({
  key: `eas:org:m${n}:id${n}`,
  organization: 'org',
  mailboxId: `m${n}`,
  user: `user${n}@contoso.com`,
  ownerName: 'anna adler',
  kind: 'iphone 15',
  lastSync: '',
  easId: `ID${n}`,
  model: 'iPhone 15',
  platform: 'ios',
  state: 'allowed',
  decision: 'allow',
  rule: 'Managed devices',
  reason: 'merged',
  reviewAt: null,
  firstSyncAt: null,
  at: at(0),
  ...changes,
});

type Page = Parameters<Store['listings']['devices']>[2];

describe('the devices that a person looks through', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  /** Every page, one after the other; the keys of each. */
  async function pagesOf(wanted: DevicesWanted, page: Omit<Page, 'after'>): Promise<string[][]> {
    const pages: string[][] = [];
    let next: DevicePage['next'] = null;
    do {
      const found: DevicePage = await store.listings.devices('org', wanted, { ...page, after: next });
      pages.push(found.devices.map(({ key }) => key));
      ({ next } = found);
      assert.ok(pages.length < 200, 'the pages come to an end');
    } while (next !== null);
    return pages;
  }

  const byOwner = { order: 'owner', descending: false, rows: 100 } as const;

  it('are those of the organization that were decided about, with what was decided', async () => {
    await store.devices.decide([decided(1)]);
    await store.devices.decide([decided(2, { key: 'eas:other:m2:id2', organization: 'other' })]);
    await store.devices.tell([
      { key: 'eas:org:m3:id3', organization: 'org', firstSyncAt: null, at: at(0), told: 'ambiguous' },
    ]);
    const { devices, next } = await store.listings.devices('org', {}, { ...byOwner, after: null });
    const { firstSyncAt: _, at: since, ...row } = decided(1);
    const beside = { mdmKey: null, waiting: null, mailedAt: null, mailFailed: false };
    assert.deepEqual([devices, next], [[{ ...row, since, ...beside }], null]);
  });

  it('come with their MDM record, the change that waits, and what became of their mails', async () => {
    await store.devices.decide([1, 2, 3, 4].map((n) => decided(n)));
    const [one, two, three] = [1, 2, 3].map((n) => decided(n).key) as [string, string, string];
    const found = (easKey: string, mdmKey: string | null) => ({ easKey, mdmKey, by: 'eas-id' });
    await store.merges.settle('org', [found(one, 'mdm:intune:1'), found(two, 'mdm:intune:2')], at(0));
    await store.merges.settle('org', [found(two, null)], at(1));
    const change = {
      organization: 'org',
      turn: 1,
      attempts: 1,
      createdAt: at(0),
      nextAttemptAt: at(0),
      change: null,
    } as const;
    const lastError = { code: 'ERR_APPLY_FAILED', text: 'a "text" with spaces' };
    await store.outbox.putMany([
      { ...change, key: two, mailboxId: 'm2', state: 'later', lastError },
      { ...change, key: three, mailboxId: 'm3', state: 'planned', lastError: null },
    ]);
    await store.mails.add(aMail('sent', { mailboxId: 'm1', state: 'done', sentAt: at(2) }), [aMailDevice(one, 'e1')]);
    await store.mails.add(aMail('again', { mailboxId: 'm1', state: 'done', sentAt: at(3) }), [aMailDevice(one, 'e2')]);
    await store.mails.add(aMail('stuck', { mailboxId: 'm2', state: 'attention' }), [aMailDevice(two, 'e1')]);
    const { devices } = await store.listings.devices('org', {}, { ...byOwner, after: null });
    assert.deepEqual(
      devices.map(({ mdmKey, waiting, mailedAt, mailFailed }) => ({ mdmKey, waiting, mailedAt, mailFailed })),
      [
        { mdmKey: 'mdm:intune:1', waiting: null, mailedAt: at(3), mailFailed: false },
        { mdmKey: null, waiting: { state: 'later', error: 'ERR_APPLY_FAILED' }, mailedAt: null, mailFailed: true },
        { mdmKey: null, waiting: { state: 'planned', error: null }, mailedAt: null, mailFailed: false },
        { mdmKey: null, waiting: null, mailedAt: null, mailFailed: false },
      ],
    );
  });

  it('are of the organizations that were read, or of which a plan is held', async () => {
    await readWhole(store, 'reading', [anEasRecord('id1')]);
    assert.deepEqual(await store.listings.organizations(), ['contoso']);
  });

  it('are found by a part of owner, EAS ID or model in either case, and % and _ are letters as others', async () => {
    await store.devices.decide([
      decided(1, { user: 'carla_costa@contoso.com', model: null }),
      decided(2, { user: null, easId: 'APPLDNX', model: 'SM-S921B 100%' }),
      decided(3, { user: 'carla.costa@contoso.com', ownerName: 'costa, änne carla' }),
    ]);
    const found = async (text: string): Promise<string[]> => (await pagesOf({ text }, byOwner)).flat();
    assert.deepEqual(await found('carla_'), [decided(1).key]);
    assert.deepEqual(await found('CARLA'), [decided(3).key, decided(1).key]);
    assert.deepEqual(await found('ÄNNE'), [decided(3).key]);
    assert.deepEqual(await found('pldn'), [decided(2).key]);
    assert.deepEqual(await found('s921b'), [decided(2).key]);
    assert.deepEqual(await found('0%'), [decided(2).key]);
    assert.deepEqual(await found("' or 1=1 --"), []);
    assert.deepEqual(await found('\\'), []);
  });

  it('come once each and in order, whatever the size of the pages, the order, and what is wanted', async () => {
    const owner = fc.constantFrom(null, 'anna@contoso.com', 'ben@contoso.com', 'Zoë@contoso.com', '');
    const device = fc.record({
      user: owner,
      state: fc.constantFrom('allowed', 'blocked', 'quarantined'),
      decision: fc.constantFrom('allow', 'block', 'leave'),
      reason: fc.constantFrom('merged', 'not-enrolled'),
      platform: fc.constantFrom('ios', 'android'),
      ownerName: fc.constantFrom(null, 'anna adler', 'zoë'),
      kind: fc.constantFrom('', 'iphone15c1', 'sm-s921b'),
      lastSync: fc.constantFrom('', at(1), at(2)),
      at: fc.constantFrom(at(0), at(1)),
    });
    const some = (...values: string[]) => fc.option(fc.subarray(values, { minLength: 1 }), { nil: undefined });
    const wanted = fc.record({
      states: some('allowed', 'blocked', 'quarantined'),
      decisions: some('allow', 'block', 'leave'),
      reasons: some('merged', 'not-enrolled'),
      text: fc.constantFrom('', 'anna', 'iphone'),
    });
    const page = fc.record({
      order: fc.constantFrom<DeviceOrder>('owner', 'since', 'kind', 'state', 'decision', 'lastSync'),
      descending: fc.boolean(),
      rows: fc.integer({ min: 1, max: 7 }),
      look: fc.integer({ min: 1, max: 9 }),
    });
    const devices = fc.array(device, { maxLength: 25 });
    let organizations = 0;
    await fc.assert(
      fc.asyncProperty(devices, wanted, page, async (all, filter, how) => {
        organizations += 1;
        const organization = `org${organizations}`;
        const rows = all.map((one, n) => decided(n, { ...one, organization, key: `eas:${organization}:m:${n}` }));
        // What was decided at one time came in one go.
        for (const time of [at(0), at(1)]) await store.devices.decide(rows.filter((row) => row.at === time));
        const found: DevicePage['devices'][number][] = [];
        let next: DevicePage['next'] = null;
        do {
          const part: DevicePage = await store.listings.devices(organization, filter as DevicesWanted, {
            ...how,
            after: next,
          });
          assert.ok(part.devices.length <= how.rows);
          found.push(...part.devices);
          ({ next } = part);
        } while (next !== null);
        const fits = (row: DeviceDecision): boolean =>
          (filter.states?.includes(row.state) ?? true) &&
          (filter.decisions?.includes(row.decision) ?? true) &&
          (filter.reasons?.includes(row.reason) ?? true) &&
          [row.user ?? '', row.ownerName ?? '', row.easId, row.model ?? ''].some((one) =>
            one.toLowerCase().includes(filter.text),
          );
        assert.deepEqual(
          found.map(({ key }) => key).sort(),
          rows
            .filter(fits)
            .map(({ key }) => key)
            .sort(),
        );
        const values = found.map((row) => (how.order === 'owner' ? (row.user ?? '') : row[how.order]));
        const groups = values.filter((value, n) => n === 0 || value !== values[n - 1]);
        assert.equal(new Set(groups).size, groups.length, 'equal values stand together');
      }),
      { numRuns: 60 },
    );
  });

  it('are known by EAS ID, and by GUID, UPN or address of their mailbox, in either case', async () => {
    const guid = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
    const key = (n: number, id: string): string => `eas:org:${guid(n)}:${id}`;
    const device = (n: number, user: string) =>
      decided(n, { key: key(n, `id${n}`), mailboxId: guid(n), user: `${user}@contoso.com` });
    await store.devices.decide([device(1, 'anna'), device(2, 'anna'), device(3, 'ben')]);
    assert.deepEqual(await store.listings.called(' ID1 ', 9), [key(1, 'id1')]);
    assert.deepEqual(await store.listings.called('ANNA@contoso.com', 9), [key(1, 'id1'), key(2, 'id2')]);
    assert.deepEqual(await store.listings.called('ANNA@contoso.com', 1), [key(1, 'id1')]);
    assert.deepEqual(await store.listings.called(guid(3).toUpperCase(), 9), [key(3, 'id3')]);
    assert.deepEqual(await store.listings.called('id', 9), []);
    const audited = { at: at(0), who: 'switch', what: 'block', organization: 'org', rule: null, reason: 'idle' };
    const rest = { evidence: [], before: null, after: null, approvedBy: null };
    await store.audit.append([{ ...audited, ...rest, deviceKey: key(3, 'gone') }]);
    const both = [key(3, 'gone'), key(3, 'id3')];
    assert.deepEqual(await store.listings.called(guid(3), 9), both, 'also what only the audit knows');
    assert.deepEqual(await store.listings.called('ben@contoso.com', 9), both);
  });

  it('go on where they were left though devices came and went meanwhile', async () => {
    await store.devices.decide([1, 3, 5].map((n) => decided(n)));
    const page = { ...byOwner, rows: 1 };
    const first = await store.listings.devices('org', {}, { ...page, after: null });
    await store.devices.decide([decided(0), decided(4)]);
    const second = await store.listings.devices('org', {}, { ...page, rows: 9, after: first.next });
    assert.deepEqual(
      second.devices.map(({ key }) => key),
      [3, 4, 5].map((n) => decided(n).key),
    );
  });
});

describe('the audit that a person looks through', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const entry = (n: number, changes: Partial<AuditEntry> = {}): AuditEntry => ({
    at: at(n),
    who: 'switch',
    what: 'block',
    deviceKey: `device${n}`,
    organization: 'org',
    rule: null,
    reason: 'not-enrolled',
    evidence: [],
    before: null,
    after: null,
    approvedBy: null,
    ...changes,
  });

  async function times(
    wanted: Parameters<Store['listings']['audit']>[0],
    page: { rows: number; look?: number },
  ): Promise<string[]> {
    const found: string[] = [];
    let next: AuditPage['next'] = null;
    do {
      const part: AuditPage = await store.listings.audit(wanted, { ...page, after: next });
      found.push(...part.entries.map((one) => one.deviceKey ?? ''));
      ({ next } = part);
    } while (next !== null);
    return found;
  }

  it('is found by day, by who acted or approved, by device and by what was done; the newest first', async () => {
    await store.audit.append([
      entry(0),
      entry(1, { approvedBy: 'Anna' }),
      entry(2, { who: 'Anna', what: 'pair' }),
      entry(3, { deviceKey: 'device0', organization: 'other' }),
    ]);
    const all = { rows: 10 };
    assert.deepEqual(await times({}, all), ['device0', 'device2', 'device1', 'device0']);
    assert.deepEqual(await times({ person: 'Anna' }, all), ['device2', 'device1']);
    assert.deepEqual(await times({ from: at(1), to: at(3) }, all), ['device2', 'device1']);
    assert.deepEqual(await times({ deviceKey: 'device0' }, all), ['device0', 'device0']);
    assert.deepEqual(await times({ deviceKeys: ['device1', 'device2'] }, all), ['device2', 'device1']);
    assert.deepEqual(await times({ what: 'pair' }, all), ['device2']);
    assert.deepEqual(await times({ organization: 'other' }, all), ['device0']);
  });

  it('is found by the EAS ID alone of a device that nothing else knows any more', async () => {
    await store.audit.append([
      entry(0, { deviceKey: 'eas:org:m1:a_1' }),
      entry(1, { deviceKey: 'eas:org:m2:ab1' }),
      entry(2, { deviceKey: 'mdm:a_1' }),
    ]);
    assert.deepEqual(await times({ easId: 'a_1' }, { rows: 10 }), ['eas:org:m1:a_1']);
  });

  it('comes whole and once, whatever the size of the pages, also where many entries are of one moment', async () => {
    await store.audit.append(Array.from({ length: 40 }, (_, n) => entry(n, { at: at(n % 3), who: `p${n % 2}` })));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), async (rows, look) => {
        const everything = await times({}, { rows, look });
        assert.deepEqual([everything.length, new Set(everything).size], [40, 40]);
        const own = await times({ person: 'p1' }, { rows, look });
        assert.deepEqual([own.length, new Set(own).size], [20, 20]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the counts of a store', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const step = (name: 'blocked' | 'mailed' | 'allowed', time: string, waited: number | null = null) => ({
    organization: 'org',
    deviceKey: 'device',
    episode: 'e',
    step: name,
    at: time,
    detail: null,
    waited,
  });

  it('are of each day, and of how long people waited', async () => {
    await store.timeline.append([
      step('blocked', '2026-06-01T23:59:00.000Z'),
      step('blocked', '2026-06-02T00:00:00.000Z'),
      step('mailed', '2026-06-02T00:01:00.000Z', 60),
      step('mailed', '2026-06-02T00:02:00.000Z', 61),
      step('mailed', '2026-06-02T00:03:00.000Z', 9_999),
      step('mailed', '2026-06-02T00:04:00.000Z'),
      { ...step('mailed', '2026-06-02T00:05:00.000Z', 1), organization: 'other' },
    ]);
    const since = '2026-06-01T12:00:00.000Z';
    assert.deepEqual(await store.listings.perDay('org', ['blocked', 'mailed'], since), [
      { day: '2026-06-01', step: 'blocked', count: 1 },
      { day: '2026-06-02', step: 'blocked', count: 1 },
      { day: '2026-06-02', step: 'mailed', count: 4 },
    ]);
    assert.deepEqual(await store.listings.waits('org', 'mailed', since, [60, 300]), {
      counts: [1, 1, 1],
      sum: 10_120,
    });
    assert.deepEqual(await store.listings.waits('org', 'allowed', since, [60]), { counts: [0, 0], sum: 0 });
  });

  it('are of how long runs took, and of the days on which a sync was not well', async () => {
    const run = (time: string, tookMs: number, ok: boolean) =>
      store.history.add({
        syncId: 's',
        at: time,
        subject: 'access',
        organization: 'org',
        ok,
        tookMs,
        report: { counts: { held: tookMs } },
      });
    await run('2026-06-01T08:00:00.000Z', 500, false);
    await run('2026-06-01T09:00:00.000Z', 1_500, false);
    await run('2026-06-02T09:00:00.000Z', 800, true);
    assert.deepEqual(await store.listings.durations('access', '2026-06-01T00:00:00.000Z', [1_000]), {
      counts: [2, 1],
      sum: 2_800,
    });
    assert.deepEqual(await store.listings.unwellDays('org', '2026-05-01T00:00:00.000Z'), [
      { day: '2026-06-01', report: { counts: { held: 1_500 } } },
    ]);
  });

  it('are of the entries that are ours for certain', async () => {
    const entry = {
      organization: 'org',
      mailboxId: 'm',
      easId: 'a',
      list: 'blocked',
      rule: 'r',
      writtenAt: at(0),
    } as const;
    await store.entries.record(entry);
    await store.entries.record({ ...entry, easId: 'b' });
    await store.entries.record({ ...entry, list: 'allowed' });
    await store.entries.intend({ ...entry, easId: 'c', operation: 'add', at: at(0) });
    assert.deepEqual(await store.listings.owned('org'), { allowed: 1, blocked: 2 });
  });

  it('are of the changes that wait, by state and by the code of their last error', async () => {
    const change = (key: string, state: 'later' | 'planned', error: string | null) => ({
      key,
      organization: 'org',
      mailboxId: 'm',
      state,
      turn: 1 as const,
      attempts: 1,
      createdAt: at(0),
      nextAttemptAt: at(0),
      lastError: error === null ? null : { code: error, text: `Mailbox ${key} has "too" many entries, and more words` },
      change: null,
    });
    await store.outbox.putMany([
      change('a', 'later', 'ERR_APPLY_FAILED'),
      change('b', 'later', 'ERR_APPLY_FAILED'),
      change('c', 'planned', null),
    ]);
    assert.deepEqual(await store.listings.waiting('org'), [
      { state: 'later', code: 'ERR_APPLY_FAILED', count: 2 },
      { state: 'planned', code: null, count: 1 },
    ]);
  });
});
