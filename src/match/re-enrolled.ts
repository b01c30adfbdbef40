/** Phones that were enrolled again: the old MDM record still has the EAS ID, the new one has not heard of it yet. Pure. */
import { imeiDigits } from '../model/join-keys.ts';
import type { MdmRecord } from '../model/records.ts';
import { compareModels } from './device-model.ts';
import type { MdmClocks } from './mdm-clocks.ts';
import type { MdmIndex } from './mdm-index.ts';

/*
 * The record with the EAS ID is noncompliant, or in grace. Beside it the user has one of the same platform, managed, without
 * EAS ID, enrolled later, that no link has claimed and that is paired with no other EAS record:
 *
 *   serial number or IMEI                            model           then
 *   the same, and no other user's record has it      not different   the new one counts; of several the one enrolled last
 *   the same, and another user's record has it, too  same            as if not known: a placeholder
 *   known of both, and none is the same              any             another phone: the old one counts
 *   not known of one of them                         same            hold, if the old one is noncompliant: it may be the same
 *   not known of one of them                         any other       the old one counts
 *
 * Enrolled later: see mdm-clocks.ts. Of two MDMs whose clocks leave it open, the same phone is held: neither a noncompliant one is
 * let in, nor one that was enrolled again shut out.
 */

/** What there is beside a row; `held`: rows that may be the same phone. */
export interface Renewal {
  readonly row: number | null;
  readonly held: readonly number[];
}

/** True for a row that may have been left behind by a phone that was enrolled again. */
export function mayBeLeft(mdm: MdmIndex, row: number): boolean {
  return mdm.compliance(row) === 'noncompliant' || mdm.compliance(row) === 'in-grace';
}

/** Looks among rows of the same user. @param by.isFree false for those that a link has claimed, or that are paired otherwise */
export function renewalOf(
  mdm: MdmIndex,
  old: number,
  ofUser: readonly number[],
  { isFree, clocks }: { readonly isFree: (row: number) => boolean; readonly clocks: MdmClocks },
): Renewal {
  let row: number | null = null;
  const held: number[] = [];
  for (const other of ofUser) {
    if (!isAlikeWithoutId(mdm, old, other) || !isFree(other)) continue;
    const later = clocks.isLater(other, old);
    if (later === 'no') continue;
    const likeness = hardwareLikeness(mdm, old, other, ofUser);
    const models = compareModels(mdm.platform(old), mdm.model(old), mdm.model(other));
    if (likeness === 'same' && models !== 'different') {
      if (later === 'maybe') held.push(other);
      else if (row === null || isEnrolledLater(mdm, clocks, other, row)) row = other;
    } else if (likeness === 'unknown' && models === 'same' && mdm.compliance(old) === 'noncompliant') held.push(other);
  }
  return { row, held };
}

/** True if a row is the phone of another one of the user that was left behind. */
export function isRenewalOf(
  mdm: MdmIndex,
  row: number,
  old: number,
  { ofUser, clocks }: { readonly ofUser: readonly number[]; readonly clocks: MdmClocks },
): boolean {
  return (
    mayBeLeft(mdm, old) &&
    isAlikeWithoutId(mdm, old, row) &&
    clocks.isLater(row, old) === 'yes' &&
    hardwareLikeness(mdm, old, row, ofUser) === 'same' &&
    compareModels(mdm.platform(old), mdm.model(old), mdm.model(row)) !== 'different'
  );
}

/** True if two records have a serial number or an IMEI in common. */
export function shareHardware(one: MdmRecord, other: MdmRecord): boolean {
  const serial = one.device.serial?.trim().toLowerCase();
  if (serial !== undefined && serial === other.device.serial?.trim().toLowerCase()) return true;
  const imeis = new Set(one.device.imeis.map(imeiDigits));
  imeis.delete(null);
  return other.device.imeis.some((imei) => imeis.has(imeiDigits(imei)));
}

/** True for a row that may be the phone of another one, enrolled again: of its platform, without EAS ID. */
export function isAlikeWithoutId(mdm: MdmIndex, old: number, row: number): boolean {
  return !mdm.hasEasId(row) && mdm.platform(row) === mdm.platform(old);
}

function isEnrolledLater(mdm: MdmIndex, clocks: MdmClocks, row: number, than: number): boolean {
  const [left, right] = [clocks.enrolledAt(row), clocks.enrolledAt(than)];
  return left === right ? mdm.key(row) < mdm.key(than) : left > right;
}

function hardwareLikeness(
  mdm: MdmIndex,
  one: number,
  other: number,
  ofUser: readonly number[],
): 'same' | 'other' | 'unknown' {
  if (!mdm.hasHardware(one) || !mdm.hasHardware(other)) return 'unknown';
  const like = mdm.rowsWithHardwareOf(one);
  if (!like.includes(other)) return 'other';
  return like.every((row) => ofUser.includes(row)) ? 'same' : 'unknown';
}
