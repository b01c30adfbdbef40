/** Sends one HTTP/1.1 request over an agent and reads the whole answer within limits. No retry, no redirect, no sign-in here. */
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { ConnectorError } from '../errors.ts';
import { toNetworkError } from './network-error.ts';
import type { Phase } from './network-error.ts';
import type { ResolvedLimits } from './options.ts';
import { tooLarge } from './read-response.ts';
import type { TunnelAgent, TunnelArgs } from './tunnel-agent.ts';

/** A request as it goes out. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A text goes out in UTF-8. */
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The whole exchange. */
  readonly timeoutMs: number;
  /** The limit as the caller set it, for the error's text, where timeoutMs is what is left of it. */
  readonly limitMs?: number;
  /** See HttpRequest. */
  readonly passingBody?: boolean | undefined;
}

/** An answer with the connection it came over, which NTLM needs to know. */
export interface WireResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly socket: Socket;
}

/** In bytes. */
export function lengthOf(body: string | Uint8Array | undefined): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : (body?.byteLength ?? 0);
}

/** Port of an address, also where it is the scheme's own. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** The headers of a request; one that it has itself goes before ours of its name. */
export function headersOf(
  request: Pick<WireRequest, 'url' | 'method' | 'body' | 'headers'>,
): Iterable<readonly [string, string]> {
  const { url, method, body } = request;
  const isBare = body === undefined && (method === 'GET' || method === 'HEAD');
  const headers = new Map<string, readonly [string, string]>([
    ['host', ['Host', url.host]],
    ['user-agent', ['User-Agent', 'node-red-exchange-connector']],
    ['connection', ['Connection', 'keep-alive']],
    ['accept-encoding', ['Accept-Encoding', 'identity']],
  ]);
  for (const name of Object.keys(request.headers)) headers.set(name.toLowerCase(), [name, request.headers[name]!]);
  if (!isBare) headers.set('content-length', ['Content-Length', String(lengthOf(body))]);
  return headers.values();
}

/** What goes to http.request. */
export function wireOptions(
  agent: TunnelAgent,
  request: Pick<WireRequest, 'url' | 'method' | 'body' | 'headers'>,
  limits: ResolvedLimits,
): TunnelArgs {
  const { url, method } = request;
  return {
    agent,
    method,
    host: url.hostname,
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    setHost: false,
    maxHeaderSize: limits.maxHeaderBytes,
    secure: url.protocol === 'https:',
    headers: Object.fromEntries(headersOf(request)),
  };
}

/**
 * Sends and reads.
 * @throws ConnectorError ERR_HTTP_UNREACHABLE, _TIMEOUT, _RESET, _TLS…, _TOO_LARGE, _NOT_EXPECTED, ERR_ABORTED;
 *   `details.phase` says how far it got, `details.reused` whether a kept connection turned out dead
 */
export async function sendRequest(
  agent: TunnelAgent,
  request: WireRequest,
  limits: ResolvedLimits,
): Promise<WireResponse> {
  if (request.signal?.aborted)
    throw new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: request.signal.reason });
  const host = request.url.host;
  const state: { phase: Phase; stopped?: ConnectorError } = { phase: 'connect' };
  const outgoing = httpRequest(wireOptions(agent, request, limits));
  const stop = (error: ConnectorError): void => {
    state.stopped ??= error;
    outgoing.destroy(error);
  };
  const timer = setTimeout(() => {
    const details = { host, phase: state.phase };
    stop(
      new ConnectorError(
        'ERR_HTTP_TIMEOUT',
        `${host} did not answer within ${request.limitMs ?? request.timeoutMs} ms.`,
        { details },
      ),
    );
  }, request.timeoutMs);
  const onAbort = (): void => {
    const details = { host, phase: state.phase };
    stop(new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: request.signal?.reason, details }));
  };
  request.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const incoming = await answerOf(outgoing, request.body, () => {
      state.phase = 'sent';
    });
    state.phase = 'answer';
    const socket = incoming.socket;
    const body = await readBody(incoming, limits.maxBodyBytes, host);
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, body, socket };
  } catch (error) {
    outgoing.destroy();
    throw withReuse(state.stopped ?? toNetworkError(error, host, state.phase), outgoing.reusedSocket);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', onAbort);
  }
}

/** Marks an error of a connection that had carried earlier requests: the server may have closed it before ours arrived. */
export function withReuse(error: ConnectorError, reused: boolean): ConnectorError {
  if (!reused || error.code !== 'ERR_HTTP_RESET' || error.details['phase'] !== 'sent') return error;
  const host = String(error.details['host']);
  return new ConnectorError(error.code, `${host} broke a kept connection.`, {
    cause: error.cause,
    details: { ...error.details, reused },
  });
}

/** The answer, its body still to come. @param onSent a connection is there */
export function answerOf(
  outgoing: ClientRequest,
  body: string | Uint8Array | undefined,
  onSent: () => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
    outgoing.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    // The agent hands over a socket only when it is connected and verified.
    outgoing.on('socket', onSent);
    outgoing.end(body);
  });
}

function inflaterFor(encoding: string, first: Buffer): Duplex | null {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding !== 'deflate') return null;
  // `deflate` means zlib (RFC 9110 8.4.1.2), but old servers send the bare stream; a zlib header's low nibble is 8.
  return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
}

async function readBody(incoming: IncomingMessage, limit: number, host: string): Promise<Buffer> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > limit) throw tooLarge(host, limit);
  const raw = await collect(incoming, limit, host);
  return inflated(raw, incoming.headers['content-encoding'], limit, host);
}

/**
 * A body as it was before it was compressed.
 * @throws ConnectorError ERR_HTTP_TOO_LARGE; ERR_HTTP_NOT_EXPECTED for an encoding that nobody asked for, or a damaged body
 */
export async function inflated(
  raw: Buffer,
  contentEncoding: string | undefined,
  limit: number,
  host: string,
): Promise<Buffer> {
  const encoding = (contentEncoding ?? '').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '' || raw.length === 0) return raw;
  const inflater = inflaterFor(encoding, raw);
  if (inflater === null) {
    throw new ConnectorError(
      'ERR_HTTP_NOT_EXPECTED',
      `${host} sent a content encoding nobody asked for (${encoding.slice(0, 40)}).`,
    );
  }
  inflater.end(raw);
  return collect(inflater, limit, host);
}

/** By events: an iterator takes a turn of the event loop for every sixteen kilobytes. */
function collect(stream: Readable, limit: number, host: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      // Not read on: what is inflated has no end of its own.
      else stream.destroy(tooLarge(host, limit));
    });
    stream.on('error', reject);
    stream.on('end', () => resolve(Buffer.concat(chunks.splice(0), size)));
    // An answer that breaks off ends without its end.
    stream.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
}
