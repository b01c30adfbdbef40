/** What to do about a finding, in German; placeholders as in VERDICTS. */
import type { Verdict } from '../verdicts.ts';

export const REMEDIES_DE: Readonly<Record<Verdict, string>> = {
  'dns.internal.missing':
    'Outlook auf Domänen-PCs funktioniert, weil es den SCP nutzt. Geräte und dieser Dienst nutzen DNS. Legen Sie autodiscover.{d} in der internen Zone an (A oder CNAME auf Ihren Exchange-Namen) oder als eigene Zone nur für diesen Namen.',
  'dns.nodata': 'Den Namen autodiscover.{d} gibt es, aber ohne Adresse. Tragen Sie einen A-Eintrag (oder AAAA) nach.',
  'dns.dangling':
    'autodiscover.{d} ist ein Alias für {t}, und das gibt es nicht. Lassen Sie ihn auf einen gültigen Namen zeigen.',
  'dns.resolver':
    'Der DNS-Server {ip} hat nicht geantwortet; über den Eintrag lässt sich nichts sagen. Prüfen Sie den DNS-Server oder die Firewall.',
  'dns.external.missing':
    'Telefone außerhalb des VPN finden Exchange nicht. Veröffentlichen Sie autodiscover.{d}, oder bestätigen Sie, dass der Zugang nur über VPN geht.',
  'dns.wildcard':
    'Auf autodiscover.{d} passt nur ein Platzhalter-Eintrag; er führt zu {server}. Legen Sie einen eigenen Eintrag an.',
  'dns.split': '',
  'dns.aaaa':
    'Der AAAA-Eintrag {ip} führt ins Leere. Entfernen Sie ihn oder öffnen Sie IPv6; manche Clients bleiben sonst hängen.',
  'dns.cloud':
    'autodiscover.{d} führt zu Exchange Online ({t}). Mit Postfächern im eigenen Haus muss es zum eigenen Exchange zeigen, auch in einer Hybridumgebung.',
  'net.tcp': '{why}',
  'net.hairpin':
    'Das interne DNS gibt die öffentliche Adresse {ip} aus, die von innen nicht erreichbar ist. Geben Sie die interne Adresse aus.',
  flapping: '{ip} fällt aus: {why} Nehmen Sie den Server aus dem Verbund.',
  'target.blocked':
    'Die Zieladresse {ip} darf diese Prüfung nicht ansprechen (Loopback, Link-Local oder Metadaten). Berichtigen Sie den Eintrag oder die Umleitung.',
  'tls.expired':
    'Das Zertifikat ist am {date} abgelaufen. Erneuern Sie es, dann Enable-ExchangeCertificate -Services IIS auf jedem Server und dem Proxy.',
  'tls.not-yet': 'Das Zertifikat gilt erst ab {date}. Prüfen Sie die Uhr dieses Rechners und die des Servers.',
  'tls.expiring': 'Erneuern Sie das Zertifikat vor dem {date}.',
  'tls.name':
    'Das Zertifikat nennt {san}. Stellen Sie es mit {name} neu aus, oder entfernen Sie den A-Eintrag und nutzen Sie SRV auf einen genannten Namen.',
  'tls.cn-only':
    'Das Zertifikat nennt den Server nur im Antragsteller. Telefone wollen ihn unter den alternativen Namen: stellen Sie es neu aus.',
  'tls.chain':
    'Der Server sendet sein Zwischenzertifikat nicht; Desktops merken es sich, Telefone und dieser Dienst nicht. Installieren Sie die Kette auf {name}.',
  'tls.private':
    'Signiert von {issuer}, das nicht registrierte Telefone nicht kennen. Nutzen Sie eine öffentliche Zertifizierungsstelle.',
  'tls.untrusted':
    'Signiert von {issuer}, das dieser Rechner und nicht registrierte Telefone nicht kennen. Nutzen Sie eine öffentliche Zertifizierungsstelle; damit dieser Connector ihr vertraut, tragen Sie sie in der TLS-Konfiguration des Mailkontos ein, oder für ganz Node-RED in NODE_EXTRA_CA_CERTS.',
  'tls.self-signed':
    'Kein Telefon vertraut einem Zertifikat, das sich selbst signiert, wie das eines neuen Exchange. Holen Sie eines für {name} von einer öffentlichen Zertifizierungsstelle, dann Enable-ExchangeCertificate -Services IIS.',
  'tls.refused':
    'Das Zertifikat oder eines darüber wird abgelehnt ({why}). Sehen Sie die Kette mit einem Zertifikatswerkzeug an und stellen Sie neu aus, was falsch ist.',
  'tls.weak-key':
    'Telefone lehnen einen Schlüssel von {key} ab. Stellen Sie das Zertifikat mit RSA von mindestens 2048 Bit neu aus.',
  'tls.weak-signature':
    'Telefone lehnen eine Signatur mit {digest} ab. Lassen Sie das Zertifikat und das der Zertifizierungsstelle mit SHA-256 neu ausstellen.',
  'tls.purpose':
    'Das Zertifikat ist nicht für die Serverauthentifizierung. Stellen Sie es aus einer Webserver-Vorlage neu aus, dann Enable-ExchangeCertificate -Services IIS.',
  'tls.version': 'Nur {v} wird angeboten. Schalten Sie TLS 1.2 oder neuer ein.',
  'tls.handshake':
    'Der TLS-Verbindungsaufbau scheitert ({why}). Prüfen Sie, was an dem Port lauscht: vielleicht unverschlüsseltes HTTP oder ein anderer Dienst.',
  'auth.preauth':
    'Ein Proxy verlangt vorher eine Anmeldung. Veröffentlichen Sie /autodiscover ohne Anmeldung über Formulare.',
  'auth.schemes.basic': 'Nur Basic wird angeboten. Schalten Sie Negotiate und NTLM am Verzeichnis {v} ein.',
  'auth.schemes.bearer':
    'Moderne Hybridauthentifizierung: nur {s} wird angeboten, und damit kann sich dieser Node nicht anmelden; die Prüfung ist deshalb begrenzt.',
  'auth.schemes.unusable':
    'Der Server bietet {s} an; mit nichts davon konnte sich diese Prüfung anmelden. Ist Basic dabei, schalten Sie im Node „Sign in by Basic where nothing else is offered“ ein, oder schalten Sie NTLM am Verzeichnis ein.',
  'auth.password':
    'Exchange hat das Benachrichtigungskonto an {n} URL(s) abgelehnt. Prüfen Sie Kennwort, Sperre und Ablauf.',
  'auth.kerberos':
    'Nur Negotiate wird angeboten, und NTLM wurde darin abgelehnt: vielleicht will der Server Kerberos, das diese Prüfung nicht spricht; über das Kennwort ist damit nichts gesagt. Schalten Sie NTLM am Autodiscover-Verzeichnis ein, oder tragen Sie die EWS-Adresse im Mailkonto ein.',
  'http.403': 'Ein IP-Filter, eine Web Application Firewall oder ein verlangtes Clientzertifikat lehnt die Anfrage ab.',
  'http.404':
    'Das Verzeichnis oder die Regel am Proxy fehlt: New-AutodiscoverVirtualDirectory, oder veröffentlichen Sie /autodiscover am Proxy.',
  'http.500': 'Siehe das Protokoll HttpProxy\\Autodiscover; legen Sie das virtuelle Verzeichnis notfalls neu an.',
  'http.502': 'Der Reverse-Proxy erreicht Exchange nicht. Prüfen Sie die Server dahinter.',
  'http.503': 'MSExchangeAutodiscoverAppPool ist angehalten, oder der Lastverteiler hat keinen gesunden Server.',
  'http.504': 'Der Reverse-Proxy wartet vergeblich auf Exchange. Prüfen Sie die Server dahinter.',
  'http.status': 'Eine unerwartete Antwort. Prüfen Sie die Adresse und einen Proxy davor.',
  'http.slow': 'Die Antwort dauerte {s} s. Prüfen Sie die Last des Servers.',
  'http.timeout': 'Keine vollständige Antwort in {s} s. Prüfen Sie die Last des Servers und was dazwischen ist.',
  'http.reset': 'Die Verbindung wurde ohne Antwort geschlossen. Prüfen Sie Lastverteiler und Proxys dazwischen.',
  'body.invalid': 'Die Antwort ist kein Autodiscover-Dokument. Prüfen Sie, was an dieser Adresse antwortet.',
  'root.cert':
    'iOS bleibt hier vielleicht mit „Identität kann nicht überprüft werden“ stehen (KB 3150466). Berichtigen Sie das Zertifikat der Website, oder schließen Sie 443 für die bloße Domäne.',
  'root.foreign':
    'Der Webserver von {d} beantwortet Autodiscover selbst. Bitten Sie den Anbieter, das abzuschalten (cPanel und ähnliche).',
  'root.page':
    'Die Website von {d} beantwortet Autodiscover mit einer Seite. Die meisten Clients gehen weiter, manche bleiben stehen: lassen Sie unterhalb von /autodiscover mit 404 antworten.',
  redirect: '',
  'redirect.confirm':
    'Eine Umleitung führt zu {x}. Dorthin wurde nichts gesendet. Tragen Sie {x} bei den erlaubten Umleitungen ein, sobald Sie wissen, dass es Ihnen gehört.',
  'redirect.insecure': 'Autodiscover leitet auf unverschlüsseltes HTTP um ({x}); abgelehnt.',
  'redirect.loop':
    'Die Umleitungen gehen im Kreis: {x}. Prüfen Sie die Regel am Proxy und die targetAddress des Benutzers.',
  srv: '',
  'srv.port': 'Der SRV-Eintrag nennt Port {port}; viele Clients nehmen nur 443.',
  'srv.target': 'Der SRV-Eintrag muss einen Rechner mit eigenem Adresseintrag nennen, nicht {t} (RFC 2782).',
  'mailbox.none':
    '{a} kann sich anmelden, hat aber kein Postfach. Enable-Mailbox {a}. Ohne Postfach geht die Mail zur Registrierung nie hinaus.',
  'mailbox.cloud':
    'Das Postfach von {a} ist in Exchange Online ({t}); der Notifier braucht ein Postfach im eigenen Haus.',
  'mailbox.upn': 'Setzen Sie den UPN von {a} auf die Mailadresse, oder geben Sie beide in der Konfiguration an.',
  'eas.only':
    'Telefone bekommen ihre Einstellungen, Exchange-Clients nicht: dieser Server spricht nur ActiveSync. Lassen Sie das Mailkonto über SMTP senden, oder tragen Sie seine EWS-Adresse ein.',
  'user.600': 'Die Anfrage wurde abgelehnt: ein Werkzeug oder Proxy hat das XML verändert.',
  'user.601': 'Der Anbieter ist nicht verfügbar: reparieren Sie Autodiscover auf dem Server.',
  'user.603':
    'Der Benutzer wurde im Verzeichnis nicht gefunden: suchen Sie nach einem veralteten msExchDelegateListLink.',
  'user.error': 'Autodiscover hat mit dem Fehler {code} geantwortet. Siehe seinen Text.',
  'url.next':
    'Autodiscover gibt {url} aus, und das geht nicht: {why} Set-WebServicesVirtualDirectory oder Set-ActiveSyncVirtualDirectory.',
  'eas.url':
    'Keine ExternalUrl am ActiveSync-Verzeichnis: Telefone lassen sich nicht einrichten. Set-ActiveSyncVirtualDirectory -ExternalUrl.',
  'outside.unreachable':
    'Das sagt nichts über Telefone außen: viele Firewalls leiten solche Verbindungen nicht zurück. Sehen Sie {name} mit einem Telefon in seinem eigenen Netz an, oder mit dem Remote Connectivity Analyzer.',
  'outside.missing':
    'Telefone außen werden zu {name} geschickt, das das öffentliche DNS nicht kennt. Veröffentlichen Sie es, oder bestätigen Sie, dass der Zugang nur über VPN geht.',
  'outside.private':
    'Das öffentliche DNS gibt {ip} aus, eine Adresse eines privaten Netzes, zu der kein Telefon außen kommt. Tragen Sie die öffentliche Adresse in der öffentlichen Zone ein.',
  'outside.certificate':
    'Telefone außen bekommen ein anderes Zertifikat als die innen und lehnen es ab: {why} Erneuern Sie es auf dem, was bei {ip} steht, etwa einem Reverse-Proxy oder einer Firewall.',
  'outside.answer':
    'An der öffentlichen Adresse {ip} antwortet {what} nicht: {why} Veröffentlichen Sie den Pfad dort. Antwortet eine Firewall nur auf Verbindungen von innen, sehen Sie mit einem Telefon in seinem eigenen Netz nach.',
  'outside.differs': '',
  'scp.explains':
    'Outlook auf Domänencomputern funktioniert allein durch das Verzeichnis. Telefone und dieser Connector fragen es nie: legen Sie autodiscover.{d} im DNS an, für innen und außen.',
  'scp.empty':
    '{dn} hat keine Adresse. Set-ClientAccessService -AutoDiscoverServiceInternalUri https://autodiscover.{d}/Autodiscover/Autodiscover.xml für diesen Server, oder löschen Sie den Eintrag eines Servers, den es nicht mehr gibt.',
  'scp.insecure':
    'Outlook wird zu {url} geschickt, und das ist kein https. Set-ClientAccessService -AutoDiscoverServiceInternalUri mit einer https-Adresse.',
  'scp.confirm':
    'Outlook wird zu {x} geschickt, von dem nicht bekannt ist, ob es Ihnen gehört. Dorthin wurde nichts gesendet. Tragen Sie es bei den erlaubten Umleitungen ein, sobald Sie es wissen.',
  'scp.dead':
    'Outlook auf Domänencomputern wird zu {url} geschickt, und das geht nicht: {why} Set-ClientAccessService -AutoDiscoverServiceInternalUri https://autodiscover.{d}/Autodiscover/Autodiscover.xml, und löschen Sie die Einträge von Servern, die es nicht mehr gibt.',
  'scp.other-site':
    'Kein Eintrag des Verzeichnisses gilt für den Standort {site} oder für alle, daher wird Outlook zu einem anderen Standort geschickt. Set-ClientAccessService -AutoDiscoverSiteScope.',
  'scp.pointer':
    'Das Verzeichnis verweist für diese Domäne auf {x}, von dem nicht bekannt ist, ob es Ihnen gehört. Dorthin wurde kein Kennwort gesendet. Tragen Sie es bei den erlaubten Umleitungen ein, sobald Sie es wissen.',
  'scp.loop': 'Die Verweise des Verzeichnisses gehen im Kreis: {x}. Berichtigen Sie sie mit Export-AutoDiscoverConfig.',
  'scp.account':
    'Das Verzeichnis hat das Konto der Prüfung abgelehnt ({why}). Prüfen Sie Name und Kennwort. Es wurde einmal versucht, da jeder Versuch für eine Sperre zählt. Die übrigen Ergebnisse gelten für sich.',
  'scp.tls':
    'Es wurde kein Kennwort gesendet, da die Verbindung zum Verzeichnis nicht vertrauenswürdig ist: {why} Geben Sie dem Domänencontroller ein Zertifikat für seinen Namen, und lassen Sie diesen Rechner der Zertifizierungsstelle vertrauen. Die übrigen Ergebnisse gelten für sich.',
  'scp.ldap': 'Das Verzeichnis wurde nicht gelesen: {why} Die übrigen Ergebnisse gelten für sich.',
  'soap.differs':
    'Der SOAP-Dienst von Autodiscover gibt {other}, der XML-Dienst {ours}. Clients, die den einen fragen, gehen woandershin als die, die den anderen fragen. Starten Sie MSExchangeAutodiscoverAppPool auf jedem Server neu, und vergleichen Sie die Server hinter dem Namen.',
  'soap.missing': '',
  'json.differs':
    'Der JSON-Dienst von Autodiscover gibt {other}, der XML-Dienst {ours}. Outlook für iOS und Android fragt den JSON-Dienst. Vergleichen Sie die Server hinter dem Namen.',
  'json.missing': '',
  'domains.unread':
    'Exchange hat seine Liste der Domänen nicht gegeben: {why} Geprüft wurden nur die Domänen dieses Nodes. Geben Sie dem Konto das Cmdlet Get-AcceptedDomain (Rolle „View-Only Configuration“), oder tragen Sie die Domänen ein.',
  'domains.cut': 'Nur die ersten {n} Domänen wurden geprüft. Tragen Sie die wichtigen in einem eigenen Node ein.',
  'ews.bypassed':
    'Die EWS-Adresse ist von Hand eingetragen, Mails gehen also hinaus; für Telefone bleibt Autodiscover gestört: bringen Sie es ebenfalls in Ordnung.',
};
