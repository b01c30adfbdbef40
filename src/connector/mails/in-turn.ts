/** Changes of a small value in the store come one after the other: each reads it and writes it whole. */
import type { Store } from '../../store/store.ts';

const turns = new WeakMap<Store, Promise<unknown>>();

/** Does `work` after all that was given before it for this store. */
export function inTurn<T>(store: Store, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(store) ?? Promise.resolve()).then(work);
  turns.set(
    store,
    turn.catch(() => undefined),
  );
  return turn;
}
