/** An Apache of its own with mod_auth_gssapi, over TLS: asks for Kerberos, and for Basic where it may; gone after `close()`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/free-port.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { listening } from './postfix.ts';

/** What a test sees of the server. */
export interface Apache {
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  close(): Promise<void>;
}

const MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_gssapi', 'ssl'] as const;

/**
 * Starts it. Needs root and Debian's packages apache2 and libapache2-mod-auth-gssapi.
 * @param keytab of its service principal
 * @param lines of mod_auth_gssapi, https://github.com/gssapi/mod_auth_gssapi
 */
export async function startApache(
  { name, keytab, krb5Conf }: { readonly name: string; readonly keytab: string; readonly krb5Conf: string },
  lines: readonly string[] = [],
): Promise<Apache> {
  const root = await mkdtemp(join(tmpdir(), 'apache-peer-'));
  const [port, authority] = [await freePort(), await createCertificateAuthority('Peer Root CA')];
  const { key, cert } = await authority.issue({ names: [name] });
  await chmod(root, 0o755);
  await mkdir(join(root, 'html'));
  await writeFile(join(root, 'html', 'index.html'), 'Come in.\n');
  await writeFile(join(root, 'key.pem'), key, { mode: 0o600 });
  await writeFile(join(root, 'cert.pem'), cert);
  const config = [
    ...MODULES.map((module) => `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`),
    `Listen 127.0.0.1:${port}`,
    `ServerName ${name}`,
    `PidFile ${root}/pid`,
    `Mutex file:${root}`,
    `ErrorLog ${root}/error.log`,
    `DocumentRoot ${root}/html`,
    'User www-data',
    'Group www-data',
    'SSLEngine on',
    `SSLCertificateFile ${root}/cert.pem`,
    `SSLCertificateKeyFile ${root}/key.pem`,
    '<Location />',
    'AuthType GSSAPI',
    'AuthName Exchange',
    `GssapiCredStore keytab:${keytab}`,
    ...lines,
    'Require valid-user',
    '</Location>',
  ];
  await writeFile(join(root, 'apache.conf'), `${config.join('\n')}\n`);
  const server = spawn('/usr/sbin/apache2', ['-X', '-f', join(root, 'apache.conf')], {
    stdio: 'ignore',
    env: { ...process.env, KRB5_CONFIG: krb5Conf },
  });
  const ended = once(server, 'exit');
  const close = async (): Promise<void> => {
    if (server.exitCode === null) server.kill('SIGTERM');
    await ended;
    await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await listening(port);
  } catch (error) {
    await close();
    throw error;
  }
  return { port, ca: authority.ca, close };
}
