/**
 * The page "Kerberos in a container" followed literally: its krb5.conf, its keytab, its Dockerfile and its commands, with
 * MIT's KDC as domain controller and two web servers behind a balancer as Exchange. Two things are put in place of others:
 * the image that it builds on by this machine's Debian, and our package from npm by the one that is packed here.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';
import { startExchangeServer } from '../src/lab/servers/exchange.ts';
import { labCertificate, labOrganization, labUser } from '../test/exchange/lab-exchange.ts';
import { APACHE_FILES, startApache } from './support/apache.ts';
import { Container } from './support/container.ts';
import { KDC_FILES, startKdc } from './support/kdc.ts';
import type { Kdc } from './support/kdc.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = promisify(execFile);

const PAGE = readFileSync(join(root, 'docs/kerberos.md'), 'utf8');
/** The page's blocks of a language, in order. */
const blocks = (language: string): string[] =>
  [...PAGE.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  );
const PACKAGE = '@eas-connector/node-red-exchange-connector';
const [KRB5_CONF = ''] = blocks('ini');
const [DOCKERFILE = ''] = blocks('dockerfile');
const [MAKE_KEYTAB = '', BUILD_AND_RUN = '', TRY = ''] = blocks('bash');

const REALM = 'CONTOSO.COM';
const PASSWORD = 'C0nnector Secret!';
/** Whom the page names; the second domain controller is down. */
const HOSTS = { 'dc1.contoso.com': '127.0.0.21', 'dc2.contoso.com': '127.0.0.23', 'mail.contoso.com': '127.0.0.22' };

describe('peer: the page "Kerberos in a container"', function () {
  const open: { close(): unknown }[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'kerberos-page-'));
  let container: Container;
  let kdc: Kdc;

  before(async function () {
    this.timeout(400_000);
    const isThere = [...KDC_FILES, ...APACHE_FILES, '/usr/bin/kinit'].every((file) => existsSync(file));
    const made = process.getuid?.() === 0 && isThere ? await Container.start(HOSTS) : null;
    if (made === null) {
      process.stdout.write('  skipped: it needs root, the packages of the Kerberos peers, and mounts in a namespace\n');
      this.skip();
    }
    container = made;
    open.push(container);
    kdc = await startKdc({ realm: REALM, host: HOSTS['dc1.contoso.com'] });
    open.push(kdc);
    await kdc.admin(`addprinc -pw "${PASSWORD}" connector`, 'addprinc -randkey HTTP/mail.contoso.com');
    const context = { 'krb5.conf': KRB5_CONF, 'company-ca.pem': await startExchange() };

    // 3. The keytab, on a machine with MIT Kerberos and this krb5.conf.
    await container.write('/etc/krb5.conf', KRB5_CONF);
    await container.write('/root/make-keytab', MAKE_KEYTAB);
    const said = await container.exec(`cd /root && echo "${PASSWORD}" | bash -e make-keytab`);
    assert.equal(said.code, 0, said.out);
    assert.equal((await container.exec('rm /etc/krb5.conf')).code, 0);

    // 4. The image.
    const [build, start] = BUILD_AND_RUN.trim().split('\n');
    assert.equal(build, 'docker build -t node-red-exchange .');
    await container.bind(await pack(), '/tmp/package.tgz');
    await container.build(DOCKERFILE, context, (command) => command.replace(PACKAGE, '/tmp/package.tgz'));
    const [, mounted = ''] = /-v "\$PWD\/connector\.keytab:([^:]+):ro"/.exec(start ?? '') ?? [];
    await container.bindInside('/root/connector.keytab', mounted);
  });
  after(async function () {
    this.timeout(240_000);
    for (const one of open.reverse()) await one.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Two servers behind one address, which connections go to in turn. Gives the authority of their certificates. */
  async function startExchange(): Promise<string> {
    const lab = await startExchangeServer(labOrganization(), { certificate: labCertificate, auth: ['basic'] });
    open.push(lab);
    const token = Buffer.from(`${labUser.username}:${labUser.password}`).toString('base64');
    const authority = await createCertificateAuthority('Company Root CA');
    const setup = {
      authority,
      name: 'mail.contoso.com',
      keytab: await kdc.keytab('HTTP/mail.contoso.com'),
      krb5Conf: kdc.krb5Conf,
      before: { path: '/PowerShell/', url: lab.url, authorization: `Basic ${token}` },
    };
    const servers = [await startApache(setup), await startApache(setup)];
    open.push(...servers);
    let turn = 0;
    const balancer = createServer((client) => {
      turn += 1;
      const server = connect(servers[turn % servers.length]?.port ?? 0, '127.0.0.1');
      for (const side of [client, server]) side.on('error', () => [client, server].forEach((one) => one.destroy()));
      client.pipe(server).pipe(client);
    });
    await new Promise<void>((resolve) => balancer.listen(443, HOSTS['mail.contoso.com'], resolve));
    open.push(balancer);
    return authority.ca;
  }

  async function pack(): Promise<string> {
    const { stdout } = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', scratch], {
      cwd: root,
    });
    return join(scratch, stdout.trim().split('\n').at(-1) ?? '');
  }

  for (const line of TRY.trim().split('\n')) {
    it(`succeeds with: ${line}`, async () => {
      const { code, out } = await container.exec(line.replace('docker exec node-red ', ''));
      assert.equal(code, 0, out);
    });
  }

  it('reads the organization, with the keytab and with user and password', async () => {
    const command = (TRY.trim().split('\n').at(-1) ?? '').replace('docker exec node-red ', '').replace(' --check', '');
    const read = `Get-CASMailbox --ResultSize Unlimited --json`;
    const [byKeytab, byPassword] = [
      await container.exec(`${command} ${read}`),
      await container.exec(
        `env -u KRB5_CLIENT_KTNAME -u KRB5CCNAME ${command} --username connector --password-env PASSWORD ${read}`,
        { PASSWORD },
      ),
    ];
    assert.deepEqual([byKeytab.code, byPassword.code], [0, 0], `${byKeytab.out}${byPassword.out}`);
    assert.deepEqual([byKeytab.out.trim().split('\n').length, byPassword.out], [4, byKeytab.out]);
  });

  it('says what is missing without the keytab, and after a change of the password', async () => {
    const command = (TRY.trim().split('\n').at(-1) ?? '').replace('docker exec node-red ', '');
    const without = await container.exec(`env -u KRB5_CLIENT_KTNAME KRB5CCNAME=FILE:/tmp/none ${command}`);
    assert.deepEqual([without.code, /\[ERR_HTTP_KERBEROS_TICKET\]/.test(without.out)], [1, true], without.out);
    await kdc.admin('cpw -pw An0ther-Secret! connector');
    const outdated = await container.exec(`env KRB5CCNAME=FILE:/tmp/none ${command}`);
    assert.deepEqual([outdated.code, /\[ERR_HTTP_KERBEROS_ACCOUNT\]/.test(outdated.out)], [1, true], outdated.out);
  });
});
