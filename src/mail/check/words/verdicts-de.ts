/** Verdicts and what to do about them, in German; the same blanks as in VERDICTS. Commands are the same in every language. */
import type { VerdictWords } from '../../../model/check-words.ts';
import type { Verdict } from '../verdicts.ts';

const ACCOUNT = 'Prüfen Sie Benutzer, Kennwort und Sperre des Kontos. Jeder Versuch zählt zu einer Kontosperre.';

export const VERDICTS_DE: Readonly<Record<Verdict, VerdictWords>> = {
  // autodiscover
  'autodiscover.found': { says: 'nennt die EWS-Adresse' },
  'autodiscover.failed': { says: 'keine EWS-Adresse zu bekommen', remedy: '{help}' },
  'autodiscover.refused': { says: 'die Anmeldung wird abgelehnt', remedy: ACCOUNT },
  // name
  'name.address': { says: 'eine Adresse, kein Name' },
  'name.found': { says: 'bekannt' },
  'name.unknown': {
    says: 'der Name ist hier nicht bekannt',
    remedy: 'Berichtigen Sie den Server, oder lassen Sie seinen Namen in das DNS eintragen, das dieser Rechner fragt.',
  },
  'name.unanswered': {
    says: 'DNS antwortet nicht',
    remedy: 'Prüfen Sie, welchen DNS-Server dieser Rechner fragt und ob er antwortet.',
  },
  // connection
  'connection.open': { says: 'offen' },
  'connection.closed': {
    says: 'abgelehnt oder nicht beantwortet',
    remedy:
      'Prüfen Sie Server und Port, die Firewall auf dem Weg, und ob der Maildienst läuft. Clients senden über Port 587.',
  },
  // tls
  'tls.trusted': { says: 'Zertifikat vertrauenswürdig' },
  'tls.expiring': {
    says: 'Zertifikat läuft bald ab',
    remedy: 'Erneuern Sie das Zertifikat rechtzeitig, und aktivieren Sie das neue für SMTP.',
  },
  'tls.none': {
    says: 'E-Mails gehen unverschlüsselt',
    remedy: 'Wählen Sie STARTTLS oder TLS, wenn der Server es hat: wer dazwischen ist, liest die Links.',
  },
  'tls.untrusted': {
    says: 'Zertifikat einer Stelle, der hier nicht vertraut wird',
    remedy:
      'Nehmen Sie das Zertifikat der Stelle, die es signiert hat, in eine TLS-Konfiguration auf. Holen Sie es von dieser Stelle; der Befehl zeigt zum Vergleich, was der Server vorweist.',
  },
  'tls.name': {
    says: 'Zertifikat für einen anderen Namen',
    remedy:
      'Tragen Sie den Server mit einem Namen ein, der im Zertifikat steht, oder lassen Sie ein Zertifikat mit diesem Namen ausstellen.',
  },
  'tls.expired': {
    says: 'Zertifikat außerhalb seiner Gültigkeit',
    remedy:
      'Erneuern Sie das Zertifikat und aktivieren Sie es für SMTP; stimmen seine Daten, berichtigen Sie die Uhr dieses Rechners.',
  },
  'tls.failed': {
    says: 'keine TLS-Verbindung',
    remedy:
      'TLS vom ersten Byte an ist für Port 465, STARTTLS für 587 und 25. Der Server muss TLS 1.2 oder neuer erlauben.',
  },
  'tls.missing': {
    says: 'der Server bietet kein STARTTLS an',
    remedy: 'Geben Sie dem Empfangsconnector ein Zertifikat und TLS, oder senden Sie über einen anderen Port.',
  },
  'tls.greeting': { says: 'spricht nicht wie ein Mailserver', remedy: '{help}' },
  // sign-in
  'sign-in.done': { says: 'angemeldet' },
  'sign-in.nobody': { says: 'nicht verlangt' },
  'sign-in.missing': {
    says: 'kein Benutzer, und der Server bietet eine Anmeldung an',
    remedy: 'Tragen Sie Benutzer und Kennwort ein, wenn dieser Host nicht ohne senden darf: eine Testmail zeigt es.',
  },
  'sign-in.refused': { says: 'abgelehnt', remedy: ACCOUNT },
  'sign-in.mailbox': {
    says: 'das Konto hat kein Postfach',
    remedy:
      'Geben Sie dem Konto ein Postfach auf diesem Exchange, oder nehmen Sie ein Konto, das eines hat. Ohne geht keine E-Mail hinaus.',
  },
  'sign-in.failed': { says: 'nicht möglich', remedy: '{help}' },
  // limits
  'limits.told': { says: 'genannt' },
  'limits.untold': { says: 'keine genannt' },
  'limits.small': {
    says: 'nur kleine E-Mails werden angenommen',
    remedy: 'Eine E-Mail mit Logo und Bild des Links hat bis zu 200 KiB. Erlauben Sie dem Empfangsconnector größere.',
  },
  // test-mail
  'test-mail.taken': { says: 'angenommen' },
  'test-mail.refused': { says: 'nicht angenommen', remedy: '{help}' },
  'test-mail.nobody': { says: 'niemand wird angeschrieben' },
  // any step
  'does-not-apply': { says: 'trifft nicht zu' },
  'not-reached': { says: 'nicht erreicht' },
};
