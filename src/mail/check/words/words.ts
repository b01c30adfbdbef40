/** All that the report of a mail account says, in each language. */
import { COMMON_DE, COMMON_EN } from '../../../model/check-words.ts';
import type { CheckWords } from '../../../model/check-words.ts';
import { sayer } from '../../../model/say.ts';
import type { ReportLanguage } from '../../../model/say.ts';
import { VERDICTS } from '../verdicts.ts';
import type { Verdict } from '../verdicts.ts';
import { VERDICTS_DE } from './verdicts-de.ts';

const SAYINGS_EN = {
  ...COMMON_EN,
  simulated: 'The account is simulated.',
  'autodiscover.found': 'Autodiscover names {url}.',
  'connection.open': 'Connected to {server}.',
  'connection.part': 'It is part of TLS here.',
  'tls.none': 'The connection has no TLS, as chosen.',
  'tls.trusted': 'The certificate is trusted.',
  'tls.certificate': 'The certificate of {subject} is by {issuer}, until {until}.',
  'sign-in.nobody': 'No user is entered, so nobody signs in.',
  'sign-in.done': '{user} is signed in.',
  'sign-in.inbox': '{user} is signed in, and its inbox opens.',
  'limits.ews': 'Exchange Web Services tell none.',
  'limits.size': 'It takes mails of up to {kib} KiB.',
  'limits.auth': 'It offers to sign in by {ways}.',
  'limits.others': 'It knows {others}.',
  'limits.rate': 'The connector sends at most {rate} mails a minute.',
  'test-mail.nobody': 'No address is entered to send a mail to.',
  'test-mail.taken': 'A mail to {to} was accepted: {response}',
} as const;

const SAYINGS_DE: Readonly<Record<keyof typeof SAYINGS_EN, string>> = {
  ...COMMON_DE,
  simulated: 'Das Konto ist simuliert.',
  'autodiscover.found': 'Autodiscover nennt {url}.',
  'connection.open': 'Verbunden mit {server}.',
  'connection.part': 'Das gehört hier zu TLS.',
  'tls.none': 'Die Verbindung hat kein TLS, wie gewählt.',
  'tls.trusted': 'Dem Zertifikat wird vertraut.',
  'tls.certificate': 'Das Zertifikat von {subject} ist ausgestellt von {issuer}, gültig bis {until}.',
  'sign-in.nobody': 'Kein Benutzer ist eingetragen, also meldet sich niemand an.',
  'sign-in.done': '{user} ist angemeldet.',
  'sign-in.inbox': '{user} ist angemeldet, und der Posteingang öffnet sich.',
  'limits.ews': 'Exchange-Webdienste nennen keine.',
  'limits.size': 'Der Server nimmt E-Mails bis {kib} KiB an.',
  'limits.auth': 'Er bietet zur Anmeldung {ways} an.',
  'limits.others': 'Er kennt {others}.',
  'limits.rate': 'Der Connector sendet höchstens {rate} E-Mails in der Minute.',
  'test-mail.nobody': 'Keine Adresse ist eingetragen, an die eine E-Mail gehen soll.',
  'test-mail.taken': 'Eine E-Mail an {to} wurde angenommen: {response}',
};

/** Says what a step sees. */
export const said = sayer<typeof SAYINGS_EN>();

/** The titles of the steps, in order. */
const TITLES_EN = {
  autodiscover: 'Autodiscover',
  name: 'Name',
  connection: 'Connection',
  tls: 'TLS',
  'sign-in': 'Sign-in',
  limits: 'Limits',
  'test-mail': 'Test mail',
} as const;

export type StepId = keyof typeof TITLES_EN;

const TITLES_DE: Readonly<Record<StepId, string>> = {
  autodiscover: 'Autodiscover',
  name: 'Name',
  connection: 'Verbindung',
  tls: 'TLS',
  'sign-in': 'Anmeldung',
  limits: 'Grenzen',
  'test-mail': 'Testmail',
};

interface AccountWords extends CheckWords<Verdict> {
  readonly titles: Readonly<Record<StepId, string>>;
}

export const ACCOUNT_WORDS: Readonly<Record<ReportLanguage, AccountWords>> = {
  en: {
    language: 'en',
    sayings: SAYINGS_EN,
    verdicts: VERDICTS,
    titles: TITLES_EN,
    summary: {
      healthy: 'The connector can work with this mail account.',
      warning: 'The connector can work with this mail account; look at',
      broken: 'The connector cannot work with this mail account yet; look at',
      unknown: 'Whether the connector can work with this mail account was not proven; look at',
    },
  },
  de: {
    language: 'de',
    sayings: SAYINGS_DE,
    verdicts: VERDICTS_DE,
    titles: TITLES_DE,
    summary: {
      healthy: 'Der Connector kann mit diesem Mailkonto arbeiten.',
      warning: 'Der Connector kann mit diesem Mailkonto arbeiten; siehe',
      broken: 'Der Connector kann mit diesem Mailkonto noch nicht arbeiten; siehe',
      unknown: 'Ob der Connector mit diesem Mailkonto arbeiten kann, ist nicht nachgewiesen; siehe',
    },
  },
};
