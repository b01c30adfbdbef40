/** Trying again: what is worth it, after how long, and when it is enough. Pure but for the clock it is handed. */
import { setTimeout as delay } from 'node:timers/promises';
import { asConnectorError, ConnectorError, throwIfAborted } from '../errors.ts';
import type { Logger } from '../log.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import type { ThrottlePause } from '../http/throttle-pause.ts';
import type { Answer } from './send.ts';
import type { RequestLimiter } from './tenant-limiter.ts';

/** Bounds on the attempts of one request. */
export interface RetryLimits {
  /** All waiting of one request together, ms. A Retry-After beyond what is left fails at once instead of retrying too early. */
  readonly maxWaitMs: number;
  /** Attempts after answers that ask us to slow down. */
  readonly maxThrottled: number;
  /** Attempts after broken connections, timeouts and server errors. */
  readonly maxFaults: number;
  /** Attempts after a server that is not there at all; few, or a typing error in the address takes minutes to show. */
  readonly maxUnreachable: number;
  /** First delay of our own back-off, ms; it doubles up to maxDelayMs. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * Five minutes in all. Intune answers 429 in batches and sometimes without Retry-After, and its quota windows are 20 s
 * (Graph throttling limits, "Intune devices"), so a chain of a thousand pages must be able to sit out several.
 */
export const DEFAULT_RETRY_LIMITS: RetryLimits = {
  maxWaitMs: 300_000,
  maxThrottled: 30,
  maxFaults: 5,
  maxUnreachable: 2,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
};

/** Time and chance, handed in. */
export interface RetryClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects when the signal fires. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** 0 to 1, for the spread of delays. */
  random(): number;
}

/** The machine's clock. */
export const systemClock: RetryClock = {
  now: () => Date.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
  random: () => Math.random(),
};

export interface RetryOptions {
  readonly what: string;
  readonly limits: RetryLimits;
  readonly clock: RetryClock;
  readonly pause: ThrottlePause;
  /** Each attempt waits for its turn; absent: it is made of requests that do. */
  readonly turn?: { readonly limiter: RequestLimiter; readonly cost: number };
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Statuses that say "again": 408 and 5xx are faults, 429 is throttling; 503 with Retry-After is throttling too. */
const FAULT_STATUS = new Set([408, 500, 502, 503, 504]);

type Trouble =
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | null }
  | { readonly kind: 'fault' | 'unreachable' };

/**
 * Runs `attempt` until it gives an answer that is final, or a limit is reached.
 * A final answer is any but 408, 429, 500, 502, 503, 504; after the last attempt a server error is handed out as it is.
 * @throws ConnectorError ERR_GRAPH_THROTTLED, ERR_ABORTED, or what the last attempt threw
 */
export async function withRetry(attempt: () => Promise<Answer>, options: RetryOptions): Promise<Answer> {
  const { clock, limits, pause, signal, what } = options;
  let waited = 0;
  let throttled = 0;
  let faults = 0;
  for (;;) {
    const before = await sitOutPause(waited, options);
    waited = before.waited;
    const outcome = await inTurn(attempt, before.isProbe, options);
    // While it waited for its turn, another one was asked to slow down.
    if (outcome === null) continue;
    const trouble = troubleOf(outcome, clock.now());
    if (trouble === null && before.isProbe && 'answer' in outcome) pause.end();
    if (trouble === null) return unwrap(outcome);
    if (trouble.kind === 'throttled') {
      throttled += 1;
      if (throttled >= limits.maxThrottled) throw throttledError(what, 'after many attempts', waited, outcome);
      // Never at once, not even if the header says 0: a server in a storm is not helped by a tight loop.
      const wait = Math.max(trouble.retryAfterMs ?? backOff(throttled, options), limits.baseDelayMs / 2);
      pause.extend(clock.now() + wait, clock.now());
      options.logger.debug(`${what}: asked to slow down`, { waitMs: Math.round(wait), attempt: throttled });
      continue;
    }
    faults += 1;
    if (faults > (trouble.kind === 'fault' ? limits.maxFaults : limits.maxUnreachable)) return unwrap(outcome);
    const wait = backOff(faults, options);
    if (waited + wait > limits.maxWaitMs) return unwrap(outcome);
    options.logger.debug(`${what}: failed, trying again`, { waitMs: Math.round(wait), attempt: faults });
    await pauseFor(wait, clock, signal);
    waited += wait;
  }
}

/** Waits while the tenant is paused; gives the total waited. Another request may prolong the pause meanwhile. */
async function sitOutPause(
  waited: number,
  { clock, limits, pause, signal, what }: RetryOptions,
): Promise<{ readonly waited: number; readonly isProbe: boolean }> {
  throwIfAborted(signal);
  for (let left = pause.remaining(clock.now()); left > 0; left = pause.remaining(clock.now())) {
    if (waited + left > limits.maxWaitMs) {
      if (pause.takeProbe(clock.now())) return { waited, isProbe: true };
      throw throttledError(what, `for ${Math.ceil(left / 1000)} s more`, waited, null, left);
    }
    await pauseFor(left, clock, signal);
    waited += left;
  }
  return { waited, isProbe: false };
}

/** The attempt, when it is its turn; null: by then the tenant is paused. */
function inTurn(
  attempt: () => Promise<Answer>,
  isProbe: boolean,
  { turn, clock, pause, signal }: RetryOptions,
): Promise<Outcome | null> {
  if (turn === undefined) return settle(attempt);
  const send = async (): Promise<Outcome | null> =>
    !isProbe && pause.remaining(clock.now()) > 0 ? null : settle(attempt);
  return turn.limiter.run(send, { cost: turn.cost, clock, signal });
}

type Outcome = { readonly answer: Answer } | { readonly error: ConnectorError };

async function settle(attempt: () => Promise<Answer>): Promise<Outcome> {
  try {
    return { answer: await attempt() };
  } catch (error) {
    return { error: asConnectorError(error) };
  }
}

function unwrap(outcome: Outcome): Answer {
  if ('error' in outcome) throw outcome.error;
  return outcome.answer;
}

function troubleOf(outcome: Outcome, now: number): Trouble | null {
  if ('answer' in outcome)
    return troubleOfStatus(outcome.answer.status, parseRetryAfter(outcome.answer.retryAfter, now));
  const { code, details } = outcome.error;
  if (code === 'ERR_HTTP_RESET' || code === 'ERR_HTTP_TIMEOUT') return { kind: 'fault' };
  if (code === 'ERR_HTTP_UNREACHABLE') return { kind: 'unreachable' };
  // Within one attempt this is JSON that was cut short; an error inside a 200 is found later and is final.
  if (code === 'ERR_GRAPH_RESPONSE') return { kind: 'fault' };
  // The token endpoint's status, which its library would turn into something else.
  if (code === 'ERR_HTTP_STATUS' && typeof details['status'] === 'number') {
    return troubleOfStatus(
      details['status'],
      typeof details['retryAfterMs'] === 'number' ? details['retryAfterMs'] : null,
    );
  }
  return null;
}

function troubleOfStatus(status: number, retryAfterMs: number | null): Trouble | null {
  if (status === 429 || (status === 503 && retryAfterMs !== null)) return { kind: 'throttled', retryAfterMs };
  return FAULT_STATUS.has(status) ? { kind: 'fault' } : null;
}

/** Doubling delay; half of it is left to chance, so that many clients do not come back together. */
function backOff(count: number, { clock, limits }: RetryOptions): number {
  const full = Math.min(limits.maxDelayMs, limits.baseDelayMs * 2 ** (count - 1));
  return full / 2 + (full / 2) * clock.random();
}

async function pauseFor(ms: number, clock: RetryClock, signal: AbortSignal): Promise<void> {
  try {
    await clock.wait(ms, signal);
  } finally {
    throwIfAborted(signal);
  }
}

function throttledError(
  what: string,
  how: string,
  waited: number,
  last: Outcome | null,
  leftMs?: number,
): ConnectorError {
  return new ConnectorError(
    'ERR_GRAPH_THROTTLED',
    `${what}: Graph still asks us to wait, ${how}; ${Math.round(waited / 1000)} s were waited.`,
    {
      ...(last !== null && 'error' in last ? { cause: last.error } : {}),
      details: { waitedMs: Math.round(waited), ...(leftMs === undefined ? {} : { retryAfterMs: Math.round(leftMs) }) },
    },
  );
}
