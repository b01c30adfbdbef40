/**
 * Of one organization or one MDM there is one reading at a time, whichever instance is at it: whoever has the lease.
 * In: readings that begin and end. Out: whether they may; who else is reading. Changes: the leases, and the open reading of
 * whoever has lost one.
 */
import { ConnectorError } from '../../errors.ts';
import { GONE, hostOf, LEASE_MS, READING_LEASES, readingLeaseName, RENEW_MS } from '../../store/leases.ts';
import type { Lease, Store } from '../../store/store.ts';
import type { ReadingName } from './reading-name.ts';

/** A reading, and the node that has its pages. */
export interface LeasedReading extends ReadingName {
  readonly id: string;
  readonly node: string;
}

interface Held {
  readonly store: Store;
  readonly wish: Pick<Lease, 'name' | 'holder' | 'node' | 'process'>;
  /** When it is let go unless a page comes, by the monotonic clock. */
  readonly until: number;
}

/*
 *   the lease of this source and scope                          a reading that begins
 *   there is none, or it has ended or was let go                has it; a reading that was cut off is given up
 *   is the same node's in this process                          has it: the node reads one after the other
 *   is another node's, or another process's                     is refused: ERR_READING_SECOND
 */

/** The leases of the readings of this process. */
export class ReadingLeases {
  readonly #process: string;
  readonly #held = new Map<string, Held>();
  #timer: NodeJS.Timeout | null = null;

  /** @param process names this one in the leases */
  constructor(process: string) {
    this.#process = process;
  }

  /**
   * Takes the lease for a reading, and renews it from here on. Again for the same reading: it is renewed for longer.
   * @param patienceMs after this it is let go
   * @throws ConnectorError ERR_READING_SECOND while another one reads
   */
  async take(store: Store, reading: LeasedReading, patienceMs: number = Infinity): Promise<void> {
    const { id, node } = reading;
    const wish = { name: readingLeaseName(reading), holder: id, node, process: this.#process };
    const until = performance.now() + patienceMs;
    const known = this.#held.get(id);
    if (known !== undefined) {
      // The source's own lasts until it ends.
      if (known.until !== Infinity) this.#held.set(id, { ...known, until });
      return;
    }
    const before = await store.leases.last(wish.name);
    const lease = await store.leases.take(wish, { validMs: LEASE_MS });
    if (lease.holder !== id) throw second(reading, lease);
    if (before !== null && isCutOff(before, wish)) await store.snapshots.abandon(before.holder);
    this.#held.set(id, { store, wish, until });
    this.#timer ??= setInterval(() => void this.#renew(), RENEW_MS).unref();
  }

  /** Lets go of a reading's lease: it has ended, well or not. */
  async release(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#forget(id);
    // One that cannot be let go ends by itself.
    await held.store.leases.release(held.wish, { forGood: true }).catch(() => undefined);
  }

  /** Who else is reading for this store. */
  async others({ leases }: Pick<Store, 'leases'>): Promise<ReadingName[]> {
    const held = await leases.heldBelow(READING_LEASES, { validMs: LEASE_MS });
    return held.filter((lease) => lease.process !== this.#process).map(({ name }) => readingOf(name));
  }

  /** Nothing is renewed any more. */
  close(): void {
    for (const id of this.#held.keys()) this.#forget(id);
  }

  async #renew(): Promise<void> {
    for (const [id, { store, wish, until }] of this.#held) {
      if (performance.now() >= until) {
        await this.release(id);
        continue;
      }
      const lease = await store.leases.take(wish, { validMs: LEASE_MS }).catch(() => null);
      // Its pages are refused from now on, and say so.
      if (lease !== null && lease.holder !== id) this.#forget(id);
      // It has ended meanwhile.
      else if (lease !== null && !this.#held.has(id)) await store.leases.release(wish, { forGood: true });
    }
  }

  #forget(id: string): void {
    this.#held.delete(id);
    if (this.#held.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** Whose lease was taken over: it was not let go, so its pages stopped coming. */
function isCutOff(before: Lease, own: Pick<Lease, 'holder' | 'process'>): boolean {
  return before.holder !== own.holder && before.process !== own.process && before.node !== GONE;
}

function readingOf(name: string): ReadingName {
  const [, source, ...scope] = name.split('/');
  return { source: source === 'eas' ? 'eas' : 'mdm', scope: scope.join('/') };
}

function second({ source, scope, node }: LeasedReading, lease: Lease): ConnectorError {
  const host = hostOf(lease.process);
  const what = source === 'eas' ? 'Exchange organization' : 'MDM';
  return new ConnectorError('ERR_READING_SECOND', `Another reading of this ${what} is under way (on ${host}).`, {
    details: { source, scope, host, isSameNode: lease.node === node },
  });
}
