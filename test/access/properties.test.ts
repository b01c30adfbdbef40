import assert from 'node:assert/strict';
import { REPLICATION_MS } from '../../src/access/replication.ts';
import * as fc from 'fast-check';
import type { Ledger } from '../../src/access/apply.ts';
import type { GuardProblem } from '../../src/access/guard-plan.ts';
import type { MatchOptions } from '../../src/match/match-scene.ts';
import type { AccessState, Compliance, DeviceRecord, EasRecord } from '../../src/model/records.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { ExchangeModel } from './exchange-model.ts';
import { matchAll, switchAccess, undoAll } from './reconcile.ts';
import { activationsOf, easOf, easRecord, mdmOf, pairingsOf, phones, READ_AT } from './worlds.ts';
import type { Phone } from './worlds.ts';

const NOW = READ_AT + 3_600_000;
const COMPLETE: MatchOptions = { mdmStartedAt: new Date(READ_AT).toISOString(), mdmComplete: true, mdmFresh: true };
const levels = fc.constantFrom<AccessState>('allowed', 'blocked', 'quarantined');

async function withStore(act: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({ engine: 'sqlite', path: ':memory:' });
  try {
    await act(store);
  } finally {
    await store.close();
  }
}

/** Exchange with the phones' accounts and the administrator's entries. */
function exchangeOf(all: readonly Phone[], level: AccessState): ExchangeModel {
  const exchange = new ExchangeModel();
  exchange.defaultState = level;
  for (const phone of all) {
    const eas = easRecord(phone);
    if (phone.admin) exchange.edit(eas.mailbox.id, phone.admin, [eas.easId]);
    if (phone.account) exchange.sync(eas);
  }
  return exchange;
}

function matchWorld(
  all: readonly Phone[],
  eas: readonly EasRecord[],
  match: MatchOptions = COMPLETE,
): Promise<DeviceRecord[]> {
  return matchAll({ eas, mdm: mdmOf(all), activations: activationsOf(all), pairings: pairingsOf(all), match });
}

describe('whatever the users do', () => {
  it('the same input twice gives an empty second plan, though states lag', () =>
    fc.assert(
      fc.asyncProperty(phones, levels, fc.boolean(), async (all, level, phonesSync) => {
        await withStore(async (store) => {
          const exchange = exchangeOf(all, level);
          await switchAccess(await matchWorld(all, exchange.records()), { exchange, store, now: NOW });
          if (phonesSync) for (const eas of easOf(all)) exchange.sync(eas);
          const writes = exchange.writes.length;
          const second = await switchAccess(await matchWorld(all, exchange.records()), {
            exchange,
            store,
            now: NOW + 1,
          });
          assert.deepEqual(second.plan.changes, []);
          assert.equal(exchange.writes.length, writes);
        });
      }),
      { numRuns: 150 },
    ));

  it('what was written has the effect that was meant, and nobody a rule allows is blocked by us', () =>
    fc.assert(
      fc.asyncProperty(phones, levels, async (all, level) => {
        await withStore(async (store) => {
          const exchange = exchangeOf(all, level);
          const { plan, results } = await switchAccess(await matchWorld(all, exchange.records()), {
            exchange,
            store,
            now: NOW,
          });
          assert.deepEqual(
            results.map(({ outcome }) => outcome),
            plan.changes.map(() => 'applied'),
          );
          for (const change of plan.changes) {
            assert.equal(exchange.stateAtNextSync(change.device.eas!), change.to);
            assert.equal(change.action, change.decision.action);
          }
          const changed = new Set(plan.changes.map(({ key }) => key));
          for (const eas of exchange.records().filter(({ key }) => !changed.has(key))) {
            const before = exchangeOf(all, level).stateAtNextSync(eas);
            assert.equal(exchange.stateAtNextSync(eas), before, 'an unchanged device keeps its state');
          }
        });
      }),
      { numRuns: 150 },
    ));

  it('the order of records, the size of pages and repeated pages do not matter', () =>
    fc.assert(
      fc.asyncProperty(
        phones,
        fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        async (all, order, pageSize) => {
          const eas = easOf(all);
          const sync = { mdm: mdmOf(all), activations: activationsOf(all), pairings: pairingsOf(all), match: COMPLETE };
          const shuffle = <T>(list: readonly T[]): T[] =>
            list
              .map((one, i) => ({ one, at: order[i % order.length]! }))
              .sort((a, b) => a.at - b.at)
              .map(({ one }) => one);
          const plain = await matchAll({ ...sync, eas });
          const mixed = await matchAll({
            ...sync,
            eas: shuffle([...eas, ...eas.slice(0, 2)]),
            mdm: shuffle([...sync.mdm, ...sync.mdm.slice(0, 3)]),
            activations: shuffle([...sync.activations, ...sync.activations]),
            pairings: shuffle(sync.pairings),
            pageSize,
          });
          assert.deepEqual(byKey(mixed), byKey(plain));
        },
      ),
      { numRuns: 300 },
    ));

  it('no sequence of partial syncs blocks a device that the full picture would allow', () => {
    const partial = fc.record({
      eas: fc.integer({ min: 0, max: 255 }),
      mdm: fc.integer({ min: 0, max: 0xffff }),
      fault: fc.constantFrom(
        'mdm-incomplete' as const,
        'mdm-stale' as const,
        'mdm-missing' as const,
        'eas-incomplete' as const,
        'mdm-shrunken' as const,
        'mdm-empty' as const,
        'mdm-content' as const,
      ),
      /** The wiring tells the matcher the truth; if not, the guard alone must hold. */
      matcherKnows: fc.boolean(),
    });
    return fc.assert(
      fc.asyncProperty(phones, levels, fc.array(partial, { maxLength: 4 }), async (all, level, syncs) => {
        await withStore(async (store) => {
          const exchange = exchangeOf(all, level);
          const before = exchange.lists();
          const full = await matchWorld(all, exchange.records());
          for (const sync of syncs) {
            const match = sync.matcherKnows ? matchOptions(sync.fault) : COMPLETE;
            const devices = await matchAll({
              eas: exchange.records().filter((_, i) => sync.fault !== 'eas-incomplete' || (sync.eas >> i) & 1),
              mdm: sync.fault === 'eas-incomplete' ? mdmOf(all) : mdmOf(all).filter((_, i) => (sync.mdm >> i) & 1),
              activations: activationsOf(all),
              pairings: pairingsOf(all),
              match,
            });
            const problems: GuardProblem[] = [problem(sync.fault)];
            await switchAccess(devices, { exchange, store, now: NOW, problems });
          }
          for (const [mailboxId, { blocked }] of Object.entries(exchange.lists())) {
            assert.deepEqual(blocked, before[mailboxId]?.blocked ?? [], 'nobody is blocked by a partial sync');
          }
          // Having seen only parts, the full picture still comes to what it would have come to at once.
          const late = await switchAccess(await matchWorld(all, exchange.records()), { exchange, store, now: NOW });
          const fresh = exchangeOf(all, level);
          await withStore((other) =>
            switchAccess(full, { exchange: fresh, store: other, now: NOW }).then(() => undefined),
          );
          assert.ok(late.plan);
          for (const eas of easOf(all)) {
            if (fresh.stateAtNextSync(eas) === 'allowed') assert.equal(exchange.stateAtNextSync(eas), 'allowed');
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('undo after any history, failures and crashes included, restores what the administrator had', () => {
    const phone = fc.nat({ max: 7 });
    const step = fc.oneof(
      fc.record({
        do: fc.constant('sync' as const),
        failures: fc.array(fc.constantFrom('refused' as const, 'lost-before' as const, 'lost-after' as const), {
          maxLength: 3,
        }),
        crash: fc.boolean(),
      }),
      fc.record({
        do: fc.constant('phone' as const),
        phone,
        compliance: fc.constantFrom<Compliance>('compliant', 'noncompliant'),
        enrolled: fc.boolean(),
      }),
      fc.record({
        do: fc.constant('admin' as const),
        phone,
        list: fc.constantFrom('allowed' as const, 'blocked' as const),
        add: fc.boolean(),
      }),
    );
    return fc.assert(
      fc.asyncProperty(phones, levels, fc.array(step, { maxLength: 8 }), async (start, level, steps) => {
        await withStore(async (store) => {
          let all = start;
          let now = NOW;
          const exchange = exchangeOf(all, level);
          const admin = exchangeOf(all, level);
          for (const one of steps) {
            // Every domain controller has what was written in the step before.
            now += REPLICATION_MS + 60_000;
            if (one.do === 'sync') {
              exchange.failures.splice(0, Infinity, ...one.failures);
              const ledger = one.crash ? crashing(store.entries) : store.entries;
              await switchAccess(await matchWorld(all, exchange.records()), { exchange, store, now, ledger });
              exchange.failures.length = 0;
              for (const eas of easOf(all)) exchange.sync(eas);
            } else if (one.do === 'phone') {
              all = all.map((each) =>
                each.id === one.phone ? { ...each, compliance: one.compliance, enrolled: one.enrolled } : each,
              );
            } else if (all[one.phone] && !(await isCutOff(store, easRecord(all[one.phone]!), one.list))) {
              await adminEdits(exchange, admin, easRecord(all[one.phone]!), one.list, one.add);
              // The connector sees what an administrator took off before they put it on again.
              await switchAccess(await matchWorld(all, exchange.records()), {
                exchange,
                store,
                now: now + 1,
                problems: [problem('mdm-stale')],
              });
            }
          }
          const run = { exchange, store, now: now + REPLICATION_MS + 60_000 };
          for (const { outcome } of await undoAll(run))
            assert.ok(outcome === 'applied' || outcome === 'already', outcome);
          assert.deepEqual(exchange.lists(), admin.lists());
          assert.deepEqual(await store.entries.list(), []);
          assert.deepEqual(await undoAll(run), []);
        });
      }),
      { numRuns: 200 },
    );
  });
});

/** Adds an entry if neither we nor the administrator have it, removes it whoever made it. */
async function adminEdits(
  exchange: ExchangeModel,
  admin: ExchangeModel,
  eas: EasRecord,
  list: 'allowed' | 'blocked',
  add: boolean,
): Promise<void> {
  const lists = await exchange.readLists(eas.mailbox.id);
  if (add && lists[list].includes(eas.easId)) return;
  for (const one of [exchange, admin]) one.edit(eas.mailbox.id, list, add ? [eas.easId] : [], add ? [] : [eas.easId]);
}

/**
 * True between a write of ours that was cut off and our next look at the list: what an administrator does there meanwhile
 * cannot be told from what we did.
 */
async function isCutOff(
  { entries }: Store,
  { organization, mailbox, easId }: EasRecord,
  list: 'allowed' | 'blocked',
): Promise<boolean> {
  const entry = await entries.get({ organization, mailboxId: mailbox.id, easId, list });
  return entry !== null && entry.state !== 'owned';
}

/** A ledger that dies before it notes the success of a write. */
function crashing(ledger: Ledger): Ledger {
  return {
    intend: (entry) => ledger.intend(entry),
    settle: async (entry, present, at) => {
      const known = (await ledger.forDevice(entry)).find(({ list }) => list === entry.list);
      if (present === (known?.state === 'adding')) throw new Error('The power went.');
      return ledger.settle(entry, present, at);
    },
    record: (entry) => ledger.record(entry),
    remove: (entry) => ledger.remove(entry),
    forDevice: (device) => ledger.forDevice(device),
    takenOffOf: (devices) => ledger.takenOffOf(devices),
    forgetTakenOff: (entry) => ledger.forgetTakenOff(entry),
  };
}

function matchOptions(fault: string): MatchOptions {
  if (fault === 'mdm-incomplete') return { ...COMPLETE, mdmComplete: false };
  if (fault === 'mdm-stale') return { ...COMPLETE, mdmFresh: false };
  if (fault === 'mdm-missing') return { ...COMPLETE, mdmStartedAt: null };
  return COMPLETE;
}

function problem(fault: string): GuardProblem {
  if (fault === 'eas-incomplete') return { about: 'eas', code: 'ERR_SNAPSHOT_INCOMPLETE', text: '' };
  if (fault === 'mdm-stale') return { about: 'mdm', code: 'ERR_SNAPSHOT_STALE', text: '' };
  if (fault === 'mdm-shrunken') return { about: 'mdm', code: 'ERR_SNAPSHOT_SHRUNKEN', text: '' };
  if (fault === 'mdm-empty') return { about: 'mdm', code: 'ERR_SNAPSHOT_EMPTY', text: '' };
  if (fault === 'mdm-content') return { about: 'mdm', code: 'ERR_SNAPSHOT_CONTENT', text: '' };
  return { about: 'mdm', code: 'ERR_SNAPSHOT_INCOMPLETE', text: '' };
}

function byKey(devices: readonly DeviceRecord[]): Record<string, DeviceRecord> {
  return Object.fromEntries(
    [...devices].sort((a, b) => (a.key < b.key ? -1 : 1)).map((device) => [device.key, device]),
  );
}
