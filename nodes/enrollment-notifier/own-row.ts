/**
 * Keeps the row in which a notifier says whether a mail of its would go out: made when the flows start, renewed while a block
 * waits for it, removed with the node.
 */
import type { NotifierCheck } from '../../src/connector/mails/check-account.ts';
import { isAnyWaiting } from '../../src/connector/mails/mail-wait.ts';
import { keepRow, provenBy, removeRow, RENEW_ROW_MS, takeOverRow } from '../../src/connector/mails/notifier-row.ts';
import type { Refusals } from '../../src/connector/mails/sign-in-stop.ts';
import { isGone, THIS_PROCESS } from '../../src/store/leases.ts';
import type { Store } from '../../src/store/store.ts';
import type { Instance } from '../red.ts';

/** How often it is looked whether it is time to. */
const LOOK_MS = 60_000;

/** What the row takes of its node. */
export interface RowOf {
  /** Throws if no store can be had. */
  readonly store: () => Promise<Store>;
  /** Looks at everything, and mails nobody. Throws ERR_ABORTED. */
  readonly check: (signal: AbortSignal) => Promise<NotifierCheck>;
  /** The refusals of the account's sign-in; null: there are none, or no account. */
  readonly refusals: (store: Store) => Promise<Refusals | null>;
  /** What is used meanwhile stays open until this has ended. */
  readonly during: (work: Promise<void>) => void;
}

/** The row of one notifier. */
export class OwnRow {
  readonly #node: Instance;
  readonly #of: RowOf;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  /** Where its row is; null: it has not looked yet. */
  #store: Store | null = null;
  /** When it was looked last, by the clock that only goes forward; null: not yet. */
  #lookedAt: number | null = null;
  #isKept = false;

  constructor(node: Instance, of: RowOf) {
    this.#node = node;
    this.#of = of;
    this.#timer = setInterval(() => this.#start(false), LOOK_MS);
    this.#timer.unref();
  }

  /** The flows have started. */
  begin(): void {
    this.#start(true);
  }

  /** A person has looked: what was found is said in the row too. A store that is away keeps nothing. */
  async take(check: NotifierCheck): Promise<void> {
    try {
      const store = await this.#of.store();
      this.#store = store;
      await this.#keep(store, check);
    } catch (error) {
      this.#node.debug(String(error));
    }
  }

  /** @param isRemoved the node is gone from the canvas */
  async end(isRemoved: boolean): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#timer);
    await this.#running;
    if (!isRemoved || this.#store === null) return;
    // If the store is closing too, no switch counts a notifier that is not there.
    const removed = removeRow(this.#store, { node: this.#node.id, process: THIS_PROCESS }).catch(() => undefined);
    this.#of.during(removed);
    await removed;
  }

  #start(atStart: boolean): void {
    if (this.#running !== null || this.#stop.signal.aborted) return;
    // A store that is away is not the timer's business; a close ends the look.
    this.#running = this.#look(atStart)
      .catch((error: unknown) => this.#node.debug(String(error)))
      .finally(() => {
        this.#running = null;
      });
    this.#of.during(this.#running);
  }

  async #look(atStart: boolean): Promise<void> {
    const store = await this.#of.store();
    this.#store = store;
    const { id: node } = this.#node;
    if (atStart) await takeOverRow(store, { node, process: THIS_PROCESS }, isGone);
    else if (!(await this.#isTime(store))) return;
    const { signal } = this.#stop;
    this.#lookedAt = performance.now();
    const check = await this.#of.check(signal);
    signal.throwIfAborted();
    await this.#keep(store, check);
  }

  async #keep(store: Store, check: NotifierCheck): Promise<void> {
    const { id: node, name } = this.#node;
    const proven = provenBy(check, await this.#of.refusals(store));
    if (this.#stop.signal.aborted) return;
    this.#lookedAt = performance.now();
    const row = { node, name: name || node, process: THIS_PROCESS, at: new Date().toISOString(), ...proven };
    this.#isKept = await keepRow(store, row, isGone);
  }

  /*
   *   since the last look    and                                            then
   *   less than 10 minutes   any                                            nothing
   *   10 minutes             a block waits for a mail                       it looks again
   *   10 minutes             a sign-in was refused, not twice yet, or       it looks again; a sign-in is tried an hour after
   *                          twice and not mended                           the refusal, and not before
   *   10 minutes             another instance had found better              it looks again
   *   any                    otherwise                                      nothing
   */
  async #isTime(store: Store): Promise<boolean> {
    if (this.#lookedAt === null) return true;
    if (performance.now() - this.#lookedAt < RENEW_ROW_MS) return false;
    return !this.#isKept || (await isAnyWaiting(store)) || (await this.#of.refusals(store)) !== null;
  }
}
