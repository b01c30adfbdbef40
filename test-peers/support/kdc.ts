/** A KDC of MIT Kerberos with a realm of its own on a loopback address of its own; gone after `close()`. */
import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { wrongClock } from './apache.ts';
import { listening } from './postfix.ts';
import { stopServer } from './stop-server.ts';

/** What a test sees of the server. */
export interface Kdc {
  readonly realm: string;
  readonly host: string;
  /** A krb5.conf that knows the realm. */
  readonly krb5Conf: string;
  /** A folder that everybody may read. */
  readonly folder: string;
  /** Commands of kadmin.local, https://web.mit.edu/kerberos/krb5-latest/doc/admin/admin_commands/kadmin_local.html */
  admin(...queries: readonly string[]): Promise<void>;
  /** A keytab with the keys of a principal as they are now. */
  keytab(principal: string): Promise<string>;
  /** Ends the server, as a crash does. */
  stop(): Promise<void>;
  /** @param clock how wrong its clock is, as faketime has it: `+20m` */
  start(clock?: string): Promise<void>;
  close(): Promise<void>;
}

/** Programs and modules it needs; Debian's packages krb5-kdc and krb5-admin-server. */
export const KDC_FILES = ['/usr/sbin/krb5kdc', '/usr/sbin/kadmin.local', '/usr/sbin/kdb5_util'] as const;

const run = promisify(execFile);

/**
 * Starts it on port 88, where clients look for it.
 * @param host a loopback address that nobody else uses
 */
export async function startKdc({ realm, host }: { readonly realm: string; readonly host: string }): Promise<Kdc> {
  const folder = await mkdtemp(join(tmpdir(), 'kdc-peer-'));
  const krb5Conf = join(folder, 'krb5.conf');
  const domain = realm.toLowerCase();
  await chmod(folder, 0o755);
  await writeFile(
    krb5Conf,
    `[libdefaults]\n default_realm = ${realm}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n rdns = false\n dns_canonicalize_hostname = false\n[realms]\n ${realm} = {\n  kdc = ${host}\n }\n[domain_realm]\n .${domain} = ${realm}\n`,
  );
  const profile = join(folder, 'kdc.conf');
  await writeFile(
    profile,
    `[kdcdefaults]\n kdc_listen = ${host}:88\n kdc_tcp_listen = ${host}:88\n[realms]\n ${realm} = {\n  database_name = ${folder}/principal\n  key_stash_file = ${folder}/stash\n  acl_file = ${folder}/acl\n  max_renewable_life = 7d\n  supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal\n  default_principal_flags = +preauth\n }\n[logging]\n kdc = FILE:${folder}/kdc.log\n`,
  );
  const env = { ...process.env, KRB5_CONFIG: krb5Conf, KRB5_KDC_PROFILE: profile };
  const admin = async (...queries: readonly string[]): Promise<void> => {
    for (const query of queries) {
      const { stderr } = await run('kadmin.local', ['-r', realm, '-q', query], { env });
      if (/^(?:\w+: |.*\bwhile )/m.test(stderr.replace(/^No policy specified.*$/gm, ''))) throw new Error(stderr);
    }
  };
  let ended: Promise<unknown> = Promise.resolve();
  let stop = async (): Promise<void> => undefined;
  const start = async (clock?: string): Promise<void> => {
    const server = spawn('krb5kdc', ['-n', '-r', realm, '-P', join(folder, 'pid')], {
      stdio: 'ignore',
      env: { ...env, ...(clock === undefined ? {} : wrongClock(clock)) },
    });
    ended = once(server, 'exit');
    stop = async () => {
      await stopServer(server, ended);
    };
    await listening(88, host);
  };
  let made = 0;
  const close = async (): Promise<void> => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await run('kdb5_util', ['create', '-r', realm, '-s', '-P', 'Master-Secret!'], { env });
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    realm,
    host,
    krb5Conf,
    folder,
    admin,
    async keytab(principal) {
      made += 1;
      const file = join(folder, `${made}.keytab`);
      await admin(`ktadd -norandkey -k ${file} ${principal}`);
      await chmod(file, 0o644);
      return file;
    },
    stop: () => stop(),
    start,
    close,
  };
}

/** Somebody at the KDC's address who takes every request and says nothing, as behind a firewall that drops answers. */
export async function startSilence(host: string): Promise<{ close(): Promise<void> }> {
  const [udp, tcp] = [createSocket('udp4'), createServer()];
  udp.bind(88, host);
  await new Promise<void>((resolve) => tcp.listen(88, host, resolve));
  const open = new Set<Socket>();
  tcp.on('connection', (socket) => open.add(socket.on('error', () => undefined)));
  return {
    async close() {
      for (const socket of open) socket.destroy();
      udp.close();
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
}
