/** MDM readings that say less than the truth: nobody is blocked by what a source has not said. */
import assert from 'node:assert/strict';
import { Organization } from '../../../src/lab/organization.ts';
import { easIdOf, mappedRecord, SyncWorld } from './sync-world.ts';

describe('an MDM source that has not been read whole', () => {
  let world: SyncWorld;
  let second: Organization;
  const OURS = ['anna', 'ben'];
  /** Phones that only the second tenant knows. */
  const THEIRS = ['carla', 'dora'];

  beforeEach(async () => {
    world = await SyncWorld.open();
    second = new Organization({ now: world.now });
    await world.deployMdm('tenant2', second, 'Second tenant');
    for (const alias of [...OURS, ...THEIRS]) world.addPhone(alias);
    world.enroll('anna');
  });
  afterEach(() => world.close());

  const enroll = (alias: string): string =>
    second.enroll({
      upn: `${alias}@contoso.example`,
      platform: 'ios',
      name: `iPhone of ${alias}`,
      model: 'iPhone 16',
      serial: `SERIAL${alias.toUpperCase()}`,
      easDeviceId: easIdOf(alias),
    }).id;
  const readAll = async () => {
    await world.readOnly('mdm', 'tenant2');
    return world.sync();
  };
  const blocked = (): string[] => world.blocked(...OURS, ...THEIRS);
  const problems = (): unknown => world.reports.at(-1)?.problems?.map(({ code, text }) => `${code} ${text}`);
  const MISSING = 'ERR_SNAPSHOT_INCOMPLETE Second tenant has not been read to its end yet.';

  it('blocks nobody until it was read, and is told by “Try it” as the sync tells it', async () => {
    for (const alias of THEIRS) enroll(alias);
    await world.sync();
    assert.deepEqual([blocked(), world.writes, problems()], [[], 0, [MISSING]]);
    const tried = await world.tryDevice('carla');
    assert.deepEqual(
      tried.devices.map(({ action, reason }) => [action, reason.code]),
      [['leave', 'snapshot-incomplete']],
    );
    assert.deepEqual(
      tried.problems.map(({ code, text }) => `${code} ${text}`),
      [MISSING],
    );
    await readAll();
    assert.deepEqual([blocked(), problems()], [['ben'], undefined]);
  });

  it('does not count any more when it is taken off the canvas', async () => {
    await world.sync();
    await world.removeMdm('tenant2');
    await world.sync();
    assert.deepEqual([blocked(), problems()], [['ben', ...THEIRS], undefined]);
  });

  it('blocks nobody from ten minutes after a source that was read is gone, until it is back or forgotten', async () => {
    const { scope, name } = { scope: 'tenant2', name: 'Second tenant' };
    const gone = (at: string): string =>
      `ERR_SOURCE_GONE No MDM source on the canvas reads ${name} (${scope}) since ${at}, and its last reading still counts.`;
    for (const alias of THEIRS) enroll(alias);
    const bens = world.enroll('ben');
    world.addPhone('emil');
    const emils = world.enroll('emil');
    await readAll();
    await world.removeMdm('tenant2');
    world.unenroll(bens);
    await world.sync();
    assert.deepEqual([blocked(), problems()], [['ben'], undefined], 'flows are being deployed, perhaps');
    world.unenroll(emils);
    world.letPass(10 * 60_000);
    await world.sync();
    const goneAt = (await world.store.sources.gone())[0]?.goneAt ?? '';
    assert.deepEqual([world.state('emil'), problems()], ['allowed', [gone(goneAt)]]);
    await world.deployMdm('tenant2', second, name);
    await world.sync();
    assert.deepEqual([world.state('emil'), problems()], ['blocked', undefined]);
  });

  it('holds nothing up as a mapping that was never fed, and counts from its first whole reading on', async () => {
    await world.removeMdm('tenant2');
    await world.deployMdm('jamf', null);
    await world.sync();
    assert.deepEqual([blocked(), problems()], [['ben', ...THEIRS], undefined]);
    await world.readMapped(
      'jamf',
      THEIRS.map((alias) => mappedRecord('jamf', alias)),
    );
    assert.deepEqual(blocked(), ['ben']);
  });

  it('holds nobody up for ever when it is empty: approved once, it is believed while it stays so', async () => {
    const EMPTY = 'ERR_SNAPSHOT_EMPTY Second tenant was read and has no records.';
    await readAll();
    assert.deepEqual([blocked(), world.writes, problems()], [[], 0, [EMPTY]]);
    const { held } = await readAll();
    assert.deepEqual([held?.reason.code, held?.count], ['ERR_SNAPSHOT_EMPTY', 3], 'a second empty one is no better');
    await world.approve(held?.id);
    assert.deepEqual(blocked(), ['ben', ...THEIRS]);
    world.addPhone('ida');
    world.setFirstSync('ida', world.now() - 60_000);
    await readAll();
    assert.deepEqual([world.state('ida'), problems()], ['blocked', undefined]);
    // Filled, and then empty again: that is no longer what was approved.
    const id = enroll('carla');
    await readAll();
    assert.equal(world.state('carla'), 'allowed');
    second.unenroll(id);
    const { problems: after } = await readAll();
    assert.deepEqual([world.state('carla'), after?.map(({ code }) => code)], ['allowed', ['ERR_SNAPSHOT_SHRUNKEN']]);
  });
});

describe('an MDM reading that says less than before', () => {
  let world: SyncWorld;
  const people = ['anna', 'ben', 'carla'];

  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of people) world.addPhone(alias);
  });
  afterEach(() => world.close());

  const enrollAll = (): void => people.forEach((alias) => world.enroll(alias));
  /** Intune gives every record, each with the EAS ID that is said of its user. */
  const setEasIds = (easIdFor: (alias: string) => string): void => {
    const devices = [...world.organization.managedDevices.values()];
    for (const device of devices) {
      const { id, userPrincipalName: upn, deviceName: name, serialNumber: serial, model } = device;
      const easDeviceId = easIdFor(upn.split('@')[0] ?? '');
      world.organization.unenroll(id);
      world.organization.enroll({ id, upn, platform: 'ios', model, name, serial, easDeviceId });
    }
  };
  const loseEasIds = (): void => setEasIds(() => '');

  it('blocks nobody at a site whose first reading is empty', async () => {
    for (const id of world.organization.managedDevices.keys()) world.organization.unenroll(id);
    const { problems, held } = await world.sync();
    assert.deepEqual([problems?.map(({ code }) => code), held?.count, world.writes], [['ERR_SNAPSHOT_EMPTY'], 3, 0]);
    enrollAll();
    const good = await world.sync();
    assert.deepEqual([good.problems, good.held, world.writes], [undefined, undefined, 0]);
  });

  it('blocks nobody when all EAS IDs are gone, at any size, until the reading is approved', async () => {
    enrollAll();
    await world.sync();
    loseEasIds();
    const { problems, held } = await world.sync();
    assert.deepEqual(problems, [
      {
        code: 'ERR_SNAPSHOT_CONTENT',
        text: 'None of the 4 ios records of tenant has an EAS ID any more; 4 had one.',
        details: { source: 'tenant', platform: 'ios', field: 'easIds', was: 4, is: 0 },
      },
    ]);
    assert.deepEqual([held?.reason.code, held?.count, world.writes], ['ERR_SNAPSHOT_CONTENT', 3, 0]);
    const still = await world.sync();
    assert.equal(still.held?.id, held?.id, 'a second reading does not make it good');
    await world.approve(held?.id);
    assert.deepEqual(world.blocked(...people), people);
    const after = await world.sync();
    assert.deepEqual([after.problems, after.held], [undefined, undefined], 'approved, it is the measure');
  });

  it('is believed again by itself when the EAS IDs are back', async () => {
    enrollAll();
    await world.sync();
    loseEasIds();
    await world.sync();
    setEasIds(easIdOf);
    const { problems, held } = await world.sync();
    assert.deepEqual([problems, held, world.writes], [undefined, undefined, 0]);
  });

  it('is measured against what a simulation has seen, too', async () => {
    enrollAll();
    world.set({ mode: 'simulate' });
    await world.sync();
    loseEasIds();
    const { problems, counts } = await world.sync();
    assert.deepEqual([problems?.map(({ code }) => code), counts.held], [['ERR_SNAPSHOT_CONTENT'], 3]);
  });

  it('is measured against the reading that an older version believed', async () => {
    await world.store.settings.set('access.content.exchange.tenant', { ios: { records: 4, easIds: 4 } });
    enrollAll();
    loseEasIds();
    const { problems } = await world.sync();
    assert.deepEqual(
      problems?.map(({ details }) => details),
      [{ source: 'tenant', platform: 'ios', field: 'easIds', was: 4, is: 0 }],
    );
  });

  it('is believed by each organization for itself', async () => {
    enrollAll();
    await world.sync();
    const { settings } = world.store;
    const name = 'access.believed/exchange/tenant';
    const said = async (of: string): Promise<unknown> =>
      ((await settings.get(of)) as { content: unknown }[]).map(({ content }) => content);
    const all = { records: 4, easIds: 4, user: 4, compliance: 4, managed: 4 };
    assert.deepEqual(await said(name), [{ ios: all }]);
    await settings.set('access.believed/another/tenant', [{ at: '', content: { ios: all } }]);
    loseEasIds();
    const { held } = await world.sync();
    await world.approve(held?.id);
    assert.deepEqual(
      [await said(name), await said('access.believed/another/tenant')],
      [[{ ios: { ...all, easIds: 0 } }], [{ ios: all }]],
    );
  });
});
