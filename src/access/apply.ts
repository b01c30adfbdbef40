/** The only part of access that acts: carries one planned change out, against the lists as they are at that moment. */
import { asConnectorError, ConnectorError, throwIfAborted } from '../errors.ts';
import { foldEasId } from '../model/keys.ts';
import type { ListEdit, ListEntryKey, OwnedEntry, PersonalLists, TakenOff } from '../model/personal-lists.ts';
import type { DeviceRecord, MdmRecord } from '../model/records.ts';
import type { AccessDecision } from './decide-access.ts';
import { editFor, isOnList } from './list-edit.ts';
import type { Standing } from './list-edit.ts';
import { blockVerdict, isSpared } from './block-verdict.ts';
import type { MdmAnswer, TryOrigin } from './block-verdict.ts';
import type { PlannedChange } from './plan.ts';
import { isByHand } from './remove.ts';
import { mayBeOnItsWay } from './replication.ts';
import { isMadeAnew, shownFromBefore } from './taken-off.ts';

/** Exchange, as far as a change needs it. */
export interface AccessWriter {
  /** The mailbox's lists now; never cached. */
  readLists(mailboxId: string, options: { signal?: AbortSignal }): Promise<PersonalLists>;
  /** One Set-CASMailbox with Add and Remove. */
  write(mailboxId: string, edit: ListEdit, options: { signal?: AbortSignal }): Promise<void>;
}

/** Reads one MDM record from the MDM itself; null: it is gone. */
export interface MdmReReader {
  read(record: MdmRecord, options: { signal?: AbortSignal }): Promise<MdmRecord | null>;
}

/** What every MDM says of a device's user at this moment. */
export type Asked =
  | {
      readonly kind: 'asked';
      /** The device matched anew with the answers. */
      readonly device: DeviceRecord;
      /** Records of the user that the last readings did not have. */
      readonly unread: number;
    }
  /** One of the MDMs cannot be asked, in words. */
  | { readonly kind: 'unreachable'; readonly why: string };

/** Asks the MDMs for the devices of a device's user. Rejects only when it is stopped. */
export interface MdmAsker {
  ask(device: DeviceRecord, options: { signal?: AbortSignal }): Promise<Asked>;
}

/** An entry as the ledger has it, as far as it counts here; `adding` and `removing` were under way when something cut them off. */
export type LedgerEntry = Omit<OwnedEntry, 'rule' | 'episode'>;

/** Which list entries are ours. The store's `entries` fits; its protocol (intend, write, settle) is kept here. */
export interface Ledger {
  intend(entry: ListEntryKey & { operation: 'add' | 'remove'; rule: string; at: string }): Promise<void>;
  settle(entry: ListEntryKey, present: boolean, at: string): Promise<unknown>;
  record(entry: ListEntryKey & { writtenAt: string; rule: string }): Promise<void>;
  remove(entry: ListEntryKey): Promise<unknown>;
  forDevice(device: Omit<ListEntryKey, 'list'>): Promise<readonly LedgerEntry[]>;
  takenOffOf(devices: readonly Omit<ListEntryKey, 'list'>[]): Promise<readonly TakenOff[]>;
  forgetTakenOff(entry: ListEntryKey): Promise<void>;
}

/** What applying needs. */
export interface ApplyOptions {
  /** The clock. */
  readonly now: () => number;
  readonly adoptEntries?: boolean;
  readonly signal?: AbortSignal;
  /** Reads the MDM record once more before a block. Without it, a block of a merged device is not carried out. */
  readonly mdm?: MdmReReader;
  /** Decides anew about a device whose MDM record was read again; with the rules of the moment. */
  readonly decide?: (device: DeviceRecord) => AccessDecision | Promise<AccessDecision>;
  /** Asked before a block or a removal: whether a person has exempted the device since it was decided. */
  readonly exempt?: (key: string) => Promise<boolean>;
  /** Where the try comes from; default a sync that has just planned it. */
  readonly origin?: TryOrigin;
  /** One of the MDM readings that were decided by is of changes: whoever is not merged is asked for by user. */
  readonly quick?: boolean;
  /** Asked before a block of another origin; without it such a block waits for the next sync. */
  readonly asker?: MdmAsker;
  /** Removes a partnership (apply-removal.ts); without it a removal waits for the next sync. @param at ISO 8601 UTC */
  readonly remove?: (change: PlannedChange, at: string) => Promise<ApplyResult>;
}

/**
 * What became of a change.
 * `applied`: written, or taken over as it was. `already`: the lists were as wanted, nothing was sent. `left`: an administrator's entry stands in the
 * way. `dropped`: the MDM says otherwise by now. `waits`: not tried; the next sync decides anew. `failed`: not done; try
 * again later. `refused`: can never be done as it is.
 */
export interface ApplyResult {
  readonly outcome: 'applied' | 'already' | 'left' | 'dropped' | 'waits' | 'failed' | 'refused';
  readonly change: PlannedChange;
  /** When it was tried, ISO 8601 UTC. */
  readonly at: string;
  /** The edit that was sent. */
  readonly edit?: ListEdit;
  /** Why, in words, where it was not applied. */
  readonly text?: string;
  /** With `waits`: the MDM said otherwise, and was not only out of reach. */
  readonly otherwise?: boolean;
  readonly error?: ConnectorError;
  /** What Exchange told of the device's last attempt to sync, where it decides something. Times are ISO 8601 UTC. */
  readonly attempt?: { readonly lastAttemptAt: string; readonly toldAt: string };
  /** What the lists showed of entries that were under way: the ledger learns it together with what became of the change. */
  readonly seen?: readonly SeenEntry[];
}

/** An entry that was under way, and whether its list has it. */
export interface SeenEntry {
  readonly entry: ListEntryKey;
  readonly present: boolean;
  /**
   * When that was known, ISO 8601 UTC: after the write, however long the try had taken before it. A reading of Exchange that
   * began earlier need not show it.
   */
  readonly at: string;
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/*
 *   step                                       if                                 outcome
 *   0 the mailbox is named by GUID             it is not                          refused: an empty identity would change everyone
 *   1 a removal that a person asked for        any                                on to apply-removal.ts
 *     block, removal: a person's exemption     there is one by now                waits
 *     block: ask the MDM (block-verdict.ts)    says otherwise, or cannot say      dropped, waits or failed
 *     removal: the same, then apply-removal.ts
 *   2 entries that a try before left adding    the lists show that it was done,   applied, by that try
 *     or removing                              and nothing more is wanted
 *                                              otherwise                          settled by what the lists show
 *   3 lists against the action                 lack an entry of ours that may be  failed: until they have it, or it is too old
 *                                              on its way, which it takes off     (an allow is written first)
 *                                              show what we took off, as the      failed: until they do not, or it is too old
 *                                              domain controller may be behind,
 *                                              and it would stand in the way
 *                                              as wanted                          already
 *                                              an administrator's entry           left
 *   4 intent into the ledger
 *   5 write                                    succeeded                          applied
 *                                              refused: lists are read            as wanted: applied; else failed
 *                                              answer lost: lists are read        as wanted: applied; else failed, and what they
 *                                                                                 do not show stays for step 2 of the next try
 *                                              threw, and lists unreadable        intent stays for step 2 of the next try: failed
 *
 * What the lists show was done; what they do not show may be on its way to the domain controller that was asked (replication.ts).
 * Nothing is ever sent twice without a look at the lists between. What 5 came to is in the result alone: whoever asked keeps
 * it in one transaction ({@link settleSeen}, audit, what is told, the waiting change). Cut off before that, 2 finds it.
 */

/** Carries one change out. Throws only ERR_ABORTED; everything else is in the result. */
export async function applyChange(
  writer: AccessWriter,
  ledger: Ledger,
  change: PlannedChange,
  options: ApplyOptions,
): Promise<ApplyResult> {
  const at = timeOf(options);
  if (!GUID.test(change.mailboxId) || foldEasId(change.easId) === '') {
    const error = new ConnectorError(
      'ERR_EXCHANGE_IDENTITY',
      'A change does not name its mailbox by GUID, or names no EAS ID.',
    );
    return { outcome: 'refused', change, at, text: error.message, error };
  }
  try {
    throwIfAborted(options.signal);
    const stop = isForTheBlocked(change) ? await saidOtherwise(change, options) : null;
    if (stop !== null) return { ...stop, change, at };
    if (change.action === 'remove') return await (options.remove ?? leftToTheSync)(change, at);
    return await editLists(writer, ledger, change, options, at);
  } catch (error) {
    if (options.signal?.aborted) throw asConnectorError(error, 'ERR_ABORTED');
    const cause = asConnectorError(error, 'ERR_APPLY_FAILED');
    return { outcome: 'failed', change, at, text: cause.message, error: cause };
  }
}

/** True for what is made only as long as the device is to be blocked. */
export function isForTheBlocked(change: Pick<PlannedChange, 'action' | 'decision'>): boolean {
  return change.action === 'block' || (change.action === 'remove' && !isByHand(change));
}

async function leftToTheSync(change: PlannedChange, at: string): Promise<ApplyResult> {
  return { outcome: 'waits', change, at, text: 'The removal waits for the next sync.' };
}

/** The ledger learns what a try saw. Belongs into the transaction that keeps what became of the change. */
export async function settleSeen(ledger: Pick<Ledger, 'settle'>, { seen }: Pick<ApplyResult, 'seen'>): Promise<void> {
  for (const { entry, present, at } of seen ?? []) await ledger.settle(entry, present, at);
}

/**
 * What became of a change that was handed to Exchange and whose outcome was never known. Null: it was not done, and the
 * ledger knows; `unknown`: the lists do not show what may be on its way to them; else it was applied, and the result is to be
 * kept as {@link applyChange}'s. Throws when the lists cannot be read: then nobody knows yet either.
 */
export async function outcomeOfCutOff(
  writer: Pick<AccessWriter, 'readLists'>,
  ledger: Pick<Ledger, 'settle' | 'forDevice'>,
  change: PlannedChange,
  options: Pick<ApplyOptions, 'now' | 'signal'>,
): Promise<ApplyResult | 'unknown' | null> {
  const entries = await ledger.forDevice(deviceOf(change));
  const cutOff = entries.filter(isUnderWay);
  if (cutOff.length === 0) return null;
  const lists = await writer.readLists(change.mailboxId, signalOf(options));
  const at = timeOf(options);
  if (change.action === 'allow' && missedOf(change, entries, lists, at) !== undefined) return 'unknown';
  // An allow may have been written before our block could be taken off.
  const isBlock = (entry: LedgerEntry): boolean => entry.list === 'blocked' && !isUnderWay(entry);
  const isLeft = change.action === 'allow' && entries.some((entry) => isBlock(entry) && isPresent(entry, lists));
  if (!isLeft && cutOff.every((entry) => isDone(entry, lists))) return doneBefore(change, cutOff, lists, at, at);
  if (cutOff.some((entry) => isMissedYet(entry, lists, at))) return 'unknown';
  for (const entry of cutOff) await ledger.settle(keyOf(entry), isPresent(entry, lists), at);
  return null;
}

/**
 * Repairs entries that are under way without a change that knows of them: reads the lists and tells the ledger what they show.
 * @param unsettled the ledger's entries that are `adding` or `removing` while nothing is under way
 * @returns how many were settled; a mailbox whose lists cannot be read is left for the next time, as is what may be on its way
 */
export async function settleLedger(
  writer: Pick<AccessWriter, 'readLists'>,
  ledger: Pick<Ledger, 'settle'>,
  unsettled: readonly LedgerEntry[],
  options: Pick<ApplyOptions, 'now' | 'signal'>,
): Promise<{ settled: number; unreadable: string[] }> {
  const unreadable: string[] = [];
  let settled = 0;
  for (const [mailboxId, entries] of byMailbox(unsettled)) {
    throwIfAborted(options.signal);
    const lists = await writer.readLists(mailboxId, signalOf(options)).catch(() => null);
    const at = timeOf(options);
    if (!lists) unreadable.push(mailboxId);
    for (const entry of lists ? entries : []) {
      if (isMissedYet(entry, lists!, at)) continue;
      await ledger.settle(keyOf(entry), isPresent(entry, lists!), at);
      settled++;
    }
  }
  return { settled, unreadable };
}

function byMailbox(entries: readonly LedgerEntry[]): Map<string, LedgerEntry[]> {
  const mailboxes = new Map<string, LedgerEntry[]>();
  for (const entry of entries) mailboxes.set(entry.mailboxId, [...(mailboxes.get(entry.mailboxId) ?? []), entry]);
  return mailboxes;
}

async function saidOtherwise(
  change: PlannedChange,
  options: ApplyOptions,
): Promise<Pick<ApplyResult, 'outcome' | 'text' | 'otherwise'> | null> {
  if ((await options.exempt?.(change.key)) === true)
    return { outcome: 'waits', text: 'A person has exempted the device meanwhile; the next sync decides anew.' };
  return mdmSaysOtherwise(change, options);
}

// The reading may be hours old; the last thing anyone wants is to block a phone its user has just made compliant.
async function mdmSaysOtherwise(
  change: PlannedChange,
  options: ApplyOptions,
): Promise<Pick<ApplyResult, 'outcome' | 'text' | 'otherwise'> | null> {
  const { asker, origin = 'new', quick = false } = options;
  const merged = change.device.mdm !== undefined;
  const asked = isSpared({ origin, merged, quick }) || !asker ? null : await askByUser(change, asker, options);
  const verdict = blockVerdict({
    origin,
    merged,
    quick,
    doubted: change.doubtedAt !== undefined,
    answer: asked?.answer ?? null,
  });
  if (verdict === 'write') return null;
  if (verdict === 'record') return recordSaysOtherwise(change, options);
  const text = asked?.text ?? 'The block waits for the next sync.';
  return { outcome: verdict === 'drop' ? 'dropped' : 'waits', text, otherwise: asked?.answer !== 'unreachable' };
}

interface AnswerInWords {
  readonly answer: MdmAnswer;
  readonly text: string;
}

async function recordSaysOtherwise(
  change: PlannedChange,
  options: ApplyOptions,
): Promise<Pick<ApplyResult, 'outcome' | 'text'> | null> {
  const { mdm: record } = change.device;
  if (!options.mdm || !record)
    throw new ConnectorError(
      'ERR_CONFIG_MISSING',
      'Before a block the MDM record is read again, but no MDM is set up for it.',
    );
  const fresh = await options.mdm.read(record, signalOf(options));
  if (!fresh?.managed) return { outcome: 'dropped', text: 'The MDM record is gone; the next sync decides anew.' };
  const decision = await options.decide?.({ ...change.device, mdm: fresh });
  const blocks = decision ? decision.action === 'block' : fresh.compliance === 'noncompliant';
  if (blocks) return null;
  return { outcome: 'dropped', text: 'The MDM record has changed since it was read; the device is not blocked.' };
}

async function askByUser(change: PlannedChange, asker: MdmAsker, options: ApplyOptions): Promise<AnswerInWords> {
  const asked = await asker.ask(change.device, signalOf(options));
  if (asked.kind === 'unreachable')
    return { answer: 'unreachable', text: `The block waits for the next sync: ${asked.why}` };
  const decision = await options.decide?.(asked.device);
  const text = 'The MDM says something else of this user by now; the next sync decides anew.';
  if (asked.unread > 0 || asked.device.mdm?.key !== change.device.mdm?.key) return { answer: 'other', text };
  if (decision && decision.action !== 'block') return { answer: 'no-block', text };
  const isSame =
    change.action === 'remove' ? decision !== undefined : decision?.reason.code === change.decision.reason.code;
  return { answer: isSame ? 'same' : 'other', text };
}

async function editLists(
  writer: AccessWriter,
  ledger: Ledger,
  change: PlannedChange,
  options: ApplyOptions,
  at: string,
): Promise<ApplyResult> {
  const lists = await writer.readLists(change.mailboxId, signalOf(options));
  const readAt = timeOf(options);
  const entries = await ledger.forDevice(deviceOf(change));
  const standing = standingBy(entries, lists, change.easId);
  const decision = editFor(change.action, change.easId, adopted(standing, options));
  const cutOff = entries.filter(isUnderWay);
  const isDoneBefore = cutOff.length > 0 && cutOff.every((entry) => isDone(entry, lists));
  const missed = missedOf(change, entries, lists, readAt);
  if (missed !== undefined && (change.action === 'allow' || !isDoneBefore)) {
    // Lets in whose block was taken off; it is done, and told, once the block is known to be gone.
    if (change.action === 'allow' && decision.kind === 'edit') {
      await intend(ledger, change, ledgerSteps(change, decision.edit), at);
      await writer.write(change.mailboxId, decision.edit, signalOf(options));
    }
    throw notThereYet(missed);
  }
  if (decision.kind === 'nothing' && isDoneBefore) return doneBefore(change, cutOff, lists, at, readAt);
  const takenOff = await takenOffOf(ledger, change, lists);
  const lingering = lingeringOf(change, { entries, takenOff }, lists, readAt);
  if (lingering !== undefined) throw stillThere(lingering);
  // What tells it from ours may be what is taken off now.
  for (const entry of takenOff) if (isMadeAnew(entry, entries, lists, readAt)) await ledger.forgetTakenOff(entry);
  await correctLedger(ledger, entries, lists, readAt);
  const takenOver = isTakenOver(change, standing, options) ? [stepOf(change, 'blocked', 'add')] : [];
  if (decision.kind === 'nothing' && takenOver.length === 0)
    return { outcome: 'already', change, at, text: 'The lists are as wanted already.' };
  if (decision.kind === 'admin')
    return { outcome: 'left', change, at, text: "An administrator's entry is on the list." };
  const edit = decision.kind === 'edit' ? spelled(decision.edit, lists) : {};
  const steps = [...ledgerSteps(change, edit), ...takenOver];
  await adoptEntries(ledger, change, steps, standing, at);
  await intend(ledger, change, steps, at);
  try {
    if (decision.kind === 'edit') await writer.write(change.mailboxId, edit, signalOf(options));
  } catch (error) {
    return verify(writer, { change, at, edit }, { steps, cutOff }, options, error);
  }
  const doneAt = timeOf(options);
  const seen = steps.map((step) => ({ entry: keyOf(step), present: step.operation === 'add', at: doneAt }));
  return { outcome: 'applied', change, at, edit, seen };
}

// After a write that threw: what the lists show counts, not the error.
async function verify(
  writer: AccessWriter,
  tried: Pick<ApplyResult, 'change' | 'at' | 'edit'>,
  { steps, cutOff }: { readonly steps: readonly LedgerStep[]; readonly cutOff: readonly LedgerEntry[] },
  options: ApplyOptions,
  thrown: unknown,
): Promise<ApplyResult> {
  const lists = await writer.readLists(tried.change.mailboxId, signalOf(options)).catch(() => null);
  if (!lists) throw thrown;
  const readAt = timeOf(options);
  const shown = steps.map((step) => ({
    entry: keyOf(step),
    present: isOnList(lists[step.list], step.easId),
    at: readAt,
  }));
  const isDoneBy = ({ present }: SeenEntry, step: number): boolean => present === (steps[step]!.operation === 'add');
  if (shown.every(isDoneBy)) {
    const text = 'The outcome was unknown; the lists show that it was done.';
    return { ...tried, outcome: 'applied', seen: shown, text };
  }
  throwIfAborted(options.signal);
  const error = asConnectorError(thrown, 'ERR_APPLY_FAILED');
  // Exchange itself has said that this try did not do it; of a lost answer nobody knows, of this try or one before it.
  const isUnknown = error.code === 'ERR_EXCHANGE_OUTCOME_UNKNOWN';
  const wasUnknown = ({ entry: { list } }: SeenEntry): boolean =>
    cutOff.some((entry) => entry.list === list && isMissedYet(entry, lists, readAt));
  const seen = shown.filter((one, step) => isDoneBy(one, step) || !(isUnknown || wasUnknown(one)));
  return { outcome: 'failed', change: tried.change, at: tried.at, seen, text: error.message, error };
}

function isUnderWay({ state }: LedgerEntry): boolean {
  return state !== 'owned';
}

function isPresent({ list, easId }: Pick<LedgerEntry, 'list' | 'easId'>, lists: PersonalLists): boolean {
  return isOnList(lists[list], easId);
}

/** An entry that we wrote, or meant to, and that the lists do not have, as the domain controller may be behind. */
function isMissedYet(entry: LedgerEntry, lists: PersonalLists, at: string): boolean {
  return entry.state !== 'removing' && !isPresent(entry, lists) && mayBeOnItsWay(entry, at);
}

/** The first entry that the change is to take off and that the lists do not show yet. */
function missedOf(
  { action, easId }: PlannedChange,
  entries: readonly LedgerEntry[],
  lists: PersonalLists,
  at: string,
): LedgerEntry | undefined {
  const standing = standingBy(entries, lists, easId);
  return entries.find((entry) => isMissedYet(entry, lists, at) && takesOff(action, entry, standing));
}

/*
 *   action    our entry that is missed   then
 *   allow     blocked                    it would come back and beat the allow, which is written at once and waits for it: a
 *                                        person may have taken it off. An administrator's allowed entry in its place says so
 *   block     allowed                    blocked beats it when it comes, and it stays known as ours. A blocked entry that is
 *                                        not ours in its place is the one that our allow has taken off
 *   release   any                        it would come back
 *   any       which the action adds      is written once more
 */
function takesOff(action: PlannedChange['action'], { list }: LedgerEntry, standing: Standing): boolean {
  if (action === 'allow') return list === 'blocked' && standing.allowed !== 'admin';
  if (action === 'block') return list === 'allowed' && standing.blocked === 'admin';
  return action === 'release';
}

function notThereYet({ list, writtenAt }: LedgerEntry): ConnectorError {
  return new ConnectorError(
    'ERR_APPLY_FAILED',
    `The domain controller that answered Exchange does not have our entry of ${writtenAt} on the ${list} list yet, so it ` +
      'cannot be taken off. It is tried again; check the replication of Active Directory if this goes on for hours.',
  );
}

/** Asked for only where something is on a list. */
async function takenOffOf(ledger: Ledger, change: PlannedChange, lists: PersonalLists): Promise<readonly TakenOff[]> {
  const isListed = isOnList(lists.blocked, change.easId) || isOnList(lists.allowed, change.easId);
  return isListed ? ledger.takenOffOf([deviceOf(change)]) : [];
}

/*
 *   action    what we took off and is shown still    then
 *   allow     blocked                                it would pass for an administrator's, and keep the device out
 *   block     blocked                                it would pass for a block that stands, and is gone soon
 *   block     allowed                                it would pass for an administrator's, and keep the device in
 *   allow     allowed                                nothing: it is written once more when a reading lacks it
 *   release   any                                    nothing: it is off
 */

/** What we took off, stands in the way of the change, and is there only as the domain controller may be behind. */
function lingeringOf(
  { action, easId }: PlannedChange,
  ours: { readonly entries: readonly LedgerEntry[]; readonly takenOff: readonly TakenOff[] },
  lists: PersonalLists,
  at: string,
): TakenOff | undefined {
  const inTheWay = { allow: ['blocked'], block: ['blocked', 'allowed'], release: [], remove: [] } as const;
  return inTheWay[action]
    .filter((list) => isOnList(lists[list], easId))
    .flatMap((list) => shownFromBefore(list, ours, at) ?? [])
    .find((entry) => !isMadeAnew(entry, ours.entries, lists, at));
}

function stillThere({ list, takenOffAt }: TakenOff): ConnectorError {
  return new ConnectorError(
    'ERR_APPLY_FAILED',
    `The domain controller that answered Exchange still has our entry on the ${list} list, which we took off at ` +
      `${takenOffAt}; or an administrator has made it again. It is tried again, and three hours after that time the entry is ` +
      'taken for an administrator’s; check the replication of Active Directory if this comes often.',
  );
}

function isDone(entry: LedgerEntry, lists: PersonalLists): boolean {
  return isPresent(entry, lists) === (entry.state === 'adding');
}

/**
 * A try whose outcome was never kept had done it: now it is told of and kept.
 * @param readAt when the lists had been read
 */
function doneBefore(
  change: PlannedChange,
  cutOff: readonly LedgerEntry[],
  lists: PersonalLists,
  at: string,
  readAt: string,
): ApplyResult {
  const seen = cutOff.map((entry) => ({ entry: keyOf(entry), present: isPresent(entry, lists), at: readAt }));
  const ofList = (list: 'allowed' | 'blocked'): ListEdit => {
    const ids = (state: LedgerEntry['state']): string[] =>
      cutOff.filter((entry) => entry.list === list && entry.state === state).map(({ easId }) => easId);
    const [add, remove] = [ids('adding'), ids('removing')];
    if (add.length + remove.length === 0) return {};
    return { [list]: { ...(add.length > 0 && { add }), ...(remove.length > 0 && { remove }) } };
  };
  const edit = { ...ofList('allowed'), ...ofList('blocked') };
  return { outcome: 'applied', change, at, edit, seen, text: 'The lists show that an earlier try had done it.' };
}

/** Whose the entries on the lists are: ours are those that the ledger has, however far they had come. */
function standingBy(entries: readonly LedgerEntry[], lists: PersonalLists, easId: string): Standing {
  const owned = new Set(entries.filter((entry) => isPresent(entry, lists)).map(({ list }) => list));
  const standing = (list: 'allowed' | 'blocked'): 'us' | 'admin' | null =>
    isOnList(lists[list], easId) ? (owned.has(list) ? 'us' : 'admin') : null;
  return { allowed: standing('allowed'), blocked: standing('blocked') };
}

async function correctLedger(
  ledger: Ledger,
  entries: readonly LedgerEntry[],
  lists: PersonalLists,
  at: string,
): Promise<void> {
  for (const entry of entries) {
    if (isMissedYet(entry, lists, at)) continue;
    if (isUnderWay(entry)) await ledger.settle(keyOf(entry), isPresent(entry, lists), at);
    // An owned entry that is gone was taken off by somebody else; it is theirs to decide, and ours no more.
    else if (!isPresent(entry, lists)) await ledger.remove(keyOf(entry));
  }
}

type LedgerStep = ListEntryKey & { readonly operation: 'add' | 'remove' };

function ledgerSteps(change: PlannedChange, edit: ListEdit): LedgerStep[] {
  return (['allowed', 'blocked'] as const).flatMap((list) => [
    ...(edit[list]?.add ? [stepOf(change, list, 'add')] : []),
    ...(edit[list]?.remove ? [stepOf(change, list, 'remove')] : []),
  ]);
}

function stepOf(
  { organization, mailboxId, easId }: PlannedChange,
  list: 'allowed' | 'blocked',
  operation: 'add' | 'remove',
): LedgerStep {
  return { organization, mailboxId, easId, list, operation };
}

/** An administrator's block that stays, and is ours from now on. */
function isTakenOver({ action }: PlannedChange, { blocked }: Standing, options: ApplyOptions): boolean {
  return options.adoptEntries === true && action === 'block' && blocked === 'admin';
}

async function intend(
  ledger: Ledger,
  { decision: { rule } }: PlannedChange,
  steps: readonly LedgerStep[],
  at: string,
): Promise<void> {
  for (const step of steps) await ledger.intend({ ...step, rule, at });
}

// With adoptEntries an administrator's entry becomes ours before it is edited, so that the ledger knows what it takes off.
async function adoptEntries(
  ledger: Ledger,
  change: PlannedChange,
  steps: readonly LedgerStep[],
  standing: Standing,
  at: string,
): Promise<void> {
  for (const step of steps) {
    if (step.operation === 'remove' && standing[step.list] === 'admin') {
      await ledger.record({ ...keyOf(step), writtenAt: at, rule: change.decision.rule });
    }
  }
}

function adopted(standing: Standing, options: ApplyOptions): Standing {
  if (!options.adoptEntries) return standing;
  return { allowed: standing.allowed && 'us', blocked: standing.blocked && 'us' };
}

// Remove must name an entry as the list spells it.
function spelled(edit: ListEdit, lists: PersonalLists): ListEdit {
  const respell = (list: 'allowed' | 'blocked'): ListEdit => {
    const change = edit[list];
    if (!change) return {};
    const remove = change.remove?.flatMap((id) => lists[list].filter((entry) => foldEasId(entry) === foldEasId(id)));
    return { [list]: { ...change, ...(remove && { remove }) } };
  };
  return { ...respell('allowed'), ...respell('blocked') };
}

function deviceOf({ organization, mailboxId, easId }: PlannedChange): Omit<ListEntryKey, 'list'> {
  return { organization, mailboxId, easId };
}

function keyOf({ organization, mailboxId, easId, list }: ListEntryKey): ListEntryKey {
  return { organization, mailboxId, easId, list };
}

function timeOf({ now }: Pick<ApplyOptions, 'now'>): string {
  return new Date(now()).toISOString();
}

function signalOf(options: Pick<ApplyOptions, 'signal'>): { signal?: AbortSignal } {
  return options.signal ? { signal: options.signal } : {};
}
