/** The whole report in German: verdict, steps, what was seen and what to do. */
import assert from 'node:assert/strict';
import { reportText } from '../../src/autodiscover/describe-report.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import { simulatedReport } from '../../src/autodiscover/simulated-report.ts';
import { DiscoveryLab, HOST } from './support.ts';

const lab = new DiscoveryLab();

/** Ports and days are others each time. */
function germanOf(report: AutodiscoverReport): string {
  return reportText(report, 'de')
    .replaceAll(`:${lab.server.port}`, '')
    .replaceAll(lab.internal.address, '10.0.0.53')
    .replaceAll(lab.external.address, '9.9.9.9')
    .replaceAll(`Port ${lab.server.port} `, 'Port 443 ')
    .replace(/\d{4}-\d\d-\d\d/g, '(Tag)');
}

describe('a whole report in German', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  it('of what is in order', () => {
    const report = simulatedReport({ address: 'enroll@contoso.example', at: 0 });
    assert.equal(
      reportText(report, 'de'),
      `✓ Autodiscover von contoso.example: in Ordnung
    contoso.example ist simuliert: die Clients finden ihren Weg, und niemand wurde gefragt.
  ✓ Die simulierte Organisation ansehen: in Ordnung
      Sie ist in diesem Prozess: es gibt keinen Namen nachzuschlagen und keinen Server zu fragen.
`,
    );
  });

  it('of a private authority, which is the one warning', async () => {
    await lab.start();
    lab.zone['contoso.example'] = { a: ['127.0.0.9'] };
    assert.equal(
      germanOf(await lab.check()),
      `! Autodiscover von contoso.example: funktioniert, mit Warnung
    Zertifikat einer eigenen Zertifizierungsstelle (tls.private)
    Gefunden bei https://autodiscover.contoso.example; EWS https://autodiscover.contoso.example/EWS/Exchange.asmx; ActiveSync https://autodiscover.contoso.example/Microsoft-Server-ActiveSync.
    Was zu tun ist: Signiert von „Lab Root CA“, das nicht registrierte Telefone nicht kennen. Nutzen Sie eine öffentliche Zertifizierungsstelle.
  ✓ autodiscover.contoso.example nachschlagen: in Ordnung
      autodiscover.contoso.example: innen 127.0.0.1, außen 127.0.0.99.
    ✓ Den internen DNS-Server 10.0.0.53 fragen: in Ordnung
        127.0.0.1.
    ✓ Den externen DNS-Server 9.9.9.9 fragen: in Ordnung
        127.0.0.99.
    ✓ Die interne mit der externen Sicht vergleichen: in Ordnung
        DNS antwortet innen anders als außen (dns.split)
        Innen 127.0.0.1, außen 127.0.0.99: ein übliches geteiltes DNS.
    ✓ Einen Namen unter contoso.example nachschlagen, den es nicht geben kann: in Ordnung
        Kein Platzhalter-Eintrag antwortet an seiner Stelle.
  ! autodiscover.contoso.example fragen: Warnung
      https://autodiscover.contoso.example/autodiscover/autodiscover.xml antwortet wie Exchange.
    ✓ Mit Port 443 von 127.0.0.1 verbinden: in Ordnung
        Verbunden mit 127.0.0.1.
    ! Das Zertifikat von autodiscover.contoso.example bei 127.0.0.1 lesen: Warnung
        TLSv1.3, TLS_AES_256_GCM_SHA384; „autodiscover.contoso.example“.
      ✓ Gilt es für diesen Namen?: in Ordnung
          Das Zertifikat nennt autodiscover.contoso.example.
      ! Wer vertraut ihm?: Warnung
          Zertifikat einer eigenen Zertifizierungsstelle (tls.private)
          Signiert von „Lab Root CA“; dieser Node vertraut ihm, Telefone kennen es nicht.
          Was zu tun ist: Signiert von „Lab Root CA“, das nicht registrierte Telefone nicht kennen. Nutzen Sie eine öffentliche Zertifizierungsstelle.
      ✓ Ist es heute gültig?: in Ordnung
          Gültig von (Tag) bis (Tag). Verbleibende Tage: 199.
      ✓ Ist es stark genug und für einen Server?: in Ordnung
          Schlüssel, Signatur und Zweck sind in Ordnung.
    ✓ https://autodiscover.contoso.example/autodiscover/autodiscover.xml ohne Anmeldung fragen: in Ordnung
        HTTP 401, Anmeldung mit Negotiate, NTLM, Basic. Frontend EX01.
  ✓ Die Domäne contoso.example selbst fragen: in Ordnung
      Dort ist kein Autodiscover; Clients gehen weiter. 127.0.0.9: abgelehnt.
  ! Als Benachrichtigungskonto fragen: Warnung
      EWS https://autodiscover.contoso.example/EWS/Exchange.asmx; ActiveSync https://autodiscover.contoso.example/Microsoft-Server-ActiveSync.
    ✓ Den Anmeldenamen mit der Mailadresse vergleichen: in Ordnung
        UPN und Mailadresse sind gleich.
    ✓ Anmelden und nach den Exchange-Einstellungen fragen: in Ordnung
        EWS https://autodiscover.contoso.example/EWS/Exchange.asmx (EXCH, EXPR).
    ✓ Nach den Einstellungen für Telefone fragen: in Ordnung
        ActiveSync https://autodiscover.contoso.example/Microsoft-Server-ActiveSync.
    ! Die EWS-Adresse ansehen: Warnung
        https://autodiscover.contoso.example/EWS/Exchange.asmx antwortet wie Exchange.
      ✓ Mit Port 443 von 127.0.0.1 verbinden: in Ordnung
          Verbunden mit 127.0.0.1.
      ! Das Zertifikat von autodiscover.contoso.example bei 127.0.0.1 lesen: Warnung
          TLSv1.3, TLS_AES_256_GCM_SHA384; „autodiscover.contoso.example“.
        ✓ Gilt es für diesen Namen?: in Ordnung
            Das Zertifikat nennt autodiscover.contoso.example.
        ! Wer vertraut ihm?: Warnung
            Zertifikat einer eigenen Zertifizierungsstelle (tls.private)
            Signiert von „Lab Root CA“; dieser Node vertraut ihm, Telefone kennen es nicht.
            Was zu tun ist: Signiert von „Lab Root CA“, das nicht registrierte Telefone nicht kennen. Nutzen Sie eine öffentliche Zertifizierungsstelle.
        ✓ Ist es heute gültig?: in Ordnung
            Gültig von (Tag) bis (Tag). Verbleibende Tage: 199.
        ✓ Ist es stark genug und für einen Server?: in Ordnung
            Schlüssel, Signatur und Zweck sind in Ordnung.
      ✓ https://autodiscover.contoso.example/EWS/Exchange.asmx ohne Anmeldung fragen: in Ordnung
          HTTP 401, Anmeldung mit Negotiate, NTLM. Frontend EX01.
    ! Die ActiveSync-Adresse ansehen: Warnung
        https://autodiscover.contoso.example/Microsoft-Server-ActiveSync antwortet wie Exchange.
      ✓ Mit Port 443 von 127.0.0.1 verbinden: in Ordnung
          Verbunden mit 127.0.0.1.
      ! Das Zertifikat von autodiscover.contoso.example bei 127.0.0.1 lesen: Warnung
          TLSv1.3, TLS_AES_256_GCM_SHA384; „autodiscover.contoso.example“.
        ✓ Gilt es für diesen Namen?: in Ordnung
            Das Zertifikat nennt autodiscover.contoso.example.
        ! Wer vertraut ihm?: Warnung
            Zertifikat einer eigenen Zertifizierungsstelle (tls.private)
            Signiert von „Lab Root CA“; dieser Node vertraut ihm, Telefone kennen es nicht.
            Was zu tun ist: Signiert von „Lab Root CA“, das nicht registrierte Telefone nicht kennen. Nutzen Sie eine öffentliche Zertifizierungsstelle.
        ✓ Ist es heute gültig?: in Ordnung
            Gültig von (Tag) bis (Tag). Verbleibende Tage: 199.
        ✓ Ist es stark genug und für einen Server?: in Ordnung
            Schlüssel, Signatur und Zweck sind in Ordnung.
      ✓ https://autodiscover.contoso.example/Microsoft-Server-ActiveSync ohne Anmeldung fragen: in Ordnung
          HTTP 401, Anmeldung mit Basic. Frontend EX01.
  ? autodiscover.contoso.example so ansehen, wie es von außen zu sehen ist: unklar
      Außen 127.0.0.99, innen 127.0.0.1.
    ? Mit 127.0.0.99 verbinden: unklar
        öffentliche Adresse von innen nicht erreicht (outside.unreachable)
        127.0.0.99 ist von innen nicht erreichbar (abgelehnt).
        Was zu tun ist: Das sagt nichts über Telefone außen: viele Firewalls leiten solche Verbindungen nicht zurück. Sehen Sie autodiscover.contoso.example mit einem Telefon in seinem eigenen Netz an, oder mit dem Remote Connectivity Analyzer.
  ✓ Mit den anderen Diensten von Autodiscover vergleichen: in Ordnung
      Nur verglichen: Telefone und dieser Connector fragen keinen von beiden.
    ✓ Den SOAP-Dienst fragen: in Ordnung
        SOAP gibt dasselbe: https://autodiscover.contoso.example/EWS/Exchange.asmx.
    ✓ Den JSON-Dienst fragen: in Ordnung
        JSON gibt dasselbe: https://autodiscover.contoso.example/Microsoft-Server-ActiveSync.
`,
    );
  });

  it('of a name that is missing inside', async () => {
    await lab.start();
    delete lab.zone[HOST];
    assert.equal(
      germanOf(await lab.check()),
      `✗ Autodiscover von contoso.example: gestört
    kein DNS-Name innen (dns.internal.missing)
    Den internen DNS-Server 10.0.0.53 fragen: autodiscover.contoso.example gibt es nicht.
    Was zu tun ist: Outlook auf Domänen-PCs funktioniert, weil es den SCP nutzt. Geräte und dieser Dienst nutzen DNS. Legen Sie autodiscover.contoso.example in der internen Zone an (A oder CNAME auf Ihren Exchange-Namen) oder als eigene Zone nur für diesen Namen.
  ✗ autodiscover.contoso.example nachschlagen: Fehler
      autodiscover.contoso.example: innen nicht vorhanden, außen 127.0.0.99.
    ✗ Den internen DNS-Server 10.0.0.53 fragen: Fehler
        kein DNS-Name innen (dns.internal.missing)
        autodiscover.contoso.example gibt es nicht.
        Was zu tun ist: Outlook auf Domänen-PCs funktioniert, weil es den SCP nutzt. Geräte und dieser Dienst nutzen DNS. Legen Sie autodiscover.contoso.example in der internen Zone an (A oder CNAME auf Ihren Exchange-Namen) oder als eigene Zone nur für diesen Namen.
    ✓ Den externen DNS-Server 9.9.9.9 fragen: in Ordnung
        127.0.0.99.
    – Die interne mit der externen Sicht vergleichen: übersprungen
        Nur eine Sicht hat Adressen.
  – autodiscover.contoso.example fragen: übersprungen
      Hier hat es keine Adresse.
  – Die Domäne contoso.example selbst fragen: übersprungen
      contoso.example hat hier keine Adresse (nicht vorhanden).
  – http://autodiscover.contoso.example:1/autodiscover/autodiscover.xml nach einer Umleitung fragen: übersprungen
      autodiscover.contoso.example hat hier keine Adresse.
  – Den SRV-Eintrag _autodiscover._tcp.contoso.example nachschlagen: übersprungen
      Es gibt keinen.
  – Als Benachrichtigungskonto fragen: übersprungen
      Kein Autodiscover-Dienst wurde gefunden.
  ? autodiscover.contoso.example so ansehen, wie es von außen zu sehen ist: unklar
      Außen 127.0.0.99, innen nichts.
    ? Mit 127.0.0.99 verbinden: unklar
        öffentliche Adresse von innen nicht erreicht (outside.unreachable)
        127.0.0.99 ist von innen nicht erreichbar (abgelehnt).
        Was zu tun ist: Das sagt nichts über Telefone außen: viele Firewalls leiten solche Verbindungen nicht zurück. Sehen Sie autodiscover.contoso.example mit einem Telefon in seinem eigenen Netz an, oder mit dem Remote Connectivity Analyzer.
`,
    );
  });

  it('of a redirect to somebody else, which nobody followed', async () => {
    await lab.start();
    lab.server.faults.anonymous = { status: 302, headers: { Location: 'https://mail.evil.example/' } };
    assert.equal(
      germanOf(await lab.check()),
      `? Autodiscover von contoso.example: nicht nachgewiesen
    Umleitung ist zu bestätigen (redirect.confirm)
    Der Umleitung folgen: Umgeleitet zu mail.evil.example.
    Was zu tun ist: Eine Umleitung führt zu mail.evil.example. Dorthin wurde nichts gesendet. Tragen Sie mail.evil.example bei den erlaubten Umleitungen ein, sobald Sie wissen, dass es Ihnen gehört.
  ✓ autodiscover.contoso.example nachschlagen: in Ordnung
      autodiscover.contoso.example: innen 127.0.0.1, außen 127.0.0.99.
    ✓ Den internen DNS-Server 10.0.0.53 fragen: in Ordnung
        127.0.0.1.
    ✓ Den externen DNS-Server 9.9.9.9 fragen: in Ordnung
        127.0.0.99.
    ✓ Die interne mit der externen Sicht vergleichen: in Ordnung
        DNS antwortet innen anders als außen (dns.split)
        Innen 127.0.0.1, außen 127.0.0.99: ein übliches geteiltes DNS.
    ✓ Einen Namen unter contoso.example nachschlagen, den es nicht geben kann: in Ordnung
        Kein Platzhalter-Eintrag antwortet an seiner Stelle.
  ! autodiscover.contoso.example fragen: Warnung
      Kein Exchange-Dienst an https://autodiscover.contoso.example/autodiscover/autodiscover.xml.
    ✓ Mit Port 443 von 127.0.0.1 verbinden: in Ordnung
        Verbunden mit 127.0.0.1.
    ! Das Zertifikat von autodiscover.contoso.example bei 127.0.0.1 lesen: Warnung
        TLSv1.3, TLS_AES_256_GCM_SHA384; „autodiscover.contoso.example“.
      ✓ Gilt es für diesen Namen?: in Ordnung
          Das Zertifikat nennt autodiscover.contoso.example.
      ! Wer vertraut ihm?: Warnung
          Zertifikat einer eigenen Zertifizierungsstelle (tls.private)
          Signiert von „Lab Root CA“; dieser Node vertraut ihm, Telefone kennen es nicht.
          Was zu tun ist: Signiert von „Lab Root CA“, das nicht registrierte Telefone nicht kennen. Nutzen Sie eine öffentliche Zertifizierungsstelle.
      ✓ Ist es heute gültig?: in Ordnung
          Gültig von (Tag) bis (Tag). Verbleibende Tage: 199.
      ✓ Ist es stark genug und für einen Server?: in Ordnung
          Schlüssel, Signatur und Zweck sind in Ordnung.
    ✓ https://autodiscover.contoso.example/autodiscover/autodiscover.xml ohne Anmeldung fragen: in Ordnung
        Es leitet um.
    ! Der Umleitung folgen: Warnung
        Umleitung ist zu bestätigen (redirect.confirm)
        Umgeleitet zu mail.evil.example.
        Was zu tun ist: Eine Umleitung führt zu mail.evil.example. Dorthin wurde nichts gesendet. Tragen Sie mail.evil.example bei den erlaubten Umleitungen ein, sobald Sie wissen, dass es Ihnen gehört.
  – Die Domäne contoso.example selbst fragen: übersprungen
      contoso.example hat hier keine Adresse (ohne Adresse).
  – http://autodiscover.contoso.example:1/autodiscover/autodiscover.xml nach einer Umleitung fragen: übersprungen
      Keine Antwort auf unverschlüsseltem HTTP (ECONNREFUSED).
  – Den SRV-Eintrag _autodiscover._tcp.contoso.example nachschlagen: übersprungen
      Es gibt keinen.
  – Als Benachrichtigungskonto fragen: übersprungen
      Kein Autodiscover-Dienst wurde gefunden.
  ? autodiscover.contoso.example so ansehen, wie es von außen zu sehen ist: unklar
      Außen 127.0.0.99, innen 127.0.0.1.
    ? Mit 127.0.0.99 verbinden: unklar
        öffentliche Adresse von innen nicht erreicht (outside.unreachable)
        127.0.0.99 ist von innen nicht erreichbar (abgelehnt).
        Was zu tun ist: Das sagt nichts über Telefone außen: viele Firewalls leiten solche Verbindungen nicht zurück. Sehen Sie autodiscover.contoso.example mit einem Telefon in seinem eigenen Netz an, oder mit dem Remote Connectivity Analyzer.
`,
    );
  });
});
