/** What the notifier's preflight says it saw: English for messages, the editor's language for its dialog. Pure. */
import type { ConnectorError } from '../../errors.ts';
import { seenOf } from '../../model/check-report.ts';
import { HELP_WORDS } from '../../model/check-words.ts';
import { english, filled, sayer } from '../../model/say.ts';
import type { ReportLanguage, Said, Speech, Value } from '../../model/say.ts';
import type { CheckResult } from '../check-result.ts';

const SAYINGS_EN = {
  error: '{message}',
  told: '{message}',
  failure: '{seen} {help}',
  store: 'The store is open.',
  'sign-in': 'It signs in.',
  'sign-in.none': 'It connects, without a sign-in.',
  'sign-in.missing':
    'It connects, and nobody signs in: the account has no user and password. The mail server offers a sign-in and may take no mail without: enter both, unless it takes a test mail.',
  'would-go': 'A mail would go out.',
  'mailbox.opened': 'Exchange opened its inbox.',
  'mailbox.not-asked':
    'No Exchange server is chosen in the notifier, so nobody was asked whether the account has a mailbox.',
  'mailbox.none': 'Exchange has no recipient {address}.',
  'mailbox.cloud': '{address} is a {mailbox}: its mailbox is in Exchange Online.',
  'mailbox.elsewhere': '{address} is a {mailbox}: it has no mailbox here.',
  'mailbox.several': 'Exchange has {n} recipients with the address {address}.',
  'mailbox.unknown': '{address} is a {mailbox}, and whether that is a mailbox is not known.',
  'mailbox.further': '{address} is a further address of {primary}; mail may be refused as its sender.',
  'mailbox.full': '{address} is so full that it may not send.',
  'mailbox.upn': 'The account signs in as {upn}, which is not its address {address}; Autodiscover may not find it.',
  'mailbox.disabled': 'The account of {address} is disabled; who signs in must be allowed to send as it.',
  'mailbox.untold':
    '{address} is a {mailbox}. Whether its account is disabled, or it is full, Exchange does not tell: the connector needs Get-Mailbox and Get-MailboxStatistics for that.',
  mailbox: '{address} is a {mailbox}.',
  'mailbox.hidden': '{address} is a {mailbox}. No address list shows it, which changes nothing.',
  autodiscover: '{summary}',
  'autodiscover.more': '{summary} The Autodiscover check says more.',
  'own-mail.none': 'No mail was sent: the account does not sign in.',
  'own-mail.smtp':
    'A mail to {address} was accepted. Whether it arrived, its inbox shows: over SMTP nobody can see it.',
  'own-mail.arrived': 'A mail to {address} was accepted. It arrived.',
  'own-mail.unseen': 'A mail to {address} was accepted. Whether it arrived could not be seen: {message}',
  'own-mail.late': 'A mail to {address} was accepted. It did not arrive within {seconds} seconds.',
  mail: '{kinds} kinds of mail in {languages} languages are written without a mistake.',
  'link.foreign':
    'Something that is not the activation page answers at {url} (HTTP {status}). Check the address, its path, and the proxy in front.',
  'link.http': 'The page answers at {url}, which only this host reaches. Phones need https.',
  link: 'The activation page answers at {url}.',
  'link.untested': 'From this host, {url} cannot be tested: {message} Phones may still reach it; open it on one.',
  'enrollment-page.none': 'The notifier has no enrollment page: the mail does not say where to enroll.',
  'enrollment-page': 'Enrollment starts at {url}.',
} as const;

const SAYINGS_DE: Readonly<Record<keyof typeof SAYINGS_EN, string>> = {
  error: 'Die Meldung dazu: {message}',
  told: '{message}',
  failure: '{seen} {help}',
  store: 'Der Speicher ist offen.',
  'sign-in': 'Das Konto meldet sich an.',
  'sign-in.none': 'Das Konto verbindet sich, ohne Anmeldung.',
  'sign-in.missing':
    'Das Konto verbindet sich, und niemand meldet sich an: es hat weder Benutzer noch Kennwort. Der Mailserver bietet eine Anmeldung an und nimmt ohne sie womöglich keine E-Mail: tragen Sie beides ein, wenn er keine Testmail annimmt.',
  'would-go': 'Eine E-Mail ginge hinaus.',
  'mailbox.opened': 'Exchange hat seinen Posteingang geöffnet.',
  'mailbox.not-asked':
    'In der Benachrichtigung ist kein Exchange-Server gewählt, also wurde niemand gefragt, ob das Konto ein Postfach hat.',
  'mailbox.none': 'Exchange hat keinen Empfänger {address}.',
  'mailbox.cloud': '{address} ist vom Typ {mailbox}: sein Postfach ist in Exchange Online.',
  'mailbox.elsewhere': '{address} ist vom Typ {mailbox}: hier hat es kein Postfach.',
  'mailbox.several': 'Exchange hat {n} Empfänger mit der Adresse {address}.',
  'mailbox.unknown': '{address} ist vom Typ {mailbox}, und ob das ein Postfach ist, ist nicht bekannt.',
  'mailbox.further': '{address} ist eine weitere Adresse von {primary}; als Absender kann sie abgelehnt werden.',
  'mailbox.full': '{address} ist so voll, dass es nicht senden darf.',
  'mailbox.upn':
    'Das Konto meldet sich als {upn} an, und das ist nicht seine Adresse {address}; Autodiscover findet es vielleicht nicht.',
  'mailbox.disabled':
    'Das Konto von {address} ist deaktiviert; wer sich anmeldet, muss unter dieser Adresse senden dürfen.',
  'mailbox.untold':
    '{address} ist vom Typ {mailbox}. Ob sein Konto deaktiviert oder es voll ist, sagt Exchange nicht: dafür braucht der Connector Get-Mailbox und Get-MailboxStatistics.',
  mailbox: '{address} ist vom Typ {mailbox}.',
  'mailbox.hidden': '{address} ist vom Typ {mailbox}. Keine Adressliste zeigt es, und das ändert nichts.',
  autodiscover: '{summary}',
  'autodiscover.more': '{summary} Die Autodiscover-Prüfung sagt mehr.',
  'own-mail.none': 'Keine E-Mail wurde gesendet: das Konto meldet sich nicht an.',
  'own-mail.smtp':
    'Eine E-Mail an {address} wurde angenommen. Ob sie angekommen ist, zeigt der Posteingang: über SMTP kann das niemand sehen.',
  'own-mail.arrived': 'Eine E-Mail an {address} wurde angenommen. Sie ist angekommen.',
  'own-mail.unseen': 'Eine E-Mail an {address} wurde angenommen. Ob sie angekommen ist, war nicht zu sehen: {message}',
  'own-mail.late': 'Eine E-Mail an {address} wurde angenommen. Binnen {seconds} Sekunden ist sie nicht angekommen.',
  mail: '{kinds} Arten von E-Mails in {languages} Sprachen werden fehlerfrei geschrieben.',
  'link.foreign':
    'Unter {url} antwortet etwas, das nicht die Aktivierungsseite ist (HTTP {status}). Prüfen Sie die Adresse, ihren Pfad, und den Proxy davor.',
  'link.http': 'Die Seite antwortet unter {url}, und das erreicht nur dieser Rechner. Telefone brauchen https.',
  link: 'Die Aktivierungsseite antwortet unter {url}.',
  'link.untested':
    'Von diesem Rechner aus lässt sich {url} nicht testen: {message} Telefone erreichen es vielleicht trotzdem; öffnen Sie es auf einem.',
  'enrollment-page.none':
    'Die Benachrichtigung hat keine Registrierungsseite: die E-Mail sagt nicht, wo man sich registriert.',
  'enrollment-page': 'Die Registrierung beginnt bei {url}.',
};

/** Says what was seen. */
export const said = sayer<typeof SAYINGS_EN>();

/** The sentences of the preflight, in each language. */
export const PREFLIGHT_SPEECH: Readonly<Record<ReportLanguage, Speech>> = {
  en: { language: 'en', sayings: SAYINGS_EN },
  de: { language: 'de', sayings: SAYINGS_DE },
};

/** An error within a sentence: its own words, and what it says to check in the reader's language. */
export function failureIn(error: ConnectorError): Value {
  const seen = seenOf(error);
  if (seen === error.message) return english(seen);
  const each = error.seenInEach();
  return said('failure', {
    seen: each === null ? english(seen) : { each },
    help: { each: { en: HELP_WORDS.en[error.code], de: HELP_WORDS.de[error.code] } },
  });
}

/** What a step found, and in no language yet what was seen. */
export interface SeenResult extends CheckResult {
  readonly seen: Said;
}

/** A result whose text is what was seen, in English. */
export function saw(verdict: CheckResult['verdict'], seen: Said<keyof typeof SAYINGS_EN>): SeenResult {
  return { verdict, text: inEnglish(seen), seen };
}

/** What was seen, as messages and errors have it. */
function inEnglish({ code, values }: Said<keyof typeof SAYINGS_EN>): string {
  return filled(SAYINGS_EN[code], values, PREFLIGHT_SPEECH.en);
}
