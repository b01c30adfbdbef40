/** The MDM record that is a phone's by now, where the one that it was merged with is another one: it was enrolled anew, or elsewhere. Pure. */
import { CLICK_WINDOW_MS } from './activation-claims.ts';
import { compareModels } from './device-model.ts';
import type { EasEntry } from './eas-index.ts';
import type { MdmClocks } from './mdm-clocks.ts';
import type { MdmIndex } from './mdm-index.ts';
import type { KnownAttempt, PastMerge } from './past.ts';
import { isRenewalOf, mayBeLeft } from './re-enrolled.ts';

/** Clocks of Exchange and an MDM may be apart by less: a phone that was wiped syncs no more when it is enrolled again. */
const USED_AFTER_MS = 15 * 60_000;
/** One in use has synced by then. */
const ASKED_AFTER_MS = USED_AFTER_MS + 3_600_000;
/** A phone may lie still for a night and a day. */
const SILENT_MS = 24 * 3_600_000;

/*
 *   the record it was one with          a later one of the user, of its platform, without EAS ID,     it may be
 *                                       of no other model, free, and with the same serial number or
 *                                       IMEI, which no other user's record has
 *   compliant, or not known             any                                                           as it was
 *   noncompliant, or in grace           none                                                          as it was
 *   noncompliant, or in grace           there is one, of several the one enrolled last                that one
 *   gone, or not managed any more       exactly one                                                   that one
 *   gone, or not managed any more       none, or several                                              none
 *   gone, and told no number            any                                                           none
 */

/** What a successor is looked for among. */
export interface SuccessorScene {
  readonly mdm: MdmIndex;
  readonly clocks: MdmClocks;
  /** The live, managed rows of the mailbox's user. */
  readonly ofUser: readonly number[];
  /** False for rows that are paired with another EAS record. */
  readonly isFree: (row: number) => boolean;
}

/*
 * A merge by the link passes on to it only if the account is still the phone's: after a wipe it has another one.
 *
 *   the account has tried to sync                              then
 *   a quarter of an hour after the enrollment, or later        it passes on
 *   not since; Exchange told so a day after it, or later       it does not
 *   Exchange may not be asked, or the enrollment is not told   it does not: the user opens the link again
 *   any, and its link was opened within the 14 days before     what the link claims counts (activation-claims.ts)
 *   the enrollment, or since, and its own record is gone
 *   otherwise                                                  in doubt: held; Exchange is asked an hour and a quarter
 *                                                              after it, and a day after it
 */

/** The row of a phone's record by now, -1: none; in doubt the one that may be it, and from when on Exchange is worth asking. */
export type NowRecord =
  | { readonly row: number; readonly doubt?: undefined }
  | { readonly row: -1; readonly doubt: number; readonly askFrom: number };

/** How an account is used: its last attempt, null if Exchange was not asked, and when its link was opened last, NaN if never. */
export interface AccountUse {
  readonly attempt: KnownAttempt | null;
  readonly clickedAt: number;
}

/** What became of the record that an account was one with by a link. */
export function nowRecordOf(
  past: PastMerge,
  phone: Pick<EasEntry, 'platform' | 'model'>,
  { attempt, clickedAt }: AccountUse,
  scene: SuccessorScene,
): NowRecord {
  const { mdm, clocks } = scene;
  const own = mdm.rowOfKey(past.mdmKey);
  const old = own >= 0 && mdm.isUsable(own) ? own : -1;
  const later = old < 0 ? successorOf(past, phone, scene) : renewedAs(old, scene);
  if (later < 0) return { row: old };
  const enrolledAt = clocks.enrolledAt(later);
  if (Number.isNaN(enrolledAt) || (old < 0 && clickedAt + CLICK_WINDOW_MS >= enrolledAt)) return { row: old };
  const { lastAttemptAt, toldAt, refusedAt } = attempt ?? NEVER;
  if (lastAttemptAt >= enrolledAt + USED_AFTER_MS) return { row: later };
  if (toldAt >= enrolledAt + SILENT_MS || refusedAt >= enrolledAt) return { row: old };
  const askFrom = enrolledAt + (toldAt >= enrolledAt + ASKED_AFTER_MS ? SILENT_MS : ASKED_AFTER_MS);
  return { row: -1, doubt: later, askFrom };
}

const NEVER: KnownAttempt = { lastAttemptAt: Number.NaN, toldAt: Number.NaN, refusedAt: Number.NaN };

function renewedAs(old: number, { mdm, clocks, ofUser, isFree }: SuccessorScene): number {
  if (!mayBeLeft(mdm, old)) return -1;
  const later = ofUser.filter((row) => isFree(row) && isRenewalOf(mdm, row, old, { ofUser, clocks }));
  return mdm.byKeyOrder(later).sort((a, b) => clocks.enrolledAt(b) - clocks.enrolledAt(a))[0] ?? -1;
}

/** The record of the same phone where the one that it was one with is gone, or not managed any more; -1: none. */
export function successorOf(
  { mdmKey, hardware = [] }: PastMerge,
  { platform, model }: Pick<EasEntry, 'platform' | 'model'>,
  { mdm, ofUser, isFree }: SuccessorScene,
): number {
  if (platform === null || hardware.length === 0) return -1;
  // A number that others show too is a placeholder or a mistake.
  const isOfUser = (row: number): boolean => ofUser.includes(row);
  const told = hardware.map((key) => rowsWith(mdm, key)).filter((rows) => rows.every(isOfUser));
  const alike = new Set(told.flat());
  const fits = [...alike].filter(
    (row) =>
      mdm.key(row) !== mdmKey &&
      mdm.platform(row) === platform &&
      !mdm.hasEasId(row) &&
      compareModels(platform, model, mdm.model(row)) !== 'different' &&
      isFree(row),
  );
  return fits.length === 1 ? fits[0]! : -1;
}

function rowsWith(mdm: MdmIndex, key: string): readonly number[] {
  const number = key.slice(key.indexOf(':') + 1);
  return key.startsWith('serial:') ? mdm.rowsWithSerial(number) : mdm.rowsWithImei(number);
}
