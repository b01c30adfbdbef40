/**
 * One refused sign-in stops the account: Windows locks accounts that sign in with a wrong password again and again, and a
 * lock-out hits whoever else uses the account. Whoever may sign in goes through the gate, one after the other, so that
 * work under way does not sign in once more after a refusal.
 *
 * | the gate                                   | a sign-in                                          |
 * |--------------------------------------------|----------------------------------------------------|
 * | was refused less than an hour ago          | is not tried: ERR_MAIL_STOPPED                     |
 * | was refused an hour ago or more            | is tried once; refused again, it is closed anew    |
 * | was refused at a time that is yet to come  | is tried once: the clock was put back              |
 * | worked, or was lifted, or is new           | is tried                                           |
 *
 * A new password or configuration is another gate: see `acquireSignInGate`.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { ConnectorError, isConnectorError, throwIfAborted } from '../errors.ts';
import { orAborted } from './rate-limit.ts';
import { refusal } from '../model/refusals.ts';

/** How long a refused sign-in is not repeated by itself. */
export const STOP_MS = 3_600_000;

/** See the module. */
export class SignInGate {
  #refusedAt: number | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** When it was refused last, milliseconds since 1970; null if it was not since it worked or was lifted. */
  get refusedAt(): number | null {
    return this.#refusedAt;
  }

  /** Until when nothing is tried; null while it may be. */
  stoppedUntil(now: number = Date.now()): number | null {
    const until = (this.#refusedAt ?? Number.NEGATIVE_INFINITY) + STOP_MS;
    return until > now && until <= now + STOP_MS ? until : null;
  }

  /** What is said instead of signing in; null while it may be tried. */
  stopped(now: number = Date.now()): ConnectorError | null {
    const until = this.stoppedUntil(now);
    return until === null ? null : stoppedError(until);
  }

  /** A refusal of earlier, that a store remembers. */
  restore(refusedAt: number): void {
    // One that is yet to come says nothing, and must not take the place of a refusal just now.
    if (refusedAt <= Date.now()) this.#refusedAt = Math.max(refusedAt, this.#refusedAt ?? refusedAt);
  }

  /** The next sign-in is tried: a person wants it. */
  lift(): void {
    this.#refusedAt = null;
  }

  /** Does what may sign in, after what others do. Throws ERR_MAIL_STOPPED, ERR_ABORTED, and what `work` throws. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => this.#attempt(work, signal));
    this.#last = turn.catch(() => {});
    return orAborted(turn, signal);
  }

  async #attempt<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    throwIfAborted(signal);
    const stopped = this.stopped();
    if (stopped !== null) throw stopped;
    try {
      const result = await work();
      this.#refusedAt = null;
      return result;
    } catch (error) {
      if (isConnectorError(error, 'ERR_MAIL_AUTH')) this.#refusedAt = Date.now();
      throw error;
    }
  }
}

/** `until`: milliseconds since 1970. */
function stoppedError(until: number): ConnectorError {
  const at = new Date(until).toISOString();
  return new ConnectorError('ERR_MAIL_STOPPED', refusal('stopped', { time: at }), {
    details: { about: 'account', fate: 'account', permanent: false, until: at },
  });
}

const gates = new Map<string, { readonly gate: SignInGate; users: number }>();
const processKey = randomBytes(32);

/**
 * The gate of an account, shared in this process by all who use the same one with the same password and configuration.
 * @param account everything that a person may change to make the sign-in work
 */
export function acquireSignInGate(account: readonly unknown[]): { gate: SignInGate; release: () => void } {
  const name = accountFingerprint(account, processKey);
  const entry = gates.get(name) ?? { gate: new SignInGate(), users: 0 };
  gates.set(name, entry);
  entry.users += 1;
  return {
    gate: entry.gate,
    release: () => {
      entry.users -= 1;
      if (entry.users === 0) gates.delete(name);
    },
  };
}

/** Tells whether password and configuration are still the same, without saying either. HMAC-SHA256, base64url. */
export function accountFingerprint(account: readonly unknown[], secret: Uint8Array): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify(['mail-account', ...account]), 'utf8')
    .digest('base64url');
}
