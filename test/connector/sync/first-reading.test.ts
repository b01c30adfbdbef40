/** A first reading that would shut out most of a site is believed when a person has looked at it. */
import assert from 'node:assert/strict';
import { Organization } from '../../../src/lab/organization.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

const PEOPLE = Array.from({ length: 24 }, (_, n) => `user${String(n).padStart(2, '0')}`);

describe('a first reading of a site with 24 devices', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of PEOPLE) world.addPhone(alias);
  });
  afterEach(() => world.close());

  const blocked = (): string[] => world.blocked(...PEOPLE);
  const enroll = (aliases: readonly string[]): void => aliases.forEach((alias) => world.enroll(alias));
  const reason = (shutOut: number, source = 'tenant') => ({
    code: 'ERR_BRAKE',
    text: `${shutOut} of 24 devices would lose access by the first reading of ${source}.`,
  });

  it('holds all it would block, sync after sync, and is believed once approved', async () => {
    enroll(PEOPLE.slice(13));
    world.set({ mode: 'simulate' });
    const simulated = await world.sync();
    assert.deepEqual([simulated.held?.reason, simulated.counts.held], [reason(13), 13]);
    world.set({});
    const { held } = await world.sync();
    assert.deepEqual([held?.reason, held?.count, blocked()], [reason(13), 13, []]);
    assert.equal((await world.sync()).held?.id, held?.id, 'that it was read twice does not make it right');
    await world.approve(held?.id);
    assert.deepEqual(blocked(), PEOPLE.slice(0, 13));
    for (const { id } of world.organization.managedDevices.values())
      world.organization.setCompliance(id, 'noncompliant');
    const later = await world.sync();
    assert.deepEqual([later.held, blocked()], [undefined, PEOPLE], 'it holds once');
  });

  it('lets half of the devices be blocked', async () => {
    enroll(PEOPLE.slice(12));
    assert.deepEqual([(await world.sync()).held, blocked()], [undefined, PEOPLE.slice(0, 12)]);
  });

  it('goes by itself when the missing devices are read', async () => {
    assert.equal((await world.sync()).held?.count, 24);
    enroll(PEOPLE.slice(1));
    const { held } = await world.sync();
    assert.deepEqual([held, blocked()], [undefined, PEOPLE.slice(0, 1)]);
  });

  it('stays in doubt when a part of it was approved, or the plan was discarded', async () => {
    const { held } = await world.sync();
    await world.approve(held?.id, 'Ida', { mailbox: `${PEOPLE[0]}@contoso.example` });
    assert.deepEqual(blocked(), PEOPLE.slice(0, 1));
    const rest = await world.sync();
    assert.deepEqual([rest.held?.id, rest.held?.count, rest.counts.blocked], [held?.id, 23, 0]);
    await world.discard(rest.held?.id);
    const again = await world.sync();
    assert.deepEqual([again.held?.reason, blocked()], [reason(23), PEOPLE.slice(0, 1)]);
  });

  it('is one of each source', async () => {
    enroll(PEOPLE);
    await world.sync();
    const second = new Organization({ now: world.now });
    await world.deployMdm('tenant2', second, 'Second tenant');
    second.enroll({
      upn: 'somebody@contoso.example',
      platform: 'ios',
      name: 'iPhone',
      model: 'iPhone 16',
      serial: 'SERIAL',
      easDeviceId: easIdOf('somebody'),
    });
    for (const { id } of world.organization.managedDevices.values())
      world.organization.setCompliance(id, 'noncompliant');
    await world.readOnly('mdm', 'tenant2');
    const { held } = await world.sync();
    assert.deepEqual([held?.reason, blocked()], [reason(24, 'Second tenant'), []]);
  });
});
