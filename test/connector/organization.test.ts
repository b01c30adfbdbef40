/** An Exchange server configuration that reaches another organization than before. */
import assert from 'node:assert/strict';
import { forgetOrganization } from '../../src/connector/organization/forget-organization.ts';
import { askOrganization, knownOrganization } from '../../src/connector/organization/known-organization.ts';
import { ReadingKeeper } from '../../src/connector/readings/keep-reading.ts';
import { OwnReadingsUnderWay } from '../../src/connector/readings/readings-under-way.ts';
import { takeEasReading } from '../../src/connector/readings/take-reading.ts';
import { lookAfterSwitch } from '../../src/connector/sync/operator-requests.ts';
import type { ExchangePort } from '../../src/connector/ports.ts';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import type { OrganizationIdentity, OrganizationKind } from '../../src/model/organization-identity.ts';
import type { Store } from '../../src/store/store.ts';
import { easRecord } from '../support/records.ts';
import { aMail, aMailDevice } from '../store/records.ts';
import { SyncWorld } from './sync/sync-world.ts';

const isChanged = (error: unknown): boolean => isConnectorError(error, 'ERR_ORGANIZATION_CHANGED');
const GUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const { signal } = new AbortController();

describe('an Exchange server that reaches another organization', () => {
  let world: SyncWorld;
  /** What answers in place of the known organization; null: it is there. */
  let other: Partial<OrganizationIdentity> | Error | null;

  beforeEach(async () => {
    other = null;
    world = await SyncWorld.open();
    world.addPhone('ben');
    world.answersAs = (own) => {
      if (other instanceof Error) throw other;
      return { ...own, ...other };
    };
  });
  afterEach(() => world.close());

  const moved = { id: GUID, name: 'fabrikam' };
  const known = () => knownOrganization(world.store, world.name);
  const read = async (kind?: 'full' | 'quick', warnings: string[] = []): Promise<number> => {
    const reading = await takeEasReading({
      exchange: world.exchange,
      store: () => Promise.resolve(world.store),
      asked: { kind, dryRun: false },
      setting: 'full',
      scope: '{}',
      pageSize: 1,
      underWay: new OwnReadingsUnderWay(),
      node: 'source',
      now: world.now,
      newId: () => `reading ${world.now()}`,
      signal,
      onWarning: (text) => warnings.push(text),
    });
    let count = 0;
    for await (const { records } of reading.pages) count += records.length;
    return count;
  };

  it('is known from its first reading on', async () => {
    assert.equal(await known(), null);
    assert.equal(await read(), 1);
    const { id, name } = world.organization;
    assert.deepEqual(await known(), { kind: 'on-premises', id, name, found: null });
  });

  for (const kind of ['full', 'quick'] as const) {
    it(`is not read by a ${kind} reading: nothing of it is kept, and the old picture stays`, async () => {
      await world.sync();
      await read();
      other = moved;
      await assert.rejects(read(kind), isChanged);
      assert.equal((await world.store.snapshots.latest('eas', world.name))?.count, 1);
      const [run] = await world.store.history.recent({ subject: 'eas' });
      assert.deepEqual(
        [run?.ok, (run?.report as { error: { code: string } } | undefined)?.error.code],
        [false, 'ERR_ORGANIZATION_CHANGED'],
      );
      assert.equal((await known())?.found?.id, GUID);
      // The address was put back.
      other = null;
      assert.equal(await read(), 1);
      assert.equal((await known())?.found, null);
    });
  }

  it('is not read to its end if another server takes over in the middle', async () => {
    world.addPhone('carl');
    await read();
    const answers = [null, moved];
    world.answersAs = (own) => ({ ...own, ...answers.shift() });
    await assert.rejects(read(), isChanged);
    assert.deepEqual(answers, []);
  });

  it('is written to by nothing that the switch can be asked for', async () => {
    await world.sync();
    assert.equal(world.writes, 1);
    for (const alias of ['carl', 'dora', 'emil']) world.addPhone(alias);
    world.set({ brakeCount: 1, brakePercent: 0 });
    const { held } = await world.sync();
    await read();
    other = moved;
    await assert.rejects(read(), isChanged);
    world.set({});
    for (const [what, request] of [
      ['a sync', () => world.match()],
      ['approve', () => world.approve(held?.id)],
      ['undo', () => world.undo()],
      ['retry', () => world.retry()],
    ] as const)
      await assert.rejects(request(), isChanged, what);
    assert.deepEqual([world.writes, await world.waiting(), (await world.store.plans.list()).length], [1, [], 1]);
    const dry = await world.match({ dryRun: true });
    assert.deepEqual([dry.mode, dry.problems?.[0]?.code], ['simulate', 'ERR_ORGANIZATION_CHANGED']);
  });

  it('is found by the switch before its first write, before any reading was made', async () => {
    await world.sync();
    await read();
    world.addPhone('carl');
    world.failures.push('refused');
    await world.sync();
    await world.untilNextTry();
    const waiting = await world.waiting();
    other = moved;
    await assert.rejects(world.due(), isChanged);
    assert.deepEqual([world.writes, await world.waiting()], [1, waiting]);
    assert.equal((await known())?.found?.id, GUID);
    // The timer says so once.
    assert.equal(await lookAfterSwitch(world.parts, { atStart: false }), false);
    other = null;
    await read();
    assert.equal(await lookAfterSwitch(world.parts, { atStart: false }), true);
    await world.due();
    assert.equal(world.writes, 2);
  });

  const kinds: [OrganizationKind, OrganizationKind][] = [
    ['simulated', 'on-premises'],
    ['on-premises', 'online'],
  ];
  for (const [before, after] of kinds) {
    it(`is noticed where ${before} becomes ${after}, though nobody says which organizations they are`, async () => {
      other = { kind: before, id: null, name: null };
      await read();
      other = { kind: after, id: null, name: null };
      await assert.rejects(read(), isChanged);
    });
  }

  it('is not noticed, as before, where the account may not ask; that is said once', async () => {
    other = { id: null, name: null };
    const warnings: string[] = [];
    const name = `${world.name} of which nobody says which it is`;
    const exchange: ExchangePort = { ...world.exchange, organization: name };
    const ask = () =>
      askOrganization({
        store: world.store,
        exchange,
        now: world.now,
        signal,
        onWarning: (text) => warnings.push(text),
      });
    await ask();
    await ask();
    assert.deepEqual([warnings.length, /Get-OrganizationConfig/.test(warnings[0] ?? '')], [1, true]);
    assert.deepEqual(await knownOrganization(world.store, name), {
      kind: 'on-premises',
      id: null,
      name: null,
      found: null,
    });
    await read();
    await world.sync();
    assert.equal(world.writes, 1);
  });

  it('may fail the question where nobody ever answered it, and not where somebody has', async () => {
    other = new ConnectorError('ERR_EXCHANGE_CMDLET', 'Exchange said no.');
    assert.equal(await read(), 1);
    await world.sync();
    assert.equal(world.writes, 1);
    other = null;
    await read();
    other = new ConnectorError('ERR_EXCHANGE_CMDLET', 'Exchange said no.');
    await assert.rejects(read(), (error) => isConnectorError(error, 'ERR_EXCHANGE_CMDLET'));
    assert.equal((await known())?.found, null);
  });

  it('fails the write, and nothing else, while Exchange does not answer', async () => {
    await world.readOnly('mdm');
    await world.readOnly('eas');
    other = new Error('no line');
    const { counts } = await world.match();
    assert.deepEqual([counts.failed, world.writes, (await world.waiting()).length], [1, 0, 1]);
    other = null;
    await world.untilNextTry();
    await world.due();
    assert.equal(world.writes, 1);
  });

  describe('and is meant to', () => {
    const forget = (by: string | null = 'admin') =>
      forgetOrganization({ store: world.store, organization: world.name, by, now: world.now });

    it('is read and written to after “forget”; the ledger and the audit stay', async () => {
      await world.sync();
      for (const alias of ['carl', 'dora', 'emil', 'fay']) world.addPhone(alias);
      world.set({ brakeCount: 1, brakePercent: 0 });
      const { held } = await world.sync();
      world.failures.push('refused');
      await world.approve(held?.id, 'admin', { mailbox: 'dora@contoso.example' });
      await read();
      other = moved;
      await assert.rejects(read(), isChanged);
      const planned = [(await world.waiting()).length, (await world.store.plans.list()).length];
      assert.ok(
        planned.every((count) => count > 0),
        String(planned),
      );
      const [ledger, audit] = [await world.store.entries.list(), await world.store.audit.recent()];
      await forget();
      const { store, name } = world;
      assert.deepEqual(
        [
          await known(),
          await store.snapshots.list('eas'),
          await store.outbox.list(),
          await store.plans.list(),
          await store.announcements.list({ organization: name }),
          (await store.devices.counts(name)).decision,
          await store.devices.mailboxes(name),
          await store.settings.get(`access.believed/${name}/tenant`),
        ],
        [null, [], [], [], [], {}, 0, null],
      );
      assert.deepEqual(await store.entries.list(), ledger);
      const [entry, ...before] = await store.audit.recent();
      assert.deepEqual(before, audit);
      assert.deepEqual(
        [entry?.who, entry?.what, entry?.organization, (entry?.after as { id: string } | undefined)?.id],
        ['admin', 'forget', name, GUID],
      );
      world.set({});
      const writes = world.writes;
      await read();
      assert.equal((await known())?.id, GUID);
      await world.sync();
      assert.ok(world.writes > writes);
    });

    it('begins anew: its first reading is measured against nothing that the old one believed', async () => {
      await world.sync();
      await forget();
      const settings = ['believed', 'baseline'].map((what) => `access.${what}/${world.name}/tenant`);
      for (const name of settings) assert.equal(await world.store.settings.get(name), null);
    });

    it('mails nobody of the old one any more, and those of another one as before', async () => {
      await world.sync();
      const { mails } = world.store;
      for (const [id, organization] of [
        ['ours', world.name],
        ['theirs', 'other'],
      ] as const)
        await mails.add(aMail(id), [aMailDevice(`eas:${organization}:${GUID}:eas`)]);
      await mails.add(aMail('sent', { state: 'reserved' }), [aMailDevice(`eas:${world.name}:${GUID}:2`)]);
      await forget();
      const states = ['ours', 'theirs', 'sent'].map(async (id) => (await mails.get(id))?.state);
      assert.deepEqual(await Promise.all(states), ['given-up', 'waiting', 'reserved']);
      const [entry] = await world.store.audit.recent();
      assert.match(entry?.evidence.join() ?? '', /mails 1\./);
    });

    it('may be said twice, and is refused for one that nobody knows', async () => {
      await world.sync();
      await forget();
      const again = await forget().then(
        () => null,
        (error: unknown) => error,
      );
      assert.ok(isConnectorError(again, 'ERR_INPUT_INVALID'), String(again));
      await assert.rejects(
        forgetOrganization({ store: world.store, organization: 'nobody', by: null, now: world.now }),
        (error) => isConnectorError(error, 'ERR_INPUT_INVALID'),
      );
    });

    it('leaves the other organization of the store alone', async () => {
      const beside = world.beside('other');
      beside.addPhone('ann');
      beside.failures.push('refused');
      await beside.sync();
      await world.sync();
      const rows = async (): Promise<unknown> => [
        await beside.waiting(),
        (await world.store.snapshots.latest('eas', 'other'))?.count,
        (await world.store.devices.counts('other')).decision,
        await world.store.settings.get('access.believed/other/tenant'),
      ];
      const before = await rows();
      await forget();
      assert.deepEqual(await rows(), before);
    });

    it('takes nothing half: a failure in the middle leaves everything', async () => {
      await world.sync();
      const { store } = world;
      const snapshots: Pick<Store['snapshots'], 'list' | 'forget'> = {
        list: (source) => store.snapshots.list(source),
        forget: (source, scope, also) =>
          store.snapshots.forget(source, scope, async (parts) => {
            await also?.(parts);
            throw new Error('killed');
          }),
      };
      const failing = { ...store, snapshots } as unknown as Store;
      const before = [await store.snapshots.list('eas'), await store.devices.counts(world.name)];
      await assert.rejects(
        forgetOrganization({ store: failing, organization: world.name, by: null, now: world.now }),
        /killed/,
      );
      assert.deepEqual([await store.snapshots.list('eas'), await store.devices.counts(world.name)], before);
      await forget();
      assert.deepEqual(await store.snapshots.list('eas'), []);
    });
  });

  it('is refused by message too if it is reached in another way', async () => {
    const keeper = new ReadingKeeper({ now: world.now, node: 'matcher' });
    const page = (id: string, reached: OrganizationKind) => ({
      id,
      source: 'eas' as const,
      kind: 'full' as const,
      startedAt: new Date(world.now()).toISOString(),
      page: 0,
      last: true,
      organization: 'exchange',
      scope: 'exchange',
      dryRun: false,
      records: [easRecord(1)],
      reached,
    });
    const underWay = new OwnReadingsUnderWay();
    await keeper.keep(world.store, underWay, page('1', 'simulated'));
    await assert.rejects(keeper.keep(world.store, underWay, page('2', 'on-premises')), isChanged);
    assert.equal((await world.store.snapshots.latest('eas', 'exchange'))?.syncId, '1');
  });
});
