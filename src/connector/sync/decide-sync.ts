/**
 * One sync on its way through the access switch.
 * In: pages of device records. Out: what is decided about each; at the end a guarded and braked plan. Changes: nothing.
 */
import { approvalOf } from '../../access/approvals.ts';
import { brakeLimit, judgePlan } from '../../access/brake.ts';
import type { BrakeLimits, HoldReason, PlanVerdict } from '../../access/brake.ts';
import type { ChangeGroup } from '../../access/changes-by-reason.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import type { GuardedReading, GuardProblem } from '../../access/guard-plan.ts';
import { MDM_AWAY_RULE } from '../../access/mdm-away.ts';
import { leadsToMail, waitsForMail } from '../../access/mail-first.ts';
import { goneEntries, OwnedEntries } from '../../access/owned-entries.ts';
import { shownFromBefore } from '../../access/taken-off.ts';
import { onlyOf, sumOfMailboxes } from '../../access/mailbox-counts.ts';
import type { MailboxCounts } from '../../access/mailbox-counts.ts';
import { sumUp } from '../../access/plan-tally.ts';
import type { ClassSummary, PlanCounts } from '../../access/plan-tally.ts';
import { planChange } from '../../access/plan.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { wholeLately } from '../../model/forest-view.ts';
import { isQuiet } from '../../model/mail-kind.ts';
import { isOfChanges, wholeSince } from '../../model/reading-age.ts';
import type { DeviceRecord, EasRecord } from '../../model/records.ts';
import type { AttemptRow, OwnedEntry, SnapshotInfo } from '../../store/store.ts';
import { MAILBOX } from '../../store/touched-keys.ts';
import { Decider } from './decider.ts';
import type { DeciderParts, Judged } from './decider.ts';
import type { GroupMembership } from './group-membership.ts';
import { inTurns } from '../in-turns.ts';
import { AttemptAsker, seenOf } from './last-attempts.ts';
import type { AskingParts } from './last-attempts.ts';
import { DoubtedSources, guardedReadings } from './guarded-readings.ts';
import { MadeAnew } from './made-anew.ts';
import type { LookingParts, ShownAgain } from './made-anew.ts';
import { MailboxesOfRun } from './mailboxes-of-run.ts';
import { NewDevices } from './new-devices.ts';
import { olderPlan } from './older-plan.ts';
import { ownedOf } from './owned-of.ts';
import { Removals } from './removals.ts';
import type { OlderPlan } from './older-plan.ts';
import { staysBlocked } from './unknown-compliance.ts';
import { StagedPlan } from './staged-plan.ts';
import { keptHead, pendingOf } from './stored-changes.ts';
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
  readonly newDevices: NewDevices;
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

/** What a sync needs to decide. */
type DecidingParts = DeciderParts & AskingParts & LookingParts;

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
  /** When the oldest of the full MDM readings began that the pages were made from, ISO 8601 UTC; null: there is none. */
  readonly mdmReadAt: string | null;
  /** One of these MDMs has been read by its changes since. */
  readonly quick: boolean;
  /** Asks Exchange when devices last tried to sync. */
  readonly asker: AttemptAsker;
  readonly #parts: DecidingParts;
  readonly #head: SyncHead;
  readonly #owned: OwnedEntries<OwnedEntry>;
  readonly #isAnythingWaiting: boolean;
  /** Names what waited for a person when it began. */
  readonly #heldBefore: string;
  readonly #reading: SnapshotInfo | null;
  readonly #doubted: DoubtedSources;
  readonly #decided = new Set<string>();
  /** Of the devices decided about, if they are some of all. */
  readonly #mailboxes = new Set<string>();
  /** These and those that were touched; null: not asked yet. */
  #some: readonly string[] | null = null;
  /** Our entries of devices that are on the blocked list by us and were not seen yet, by device; null: it is not about all. */
  readonly #unseen: Map<string, readonly OwnedEntry[]> | null;
  readonly #gone: OwnedEntry[] = [];
  readonly #confirmed: OwnedEntry[] = [];
  readonly #plan: StagedPlan;
  readonly #newDevices: NewDevices;
  readonly #removals: Removals;
  readonly #madeAnew: MadeAnew;
  readonly #ofRun: MailboxesOfRun;
  /** Devices decided about so far. */
  count = 0;
  /** Blocks with a mail among the changes. */
  #mails = 0;

  private constructor(
    parts: DecidingParts,
    head: SyncHead,
    read: {
      decider: Decider;
      owned: OwnedEntries<OwnedEntry>;
      isAnythingWaiting: boolean;
      heldBefore: string;
      reading: SnapshotInfo | null;
      mdm: readonly SnapshotInfo[];
      doubted: DoubtedSources;
      unseen: Map<string, readonly OwnedEntry[]> | null;
    },
  ) {
    this.decider = read.decider;
    this.mdmReadAt = read.mdm.map(wholeSince).sort((a, b) => a.localeCompare(b))[0] ?? null;
    this.quick = read.mdm.some(isOfChanges);
    this.#parts = parts;
    this.#head = head;
    this.#owned = read.owned;
    this.#isAnythingWaiting = read.isAnythingWaiting;
    this.#heldBefore = read.heldBefore;
    this.#reading = read.reading;
    this.#unseen = read.unseen;
    this.#doubted = read.doubted;
    const { id, simulated, inMemory } = head;
    const plan = { id, organization: parts.exchange.organization, at: timeOf(parts.now), simulated };
    this.#plan = new StagedPlan(parts, plan, inMemory);
    this.#newDevices = new NewDevices(parts);
    this.#removals = new Removals(parts.settings);
    this.#madeAnew = new MadeAnew(parts);
    // What is more than the brake lets through is held anyway.
    const known = head.known ?? read.reading?.count ?? 0;
    this.#ofRun = new MailboxesOfRun(head.known === null ? known : 0);
    this.asker = new AttemptAsker(parts, simulated ? null : head.run, brakeLimit(parts.settings, known));
  }

  /** Reads the ledger and the groups once; what waits in the outbox is read page by page. */
  static async begin(parts: DecidingParts, head: SyncHead): Promise<SyncDecisions> {
    const { store, exchange } = parts;
    const { organization } = exchange;
    const decider = await Decider.begin(parts, head.maxAgeHours, head.groups);
    const owned = new OwnedEntries<OwnedEntry>();
    // Of a few devices their own are read with them.
    if (head.known === null) {
      await inTurns(await store.entries.list({ organization }), (some) => owned.add(some));
      await inTurns(await store.entries.takenOff(organization), (some) => owned.addTakenOff(some));
    }
    const isAnythingWaiting = (await store.outbox.list({ organization, limit: 1 })).length > 0;
    return new SyncDecisions(parts, head, {
      decider,
      owned,
      isAnythingWaiting,
      heldBefore: await heldBy(parts),
      reading: await store.snapshots.latest('eas', organization),
      mdm: await store.snapshots.list('mdm'),
      doubted: await DoubtedSources.begin(parts, head.maxAgeHours),
      unseen: head.known === null ? owned.blocked() : null,
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
    const owned = this.#head.known === null ? this.#owned : await ownedOf(this.#parts.store, devices);
    await this.#lookAtShown(devices, owned);
    const judged = await this.#judge(devices.filter(isEas), owned);
    const taken = judged.map(([record, one]) => this.#take(record, one, waiting.get(record.key) ?? null));
    for (const change of await this.#newDevices.mark(taken)) this.#plan.add(change);
    await this.#plan.keep();
    return judged.map(([, one]) => one);
  }

  /** An administrator's entry is theirs from the first sync on that is about a reading of it, and not behind. */
  async #lookAtShown(devices: readonly DeviceRecord[], owned: OwnedEntries<OwnedEntry>): Promise<void> {
    if (this.#head.simulated) return;
    const shown = devices.flatMap((device) => this.#shownAgain(device, owned));
    for (const entry of await this.#madeAnew.of(shown, this.at)) {
      await this.#parts.store.entries.forgetTakenOff(entry);
      owned.forgetTakenOff(entry);
    }
  }

  /** What of the device is shown though we took it off, and Exchange was read since, be it by a quick reading. */
  #shownAgain(device: DeviceRecord, owned: OwnedEntries<OwnedEntry>): ShownAgain[] {
    const listed = device.eas?.access.listed ?? null;
    const takenOff = owned.takenOffOf(device);
    if (listed === null || takenOff.length === 0) return [];
    if (this.#reading === null || !this.#isOfLast || this.decider.hasGap(device)) return [];
    const { fullStartedAt, startedAt } = this.#reading;
    const entries = owned.entriesOf(device);
    const entry = shownFromBefore(listed, { entries, takenOff }, fullStartedAt);
    if (entry === undefined) return [];
    // A time that lies ahead was written before a clock was set back.
    const isUnread = entry.takenOffAt >= startedAt && entry.takenOffAt <= this.at;
    return isUnread ? [] : [{ entry, entries }];
  }

  /*
   * Exchange is asked when a device last tried to sync
   *   if it would be blocked for the first time, with a mail      and nobody asked within a day
   *   if the rule that decides goes by it                         and nobody asked within a day
   *   if it is blocked without a mail and its record is another   at once: it may have tried again
   *   if it is one of several accounts and the matcher says so    from when it says
   * and those for which it has answered are decided about with the answer.
   */
  async #judge(records: readonly EasDevice[], owned: OwnedEntries<OwnedEntry>): Promise<[EasDevice, Judged][]> {
    const readAt = this.#reading?.fullStartedAt ?? null;
    const isRead = (record: EasDevice): boolean =>
      this.decider.readsAttempt(record) || owned.of(record) === 'blocked' || record.askFrom !== undefined;
    const keys = records.filter(isRead).map(({ key }) => key);
    const kept = await this.#parts.store.attempts.of(keys);
    const judged = records.map((record): [EasDevice, Judged] => [
      record,
      this.decider.judge(record, owned, readAt, kept.get(record.key) ?? null),
    ]);
    const toAsk = judged.filter(([record, one]) => one.asks || isAnother(record, one, kept.get(record.key)));
    if (toAsk.length === 0) return judged;
    const alone = aloneOf(records);
    const told = await this.asker.ask(
      toAsk.map(([{ key, eas, askFrom }]) => {
        const isAlone = alone.has(key);
        return { key, mailboxId: eas.mailbox.id, seen: seenOf(eas), isOneOfSeveral: askFrom !== undefined, isAlone };
      }),
      kept,
    );
    return judged.map(([record, one]) => {
      const answer = told.get(record.key);
      if (answer === undefined) return [record, one];
      return [record, this.decider.judge(record, owned, readAt, { told: answer, isQuiet: one.wasQuiet })];
    });
  }

  /** The plan, guarded and braked. @param isWhole no page of it was lost */
  async finish(isWhole: boolean): Promise<SyncOutcome> {
    const plan = this.#plan;
    const { measured, snapshots, problems: unfit } = await guardedReadings(this.#parts, this.#head.maxAgeHours);
    const unreadable = this.decider.groups?.problem ?? null;
    const problems = unreadable === null ? unfit : [...unfit, unreadable];
    // By a picture that is whole, of the last reading, and not in doubt: else nothing is removed.
    if (isWhole && problems.length === 0 && this.#isOfLast) for (const one of this.#removals.planned) plan.add(one);
    await plan.keep(true);
    // What only simulates goes on with nobody's plan.
    const older = this.#head.known === null || this.#head.simulated ? null : await this.#older();
    const own = plan.tally.summary(() => true).classes;
    const all = sumUp(older?.rest.classes ?? [], own).classes;
    // A sync is about all that a mailbox has: what is held of other mailboxes is of others.
    const mailboxes = sumOfMailboxes(older?.mailboxes ?? {}, await plan.mailboxes());
    const limits = await this.#limits(measured);
    const judged = judgePlan(all, mailboxes, problems, limits, this.#head.unheard ?? null);
    // Held once more, what was approved would be told again, and be approved again.
    const isActedOn = !this.#head.simulated && this.#heldBefore !== (await heldBy(this.#parts));
    const verdict = isActedOn ? leftToNext(judged) : judged;
    const wait = all.filter((one) => verdict.of(one) === 'held');
    return {
      plan,
      counts: plan.tally.counts,
      groups: plan.tally.groups((one) => verdict.of(one) === 'held'),
      verdict,
      held:
        verdict.reason === null
          ? null
          : headOf(plan, { wait, mailboxes, reason: verdict.reason, doubted: doubtedOf(verdict, snapshots) }),
      newDevices: this.#newDevices,
      older,
      mails: this.#mails,
      isSomeLeft: all.some((one) => one.count > 0 && verdict.of(one) === 'left'),
      problems,
      decided: this.#decided,
      gone: this.#gone,
      confirmed: problems.length === 0 ? this.#confirmed : [],
      measures: unfit.length === 0 && !verdict.isFirst ? snapshots : [],
    };
  }

  /** What the brake counts against. */
  async #limits(readings: readonly GuardedReading[]): Promise<BrakeLimits> {
    const { store, settings, exchange, now } = this.#parts;
    const { organization } = exchange;
    const { brakePercent, brakeCount, brakePerDay } = settings;
    const { known } = this.#head;
    const day = timeOf(() => now() - DAY_MS);
    const lowered = await store.lowered.since(organization, day);
    const wholeForest = wholeLately(this.#reading?.view ?? null, now());
    return {
      brakePercent,
      brakeCount,
      brakePerDay,
      devices: this.known,
      mailboxes: known === null ? this.#ofRun.count : await store.devices.mailboxes(organization),
      today: { known: lowered.get('known') ?? 0, new: lowered.get('new') ?? 0 },
      firstReadOf: readings.filter(({ snapshot }) => snapshot?.isFirst === true).map(({ name }) => name),
      ...(wholeForest === null ? {} : { wholeSince: wholeForest }),
    };
  }

  /** The plan that is held, without what it has of the mailboxes that this sync is about: that was decided anew, or is gone. */
  async #older(): Promise<OlderPlan | null> {
    const { store, exchange } = this.#parts;
    return olderPlan(store, exchange.organization, await this.#mailboxesOfSome());
  }

  /** Of a sync about some devices: the mailboxes that it is about, also those of which there is nothing any more; folded. */
  async #mailboxesOfSome(): Promise<readonly string[]> {
    this.#some ??= await this.#readSome();
    return this.#some;
  }

  async #readSome(): Promise<readonly string[]> {
    const { store, exchange } = this.#parts;
    const taken = await store.touched.taken(exchange.organization, this.#head.run);
    const mailboxes = new Set(this.#mailboxes);
    for (const key of taken) if (key.startsWith(MAILBOX)) mailboxes.add(key.slice(MAILBOX.length));
    return [...mailboxes];
  }

  /**
   * Our entries of blocked devices that Exchange has no more, by device. Null: the pages are not of every device of the last
   * reading, or that reading is in doubt or has gaps.
   */
  missing(outcome: Pick<SyncOutcome, 'problems'>): ReadonlyMap<string, readonly OwnedEntry[]> | null {
    return this.#isCertain(outcome) ? this.#unseen : null;
  }

  /**
   * Of which mailboxes Exchange has no other devices than those that were decided about: `all`, or these, folded. None where the
   * reading is not the last one, is in doubt, or has gaps.
   */
  async seenWhole(outcome: Pick<SyncOutcome, 'problems'>): Promise<'all' | readonly string[]> {
    if (!this.#isCertain(outcome)) return [];
    return this.#head.known === null ? 'all' : this.#mailboxesOfSome();
  }

  #isCertain({ problems }: Pick<SyncOutcome, 'problems'>): boolean {
    return this.#isOfLast && this.#reading?.gaps === undefined && problems.every(({ about }) => about !== 'eas');
  }

  /** The pages are of every device of the last reading, or of those of it that something touched. */
  get #isOfLast(): boolean {
    return this.#reading !== null && this.#reading.startedAt === this.#head.startedAt;
  }

  /** It does not come to its end. */
  async drop(): Promise<void> {
    await this.#plan.drop();
  }

  #take(record: DeviceRecord, judged: Judged, waiting: PlannedChange | null): Taken {
    const { device, owned, entries, decision } = judged;
    if (staysBlocked(device, decision.action)) this.decider.stayBlocked += 1;
    this.#gone.push(...this.#goneOf(record, entries));
    this.#confirmed.push(...confirmedEntries(entries, decision));
    this.#plan.tally.decided(decision);
    const { adoptEntries } = this.#parts.settings;
    const change = planChange(device, decision, owned, { at: this.at, adoptEntries });
    this.#unseen?.delete(device.key);
    if (change !== null && leadsToMail(change)) this.#mails += 1;
    if (change === null) this.#offerRemoval(judged, waiting);
    if (waiting !== null) this.#decided.add(device.key);
    if (device.eas !== undefined) this.#decidedOf(device.eas.mailbox.id);
    this.count += 1;
    return { device, change: change === null ? null : this.#marked(withApproval(change, waiting)) };
  }

  /** A sync about some devices goes on with what waits, and adds nothing. */
  #offerRemoval(judged: Judged, waiting: PlannedChange | null): void {
    if (this.#head.known !== null && waiting === null) return;
    if (this.decider.hasGap(judged.device)) return;
    const change = this.#removals.offer(judged, waiting, this.at);
    if (change !== null) this.#removals.add(withApproval(change, waiting), waiting !== null);
  }

  #marked(change: PlannedChange): PlannedChange {
    const unknownTo = change.device.mdm === undefined ? this.#doubted.strangersTo(change.device) : [];
    const marked = unknownTo.length === 0 ? change : { ...change, unknownTo };
    return this.#head.unheard && waitsForMail(marked) ? { ...marked, unheard: true } : marked;
  }

  #decidedOf(mailboxId: string): void {
    if (this.#head.known === null) this.#ofRun.add(mailboxId);
    else this.#mailboxes.add(mailboxId.toLowerCase());
  }

  /** What others took off, if the pages are those of the last reading: what a newer one knows, these do not. */
  #goneOf(record: DeviceRecord, entries: readonly OwnedEntry[]): OwnedEntry[] {
    if (this.#reading === null || !this.#isOfLast || this.decider.hasGap(record)) return [];
    return goneEntries(record, entries, this.#reading.fullStartedAt);
  }

  /** What waits in the outbox, by device. */
  async #waitingOf(devices: readonly DeviceRecord[]): Promise<ReadonlyMap<string, PlannedChange>> {
    if (!this.#isAnythingWaiting) return new Map();
    const rows = await this.#parts.store.outbox.getMany(devices.map(({ key }) => key));
    return new Map(rows.map((row) => [row.key, pendingOf(row).change]));
  }
}

/** A device that was decided about, and the change that it needs. */
interface Taken {
  readonly device: DeviceRecord;
  readonly change: PlannedChange | null;
}

/** With the approval that the waiting change has, if it counts for this one. */
function withApproval(change: PlannedChange, waiting: PlannedChange | null): PlannedChange {
  const approval = approvalOf(change, waiting);
  return approval === null ? change : { ...change, approvedBy: approval.by, approval };
}

/** A device with a mail account. */
type EasDevice = DeviceRecord & { readonly eas: EasRecord };

function isEas(device: DeviceRecord): device is EasDevice {
  return device.eas !== undefined;
}

/** Keys of a page's devices whose mailbox has no other one: what is at an end of the page may go on in the next one. */
function aloneOf(records: readonly EasDevice[]): ReadonlySet<string> {
  const idAt = (at: number): string | undefined => records[at]?.eas.mailbox.id.toLowerCase();
  const inner = records.slice(1, -1);
  const alone = inner.filter((_, at) => idAt(at) !== idAt(at + 1) && idAt(at + 1) !== idAt(at + 2));
  return new Set(alone.map(({ key }) => key));
}

/** True for a device that is blocked without a mail, if its record is another than when Exchange was asked last. */
function isAnother({ eas }: EasDevice, { device }: Judged, row: AttemptRow | undefined): boolean {
  return row?.isQuiet === true && isQuiet(device.reason.code) && row.seen !== seenOf(eas);
}

/** Names the held plans of the organization, and what each of them asks for: another name once a person has acted on one. */
async function heldBy({ store, exchange }: DecidingParts): Promise<string> {
  const own = (await store.plans.list()).filter(({ organization }) => organization === exchange.organization);
  return JSON.stringify(own.map((row) => [row.id, keptHead(row)?.digest]));
}

/** A person approved or discarded while it decided: what it would hold was decided without that, and the next sync knows it. */
function leftToNext(verdict: PlanVerdict): PlanVerdict {
  return { ...verdict, of: (one) => (verdict.of(one) === 'held' ? 'left' : verdict.of(one)), reason: null };
}

/** The head of what a plan holds. */
function headOf(
  { head }: StagedPlan,
  held: {
    /** Classes that wait for a person. */
    readonly wait: readonly ClassSummary[];
    readonly mailboxes: MailboxCounts;
    readonly reason: HoldReason;
    readonly doubted: readonly SnapshotInfo[];
  },
): KeptHead {
  const { id, organization, at } = head;
  const { wait, mailboxes, reason, doubted } = held;
  return {
    id,
    organization,
    at,
    reason,
    ...sumUp(wait),
    mailboxes: onlyOf(mailboxes, new Set(wait.map(({ name }) => name))),
    ...(reason.code === 'ERR_BRAKE' && doubted.length === 0 ? {} : { doubted }),
  };
}

/** What whoever approves says is right: what a guard doubts; or first readings. */
function doubtedOf({ reason, doubts, isFirst }: PlanVerdict, snapshots: readonly SnapshotInfo[]): SnapshotInfo[] {
  if (reason?.code === 'ERR_BRAKE') return isFirst ? [...snapshots] : [];
  const doubted = new Set(doubts.map((one) => one.doubted));
  return snapshots.filter(({ scope }) => doubted.has(scope));
}

function confirmedEntries(entries: readonly OwnedEntry[], { action, rule }: AccessDecision): OwnedEntry[] {
  const list = { allow: 'allowed', block: 'blocked', release: null, leave: null }[action];
  if (rule === MDM_AWAY_RULE) return [];
  return entries
    .filter((entry) => entry.rule === MDM_AWAY_RULE && entry.state === 'owned' && entry.list === list)
    .map((entry) => ({ ...entry, rule }));
}
