/** A block that no sync has just decided: the MDM is asked for the user's devices first, or the next sync settles it. */
import assert from 'node:assert/strict';
import { codes, easIdOf, mappedRecord, SyncWorld } from './sync-world.ts';

const NARROW = { brakeCount: 1, brakePercent: 0 };

describe('a block outside its sync', () => {
  let world: SyncWorld;

  beforeEach(async () => {
    world = await SyncWorld.open();
  });
  afterEach(() => world.close());

  const readMapped = (...aliases: readonly string[]) =>
    world.readMapped(
      'jamf',
      aliases.map((alias) => mappedRecord('jamf', alias)),
    );

  const TRIES: readonly (readonly [sentence: string, again: () => Promise<unknown>])[] = [
    ['retry', () => world.retry()],
    ['the minute timer', () => world.untilNextTry().then(() => world.due())],
    [
      'the first look after a restart',
      async () => {
        await world.untilNextTry();
        world.restart();
        await world.due();
      },
    ],
    [
      'the first look after a deploy or crash that has cut off every try',
      async () => {
        await world.untilNextTry();
        const { organization } = world.parts.exchange;
        await world.store.outbox.reserve((await world.store.outbox.list({ organization })).map(({ key }) => key));
        world.restart();
        await world.due();
      },
    ],
  ];
  for (const [sentence, again] of TRIES) {
    it(`is not written by ${sentence} when the phone has enrolled since the write failed`, async () => {
      world.addPhone('anna');
      world.failures.push('refused');
      await world.sync();
      world.enroll('anna');
      await again();
      assert.deepEqual([world.writes, world.state('anna')], [0, 'allowed']);
      assert.deepEqual(await world.waiting(), [['next-sync', 1]]);
      assert.deepEqual(codes(world.news('attention')).at(-1), 'anna: waits-for-sync');
      assert.equal(world.news('attention').at(-1)?.change?.applied, false);
      await world.sync();
      assert.deepEqual([world.writes, world.state('anna'), await world.waiting()], [0, 'allowed', []]);
    });

    it(`is written by ${sentence} when the MDM, asked for the user, knows no more than before`, async () => {
      world.addPhone('anna', ["a.o'hara@contoso.example"]);
      world.failures.push('refused');
      await world.sync();
      await again();
      assert.deepEqual([world.writes, world.state('anna'), await world.waiting()], [1, 'blocked', []]);
      assert.equal(world.asked, 1);
    });
  }

  it('is not written by a sync that decides by the MDM reading of before the phone enrolled', async () => {
    world.addPhone('anna');
    world.failures.push('refused');
    await world.sync();
    world.enroll('anna');
    await world.read('eas');
    assert.deepEqual([world.writes, world.state('anna'), await world.waiting()], [0, 'allowed', [['later', 1]]]);
    // Nor when the MDM is out of reach by then: it has said otherwise.
    world.setDeaf(true);
    await world.read('eas');
    assert.deepEqual([world.writes, world.state('anna'), await world.waiting()], [0, 'allowed', [['later', 1]]]);
    world.setDeaf(false);
    await world.sync();
    assert.deepEqual([world.writes, world.state('anna'), await world.waiting()], [0, 'allowed', []]);
  });

  it('is written by the sync after a reading that says the same again, though the MDM had said otherwise', async () => {
    world.addPhone('anna');
    world.failures.push('refused');
    await world.sync();
    const device = world.enroll('anna');
    await world.retry();
    world.unenroll(device);
    await world.sync();
    assert.deepEqual([world.writes, world.state('anna'), await world.waiting()], [1, 'blocked', []]);
  });

  it('is asked about once: what waits for the sync is not tried before it', async () => {
    world.addPhone('anna');
    world.failures.push('refused');
    await world.sync();
    world.enroll('anna');
    await world.retry();
    const { asked } = world;
    assert.equal(await world.retry(), null);
    assert.deepEqual([world.asked, world.writes, await world.waiting()], [asked, 0, [['next-sync', 1]]]);
  });

  it('is not written when the link was opened since, on an Android that reports no EAS ID', async () => {
    const { organization } = world;
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
    world.failures.push('refused');
    const { diff } = await world.sync();
    assert.deepEqual(
      diff.map(({ reason }) => reason),
      ['needs-activation'],
    );
    await world.store.activations.add({
      easId: easIdOf('anna'),
      mailbox: organization.mailboxByAddress(mailbox)!.guid,
      at: new Date(world.now()).toISOString(),
      userAgent: null,
      tokenId: 'token',
    });
    await world.retry();
    assert.deepEqual([world.writes, world.state('anna'), await world.waiting()], [0, 'allowed', [['next-sync', 1]]]);
    await world.read('mdm');
    assert.deepEqual([world.writes, await world.waiting()], [0, []]);
  });

  it('is not written when the user of a noncompliant phone has enrolled it anew', async () => {
    world.addPhone('anna');
    const old = world.enroll('anna');
    world.organization.setCompliance(old.id, 'noncompliant');
    world.failures.push('refused');
    await world.sync();
    world.unenroll(old);
    world.enroll('anna');
    await world.retry();
    assert.deepEqual([world.writes, world.state('anna')], [0, 'allowed']);
  });

  const DEAF: readonly (readonly [sentence: string, before: () => unknown, after: () => unknown])[] = [
    ['Graph refuses', () => undefined, () => world.setDeaf(true)],
    ['another MDM is mapped and was not read yet', () => world.deployMdm('jamf', null), () => undefined],
    ['the matcher merges devices of other users', () => world.set({}, { sameUser: false }), () => undefined],
  ];
  for (const [sentence, before, after] of DEAF) {
    it(`waits for the next sync, which writes it, where ${sentence}`, async () => {
      world.addPhone('anna');
      await before();
      world.failures.push('refused');
      await world.sync();
      after();
      await world.retry();
      assert.deepEqual([world.writes, await world.waiting()], [0, [['next-sync', 1]]]);
      assert.match(world.news('attention').at(-1)?.problem?.text ?? '', /^The block waits for the next sync: /);
      const { counts } = await world.read('eas');
      assert.deepEqual(
        [counts.blocked, world.writes, world.state('anna'), await world.waiting()],
        [1, 1, 'blocked', []],
      );
    });
  }

  it('waits where an administrator has paired the device: its record may be another user’s', async () => {
    world.addPhone('anna');
    world.failures.push('refused');
    await world.sync();
    const [{ key } = { key: '' }] = await world.store.outbox.list();
    const pairing = { easKey: key, mdmKey: 'mdm:tenant:other', at: '2026-06-01T08:00:00.000Z', by: null, note: null };
    await world.store.pairings.add(pairing);
    await world.retry();
    assert.match(world.news('attention').at(-1)?.problem?.text ?? '', /an administrator has paired this device/);
    assert.equal(world.writes, 0);
  });

  it('fails and is tried again where the MDM of the directory does not answer for a phone that it knows', async () => {
    world.addPhone('anna');
    world.organization.setCompliance(world.enroll('anna').id, 'noncompliant');
    await world.readOnly('mdm');
    world.setDeaf(true);
    const { counts } = await world.read('eas');
    assert.deepEqual([counts.failed, world.writes, await world.waiting()], [1, 0, [['later', 1]]]);
    assert.deepEqual(codes(world.news('attention')), ['anna: ERR_GRAPH_FORBIDDEN']);
  });

  describe('with a mapped MDM', () => {
    beforeEach(async () => {
      await world.removeMdm('tenant');
      await world.deployMdm('jamf', null);
    });

    it('waits for the next sync, which writes it if it decides the same', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      await world.readOnly('eas');
      world.failures.push('refused', 'refused');
      await readMapped('carl');
      assert.equal(world.writes, 0);
      await world.retry();
      assert.deepEqual(await world.waiting(), [
        ['next-sync', 1],
        ['next-sync', 1],
      ]);
      const { counts } = await readMapped('carl', 'ben');
      assert.deepEqual([counts.blocked, world.state('anna'), world.state('ben')], [1, 'blocked', 'allowed']);
      assert.deepEqual([world.writes, await world.waiting()], [1, []]);
    });

    it('makes an approved plan wait for the next sync, which writes it past the brake', async () => {
      const aliases = ['anna', 'ben', 'carla'];
      for (const alias of aliases) world.addPhone(alias);
      world.set(NARROW);
      await world.readOnly('eas');
      const { held } = await readMapped('dora');
      const { counts } = await world.approve(held?.id, 'Ida');
      assert.deepEqual([counts.nextSync, world.writes], [3, 0]);
      world.restart();
      const next = await readMapped('dora', 'carla');
      assert.deepEqual([next.held, next.counts.blocked, world.writes], [undefined, 2, 2]);
      assert.deepEqual(world.blocked(...aliases), ['anna', 'ben']);
      assert.deepEqual(
        (await world.store.audit.recent()).map(({ what, approvedBy }) => [what, approvedBy]),
        [
          ['block', 'Ida'],
          ['block', 'Ida'],
          ['approve', 'Ida'],
        ],
      );
      assert.deepEqual(await world.waiting(), []);
    });

    it('asks a person again when another guard speaks than the one that was approved', async () => {
      for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
      world.set(NARROW);
      await world.readOnly('eas');
      const { held } = await readMapped('dora', 'emil', 'fritz');
      await world.approve(held?.id);
      const next = await readMapped('dora');
      assert.deepEqual([next.held?.reason.code, next.held?.count, world.writes], ['ERR_SNAPSHOT_SHRUNKEN', 3, 0]);
      assert.deepEqual(await world.waiting(), []);
      await world.approve(next.held?.id);
      const after = await readMapped('dora');
      assert.deepEqual([after.held, after.counts.blocked, world.writes], [undefined, 3, 3]);
    });
  });

  it('is left out of an approved plan when its user has enrolled since; the others are written', async () => {
    for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
    world.set(NARROW);
    const { held } = await world.sync();
    world.enroll('ben');
    await world.approve(held?.id, 'Ida');
    assert.deepEqual(world.blocked('anna', 'ben', 'carla'), ['anna', 'carla']);
    assert.deepEqual([world.writes, await world.waiting()], [2, [['next-sync', 0]]]);
    const next = await world.sync();
    assert.deepEqual([next.held, next.counts.blocked, world.writes, await world.waiting()], [undefined, 0, 2, []]);
  });

  it('keeps its approval when Exchange fails, so that the next sync does not hold it again', async () => {
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    world.set(NARROW);
    const { held } = await world.sync();
    world.failures.push('refused', 'refused');
    await world.approve(held?.id, 'Ida');
    assert.equal(world.writes, 0);
    await world.untilNextTry();
    await world.sync();
    assert.deepEqual(
      world.reports.map(({ held: plan, counts }) => [plan?.count, counts.blocked]),
      [
        [2, 0],
        [undefined, 2],
        [undefined, 0],
      ],
    );
  });

  it('asks nobody before an allow: that is made up for at once', async () => {
    world.addPhone('anna');
    await world.sync();
    world.enroll('anna');
    world.failures.push('refused');
    await world.read('mdm');
    world.setDeaf(true);
    await world.retry();
    assert.deepEqual([world.state('anna'), await world.waiting()], ['allowed', []]);
  });
});
