/**
 * The middleware chain the Graph client runs with, in place of its own, whose gaps were measured with 3.0.7:
 * the host check passes crafted addresses, the token is set once before all retries, three retries on three statuses,
 * Retry-After cut to 180 s, no timeout. Order: origin → retry → token → send.
 */
import { GraphClientError, type Context, type Middleware } from '@microsoft/microsoft-graph-client';
import { asConnectorError } from '../errors.ts';
import type { ClockWatch } from '../http/clock-watch.ts';
import type { HttpFetch } from '../http/http-fetch.ts';
import type { EachRow } from './json-rows.ts';
import { sameOriginLink } from './origin.ts';
import { withRetry, type RetryOptions } from './retry.ts';
import { send, type Answer } from './send.ts';
import type { RequestLimiter } from './tenant-limiter.ts';
import type { TokenSource } from './token.ts';

/** What one request brings along through the client; its options are found by class. */
export class GraphCall {
  readonly what: string;
  /** The link to replay exactly as it came, or null for the address that the client built. */
  readonly link: string | null;
  readonly signal: AbortSignal;
  readonly clock: ClockWatch | undefined;
  /** What is made of the rows of a list. */
  readonly eachRow: EachRow | undefined;
  /** Requests that it is for the quota. */
  readonly cost: number;

  constructor(
    call: Pick<GraphCall, 'what' | 'link' | 'signal'> & {
      readonly clock?: ClockWatch | undefined;
      readonly eachRow?: EachRow | undefined;
      readonly cost?: number;
    },
  ) {
    this.what = call.what;
    this.link = call.link;
    this.signal = call.signal;
    this.clock = call.clock;
    this.eachRow = call.eachRow;
    this.cost = call.cost ?? 1;
  }
}

/** The answer in the form the client passes on untouched with `responseType('raw')`; the body was read already. */
export class AnswerResponse extends Response {
  #answer: Answer | null;

  constructor(answer: Answer) {
    super(null, { status: answer.status });
    this.#answer = answer;
  }

  get answer(): Answer {
    if (this.#answer === null) throw new Error('A Graph request whose answer was taken.');
    return this.#answer;
  }

  /** The answer, for the last time: what carried it may live on for some pages, and a page must not with it. */
  take(): Answer {
    const { answer } = this;
    this.#answer = null;
    return answer;
  }
}

/** The parts of the chain. */
export interface ChainOptions {
  readonly graphUrl: string;
  readonly fetch: HttpFetch;
  readonly tokens: TokenSource;
  readonly retry: Omit<RetryOptions, 'what' | 'signal' | 'turn'>;
  readonly limiter: RequestLimiter;
}

/** Our chain, in order, for `Client.initWithMiddleware`. */
export function graphMiddleware(options: ChainOptions): Middleware[] {
  return [new OriginHandler(options), new RetryHandler(options), new TokenHandler(options), new SendHandler(options)];
}

abstract class Handler implements Middleware {
  protected readonly options: ChainOptions;
  #next: Middleware | null = null;

  constructor(options: ChainOptions) {
    this.options = options;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  protected async next(context: Context): Promise<Answer> {
    if (this.#next === null) throw new Error('The middleware chain has no end.');
    await this.#next.execute(context);
    return answerOf(context);
  }

  abstract execute(context: Context): Promise<void>;
}

/** First: the address is checked, and a link is sent as it came (the client would take it apart and put it together anew). */
class OriginHandler extends Handler {
  async execute(context: Context): Promise<void> {
    try {
      const { link } = callOf(context);
      context.request = sameOriginLink(this.options.graphUrl, link ?? requestUrl(context));
      await this.next(context);
    } catch (error) {
      // The client passes its own error class through and drops all others; ours travels inside.
      const carrier = new GraphClientError();
      carrier.customError = asConnectorError(error);
      throw carrier;
    }
  }
}

class RetryHandler extends Handler {
  async execute(context: Context): Promise<void> {
    const { what, signal, cost } = callOf(context);
    const { retry, limiter } = this.options;
    // The answer that is final is that of the last attempt, which is in the context.
    await withRetry(() => this.next(context), { ...retry, what, signal, turn: { limiter, cost } });
  }
}

/** A token per attempt; a refused one is replaced once (it may have run out in the middle of a long chain). */
class TokenHandler extends Handler {
  async execute(context: Context): Promise<void> {
    const { signal } = callOf(context);
    const token = await this.options.tokens.get(signal);
    const answer = await this.#attempt(context, token);
    if (answer.status !== 401) return;
    await this.#attempt(context, await this.options.tokens.renew(token, signal));
  }

  #attempt(context: Context, token: string): Promise<Answer> {
    context.options = { ...context.options, headers: { ...headersOf(context), Authorization: `Bearer ${token}` } };
    return this.next(context);
  }
}

class SendHandler extends Handler {
  async execute(context: Context): Promise<void> {
    const { what, signal, clock, eachRow } = callOf(context);
    const headers = { Accept: 'application/json', ...headersOf(context) };
    // A batch is the only one that has a body.
    const body = context.options?.body;
    const how = typeof body === 'string' ? ({ method: 'POST', body } as const) : ({ method: 'GET' } as const);
    const request = { what, url: requestUrl(context), headers, ...how };
    context.response = new AnswerResponse(await send(this.options.fetch, request, signal, { clock, eachRow }));
  }
}

function callOf(context: Context): GraphCall {
  const call = context.middlewareControl?.getMiddlewareOptions(GraphCall);
  if (!(call instanceof GraphCall)) throw new Error('A Graph request without its call.');
  return call;
}

function answerOf(context: Context): Answer {
  if (!(context.response instanceof AnswerResponse)) throw new Error('A Graph request without an answer.');
  return context.response.answer;
}

function requestUrl(context: Context): string {
  if (typeof context.request !== 'string') throw new Error('A Graph request without an address.');
  return context.request;
}

function headersOf(context: Context): Record<string, string> {
  return { ...(context.options?.headers as Record<string, string> | undefined) };
}
