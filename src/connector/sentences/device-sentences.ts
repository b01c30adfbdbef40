/**
 * One sentence for what the access switch tells of a device, of a held plan or of a problem: `msg.text`.
 * In: the news. Out: English, on one line; names are cleaned and bounded. Pure.
 */
import { readEasRecordKey } from '../../model/keys.ts';
import type { Action, DeviceChange, DeviceNews, DeviceRecord, HeldPlanNews } from '../../model/records.ts';
import { numberWords } from '../../model/number-words.ts';
import { counted, LONGEST_TEXT, plainWords } from './plain-words.ts';

/*
 * What follows the colon. A rule that does anything else by a reason than what is meant for it (one that blocks a compliant
 * device, say) is named instead.
 *
 *   action    reason                  why
 */
const WHY: Readonly<Record<Exclude<Action, 'leave'>, Readonly<Record<string, string>>>> = {
  block: {
    'not-enrolled': 'no enrolled device fits',
    superseded: 'another account of the phone has taken its place',
    idle: 'it has not tried to sync for long',
    'needs-activation': 'an enrolled device waits for the link to be opened',
    'not-native-client': 'it is not the mail app of the phone itself',
    'other-user': 'its EAS ID is enrolled for another user',
    ambiguous: 'several enrolled devices fit',
    'returned-with-new-id': 'a known device seems to be back under a new EAS ID',
    noncompliant: 'enrolled, but not compliant',
    'compliance-unknown': 'enrolled, but nobody knows whether it is compliant',
    'mdm-away': 'it is new, and the MDM has not been read for too long',
    'mdm-back': 'the MDM is read again',
  },
  allow: {
    compliant: 'enrolled and compliant',
    'in-grace': 'enrolled, in its grace period',
    merged: 'enrolled',
    'mdm-away': 'it is new, and the MDM has not been read for too long',
    'mdm-back': 'the MDM is read again',
  },
  release: {
    'excluded-group': 'its owner is in an excluded group',
    exempt: 'it is exempt for a time',
    'mdm-back': 'the MDM is read again',
    'partnership-gone': 'Exchange has the device no more',
    undo: 'undo takes back what the connector wrote',
  },
};

/*
 *   action    done                                   simulated                                      failed
 */
const DONE: Readonly<Record<Exclude<Action, 'leave'>, readonly [done: string, simulated: string, failed: string]>> = {
  block: ['blocked', 'would be blocked', 'could not be blocked'],
  allow: ['allowed', 'would be allowed', 'could not be allowed'],
  release: [
    "left to Exchange's own rules",
    "would be left to Exchange's own rules",
    "could not be left to Exchange's own rules",
  ],
};

/** `Carla Costa's SM-S921B`; by address or EAS ID where names are missing. */
export function deviceWords({ key, eas, mdm }: Pick<DeviceRecord, 'key' | 'eas' | 'mdm'>): string {
  const owner = [eas?.mailbox.displayName, eas?.mailbox.address, eas?.mailbox.upn, mdm?.user.upn].map(named);
  const easId = named(eas?.easId ?? readEasRecordKey(key)?.easId ?? mdm?.easIds[0]);
  const device = [eas?.device.model, eas?.device.type, mdm?.device.model, mdm?.device.name].map(named);
  const what = device.find(isSaid) ?? (easId === null ? 'device' : `device ${easId}`);
  const whose = owner.find(isSaid);
  return `${whose ?? 'somebody'}'s ${what}`;
}

/**
 * What is said of a piece of news.
 *
 * | news                                   | sentence                                                    |
 * |----------------------------------------|-------------------------------------------------------------|
 * | a held plan                            | Held for approval, how many and why: what the brake says     |
 * | a problem without a device             | the problem                                                 |
 * | a change that waits for the next sync  | whose device is left to the next sync: the problem           |
 * | a change that failed                   | whose device could not be blocked: the problem               |
 * | a device to look at                    | whose device needs a look: the problem                       |
 * | a block that stands for another cause  | whose device stays blocked: why by now                       |
 * | a change                               | whose device blocked: why                                   |
 * | a change of a simulation               | whose device would be blocked: why                          |
 */
export function newsSentence({ device, decision, change, problem, plan }: DeviceNews): string {
  const told = plainWords(problem?.text, LONGEST_TEXT) ?? problem?.code ?? '';
  if (plan !== undefined) return planSentence(plan, told);
  if (device === null) return told;
  const whose = atTheBeginning(deviceWords(device));
  if (decision === null || change === null) return `${whose} needs a look: ${told}`;
  if (problem?.code === 'waits-for-sync') return `${whose} is left to the next sync: ${told}`;
  if (problem !== undefined) return `${whose} ${failedTo(decision)}: ${told}`;
  return changeSentence({ device, decision, change });
}

function changeSentence({ device, decision, change }: DeviceChange): string {
  const whose = atTheBeginning(deviceWords(device));
  const why = reasonWords(decision);
  if (change.from === 'blocked' && change.to === 'blocked' && decision.action === 'block')
    return `${whose} ${change.applied ? 'stays blocked' : 'would stay blocked'}: ${why}`;
  if (decision.action === 'leave') return `${whose} left as it is: ${why}`;
  const [done, simulated] = DONE[decision.action];
  return `${whose} ${change.applied ? done : simulated}: ${why}`;
}

function failedTo({ action, reason }: DeviceChange['decision']): string {
  if (reason.code === 'partnership-unused') return 'could not be removed from Exchange';
  return action === 'leave' ? 'needs a look' : DONE[action][2];
}

function reasonWords({ action, rule, reason }: DeviceChange['decision']): string {
  const why = action === 'leave' ? undefined : ownOf(WHY[action], reason.code);
  return why ?? `the rule “${named(rule) ?? ''}” says so`;
}

function planSentence({ count, byReason }: HeldPlanNews, told: string): string {
  const why = Object.entries(byReason).map(([code, many]) => `${numberWords(many)} ${reasonName(code)}`);
  const many = counted(count, 'change');
  return `${many} held for approval${why.length === 0 ? '' : ` (${why.join(', ')})`}: ${told}`;
}

/** `not-enrolled` as words. */
function reasonName(code: string): string {
  return (named(code) ?? '').replaceAll('-', ' ');
}

/** `Somebody's`; a name stays as it is written. */
function atTheBeginning(whose: string): string {
  return whose.replace(/^somebody's /, "Somebody's ");
}

function named(text: unknown): string | null {
  return plainWords(text);
}

function isSaid(text: string | null): text is string {
  return text !== null;
}

function ownOf(texts: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.hasOwn(texts, code) ? texts[code] : undefined;
}
