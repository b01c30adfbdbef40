/** Runs cmdlets over PowerShell Remoting: a pool of shells, and what to do when one fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainObject } from '../clixml/value.ts';
import { asConnectorError, ConnectorError, throwIfAborted } from '../errors.ts';
import type { HttpAuth, HttpProxy, TlsOptions } from '../http/options.ts';
import { silentLogger } from '../log.ts';
import type { Logger } from '../log.ts';
import { WsmanFault } from '../wsman/fault.ts';
import { checkCall } from './cmdlets/check-call.ts';
import type { CheckedCall } from './cmdlets/check-call.ts';
import { ExchangeShell } from './exchange-shell.ts';
import type { RunState } from './exchange-shell.ts';
import { isTransient } from './restart-read.ts';
import { SessionPool } from './session-pool.ts';
import type { CmdletCall, CmdletOptions, CmdletTransport } from './transport.ts';

export interface RemotePowerShellOptions {
  /** Addresses of one organization's PowerShell virtual directories, tried in order. */
  readonly urls: readonly string[];
  readonly auth: HttpAuth;
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
  /** Parallel shells, never more; default 2. */
  readonly sessions?: number;
  /** Allow Remove-MobileDevice and Clear-MobileDevice; default false. */
  readonly allowDestructive?: boolean;
  readonly logger?: Logger;
  /** The longest we wait in one call because the server asks for it; default 5 minutes. */
  readonly maxWaitMs?: number;
  /** Default 60,000; see ExchangeShellOptions. */
  readonly operationTimeoutMs?: number;
  readonly graceMs?: number;
  /** Before a read is made again, doubled each time; default 500. */
  readonly backoffMs?: number;
  /** See SessionPoolOptions. */
  readonly maxAgeMs?: number;
  readonly maxIdleMs?: number;
  readonly retryAddressMs?: number;
}

/** A read is made at most this often. */
const MAX_ATTEMPTS = 4;
const BACKOFF_MS = 500;

/** See the module. */
export class RemotePowerShell implements CmdletTransport {
  readonly kind = 'remote-powershell';
  readonly #options: RemotePowerShellOptions;
  readonly #pool: SessionPool<ExchangeShell>;

  constructor(options: RemotePowerShellOptions) {
    this.#options = options;
    const { auth, tls, proxy, operationTimeoutMs, graceMs, maxWaitMs, logger = silentLogger } = options;
    this.#pool = new SessionPool({
      urls: options.urls,
      logger,
      ...pick(options, ['sessions', 'maxAgeMs', 'maxIdleMs', 'retryAddressMs']),
      open: (url, signal) =>
        ExchangeShell.open(
          {
            url,
            auth,
            logger,
            ...(tls && { tls }),
            ...(proxy && { proxy }),
            ...(operationTimeoutMs !== undefined && { operationTimeoutMs }),
            ...(graceMs !== undefined && { graceMs }),
            ...(maxWaitMs !== undefined && { maxWaitMs }),
          },
          signal,
        ),
    });
  }

  /** Shells that exist now. */
  get sessions(): number {
    return this.#pool.size;
  }

  /** See {@link CmdletTransport.invoke}. */
  async *invoke(call: CmdletCall, options: CmdletOptions = {}): AsyncGenerator<PlainObject, void, undefined> {
    const checked = checkCall(call, { allowDestructive: this.#options.allowDestructive ?? false });
    const signal =
      options.signal === undefined ? this.#pool.signal : AbortSignal.any([options.signal, this.#pool.signal]);
    const effort: Effort = { attempts: 0, waitedMs: 0 };
    const state: RunState = { sent: false, yielded: 0 };
    for (;;) {
      await this.#wait(this.#pool.pausedMs, checked, effort, signal);
      const failure = yield* this.#attempt(checked, { ...options, signal }, state);
      if (failure === null) return;
      await this.#recover(failure, checked, state, effort, signal);
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
  ): AsyncGenerator<PlainObject, ConnectorError | null, undefined> {
    try {
      const lease = await this.#pool.acquire(options.signal);
      try {
        yield* lease.shell.run(call, options, state);
      } finally {
        this.#pool.release(lease);
      }
      return null;
    } catch (error) {
      return asConnectorError(error);
    }
  }

  /** Waits, if the call may be made again; throws otherwise. */
  async #recover(
    error: ConnectorError,
    call: CheckedCall,
    state: RunState,
    effort: Effort,
    signal: AbortSignal,
  ): Promise<void> {
    const isCmdletError = error.code.startsWith('ERR_EXCHANGE_CMDLET');
    if (isCmdletError) throw error;
    // The server may have begun with it, and nothing told how it ended.
    if (state.sent && call.spec.effect !== 'read') throw outcomeUnknown(call, error);
    if (signal.aborted) throw error.code === 'ERR_ABORTED' ? error : aborted(signal);
    // What was handed over cannot be taken back: whoever reads in bulk starts again and leaves out what it has.
    if (state.yielded > 0 || call.spec.effect === 'destructive') throw error;
    if (error instanceof WsmanFault && error.recovery === 'wait') {
      this.#pool.pause(error.waitMs);
      return;
    }
    if (!isTransient(error) || ++effort.attempts >= MAX_ATTEMPTS) throw error;
    await this.#wait((this.#options.backoffMs ?? BACKOFF_MS) * 2 ** (effort.attempts - 1), call, effort, signal);
  }

  async #wait(ms: number, call: CheckedCall, effort: Effort, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return;
    effort.waitedMs += ms;
    if (effort.waitedMs > (this.#options.maxWaitMs ?? 300_000)) {
      throw new ConnectorError(
        'ERR_EXCHANGE_THROTTLED',
        `${call.cmdlet} would have to wait ${Math.ceil(effort.waitedMs / 1000)} s.`,
        {
          details: { cmdlet: call.cmdlet, waitMs: effort.waitedMs },
        },
      );
    }
    await sleep(ms, undefined, { signal }).catch(() => throwIfAborted(signal));
  }
}

/** What one call has cost so far. */
interface Effort {
  attempts: number;
  waitedMs: number;
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
