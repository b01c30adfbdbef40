/** Whether an Active Directory tells an account what it has, as one line of a report: it signs in once, and reads one entry. */
import { performance } from 'node:perf_hooks';
import { throwIfAborted } from '../errors.ts';
import { redact } from '../log.ts';
import { lineOf } from '../model/check-report.ts';
import type { CheckFinding, CheckStep, VerdictEntry } from '../model/check-report.ts';
import { DirectoryFailure, textsOf, withDirectory } from './connection.ts';
import type { DirectoryDoor, DirectoryFault, DirectoryOptions } from './connection.ts';

/** What is found, how bad it is, and what to do. What fails has the name of what failed. */
const VERDICTS = {
  reads: { status: 'ok', says: 'signed in and read' },
  package: {
    status: 'error',
    says: 'the package ldapts is missing',
    remedy: 'Install it in the user directory of Node-RED, then restart Node-RED.',
    command: 'npm install ldapts',
  },
  address: {
    status: 'error',
    says: 'not reached',
    remedy: 'Check “Active Directory”, “Directory account” and “Directory password”, DNS, and the firewall between.',
    command: 'nc -vz {host} {port}',
  },
  account: {
    status: 'error',
    says: 'the account is refused',
    remedy:
      'Check “Directory account” and “Directory password”. Each attempt with a wrong password counts towards a lock-out.',
    command: 'Get-ADUser ACCOUNT -Properties LockedOut,Enabled,PasswordExpired',
  },
  tls: {
    status: 'error',
    says: 'the certificate is not trusted, or there is no TLS',
    remedy:
      'Choose a TLS configuration that holds the authority of the domain controller, and an address that is on its certificate.',
    command: 'openssl s_client {starttls}-connect {host}:{port} -showcerts </dev/null',
  },
  time: {
    status: 'error',
    says: 'no answer in time',
    remedy: 'Check the firewall between and how busy the domain controller is.',
    command: 'nc -vz {host} {port}',
  },
  answer: {
    status: 'error',
    says: 'no usable answer',
    remedy: 'Check that the address is a domain controller’s, and that it runs.',
    command: 'nltest /dsgetdc:DOMAIN',
  },
  content: {
    status: 'error',
    says: 'nothing to be read',
    remedy: 'Let the account read; any domain user of a default domain may.',
    command: 'Get-ADUser ACCOUNT -Properties MemberOf',
  },
} as const satisfies Readonly<Record<DirectoryFault | 'reads', VerdictEntry>>;

type Verdict = keyof typeof VERDICTS;

/** A person waits. */
const TIMEOUT_MS = 20_000;

/**
 * Looks. Never throws for what is wrong with the directory.
 * @throws ERR_ABORTED
 */
export async function checkDirectory(
  door: DirectoryDoor,
  { ca, signal }: { readonly ca: readonly string[]; readonly signal: AbortSignal },
): Promise<CheckStep<'directory', Verdict>> {
  const began = performance.now();
  const finding = await look(door, { ca, signal, timeoutMs: TIMEOUT_MS });
  throwIfAborted(signal);
  const hide = (text: string): string =>
    redact(door.password.length > 3 ? text.replaceAll(door.password, '***') : text);
  const ms = Math.round(performance.now() - began);
  return lineOf({ id: 'directory', title: 'Active Directory', ms }, finding, {
    entryOf: (verdict) => VERDICTS[verdict],
    redact: hide,
  });
}

async function look(door: DirectoryDoor, options: DirectoryOptions): Promise<CheckFinding<Verdict>> {
  const { hostname: host = '', port = '', protocol = '' } = URL.parse(door.url) ?? {};
  const isPlain = protocol === 'ldap:';
  const blanks = { host, port: port || (isPlain ? '389' : '636'), starttls: isPlain ? '-starttls ldap ' : '' };
  try {
    const base = await withDirectory(door, options, async (session) => {
      const [root] = await session.search('', { scope: 'base', attributes: ['defaultNamingContext'] });
      const [context = ''] = textsOf(root, 'defaultNamingContext');
      const found = context === '' ? [] : await session.search(context, { scope: 'base', attributes: ['objectClass'] });
      if (found.length > 0) return context;
      throw new DirectoryFailure('content', 'Nothing read.', 'the account sees no entry of the domain.');
    });
    return { verdict: 'reads', seen: `${door.username} reads ${base}.`, blanks };
  } catch (error) {
    throwIfAborted(options.signal);
    if (!(error instanceof DirectoryFailure)) throw error;
    const { about, seen, why } = error;
    return { verdict: about, seen: `${seen.replace(/\.$/, '')}: ${why}`, code: 'ERR_DIRECTORY_UNREADABLE', blanks };
  }
}
