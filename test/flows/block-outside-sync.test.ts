/** A block that no sync has just decided: the MDM is asked for the user's devices first, or the next sync settles it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MdmRecord } from '../../src/model/records.ts';
import type { Changes } from '../support/connector-flow.ts';
import { stopFlow } from '../support/node-red.ts';
import { codes, easIdOf, SwitchWorld } from '../support/access-switch-world.ts';

/** An MDM that is mapped: it sends its list, and cannot be asked. */
const MAPPED: Changes = { mdm: { provider: 'mapping', mapping: '$', name: 'jamf' } };

/** One enrolled phone of the mapped MDM. */
const mapped = (alias: string): Partial<Record<keyof MdmRecord, unknown>> => ({
  id: alias,
  easIds: [easIdOf(alias)],
  user: { upn: `${alias}@contoso.example` },
  device: { name: `iPhone of ${alias}`, platform: 'ios', model: 'iPhone 16' },
  managed: true,
  compliance: 'compliant',
});

describe('a block outside its sync', () => {
  let world: SwitchWorld;
  let folder: string;

  beforeEach(async () => {
    world = await SwitchWorld.open();
    folder = mkdtempSync(join(tmpdir(), 'block-outside-sync-'));
  });
  afterEach(async () => {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const inFolder = (changes: Changes = {}): Changes => ({ ...changes, store: { path: join(folder, 'store.sqlite') } });
  const fail = (times = 1): void =>
    world.lab.servers.exchange.faults.addCmdlet({
      kind: 'error-record',
      cmdlet: 'Set-CASMailbox',
      message: 'The domain controller is busy',
      terminating: true,
      times,
    });
  const failGraph = (): void =>
    world.lab.servers.graph.faults.add({ kind: 'status', status: 403, times: Number.POSITIVE_INFINITY });
  /** As if the minutes until the next try were over. */
  const letTimePass = async (): Promise<void> => {
    const { outbox } = await world.store;
    for (const { key } of await outbox.list())
      await outbox.update(key, { nextAttemptAt: new Date(Date.now() - 1000).toISOString() });
  };
  const waiting = async (): Promise<unknown[]> =>
    (await (await world.store).outbox.list()).map(({ state, attempts }) => [state, attempts]);
  const asked = (): number =>
    world.lab.servers.graph.requests.filter(({ url }) => /managedDevices\?.*filter/i.test(url)).length;
  const status = (): unknown => world.flow.statuses('switch').at(-1);
  const readMapped = (...aliases: readonly string[]) => world.read('mdm', { payload: aliases.map(mapped) });

  const TRIES: readonly (readonly [sentence: string, again: () => Promise<void>])[] = [
    ['retry', () => world.control('retry')],
    [
      'the first look after a restart',
      async () => {
        await letTimePass();
        await stopFlow();
        await world.start({}, inFolder());
        await world.control('due');
      },
    ],
  ];
  for (const [sentence, again] of TRIES) {
    it(`is not written by ${sentence} when the phone has enrolled since the write failed`, async () => {
      world.addPhone('anna');
      await world.start({}, inFolder());
      fail();
      await world.sync();
      world.enroll('anna');
      await again();
      assert.deepEqual([world.writes, world.state('anna')], [0, 'allowed']);
      assert.deepEqual(await waiting(), [['next-sync', 1]]);
      assert.deepEqual(codes(world.news('attention')).at(-1), 'anna: waits-for-sync');
      assert.deepEqual(status(), { fill: 'yellow', text: 'access-switch.status.nextSync' });
      assert.equal(world.news('attention').at(-1)?.change?.applied, false);
      await world.sync();
      assert.deepEqual([world.writes, world.state('anna'), await waiting()], [0, 'allowed', []]);
    });

    it(`is written by ${sentence} when the MDM, asked for the user, knows no more than before`, async () => {
      world.addPhone('anna', ["a.o'hara@contoso.example"]);
      await world.start({}, inFolder());
      fail();
      await world.sync();
      await again();
      assert.deepEqual([world.writes, world.state('anna'), await waiting()], [1, 'blocked', []]);
      assert.ok(asked() >= 2, 'Graph was asked by UPN and by address');
    });
  }

  const DEAF: readonly (readonly [sentence: string, changes: Changes, before: () => void])[] = [
    ['Graph refuses', {}, failGraph],
    [
      'another MDM of the flow is mapped and was not read yet',
      { link: { disabled: false, type: 'mdm-source', provider: 'mapping', mapping: '$', wires: [['matcher']] } },
      () => {},
    ],
  ];
  for (const [sentence, changes, before] of DEAF) {
    it(`waits for the next sync, which writes it, where ${sentence}`, async () => {
      world.addPhone('anna');
      await world.start({}, changes);
      fail();
      await world.sync();
      before();
      await world.control('retry');
      assert.deepEqual([world.writes, await waiting()], [0, [['next-sync', 1]]]);
      assert.match(world.news('attention').at(-1)?.problem?.text ?? '', /^The block waits for the next sync: /);
      const { counts } = await world.read('eas');
      assert.deepEqual([counts.blocked, world.writes, world.state('anna'), await waiting()], [1, 1, 'blocked', []]);
    });
  }

  describe('with a mapped MDM', () => {
    it('waits for the next sync, which writes it if it decides the same', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      await world.start({}, MAPPED);
      await world.readOnly('eas');
      fail(2);
      await readMapped('carl');
      assert.equal(world.writes, 0);
      await world.control('retry');
      assert.deepEqual(await waiting(), [
        ['next-sync', 1],
        ['next-sync', 1],
      ]);
      const { counts } = await readMapped('carl', 'ben');
      assert.deepEqual([counts.blocked, world.state('anna'), world.state('ben')], [1, 'blocked', 'allowed']);
      assert.deepEqual([world.writes, await waiting()], [1, []]);
    });
  });
});
