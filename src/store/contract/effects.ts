/** What is to happen in Exchange: entries of ours, changes on their way, plans. Times are ISO 8601 UTC text unless a field says otherwise. */
import type { ListEntryKey, OwnedEntry, TakenOff, ToldCause } from '../../model/personal-lists.ts';
import type { Json } from './json.ts';

export type { ListEntryKey, ListEntryState, OwnedEntry, TakenOff, ToldCause } from '../../model/personal-lists.ts';

/**
 * The ledger of list entries we own. Protocol, so that a crash at any moment can be repaired:
 * 1. `intend` before Set-CASMailbox, 2. Set-CASMailbox, 3. `confirm` when it succeeded, `drop` when Exchange refused it.
 * With an unknown outcome (or a crash between) the entry stays `adding` or `removing`: `list({ unsettled: true })` names
 * it, the mailbox's list is read, and `settle` is told whether the entry is there. An entry that Exchange already has
 * must not be intended: it is someone else's.
 * What is known to be taken off is remembered, in the same step, until it is ours again or forgotten: see src/access/taken-off.ts.
 */
export interface ListEntries {
  /**
   * Step 1; again for the same entry: nothing new. Throws ERR_INPUT_INVALID for the removal of an entry we do not own,
   * and for either operation while the opposite one is not settled.
   */
  intend(entry: ListEntryKey & { operation: 'add' | 'remove'; rule: string; at: string }): Promise<void>;
  /** Step 3, Exchange did it: `adding` becomes `owned`, `removing` is remembered as taken off. */
  confirm(entry: ListEntryKey, at: string): Promise<void>;
  /** Step 3, Exchange did not: `adding` is forgotten, `removing` is `owned` again. */
  drop(entry: ListEntryKey): Promise<void>;
  /** After a crash: `present` says whether the mailbox's list has the entry. */
  settle(entry: ListEntryKey, present: boolean, at: string): Promise<OwnedEntry | null>;
  /** Writes an owned entry at once (adopted entries, imports). */
  record(entry: Omit<OwnedEntry, 'state' | 'episode' | 'told'>): Promise<void>;
  /** Keeps why devices of one organization stand blocked, as the flow is told; nothing of those without a blocked entry. */
  tell(
    organization: string,
    causes: readonly (Pick<ListEntryKey, 'mailboxId' | 'easId'> & { readonly cause: ToldCause })[],
  ): Promise<void>;
  /** Forgets an entry without a word to Exchange. True if there was one. */
  remove(entry: ListEntryKey): Promise<boolean>;
  get(entry: ListEntryKey): Promise<OwnedEntry | null>;
  /** Both lists' entries of one device on one mailbox. */
  forDevice(device: Omit<ListEntryKey, 'list'>): Promise<OwnedEntry[]>;
  /** Of each of the devices, in no order. */
  forDevices(devices: readonly Omit<ListEntryKey, 'list'>[]): Promise<OwnedEntry[]>;
  list(filter?: { organization?: string; mailboxId?: string; unsettled?: boolean }): Promise<OwnedEntry[]>;
  /** What we took off the lists of an organization. */
  takenOff(organization: string): Promise<TakenOff[]>;
  /** The same of each of the devices, in no order. */
  takenOffOf(devices: readonly Omit<ListEntryKey, 'list'>[]): Promise<TakenOff[]>;
  /** What is on that list is not what we took off. */
  forgetTakenOff(entry: ListEntryKey): Promise<void>;
}

/** A device that we own an entry of, and that Exchange has no more. */
export interface MissedDevice {
  /** The EAS record's key. */
  readonly key: string;
  /** When it was first missed. */
  readonly since: string;
}

/** Since when devices that we own an entry of are missed in the readings. */
export interface MissedDevices {
  /** Of an organization these are missed now, and no others. @param at when, ISO 8601 UTC */
  settle(organization: string, keys: readonly string[], at: string): Promise<void>;
  /** Those missed since then or before, those first that were looked for longest ago. */
  since(organization: string, time: string, limit: number): Promise<MissedDevice[]>;
  /** They were looked for. @param at ISO 8601 UTC */
  looked(keys: readonly string[], at: string): Promise<void>;
}

/** What a change waits for; who ends which state is told in src/access/outbox.ts. */
export type OutboxState =
  | 'planned'
  | 'reserved'
  | 'settling'
  | 'later'
  | 'next-sync'
  | 'waiting-for-mail'
  | 'attention';

/** A change that has not reached Exchange yet. One a device: a newer plan replaces the older. */
export interface OutboxChange {
  /** The device record's key. */
  readonly key: string;
  readonly organization: string;
  readonly mailboxId: string;
  readonly state: OutboxState;
  /** 0: it opens mail for somebody, and goes first; 1: a block. */
  readonly turn: 0 | 1;
  readonly attempts: number;
  readonly createdAt: string;
  readonly nextAttemptAt: string;
  readonly lastError: { readonly code: string; readonly text: string } | null;
  /** The planned change, as its maker wrote it. */
  readonly change: Json;
}

export interface Outbox {
  /** Adds or replaces the change of this device. */
  put(change: OutboxChange): Promise<void>;
  /** The same for many, of one device each: one statement. */
  putMany(changes: readonly OutboxChange[]): Promise<void>;
  /**
   * Changes whose time has come, `planned` and `later`: what opens mail first, then the longest waiting.
   * @param options.after the one that was handed out last
   */
  due(
    now: string,
    options: { organization: string; limit?: number; after?: OutboxChange | undefined },
  ): Promise<OutboxChange[]>;
  /** They are handed to Exchange from here on. */
  reserve(keys: readonly string[]): Promise<void>;
  /** Changes the named fields; false if there is no such change (done or replaced meanwhile). */
  update(
    key: string,
    fields: Partial<Pick<OutboxChange, 'state' | 'attempts' | 'nextAttemptAt' | 'lastError'>>,
  ): Promise<boolean>;
  /** `planned`, `later` and `next-sync` changes, and those that were given up, are due at this time. */
  hurry(organization: string, at: string): Promise<void>;
  /** `waiting-for-mail` changes are `planned` or `later` again, as they were. True if there were any. */
  goOn(organization: string): Promise<boolean>;
  remove(key: string): Promise<boolean>;
  /** Those of the devices that have a change waiting. */
  getMany(keys: readonly string[]): Promise<OutboxChange[]>;
  /** Those of the devices of these mailboxes, by key; GUIDs, folded. */
  ofMailboxes(mailboxIds: readonly string[]): Promise<OutboxChange[]>;
  /** By key, those after `after`. */
  list(filter?: {
    organization?: string;
    state?: OutboxState;
    after?: string;
    limit?: number;
  }): Promise<OutboxChange[]>;
  count(filter: { organization: string; state?: OutboxState }): Promise<number>;
  /** The mailboxes of whose devices a change waits; GUIDs, folded. */
  mailboxes(organization: string): Promise<string[]>;
  /** Those of the mailboxes of which a change is with Exchange, or is due for its first try. */
  underWay(mailboxIds: readonly string[], now: string): Promise<Set<string>>;
}

/** Which mailboxes lost access, and when last: what the brake counts over a day. Written with what became of a change. */
export interface Lowered {
  /** A device of the mailbox lost access. @param kind what the brake counts apart @param at ISO 8601 UTC */
  add(organization: string, mailboxId: string, kind: string, at: string): Promise<void>;
  /** How many mailboxes did since then, by kind. What is older by two days is forgotten. */
  since(organization: string, time: string): Promise<ReadonlyMap<string, number>>;
}

/** The head of a plan that waits for a person. Its changes are rows of their own, however many there are. */
export interface HeldPlan {
  readonly id: string;
  readonly organization: string;
  readonly at: string;
  /** Why it is held: ERR_BRAKE, ERR_SNAPSHOT_SHRUNKEN, … */
  readonly reason: string;
  /** What else its maker keeps of it. */
  readonly plan: Json;
}

/** One change of a plan. */
export interface HeldChange {
  /** The device record's key. */
  readonly key: string;
  /** What guard and brake tell it by. */
  readonly class: string;
  readonly action: string;
  /** Code of the decision's reason. */
  readonly reason: string;
  /** GUID. */
  readonly mailboxId: string;
  /** The mailbox's address, folded; empty: it has none. */
  readonly owner: string;
  /** The planned change, as its maker wrote it. */
  readonly change: Json;
}

/** Which changes of a held plan. */
export interface HeldChangeFilter {
  readonly keys?: readonly string[];
  readonly reason?: string;
  /** GUID or address of the mailbox. */
  readonly mailbox?: string;
}

/** A plan whose changes are put there, some at a time. */
export interface StagedPlan {
  readonly id: string;
  readonly organization: string;
  readonly at: string;
  /** It never becomes valid. */
  readonly simulated: boolean;
}

/** Classes of changes. */
export interface PlanClasses {
  /** Those that wait for a person. */
  readonly held: readonly string[];
  /** Those that are to be put into the outbox. */
  readonly goes: readonly string[];
}

/**
 * Plans of the access switch. One is staged in transactions of bounded size and becomes valid at once; until then nobody is
 * shown it, and what is cut off leaves no trace: the next sync clears it. Of an organization one valid plan is held; one whose
 * changes are not all in the outbox yet may stand beside it.
 */
export interface HeldPlans {
  /** Begins to stage a plan. */
  stage(plan: StagedPlan): Promise<void>;
  /**
   * Stages changes; a device that the plan has a change for keeps that one.
   * Throws ERR_SNAPSHOT_INCOMPLETE if the plan is not being staged any more.
   * @param at ISO 8601 UTC
   * @returns the keys of those that are new
   */
  put(id: string, changes: readonly HeldChange[], at: string): Promise<string[]>;
  /** A staged plan becomes valid. Within a transaction that also ends what it replaces. */
  validate(plan: HeldPlan, classes: PlanClasses): Promise<void>;
  /** Whatever its state: its changes of some classes in the order of their keys, those after `after`. */
  staged(
    id: string,
    options: { classes?: readonly string[]; keys?: readonly string[]; after?: string; limit: number },
  ): Promise<HeldChange[]>;
  /** Valid plans of which changes are still to be put into the outbox. */
  going(organization: string): Promise<(Pick<HeldPlan, 'id' | 'at'> & PlanClasses)[]>;
  /**
   * What was to be put into the outbox is there; what else the plan has beside the held classes is let go of, in steps. Not
   * within a transaction: it would be a long one.
   */
  gone(id: string): Promise<void>;
  /** What its maker keeps of a held plan is another by now. False if it is not held. */
  update(id: string, plan: Json): Promise<boolean>;
  /** The held plan with this id, or null. */
  held(id: string): Promise<HeldPlan | null>;
  /** The held plans, by organization. */
  list(): Promise<HeldPlan[]>;
  /** The held changes of a plan in the order of their keys, those after `after`. */
  changes(id: string, options: HeldChangeFilter & { after?: string; limit: number }): Promise<HeldChange[]>;
  count(id: string, filter?: HeldChangeFilter): Promise<number>;
  /** Takes changes out of a plan. */
  take(id: string, keys: readonly string[]): Promise<void>;
  /**
   * A plan is none any more, staged or valid; {@link clear} deletes its changes. True if it was held: then what it had changes
   * for is touched.
   */
  remove(id: string): Promise<boolean>;
  /**
   * How many mailboxes a plan has changes of, whatever its state, by the classes of each (in order). In steps: it goes through
   * the whole plan.
   */
  mailboxes(id: string): Promise<{ readonly classes: readonly string[]; readonly count: number }[]>;
  /** The held changes that a plan has for these mailboxes. */
  ofMailboxes(id: string, mailboxIds: readonly string[]): Promise<HeldChange[]>;
  /**
   * A staged plan takes the place of a held one and goes on with its changes, but for some. Within the transaction in which it
   * becomes valid.
   * @param without keys of changes that are gone, or that the staged plan has anew
   */
  takeOver(id: string, older: string, without: readonly string[]): Promise<void>;
  /** Lets go of all valid plans of an organization but one. */
  removeOthers(organization: string, but: string | null): Promise<void>;
  /**
   * Lets go of staged plans that were cut off: an organization's, but for simulations, and any of which nothing was heard
   * since `before`. Deletes, in steps, what is left of plans that are none any more. Writes only if there are any.
   */
  clear(cutOff?: { organization: string | null; before: string }): Promise<void>;
}
