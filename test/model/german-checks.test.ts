/** Whole reports of a first hour in German, against the lab: what was seen, verdicts and what to do; commands stay as they are. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkExchange } from '../../src/exchange/check/check-exchange.ts';
import { checkTenant } from '../../src/graph/check/check-tenant.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import type { ExchangeServer } from '../../src/lab/servers/exchange.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { simulatedExchange } from '../../src/lab/simulated-exchange.ts';
import { checkMailAccount } from '../../src/mail/check/check-mail-account.ts';
import { SignInGate } from '../../src/mail/sign-in-gate.ts';
import { stepLines, verdictLine } from '../../src/model/check-report.ts';
import type { CheckReport } from '../../src/model/check-report.ts';
import { checkStore } from '../../src/store/check/check-store.ts';
import { labCa, labCertificate, labOrganization, labUser } from '../exchange/lab-exchange.ts';
import { enrollPhones, startGraphLab } from '../graph/graph-lab.ts';
import type { GraphLab } from '../graph/graph-lab.ts';
import { englishWordsIn } from '../support/english-words.ts';

const language = 'de';
const { signal } = new AbortController();

/** The report as the command line prints it. Fails for English outside of quotation marks; commands are in no language. */
function textOf(report: CheckReport): string {
  const lines = report.steps.flatMap((step) => stepLines(step)).concat(verdictLine(report, 'de'));
  const commands = JSON.stringify(report.steps.map(({ command = '' }) => command));
  const own = lines.filter((line) => !commands.includes(JSON.stringify(line.trim()).slice(1, -1)));
  assert.deepEqual(own.flatMap(englishWordsIn), [], lines.join('\n'));
  return lines.join('\n').replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT');
}

/** Steps after one that failed. */
const notReached = (...titles: readonly string[]): string =>
  titles.map((title) => `– ${title}: nicht erreicht\n    Erst muss ein Schritt davor in Ordnung sein.\n`).join('');

describe('a whole report in German of an Exchange', () => {
  let server: ExchangeServer;
  before(async () => {
    server = await startExchangeServer(labOrganization(), { certificate: labCertificate });
  });
  after(() => server.close());

  const check = (change: object = {}) =>
    checkExchange(
      {
        kind: 'remote-powershell',
        urls: [server.url],
        auth: 'basic',
        ...labUser,
        tls: { ca: labCa },
        operationTimeoutMs: 1_000,
        graceMs: 500,
        ...change,
      },
      { language },
    );

  it('that is in order has no English, and says what each cmdlet is for', async () => {
    const text = textOf(await check());
    assert.match(text, /^✓ Sitzung: angemeldet, Sitzung offen$/m);
    assert.match(text, /^ {2}✓ Set-CASMailbox: vorhanden\n {6}Um Geräte zu sperren und zuzulassen\.$/m);
    assert.match(text, /\n✓ bereit: Der Connector kann mit diesem Exchange arbeiten\.$/);
  });

  it('that refuses the password', async () => {
    const text = textOf(await check({ password: 'wrong' })).replace(/(gültig von|bis) \d{4}-\d\d-\d\d/g, '$1 TAG');
    assert.equal(
      text.replace(/SHA-256 [0-9A-F:]+/, 'SHA-256 …'),
      `✓ Name: eine Adresse, kein Name
    127.0.0.1 muss nicht nachgeschlagen werden.
✓ TLS: Zertifikat vertrauenswürdig
    TLSv1.3; Zertifikat von localhost für localhost, 127.0.0.1, ausgestellt von „Lab Root CA“, gültig von TAG bis TAG, SHA-256 ….
✓ Arten der Anmeldung: angeboten
    Die Antwort war 401 (Microsoft-IIS/10.0) und bietet zur Anmeldung negotiate, ntlm, basic an.
✗ Sitzung: Anmeldung abgelehnt [ERR_HTTP_AUTH]
    Die Meldung dazu: „127.0.0.1:PORT refused the sign-in by basic.“
    → Prüfen Sie Benutzername, Kennwort und Sperre, und ob das Kennwort abgelaufen ist.
      Get-User 'connector@contoso.example' | Format-List UserPrincipalName,UserAccountControl,RemotePowerShellEnabled
${notReached('Organisation', 'Sichtbereich', 'Rechte', 'Drosselungsrichtlinie', 'Uhr', 'Postfächer und Geräte', 'Dauer eines vollen Abgleichs')}✗ nicht bereit: Der Connector kann mit diesem Exchange noch nicht arbeiten; siehe Sitzung: Anmeldung abgelehnt.`,
    );
  });

  it('that is simulated has no English', async () => {
    const report = await checkExchange(
      { kind: 'simulated', exchange: simulatedExchange(labOrganization()) },
      { language },
    );
    assert.match(textOf(report), /^– TLS: trifft nicht zu\n {4}Es gibt keine Verbindung\.$/m);
  });
});

describe('a whole report in German of an MDM tenant', () => {
  let lab: GraphLab;
  before(async () => {
    lab = await startGraphLab({ now: Date.now });
    enrollPhones(lab.organization, 30);
  });
  after(() => lab.close());

  it('that is in order', async () => {
    const text = textOf(await checkTenant({ kind: 'intune', graph: lab.options }, { language }));
    assert.match(
      text,
      /^✓ Geräte: die Liste hat so viele, wie die Übersicht zählt\n {4}Die Liste hat 30 Geräte, die Übersicht zählt 30\.$/m,
    );
    assert.match(text, /\n✓ bereit: Der Connector kann mit diesem Mandanten arbeiten\.$/);
  });

  it('that refuses the secret', async () => {
    const graph = { ...lab.options, clientSecret: 'wrong' };
    assert.equal(
      textOf(await checkTenant({ kind: 'intune', graph }, { language })),
      `✗ Anmeldung: das Geheimnis ist falsch [ERR_GRAPH_AUTH]
    Die Meldung dazu: „The sign-in failed with AADSTS7000215: the client secret is wrong (its value is needed, not its id).“
    → Tragen Sie den Wert des Geheimnisses ein, nicht seine ID. Er wird einmal gezeigt, wenn es gemacht wird; sonst machen Sie ein neues.
      az ad app credential reset --id ${lab.options.clientId} --append
${notReached('Berechtigungen', 'Intune', 'Geräte', 'Uhr')}✗ nicht bereit: Der Connector kann mit diesem Mandanten noch nicht arbeiten; siehe Anmeldung: das Geheimnis ist falsch.`,
    );
  });
});

describe('a whole report in German of a mail account', () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab();
  });
  after(() => lab.close());

  it('that is in order, and of one whose password is refused', async () => {
    const { host, port, address, username, password } = lab.smtp;
    const tls = { ca: readFileSync(lab.caFile, 'utf8') };
    const check = async (given: string): Promise<string> => {
      const account = { transport: 'smtp', host, port, address, username, password: given, tls } as const;
      const how = { signal, language, gate: new SignInGate(), sendTo: address } as const;
      return textOf(await checkMailAccount({ kind: 'smtp', account }, how));
    };
    assert.match(await check(password), /\n✓ bereit: Der Connector kann mit diesem Mailkonto arbeiten\.$/);
    const text = await check('wrong');
    assert.equal(
      text.slice(text.indexOf('✗ Anmeldung')),
      `✗ Anmeldung: abgelehnt [ERR_MAIL_AUTH]
    Die Meldung dazu: „The mail server 127.0.0.1:PORT refused the sign-in: it answered "535 5.7.3 Authentication unsuccessful".“
    → Prüfen Sie Benutzer, Kennwort und Sperre des Kontos. Jeder Versuch zählt zu einer Kontosperre.
      Get-User connector@contoso.example | Format-List UserPrincipalName,UserAccountControl
✓ Grenzen: genannt
    Der Server nimmt E-Mails bis 35.840 KiB an. Er bietet zur Anmeldung LOGIN, PLAIN an. Er kennt PIPELINING, 8BITMIME, SMTPUTF8. Der Connector sendet höchstens 5 E-Mails in der Minute.
${notReached('Testmail')}✗ nicht bereit: Der Connector kann mit diesem Mailkonto noch nicht arbeiten; siehe Anmeldung: abgelehnt.`,
    );
  });
});

describe('a whole report in German of a store', () => {
  it('whose folder is not there, and one that can be made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exchange-connector-german-'));
    try {
      const check = (path: string, secrets: object) =>
        checkStore({ engine: 'sqlite', path, connection: '', secrets }, { signal, language });
      const { node, sqlite } = process.versions;
      assert.equal(
        textOf(await check(join(folder, 'none', 'store.sqlite'), { linkSecret: 'x', metricsToken: 'y' })),
        `✓ Datenbanksystem: vorhanden
    Node.js ${node} hat SQLite ${sqlite ?? ''}.
✗ Ordner: gibt es nicht [ERR_STORE_OPEN]
    ${folder}/none ist nicht da (ENOENT).
    → Berichtigen Sie den Pfad, oder legen Sie den Ordner für den Benutzer an, als der Node-RED läuft. Von selbst wird er nicht angelegt.
      mkdir -p ${folder}/none
${notReached('Datei', 'Speicher', 'Schreiben', 'Platz')}✗ Geheimnisse: zu kurz [ERR_CONFIG_INVALID]
    „Linkgeheimnis“ und „Messwert-Token“ sind kürzer als 16 Zeichen.
    → Nehmen Sie 16 zufällige Zeichen oder mehr; oder lassen Sie das Feld leer.
      openssl rand -base64 24
✗ nicht bereit: Der Connector kann hier nicht aufbewahren, was er weiß; siehe Ordner: gibt es nicht.`,
      );
      assert.match(
        textOf(await check(join(folder, 'store.sqlite'), {})),
        /^✓ Speicher: noch keiner, er wird angelegt$/m,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
