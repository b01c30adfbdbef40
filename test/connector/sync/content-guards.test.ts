/** MDM readings that are whole and poorer than before: what can come of it is held, the rest goes. */
import assert from 'node:assert/strict';
import { easIdOf, SyncWorld } from './sync-world.ts';

const DAY_MS = 86_400_000;
const PEOPLE = Array.from({ length: 24 }, (_, n) => `user${String(n).padStart(2, '0')}`);

describe('an MDM reading that is poorer than before', () => {
  let world: SyncWorld;
  let ids: Map<string, string>;

  beforeEach(async () => {
    world = await SyncWorld.open();
    world.set({ brakePercent: 10, brakeCount: 100, brakePerDay: 1000 });
    for (const alias of PEOPLE) world.addPhone(alias);
    ids = new Map(PEOPLE.map((alias) => [alias, world.enroll(alias).id]));
    await world.sync();
    world.letPass(60_000);
  });
  afterEach(() => world.close());

  const set = (aliases: readonly string[], changes: Parameters<typeof world.organization.updateManagedDevice>[1]) => {
    for (const alias of aliases) world.organization.updateManagedDevice(ids.get(alias)!, changes);
  };
  const loseEasIds = (aliases: readonly string[]): void => set(aliases, { easDeviceId: '' });
  const blocked = (): string[] => world.blocked(...PEOPLE);
  const isAllowed = (alias: string, deviceId: string): boolean =>
    !world.organization.mailboxByAddress(`${alias}@contoso.example`)!.blockedDeviceIds.includes(deviceId);
  /** A phone of a platform that the MDM does not know. */
  const addAndroid = (alias: string): void => {
    world.organization.addMailbox({ alias, displayName: alias });
    world.addDevice(alias, easIdOf(alias), 'android');
  };

  it('holds the blocks of its platform when many have lost their EAS IDs, and lets the others go', async () => {
    loseEasIds(PEOPLE.slice(0, 12));
    addAndroid('anna');
    const { held, problems } = await world.sync();
    assert.deepEqual([blocked(), world.state('anna')], [[], 'blocked']);
    assert.deepEqual([held?.count, held?.reason.code], [12, 'ERR_SNAPSHOT_CONTENT']);
    assert.deepEqual(problems, [
      {
        code: 'ERR_SNAPSHOT_CONTENT',
        text: 'Only 13 of the 25 ios records of tenant have an EAS ID; 25 had one.',
        details: { source: 'tenant', platform: 'ios', field: 'easIds', was: 25, is: 13 },
      },
    ]);
    await world.approve(held?.id);
    assert.deepEqual(blocked(), PEOPLE.slice(0, 12));
    assert.deepEqual((await world.sync()).problems, undefined, 'approved, it is the measure');
  });

  it('holds the phones of the users whom it names, whatever their platform', async () => {
    loseEasIds(PEOPLE.slice(0, 12));
    world.addDevice('user20', 'ANDROID20', 'android');
    addAndroid('anna');
    const { held } = await world.sync();
    assert.deepEqual([held?.count, held?.reason.code], [13, 'ERR_SNAPSHOT_CONTENT']);
    assert.deepEqual([world.state('anna'), isAllowed('user20', 'ANDROID20')], ['blocked', true]);
  });

  it('holds those of users whom it named within a week, or in the last reading that was believed, and names no more', async () => {
    for (const alias of PEOPLE.slice(0, 12)) world.organization.unenroll(ids.get(alias)!);
    world.addDevice('user03', 'ANDROID03', 'android');
    addAndroid('anna');
    const { held } = await world.sync();
    assert.deepEqual([held?.count, held?.reason.code], [14, 'ERR_SNAPSHOT_SHRUNKEN']);
    assert.equal(world.state('anna'), 'allowed', 'too few records are no matter of users');
    // As many others came: the list is as long as it was.
    for (let n = 0; n < 12; n++) {
      world.organization.addMailbox({ alias: `new${n}`, displayName: `new${n}` });
      world.enroll(`new${n}`, { easDeviceId: '' });
    }
    world.letPass(60_000);
    const later = await world.sync();
    assert.deepEqual([later.held?.count, later.held?.reason.code], [13, 'ERR_SNAPSHOT_CONTENT']);
    assert.deepEqual([world.state('anna'), isAllowed('user03', 'ANDROID03')], ['blocked', true]);
    world.letPass(9 * DAY_MS);
    assert.equal((await world.sync()).held?.id, later.held?.id);
    await world.approve(later.held?.id);
    assert.deepEqual([blocked(), isAllowed('user03', 'ANDROID03')], [PEOPLE.slice(0, 12), false]);
    world.addDevice('user04', 'ANDROID04', 'android');
    assert.deepEqual([(await world.sync()).held, isAllowed('user04', 'ANDROID04')], [undefined, false]);
  });

  it('is held when the loss creeps, before ten are blocked', async () => {
    for (let lost = 2; lost <= 24; lost += 2) {
      loseEasIds(PEOPLE.slice(0, lost));
      await world.sync();
      world.letPass(3_600_000);
    }
    assert.deepEqual(blocked(), PEOPLE.slice(0, 8));
    const { held } = await world.sync();
    assert.deepEqual([held?.count, held?.reason.code], [16, 'ERR_SNAPSHOT_CONTENT']);
    // However long it waits, it is measured against the last that was believed.
    world.letPass(9 * DAY_MS);
    const later = await world.sync();
    assert.deepEqual([later.held?.id, blocked().length], [held?.id, 8]);
  });

  it('is held when records are gone, and nothing is while few are', async () => {
    for (const alias of PEOPLE.slice(0, 2)) world.organization.unenroll(ids.get(alias)!);
    assert.deepEqual([(await world.sync()).problems, blocked()], [undefined, PEOPLE.slice(0, 2)]);
    for (const gone of [4, 6, 7, 8, 9, 10]) {
      for (const alias of PEOPLE.slice(0, gone)) world.organization.unenroll(ids.get(alias)!);
      world.letPass(60_000);
      await world.sync();
    }
    const { problems } = world.reports.at(-1)!;
    assert.deepEqual(
      problems?.map(({ details }) => details),
      [{ source: 'tenant', platform: 'ios', field: 'records', was: 25, is: 15 }],
    );
    assert.deepEqual(blocked(), PEOPLE.slice(0, 9));
  });

  it('holds merged devices that it decides about, when compliance is told no more', async () => {
    const rules = [
      { name: 'unknown', when: [{ field: 'compliance', is: ['unknown'] }], action: 'block' },
      { name: 'not merged', when: [{ field: 'status', is: ['eas'] }], action: 'block' },
    ] as const;
    world.set({ brakePercent: 10, brakeCount: 100, brakePerDay: 1000, rules });
    set(PEOPLE.slice(0, 10), { complianceState: 'unknown' });
    world.addPhone('ben');
    addAndroid('anna');
    const { held, problems } = await world.sync();
    assert.deepEqual([blocked(), world.state('anna'), world.state('ben')], [[], 'blocked', 'allowed']);
    assert.deepEqual(
      [held?.count, problems?.map(({ details }) => details)],
      [11, [{ source: 'tenant', platform: 'ios', field: 'compliance', was: 25, is: 15 }]],
    );
  });

  it('is believed again by itself when what was lost is back', async () => {
    loseEasIds(PEOPLE);
    assert.equal((await world.sync()).held?.count, 24);
    for (const alias of PEOPLE) set([alias], { easDeviceId: easIdOf(alias) });
    const { held, problems } = await world.sync();
    assert.deepEqual([held, problems, blocked()], [undefined, undefined, []]);
  });
});
