/** What every report of a first hour says, whatever is checked, in each language. A check adds its own sentences and verdicts. */
import { ERROR_HELP } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { Overall, StepStatus } from './check-status.ts';
import { ERROR_HELP_DE } from './error-help-de.ts';
import type { ReportLanguage, Speech } from './say.ts';

/** A verdict in a few words, and what to do. */
export interface VerdictWords {
  readonly says: string;
  readonly remedy?: string;
}

/** All that the report of one check says in one language. */
export interface CheckWords<V extends string> extends Speech {
  readonly verdicts: Readonly<Record<V, VerdictWords>>;
  /** The sentence of the whole; after each but the first the step to look at is named. */
  readonly summary: Readonly<Record<Overall, string>>;
}

/** What an error says to check. */
export const HELP_WORDS: Readonly<Record<ReportLanguage, Readonly<Record<ErrorCode, string>>>> = {
  en: ERROR_HELP,
  de: ERROR_HELP_DE,
};

/** Words around what a check says. */
interface ReportFrame {
  readonly status: Readonly<Record<StepStatus, string>>;
  readonly overall: Readonly<Record<Overall, string>>;
  /** Before the code of an error. */
  readonly error: string;
  /** After how many objects were read. */
  readonly read: string;
}

export const CHECK_WORDS: Readonly<Record<ReportLanguage, ReportFrame>> = {
  en: {
    status: { ok: 'ok', warning: 'warning', error: 'error', unknown: 'unknown', skipped: 'left out' },
    overall: { healthy: 'ready', warning: 'ready, with a warning', broken: 'not ready', unknown: 'not proven' },
    error: 'Error',
    read: 'read',
  },
  de: {
    status: { ok: 'in Ordnung', warning: 'Warnung', error: 'Fehler', unknown: 'unklar', skipped: 'ausgelassen' },
    overall: {
      healthy: 'bereit',
      warning: 'bereit, mit Warnung',
      broken: 'nicht bereit',
      unknown: 'nicht nachgewiesen',
    },
    error: 'Fehler',
    read: 'gelesen',
  },
};

/** Sentences of several checks. */
export const COMMON_EN = {
  both: '{first} {second}',
  error: '{message}',
  told: '{message}',
  'not-reached': 'A step before it has to be in order first.',
  nobody: 'nobody',
  'no-name': 'no name',
  'no-date': 'no date',
  'no-code': 'no code',
  'name.address': '{host} needs no look-up.',
  'name.found': '{host} is {addresses}.',
  'name.silent': 'No DNS server said what {host} is.',
  'name.nowhere': '{host} leads nowhere ({reason}).',
  'clock.untold': 'No answer had a date.',
  'clock.same': 'The clock of {whose} agrees with this one, within {within} s.',
  'clock.ahead': 'The clock of {whose} is {seconds} s ahead of this one, measured to {within} s.',
  'clock.behind': 'The clock of {whose} is {seconds} s behind this one, measured to {within} s.',
} as const;

/** The same in German. */
export const COMMON_DE: Readonly<Record<keyof typeof COMMON_EN, string>> = {
  both: '{first} {second}',
  error: 'Die Meldung dazu: {message}',
  told: '{message}',
  'not-reached': 'Erst muss ein Schritt davor in Ordnung sein.',
  nobody: 'niemandem',
  'no-name': 'keinen Namen',
  'no-date': 'kein Datum',
  'no-code': 'ohne Code',
  'name.address': '{host} muss nicht nachgeschlagen werden.',
  'name.found': '{host} ist {addresses}.',
  'name.silent': 'Kein DNS-Server hat gesagt, was {host} ist.',
  'name.nowhere': '{host} führt ins Leere ({reason}).',
  'clock.untold': 'Keine Antwort hatte ein Datum.',
  'clock.same': 'Die Uhr von {whose} stimmt mit der hiesigen überein, auf {within} s genau.',
  'clock.ahead': 'Die Uhr von {whose} geht gegenüber der hiesigen {seconds} s vor, auf {within} s genau gemessen.',
  'clock.behind': 'Die Uhr von {whose} geht gegenüber der hiesigen {seconds} s nach, auf {within} s genau gemessen.',
};
