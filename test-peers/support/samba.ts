/** A Samba as Active Directory domain controller: directory over LDAPS and StartTLS, and KDC; gone after `close()`. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { listening } from './postfix.ts';
import { stopServer } from './stop-server.ts';

/** What a test sees of the server. */
export interface SambaDirectory {
  readonly ldaps: string;
  /** For StartTLS. */
  readonly ldap: string;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  readonly realm: string;
  /** `CORP\reader`, and its password. */
  readonly account: { readonly username: string; readonly password: string };
  /** A krb5.conf that knows the realm. */
  readonly krb5Conf: string;
  /** Adds entries; LDIF below the configuration partition is added as it stands. */
  add(ldif: string): Promise<void>;
  /** A command of samba-tool. */
  tool(...args: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Its ports are those of an Active Directory, so it has an address of its own. */
const HOST = '127.0.0.10';
const REALM = 'CORP.EXAMPLE';
const ADMIN = 'Adm1n-Secret!';
export const READER = { username: 'CORP\\reader', password: 'R3ader-Secret!' };
/** The configuration partition. */
export const CONFIGURATION = 'CN=Configuration,DC=corp,DC=example';

const run = promisify(execFile);

/** Starts it. Needs root and Debian's packages samba-ad-dc, samba-ad-provision and ldb-tools. */
export async function startSambaDirectory(): Promise<SambaDirectory> {
  const root = await mkdtemp(join(tmpdir(), 'samba-peer-'));
  const target = join(root, 'samba');
  const conf = join(target, 'etc', 'smb.conf');
  const tool = async (...args: readonly string[]): Promise<void> => {
    await run('samba-tool', [...args], { env: { ...process.env, PATH: '/usr/bin:/bin:/usr/sbin:/sbin' } });
  };
  let close = (): Promise<void> => rm(root, { recursive: true, force: true });
  try {
    await mkdir(target);
    // What others need to know of it they may read.
    await chmod(root, 0o755);
    await tool(
      'domain',
      'provision',
      `--realm=${REALM}`,
      '--domain=CORP',
      '--server-role=dc',
      '--host-name=dc1',
      '--dns-backend=NONE',
      `--host-ip=${HOST}`,
      `--targetdir=${target}`,
      `--adminpass=${ADMIN}`,
      `--option=interfaces=${HOST}/8`,
      '--option=bind interfaces only=yes',
    );
    const authority = await createCertificateAuthority('Peer Root CA');
    const { key, cert } = await authority.issue({ names: ['dc1.corp.example'], ips: [HOST] });
    await writeFile(join(root, 'key.pem'), key, { mode: 0o600 });
    await writeFile(join(root, 'cert.pem'), cert);
    await writeFile(join(root, 'ca.pem'), authority.ca);
    for (const folder of ['pid', 'rpc']) await mkdir(join(root, folder), { mode: 0o755 });
    const own = [
      'server services = ldap, kdc',
      `pid directory = ${root}/pid`,
      `ncalrpc dir = ${root}/rpc`,
      `log file = ${root}/samba.log`,
      'tls enabled = yes',
      `tls keyfile = ${root}/key.pem`,
      `tls certfile = ${root}/cert.pem`,
      `tls cafile = ${root}/ca.pem`,
    ];
    const made = await readFile(conf, 'utf8');
    await writeFile(conf, made.replace('[global]\n', `[global]\n${own.map((line) => `\t${line}\n`).join('')}`));
    await tool('user', 'create', 'reader', READER.password, `--configfile=${conf}`);
    const krb5Conf = join(root, 'krb5.conf');
    await writeFile(
      krb5Conf,
      `[libdefaults]\n default_realm = ${REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n rdns = false\n dns_canonicalize_hostname = false\n[realms]\n ${REALM} = {\n  kdc = ${HOST}\n }\n[domain_realm]\n .corp.example = ${REALM}\n`,
    );
    const args = ['-s', conf, '--interactive', '--no-process-group', '-M', 'single'];
    const server = spawn('/usr/sbin/samba', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    const ended = once(server, 'exit');
    const gone = close;
    close = async () => {
      await stopServer(server, ended);
      await gone();
    };
    await listening(636, HOST);
    return {
      ldaps: `ldaps://${HOST}`,
      ldap: `ldap://${HOST}`,
      ca: authority.ca,
      realm: REALM,
      account: READER,
      krb5Conf,
      tool: (...given) => tool(...given, `--configfile=${conf}`),
      async add(ldif) {
        const file = join(root, 'add.ldif');
        await writeFile(file, ldif);
        await run('ldbadd', ['-H', join(target, 'private', 'sam.ldb'), file]);
      },
      close: () => close(),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
