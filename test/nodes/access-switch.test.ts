/** The access switch against the lab: what is held, written, retried, taken back, and what is never touched. */
import { setTimeout } from 'node:timers/promises';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreConnection } from '../../nodes/connections.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import { stopFlow } from '../support/node-red.ts';
import type { FlowNode } from '../support/node-red.ts';
import { codes, easIdOf, SwitchWorld } from '../support/access-switch-world.ts';
import { ownTimeOf } from '../support/own-time.ts';

const OTHERS = ['ADMINSOTHERPHONE1', 'ADMINSOTHERPHONE2'];

describe('the access switch', () => {
  let world: SwitchWorld;

  beforeEach(async () => {
    world = await SwitchWorld.open();
  });
  afterEach(() => world.close());

  const set = (message: RegExp): { kind: 'error-record'; cmdlet: string; message: string; terminating: boolean } => ({
    kind: 'error-record',
    cmdlet: 'Set-CASMailbox',
    message: message.source,
    terminating: true,
  });

  describe('writes', () => {
    it('blocks what nobody manages, leaves what is managed, and writes nothing at the second sync', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      world.enroll('ben');
      await world.start();
      const { counts } = await world.sync();
      assert.deepEqual([counts.devices, counts.blocked, counts.allowed, counts.failed], [2, 1, 0, 0]);
      assert.ok(world.flow.words().includes('1 blocked, 0 allowed'));
      assert.deepEqual(world.lists('anna'), { allowed: [], blocked: [easIdOf('anna')] });
      assert.deepEqual(world.lists('ben'), { allowed: [], blocked: [] });
      const again = await world.sync();
      assert.equal(world.writes, 1);
      assert.deepEqual([again.counts.blocked, again.counts.unchanged, again.diff], [0, 1, []], 'only Anna was touched');
    });

    it('knows what it wrote though the phone has not come back, and unblocks without a full sync', async () => {
      await world.close();
      world = await SwitchWorld.open({ stateFollowsLists: false });
      world.addPhone('anna');
      await world.start({ brakeCount: 1, brakePercent: 0 });
      await world.sync();
      assert.deepEqual([world.state('anna'), world.lists('anna').blocked], ['allowed', [easIdOf('anna')]]);
      const quick = await world.read('eas', { sync: { kind: 'quick' } });
      assert.deepEqual([quick.counts.blocked, quick.diff, world.writes], [0, [], 1]);
      world.enroll('anna');
      await world.read('mdm');
      assert.deepEqual(world.lists('anna'), { allowed: [easIdOf('anna')], blocked: [] });
    });

    it('keeps what a newer match led to, though a node in between sends the pages of an older one late', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      await world.start();
      await world.sync();
      const late = structuredClone(world.flow.messages('devices'));
      world.enroll('anna');
      await world.sync();
      const done = [world.lists('anna'), world.lists('ben')];
      const [writes, reports] = [world.writes, world.reports().length];
      for (const page of late)
        await world.control('device', page['payload'], { sync: page['sync'], parts: page['parts'] });
      assert.deepEqual([world.lists('anna'), world.lists('ben'), world.writes], [...done, writes]);
      assert.deepEqual([world.flow.errors(), world.reports().length], [[], reports]);
    });

    it('says which entry of a page a node before it has spoilt', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      await world.start();
      await world.sync();
      const [page] = structuredClone(world.flow.messages('devices'));
      const { sync, parts, payload } = page as { sync: object; parts: object; payload: { eas: { mailbox: object } }[] };
      const [first, second] = payload;
      const nobody = { ...second, eas: { ...second?.eas, mailbox: { ...second?.eas.mailbox, id: '' } } };
      for (const spoilt of [null, 'x', {}, { ...second, reason: undefined }, nobody])
        await world.control('device', [first, spoilt], { sync: { ...sync, match: null }, parts });
      assert.deepEqual(
        world.flow.errors().map(({ code, message }) => [code, message.split('. ')[0]]),
        Array.from({ length: 5 }, () => [
          'ERR_INPUT_INVALID',
          'ConnectorError: msg.payload[1] is none of the records that msg.sync tells of: a node before this one has changed what the page carries',
        ]),
      );
    });

    it('takes our entry back when a rule says release, and only ours', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      world.setLists('ben', { blocked: [easIdOf('ben')] });
      await inFolder(async (store) => {
        await world.start({}, { store });
        await world.sync();
        await stopFlow();
        await world.start({ rules: [{ name: 'Hands off', when: [], action: 'release' }] }, { store });
        await world.sync();
        assert.deepEqual(
          [world.news('allowed').length, world.lists('anna').blocked, world.lists('ben').blocked],
          [1, [], [easIdOf('ben')]],
        );
        assert.equal(world.news('allowed').at(-1)?.change?.to, 'unknown');
        assert.ok(world.flow.words().includes('0 blocked, 0 allowed, 1 released'));
      });
    });

    it('removes a device over the wire that nobody has used, leaves its entry, and says on undo that it does not come back', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      const { organization } = world.lab;
      const partnershipOf = (alias: string) => organization.partnership(`${alias}@contoso.example`, easIdOf(alias));
      const ago = (days: number): number => Date.now() - days * 86_400_000;
      const old = { firstSyncAt: ago(900), lastSyncAttemptAt: ago(200), lastSuccessfulSyncAt: ago(200) };
      Object.assign(partnershipOf('anna')!, old);
      await inFolder(async (store) => {
        await world.start({}, { store });
        await world.sync();
        await stopFlow();
        await world.start({ removeIdleDays: 90 }, { store });
        await world.sync();
        assert.deepEqual([partnershipOf('anna'), partnershipOf('ben') === null], [null, false]);
        assert.deepEqual(world.lists('anna').blocked, [easIdOf('anna')]);
        assert.ok(world.flow.words().includes('0 blocked, 0 allowed, 1 removed'));
        await world.control('undo');
        assert.ok(world.flow.words().includes('taken back: 2; stay removed: 1'));
      });
    });

    it('gives the lists back exactly on undo, in simulation too, and begins anew after it', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      world.lab.organization.defaultAccessLevel = 'Quarantine';
      world.enroll('ben');
      world.setLists('anna', { allowed: OTHERS, blocked: [OTHERS[0]!] });
      const before = [world.lists('anna'), world.lists('ben')];
      await inFolder(async (store) => {
        await world.start({}, { store });
        await world.sync();
        assert.deepEqual(world.lists('ben').allowed, [easIdOf('ben')]);
        assert.deepEqual(world.lists('anna').blocked, [OTHERS[0], easIdOf('anna')]);
        await stopFlow();
        // Neither wrong rules nor groups that nobody can read keep it from giving back.
        const rules = [{ name: '', when: [{ field: 'group', in: ['nobody@contoso.example'] }], action: 'block' }];
        await world.start({ mode: 'simulate', rules }, { store });
        await world.control('undo', '', { by: 'Ida' });
        assert.deepEqual([world.lists('anna'), world.lists('ben')], before);
        const { entries, outbox, audit } = await world.store;
        assert.deepEqual([await entries.list(), await outbox.list()], [[], []]);
        const undone = (await audit.recent({ limit: 2 })).map(({ what, approvedBy }) => [what, approvedBy]);
        assert.deepEqual(undone, [
          ['undo', 'Ida'],
          ['undo', 'Ida'],
        ]);
        assert.deepEqual(world.flow.statuses('switch').at(-1), { fill: 'green', text: 'access-switch.status.undone' });
        assert.ok(world.flow.words().includes('list entries taken back: 2'));
      });
    });
  });

  describe('holds', () => {
    it('holds what is over the brake, keeps the plan’s id while nothing new is in it, and applies it when approved', async () => {
      for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
      await world.start({ brakeCount: 1, brakePercent: 0 });
      const { held, counts } = await world.sync();
      assert.deepEqual([held?.count, held?.reason.code, counts.blocked, world.writes], [3, 'ERR_BRAKE', 0, 0]);
      const [told] = world.news('attention');
      assert.deepEqual([told?.problem?.code, told?.plan?.id, told?.plan?.count], ['ERR_BRAKE', held?.id, 3]);
      const again = await world.sync();
      assert.equal(again.held?.id, held?.id);
      assert.equal(world.news('attention').length, 1, 'nobody is told twice');
      assert.ok(world.flow.words().includes('blocks held: 3 (approve or discard)'));
      await world.control('approve', { id: held?.id, mailbox: 'ben@contoso.example' }, { by: 'Ida' });
      assert.deepEqual([world.writes, world.state('ben')], [1, 'blocked']);
      await world.control('approve', { id: held?.id }, { by: 'Ida' });
      assert.equal(world.writes, 3);
      assert.equal(world.news('blocked').length, 3);
      const { audit } = await world.store;
      const entries = await audit.recent();
      assert.deepEqual(
        entries.map(({ who, what, approvedBy }) => [who, what, approvedBy]),
        [
          ['switch', 'block', 'Ida'],
          ['switch', 'block', 'Ida'],
          ['Ida', 'approve', 'Ida'],
          ['switch', 'block', 'Ida'],
          ['Ida', 'approve', 'Ida'],
        ],
      );
      const after = await world.sync();
      assert.deepEqual([after.held, after.counts.blocked, world.writes], [undefined, 0, 3]);
    });

    it('says of what a person asked for, and a deploy cuts off, that it goes on by itself, and does so', async () => {
      for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
      const settings = { brakeCount: 1, brakePercent: 0 };
      await world.start(settings);
      const { held } = await world.sync();
      for (const [topic, payload, writes] of [
        ['approve', held?.id, 3],
        ['undo', '', 6],
      ] as const) {
        const { faults } = world.lab.servers.exchange;
        const reports = world.flow.messages('switchReport').length;
        faults.addCmdlet({ kind: 'silent', cmdlet: 'Set-CASMailbox' });
        world.flow.receive('switch', { topic, payload });
        await world.flow.until(() => faults.pending === 0, 'Exchange is silent');
        await world.flow.redeploy(world.nodes({ ...settings, name: `before ${topic}` }).nodes, 'nodes');
        const error = world.flow.errors().at(-1);
        assert.deepEqual(
          [error?.code, error?.message],
          [
            'ERR_REQUEST_KEPT',
            'ConnectorError: The access switch was closed while it wrote. What was asked for is kept, and goes on by itself when the access switch runs again. Do not ask for it again; its report says what became of it.',
          ],
        );
        await world.flow.until(() => world.flow.messages('switchReport').length > reports, `${topic} has gone on`);
        assert.equal(world.writes, writes);
      }
      assert.deepEqual([world.flow.errors().length, world.lists('ben')], [2, { allowed: [], blocked: [] }]);
    });

    it('drops a plan that is discarded', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      await world.start({ brakeCount: 1, brakePercent: 0 });
      const { held } = await world.sync();
      await world.control('discard', held?.id);
      await world.control('approve', held?.id);
      assert.equal(world.flow.errors().at(-1)?.code, 'ERR_PLAN_UNKNOWN');
      assert.equal(world.writes, 0);
    });
  });

  describe('failures', () => {
    it('tells of a write that failed, keeps it, and applies it at the retry', async () => {
      world.addPhone('anna');
      await world.start();
      world.lab.servers.exchange.faults.addCmdlet({ ...set(/The domain controller is busy/), times: 1 });
      const { counts } = await world.sync();
      assert.deepEqual([counts.failed, counts.blocked, counts.waiting], [1, 0, 1]);
      assert.ok(world.flow.words().includes('changes failed: 1 (see output 3)'));
      assert.deepEqual(codes(world.news('attention')), ['anna: ERR_EXCHANGE_CMDLET']);
      assert.equal(world.news('attention')[0]?.change?.attempts, 1);
      assert.deepEqual(world.lists('anna').blocked, []);
      await world.control('retry');
      assert.deepEqual(world.lists('anna').blocked, [easIdOf('anna')]);
      const [news] = world.news('blocked');
      assert.deepEqual([news?.change?.applied, news?.change?.attempts], [true, 2]);
      assert.deepEqual(await (await world.store).outbox.list(), []);
    });

    it('stays yellow at the syncs that follow while a change of an earlier one waits for its next try', async () => {
      world.addPhone('anna');
      await world.start();
      world.lab.servers.exchange.faults.addCmdlet({ ...set(/The domain controller is busy/), times: 1 });
      await world.sync();
      const { counts } = await world.sync();
      assert.deepEqual([counts.failed, counts.blocked, counts.waiting], [0, 0, 1]);
      assert.deepEqual(world.flow.statuses('switch').at(-1), { fill: 'yellow', text: 'access-switch.status.notYet' });
      assert.ok(world.flow.words().includes('changes not in Exchange yet: 1'));
      assert.match(String(world.flow.messages('switchReport').at(-1)?.['text']), /: 1 not in Exchange yet$/);
      world.flow.forget();
      await world.control('retry');
      assert.ok(world.flow.words().includes('1 blocked, 0 allowed'));
    });

    it('looks at the lists when the outcome of a write is unknown, and never writes twice', async () => {
      world.addPhone('anna');
      await world.start();
      const { faults } = world.lab.servers.exchange;
      faults.add({ kind: 'reset', handled: true, on: 'command', cmdlet: 'Set-CASMailbox' });
      const { counts } = await world.sync();
      if (counts.blocked === 0) await world.control('retry');
      assert.equal(world.writes, 1);
      assert.deepEqual(world.lists('anna').blocked, [easIdOf('anna')]);
      const { entries, outbox } = await world.store;
      assert.deepEqual(
        (await entries.list()).map(({ list, state }) => [list, state]),
        [['blocked', 'owned']],
      );
      assert.deepEqual(await outbox.list(), []);
      const again = await world.sync();
      assert.deepEqual([again.counts.blocked, world.writes], [0, 1]);
    });

    it('writes in the same sync what a breaking server had not begun with, once, at the next server', async () => {
      world.addPhone('anna');
      const { organization, certificate } = world.lab;
      const second = await startExchangeServer(organization, { certificate });
      try {
        await world.start({}, { exchange: { urls: `${world.lab.exchange.url}\n${second.url}` } });
        const { faults } = world.lab.servers.exchange;
        faults.add({ kind: 'reset', on: 'command', cmdlet: 'Set-CASMailbox', times: Number.POSITIVE_INFINITY });
        const { counts } = await world.sync();
        assert.deepEqual([counts.blocked, world.writes], [1, 1]);
        assert.deepEqual(world.lists('anna').blocked, [easIdOf('anna')]);
        assert.equal(second.stats.openedShells > 0, true);
        assert.deepEqual(await (await world.store).outbox.list(), []);
      } finally {
        await stopFlow();
        await second.close();
      }
    });

    it('ends within seconds when it is closed while it writes, and the next start finishes the work', async () => {
      await inFolder(async (store) => {
        const aliases = ['anna', 'ben', 'carla'];
        for (const alias of aliases) world.addPhone(alias);
        await world.start({}, { store });
        const { faults } = world.lab.servers.exchange;
        faults.addCmdlet({ kind: 'slow', cmdlet: 'Set-CASMailbox', ms: 3_600_000, times: Number.POSITIVE_INFINITY });
        await world.readOnly('mdm');
        world.flow.receive('eas');
        await world.untilSending();
        const { ms } = await ownTimeOf(stopFlow);
        assert.ok(ms < 4_500, `closing waits for no answer of the server, which takes an hour: ${ms} ms`);
        faults.clear();
        await world.start({}, { store });
        await world.sync();
        await world.control('retry');
        assert.deepEqual(
          aliases.map((alias) => world.lists(alias).blocked),
          aliases.map((alias) => [easIdOf(alias)]),
        );
        const { entries, outbox } = await world.store;
        assert.deepEqual(
          (await entries.list()).map(({ state }) => state),
          ['owned', 'owned', 'owned'],
        );
        assert.deepEqual(await outbox.list(), []);
      });
    });

    it('takes a block off at a person’s word until a day, without a reading, and blocks again when that is taken back', async () => {
      world.addPhone('anna');
      await world.start();
      await world.sync();
      assert.deepEqual(world.lists('anna').blocked, [easIdOf('anna')]);
      const until = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
      const named = { mailbox: 'anna@contoso.example', easId: easIdOf('anna') };
      await world.control('exempt', { ...named, until, note: 'phone of the fair' }, { by: 'Ada' });
      await world.flow.until(() => world.lists('anna').blocked.length === 0, 'the block is taken off');
      assert.ok(world.flow.words().includes(`exempt until ${until}`), world.flow.words().join('; '));
      await world.control('unexempt', named, { by: 'Ida' });
      await world.flow.until(() => world.lists('anna').blocked.length === 1, 'it is blocked again');
      assert.ok(world.flow.words().includes('exemption taken back'));
      const entries = await (await world.store).audit.recent();
      assert.deepEqual(
        entries.filter(({ what }) => what.endsWith('exempt')).map(({ who, what }) => `${who}: ${what}`),
        ['Ida: unexempt', 'Ada: exempt'],
      );
      await world.control('exempt', { ...named, until });
      assert.deepEqual(
        world.flow.errors().map(({ code }) => code),
        ['ERR_INPUT_INVALID'],
      );
    });

    it('leaves to another instance what reaches it, and does it itself once that one has ended', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      await world.start({ brakePercent: 0, brakeCount: 0 });
      await world.sync();
      const store = await world.store;
      const [plan] = await store.plans.list();
      const last = (await store.leases.last('organization/exchange')) ?? assert.fail('nobody has the lease');
      await store.leases.release(last);
      const other = { name: last.name, holder: 'other', node: 'switch', process: 'beta/pid:[1]/1' };
      const beat = (): Promise<unknown> => store.leases.take(other, { validMs: 10_000 });
      await beat();
      const beats = setInterval(() => void beat().catch(() => clearInterval(beats)), 1_000).unref();
      world.addPhone('carla');
      const text = (key: string): boolean => world.flow.words().includes(key);
      world.flow.receive('eas');
      await world.flow.until(() => text('left to beta, which works'), 'the match is left');
      world.flow.receive('switch', { topic: 'approve', payload: plan?.id, by: 'Ada' });
      await world.flow.until(() => text('handed on to beta'), 'the approval is left');
      assert.deepEqual(
        (await store.requests.list({})).map(({ topic, node }) => [topic, node]),
        [
          ['match', 'matcher'],
          ['approve', 'switch'],
        ],
      );
      // An exemption is a row that whoever works goes by: it is kept here.
      const until = new Date(Date.now() + 86_400_000).toISOString();
      const carla = { mailbox: 'carla@contoso.example', easId: easIdOf('carla') };
      await world.control('exempt', { ...carla, until, note: 'on loan' });
      assert.deepEqual(
        (await store.exemptions.list('exchange')).map(({ note }) => note),
        ['on loan'],
      );
      assert.deepEqual([world.writes, world.flow.errors()], [0, []]);
      clearInterval(beats);
      await beat();
      await store.leases.release(other);
      await world.flow.until(() => world.writes === 2, 'what was approved is written');
      for (let left = 1; left > 0; left = (await store.requests.list({})).length) await setTimeout(20);
      assert.deepEqual(world.flow.errors(), []);
    });

    it('is refused beside another switch that enforces for the organization, and welcome to simulate', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      const second = (mode: string): FlowNode => ({
        ...world.nodes().nodes.find(({ id }) => id === 'switch')!,
        id: 'switch2',
        mode,
        wires: [['blocked2'], [], [], ['switchReport2']],
      });
      const helpers = ['blocked2', 'switchReport2'].map((id) => ({ id, type: 'helper' }));
      const matcher = { wires: [['switch', 'switch2', 'devices'], [], ['report']] };
      await world.start({}, { matcher }, { nodes: [second('enforce'), ...helpers] });
      await world.flow.until(
        () => world.flow.statuses('switch2').some(({ fill }) => fill === 'red'),
        'the second is red',
      );
      await world.sync();
      assert.deepEqual(
        [world.writes, [...new Set(world.flow.errors().map(({ code, source }) => `${source} ${code}`))]],
        [2, ['switch2 ERR_SWITCH_SECOND']],
      );
      assert.deepEqual(world.flow.statuses('switch2').at(-1), { fill: 'red', text: 'shared.error.ERR_SWITCH_SECOND' });
      await stopFlow();
      await world.start({}, { matcher }, { nodes: [second('simulate'), ...helpers] });
      world.addPhone('carla');
      await world.sync();
      await world.flow.until(() => world.flow.messages('switchReport2').length > 0, 'the second has reported');
      assert.deepEqual([world.writes, world.flow.errors()], [3, []]);
    });

    it('hands what a person asks for on to the other switch that writes, and says to which', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      const brake = { brakeCount: 1, brakePercent: 0 };
      const second = {
        ...world.nodes(brake).nodes.find(({ id }) => id === 'switch')!,
        id: 'switch2',
        wires: [[], [], [], []],
      };
      await world.start({ ...brake, name: 'Gate' }, {}, { nodes: [second] });
      const isSecond = { fill: 'red', text: 'shared.error.ERR_SWITCH_SECOND' };
      await world.flow.until(() => world.flow.statuses('switch2').some(({ fill }) => fill === 'red'), 'it is second');
      assert.deepEqual(world.flow.statuses('switch2').at(-1), isSecond);
      const { held } = await world.sync();
      world.flow.receive('switch2', { topic: 'approve', payload: held?.id, by: 'Ida' });
      await world.flow.until(() => world.writes === 2, 'the one that has the lease writes');
      const [first] = await (await world.store).audit.recent();
      assert.deepEqual([first?.what, first?.approvedBy], ['block', 'Ida']);
      assert.deepEqual(world.flow.statuses('switch2').at(-1), { fill: 'red', text: 'access-switch.status.handedOnTo' });
      assert.ok(world.flow.words().includes('handed on to Gate, which enforces'));
      world.flow.receive('switch2', { topic: 'aprove' });
      await world.flow.until(() => world.flow.errors().length > 0, 'it says that it knows no such topic');
      assert.deepEqual(
        world.flow.errors().map(({ code }) => code),
        ['ERR_SWITCH_SECOND'],
      );
    });

    it('has a sync made anew whose first page came before its start, but not again where a node drops each first page', async () => {
      await world.start({}, { matcher: { disabled: true } });
      const store = await (world.flow.node('store') as StoreConnection).store();
      const lastPage = async (id: string): Promise<void> => {
        const sync = { id, kind: 'full', organization: 'exchange', page: 1, last: true };
        const { done } = world.flow.ended('switch');
        world.flow.receive('switch', { topic: 'device', payload: [], sync });
        await world.flow.until(() => world.flow.ended('switch').done > done, `${id} is done`);
      };
      const wanted = async (): Promise<number> => (await store.requests.list({ topic: 'match' })).length;
      await lastPage('before the start');
      assert.equal(await wanted(), 1);
      for (const id of ['made anew', 'the next']) await lastPage(id);
      assert.equal(await wanted(), 1);
      assert.deepEqual(
        world.flow.errors().map(({ code, message }) => [code, message.split('. ')[0]]),
        [1, 2, 3].map(() => [
          'ERR_SNAPSHOT_INCOMPLETE',
          'ConnectorError: The first pages of this sync did not reach the access switch',
        ]),
      );
    });

    it('refuses what is no page and no control message, and goes on', async () => {
      world.addPhone('anna');
      await world.start();
      await world.control('approve', '');
      await world.control('hello');
      assert.deepEqual(
        world.flow.errors().map(({ code }) => code),
        ['ERR_PLAN_UNKNOWN', 'ERR_INPUT_INVALID'],
      );
      assert.equal((await world.sync()).counts.blocked, 1);
    });
  });
});

/** Runs with a store that outlives the flow. */
async function inFolder(run: (store: { path: string }) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'access-switch-'));
  try {
    await run({ path: join(folder, 'store.sqlite') });
    await stopFlow();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
