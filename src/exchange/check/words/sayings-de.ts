/** What the steps of the report see, in German; the same sayings with the same values as in English. */
import { COMMON_DE } from '../../../model/check-words.ts';
import type { SAYINGS_EN } from './sayings-en.ts';

export const SAYINGS_DE: Readonly<Record<keyof typeof SAYINGS_EN, string>> = {
  ...COMMON_DE,
  // ── steps that do not apply ───────────────────────────────────────────────
  'online.name': 'Benutzt wird die Adresse von Microsoft.',
  'online.tls': 'Benutzt wird die Adresse von Microsoft; ihr Zertifikat wird bei jeder Anfrage geprüft.',
  'online.methods': 'Eine Anwendung meldet sich mit einem Token von Entra an.',
  'online.scope': 'Ein Mandant wird ganz gesehen.',
  'online.rights':
    'Der Dienst sagt nicht, welche Cmdlets eine Anwendung hat. Was unten gelesen wird, zeigt die zum Lesen; Set-CASMailbox verlangt eine Rolle wie Exchange Recipient Administrator.',
  'online.throttling':
    'Microsoft setzt die Grenzen; ist eine erreicht, wartet der Connector so lange, wie ihm gesagt wird.',
  'simulated.connection': 'Es gibt keine Verbindung.',
  'simulated.methods': 'Niemand meldet sich an.',
  'simulated.throttling': 'Nichts ist begrenzt.',
  'simulated.clock': 'Es gibt nur eine Uhr.',
  // ── the way to it ─────────────────────────────────────────────────────────
  'name.proxy': 'Der Proxy schlägt {host} nach.',
  certificate:
    '{protocol}; Zertifikat von {subject} für {names}, ausgestellt von {issuer}, gültig von {from} bis {until}, SHA-256 {fingerprint}.',
  'certificate.unseen': '',
  'server.named': '{status} ({server})',
  'methods.offered': 'Die Antwort war {status} und bietet zur Anmeldung {offered} an.',
  'methods.nothing': 'nichts',
  'methods.elsewhere':
    'Auf eine Anfrage ohne Anmeldedaten war die Antwort {status}; ein PowerShell-Verzeichnis antwortet 401.',
  'session.open': 'Mit {auth} angemeldet und eine PowerShell-Sitzung geöffnet, Protokoll {protocol}.',
  'session.simulated': 'Die Simulation ist offen.',
  'session.tenant': 'Die Anwendung hat ein Token bekommen, und Exchange Online hat es angenommen.',
  'session.no-account': 'Was ein Konto braucht, wurde nicht versucht.',
  // ── what a session says of itself ─────────────────────────────────────────
  organization: 'Die Organisation ist {name} ({guid}).',
  'organization.no-name': 'ohne Namen',
  'organization.no-guid': 'ohne GUID',
  'scope.forest': 'Die Sitzung sieht jede Domäne der Gesamtstruktur.',
  'scope.untold': 'Exchange sagt nicht, welche Domänen die Sitzung sieht.',
  'scope.domain': 'Die Sitzung sieht nur {domain}.',
  'scope.own-domain': 'ihre eigene Domäne',
  'cmdlet.missing': 'Das Konto hat {cmdlet} nicht.',
  'cmdlet.parameters': 'Das Konto hat {cmdlet} ohne {parameters}.',
  'cmdlet.and': '{first} und {second}',
  rights: 'Die Sitzung zeigt {given} von {all} Cmdlets, die benutzt werden.',
  'rights.lacking': 'Die Sitzung zeigt {given} von {all} Cmdlets, die benutzt werden; es fehlen {lacking}.',
  'throttling.untold': 'Keine Richtlinie sagt, wie viele Sitzungen es geben darf.',
  'throttling.some': '{policy} erlaubt {allowed} Sitzungen zugleich; der Connector öffnet {opened}.',
  'throttling.one': '{policy} erlaubt eine Sitzung; der Connector öffnet {opened}.',
  'throttling.any': '{policy} erlaubt beliebig viele Sitzungen zugleich; der Connector öffnet {opened}.',
  'throttling.policy': 'Die Richtlinie',
  'throttling.uncounted': 'Cmdlets werden nicht gezählt.',
  'throttling.rate': 'Erlaubt sind {cmdlets} Cmdlets in {seconds} s.',
  'throttling.own-unknown': 'Ob das Konto eine eigene Richtlinie hat, ist nicht bekannt.',
  // ── how much there is ─────────────────────────────────────────────────────
  size: 'Es gibt {mailboxes} Postfächer mit Gerät und {devices} Geräte.',
  'size.users': 'Es gibt {users} Postfächer, {mailboxes} Postfächer mit Gerät und {devices} Geräte.',
  'size.more': 'mehr als {count}',
  'size.perhaps': 'mehr als {count}, vielleicht {expected},',
  'size.unreadable': 'Nicht zu lesen: {count}; ein Abgleich geht ohne sie weiter.',
  'time.untold':
    'Es gibt mehr, als in der Zeit dieses Tests gelesen wurde. Der Status des ersten vollen Abgleichs zählt mit.',
  time: 'Exchange ganz zu lesen dauert etwa {duration}. Dazu kommt das Lesen des MDM, und was geändert wird.',
  'time.rate':
    'Exchange ganz zu lesen dauert etwa {duration}, bei {rate} Geräten je Sekunde. Dazu kommt das Lesen des MDM, und was geändert wird.',
  'duration.seconds': '{n} s',
  'duration.minutes': '{n} Minuten',
  'duration.hours': '{n} Stunden',
  // ── what a cmdlet is for: "Nötig, um …" ───────────────────────────────────
  use: 'Um {use}.',
  'use.Get-CASMailbox': 'Postfächer und ihre Gerätelisten zu lesen',
  'use.Get-MobileDevice': 'Geräte zu lesen',
  'use.Set-CASMailbox': 'Geräte zu sperren und zuzulassen',
  'use.Get-User': 'Anmeldenamen, nach denen Geräte des MDM gefunden werden, und die Arten der Postfächer zu lesen',
  'use.Get-Recipient':
    'zu finden, wem eine Adresse gehört: Gruppen, die Regeln nennen, und Benutzer, die um Hilfe bitten',
  'use.Get-MobileDeviceStatistics':
    'zu sehen, wann ein Gerät zuletzt synchronisieren wollte, damit niemand wegen eines unbenutzten angeschrieben wird',
  'use.Get-OrganizationConfig': 'eine andere Organisation unter derselben Adresse zu bemerken',
  'use.Get-MailboxRegionalConfiguration': 'in der Sprache des Postfachinhabers zu schreiben',
  'use.Get-Mailbox': 'in der Prüfung der Benachrichtigung zu sagen, ob ihr Postfach deaktiviert ist',
  'use.Get-MailboxStatistics': 'in der Prüfung der Benachrichtigung zu sagen, ob ihr Postfach voll ist',
  'use.Remove-MobileDevice': 'Geräte zu entfernen, die niemand benutzt; das ist anfangs ausgeschaltet',
  'use.Get-DistributionGroupMember': 'Gruppen zu lesen, die Regeln nennen',
  'use.Get-DynamicDistributionGroup': 'dynamische Gruppen zu lesen, die Regeln nennen',
  'use.Get-AcceptedDomain': 'der Autodiscover-Prüfung zu sagen, welche Maildomänen es gibt',
  'use.Set-ADServerSettings': 'die Postfächer jeder Domäne der Gesamtstruktur zu sehen, wenn sie mehrere hat',
  'use.Get-ADServerSettings': 'in diesem Bericht zu sagen, welche Domänen gesehen werden',
  'use.Get-ThrottlingPolicyAssociation': 'in diesem Bericht zu sagen, welche Drosselungsrichtlinie das Konto hat',
  'use.Get-ThrottlingPolicy': 'in diesem Bericht zu sagen, was eine Drosselungsrichtlinie erlaubt',
};
