/**
 * Our sign-in by Kerberos against a real KDC (Samba) and a real web server (Apache with mod_auth_gssapi), Debian's packages,
 * through the package `kerberos`, which users install themselves. Samba's KDC is what an Active Directory has, and Heimdal's.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asConnectorError } from '../src/errors.ts';
import { HttpSession } from '../src/http/http-session.ts';
import type { HttpAuth } from '../src/http/options.ts';
import { startNameProxy } from '../test/support/stranger.ts';
import type { NameProxy } from '../test/support/stranger.ts';
import { startApache } from './support/apache.ts';
import type { Apache } from './support/apache.ts';
import { kerberosPackage } from './support/kerberos-package.ts';
import { startSambaDirectory } from './support/samba.ts';
import type { SambaDirectory } from './support/samba.ts';

const NAME = 'web.corp.example';
const run = promisify(execFile);

describe('peer: Kerberos by Samba and Apache', function () {
  let folder: string;
  let samba: SambaDirectory;
  let keytab: string;
  const open: { close(): unknown }[] = [];
  const environment = { ...process.env };

  before(async function () {
    this.timeout(240_000);
    const isThere = [
      '/usr/sbin/samba',
      '/usr/sbin/apache2',
      '/usr/lib/apache2/modules/mod_auth_gssapi.so',
      '/usr/bin/kinit',
    ];
    if (process.getuid?.() !== 0 || !isThere.every((file) => existsSync(file))) {
      process.stdout.write(
        '  skipped: it needs root and the packages "samba-ad-dc", "samba-ad-provision", "krb5-user", "apache2" and "libapache2-mod-auth-gssapi"\n',
      );
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'kerberos-peer-'));
    if (!(await kerberosPackage())) this.skip();
    samba = await startSambaDirectory();
    keytab = join(folder, 'web.keytab');
    await samba.tool('user', 'create', 'http-web', 'W3b-Secret!');
    await samba.tool('spn', 'add', `HTTP/${NAME}`, 'http-web');
    await samba.tool('domain', 'exportkeytab', keytab, `--principal=HTTP/${NAME}`);
    await chmod(folder, 0o755);
    await chmod(keytab, 0o644);
    // The library reads the environment of this process.
    process.env['KRB5_CONFIG'] = samba.krb5Conf;
  });
  after(async () => {
    for (const name of ['KRB5_CONFIG', 'KRB5CCNAME', 'KRB5_CLIENT_KTNAME'])
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    await samba?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  /** A ticket of the reader in a cache of this name. */
  const signOn = async (cache: string): Promise<string> => {
    const file = join(folder, cache);
    const kinit = spawn('kinit', ['-c', `FILE:${file}`, `reader@${samba.realm}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    kinit.stdin.end(`${samba.account.password}\n`);
    const [code] = (await once(kinit, 'exit')) as [number];
    assert.equal(code, 0);
    return `FILE:${file}`;
  };
  const web = async (lines: readonly string[] = []): Promise<{ apache: Apache; proxy: NameProxy }> => {
    const apache = await startApache({ name: NAME, keytab, krb5Conf: samba.krb5Conf }, lines);
    open.push(apache);
    const proxy = await startNameProxy({ [`${NAME}:443`]: apache.port });
    open.push(proxy);
    return { apache, proxy };
  };
  const session = ({ apache, proxy }: { apache: Apache; proxy: NameProxy }, auth: HttpAuth): HttpSession => {
    const made = new HttpSession({
      url: `https://${NAME}/index.html`,
      auth,
      tls: { ca: apache.ca },
      proxy: { url: proxy.url },
    });
    open.push(made);
    return made;
  };
  const outcome = (of: HttpSession): Promise<string> =>
    of.request({ method: 'GET' }).then(
      ({ status, body }) => `${status} ${body.toString('utf8').trim()}`,
      (error: unknown) => asConnectorError(error).code,
    );

  for (const [kept, lines] of [
    ['once a connection', ['GssapiConnectionBound On']],
    ['with each request', ['GssapiConnectionBound Off']],
  ] as const) {
    it(`signs in with a ticket ${kept}, three times in a row`, async () => {
      process.env['KRB5CCNAME'] = await signOn('good');
      const at = session(await web(lines), { method: 'kerberos' });
      assert.deepEqual(
        [await outcome(at), await outcome(at), await outcome(at)],
        ['200 Come in.', '200 Come in.', '200 Come in.'],
      );
    });
  }

  it('signs in with a keytab of the account alone', async () => {
    const own = join(folder, 'reader.keytab');
    await samba.tool('domain', 'exportkeytab', own, `--principal=reader@${samba.realm}`);
    process.env['KRB5CCNAME'] = `FILE:${join(folder, 'from-keytab')}`;
    process.env['KRB5_CLIENT_KTNAME'] = own;
    try {
      assert.equal(await outcome(session(await web(), { method: 'kerberos' })), '200 Come in.');
    } finally {
      delete process.env['KRB5_CLIENT_KTNAME'];
    }
  });

  it('signs in with user and password, by the name of a suffix that is no domain too', async () => {
    process.env['KRB5CCNAME'] = `FILE:${join(folder, 'unused')}`;
    await samba.add(
      'dn: CN=ann,CN=Users,DC=corp,DC=example\nobjectClass: user\nsAMAccountName: ann\nuserPrincipalName: ann.smith@mail.example\n',
    );
    await samba.tool('user', 'setpassword', 'ann', '--newpassword=Ann-Secret!');
    await samba.tool('user', 'enable', 'ann');
    const at = await web();
    const said: string[] = [];
    for (const account of [
      { username: 'ann', password: 'Ann-Secret!' },
      { username: 'CORP\\ann', password: 'Ann-Secret!' },
      { username: 'ann@corp.example', password: 'Ann-Secret!' },
      { username: 'ann.smith@mail.example', password: 'Ann-Secret!', realm: 'corp.example' },
      { username: 'ann', password: 'wrong' },
      { username: 'nobody', password: 'wrong' },
    ])
      said.push(await outcome(session(at, { method: 'kerberos', ...account })));
    const comeIn = '200 Come in.';
    const refused = 'ERR_HTTP_KERBEROS_ACCOUNT';
    assert.deepEqual(said, [comeIn, comeIn, comeIn, comeIn, refused, refused]);
  });

  it('says that the directory knows no such service', async () => {
    process.env['KRB5CCNAME'] = await signOn('spn');
    const at = session(await web(), { method: 'kerberos', spn: 'HTTP@elsewhere.corp.example' });
    assert.equal(await outcome(at), 'ERR_HTTP_KERBEROS_SPN');
  });

  it('says that there is no ticket', async () => {
    process.env['KRB5CCNAME'] = `FILE:${join(folder, 'none')}`;
    assert.equal(await outcome(session(await web(), { method: 'kerberos' })), 'ERR_HTTP_KERBEROS_TICKET');
  });

  it('says that the domain controller does not answer', async () => {
    const cache = await signOn('kdc');
    // A ticket of the account, and nobody to ask for one of the service.
    const away = join(folder, 'away.conf');
    await copyFile(samba.krb5Conf, away);
    await writeFile(
      away,
      `[libdefaults]\n default_realm = ${samba.realm}\n dns_lookup_kdc = false\n rdns = false\n dns_canonicalize_hostname = false\n[realms]\n ${samba.realm} = {\n  kdc = 127.0.0.11:1\n }\n[domain_realm]\n .corp.example = ${samba.realm}\n`,
    );
    process.env['KRB5CCNAME'] = cache;
    process.env['KRB5_CONFIG'] = away;
    try {
      assert.equal(await outcome(session(await web(), { method: 'kerberos' })), 'ERR_HTTP_KERBEROS_KDC');
    } finally {
      process.env['KRB5_CONFIG'] = samba.krb5Conf;
    }
  });

  it('signs in by Basic, which the web server asks the KDC about', async () => {
    const at = await web(['GssapiBasicAuth On']);
    const account = { username: `reader@${samba.realm}`, password: samba.account.password };
    assert.equal(await outcome(session(at, { method: 'basic', ...account })), '200 Come in.');
    assert.equal(await outcome(session(at, { method: 'basic', ...account, password: 'wrong' })), 'ERR_HTTP_AUTH');
  });

  it('says that the server speaks no NTLM where it wants Kerberos', async () => {
    const auth = {
      method: 'negotiate-ntlm',
      username: samba.account.username,
      password: samba.account.password,
    } as const;
    assert.equal(await outcome(session(await web(), auth)), 'ERR_HTTP_AUTH_METHOD');
  });

  it('is as curl, which signs in by the same ticket', async () => {
    const { apache } = await web();
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, apache.ca);
    const { stdout } = await run(
      'curl',
      [
        '-s',
        '--negotiate',
        '-u',
        ':',
        '--cacert',
        ca,
        '--resolve',
        `${NAME}:${apache.port}:127.0.0.1`,
        `https://${NAME}:${apache.port}/index.html`,
      ],
      { env: { ...process.env, KRB5CCNAME: await signOn('curl') } },
    );
    assert.equal(stdout.trim(), 'Come in.');
  });
});
