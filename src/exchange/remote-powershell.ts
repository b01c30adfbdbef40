/** Runs cmdlets over PowerShell Remoting: a pool of shells, and what to do when one fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainObject } from '../clixml/value.ts';
import { asConnectorError, ConnectorError, throwIfAborted } from '../errors.ts';
import { ClockWatch } from '../http/clock-watch.ts';
import type { HttpAuth, HttpProxy, TlsOptions } from '../http/options.ts';
import { silentLogger } from '../log.ts';
import type { Logger } from '../log.ts';
import type { ForestView } from '../model/forest-view.ts';
import { WsmanFault } from '../wsman/fault.ts';
import { checkCall } from './cmdlets/check-call.ts';
import type { CheckedCall } from './cmdlets/check-call.ts';
import { ExchangeShell } from './exchange-shell.ts';
import type { RunState } from './exchange-shell.ts';
import { isTransient, MAX_ATTEMPTS } from './restart-read.ts';
import { PATIENCE_MS, SessionPool } from './session-pool.ts';
import type { Lease } from './session-pool.ts';
import { SessionViews } from './session-views.ts';
import type { CmdletCall, CmdletOptions, CmdletTransport, Effort } from './transport.ts';

export interface RemotePowerShellOptions {
  /** Addresses of one organization's PowerShell virtual directories, tried in order. */
  readonly urls: readonly string[];
  readonly auth: HttpAuth;
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
  /** Parallel shells, never more; default 2. */
  readonly sessions?: number;
  /** Sessions see the mailboxes of every domain of the forest, as far as the account may; default true. */
  readonly viewEntireForest?: boolean;
  /** Allow Remove-MobileDevice and Clear-MobileDevice; default false. */
  readonly allowDestructive?: boolean;
  readonly logger?: Logger;
  /** The longest we wait in one call because the server asks for it; default 5 minutes, 1 for a session. */
  readonly maxWaitMs?: number;
  /** Told, at each refusal, that no session can be opened for now. */
  readonly onWait?: (wait: SessionWait) => void;
  /** Default 60,000; see ExchangeShellOptions. */
  readonly operationTimeoutMs?: number;
  readonly graceMs?: number;
  /** A connection that was idle for longer is not used again; default 5,000. */
  readonly keepIdleMs?: number;
  /** How long a cmdlet may yield no object; default 10 minutes. */
  readonly silenceLimitMs?: number;
  /** Before a read is made again, doubled each time; default 500. */
  readonly backoffMs?: number;
  /** See SessionPoolOptions. */
  readonly maxAgeMs?: number;
  readonly maxIdleMs?: number;
  readonly retryAddressMs?: number;
  /** See ThrottlePause. */
  readonly probeMs?: number;
}

/** Why no session can be opened, and for how long. */
export interface SessionWait {
  readonly refusal: ConnectorError;
  /** True if the account has all the sessions that it may have: those of a killed process end after 15 minutes. */
  readonly isFull: boolean;
  /** When it is tried again, milliseconds since 1970. */
  readonly until: number;
}

/** Sessions that a killed process has left end after 15 minutes: no call waits for that. */
const SESSION_WAIT_MS = 60_000;

/** Waits before a read is made again: at first as short as a person does not notice, never so long that a sync stands still. */
const BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** See the module. */
export class RemotePowerShell implements CmdletTransport {
  readonly kind = 'remote-powershell';
  readonly clock = new ClockWatch();
  readonly #options: RemotePowerShellOptions;
  readonly #pool: SessionPool<ExchangeShell>;
  readonly #views: SessionViews;

  constructor(options: RemotePowerShellOptions) {
    this.#options = options;
    const {
      auth,
      tls,
      proxy,
      operationTimeoutMs,
      graceMs,
      maxWaitMs,
      silenceLimitMs,
      keepIdleMs,
      logger = silentLogger,
    } = options;
    this.#views = new SessionViews(options.viewEntireForest ?? true, logger);
    this.#pool = new SessionPool({
      urls: options.urls,
      logger,
      ...pick(options, ['sessions', 'maxAgeMs', 'maxIdleMs', 'retryAddressMs', 'probeMs']),
      maxAttempts: MAX_ATTEMPTS,
      open: (url, signal) =>
        ExchangeShell.open(
          {
            url,
            auth,
            logger,
            clock: this.clock,
            ...(tls && { tls }),
            ...(proxy && { proxy }),
            ...(operationTimeoutMs !== undefined && { operationTimeoutMs }),
            ...(graceMs !== undefined && { graceMs }),
            ...(maxWaitMs !== undefined && { maxWaitMs }),
            ...(keepIdleMs !== undefined && { keepIdleMs }),
            ...(silenceLimitMs !== undefined && { silenceLimitMs }),
            ...(options.urls.length > 1 && { maxStatusWaitMs: PATIENCE_MS }),
          },
          signal,
        ),
    });
  }

  /** The address that the next session is opened at, or is open at. */
  get address(): string {
    return this.#pool.address;
  }

  /** See {@link CmdletTransport.view}. */
  get view(): ForestView | null {
    return this.#views.last;
  }

  /** Shells that exist now. */
  get sessions(): number {
    return this.#pool.size;
  }

  /** See {@link CmdletTransport.invoke}. */
  async *invoke(call: CmdletCall, options: CmdletOptions = {}): AsyncGenerator<PlainObject, void, undefined> {
    const { allowDestructive = false } = this.#options;
    const checked = checkCall(call, { allowDestructive, removesPartnership: options.removesPartnership });
    const signal =
      options.signal === undefined ? this.#pool.signal : AbortSignal.any([options.signal, this.#pool.signal]);
    const course: Course = {
      call: checked,
      signal,
      effort: options.effort ?? { attempts: 0, movedOn: false },
      waitedMs: 0,
      putOffs: 0,
      refusal: null,
    };
    const state: RunState = { sent: false, yielded: 0 };
    for (;;) {
      const isProbe = this.#isTooLong(this.#pool.pausedMs, course) && this.#pool.takeProbe();
      if (!isProbe) await this.#wait(this.#pool.pausedMs, course);
      const failure = yield* this.#attempt(checked, { ...options, signal, effort: course.effort }, state);
      if (isProbe && (failure === null || isCmdletError(failure.error))) this.#pool.endPause();
      if (failure === null) return;
      await this.#recover(failure, state, course);
      state.sent = false;
    }
  }

  /**
   * Opens a shell ahead of the first cmdlet.
   * @returns the protocol version spoken, e.g. "2.3"
   */
  async warmUp(signal?: AbortSignal): Promise<string> {
    const lease = await this.#pool.acquire(signal);
    this.#pool.release(lease);
    return lease.shell.protocolVersion;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** One run on one shell; what it failed with, or null. */
  async *#attempt(
    call: CheckedCall,
    options: CmdletOptions,
    state: RunState,
  ): AsyncGenerator<PlainObject, Failure | null, undefined> {
    let lease: Lease<ExchangeShell> | null = null;
    try {
      lease = await this.#pool.acquire(options.signal, options.effort);
      const view = await this.#views.of(lease.shell, options.signal);
      options.onView?.(view);
      yield* lease.shell.run(call, options, state);
      this.#pool.praise(lease);
      return null;
    } catch (thrown) {
      const error = asConnectorError(thrown);
      const isOpening = lease === null;
      if (lease !== null && isCmdletError(error)) this.#pool.praise(lease);
      const isLost = state.sent && call.spec.effect !== 'read';
      return { error, isOpening, movedOn: lease !== null && this.#pool.blame(lease, error, isLost) };
    } finally {
      if (lease !== null) this.#pool.release(lease);
    }
  }

  /** Waits, if the call may be made again; throws otherwise. */
  async #recover({ error, isOpening, movedOn }: Failure, state: RunState, course: Course): Promise<void> {
    const { call, signal, effort } = course;
    if (isCmdletError(error)) throw error;
    // The server may have begun with it, and nothing told how it ended.
    if (state.sent && call.spec.effect !== 'read') throw outcomeUnknown(call, error);
    if (signal.aborted) throw error.code === 'ERR_ABORTED' ? error : aborted(signal);
    const isPutOff = error instanceof WsmanFault && error.recovery === 'wait' && !movedOn;
    if (!isPutOff) effort.attempts++;
    effort.movedOn = movedOn;
    if (error.code === 'ERR_WSMAN_AFFINITY') effort.affinity ??= error;
    // What was handed over cannot be taken back: whoever reads in bulk starts again and leaves out what it has.
    if (state.yielded > 0 || call.spec.effect === 'destructive') throw this.#explain(error, effort);
    if (isPutOff) {
      course.refusal = isOpening ? error : null;
      this.#pool.pause(Math.max(error.waitMs, this.#backoffMs(course.putOffs++)));
      if (isOpening) this.#tellWait(error);
      return;
    }
    if (effort.attempts >= MAX_ATTEMPTS || !(movedOn || isTransient(error))) throw this.#explain(error, effort);
    // The next server has not asked for patience.
    if (movedOn) return;
    const waitMs = error instanceof WsmanFault ? error.waitMs : 0;
    await this.#wait(Math.max(waitMs, this.#backoffMs(effort.attempts - 1)), course);
  }

  /** What a call ends with: a session lost later was lost for the reason that another one showed at its first request. */
  #explain(error: ConnectorError, { affinity }: Effort): ConnectorError {
    const isLost = error.code === 'ERR_WSMAN_SHELL_LOST' && affinity !== undefined;
    return this.#pool.explain(isLost ? asConnectorError(affinity) : error);
  }

  #tellWait(refusal: WsmanFault): void {
    this.#options.onWait?.({ refusal, isFull: isAllSessions(refusal), until: Date.now() + this.#pool.pausedMs });
  }

  #backoffMs(failures: number): number {
    return Math.min((this.#options.backoffMs ?? BACKOFF_MS) * 2 ** Math.min(failures, 16), LONGEST_BACKOFF_MS);
  }

  #isTooLong(ms: number, { waitedMs, refusal }: Course): boolean {
    const isFull = refusal !== null && isAllSessions(refusal);
    const longest = this.#options.maxWaitMs ?? (isFull ? SESSION_WAIT_MS : 300_000);
    return waitedMs + ms > longest;
  }

  async #wait(ms: number, course: Course): Promise<void> {
    if (ms <= 0) return;
    const isTooLong = this.#isTooLong(ms, course);
    course.waitedMs += ms;
    if (isTooLong) throw waitedTooLong(course);
    await sleep(ms, undefined, { signal: course.signal }).catch(() => throwIfAborted(course.signal));
  }
}

/** One call from its first attempt to its end. */
interface Course {
  readonly call: CheckedCall;
  readonly signal: AbortSignal;
  readonly effort: Effort;
  waitedMs: number;
  /** How often the server put it off. */
  putOffs: number;
  /** Why no session could be opened, if that is what it waits for. */
  refusal: WsmanFault | null;
}

/** What an attempt failed with. */
interface Failure {
  readonly error: ConnectorError;
  /** True if there was no session to fail on. */
  readonly isOpening: boolean;
  /** True if the next attempt is made at another server. */
  readonly movedOn: boolean;
}

function isCmdletError(error: ConnectorError): boolean {
  return error.code.startsWith('ERR_EXCHANGE_CMDLET');
}

/** True for a quota of sessions, whoever has them. */
function isAllSessions({ code, details }: WsmanFault): boolean {
  return code === 'ERR_WSMAN_QUOTA' && /max-(?:plugin-)?shells/.test(String(details['fault']));
}

function waitedTooLong({ call, waitedMs, refusal }: Course): ConnectorError {
  const seconds = Math.ceil(waitedMs / 1000);
  const details = { cmdlet: call.cmdlet, waitMs: waitedMs };
  if (refusal?.code === 'ERR_WSMAN_QUOTA') {
    const seen = `${call.cmdlet} would have to wait ${seconds} s for a session: ${refusal.facts.text || 'no text'}`;
    return new ConnectorError('ERR_WSMAN_QUOTA', seen, { cause: refusal, details: { ...refusal.details, ...details } });
  }
  return new ConnectorError('ERR_EXCHANGE_THROTTLED', `${call.cmdlet} would have to wait ${seconds} s.`, { details });
}

function aborted(signal: AbortSignal): ConnectorError {
  return new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal.reason });
}

function outcomeUnknown(call: CheckedCall, cause: ConnectorError): ConnectorError {
  return new ConnectorError(
    'ERR_EXCHANGE_OUTCOME_UNKNOWN',
    `${call.cmdlet} was sent and its answer was lost (${cause.code}).`,
    {
      cause,
      details: { cmdlet: call.cmdlet, cause: cause.code },
    },
  );
}

/** The given keys of an object, those that are undefined left out. */
function pick<T extends object, K extends keyof T>(source: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => source[key] !== undefined).map((key) => [key, source[key]])) as Pick<
    T,
    K
  >;
}
