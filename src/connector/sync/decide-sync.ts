/**
 * One sync on its way through the access switch.
 * In: pages of device records. Out: what is decided about each; at the end a guarded and braked plan. Changes: nothing.
 */
import { approvalOf } from '../../access/approvals.ts';
import { judgePlan } from '../../access/brake.ts';
import type { HoldReason, PlanVerdict } from '../../access/brake.ts';
import type { ChangeGroup } from '../../access/changes-by-reason.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import { guardSnapshots } from '../../access/guard-plan.ts';
import type { GuardProblem } from '../../access/guard-plan.ts';
import { MDM_AWAY_RULE } from '../../access/mdm-away.ts';
import { leadsToMail, waitsForMail } from '../../access/mail-first.ts';
import { goneEntries, namedInLedger, OwnedEntries } from '../../access/owned-entries.ts';
import { sumUp } from '../../access/plan-tally.ts';
import type { ClassSummary, PlanCounts } from '../../access/plan-tally.ts';
import { planChange } from '../../access/plan.ts';
import type { PlannedChange } from '../../access/plan.ts';
import type { DeviceRecord } from '../../model/records.ts';
import { mdmReadings, snapshotsOf } from '../../store/mdm-readings.ts';
import type { OwnedEntry, SnapshotInfo } from '../../store/store.ts';
import { MAILBOX } from '../../store/touched-keys.ts';
import { Decider } from './decider.ts';
import type { DeciderParts, Judged } from './decider.ts';
import type { GroupMembership } from './group-membership.ts';
import { inTurns } from '../in-turns.ts';
import { withMeasures } from './mdm-measures.ts';
import { olderPlan } from './older-plan.ts';
import type { OlderPlan } from './older-plan.ts';
import { StagedPlan } from './staged-plan.ts';
import { pendingOf } from './stored-changes.ts';
import type { KeptHead } from './stored-changes.ts';
import { timeOf } from './switch-parts.ts';

const DAY_MS = 86_400_000;

/** What a sync comes to. */
export interface SyncOutcome {
  /** Its changes. */
  readonly plan: StagedPlan;
  readonly counts: PlanCounts;
  /** The changes by reason. */
  readonly groups: readonly ChangeGroup[];
  /** Which of them may be written now, and which wait for a person. */
  readonly verdict: PlanVerdict;
  /** What waits for a person; null: nothing. */
  readonly held: KeptHead | null;
  /** The held plan that it goes on with; null: there is none, or it was about every device. */
  readonly older: OlderPlan | null;
  /** Blocks with a mail among its changes. */
  readonly mails: number;
  /** Changes are left to a later sync, which is to decide about them again. */
  readonly isSomeLeft: boolean;
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
  /** Nothing of it will be written. */
  readonly simulated: boolean;
  /** The run that the pages are of. */
  readonly run: string;
  /** Devices of the organization, if the pages are of some of them only; null: of all. */
  readonly known: number | null;
  /** Who is in which groups; absent: they are read. */
  readonly groups?: GroupMembership | null;
  /** Changes that may stay in memory; absent: as many as ever. */
  readonly inMemory?: number | undefined;
  /** Why blocks with a mail are held: nobody could be mailed for too long; absent: they are not. */
  readonly unheard?: string | null;
}

/** Decides page by page; {@link finish} makes the plan when the last page has come. */
export class SyncDecisions {
  readonly decider: Decider;
  /** When the oldest of the MDM readings began that the pages were made from, ISO 8601 UTC; null: there is none. */
  readonly mdmReadAt: string | null;
  readonly #parts: DeciderParts;
  readonly #head: SyncHead;
  readonly #owned: OwnedEntries<OwnedEntry>;
  readonly #isAnythingWaiting: boolean;
  readonly #reading: SnapshotInfo | null;
  readonly #decided = new Set<string>();
  /** Of the devices decided about, if they are some of all. */
  readonly #mailboxes = new Set<string>();
  readonly #gone: OwnedEntry[] = [];
  readonly #confirmed: OwnedEntry[] = [];
  readonly #plan: StagedPlan;
  /** Devices decided about so far. */
  count = 0;
  /** Blocks with a mail among the changes. */
  #mails = 0;

  private constructor(
    parts: DeciderParts,
    head: SyncHead,
    read: {
      decider: Decider;
      owned: OwnedEntries<OwnedEntry>;
      isAnythingWaiting: boolean;
      reading: SnapshotInfo | null;
      mdm: readonly SnapshotInfo[];
    },
  ) {
    this.decider = read.decider;
    this.mdmReadAt = read.mdm.map(({ startedAt }) => startedAt).sort((a, b) => a.localeCompare(b))[0] ?? null;
    this.#parts = parts;
    this.#head = head;
    this.#owned = read.owned;
    this.#isAnythingWaiting = read.isAnythingWaiting;
    this.#reading = read.reading;
    const { id, simulated, inMemory } = head;
    const plan = { id, organization: parts.exchange.organization, at: timeOf(parts.now), simulated };
    this.#plan = new StagedPlan(parts, plan, inMemory);
  }

  /** Reads the ledger and the groups once; what waits in the outbox is read page by page. */
  static async begin(parts: DeciderParts, head: SyncHead): Promise<SyncDecisions> {
    const { store, exchange } = parts;
    const { organization } = exchange;
    const decider = await Decider.begin(parts, head.maxAgeHours, head.groups);
    const owned = new OwnedEntries<OwnedEntry>();
    // Of a few devices their own are read with them.
    if (head.known === null) await inTurns(await store.entries.list({ organization }), (some) => owned.add(some));
    const isAnythingWaiting = (await store.outbox.list({ organization, limit: 1 })).length > 0;
    return new SyncDecisions(parts, head, {
      decider,
      owned,
      isAnythingWaiting,
      reading: await store.snapshots.latest('eas', organization),
      mdm: await store.snapshots.list('mdm'),
    });
  }

  /** Devices of the organization, as far as it is known. */
  get known(): number {
    return this.#head.known ?? this.count;
  }

  /** When it began to decide, ISO 8601 UTC. */
  get at(): string {
    return this.#plan.head.at;
  }

  /** Decides about a page of devices. */
  async decide(devices: readonly DeviceRecord[]): Promise<Judged[]> {
    const waiting = await this.#waitingOf(devices);
    const owned =
      this.#head.known === null
        ? this.#owned
        : new OwnedEntries(await this.#parts.store.entries.forDevices(devices.flatMap(namedInLedger)));
    const judged = devices.flatMap((record) =>
      record.eas === undefined ? [] : [this.#decideOne(record, owned, waiting.get(record.key) ?? null)],
    );
    await this.#plan.keep();
    return judged;
  }

  /** The plan, guarded and braked. */
  async finish(): Promise<SyncOutcome> {
    const { store, settings, exchange, now } = this.#parts;
    const { brakePercent, brakeCount, brakePerDay } = settings;
    const plan = this.#plan;
    await plan.keep(true);
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
    const today = await store.lowered.since(
      exchange.organization,
      timeOf(() => now() - DAY_MS),
    );
    const limits = { brakePercent, brakeCount, brakePerDay, known: this.known, today };
    // What only simulates goes on with nobody's plan.
    const older = this.#head.known === null || this.#head.simulated ? null : await this.#older();
    const own = plan.tally.summary(() => true).classes;
    const all = sumUp(older?.rest.classes ?? [], own).classes;
    const verdict = judgePlan(all, problems, limits, this.#head.unheard ?? null);
    const wait = all.filter((one) => verdict.of(one) === 'held');
    return {
      plan,
      counts: plan.tally.counts,
      groups: plan.tally.groups((one) => verdict.of(one) === 'held'),
      verdict,
      held: verdict.reason === null ? null : headOf(plan, wait, verdict.reason, doubtedOf(problems, snapshots)),
      older,
      mails: this.#mails,
      isSomeLeft: all.some((one) => one.count > 0 && verdict.of(one) === 'left'),
      problems,
      decided: this.#decided,
      gone: this.#gone,
      confirmed: problems.length === 0 ? this.#confirmed : [],
      measures: unfit.length === 0 ? snapshots : [],
    };
  }

  /** The plan that is held, without what it has of the mailboxes that this sync is about: that was decided anew, or is gone. */
  async #older(): Promise<OlderPlan | null> {
    const { store, exchange } = this.#parts;
    const { organization } = exchange;
    const taken = await store.touched.taken(organization, this.#head.run);
    const mailboxes = new Set(this.#mailboxes);
    for (const key of taken) if (key.startsWith(MAILBOX)) mailboxes.add(key.slice(MAILBOX.length));
    return olderPlan(store, organization, [...mailboxes]);
  }

  /** It does not come to its end. */
  async drop(): Promise<void> {
    await this.#plan.drop();
  }

  #decideOne(record: DeviceRecord, ours: OwnedEntries<OwnedEntry>, waiting: PlannedChange | null): Judged {
    const judged = this.decider.judge(record, ours, this.#reading?.fullStartedAt ?? null);
    const { device, owned, entries, decision } = judged;
    this.#gone.push(...this.#goneOf(record, entries));
    this.#confirmed.push(...confirmedEntries(entries, decision));
    this.#plan.tally.decided(decision);
    const { adoptEntries } = this.#parts.settings;
    const change = planChange(device, decision, owned, { at: this.at, adoptEntries });
    if (change !== null) {
      const approval = approvalOf(change, waiting);
      const approved = approval === null ? change : { ...change, approvedBy: approval.by, approval };
      this.#plan.add(this.#head.unheard && waitsForMail(approved) ? { ...approved, unheard: true } : approved);
      if (leadsToMail(change)) this.#mails += 1;
    }
    if (waiting !== null) this.#decided.add(device.key);
    if (this.#head.known !== null && device.eas !== undefined) this.#mailboxes.add(device.eas.mailbox.id.toLowerCase());
    this.count += 1;
    return judged;
  }

  /** What others took off, if the pages are those of the last reading: what a newer one knows, these do not. */
  #goneOf(record: DeviceRecord, entries: readonly OwnedEntry[]): OwnedEntry[] {
    if (this.#reading === null || this.#reading.startedAt !== this.#head.startedAt) return [];
    return goneEntries(record, entries, this.#reading.fullStartedAt);
  }

  /** What waits in the outbox, by device. */
  async #waitingOf(devices: readonly DeviceRecord[]): Promise<ReadonlyMap<string, PlannedChange>> {
    if (!this.#isAnythingWaiting) return new Map();
    const rows = await this.#parts.store.outbox.getMany(devices.map(({ key }) => key));
    return new Map(rows.map((row) => [row.key, pendingOf(row).change]));
  }
}

/** The head of what a plan holds. */
function headOf(
  { head }: StagedPlan,
  wait: readonly ClassSummary[],
  reason: HoldReason,
  doubted: readonly SnapshotInfo[],
): KeptHead {
  const { id, organization, at } = head;
  const summary = sumUp(wait);
  return { id, organization, at, reason, ...summary, ...(reason.code === 'ERR_BRAKE' ? {} : { doubted }) };
}

function doubtedOf(problems: readonly GuardProblem[], snapshots: readonly SnapshotInfo[]): SnapshotInfo[] {
  const doubted = new Set(problems.map((one) => one.doubted));
  return snapshots.filter(({ scope }) => doubted.has(scope));
}

function confirmedEntries(entries: readonly OwnedEntry[], { action, rule }: AccessDecision): OwnedEntry[] {
  const list = { allow: 'allowed', block: 'blocked', release: null, leave: null }[action];
  if (rule === MDM_AWAY_RULE) return [];
  return entries
    .filter((entry) => entry.rule === MDM_AWAY_RULE && entry.state === 'owned' && entry.list === list)
    .map((entry) => ({ ...entry, rule }));
}
