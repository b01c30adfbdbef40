/**
 * Carries planned changes out: through the outbox, with the ledger, a few mailboxes at a time.
 * In: changes of a plan; what waits in the outbox. Out: what became of each try. Changes: outbox, ledger, audit, Exchange.
 */
import { outcomeOfRemoval } from '../../access/apply-removal.ts';
import { applyChange, isForTheBlocked, outcomeOfCutOff, settleLedger, settleSeen } from '../../access/apply.ts';
import type { ApplyOptions, ApplyResult } from '../../access/apply.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import { originInSync } from '../../access/block-verdict.ts';
import type { TryOrigin } from '../../access/block-verdict.ts';
import { afterAttempt, afterSettling, enqueue, unsettledOf } from '../../access/outbox.ts';
import type { PendingChange } from '../../access/outbox.ts';
import { brakeKindOf } from '../../access/plan-tally.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { causeOf } from '../../access/changed-cause.ts';
import { easRecordKey, foldEasId } from '../../model/keys.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { AuditEntry, OutboxChange, OwnedEntry, StoreParts } from '../../store/store.ts';
import { asKnown, refuseOther } from '../organization/known-organization.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import { recordOutcome } from '../timeline/record-steps.ts';
import { mdmAsker, mdmReReader } from './ask-mdm.ts';
import { Decider } from './decider.ts';
import type { ToldNews } from './device-news.ts';
import { endWait, lookAtNotifiers, putAside } from './mail-first.ts';
import { owedAs, oweNews, settleEnded, untilTold } from './owed-news.ts';
import { keepTold, PartnershipRemoval } from './removals.ts';
import { asJson, outboxRow, pendingOf, readablePending } from './stored-changes.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';
import type { SwitchSettings } from './switch-settings.ts';

/** Changes under way at once; the Exchange connection has its own limit on shells. */
const SIDE_BY_SIDE = 4;
/** Changes that are reserved in one write. What a crash leaves of them is looked up before anything is written. */
const RESERVED = 32;

/** Waiting changes that are looked at in one go. */
const PAGE = 500;

/** What carrying out needs. */
export type ApplyParts = Pick<
  SwitchParts,
  'store' | 'exchange' | 'mdms' | 'directory' | 'settings' | 'who' | 'flow' | 'now' | 'ids' | 'signal'
>;

/** What a try needs to know of the sync that has just ended. */
export interface EndedSync {
  /** When it began to decide, ISO 8601 UTC: its changes were planned then. */
  readonly at: string;
  /** When the oldest of the full MDM readings began that it decided by; null: there is none. */
  readonly mdmReadAt: string | null;
  /** One of its MDM readings is of changes. */
  readonly quick: boolean;
  readonly decider: Decider;
}

/**
 * Puts changes into the outbox, within a transaction.
 * @param open changes that Exchange was asked for, whatever became of it
 * @param at ISO 8601 UTC
 */
export async function queueTogether(
  { outbox }: Pick<StoreParts, 'outbox'>,
  changes: readonly PlannedChange[],
  open: OpenChanges,
  at: string,
): Promise<void> {
  const rows = await outbox.getMany(changes.map(({ key }) => key));
  const older = new Map(rows.map((row) => [row.key, pendingOf(row)]));
  const pending = changes.map((change) => {
    const before = older.get(change.key) ?? null;
    return enqueue(change, before, at, before !== null && open.has(before));
  });
  await outbox.putMany(pending.map(outboxRow));
}

/** Drops what waits, but for what is to be looked into first. */
export async function dropAllWaiting({ store, exchange }: Pick<SwitchParts, 'store' | 'exchange'>): Promise<void> {
  const { organization } = exchange;
  const open = await openChanges(store, organization);
  for (let after = ''; ;) {
    const rows = await store.outbox.list({ organization, after, limit: PAGE });
    if (rows.length === 0) break;
    await store.together(async ({ outbox }) => {
      for (const row of rows) {
        const pending = readablePending(row);
        if (pending === null) await outbox.remove(row.key);
        else await dropWaiting({ outbox }, pending, open);
      }
    });
    after = rows.at(-1)!.key;
  }
}

/** Drops what waits; what is to be looked into first waits for that alone. */
export async function dropWaiting(
  { outbox }: Pick<SwitchParts['store'], 'outbox'>,
  pending: PendingChange,
  open: OpenChanges,
): Promise<void> {
  if (open.has(pending)) await outbox.update(pending.key, { state: 'settling' });
  else await outbox.remove(pending.key);
}

/** Tells which waiting changes have list entries under way, or were asked for and may have been done. */
export interface OpenChanges {
  has(pending: Pick<PendingChange, 'change'>): boolean;
}

/** The changes that are open now. */
export async function openChanges(
  { entries }: Pick<SwitchParts['store'], 'entries'>,
  organization: string,
): Promise<OpenChanges> {
  return openIn(await entries.list({ organization, unsettled: true }));
}

function openIn(unsettled: readonly OwnedEntry[]): OpenChanges {
  const names = new Set(unsettled.map(deviceName));
  return {
    has: (pending) => unsettledOf(pending).askedAt !== undefined || names.has(deviceName(pending.change)),
  };
}

function deviceName({ mailboxId, easId }: Pick<PlannedChange, 'mailboxId' | 'easId'>): string {
  return `${mailboxId.toLowerCase()} ${foldEasId(easId)}`;
}

/** Which waiting changes a switch may write: one that simulates only takes back what it wrote before. */
function mayWrite({ mode }: Pick<SwitchSettings, 'mode'>, change: PlannedChange): boolean {
  return mode === 'enforce' || isUndo(change);
}

/**
 * The waiting changes that may go now, page by page, what opens mail first. One that waits for a sync is none: the sync puts it
 * into the outbox anew. A block that was planned longer ago than an MDM reading stays usable is none either: its user may have
 * enrolled since.
 */
async function* dueChanges(
  { store, exchange, settings, now }: Pick<SwitchParts, 'store' | 'exchange' | 'settings' | 'now'>,
  maxAgeHours: number,
): AsyncGenerator<PendingChange[]> {
  const { organization } = exchange;
  const until = timeOf(now);
  const isOld = ({ plannedAt }: PlannedChange): boolean => now() - Date.parse(plannedAt) > maxAgeHours * 3_600_000;
  for (let after: OutboxChange | undefined; ;) {
    const rows = await store.outbox.due(until, { organization, limit: PAGE, after });
    if (rows.length === 0) return;
    const due = rows
      .map(pendingOf)
      .filter(({ change }) => !(isForTheBlocked(change) && isOld(change)) && mayWrite(settings, change));
    // Whoever takes a page works at its changes side by side.
    for (const turn of [0, 1]) {
      const some = due.filter((pending) => pending.turn === turn);
      if (some.length > 0) yield some;
    }
    after = rows.at(-1)!;
  }
}

/** True if a change is due, and may be written. @param isMeant which changes count; absent: all */
export async function isAnyDue(
  parts: Pick<SwitchParts, 'store' | 'exchange' | 'settings' | 'now'>,
  maxAgeHours: number,
  isMeant: (change: PlannedChange) => boolean = () => true,
): Promise<boolean> {
  for await (const page of dueChanges(parts, maxAgeHours)) if (page.some(({ change }) => isMeant(change))) return true;
  return false;
}

/**
 * Carries out every change whose time has come, with the groups and rules of the moment; blocks about which nobody could be
 * mailed are put aside, and taken up when somebody can be. Rejects when the store or the
 * configuration fails, when it is stopped, and before anything is tried where another organization answers than is known; a
 * change that Exchange refuses does not reject.
 * @param how.sync the sync that has just ended; null: outside of one
 * @param how.onTried called after each try, in the order they end, with what is told of it
 */
export async function applyDue(
  asked: ApplyParts,
  how: {
    readonly maxAgeHours: number;
    readonly sync: EndedSync | null;
    readonly onTried: (result: ApplyResult, told: ToldNews | null) => void;
  },
): Promise<void> {
  const { maxAgeHours, sync, onTried } = how;
  const parts = { ...asked, exchange: asKnown(asked.exchange, asked) };
  const mail = parts.settings.mode === 'enforce' ? await lookAtNotifiers(parts) : null;
  if (mail?.fate === 'go' && mail.wait !== null) await parts.store.outbox.goOn(parts.exchange.organization);
  if (await isAnythingCutOff(parts)) await refuseOther(parts);
  await settleCutOff(parts, onTried);
  // What was cut off and not done may be due from now on.
  const decider = sync?.decider ?? (await deciderOfTheMoment(parts, maxAgeHours));
  const options = await applyOptions(parts, decider);
  for await (const found of dueChanges(parts, maxAgeHours)) {
    const due = mail === null || mail.fate === 'go' ? found : await putAside(parts, found);
    for (let start = 0; start < due.length; start += RESERVED) {
      const next = due.slice(start, start + RESERVED);
      parts.signal.throwIfAborted();
      await refuseOther(parts);
      await parts.store.outbox.reserve(next.map(({ key }) => key));
      await eachMailbox(next, async (pending) => {
        const { result, told } = await tryOne(parts, pending, {
          ...options,
          origin: originOf(pending, sync),
          quick: sync?.quick ?? false,
        });
        onTried(result, told);
      });
    }
  }
  if (mail !== null && (mail.wait !== null || mail.fate !== 'go')) await endWait(parts, mail);
}

// Only a block is decided about anew; an undo must not fail over rules or groups.
async function deciderOfTheMoment(parts: ApplyParts, maxAgeHours: number): Promise<Decider | null> {
  return (await isAnyDue(parts, maxAgeHours, isForTheBlocked)) ? Decider.begin(parts, maxAgeHours) : null;
}

async function applyOptions(parts: ApplyParts, decider: Decider | null): Promise<ApplyOptions> {
  const { store, settings, signal, now } = parts;
  const removal = new PartnershipRemoval(parts);
  return {
    now,
    remove: (change, at) => removal.remove(change, at),
    signal,
    adoptEntries: settings.adoptEntries,
    mdm: mdmReReader(parts),
    asker: mdmAsker(parts, await keptMatchSettings(store)),
    exempt: async (key) => Date.parse((await store.exemptions.get(key))?.until ?? '') > now(),
    ...(decider === null ? {} : { decide: (device) => decideNow(store, decider, device) }),
  };
}

async function decideNow(
  { attempts }: Pick<StoreParts, 'attempts'>,
  decider: Decider,
  device: DeviceRecord,
): Promise<AccessDecision> {
  const told = (await attempts.of([device.key])).get(device.key)?.told ?? null;
  // The entry is ours or there is none: an administrator's would have kept the change out of the plan.
  return decider.decide(device, device.eas?.access.listed ?? null, [], told);
}

/**
 * What a crash or a broken line cut off: the lists say whether it was done. If it was, it is kept and told as any other
 * change, however long ago that was; if not, what is still wanted waits for its turn. A mailbox whose lists cannot be read is
 * left for the next time.
 */
async function settleCutOff(
  parts: ApplyParts,
  onTried: (result: ApplyResult, told: ToldNews | null) => void,
): Promise<void> {
  const { store, exchange, now, signal } = parts;
  const { organization } = exchange;
  const unsettled = await store.entries.list({ organization, unsettled: true });
  const open = openIn(unsettled);
  const known = new Set<string>();
  for (const pending of await cutOffChanges(store, organization, unsettled)) {
    const isOpen = open.has(pending);
    if (isOpen) known.add(deviceName(pending.change));
    const options = { now, signal };
    const change = unsettledOf(pending);
    let result: ApplyResult | 'unknown' | null;
    try {
      result = isOpen ? await outcomeOf(parts, change, options) : null;
    } catch {
      signal.throwIfAborted();
      continue;
    }
    if (result === 'unknown') {
      // What wants the same writes it once more, and does no harm by it; what wants something else waits until it is known.
      if (pending.state === 'settling' || change.action !== pending.change.action) continue;
      result = null;
    }
    const told = await keepOutcome(parts, pending, result, afterSettling(pending, result !== null));
    if (result !== null) onTried(result, told);
  }
  const orphans = (await store.entries.list({ organization, unsettled: true })).filter(
    (entry) => !known.has(deviceName(entry)),
  );
  if (orphans.length > 0) await settleLedger(exchange, store.entries, orphans, { now, signal });
}

function outcomeOf(
  { store, exchange }: Pick<SwitchParts, 'store' | 'exchange'>,
  change: PlannedChange,
  options: Pick<ApplyOptions, 'now' | 'signal'>,
): Promise<ApplyResult | 'unknown' | null> {
  if (change.action === 'remove') return outcomeOfRemoval(exchange, change, options);
  return outcomeOfCutOff(exchange, store.entries, change, options);
}

/** Changes that are reserved or settling, and those of devices that have list entries under way, by key. */
async function cutOffChanges(
  { outbox }: Pick<SwitchParts['store'], 'outbox'>,
  organization: string,
  unsettled: readonly OwnedEntry[],
): Promise<PendingChange[]> {
  const rows = new Map<string, OutboxChange>();
  for (const state of CUT_OFF) {
    const found = (await outbox.count({ organization, state })) === 0 ? [] : await outbox.list({ organization, state });
    for (const row of found) rows.set(row.key, row);
  }
  const keys = unsettled.map((entry) => easRecordKey(organization, entry.mailboxId, entry.easId));
  for (let start = 0; start < keys.length; start += PAGE)
    for (const row of await outbox.getMany(keys.slice(start, start + PAGE))) rows.set(row.key, row);
  return [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).flatMap((row) => readablePending(row) ?? []);
}

const CUT_OFF = ['reserved', 'settling'] as const;

/** True if something was handed to Exchange, and what became of it was not kept. While nothing is under way. */
export async function isAnythingCutOff({ store, exchange }: Pick<SwitchParts, 'store' | 'exchange'>): Promise<boolean> {
  const { organization } = exchange;
  if ((await store.entries.list({ organization, unsettled: true })).length > 0) return true;
  for (const state of CUT_OFF) if ((await store.outbox.count({ organization, state })) > 0) return true;
  return false;
}

/**
 * What became of a try, in one transaction: the ledger, the audit, the timeline, what the flow is owed, and what waits now.
 * @param waits null: nothing any more
 * @returns what is told of it
 */
async function keepOutcome(
  parts: ApplyParts,
  { key, attempts }: PendingChange,
  result: ApplyResult | null,
  waits: PendingChange | null,
): Promise<ToldNews | null> {
  let told: ToldNews | null = null;
  const keepAll = async (store: StoreParts): Promise<void> => {
    // Before the ledger forgets the entry whose blocking it is.
    told = result === null ? null : await oweNews(store, parts, result, attempts + 1);
    if (result !== null) await settleEnded(store, result);
    if (result !== null) await settleSeen(store.entries, result);
    if (result?.outcome === 'applied') await keepCause(store, result.change);
    if (result !== null) await keepTold(store, result);
    if (waits === null) await store.outbox.remove(key);
    else await store.outbox.put(outboxRow(waits));
    if (result?.outcome === 'applied') {
      await store.audit.append([auditOf(parts, result)]);
      await countForDay(store, result);
    }
    if (result !== null) await recordOutcome(store, result, told?.news.change?.episode ?? null);
  };
  await untilTold(
    parts,
    () => owedAs(told),
    () => parts.store.together(keepAll),
  );
  return told;
}

/** The brake counts what took access away from somebody who may miss it, and was nobody's express wish. */
async function countForDay({ lowered }: Pick<StoreParts, 'lowered'>, { change, at }: ApplyResult): Promise<void> {
  if (!change.lowers || change.approval !== undefined || isUndo(change)) return;
  const kind = brakeKindOf(change);
  if (kind === 'known' || kind === 'new') await lowered.add(change.organization, change.mailboxId, kind, at);
}

/** The block is told with this cause: another one would be news. */
async function keepCause({ entries }: Pick<StoreParts, 'entries'>, change: PlannedChange): Promise<void> {
  const { organization, mailboxId, easId, device, decision } = change;
  if (change.action !== 'block') return;
  await entries.tell(organization, [{ mailboxId, easId, cause: causeOf(device, decision) }]);
}

/** Several mailboxes side by side, the changes of one mailbox one after the other. */
async function eachMailbox(
  due: readonly PendingChange[],
  apply: (pending: PendingChange) => Promise<void>,
): Promise<void> {
  const byMailbox = new Map<string, PendingChange[]>();
  for (const pending of due) byMailbox.set(pending.mailboxId, [...(byMailbox.get(pending.mailboxId) ?? []), pending]);
  const queue = [...byMailbox.values()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const pending of next) await apply(pending);
    }
  };
  // All have ended before this does: nothing goes on behind the back of a node that is closing.
  const ends = await Promise.allSettled(Array.from({ length: SIDE_BY_SIDE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function tryOne(
  parts: ApplyParts,
  pending: PendingChange,
  options: ApplyOptions,
): Promise<{ readonly result: ApplyResult; readonly told: ToldNews | null }> {
  const { store, exchange, signal, now } = parts;
  signal.throwIfAborted();
  const result = await applyChange(exchange, store.entries, pending.change, options);
  // Whether Exchange was asked for it stands in the change.
  const tried = pending.change.action === 'remove' ? { ...pending, change: result.change } : pending;
  return { result, told: await keepOutcome(parts, pending, result, afterAttempt(tried, result, now())) };
}

function originOf({ createdAt, change }: PendingChange, sync: EndedSync | null): TryOrigin {
  if (sync === null || change.plannedAt !== sync.at) return 'outside';
  return originInSync({ createdAt, doubtedAt: change.doubtedAt }, sync);
}

/** True for a change that takes back what this connector wrote. */
function isUndo(change: PlannedChange): boolean {
  return change.decision.reason.code === 'undo';
}

function auditOf({ who }: ApplyParts, { change, edit, at }: ApplyResult): AuditEntry {
  return {
    at,
    who,
    what: isUndo(change) ? 'undo' : change.action,
    deviceKey: change.key,
    organization: change.organization,
    rule: change.decision.rule,
    reason: change.decision.reason.code,
    evidence: [change.decision.reason.text, ...change.decision.reason.evidence],
    before: { state: change.from, listed: change.device.eas?.access.listed ?? null },
    after: { state: change.to, edit: edit === undefined ? null : asJson(edit) },
    approvedBy: change.approvedBy ?? null,
  };
}
