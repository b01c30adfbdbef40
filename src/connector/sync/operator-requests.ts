/**
 * What a person asks of the access switch: approve, discard, undo, retry; and the timer's look at what is due.
 * In: a plan's id, a person's name. Out: what became of it. Changes: held plans, outbox, ledger, audit, Exchange.
 */
import { planUndo } from '../../access/undo.ts';
import { ConnectorError } from '../../errors.ts';
import { foldEasId } from '../../model/keys.ts';
import type { DeviceRecord, EasRecord } from '../../model/records.ts';
import type { HeldChangeFilter, OwnedEntry, SnapshotInfo, Store } from '../../store/store.ts';
import { knownOrganization, refuseOther } from '../organization/known-organization.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import { dropAllWaiting, isAnyDue, isAnythingCutOff, openChanges, queueTogether } from './apply-changes.ts';
import type { ApplyParts } from './apply-changes.ts';
import { ChangeNews } from './device-news.ts';
import { forgetDecidedAll } from './decided-all.ts';
import { touchIfOtherwise } from './decided-devices.ts';
import { forgetGentleStart } from './gentle-start.ts';
import { approveHeld, discardHeld, dropPlans, findPlan } from './held-plans.ts';
import { believeFromNow, takeForGood } from './mdm-measures.ts';
import { letUnmailedGo, LET_GO } from './let-unmailed-go.ts';
import { countWaiting, forgetWait, isMailToDo, lookAfterWrites } from './mail-first.ts';
import { isAnythingOwed, settleHeard, tellAgain } from './owed-news.ts';
import { isAnythingGoing, queueChanges, queueRest } from './queue-plan.ts';
import type { KeptHead } from './stored-changes.ts';
import { isInCharge } from './switch-lease.ts';
import { NO_COUNTS } from './sync-report.ts';
import type { ControlReport } from './sync-report.ts';
import { timeOf } from './switch-parts.ts';

import type { SwitchParts } from './switch-parts.ts';
import { writeDue } from './write-run.ts';
import { refusal } from '../../model/refusals.ts';

/** What the requests need. */
export type RequestParts = ApplyParts & Pick<SwitchParts, 'announce' | 'progress'>;

/** Which plan, and who says so; null: nobody has said who. */
export interface PlanRequest {
  readonly plan: string;
  readonly person: string | null;
  /** Which of its changes; absent: all. */
  readonly part?: HeldChangeFilter;
}

/**
 * Carries a held plan out, or a part of it: the rest stays held. In place of a plan's id: {@link LET_GO}.
 * Throws ERR_INPUT_INVALID in a simulation and for a part that has no change, ERR_PLAN_UNKNOWN, ERR_PLAN_FOREIGN,
 * ERR_ORGANIZATION_CHANGED, ERR_STORE_….
 */
export async function approvePlan(parts: RequestParts, { plan, person, part }: PlanRequest): Promise<ControlReport> {
  const { store, exchange, settings, who, now } = parts;
  const { organization } = exchange;
  if (settings.mode !== 'enforce') {
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('simulates.plan'));
  }
  await refuseOther(parts);
  await queueRest(parts);
  if (plan === LET_GO) return approveUnmailed(parts, { person, part: part ?? null });
  const held = await findPlan(store, organization, plan);
  const at = timeOf(now);
  // A person has looked at the readings that were in doubt: as they were told, they are this organization's measure from now
  // on. Who approves a part only has not said so of the readings, but of these devices.
  const doubted = part === undefined ? await doubtedReadings(store, held) : [];
  await takeForGood(store, organization, doubted);
  await believeFromNow(store, organization, doubted, now());
  // Approved is as good as planned: the block does not count as an old one. The approval stays with it until it is written.
  const open = await openChanges(store, organization);
  const count = await approveHeld(store, held, { who, person, at }, part ?? null, (together, changes) =>
    queueTogether(together, changes, open, at),
  );
  if (count === 0)
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-change', { id: plan }), {
      details: { id: plan },
    });
  return writeAsked(parts, 'approve');
}

/** Blocks that wait for a mail, or are held for it, go without one. */
async function approveUnmailed(
  parts: RequestParts,
  of: { readonly person: string | null; readonly part: HeldChangeFilter | null },
): Promise<ControlReport> {
  if ((await letUnmailedGo(parts, of)) > 0) return writeAsked(parts, 'approve');
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('none-waits'), {
    details: { id: LET_GO },
  });
}

/** The readings a plan was held for. Plans of older versions do not carry them. */
async function doubtedReadings(store: Pick<Store, 'snapshots'>, held: KeptHead): Promise<readonly SnapshotInfo[]> {
  if (held.doubted !== undefined) return held.doubted;
  return held.reason.code === 'ERR_SNAPSHOT_SHRUNKEN' ? store.snapshots.list('mdm') : [];
}

/** Drops a held plan. Throws ERR_PLAN_UNKNOWN, ERR_PLAN_FOREIGN, ERR_STORE_…. */
export async function discardPlan(
  { store, exchange, who, now }: Pick<RequestParts, 'store' | 'exchange' | 'who' | 'now'>,
  { plan, person }: PlanRequest,
): Promise<void> {
  const held = await findPlan(store, exchange.organization, plan);
  await discardHeld(store, held, { who, person, at: timeOf(now) });
}

/**
 * Takes back every entry of the ledger; what waits or is held is dropped, so that it does not come back by itself. In a
 * simulation too, and whatever the rules hold.
 * @returns the report, and how many entries there were
 */
export async function undoAll(
  parts: RequestParts,
  person: string | null,
): Promise<{ readonly report: ControlReport; readonly entries: number }> {
  const { store, exchange, now } = parts;
  const { organization } = exchange;
  await refuseOther(parts);
  await dropAllWaiting(parts);
  await dropPlans(store, organization);
  await forgetWait(parts);
  await forgetGentleStart(store, organization);
  await forgetDecidedAll(store, organization);
  const entries = await store.entries.list({ organization });
  const at = timeOf(now);
  for (const some of byDevice(entries)) {
    const keys = planUndo({ entries: some, at }).map(({ key }) => key);
    const records = await store.snapshots.getMany<EasRecord>(keys);
    const devices = new Map([...records].map(([key, eas]) => [key, undoDevice(eas)]));
    const changes = planUndo({ entries: some, devices, at }).map((change) => ({ ...change, approvedBy: person }));
    await queueChanges(parts, changes);
  }
  const report = await writeAsked(parts, 'undo');
  const removed = await store.audit.count({ organization, what: 'remove' });
  return { report: removed === 0 ? report : { ...report, notUndone: notUndone(removed) }, entries: entries.length };
}

function notUndone(count: number): NonNullable<ControlReport['notUndone']> {
  const text = `${count} partnerships were removed from Exchange, which cannot be undone: a phone that still exists makes a new one when it syncs.`;
  return { count, text };
}

/** Entries that are undone in one go, some milliseconds. */
const TOGETHER = 500;

/** A ledger in parts, those of one device in one. @param entries in the order of their devices */
function* byDevice(entries: readonly OwnedEntry[]): Generator<OwnedEntry[]> {
  let some: OwnedEntry[] = [];
  for (const entry of entries) {
    const last = some.at(-1);
    const isOfLast = last?.mailboxId === entry.mailboxId && foldEasId(last.easId) === foldEasId(entry.easId);
    if (some.length >= TOGETHER && !isOfLast) {
      yield some;
      some = [];
    }
    some.push(entry);
  }
  if (some.length > 0) yield some;
}

function undoDevice(eas: EasRecord): DeviceRecord {
  const reason = { code: 'snapshot-incomplete', text: 'Undo does not ask the MDM.' } as const;
  return { key: eas.key, status: 'eas', eas, match: { by: null, evidence: [] }, reason };
}

/** Tries everything that waits at once, what was given up too. Null: there is nothing to try. */
export async function retryAll(parts: RequestParts): Promise<ControlReport | null> {
  const { store, exchange, now } = parts;
  const at = timeOf(now);
  await refuseOther(parts);
  await store.outbox.hurry(exchange.organization, at);
  const isAnyUnmailed = parts.settings.mode === 'enforce' && (await countWaiting(store, exchange)) > 0;
  return isAnyUnmailed || (await isAnythingDue(parts)) ? writeAsked(parts, 'retry') : null;
}

/** Tells again what an earlier run has told nobody, and tries what is due by now. Null: nothing is. */
export async function tryDue(parts: RequestParts): Promise<ControlReport | null> {
  if (await isInCharge(parts)) await tellAgain(parts);
  if (parts.settings.mode === 'enforce') await queueRest(parts);
  const isToDo =
    (await isAnythingDue(parts)) || (await isAnythingCutOff(parts)) || (await isMailToDo(parts, { atStart: true }));
  return isToDo ? writeAsked(parts, 'due') : null;
}

/** True if a change that failed is due again, and may be written. */
async function isAnythingDue(parts: Pick<RequestParts, 'store' | 'exchange' | 'settings' | 'now'>): Promise<boolean> {
  const { maxAgeHours } = await keptMatchSettings(parts.store);
  return isAnyDue(parts, maxAgeHours);
}

/**
 * The timer's look: settles what was heard. True if there is something to do.
 * @param atStart the flows have just started: nothing is under way, so what looks so was cut off
 */
export async function lookAfterSwitch(
  parts: Pick<RequestParts, 'store' | 'exchange' | 'settings' | 'flow' | 'now'>,
  { atStart }: { readonly atStart: boolean },
): Promise<boolean> {
  const writes = parts.settings.mode === 'enforce';
  // Other rules than those that decided last: the next match is one of all devices.
  if (writes && atStart) await touchIfOtherwise(parts.store, parts);
  if (await isInCharge(parts)) {
    await settleHeard(parts);
    // A switch that simulates waits for one that writes to come up.
    if ((writes || !atStart) && (await isAnythingOwed(parts))) return true;
    if (writes === atStart && (await isAnythingLeft(parts))) return true;
  }
  const known = await knownOrganization(parts.store, parts.exchange.organization);
  // That another organization answers was said when it was found: nothing can be done before a person sees to it.
  if (!atStart && known !== null && known.found !== null) return false;
  return (await isAnythingDue(parts)) || (await isMailToDo(parts, { atStart }));
}

/** True if an earlier run was cut off while it wrote, or put a plan into the outbox. */
async function isAnythingLeft(parts: Pick<RequestParts, 'store' | 'exchange'>): Promise<boolean> {
  return (await isAnythingCutOff(parts)) || (await isAnythingGoing(parts));
}

/**
 * Carries out what waits, for what a person has asked for. Throws ERR_REQUEST_KEPT where a close cuts it off: the look after a
 * start goes on with its rows.
 * @param id names the request in the report
 */
export async function writeAsked(parts: RequestParts, id: string): Promise<ControlReport> {
  try {
    return await writeWaiting(parts, id);
  } catch (error) {
    if (parts.signal.aborted) throw new ConnectorError('ERR_REQUEST_KEPT', refusal('cut-off'), { cause: error });
    throw error;
  }
}

async function writeWaiting(parts: RequestParts, id: string): Promise<ControlReport> {
  const { store, exchange, now } = parts;
  const { organization } = exchange;
  const began = now();
  const news = new ChangeNews(parts, NO_COUNTS);
  const { maxAgeHours } = await keptMatchSettings(store);
  const sync = { id, kind: 'control', organization } as const;
  await writeDue(parts, sync, { maxAgeHours, sync: null, onTried: (result, told) => news.tried(result, told) });
  const seen = parts.settings.mode === 'enforce' ? await lookAfterWrites(parts) : null;
  if (seen?.told) news.tell(seen.told);
  const waiting = await store.outbox.count({ organization });
  const forMail = seen?.waiting ?? 0;
  const counts = { ...news.counts, waiting, ...(forMail > 0 && { forMail }) };
  return { sync, mode: 'enforce', counts, tookMs: now() - began };
}
