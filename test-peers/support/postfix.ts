/** A Postfix of its own: scratch folder, a free loopback port, STARTTLS, mailboxes as Maildir; gone after `close()`. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../scripts/free-port.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { stopServer } from './stop-server.ts';

/** What a test sees of the server. */
export interface Postfix {
  readonly port: number;
  /** With TLS from the first byte. */
  readonly tlsPort: number;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  /** The mails in a mailbox, as delivered; waits until there are `count`, 100 s at most. */
  mails(mailbox: string, count: number): Promise<Buffer[]>;
  close(): Promise<void>;
}

/** Services of master.cf without chroot, https://www.postfix.org/master.5.html. */
const SERVICES = `cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`;

/**
 * Starts Postfix. Needs root and Debian's package "postfix".
 * @param mailboxes addresses that it delivers to; every other one is unknown
 * @param settings lines of main.cf, https://www.postfix.org/postconf.5.html
 */
export async function startPostfix(mailboxes: readonly string[], settings: readonly string[] = []): Promise<Postfix> {
  const root = await mkdtemp(join(tmpdir(), 'postfix-peer-'));
  const [port, tlsPort, authority] = [
    await freePort(),
    await freePort(),
    await createCertificateAuthority('Peer Root CA'),
  ];
  const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  const [config, boxes] = [join(root, 'etc'), join(root, 'boxes')];
  await chmod(root, 0o755);
  for (const folder of ['etc', 'queue', 'data', 'boxes']) await mkdir(join(root, folder));
  await chown(boxes, 65_534, 65_534);
  execFileSync('chown', ['postfix', join(root, 'data')]);
  await writeFile(join(root, 'tls.pem'), `${certificate.key}\n${certificate.cert}`, { mode: 0o600 });
  const table = mailboxes.map((mailbox) => `${mailbox}=${mailbox}/`).join(', ');
  const main = [
    'compatibility_level = 3.6',
    `queue_directory = ${root}/queue`,
    `data_directory = ${root}/data`,
    `maillog_file_prefixes = ${root}`,
    `maillog_file = ${root}/mail.log`,
    'myhostname = mx.contoso.example',
    'mydestination =',
    'inet_interfaces = 127.0.0.1',
    'inet_protocols = ipv4',
    'mynetworks =',
    'alias_maps =',
    'virtual_mailbox_domains = contoso.example',
    `virtual_mailbox_base = ${boxes}`,
    `virtual_mailbox_maps = inline:{ ${table} }`,
    'virtual_uid_maps = static:65534',
    'virtual_gid_maps = static:65534',
    'smtpd_tls_security_level = may',
    `smtpd_tls_chain_files = ${root}/tls.pem`,
    'smtpd_relay_restrictions = reject_unauth_destination',
    ...settings,
  ];
  await writeFile(join(config, 'main.cf'), `${main.join('\n')}\n`);
  await writeFile(
    join(config, 'master.cf'),
    `127.0.0.1:${port} inet n - n - - smtpd\n127.0.0.1:${tlsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n${SERVICES}`,
  );
  execFileSync('/usr/sbin/postfix', ['-c', config, 'check'], { stdio: 'ignore' });
  const master = spawn('/usr/lib/postfix/sbin/master', ['-c', config, '-d'], { stdio: 'ignore', detached: true });
  const ended = once(master, 'exit');
  const close = async (): Promise<void> => {
    await stopServer(master, ended);
    await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await listening(port);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port,
    tlsPort,
    ca: authority.ca,
    mails: (mailbox, count) => arrived(join(boxes, mailbox, 'new'), count),
    close,
  };
}

/** Waits until a server takes connections on a loopback port, 100 s at most. */
export async function listening(port: number, host = '127.0.0.1'): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    const socket = connect(port, host);
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await wait(100);
  }
  throw new Error(`Nobody listens on ${host}:${port}.`);
}

async function arrived(folder: string, count: number): Promise<Buffer[]> {
  for (let tries = 0; tries < 1_000; tries++) {
    const names = await readdir(folder).catch(() => []);
    if (names.length >= count) return Promise.all(names.map((name) => readFile(join(folder, name))));
    await wait(100);
  }
  throw new Error(`Fewer than ${count} mails arrived.`);
}
