/** When the next piece of a command's output is asked for: a server that has only little each time is given a moment. Pure. */

/** Pauses before a Receive, in milliseconds: none, short, long. */
const PAUSES = [0, 4, 16] as const;
/** Answers that are looked at together. */
const WINDOW = 4;
/** Bytes of output in an answer: below the first a longer pause is tried, above the second a shorter one. */
const LITTLE = 96 * 1024;
const MUCH = 256 * 1024;
/** What a longer pause has to bring: so many times the bytes an answer. */
const WORTH = 1.5;
/** Answers without a pause after one that was of no use. */
const REST = 64;

/*
 *   the last four answers had, on average        after a pause that was just made longer   then
 *   less than 1.5 times what they had before it  yes                                       no pause for 64 answers
 *   less than 96 KiB                             no, or it brought as much                 the next longer pause
 *   more than 256 KiB                            no, or it brought as much                 the next shorter pause
 *   anything between                             no, or it brought as much                 the same pause
 *
 * A server answers as soon as it has something, and a slow one has a few objects then: each request costs both sides more than
 * what it carries, and counts for Exchange's throttling. A server that gathers nothing while nobody asks is given four short
 * pauses in 72 answers, a quarter of a millisecond for each.
 */

/** The pace of one command. */
export class ReceivePace {
  #level = 0;
  #answers = 0;
  #bytes = 0;
  /** Bytes an answer before the pause was made longer; null if it was not, just now. */
  #before: number | null = null;
  /** Answers until a pause is tried again. */
  #left = 0;

  /** Milliseconds to wait before the next Receive. */
  get pauseMs(): number {
    return PAUSES[this.#level] ?? 0;
  }

  /** @param bytes of output in an answer; one that had none says nothing about the next */
  take(bytes: number): void {
    if (bytes === 0) return;
    if (this.#left > 0) {
      this.#left--;
      return;
    }
    this.#bytes += bytes;
    if (++this.#answers < WINDOW) return;
    const average = this.#bytes / this.#answers;
    this.#answers = 0;
    this.#bytes = 0;
    if (this.#before !== null && average < WORTH * this.#before) {
      this.#before = null;
      this.#level = 0;
      this.#left = REST;
      return;
    }
    this.#before = null;
    if (average < LITTLE && this.#level < PAUSES.length - 1) {
      this.#before = average;
      this.#level++;
    } else if (average > MUCH && this.#level > 0) this.#level--;
  }
}
