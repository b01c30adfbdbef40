/**
 * Syncs about what was touched beside syncs about everything: two worlds live through the same history, one decides by
 * difference and the other about all devices each time. After each step both have come to the same.
 */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { lookAtOrganization } from '../../../src/connector/matching/match-organization.ts';
import { lookAfterSwitch } from '../../../src/connector/sync/operator-requests.ts';
import type { KeptHead } from '../../../src/connector/sync/stored-changes.ts';
import type { SwitchSettings } from '../../../src/connector/sync/switch-settings.ts';
import { sequentialIds } from '../../../src/lab/organization.ts';
import type { LabGroup } from '../../../src/lab/directory.ts';
import type { ManagedDevice } from '../../../src/lab/managed-devices.ts';
import type { Rule } from '../../../src/access/rules.ts';
import { isConnectorError } from '../../../src/errors.ts';
import type { DeviceRecord } from '../../../src/model/records.ts';
import { allOf } from '../../store/records.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

const ALIASES = ['anna', 'ben', 'carla', 'dora'] as const;
type Alias = (typeof ALIASES)[number];

const HOUR_MS = 3_600_000;

/** Rules that read the clock, the sync time, lists and groups. */
const RULES: readonly (readonly Rule[])[] = [
  [],
  [
    { name: 'grace', when: [{ field: 'ageHours', below: 24 }], action: 'leave' },
    { name: 'idle', when: [{ field: 'idleHours', atLeast: 72 }], action: 'block' },
    { name: 'merged', when: [{ field: 'status', is: ['eas/mdm'] }], action: 'allow' },
    { name: 'rest', when: [], action: 'block' },
  ],
  [
    { name: 'until', when: [], action: 'allow', until: '2026-06-03T08:00:00.000Z' },
    { name: 'compliant', when: [{ field: 'compliance', is: ['compliant', 'in-grace'] }], action: 'allow' },
    { name: 'rest', when: [{ field: 'status', is: ['eas'] }], action: 'block' },
  ],
  [
    { name: 'exempt', when: [{ field: 'group', in: ['vip@contoso.example'] }], action: 'release' },
    { name: 'merged', when: [{ field: 'status', is: ['eas/mdm'] }], action: 'allow' },
    { name: 'rest', when: [], action: 'block' },
  ],
];

/** What may happen. */
type Step =
  | { readonly do: 'phone' | 'sync-phone' | 'drawer' | 'remove' | 'take-off' | 'click'; readonly who: Alias }
  | { readonly do: 'enroll' | 'enroll-silent' | 'unenroll'; readonly who: Alias }
  | { readonly do: 'steal'; readonly who: Alias; readonly from: Alias }
  | { readonly do: 'comply'; readonly who: Alias; readonly how: 'compliant' | 'noncompliant' | 'inGracePeriod' }
  | { readonly do: 'join'; readonly who: Alias; readonly isIn: boolean }
  | { readonly do: 'away'; readonly isAway: boolean }
  | { readonly do: 'behind'; readonly isBehind: boolean }
  | { readonly do: 'block'; readonly who: Alias }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'rules'; readonly which: number }
  | { readonly do: 'brake'; readonly count: number; readonly percent: number }
  | { readonly do: 'device'; readonly who: Alias; readonly n: number; readonly kind: 'ios' | 'android' }
  | { readonly do: 'read'; readonly source: 'eas' | 'mdm' }
  | { readonly do: 'match' | 'sync' | 'dry' | 'cut-off' | 'lose-page' | 'restart' | 'approve' | 'discard' | 'undo' }
  | { readonly do: 'refuse'; readonly who: Alias; readonly isRefused: boolean };

const who = fc.constantFrom(...ALIASES);
const to = <T extends string>(...names: readonly [T, ...T[]]): fc.Arbitrary<T> => fc.constantFrom(...names);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: to('phone', 'sync-phone', 'phone', 'sync-phone', 'drawer', 'remove', 'take-off', 'click'),
      who,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: to('enroll', 'enroll-silent', 'unenroll'), who }) },
  { weight: 2, arbitrary: fc.record({ do: to('steal'), who, from: who }) },
  { weight: 4, arbitrary: fc.record({ do: to('comply'), who, how: to('compliant', 'noncompliant', 'inGracePeriod') }) },
  { weight: 2, arbitrary: fc.record({ do: to('join'), who, isIn: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: to('refuse'), who, isRefused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: to('away'), isAway: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: to('behind'), isBehind: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: to('block'), who }) },
  { weight: 4, arbitrary: fc.record({ do: to('wait'), hours: fc.constantFrom(0.2, 5, 23, 25, 80) }) },
  { weight: 2, arbitrary: fc.record({ do: to('rules'), which: fc.nat({ max: RULES.length - 1 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: to('brake'), count: fc.constantFrom(0, 1, 100), percent: fc.constantFrom(0, 0, 40) }),
  },
  { weight: 2, arbitrary: fc.record({ do: to('device'), who, n: fc.nat({ max: 2 }), kind: to('ios', 'android') }) },
  { weight: 6, arbitrary: fc.record({ do: to('read'), source: to('eas', 'mdm') }) },
  { weight: 6, arbitrary: fc.record({ do: to('match', 'sync', 'dry', 'cut-off', 'lose-page', 'restart') }) },
  { weight: 6, arbitrary: fc.record({ do: to('approve', 'discard', 'approve', 'discard', 'undo') }) },
);

/** One of the two worlds, and what its people have enrolled. */
class Living {
  readonly world: SyncWorld;
  readonly #enrolled = new Map<Alias, ManagedDevice>();
  readonly #group: LabGroup;
  #clicks = 0;
  /** A run was cut off: which devices it has decided about hangs on which others it was about. */
  #isHalfDecided = false;

  constructor(world: SyncWorld) {
    this.world = world;
    this.#group = world.organization.addGroup({ name: 'VIP', address: 'vip@contoso.example' });
  }

  /** @param pageSize devices in a page of a match: of several, those between its ends are known to be alone, or not */
  static async open(matchesAll: boolean, pageSize: number): Promise<Living> {
    const world = await SyncWorld.open({ newId: sequentialIds() });
    world.matchesAll = matchesAll;
    world.pageSize = pageSize;
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    await world.sync();
    return new Living(world);
  }

  async take(one: Step): Promise<void> {
    const { world } = this;
    switch (one.do) {
      case 'phone':
      case 'sync-phone':
        if (this.#mailbox(one.who) === null) world.addPhone(one.who);
        else world.syncPhone(one.who);
        return;
      case 'drawer':
        // As if it had lain there for long.
        if (this.#mailbox(one.who)?.partnerships.length !== 1 || world.state(one.who) === undefined) return;
        world.setFirstSync(one.who, world.now() - 9_000 * HOUR_MS);
        world.setLastAttempt(one.who, world.now() - 2_000 * HOUR_MS);
        return;
      case 'enroll':
      case 'enroll-silent':
        if (this.#enrolled.has(one.who)) return;
        this.#enrolled.set(one.who, world.enroll(one.who, one.do === 'enroll' ? {} : { easDeviceId: '' }));
        return;
      case 'steal':
        if (this.#enrolled.has(one.who)) return;
        this.#enrolled.set(one.who, world.enroll(one.who, { easDeviceId: easIdOf(one.from) }));
        return;
      case 'unenroll': {
        const device = this.#enrolled.get(one.who);
        if (device !== undefined) world.unenroll(device);
        this.#enrolled.delete(one.who);
        return;
      }
      case 'comply': {
        const device = this.#enrolled.get(one.who);
        if (device === undefined) return;
        const graceUntil = new Date(world.now() + 30 * HOUR_MS).toISOString();
        world.organization.setCompliance(device.id, one.how, graceUntil);
        return;
      }
      case 'click': {
        const mailbox = this.#mailbox(one.who);
        if (mailbox === null) return;
        const at = new Date(world.now()).toISOString();
        const tokenId = `click ${(this.#clicks += 1)}`;
        await world.store.activations.add({
          mailbox: mailbox.guid,
          easId: easIdOf(one.who),
          at,
          userAgent: null,
          tokenId,
        });
        return;
      }
      case 'take-off':
        if (this.#mailbox(one.who) !== null) world.setLists(one.who, { blocked: [], allowed: [] });
        return;
      case 'remove': {
        const { organization } = world;
        const partnership = organization.partnership(`${one.who}@contoso.example`, easIdOf(one.who));
        if (partnership !== null) organization.removePartnership(partnership);
        return;
      }
      case 'join': {
        const mailbox = this.#mailbox(one.who);
        if (mailbox === null) return;
        const others = this.#group.members.filter((member) => member !== mailbox);
        this.#group.members = one.isIn ? [...others, mailbox] : others;
        // What was read is believed for a quarter of an hour.
        world.letPass(HOUR_MS / 2);
        await world.match();
        return;
      }
      case 'behind':
        if (one.isBehind) world.organization.fallBehind();
        else world.organization.catchUp();
        return;
      case 'block':
        if (this.#mailbox(one.who) !== null) world.setLists(one.who, { blocked: [easIdOf(one.who)] });
        return;
      case 'away':
        world.setDeaf(one.isAway);
        return;
      case 'undo':
        await world.undo();
        return;
      case 'wait':
        // Whether a device is a new one hangs on when it was first decided about.
        if (this.#isHalfDecided) await world.match();
        this.#isHalfDecided = false;
        world.letPass(one.hours * HOUR_MS);
        return;
      case 'rules':
        await this.#deploy({ rules: RULES[one.which]! });
        return;
      case 'brake':
        await this.#deploy({ brakeCount: one.count, brakePercent: one.percent });
        return;
      case 'device':
        if (this.#mailbox(one.who) !== null) world.addDevice(one.who, `${one.who}${one.n}`, one.kind);
        return;
      case 'read':
        await world.readOnly(one.source);
        return;
      case 'match':
        await world.match();
        return;
      case 'sync':
        try {
          await world.sync();
        } catch (thrown) {
          // An MDM that is away leads to no match: what was cut off before would be compared half decided.
          if (this.#isHalfDecided) await world.match();
          throw thrown;
        }
        return;
      case 'dry':
        await world.sync({ dryRun: true });
        return;
      case 'cut-off':
        this.#isHalfDecided = true;
        await world.match({ isCutOff: true });
        return;
      case 'lose-page':
        this.#isHalfDecided = true;
        await world.match({ losesFirst: true });
        return;
      case 'restart':
        world.restart();
        return;
      case 'approve':
      case 'discard': {
        const [held] = await world.store.plans.list();
        if (held !== undefined) await (one.do === 'approve' ? world.approve(held.id) : world.discard(held.id));
        return;
      }
      case 'refuse': {
        const id = this.#mailbox(one.who)?.guid.toLowerCase();
        if (id !== undefined && one.isRefused) world.refused.add(id);
        else if (id !== undefined) world.refused.delete(id);
      }
    }
  }

  /** The switch is deployed with other settings. */
  async #deploy(settings: Partial<SwitchSettings>): Promise<void> {
    this.world.set({ ...this.world.settings, ...settings });
    this.world.restart();
    await lookAfterSwitch(this.world.parts, { atStart: true });
  }

  #mailbox(alias: Alias) {
    return this.world.organization.mailboxByAddress(`${alias}@contoso.example`);
  }

  /** What it has come to: what is decided, held, queued, written and one with what. */
  async state(): Promise<unknown> {
    const { store, name } = this.world;
    const signal = new AbortController().signal;
    const devices: DeviceRecord[] = [];
    const look = await lookAtOrganization(store, name, this.world.matcher, {
      now: this.world.now(),
      pageSize: 50,
      signal,
    });
    if (look !== null) for await (const { records } of look.devices()) devices.push(...records);
    const keys = devices.map(({ key }) => key);
    const decided = [...(await store.devices.decided(keys)).values()];
    const held = await Promise.all(
      (await store.plans.list()).map(async ({ id, reason, plan }) => ({
        reason,
        head: headOf(plan as unknown as KeptHead),
        changes: (await store.plans.changes(id, { limit: 50 })).map(({ key, action, class: name }) => [
          key,
          action,
          name,
        ]),
      })),
    );
    return {
      decided: decided
        .map(({ key, decision, rule, reason, state }) => [key, decision, rule, reason, state].join(' '))
        .sort(),
      held,
      outbox: (await store.outbox.list()).map(({ key, state, turn }) => [key, state, turn]),
      entries: (await store.entries.list()).map(({ mailboxId, list, state, rule }) => [mailboxId, list, state, rule]),
      merges: [...(await store.merges.getMany(keys)).values()].flatMap(({ easKey, mdmKey, by, until }) =>
        until === null ? [[easKey, mdmKey, by]] : [],
      ),
      counts: await store.devices.counts(name),
      mailboxes: await store.devices.mailboxes(name),
      isMiscounted: await store.devices.recount(name),
      lists: ALIASES.map((alias) => (this.#mailbox(alias) === null ? null : this.world.lists(alias))),
    };
  }
}

/** What is told of a held plan; which devices stand for the others, and in which words, may differ. */
function headOf({ count, byReason, digest, groups, classes = [], mailboxes }: KeptHead): unknown {
  const grouped = groups.map(({ action, reason, rule, count: of, held }) => [action, reason, rule, of, held].join(' '));
  const numbers = classes.map(({ name, count: of, lowering }) => [name, of, lowering]);
  return { count, byReason, digest, grouped: grouped.sort(), numbers, mailboxes };
}

describe('syncs about what was touched', function () {
  this.timeout(1_200_000);
  const RUNS = Number(
    process.env['DIFFERENCE_RUNS'] ?? (process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 200 : 20),
  );

  it('come to what syncs about everything come to, after each step of whatever history', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 14 }),
        fc.constantFrom(2, 3, 500),
        async (steps, size) => {
          const [some, all] = [await Living.open(false, size), await Living.open(true, size)];
          try {
            for (const one of [...steps, { do: 'sync' } as const]) {
              // Both clocks go on alike: what one of them reads more often must not make it older.
              const at = Math.max(some.world.now(), all.world.now());
              some.world.letPass(at - some.world.now());
              all.world.letPass(at - all.world.now());
              for (const living of [some, all]) {
                await living.take(one).catch((thrown: unknown) => {
                  if (!isConnectorError(thrown)) throw thrown;
                });
              }
              if (['sync', 'match'].includes(one.do)) {
                assert.deepEqual(await some.state(), await all.state(), `after ${JSON.stringify(one)}`);
                const stale = all.world.reports.filter(({ problems }) =>
                  problems?.some(({ code }) => code === 'ERR_DECISION_STALE'),
                );
                assert.deepEqual(stale, [], 'whoever came out otherwise had been touched');
              }
            }
          } finally {
            await some.world.close();
            await all.world.close();
          }
        },
      ),
      { numRuns: RUNS },
    ));
});

describe('the sync about everything that is made once a day', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    world.enroll('ben');
    await world.sync();
    await world.sync();
  });
  afterEach(() => world.close());

  /** A day later; what the sync after the first reading was about, and its problems. */
  async function nextDay(): Promise<readonly unknown[]> {
    world.letPass(25 * HOUR_MS);
    const { sync, problems } = await world.read('mdm');
    return [sync.scope ?? 'all', problems?.map(({ code }) => code) ?? []];
  }

  it('finds what syncs about what was touched have come to, day after day', async () => {
    assert.deepEqual(
      [await nextDay(), await nextDay()],
      [
        ['all', []],
        ['all', []],
      ],
    );
    assert.equal((await world.read('mdm')).sync.scope, 'changes');
  });

  it('says so when a device comes out otherwise though nothing had touched it, and decides rightly', async () => {
    const keys = (await allOf(world.store.snapshots.read('eas', world.name))).map(({ key }) => key);
    const [known] = (await world.store.devices.decided(keys)).values();
    const { since: at, ...row } = known ?? assert.fail('nothing was decided');
    await world.store.devices.decide([{ ...row, decision: 'leave', firstSyncAt: null, at }]);
    assert.deepEqual(await nextDay(), ['all', ['ERR_DECISION_STALE']]);
    assert.equal((await world.store.devices.decided(keys)).get(row.key)?.decision, row.decision);
    assert.deepEqual(await nextDay(), ['all', []]);
  });
});
