/** One whole sync, as the nodes run it, over a small world: match, decide, plan, guard, brake, apply. */
import { applyChange, settleLedger, settleSeen } from '../../src/access/apply.ts';
import type { ApplyResult, Ledger } from '../../src/access/apply.ts';
import type { BrakeLimits } from '../../src/access/brake.ts';
import { compileRules } from '../../src/access/compile-rules.ts';
import { decideAccess } from '../../src/access/decide-access.ts';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import type { GuardProblem } from '../../src/access/guard-plan.ts';
import { goneEntries, OwnedEntries } from '../../src/access/owned-entries.ts';
import { planChange } from '../../src/access/plan.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import { ReviewClock } from '../../src/access/review-clock.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import { planUndo } from '../../src/access/undo.ts';
import { EasIndex } from '../../src/match/eas-index.ts';
import { Matcher } from '../../src/match/matcher.ts';
import type { MatchOptions } from '../../src/match/match-scene.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import type { Activation, DeviceRecord, EasRecord, MdmRecord, Pairing } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import type { ExchangeModel } from './exchange-model.ts';
import { planInMemory } from './plan-in-memory.ts';

export interface Sync {
  readonly eas: readonly EasRecord[];
  readonly mdm: readonly MdmRecord[];
  readonly activations?: readonly Activation[];
  readonly pairings?: readonly Pairing[];
  readonly match: MatchOptions;
  readonly pageSize?: number;
}

/** The device records of one sync, MDM-only ones last. */
export async function matchAll(sync: Sync): Promise<DeviceRecord[]> {
  const { eas, mdm, pageSize = 500 } = sync;
  const index = new MdmIndex();
  for (const page of pages(mdm, pageSize)) index.add(page);
  const easIndex = new EasIndex();
  for (const page of pages(eas, pageSize)) easIndex.add(page);
  const matcher = new Matcher({
    mdm: index,
    eas: easIndex,
    activations: sync.activations ?? [],
    pairings: sync.pairings ?? [],
    options: sync.match,
  });
  const stored = new Map(mdm.map((record) => [record.key, record]));
  const load = async (keys: readonly string[]) =>
    new Map(keys.flatMap((key): [string, MdmRecord][] => (stored.has(key) ? [[key, stored.get(key)!]] : [])));
  const devices: DeviceRecord[] = [];
  for (const page of pages(eas, pageSize)) devices.push(...(await matcher.matchPage(page, load)));
  for await (const page of matcher.mdmOnly(load, pageSize)) devices.push(...page);
  return devices;
}

export interface Run {
  readonly exchange: ExchangeModel;
  readonly store: Store;
  readonly now: number;
  readonly rules?: readonly Rule[];
  readonly problems?: readonly GuardProblem[];
  readonly limits?: Partial<BrakeLimits>;
  /** A ledger that may fail; default the store's. */
  readonly ledger?: Ledger;
  /** The MDM as it is when a record is read again; default: as it was matched. */
  readonly mdmNow?: ReadonlyMap<string, MdmRecord>;
}

/** Decides, plans, guards, brakes and applies. */
export async function switchAccess(
  devices: readonly DeviceRecord[],
  run: Run,
): Promise<{ plan: { changes: PlannedChange[] }; results: ApplyResult[] }> {
  const { exchange, store, now } = run;
  const at = new Date(now).toISOString();
  await settleLedger(exchange, store.entries, await store.entries.list({ unsettled: true }), { now: () => now });
  const owned = new OwnedEntries(await store.entries.list());
  const rules = compileRules(run.rules ?? DEFAULT_RULES);
  const decide = (device: DeviceRecord): AccessDecision =>
    decideAccess(device, rules, { clock: new ReviewClock(now), owned: owned.of(device) });
  const changes: PlannedChange[] = [];
  for (const device of devices) {
    for (const entry of goneEntries(device, owned.entriesOf(device), at)) await store.entries.remove(entry);
    const change = planChange(device, decide(device), owned.of(device), { at });
    if (change !== null) changes.push(change);
  }
  const limits = {
    brakePercent: 100,
    brakeCount: 1000,
    mailboxes: devices.length,
    devices: devices.length,
    brakePerDay: null,
    today: { known: 0, new: 0 },
    firstReadOf: [],
    ...run.limits,
  };
  const { goes } = planInMemory(changes, [], run.problems ?? [], limits);
  const mdm = {
    read: async (record: MdmRecord) => (run.mdmNow ? (run.mdmNow.get(record.key) ?? null) : record),
  };
  const results: ApplyResult[] = [];
  for (const change of goes) {
    const ledger = run.ledger ?? store.entries;
    const result = await applyChange(exchange, ledger, change, { now: () => now, mdm, decide });
    await settleSeen(ledger, result).catch(() => undefined);
    results.push(result);
  }
  return { plan: { changes }, results };
}

/** Takes back all we own. */
export async function undoAll({ exchange, store, now }: Run): Promise<ApplyResult[]> {
  const at = new Date(now).toISOString();
  const results: ApplyResult[] = [];
  for (const change of planUndo({ entries: await store.entries.list(), at })) {
    const result = await applyChange(exchange, store.entries, change, { now: () => now });
    await settleSeen(store.entries, result);
    results.push(result);
  }
  return results;
}

export function* pages<T>(records: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < records.length; at += size) yield records.slice(at, at + size);
}
