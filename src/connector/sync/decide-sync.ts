/**
 * One sync on its way through the access switch.
 * In: pages of device records. Out: what is decided about each; at the end a guarded and braked plan. Changes: nothing.
 */
import { partApproved } from '../../access/approvals.ts';
import { brake } from '../../access/brake.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import { guardChanges, guardSnapshots } from '../../access/guard-plan.ts';
import type { GuardProblem } from '../../access/guard-plan.ts';
import { MDM_AWAY_RULE } from '../../access/mdm-away.ts';
import { goneEntries, OwnedEntries } from '../../access/owned-entries.ts';
import { PlanBuilder } from '../../access/plan.ts';
import type { Plan, PlannedChange } from '../../access/plan.ts';
import type { DeviceRecord } from '../../model/records.ts';
import { mdmReadings, snapshotsOf } from '../../store/mdm-readings.ts';
import type { OwnedEntry, SnapshotInfo } from '../../store/store.ts';
import { Decider } from './decider.ts';
import type { DeciderParts, Judged } from './decider.ts';
import { withMeasures } from './mdm-measures.ts';
import { pendingOf } from './stored-changes.ts';
import type { KeptPlan } from './stored-changes.ts';
import { timeOf } from './switch-parts.ts';

/** What a sync comes to. */
export interface SyncOutcome {
  readonly plan: Plan;
  /** May be written now. */
  readonly apply: readonly PlannedChange[];
  /** Wait for a person. */
  readonly held: KeptPlan | null;
  readonly problems: readonly GuardProblem[];
  /** Keys of all devices decided about that had a change waiting in the outbox. */
  readonly decided: ReadonlySet<string>;
  /** Entries of the ledger that somebody else has taken off the lists. */
  readonly gone: readonly OwnedEntry[];
  /** Entries written while the MDM was away that the rules want too, under the name of the rule that does. */
  readonly confirmed: readonly OwnedEntry[];
  /** MDM readings that are right, as far as the guard can tell: the measure of later ones. */
  readonly measures: readonly SnapshotInfo[];
}

/** Which sync it is. */
export interface SyncHead {
  /** Names the plan that may be held. */
  readonly id: string;
  /** When the EAS reading began that the pages were made from, ISO 8601 UTC; null: the pages do not say. */
  readonly startedAt: string | null;
  /** How long an MDM reading stays usable. */
  readonly maxAgeHours: number;
}

/** Decides page by page; {@link finish} makes the plan when the last page has come. */
export class SyncDecisions {
  readonly decider: Decider;
  /** When the oldest of the MDM readings began that the pages were made from, ISO 8601 UTC; null: there is none. */
  readonly mdmReadAt: string | null;
  readonly #parts: DeciderParts;
  readonly #head: SyncHead;
  readonly #owned: OwnedEntries<OwnedEntry>;
  readonly #pending: ReadonlySet<string>;
  readonly #reading: SnapshotInfo | null;
  readonly #decided = new Set<string>();
  readonly #gone: OwnedEntry[] = [];
  readonly #confirmed: OwnedEntry[] = [];
  readonly #builder: PlanBuilder;
  /** Devices decided about so far. */
  count = 0;

  private constructor(
    parts: DeciderParts,
    head: SyncHead,
    read: {
      decider: Decider;
      entries: readonly OwnedEntry[];
      pending: readonly string[];
      reading: SnapshotInfo | null;
      mdm: readonly SnapshotInfo[];
    },
  ) {
    this.decider = read.decider;
    this.mdmReadAt = read.mdm.map(({ startedAt }) => startedAt).sort((a, b) => a.localeCompare(b))[0] ?? null;
    this.#parts = parts;
    this.#head = head;
    this.#owned = new OwnedEntries(read.entries);
    this.#pending = new Set(read.pending);
    this.#reading = read.reading;
    this.#builder = new PlanBuilder(
      { id: head.id, organization: parts.exchange.organization, at: timeOf(parts.now) },
      { adoptEntries: parts.settings.adoptEntries },
    );
  }

  /** Reads the ledger, the outbox and the groups once; the rest of the sync works from memory. */
  static async begin(parts: DeciderParts, head: SyncHead): Promise<SyncDecisions> {
    const { store, exchange } = parts;
    const { organization } = exchange;
    const decider = await Decider.begin(parts, head.maxAgeHours);
    const entries = await store.entries.list({ organization });
    const pending = (await store.outbox.list({ organization })).map(({ key }) => key);
    return new SyncDecisions(parts, head, {
      decider,
      entries,
      pending,
      reading: await store.snapshots.latest('eas', organization),
      mdm: await store.snapshots.list('mdm'),
    });
  }

  /** Decides about a page of devices. */
  decide(devices: readonly DeviceRecord[]): Judged[] {
    return devices.flatMap((record) => (record.eas === undefined ? [] : [this.#decideOne(record)]));
  }

  /** The plan, guarded and braked. */
  async finish(): Promise<SyncOutcome> {
    const { store, settings, exchange, now } = this.#parts;
    const { brakePercent, brakeCount } = settings;
    const plan = this.#builder.plan();
    const readings = await mdmReadings(store);
    const snapshots = snapshotsOf(readings);
    const unfit = guardSnapshots({
      mdm: await withMeasures(store, exchange.organization, readings),
      easComplete: true,
      now: now(),
      maxAgeHours: this.#head.maxAgeHours,
      brakePercent,
    });
    const unreadable = this.decider.groups?.problem ?? null;
    const problems = unreadable === null ? unfit : [...unfit, unreadable];
    const { approved, others } = partApproved(plan.changes, await this.#approved(), problems);
    const { changes, withheld } = guardChanges(others, problems);
    const braked = brake({ ...plan, changes }, { brakePercent, brakeCount, known: this.count });
    return {
      plan,
      apply: [...braked.apply, ...approved],
      held: heldByGuard(plan, withheld, problems, snapshots) ?? braked.held,
      problems,
      decided: this.#decided,
      gone: this.#gone,
      confirmed: problems.length === 0 ? this.#confirmed : [],
      measures: unfit.length === 0 ? snapshots : [],
    };
  }

  #decideOne(record: DeviceRecord): Judged {
    const judged = this.decider.judge(record, this.#owned, this.#reading?.fullStartedAt ?? null);
    const { device, owned, entries, decision } = judged;
    this.#gone.push(...this.#goneOf(record, entries));
    this.#confirmed.push(...confirmedEntries(entries, decision));
    this.#builder.add(device, decision, owned);
    if (this.#pending.has(device.key)) this.#decided.add(device.key);
    this.count += 1;
    return judged;
  }

  /** What others took off, if the pages are those of the last reading: what a newer one knows, these do not. */
  #goneOf(record: DeviceRecord, entries: readonly OwnedEntry[]): OwnedEntry[] {
    if (this.#reading === null || this.#reading.startedAt !== this.#head.startedAt) return [];
    return goneEntries(record, entries, this.#reading.fullStartedAt);
  }

  /** What a person has approved and is not written yet. */
  async #approved(): Promise<PlannedChange[]> {
    const waiting = await this.#parts.store.outbox.list({ organization: this.#parts.exchange.organization });
    return waiting.map((row) => pendingOf(row).change).filter(({ approval }) => approval);
  }
}

/** The first problem gives the code; the text tells all of them, as all are approved with the plan. */
function heldByGuard(
  { id, organization, at }: Plan,
  withheld: readonly PlannedChange[],
  problems: readonly GuardProblem[],
  snapshots: readonly SnapshotInfo[],
): KeptPlan | null {
  const [problem] = problems;
  if (withheld.length === 0 || problem === undefined) return null;
  const doubted = new Set(problems.map((one) => one.doubted));
  return {
    id,
    organization,
    at,
    reason: { ...problem, text: problems.map(({ text }) => text).join(' ') },
    changes: withheld,
    doubted: snapshots.filter(({ scope }) => doubted.has(scope)),
  };
}

function confirmedEntries(entries: readonly OwnedEntry[], { action, rule }: AccessDecision): OwnedEntry[] {
  const list = { allow: 'allowed', block: 'blocked', release: null, leave: null }[action];
  if (rule === MDM_AWAY_RULE) return [];
  return entries
    .filter((entry) => entry.rule === MDM_AWAY_RULE && entry.state === 'owned' && entry.list === list)
    .map((entry) => ({ ...entry, rule }));
}
