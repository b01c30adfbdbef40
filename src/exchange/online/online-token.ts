/** Access tokens for Exchange Online by client credentials: @azure/msal-node over our own network, so that CA and proxy apply. */
import { ConfidentialClientApplication } from '@azure/msal-node';
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { ConnectorError, isConnectorError } from '../../errors.ts';
import { redact } from '../../log.ts';
import { httpFetch } from '../../http/http-fetch.ts';
import type { HttpProxy, TlsOptions } from '../../http/options.ts';
import type { GetToken } from './online-transport.ts';

export interface OnlineTokenOptions {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Default https://login.microsoftonline.com. */
  readonly authorityUrl?: string;
  /** The service's address, whose origin is the scope; default https://outlook.office365.com. */
  readonly resource?: string;
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
}

/** Makes the token source. Nothing is sent before the first token is needed. */
export function clientCredentialsToken(options: OnlineTokenOptions): GetToken {
  const authority = `${(options.authorityUrl ?? 'https://login.microsoftonline.com').replace(/\/+$/, '')}/${encodeURIComponent(options.tenantId)}`;
  const scope = `${new URL(options.resource ?? 'https://outlook.office365.com').origin}/.default`;
  const network = new TokenNetwork(options);
  let application: ConfidentialClientApplication | null = null;
  return async ({ refused }) => {
    application ??= openApplication(options, authority, network);
    network.failure = null;
    try {
      const result = await application.acquireTokenByClientCredential({
        scopes: [scope],
        skipCache: refused !== null,
        // MSAL_FORCE_REGION in the environment would send the secret elsewhere.
        azureRegion: 'DisableMsalForceRegion',
      });
      if (result === null || result.accessToken === '')
        throw new ConnectorError('ERR_GRAPH_AUTH', 'The sign-in gave no token.');
      return result.accessToken;
    } catch (error) {
      // msal replaces what its network threw by a word of its own.
      if (network.failure !== null) throw network.failure;
      if (isConnectorError(error)) throw error;
      const text = error instanceof Error ? redact(error.message).slice(0, 300) : 'no reason';
      throw new ConnectorError('ERR_GRAPH_AUTH', `The sign-in to Exchange Online failed: ${text}`, { cause: error });
    }
  };
}

/** Metadata is handed in and the authority declared known: msal asks no other host first. */
function openApplication(
  options: OnlineTokenOptions,
  authority: string,
  network: INetworkModule,
): ConfidentialClientApplication {
  return new ConfidentialClientApplication({
    auth: {
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      authority,
      knownAuthorities: [new URL(authority).host],
      authorityMetadata: JSON.stringify({
        issuer: `${authority}/v2.0`,
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
      }),
    },
    system: { networkClient: network, disableInternalRetries: true },
  });
}

class TokenNetwork implements INetworkModule {
  failure: ConnectorError | null = null;
  readonly #options: OnlineTokenOptions;

  constructor(options: OnlineTokenOptions) {
    this.#options = options;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send<T>('GET', url, options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send<T>('POST', url, options);
  }

  async #send<T>(method: string, url: string, request: NetworkRequestOptions | undefined): Promise<NetworkResponse<T>> {
    const { tls, proxy } = this.#options;
    const fetch = httpFetch({
      ...(tls && { tls }),
      ...(proxy && { proxy }),
      limits: { timeoutMs: 30_000, maxBodyBytes: 1024 * 1024 },
    });
    try {
      const { headers = {}, body } = request ?? {};
      const answer = await fetch(url, { method, headers, redirect: 'error', ...(body === undefined ? {} : { body }) });
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: (await answer.json()) as T };
    } catch (error) {
      this.failure = isConnectorError(error)
        ? error
        : new ConnectorError('ERR_HTTP_NOT_EXPECTED', 'The sign-in server answered with something that is not JSON.', {
            cause: error,
          });
      throw this.failure;
    } finally {
      fetch.close();
    }
  }
}
