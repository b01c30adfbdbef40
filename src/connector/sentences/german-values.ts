/** What stands in the places of sentences, in German: days, actions, kinds, the words of others. Pure. */
import { RULE_WORDS } from '../../access/rule-words.ts';
import type { ValueReader } from '../../model/sayings.ts';

const MONTHS: Readonly<Record<string, string>> = {
  January: 'Januar',
  February: 'Februar',
  March: 'März',
  April: 'April',
  May: 'Mai',
  June: 'Juni',
  July: 'Juli',
  August: 'August',
  September: 'September',
  October: 'Oktober',
  November: 'November',
  December: 'Dezember',
};

const ACTIONS: Readonly<Record<string, string>> = {
  allow: 'zulassen',
  block: 'sperren',
  release: 'Exchange überlassen',
  leave: 'belassen',
};

const THINGS: Readonly<Record<string, string>> = { groups: 'Gruppen', values: 'Werten', patterns: 'Mustern' };
const KINDS = new Map([['a list', 'eine Liste']]);
/** What a notifier looks at. */
const STEPS = new Map([
  ['settings', 'Felder'],
  ['store', 'Speicher'],
  ['sign-in', 'Anmeldung'],
  ['mailbox', 'Postfach'],
  ['autodiscover', 'Autodiscover'],
  ['mail', 'Texte der E-Mails'],
  ['own-mail', 'E-Mail an sich selbst'],
  ['link', 'Linkadresse'],
  ['enrollment-page', 'Registrierungsseite'],
]);
const VERDICTS: Readonly<Record<string, string>> = { unknown: 'nicht bewiesen', failed: 'geht nicht' };

const { platform: PLATFORMS }: { readonly platform: Readonly<Record<string, string>> } = RULE_WORDS.de.values;

/** By the name of a place; see `Translation.values`. */
export const GERMAN_VALUES: Readonly<Record<string, ValueReader>> = {
  day: (text) => {
    if (text === 'at an unknown time') return 'zu unbekannter Zeit';
    const [, day = '', name = '', year = ''] = /^(\d{1,2}) ([A-Z][a-z]+) (\d{4,6})$/.exec(text) ?? [];
    return Object.hasOwn(MONTHS, name) ? `am ${day}. ${MONTHS[name]} ${year}` : null;
  },
  time: (text) => (/^[\dTZ:.+-]+$/.test(text) ? text : null),
  user: (text) => (text === 'nobody' ? 'niemandem' : text),
  other: (text) => (text === 'another' ? 'eine andere' : text),
  partnerships: (text) =>
    text.replace(/ \(first synced ([^()]*)\)/g, (whole, day: string) => firstSynced(day) ?? whole),
  action: (text) => (Object.hasOwn(ACTIONS, text) ? (ACTIONS[text] ?? null) : null),
  platform: (text) => (Object.hasOwn(PLATFORMS, text) ? (PLATFORMS[text] ?? null) : null),
  things: (text) => (Object.hasOwn(THINGS, text) ? (THINGS[text] ?? null) : null),
  shapes: (text) => text.replace(' or ', ' oder '),
  place: (text) => (/^\d+( \(line \d+\))?$/.test(text) ? text.replace('line', 'Zeile') : null),
  kind: (text) => KINDS.get(text) ?? text.replace(/^of type /, 'vom Typ ').replace(/^"(.*)"$/s, '„$1“'),
  verdict: (text) => (Object.hasOwn(VERDICTS, text) ? (VERDICTS[text] ?? null) : null),
  step: (text) => (/^[\w-]+$/.test(text) ? (STEPS.get(text) ?? text) : null),
  words: unmarked,
  why: inMarks,
  address: (text) => (/^[^\s"]+@[^\s"]+$/.test(text) ? text : givenInMarks(text)),
  primary: (text) => (/^[^\s"]+$/.test(text) ? text : givenInMarks(text)),
  upn: (text) => (/^[^\s"]+$/.test(text) ? text : givenInMarks(text)),
  mailbox: (text) => (/^\w+$/.test(text) ? text : null),
  exchange: sideOf,
  tenant: sideOf,
  part: (text) => PARTS.get(text) ?? null,
  mailboxes: (text) => {
    const [, many = ''] = /^(\d+) mailbox(?:es)?$/.exec(text) ?? [];
    if (many === '') return null;
    return many === '1' ? '1 Postfach verlöre' : `${many} Postfächer verlören`;
  },
  ...Object.fromEntries(
    ['count', 'days', 'hours', 'of', 'limit', 'few', 'n', 'seconds', 'status', 'kinds', 'languages'].map((name) => [
      name,
      aNumber,
    ]),
  ),
};

function aNumber(text: string): string | null {
  return /^\d+(\.\d+)?$/.test(text) ? text : null;
}

function firstSynced(text: string): string | null {
  const day = GERMAN_VALUES['day']?.(text) ?? null;
  return day === null ? null : ` (zuerst synchronisiert ${day})`;
}

/** Somebody's words, in quotation marks that they cannot end. */
export function inMarks(text: string): string {
  return `„${unmarked(text)}“`;
}

function unmarked(text: string): string {
  return text.replaceAll('„', "'").replaceAll('“', "'");
}

/** What was quoted in English, as `given` does it. */
function givenInMarks(text: string): string | null {
  return /^"[^"]*"$/s.test(text) ? inMarks(text.slice(1, -1)) : null;
}

const SIDES = new Map([
  ['real', 'echt'],
  ['simulated', 'simuliert'],
]);
const PARTS = new Map([
  ['subject', 'Betreff'],
  ['text', 'Text'],
  ['html', 'HTML'],
]);

function sideOf(text: string): string | null {
  return SIDES.get(text) ?? null;
}
