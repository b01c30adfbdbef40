/** What decides beside the records: groups, and a gentle start. */
import assert from 'node:assert/strict';
import { DEFAULT_RULES } from '../../../src/access/rules.ts';
import type { Rule } from '../../../src/access/rules.ts';
import { codes, SyncWorld } from './sync-world.ts';

const DAY_MS = 24 * 3_600_000;

const excluding = (...groups: string[]): Rule[] => [
  { name: 'Excluded groups', when: [{ field: 'group', in: groups }], action: 'leave', code: 'excluded-group' },
  ...DEFAULT_RULES.slice(1),
];

describe('beside the records', () => {
  let world: SyncWorld;

  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
  });
  afterEach(() => world.close());

  const group = (name: string, ...members: string[]) =>
    world.organization.addGroup({
      name,
      address: `${name.toLowerCase()}@contoso.example`,
      members: members.map((alias) => world.organization.mailboxByAddress(`${alias}@contoso.example`)!),
    });

  describe('groups', () => {
    it('leave their members alone, nested groups included, as the directory has them', async () => {
      const outer = world.organization.addGroup({ name: 'Everybody special', members: [group('Board', 'anna')] });
      world.set({ rules: excluding(outer.id) });
      const { counts } = await world.sync();
      assert.deepEqual([counts.blocked, world.blocked('anna', 'ben')], [1, ['ben']]);
    });

    it('know a member by any address of the mailbox', async () => {
      world.addPhone('carla', ['carla.costa@contoso.example']);
      world.set({ rules: excluding(group('Board', 'carla').id) });
      await world.sync();
      assert.deepEqual(world.blocked('anna', 'ben', 'carla'), ['anna', 'ben']);
    });

    it('are asked of Exchange when they are named by an address, nested groups included', async () => {
      const members = [group('Board', 'ben')];
      world.organization.addGroup({ name: 'VIP', address: 'vip@contoso.example', members });
      world.hasDirectory = false;
      world.set({ rules: excluding('VIP@contoso.example') });
      await world.sync();
      assert.deepEqual(world.blocked('anna', 'ben'), ['anna']);
    });

    it('block nobody when they cannot be read, and say why', async () => {
      world.set({ rules: excluding(group('Board', 'ben').id) });
      await world.readOnly('mdm');
      world.setDeaf(true);
      const { problems, counts } = await world.read('eas');
      assert.deepEqual(
        problems?.map(({ code }) => code),
        ['ERR_DIRECTORY_UNREADABLE'],
      );
      assert.deepEqual([counts.blocked, world.writes], [0, 0]);
      assert.ok(codes(world.news('attention')).includes('-: ERR_DIRECTORY_UNREADABLE'));
      world.setDeaf(false);
      await world.sync();
      assert.deepEqual(world.blocked('anna', 'ben'), ['anna']);
    });

    it('block nobody when there is no such group', async () => {
      world.set({ rules: excluding('nobody@contoso.example') });
      const { problems } = await world.sync();
      assert.match(problems?.[0]?.text ?? '', /nobody@contoso\.example.*Exchange knows no group with this address/);
      assert.equal(world.writes, 0);
    });
  });

  describe('a gentle start', () => {
    it('leaves devices in use allowed for a while, blocks new ones, and treats merged ones like all others', async () => {
      world.set({ startFrom: 'grandfather' });
      const { switchOn, counts } = await world.sync();
      assert.deepEqual([switchOn?.devices, counts.blocked, world.writes], [2, 0, 0]);
      assert.equal(Date.parse(switchOn?.until ?? '') - Date.parse(switchOn?.since ?? ''), 30 * DAY_MS);
      world.letPass(DAY_MS / 2);
      world.addPhone('carla');
      world.organization.setCompliance(world.enroll('ben').id, 'noncompliant');
      const later = await world.sync();
      assert.equal(later.switchOn?.since, switchOn?.since, 'the time does not start anew');
      assert.deepEqual(world.blocked('anna', 'ben', 'carla'), ['ben', 'carla']);
    });

    it('writes an entry for a device in use that Exchange’s default shuts out, marked in ledger and audit', async () => {
      world.organization.defaultAccessLevel = 'Block';
      world.syncPhone('anna');
      world.set({ startFrom: 'grandfather' });
      await world.sync();
      assert.equal(world.state('anna'), 'allowed');
      const { entries, audit } = world.store;
      assert.deepEqual(
        (await entries.list()).map(({ list, rule }) => [list, rule]),
        [
          ['allowed', 'In use at switch-on'],
          ['allowed', 'In use at switch-on'],
        ],
      );
      const [entry] = await audit.recent();
      assert.deepEqual([entry?.what, entry?.reason], ['allow', 'grandfathered']);
      assert.match(entry?.evidence[0] ?? '', /In use at switch-on, so allowed until .* After that: No enrolled device/);
    });

    it('blocks them when their time is over', async () => {
      world.set({ startFrom: 'grandfather' });
      await world.sync();
      world.letPass(31 * DAY_MS);
      const { switchOn } = await world.sync();
      assert.deepEqual([switchOn?.devices, world.blocked('anna', 'ben')], [0, ['anna', 'ben']]);
    });

    it('does not begin over an incomplete picture, nor in a simulation', async () => {
      const began = () => world.store.settings.get('access.switchedOn.exchange');
      world.set({ startFrom: 'grandfather' });
      await world.read('eas');
      assert.equal(await began(), null);
      world.set({ startFrom: 'grandfather', mode: 'simulate' });
      await world.sync();
      assert.equal(await began(), null);
    });
  });
});
