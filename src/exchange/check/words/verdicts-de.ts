/** Verdicts and what to do about them, in German; the same blanks as in VERDICTS. Commands are the same in every language. */
import type { VerdictWords } from '../../../model/check-words.ts';
import type { Verdict } from '../verdicts.ts';

const ROLES =
  'Diese Zeilen geben Rollen mit dem, was benutzt wird, und nicht mehr. Sie gelten ab der nächsten Sitzung; was dann noch fehlt, hat eine andere Rolle: die Zeile des Cmdlets fragt, welche.';

export const VERDICTS_DE: Readonly<Record<Verdict, VerdictWords>> = {
  // name
  'name.found': { says: 'der Name ist bekannt' },
  'name.address': { says: 'eine Adresse, kein Name' },
  'name.proxy': { says: 'der Proxy schlägt ihn nach' },
  'name.unknown': {
    says: 'der Name ist hier nicht bekannt',
    remedy:
      'Berichtigen Sie die Adresse, oder lassen Sie den Namen in das DNS eintragen, das dieser Rechner fragt. Exchange nennt seine Adressen.',
  },
  'name.unanswered': {
    says: 'DNS antwortet nicht',
    remedy: 'Prüfen Sie, welchen DNS-Server dieser Rechner fragt und ob er antwortet.',
  },
  // tls
  'tls.trusted': { says: 'Zertifikat vertrauenswürdig' },
  'tls.expiring': {
    says: 'Zertifikat läuft bald ab',
    remedy: 'Erneuern Sie das Zertifikat rechtzeitig, und aktivieren Sie das neue für IIS.',
  },
  'tls.untrusted': {
    says: 'Zertifikat einer Stelle, der hier nicht vertraut wird',
    remedy:
      'Nehmen Sie das Zertifikat der Stelle, die es signiert hat, in eine TLS-Konfiguration auf (Befehlszeile: --ca). Holen Sie es von dieser Stelle; der Befehl zeigt zum Vergleich, was der Server vorweist.',
  },
  'tls.name': {
    says: 'Zertifikat für einen anderen Namen',
    remedy:
      'Nehmen Sie eine Adresse, deren Name im Zertifikat steht, oder lassen Sie ein Zertifikat mit diesem Namen ausstellen.',
  },
  'tls.expired': {
    says: 'Zertifikat außerhalb seiner Gültigkeit',
    remedy:
      'Erneuern Sie das Zertifikat und aktivieren Sie es für IIS; stimmen seine Daten, berichtigen Sie die Uhr dieses Rechners.',
  },
  'tls.failed': {
    says: 'keine TLS-Verbindung',
    remedy: 'Prüfen Sie den Port, und welche TLS-Versionen der Server erlaubt: nötig ist 1.2 oder neuer.',
  },
  'tls.closed': {
    says: 'keine Verbindung',
    remedy: 'Prüfen Sie die Firewall auf dem Weg, und ob die Website von Exchange läuft.',
  },
  'tls.proxy': {
    says: 'der Proxy verbindet nicht',
    remedy: 'Prüfen Sie Adresse und Konto des Proxys, und ob er Verbindungen zu diesem Server durchlässt.',
  },
  // methods
  'methods.offered': { says: 'angeboten' },
  'methods.certificate': { says: 'nach dem Zertifikat wird in TLS gefragt' },
  'methods.missing': {
    says: 'die gewählte Anmeldung wird nicht angeboten',
    remedy: 'Wählen Sie eine angebotene Anmeldung, oder schalten Sie die gewählte auf jedem Server ein.',
  },
  'methods.kerberos': {
    says: 'Kerberos wird nicht angeboten',
    remedy:
      'Ein neuer Exchange bietet es an. Meldet etwas davor die Benutzer an, umgehen Sie es; oder wählen Sie eine angebotene Anmeldung.',
  },
  'methods.elsewhere': {
    says: 'kein PowerShell-Verzeichnis',
    remedy: 'Prüfen Sie den Pfad der Adresse: er endet auf /PowerShell/. Keine Seite eines Proxys darf davor stehen.',
  },
  'methods.failed': { says: 'keine Antwort', remedy: '{help}' },
  // session
  'session.open': { says: 'angemeldet, Sitzung offen' },
  'session.no-account': {
    says: 'kein Konto angegeben',
    remedy: 'Geben Sie ein Konto an: --username und --password-env, ein Zertifikat, oder --auth kerberos.',
  },
  'session.refused': {
    says: 'Anmeldung abgelehnt',
    remedy: 'Prüfen Sie Benutzername, Kennwort und Sperre, und ob das Kennwort abgelaufen ist.',
  },
  'session.kerberos': {
    says: 'Kerberos gibt kein Ticket',
    remedy: 'Auf diesem Rechner: gibt es ein Ticket, und ist eines für Exchange zu bekommen?',
  },
  'session.ticket-refused': { says: 'Exchange lehnt das Ticket ab', remedy: '{help}' },
  'session.clock': {
    says: 'Uhren für Kerberos zu weit auseinander',
    remedy: 'Stellen Sie die Uhr dieses Rechners nach der Domäne.',
  },
  'session.package': {
    says: 'ein Paket fehlt',
    remedy: 'Installieren Sie es im Benutzerverzeichnis von Node-RED, dann starten Sie Node-RED neu.',
  },
  'session.not-allowed': {
    says: 'kein Remote-PowerShell für dieses Konto',
    remedy:
      'Exchange sagt dasselbe von einem Konto ohne Remote-PowerShell und von einem ohne Rolle: erlauben Sie das eine und geben Sie das andere.',
  },
  'session.throttled': {
    says: 'das Konto wird gedrosselt',
    remedy:
      'Nehmen Sie ein Konto nur für den Connector, und geben Sie ihm eine eigene Drosselungsrichtlinie. Sitzungen eines abgebrochenen Prozesses enden nach 15 Minuten von selbst.',
  },
  'session.scattered': {
    says: 'Anfragen erreichen verschiedene Server',
    remedy:
      'Stellen Sie im Lastverteiler die Sitzungsbindung für /PowerShell ein, oder tragen Sie die Server mit ihren eigenen Namen ein.',
  },
  'session.tenant': {
    says: 'kein Token',
    remedy:
      'Prüfen Sie Mandant, Anwendung und Geheimnis, und die Berechtigung Exchange.ManageAsApp mit Zustimmung des Administrators und einer Rolle.',
  },
  'session.failed': { says: 'keine Sitzung', remedy: '{help}' },
  // organization
  'organization.named': { says: 'bekannt' },
  'organization.untold': {
    says: 'nicht gesagt',
    remedy: 'Ohne das bemerkt niemand, wenn diese Adresse zu einer anderen Organisation führt.',
  },
  'organization.failed': { says: 'ein erstes Cmdlet scheitert', remedy: '{help}' },
  // scope
  'scope.forest': { says: 'die ganze Gesamtstruktur' },
  'scope.domain': {
    says: 'eine Domäne',
    remedy:
      'In einer Gesamtstruktur mit mehreren Domänen werden Geräte der anderen nicht gesehen. Gibt es mehrere? Dann schalten Sie „Die ganze Gesamtstruktur sehen“ ein.',
  },
  'scope.refused': {
    says: 'eine Domäne, obwohl alle verlangt waren',
    remedy:
      'Das Konto darf seine Sitzung nicht erweitern. Hat die Gesamtstruktur mehrere Domänen, geben Sie ihm eine der Rollen, die diese Zeile nennt; hat sie eine, schalten Sie „Die ganze Gesamtstruktur sehen“ aus.',
  },
  'scope.untold': {
    says: 'nicht gesagt',
    remedy:
      'Das Konto darf nicht fragen, welche Domänen seine Sitzung sieht. Nötig ist das nur in einer Gesamtstruktur mit mehreren Domänen.',
  },
  // rights: of all cmdlets, then of one
  'rights.all': { says: 'alles, was benutzt wird' },
  'rights.enough': { says: 'alles, was nötig ist' },
  'rights.partly': { says: 'einige fehlen', remedy: `Unten steht, was ohne sie geht. ${ROLES}` },
  'rights.missing': { says: 'nötige fehlen', remedy: ROLES },
  'rights.untold': {
    says: 'nicht gesagt',
    remedy: 'Die Sitzung sagt nicht, welche Cmdlets das Konto hat. Ein Administrator sieht es.',
  },
  'right.given': { says: 'vorhanden' },
  'right.missing': { says: 'fehlt', remedy: 'Nötig, um {use}. Welche Rollen es haben:' },
  'right.wanted': { says: 'fehlt', remedy: 'Benutzt, um {use}. Welche Rollen es haben:' },
  'right.unused': { says: 'nicht vorhanden', remedy: 'Nur, um {use}. Welche Rollen es haben:' },
  'right.parameters': {
    says: 'Parameter fehlen',
    remedy: 'Seinem Rolleneintrag fehlen Parameter, die gesendet werden. Welche Rollen sie haben:',
  },
  // throttling
  'throttling.enough': { says: 'genug' },
  'throttling.tight': {
    says: 'keine Sitzung übrig',
    remedy: 'Eine Sitzung eines abgebrochenen Prozesses genügt, um den Connector 15 Minuten lang anzuhalten.',
  },
  'throttling.slow': {
    says: 'wenige Cmdlets in der Zeit',
    remedy: 'Jedes geänderte Postfach braucht ein Cmdlet oder zwei. Geben Sie dem Konto eine eigene Richtlinie.',
  },
  'throttling.few': {
    says: 'weniger Sitzungen, als geöffnet werden',
    remedy:
      'Setzen Sie „Sitzungen“ des Exchange-Servers auf das, was erlaubt ist, oder geben Sie dem Konto eine eigene Richtlinie.',
  },
  'throttling.untold': {
    says: 'nicht gesagt',
    remedy:
      'Das Konto darf nicht fragen. Es muss auch nicht: ein Administrator kann es. Exchange beginnt mit 18 Sitzungen.',
  },
  // clock
  'clock.same': { says: 'sie stimmen überein' },
  'clock.apart': {
    says: 'sie weichen ab',
    remedy: 'Zeiten von Exchange werden danach berichtigt. Lassen Sie beide nach einem Zeitserver stellen.',
  },
  'clock.far': {
    says: 'sie weichen um mehr als fünf Minuten ab',
    remedy:
      'Kerberos lehnt das ab, und Zertifikate scheinen abgelaufen oder noch nicht gültig. Berichtigen Sie die, die falsch geht.',
  },
  'clock.untold': { says: 'nicht gesagt' },
  // size
  'size.counted': { says: 'gezählt' },
  'size.estimated': { says: 'mehr, als in der Zeit gezählt wurden' },
  'size.none': {
    says: 'kein Gerät',
    remedy: 'Ist es die richtige Organisation, und sieht das Konto ihre Empfänger? Ein Administrator sieht:',
  },
  'size.failed': { says: 'nicht zu lesen', remedy: '{help}' },
  // time
  'time.short': { says: 'höchstens Minuten' },
  'time.long': {
    says: 'mehr als eine halbe Stunde',
    remedy:
      'Starten Sie den vollen Abgleich, wenn sonst wenig geschieht, und lassen Sie schnelle Abgleiche das Übrige tun.',
  },
  'time.untold': { says: 'nicht zu sagen' },
  // any step
  'does-not-apply': { says: 'trifft nicht zu' },
  'not-reached': { says: 'nicht erreicht' },
};
