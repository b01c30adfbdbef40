/** A block that no sync has just decided: the MDM is asked for the user's devices first, or the next sync settles it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MdmRecord } from '../../src/model/records.ts';
import type { Changes } from '../support/connector-flow.ts';
import { stopFlow } from '../support/node-red.ts';
import { codes, easIdOf, SwitchWorld } from './access-switch-world.ts';

const NARROW = { brakeCount: 1, brakePercent: 0 };

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
    ['the minute timer', () => letTimePass().then(() => world.control('due'))],
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
      assert.deepEqual(await waiting(), [['waiting', 1]]);
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

  it('is not written by a sync that decides by the MDM reading of before the phone enrolled', async () => {
    world.addPhone('anna');
    await world.start();
    fail();
    await world.sync();
    world.enroll('anna');
    await world.read('eas');
    assert.deepEqual([world.writes, world.state('anna'), await waiting()], [0, 'allowed', [['waiting', 1]]]);
    // Nor when the MDM is out of reach by then: it has said otherwise.
    failGraph();
    await world.read('eas');
    assert.deepEqual([world.writes, world.state('anna'), await waiting()], [0, 'allowed', [['waiting', 1]]]);
    world.lab.servers.graph.faults.clear();
    await world.sync();
    assert.deepEqual([world.writes, world.state('anna'), await waiting()], [0, 'allowed', []]);
  });

  it('is written by the sync after a reading that says the same again, though the MDM had said otherwise', async () => {
    world.addPhone('anna');
    await world.start();
    fail();
    await world.sync();
    const device = world.enroll('anna');
    await world.control('retry');
    world.lab.organization.unenroll(device.id);
    await world.sync();
    assert.deepEqual([world.writes, world.state('anna'), await waiting()], [1, 'blocked', []]);
  });

  it('is asked about once: what waits for the sync is not tried before it', async () => {
    world.addPhone('anna');
    await world.start();
    fail();
    await world.sync();
    world.enroll('anna');
    await world.control('retry');
    const before = asked();
    await world.control('retry');
    assert.deepEqual([asked(), world.writes, await waiting()], [before, 0, [['waiting', 1]]]);
  });

  it('is not written when the link was opened since, on an Android that reports no EAS ID', async () => {
    const { organization } = world.lab;
    organization.addMailbox({ alias: 'anna', displayName: 'Anna' });
    const model = 'Pixel 8';
    const mailbox = 'anna@contoso.example';
    const phone = {
      deviceId: easIdOf('anna'),
      deviceType: 'Android',
      model,
      os: 'Android 15',
      userAgent: 'Android/15',
    };
    organization.enroll({ upn: mailbox, platform: 'android', name: 'Pixel', model, serial: 'S1' });
    organization.syncPhone({ mailbox, ...phone });
    await world.start();
    fail();
    const { diff } = await world.sync();
    assert.deepEqual(
      diff.map(({ reason }) => reason),
      ['needs-activation'],
    );
    const { activations } = await world.store;
    await activations.add({
      easId: easIdOf('anna'),
      mailbox: organization.mailboxByAddress(mailbox)!.guid,
      at: new Date().toISOString(),
      userAgent: null,
      tokenId: 'token',
    });
    await world.control('retry');
    assert.deepEqual([world.writes, world.state('anna'), await waiting()], [0, 'allowed', [['waiting', 1]]]);
    await world.read('mdm');
    assert.deepEqual([world.writes, await waiting()], [0, []]);
  });

  it('is not written when the user of a noncompliant phone has enrolled it anew', async () => {
    world.addPhone('anna');
    const old = world.enroll('anna');
    world.lab.organization.setCompliance(old.id, 'noncompliant');
    await world.start();
    fail();
    await world.sync();
    world.lab.organization.unenroll(old.id);
    world.enroll('anna');
    await world.control('retry');
    assert.deepEqual([world.writes, world.state('anna')], [0, 'allowed']);
  });

  const DEAF: readonly (readonly [sentence: string, changes: Changes, before: () => void])[] = [
    ['Graph refuses', {}, failGraph],
    [
      'another MDM of the flow is mapped and was not read yet',
      { link: { disabled: false, type: 'mdm-source', provider: 'mapping', mapping: '$', wires: [['matcher']] } },
      () => {},
    ],
    ['the matcher merges devices of other users', { matcher: { sameUser: false } }, () => {}],
  ];
  for (const [sentence, changes, before] of DEAF) {
    it(`waits for the next sync, which writes it, where ${sentence}`, async () => {
      world.addPhone('anna');
      await world.start({}, changes);
      fail();
      await world.sync();
      before();
      await world.control('retry');
      assert.deepEqual([world.writes, await waiting()], [0, [['waiting', 1]]]);
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
        ['waiting', 1],
        ['waiting', 1],
      ]);
      const { counts } = await readMapped('carl', 'ben');
      assert.deepEqual([counts.blocked, world.state('anna'), world.state('ben')], [1, 'blocked', 'allowed']);
      assert.deepEqual([world.writes, await waiting()], [1, []]);
    });

    it('makes an approved plan wait for the next sync, which writes it past the brake', async () => {
      const aliases = ['anna', 'ben', 'carla'];
      for (const alias of aliases) world.addPhone(alias);
      await world.start(NARROW, inFolder(MAPPED));
      await world.readOnly('eas');
      const { held } = await readMapped('dora');
      await world.control('approve', held?.id, { by: 'Ida' });
      assert.equal(world.writes, 0);
      assert.deepEqual(status(), { fill: 'yellow', text: 'access-switch.status.nextSync' });
      await stopFlow();
      await world.start(NARROW, inFolder(MAPPED));
      const next = await readMapped('dora', 'carla');
      assert.deepEqual([next.held, next.counts.blocked, world.writes], [undefined, 2, 2]);
      assert.deepEqual(
        aliases.map((alias) => world.state(alias)),
        ['blocked', 'blocked', 'allowed'],
      );
      const audit = await (await world.store).audit.recent();
      assert.deepEqual(
        audit.map(({ what, approvedBy }) => [what, approvedBy]),
        [
          ['block', 'Ida'],
          ['block', 'Ida'],
          ['approve', 'Ida'],
        ],
      );
      assert.deepEqual(await waiting(), []);
    });

    it('asks a person again when another guard speaks than the one that was approved', async () => {
      for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
      await world.start(NARROW, MAPPED);
      await world.readOnly('eas');
      const { held } = await readMapped('dora', 'emil', 'fritz');
      await world.control('approve', held?.id);
      const next = await readMapped('dora');
      assert.deepEqual([next.held?.reason.code, next.held?.count, world.writes], ['ERR_SNAPSHOT_SHRUNKEN', 3, 0]);
      assert.deepEqual(await waiting(), []);
      await world.control('approve', next.held?.id);
      const after = await readMapped('dora');
      assert.deepEqual([after.held, after.counts.blocked, world.writes], [undefined, 3, 3]);
    });
  });

  it('is left out of an approved plan when its user has enrolled since; the others are written', async () => {
    for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
    await world.start(NARROW);
    const { held } = await world.sync();
    world.enroll('ben');
    await world.control('approve', held?.id, { by: 'Ida' });
    assert.deepEqual(
      ['anna', 'ben', 'carla'].map((alias) => world.state(alias)),
      ['blocked', 'allowed', 'blocked'],
    );
    assert.deepEqual([world.writes, await waiting()], [2, [['waiting', 0]]]);
    const next = await world.sync();
    assert.deepEqual([next.held, next.counts.blocked, world.writes, await waiting()], [undefined, 0, 2, []]);
  });

  it('keeps its approval when Exchange fails, so that the next sync does not hold it again', async () => {
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    await world.start(NARROW);
    const { held } = await world.sync();
    fail(2);
    await world.control('approve', held?.id, { by: 'Ida' });
    assert.equal(world.writes, 0);
    await letTimePass();
    await world.sync();
    assert.deepEqual(
      world.reports().map(({ held: plan, counts }) => [plan?.count, counts.blocked]),
      [
        [2, 0],
        [undefined, 2],
        [undefined, 0],
      ],
    );
  });

  it('asks nobody before an allow: that is made up for at once', async () => {
    world.addPhone('anna');
    await world.start();
    await world.sync();
    world.enroll('anna');
    fail();
    await world.read('mdm');
    failGraph();
    await world.control('retry');
    assert.deepEqual([world.state('anna'), await waiting()], ['allowed', []]);
  });
});
