/** One request and its whole answer, as JSON where it is JSON. */
import { ConnectorError } from '../errors.ts';
import type { ClockWatch } from '../http/clock-watch.ts';
import type { HttpFetch } from '../http/http-fetch.ts';
import { parseRows, parseText, textOf } from './json-rows.ts';
import type { EachRow } from './json-rows.ts';

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

/**
 * Sends and reads the whole body, so that a connection that breaks inside it counts as a failed attempt.
 * @param fetch the connector's door to the network: CA, proxy, size and time limits are in it
 * @param more.clock hears the answer
 * @param more.eachRow for a list: what is made of its rows
 * @throws ConnectorError ERR_HTTP_… and ERR_ABORTED from the network, ERR_GRAPH_RESPONSE for JSON that ends too early,
 *   ERR_HTTP_NOT_EXPECTED for a good status without JSON
 */
export async function send(
  fetch: HttpFetch,
  request: OutgoingRequest,
  signal: AbortSignal,
  { clock, eachRow }: { readonly clock?: ClockWatch | undefined; readonly eachRow?: EachRow | undefined } = {},
): Promise<Answer> {
  const sentAt = Date.now();
  // Redirects are not followed: a token must not travel on to wherever one points.
  const { status, headers, body } = await fetch.whole(request.url, { ...request, signal });
  clock?.hear(headers.date ?? null, sentAt, Date.now());
  const mediaType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const requestId = headers['request-id'];
  return {
    status,
    mediaType,
    retryAfter: headers['retry-after'] ?? null,
    requestId: typeof requestId === 'string' ? requestId : null,
    json: parseBody(request.what, status, mediaType, body, eachRow),
  };
}

function parseBody(
  what: string,
  status: number,
  mediaType: string,
  body: Buffer,
  eachRow: EachRow | undefined,
): unknown {
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) {
    try {
      return eachRow === undefined ? parseText(body) : parseRows(body, eachRow);
    } catch {
      // An error status counts by itself, whatever its body looks like.
      if (status >= 400) return undefined;
      // No cause: the parser's message quotes the text, which may be half a token.
      throw new ConnectorError('ERR_GRAPH_RESPONSE', `${what}: the JSON of the answer is damaged or cut short.`, {
        details: { status, characters: textOf(body).length },
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
