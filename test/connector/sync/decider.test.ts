/** When a device has to be judged anew though nothing touched it. */
import assert from 'node:assert/strict';
import { OwnedEntries } from '../../../src/access/owned-entries.ts';
import { Decider } from '../../../src/connector/sync/decider.ts';
import type { Judged } from '../../../src/connector/sync/decider.ts';
import type { SwitchSettings } from '../../../src/connector/sync/switch-settings.ts';
import type { OwnedEntry } from '../../../src/model/personal-lists.ts';
import type { DeviceRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { openEmptyStore } from '../../store/records.ts';
import { anEas, anMdm, guid, merged, unmatched } from '../../support/records.ts';
import { SETTINGS } from './sync-world.ts';

const NOW = Date.parse('2026-06-02T12:00:00.000Z');
const READ_AT = '2026-06-02T06:00:00.000Z';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (time: number): string => new Date(time).toISOString();
const never = { at: null, onReading: false };

const entry = (parts: Partial<OwnedEntry>): OwnedEntry => ({
  organization: 'org',
  mailboxId: guid(1),
  easId: 'IPHONE1',
  list: 'blocked',
  state: 'owned',
  writtenAt: READ_AT,
  rule: 'Not managed',
  episode: 'e1',
  ...parts,
});

describe('a judged device has to be judged anew', () => {
  let store: Store;
  let now: number;

  beforeEach(async () => {
    now = NOW;
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const decider = (settings: Partial<SwitchSettings> = {}): Promise<Decider> =>
    Decider.begin(
      {
        store,
        settings: { ...SETTINGS, ...settings },
        directory: null,
        exchange: { organization: 'org', groupMembers: () => assert.fail('No group is read.') },
        now: () => now,
        signal: new AbortController().signal,
      },
      26,
    );
  const judge = async (
    device: DeviceRecord,
    {
      entries = [],
      readAt = READ_AT,
      settings = {},
    }: { entries?: OwnedEntry[]; readAt?: string | null; settings?: Partial<SwitchSettings> } = {},
  ): Promise<Judged> => (await decider(settings)).judge(device, new OwnedEntries(entries), readAt);

  it('never, if nothing but its records and settings counted', async () => {
    for (const device of [merged(), unmatched(), unmatched(anEas(), 'ambiguous')])
      assert.deepEqual((await judge(device)).review, never);
  });

  it('when its grace ends', async () => {
    const graceUntil = iso(NOW + DAY);
    const device = merged(anEas(), anMdm({ compliance: 'in-grace', graceUntil }));
    assert.deepEqual((await judge(device)).review, { at: graceUntil, onReading: false });
  });

  it('when a gentle start ends, and says the same of it until then', async () => {
    await store.settings.set('access.switchedOn.org', iso(NOW - DAY));
    const settings = { startFrom: 'grandfather', grandfatherDays: 30 } as const;
    const first = await judge(unmatched(), { settings });
    assert.deepEqual(first.review, { at: iso(NOW + 29 * DAY), onReading: false });
    assert.equal(first.decision.reason.code, 'grandfathered');
    now = NOW + 29 * DAY - 1;
    assert.deepEqual(await judge(unmatched(), { settings }), first);
    now += 1;
    const after = await judge(unmatched(), { settings });
    assert.deepEqual([after.decision.action, after.review], ['block', never]);
  });

  it('with the next reading, if it had not synced before a gentle start: it may have since', async () => {
    await store.settings.set('access.switchedOn.org', iso(NOW - DAY));
    const device = unmatched(anEas({ firstSyncAt: iso(NOW - 400 * DAY), lastSyncAt: iso(NOW - 100 * DAY) }));
    const { decision, review } = await judge(device, { settings: { startFrom: 'grandfather' } });
    assert.deepEqual([decision.action, review.onReading], ['block', true]);
  });

  it('is asked for once a day before a block, whether its record tells the last sync or not', async () => {
    const told = { lastAttemptAt: iso(NOW - DAY), toldAt: iso(NOW) };
    for (const lastSyncAt of [null, iso(NOW - DAY)]) {
      const device = unmatched(anEas({ firstSyncAt: iso(NOW - 400 * DAY), lastSyncAt }));
      const asked = async (): Promise<boolean> =>
        (await decider()).judge(device, new OwnedEntries([]), READ_AT, { told, isQuiet: false }).asks;
      now = NOW + DAY - 1;
      assert.equal(await asked(), false);
      now = NOW + DAY;
      assert.equal(await asked(), true);
      assert.equal((await judge(device)).asks, true, 'nobody has asked yet');
    }
  });

  const written: readonly [sentence: string, OwnedEntry[], string | null, boolean][] = [
    ['with the next reading, if we wrote as the last full one began', [entry({})], READ_AT, true],
    ['with the next reading, if we wrote later', [entry({ writtenAt: iso(NOW) })], READ_AT, true],
    ['with the next reading, if we meant to write later', [entry({ state: 'adding' })], READ_AT, true],
    ['not with the next reading, if we wrote before', [entry({ writtenAt: iso(NOW - DAY) })], READ_AT, false],
    ['not with the next reading, if another device has the entry', [entry({ easId: 'OTHER' })], READ_AT, false],
    ['not with the next reading, if there was no full one', [entry({})], null, false],
  ];
  for (const [sentence, entries, readAt, onReading] of written) {
    it(sentence, async () => {
      const { decision, review, owned } = await judge(unmatched(), { entries, readAt });
      assert.deepEqual(review, { at: null, onReading });
      assert.deepEqual((await decider()).decide(unmatched(), owned, entries), decision);
    });
  }
});
