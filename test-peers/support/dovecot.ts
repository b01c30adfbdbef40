/** A Dovecot of its own beside a Postfix: who may sign in, mailboxes with real quotas, IMAP over TLS; gone after `close()`. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../scripts/free-port.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { listening } from './postfix.ts';
import { stopServer } from './stop-server.ts';

/** A user, by mail address. */
export interface DovecotUser {
  readonly address: string;
  readonly password: string;
  /** How many mails the mailbox may hold; absent: as many as come. */
  readonly messages?: number;
}

/** What a test sees of the server. */
export interface Dovecot {
  /** Lines of Postfix's main.cf that make it ask and deliver here. */
  readonly settings: readonly string[];
  /** The mails in a user's inbox, over IMAP; waits until there are `count`, 100 s at most. */
  inbox(user: DovecotUser, count: number): Promise<string[]>;
  close(): Promise<void>;
}

/** Who owns the mailboxes. */
const NOBODY = 65_534;

/** Starts Dovecot. Needs root and Debian's packages dovecot-core, dovecot-imapd and dovecot-lmtpd. */
export async function startDovecot(users: readonly DovecotUser[]): Promise<Dovecot> {
  const root = await mkdtemp(join(tmpdir(), 'dovecot-peer-'));
  await chmod(root, 0o755);
  await mkdir(join(root, 'mail'));
  const [imaps, policy, authority] = [
    await freePort(),
    await freePort(),
    await createCertificateAuthority('Peer Root CA'),
  ];
  const { key, cert } = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  await writeFile(join(root, 'key.pem'), key, { mode: 0o600 });
  await writeFile(join(root, 'cert.pem'), cert);
  await writeFile(join(root, 'ca.pem'), authority.ca);
  const lines = users.map(({ address, password, messages }) => {
    const extra = messages === undefined ? '' : `userdb_quota_rule=*:messages=${messages}`;
    return `${address}:{PLAIN}${password}:${NOBODY}:${NOBODY}::${root}/mail/${address}::${extra}`;
  });
  await writeFile(join(root, 'users'), `${lines.join('\n')}\n`);
  await promisify(execFile)('chown', ['-R', `${NOBODY}:${NOBODY}`, join(root, 'mail')]);
  await writeFile(join(root, 'dovecot.conf'), configOf(root, { imaps, policy }));
  const server = spawn('/usr/sbin/dovecot', ['-F', '-c', join(root, 'dovecot.conf')], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  const close = async (): Promise<void> => {
    await stopServer(server, ended);
    await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await listening(imaps);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    settings: [
      'smtpd_sasl_auth_enable = yes',
      'smtpd_sasl_type = dovecot',
      `smtpd_sasl_path = ${root}/run/auth-client`,
      'smtpd_tls_auth_only = yes',
      `virtual_transport = lmtp:unix:${root}/run/lmtp`,
      `smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:${policy}`,
    ],
    inbox: (user, count) => inboxOf({ root, imaps }, user, count),
    close,
  };
}

/** https://doc.dovecot.org/2.3/ */
function configOf(root: string, { imaps, policy }: { readonly imaps: number; readonly policy: number }): string {
  return `base_dir = ${root}/run
state_dir = ${root}/run
log_path = ${root}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = required
ssl_cert = <${root}/cert.pem
ssl_key = <${root}/key.pem
first_valid_uid = ${NOBODY}
mail_location = maildir:~/Maildir
mail_plugins = quota
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = ${root}/users
}
userdb {
  driver = passwd-file
  args = ${root}/users
}
plugin {
  quota = maildir:User quota
  quota_status_success = DUNNO
  quota_status_nouser = DUNNO
  quota_status_overquota = "452 4.2.2 Mailbox is full"
}
service auth {
  unix_listener auth-client {
    mode = 0666
  }
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
}
service quota-status {
  executable = quota-status -p postfix
  inet_listener {
    address = 127.0.0.1
    port = ${policy}
  }
  client_limit = 1
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
`;
}

/** Reads it as any mail program does; curl speaks IMAP. */
async function inboxOf(
  { root, imaps }: { readonly root: string; readonly imaps: number },
  { address, password }: DovecotUser,
  count: number,
): Promise<string[]> {
  const read = async (index: number): Promise<string | null> => {
    const url = `imaps://127.0.0.1:${imaps}/INBOX;MAILINDEX=${index}`;
    try {
      const args = ['-s', '--cacert', join(root, 'ca.pem'), '-u', `${address}:${password}`, url];
      return (await promisify(execFile)('curl', args, { encoding: 'latin1' })).stdout;
    } catch {
      // There is no mail of this number yet.
      return null;
    }
  };
  for (let tries = 0; tries < 1_000; tries++) {
    const mails = await Promise.all(Array.from({ length: count }, (_, at) => read(at + 1)));
    if (mails.every((mail) => mail !== null && mail !== '')) return mails as string[];
    await wait(100);
  }
  throw new Error(`Fewer than ${count} mails arrived.`);
}
