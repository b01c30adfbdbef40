/** Letting go of an organization: what goes, what stays, and that another one is not touched. */
import assert from 'node:assert/strict';
import type { OutboxChange, Store } from '../../src/store/store.ts';
import { openEmptyStore } from './records.ts';

const AT = '2026-06-01T08:00:00.000Z';
const MAILBOX = '00000001-0000-4000-8000-000000000000';

describe('forgetting an organization', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const change = (organization: string, n: number): OutboxChange => ({
    key: `eas:${organization}:${MAILBOX}:${n}`,
    organization,
    mailboxId: MAILBOX,
    state: 'planned',
    turn: 1,
    attempts: 0,
    createdAt: AT,
    nextAttemptAt: AT,
    lastError: null,
    change: {},
  });
  const fill = async (organization: string): Promise<void> => {
    await store.outbox.putMany([1, 2].map((n) => change(organization, n)));
    const device = {
      organization,
      mailboxId: MAILBOX,
      user: null,
      ownerName: null,
      kind: '',
      lastSync: '',
      model: null,
      platform: 'ios',
      reviewAt: null,
    };
    await store.devices.decide([
      {
        ...device,
        key: `eas:${organization}:${MAILBOX}:1`,
        easId: '1',
        state: 'allowed',
        decision: 'block',
        rule: 'r',
        reason: 'not-enrolled',
        firstSyncAt: null,
        at: AT,
      },
    ]);
    await store.plans.stage({ id: `${organization}.staged`, organization, at: AT, simulated: false });
    await store.plans.stage({ id: `${organization}.held`, organization, at: AT, simulated: false });
    const head = { id: `${organization}.held`, organization, at: AT, reason: 'ERR_BRAKE', plan: {} };
    await store.plans.validate(head, { held: ['x'], goes: [] });
    await store.announcements.add({
      id: `${organization} news`,
      organization,
      kind: 'blocked',
      deviceKey: null,
      at: AT,
      emittedAt: AT,
      emittedBy: 'run',
      emissions: 1,
      declinedBy: [],
      news: {},
    });
    await store.lowered.add(organization, MAILBOX, 'known', AT);
    await store.asked.put(organization, [MAILBOX], AT);
    await store.touched.addEverything(organization);
    await store.entries.record({
      organization,
      mailboxId: MAILBOX,
      easId: '1',
      list: 'blocked',
      writtenAt: AT,
      rule: 'r',
    });
    for (const name of [`believed/${organization}/tenant`, `content.${organization}.tenant`, `groups.${organization}`])
      await store.settings.set(`access.${name}`, 'kept');
  };
  const kept = async (organization: string): Promise<unknown> => ({
    outbox: (await store.outbox.list({ organization })).length,
    devices: (await store.devices.counts(organization)).decision,
    mailboxes: await store.devices.mailboxes(organization),
    plans: (await store.plans.list()).filter((plan) => plan.organization === organization).length,
    news: (await store.announcements.list({ organization })).length,
    lowered: (await store.lowered.since(organization, AT)).size,
    asked: (await store.asked.list(organization)).size,
    touched: (await store.touched.take(organization, 'run')).length,
    ledger: (await store.entries.list({ organization })).length,
    settings: [
      await store.settings.get(`access.believed/${organization}/tenant`),
      await store.settings.get(`access.content.${organization}.tenant`),
      await store.settings.get(`access.groups.${organization}`),
      await store.settings.get(`organization.${organization}`),
    ],
  });

  it('drops what was planned and decided, and keeps the ledger; of another organization it drops nothing', async () => {
    for (const organization of ['a', 'ab']) await fill(organization);
    await store.settings.set('organization.a', 'known');
    await store.settings.set('access.mailWait', { ab: 'kept' });
    const other = await kept('ab');
    assert.equal(await store.organizations.has('a'), true);
    const gone = await store.together((parts) => parts.organizations.forget('a', ['organization.a']));
    await store.plans.clear();
    assert.deepEqual(gone, { waiting: 2, plans: 2, news: 1 });
    assert.deepEqual(await kept('a'), {
      outbox: 0,
      devices: {},
      mailboxes: 0,
      plans: 0,
      news: 0,
      lowered: 0,
      asked: 0,
      touched: 0,
      ledger: 1,
      settings: [null, null, null, null],
    });
    assert.deepEqual(await kept('ab'), other);
    assert.deepEqual(await store.settings.get('access.mailWait'), { ab: 'kept' });
    assert.equal(await store.organizations.has('a'), false);
  });

  it('refuses what a sync still stages for it', async () => {
    await fill('a');
    await store.organizations.forget('a', []);
    await assert.rejects(store.plans.put('a.staged', [], AT), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    const head = { id: 'a.staged', organization: 'a', at: AT, reason: '', plan: {} };
    await assert.rejects(store.plans.validate(head, { held: [], goes: [] }), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
  });

  it('goes through many rows some at a time, and does all of it or nothing', async () => {
    const many = Array.from({ length: 5_001 }, (_, n) => change('a', n));
    for (let start = 0; start < many.length; start += 500) await store.outbox.putMany(many.slice(start, start + 500));
    const cutOff = store.together(async (parts) => {
      await parts.organizations.forget('a', []);
      throw new Error('killed');
    });
    await assert.rejects(cutOff, /killed/);
    assert.equal(await store.outbox.count({ organization: 'a' }), 5_001);
    assert.equal((await store.organizations.forget('a', [])).waiting, 5_001);
  });

  it('happens together with the end of its readings, whether there are any or not', async () => {
    await fill('a');
    const forgotten = await store.snapshots.forget('eas', 'a', async (parts) => {
      await parts.organizations.forget('a', []);
    });
    assert.deepEqual([forgotten, await store.organizations.has('a')], [false, false]);
  });
});
