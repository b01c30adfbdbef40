/** Access tokens of the application, by @azure/msal-node over our own network. */
import {
  ConfidentialClientApplication,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
} from '@azure/msal-node';
import { asConnectorError, ConnectorError, throwIfAborted } from '../errors.ts';
import type { HttpFetch } from '../http/http-fetch.ts';
import { redact } from '../log.ts';
import { foreignText } from '../model/foreign.ts';
import type { GraphEndpoints } from './clouds.ts';
import type { Credential } from './credential.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import { send, type Answer } from './send.ts';

/** Gives the token each attempt is sent with. */
export interface TokenSource {
  /** A token that is valid now, from memory if there is one. */
  get(signal: AbortSignal): Promise<string>;
  /** A new token, because Graph refused `refused`; if another request got one meanwhile, that one. */
  renew(refused: string, signal: AbortSignal): Promise<string>;
}

export interface TokenOptions {
  readonly endpoints: GraphEndpoints;
  readonly clientId: string;
  readonly credential: Credential;
  readonly fetch: HttpFetch;
  /** Fires when the transport closes. A single request's signal does not stop a sign-in that others wait for. */
  readonly closing: AbortSignal;
  now(): number;
}

/** As msal: a token is not used in its last five minutes. */
const RENEW_BEFORE_MS = 300_000;

/**
 * Makes a token source. Nothing is sent before the first token is needed.
 * Metadata is handed in and the authority is declared known, so that msal asks no other host first
 * (with a custom authority it would send instance discovery to login.microsoftonline.com).
 */
export function createTokenSource(options: TokenOptions): TokenSource {
  const { endpoints } = options;
  const network = new TokenNetwork(options);
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: options.clientId,
      ...options.credential,
      authority: endpoints.authority,
      knownAuthorities: [new URL(endpoints.authority).host],
      authorityMetadata: JSON.stringify({
        issuer: `${endpoints.authority}/v2.0`,
        authorization_endpoint: `${endpoints.authority}/oauth2/v2.0/authorize`,
        token_endpoint: endpoints.tokenUrl,
        jwks_uri: `${endpoints.authority}/discovery/v2.0/keys`,
      }),
    },
    system: { networkClient: network, disableInternalRetries: true },
  });

  /** When the library is asked again, ms since 1970: its own look into its cache costs as much as reading a small page. */
  let goodUntil = 0;
  const acquire = async (skipCache: boolean): Promise<string> => {
    network.failure = null;
    try {
      const result = await application.acquireTokenByClientCredential({
        scopes: [endpoints.scope],
        skipCache,
        // An environment variable could otherwise send the secret to a regional host (msal-node, MSAL_FORCE_REGION).
        azureRegion: 'DisableMsalForceRegion',
      });
      if (result === null || result.accessToken === '')
        throw new ConnectorError('ERR_GRAPH_AUTH', 'The sign-in gave no token.');
      goodUntil = (result.expiresOn?.getTime() ?? 0) - RENEW_BEFORE_MS;
      return result.accessToken;
    } catch (error) {
      // msal replaces what its network threw by its own "network_error".
      throw network.failure ?? asAuthError(error, options);
    }
  };

  let pending: Promise<string> | null = null;
  let current: string | null = null;
  /** One sign-in at a time, whoever asks. */
  const share = (skipCache: boolean): Promise<string> => {
    pending ??= acquire(skipCache)
      .then((token) => (current = token))
      .finally(() => (pending = null));
    return pending;
  };
  return {
    get: async (signal) =>
      current !== null && pending === null && Date.now() < goodUntil ? current : unlessAborted(share(false), signal),
    renew: (refused, signal) => unlessAborted(current === refused ? share(true) : share(false), signal),
  };
}

/** Rejects with ERR_ABORTED as soon as the signal fires; the promise itself goes on for whoever else waits. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Nobody may be left waiting for it, and an unhandled rejection would end the process.
  promise.catch(() => undefined);
  throwIfAborted(signal);
  const settled = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = (): void =>
      reject(new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal.reason }));
    signal.addEventListener('abort', stop, { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    settled.abort();
  }
}

/** msal's network over our fetch. Keeps what went wrong, and lets only answers through that msal should judge. */
class TokenNetwork implements INetworkModule {
  failure: ConnectorError | null = null;
  readonly #options: TokenOptions;

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send<T>('GET', url, options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send<T>('POST', url, options);
  }

  async #send<T>(
    method: 'GET' | 'POST',
    url: string,
    request: NetworkRequestOptions | undefined,
  ): Promise<NetworkResponse<T>> {
    try {
      const { endpoints, fetch, closing } = this.#options;
      // The secret is in the body: it goes to the configured authority and nowhere else.
      if (new URL(url).origin !== new URL(endpoints.authority).origin) {
        throw new ConnectorError('ERR_GRAPH_ORIGIN', `Sign-in pointed to ${new URL(url).origin}.`);
      }
      const answer = await send(
        fetch,
        {
          what: 'Sign-in',
          method,
          url,
          headers: { accept: 'application/json', ...request?.headers },
          ...(request?.body === undefined ? {} : { body: request.body }),
        },
        closing,
      );
      // No headers: msal would remember a Retry-After and refuse later attempts without asking.
      return { status: answer.status, headers: {}, body: this.#judgeable(answer) as T };
    } catch (error) {
      this.failure = asConnectorError(error);
      throw this.failure;
    }
  }

  /** An OAuth answer, good or bad. Busy and broken endpoints are ours to retry and never reach msal. */
  #judgeable(answer: Answer): object {
    const { status, json } = answer;
    if (status === 429 || status === 408 || status >= 500) {
      const retryAfterMs = parseRetryAfter(answer.retryAfter, this.#options.now());
      throw new ConnectorError('ERR_HTTP_STATUS', `Sign-in: the token endpoint answered with ${status}.`, {
        details: { status, ...(retryAfterMs === null ? {} : { retryAfterMs }) },
      });
    }
    if (typeof json !== 'object' || json === null) {
      throw new ConnectorError(
        'ERR_HTTP_NOT_EXPECTED',
        `Sign-in: the token endpoint answered with ${status} and no JSON.`,
        { details: { status } },
      );
    }
    return json;
  }
}

/** What the numbers mean that an administrator meets (learn.microsoft.com, "Microsoft Entra authentication error codes"). */
const AADSTS_MEANING: Readonly<Record<string, string>> = {
  AADSTS7000215: 'the client secret is wrong (its value is needed, not its id)',
  AADSTS7000222: 'the client secret has expired',
  AADSTS7000216: 'no client secret or certificate came with the request',
  AADSTS700016: 'no application with this client id is in the tenant',
  AADSTS7000229: 'nobody has consented to the application in this tenant',
  AADSTS65001: 'nobody has consented to the application in this tenant',
  AADSTS650052: 'this tenant lacks a service that the application asks for, or nobody has consented to it',
  AADSTS700027: 'the certificate is not registered with the application, or its signature is wrong',
  AADSTS700024: 'the certificate sign-in is outside its time (check this clock)',
  AADSTS900023: 'the tenant id is neither an id nor a domain name',
  AADSTS90002: 'there is no such tenant',
  AADSTS500011: 'this tenant has no Graph at the configured address',
  AADSTS7000112: 'the application is disabled',
  AADSTS53003: 'conditional access blocks the application',
};

/** The text without what the application proves itself with, as it is and as a form has it. */
function withoutSecret(text: string, credential: Credential): string {
  if (!('clientSecret' in credential)) return redact(text);
  const { clientSecret } = credential;
  const forms = [
    clientSecret,
    encodeURIComponent(clientSecret),
    String(new URLSearchParams([['', clientSecret]])).slice(1),
  ];
  return redact(forms.reduce((plain, form) => plain.replaceAll(form, '***'), text));
}

function asAuthError(error: unknown, { endpoints, clientId, credential }: TokenOptions): ConnectorError {
  if (error instanceof ConnectorError) return error;
  // msal quotes the authority, and an authority may quote the request.
  const text = withoutSecret(error instanceof Error ? error.message : String(error), credential);
  const code = /\bAADSTS\d{4,8}\b/.exec(text)?.[0] ?? null;
  const meaning = code === null ? null : (AADSTS_MEANING[code] ?? null);
  const seen =
    code === null ? 'The sign-in failed.' : `The sign-in failed with ${code}${meaning === null ? '' : `: ${meaning}`}.`;
  return new ConnectorError('ERR_GRAPH_AUTH', seen, {
    cause: new Error(text),
    details: {
      ...(code === null ? {} : { aadsts: code }),
      said: (foreignText(text) ?? '').slice(0, 300),
      authority: endpoints.authority,
      clientId,
    },
  });
}
