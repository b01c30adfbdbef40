/**
 * A few shells shared by many calls: never more than configured, each used by one call at a time, recycled by age and
 * idle time, always deleted. Exchange allows an account 18 shells and keeps forgotten ones for 15 minutes
 * (New-ThrottlingPolicy, PowerShellMaxConcurrency).
 */
import { asConnectorError, ConnectorError, ERROR_HELP, isConnectorError, throwIfAborted } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { ThrottlePause } from '../http/throttle-pause.ts';
import { silentLogger } from '../log.ts';
import type { Logger } from '../log.ts';
import { WsmanFault } from '../wsman/fault.ts';

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
  /** Attempts that one call has, over all its layers; default: no limit. */
  readonly maxAttempts?: number;
  /** Shells at most; default 2. */
  readonly sessions?: number;
  /** A shell is not used again after this; default 1 hour (Exchange may end sessions after 12, CAS_MaxTimeInMinutes). */
  readonly maxAgeMs?: number;
  /** An unused shell is deleted after this; default 60,000 (the server would after 15 minutes). */
  readonly maxIdleMs?: number;
  /** How long an address that failed is not tried while another works; default 60,000. */
  readonly retryAddressMs?: number;
  readonly now?: () => number;
  /** After what time a pause that is too long to wait for is tried once; default a minute. */
  readonly probeMs?: number | undefined;
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
  /** True once a call ended well on it. */
  hasServed: boolean;
  /** When it was last given back. */
  releasedAt: number;
  /** How long nobody had it before the caller who has it now. */
  idleMs: number;
  idleTimer: NodeJS.Timeout | null;
}

interface Waiter {
  readonly wake: () => void;
}

/** What is known of one address. */
interface Address {
  /** Time until which it is passed over. */
  downUntil: number;
  /** When a call last failed in a way that may have been chance. */
  suspectedAt: number;
  failure: ConnectorError | null;
}

/*
 * What a failure says of the server it came from. `failed`: the server is passed over while another one is up. `suspect`: the
 * second within the time a server is passed over is `failed`. `fine`: another server would say the same, or must not be asked.
 *
 *   unreachable, no answer in time, TLS, not HTTP, a web page, no SOAP, a damaged stream       failed
 *   reset                                                                                      failed
 *   reset of a connection that was idle before: it may have been closed meanwhile              suspect
 *   a status that says "later", a fault that was lost between servers                          suspect
 *   the same, with a wish to wait longer than PATIENCE_MS                                      failed
 *   any other status                                                                           failed
 *   session lost at its first request or command (requests reach different servers)                       failed
 *   session lost later                                                                         suspect
 *   a cmdlet that yielded nothing for too long                                                 failed
 *   a Kerberos ticket that it does not take, or that there is none of for its name             failed
 *   sign-in refused, access denied, quota, other faults, what a cmdlet says, stopped           fine
 *
 * What is suspect counts as failed where a session could not even be opened, and where a change was lost: the next server
 * is asked what became of it.
 */
type Verdict = 'failed' | 'suspect' | 'fine';

/** How long a call waits at a server that says "later" by its status alone, while another one is there to be asked. */
export const PATIENCE_MS = 15_000;

/** Codes that say that the server is not there or not itself. A refused password is not among them: it would lock the account. */
const SERVER_FAILED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_HTTP_UNREACHABLE',
  'ERR_HTTP_TIMEOUT',
  'ERR_HTTP_RESET',
  'ERR_HTTP_STATUS',
  'ERR_HTTP_NOT_EXPECTED',
  'ERR_HTTP_TLS',
  'ERR_HTTP_TLS_EXPIRED',
  'ERR_HTTP_TLS_NAME',
  'ERR_HTTP_TLS_UNTRUSTED',
  'ERR_HTTP_KERBEROS_SPN',
  'ERR_HTTP_KERBEROS_CLOCK',
  'ERR_HTTP_KERBEROS_REFUSED',
  'ERR_WSMAN_INVALID',
  'ERR_WSMAN_AFFINITY',
  'ERR_EXCHANGE_SILENT',
  'ERR_XML_INVALID',
  'ERR_PSRP_FRAGMENT',
  'ERR_PSRP_MESSAGE',
]);

/** A kept connection that was not used for so long may have been closed by what is between. */
const STALE_AFTER_MS = 5_000;

function verdictOn(error: ConnectorError, { hasServed = false, idleMs = 0 } = {}): Verdict {
  if (error.code === 'ERR_WSMAN_SHELL_LOST') return hasServed ? 'suspect' : 'failed';
  if (error.details['reused'] === true && idleMs > STALE_AFTER_MS) return 'suspect';
  if (error.code === 'ERR_WSMAN_AFFINITY') return 'failed';
  if (error instanceof WsmanFault && saysLater(error)) return error.waitMs > PATIENCE_MS ? 'failed' : 'suspect';
  return SERVER_FAILED.has(error.code) ? 'failed' : 'fine';
}

function saysLater({ code, recovery }: WsmanFault): boolean {
  return recovery === 'retry-read' || (recovery === 'wait' && code === 'ERR_HTTP_STATUS');
}

/** True if the server may hold a session that failed to open: the request to make it went out. */
function mayHaveBegun({ code, details }: ConnectorError): boolean {
  if (code.startsWith('ERR_HTTP_KERBEROS')) return details['phase'] === 'answer';
  return details['phase'] !== 'connect' && !code.startsWith('ERR_HTTP_TLS');
}

/** How long no further session is tried after this refusal of one; null if it is no refusal by a quota. */
function fewerShellsMs(error: unknown): number | null {
  if (!isConnectorError(error, 'ERR_WSMAN_QUOTA')) return null;
  if (/max-(?:plugin-)?shells/.test(String(error.details['fault']))) return FEWER_SHELLS_MS;
  return Number(error.details['waitMs'] ?? 0);
}

/** What an error says was seen, without what its help adds. */
function seenIn({ code, message }: ConnectorError): string {
  const help = ` ${ERROR_HELP[code]}`;
  return message.endsWith(help) ? message.slice(0, -help.length) : message;
}

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
  /** In the order of `urls`. */
  readonly #addresses: readonly Address[];
  #opening = 0;
  #limit: { readonly sessions: number; readonly until: number } | null = null;
  readonly #pause: ThrottlePause;

  constructor(options: SessionPoolOptions<S>) {
    if (options.urls.length === 0)
      throw new ConnectorError('ERR_CONFIG_INVALID', 'The Exchange server has no address in "Addresses".');
    this.#options = options;
    this.#addresses = options.urls.map(() => ({ downUntil: 0, suspectedAt: -Infinity, failure: null }));
    this.#sessions = Math.max(1, Math.floor(options.sessions ?? 2));
    this.#now = options.now ?? Date.now;
    this.#pause = new ThrottlePause(options.probeMs);
    this.#logger = options.logger ?? silentLogger;
  }

  /** Shells that exist or are being made or deleted; never above the configured number. */
  get size(): number {
    return this.#members.size + this.#opening + this.#leaving.size;
  }

  /** The address of choice: sessions at any other one are not used any more. */
  get address(): string {
    return this.#options.urls[this.#up()[0] ?? 0] ?? '';
  }

  /** Fires when the pool closes: work on a shell stops with it. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Nothing new is sent for a while: the server's quotas count by account, not by shell. */
  pause(ms: number): void {
    this.#pause.extend(this.#now() + ms, this.#now());
  }

  /** Milliseconds until a pause ends; 0 if there is none. */
  get pausedMs(): number {
    return this.#pause.remaining(this.#now());
  }

  /** True for the one call that may look whether a pause that is too long to wait for is still meant. */
  takeProbe(): boolean {
    return this.#pause.takeProbe(this.#now());
  }

  /** That call was answered. */
  endPause(): void {
    this.#pause.end();
  }

  /**
   * A shell of one's own until it is released; waits its turn when all are taken.
   * @param effort counts the addresses at which a session was begun in vain, but for the last one, which the caller counts
   * @throws ERR_ABORTED; or why no shell could be opened
   */
  async acquire(signal?: AbortSignal, effort?: { attempts: number }): Promise<Lease<S>> {
    for (;;) {
      // Whoever leaves may have been woken for a place that another waits for.
      if (signal?.aborted) this.#wakeOne();
      throwIfAborted(signal);
      this.#throwIfClosed();
      const idle = this.#takeIdle();
      if (idle !== null) return idle;
      if (this.size < this.#allowed()) {
        const opened = await this.#open(signal, effort);
        if (opened !== null) return opened;
      } else {
        await this.#turn(signal);
      }
    }
  }

  /** Tells the pool that a call ended well on a shell, or badly for a reason of its own. */
  praise(lease: Lease<S>): void {
    (lease as Member<S>).hasServed = true;
  }

  /**
   * Tells the pool what a call on a shell failed with; before the shell is released.
   * @param isLost true for a change of which nobody knows whether it was made
   * @returns true if the server is passed over now and another one is up, so that a safe call may be made there at once
   */
  blame(lease: Lease<S>, error: ConnectorError, isLost = false): boolean {
    const member = lease as Member<S>;
    const { urlIndex } = member;
    const verdict = verdictOn(error, member);
    if (verdict === 'fine') return false;
    const address = this.#addresses[urlIndex] as Address;
    const isSecond = this.#now() - address.suspectedAt <= this.#passedOverMs;
    address.suspectedAt = this.#now();
    if (verdict === 'failed' || isLost || isSecond) this.#passOver(urlIndex, error);
    return this.#isDown(urlIndex) && this.#up().length > 0;
  }

  /** The error to end with: where each of several addresses failed, that of the first, with what was seen at each. */
  explain(error: ConnectorError): ConnectorError {
    const { urls } = this.#options;
    const first = this.#addresses[0]?.failure ?? null;
    if (urls.length === 1 || first === null || verdictOn(error) === 'fine' || this.#up().length > 0) return error;
    const addresses = urls.map((url, index) => {
      const failure = this.#addresses[index]?.failure ?? null;
      return `${new URL(url).host}: ${failure === null ? 'not asked.' : seenIn(failure)}`;
    });
    const seen = `None of the ${urls.length} addresses could be used. ${addresses.join(' ')}`;
    const details = { ...first.details, addresses };
    if (!(first instanceof WsmanFault)) return new ConnectorError(first.code, seen, { cause: first, details });
    const { recovery, waitMs, isRefusal, facts } = first;
    return new WsmanFault(first.code, seen, { recovery, waitMs, isRefusal, facts, cause: first, details });
  }

  /** Gives a shell back. One that is broken, old, or not at the address of choice is deleted instead of kept. */
  release(lease: Lease<S>): void {
    const member = lease as Member<S>;
    if (!this.#members.has(member)) return;
    if (this.#closing.signal.aborted || member.shell.isBroken || this.#isWornOut(member)) {
      this.#leave(member);
      return;
    }
    member.releasedAt = this.#now();
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
      member.idleMs = this.#now() - member.releasedAt;
      if (!member.shell.isBroken && !this.#isWornOut(member)) return member;
      this.#leave(member);
    }
    return null;
  }

  get #passedOverMs(): number {
    return this.#options.retryAddressMs ?? 60_000;
  }

  #isWornOut(member: Member<S>): boolean {
    if (this.#now() - member.openedAt >= (this.#options.maxAgeMs ?? 3_600_000)) return true;
    // A better address may be back, or this one may have failed since.
    const [best] = this.#up();
    return best !== undefined && best !== member.urlIndex;
  }

  #isDown(index: number): boolean {
    return (this.#addresses[index]?.downUntil ?? 0) > this.#now();
  }

  /** Indexes of the addresses that are not passed over, the preferred one first. */
  #up(): number[] {
    return this.#addresses.flatMap((_, index) => (this.#isDown(index) ? [] : [index]));
  }

  #passOver(index: number, failure: ConnectorError): void {
    const address = this.#addresses[index] as Address;
    address.failure = failure;
    if (this.#addresses.length === 1) return;
    address.downUntil = this.#now() + this.#passedOverMs;
    const url = this.#options.urls[index] ?? '';
    this.#logger.warn('An Exchange server cannot be used; trying the next one.', { url, code: failure.code });
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
  async #open(signal: AbortSignal | undefined, effort?: { attempts: number }): Promise<Lease<S> | null> {
    this.#opening++;
    try {
      const both = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
      const member = await this.#openSomewhere(both, effort);
      this.#members.add(member);
      if (!this.#closing.signal.aborted) return member;
      this.#leave(member);
      throw this.#closing.signal.reason;
    } catch (error) {
      const forMs = fewerShellsMs(error);
      if (forMs === null || this.size - 1 <= 0) throw error;
      this.#limit = { sessions: this.size - 1, until: this.#now() + forMs };
      this.#logger.warn('Exchange allows this account no more shells; going on with fewer.', {
        sessions: this.size - 1,
      });
      return null;
    } finally {
      this.#opening--;
      this.#wakeOne();
    }
  }

  async #openSomewhere(signal: AbortSignal, effort = { attempts: 0 }): Promise<Member<S>> {
    const { urls } = this.#options;
    const up = this.#up();
    const toTry = up.length > 0 ? up : [...urls.keys()];
    let first: ConnectorError | null = null;
    for (const urlIndex of toTry) {
      const url = urls[urlIndex] as string;
      try {
        const shell = await this.#options.open(url, signal);
        return {
          shell,
          url,
          urlIndex,
          openedAt: this.#now(),
          hasServed: false,
          releasedAt: 0,
          idleMs: 0,
          idleTimer: null,
        };
      } catch (error) {
        if (signal.aborted) throw error;
        const failure = asConnectorError(error);
        if (verdictOn(failure) === 'fine') throw failure;
        first ??= failure;
        this.#passOver(urlIndex, failure);
        if (urlIndex === toTry.at(-1) || !mayHaveBegun(failure)) continue;
        if (effort.attempts + 1 >= (this.#options.maxAttempts ?? Infinity)) break;
        effort.attempts++;
      }
    }
    throw this.explain(first ?? new ConnectorError('ERR_HTTP_UNREACHABLE', 'No Exchange server could be reached.'));
  }
}
