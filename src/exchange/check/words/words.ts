/** All that the report of an Exchange says, in each language. */
import type { CheckWords } from '../../../model/check-words.ts';
import { sayer } from '../../../model/say.ts';
import type { ReportLanguage } from '../../../model/say.ts';
import type { Verdict } from '../verdicts.ts';
import { VERDICTS } from '../verdicts.ts';
import { SAYINGS_DE } from './sayings-de.ts';
import { SAYINGS_EN } from './sayings-en.ts';
import { VERDICTS_DE } from './verdicts-de.ts';

/** Says what a step sees. */
export const said = sayer<typeof SAYINGS_EN>();

/** The titles of the steps, in order. */
const TITLES_EN = {
  name: 'Name',
  tls: 'TLS',
  methods: 'Sign-in methods',
  session: 'Session',
  organization: 'Organization',
  scope: 'Scope',
  rights: 'Rights',
  throttling: 'Throttling policy',
  clock: 'Clock',
  size: 'Mailboxes and devices',
  time: 'Time of a full sync',
} as const;

export type StepId = keyof typeof TITLES_EN;

const TITLES_DE: Readonly<Record<StepId, string>> = {
  name: 'Name',
  tls: 'TLS',
  methods: 'Arten der Anmeldung',
  session: 'Sitzung',
  organization: 'Organisation',
  scope: 'Sichtbereich',
  rights: 'Rechte',
  throttling: 'Drosselungsrichtlinie',
  clock: 'Uhr',
  size: 'Postfächer und Geräte',
  time: 'Dauer eines vollen Abgleichs',
};

interface ExchangeWords extends CheckWords<Verdict> {
  readonly titles: Readonly<Record<StepId, string>>;
  /** Between a title and the address that the step is about. */
  readonly of: string;
}

export const EXCHANGE_WORDS: Readonly<Record<ReportLanguage, ExchangeWords>> = {
  en: {
    language: 'en',
    sayings: SAYINGS_EN,
    verdicts: VERDICTS,
    titles: TITLES_EN,
    of: 'of',
    summary: {
      healthy: 'The connector can work with this Exchange.',
      warning: 'The connector can work with this Exchange; look at',
      broken: 'The connector cannot work with this Exchange yet; look at',
      unknown: 'Whether the connector can work with this Exchange was not proven; look at',
    },
  },
  de: {
    language: 'de',
    sayings: SAYINGS_DE,
    verdicts: VERDICTS_DE,
    titles: TITLES_DE,
    of: 'von',
    summary: {
      healthy: 'Der Connector kann mit diesem Exchange arbeiten.',
      warning: 'Der Connector kann mit diesem Exchange arbeiten; siehe',
      broken: 'Der Connector kann mit diesem Exchange noch nicht arbeiten; siehe',
      unknown: 'Ob der Connector mit diesem Exchange arbeiten kann, ist nicht nachgewiesen; siehe',
    },
  },
};
