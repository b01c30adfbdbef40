/** One request and its whole answer over a `fetch`-shaped function: with a timeout, and with every failure named. */
import { ConnectorError, isConnectorError } from '../errors.ts';

/** The part of `fetch` that is used, so that the connector's own door to the network (CA, proxy, limits) fits as well as the global one. */
export type GraphFetch = (
  url: string,
  init: {
    readonly method: 'GET' | 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/** A complete answer. `json` is undefined if the body is not JSON. */
export interface Answer {
  readonly status: number;
  /** Media type in lower case without parameters; "" if none was sent. */
  readonly mediaType: string;
  /** The header as sent, or null. */
  readonly retryAfter: string | null;
  /** Graph's `request-id`, which Microsoft's support asks for. */
  readonly requestId: string | null;
  readonly json: unknown;
}

/** What is sent. `what` names the call in errors: no query, no secret. */
export interface OutgoingRequest {
  readonly what: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How long one attempt may take, in ms, and what stops it. */
export interface SendLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Sends and reads the whole body, so that a connection that breaks inside it counts as a failed attempt.
 * @throws ConnectorError ERR_HTTP_TIMEOUT, ERR_HTTP_RESET, ERR_HTTP_UNREACHABLE, ERR_HTTP_TLS_… (from the fetch function),
 *   ERR_GRAPH_RESPONSE for JSON that ends too early, ERR_HTTP_NOT_EXPECTED for a good status without JSON, ERR_ABORTED
 */
export async function send(fetch: GraphFetch, request: OutgoingRequest, limits: SendLimits): Promise<Answer> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), limits.timeoutMs);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      // A token must not travel on to wherever a redirect points.
      redirect: 'manual',
      signal: AbortSignal.any([limits.signal, timeout.signal]),
    });
    const text = await response.text();
    const mediaType = (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    return {
      status: response.status,
      mediaType,
      retryAfter: response.headers.get('retry-after'),
      requestId: response.headers.get('request-id'),
      json: parseBody(request.what, response.status, mediaType, text),
    };
  } catch (error) {
    throw asSendError(error, request, limits.signal, timeout.signal, limits.timeoutMs);
  } finally {
    clearTimeout(timer);
  }
}

function parseBody(what: string, status: number, mediaType: string, text: string): unknown {
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      // An error status counts by itself, whatever its body looks like.
      if (status >= 400) return undefined;
      throw new ConnectorError('ERR_GRAPH_RESPONSE', `${what}: the JSON of the answer is damaged or cut short.`, {
        cause,
        details: { status, characters: text.length },
      });
    }
  }
  if (status < 200 || status > 299) return undefined;
  throw new ConnectorError(
    'ERR_HTTP_NOT_EXPECTED',
    `${what}: answered with ${mediaType || 'no media type'}, not JSON.`,
    {
      details: { status, mediaType },
    },
  );
}

/** Codes that mean: a connection was there and broke. */
const RESET_CODES = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'ERR_STREAM_PREMATURE_CLOSE']);
const TLS_CODES = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/;

function asSendError(
  error: unknown,
  request: OutgoingRequest,
  stop: AbortSignal,
  timeout: AbortSignal,
  timeoutMs: number,
): ConnectorError {
  if (stop.aborted) return new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: error });
  const origin = new URL(request.url).origin;
  const details = { origin };
  if (timeout.aborted) {
    return new ConnectorError('ERR_HTTP_TIMEOUT', `${request.what}: no answer from ${origin} within ${timeoutMs} ms.`, {
      cause: error,
      details,
    });
  }
  if (isConnectorError(error)) return error;
  const code = errorCode(error);
  if (TLS_CODES.test(code))
    return new ConnectorError('ERR_HTTP_TLS', `${request.what}: TLS with ${origin} failed (${code}).`, {
      cause: error,
      details,
    });
  // Node's fetch says "terminated" without a code when a body ends too early.
  if (RESET_CODES.has(code) || (error instanceof Error && error.message === 'terminated')) {
    return new ConnectorError('ERR_HTTP_RESET', `${request.what}: the connection to ${origin} broke.`, {
      cause: error,
      details,
    });
  }
  return new ConnectorError(
    'ERR_HTTP_UNREACHABLE',
    `${request.what}: ${origin} cannot be reached${code === '' ? '' : ` (${code})`}.`,
    { cause: error, details },
  );
}

/** The code of an error or of what caused it: Node's fetch wraps the socket's error twice. */
function errorCode(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return '';
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' && code !== '' ? code : errorCode(error.cause, depth + 1);
}
