/** The keys over which EAS records and MDM records reach each other, and over which a change of one reaches decisions about others. Pure. */
import { foldAddress, foldEasId } from './keys.ts';
import type { EasRecord, MdmRecord } from './records.ts';

/**
 * `<kind>:<text>`, the text folded: trimmed and in lower case; a mailbox in lower case, an IMEI as its digits.
 *
 *   kind      of an EAS record                         of an MDM record
 *   mailbox   the mailbox, by its GUID                 –
 *   user      the mailbox's GUID, UPN, addresses       the user's id, UPN, addresses
 *   eas-id    its EAS ID                               every EAS ID it reports
 *   serial    the one in a legacy Apple EAS ID         its serial number
 *   imei      its IMEI                                 every IMEI
 */
export type JoinKey = string;

/**
 * The keys over which a change of an EAS record reaches decisions: those about its own mailbox, whose records are compared
 * with each other, and those about records with the same hardware, since a number counts only as long as no other shows it.
 */
export function reachedByEas(record: EasRecord): JoinKey[] {
  return [`mailbox:${record.mailbox.id.toLowerCase()}`, ...hardwareKeys(record)];
}

/**
 * The keys over which a change of an MDM record reaches decisions, each once. EAS records that are paired with it are reached
 * over the pairing only.
 */
export function reachedByMdm({ user, easIds, device }: MdmRecord): JoinKey[] {
  const names = [user.id, user.upn, ...user.addresses].filter((text) => text !== null).filter((text) => text !== '');
  const imeis = device.imeis.map(imeiDigits).filter((digits) => digits !== null);
  return [
    ...new Set([
      ...names.map((text) => `user:${foldAddress(text)}`),
      ...easIds.map((easId) => `eas-id:${foldEasId(easId)}`),
      ...(device.serial === null ? [] : [serialKey(device.serial)]),
      ...imeis.map((digits) => `imei:${digits}`),
    ]),
  ];
}

/** The keys under which an EAS record's hardware is compared: `serial:…` and `imei:…`. */
export function hardwareKeys(record: EasRecord): JoinKey[] {
  const serial = serialInEasId(record.easId);
  const imei = record.device.imei === null ? null : imeiDigits(record.device.imei);
  return [...(serial === null ? [] : [serialKey(serial)]), ...(imei === null ? [] : [`imei:${imei}`])];
}

/** The same of an MDM record, in order, each once. */
export function hardwareOfMdm({ device }: Pick<MdmRecord, 'device'>): JoinKey[] {
  const imeis = device.imeis.map(imeiDigits).filter((digits) => digits !== null);
  const keys = imeis.map((digits) => `imei:${digits}`);
  if (device.serial !== null) keys.push(serialKey(device.serial));
  return keys.length < 2 ? keys : [...new Set(keys)].sort();
}

/** The serial number in a legacy Apple EAS ID (`Appl` + serial: practical365.com), or null. */
export function serialInEasId(easId: string): string | null {
  // Hardly any begins with an A; what is no blank is not trimmed.
  const first = easId.charCodeAt(0);
  if (first > 32 && first < 128 && (first | 32) !== 97) return null;
  const id = easId.trim();
  return /^appl[0-9a-z]{8,14}$/i.test(id) ? id.slice(4) : null;
}

/** The digits of an IMEI or MEID-sized number, or null: shorter ones and all zeros are placeholders (3GPP TS 23.003: 14 to 16 digits). */
export function imeiDigits(imei: string): string | null {
  const digits = isDigits(imei) ? imei : imei.replace(/\D/g, '');
  // Hardly any begins with a zero.
  return digits.length < 14 || digits.length > 16 || (digits.startsWith('0') && /^0+$/.test(digits)) ? null : digits;
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

function serialKey(serial: string): JoinKey {
  return `serial:${serial.trim().toLowerCase()}`;
}
