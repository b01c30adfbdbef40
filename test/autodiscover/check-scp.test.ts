import assert from 'node:assert/strict';
import type { AutodiscoverCheckOptions } from '../../src/autodiscover/check-autodiscover.ts';
import { checkDomains } from '../../src/autodiscover/check-domains.ts';
import { stepFrom } from '../../src/autodiscover/report.ts';
import { readScps, type DirectoryReading } from '../../src/autodiscover/scp-directory.ts';
import { POINTER_KEYWORD, URL_KEYWORD } from '../../src/autodiscover/scp-rules.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import {
  startDirectoryServer,
  type DirectoryEntry,
  type DirectoryServer,
  type DirectoryServerOptions,
} from '../support/directory-server.ts';
import { DiscoveryLab, DOMAIN, gist, HOST, stepOf } from './support.ts';
import { whileLimitsStand } from '../support/put-forward.ts';
import { passTurns } from '../support/turns.ts';

const READER = 'CONTOSO\\reader';
const SECRET = 'D1rectory-Secret!';
const DC = `dc1.${DOMAIN}`;
const lab = new DiscoveryLab();

describe('Autodiscover check: what the directory tells Outlook', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  async function directory(
    entries: readonly DirectoryEntry[],
    options: Partial<DirectoryServerOptions> = {},
  ): Promise<DirectoryServer> {
    const certificate = await lab.authority.issue({ names: [DC], ips: ['127.0.0.1'] });
    return lab.keep(await startDirectoryServer({ certificate, entries, ...options }));
  }

  const scpAt = ({ url }: { url: string }, site?: string): Partial<AutodiscoverCheckOptions> => ({
    scp: { url, username: READER, password: SECRET, ...(site === undefined ? {} : { site }) },
  });
  const address = (...bindings: string[]): DirectoryEntry => ({ keywords: [URL_KEYWORD], bindings });
  /** What was found beside what every check of the lab finds. */
  const found = async (options: Partial<AutodiscoverCheckOptions>) => {
    const { overall, verdicts } = gist(await lab.check(options));
    return [overall, verdicts.filter((verdict) => verdict !== 'tls.private')];
  };

  it('is asked by LDAPS, last of all, and changes nothing where it agrees with the DNS', async () => {
    await lab.start();
    const dc = await directory([address(lab.url)]);
    const report = await lab.check(scpAt(dc));
    assert.deepEqual(
      [report.overall, report.steps.at(-1)?.id, stepOf(report, 'scp.url.1')?.seen, dc.binds],
      ['warning', 'scp', 'It is the address that phones find too.', [READER]],
    );
    assert.equal((await lab.check()).overall, 'warning');
  });

  it('is asked by StartTLS, and the password never in clear', async () => {
    await lab.start();
    const dc = await directory([address(lab.url)], { scheme: 'ldap' });
    assert.deepEqual(await found(scpAt(dc)), ['warning', []]);
    assert.deepEqual(
      [dc.binds, dc.clear().includes(SECRET), dc.clear().includes('reader'), dc.secure().includes(SECRET)],
      [[READER], false, false, true],
    );
  });

  it('explains why Outlook works while the connector and the phones do not, and makes nothing better (row 2)', async () => {
    await lab.start({ names: [`mail.${DOMAIN}`] });
    delete lab.zone[HOST];
    lab.zone[`mail.${DOMAIN}`] = { a: ['127.0.0.1'] };
    const dc = await directory([address(`https://mail.${DOMAIN}:${lab.server.port}/Autodiscover/Autodiscover.xml`)]);
    const report = await lab.check(scpAt(dc));
    assert.deepEqual(
      [report.overall, report.verdict, report.found.by, gist(report).verdicts],
      ['broken', 'dns.internal.missing', null, ['dns.internal.missing', 'scp.explains']],
    );
    assert.match(
      stepOf(report, 'scp.explains')?.remedy ?? '',
      /^Outlook on domain computers works by the directory alone/,
    );
    // Looked at, and not signed in: nobody but a way that phones go gets the password.
    assert.deepEqual(
      lab.server.requests.map(({ signIn }) => signIn),
      [null],
    );
  });

  it('warns of an entry that leads to a dead server, to plain http, to nothing, or to another site (row 37)', async () => {
    await lab.start();
    lab.zone[`old.${DOMAIN}`] = { a: ['127.0.0.9'] };
    const table: readonly (readonly [DirectoryEntry, string])[] = [
      [address(`https://old.${DOMAIN}/Autodiscover/Autodiscover.xml`), 'scp.dead'],
      [address(`https://gone.${DOMAIN}/Autodiscover/Autodiscover.xml`), 'scp.dead'],
      [address(`http://${HOST}/Autodiscover/Autodiscover.xml`), 'scp.insecure'],
      [address(`https://user:pw@${HOST}/Autodiscover/Autodiscover.xml`), 'scp.insecure'],
      [address('not an address'), 'scp.insecure'],
      [address(), 'scp.empty'],
      [{ keywords: [URL_KEYWORD, 'Site=Rome'], bindings: [lab.url] }, 'scp.other-site'],
    ];
    for (const [entry, verdict] of table)
      assert.deepEqual(await found(scpAt(await directory([entry]), 'Berlin')), ['warning', [verdict]], verdict);
  });

  it('warns of a server whose certificate lacks its name (row 37)', async () => {
    await lab.start();
    lab.zone[`ex01.${DOMAIN}`] = { a: ['127.0.0.1'] };
    const dc = await directory([address(`https://ex01.${DOMAIN}:${lab.server.port}/Autodiscover/Autodiscover.xml`)]);
    const report = await lab.check(scpAt(dc));
    assert.equal(report.overall, 'warning');
    assert.match(stepOf(report, 'scp.url.1')?.seen ?? '', /The certificate of ex01\.contoso\.example lists/);
  });

  it('contacts no host of somebody else until it is confirmed', async () => {
    await lab.start();
    const evil = await lab.frontEnd({ names: ['mail.evil.example'], host: '127.0.0.2' });
    lab.zone['mail.evil.example'] = { a: ['127.0.0.2'] };
    const dc = await directory([address(`https://mail.evil.example:${evil.port}/Autodiscover/Autodiscover.xml`)]);
    assert.deepEqual(await found(scpAt(dc)), ['warning', ['scp.confirm']]);
    assert.deepEqual(evil.requests, []);
    assert.deepEqual(await found({ ...scpAt(dc), allowedRedirects: ['evil.example'] }), ['warning', []]);
    assert.deepEqual(
      evil.requests.map(({ signIn }) => signIn),
      [null],
    );
  });

  // ── pointers ──────────────────────────────────────────────────────────────

  const pointer = (to: string, ...keywords: string[]): DirectoryEntry => ({
    keywords: [POINTER_KEYWORD, ...keywords],
    bindings: [`LDAP://${to}`],
  });

  it('follows a pointer for its domain to a directory of its own names, by TLS as well', async () => {
    await lab.start();
    const certificate = await lab.authority.issue({ names: [`dc.other.${DOMAIN}`] });
    const first = await directory([pointer(`dc.other.${DOMAIN}`, `Domain=${DOMAIN}`), address('https://old.example/')]);
    const second = await directory([address(lab.url)], { certificate, host: '127.0.0.2', port: first.port });
    lab.zone[`dc.other.${DOMAIN}`] = { a: ['127.0.0.2'] };
    assert.deepEqual(await found(scpAt(first)), ['warning', []]);
    assert.deepEqual([first.binds, second.binds], [[READER], [READER]]);
  });

  it('asks the directory that a bare pointer names only where there is no address', async () => {
    await lab.start();
    const certificate = await lab.authority.issue({ names: [`dc.other.${DOMAIN}`] });
    lab.zone[`dc.other.${DOMAIN}`] = { a: ['127.0.0.2'] };
    const first = await directory([pointer(`dc.other.${DOMAIN}`), address(lab.url)]);
    const second = await directory([address(lab.url)], { certificate, host: '127.0.0.2', port: first.port });
    await lab.check(scpAt(first));
    assert.deepEqual(second.binds, []);
    const bare = await directory([pointer(`dc.other.${DOMAIN}`)]);
    const third = await directory([address(lab.url)], { certificate, host: '127.0.0.2', port: bare.port });
    assert.deepEqual(await found(scpAt(bare)), ['warning', []]);
    assert.deepEqual(third.binds, [READER]);
  });

  it('sends no password to a directory of somebody else, or to an address inside this host', async () => {
    await lab.start();
    const first = await directory([pointer('dc.evil.example', `Domain=${DOMAIN}`)]);
    const certificate = await lab.authority.issue({ names: ['dc.evil.example'] });
    const evil = await directory([], { certificate, host: '127.0.0.2', port: first.port });
    lab.zone['dc.evil.example'] = { a: ['127.0.0.2'] };
    assert.deepEqual(await found(scpAt(first)), ['warning', ['scp.pointer']]);
    lab.zone[`dc.inside.${DOMAIN}`] = { a: ['127.0.0.2'] };
    const inside = await directory([pointer(`dc.inside.${DOMAIN}`, `Domain=${DOMAIN}`)], { port: 0 });
    const report = await lab.check({ ...scpAt(inside), allowLoopback: false, externalResolvers: [] });
    assert.equal(stepOf(report, 'scp.pointer')?.verdict, 'scp.pointer');
    assert.deepEqual([evil.connections(), evil.binds], [0, []]);
  });

  it('ends pointers that go in circles', async () => {
    await lab.start();
    const certificate = await lab.authority.issue({ names: [DC, `dc2.${DOMAIN}`], ips: ['127.0.0.1'] });
    const own = [`Domain=${DOMAIN}`];
    const dc = await directory([pointer(`dc2.${DOMAIN}`, ...own)], { certificate });
    lab.zone[`dc2.${DOMAIN}`] = { a: ['127.0.0.1'] };
    assert.deepEqual(await found(scpAt(dc)), ['warning', ['scp.loop']]);
    assert.equal(dc.connections(), 2);
  });

  // ── what cannot be read ───────────────────────────────────────────────────

  it('cannot say anything where the directory is not read, whatever the reason, and the rest stands (row 38)', async () => {
    await lab.start();
    const stranger = await (await createCertificateAuthority('Other CA')).issue({ names: [DC], ips: ['127.0.0.1'] });
    const wrongName = await lab.authority.issue({ names: ['dc1.elsewhere.example'] });
    const table: readonly (readonly [string, Partial<DirectoryServerOptions>, string])[] = [
      ['a wrong password', { bindCode: 49 }, 'scp.account'],
      ['an account without rights', { bindCode: 50 }, 'scp.account'],
      ['a server that is busy', { bindCode: 51 }, 'scp.ldap'],
      ['an unknown authority', { certificate: stranger }, 'scp.tls'],
      ['a certificate for another name', { certificate: wrongName }, 'scp.tls'],
      ['an unknown authority after StartTLS', { scheme: 'ldap', certificate: stranger }, 'scp.tls'],
      ['another name after StartTLS', { scheme: 'ldap', certificate: wrongName }, 'scp.tls'],
      ['no StartTLS', { scheme: 'ldap', startTlsCode: 2 }, 'scp.tls'],
      ['an end right after StartTLS', { scheme: 'ldap', endsAfterTls: true }, 'scp.ldap'],
      ['silence', { silent: true }, 'scp.ldap'],
    ];
    /** What a check tells beside the directory. */
    const others = new Set<string>();
    for (const [what, options, verdict] of table) {
      const dc = await directory([address(lab.url)], options);
      const told = new Set<string>();
      const check = () =>
        lab.check({ ...scpAt(dc), timeouts: { stepMs: 20_000 }, onStep: ({ id }) => void told.add(id) });
      // Silence is waited for until everything else has its answer.
      const untilSilent = async (pass: (ms: number) => void): Promise<void> => {
        while (![...others].every((id) => told.has(id)) || dc.connections() === 0) await passTurns(1);
        pass(20_000);
      };
      const report = options.silent === true ? await whileLimitsStand(check, untilSilent) : await check();
      for (const id of told) if (!id.startsWith('scp')) others.add(id);
      assert.deepEqual(
        [report.overall, report.verdict, report.found.by, dc.binds, dc.clear().includes(SECRET)],
        ['unknown', verdict, 'autodiscover', [], false],
        what,
      );
      // Once: another try counts towards a lock-out, and a new connection would not be TLS.
      assert.ok(dc.connections() <= 1, `${what}: ${dc.connections()} connections`);
      assert.equal(JSON.stringify(report).includes(SECRET), false, what);
    }
  });

  it('names a wrong address, nobody to ask as, and a directory where nothing listens', async () => {
    await lab.start();
    for (const [url, username] of [
      ['https://dc1.contoso.example', READER],
      ['ldaps://127.0.0.1:9', READER],
      ['ldaps://127.0.0.1:9', ''],
    ] as const)
      assert.deepEqual(await found({ scp: { url, username, password: SECRET } }), ['unknown', ['scp.ldap']]);
  });

  it('is not read without the package, or with one whose connections are not in our hands', async () => {
    await lab.start();
    const dc = await directory([address(lab.url)]);
    const door = { url: dc.url, username: READER, password: SECRET };
    const options = { ca: [lab.authority.ca], signal: new AbortController().signal, timeoutMs: 1_000 };
    const remedyIn = (reading: DirectoryReading): string =>
      'finding' in reading ? (stepFrom('scp.read', null, reading.finding, 0).remedy ?? '') : '';
    const missing = await readScps(door, options, async () => null);
    assert.match(remedyIn(missing), /^The directory was not read: .*npm install ldapts/);
    class Old {
      async search(): Promise<object> {
        return { searchEntries: [] };
      }
      bind = assert.fail;
    }
    const old = await readScps(door, options, async () => ({ Client: Old as never }));
    assert.match(remedyIn(old), /^The directory was not read: .*ldapts 9\.2 or later/);
    assert.equal(dc.connections(), 0);
  });

  it('is signed in to once for all domains', async () => {
    await lab.start();
    const dc = await directory([address(lab.url)], { bindCode: 49 });
    const report = await checkDomains({
      domain: DOMAIN,
      internalResolvers: [lab.internal.address],
      tls: { ca: lab.authority.ca },
      httpsPort: lab.server.port,
      httpPort: 1,
      allowLoopback: true,
      ...scpAt(dc),
      domains: { listed: ['fabrikam.example', 'northwind.example'], accepted: null },
    });
    assert.deepEqual(
      report.domains?.map((one) => stepOf(one, 'scp.read')?.verdict),
      ['scp.account', 'scp.account', 'scp.account'],
    );
    assert.equal(dc.connections(), 1);
  });
});
