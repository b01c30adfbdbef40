/** Removes one partnership that nobody uses any more, by what Exchange says at that moment. */
import { asConnectorError, isConnectorError, throwIfAborted } from '../errors.ts';
import { foldEasId } from '../model/keys.ts';
import type { PersonalLists } from '../model/personal-lists.ts';
import type { ApplyOptions, ApplyResult, LedgerEntry } from './apply.ts';
import { isOnList } from './list-edit.ts';
import type { PlannedChange } from './plan.ts';
import { isByHand, isUnused, removalOf } from './remove.ts';
import type { LastTry } from './remove.ts';

/** Exchange, as far as a removal needs it; nothing of it is cached. */
export interface PartnershipRemover {
  readLists(mailboxId: string, options: { signal?: AbortSignal }): Promise<PersonalLists>;
  /** When the devices of a mailbox last tried to sync. */
  lastAttempts(
    mailboxId: string,
    options: { signal?: AbortSignal },
  ): Promise<readonly { readonly easId: string; readonly at: string | null }[]>;
  /** GUIDs of those that there are; none: the device is no more. */
  partnerships(mailboxId: string, easId: string, options: { signal?: AbortSignal }): Promise<readonly string[]>;
  removePartnership(id: string, options: { signal?: AbortSignal }): Promise<void>;
}

/** What removing needs. */
export interface RemovalOptions extends Pick<ApplyOptions, 'now' | 'signal'> {
  readonly removeIdleDays: number;
  /** Our entries of the device. */
  readonly entries: readonly (Pick<LedgerEntry, 'list' | 'state'> & { readonly writtenAt: string })[];
  /** Somebody has pressed the link's button for the device, or an administrator has paired it. */
  readonly isBound: boolean;
  /** Keeps that Exchange is asked for it from here on. */
  intend(change: PlannedChange): Promise<void>;
}

/*
 *   step                                      if                                    outcome
 *   1 the partnerships                        none, and Exchange was asked for it   applied, by that try
 *                                             none                                  already
 *     a person has asked for it               go on with 4
 *   2 ledger, lists, links and pairings       our entry on the blocked list does    dropped
 *                                             not stand alone; it is bound
 *   3 ask when it last tried                  refused, or it is used (remove.ts)    dropped, with what Exchange told
 *   4 intent into the row
 *   5 delete each partnership                 succeeded                             applied
 *                                             refused: partnerships are read        none: applied; else failed
 *                                             answer lost, or they cannot be read   the same; the intent stays for 1 of the next
 *                                                                                   try
 *
 * What is dropped is planned anew by a later sync, if it is so still.
 */

/** Carries a removal out. @param at when it was begun, ISO 8601 UTC. Throws what Exchange throws. */
export async function applyRemoval(
  remover: PartnershipRemover,
  change: PlannedChange,
  at: string,
  options: RemovalOptions,
): Promise<ApplyResult> {
  const { mailboxId, easId } = change;
  const ids = await remover.partnerships(mailboxId, easId, signalOf(options));
  if (ids.length === 0) {
    if (change.askedAt !== undefined) return doneBefore(change, at);
    return { outcome: 'already', change, at, text: 'Exchange has the partnership no more.' };
  }
  const asked = isByHand(change) ? { ...change, askedAt: at } : await ifUnused(remover, change, at, options);
  if ('outcome' in asked) return asked;
  throwIfAborted(options.signal);
  await options.intend(asked);
  try {
    for (const id of ids) await remover.removePartnership(id, signalOf(options));
  } catch (error) {
    return verify(remover, asked, at, options, error);
  }
  return { outcome: 'applied', change: asked, at };
}

/** The change as Exchange is asked for it, by what it says now; or why not. */
async function ifUnused(
  remover: PartnershipRemover,
  change: PlannedChange,
  at: string,
  options: RemovalOptions,
): Promise<PlannedChange | ApplyResult> {
  const why = await whyNot(remover, change, options);
  if (why !== null) return { outcome: 'dropped', change, at, text: why };
  const last = await lastTryOf(remover, change, options);
  if (typeof last === 'string') return { outcome: 'dropped', change, at, text: last };
  if (!isUnused(last, options.removeIdleDays)) return spared(change, at, last);
  return { ...change, decision: removalOf(change.device, last), askedAt: at };
}

/** What became of a removal that Exchange was asked for. Null: it was not done. Throws when that cannot be read. */
export async function outcomeOfRemoval(
  remover: Pick<PartnershipRemover, 'partnerships'>,
  change: PlannedChange,
  options: Pick<ApplyOptions, 'now' | 'signal'>,
): Promise<ApplyResult | null> {
  const ids = await remover.partnerships(change.mailboxId, change.easId, signalOf(options));
  return ids.length > 0 ? null : doneBefore(change, new Date(options.now()).toISOString());
}

function doneBefore(change: PlannedChange, at: string): ApplyResult {
  return { outcome: 'applied', change, at, text: 'Exchange has it no more: an earlier try had removed it.' };
}

/** Why the partnership stays, whenever it was used last; null: nothing is in the way. */
async function whyNot(
  remover: PartnershipRemover,
  { mailboxId, easId }: PlannedChange,
  options: RemovalOptions,
): Promise<string | null> {
  const { entries, isBound } = options;
  if (isBound) return 'Its user has activated it, or an administrator has paired it.';
  const isOurs = entries.length === 1 && entries[0]!.list === 'blocked' && entries[0]!.state === 'owned';
  if (!isOurs) return 'Our entry on the blocked list does not stand any more.';
  const { allowed, blocked } = await remover.readLists(mailboxId, signalOf(options));
  if (isOnList(blocked, easId) && !isOnList(allowed, easId)) return null;
  return 'The personal lists do not have our entry alone.';
}

/** What Exchange says now; a text: it does not say. */
async function lastTryOf(
  remover: PartnershipRemover,
  { mailboxId, easId, device }: PlannedChange,
  options: RemovalOptions,
): Promise<LastTry | string> {
  // What is tried while Exchange answers may be missing in the answer.
  const askedAt = new Date(options.now()).toISOString();
  try {
    const told = await remover.lastAttempts(mailboxId, signalOf(options));
    const lastAttemptAt = told.find((one) => foldEasId(one.easId) === foldEasId(easId))?.at ?? null;
    const firstSyncAt = device.eas?.firstSyncAt ?? null;
    return { lastAttemptAt, askedAt, firstSyncAt, blockedAt: options.entries[0]!.writtenAt };
  } catch (error) {
    throwIfAborted(options.signal);
    return `Exchange does not tell when it last tried to sync: ${asConnectorError(error).message}`;
  }
}

/** What Exchange told is kept: it decides whether the user hears of the block. */
function spared(change: PlannedChange, at: string, { lastAttemptAt, askedAt }: LastTry): ApplyResult {
  const text = `It is in use: it last tried to sync at ${lastAttemptAt ?? 'a time that Exchange does not tell'}.`;
  const isNew = lastAttemptAt !== null && lastAttemptAt !== (change.device.eas?.lastSyncAt ?? null);
  return { outcome: 'dropped', change, at, text, ...(isNew && { attempt: { lastAttemptAt, toldAt: askedAt } }) };
}

// After a removal that threw: what Exchange has counts, not the error.
async function verify(
  remover: PartnershipRemover,
  asked: PlannedChange,
  at: string,
  options: RemovalOptions,
  thrown: unknown,
): Promise<ApplyResult> {
  const error = asConnectorError(thrown, 'ERR_APPLY_FAILED');
  const failed = { outcome: 'failed', at, text: error.message, error } as const;
  const ids = await remover.partnerships(asked.mailboxId, asked.easId, signalOf(options)).catch(() => null);
  if (ids === null) {
    throwIfAborted(options.signal);
    return { ...failed, change: asked };
  }
  if (ids.length === 0) return doneBefore(asked, at);
  throwIfAborted(options.signal);
  // It may still be done, or be seen so: then it was we who asked for it.
  if (isConnectorError(error, 'ERR_EXCHANGE_OUTCOME_UNKNOWN')) return { ...failed, change: asked };
  const { askedAt: _, ...change } = asked;
  return { ...failed, change };
}

function signalOf({ signal }: Pick<ApplyOptions, 'signal'>): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
