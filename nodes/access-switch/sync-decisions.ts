/** One sync on its way through the access switch: pages of device records in, a guarded and braked plan out. */
import { brake } from '../../src/access/brake.ts';
import type { HeldPlan } from '../../src/access/brake.ts';
import { compileRules } from '../../src/access/compile-rules.ts';
import type { CompiledRule } from '../../src/access/compile-rules.ts';
import { decideAccess } from '../../src/access/decide-access.ts';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { guardChanges, guardSnapshots } from '../../src/access/guard-plan.ts';
import type { GuardProblem } from '../../src/access/guard-plan.ts';
import { PlanBuilder } from '../../src/access/plan.ts';
import type { Plan, PlannedChange } from '../../src/access/plan.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import { foldEasId } from '../../src/model/keys.ts';
import type { DeviceRecord, Listed } from '../../src/model/records.ts';
import type { OwnedEntry, SnapshotInfo, Store } from '../../src/store/store.ts';

export interface SwitchSettings {
  readonly mode: 'simulate' | 'enforce';
  /** Empty: the default rules. */
  readonly rules: readonly Rule[];
  readonly brakePercent: number;
  readonly brakeCount: number;
  readonly adoptEntries: boolean;
}

/** A device that nothing could be decided about, or that a rule wants looked at. */
export interface Undecided {
  readonly device: DeviceRecord;
  readonly decision: AccessDecision;
}

export interface SyncOutcome {
  readonly plan: Plan;
  /** May be written now. */
  readonly apply: readonly PlannedChange[];
  /** Wait for a person. */
  readonly held: HeldPlan | null;
  readonly problems: readonly GuardProblem[];
  /** Keys of all devices decided about that had a change waiting in the outbox. */
  readonly decided: ReadonlySet<string>;
}

/** The rules a switch works by, ready to run. Throws ERR_RULE_INVALID. */
export function rulesOf(settings: Pick<SwitchSettings, 'rules'>): CompiledRule[] {
  return compileRules(settings.rules.length === 0 ? DEFAULT_RULES : settings.rules);
}

/** Name of the setting that keeps how many records an MDM source had when its reading was last taken for good. */
function baselineName(scope: string): string {
  return `access.baseline.${scope}`;
}

/** Decides page by page; {@link finish} makes the plan when the last page has come. */
export class SyncDecisions {
  readonly #settings: SwitchSettings;
  readonly #store: Store;
  readonly #organization: string;
  readonly #rules: readonly CompiledRule[];
  readonly #owned: ReadonlyMap<string, Listed>;
  readonly #pending: ReadonlySet<string>;
  readonly #decided = new Set<string>();
  readonly #builder: PlanBuilder;
  readonly #id: string;
  count = 0;

  private constructor(fields: {
    settings: SwitchSettings;
    store: Store;
    organization: string;
    id: string;
    owned: ReadonlyMap<string, Listed>;
    pending: ReadonlySet<string>;
  }) {
    this.#settings = fields.settings;
    this.#store = fields.store;
    this.#organization = fields.organization;
    this.#id = fields.id;
    this.#owned = fields.owned;
    this.#pending = fields.pending;
    this.#rules = rulesOf(fields.settings);
    this.#builder = new PlanBuilder(
      { id: fields.id, organization: fields.organization, at: new Date().toISOString() },
      { adoptEntries: fields.settings.adoptEntries },
    );
  }

  /** Reads the ledger and the outbox once; the rest of the sync works from memory. */
  static async begin(store: Store, settings: SwitchSettings, organization: string, id: string): Promise<SyncDecisions> {
    const owned = ownedLists(await store.entries.list({ organization }));
    const pending = new Set((await store.outbox.list({ organization })).map(({ key }) => key));
    return new SyncDecisions({ settings, store, organization, id, owned, pending });
  }

  /** Decides about a page of devices; returns those that a person should look at. */
  page(devices: readonly DeviceRecord[]): Undecided[] {
    const undecided: Undecided[] = [];
    for (const device of devices) {
      if (device.eas === undefined) continue;
      const owned = this.#owned.get(ownedKey(device.eas.mailbox.id, device.eas.easId)) ?? null;
      const decision = decideAccess(device, this.#rules, { now: Date.now(), owned, adoptEntries: this.#settings.adoptEntries });
      this.#builder.add(device, decision, owned);
      if (this.#pending.has(device.key)) this.#decided.add(device.key);
      if (decision.report) undecided.push({ device, decision });
      this.count += 1;
    }
    return undecided;
  }

  /**
   * The plan, guarded and braked.
   * @param maxAgeHours how long an MDM reading stays usable (the matcher's setting, carried by its pages)
   */
  async finish(maxAgeHours: number): Promise<SyncOutcome> {
    const plan = this.#builder.plan();
    const snapshots = await this.#store.snapshots.list('mdm');
    const guarded = await Promise.all(snapshots.map((snapshot) => this.#withBaseline(snapshot)));
    const problems = guardSnapshots({
      mdm: guarded,
      easComplete: true,
      now: Date.now(),
      maxAgeHours,
      brakePercent: this.#settings.brakePercent,
    });
    if (problems.length === 0) await takeForGood(this.#store, snapshots);
    const { changes, withheld } = guardChanges(plan.changes, problems);
    const braked = brake({ ...plan, changes }, { brakePercent: this.#settings.brakePercent, brakeCount: this.#settings.brakeCount, known: this.count });
    const problem = problems[0];
    const held: HeldPlan | null =
      withheld.length > 0 && problem !== undefined
        ? { id: this.#id, organization: this.#organization, at: plan.at, reason: problem as never, changes: withheld }
        : braked.held;
    return { plan, apply: braked.apply, held, problems, decided: this.#decided };
  }

  async #withBaseline(snapshot: SnapshotInfo): Promise<SnapshotInfo> {
    const baseline = await this.#store.settings.get<number>(baselineName(snapshot.scope));
    return baseline === null ? snapshot : { ...snapshot, previousCount: baseline };
  }
}

/** From now on a shrinkage is measured against these readings. */
export async function takeForGood(store: Store, snapshots: readonly SnapshotInfo[]): Promise<void> {
  for (const { scope, count } of snapshots) await store.settings.set(baselineName(scope), count);
}

function ownedKey(mailboxId: string, easId: string): string {
  return `${mailboxId.toLowerCase()}:${foldEasId(easId)}`;
}

/** The list on which we own an entry, by mailbox and EAS ID. An entry on both: the blocked list counts, as in Exchange. */
function ownedLists(entries: readonly OwnedEntry[]): Map<string, Listed> {
  const owned = new Map<string, Listed>();
  for (const { mailboxId, easId, list } of entries) {
    const key = ownedKey(mailboxId, easId);
    if (owned.get(key) !== 'blocked') owned.set(key, list);
  }
  return owned;
}
