/** What codes mean, in English: everything that a person reads has a code for programs and a text for people. Pure. */
import { ERROR_HELP } from '../errors.ts';

/** A code, and what it means. */
export interface Coded {
  readonly code: string;
  readonly text: string;
}

const WORDS = {
  decision: {
    allow: 'allow',
    block: 'block',
    release: 'leave to the rules of Exchange',
    leave: 'leave as it is',
    remove: 'remove the partnership',
  },
  state: {
    allowed: 'allowed',
    blocked: 'blocked',
    quarantined: 'quarantined',
    discovery: 'being discovered by Exchange',
    unknown: 'unknown',
  },
  reason: {
    merged: 'merged with its MDM record',
    compliant: 'managed and compliant',
    'in-grace': 'managed, in its grace period',
    noncompliant: 'managed, but noncompliant',
    'compliance-unknown': 'managed, compliance unknown',
    'not-enrolled': 'not enrolled',
    superseded: 'replaced by a newer account',
    idle: 'not used any more',
    'needs-activation': 'enrolled, waits for the link in the mail',
    'not-native-client': 'not the native mail app',
    'other-user': 'EAS ID of another user',
    ambiguous: 'ambiguous',
    'returned-with-new-id': 'came back with a new EAS ID',
    'snapshot-incomplete': 'a reading is incomplete',
    'no-eas-record': 'no mail account',
    'directory-unreadable': 'a group could not be read',
    'no-rule': 'no rule applies',
    'excluded-group': 'in an excluded group',
    'exchange-own-block': 'blocked by Exchange itself',
    'admin-entry': 'on a list by an administrator',
    exempt: 'exempt for a time',
  },
  platform: { ios: 'iOS', android: 'Android', windows: 'Windows', macos: 'macOS', other: 'other' },
  compliance: { compliant: 'compliant', 'in-grace': 'in grace', noncompliant: 'noncompliant', unknown: 'unknown' },
  by: {
    'eas-id': 'the MDM reports the EAS ID',
    activation: 'the user pressed the button behind the link',
    pairing: 'an administrator paired them',
    serial: 'the serial number or IMEI is the same',
  },
  step: {
    added: 'The account was added to the phone.',
    read: 'The connector read the device from Exchange.',
    blocked: 'The connector blocked the device.',
    mailed: 'The user was mailed a link.',
    enrolled: 'The user enrolled the device.',
    merged: 'EAS record and MDM record became one device.',
    allowed: 'The connector allowed the device.',
  },
  subject: {
    eas: 'reading of Exchange',
    mdm: 'reading of an MDM',
    match: 'match',
    access: 'decisions',
    write: 'changes in Exchange',
    notify: 'mails',
  },
  change: {
    planned: 'waits for its turn',
    reserved: 'is being written',
    settling: 'is being verified in Exchange',
    later: 'failed, is tried again',
    'next-sync': 'waits for the next sync',
    'waiting-for-mail': 'waits until the user can be mailed',
    attention: 'failed, needs a person',
  },
  mail: { sent: 'sent', waiting: 'waiting', attention: 'not sent, needs a person', 'given-up': 'given up' },
  audit: {
    block: 'blocked',
    allow: 'allowed',
    release: 'taken off the lists',
    remove: 'partnership removed',
    undo: 'taken back',
    adopt: 'entry taken over',
    tidy: 'entry of a gone device removed',
    approve: 'plan approved',
    discard: 'plan discarded',
    pair: 'paired',
    unpair: 'pairing removed',
    exempt: 'exempted for a time',
    unexempt: 'exemption taken back',
    'exemption-ended': 'exemption ended by itself',
    resend: 'mail sent again',
    forget: 'forgotten',
    'cut-audit': 'older entries of the audit exported and removed',
  },
  health: {
    ready: 'works',
    failed: 'does not work',
    unknown: 'not known',
    'never-read': 'was never read to its end',
    'reading-old': 'the last whole reading is too old to block by',
    'source-gone': 'no deployed source reads it any more',
    'no-notifier': 'no notifier is known: nobody is mailed',
    'not-kept': 'the store keeps nothing of it',
  },
  attention: {
    held: 'changes wait for approval',
    failed: 'changes could not be written and need a person',
    mails: 'mails could not be sent and need a person',
    notifier: 'a notifier cannot send',
    reading: 'the last reading failed',
    'never-read': 'a source was never read to its end',
    'reading-old': 'a whole reading is too old to block by',
  },
} as const;

/** Kinds of codes. */
export type WordKind = keyof typeof WORDS;

/** A code with its text; one that has none is its own. */
export function coded(kind: WordKind, code: string): Coded {
  const known: Readonly<Record<string, string>> = WORDS[kind];
  return { code, text: Object.hasOwn(known, code) ? (known[code] ?? code) : helpOf(code) };
}

/** The codes that a kind has texts for: what a value of a metric's label may be. */
export function codesOf(kind: WordKind): readonly string[] {
  return Object.keys(WORDS[kind]);
}

function helpOf(code: string): string {
  const help: Readonly<Record<string, string>> = ERROR_HELP;
  return Object.hasOwn(help, code) ? (help[code] ?? code) : code.replaceAll('-', ' ');
}
