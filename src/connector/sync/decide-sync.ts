/** One sync on its way through the access switch: pages of device records in, a guarded and braked plan out. */
import { partApproved } from '../../access/approvals.ts';
import { brake } from '../../access/brake.ts';
import type { HeldPlan } from '../../access/brake.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import { guardChanges, guardSnapshots } from '../../access/guard-plan.ts';
import type { GuardedReading, GuardProblem } from '../../access/guard-plan.ts';
import { MDM_AWAY_RULE } from '../../access/mdm-away.ts';
import { goneEntries, OwnedEntries } from '../../access/owned-entries.ts';
import { PlanBuilder } from '../../access/plan.ts';
import type { Plan, PlannedChange } from '../../access/plan.ts';
import type { ReadingContent } from '../../model/reading-content.ts';
import type { DeviceRecord } from '../../model/records.ts';
import { mdmReadings, snapshotsOf } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { Json, OwnedEntry, SnapshotInfo, Store } from '../../store/store.ts';
import { Decider } from './decider.ts';
import type { DeciderScene } from './decider.ts';
import { withOurWrites } from '../../access/our-writes.ts';
import type { SwitchSettings } from './switch-settings.ts';

/** A device that nothing could be decided about, or that a rule wants looked at. */
export interface Undecided {
  readonly device: DeviceRecord;
  readonly decision: AccessDecision;
}

/** A plan that a guard holds, with the readings that whoever approves it takes for right. */
export interface GuardHeldPlan extends HeldPlan {
  readonly doubted: readonly SnapshotInfo[];
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
  /** Entries of the ledger that somebody else has taken off the lists. */
  readonly gone: readonly OwnedEntry[];
  /** Entries written while the MDM was away that the rules want too, under the name of the rule that does. */
  readonly confirmed: readonly OwnedEntry[];
  /** MDM readings that may be the measure of later ones. */
  readonly measures: readonly SnapshotInfo[];
}

/** Which sync it is. */
export interface SyncHead {
  /** Names the plan that may be held. */
  readonly id: string;
  /** When the EAS reading began that the pages were made from, ISO 8601 UTC; null: the pages do not say. */
  readonly startedAt: string | null;
}

/** Name of the setting that keeps how many records an MDM source had when an organization last took its reading for good. */
function baselineName(organization: string, scope: string): string {
  return `access.baseline/${organization}/${scope}`;
}

/** The same of versions that kept one for all organizations: read where an organization has none of its own yet. */
function sharedBaselineName(scope: string): string {
  return `access.baseline.${scope}`;
}

/** Decides page by page; {@link finish} makes the plan when the last page has come. */
export class SyncDecisions {
  readonly decider: Decider;
  /** When the oldest of the MDM readings began that the pages were made from, ISO 8601 UTC; null: there is none. */
  readonly mdmReadAt: string | null;
  readonly #settings: SwitchSettings;
  readonly #store: Store;
  readonly #head: SyncHead;
  readonly #organization: string;
  readonly #maxAgeHours: number;
  readonly #owned: OwnedEntries<OwnedEntry>;
  readonly #pending: ReadonlySet<string>;
  readonly #reading: SnapshotInfo | null;
  readonly #decided = new Set<string>();
  readonly #gone: OwnedEntry[] = [];
  readonly #confirmed: OwnedEntry[] = [];
  readonly #builder: PlanBuilder;
  count = 0;
  undecided = 0;

  private constructor(
    scene: DeciderScene,
    head: SyncHead,
    read: {
      decider: Decider;
      entries: readonly OwnedEntry[];
      pending: readonly string[];
      reading: SnapshotInfo | null;
      mdm: readonly SnapshotInfo[];
    },
  ) {
    const { store, settings, organization } = scene;
    this.decider = read.decider;
    this.mdmReadAt = read.mdm.map(({ startedAt }) => startedAt).sort((a, b) => a.localeCompare(b))[0] ?? null;
    this.#settings = settings;
    this.#store = store;
    this.#head = head;
    this.#organization = organization;
    this.#maxAgeHours = scene.maxAgeHours;
    this.#owned = new OwnedEntries(read.entries);
    this.#pending = new Set(read.pending);
    this.#reading = read.reading;
    this.#builder = new PlanBuilder(
      { id: head.id, organization, at: new Date().toISOString() },
      { adoptEntries: settings.adoptEntries },
    );
  }

  /** Reads the ledger, the outbox and the groups once; the rest of the sync works from memory. */
  static async begin(scene: DeciderScene, head: SyncHead): Promise<SyncDecisions> {
    const { store, organization } = scene;
    const decider = await Decider.begin(scene);
    const entries = await store.entries.list({ organization });
    const pending = (await store.outbox.list({ organization })).map(({ key }) => key);
    return new SyncDecisions(scene, head, {
      decider,
      entries,
      pending,
      reading: await store.snapshots.latest('eas', organization),
      mdm: await store.snapshots.list('mdm'),
    });
  }

  /** Decides about a page of devices; returns those that a person should look at. */
  page(devices: readonly DeviceRecord[]): Undecided[] {
    const undecided: Undecided[] = [];
    for (const record of devices) {
      if (record.eas === undefined) continue;
      const device = this.#settled(record);
      const owned = this.#owned.of(device);
      const entries = this.#owned.entriesOf(device);
      const decision = this.decider.decide(device, owned, entries);
      this.#confirmed.push(...confirmedEntries(entries, decision));
      this.#builder.add(device, decision, owned);
      if (this.#pending.has(device.key)) this.#decided.add(device.key);
      if (decision.report) undecided.push({ device, decision });
      this.count += 1;
    }
    this.undecided += undecided.length;
    return undecided;
  }

  /** The record as it must be by now: what we wrote after it was read counts, what others took off since does not. */
  #settled(device: DeviceRecord): DeviceRecord {
    const entries = this.#owned.entriesOf(device);
    if (entries.length === 0 || this.#reading === null) return device;
    const { fullStartedAt, startedAt } = this.#reading;
    if (startedAt === this.#head.startedAt)
      this.#gone.push(...(goneEntries(device, entries, fullStartedAt) as OwnedEntry[]));
    return withOurWrites(device, entries, fullStartedAt);
  }

  /** The plan, guarded and braked. */
  async finish(): Promise<SyncOutcome> {
    const plan = this.#builder.plan();
    const { brakePercent, brakeCount } = this.#settings;
    const readings = await mdmReadings(this.#store);
    const snapshots = snapshotsOf(readings);
    const unfit = guardSnapshots({
      mdm: await withBaselines(this.#store, this.#organization, readings),
      easComplete: true,
      now: Date.now(),
      maxAgeHours: this.#maxAgeHours,
      brakePercent,
    });
    if (unfit.length === 0) await believe(this.#store, this.#organization, snapshots);
    const unreadable = this.decider.groups?.problem ?? null;
    const problems = unreadable === null ? unfit : [...unfit, unreadable];
    const { approved, others } = partApproved(plan.changes, await this.#approved(), problems);
    const { changes, withheld } = guardChanges(others, problems);
    const braked = brake({ ...plan, changes }, { brakePercent, brakeCount, known: this.count });
    return {
      plan,
      apply: [...braked.apply, ...approved],
      held: this.#held(plan, withheld, problems, snapshots) ?? braked.held,
      problems,
      decided: this.#decided,
      gone: this.#gone,
      confirmed: problems.length === 0 ? this.#confirmed : [],
      measures: unfit.length === 0 ? snapshots : [],
    };
  }

  /** The first problem gives the code; the text tells all of them, as all are approved with the plan. */
  #held(
    plan: Plan,
    withheld: readonly PlannedChange[],
    problems: readonly GuardProblem[],
    snapshots: readonly SnapshotInfo[],
  ): GuardHeldPlan | null {
    const [problem] = problems;
    if (withheld.length === 0 || problem === undefined) return null;
    const doubted = new Set(problems.map((one) => one.doubted));
    return {
      id: this.#head.id,
      organization: this.#organization,
      at: plan.at,
      reason: { ...problem, text: problems.map(({ text }) => text).join(' ') } as never,
      changes: withheld,
      doubted: snapshots.filter(({ scope }) => doubted.has(scope)),
    };
  }

  /** What a person has approved and is not written yet. */
  async #approved(): Promise<PlannedChange[]> {
    const waiting = await this.#store.outbox.list({ organization: this.#organization });
    return waiting.map(({ change }) => change as unknown as PlannedChange).filter(({ approval }) => approval);
  }
}

function confirmedEntries(entries: readonly OwnedEntry[], { action, rule }: AccessDecision): OwnedEntry[] {
  const list = { allow: 'allowed', block: 'blocked', release: null, leave: null }[action];
  if (rule === MDM_AWAY_RULE) return [];
  return entries
    .filter((entry) => entry.rule === MDM_AWAY_RULE && entry.state === 'owned' && entry.list === list)
    .map((entry) => ({ ...entry, rule }));
}

/** The sources that count, each with what its reading is measured against for this organization. */
export async function withBaselines(
  store: Store,
  organization: string,
  readings: readonly MdmReading[],
): Promise<GuardedReading[]> {
  return Promise.all(
    readings.map(async ({ scope, name, snapshot }) => {
      if (snapshot === null) return { scope, name, snapshot };
      const count =
        (await store.settings.get<number>(baselineName(organization, scope))) ??
        (await store.settings.get<number>(sharedBaselineName(scope)));
      const believed = (await store.settings.get(contentName(organization, scope))) as ReadingContent | null;
      return { scope, name, snapshot: { ...snapshot, previousCount: count ?? snapshot.previousCount, believed } };
    }),
  );
}

/** Name of the setting that keeps what the records of an MDM source said when an organization last believed its reading. */
function contentName(organization: string, scope: string): string {
  return `access.content.${organization}.${scope}`;
}

/** What these readings say is believed; an empty one, too, as long as the source stays empty. */
export async function believe(store: Store, organization: string, snapshots: readonly SnapshotInfo[]): Promise<void> {
  for (const { scope, count, content } of snapshots) {
    const said = count === 0 ? {} : content;
    if (said !== undefined) await store.settings.set(contentName(organization, scope), said as Json);
  }
}

/** From now on a shrinkage is measured against these readings, in this organization: another one has not seen to its own. */
export async function takeForGood(
  store: Store,
  organization: string,
  snapshots: readonly Pick<SnapshotInfo, 'scope' | 'count'>[],
): Promise<void> {
  for (const { scope, count } of snapshots) await store.settings.set(baselineName(organization, scope), count);
}
