/** A process that is killed between two calls: the store and Exchange answer so many of them, and then nothing any more. */
import assert from 'node:assert/strict';
import type { ExchangePort } from '../../src/connector/ports.ts';
import type { Store } from '../../src/store/store.ts';

/** Counts the calls to what it wraps; from the chosen one on, nothing is done. */
export class KillSwitch {
  #calls = 0;
  readonly #at: number;
  readonly #afterWrite: boolean;
  /** The numbers of the calls that ask Exchange for a change, or another far end for something. */
  readonly #writes: number[] = [];

  /**
   * @param at the number of the call, counted from 1, that is not made; Infinity: all are made, and counted
   * @param afterWrite of a call of Exchange, what it asks for is done and its answer is lost
   */
  constructor(at: number, { afterWrite = false }: { readonly afterWrite?: boolean } = {}) {
    this.#at = at;
    this.#afterWrite = afterWrite;
  }

  /** Calls so far. */
  get calls(): number {
    return this.#calls;
  }

  /**
   * The calls of this run at which to kill another one like it: where what a far end was asked for is done and its answer lost,
   * those that ask one for something, since at every other call that is the same as before it; else all, or every `step`-th.
   */
  points(step = 1): readonly number[] {
    assert.ok(!this.#afterWrite || this.#writes.length > 0, 'nobody was asked for anything');
    if (this.#afterWrite) return this.#writes;
    return Array.from({ length: Math.ceil(this.#calls / step) }, (_, n) => 1 + n * step);
  }

  get isDead(): boolean {
    return this.#calls >= this.#at;
  }

  /** A call of another far end that asks it for something, as Exchange is asked for a change. */
  step(): void {
    this.#writes.push(this.#calls + 1);
    this.#count();
  }

  store(store: Store): Store {
    return this.#wrapAll(store);
  }

  exchange(port: ExchangePort): ExchangePort {
    return {
      ...port,
      readLists: async (...call) => (this.#count(), port.readLists(...call)),
      partnerships: async (...call) => (this.#count(), port.partnerships(...call)),
      lastAttempts: async (...call) => (this.#count(), port.lastAttempts(...call)),
      write: (...call) => this.#write(() => port.write(...call)),
      removePartnership: (...call) => this.#write(() => port.removePartnership(...call)),
    };
  }

  async #write(write: () => Promise<void>): Promise<void> {
    const wasAlive = !this.isDead;
    this.#writes.push(this.#calls + 1);
    const isLast = this.#calls + 1 === this.#at;
    if (wasAlive && isLast && this.#afterWrite) await write();
    this.#count();
    await write();
  }

  #count(): void {
    this.#calls += 1;
    if (this.isDead) throw new Error('The process was killed.');
  }

  #wrapAll<T extends object>(whole: T): T {
    return new Proxy(whole, {
      get: (target, name) => {
        const part = Reflect.get(target, name) as unknown;
        if (name === 'together')
          return async (work: (parts: object) => Promise<unknown>) => {
            this.#count();
            const together = Reflect.get(target, name) as (
              work: (parts: object) => Promise<unknown>,
            ) => Promise<unknown>;
            const result = await together.call(target, (parts) => work(this.#wrapAll(parts)));
            return result;
          };
        return typeof part === 'object' && part !== null && !(part instanceof Uint8Array) ? this.#wrap(part) : part;
      },
    });
  }

  /** Every method of a repository is one call. */
  #wrap(repository: object): object {
    return new Proxy(repository, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as unknown;
        if (typeof method !== 'function') return method;
        return (...call: unknown[]): unknown => {
          this.#count();
          return (method as (...call: unknown[]) => unknown).apply(target, call);
        };
      },
    });
  }
}
