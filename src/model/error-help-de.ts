/** What to check about each error, in German: for reports. The English one is ERROR_HELP, which every error says itself. */
import type { ErrorCode } from '../errors.ts';

export const ERROR_HELP_DE: Readonly<Record<ErrorCode, string>> = {
  // configuration
  ERR_CONFIG_MISSING:
    'Öffnen Sie den Node, der dies meldet, und wählen Sie die Konfiguration; ist eine gewählt, prüfen Sie, dass sie nicht deaktiviert ist.',
  ERR_CONFIG_INVALID: 'Öffnen Sie den Node aus der Meldung und berichtigen Sie das Feld, das sie nennt.',
  ERR_ENGINE_UNSUPPORTED: 'Betreiben Sie Node-RED mit Node.js 22.13 oder neuer.',
  ERR_DEPENDENCY_MISSING:
    'Installieren Sie das Paket im Benutzerverzeichnis von Node-RED mit dem Befehl aus der Meldung, dann starten Sie Node-RED neu.',
  ERR_ABORTED: 'Der Node wurde geschlossen oder der Lauf abgebrochen. Starten Sie ihn noch einmal.',
  ERR_INPUT_INVALID: 'Vergleichen Sie die Nachricht an den Node mit seiner Hilfeseite.',
  ERR_INTERNAL: 'Das sollte nicht vorkommen. Bitte melden Sie es mit der Meldung und der Uhrzeit.',
  // http and TLS, any far end
  ERR_HTTP_UNREACHABLE: 'Prüfen Sie Adresse, DNS und Firewall, und ob der Server läuft.',
  ERR_HTTP_TIMEOUT:
    'Der Server hat nicht in der Zeit geantwortet. Prüfen Sie seine Last und das Netz auf dem Weg dorthin.',
  ERR_HTTP_RESET: 'Die Verbindung ist abgebrochen. Prüfen Sie Lastverteiler und Proxys auf dem Weg.',
  ERR_HTTP_TLS_UNTRUSTED:
    'Das Zertifikat hat keine Zertifizierungsstelle signiert, der dieser Rechner vertraut. Tragen Sie sie in der TLS-Konfiguration des Nodes ein.',
  ERR_HTTP_TLS_NAME: 'Das Zertifikat gilt für einen anderen Namen. Nehmen Sie einen Namen, der darin steht.',
  ERR_HTTP_TLS_EXPIRED:
    'Das Zertifikat ist außerhalb seiner Gültigkeit. Erneuern Sie es, oder berichtigen Sie die Uhr.',
  ERR_HTTP_TLS:
    'Der TLS-Handshake ist gescheitert. Prüfen Sie den Port, und welche TLS-Versionen beide Seiten erlauben.',
  ERR_HTTP_AUTH:
    'Der Server hat die Anmeldung abgelehnt. Prüfen Sie Benutzername, Kennwort, Sperre und Rechte des Kontos.',
  ERR_HTTP_AUTH_METHOD:
    'Der Server bietet die gewählte Anmeldung nicht an. Wählen Sie eine, die er anbietet, oder schalten Sie sie auf dem Server ein.',
  ERR_HTTP_KERBEROS_TICKET:
    'Kerberos hat hier kein gültiges Ticket für die Anmeldung. Setzen Sie KRB5_CLIENT_KTNAME für den Node-RED-Prozess auf die Keytab des Kontos, halten Sie einen Ticket-Cache frisch (KRB5CCNAME, kinit), oder tragen Sie „Benutzer“ und „Kennwort“ ein; Keytab und Cache müssen für ihn lesbar sein und zum eingetragenen Konto gehören. docs/kerberos.md beschreibt es Schritt für Schritt.',
  ERR_HTTP_KERBEROS_ACCOUNT:
    'Der Domänencontroller nimmt das Konto oder seinen Schlüssel nicht an. Prüfen Sie Benutzername und „Realm“, das Kennwort, und ob das Konto gesperrt, deaktiviert oder abgelaufen ist. Eine Keytab von vor der letzten Änderung des Kennworts muss neu gemacht werden.',
  ERR_HTTP_KERBEROS_KDC:
    'Kein Domänencontroller hat als KDC geantwortet. Prüfen Sie Realm und Controller in krb5.conf, DNS (_kerberos._tcp) und Port 88 in der Firewall.',
  ERR_HTTP_KERBEROS_SPN:
    'Der Dienstname ist unbekannt oder gehört einem anderen Konto. Prüfen Sie ihn mit „setspn -Q HTTP/Name“, registrieren Sie ihn auf dem Konto, das Exchange nutzt (hinter einem Lastverteiler auf dem Alternate Service Account, auf jedem Server), oder tragen Sie in „Dienstname“ den richtigen ein.',
  ERR_HTTP_KERBEROS_CLOCK:
    'Die Uhren dieses Rechners, des Domänencontrollers oder des Exchange-Servers gehen mehr als fünf Minuten auseinander. Stellen Sie alle nach der Domäne (NTP).',
  ERR_HTTP_KERBEROS_REFUSED:
    'Das Ticket gilt für den Domänencontroller, und der Server lehnt es ab. Prüfen Sie, dass sein Dienstname einmal registriert ist, auf dem Konto, das jeder Server hinter diesem Namen nutzt („setspn -Q HTTP/Name“, „setspn -X“), dass der Server dessen jetzigen Schlüssel hat, seine Uhr und sein Sicherheitsprotokoll.',
  ERR_HTTP_KERBEROS_SETUP:
    'Kerberos funktioniert nicht, wie es hier eingerichtet ist. Prüfen Sie krb5.conf (KRB5_CONFIG), und ob Konto, Dienst und Domänencontroller eine Verschlüsselung gemeinsam haben (AES: msDS-SupportedEncryptionTypes; ein altes Konto bekommt AES-Schlüssel mit dem nächsten Kennwort).',
  ERR_HTTP_STATUS:
    'Der Server hat mit einem unerwarteten Status geantwortet. Prüfen Sie die Adresse und das Protokoll des Servers.',
  ERR_HTTP_NOT_EXPECTED:
    'Unter dieser Adresse hat etwas anderes geantwortet (eine Webseite?). Prüfen Sie die Adresse und jeden Proxy davor.',
  ERR_HTTP_REDIRECT:
    'Der Server hat an eine Stelle verwiesen, der nicht gefolgt wird. Prüfen Sie die Adresse; tragen Sie die endgültige ein.',
  ERR_HTTP_TOO_LARGE: 'Die Antwort war größer als erlaubt. Prüfen Sie die Adresse.',
  ERR_HTTP_INSECURE: 'Anmeldedaten werden nur über https gesendet. Nehmen Sie eine https-Adresse.',
  // WSMan and PowerShell Remoting
  ERR_XML_INVALID: 'Die Antwort ist kein wohlgeformtes XML. Prüfen Sie Proxys auf dem Weg.',
  ERR_CLIXML_INVALID: 'Der Server hat ein Objekt gesendet, das dieses Paket nicht lesen kann. Bitte melden Sie es.',
  ERR_CLIXML_LIMIT:
    'Der Server hat ein Objekt jenseits der Sicherheitsgrenzen gesendet. Versuchen Sie es noch einmal; kommt es wieder, melden Sie es bitte mit dem Cmdlet.',
  ERR_PSRP_FRAGMENT:
    'Der Datenstrom von PowerShell Remoting ist beschädigt. Versuchen Sie es noch einmal; prüfen Sie Proxys auf dem Weg.',
  ERR_PSRP_MESSAGE:
    'Der Datenstrom von PowerShell Remoting ist beschädigt. Versuchen Sie es noch einmal; prüfen Sie Proxys auf dem Weg.',
  ERR_PSRP_STATE: 'Die PowerShell-Sitzung ist in keinem Zustand, der dies erlaubt. Versuchen Sie es noch einmal.',
  ERR_PSRP_VERSION:
    'Der Server spricht eine Version von PowerShell Remoting, die dieses Paket nicht spricht. Prüfen Sie, dass die Adresse die eines Exchange 2016, 2019 oder der Subscription Edition ist.',
  ERR_WSMAN_INVALID:
    'Die Antwort ist keine Nachricht von WS-Management. Prüfen Sie die Adresse: sie muss die des virtuellen PowerShell-Verzeichnisses sein.',
  ERR_WSMAN_FAULT: 'Der Server hat die Anfrage abgelehnt. Der Text der Meldung sagt, warum.',
  ERR_WSMAN_QUOTA:
    'Zu viele Anfragen oder Shells für dieses Konto. Nehmen Sie ein eigenes Konto, weniger Sitzungen oder eine Drosselungsrichtlinie. Die Sitzungen eines abgebrochenen Prozesses enden nach 15 Minuten von selbst.',
  ERR_WSMAN_SHELL_LOST: 'Der Server hat die Sitzung vergessen. Sie wird beim nächsten Lauf neu geöffnet.',
  ERR_WSMAN_AFFINITY:
    'Anfragen einer Sitzung erreichen verschiedene Server, falls nicht gerade einer neu gestartet ist. Stellen Sie am Lastverteiler Sitzungsbindung für /PowerShell ein (nach Cookie oder Quelladresse), oder tragen Sie die Server unter ihren eigenen Namen in „Adressen“ ein.',
  ERR_WSMAN_ACCESS_DENIED:
    'Das Konto darf kein Remote-PowerShell nutzen. Prüfen Sie RemotePowerShellEnabled und seine Verwaltungsrolle.',
  // Exchange
  ERR_EXCHANGE_CMDLET:
    'Exchange hat das Cmdlet abgelehnt. Der Text sagt, warum. Für ein gelöschtes Postfach ist nichts zu tun: Was darauf wartet, wird nach einer Woche aufgegeben. Sonst prüfen Sie die Verwaltungsrolle des Kontos.',
  ERR_EXCHANGE_CMDLET_UNKNOWN: 'Das Konto hat kein Recht auf dieses Cmdlet. Prüfen Sie seine Verwaltungsrolle.',
  ERR_EXCHANGE_CMDLET_REFUSED:
    'Dieses Cmdlet oder dieser Parameter steht nicht im Katalog oder muss eigens erlaubt werden. Was gesendet werden darf, zeigt `exchange-connector exchange --help`.',
  ERR_EXCHANGE_IDENTITY:
    'Ein Postfach oder Gerät muss mit GUID oder Distinguished Name genannt werden. Eine leere Identität träfe alles. Bitte melden Sie es, falls keine Nachricht von Ihnen das Objekt genannt hat.',
  ERR_EXCHANGE_RECORD:
    'Exchange hat einen Datensatz ohne das gesendet, was ihn ausweist. Sehen Sie das Objekt an, das die Meldung nennt; es ist vielleicht im Active Directory beschädigt.',
  ERR_EAS_RECORD:
    'Ein EAS-Datensatz aus einer Nachricht ist nicht brauchbar, und ihr Abruf wird verworfen. Berichtigen Sie, was die Meldung nennt, dann senden Sie den ganzen Abruf noch einmal; docs/feeds.md beschreibt die Form.',
  ERR_EXCHANGE_OUTCOME_UNKNOWN:
    'Die Verbindung ist während einer Änderung abgebrochen. Sie wird durch Lesen geprüft, bevor etwas anderes geschieht.',
  ERR_EXCHANGE_SILENT:
    'Das Cmdlet wurde angehalten, weil es zu lange nichts geliefert hat. Sehen Sie die Last des Exchange-Servers und seiner Domänencontroller an, und starten Sie den PowerShell-Anwendungspool neu, falls er hängt. Ist die Organisation so langsam, erhöhen Sie „Stille bis“ des Exchange-Servers.',
  ERR_EXCHANGE_THROTTLED:
    'Exchange verlangt eine längere Wartezeit als die Grenze. Nehmen Sie ein eigenes Konto oder eine Drosselungsrichtlinie.',
  ERR_EXCHANGE_WARNING: 'Exchange hat eine Warnung gesendet; ihr Text sagt, welche.',
  // Graph and other MDMs
  ERR_GRAPH_AUTH:
    'Microsoft hat die Anwendung abgelehnt. Prüfen Sie Mandanten-ID, Client-ID und das Geheimnis oder Zertifikat (abgelaufen?).',
  ERR_GRAPH_FORBIDDEN:
    'Geben Sie die Anwendungsberechtigung, die die Meldung nennt, und die Zustimmung des Administrators.',
  ERR_GRAPH_STATUS: 'Graph hat mit einem Fehler geantwortet; sein Text sagt, mit welchem.',
  ERR_GRAPH_RESPONSE:
    'Graph hat mit etwas geantwortet, das keine Seite von Datensätzen ist. Prüfen Sie die Adressen des MDM-Mandanten und jeden Proxy auf dem Weg, dann versuchen Sie es noch einmal.',
  ERR_GRAPH_PAGE_CHAIN:
    'Die Kette der Seiten ist vor ihrem Ende abgebrochen. Der Abruf wird verworfen, und nichts wird aus ihm geschlossen. Versuchen Sie es noch einmal; bricht er jedes Mal ab, prüfen Sie Proxys auf dem Weg.',
  ERR_GRAPH_EXPORT:
    'Intune hat seinen Bericht aller Geräte nicht oder nicht ganz geliefert. Geräte werden seitenweise gelesen; mit 0 in „Bericht über“ wird nicht mehr danach gefragt.',
  ERR_GRAPH_THROTTLED: 'Graph verlangt eine längere Wartezeit als die Grenze. Versuchen Sie es später.',
  ERR_GRAPH_ORIGIN:
    'Graph hat auf einen anderen Server verwiesen. Dem wird nicht gefolgt: prüfen Sie die Adressen des MDM-Mandanten und jeden Proxy, der Antworten ändert.',
  ERR_MDM_MAPPING: 'Ein Datensatz des MDM ließ sich nicht abbilden. Prüfen Sie die Feldzuordnung im Node.',
  // matching and switching
  ERR_PAGE_SPLIT:
    'Datensätze kommen als Arrays. Lassen Sie den Split-Node weg (im csv-Node eine Nachricht für die ganze Datei wählen), oder setzen Sie einen Join-Node, Modus automatisch, hinter das, was einzelne Datensätze bearbeitet.',
  ERR_SNAPSHOT_INCOMPLETE:
    'Ein Abruf kam nicht an sein Ende. Nichts wird aus ihm geschlossen; starten Sie den Abgleich noch einmal.',
  ERR_READING_SECOND:
    'Eine Organisation oder ein MDM wird nur einmal zur gleichen Zeit gelesen, und dieser Abruf beginnt keinen zweiten: der laufende wird zugeordnet, wenn er endet. Starten Sie ihn später, oder nach dem Zeitplan einer Instanz.',
  ERR_SNAPSHOT_STALE:
    'Der letzte vollständige Abruf des MDM ist zu alt. Starten Sie einen vollen Abgleich der MDM-Quelle.',
  ERR_SNAPSHOT_SHRUNKEN: 'Weit weniger MDM-Datensätze als beim letzten Mal. Prüfen Sie das MDM; nichts wurde gesperrt.',
  ERR_SNAPSHOT_EMPTY:
    'Ein MDM wurde gelesen und hat keine Datensätze. Prüfen Sie Lizenz, Bereich und Feldzuordnung; genehmigen Sie nur, wenn es wirklich leer ist. Nichts wurde gesperrt.',
  ERR_SNAPSHOT_CONTENT:
    'Die MDM-Datensätze einer Plattform sagen weniger als zuvor. Prüfen Sie Berechtigungen, API-Version und Feldzuordnung des MDM; nichts wurde gesperrt, das davon kommen kann.',
  ERR_SNAPSHOT_GAPS:
    'Exchange konnte einige seiner eigenen Objekte nicht lesen. Das Übrige wurde gelesen und entschieden; Geräte dieser Postfächer bleiben, wie sie waren. Die Warnungen der EAS-Quelle nennen jedes Objekt und wie es zu reparieren ist.',
  ERR_SNAPSHOT_OUTSIDE:
    'Postfächer anderer Domänen wurden früher gelesen und sind nicht mehr zu sehen. Geben Sie dem Konto wieder eine Rolle mit Set-ADServerSettings und dem Parameter ViewEntireForest. Soll die Domäne der Server alles sein, schalten Sie im Exchange-Server die Sicht auf die ganze Gesamtstruktur aus. Bis dahin bleiben Geräte anderer Domänen, wie sie waren.',
  ERR_SNAPSHOT_FEWER_DEVICES:
    'Ein voller Abruf von Exchange hatte weit weniger Geräte, als bekannt waren, und keinen Fehler. Prüfen Sie die Bereiche der Rollen des Kontos, „Nur“ der EAS-Quelle, und was die Liste macht. Drei Tage lang bleibt, was fehlt, wie es war; dann gilt es als fort.',
  ERR_SOURCE_GONE:
    'Eine MDM-Quelle wurde von der Arbeitsfläche genommen, und was sie gelesen hat, zählt noch. Setzen Sie sie wieder ein, oder aktivieren Sie sie. Ist sie für immer fort, drücken Sie „Abruf vergessen“ in der Übersicht der Konsole, oder senden Sie der Zuordnung „forget“ mit dem Bereich aus der Meldung: ihre Geräte gelten dann als nicht registriert, und ein Probelauf gleich danach zeigt, wen das sperrt. Bis dahin wird niemand gesperrt.',
  ERR_SOURCE_SECOND:
    'Zwei MDM-Quellen mit Feldzuordnung würden ihre Datensätze gegenseitig überschreiben, da beide denselben Namen oder dieselbe Vorlage haben. Geben Sie einer einen anderen Namen.',
  ERR_COMPLIANCE_UNKNOWN:
    'Kein Datensatz eines MDM sagt, ob sein Gerät konform ist; gesperrte Telefone bleiben also auch nach der Registrierung gesperrt. Kennt das MDM keine Konformität, wählen Sie unter „Konformität“ seiner MDM-Quelle „verwaltet genügt“.',
  ERR_SIDES_MIXED:
    'Eine Seite ist simuliert und die andere echt; niemand darf also nach dem, was sie zusammen sagen, gesperrt oder zugelassen werden. Wählen Sie den echten Exchange-Server und den echten MDM-Mandanten, oder simulieren Sie beide; löschen Sie MDM-Quellen, die vom Ausprobieren übrig sind. Der simulierende Modus läuft weiter.',
  ERR_ORGANIZATION_CHANGED:
    'Es antwortet eine andere Exchange-Organisation als die, die vorher gelesen wurde, oder eine anderer Art; was geplant ist und wartet, gehört der alten. War das ein Versehen, tragen Sie die frühere Adresse wieder ein. Sind Sie umgezogen, senden Sie der Zuordnung „forget“ mit { organization } als payload: Abrufe, Pläne und was wartet werden verworfen; unsere Einträge und das Audit bleiben.',
  ERR_ORGANIZATION_TWICE:
    'Unter einer anderen Konfiguration desselben Exchange hat der Connector Geräte gesperrt, oder ein anderer Zugangsschalter setzt durch; was dort gesperrt ist, gilt hier als das eines Administrators, bleibt also gesperrt, wenn sein Benutzer sich registriert, und wo beide durchsetzen, bekommt ein Benutzer womöglich jede Mail zweimal. Setzen beide durch, löschen Sie einen mit seinem Exchange-Server, oder stellen Sie ihn auf Simulieren; sonst holen Sie die Konfiguration mit jener ID durch den Import einer Kopie der Flows zurück, und löschen Sie die andere; oder schalten Sie im Zugangsschalter das Übernehmen von Einträgen eines Administrators ein, was für alle Einträge gilt, bis niemand mehr genannt wird.',
  ERR_RULE_INVALID: 'Öffnen Sie den Zugangsschalter und berichtigen Sie die Regel, die die Meldung nennt.',
  ERR_BRAKE:
    'Mehr Postfächer würden den Zugang verlieren, als die Bremse erlaubt. Sehen Sie den Plan an, dann genehmigen oder verwerfen Sie ihn.',
  ERR_SYNC_INCOMPLETE:
    'Seiten eines Abgleichs kamen nicht alle ganz beim Zugangsschalter an. Aus dem, was fehlte, wird nichts geschlossen, und im nächsten Abgleich geht es um alle Geräte. Kommt es wieder, suchen Sie nach einem Node zwischen Zuordnung und Zugangsschalter, der Seiten weglässt, wiederholt oder ändert, und nach dem Fehler, den der Zugangsschalter gemeldet hat.',
  ERR_DECISION_STALE:
    'Geräte wurden anders entschieden als zuvor, obwohl nichts sie berührt hat. Jetzt sind sie richtig entschieden. Bitte melden Sie es.',
  ERR_ATTEMPTS_UNKNOWN:
    'Exchange hat nicht gesagt, wann Geräte zuletzt synchronisieren wollten: keines gilt als unbenutzt. Geben Sie dem Konto das Cmdlet Get-MobileDeviceStatistics; was der Text nennt, kann auch von selbst enden.',
  ERR_PLAN_UNKNOWN:
    'Ein solcher Plan wird nicht angehalten. Vielleicht hat ihn ein späterer Abgleich ersetzt: nehmen Sie die ID, die Bericht oder Konsole jetzt zeigen.',
  ERR_SWITCH_SECOND:
    'Eine Organisation hat einen Zugangsschalter, der durchsetzt. Entfernen Sie den anderen, lassen Sie ihn simulieren, oder warten Sie: dieser übernimmt, wenn jener weg ist.',
  ERR_LEASE_LOST:
    'Nichts ist verloren: wer übernommen hat, macht weiter. Geschieht es oft, prüfen Sie Uhr und Last des Speichers.',
  ERR_REQUEST_KEPT:
    'Der Auftrag ist aufgehoben und geht von selbst weiter, wenn der Zugangsschalter wieder läuft. Erteilen Sie ihn nicht noch einmal; sein Bericht sagt, was daraus geworden ist.',
  ERR_REQUEST_EXPIRED:
    'Kein Node-RED hat binnen eines Tages für die Organisation gearbeitet. Sehen Sie nach, warum, sehen Sie an, was jetzt angehalten ist, und senden Sie die Nachricht noch einmal.',
  ERR_PLAN_FOREIGN:
    'Der Plan gehört einer anderen Exchange-Organisation. Senden Sie die Nachricht dem Zugangsschalter jener Organisation.',
  ERR_APPLY_FAILED: 'Exchange hat die Änderung nicht angenommen. Sie wird noch einmal versucht; der Text sagt, warum.',
  ERR_DIRECTORY_UNREADABLE:
    'Gruppenmitgliedschaften ließen sich nicht lesen, also wird niemand gesperrt. Prüfen Sie, wo die Gruppe gelesen wird: „Gruppen aus“ des Zugangsschalters oder „Active Directory“ des Exchange-Servers.',
  // mail
  ERR_MAIL_CONNECT: 'Der Mailserver ist nicht zu erreichen. Prüfen Sie Server, Port und Verschlüsselung.',
  ERR_MAIL_AUTH:
    'Der Mailserver hat die Anmeldung abgelehnt. Prüfen Sie Benutzername und Kennwort. Alle E-Mails warten; es wird wieder versucht, wenn diese geändert sind, mit topic „retry“ an die Benachrichtigung oder in einer Stunde.',
  ERR_MAIL_NO_SIGN_IN:
    'Der Mailserver verlangt eine Anmeldung, und das Mailkonto hat keinen Benutzer. Tragen Sie Benutzer und Kennwort im Mailkonto ein und übernehmen Sie es, oder erlauben Sie diesem Host, ohne Anmeldung zu senden. Die E-Mails warten.',
  ERR_MAIL_STOPPED:
    'Eine abgelehnte Anmeldung hält das Konto an, damit es nicht gesperrt wird. Berichtigen Sie Benutzername oder Kennwort und übernehmen Sie es, oder senden Sie der Benachrichtigung topic „retry“; sonst wird es einmal je Stunde versucht.',
  ERR_MAIL_ATTENTION:
    'Eine E-Mail ließ sich eine Woche lang nicht senden. Sie ist aufgehoben: beheben Sie die Ursache, dann senden Sie der Benachrichtigung topic „retry“.',
  ERR_MAIL_SENDER:
    'Der Mailserver hat den Absender abgelehnt. Prüfen Sie, dass das Konto unter seiner Adresse senden darf.',
  ERR_MAIL_RECIPIENT:
    'Der Mailserver hat den Empfänger abgelehnt. Prüfen Sie die Adresse; was nur vorläufig abgelehnt wurde, wird noch einmal versucht.',
  ERR_MAIL_ADDRESS:
    'Das ist keine einzelne einfache Mailadresse. Nichts wurde gesendet: berichtigen Sie die Adresse aus der Meldung, in Exchange oder im Node.',
  ERR_MAIL_REFUSED: 'Der Mailserver hat die Nachricht abgelehnt; sein Text sagt, warum.',
  ERR_MAIL_RATE:
    'Der Mailserver verlangt langsameres Senden; die E-Mail wird später gesendet. Geschieht es oft, senken Sie „Je Minute“ des Mailkontos, oder erhöhen Sie die Grenze des Empfangsconnectors oder der Drosselungsrichtlinie.',
  ERR_MAIL_COPY: 'Berichtigen oder entfernen Sie die Adressen in „Kopie an“ der Benachrichtigung.',
  ERR_MAIL_BUSY:
    'Der Mailserver nimmt vorläufig keine E-Mail an: er startet, verschiebt ein Postfach, oder ihm fehlt Platz oder Speicher. Die E-Mail wird später gesendet. Dauert es an, sehen Sie den Server an.',
  ERR_MAIL_UNANSWERED:
    'Ob die E-Mail angekommen ist, ist nicht bekannt. Sie wird mit derselben Message-ID und demselben Datum noch einmal gesendet, an denen Exchange die beiden erkennt und eine zustellt; anderswo hat der Benutzer vielleicht beide. Geschieht es oft, suchen Sie, was die Antwort verzögert: ein Inhaltsfilter, ein Proxy, eine Firewall.',
  ERR_MAIL_QUOTA:
    'Das Postfach des Benachrichtigungskontos ist voll. Leeren Sie es oder erhöhen Sie sein Kontingent; die E-Mails warten.',
  ERR_MAIL_DENIED:
    'Exchange Web Services sind für das Konto geschlossen. Prüfen Sie EwsEnabled, EwsApplicationAccessPolicy und EwsBlockList (Get-CASMailbox, Get-OrganizationConfig), sowie IP-Filter und Clientzertifikate davor.',
  ERR_MAIL_TEMPLATE:
    'Die Mailvorlage nennt ein Feld, das es nicht gibt, oder hat einen Abschnitt ohne Ende. Berichtigen Sie den Text in der Benachrichtigung; ihre Vorschau zeigt, wo.',
  ERR_MAIL_FOREIGN_HOST:
    'Gehört der Server Ihnen, tragen Sie seinen Namen in „Weiter zu“ (allowedRedirects) des Mailkontos ein. Wenn nicht, finden Sie heraus, wer in seinem Namen auf Autodiscover antwortet.',
  ERR_MAIL_NOT_READY:
    'Keine Benachrichtigung kann jemanden anschreiben, also warten Sperren, von denen niemand hören würde. Senden Sie der Benachrichtigung „check“ und beheben Sie, was sie nennt; genehmigen Sie „mail-not-ready“ am Zugangsschalter, um ohne E-Mail zu sperren.',
  ERR_MAIL_NO_MAILBOX:
    'Das Benachrichtigungskonto hat kein Postfach auf diesem Exchange. Ohne geht keine E-Mail hinaus: geben Sie ihm eines (Enable-Mailbox), oder wählen Sie ein anderes Konto.',
  // activation
  ERR_TOKEN_INVALID:
    'Der Link ist beschädigt oder vertippt, oder nicht von diesem Connector. Öffnen Sie ihn noch einmal aus der E-Mail, vollständig; mit „resend“ sendet die Benachrichtigung einen neuen.',
  ERR_TOKEN_EXPIRED:
    'Der Link ist zu alt. Die Schaltfläche auf seiner Seite sendet einen neuen, solange das Gerät gesperrt ist.',
  ERR_TOKEN_FOREIGN:
    'Der Link gehört zu einem anderen Connector oder Zweck. Prüfen Sie, welchen Speicher Aktivierungslink und Benachrichtigung gewählt haben: es muss derselbe sein.',
  ERR_TOKEN_UNKNOWN:
    'Der Link wurde nicht aus diesem Speicher ausgegeben, oder er wurde zurückgezogen. Senden Sie einen neuen: „resend“ an die Benachrichtigung, oder in der Konsole noch einmal anschreiben.',
  ERR_VISITS_REFUSED:
    'Niemand wurde durch sie aktiviert. Wenige sind alte oder abgeschnittene Links, viele ein Scanner; beschweren sich Benutzer, prüfen Sie, dass Linkgeheimnis und Speicher die sind, mit denen die Links gemacht wurden.',
  // store
  ERR_STORE_OPEN:
    'Der Speicher lässt sich nicht öffnen. Prüfen Sie bei einer Datei den Pfad, seine Rechte und den Datenträger, bei PostgreSQL die Adresse, die Rechte des Benutzers und ob es läuft.',
  ERR_STORE_VERSION:
    'Ist der Speicher neuer, aktualisieren Sie dieses Paket. Ist er älter, übernehmen Sie einmal einen Flow mit diesem Paket: der Connector-Speicher aktualisiert ihn.',
  ERR_STORE_BUSY: 'Ein anderer Prozess hält den Speicher. Nehmen Sie PostgreSQL für mehrere Instanzen.',
  ERR_STORE_WRITE:
    'Der Speicher hat einen Schreibvorgang abgelehnt. Prüfen Sie den Datenträger, seine Rechte und den Platz für temporäre Dateien.',
  ERR_STORE_REPLACED:
    'Legen Sie die Datei zurück, oder eine Sicherung, und starten Sie dann Node-RED neu. Mit einem leeren oder alten Speicher bleiben Telefone gesperrt, die der Connector gesperrt hat und von denen er nichts mehr weiß: Er hält einen solchen Eintrag für den eines Administrators.',
  ERR_STORE_SORTING:
    'Listen gibt es, sobald die laufende Synchronisierung durch ist. Sehen Sie in einigen Minuten wieder nach.',
  ERR_STORE_IN_USE:
    'Halten Sie jedes Node-RED an, das mit dem Speicher arbeitet, dann führen Sie den Befehl noch einmal aus.',
  ERR_STORE_NOT_EMPTY:
    'Ziehen Sie in eine Datenbank um, die noch keinen Speicher hat, oder einen, in den nichts geschrieben wurde.',
  ERR_STORE_INCOMPLETE:
    'Ein Umzug in diesen Speicher wurde abgebrochen. Führen Sie `exchange-connector store move` noch einmal aus, er beginnt von vorn; oder wählen Sie den Speicher, der umziehen sollte.',
  ERR_STORE_COPY:
    'Was geschrieben wurde, ist nicht, was der Speicher enthält. Nichts wurde aus dem Speicher genommen. Führen Sie den Befehl noch einmal aus; scheitert er wieder, hilft `exchange-connector store check`.',
  ERR_FILE_WRITE:
    'Wählen Sie eine Datei, die es noch nicht gibt, in einem Ordner, in den Sie schreiben dürfen, auf einem Datenträger mit Platz. Nichts wird überschrieben.',
  // Autodiscover
  ERR_AUTODISCOVER_DOMAIN: 'Tragen Sie eine vollständige Maildomäne ein oder eine Adresse darin.',
};
