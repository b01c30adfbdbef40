/**
 * Reading the service connection points of an Active Directory over LDAP. The password goes over TLS to a server whose
 * certificate is trusted for its name, once, and nowhere else: referrals are not followed, and a connection that the server
 * ended is not opened again.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Client, Entry } from 'ldapts';
import { trustedAuthorities } from '../http/authorities.ts';
import { foreignText } from '../model/foreign.ts';
import { judged, type Finding } from './report.ts';
import { POINTER_KEYWORD, URL_KEYWORD, type ScpEntry } from './scp-rules.ts';

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

/** Where the directory is, who asks, and from which site. */
export interface ScpOptions extends DirectoryDoor {
  /** Name of the Active Directory site that clients are in; missing: not known. */
  readonly site?: string;
}

/** What every reading needs of the check. */
export interface DirectoryOptions {
  readonly ca: readonly string[];
  readonly signal: AbortSignal;
  /** For everything up to the last entry. */
  readonly timeoutMs: number;
}

/** The entries, or why there are none. */
export type DirectoryReading = { readonly entries: readonly ScpEntry[] } | { readonly finding: Finding };

/** Far above what any organization has: one for each Exchange server. */
const MAX_ENTRIES = 500;
const FILTER = `(&(objectClass=serviceConnectionPoint)(|(keywords=${POINTER_KEYWORD})(keywords=${URL_KEYWORD})))`;

/** What is used of the package. */
type Ldap = Pick<typeof import('ldapts'), 'Client'>;

/** Loads the optional package when first used; null where it is not installed. */
async function loadLdap(): Promise<Ldap | null> {
  try {
    return await import('ldapts');
  } catch {
    return null;
  }
}

/**
 * Reads the service connection points of one directory. Never rejects.
 * @param load stands for the import of the package
 */
export async function readScps(
  door: DirectoryDoor,
  options: DirectoryOptions,
  load: () => Promise<Ldap | null> = loadLdap,
): Promise<DirectoryReading> {
  if (!/^ldaps?:\/\//i.test(door.url) || !URL.canParse(door.url))
    return failed('scp.ldap', 'Not read.', 'its address is neither ldaps:// nor ldap://.');
  if (door.username === '' || door.password === '')
    return failed('scp.ldap', 'Not read.', 'no account is given; Active Directory tells nothing to nobody.');
  const ldap = await load();
  if (ldap === null)
    return failed('scp.ldap', 'The package "ldapts" is missing.', 'install the package "ldapts" (npm install ldapts).');
  const limit = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const { client, tls, drop, isOurs } = openClient(ldap, door, options);
  limit.addEventListener('abort', drop, { once: true });
  let stage: Stage = 'connect';
  try {
    if (!/^ldaps:/i.test(door.url)) await client.startTLS(tls);
    else await client.search('', { scope: 'base', attributes: ['supportedLDAPVersion'] });
    if (!isOurs()) return failed('scp.ldap', 'The package "ldapts" is too old.', 'install ldapts 9.2 or later.');
    stage = 'account';
    await client.bind(door.username, door.password);
    stage = 'search';
    return { entries: await search(client) };
  } catch (error) {
    if (limit.aborted)
      return failed('scp.ldap', 'No complete answer in time.', 'it did not answer in time. Check the firewall.');
    return judgeThrown(error, stage, door);
  } finally {
    limit.removeEventListener('abort', drop);
    drop();
  }
}

type Stage = 'connect' | 'account' | 'search';

/** A client whose connection is made once. ldapts would connect anew, and a `bind` on that would be in clear. */
function openClient(
  { Client }: Ldap,
  door: DirectoryDoor,
  { ca, timeoutMs }: DirectoryOptions,
): { client: Client; tls: ConnectionOptions; drop: () => void; isOurs: () => boolean } {
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
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
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
    drop: () => sockets.forEach((socket) => socket.on('error', () => {}).destroy()),
    isOurs: () => sockets.length > 0,
  };
}

async function search(client: Client): Promise<ScpEntry[]> {
  const root = await client.search('', { scope: 'base', attributes: ['configurationNamingContext'] });
  const base = textsOf(root.searchEntries[0], 'configurationNamingContext')[0];
  if (base === undefined) throw new Error('It names no configuration partition, so it is no Active Directory.');
  const { searchEntries } = await client.search(base, {
    scope: 'sub',
    filter: FILTER,
    attributes: ['keywords', 'serviceBindingInformation'],
    sizeLimit: MAX_ENTRIES,
  });
  return searchEntries.map((entry) => ({
    dn: clean(entry.dn),
    keywords: textsOf(entry, 'keywords').map(clean),
    bindings: textsOf(entry, 'serviceBindingInformation').map(clean),
  }));
}

/** ldapts gives one text for one value, and a list for several. */
function textsOf(entry: Entry | undefined, name: string): string[] {
  const found = Object.entries(entry ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return (Array.isArray(found) ? found : [found]).map((value) => foreignText(value)).filter((value) => value !== null);
}

function clean(text: string): string {
  return foreignText(text)?.slice(0, 500) ?? '';
}

/** LDAP result codes [RFC 4511 A.1] that are about the account. */
const REFUSED: Readonly<Record<number, string>> = {
  49: 'wrong name or password',
  48: 'this way of signing in is not allowed',
  50: 'it may not read the configuration',
};

function judgeThrown(error: unknown, stage: Stage, door: DirectoryDoor): DirectoryReading {
  const { code, message = '' } = error as { code?: string | number; message?: string };
  const said = hideSecrets(clean(message), door).replace(/\.?$/, '.');
  if (typeof code === 'number' && REFUSED[code] !== undefined)
    return failed('scp.account', `The directory refused the account (${code}).`, REFUSED[code]);
  if (stage === 'connect' && isAboutTls(error)) return failed('scp.tls', `TLS failed: ${said}`, said);
  if (stage === 'connect' && typeof code === 'number')
    return failed('scp.tls', `StartTLS is refused (${code}).`, 'the server refuses StartTLS. Use ldaps://.');
  return failed('scp.ldap', `Not read: ${said}`, said);
}

function isAboutTls(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME)/.test(code);
}

function hideSecrets(text: string, { password }: DirectoryDoor): string {
  return password.length > 2 ? text.replaceAll(password, '…') : text;
}

function failed(verdict: 'scp.ldap' | 'scp.account' | 'scp.tls', text: string, why: string): DirectoryReading {
  return { finding: judged(verdict, text, { why }) };
}
