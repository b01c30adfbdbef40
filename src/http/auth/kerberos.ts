/** Kerberos through the optional package `kerberos`: the ticket comes from the environment (KRB5_CLIENT_KTNAME, KRB5CCNAME). RFC 4559 */
import type { Socket } from 'node:net';
import { ConnectorError } from '../../errors.ts';
import { challengeToken, offeredSchemes } from '../challenges.ts';
import type { WireResponse } from '../send-request.ts';
import { refusal } from './authenticator.ts';
import { kerberosCode } from './kerberos-errors.ts';
import type { Authenticator, Exchange } from './authenticator.ts';

/** The slice of the package `kerberos` (7.x) used here. */
export interface KerberosModule {
  initializeClient(service: string, options?: object): Promise<KerberosClient>;
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

/**
 * Signs each new connection in. IIS by default wants Kerberos with every request (authPersistNonNTLM is false): once a kept
 * connection has said so, a fresh token goes with each.
 */
export function createKerberosAuthenticator(auth: { spn?: string }, module?: KerberosModule): Authenticator {
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

  async function signIn(exchange: Exchange, kerberos: KerberosModule, header: string): Promise<WireResponse> {
    const client = await gss(exchange, () => kerberos.initializeClient(auth.spn ?? `HTTP@${exchange.url.hostname}`));
    const token = await gss(exchange, () => client.step(''));
    const answer = await exchange.send({ Authorization: `${header} ${token ?? ''}` }, true);
    if (answer.status === 401) throw refusal('kerberos', exchange.url, answer);
    const proof = challengeToken(answer.headers['www-authenticate'], header);
    // Mutual authentication: the server's proof must fit. TLS has named the server already, so none is no error.
    if (proof !== null) await prove(exchange, () => client.step(proof));
    live = answer.socket;
    return answer;
  }

  return { run };
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
async function gss<Result>(exchange: Exchange, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    const text = error instanceof Error ? error.message.slice(0, 300) : 'no reason';
    const { host, hostname } = exchange.url;
    throw new ConnectorError(kerberosCode(text), `Kerberos gave no ticket for ${hostname} (${text}).`, {
      cause: error,
      details: { host, method: 'kerberos', phase: 'connect' },
    });
  }
}
