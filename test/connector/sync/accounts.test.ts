/** Two Android accounts of one model on a mailbox, from Exchange to the personal lists: one phone set up anew, or two phones. */
import assert from 'node:assert/strict';
import { listPlans } from '../../../src/connector/listings/list-plans.ts';
import { ConnectorError } from '../../../src/errors.ts';
import type { ManagedDevice } from '../../../src/lab/managed-devices.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import { codes, SyncWorld } from './sync-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REFUSED = new ConnectorError('ERR_EXCHANGE_CMDLET_UNKNOWN', 'Get-MobileDeviceStatistics is not a cmdlet.');
const PIXEL = { deviceType: 'Android', model: 'Pixel 9', os: 'Android 15', userAgent: 'Android-Mail/2024.10.13' };
const ANNA = 'anna@contoso.example';

describe('two accounts of one Android model', () => {
  let world: SyncWorld;
  /** EAS IDs of the phones that are in use. */
  let inUse: string[];
  beforeEach(async () => {
    world = await SyncWorld.open();
    world.organization.addMailbox({ alias: 'anna', displayName: 'Anna' });
    inUse = [];
  });
  afterEach(() => world.close());

  /** Phones in use try to sync, time passes, and all is read. */
  const live = async (ms: number = 2 * MINUTE): Promise<void> => {
    for (const deviceId of inUse) world.organization.syncPhone({ mailbox: ANNA, deviceId, ...PIXEL });
    world.letPass(ms);
    for (const deviceId of inUse) world.organization.syncPhone({ mailbox: ANNA, deviceId, ...PIXEL });
    await world.sync();
  };
  const add = async (easId: string): Promise<void> => {
    inUse.push(easId);
    await live();
  };
  const leave = (easId: string): void => void (inUse = inUse.filter((other) => other !== easId));
  const enroll = (): ManagedDevice =>
    world.organization.enroll({
      upn: ANNA,
      platform: 'android',
      name: 'Pixel of Anna',
      model: 'Pixel 9',
      serial: 'S1',
    });
  const press = async (easId: string): Promise<void> => {
    const mailbox = world.organization.mailboxByAddress(ANNA)!.guid.toLowerCase();
    const at = new Date(world.now()).toISOString();
    await world.store.activations.add({ mailbox, easId, at, userAgent: null, tokenId: `${easId} ${at}` });
  };
  const states = (...easIds: readonly string[]): Record<string, string | undefined> =>
    Object.fromEntries(easIds.map((easId) => [easId, world.organization.partnership(ANNA, easId)?.state]));
  const reasons = async (...easIds: readonly string[]): Promise<Record<string, string | undefined>> => {
    const { guid } = world.organization.mailboxByAddress(ANNA)!;
    const rows = await world.store.devices.decided(easIds.map((easId) => easRecordKey('exchange', guid, easId)));
    return Object.fromEntries(easIds.map((easId) => [easId, rows.get(easRecordKey('exchange', guid, easId))?.reason]));
  };
  /** What a person was told to look at since it was last asked. */
  const looked = (): string[] => {
    const news = codes(world.news('attention'));
    world.told.length = 0;
    return news;
  };

  it('wait for a person where the brake is 0, the replaced one too, and are blocked when that is approved', async () => {
    world.set({ brakePercent: 0, brakeCount: 0 });
    await add('OLD');
    await live(30 * 24 * HOUR);
    leave('OLD');
    await add('NEW');
    await live(HOUR);
    await live();
    const [held, ...others] = await listPlans(world.store, { organization: 'exchange' });
    assert.deepEqual(
      [states('OLD', 'NEW'), held?.changes, held?.reason.text, others],
      [
        { OLD: 'allowed', NEW: 'allowed' },
        2,
        '1 mailbox would lose access for devices first seen within a day; the brake allows 0 of 1. Accounts that a newer one of the same phone has replaced would be blocked: 1; the brake is 0.',
        [],
      ],
    );
    await world.approve(held?.id);
    await live();
    assert.deepEqual(states('OLD', 'NEW'), { OLD: 'blocked', NEW: 'blocked' });
  });

  describe('of one phone that was set up anew', () => {
    beforeEach(async () => {
      await add('OLD');
      await live(30 * 24 * HOUR);
      leave('OLD');
      await add('NEW');
    });

    it('has the old one blocked in silence from an hour on, and a mail about the new one', async () => {
      await live(HOUR);
      await live();
      assert.deepEqual(await reasons('OLD', 'NEW'), { OLD: 'superseded', NEW: 'not-enrolled' });
      enroll();
      await live();
      assert.deepEqual(await reasons('OLD', 'NEW'), { OLD: 'superseded', NEW: 'needs-activation' });
    });

    for (const pressed of [['OLD'], ['NEW'], ['OLD', 'NEW'], ['NEW', 'OLD']]) {
      for (const when of ['before the phone is enrolled', 'within the hour', 'a day later']) {
        it(`lets the new one in by ${pressed.map((one) => `the link of the ${one.toLowerCase()} one`).join(', then ')}, ${when}`, async () => {
          if (when === 'within the hour') {
            enroll();
            await live();
          }
          if (when === 'a day later') {
            enroll();
            await live(24 * HOUR);
            await live();
          }
          for (const easId of pressed) {
            await press(easId);
            await live();
          }
          if (when === 'before the phone is enrolled') enroll();
          for (let hours = 0; hours < 3; hours += 1) await live(HOUR);
          assert.deepEqual(states('OLD', 'NEW'), { OLD: 'blocked', NEW: 'allowed' });
          assert.deepEqual(await reasons('OLD'), { OLD: 'superseded' });
          const { writes } = world;
          await live();
          assert.equal(world.writes, writes);
        });
      }
    }

    it('tells a person once that the record has passed to the new one', async () => {
      enroll();
      await live();
      await press('OLD');
      await live();
      assert.deepEqual(states('OLD', 'NEW'), { OLD: 'allowed', NEW: 'blocked' });
      looked();
      for (let hours = 0; hours < 4; hours += 1) await live(HOUR);
      assert.deepEqual(states('OLD', 'NEW'), { OLD: 'blocked', NEW: 'allowed' });
      assert.deepEqual(looked(), ['anna: superseded']);
    });

    for (const order of [
      ['OLD', 'NEW'],
      ['NEW', 'OLD'],
    ]) {
      it(`goes by the last click where Exchange does not tell of attempts: ${order.join(', then ')}`, async () => {
        world.attemptsFail = REFUSED;
        await live(2 * HOUR);
        enroll();
        for (const easId of order) {
          await live();
          await press(easId);
          await live();
        }
        await live(HOUR);
        const [lost, won] = order as [string, string];
        assert.deepEqual(states(lost, won), { [lost]: 'blocked', [won]: 'allowed' });
        assert.deepEqual(await reasons(lost), { [lost]: 'superseded' });
        assert.deepEqual(looked(), ['anna: superseded']);
      });
    }
  });

  describe('of a company phone and a private one', () => {
    beforeEach(async () => {
      await add('WORK');
      enroll();
      await live();
    });

    for (const pressed of [['WORK'], ['WORK', 'PRIVATE'], ['WORK', 'PRIVATE', 'WORK', 'PRIVATE']]) {
      it(`leaves the private one out: ${pressed.join(', ')} pressed`, async () => {
        await press('WORK');
        await live();
        await live(5 * 24 * HOUR);
        await add('PRIVATE');
        for (const easId of pressed.slice(1)) {
          await live(HOUR);
          await press(easId);
          await live();
        }
        for (let days = 0; days < 3; days += 1) await live(24 * HOUR);
        assert.deepEqual(states('WORK', 'PRIVATE'), { WORK: 'allowed', PRIVATE: 'blocked' });
        assert.ok(codes(world.news('blocked')).includes('anna: not-enrolled'), 'a mail about the private one');
        assert.deepEqual(looked(), pressed.includes('PRIVATE') ? ['anna: not-enrolled'] : []);
      });
    }

    it('leaves it out where the company phone lies still for a night, and its link is pressed then', async () => {
      await press('WORK');
      await live();
      await live(24 * HOUR);
      leave('WORK');
      await add('PRIVATE');
      await live(2 * HOUR);
      await press('PRIVATE');
      for (let hours = 0; hours < 8; hours += 1) await live(HOUR);
      assert.deepEqual(states('WORK', 'PRIVATE'), { WORK: 'allowed', PRIVATE: 'blocked' });
      inUse.push('WORK');
      for (let days = 0; days < 2; days += 1) await live(24 * HOUR);
      assert.deepEqual(states('WORK', 'PRIVATE'), { WORK: 'allowed', PRIVATE: 'blocked' });
    });

    it('gives the company phone its mail back after a holiday in which the private one took its record', async () => {
      await press('WORK');
      await live();
      leave('WORK');
      await add('PRIVATE');
      await press('PRIVATE');
      for (let days = 0; days < 14; days += 1) await live(24 * HOUR);
      assert.deepEqual(states('WORK', 'PRIVATE'), { WORK: 'blocked', PRIVATE: 'allowed' });
      assert.deepEqual(looked(), ['anna: superseded']);
      inUse.push('WORK');
      await live(HOUR);
      await live();
      assert.deepEqual(states('WORK', 'PRIVATE'), { WORK: 'allowed', PRIVATE: 'blocked' });
      assert.deepEqual(looked(), ['anna: not-enrolled']);
    });

    it('blocks the company phone with a mail, and tells a person, where the private one’s link was pressed first', async () => {
      await add('PRIVATE');
      await press('PRIVATE');
      await live();
      await press('WORK');
      for (let hours = 0; hours < 3; hours += 1) await live(HOUR);
      assert.deepEqual(states('WORK', 'PRIVATE'), { WORK: 'blocked', PRIVATE: 'allowed' });
      assert.deepEqual(await reasons('WORK'), { WORK: 'not-enrolled' });
      assert.deepEqual(looked(), ['anna: not-enrolled']);
    });
  });
});
