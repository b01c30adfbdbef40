/** Fetches one large file as its bytes come, from a server that gets nothing of ours: no sign-in, no client certificate. */
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { ConnectorError } from '../errors.ts';
import { toNetworkError } from './network-error.ts';
import type { Phase } from './network-error.ts';
import { resolveLimits } from './options.ts';
import type { HttpProxy, TlsOptions } from './options.ts';
import { answerOf, wireOptions } from './send-request.ts';
import { TunnelAgent } from './tunnel-agent.ts';

/** How to fetch. */
export interface DownloadOptions {
  /** The authorities that are trusted besides those of Node.js; of `TlsOptions` nothing else belongs here. */
  readonly ca?: TlsOptions['ca'];
  readonly proxy?: HttpProxy;
  /** Most bytes. */
  readonly maxBytes: number;
  /** Longest that the server may be silent, ms; a reader that takes its time does not count. */
  readonly silenceMs: number;
  /** Longest that the server may be waited for in all, ms. */
  readonly totalMs: number;
  readonly signal: AbortSignal;
}

/**
 * The bytes of a file. Redirects are not followed. The connection ends with the last byte, or when the reader stops.
 * @param url https; named in errors by its host alone: the rest may be a key
 * @throws ConnectorError ERR_HTTP_STATUS (details.status) for any other status than 200, ERR_HTTP_INSECURE, ERR_HTTP_TOO_LARGE,
 *   ERR_HTTP_TIMEOUT, ERR_HTTP_RESET and the others of the network, ERR_ABORTED
 */
export async function* download(url: URL, options: DownloadOptions): AsyncGenerator<Buffer, void, undefined> {
  const { host } = url;
  if (url.protocol !== 'https:')
    throw new ConnectorError('ERR_HTTP_INSECURE', `${host} was to be reached without https.`, { details: { host } });
  const limits = resolveLimits();
  const { ca, proxy, signal } = options;
  const agent = new TunnelAgent({ tls: ca === undefined ? {} : { ca }, proxy, limits, maxSockets: 1 });
  const state: { phase: Phase; stopped: ConnectorError | null } = { phase: 'connect', stopped: null };
  let outgoing: ClientRequest | null = null;
  const stop = (error: ConnectorError): void => {
    state.stopped ??= error;
    outgoing?.destroy(error);
  };
  const onAbort = (): void =>
    stop(new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal.reason, details: { host } }));
  const patience = new Patience(host, options, stop);
  try {
    if (signal.aborted) onAbort();
    if (state.stopped !== null) throw state.stopped;
    signal.addEventListener('abort', onAbort, { once: true });
    outgoing = httpRequest(wireOptions(agent, { url, method: 'GET', headers: {} }, limits));
    // What breaks after the answer began is the body's to tell.
    outgoing.on('error', () => undefined);
    const answer = await patience.during(
      answerOf(outgoing, undefined, () => {
        state.phase = 'sent';
      }),
    );
    state.phase = 'answer';
    checkHead(answer, host, options.maxBytes);
    yield* bodyOf(answer, host, options.maxBytes, patience);
  } catch (error) {
    throw state.stopped ?? toNetworkError(error, host, state.phase);
  } finally {
    patience.end();
    signal.removeEventListener('abort', onAbort);
    outgoing?.destroy();
    agent.destroy();
  }
}

function checkHead(answer: IncomingMessage, host: string, maxBytes: number): void {
  const { statusCode: status = 0, headers } = answer;
  if (status !== 200)
    throw new ConnectorError('ERR_HTTP_STATUS', `${host} answered a download with ${status}.`, {
      details: { host, status },
    });
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(host, maxBytes);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new ConnectorError('ERR_HTTP_NOT_EXPECTED', `${host} sent a content encoding nobody asked for.`);
}

async function* bodyOf(
  answer: IncomingMessage,
  host: string,
  maxBytes: number,
  patience: Patience,
): AsyncGenerator<Buffer, void, undefined> {
  const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (let bytes = 0; ;) {
    const { done, value } = await patience.during(chunks.next());
    if (done === true) return;
    bytes += value.length;
    if (bytes > maxBytes) throw tooLarge(host, maxBytes);
    yield value;
  }
}

function tooLarge(host: string, limit: number): ConnectorError {
  return new ConnectorError('ERR_HTTP_TOO_LARGE', `${host} sent more than ${limit} bytes.`, {
    details: { host, limit },
  });
}

/** Counts only the time that the server is waited for. */
class Patience {
  readonly #host: string;
  readonly #silenceMs: number;
  readonly #stop: (error: ConnectorError) => void;
  #leftMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    host: string,
    { silenceMs, totalMs }: Pick<DownloadOptions, 'silenceMs' | 'totalMs'>,
    stop: (error: ConnectorError) => void,
  ) {
    this.#host = host;
    this.#silenceMs = silenceMs;
    this.#leftMs = totalMs;
    this.#stop = stop;
  }

  async during<T>(work: Promise<T>): Promise<T> {
    const began = performance.now();
    const limitMs = Math.max(1, Math.min(this.#silenceMs, this.#leftMs));
    this.#timer = setTimeout(() => {
      const why = limitMs < this.#silenceMs ? 'did not send it all in time' : `was silent for ${this.#silenceMs} ms`;
      this.#stop(new ConnectorError('ERR_HTTP_TIMEOUT', `${this.#host} ${why}.`, { details: { host: this.#host } }));
    }, limitMs);
    try {
      return await work;
    } finally {
      this.end();
      this.#leftMs -= performance.now() - began;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
