/** What stands in the places of sentences, in German: days, actions, kinds, the words of others. Pure. */
import { CONDITION_VALUES } from '../../access/check-rules.ts';
import { RULE_WORDS } from '../../access/rule-words.ts';
import { numberWords } from '../../model/number-words.ts';
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
  // Where a sentence begins with anybody's words, it would be every sentence that goes on so.
  condition: (text) => (Object.hasOwn(CONDITION_VALUES, text) ? text : null),
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
    const [, many = ''] = /^([\d,]+) mailbox(?:es)?$/.exec(text) ?? [];
    const count = aNumber(many);
    if (count === null) return null;
    return count === '1' ? '1 Postfach verlöre' : `${count} Postfächer verlören`;
  },
  ...Object.fromEntries(
    ['count', 'days', 'hours', 'of', 'limit', 'few', 'n', 'seconds', 'status', 'kinds', 'languages'].map((name) => [
      name,
      aNumber,
    ]),
  ),
};

/*
 *   text                                       number
 *   12                                         12
 *   1,204                                      1.204
 *   1204, as an older version has stored it    1.204
 *   1.5                                        1.5
 *   more digits than a count has               as they are
 *   anything else, also 12,04                  none
 */
function aNumber(text: string): string | null {
  if (!/^(?:\d+(?:\.\d+)?|\d{1,3}(?:,\d{3})+)$/.test(text)) return null;
  const count = Number(text.replaceAll(',', ''));
  return Number.isSafeInteger(count) ? numberWords(count, 'de') : text;
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
