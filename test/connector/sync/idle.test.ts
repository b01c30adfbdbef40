/** Accounts that nobody uses any more: Exchange is asked when their phones last tried to sync, and they are blocked without a mail. */
import assert from 'node:assert/strict';
import { ConnectorError } from '../../../src/errors.ts';
import { mailKindOf } from '../../../src/model/mail-kind.ts';
import type { DeviceNews } from '../../../src/model/records.ts';
import { allOf } from '../../store/records.ts';
import { codes, easIdOf, SyncWorld } from './sync-world.ts';

const DAY = 86_400_000;
const REFUSED = new ConnectorError('ERR_EXCHANGE_CMDLET_UNKNOWN', 'Get-MobileDeviceStatistics is not a cmdlet.');

/** Of what is told of blocks, the mails that a notifier would send. */
function mails(news: readonly DeviceNews[]): (string | null)[] {
  return news.map(({ device, decision }) => mailKindOf(device!, decision!));
}

describe('accounts that nobody uses', () => {
  let world: SyncWorld;
  beforeEach(async () => void (world = await SyncWorld.open()));
  afterEach(() => world.close());

  /** A phone that has lain in a drawer for so many days. */
  const addDrawerPhone = (alias: string, days: number = 200): void => {
    world.addPhone(alias);
    world.setFirstSync(alias, world.now() - 900 * DAY);
    world.setLastAttempt(alias, world.now() - days * DAY);
  };
  const reasonOf = async (alias: string): Promise<string | undefined> => {
    const [device] = (await world.tryDevice(`${alias}@contoso.example`)).devices;
    return device?.reason.code;
  };

  it('are blocked without a mail, and those in use with one', async () => {
    addDrawerPhone('anna');
    world.addPhone('ben');
    await world.sync();
    assert.deepEqual(
      ['anna', 'ben'].map((alias) => world.lists(alias).blocked),
      [[easIdOf('anna')], [easIdOf('ben')]],
    );
    assert.deepEqual(codes(world.news('blocked')), ['anna: idle', 'ben: not-enrolled']);
    assert.deepEqual(new Set(mails(world.news('blocked'))), new Set([null, 'not-enrolled']));
  });

  it('cost one call a mailbox, however many dead partnerships it has, and none in a sync without new blocks', async () => {
    world.organization.addMailbox({ alias: 'anna', displayName: 'Anna' });
    for (let n = 1; n <= 6; n += 1) {
      const phone = { mailbox: 'anna@contoso.example', deviceId: `DEAD${n}`, deviceType: 'iPhone', model: 'iPhone8C1' };
      const { partnership } = world.organization.syncPhone({ ...phone, os: 'iOS 12', userAgent: 'Apple-iPhone8C1/1' });
      Object.assign(partnership!, {
        firstSyncAt: world.now() - (900 - n) * DAY,
        lastSyncAttemptAt: world.now() - (400 - n) * DAY,
        lastSuccessfulSyncAt: world.now() - (400 - n) * DAY,
      });
    }
    await world.sync();
    assert.equal(world.attemptsAsked.length, 1);
    assert.deepEqual(
      codes(world.news('blocked')),
      Array.from({ length: 6 }, () => 'anna: idle'),
    );
    world.kind = 'quick';
    await world.read('mdm');
    await world.match();
    assert.equal(world.attemptsAsked.length, 1);
  });

  it('are decided about in the sync that asks, and again only where another device of the mailbox may hang on it', async () => {
    world.pageSize = 500;
    // Our own entries would have them decided about again as well.
    world.set({ brakePercent: 0, brakeCount: 1 });
    const aliases = ['anna', 'ben', 'carla', 'dora', 'emil', 'finn'];
    for (const alias of aliases) world.addPhone(alias);
    world.addDevice('anna', 'ANNA2');
    await world.readOnly('mdm');
    await world.readOnly('eas');
    const ids = (await allOf(world.store.snapshots.read('eas')))
      .flat()
      .map(({ mailbox }) => mailbox.id.toLowerCase())
      .sort();
    const again = async (): Promise<string[]> => [...(await world.store.touched.among(world.name, ids))].sort();
    await world.match();
    assert.equal(world.attemptsAsked.length, aliases.length);
    const anna = world.organization.mailboxByAddress('anna@contoso.example')!.guid.toLowerCase();
    const atTheEnds = [ids[0]!, ids.at(-1)!].filter((id) => world.attemptsAsked.includes(id));
    assert.deepEqual(await again(), [...new Set([anna, ...atTheEnds])].sort());
    await world.match();
    assert.deepEqual(await again(), []);
  });

  it('are decided about again by a sync that writes, where one that only simulates has asked', async () => {
    world.pageSize = 500;
    const aliases = ['anna', 'ben', 'carla', 'dora'];
    for (const alias of aliases) world.addPhone(alias);
    await world.sync({ dryRun: true });
    const ids = aliases.map((alias) => world.organization.mailboxByAddress(`${alias}@contoso.example`)!.guid);
    const touched = await world.store.touched.among(world.name, ids);
    assert.deepEqual([...touched].sort(), ids.map((id) => id.toLowerCase()).sort());
  });

  it('are asked for again at each full sync, and are told when they try again', async () => {
    addDrawerPhone('anna');
    await world.sync();
    await world.match();
    await world.match();
    assert.equal(world.attemptsAsked.length, 3);
    assert.equal(await reasonOf('anna'), 'idle');
    world.letPass(DAY);
    world.setLastAttempt('anna', world.now());
    await world.match();
    await world.match();
    assert.equal(world.attemptsAsked.length, 4, 'whoever is blocked aloud is not asked for again');
    assert.equal(await reasonOf('anna'), 'not-enrolled');
    assert.deepEqual(world.lists('anna').blocked, [easIdOf('anna')]);
  });

  it('are asked for at once when a quick sync shows that their record changed', async () => {
    addDrawerPhone('anna');
    await world.sync();
    world.kind = 'quick';
    await world.match();
    assert.equal(world.attemptsAsked.length, 1, 'our own entry is no change');
    await world.read('eas');
    assert.equal(world.attemptsAsked.length, 2, 'Exchange has another state for it');
    await world.read('eas');
    assert.equal(world.attemptsAsked.length, 2);
    assert.equal(await reasonOf('anna'), 'idle');
    world.letPass(DAY);
    const phone = { mailbox: 'anna@contoso.example', deviceId: easIdOf('anna'), deviceType: 'iPhone' };
    world.organization.syncPhone({
      ...phone,
      model: 'iPhone16C1',
      os: 'iOS 18.1',
      userAgent: 'Apple-iPhone16C1/2203.1',
    });
    await world.read('eas');
    assert.equal(world.attemptsAsked.length, 3);
    assert.equal(await reasonOf('anna'), 'not-enrolled');
    await world.read('eas');
    assert.equal(world.attemptsAsked.length, 3);
  });

  it('stay idle while nothing but time passes', async () => {
    addDrawerPhone('anna', 40);
    world.addPhone('ben');
    world.setFirstSync('ben', world.now() - 900 * DAY);
    world.setLastAttempt('ben', world.now() - 29 * DAY);
    await world.sync();
    world.letPass(100 * DAY);
    const report = await world.sync();
    assert.equal(report.problems, undefined);
    assert.deepEqual([await reasonOf('anna'), await reasonOf('ben')], ['idle', 'not-enrolled']);
  });

  it('are told from others in a simulation too, which asks once', async () => {
    world.set({ mode: 'simulate' });
    addDrawerPhone('anna');
    const report = await world.sync();
    assert.deepEqual(report.changesByReason, { idle: 1 });
    await world.sync();
    assert.equal(world.attemptsAsked.length, 1);
    world.set({ mode: 'enforce' });
    await world.sync();
    assert.deepEqual(world.lists('anna').blocked, [easIdOf('anna')]);
  });

  it('are asked for again before a block that was held for more than a day', async () => {
    world.set({ brakeCount: 0, brakePercent: 0 });
    addDrawerPhone('anna');
    await world.sync();
    world.letPass(DAY + 1);
    world.setLastAttempt('anna', world.now());
    await world.sync();
    assert.equal(world.attemptsAsked.length, 2);
    assert.equal(await reasonOf('anna'), 'not-enrolled');
  });

  it('are blocked as idle when they are approved, after the MDM was asked', async () => {
    world.set({ brakeCount: 0, brakePercent: 0 });
    addDrawerPhone('anna');
    const { held } = await world.sync();
    if (held !== undefined) await world.approve(held.id);
    assert.deepEqual(world.lists('anna').blocked, [easIdOf('anna')]);
    assert.deepEqual(codes(world.news('blocked')), ['anna: idle']);
  });

  it('are taken for no idle ones where the account lacks the cmdlet, and the report says so once', async () => {
    world.attemptsFail = REFUSED;
    for (const alias of ['anna', 'ben', 'carla', 'dora', 'emil', 'fritz']) addDrawerPhone(alias);
    const report = await world.sync();
    assert.deepEqual(
      world.news('blocked').map(({ decision }) => decision?.reason.code),
      Array.from({ length: 6 }, () => 'not-enrolled'),
    );
    assert.deepEqual(report.problems, [
      {
        code: 'ERR_ATTEMPTS_UNKNOWN',
        text: `Exchange did not tell when devices last tried to sync, so no device counts as idle for that: ${REFUSED.message}`,
      },
    ]);
    assert.equal(report.counts.failed, 0);
    assert.ok(world.attemptsAsked.length <= 4, 'after the first refusal nobody else is asked for');
  });

  it('are told from others though the database of one mailbox is down, and the report says of how many it is not known', async () => {
    for (const alias of ['anna', 'ben', 'carla', 'dora', 'emil', 'fritz']) addDrawerPhone(alias);
    world.dismounted.add('anna');
    const report = await world.sync();
    assert.deepEqual(codes(world.news('blocked')).sort(), [
      'anna: not-enrolled',
      'ben: idle',
      'carla: idle',
      'dora: idle',
      'emil: idle',
      'fritz: idle',
    ]);
    assert.deepEqual(report.problems, [
      {
        code: 'ERR_ATTEMPTS_UNKNOWN',
        text:
          'Exchange did not tell of 1 mailboxes when their devices last tried to sync, so none of these counts as idle for ' +
          'that: Database DB02 is not mounted. Exchange refused the cmdlet. See the text. A mailbox that was deleted needs nothing: ' +
          'what waits for it is given up after a week. Else check the management role of the account.',
      },
    ]);
  });

  it('are not asked for one by one where Exchange fails for most of them', async () => {
    const aliases = Array.from({ length: 30 }, (_, n) => `user${n}`);
    for (const alias of aliases) {
      addDrawerPhone(alias);
      world.dismounted.add(alias);
    }
    await world.sync();
    assert.ok(world.attemptsAsked.length <= 10, `${world.attemptsAsked.length}`);
  });

  it('are asked for after the next full reading where Exchange was too busy', async () => {
    world.set({ brakeCount: 0, brakePercent: 0 });
    addDrawerPhone('anna');
    world.attemptsFail = new ConnectorError('ERR_WSMAN_QUOTA', 'Too many requests.');
    assert.equal((await world.sync()).problems?.length, 1);
    assert.equal(await reasonOf('anna'), 'not-enrolled');
    world.attemptsFail = null;
    assert.equal((await world.sync()).problems, undefined);
    assert.equal(await reasonOf('anna'), 'idle');
  });

  it('are none that Exchange tells no attempt of, nor one in year 1 or in the future', async () => {
    const told = { anna: null, ben: Date.parse('0001-01-01T00:00:00Z'), carla: world.now() + 400 * DAY };
    for (const [alias, at] of Object.entries(told)) {
      addDrawerPhone(alias);
      world.setLastAttempt(alias, at);
    }
    await world.sync();
    assert.deepEqual(codes(world.news('blocked')), ['anna: not-enrolled', 'ben: not-enrolled', 'carla: not-enrolled']);
  });

  it('are not spared by a gentle switch-on, which spares whom Exchange tells nothing of', async () => {
    world.set({ startFrom: 'grandfather' });
    addDrawerPhone('anna');
    addDrawerPhone('ben', 3);
    addDrawerPhone('carla');
    world.setLastAttempt('carla', null);
    await world.sync();
    assert.deepEqual(codes(world.news('blocked')), ['anna: idle']);
    assert.deepEqual([await reasonOf('ben'), await reasonOf('carla')], ['grandfathered', 'grandfathered']);
  });

  it('are found by a rule about the last sync, for which Exchange is asked once a day', async () => {
    world.set({
      rules: [
        { name: 'long', when: [{ field: 'idleHours', atLeast: 24 * 100 }], action: 'block', code: 'long' },
        { name: 'rest', when: [], action: 'leave' },
      ],
    });
    addDrawerPhone('anna');
    addDrawerPhone('ben', 3);
    await world.sync();
    assert.deepEqual(codes(world.news('blocked')), ['anna: long']);
    const asked = world.attemptsAsked.length;
    world.kind = 'quick';
    await world.read('eas');
    assert.equal(world.attemptsAsked.length, asked);
    world.letPass(DAY + 1);
    await world.read('eas');
    assert.equal(world.attemptsAsked.length, asked * 2);
  });
});
