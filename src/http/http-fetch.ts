/** A `fetch` that goes through our TLS options, proxy and limits, for libraries that take one (Graph, MSAL). */
import { ConnectorError } from '../errors.ts';
import type { ClockWatch } from './clock-watch.ts';
import { isLoopback } from './open-socket.ts';
import { resolveLimits } from './options.ts';
import type { HttpLimits, HttpProxy, TlsOptions } from './options.ts';
import { isRedirect, redirectTarget } from './redirect.ts';
import { sendRequest } from './send-request.ts';
import type { WireResponse } from './send-request.ts';
import { TunnelAgent } from './tunnel-agent.ts';

/** What may be set. */
export interface HttpFetchOptions {
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
  /** A page of Graph may have several MiB: default maxBodyBytes here is 32 MiB. */
  readonly limits?: HttpLimits;
  /** Connections per server; default 4. */
  readonly connections?: number;
  /** Hears every answer. */
  readonly clock?: ClockWatch;
  /** Allow plain http to this machine only: for tests. */
  readonly allowInsecure?: boolean;
}

/** Fits where `typeof fetch` is asked for. The answer is read whole before it is returned. */
export interface HttpFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** As the fetch, for large answers: the bytes as they came, where a `Response` copies them three times. Redirects are not followed. */
  whole(
    url: string,
    request: {
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly signal: AbortSignal;
    },
  ): Promise<Pick<WireResponse, 'status' | 'headers' | 'body'>>;
  /** Ends every connection. */
  close(): void;
}

/** Far above a page of 1,000 records of some kilobytes each. */
const DEFAULT_BODY_BYTES = 32 * 1024 * 1024;

interface PlainRequest {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  signal: AbortSignal | undefined;
  redirect: RequestRedirect;
}

/**
 * Makes a fetch. Redirects: https on hosts of one owner, at most 5; `redirect: 'manual'` and `'error'` are honored.
 * @throws (the fetch) ConnectorError ERR_HTTP_…, ERR_ABORTED; never a TypeError without a code
 */
export function httpFetch(options: HttpFetchOptions = {}): HttpFetch {
  const limits = resolveLimits({ maxBodyBytes: DEFAULT_BODY_BYTES, ...options.limits });
  const agent = new TunnelAgent({
    tls: options.tls,
    proxy: options.proxy,
    limits,
    maxSockets: options.connections ?? 4,
  });
  const allowInsecure = options.allowInsecure === true;

  async function send(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = await plainRequest(input, init);
    for (let hop = 0; ; hop += 1) {
      checkScheme(request.url, allowInsecure);
      const answer = await sendOnce(request);
      if (!isRedirect(answer.status) || request.redirect === 'manual') return toResponse(answer, request.url, hop > 0);
      if (request.redirect === 'error' || hop >= limits.maxRedirects) {
        throw new ConnectorError('ERR_HTTP_REDIRECT', `${request.url.host} redirected where that is not allowed.`);
      }
      follow(request, answer);
    }
  }

  /** A GET over a kept connection that was closed meanwhile goes once more; anything else is for the caller to repeat. */
  async function sendOnce(request: PlainRequest): Promise<WireResponse> {
    const wire = { ...request, timeoutMs: limits.timeoutMs };
    const started = Date.now();
    try {
      const answer = await sendRequest(agent, wire, limits);
      options.clock?.hear(answer.headers.date, started, Date.now());
      return answer;
    } catch (error) {
      const stale = error instanceof ConnectorError && error.details['reused'] === true;
      if (!stale || (request.method !== 'GET' && request.method !== 'HEAD')) throw error;
      return sendRequest(agent, wire, limits);
    }
  }

  function follow(request: PlainRequest, answer: WireResponse): void {
    request.url = redirectTarget(request.url, answer.headers.location, { allowInsecure });
    if (answer.status !== 303) return;
    request.method = 'GET';
    request.body = undefined;
  }

  const whole: HttpFetch['whole'] = async (url, { method, headers, body, signal }) => {
    if (!URL.canParse(url)) throw noAddress();
    const target = new URL(url);
    checkScheme(target, allowInsecure);
    return sendOnce({
      url: target,
      method,
      headers: { ...headers },
      body: body === undefined ? undefined : Buffer.from(body),
      signal,
      redirect: 'manual',
    });
  };
  return Object.assign(send, { whole, close: () => agent.destroy() });
}

function checkScheme(url: URL, allowInsecure: boolean): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && allowInsecure && isLoopback(url.hostname))) return;
  throw new ConnectorError('ERR_HTTP_INSECURE', `${url.host} was to be reached without https.`, {
    details: { host: url.host },
  });
}

function noAddress(): ConnectorError {
  return new ConnectorError('ERR_INPUT_INVALID', 'The address of a request is not one.');
}

async function plainRequest(input: string | URL | Request, init: RequestInit = {}): Promise<PlainRequest> {
  const text = input instanceof Request ? input.url : String(input);
  if (!URL.canParse(text)) throw noAddress();
  // The platform's Request knows every form of body and header.
  const request = new Request(input, init);
  const bytes = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) headers[name] = value;
  return {
    url: new URL(request.url),
    method: request.method,
    headers,
    body: bytes,
    signal: init.signal ?? (input instanceof Request ? input.signal : undefined),
    redirect: request.redirect,
  };
}

function toResponse(answer: WireResponse, url: URL, redirected: boolean): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    // The body is inflated already.
    if (value === undefined || name === 'content-encoding' || name === 'content-length') continue;
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one);
  }
  const empty = answer.status === 204 || answer.status === 205 || answer.status === 304;
  const response = new Response(empty ? null : new Uint8Array(answer.body), { status: answer.status, headers });
  Object.defineProperties(response, { url: { value: url.href }, redirected: { value: redirected } });
  return response;
}
