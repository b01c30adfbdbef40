/** How many mails are reserved together. */

/** Mails that go in the same second are about what was known in that second. */
const MOST = 32;

/** As many as went in a second the last time; twice as many as then at most. */
export class MailPace {
  #next = 1;

  /** A power of two: statements are prepared once for each number. */
  get next(): number {
    return this.#next;
  }

  /** @param mails that were tried one after the other; none: nothing is known of their pace */
  took(mails: number, ms: number): void {
    if (mails === 0) return;
    const aSecond = Math.floor((mails * 1000) / Math.max(ms, 1));
    const most = Math.max(1, Math.min(aSecond, this.#next * 2, MOST));
    this.#next = 2 ** Math.floor(Math.log2(most));
  }
}
