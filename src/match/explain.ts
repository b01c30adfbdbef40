/** Sentences for what the match rules found: evidence and reasons a person can read. Device texts are foreign; show them as text only. */
import { recognizeEasClient } from '../model/eas-client.ts';
import { shownEasId } from '../model/foreign.ts';
import type { EasRecord, MdmRecord, Reason } from '../model/records.ts';
import { isSameUser } from './same-user.ts';
import type { Finding, FindingCase } from './finding.ts';

/** How many other records a sentence names. */
export const NAMED_RECORDS = 5;

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `3 May 2026`, in UTC; `at an unknown time` for null. */
export function day(time: string | number | null): string {
  const date = new Date(time ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return 'at an unknown time';
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** What an MDM record is called: its name, else model, else id. */
export function mdmName(record: MdmRecord): string {
  return record.device.name ?? record.device.model ?? record.id;
}

/** Evidence for a merge. `beside`: the loaded records of {@link Finding.beside}, at most {@link NAMED_RECORDS}. */
export function explainMerge(
  finding: Finding,
  record: EasRecord,
  mdm: MdmRecord,
  beside: readonly MdmRecord[],
): string[] {
  const eas = { ...record, easId: shownEasId(record.easId) };
  const evidence = [mergeSentence(finding, eas, mdm)];
  for (const other of beside) {
    evidence.push(finding.case === 're-enrolled' ? leftSentence(other) : alsoSentence(eas, other));
  }
  const platform = recognizeEasClient(eas.device).platform;
  if (platform !== null && platform !== mdm.device.platform) {
    evidence.push(`Look at this one: Exchange sees ${platform}, the MDM ${mdm.device.platform}.`);
  }
  return evidence;
}

/** Reason of a merged record. */
export const MERGED: Reason = { code: 'merged', text: 'Exchange and the MDM know this device.' };

/** Reason of an EAS record without MDM record, and the evidence for it. */
export function explainUnmatched(
  finding: Finding,
  record: EasRecord,
  beside: readonly MdmRecord[],
): { reason: Reason; evidence: string[] } {
  const eas = { ...record, easId: shownEasId(record.easId) };
  const text = UNMATCHED[finding.case]?.(eas, finding, beside) ?? 'No rule matched.';
  const evidence = beside.map((other) => besideSentence(finding, eas, other));
  if (finding.beside.length > NAMED_RECORDS) evidence.push(`… and ${finding.beside.length - NAMED_RECORDS} more.`);
  const look = LOOKED_AT.includes(finding.case) ? { look: true as const } : {};
  const since = finding.since == null ? {} : { since: finding.since };
  return { reason: { code: finding.reason, text, ...look, ...since }, evidence };
}

/** A person should look at it, whatever is decided. */
const LOOKED_AT: readonly FindingCase[] = ['activation-taken', 'account-passed', 'account-lost'];

function alsoSentence(eas: EasRecord, other: MdmRecord): string {
  if (!isSameUser(eas, other))
    return `The MDM has this EAS ID under another user too (${userName(other) ?? 'nobody'}): ${called(other)}.`;
  return `The MDM also has ${called(other)} with this EAS ID, last seen ${day(other.lastSeenAt)}; the one seen last counts.`;
}

function leftSentence(other: MdmRecord): string {
  return `The MDM has the EAS ID for ${called(other)}, enrolled ${day(other.enrolledAt)}.`;
}

function userName({ user }: MdmRecord): string | null {
  return user.upn ?? user.addresses[0] ?? user.id;
}

function mergeSentence(finding: Finding, eas: EasRecord, mdm: MdmRecord): string {
  const name = `${called(mdm)}, enrolled ${day(mdm.enrolledAt)}`;
  switch (finding.case) {
    case 'other-user-merged':
      return `EAS ID ${eas.easId} equals the EAS ID the MDM has for ${name}, under another user (${userName(mdm) ?? 'nobody'}).`;
    case 're-enrolled':
      return `${name}, is the device with EAS ID ${eas.easId}, enrolled again: serial number or IMEI are the same, and it does not report the EAS ID yet.`;
    case 'activated':
      return `The link for EAS ID ${eas.easId} was opened on ${day(finding.clickedAt ?? null)}; ${name} after that, is the only device of this user that fits.`;
    case 'activated-late':
      return `The link for EAS ID ${eas.easId} was opened on ${day(finding.clickedAt ?? null)}; ${name} before that, is the only device of this user that fits.`;
    case 'paired':
      return `An administrator paired EAS ID ${eas.easId} with ${name}.`;
    case 'serial':
      return `EAS ID ${eas.easId} contains serial number ${mdm.device.serial ?? ''} of ${name}, the only device with it.`;
    case 'imei':
      return `IMEI ${eas.device.imei ?? ''} is the one of ${name}, the only device with it.`;
    default:
      return `EAS ID ${eas.easId} equals the EAS ID the MDM has for ${name}.`;
  }
}

const UNMATCHED: Partial<
  Record<FindingCase, (eas: EasRecord, finding: Finding, beside: readonly MdmRecord[]) => string>
> = {
  'other-user': (eas, _finding, beside) => otherUser(eas, beside),
  'activation-several': () => 'The link was opened, and several enrolled devices of this user fit.',
  'activation-contested': () =>
    'The link was opened for several mail accounts of this user, and one enrolled device fits all of them.',
  'activation-contradiction': () =>
    'The link was opened, but the enrolled device of this user is another model or platform.',
  're-enrolled-maybe': () =>
    'The MDM has this EAS ID for a noncompliant device, and its user has enrolled one of the same model since: it may be the same one.',
  'partnership-contradiction': (eas) =>
    `Exchange has ${eas.partnerships?.length ?? 0} partnerships with EAS ID ${eas.easId} on this mailbox, and not all are the device that the MDM has under it.`,
  'hardware-several': () => 'The serial number or IMEI is not unique.',
  'mdm-missing': () => 'There is no complete MDM reading.',
  'mdm-stale': () => 'The last complete MDM reading is too old.',
  'first-sync-unknown': ({ firstSyncAt }) =>
    firstSyncAt === null
      ? 'Exchange does not say when this device synced first, so the MDM reading may be older than the device.'
      : `Exchange says that this device first synced on ${firstSyncAt}, which is in the future, so the MDM reading may be older than the device.`,
  'newer-than-mdm': (eas) =>
    `The device first synced on ${eas.firstSyncAt ?? ''}, after the MDM reading began; it may have enrolled since.`,
  superseded: (eas, finding) =>
    `The device has a newer account on this mailbox: its MDM record reports EAS ID ${finding.movedTo ?? ''} now, and ${eas.easId} no longer.`,
  'account-left': (eas, finding) =>
    `The mailbox has a newer account of this model, ${finding.movedTo ?? 'another'}, and ${eas.easId} has not tried to sync since that one was added.`,
  'account-passed': (eas, finding) =>
    `Its MDM record has passed to a newer account of this model, ${finding.movedTo ?? 'another'}: their link was opened since, and ${eas.easId} has not tried to sync any more.`,
  'account-lost': (_eas, finding) =>
    `The link of another account of this model, ${finding.takenBy ?? 'another'}, was opened later than this one's, and its MDM record has passed to that one. Exchange does not tell which of them is in use.`,
  'account-unclear': (_eas, finding) =>
    `The link was opened on ${day(finding.clickedAt ?? null)}, but the enrolled device that fits belongs to ${finding.takenBy ?? 'another'}, an older account of this model. Exchange is asked whether that one is still in use.`,
  'account-asked': () =>
    'The link of an older account of this model was opened. Exchange is asked whether that one is still in use; if it is not, it counts for this one.',
  'foreign-id': ({ easId }) =>
    `The MDM has EAS ID ${easId} for another user's device, of another platform or model: this is not that one, and no enrolled device of this user fits.`,
  'other-client': (eas) => `${clientName(eas)} is not the mail app of the platform, so the MDM cannot know its EAS ID.`,
  returned: (eas, finding) =>
    `A known device seems to have returned under a new EAS ID: it was ${finding.returnedFrom ?? 'another'}, now ${eas.easId}.`,
  'returned-again': () =>
    'It would be a known device under a new EAS ID, but one was believed to be that within 30 days of its first sync.',
  'waits-for-link': () => 'An enrolled Android device of this user waits for the link: it does not report its EAS ID.',
  'activation-late': () =>
    'The link was opened after this device was enrolled, and its MDM tells the EAS IDs of iPhones and iPads, but not this one.',
  'activation-taken': (_eas, finding) =>
    `The link was opened on ${day(finding.clickedAt ?? null)}, but the enrolled device that fits belongs to EAS ID ${finding.takenBy ?? 'another'}, whose link was opened too.`,
  'activation-waits': (_eas, finding) =>
    `The link was opened on ${day(finding.clickedAt ?? null)}, but no device of this user that fits was enrolled within the 14 days after that.`,
  'no-device': () => 'No enrolled device of this user fits.',
};

/*
 *   the records with the EAS ID are of     what is said
 *   nobody (kiosk, shared device)          no user
 *   names without a domain alone           cannot be told
 *   otherwise                              another user
 */

function otherUser({ easId }: EasRecord, records: readonly MdmRecord[]): string {
  const names = records.map(({ user }) => [user.id, user.upn, ...user.addresses].filter((text) => text !== null));
  if (records.length > 0 && names.every((of) => of.length === 0))
    return `The MDM has EAS ID ${easId} on a device without a user, as kiosks and shared devices are.`;
  const bare =
    names.length > 0 && names.every((of) => of.length > 0 && of.every(isBareName)) ? names[0]?.[0] : undefined;
  if (bare !== undefined)
    return `The MDM has EAS ID ${easId} under the user name ${bare}, which has no domain: whether that is the user of this mailbox cannot be told.`;
  return `The MDM has EAS ID ${easId} under another user.`;
}

/** Neither an address nor an id that a directory gives. */
function isBareName(name: string): boolean {
  return !name.includes('@') && !/^[0-9a-f-]{32,36}$/i.test(name);
}

function besideSentence(finding: Finding, eas: EasRecord, record: MdmRecord): string {
  const enrolled = `enrolled ${day(record.enrolledAt)}`;
  if (finding.reason === 'other-user')
    return `It belongs to ${userName(record) ?? 'nobody'}: ${called(record)}, ${enrolled}.`;
  if (finding.case === 'superseded') return `It was one with ${called(record)}, ${enrolled}, by its EAS ID.`;
  if (finding.reason === 'superseded') return `It was one with ${called(record)}, ${enrolled}, by its link.`;
  if (finding.case === 'partnership-contradiction') return partnershipsSentence(eas, record);
  if (finding.case === 'foreign-id') return foreignSentence(eas, record);
  if (finding.case === 'activation-taken' || finding.case === 'account-unclear')
    return `Taken: ${called(record)}, ${enrolled}.`;
  if (finding.reason === 'needs-activation') return `${called(record)}, ${enrolled}, waits for the link.`;
  if (finding.reason === 'returned-with-new-id' || finding.case === 'returned-again')
    return `The MDM still has the former EAS ID for ${called(record)}, ${enrolled}.`;
  return `Candidate: ${called(record)}, ${enrolled}.`;
}

function partnershipsSentence(eas: EasRecord, record: MdmRecord): string {
  const of = (texts: readonly (string | null)[]): string => texts.filter((text) => text !== null).join(' ');
  const partnerships = (eas.partnerships ?? [])
    .slice(0, NAMED_RECORDS)
    .map(({ deviceType, model, firstSyncAt }) => `${of([deviceType, model])} (first synced ${day(firstSyncAt)})`);
  return `The MDM has ${called(record)}, ${of([record.device.platform, record.device.model])}; Exchange has ${partnerships.join(', ')}.`;
}

function foreignSentence(eas: EasRecord, record: MdmRecord): string {
  const seen = [recognizeEasClient(eas.device).platform, eas.device.model].filter((text) => text !== null).join(' ');
  const known = [record.device.platform, record.device.model].filter((text) => text !== null).join(' ');
  return `It belongs to ${userName(record) ?? 'nobody'}: ${called(record)}, ${known}. Exchange sees ${seen}.`;
}

function called(record: MdmRecord): string {
  return `'${mdmName(record)}'`;
}

function clientName(eas: EasRecord): string {
  const { client } = recognizeEasClient(eas.device);
  return client ?? `The client '${eas.device.userAgent ?? eas.device.type ?? 'unknown'}'`;
}
