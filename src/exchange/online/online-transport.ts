/** Runs cmdlets on Exchange Online over REST: the same calls, another wire. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainObject } from '../../clixml/value.ts';
import { asConnectorError, ConnectorError, throwIfAborted } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import type { Logger } from '../../log.ts';
import { ClockWatch } from '../../http/clock-watch.ts';
import { httpFetch } from '../../http/http-fetch.ts';
import type { HttpFetch } from '../../http/http-fetch.ts';
import type { HttpProxy, TlsOptions } from '../../http/options.ts';
import { checkCall } from '../cmdlets/check-call.ts';
import type { CheckedCall } from '../cmdlets/check-call.ts';
import { isTransient } from '../restart-read.ts';
import type { CmdletCall, CmdletOptions, CmdletTransport } from '../transport.ts';
import { invokeBody, invokeHeaders, invokeUrl, readError, readPage, throttleMs } from './online-message.ts';

/** Gives an access token; `refused` is one the service no longer takes. */
export type GetToken = (request: { readonly signal: AbortSignal; readonly refused: string | null }) => Promise<string>;

export interface OnlineTransportOptions {
  readonly tenantId: string;
  readonly getToken: GetToken;
  /** Service and interface version; default https://outlook.office365.com/adminapi/beta. */
  readonly baseUrl?: string;
  /** Objects a page, 1 to 1,000; default 500. */
  readonly pageSize?: number;
  /** Requests at a time; default 2. */
  readonly connections?: number;
  /** The longest we wait in one call because the service asks for it; default 5 minutes. */
  readonly maxWaitMs?: number;
  readonly allowDestructive?: boolean;
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
  readonly logger?: Logger;
  readonly now?: () => number;
}

/** A cmdlet may run 15 minutes on the service (exchange-online-powershell-v2). */
const REQUEST_TIMEOUT_MS = 16 * 60_000;
/** 1,000 objects of some kilobytes each. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** Of one call: ten million objects. A chain that is longer goes in circles. */
const MAX_PAGES = 10_000;
/** Of one request that may be made again. */
const MAX_ATTEMPTS = 5;
/** What the ExchangeOnlineManagement module calls; the address is not documented (docs/protocols.md). */
export const ONLINE_BASE_URL = 'https://outlook.office365.com/adminapi/beta';

/** See the module. */
export class OnlineTransport implements CmdletTransport {
  readonly kind = 'exchange-online';
  readonly clock = new ClockWatch();
  readonly #options: OnlineTransportOptions;
  readonly #fetch: HttpFetch;
  readonly #logger: Logger;
  readonly #url: string;
  readonly #closing = new AbortController();
  readonly #connectionId = randomUUID();
  readonly #now: () => number;

  constructor(options: OnlineTransportOptions) {
    if (options.tenantId === '')
      throw new ConnectorError('ERR_CONFIG_INVALID', 'The "Tenant" of the Exchange server is empty.');
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const base = (options.baseUrl ?? ONLINE_BASE_URL).replace(/\/+$/, '');
    this.#url = invokeUrl(base, options.tenantId);
    this.#logger = options.logger ?? silentLogger;
    this.#fetch = httpFetch({
      ...(options.tls && { tls: options.tls }),
      ...(options.proxy && { proxy: options.proxy }),
      connections: options.connections ?? 2,
      clock: this.clock,
      limits: { maxBodyBytes: MAX_BODY_BYTES, timeoutMs: REQUEST_TIMEOUT_MS },
    });
  }

  /** See {@link CmdletTransport.invoke}. The next page is asked for when the last one has been taken. */
  async *invoke(call: CmdletCall, options: CmdletOptions = {}): AsyncGenerator<PlainObject, void, undefined> {
    const { allowDestructive = false } = this.#options;
    const checked = checkCall(call, { allowDestructive, removesPartnership: options.removesPartnership });
    const signal =
      options.signal === undefined ? this.#closing.signal : AbortSignal.any([options.signal, this.#closing.signal]);
    const effort: Effort = { attempts: 0, waitedMs: 0 };
    let url: string | null = this.#url;
    for (let page = 0; url !== null; page++) {
      if (page === MAX_PAGES)
        throw new ConnectorError('ERR_HTTP_TOO_LARGE', `${checked.cmdlet} answered with more than ${MAX_PAGES} pages.`);
      const answer = readPage(checked.cmdlet, (await this.#post(url, checked, effort, signal)).body, url);
      for (const warning of answer.warnings) options.onWarning?.(warning);
      yield* answer.objects;
      throwIfAborted(signal);
      if (answer.nextLink === url)
        throw new ConnectorError('ERR_HTTP_NOT_EXPECTED', 'Exchange Online sent the same page again as the next one.');
      url = answer.nextLink;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new ConnectorError('ERR_ABORTED', 'The connection to Exchange Online was closed.'));
    this.#fetch.close();
  }

  /** Posts until there is an answer with status 2xx, or a reason to stop. */
  async #post(url: string, call: CheckedCall, effort: Effort, signal: AbortSignal): Promise<OnlineAnswer> {
    let refused: string | null = null;
    for (;;) {
      throwIfAborted(signal);
      const token = await this.#options.getToken({ signal, refused });
      const answer = await this.#send(url, call, token, effort, signal);
      if (answer === null) continue;
      if (answer.status >= 200 && answer.status < 300) return answer;
      if (answer.status === 401 && refused === null) {
        // The call was refused before it ran, so it may be sent again with a new token, whatever it does.
        refused = token;
        continue;
      }
      await this.#waitOrThrow(answer, call, effort, signal);
    }
  }

  /** One attempt; null if it was lost and is to be made again. */
  async #send(
    url: string,
    call: CheckedCall,
    token: string,
    effort: Effort,
    signal: AbortSignal,
  ): Promise<OnlineAnswer | null> {
    const { tenantId, pageSize } = this.#options;
    const headers = invokeHeaders(call, {
      tenantId,
      token,
      connectionId: this.#connectionId,
      requestId: randomUUID(),
      pageSize: Math.min(Math.max(1, pageSize ?? 500), 1000),
    });
    try {
      const response = await this.#fetch(url, {
        method: 'POST',
        headers,
        body: invokeBody(call),
        signal,
        redirect: 'error',
      });
      this.#logger.debug('exchange online', { cmdlet: call.cmdlet, status: response.status });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: Buffer.from(await response.arrayBuffer()),
      };
    } catch (error) {
      const failure = asConnectorError(error);
      // Phase `connect`: nothing was sent.
      if (call.spec.effect !== 'read' && failure.details['phase'] !== 'connect') throw outcomeUnknown(call, failure);
      if (!isTransient(failure) || call.spec.effect === 'destructive' || ++effort.attempts >= MAX_ATTEMPTS)
        throw failure;
      await this.#wait(500 * 2 ** effort.attempts, call, effort, signal);
      return null;
    }
  }

  async #waitOrThrow(answer: OnlineAnswer, call: CheckedCall, effort: Effort, signal: AbortSignal): Promise<void> {
    const { status, headers, body } = answer;
    const waitMs = throttleMs(status, headers, body, effort.attempts, this.#now());
    const error = readError(call.cmdlet, status, headers, body);
    if (waitMs === null) {
      if (status === 401)
        throw new ConnectorError('ERR_HTTP_AUTH', 'Exchange Online refused the token.', { cause: error });
      throw error;
    }
    // 429 is a refusal; after a 408, 503 or 504 nobody knows whether the call ran.
    if (call.spec.effect !== 'read' && status !== 429) throw outcomeUnknown(call, error);
    if (call.spec.effect === 'destructive' || ++effort.attempts >= MAX_ATTEMPTS) throw throttled(call, error);
    await this.#wait(waitMs, call, effort, signal);
  }

  async #wait(ms: number, call: CheckedCall, effort: Effort, signal: AbortSignal): Promise<void> {
    effort.waitedMs += ms;
    if (effort.waitedMs > (this.#options.maxWaitMs ?? 300_000)) throw throttled(call, undefined);
    await sleep(ms, undefined, { signal }).catch(() => throwIfAborted(signal));
  }
}

/** One answer, read whole. */
interface OnlineAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What one call has cost so far. */
interface Effort {
  attempts: number;
  waitedMs: number;
}

function throttled(call: CheckedCall, cause: unknown): ConnectorError {
  return new ConnectorError(
    'ERR_EXCHANGE_THROTTLED',
    `${call.cmdlet} was put off by Exchange Online too often or for too long.`,
    { cause },
  );
}

function outcomeUnknown(call: CheckedCall, cause: unknown): ConnectorError {
  return new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', `${call.cmdlet} was sent and its answer was lost.`, {
    cause,
    details: { cmdlet: call.cmdlet },
  });
}
