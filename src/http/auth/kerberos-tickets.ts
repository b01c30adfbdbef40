/**
 * Tickets on this machine: which cache GSSAPI looks into, and the tickets that kinit gets with a password.
 * GSSAPI's library reads KRB5CCNAME of the process at each use; there is no other way to tell it through the package.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectorError } from '../../errors.ts';
import type { Principal } from './kerberos-account.ts';
import { kerberosCode } from './kerberos-errors.ts';

/** Longer than the library waits for one KDC that does not answer (27 s), and shorter than a request may take. */
export const KERBEROS_MS = 30_000;

let queue: Promise<unknown> = Promise.resolve();
/** What found no KDC, by whom it was asked for. */
const silences = new Map<string, { readonly endedAt: number; readonly error: unknown }>();

/** Whose work of GSSAPI's library it is. */
export interface TicketUse {
  /** As KRB5CCNAME has it; null: the one of the environment. */
  readonly cache: string | null;
  /** The same for whom an answer of the KDC is the same. */
  readonly key: string;
}

/**
 * Runs work of GSSAPI's library with a ticket cache, one at a time, as the environment is the whole process's, and as each
 * holds one of the few threads that Node.js reads files with. Where no KDC answers the library waits for half a minute:
 * who waited behind that for the same gets the same answer.
 */
export function withTicketCache<Result>({ cache, key }: TicketUse, work: () => Promise<Result>): Promise<Result> {
  const askedAt = performance.now();
  const mine = queue.then(async () => {
    const silence = silences.get(key);
    if (silence !== undefined && silence.endedAt >= askedAt) throw silence.error;
    silences.delete(key);
    try {
      return await inEnvironment(cache, work);
    } catch (error) {
      const isSilent = error instanceof Error && kerberosCode(error.message) === 'ERR_HTTP_KERBEROS_KDC';
      if (isSilent) silences.set(key, { endedAt: performance.now(), error });
      throw error;
    }
  });
  queue = mine.catch(() => undefined);
  return mine;
}

async function inEnvironment<Result>(cache: string | null, work: () => Promise<Result>): Promise<Result> {
  if (cache === null) return work();
  const before = process.env['KRB5CCNAME'];
  process.env['KRB5CCNAME'] = cache;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['KRB5CCNAME'];
    else process.env['KRB5CCNAME'] = before;
  }
}

/** Account and password → their cache, being filled or full. */
const caches = new Map<string, Promise<string>>();
let folder: string | null = null;

/**
 * The cache with the ticket of an account, which kinit (MIT Kerberos) gets when it is first asked for; the same for all who
 * ask with the same password. It lies in a folder that nobody else may read, which goes with the process.
 * @param options.renew get it anew: the ticket has run out
 * @throws ConnectorError ERR_HTTP_KERBEROS_…
 */
export function ticketByPassword(
  { principal, password }: { readonly principal: Principal; readonly password: string },
  { renew = false, command = 'kinit' }: { readonly renew?: boolean; readonly command?: string } = {},
): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([principal, password, command]))
    .digest('hex');
  const known = caches.get(key);
  if (known !== undefined && !renew) return known;
  const cache = `FILE:${join(ticketFolder(), key.slice(0, 16))}`;
  const filled = kinit(command, cache, principal, password);
  caches.set(key, filled);
  // A refused one is asked for again by the next who comes.
  filled.catch(() => {
    if (caches.get(key) === filled) caches.delete(key);
  });
  return filled;
}

function ticketFolder(): string {
  if (folder !== null) return folder;
  const made = mkdtempSync(join(tmpdir(), 'exchange-connector-tickets-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}

function kinit(command: string, cache: string, { name, isEnterprise }: Principal, password: string): Promise<string> {
  const args = ['-c', cache, ...(isEnterprise ? ['-E'] : []), '--', name];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, LC_ALL: 'C' }, timeout: KERBEROS_MS });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(0, 2000);
      });
    child.once('error', (cause) => reject(noKinit(name, cause)));
    child.once('close', (status, signal) => {
      if (status === 0) resolve(cache);
      else reject(refused(name, signal === null ? said : `Cannot contact any KDC within ${KERBEROS_MS / 1000} s`));
    });
    // It reads one line where there is no terminal. One that ended before that has said why.
    child.stdin.on('error', () => undefined).end(`${password}\n`);
  });
}

function noKinit(name: string, cause: unknown): ConnectorError {
  const seen = `A ticket for ${name} by its password needs the command "kinit" of MIT Kerberos (Debian: krb5-user), which cannot be run here. With a keytab, "Password" stays empty.`;
  return new ConnectorError('ERR_HTTP_KERBEROS_TICKET', seen, {
    cause,
    details: { method: 'kerberos', phase: 'connect' },
  });
}

/** kinit names principals, realms and files, never a password. */
function refused(name: string, said: string): ConnectorError {
  const text = said
    .replace(/^Password for [^\n]*?: ?/, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
  return new ConnectorError(kerberosCode(text), `Kerberos gave no ticket to ${name} (${text}).`, {
    details: { method: 'kerberos', phase: 'connect' },
  });
}
