/** A device that stands blocked, and by now for another cause: its owner hears of it. */
import assert from 'node:assert/strict';
import { isDeviceChange } from '../../support/changes.ts';
import { aMail, aMailDevice } from '../../store/records.ts';
import { counting, KillSwitch } from '../kill-switch.ts';
import type { Killing } from '../kill-switch.ts';
import { MailWorld } from '../mails/support/mail-world.ts';
import { easIdOf, SyncWorld, WAYS } from './sync-world.ts';

const HOUR_MS = 3_600_000;

describe('a blocked device whose cause changes', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
  });
  afterEach(() => world.close());

  /** Blocks that were told since it was last asked: `phone from-to reason`. */
  const told = (): string[] =>
    world.told
      .splice(0)
      .filter(({ kind }) => kind === 'blocked')
      .map(({ news: { device, change, decision } }) => {
        const alias = device?.eas?.mailbox.address?.split('@')[0];
        return `${alias} ${change?.from}-${change?.to} ${decision?.reason.code}`;
      });
  const entry = async () => (await world.store.entries.list({ organization: world.name }))[0];
  const owed = async () => (await world.store.announcements.list({ organization: world.name, kind: 'blocked' })).length;
  /** Ben's Android, and how it is enrolled without his link. */
  const addAndroid = (): void => {
    world.organization.addMailbox({ alias: 'ben', displayName: 'User ben', addresses: [] });
    world.organization.syncPhone({
      mailbox: 'ben@contoso.example',
      deviceId: 'androidc2500',
      deviceType: 'Android',
      model: 'Pixel 8',
      os: 'Android 16',
      userAgent: 'Android-Mail/2026.1',
    });
  };
  const enrollAndroid = () =>
    world.organization.enroll({
      upn: 'ben@contoso.example',
      platform: 'android',
      name: 'Pixel of ben',
      model: 'Pixel 8',
      serial: 'SERIALBEN',
    });

  it('is told as a block of the same episode that was made already, once', async () => {
    await world.sync();
    const [first] = world.news('blocked');
    const writes = world.writes;
    told();
    const device = world.enroll('anna');
    world.organization.setCompliance(device.id, 'noncompliant');
    await world.sync();
    const [second, ...more] = world.news('blocked');
    const { id, at, ...change } = second?.change ?? assert.fail('nothing was told');
    assert.deepEqual(
      [change, more],
      [{ from: 'blocked', to: 'blocked', applied: true, attempts: 0, episode: first?.change?.episode }, []],
    );
    assert.notEqual(id, first?.change?.id);
    assert.ok(Date.parse(at) > Date.parse(first?.change?.at ?? ''));
    assert.deepEqual([world.writes, told()], [writes, ['anna blocked-blocked noncompliant']]);
    assert.deepEqual((await entry())?.told, { reason: 'noncompliant', kind: 'noncompliant' });
    await world.sync();
    world.matchesAll = true;
    await world.sync();
    assert.deepEqual(told(), []);
  });

  it('is owed like a block, in place of what is still owed of the earlier cause, and told again after a start', async () => {
    await world.sync();
    told();
    world.organization.setCompliance(world.enroll('anna').id, 'noncompliant');
    await world.sync();
    const [second] = world.news('blocked');
    assert.deepEqual([await owed(), told().length], [1, 1]);
    world.restart();
    await world.due();
    const [again] = world.news('blocked');
    assert.deepEqual([again?.change?.id, again?.change?.repeat], [second?.change?.id, true]);
  });

  it('that is an Android enrolled without its link gets the mail with the link, and no third one', async () => {
    addAndroid();
    const mails = new MailWorld(world.store);
    const pass = async (): Promise<void> => {
      mails.now = world.now();
      for (const { kind, news } of world.told.splice(0)) {
        if (kind === 'blocked' && isDeviceChange(news)) await mails.record(news);
      }
      world.letPass(HOUR_MS);
      mails.now = world.now();
      await mails.due();
    };
    await world.sync();
    await pass();
    enrollAndroid();
    for (let more = 0; more < 3; more += 1) {
      await world.sync();
      await pass();
    }
    assert.deepEqual(
      mails.account.mails.filter(({ to }) => to.startsWith('ben')).map(({ subject }) => subject),
      ['Enroll your device to get company mail', 'One more step to get company mail on your device'],
    );
    assert.equal(await owed(), 0);
  });

  it('is not told by a simulation, nor by a dry run', async () => {
    await world.sync();
    told();
    world.organization.setCompliance(world.enroll('anna').id, 'noncompliant');
    await world.sync({ dryRun: true });
    world.set({ mode: 'simulate' });
    await world.sync();
    assert.deepEqual([told(), (await entry())?.told?.reason], [[], 'not-enrolled']);
    world.set({});
    await world.sync();
    assert.deepEqual(told(), ['anna blocked-blocked noncompliant']);
  });

  it('is told by a sync about the touched devices alone, and nobody else is told of', async () => {
    for (const alias of ['ben', 'carla']) world.addPhone(alias);
    await world.sync();
    await world.sync();
    told();
    world.organization.setCompliance(world.enroll('carla').id, 'noncompliant');
    const { sync } = await world.read('mdm');
    assert.deepEqual([sync.scope, sync.known, told()], ['changes', 3, ['carla blocked-blocked noncompliant']]);
  });

  it('goes from a quiet cause to one with a mail, and is told then', async () => {
    await world.sync();
    told();
    const one = (await entry()) ?? assert.fail('it is blocked');
    await world.store.entries.tell(world.name, [{ ...one, cause: { reason: 'idle', kind: null } }]);
    world.matchesAll = true;
    await world.match();
    assert.deepEqual([told(), (await entry())?.told?.reason], [['anna blocked-blocked not-enrolled'], 'not-enrolled']);
  });

  it('is no news while the rules leave the device', async () => {
    await world.sync();
    told();
    world.organization.setCompliance(world.enroll('anna').id, 'unknown');
    await world.sync();
    assert.deepEqual([told(), (await entry())?.told?.reason], [[], 'not-enrolled']);
  });

  it('is told when the reading that says so is believed, and not before', async () => {
    for (const alias of ['ben', 'carla']) {
      world.addPhone(alias);
      world.organization.setCompliance(world.enroll(alias).id, 'noncompliant');
    }
    await world.sync();
    told();
    for (const id of world.organization.managedDevices.keys()) world.organization.unenroll(id);
    const report = await world.sync();
    assert.deepEqual([report.problems?.length, told()], [1, []]);
    world.enroll('somebody');
    await world.read('mdm');
    assert.deepEqual(told().sort(), ['ben blocked-blocked not-enrolled', 'carla blocked-blocked not-enrolled']);
  });

  for (const [what, told0, mailed, expected] of [
    ['counts as told, as first decided', 'not-enrolled', false, []],
    ['is told if it waits for a link that nobody was mailed', 'needs-activation', false, ['ben needs-activation']],
    ['is not told if its user was mailed the link', 'needs-activation', true, []],
  ] as const)
    it(`of an older version ${what}`, async () => {
      addAndroid();
      await world.sync();
      if (told0 === 'needs-activation') enrollAndroid();
      await world.forgetCauses();
      if (mailed) {
        const ben = (await world.store.entries.list()).find(({ easId }) => easId === 'androidc2500')!;
        const key = world.news('blocked').find(({ device }) => device?.eas?.easId === ben.easId)!.device!.key;
        await world.store.mails.add(aMail('m', { kind: 'needs-activation' }), [aMailDevice(key, ben.episode)]);
      }
      told();
      await world.sync();
      assert.deepEqual(
        told(),
        expected.map((line) => line.replace(' ', ' blocked-blocked ')),
      );
      const causes = (await world.store.entries.list()).map((one) => `${one.easId} ${one.told?.reason}`);
      assert.deepEqual(causes.sort(), [`${easIdOf('anna')} not-enrolled`, `androidc2500 ${told0}`]);
    });

  for (const [how, inMemory] of WAYS)
    it(`is told once, under one id, wherever the process is killed; the plan is ${how}`, async () => {
      const run = async (at: number, file: Pick<Killing, 'path' | 'version'> = {}): Promise<KillSwitch> => {
        const one = await SyncWorld.open({}, null, file.path);
        try {
          one.keepInMemory(inMemory);
          for (const alias of ['anna', 'ben']) one.addPhone(alias);
          await one.sync();
          for (const { id } of await one.store.announcements.list({ organization: one.name }))
            await one.store.announcements.settle(id);
          for (const alias of ['anna', 'ben']) one.organization.setCompliance(one.enroll(alias).id, 'noncompliant');
          one.addPhone('carla');
          one.told.length = 0;
          const kill = new KillSwitch(at, file);
          one.kill = kill;
          await one.sync().catch((error: unknown) => {
            if (!kill.isDead) throw error;
          });
          one.restart();
          // What was on its way in the flow is lost with the process.
          if (kill.isDead) one.told.length = 0;
          await one.due();
          await one.sync();
          await one.sync();
          const news = one.news('blocked').filter(({ decision }) => decision?.reason.code === 'noncompliant');
          const ids = new Map(news.map(({ device, change }) => [`${device?.eas?.easId}`, change?.id]));
          const all = new Set(news.map(({ change }) => change?.id));
          const causes = (await one.store.entries.list()).map(({ told: cause }) => `${cause?.reason}`).sort();
          assert.deepEqual(
            [[...ids.keys()].sort(), all.size, causes],
            [['anna', 'ben'].map(easIdOf), 2, ['noncompliant', 'noncompliant', 'not-enrolled']],
            `killed at ${at}`,
          );
          return kill;
        } finally {
          await one.close();
        }
      };
      const counted = await counting((file) => run(Infinity, file));
      const step = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 1 : 9;
      for (const at of counted.points(step)) await run(at);
    });
});
