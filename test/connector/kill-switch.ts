/** A process that is killed between two calls: the store and Exchange answer so many of them, and then nothing any more. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ExchangePort } from '../../src/connector/ports.ts';
import type { Store } from '../../src/store/store.ts';

/** A file for a store, of which is told when it has become another. */
export class WatchedFile {
  readonly #folder = mkdtempSync(join(tmpdir(), 'exchange-connector-kill-'));
  readonly path = join(this.#folder, 'store.sqlite');
  #reader: DatabaseSync | null = null;

  /** A number that is another after each commit of another connection: https://sqlite.org/pragma.html#pragma_data_version */
  readonly version = (): number => {
    this.#reader ??= new DatabaseSync(this.path, { readOnly: true });
    return Number(this.#reader.prepare('pragma data_version').get()?.['data_version']);
  };

  close(): void {
    this.#reader?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** How a process is killed, and where its store is; a part of it is for {@link KillSwitch}. */
export interface Killing {
  readonly afterWrite?: boolean;
  /** As `SyncWorld.keepInMemory`. */
  readonly inMemory?: number | undefined;
  readonly path?: string;
  readonly version?: () => number;
}

/** When it is killed, in words. */
export const KILLED = [
  ['before any call', {}],
  ['while Exchange does what it was asked for', { afterWrite: true }],
] as const satisfies readonly (readonly [string, Killing])[];

/**
 * Counts the calls of some work with a store in a file, and how the store changes between them. On PostgreSQL it is one store as
 * any other, and nothing is known of its changes.
 */
export async function counting<T>(work: (file: Pick<Killing, 'path' | 'version'>) => Promise<T>): Promise<T> {
  if (process.env['CONNECTOR_TEST_POSTGRES'] !== undefined) return work({});
  const file = new WatchedFile();
  try {
    return await work(file);
  } finally {
    file.close();
  }
}

/** Counts the calls to what it wraps; from the chosen one on, nothing is done. */
export class KillSwitch {
  #calls = 0;
  readonly #at: number;
  readonly #afterWrite: boolean;
  /** The numbers of the calls that ask Exchange for a change, or another far end for something. */
  readonly #writes: number[] = [];
  readonly #version: () => number;
  /** What the store was before each call. */
  readonly #versions: number[] = [];

  /**
   * @param at the number of the call, counted from 1, that is not made; Infinity: all are made, and counted
   * @param afterWrite of a call of Exchange, what it asks for is done and its answer is lost
   * @param version what is another number when the store has changed; absent: it may have with every call
   */
  constructor(at: number, { afterWrite = false, version }: Pick<Killing, 'afterWrite' | 'version'> = {}) {
    this.#at = at;
    this.#afterWrite = afterWrite;
    this.#version = version ?? (() => this.#calls);
  }

  /** Calls so far. */
  get calls(): number {
    return this.#calls;
  }

  /**
   * The calls of this run at which to kill another one like it, or every `step`-th of them:
   *
   *   what a far end was asked for is done, its answer lost   the calls that ask one for something: at every other one that is
   *                                                           the same as before it
   *   else                                                    the first one, and each before which the store has changed or a
   *                                                           far end was asked for something: what was only read is lost
   */
  points(step = 1): readonly number[] {
    assert.ok(!this.#afterWrite || this.#writes.length > 0, 'nobody was asked for anything');
    const [versions, writes] = [this.#versions, new Set(this.#writes)];
    const isOther = (call: number): boolean => versions[call - 1] !== versions[call - 2] || writes.has(call - 1);
    const all = this.#afterWrite ? this.#writes : Array.from(versions, (_, at) => at + 1).filter(isOther);
    return all.filter((_, n) => n % step === 0);
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
    if (this.#at === Infinity) this.#versions.push(this.#version());
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
