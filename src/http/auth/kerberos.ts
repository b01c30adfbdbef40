/** Kerberos through the optional package `kerberos`; where the ticket comes from says kerberos-account.ts. RFC 4559 */
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { ConnectorError, isConnectorError, throwIfAborted } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { challengeToken, offeredSchemes } from '../challenges.ts';
import type { WireResponse } from '../send-request.ts';
import { isOffered, refusal } from './authenticator.ts';
import type { Authenticator, Exchange } from './authenticator.ts';
import { ticketWay } from './kerberos-account.ts';
import type { KerberosAccount, TicketWay } from './kerberos-account.ts';
import { kerberosCode } from './kerberos-errors.ts';
import { KERBEROS_MS, ticketByPassword, withTicketCache } from './kerberos-tickets.ts';

/** The slice of the package `kerberos` (7.x) used here. */
export interface KerberosModule {
  initializeClient(service: string, options?: KerberosClientOptions): Promise<KerberosClient>;
}

/** `principal` counts everywhere but on Windows, the others there alone. */
export interface KerberosClientOptions {
  readonly principal?: string;
  readonly user?: string;
  readonly domain?: string;
  readonly password?: string;
}

/** One security context. */
export interface KerberosClient {
  /** Takes the server's token (base64, '' at first), gives the next one or nothing. */
  step(challenge: string): Promise<string | null>;
}

/** Loads the package when first used. @throws ConnectorError ERR_DEPENDENCY_MISSING */
export async function loadKerberos(name = 'kerberos'): Promise<KerberosModule> {
  let loaded: unknown;
  try {
    loaded = await import(name);
  } catch (error) {
    throw missing('Signing in by Kerberos needs the package "kerberos" (npm install kerberos).', error);
  }
  const candidates = [loaded, (loaded as { default?: unknown }).default];
  const found = candidates.find(
    (candidate) => typeof (candidate as Partial<KerberosModule> | undefined)?.initializeClient === 'function',
  );
  if (found === undefined) throw missing('The package "kerberos" is not the one expected (npm install kerberos@7).');
  return found as KerberosModule;
}

function missing(seen: string, cause?: unknown): ConnectorError {
  return new ConnectorError('ERR_DEPENDENCY_MISSING', seen, { cause, details: { package: 'kerberos' } });
}

/** What {@link createKerberosAuthenticator} needs to know. */
export interface KerberosSignIn extends KerberosAccount {
  /** Default `HTTP@` and the host. */
  readonly spn?: string;
}

/**
 * Signs each new connection in. IIS by default wants Kerberos with every request (authPersistNonNTLM is false): once a kept
 * connection has said so, a fresh token goes with each.
 */
export function createKerberosAuthenticator(auth: KerberosSignIn, module?: KerberosModule): Authenticator {
  const way = ticketWay(auth, process.platform === 'win32');
  let live: Socket | null = null;
  let scheme: 'Kerberos' | 'Negotiate' | null = null;
  let everyRequest = false;

  async function run(exchange: Exchange): Promise<WireResponse> {
    if (!everyRequest && live !== null && !live.destroyed) {
      const answer = await exchange.send({}, true);
      if (answer.status !== 401) return answer;
      everyRequest = answer.socket === live;
    }
    live = null;
    const kerberos = module ?? (await loadKerberos());
    if (scheme === null) {
      const asked = await exchange.send({}, false);
      if (asked.status !== 401) return asked.status >= 300 ? asked : exchange.send({}, true);
      const offered = offeredSchemes(asked.headers['www-authenticate']);
      scheme = offered.includes('kerberos') ? 'Kerberos' : offered.includes('negotiate') ? 'Negotiate' : null;
      if (scheme === null) throw refusal('kerberos', exchange.url, asked);
    }
    return signIn(exchange, kerberos, scheme);
  }

  async function signIn(
    exchange: Exchange,
    kerberos: KerberosModule,
    header: string,
    renew = false,
  ): Promise<WireResponse> {
    const service = auth.spn ?? `HTTP@${exchange.url.hostname}`;
    const work = (options: KerberosClientOptions): Promise<Begun> => begin(kerberos, service, options);
    const { client, token } = await inTime(exchange, tokenFor(exchange.url, { way, service, work }, renew));
    const answer = await exchange.send({ Authorization: `${header} ${token}` }, true);
    const proof = challengeToken(answer.headers['www-authenticate'], header);
    if (answer.status === 401) {
      // The cache holds a ticket for the service's last key until it has run out.
      if (way.kind === 'password' && !renew) return signIn(exchange, kerberos, header, true);
      throw await refusedTicket(exchange, answer, proof === null ? null : () => client.step(proof));
    }
    // Mutual authentication: the server's proof must fit. TLS has named the server already, so none is no error.
    if (proof !== null) await prove(exchange, () => client.step(proof));
    live = answer.socket;
    return answer;
  }

  return { run };
}

interface Begun {
  readonly client: KerberosClient;
  readonly token: string;
}

async function begin(kerberos: KerberosModule, service: string, options: KerberosClientOptions): Promise<Begun> {
  const client = await kerberos.initializeClient(service, options);
  return { client, token: (await client.step('')) ?? '' };
}

interface Wanted {
  readonly way: TicketWay;
  readonly service: string;
  readonly work: (options: KerberosClientOptions) => Promise<Begun>;
}

const OLD_TICKET: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_HTTP_KERBEROS_TICKET',
  'ERR_HTTP_KERBEROS_ACCOUNT',
  'ERR_HTTP_KERBEROS_SETUP',
]);

/** Before anything was asked of the server. A ticket that a password got and that is good no more is got anew. */
async function tokenFor(url: URL, wanted: Wanted, renew: boolean): Promise<Begun> {
  const { way, service, work } = wanted;
  if (way.kind === 'windows')
    return gss(url, () => work({ user: way.user, domain: way.domain, password: way.password }));
  if (way.kind === 'environment') {
    const options = way.principal === null ? {} : { principal: way.principal };
    const use = { cache: null, key: JSON.stringify([way.principal, service]) };
    return gss(url, () => withTicketCache(use, () => work(options)));
  }
  const cache = await ticketByPassword(way, { renew });
  try {
    return await gss(url, () => withTicketCache({ cache, key: JSON.stringify([cache, service]) }, () => work({})));
  } catch (error) {
    // The password had got a ticket: what is refused here is the ticket, which is old, or of keys that are gone.
    const isOld = isConnectorError(error) && OLD_TICKET.has(error.code);
    if (renew || !isOld) throw error;
    return tokenFor(url, wanted, true);
  }
}

/** Neither the library nor its KDC can be stopped; nobody waits longer for them. */
async function inTime<Result>({ url, signal }: Exchange, work: Promise<Result>): Promise<Result> {
  throwIfAborted(signal);
  const done = new AbortController();
  const stop = (): void => done.abort();
  signal.addEventListener('abort', stop, { once: true });
  const late = wait(KERBEROS_MS, undefined, { signal: done.signal }).then(
    () => {
      const seen = `Kerberos gave no ticket for ${url.hostname} within ${KERBEROS_MS / 1000} s.`;
      const details = { host: url.host, method: 'kerberos', phase: 'connect' };
      throw new ConnectorError('ERR_HTTP_KERBEROS_KDC', seen, { details });
    },
    () => {
      throw new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal.reason });
    },
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** A 401 to a ticket: why, if the server says so in its token. */
async function refusedTicket(
  { url }: Exchange,
  answer: WireResponse,
  read: (() => Promise<unknown>) | null,
): Promise<ConnectorError> {
  if (!isOffered('kerberos', offeredSchemes(answer.headers['www-authenticate'])))
    return refusal('kerberos', url, answer);
  const text = read === null ? '' : await textOf(read);
  const seen = `${url.host} refused the ticket${text === '' ? '' : ` (${text})`}.`;
  return new ConnectorError(kerberosCode(text, 'server'), seen, { details: { host: url.host, method: 'kerberos' } });
}

async function textOf(read: () => Promise<unknown>): Promise<string> {
  try {
    await read();
    return '';
  } catch (error) {
    return reasonOf(error);
  }
}

/** The request has been carried out by then. */
async function prove(exchange: Exchange, step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    const { host } = exchange.url;
    throw new ConnectorError(
      'ERR_HTTP_KERBEROS_SPN',
      `${host} did not prove to be the service that the ticket is for.`,
      {
        cause: error,
        details: { host, method: 'kerberos', phase: 'answer' },
      },
    );
  }
}

/** Before anything was asked of the server. GSSAPI's own texts name principals and realms, never keys. */
async function gss<Result>({ host, hostname }: URL, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    const text = reasonOf(error);
    throw new ConnectorError(kerberosCode(text), `Kerberos gave no ticket for ${hostname} (${text}).`, {
      cause: error,
      details: { host, method: 'kerberos', phase: 'connect' },
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : 'no reason';
}
