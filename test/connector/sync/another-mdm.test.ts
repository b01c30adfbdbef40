/** An organization that moves from one MDM to another while the connector enforces: who is enrolled in either keeps his mail. */
import assert from 'node:assert/strict';
import { forgetSource } from '../../../src/connector/matching/pairings.ts';
import type { ManagedDevice } from '../../../src/lab/managed-devices.ts';
import { Organization } from '../../../src/lab/organization.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import { codes, easIdOf, SyncWorld } from './sync-world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const PEOPLE = { linked: 'android', paired: 'android', apple: 'ios', left: 'android' } as const;
type Alias = keyof typeof PEOPLE;
const ALL = Object.keys(PEOPLE) as Alias[];
const MOVED: readonly Alias[] = ['linked', 'paired', 'apple'];

describe('phones that move from one MDM to another', () => {
  let world: SyncWorld;
  let other: Organization;
  let before: Record<Alias, ManagedDevice>;
  /** Those whose phones sync. */
  let inUse: readonly Alias[];
  const address = (alias: Alias): string => `${alias}@contoso.example`;
  const keyOf = (alias: Alias): string =>
    easRecordKey('exchange', world.organization.mailboxByAddress(address(alias))!.guid, easIdOf(alias));

  beforeEach(async () => {
    world = await SyncWorld.open();
    inUse = ALL;
    other = new Organization({ now: world.now });
    for (const alias of ALL) {
      world.organization.addMailbox({ alias, displayName: alias });
      world.addDevice(alias, easIdOf(alias), PEOPLE[alias]);
    }
    before = Object.fromEntries(
      ALL.map((alias) => [alias, enrollIn(world.organization, alias, true)]),
    ) as typeof before;
    for (const alias of ['linked', 'left'] as const) await press(alias);
    const mdmKey = `mdm:tenant:${before.paired.id}`;
    await world.store.pairings.add({ easKey: keyOf('paired'), mdmKey, at: now(), by: 'admin', note: null });
    await round('tenant');
    world.letPass(40 * DAY);
    await world.deployMdm('other', other, 'The other one');
    enrollIn(other, 'apple', true, 'Nobody else');
    await round('tenant', 'other');
    world.told.length = 0;
  });
  afterEach(() => world.close());

  const now = (): string => new Date(world.now()).toISOString();
  /** @param tells whether the MDM tells the EAS ID of an iPhone */
  function enrollIn(mdm: Organization, alias: Alias, tells = false, of: string = alias): ManagedDevice {
    const isApple = PEOPLE[alias] === 'ios';
    return mdm.enroll({
      upn: of === alias ? address(alias) : 'nobody@contoso.example',
      platform: PEOPLE[alias],
      name: of,
      model: isApple ? 'iPhone 16' : 'SM-G991B',
      serial: `SERIAL-${of}`,
      ...(isApple && tells && { easDeviceId: of === alias ? easIdOf(alias) : 'NOBODYSPHONE' }),
    });
  }
  async function press(alias: Alias): Promise<void> {
    const mailbox = world.organization.mailboxByAddress(address(alias))!.guid.toLowerCase();
    const click = { mailbox, easId: easIdOf(alias), at: now(), userAgent: null };
    await world.store.activations.add({ ...click, tokenId: `${alias} ${click.at}` });
  }
  async function round(...mdms: readonly string[]): Promise<void> {
    for (const alias of inUse) world.addDevice(alias, easIdOf(alias), PEOPLE[alias]);
    world.letPass(10 * MINUTE);
    for (const mdm of mdms) await world.readOnly('mdm', mdm);
    await world.read('eas');
  }
  const states = async (): Promise<Record<string, string>> => {
    const rows = await world.store.devices.decided(ALL.map(keyOf));
    const stateOf = (alias: Alias) => world.organization.partnership(address(alias), easIdOf(alias))?.state;
    return Object.fromEntries(ALL.map((alias) => [alias, `${stateOf(alias)}, ${rows.get(keyOf(alias))?.reason}`]));
  };
  const told = (): Record<string, string[]> => ({
    blocked: codes(world.news('blocked')),
    attention: codes(world.news('attention')),
  });
  const KEPT = {
    linked: 'allowed, compliant',
    paired: 'allowed, ambiguous',
    apple: 'allowed, ambiguous',
    left: 'allowed, compliant',
  };

  it('keep their mail when the old one lets go of them, and who stayed behind loses it with the old one’s reading', async () => {
    for (const alias of MOVED) enrollIn(other, alias);
    await round('tenant', 'other');
    for (const alias of MOVED) world.unenroll(before[alias]);
    for (let n = 0; n < 9; n += 1) await round('tenant', 'other');
    assert.deepEqual(
      [await states(), told()],
      [KEPT, { blocked: [], attention: ['apple: ambiguous', 'linked: ambiguous', 'paired: ambiguous'] }],
    );
    world.told.length = 0;

    await world.removeMdm('tenant');
    world.letPass(11 * MINUTE);
    await forgetSource({ store: world.store, source: 'tenant', by: 'admin', now: world.now });
    await round('other');
    assert.deepEqual(
      [await states(), told()],
      [
        { ...KEPT, left: 'blocked, not-enrolled' },
        { blocked: ['left: not-enrolled'], attention: [] },
      ],
    );
    await round('other');
    assert.deepEqual(await states(), { ...KEPT, left: 'blocked, not-enrolled' });
  });

  it('lose it between the two, and a merge by the link is there again without another press', async () => {
    world.unenroll(before.linked);
    await round('tenant', 'other');
    assert.equal((await states())['linked'], 'blocked, not-enrolled');
    world.letPass(3 * DAY);
    enrollIn(other, 'linked');
    await round('tenant', 'other');
    assert.equal((await states())['linked'], 'blocked, ambiguous');
    for (let n = 0; n < 8; n += 1) await round('tenant', 'other');
    assert.equal((await states())['linked'], 'allowed, compliant');
  });

  it('go by the new one while the old one, which has not heard of them since, calls them noncompliant', async () => {
    enrollIn(other, 'linked');
    world.organization.setCompliance(before.linked.id, 'noncompliant');
    await round('tenant', 'other');
    assert.equal((await states())['linked'], 'allowed, ambiguous');
    for (let n = 0; n < 8; n += 1) await round('tenant', 'other');
    assert.equal((await states())['linked'], 'allowed, compliant');
  });

  it('need the link again where their account was not used for a day after: a phone that was wiped has another one', async () => {
    inUse = inUse.filter((alias) => alias !== 'linked');
    world.unenroll(before.linked);
    enrollIn(other, 'linked');
    await round('tenant', 'other');
    assert.equal((await states())['linked'], 'allowed, ambiguous');
    for (let n = 0; n < 4; n += 1) {
      world.letPass(DAY / 2);
      await round('tenant', 'other');
    }
    assert.equal((await states())['linked'], 'blocked, needs-activation');
  });

  it('are not let in by a record whose serial number another user’s has too, nor by one of another phone', async () => {
    enrollIn(other, 'linked');
    other.enroll({ upn: address('left'), platform: 'android', name: 'x', model: 'SM-G991B', serial: 'SERIAL-linked' });
    other.enroll({ upn: address('paired'), platform: 'android', name: 'y', model: 'SM-G991B', serial: 'SERIAL-new' });
    world.unenroll(before.linked);
    world.unenroll(before.paired);
    await round('tenant', 'other');
    const { linked, paired } = await states();
    assert.deepEqual([linked, paired], ['blocked, needs-activation', 'blocked, needs-activation']);
  });

  it('of Apple are merged as soon as the new one tells the EAS ID', async () => {
    const { id } = enrollIn(other, 'apple');
    world.unenroll(before.apple);
    await round('tenant', 'other');
    assert.equal((await states())['apple'], 'allowed, ambiguous');
    other.setCompliance(id, 'noncompliant');
    other.updateManagedDevice(id, { easDeviceId: easIdOf('apple') });
    await round('tenant', 'other');
    assert.equal((await states())['apple'], 'blocked, noncompliant');
  });
});
