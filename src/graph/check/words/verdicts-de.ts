/** Verdicts and what to do about them, in German; the same blanks as in VERDICTS. Commands are the same in every language. */
import type { VerdictWords } from '../../../model/check-words.ts';
import type { Verdict } from '../verdicts.ts';

export const VERDICTS_DE: Readonly<Record<Verdict, VerdictWords>> = {
  // sign-in
  'sign-in.done': { says: 'angemeldet' },
  'sign-in.expiring': {
    says: 'das Zertifikat läuft bald ab',
    remedy:
      'Machen Sie ein neues Zertifikat, fügen Sie es der Anwendung hinzu, dann tragen Sie es hier ein. Beide gelten nebeneinander.',
  },
  'sign-in.secret-wrong': {
    says: 'das Geheimnis ist falsch',
    remedy:
      'Tragen Sie den Wert des Geheimnisses ein, nicht seine ID. Er wird einmal gezeigt, wenn es gemacht wird; sonst machen Sie ein neues.',
  },
  'sign-in.secret-expired': {
    says: 'das Geheimnis ist abgelaufen',
    remedy: 'Machen Sie ein neues Geheimnis und tragen Sie es ein, oder melden Sie sich mit einem Zertifikat an.',
  },
  'sign-in.no-credential': {
    says: 'weder Geheimnis noch Zertifikat kam an',
    remedy:
      'Tragen Sie das Geheimnis ein, oder Zertifikat und Schlüssel. Vielleicht hat ein Proxy die Anfrage geändert.',
  },
  'sign-in.certificate': {
    says: 'das Zertifikat ist keines der Anwendung',
    remedy:
      'Fügen Sie dieses Zertifikat der Anwendung hinzu: Zertifikate und Geheimnisse. Ist es die richtige Anwendung?',
  },
  'sign-in.clock': {
    says: 'die Anmeldung ist außerhalb ihrer Zeit',
    remedy:
      'Berichtigen Sie die Uhr dieses Rechners; eine Anmeldung mit Zertifikat gilt Minuten lang. Ist das Zertifikat abgelaufen?',
  },
  'sign-in.tenant-name': {
    says: 'der Mandant ist weder eine ID noch eine Domäne',
    remedy: 'Tragen Sie die ID des Mandanten ein oder einen seiner Domänennamen.',
  },
  'sign-in.tenant-unknown': {
    says: 'diesen Mandanten gibt es nicht',
    remedy: 'Prüfen Sie die ID des Mandanten, und die Cloud: jede Cloud kennt ihre eigenen Mandanten.',
  },
  'sign-in.application-unknown': {
    says: 'der Mandant kennt die Anwendung nicht',
    remedy:
      'Prüfen Sie Anwendung und Mandant: die Anwendung ist in einem anderen Mandanten, oder ihre ID ist vertippt.',
  },
  'sign-in.application-disabled': {
    says: 'die Anwendung ist deaktiviert',
    remedy:
      'Aktivieren Sie sie in Entra: Unternehmensanwendungen, die Anwendung, Eigenschaften, „Aktiviert für die Benutzeranmeldung“.',
  },
  'sign-in.consent': {
    says: 'niemand hat der Anwendung zugestimmt',
    remedy: 'Ein Administrator stimmt ihren Berechtigungen einmal für den Mandanten zu.',
  },
  'sign-in.conditional-access': {
    says: 'bedingter Zugriff sperrt die Anwendung',
    remedy:
      'Lassen Sie sie von dort ein, wo Node-RED läuft: in der Richtlinie für Workloadidentitäten oder ihrer Liste der Standorte.',
  },
  'sign-in.cloud': {
    says: 'dieser Mandant hat unter dieser Adresse kein Graph',
    remedy: 'Wählen Sie die Cloud, in der der Mandant ist.',
  },
  'sign-in.refused': {
    says: 'abgelehnt',
    remedy: 'Die Nummer sagt, warum: https://login.microsoftonline.com/error?code={number}',
  },
  'sign-in.failed': { says: 'nicht zu bekommen', remedy: '{help}' },
  // permissions: of all, then of one
  'permissions.all': { says: 'alle, die benutzt werden' },
  'permissions.enough': { says: 'alle, die nötig sind' },
  'permissions.more': {
    says: 'mehr als nötig',
    remedy: 'Der Connector liest nur. Nehmen Sie weg, womit die Anwendung etwas ändern kann; unten ist jede genannt.',
  },
  'permissions.missing': {
    says: 'eine nötige fehlt',
    remedy:
      'Geben Sie sie der Anwendung als Anwendungsberechtigung, und stimmen Sie zu. Sie gilt ab der nächsten Anmeldung.',
  },
  'permissions.none': {
    says: 'keine: niemand hat sie gegeben oder ihr zugestimmt',
    remedy:
      'Geben Sie der Anwendung die Berechtigung als Anwendungsberechtigung, nicht als delegierte, und stimmen Sie zu. Ist sie schon aufgeführt, fehlt nur die Zustimmung.',
  },
  'permissions.delegated': {
    says: 'delegierte, nötig sind Anwendungsberechtigungen',
    remedy:
      'Fügen Sie die Berechtigung als Anwendungsberechtigung hinzu, und stimmen Sie zu. Delegierte brauchen jemanden, der sich anmeldet.',
  },
  'permissions.untold': { says: 'nicht gesagt', remedy: 'Was unten gelesen wird, zeigt die zum Lesen.' },
  'permission.given': { says: 'vorhanden' },
  'permission.wider': {
    says: 'durch eine weitere vorhanden',
    remedy: 'Diese genügt. Geben Sie sie und nehmen Sie die weitere weg:',
  },
  'permission.missing': { says: 'fehlt', remedy: 'Nötig, um {use}.' },
  'permission.absent': { says: 'nicht vorhanden', remedy: 'Nur, um {use}.' },
  'permission.unused': { says: 'nicht benutzt' },
  'permission.writes': {
    says: 'mehr als nötig',
    remedy:
      'Nehmen Sie sie weg: in Entra unter Unternehmensanwendungen, die Anwendung, Berechtigungen, widerrufen; und in ihrer Registrierung unter API-Berechtigungen.',
  },
  // intune
  'intune.answers': { says: 'es antwortet' },
  'intune.no-licence': {
    says: 'dieser Mandant hat kein Intune',
    remedy:
      'So antwortet Graph für einen Mandanten ohne Intune-Lizenz. Ist es der richtige Mandant? Dann braucht er eine Lizenz mit Intune, und Intune als MDM-Autorität.',
  },
  'intune.forbidden': {
    says: 'es lehnt die Anwendung ab',
    remedy:
      'Trägt das Token die Berechtigung, wurde eben erst zugestimmt: warten Sie ein paar Minuten und testen Sie noch einmal. Sonst geben Sie sie, und stimmen Sie zu.',
  },
  'intune.throttled': {
    says: 'es bittet zu warten',
    remedy:
      'Andere verbrauchen das Kontingent des Mandanten oder dieser Anwendung. Testen Sie später noch einmal; Abrufe warten von selbst.',
  },
  'intune.failed': { says: 'nicht zu lesen', remedy: '{help}' },
  // devices
  'devices.agree': { says: 'die Liste hat so viele, wie die Übersicht zählt' },
  'devices.none': {
    says: 'kein Gerät',
    remedy: 'Ist es der richtige Mandant? Im Admin Center von Intune: Geräte, Übersicht.',
  },
  'devices.hidden': {
    says: 'Geräte sind da, keines ist zu sehen',
    remedy:
      'Intune zählt Geräte und listet keine auf. Bereichsmarkierungen verbergen sie: suchen Sie im Admin Center von Intune unter Mandantenverwaltung, Rollen, eine Zuweisung an diese Anwendung, deren Bereichsmarkierungen Geräte auslassen.',
  },
  'devices.fewer': {
    says: 'weit weniger sind zu sehen, als es gibt',
    remedy:
      'Bereichsmarkierungen können die übrigen verbergen: suchen Sie im Admin Center von Intune unter Mandantenverwaltung, Rollen, eine Zuweisung an diese Anwendung, deren Bereichsmarkierungen Geräte auslassen. Verborgene Telefone gelten als nicht registriert.',
  },
  'devices.untold': {
    says: 'die Übersicht ist nicht zu lesen',
    remedy: 'Ohne sie bemerkt niemand Geräte, die der Anwendung verborgen sind.',
  },
  // clock
  'clock.same': { says: 'sie stimmen überein' },
  'clock.apart': {
    says: 'sie weichen ab',
    remedy:
      'Zeiten von Intune werden danach berichtigt. Lassen Sie die Uhr dieses Rechners nach einem Zeitserver stellen.',
  },
  'clock.far': {
    says: 'sie weichen um mehr als fünf Minuten ab',
    remedy:
      'Token und Zertifikate scheinen abgelaufen oder noch nicht gültig. Berichtigen Sie die Uhr dieses Rechners.',
  },
  'clock.untold': { says: 'nicht gesagt' },
  // any step
  'does-not-apply': { says: 'trifft nicht zu' },
  'not-reached': { says: 'nicht erreicht' },
};
