/**
 * What the runtime has said in English of matches and decisions, in the language of whoever asks (ADR 0092). Stored texts, reports,
 * messages and log stay as they are. Pure.
 */
import { ACCESS_SAYINGS_DE } from '../../access/sayings-de.ts';
import { ACCESS_SAYINGS_EN } from '../../access/sayings-en.ts';
import type { RuleLanguage } from '../../access/rule-words.ts';
import { MATCH_SAYINGS_DE } from '../../match/sayings-de.ts';
import { MATCH_SAYINGS_EN } from '../../match/sayings-en.ts';
import { translator } from '../../model/sayings.ts';
import type { ValueReader } from '../../model/sayings.ts';
import { REFUSALS_DE } from '../../model/refusals-de.ts';
import { REFUSALS_EN } from '../../model/refusals-en.ts';
import { RECORD_SAYINGS_DE, RECORD_SAYINGS_EN } from '../../model/record-sayings.ts';
import { TELLING_SAYINGS_DE, TELLING_SAYINGS_EN } from '../../model/telling-sayings.ts';
import { ERROR_HELP } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { HELP_WORDS } from '../../model/check-words.ts';
import { PREFLIGHT_SPEECH } from '../mails/check-words.ts';
import { GERMAN_VALUES, inMarks } from './german-values.ts';
import { REPORT_SAYINGS_DE } from './report-sayings-de.ts';
import { REPORT_SAYINGS_EN } from './report-sayings-en.ts';

export type { RuleLanguage } from '../../access/rule-words.ts';

/** Every sentence has a code of its own among all tables: `match.no-device`. */
function together(tables: Readonly<Record<string, Table>>): Record<string, string> {
  const all = Object.entries(tables).flatMap(([name, table]) =>
    Object.entries(table).map(([code, template]) => [`${name}.${code}`, template] as const),
  );
  return Object.fromEntries(all);
}

type Table = Readonly<Record<string, string>>;

/** What of a table may have been stored: not the parts of sentences, which would fit whatever anybody says. */
function stored(table: Table, isStored: (code: string) => boolean): Table {
  return Object.fromEntries(Object.entries(table).filter(([code]) => isStored(code)));
}

/** Of a notifier: not what is somebody's summary, or an error, and nothing else. */
const isOfNotifier = (code: string): boolean =>
  !['error', 'told', 'failure', 'autodiscover', 'autodiscover.more'].includes(code);

/** Refusals that a notifier says of itself, or a change that waits. */
const isKeptRefusal = (code: string): boolean =>
  /^(link|template)\./.test(code) || ['stopped', 'lost-lease', 'second-switch', 'mixed'].includes(code);

const ENGLISH = together({
  match: MATCH_SAYINGS_EN,
  access: ACCESS_SAYINGS_EN,
  report: REPORT_SAYINGS_EN,
  telling: TELLING_SAYINGS_EN,
  record: RECORD_SAYINGS_EN,
  notifier: stored(PREFLIGHT_SPEECH.en.sayings, isOfNotifier),
  refusal: stored(REFUSALS_EN, isKeptRefusal),
});

const GERMAN = together({
  match: MATCH_SAYINGS_DE,
  access: ACCESS_SAYINGS_DE,
  report: REPORT_SAYINGS_DE,
  telling: TELLING_SAYINGS_DE,
  record: RECORD_SAYINGS_DE,
  notifier: PREFLIGHT_SPEECH.de.sayings,
  refusal: REFUSALS_DE,
});

function germanBy(from: Table, values: Readonly<Record<string, ValueReader>>): Reader {
  return translator({ from, to: GERMAN, values: { ...GERMAN_VALUES, ...values }, sentences: ['text', 'fault'] });
}

/** Reads sentences of these tables. */
type Reader = (text: string) => string | null;

function without(place: string, from: Table): Table {
  return Object.fromEntries(Object.entries(from).filter(([, template]) => !template.includes(place)));
}

/*
 * What somebody has said is no such sentence again, however a name would have it: each reader has the tables without the places of
 * the one around it, so a text is read three times at most.
 *
 *   reads        places        hold
 *   a message    –
 *   somebody     {message}     a message
 *   any text     {message}     a message
 *                {said}        what somebody has said
 */
const WITHOUT_SAID = without('{said}', ENGLISH);
const readMessage = germanBy(without('{message}', WITHOUT_SAID), {});
const message = spoken(readMessage);
const readSomebody = germanBy(WITHOUT_SAID, { message });
const inGerman = germanBy(ENGLISH, { message, said: spoken(readSomebody) });

/** Everything that anybody says: what is no sentence of ours, and no error, is quoted. */
function spoken(read: Reader): (text: string) => string {
  return (text) => read(text) ?? errorInGerman(text, read) ?? inMarks(text);
}

/** An error as it was stored: what was seen, and behind it what to check; null: it is none. */
function errorInGerman(text: string, read: Reader): string | null {
  const [code, help] = Object.entries(ERROR_HELP).find(([, one]) => text.endsWith(` ${one}`)) ?? [];
  if (code === undefined || help === undefined) return null;
  const seen = text.slice(0, -help.length).trim();
  return `${read(seen) ?? inMarks(seen)} ${HELP_WORDS.de[code as ErrorCode]}`;
}

/*
 *   language   the text                             what is shown
 *   en         any                                  the text
 *   de         sentences of the tables              the same in German
 *   de         an error, with what to check         the same in German; what was seen quoted, if it is in no table
 *   de         any other, with a code that has one  the code's general sentence
 *   de         any other                            the text, quoted: somebody's own words, or an older version's
 */

/** A text of the runtime in a language. @param code of the reason or the finding that it is the text of */
export function inLanguage(text: string, language: RuleLanguage, code = ''): string {
  if (language === 'en' || text === '') return text;
  const german = inGerman(text) ?? errorInGerman(text, inGerman);
  if (german !== null) return german;
  return Object.hasOwn(GENERAL, code) ? (GENERAL[code] ?? text) : inMarks(text);
}

/** The language of an editor that asks, if there is one of ours. @param tag such as `de-AT`, or anything */
export function editorLanguage(tag: unknown): RuleLanguage {
  return typeof tag === 'string' && /^de\b/i.test(tag) ? 'de' : 'en';
}

/** A line of evidence in a language; what is no sentence of ours, a name or somebody's words, stays as it is. */
export function lineInLanguage(line: string, language: RuleLanguage): string {
  return language === 'en' ? line : (inGerman(line) ?? errorInGerman(line, inGerman) ?? line);
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
  ERR_SNAPSHOT_FEWER_DEVICES: 'Ein Abruf von Exchange hat viel weniger Geräte, als bekannt waren.',
  ERR_SOURCE_GONE: 'Eine MDM-Quelle fehlt im Flow, und ihr letzter Abruf zählt noch.',
  ERR_DIRECTORY_UNREADABLE: 'Eine Gruppe ließ sich nicht lesen, also wird niemand gesperrt.',
  ERR_ATTEMPTS_UNKNOWN: 'Exchange nannte nicht, wann Geräte zuletzt zu synchronisieren versuchten.',
  ERR_COMPLIANCE_UNKNOWN: 'Kein Datensatz eines MDM nennt, ob sein Gerät konform ist.',
  ERR_ORGANIZATION_CHANGED: 'Hier antwortet eine andere Exchange-Organisation als die, deren Geräte gespeichert sind.',
  ERR_ORGANIZATION_TWICE: 'Unter einer anderen Konfiguration desselben Exchange wurden oder werden Geräte gesperrt.',
  ERR_SYNC_INCOMPLETE: 'Seiten des Abgleichs fehlten, und der nächste geht um alle Geräte.',
  ERR_DECISION_STALE: 'Über Geräte war anders entschieden, als es jetzt richtig ist; bitte melden Sie es.',
  'mdm-back': 'Das MDM ist wieder da, und was währenddessen galt, wird zurückgenommen.',
};
