/** Half of the devices are missing in a full reading of Exchange that had no error. */
import assert from 'node:assert/strict';
import { easRecordKey } from '../../../src/model/keys.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

const DAY = 86_400_000;
const HERE = Array.from({ length: 15 }, (_, n) => `here${n}`);
const THERE = Array.from({ length: 15 }, (_, n) => `there${n}`);
const ALL = [...HERE, ...THERE];

describe('a reading of Exchange with half of the devices', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of ALL) {
      world.addPhone(alias);
      world.enroll(alias);
    }
    await world.sync();
  });
  afterEach(() => world.close());

  const known = async (): Promise<number> => (await world.store.snapshots.latest('eas', 'exchange'))?.count ?? 0;
  const mailboxOf = (alias: string) => world.organization.mailboxByAddress(`${alias}@contoso.example`)!;
  const keyOf = (alias: string): string => easRecordKey('exchange', mailboxOf(alias).guid, easIdOf(alias));
  const phoneOf = (alias: string) => world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))!;
  const merged = async (): Promise<number> => (await world.store.merges.getMany(ALL.map(keyOf))).size;
  /** Takes phones away, as a role scope does that lost an organizational unit; answers how to put them back. */
  const hide = (): (() => void) => {
    const before = THERE.map((alias) => [alias, phoneOf(alias).firstSyncAt] as const);
    for (const alias of THERE) world.organization.removePartnership(phoneOf(alias));
    return () => {
      for (const [alias, firstSyncAt] of before) {
        world.syncPhone(alias);
        world.setFirstSync(alias, firstSyncAt);
      }
    };
  };

  it('is told with its numbers in each report, forgets nothing, and ends when they are back', async () => {
    const bring = hide();
    let since: string | undefined;
    for (let again = 0; again < 3; again += 1) {
      const report = await world.sync();
      since ??= (await world.store.snapshots.latest('eas', 'exchange'))?.startedAt;
      assert.deepEqual(report.problems, [
        {
          code: 'ERR_SNAPSHOT_FEWER_DEVICES',
          text: `A full reading of Exchange has 15 devices where 30 were known, without an error: 15 are missing since ${since}. What is missing stays as it was for three days, then it counts as gone. Phones that were added and are not listed are not seen, so they are not blocked. Check the role scopes of the account, “Only” of the EAS source, and what makes the list; nothing, if so many mailboxes were moved or devices removed.`,
        },
      ]);
      assert.deepEqual([await known(), await merged(), world.writes], [30, 30, 0]);
      world.letPass(DAY - 1000);
    }
    bring();
    const { problems } = await world.sync();
    assert.deepEqual([problems, await known(), await merged(), world.blocked(...ALL)], [undefined, 30, 30, []]);
  });

  it('is believed after three days, and everybody who is listed is decided meanwhile', async () => {
    hide();
    await world.sync();
    world.addPhone('stranger');
    await world.sync();
    assert.deepEqual(world.blocked('stranger'), ['stranger']);
    world.letPass(3 * DAY);
    const { problems } = await world.sync();
    assert.deepEqual([problems, await known(), await merged()], [undefined, 16, 15]);
  });
});
