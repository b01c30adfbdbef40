/**
 * How far V8 lets its heap grow while this package works, ADR 0112.
 *
 * With a heap limit of a gigabyte or more V8 collects the old generation when it has become four times of what was alive after
 * the collection before, and keeps the pages that come free. A sync makes much that soon is garbage: what the process takes
 * would be that fourfold, for good. While a message is worked on it is twofold, as V8 has it on a host with little memory.
 */
import { setFlagsFromString } from 'node:v8';

/** Percent that the old generation may grow by between two collections; 0: as V8 finds right. */
const FLAG = '--heap-growing-percent';
const WHILE_WORKING = 100;

/** So long after the last message it stays: the next page, and what is done in the background, come within it. */
const LINGER_MS = 10_000;

/** Counts what is worked on, and tells V8. */
export class HeapGrowth {
  readonly #setFlags: (flags: string) => void;
  readonly #lingerMs: number;
  #working = 0;
  #isLess = false;
  #end: NodeJS.Timeout | null = null;

  /** @param setFlags takes flags of V8, as on its command line; it is read at each collection */
  constructor(setFlags: (flags: string) => void, lingerMs = LINGER_MS) {
    this.#setFlags = setFlags;
    this.#lingerMs = lingerMs;
  }

  /** A message is worked on. @returns to be called once, when it is done */
  begin(): () => void {
    this.#working += 1;
    if (this.#end !== null) clearTimeout(this.#end);
    this.#end = null;
    this.#set(true);
    return () => {
      this.#working -= 1;
      if (this.#working === 0) this.#end = setTimeout(() => this.end(), this.#lingerMs).unref();
    };
  }

  /** As V8 finds right again, at once: what it compiled is kept for a next start under the flags of that moment. */
  end(): void {
    this.#set(false);
  }

  #set(isLess: boolean): void {
    if (this.#isLess === isLess) return;
    this.#isLess = isLess;
    this.#setFlags(`${FLAG}=${isLess ? WHILE_WORKING : 0}`);
  }
}

/** True where whoever started the process has chosen it. @param flags of the command line */
export function isChosen(flags: readonly string[]): boolean {
  return flags.some((flag) => flag.replaceAll('_', '-').startsWith(FLAG));
}

/** That of this process. */
export const heapGrowth = new HeapGrowth(isChosen(process.execArgv) ? () => {} : setFlagsFromString);
process.once('exit', () => heapGrowth.end());
