/** A plan that is staged as rows comes to what one in memory comes to, and what is not valid leaves no trace. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { approved, approvalOf } from '../../../src/access/approvals.ts';
import { HOLD_CODES, judgePlan } from '../../../src/access/brake.ts';
import { GUARD_CODES } from '../../../src/access/guard-plan.ts';
import type { GuardProblem } from '../../../src/access/guard-plan.ts';
import { MDM_AWAY } from '../../../src/access/mdm-away.ts';
import { PlanTally } from '../../../src/access/plan-tally.ts';
import type { PlannedChange } from '../../../src/access/plan.ts';
import { planDetails } from '../../../src/connector/listings/list-plans.ts';
import { makeValid } from '../../../src/connector/sync/held-plans.ts';
import { isAnythingGoing, plannedInMemory, queuePlan, queueRest } from '../../../src/connector/sync/queue-plan.ts';
import { clearCutOff, StagedPlan } from '../../../src/connector/sync/staged-plan.ts';
import { heldChangeOf } from '../../../src/connector/sync/stored-changes.ts';
import type { KeptHead } from '../../../src/connector/sync/stored-changes.ts';
import type { Json, Store } from '../../../src/store/store.ts';
import { planInMemory } from '../../access/plan-in-memory.ts';
import { openEmptyStore } from '../../store/records.ts';
import { anEas, guid, unmatched } from '../../support/records.ts';
import { SyncWorld } from './sync-world.ts';

const AT = '2026-06-02T12:00:00.000Z';
const RUNS = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 60 : 8;

/** Two devices a mailbox. */
function aChange(n: number, action: PlannedChange['action'], code: string, lowers: boolean): PlannedChange {
  const owner = n >> 1;
  const mailbox = { id: guid(owner), address: `user${owner}@corp.example` };
  const device = unmatched(anEas({ easId: `EAS${String(n).padStart(3, '0')}`, mailbox }));
  return {
    key: device.key,
    organization: 'org',
    mailboxId: guid(owner),
    easId: device.eas!.easId,
    action,
    from: 'allowed',
    to: 'blocked',
    edit: {},
    lowers,
    plannedAt: AT,
    decision: {
      action: action === 'remove' ? 'block' : action,
      rule: `Rule ${n % 3}`,
      reason: { code, text: `Because of ${code}.`, evidence: [] },
      report: false,
    },
    device,
  };
}

/** The changes of a world: one a device, some approved before. */
const worlds = fc
  .uniqueArray(
    fc.record({
      n: fc.integer({ min: 0, max: 40 }),
      action: fc.constantFrom('allow', 'block', 'release', 'remove'),
      code: fc.constantFrom('not-enrolled', 'noncompliant', MDM_AWAY),
      lowers: fc.boolean(),
      isNew: fc.boolean(),
      isIdle: fc.boolean(),
      approvedFor: fc.option(fc.constantFrom(...HOLD_CODES)),
    }),
    { selector: ({ n }) => n, maxLength: 30 },
  )
  .map((all) =>
    all.map(({ n, action, code, lowers, isNew, isIdle, approvedFor }) => {
      // An allow takes nothing away.
      const plain = aChange(n, action, code, lowers && action !== 'allow');
      const { device } = plain;
      const change: PlannedChange = {
        ...plain,
        ...(isNew && plain.lowers ? { isNew } : {}),
        ...(isIdle ? { device: { ...device, reason: { ...device.reason, code: 'idle' } } } : {}),
      };
      const approval = { by: 'Ida', at: AT, plan: 'p', reason: approvedFor ?? '' };
      return { change, waiting: approvedFor === null ? null : approved(change, approval) };
    }),
  );

const problems = fc
  .uniqueArray(fc.constantFrom(...GUARD_CODES), { maxLength: 2 })
  .map((codes): GuardProblem[] => codes.map((code) => ({ about: 'mdm', code, text: `${code}.` })));

describe('a plan', () => {
  let store: Store;
  let plans = 0;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const partsOf = () => ({
    store,
    flow: { run: 'run', hears: () => true, notifiers: () => [], storeless: () => [], untold: new Set<string>() },
    exchange: { organization: 'org' } as SyncWorld['exchange'],
    now: () => Date.parse(AT),
  });
  const aPlan = (inMemory?: number, simulated = false): StagedPlan => {
    plans += 1;
    return new StagedPlan(partsOf(), { id: `p${plans}`, organization: 'org', at: AT, simulated }, inMemory);
  };

  /** Takes the changes in pages, as a sync does, the first one twice. */
  async function fill(plan: StagedPlan, changes: readonly PlannedChange[], pageSize: number): Promise<void> {
    for (let start = 0; start < changes.length; start += pageSize) {
      const page = changes.slice(start, start + pageSize);
      for (const change of start === 0 ? [...page, ...page] : page) plan.add(change);
      await plan.keep();
    }
    for (const change of changes.slice(0, pageSize)) plan.add(change);
    await plan.keep(true);
  }

  async function all(pages: AsyncIterable<readonly PlannedChange[]>): Promise<PlannedChange[]> {
    const changes: PlannedChange[] = [];
    for await (const page of pages) changes.push(...page);
    return changes;
  }

  /** As the store gives it back. */
  const kept = (changes: readonly object[]): unknown => JSON.parse(JSON.stringify(changes));
  const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);

  it('comes to the same in memory, in rows, and half in rows: what goes, what is held, why, and how it is told', () =>
    fc.assert(
      fc.asyncProperty(
        worlds,
        problems,
        fc.record({ brakePercent: fc.constantFrom(0, 10, 100), brakeCount: fc.integer({ min: 0, max: 6 }) }),
        fc.integer({ min: 1, max: 9 }),
        async (world, found, chosen, pageSize) => {
          const limits = {
            ...chosen,
            mailboxes: 40,
            devices: 60,
            brakePerDay: null,
            today: { known: 0, new: 0 },
            firstReadOf: [],
          };
          const waiting = world.flatMap((one) => one.waiting ?? []);
          const expected = planInMemory(
            world.map(({ change }) => change),
            waiting,
            found,
            limits,
          );
          const marked = world.map((one) => {
            const approval = approvalOf(one.change, one.waiting);
            return approval === null ? one.change : { ...one.change, approvedBy: approval.by, approval };
          });
          const heads: unknown[] = [];
          for (const inMemory of [undefined, 0, 5]) {
            await store.together(({ plans: rows }) => rows.removeOthers('org', null));
            for (const { key } of await store.outbox.list()) await store.outbox.remove(key);
            const plan = aPlan(inMemory);
            await fill(plan, marked, pageSize);
            const verdict = judgePlan(plan.tally.classes, await plan.mailboxes(), found, limits);
            assert.deepEqual(kept(await all(plan.pages(verdict, 'goes'))), kept(expected.goes));
            assert.deepEqual([verdict.reason, plan.tally.counts.changesByReason], [expected.reason, countsOf(marked)]);
            const summary = plan.tally.summary((one) => verdict.of(one) === 'held');
            const { reason } = verdict;
            const held: KeptHead | null = reason === null ? null : { ...plan.head, reason, ...summary };
            const queue = await plannedInMemory(partsOf(), plan, verdict);
            const { told } = await makeValid(partsOf(), plan, verdict, { held, older: null }, queue);
            await queuePlan(partsOf(), plan, verdict, new Set());
            const rows = await store.plans.changes(plan.head.id, { limit: 100 });
            const unmarked = expected.held.map((change) => heldChangeOf({ change: change as unknown as Json })!);
            assert.deepEqual(kept(rows.map((row) => heldChangeOf(row)!)), kept(unmarked.sort(byKey)));
            const queued = (await store.outbox.list()).map(({ change }) => change);
            assert.deepEqual(queued, kept([...expected.goes].sort(byKey)));
            assert.equal(told?.news.plan?.count ?? 0, expected.held.length);
            const { id: ___, ...head } = (held ?? { id: '' }) as KeptHead;
            const groups = plan.tally.groups((one) => verdict.of(one) === 'held');
            const { id: ____, ...news } = told?.news.plan ?? { id: '' };
            heads.push([head, groups, news]);
          }
          assert.deepEqual([heads[1], heads[2]], [heads[0], heads[0]]);
        },
      ),
      { numRuns: RUNS },
    ));

  function countsOf(changes: readonly PlannedChange[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { decision } of changes) counts[decision.reason.code] = (counts[decision.reason.code] ?? 0) + 1;
    return counts;
  }

  const blocks = Array.from({ length: 12 }, (_, n) => aChange(n, 'block', 'not-enrolled', true));
  const allows = Array.from({ length: 3 }, (_, n) => aChange(n + 20, 'allow', 'merged', false));
  const LIMITS = {
    brakePercent: 0,
    brakeCount: 2,
    mailboxes: 100,
    devices: 100,
    brakePerDay: null,
    today: { known: 0, new: 0 },
    firstReadOf: [],
  };

  it('that is held tells of the same as before whatever order its changes come in, and of another when one is gone', () => {
    const digest = (changes: readonly PlannedChange[]): string => {
      const tally = new PlanTally();
      for (const change of changes) tally.add(change);
      return tally.summary(() => true).digest;
    };
    assert.equal(digest(blocks.toReversed()), digest(blocks));
    const changed = new Set([
      digest(blocks),
      digest(blocks.slice(1)),
      digest([aChange(0, 'block', 'noncompliant', true), ...blocks.slice(1)]),
      digest([aChange(0, 'release', 'not-enrolled', true), ...blocks.slice(1)]),
    ]);
    assert.equal(changed.size, 4);
  });

  it('that is valid and was cut off on its way into the outbox is put there whole, and what it holds stays held', async () => {
    const plan = aPlan(0);
    await fill(plan, [...blocks, ...allows], 4);
    const verdict = judgePlan(plan.tally.classes, await plan.mailboxes(), [], LIMITS);
    const held = { ...plan.head, reason: verdict.reason!, ...plan.tally.summary(({ part }) => part === 'shuts') };
    await makeValid(partsOf(), plan, verdict, { held, older: null }, await plannedInMemory(partsOf(), plan, verdict));
    const { id } = plan.head;
    const parts = partsOf();
    assert.deepEqual([await isAnythingGoing(parts), await store.plans.count(id)], [true, 12]);
    assert.equal((await planDetails(store, id, { limit: 2 })).changes.length, 2);
    await queueRest(parts);
    assert.deepEqual(
      [await isAnythingGoing(parts), await store.plans.count(id), await store.outbox.count({ organization: 'org' })],
      [false, 12, 3],
    );
    assert.equal((await store.plans.staged(id, { limit: 100 })).length, 12);
  });

  it('of a simulation is dropped in the end, and one that was cut off is cleared when the next sync begins', async () => {
    const simulated = aPlan(0, true);
    await fill(simulated, blocks, 4);
    const cutOff = aPlan(0);
    await fill(cutOff, blocks, 4);
    const rowsOf = async ({ head }: StagedPlan): Promise<number> =>
      (await store.plans.staged(head.id, { limit: 100 })).length;
    await clearCutOff(partsOf(), 'org');
    assert.deepEqual([await rowsOf(simulated), await rowsOf(cutOff)], [12, 0]);
    await assert.rejects(
      cutOff.keep(true).then(() => fill(cutOff, allows, 1)),
      { code: 'ERR_SNAPSHOT_INCOMPLETE' },
    );
    await simulated.drop();
    assert.equal(await rowsOf(simulated), 0);
  });
});

describe('a sync', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
  });
  afterEach(() => world.close());

  /** Runs with a store that counts what is written to plans, outbox and announcements, transactions too. */
  async function writesOf(run: () => Promise<unknown>): Promise<string[]> {
    const WRITES = /^(?:stage|put|putMany|validate|gone|update|take|remove|removeOthers|hurry|add|emit|settle)$/;
    const log: string[] = [];
    const watched = <T extends object>(parts: T): T =>
      new Proxy(parts, {
        get: (target, name) => {
          const part: unknown = Reflect.get(target, name);
          if (name === 'together')
            return (work: (of: object) => unknown) => {
              log.push('together');
              return (part as (work: (of: object) => unknown) => unknown).call(target, (of) => work(watched(of)));
            };
          if (!['plans', 'outbox', 'announcements'].includes(String(name))) return part;
          return new Proxy(part as object, {
            get: (repository, method) => {
              if (WRITES.test(String(method))) log.push(`${String(name)}.${String(method)}`);
              const call: unknown = Reflect.get(repository, method);
              return typeof call === 'function' ? (call.bind(repository) as unknown) : call;
            },
          });
        },
      });
    const { parts } = world;
    Object.defineProperty(world, 'parts', {
      configurable: true,
      get: () => ({ ...parts, store: watched(parts.store) }),
    });
    await run();
    return log;
  }

  it('with nothing to change stages, queues and tells nothing; that it has decided is all it says', async () => {
    world.addPhone('anna');
    world.enroll('anna');
    await world.sync();
    assert.deepEqual(await writesOf(() => world.read('eas')), ['together']);
  });

  it('with a change queues it in one transaction, and keeps what became of it in another', async () => {
    world.addPhone('anna');
    assert.deepEqual(await writesOf(() => world.sync()), [
      'together',
      'together',
      'outbox.putMany',
      'together',
      'announcements.add',
      'outbox.remove',
    ]);
  });

  it('that breaks off in the middle leaves no trace of its plan', async () => {
    world.keepInMemory(0);
    for (const alias of ['anna', 'ben', 'carla', 'dora', 'emil']) world.addPhone(alias);
    await world.readOnly('mdm');
    await world.readOnly('eas');
    const { parts } = world;
    let pages = 0;
    Object.defineProperty(world, 'parts', {
      configurable: true,
      get: () => {
        pages += 1;
        if (pages > 2) throw new Error('The power went.');
        return parts;
      },
    });
    await assert.rejects(world.match(), /The power went/);
    assert.deepEqual([(await world.plansInRows()).length, await world.store.plans.list(), world.writes], [1, [], 0]);
    Object.defineProperty(world, 'parts', { configurable: true, value: parts });
    await world.sync();
    assert.deepEqual([world.writes, await world.plansInRows()], [5, []]);
  });

  it('makes what opens mail before what shuts it, however they wait', async () => {
    const ALIASES = ['anna', 'ben', 'carla', 'dora'];
    for (const alias of ALIASES) world.addPhone(alias);
    const all = (action: 'block' | 'leave') => world.set({ rules: [{ name: 'All', when: [], action }] });
    all('block');
    await world.sync();
    for (const alias of ALIASES) world.syncPhone(alias);
    for (const alias of ['ben', 'dora']) world.enroll(alias);
    for (const alias of ['adam', 'emil', 'gero']) world.addPhone(alias);
    world.set({});
    world.told.length = 0;
    await world.sync();
    assert.deepEqual(
      world.told.map(({ kind }) => kind),
      ['allowed', 'allowed', 'blocked', 'blocked', 'blocked'],
    );
  });
});
