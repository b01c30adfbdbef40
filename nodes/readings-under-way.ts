/**
 * Which sources are reading in this process. One start reaches both sources at once, but one is quicker: a matcher that
 * went by pages alone would match the quick one with yesterday's reading of the other, and block who enrolled today.
 */

/** `eas:<organization>` or `mdm:<source>`. */
type ReadingKey = `${'eas' | 'mdm'}:${string}`;

const running = new Map<ReadingKey, number>();
const listeners = new Set<() => void>();

/** Node-RED hands a message over in a later turn of the event loop: the last page is with the matcher after these. */
const TURNS_ON_THE_WIRE = 5;

/** A source begins to read; call the answer when it has ended, well or not. */
export function beginReading(source: 'eas' | 'mdm', scope: string): () => void {
  const key: ReadingKey = `${source}:${scope}`;
  running.set(key, (running.get(key) ?? 0) + 1);
  const end = (turns: number): void => {
    if (turns > 0) {
      setImmediate(end, turns - 1);
      return;
    }
    const left = (running.get(key) ?? 1) - 1;
    if (left > 0) running.set(key, left);
    else running.delete(key);
    for (const listener of listeners) listener();
  };
  return () => end(TURNS_ON_THE_WIRE);
}

/** True if one of these scopes of the source is being read; without scopes, if any is. */
export function isReading(source: 'eas' | 'mdm', scopes: readonly string[] = []): boolean {
  if (scopes.length > 0) return scopes.some((scope) => running.has(`${source}:${scope}`));
  return [...running.keys()].some((key) => key.startsWith(`${source}:`));
}

/** Calls back whenever a reading has ended; the answer stops that. */
export function onReadingEnded(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
