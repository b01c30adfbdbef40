/** The MDM record that is a phone's by now, where the one that it was merged with is another one: it was enrolled anew, or elsewhere. Pure. */
import { compareModels } from './device-model.ts';
import type { EasEntry } from './eas-index.ts';
import type { MdmClocks } from './mdm-clocks.ts';
import type { MdmIndex } from './mdm-index.ts';
import type { PastMerge } from './past.ts';
import { isRenewalOf, mayBeLeft } from './re-enrolled.ts';

/*
 *   the record it was one with          a later one of the user, of its platform, without EAS ID,     it is
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

/** The row of the record that the phone's is by now; -1: there is none. */
export function nowRecordOf(
  past: PastMerge,
  phone: Pick<EasEntry, 'platform' | 'model'>,
  scene: SuccessorScene,
): number {
  const { mdm, clocks, ofUser, isFree } = scene;
  const old = mdm.rowOfKey(past.mdmKey);
  if (old < 0 || !mdm.isUsable(old)) return successorOf(past, phone, scene);
  if (!mayBeLeft(mdm, old)) return old;
  const later = ofUser.filter((row) => isFree(row) && isRenewalOf(mdm, row, old, { ofUser, clocks }));
  const last = mdm.byKeyOrder(later).sort((a, b) => clocks.enrolledAt(b) - clocks.enrolledAt(a))[0];
  return last ?? old;
}

/** The same, where the record is gone or not managed any more. */
export function successorOf(
  { mdmKey, hardware = [] }: PastMerge,
  { platform, model }: Pick<EasEntry, 'platform' | 'model'>,
  { mdm, ofUser, isFree }: SuccessorScene,
): number {
  if (platform === null || hardware.length === 0) return -1;
  const alike = new Set(hardware.flatMap((key) => rowsWith(mdm, key)));
  // A number that others show too is a placeholder or a mistake.
  if ([...alike].some((row) => !ofUser.includes(row))) return -1;
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
