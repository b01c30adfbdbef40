/** One line at the bottom of a terminal that says how far the work is; nothing where there is no terminal. */
import type { Writable } from 'node:stream';
import { paceText } from '../connector/pace.ts';

/** Ten times a second: as often as an eye follows, and no burden for a slow terminal. */
const REPEAT_MS = 100;
/** Carriage return and "erase line" (ECMA-48 EL). */
const ERASE = '\r\u001b[K';

/** The progress line of one command, written to a stream: the standard error. */
export class ProgressLine {
  readonly #stream: Writable;
  readonly #isTerminal: boolean;
  readonly #now: () => number;
  #shownAt = 0;
  #isShown = false;
  #work: { readonly what: string; readonly began: number } | null = null;

  constructor(stream: Writable, isTerminal: boolean, now: () => number = Date.now) {
    this.#stream = stream;
    this.#isTerminal = isTerminal;
    this.#now = now;
  }

  /** Shows a text, at most ten times a second. */
  show(text: string): void {
    if (!this.#isTerminal || this.#now() - this.#shownAt < REPEAT_MS) return;
    this.#shownAt = this.#now();
    this.#isShown = true;
    this.#stream.write(`${ERASE}${text.slice(0, 79)}`);
  }

  /** Shows how far a piece of work is, with the time left once its pace is known. @param what names it; another one begins anew */
  showWork(what: string, { done, total, unit }: { done: number; total: number; unit: string }): void {
    if (this.#work?.what !== what) this.#work = { what, began: this.#now() };
    const [, { left }] = paceText('', { done, total, elapsedMs: this.#now() - this.#work.began });
    this.show(`${what}: ${done} of ${total} ${unit}${left === undefined ? '' : `, ${left} left`}`);
  }

  /** Takes the line away, before anything else is written or at the end. */
  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#stream.write(ERASE);
  }
}
