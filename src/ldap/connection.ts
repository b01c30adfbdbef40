/**
 * One conversation with an Active Directory over LDAP. The password goes over TLS to a server whose certificate is trusted for
 * its name, once, and nowhere else: referrals are not followed, and a connection that the server ended is not opened again.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Client, Entry, SearchOptions } from 'ldapts';
import { trustedAuthorities } from '../http/authorities.ts';
import { foreignText } from '../model/foreign.ts';

/** Where the directory is, and who asks. */
export interface DirectoryDoor {
  /** `ldaps://dc1.contoso.com`; with `ldap://` the connection becomes TLS (StartTLS) before anything is said. */
  readonly url: string;
  /** The vetted address of the host, where it is not looked up by this host itself. */
  readonly address?: string;
  /** UPN, `DOMAIN\user` or distinguished name. */
  readonly username: string;
  readonly password: string;
}

/** How it is asked. */
export interface DirectoryOptions {
  /** PEM of authorities that are trusted beside those of this host. */
  readonly ca: readonly string[];
  readonly signal: AbortSignal;
  /** For everything up to the last entry. */
  readonly timeoutMs: number;
  /** For one answer; default as long as for everything. */
  readonly answerMs?: number;
}

/**
 * What failed: the package, the address, the account, TLS, the time, the answer; or what was read is of no use (`content`, and
 * `why` says what to do).
 */
export type DirectoryFault = 'package' | 'address' | 'account' | 'tls' | 'time' | 'answer' | 'content';

/** What exactly, for those who say it in their own words; `text`: as somebody else said it, which is `why`. */
export type DirectoryReason =
  | 'scheme'
  | 'no-account'
  | 'missing'
  | 'old'
  | 'late'
  | 'start-tls'
  | 'refused-48'
  | 'refused-49'
  | 'refused-50'
  | `refused-49-${keyof typeof REFUSED_BECAUSE}`
  | 'text';

/** A conversation that came to no good end. Neither text holds the password. */
export class DirectoryFailure extends Error {
  readonly about: DirectoryFault;
  /** What was seen, a sentence. */
  readonly seen: string;
  /** Why, or what to do: it stands after a colon. */
  readonly why: string;
  /** Result code [RFC 4511 A.1], where the directory gave one. */
  readonly code: number | null;
  /** True: the directory was given the password and said no. */
  readonly isRefused: boolean;
  readonly reason: DirectoryReason;

  constructor(
    about: DirectoryFault,
    seen: string,
    why: string,
    {
      code = null,
      isRefused = false,
      reason = 'text',
    }: { readonly code?: number | null; readonly isRefused?: boolean; readonly reason?: DirectoryReason } = {},
  ) {
    super(seen);
    this.about = about;
    this.seen = seen;
    this.why = why;
    this.code = code;
    this.isRefused = isRefused;
    this.reason = reason;
  }
}

/** An entry: its name, and its attributes as the directory spells them. */
export type DirectoryEntry = Entry;

/** A connection on which somebody has signed in. */
export interface DirectorySession {
  /** The entries. References to other servers are left alone. Rejects with what {@link withDirectory} makes a failure of. */
  search(base: string, options: SearchOptions): Promise<DirectoryEntry[]>;
}

/** What is used of the package. */
export type Ldap = Pick<typeof import('ldapts'), 'Client'>;

/** Loads the optional package when first used; null where it is not installed. */
async function loadLdap(): Promise<Ldap | null> {
  try {
    return await import('ldapts');
  } catch {
    return null;
  }
}

/**
 * Signs in and works.
 * @param work throws what it wants: a {@link DirectoryFailure} stays one, anything else becomes one
 * @param load stands for the import of the package
 * @throws DirectoryFailure
 */
export async function withDirectory<T>(
  door: DirectoryDoor,
  options: DirectoryOptions,
  work: (session: DirectorySession) => Promise<T>,
  load: () => Promise<Ldap | null> = loadLdap,
): Promise<T> {
  if (!/^ldaps?:\/\//i.test(door.url) || !URL.canParse(door.url))
    throw new DirectoryFailure('address', 'Not read.', 'its address is neither ldaps:// nor ldap://.', {
      reason: 'scheme',
    });
  if (door.username === '' || door.password === '')
    throw new DirectoryFailure(
      'address',
      'Not read.',
      'no account is given; Active Directory tells nothing to nobody.',
      { reason: 'no-account' },
    );
  const ldap = await load();
  if (ldap === null)
    throw new DirectoryFailure(
      'package',
      'The package "ldapts" is missing.',
      'install the package "ldapts" (npm install ldapts).',
      { reason: 'missing' },
    );
  const limit = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const { client, tls, drop, isOurs } = openClient(ldap, door, options);
  // An error, since ldapts does not notice that a connection which is still being made was closed.
  const stop = (): void => drop(new Error('The work was stopped.'));
  limit.addEventListener('abort', stop, { once: true });
  let stage: Stage = 'connect';
  try {
    // Who stopped while the package was loaded is not heard any more.
    limit.throwIfAborted();
    if (!/^ldaps:/i.test(door.url)) await client.startTLS(tls);
    else await client.search('', { scope: 'base', attributes: ['supportedLDAPVersion'] });
    if (!isOurs())
      throw new DirectoryFailure('package', 'The package "ldapts" is too old.', 'install ldapts 9.2 or later.', {
        reason: 'old',
      });
    stage = 'account';
    await client.bind(door.username, door.password);
    stage = 'work';
    return await work({ search: async (base, given) => (await client.search(base, given)).searchEntries });
  } catch (error) {
    if (limit.aborted)
      throw new DirectoryFailure(
        'time',
        'No complete answer in time.',
        'it did not answer in time. Check the firewall.',
        { reason: 'late' },
      );
    throw error instanceof DirectoryFailure ? error : failureOf(error, stage, door);
  } finally {
    limit.removeEventListener('abort', stop);
    drop();
  }
}

type Stage = 'connect' | 'account' | 'work';

/** A client whose connection is made once. ldapts would connect anew, and a `bind` on that would be in clear. */
function openClient(
  { Client }: Ldap,
  door: DirectoryDoor,
  { ca, timeoutMs, answerMs = timeoutMs }: DirectoryOptions,
): { client: Client; tls: ConnectionOptions; drop: (why?: Error) => void; isOurs: () => boolean } {
  const url = new URL(door.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'ldaps:' ? 636 : 389));
  const trusted = trustedAuthorities(ca);
  const tls: ConnectionOptions = {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(trusted === undefined ? {} : { ca: [...trusted] }),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
  const sockets: Socket[] = [];
  const keep = <T extends Socket>(socket: T): T => (sockets.push(socket), socket);
  const once = (): void => {
    if (sockets.length > 0) throw new Error('The server ended the connection.');
  };
  const client = new Client({
    url: door.url,
    timeout: answerMs,
    connectTimeout: answerMs,
    createConnection: (): Socket => {
      once();
      return keep(connectTcp({ host: door.address ?? host, port }));
    },
    createSecureConnection: ((...given: readonly unknown[]) => {
      const [options] = given as [ConnectionOptions | number];
      // The connection of before becomes TLS, or a new one is.
      if (typeof options === 'object') return keep(connectTls(options));
      once();
      return keep(connectTls({ ...tls, host: door.address ?? host, port }));
    }) as typeof connectTls,
  });
  return {
    client,
    tls,
    drop: (why) => sockets.forEach((socket) => socket.on('error', () => {}).destroy(why)),
    isOurs: () => sockets.length > 0,
  };
}

/** The texts of an attribute. ldapts gives one text for one value, and a list for several. */
export function textsOf(entry: DirectoryEntry | undefined, name: string): string[] {
  const found = Object.entries(entry ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return (Array.isArray(found) ? found : [found]).map((value) => foreignText(value)).filter((value) => value !== null);
}

/** A foreign text that may be shown. */
export function shown(text: string): string {
  return foreignText(text)?.slice(0, 500) ?? '';
}

/** LDAP result codes [RFC 4511 A.1] that are about the account. */
const REFUSED = {
  49: 'wrong name or password',
  48: 'this way of signing in is not allowed',
  50: 'it may not read this',
} as const;

/** What Active Directory means by 49: the Windows error behind "data" in its text [MS-ERREF 2.2]. */
const REFUSED_BECAUSE = {
  '530': 'the account may not sign in at this time',
  '531': 'the account may not sign in from here',
  '532': 'its password has expired',
  '533': 'the account is disabled',
  '701': 'the account has expired',
  '773': 'its password has to be changed first',
  '775': 'the account is locked out',
} as const;

/** Null for a code that is not about the account. */
function refusalOf(code: unknown, message: string): Pick<DirectoryFailure, 'why' | 'reason'> | null {
  if (code !== 48 && code !== 49 && code !== 50) return null;
  const because = /\bdata ([0-9a-f]+)\b/.exec(message)?.[1] ?? '';
  if (code === 49 && isKnown(because)) return { why: REFUSED_BECAUSE[because], reason: `refused-49-${because}` };
  return { why: REFUSED[code], reason: `refused-${code}` };
}

function isKnown(because: string): because is keyof typeof REFUSED_BECAUSE {
  return Object.hasOwn(REFUSED_BECAUSE, because);
}

function failureOf(error: unknown, stage: Stage, door: DirectoryDoor): DirectoryFailure {
  const { code, message = '' } = error as { code?: string | number; message?: string };
  const said = hideSecrets(shown(message), door).replace(/\.?$/, '.');
  const given = { code: typeof code === 'number' ? code : null, isRefused: stage === 'account' && code === 49 };
  const refusal = refusalOf(code, message);
  if (refusal !== null) {
    const { why, reason } = refusal;
    return new DirectoryFailure('account', `The directory refused the account (${code}).`, why, { ...given, reason });
  }
  if (stage === 'connect' && isAboutTls(error)) return new DirectoryFailure('tls', `TLS failed: ${said}`, said);
  if (stage === 'connect' && typeof code === 'number')
    return new DirectoryFailure('tls', `StartTLS is refused (${code}).`, 'the server refuses StartTLS. Use ldaps://.', {
      ...given,
      reason: 'start-tls',
    });
  return new DirectoryFailure('answer', `Not read: ${said}`, said, given);
}

function isAboutTls(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME)/.test(code);
}

function hideSecrets(text: string, { password }: DirectoryDoor): string {
  return password.length > 2 ? text.replaceAll(password, '…') : text;
}
