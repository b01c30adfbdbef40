/**
 * What the runtime has said in English of matches and decisions, in the language of whoever asks (ADR 0092). Stored texts, reports,
 * messages and log stay as they are. Pure.
 */
import { ACCESS_SAYINGS_DE } from '../../access/sayings-de.ts';
import { ACCESS_SAYINGS_EN } from '../../access/sayings-en.ts';
import { RULE_WORDS } from '../../access/rule-words.ts';
import type { RuleLanguage } from '../../access/rule-words.ts';
import { MATCH_SAYINGS_DE } from '../../match/sayings-de.ts';
import { MATCH_SAYINGS_EN } from '../../match/sayings-en.ts';
import { translator } from '../../model/sayings.ts';
import type { ValueReader } from '../../model/sayings.ts';
import { RECORD_SAYINGS_DE, RECORD_SAYINGS_EN } from '../../model/record-sayings.ts';
import { TELLING_SAYINGS_DE, TELLING_SAYINGS_EN } from '../../model/telling-sayings.ts';
import { REPORT_SAYINGS_DE } from './report-sayings-de.ts';
import { REPORT_SAYINGS_EN } from './report-sayings-en.ts';

export type { RuleLanguage } from '../../access/rule-words.ts';

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

const GERMAN_VALUES: Readonly<Record<string, ValueReader>> = {
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
  words: (text) => text.replaceAll('„', "'").replaceAll('“', "'"),
  mailboxes: (text) => {
    const [, many = ''] = /^(\d+) mailbox(?:es)?$/.exec(text) ?? [];
    if (many === '') return null;
    return many === '1' ? '1 Postfach verlöre' : `${many} Postfächer verlören`;
  },
  ...Object.fromEntries(['count', 'days', 'hours', 'of', 'limit', 'few'].map((name) => [name, aNumber])),
};

function aNumber(text: string): string | null {
  return /^\d+(\.\d+)?$/.test(text) ? text : null;
}

function firstSynced(text: string): string | null {
  const day = GERMAN_VALUES['day']?.(text) ?? null;
  return day === null ? null : ` (zuerst synchronisiert ${day})`;
}

/** Every sentence has a code of its own among all tables: `match.no-device`. */
function together(tables: Readonly<Record<string, Readonly<Record<string, string>>>>): Record<string, string> {
  const all = Object.entries(tables).flatMap(([name, table]) =>
    Object.entries(table).map(([code, template]) => [`${name}.${code}`, template] as const),
  );
  return Object.fromEntries(all);
}

const inGerman = translator({
  from: together({
    match: MATCH_SAYINGS_EN,
    access: ACCESS_SAYINGS_EN,
    report: REPORT_SAYINGS_EN,
    telling: TELLING_SAYINGS_EN,
    record: RECORD_SAYINGS_EN,
  }),
  to: together({
    match: MATCH_SAYINGS_DE,
    access: ACCESS_SAYINGS_DE,
    report: REPORT_SAYINGS_DE,
    telling: TELLING_SAYINGS_DE,
    record: RECORD_SAYINGS_DE,
  }),
  values: GERMAN_VALUES,
  sentences: ['text', 'fault'],
});

/*
 *   language   the text                             what is shown
 *   en         any                                  the text
 *   de         sentences of the tables              the same in German
 *   de         any other, with a code that has one  the code's general sentence
 *   de         any other                            the text, quoted: somebody's own words, or an older version's
 */

/** A text of the runtime in a language. @param code of the reason or the finding that it is the text of */
export function inLanguage(text: string, language: RuleLanguage, code = ''): string {
  if (language === 'en' || text === '') return text;
  const said = inGerman(text);
  if (said !== null) return said;
  return Object.hasOwn(GENERAL, code) ? (GENERAL[code] ?? text) : `„${text.replaceAll('„', "'").replaceAll('“', "'")}“`;
}

/** The language of an editor that asks, if there is one of ours. @param tag such as `de-AT`, or anything */
export function editorLanguage(tag: unknown): RuleLanguage {
  return typeof tag === 'string' && /^de\b/i.test(tag) ? 'de' : 'en';
}

/** A line of evidence in a language; what is no sentence of ours, a name or somebody's words, stays as it is. */
export function lineInLanguage(line: string, language: RuleLanguage): string {
  return language === 'en' ? line : (inGerman(line) ?? line);
}

/** What a code says without its values. */
const GENERAL: Readonly<Record<string, string>> = {
  merged: 'Exchange und das MDM kennen dieses Gerät.',
  'not-enrolled': 'Kein registriertes Gerät dieses Benutzers passt.',
  superseded: 'Ein neueres Konto des Postfachs ist an seine Stelle getreten.',
  idle: 'Das Gerät hat seit langem nicht zu synchronisieren versucht.',
  'needs-activation': 'Ein registriertes Gerät wartet auf den Link.',
  'not-native-client': 'Der Client ist nicht die Mail-App der Plattform.',
  'other-user': 'Das MDM hat die EAS-ID unter einem anderen Benutzer.',
  ambiguous: 'Mehrere registrierte Geräte kommen in Frage.',
  'returned-with-new-id': 'Ein bekanntes Gerät scheint mit neuer EAS-ID zurück zu sein.',
  'snapshot-incomplete': 'Ein Abruf ist unvollständig.',
  'no-eas-record': 'Das Gerät hat kein Mailkonto.',
  compliant: 'Das MDM sagt, das Gerät ist konform.',
  'in-grace': 'Das Gerät ist in seiner Frist.',
  noncompliant: 'Das MDM sagt, das Gerät ist nicht konform.',
  'compliance-unknown': 'Das MDM weiß nicht, ob das Gerät konform ist.',
  'no-rule': 'Keine Regel trifft zu.',
  'directory-unreadable': 'Die Mitglieder der Gruppen ließen sich nicht lesen.',
  exempt: 'Eine Person hat das Gerät für eine Zeit ausgenommen.',
  grandfathered: 'Das Gerät war beim Einschalten in Benutzung.',
  'mdm-away': 'Das MDM fehlt schon zu lange.',
  ERR_BRAKE: 'Die Bremse hält sie an: mehr verlören den Zugang, als ein Abgleich nehmen darf.',
  ERR_MAIL_NOT_READY: 'Niemandem konnte geschrieben werden, warum er gesperrt ist.',
  ERR_SNAPSHOT_INCOMPLETE: 'Ein Abruf ist unvollständig.',
  ERR_SNAPSHOT_STALE: 'Der letzte vollständige Abruf eines MDM ist zu alt.',
  ERR_SNAPSHOT_SHRUNKEN: 'Ein MDM hat viel weniger Datensätze als zuvor.',
  ERR_SNAPSHOT_EMPTY: 'Ein MDM wurde abgerufen und hat keine Datensätze.',
  ERR_SNAPSHOT_CONTENT: 'Die Datensätze eines MDM sagen viel weniger als zuvor.',
  ERR_SNAPSHOT_GAPS: 'Exchange konnte nicht alles liefern.',
  ERR_SNAPSHOT_OUTSIDE: 'Postfächer anderer Domänen sind nicht mehr zu sehen.',
  ERR_SOURCE_GONE: 'Eine MDM-Quelle fehlt im Flow, und ihr letzter Abruf zählt noch.',
  ERR_DIRECTORY_UNREADABLE: 'Eine Gruppe ließ sich nicht lesen, also wird niemand gesperrt.',
  ERR_ATTEMPTS_UNKNOWN: 'Exchange nannte nicht, wann Geräte zuletzt zu synchronisieren versuchten.',
  ERR_COMPLIANCE_UNKNOWN: 'Kein Datensatz eines MDM nennt, ob sein Gerät konform ist.',
  ERR_ORGANIZATION_CHANGED: 'Hier antwortet eine andere Exchange-Organisation als die, deren Geräte gespeichert sind.',
  ERR_DECISION_STALE: 'Über Geräte war anders entschieden, als es jetzt richtig ist; bitte melden Sie es.',
  'mdm-back': 'Das MDM ist wieder da, und was währenddessen galt, wird zurückgenommen.',
};
