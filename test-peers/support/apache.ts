/**
 * An Apache of its own with mod_auth_gssapi, over TLS: asks for Kerberos, or for NTLM, and for Basic where it may; alone, or in
 * front of a server that knows nothing of either; gone after `close()`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/free-port.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import type { CertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { listening } from './postfix.ts';
import { stopServer } from './stop-server.ts';

/** What a test sees of the server. */
export interface Apache {
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  /** A line a request: its status, and the scheme it signed in with. The last ones may come late. */
  log(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** How it is set up. */
export interface ApacheSetup {
  readonly name: string;
  /** Of its service principal, and of its realm: where it asks for Kerberos. */
  readonly keytab?: string;
  readonly krb5Conf?: string;
  /** Whom it knows: where it asks for NTLM. */
  readonly ntlm?: { readonly domain: string; readonly user: string; readonly password: string };
  /** Default 127.0.0.1 and a free port. */
  readonly host?: string;
  readonly port?: number;
  /** Who signs its certificate; default: one of its own. */
  readonly authority?: CertificateAuthority;
  /** Whom requests for a path go on to, with another sign-in. */
  readonly before?: { readonly path: string; readonly url: string; readonly authorization: string };
  /** How wrong its clock is, as faketime has it: `+20m`. */
  readonly clock?: string;
}

/** Debian's packages apache2 and libapache2-mod-auth-gssapi. */
export const APACHE_FILES = ['/usr/sbin/apache2', '/usr/lib/apache2/modules/mod_auth_gssapi.so'] as const;

const MODULES = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'auth_gssapi',
  'ssl',
  'headers',
  'setenvif',
  'proxy',
  'proxy_http',
] as const;

/**
 * Starts it. Needs root.
 * @param lines of mod_auth_gssapi, https://github.com/gssapi/mod_auth_gssapi
 */
export async function startApache(setup: ApacheSetup, lines: readonly string[] = []): Promise<Apache> {
  const { name, keytab, krb5Conf, ntlm, host = '127.0.0.1', before, clock } = setup;
  const root = await mkdtemp(join(tmpdir(), 'apache-peer-'));
  const [port, authority] = [
    setup.port ?? (await freePort()),
    setup.authority ?? (await createCertificateAuthority('Peer Root CA')),
  ];
  const { key, cert } = await authority.issue({ names: [name], ips: [host] });
  await chmod(root, 0o755);
  await mkdir(join(root, 'html'));
  await writeFile(join(root, 'html', 'index.html'), 'Come in.\n');
  await writeFile(join(root, 'key.pem'), key, { mode: 0o600 });
  await writeFile(join(root, 'cert.pem'), cert);
  const config = [
    ...MODULES.map((module) => `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`),
    `Listen ${host}:${port}`,
    `ServerName ${name}`,
    `PidFile ${root}/pid`,
    `Mutex file:${root}`,
    `ErrorLog ${root}/error.log`,
    'SetEnvIf Authorization ^(\\w+) SCHEME=$1',
    `CustomLog ${root}/access.log "%s %{SCHEME}e"`,
    `DocumentRoot ${root}/html`,
    'User www-data',
    'Group www-data',
    'SSLEngine on',
    `SSLCertificateFile ${root}/cert.pem`,
    `SSLCertificateKeyFile ${root}/key.pem`,
    '<Location />',
    'AuthType GSSAPI',
    'AuthName Exchange',
    ...(keytab === undefined ? [] : [`GssapiCredStore keytab:${keytab}`]),
    ...(ntlm === undefined ? [] : ['GssapiAllowedMech ntlmssp', 'GssapiConnectionBound On']),
    ...lines,
    'Require valid-user',
    ...(before === undefined ? [] : [`RequestHeader set Authorization "${before.authorization}"`]),
    '</Location>',
    ...(before === undefined ? [] : forwarding(before)),
  ];
  await writeFile(join(root, 'apache.conf'), `${config.join('\n')}\n`);
  // What it accepts and nothing that the machine may have besides.
  const mechanisms = join(root, 'mechanisms');
  await writeFile(
    mechanisms,
    ntlm === undefined ? '' : `gssntlmssp_v1 1.3.6.1.4.1.311.2.2.10 ${NTLM_MECHANISM ?? ''}\n`,
  );
  const env = {
    ...process.env,
    GSS_MECH_CONFIG: mechanisms,
    ...(krb5Conf === undefined ? {} : { KRB5_CONFIG: krb5Conf }),
    ...(ntlm === undefined ? {} : await ntlmIn(root, ntlm)),
    ...(clock === undefined ? {} : wrongClock(clock)),
  };
  const server = spawn('/usr/sbin/apache2', ['-X', '-f', join(root, 'apache.conf')], { stdio: 'ignore', env });
  const ended = once(server, 'exit');
  const close = async (): Promise<void> => {
    await stopServer(server, ended);
    await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await listening(port, host);
  } catch (error) {
    await close();
    throw error;
  }
  const log = async (): Promise<string[]> => (await readFile(join(root, 'access.log'), 'utf8')).trim().split('\n');
  return { port, ca: authority.ca, log, close };
}

/** Debian's package gss-ntlmssp: NTLM as a mechanism of GSSAPI. */
export const NTLM_MECHANISM = globSync('/usr/lib/*/gssntlmssp/gssntlmssp.so')[0] ?? null;

/** A file of whom it knows: gssntlmssp(8). */
async function ntlmIn(
  root: string,
  { domain, user, password }: NonNullable<ApacheSetup['ntlm']>,
): Promise<Record<string, string>> {
  const users = join(root, 'users');
  await writeFile(users, `${domain}:${user}:${password}\n`);
  return { NTLM_USER_FILE: users, NETBIOS_DOMAIN_NAME: domain, NETBIOS_COMPUTER_NAME: 'WEB' };
}

/** https://httpd.apache.org/docs/2.4/mod/mod_proxy.html */
function forwarding({ path, url }: { readonly path: string; readonly url: string }): string[] {
  return [
    'SSLProxyEngine on',
    'SSLProxyVerify none',
    'SSLProxyCheckPeerName off',
    'SSLProxyCheckPeerCN off',
    'ProxyTimeout 300',
    `ProxyPass ${path} ${url}`,
  ];
}

/** The library of Debian's package `faketime`; null where it is not installed. */
export const FAKETIME = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0] ?? null;

/** The environment of a process whose clock is wrong. */
export function wrongClock(offset: string): Record<string, string> {
  return FAKETIME === null ? {} : { LD_PRELOAD: FAKETIME, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
