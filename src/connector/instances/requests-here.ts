/**
 * What other instances ask of this one, handed to whoever does it.
 * In: requests that somebody has seen in the store. Out: calls to those who listen. Changes: nothing.
 */
import type { InstanceRequest } from '../../store/store.ts';

/** Null: this instance has begun to work for an organization, and whoever left something to the one before looks again. */
type Listener = (seen: readonly InstanceRequest[] | null) => void;

/** Those of this process who do what is asked over one store. */
export class RequestsHere {
  readonly #listeners = new Set<Listener>();

  /** Calls back whenever requests were seen; the answer stops that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Somebody has seen requests, or has begun to work for an organization. */
  seen(requests: readonly InstanceRequest[] | null): void {
    for (const listener of this.#listeners) listener(requests);
  }
}
