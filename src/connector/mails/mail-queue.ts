/**
 * Who sends mails: one start of a notifier. What a queue has reserved is its own as long as it lives, which other processes
 * know by a lease.
 *
 * In: the store's leases. Out: whether a queue lives. Changes: the lease.
 */
import { randomUUID } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import { MailPace } from './mail-pace.ts';

/** Three heartbeats fit into it. */
const LIVES_MS = 10_000;
/** For so long a heartbeat is good for the next mail too. */
const FRESH_MS = 1_000;

/** Queues of this process that have not ended: of its own it knows better than any lease. */
const LIVING = new Set<string>();

/** The queue of one notifier. */
export class MailQueue {
  readonly id: string = randomUUID();
  readonly pace = new MailPace();
  readonly #notifier: string;
  readonly #process: string;
  #beatAt: { readonly ticks: number; readonly time: number } | null = null;

  /**
   * @param notifier names it among the notifiers of a store
   * @param process as a lease names it
   */
  constructor(notifier: string, process: string) {
    this.#notifier = notifier;
    this.#process = process;
    LIVING.add(this.id);
  }

  /** Says that it lives: every few seconds while it sends, and before it reserves a mail. */
  async beat({ leases }: Pick<Store, 'leases'>): Promise<void> {
    if (this.#isFresh()) return;
    const [ticks, time] = [performance.now(), Date.now()];
    const wish = { name: nameOf(this.id), holder: this.id, node: this.#notifier, process: this.#process };
    await leases.take(wish, { validMs: LIVES_MS });
    this.#beatAt = { ticks, time };
  }

  // A machine that was put to sleep does not count its ticks, and its time of day may be set.
  #isFresh(): boolean {
    if (this.#beatAt === null) return false;
    const { ticks, time } = this.#beatAt;
    return performance.now() - ticks < FRESH_MS && Math.abs(Date.now() - time) < FRESH_MS;
  }

  /** It ends: what it has reserved may be taken over, in this process at once. */
  end(): void {
    LIVING.delete(this.id);
  }

  /** Tells other processes that it has ended. */
  async release({ leases }: Pick<Store, 'leases'>): Promise<void> {
    this.#beatAt = null;
    await leases.release({ name: nameOf(this.id), holder: this.id });
  }

  /** Those of the queues that live, itself aside. */
  async others({ leases }: Pick<Store, 'leases'>, ids: readonly string[]): Promise<Set<string>> {
    const held = await leases.held(ids.map(nameOf), { validMs: LIVES_MS });
    const living = held.filter(({ holder, process }) => process !== this.#process || LIVING.has(holder));
    return new Set(living.map(({ holder }) => holder).filter((id) => id !== this.id));
  }
}

function nameOf(id: string): string {
  return `queue/${id}`;
}
