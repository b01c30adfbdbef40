/**
 * Syncs about what was touched beside syncs about everything: two worlds live through the same history, one decides by
 * difference and the other about all devices each time. After each step both have come to the same.
 */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { lookAtOrganization } from '../../../src/connector/matching/match-organization.ts';
import { sequentialIds } from '../../../src/lab/organization.ts';
import type { ManagedDevice } from '../../../src/lab/managed-devices.ts';
import type { Rule } from '../../../src/access/rules.ts';
import { isConnectorError } from '../../../src/errors.ts';
import type { DeviceRecord } from '../../../src/model/records.ts';
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
];

/** What may happen. */
type Step =
  | {
      readonly do: 'phone' | 'sync-phone' | 'enroll' | 'enroll-silent' | 'unenroll' | 'click' | 'take-off';
      readonly who: Alias;
    }
  | { readonly do: 'steal'; readonly who: Alias; readonly from: Alias }
  | { readonly do: 'comply'; readonly who: Alias; readonly how: 'compliant' | 'noncompliant' | 'inGracePeriod' }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'rules'; readonly which: number }
  | { readonly do: 'brake'; readonly count: number }
  | { readonly do: 'lose-page'; readonly page: number }
  | { readonly do: 'read'; readonly source: 'eas' | 'mdm' }
  | { readonly do: 'match' | 'sync' | 'dry' | 'cut-off' | 'restart' | 'approve' | 'discard' | 'refuse' };

const who = fc.constantFrom(...ALIASES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('phone', 'sync-phone'), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('enroll', 'enroll-silent', 'unenroll'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('click', 'take-off'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('steal' as const), who, from: who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('comply' as const),
      who,
      how: fc.constantFrom('compliant', 'noncompliant', 'inGracePeriod'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(0.2, 5, 23, 25, 80) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rules' as const), which: fc.nat({ max: RULES.length - 1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('brake' as const), count: fc.constantFrom(0, 1, 100) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), source: fc.constantFrom('eas', 'mdm') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose-page' as const), page: fc.nat({ max: 2 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('match', 'sync', 'sync', 'dry', 'cut-off', 'restart', 'approve', 'discard', 'refuse'),
    }),
  },
) as fc.Arbitrary<Step>;

/** One of the two worlds, and what its people have enrolled. */
class Living {
  readonly world: SyncWorld;
  readonly #enrolled = new Map<Alias, ManagedDevice>();
  #clicks = 0;

  constructor(world: SyncWorld) {
    this.world = world;
  }

  static async open(matchesAll: boolean): Promise<Living> {
    const world = await SyncWorld.open({ newId: sequentialIds() });
    world.matchesAll = matchesAll;
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
        if (device !== undefined) world.organization.setCompliance(device.id, one.how);
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
      case 'wait':
        world.letPass(one.hours * HOUR_MS);
        return;
      case 'rules':
        world.set({ ...world.settings, rules: RULES[one.which]! });
        return;
      case 'brake':
        world.set({ ...world.settings, brakeCount: one.count, brakePercent: 0 });
        return;
      case 'read':
        await world.readOnly(one.source);
        return;
      case 'match':
        await world.match();
        return;
      case 'sync':
        await world.sync();
        return;
      case 'dry':
        await world.sync({ dryRun: true });
        return;
      case 'cut-off':
        await world.match({ stopAfter: 0 });
        return;
      case 'lose-page':
        await world.match({ lose: one.page });
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
      case 'refuse':
        world.failures.push('refused');
    }
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
      (await store.plans.list()).map(async ({ id, reason }) => ({
        reason,
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
      merges: [...(await store.merges.getMany(keys)).values()].map(({ easKey, mdmKey, by }) => [easKey, mdmKey, by]),
      counts: await store.devices.counts(name),
      lists: ALIASES.map((alias) => (this.#mailbox(alias) === null ? null : this.world.lists(alias))),
    };
  }
}

describe('syncs about what was touched', function () {
  this.timeout(300_000);
  const RUNS = Number(process.env['DIFFERENCE_RUNS'] ?? 300);

  it('come to what syncs about everything come to, after each step of whatever history', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const [some, all] = [await Living.open(false), await Living.open(true)];
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
              // Other rules or groups make the next sync one about everything.
              await some.world.match();
              await all.world.match();
              assert.deepEqual(await some.state(), await all.state(), `after ${JSON.stringify(one)}`);
            }
          }
        } finally {
          await some.world.close();
          await all.world.close();
        }
      }),
      { numRuns: RUNS },
    ));
});
