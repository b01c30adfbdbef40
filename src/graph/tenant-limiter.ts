/**
 * How much this process asks of one tenant, and when it keeps silent: shared by all connections to it, however many flows and
 * configurations open one, as Microsoft counts requests by tenant and application and not by connection.
 */
import { ConnectorError, throwIfAborted } from '../errors.ts';
import { ThrottlePause } from '../http/throttle-pause.ts';

/** Requests that are under way at once. A reading has one, a look at users a batch; more side by side meet the service's own queue. */
export const AT_ONCE = 8;

/**
 * Intune takes 2,000 requests in 20 seconds from one application in a tenant (Graph's throttling limits, "Intune devices"). A
 * thousand at once and 45 a second from then on are 1,900 in any 20 seconds. Each part of a batch counts.
 */
const BURST = 1_000;
const PER_SECOND = 45;

/** One connection's share of a tenant. */
export interface TenantShare {
  /** The pause that the tenant asked for, whoever was asked. */
  readonly pause: ThrottlePause;
  readonly limiter: RequestLimiter;
  /** The connection is closed; with the last one the tenant is forgotten. */
  leave(): void;
}

/** Time, handed in. */
interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects when the signal fires. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Lets requests through, one connection after the other. */
export interface RequestLimiter {
  /**
   * Runs `send` when it is its turn.
   * @param how.cost requests that it is for the quota
   * @throws ERR_ABORTED as soon as the signal fires while it waits; what `send` throws
   */
  run<T>(
    send: () => Promise<T>,
    how: { readonly cost: number; readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<T>;
}

interface Tenant {
  readonly pause: ThrottlePause;
  readonly turns: Turns;
  readonly quota: Quota;
  connections: number;
}

const tenants = new Map<string, Tenant>();

/** Joins those who ask the same tenant. @param key names cloud and tenant */
export function joinTenant(key: string): TenantShare {
  const known = tenants.get(key);
  const tenant = known ?? { pause: new ThrottlePause(), turns: new Turns(), quota: new Quota(), connections: 0 };
  if (known === undefined) tenants.set(key, tenant);
  tenant.connections += 1;
  const connection = {};
  let left = false;
  return {
    pause: tenant.pause,
    limiter: {
      async run(send, { cost, clock, signal }) {
        await tenant.turns.take(connection, signal);
        try {
          for (let ms = tenant.quota.take(cost, clock.now()); ms > 0; ms = tenant.quota.take(cost, clock.now())) {
            await clock.wait(ms, signal).finally(() => throwIfAborted(signal));
          }
          return await send();
        } finally {
          tenant.turns.give();
        }
      },
    },
    leave() {
      if (left) return;
      left = true;
      tenant.connections -= 1;
      if (tenant.connections === 0) tenants.delete(key);
    },
  };
}

/**
 * Who may send. Those who wait are served connection by connection, so that one with many requests does not hold up one with few;
 * within a connection the first comes first.
 */
class Turns {
  #running = 0;
  /** In the order in which connections come next; none is without a request. */
  readonly #waiting = new Map<object, (() => void)[]>();

  async take(connection: object, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.#running < AT_ONCE && this.#waiting.size === 0) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const queue = this.#waiting.get(connection) ?? [];
      const go = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        queue.splice(queue.indexOf(go), 1);
        if (queue.length === 0) this.#waiting.delete(connection);
        reject(new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal.reason }));
      };
      signal.addEventListener('abort', stop, { once: true });
      queue.push(go);
      this.#waiting.set(connection, queue);
    });
  }

  /** One is done: its turn goes to the next. */
  give(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    const [connection, queue] = next;
    const go = queue.shift();
    // To the end of the line.
    this.#waiting.delete(connection);
    if (queue.length > 0) this.#waiting.set(connection, queue);
    go?.();
  }
}

/** How many requests are left; they come back with time. */
class Quota {
  #left = BURST;
  #at = -Infinity;

  /** Takes as many as a request costs. @returns 0, or the milliseconds after which to ask again */
  take(cost: number, now: number): number {
    const since = Math.max(0, now - this.#at);
    this.#left = Math.min(BURST, this.#left + (since * PER_SECOND) / 1_000);
    this.#at = now;
    if (this.#left < cost) return Math.ceil(((cost - this.#left) * 1_000) / PER_SECOND);
    this.#left -= cost;
    return 0;
  }
}
