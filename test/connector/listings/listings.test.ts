import assert from 'node:assert/strict';
import type { DeviceFilter } from '../../../src/connector/listings/device-filter.ts';
import { listDevices } from '../../../src/connector/listings/list-devices.ts';
import { deviceHistory, listRuns } from '../../../src/connector/listings/list-history.ts';
import { listPlans, planDetails } from '../../../src/connector/listings/list-plans.ts';
import type { Store } from '../../../src/store/store.ts';
import { easRecord, guid } from '../../support/records.ts';
import { goneKey, HOSTILE, NOW, seed } from './seeded-store.ts';
import { openEmptyStore } from '../../store/records.ts';

const { signal } = new AbortController();
const options = { limit: 100, now: Date.parse(NOW), signal };

async function withStore(work: (store: Store) => Promise<void>, prepare: (store: Store) => Promise<void> = seed) {
  const store = await openEmptyStore();
  try {
    await prepare(store);
    await work(store);
  } finally {
    await store.close();
  }
}

describe('the devices of a store', () => {
  it('are told with owner, state, our entry, what waits, reason and mail', () =>
    withStore(async (store) => {
      const steps: unknown[] = [];
      const { organizations, devices, fitting } = await listDevices(
        store,
        {},
        {
          ...options,
          progress: (step, counts) => steps.push([step, counts]),
        },
      );
      assert.deepEqual(organizations, [
        {
          organization: 'exchange',
          devices: 4,
          eas: { kind: 'full', startedAt: '2026-06-02T08:30:00.000Z', fullStartedAt: '2026-06-02T08:30:00.000Z' },
          mdm: {
            startedAt: '2026-06-02T08:00:00.000Z',
            complete: true,
            fresh: true,
            count: 1,
            sources: [{ source: 'tenant', startedAt: '2026-06-02T08:00:00.000Z', fresh: true, count: 1 }],
          },
        },
      ]);
      const [first, second, third, fourth] = devices;
      assert.deepEqual(
        { ...first, reason: first?.reason.code },
        {
          organization: 'exchange',
          easId: 'EAS1',
          key: easRecord(1).key,
          owner: {
            name: 'User 1',
            address: 'user1@contoso.example',
            upn: 'user1@contoso.example',
            mailboxId: guid(1),
          },
          device: { type: 'iPhone', model: 'iPhone15C2', os: 'iOS 19.1' },
          status: 'eas/mdm',
          reason: 'merged',
          matchedBy: 'eas-id',
          access: { state: 'allowed', reason: 'global', listed: null },
          mdm: { source: 'tenant', name: 'Phone 1', compliance: 'compliant' },
          entries: [],
          waiting: null,
          mail: null,
          firstSyncAt: '2026-06-01T08:00:00.000Z',
          lastSyncAt: null,
        },
      );
      assert.deepEqual(
        [second?.access, second?.entries, second?.mail],
        [
          { state: 'blocked', reason: 'individual', listed: 'blocked' },
          [{ list: 'blocked', state: 'owned', writtenAt: '2026-06-01T09:00:00.000Z', rule: 'Not managed' }],
          { at: '2026-06-01T09:01:00.000Z', kind: 'not-enrolled', outcome: 'sent', note: null },
        ],
      );
      assert.deepEqual(third?.waiting, {
        action: 'block',
        reason: 'not-enrolled',
        state: 'later',
        attempts: 2,
        createdAt: '2026-06-02T09:00:00.000Z',
        nextAttemptAt: '2026-06-02T10:04:00.000Z',
        lastError: { code: 'ERR_APPLY_FAILED', text: 'Exchange was busy.' },
      });
      assert.equal(fourth?.owner.name, HOSTILE);
      assert.equal(fitting, 4);
      assert.deepEqual(steps, [
        ['reading', { organization: 'exchange' }],
        ['matching', { organization: 'exchange', devices: 4, of: 4 }],
      ]);
    }));

  const filters: readonly [what: string, filter: DeviceFilter, easIds: readonly string[]][] = [
    ['a mailbox by its address', { mailbox: 'USER2@contoso.example' }, ['EAS2']],
    ['a mailbox by its GUID', { mailbox: guid(3) }, ['EAS3']],
    ['no mailbox whose address only contains the text', { mailbox: 'ser2@contoso.example' }, []],
    ['mailboxes by a wildcard', { mailbox: 'user?@contoso.example' }, ['EAS1', 'EAS2', 'EAS3']],
    ['an EAS ID in either case', { easId: 'eas4' }, ['EAS4']],
    ['a state', { states: ['blocked'] }, ['EAS2']],
    ['any of several states', { states: ['blocked', 'allowed'] }, ['EAS1', 'EAS2', 'EAS3', 'EAS4']],
    ['a reason', { reasons: ['merged'] }, ['EAS1']],
    ['all of what is asked for', { mailbox: 'user*', states: ['allowed'], reasons: ['merged'] }, ['EAS1']],
  ];
  for (const [what, filter, easIds] of filters) {
    it(`are chosen: ${what}`, () =>
      withStore(async (store) => {
        const { devices, fitting } = await listDevices(store, filter, options);
        assert.deepEqual([devices.map(({ easId }) => easId), fitting], [easIds, easIds.length]);
      }));
  }

  it('are counted beyond the limit, and none is of another organization', () =>
    withStore(async (store) => {
      const limited = await listDevices(store, {}, { ...options, limit: 2 });
      assert.deepEqual([limited.devices.length, limited.fitting], [2, 4]);
      const other = await listDevices(store, {}, { ...options, organization: 'other' });
      assert.deepEqual(other, { organizations: [], devices: [], fitting: 0 });
    }));

  it('are none in an empty store', () =>
    withStore(
      async (store) => {
        assert.deepEqual(await listDevices(store, {}, options), { organizations: [], devices: [], fitting: 0 });
        assert.deepEqual(await listRuns(store, { limit: 5 }), []);
        assert.deepEqual(await listPlans(store), []);
        assert.deepEqual(await deviceHistory(store, 'x', { limit: 5, signal }), {
          devices: [],
          moreDevices: 0,
          events: [],
        });
      },
      async () => {},
    ));
});

describe('the history of a store', () => {
  it('tells the last runs first, of one organization if wanted', () =>
    withStore(async (store) => {
      assert.deepEqual(
        (await listRuns(store, { limit: 1 })).map(({ syncId }) => syncId),
        ['eas-1'],
      );
      assert.deepEqual(
        (await listRuns(store, { limit: 5, organization: 'exchange' })).map(({ syncId }) => syncId),
        ['eas-1', 'eas-0'],
      );
      assert.deepEqual(await listRuns(store, { limit: 5, organization: 'other' }), []);
    }));

  it('tells changes and mails of a device in the order in which they happened', () =>
    withStore(async (store) => {
      for (const wanted of ['eas2', 'user2@contoso.example', 'User 2']) {
        const { devices, events } = await deviceHistory(store, wanted, { limit: 10, signal });
        assert.deepEqual(devices, [
          {
            key: easRecord(2).key,
            organization: 'exchange',
            easId: 'EAS2',
            mailboxId: guid(2),
            address: 'user2@contoso.example',
            name: 'User 2',
          },
        ]);
        assert.deepEqual(
          events.map(({ at, kind, what, reason }) => [at, kind, what, reason]),
          [
            ['2026-06-01T09:00:00.000Z', 'change', 'block', 'not-enrolled'],
            ['2026-06-01T09:01:00.000Z', 'mail', 'sent', 'not-enrolled'],
            ['2026-06-01T10:00:00.000Z', 'change', 'pair', ''],
          ],
        );
      }
    }));

  it('finds a device that Exchange no longer has', () =>
    withStore(async (store) => {
      const { devices, events } = await deviceHistory(store, 'GONE9', { limit: 10, signal });
      assert.deepEqual(
        [devices.map(({ key, address }) => [key, address]), events.map(({ what }) => what)],
        [[[goneKey, null]], ['block']],
      );
    }));

  it('tells the newest events where there are too many', () =>
    withStore(async (store) => {
      const { events } = await deviceHistory(store, 'EAS2', { limit: 2, signal });
      assert.deepEqual(
        events.map(({ what }) => what),
        ['sent', 'pair'],
      );
    }));
});

describe('the held plans of a store', () => {
  it('are told with their reason, their changes by reason, and examples', () =>
    withStore(async (store) => {
      const example = { easId: 'EAS3', device: 'iPhone15C2', from: 'allowed', to: 'blocked' };
      const plan = {
        id: 'exchange-7',
        organization: 'exchange',
        at: '2026-06-02T09:30:00.000Z',
        reason: { code: 'ERR_BRAKE', text: '2 devices would lose access; the brake allows 1 of 4.' },
      };
      assert.deepEqual(await listPlans(store), [
        {
          ...plan,
          changes: 2,
          groups: [
            {
              action: 'block',
              reason: 'not-enrolled',
              text: 'No enrolled device of this user fits.',
              rule: 'Not managed',
              count: 2,
              examples: [
                { ...example, mailbox: 'user3@contoso.example' },
                { ...example, easId: 'EAS4', mailbox: guid(4), device: HOSTILE },
              ],
            },
          ],
        },
      ]);
      assert.deepEqual(await listPlans(store, { organization: 'other' }), []);
      assert.deepEqual(await planDetails(store, 'exchange-7', { limit: 1 }), {
        ...plan,
        count: 2,
        changes: [
          {
            key: easRecord(3).key,
            easId: 'EAS3',
            owner: { name: 'User 3', address: 'user3@contoso.example', mailboxId: guid(3) },
            device: { type: 'iPhone', model: 'iPhone15C2' },
            action: 'block',
            from: 'allowed',
            to: 'blocked',
            rule: 'Not managed',
            reason: { code: 'not-enrolled', text: 'No enrolled device of this user fits.' },
          },
        ],
      });
    }));

  it('are named if another one is asked for', () =>
    withStore(async (store) => {
      await assert.rejects(planDetails(store, 'x', { limit: 1 }), {
        code: 'ERR_PLAN_UNKNOWN',
        message: /^Plan "x" is not held\. Held: exchange-7\./,
      });
    }));
});
