/**
 * Whatever people do: users with several phones and accounts, two MDMs of which one may be away, an administrator. After it
 * has settled, who has a right to mail has it, who has none does not, and nobody was mailed twice about the same.
 */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { recordNews } from '../../src/connector/mails/record-news.ts';
import { foldEasId } from '../../src/model/keys.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import { Organization } from '../../src/lab/organization.ts';
import type { ManagedDevice } from '../../src/lab/managed-devices.ts';
import { SyncWorld } from './sync/sync-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RUNS = Number(process.env['PEOPLE_RUNS'] ?? (process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 60 : 8));

const USERS = ['anna', 'ben'] as const;
const KINDS = {
  iphone: { deviceType: 'iPhone', model: 'iPhone16C1', os: 'iOS 18.1', userAgent: 'Apple-iPhone16C1/2202.83' },
  knox: { deviceType: 'SamsungDevice', model: 'SM-S921B', os: 'Android 14', userAgent: 'SAMSUNG-SM-S921B/101.140000' },
  pixel: { deviceType: 'Android', model: 'Pixel 9', os: 'Android 15', userAgent: 'Android-Mail/2024.10.13' },
  app: { deviceType: 'SwiftMail', model: 'SwiftMail', os: 'iOS 18.1', userAgent: 'SwiftMail-iOS/7.2.1' },
} as const;
type Kind = keyof typeof KINDS;

const PHONES = 5;
const phone = fc.record({
  user: fc.constantFrom(...USERS),
  kind: fc.constantFrom<Kind>('iphone', 'iphone', 'knox', 'pixel', 'pixel', 'app'),
  mdm: fc.constantFrom('tenant', 'tenant', 'second'),
});
const which = fc.nat({ max: PHONES - 1 });
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), which }),
  fc.record({ do: fc.constant('add' as const), which }),
  fc.record({ do: fc.constant('enroll' as const), which }),
  fc.record({ do: fc.constant('enroll' as const), which }),
  fc.record({ do: fc.constant('unenroll' as const), which }),
  fc.record({ do: fc.constant('wipe' as const), which }),
  fc.record({ do: fc.constant('comply' as const), which, state: fc.constantFrom('compliant', 'noncompliant') }),
  fc.record({ do: fc.constant('press' as const), which }),
  /** A reset: a new EAS ID, which an MDM that is told of it knows at once or not at all. */
  fc.record({ do: fc.constant('reset' as const), which, isTold: fc.boolean() }),
  fc.record({ do: fc.constant('admin' as const), which, list: fc.constantFrom('allowed', 'blocked') }),
  fc.record({ do: fc.constant('away' as const), is: fc.boolean() }),
  fc.record({ do: fc.constant('pass' as const), hours: fc.constantFrom(1, 30, 24 * 5) }),
  fc.record({ do: fc.constant('sync' as const) }),
  fc.record({ do: fc.constant('sync' as const) }),
);

/** A phone as it is. */
interface Phone {
  readonly user: (typeof USERS)[number];
  readonly kind: Kind;
  readonly mdm: string;
  readonly no: number;
  easId: string;
  isThere: boolean;
  enrolled: ManagedDevice | null;
  enrolledAt: number;
  /** When the link of its present account was pressed last; 0: never. */
  pressedAt: number;
}

const NEVER = { enrolledAt: 0, pressedAt: 0 };

/** The world, and what people have done in it. */
class People {
  readonly world: SyncWorld;
  readonly second: Organization;
  readonly phones: Phone[];
  /** Mailbox and EAS ID of the administrator's entries. */
  readonly entries = new Set<string>();
  #isAway = false;
  #ids = 0;

  private constructor(world: SyncWorld, second: Organization, phones: readonly Pick<Phone, 'user' | 'kind' | 'mdm'>[]) {
    this.world = world;
    this.second = second;
    this.phones = phones.map((one, no) => ({
      ...one,
      no,
      easId: `EAS${no}A`,
      isThere: false,
      enrolled: null,
      ...NEVER,
    }));
  }

  static async open(phones: readonly Pick<Phone, 'user' | 'kind' | 'mdm'>[]): Promise<People> {
    const world = await SyncWorld.open();
    const second = new Organization({ now: world.now });
    second.enroll({ upn: 'else@other.example', platform: 'ios', name: 'Else', model: 'iPhone 16', serial: 'ELSE1' });
    await world.deployMdm('second', second, 'Second tenant');
    for (const alias of USERS) world.organization.addMailbox({ alias, displayName: alias });
    return new People(world, second, phones);
  }

  async step(one: typeof step extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
    if (one.do === 'sync') return this.sync();
    if (one.do === 'pass') return this.world.letPass(one.hours * HOUR_MS);
    if (one.do === 'away') return this.#setAway(one.is);
    const of = this.phones[one.which % this.phones.length]!;
    if (one.do === 'add') this.#add(of);
    if (one.do === 'enroll' && of.enrolled === null) of.enrolled = this.#enroll(of);
    if (one.do === 'unenroll') this.#unenroll(of);
    if (one.do === 'wipe') this.#change(of, { managementState: 'wipeIssued' });
    if (one.do === 'comply') this.#change(of, { complianceState: one.state as 'compliant' });
    if (one.do === 'press') await this.#press(of);
    if (one.do === 'reset') this.#reset(of, one.isTold);
    if (one.do === 'admin') this.#write(of, one.list as 'allowed');
  }

  /** A whole round: whoever is there reads its mail, then everything is read, and what is due is done. */
  async sync(): Promise<void> {
    for (const one of this.phones) if (one.isThere) this.#add(one);
    this.world.letPass(60_000);
    if (!this.#isAway) await this.world.readOnly('mdm', 'second');
    const before = this.world.told.length;
    await this.world.sync();
    for (const { kind, news } of this.world.told.slice(before)) {
      if (kind !== 'blocked' || news.change === null) continue;
      const { store, now } = this.world;
      const options = { reminderAfterHours: 0, reminders: 0, allowedDomains: [], quietHours: 0 };
      const ports = { store, notifier: 'notifier', settings: { options }, now, signal: new AbortController().signal };
      const ids = (): string => `mail-${(this.#ids += 1)}`;
      await recordNews({ ...ports, ids, progress: () => undefined }, news as DeviceChange);
    }
    for (const one of this.phones) if (one.isThere) this.#add(one);
  }

  #setAway(is: boolean): void {
    this.#isAway = is;
    this.world.setDeaf(is, 'second');
  }

  back(): void {
    this.#setAway(false);
  }

  address({ user }: Phone): string {
    return `${user}@contoso.example`;
  }

  #add(of: Phone): void {
    of.isThere = true;
    this.world.organization.syncPhone({ mailbox: this.address(of), deviceId: of.easId, ...KINDS[of.kind] });
  }

  #mdmOf({ mdm }: Phone): Organization {
    return mdm === 'second' ? this.second : this.world.organization;
  }

  #enroll(of: Phone): ManagedDevice {
    of.enrolledAt = this.world.now();
    const tells = of.kind === 'iphone' || of.kind === 'knox';
    return this.#mdmOf(of).enroll({
      upn: this.address(of),
      platform: of.kind === 'iphone' || of.kind === 'app' ? 'ios' : 'android',
      name: `Phone ${of.no}`,
      model: of.kind === 'iphone' || of.kind === 'app' ? 'iPhone 16' : KINDS[of.kind].model,
      serial: `SERIAL${of.no}`,
      emailAddress: this.address(of),
      ...(tells ? { easDeviceId: of.easId } : {}),
    });
  }

  #unenroll(of: Phone): void {
    if (of.enrolled !== null) this.#mdmOf(of).unenroll(of.enrolled.id);
    of.enrolled = null;
  }

  #change(of: Phone, changes: Partial<ManagedDevice>): void {
    if (of.enrolled !== null) of.enrolled = this.#mdmOf(of).updateManagedDevice(of.enrolled.id, changes);
  }

  /** Presses the newest link that was mailed about the phone. */
  async #press(of: Phone): Promise<void> {
    const mailbox = this.world.organization.mailboxByAddress(this.address(of))!.guid.toLowerCase();
    const at = new Date(this.world.now()).toISOString();
    const tokenId = `token-${(this.#ids += 1)}`;
    if (!of.isThere) return;
    of.pressedAt = Date.parse(at);
    await this.world.store.activations.add({ mailbox, easId: of.easId, at, userAgent: null, tokenId });
  }

  #reset(of: Phone, isTold: boolean): void {
    if (!of.isThere) return;
    of.easId = `${of.easId}A`;
    of.pressedAt = 0;
    if (isTold && (of.kind === 'iphone' || of.kind === 'knox')) this.#change(of, { easDeviceId: of.easId });
    this.world.letPass(60_000);
    this.#add(of);
  }

  #write(of: Phone, list: 'allowed' | 'blocked'): void {
    const mailbox = this.world.organization.mailboxByAddress(this.address(of))!;
    const property = list === 'allowed' ? 'allowedDeviceIds' : 'blockedDeviceIds';
    if ([...mailbox.allowedDeviceIds, ...mailbox.blockedDeviceIds].includes(of.easId)) return;
    mailbox[property] = [...mailbox[property], of.easId];
    this.entries.add(`${this.address(of)} ${of.easId}`);
  }
}

describe('whatever people do', () => {
  const history = fc.record({
    phones: fc.array(phone, { minLength: 2, maxLength: PHONES, size: 'max' }),
    steps: fc.array(step, { minLength: 8, maxLength: 25, size: 'max' }),
  });

  it('who has a right to mail has it in the end, who has none has not, and nobody is mailed twice about the same', async function () {
    this.timeout(180_000 + RUNS * 2_000);
    const seen: Record<string, number> = { allowed: 0, blocked: 0, mails: 0 };
    await fc.assert(
      fc.asyncProperty(history, async ({ phones, steps }) => {
        const people = await People.open(phones);
        const { world } = people;
        try {
          for (const one of steps) await people.step(one);
          people.back();
          // A return is believed for three days, a reading for one.
          for (const days of [0, 4, 0, 0]) {
            world.letPass(days * DAY_MS);
            await people.sync();
          }
          await assertRight(people, seen);
          const writes = world.writes;
          await people.sync();
          assert.equal(world.writes, writes, 'the same input again changes nothing');
        } finally {
          await world.close();
        }
      }),
      { numRuns: RUNS },
    );
    if (RUNS >= 60)
      for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `no device was ever ${what}`);
  });
});

async function assertRight(people: People, seen: Record<string, number>): Promise<void> {
  const { world } = people;
  const { store } = world;
  const held = (await store.plans.list()).length > 0;
  for (const of of people.phones.filter(({ isThere }) => isThere)) {
    const address = people.address(of);
    const { guid } = world.organization.mailboxByAddress(address)!;
    const key = `eas:exchange:${guid.toLowerCase()}:${foldEasId(of.easId)}`;
    const state = world.organization.partnership(address, of.easId)?.state;
    const row = (await store.devices.decided([key])).get(key) ?? assert.fail(`${key} was not decided about`);
    const told = (await store.devices.told([key])).get(key);
    const about = `${of.kind} of ${of.user}, ${row.decision} by ${row.rule} for ${row.reason}: ${state}`;
    if (people.entries.has(`${address} ${of.easId}`)) continue;
    const isOwn = of.enrolled?.easDeviceId === of.easId && of.enrolled.managementState === 'managed';
    if (isOwn && of.enrolled?.complianceState === 'compliant') assert.equal(state, 'allowed', about);
    if (isOwn && of.enrolled?.complianceState === 'noncompliant' && !held) assert.equal(state, 'blocked', about);
    if (of.kind === 'app' && !held) assert.equal(state, 'blocked', about);
    if (row.decision === 'block' && !held) assert.equal(state, 'blocked', about);
    if (row.decision === 'allow') assert.equal(state, 'allowed', about);
    if (row.decision === 'leave') assert.notEqual(told, undefined, `${about}, and nobody was told to look at it`);
    const as = row.decision === 'leave' ? 'left' : (state ?? '');
    seen[as] = (seen[as] ?? 0) + 1;
  }
  for (const user of USERS) await assertRightOfPixels(people, user);
  const about: string[] = [];
  for (const { id, kind, no } of await store.mails.list({ notifier: 'notifier', limit: 1_000 })) {
    for (const { deviceKey, episode } of await store.mails.devices(id))
      about.push([deviceKey, kind, episode, no].join(' '));
  }
  assert.deepEqual(
    about.filter((one, i) => about.indexOf(one) !== i),
    [],
    'one mail for each cause in an episode',
  );
  seen['mails'] = (seen['mails'] ?? 0) + about.length;
}

/** Pixels tell the MDM no EAS ID: one is let in by its link, and no more of them than are enrolled, whatever was pressed. */
async function assertRightOfPixels({ world, phones, entries }: People, user: Phone['user']): Promise<void> {
  const address = `${user}@contoso.example`;
  const own = phones.filter((one) => one.user === user && one.kind === 'pixel');
  const compliant = own.filter(
    ({ enrolled }) => enrolled?.managementState === 'managed' && enrolled.complianceState === 'compliant',
  );
  const { guid } = world.organization.mailboxByAddress(address)!;
  const accounts = world.organization
    .mailboxByAddress(address)!
    .partnerships.filter(({ deviceType }) => deviceType === 'Android');
  const rows = await world.store.devices.decided(
    accounts.map(({ deviceId }) => `eas:exchange:${guid.toLowerCase()}:${foldEasId(deviceId)}`),
  );
  const allowed = [...rows.values()].filter(({ decision }) => decision === 'allow').map(({ easId }) => easId);
  assert.ok(allowed.length <= compliant.length, `${allowed.join(' and ')} are let in by ${compliant.length} enrolled`);
  const [only, ...others] = own.filter(({ isThere, enrolled }) => isThere || enrolled !== null);
  if (only === undefined || others.length > 0 || !only.isThere || !compliant.includes(only)) return;
  if (only.pressedAt === 0 || entries.has(`${address} ${only.easId}`)) return;
  // A click claims what is enrolled within fourteen days.
  if (only.enrolledAt - only.pressedAt > 14 * DAY_MS) return;
  assert.equal(world.organization.partnership(address, only.easId)?.state, 'allowed', `the only Pixel of ${user}`);
}
