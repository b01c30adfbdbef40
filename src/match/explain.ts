/** Sentences for what the match rules found: evidence and reasons a person can read. Device texts are foreign; show them as text only. */
import { recognizeEasClient } from '../model/eas-client.ts';
import { shownEasId } from '../model/foreign.ts';
import type { EasRecord, MdmRecord, Reason } from '../model/records.ts';
import { sayIn } from '../model/sayings.ts';
import { isoTime } from './iso-time.ts';
import { isSameUser } from './same-user.ts';
import type { Finding, FindingCase } from './finding.ts';
import { MATCH_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(MATCH_SAYINGS_EN);

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

/** `3 May 2026`, in UTC; `at an unknown time` for null. Read back by src/connector/sentences/in-language.ts. */
export function day(time: string | number | null): string {
  const at = typeof time === 'number' ? time : isoTime(time);
  const number = Math.floor(at / DAY_MS);
  if (number !== said.day) said = { day: number, text: dayOf(at) };
  return said.text;
}

const DAY_MS = 86_400_000;

/** What was said last: devices come in rows that were enrolled on one day. */
let said: { readonly day: number; readonly text: string } = { day: Number.NaN, text: '' };

function dayOf(at: number): string {
  const date = new Date(at);
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
  const eas = asShown(record);
  const evidence = [mergeSentence(finding, eas, mdm)];
  for (const other of beside) {
    const left = { name: mdmName(other), day: day(other.enrolledAt) };
    evidence.push(finding.case === 're-enrolled' ? say('left', left) : alsoSentence(eas, other));
  }
  const platform = recognizeEasClient(eas.device).platform;
  if (platform !== null && platform !== mdm.device.platform) {
    evidence.push(say('platforms', { platform, platform2: mdm.device.platform }));
  }
  return evidence;
}

/** Reason of a merged record. */
export const MERGED: Reason = { code: 'merged', text: say('merged') };

/** Reason of an EAS record without MDM record, and the evidence for it. */
export function explainUnmatched(
  finding: Finding,
  record: EasRecord,
  beside: readonly MdmRecord[],
): { reason: Reason; evidence: string[] } {
  const eas = asShown(record);
  const text = UNMATCHED[finding.case]?.(eas, finding, beside) ?? say('no-match');
  const evidence = beside.map((other) => besideSentence(finding, eas, other));
  if (finding.beside.length > NAMED_RECORDS)
    evidence.push(say('more', { count: finding.beside.length - NAMED_RECORDS }));
  const look = LOOKED_AT.includes(finding.case) ? { look: true as const } : {};
  const since = finding.since == null ? {} : { since: finding.since };
  return { reason: { code: finding.reason, text, ...look, ...since }, evidence };
}

/** The record with its EAS ID as a sentence may have it. */
function asShown(record: EasRecord): EasRecord {
  const easId = shownEasId(record.easId);
  return easId === record.easId ? record : { ...record, easId };
}

/** A person should look at it, whatever is decided. */
const LOOKED_AT: readonly FindingCase[] = ['activation-taken', 'account-passed', 'account-lost'];

function alsoSentence(eas: EasRecord, other: MdmRecord): string {
  const name = mdmName(other);
  if (!isSameUser(eas, other)) return say('also.other-user', { user: userName(other) ?? 'nobody', name });
  return say('also', { name, day: day(other.lastSeenAt) });
}

function userName({ user }: MdmRecord): string | null {
  return user.upn ?? user.addresses[0] ?? user.id;
}

function mergeSentence(finding: Finding, eas: EasRecord, mdm: MdmRecord): string {
  const { easId } = eas;
  const name = mdmName(mdm);
  const enrolled = day(mdm.enrolledAt);
  const told = { easId, name, day: enrolled };
  switch (finding.case) {
    case 'other-user-merged':
      return say('other-user-merged', { ...told, user: userName(mdm) ?? 'nobody' });
    case 're-enrolled':
    case 'paired':
      return say(finding.case, told);
    case 'activated':
    case 'activated-late':
      return say(finding.case, { easId, name, day: opened(finding), day2: enrolled });
    case 'serial':
      return say('serial', { ...told, serial: mdm.device.serial ?? '' });
    case 'imei':
      return say('imei', { name, day: enrolled, imei: eas.device.imei ?? '' });
    default:
      return say('same-user', told);
  }
}

/** When its link was opened. */
function opened({ clickedAt }: Finding): string {
  return day(clickedAt ?? null);
}

const UNMATCHED: Partial<
  Record<FindingCase, (eas: EasRecord, finding: Finding, beside: readonly MdmRecord[]) => string>
> = {
  'other-user': (eas, _finding, beside) => otherUser(eas, beside),
  'activation-several': () => say('activation-several'),
  'activation-contested': () => say('activation-contested'),
  'activation-contradiction': () => say('activation-contradiction'),
  'seen-last-untold': () => say('seen-last-untold'),
  're-enrolled-maybe': () => say('re-enrolled-maybe'),
  'enrolled-anew': () => say('enrolled-anew'),
  'partnership-contradiction': ({ partnerships, easId }) =>
    say('partnership-contradiction', { count: partnerships?.length ?? 0, easId }),
  'hardware-several': () => say('hardware-several'),
  'hardware-apart': () => say('hardware-apart'),
  'mdm-missing': () => say('mdm-missing'),
  'mdm-stale': () => say('mdm-stale'),
  'first-sync-unknown': ({ firstSyncAt }) =>
    firstSyncAt === null ? say('first-sync-unknown') : say('first-sync-unknown.future', { time: firstSyncAt }),
  'newer-than-mdm': ({ firstSyncAt }) => say('newer-than-mdm', { time: firstSyncAt ?? '' }),
  superseded: ({ easId }, { movedTo }) => say('superseded', { movedTo: movedTo ?? '', easId }),
  'account-left': ({ easId }, { movedTo }) => say('account-left', { other: movedTo ?? 'another', easId }),
  'account-passed': ({ easId }, { movedTo }) => say('account-passed', { other: movedTo ?? 'another', easId }),
  'account-lost': (_eas, { takenBy }) => say('account-lost', { other: takenBy ?? 'another' }),
  'account-unclear': (_eas, finding) =>
    say('account-unclear', { day: opened(finding), other: finding.takenBy ?? 'another' }),
  'account-asked': () => say('account-asked'),
  'foreign-id': ({ easId }) => say('foreign-id', { easId }),
  'other-client': (eas) => otherClient(eas),
  returned: ({ easId }, { returnedFrom }) => say('returned', { other: returnedFrom ?? 'another', easId }),
  'returned-again': () => say('returned-again'),
  'waits-for-link': () => say('waits-for-link'),
  'activation-late': () => say('activation-late'),
  'activation-taken': (_eas, finding) =>
    say('activation-taken', { day: opened(finding), other: finding.takenBy ?? 'another' }),
  'activation-waits': (_eas, finding) => say('activation-waits', { day: opened(finding) }),
  'no-device': () => say('no-device'),
};

/*
 *   the records with the EAS ID are of     what is said
 *   nobody (kiosk, shared device)          no user
 *   names without a domain alone           cannot be told
 *   otherwise                              another user
 */

function otherUser({ easId }: EasRecord, records: readonly MdmRecord[]): string {
  const names = records.map(({ user }) => [user.id, user.upn, ...user.addresses].filter((text) => text !== null));
  if (records.length > 0 && names.every((of) => of.length === 0)) return say('other-user.nobody', { easId });
  const bare =
    names.length > 0 && names.every((of) => of.length > 0 && of.every(isBareName)) ? names[0]?.[0] : undefined;
  return bare === undefined ? say('other-user', { easId }) : say('other-user.bare', { easId, name: bare });
}

/** Neither an address nor an id that a directory gives. */
function isBareName(name: string): boolean {
  return !name.includes('@') && !/^[0-9a-f-]{32,36}$/i.test(name);
}

function besideSentence(finding: Finding, eas: EasRecord, record: MdmRecord): string {
  const told = { name: mdmName(record), day: day(record.enrolledAt) };
  if (finding.reason === 'other-user') return say('beside.other-user', { ...told, user: userName(record) ?? 'nobody' });
  if (finding.case === 'superseded') return say('beside.by-id', told);
  if (finding.reason === 'superseded') return say('beside.by-link', told);
  if (finding.case === 'partnership-contradiction') return partnershipsSentence(eas, record);
  if (finding.case === 'foreign-id') return foreignSentence(eas, record);
  if (finding.case === 'activation-taken' || finding.case === 'account-unclear') return say('beside.taken', told);
  if (finding.reason === 'needs-activation') return say('beside.waits', told);
  if (finding.reason === 'returned-with-new-id' || finding.case === 'returned-again') return say('beside.former', told);
  return say('beside.candidate', told);
}

function partnershipsSentence(eas: EasRecord, record: MdmRecord): string {
  const partnerships = (eas.partnerships ?? [])
    .slice(0, NAMED_RECORDS)
    .map(({ deviceType, model, firstSyncAt }) => `${together(deviceType, model)} (first synced ${day(firstSyncAt)})`);
  const model = together(record.device.platform, record.device.model);
  return say('beside.partnerships', { name: mdmName(record), model, partnerships: partnerships.join(', ') });
}

function foreignSentence(eas: EasRecord, record: MdmRecord): string {
  const user = userName(record) ?? 'nobody';
  const model = together(record.device.platform, record.device.model);
  const model2 = together(recognizeEasClient(eas.device).platform, eas.device.model);
  return say('beside.foreign', { user, name: mdmName(record), model, model2 });
}

function together(...texts: readonly (string | null)[]): string {
  return texts.filter((text) => text !== null).join(' ');
}

function otherClient({ device }: EasRecord): string {
  const { client } = recognizeEasClient(device);
  if (client !== null) return say('other-client', { name: client });
  return say('other-client.unnamed', { name: device.userAgent ?? device.type ?? 'unknown' });
}
