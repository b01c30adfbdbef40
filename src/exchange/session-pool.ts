/**
 * A few shells shared by many calls: never more than configured, each used by one call at a time, recycled by age and
 * idle time, always deleted. Exchange allows an account 18 shells and keeps forgotten ones for 15 minutes
 * (New-ThrottlingPolicy, PowerShellMaxConcurrency).
 */
import { asConnectorError, ConnectorError, isConnectorError, throwIfAborted } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { silentLogger } from '../log.ts';
import type { Logger } from '../log.ts';

/** What the pool needs of a shell. */
export interface PooledShell {
  /** True when the shell must not be used again. */
  readonly isBroken: boolean;
  /** Deletes the shell and ends its connection; never throws; at most about 3 s. */
  close(): Promise<void>;
}

export interface SessionPoolOptions<S extends PooledShell> {
  /** Addresses of one organization's servers, the preferred one first. */
  readonly urls: readonly string[];
  /** Opens a shell at an address. */
  readonly open: (url: string, signal: AbortSignal) => Promise<S>;
  /** Shells at most; default 2. */
  readonly sessions?: number;
  /** A shell is not used again after this; default 1 hour (Exchange may end sessions after 12, CAS_MaxTimeInMinutes). */
  readonly maxAgeMs?: number;
  /** An unused shell is deleted after this; default 60,000 (the server would after 15 minutes). */
  readonly maxIdleMs?: number;
  /** How long an address that failed is not tried while another works; default 60,000. */
  readonly retryAddressMs?: number;
  readonly now?: () => number;
  readonly logger?: Logger;
}

/** A shell in the hands of one caller. */
export interface Lease<S> {
  readonly shell: S;
  readonly url: string;
}

interface Member<S> extends Lease<S> {
  readonly urlIndex: number;
  readonly openedAt: number;
  idleTimer: NodeJS.Timeout | null;
}

interface Waiter {
  readonly wake: () => void;
}

/** Causes for trying the next address: the server is not there or not itself. A refused sign-in is not: it would lock the account. */
const FAIL_OVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_HTTP_UNREACHABLE',
  'ERR_HTTP_TIMEOUT',
  'ERR_HTTP_RESET',
  'ERR_HTTP_STATUS',
  'ERR_HTTP_NOT_EXPECTED',
  'ERR_HTTP_TLS',
  'ERR_HTTP_TLS_EXPIRED',
  'ERR_HTTP_TLS_NAME',
  'ERR_HTTP_TLS_UNTRUSTED',
  'ERR_WSMAN_INVALID',
  'ERR_XML_INVALID',
]);

/** After the server refused one more shell, how long the pool makes do with those it has. */
const FEWER_SHELLS_MS = 10 * 60_000;

/** See the module. */
export class SessionPool<S extends PooledShell> {
  readonly #options: SessionPoolOptions<S>;
  readonly #sessions: number;
  readonly #now: () => number;
  readonly #logger: Logger;
  readonly #members = new Set<Member<S>>();
  readonly #idle: Member<S>[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #closing = new AbortController();
  /** Closings under way, which count as shells until they are done. */
  readonly #leaving = new Set<Promise<void>>();
  /** Address index → time until which it is passed over. */
  readonly #downUntil = new Map<number, number>();
  #opening = 0;
  #limit: { readonly sessions: number; readonly until: number } | null = null;
  #pausedUntil = 0;

  constructor(options: SessionPoolOptions<S>) {
    if (options.urls.length === 0)
      throw new ConnectorError('ERR_CONFIG_INVALID', 'The Exchange server has no address in "Addresses".');
    this.#options = options;
    this.#sessions = Math.max(1, Math.floor(options.sessions ?? 2));
    this.#now = options.now ?? Date.now;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Shells that exist or are being made or deleted; never above the configured number. */
  get size(): number {
    return this.#members.size + this.#opening + this.#leaving.size;
  }

  /** Fires when the pool closes: work on a shell stops with it. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Nothing new is sent for a while: the server's quotas count by account, not by shell. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + ms);
  }

  /** Milliseconds until a pause ends; 0 if there is none. */
  get pausedMs(): number {
    return Math.max(0, this.#pausedUntil - this.#now());
  }

  /**
   * A shell of one's own until it is released; waits its turn when all are taken.
   * @throws ERR_ABORTED; or why no shell could be opened
   */
  async acquire(signal?: AbortSignal): Promise<Lease<S>> {
    for (;;) {
      // Whoever leaves may have been woken for a place that another waits for.
      if (signal?.aborted) this.#wakeOne();
      throwIfAborted(signal);
      this.#throwIfClosed();
      const idle = this.#takeIdle();
      if (idle !== null) return idle;
      if (this.size < this.#allowed()) {
        const opened = await this.#open(signal);
        if (opened !== null) return opened;
      } else {
        await this.#turn(signal);
      }
    }
  }

  /** Gives a shell back. One that is broken, old or at a second-choice address is deleted instead of kept. */
  release(lease: Lease<S>): void {
    const member = lease as Member<S>;
    if (!this.#members.has(member)) return;
    if (this.#closing.signal.aborted || member.shell.isBroken || this.#isWornOut(member)) {
      this.#leave(member);
      return;
    }
    member.idleTimer = setTimeout(() => {
      const at = this.#idle.indexOf(member);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#leave(member);
    }, this.#options.maxIdleMs ?? 60_000);
    // Nothing is lost if the process ends first: the server deletes idle shells itself.
    member.idleTimer.unref();
    this.#idle.push(member);
    this.#wakeOne();
  }

  /** Deletes every shell, taken or not, and refuses new work. Resolves when all are gone. */
  async close(): Promise<void> {
    this.#closing.abort(new ConnectorError('ERR_ABORTED', 'The connection to Exchange was closed.'));
    for (const waiter of this.#waiters.splice(0)) waiter.wake();
    this.#idle.length = 0;
    for (const member of this.#members) this.#leave(member);
    while (this.#leaving.size > 0 || this.#opening > 0) {
      await Promise.allSettled(this.#leaving);
      if (this.#opening > 0) await new Promise<void>((resolve) => this.#waiters.push({ wake: resolve }));
    }
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
  }

  #takeIdle(): Member<S> | null {
    for (let member = this.#idle.pop(); member !== undefined; member = this.#idle.pop()) {
      if (member.idleTimer !== null) clearTimeout(member.idleTimer);
      member.idleTimer = null;
      if (!member.shell.isBroken && !this.#isWornOut(member)) return member;
      this.#leave(member);
    }
    return null;
  }

  #isWornOut(member: Member<S>): boolean {
    if (this.#now() - member.openedAt >= (this.#options.maxAgeMs ?? 3_600_000)) return true;
    // A better address may be back.
    for (let index = 0; index < member.urlIndex; index++) if (!this.#isDown(index)) return true;
    return false;
  }

  #isDown(index: number): boolean {
    return (this.#downUntil.get(index) ?? 0) > this.#now();
  }

  #allowed(): number {
    if (this.#limit !== null && this.#limit.until <= this.#now()) this.#limit = null;
    return Math.min(this.#sessions, this.#limit?.sessions ?? this.#sessions);
  }

  /** Deletes a member in the background; its place is free when it is gone. */
  #leave(member: Member<S>): void {
    if (!this.#members.delete(member)) return;
    if (member.idleTimer !== null) clearTimeout(member.idleTimer);
    const leaving: Promise<void> = member.shell.close().finally(() => {
      this.#leaving.delete(leaving);
      this.#wakeOne();
    });
    this.#leaving.add(leaving);
  }

  #wakeOne(): void {
    this.#waiters.shift()?.wake();
  }

  /** Waits until something was released, deleted, or the signal fires. */
  async #turn(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = () => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        reject(new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal?.reason }));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Opens one more shell; null if the server has too many already and others of ours can be waited for. */
  async #open(signal: AbortSignal | undefined): Promise<Lease<S> | null> {
    this.#opening++;
    try {
      const both = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
      const member = await this.#openSomewhere(both);
      this.#members.add(member);
      if (!this.#closing.signal.aborted) return member;
      this.#leave(member);
      throw this.#closing.signal.reason;
    } catch (error) {
      if (!this.#isShellQuota(error) || this.size - 1 <= 0) throw error;
      this.#limit = { sessions: this.size - 1, until: this.#now() + FEWER_SHELLS_MS };
      this.#logger.warn('Exchange allows this account no more shells; going on with fewer.', {
        sessions: this.size - 1,
      });
      return null;
    } finally {
      this.#opening--;
      this.#wakeOne();
    }
  }

  #isShellQuota(error: unknown): boolean {
    return isConnectorError(error, 'ERR_WSMAN_QUOTA') && /max-shells/.test(String(error.details['fault'] ?? ''));
  }

  async #openSomewhere(signal: AbortSignal): Promise<Member<S>> {
    const { urls } = this.#options;
    const all = urls.map((_, index) => index);
    const up = all.filter((index) => !this.#isDown(index));
    let first: ConnectorError | null = null;
    for (const urlIndex of up.length > 0 ? up : all) {
      const url = urls[urlIndex] as string;
      try {
        const shell = await this.#options.open(url, signal);
        this.#downUntil.delete(urlIndex);
        return { shell, url, urlIndex, openedAt: this.#now(), idleTimer: null };
      } catch (error) {
        if (signal.aborted) throw error;
        const failure = asConnectorError(error);
        if (!FAIL_OVER.has(failure.code)) throw failure;
        first ??= failure;
        if (urls.length > 1) {
          this.#downUntil.set(urlIndex, this.#now() + (this.#options.retryAddressMs ?? 60_000));
          this.#logger.warn('An Exchange server cannot be used; trying the next one.', { url, code: failure.code });
        }
      }
    }
    throw first ?? new ConnectorError('ERR_HTTP_UNREACHABLE', 'No Exchange server could be reached.');
  }
}
