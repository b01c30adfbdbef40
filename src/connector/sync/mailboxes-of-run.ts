/** How many mailboxes a run about every device was about, in whatever order their devices come; some ten bytes each. */
import { FoldedHash } from '../../model/folded-hash.ts';
import { HashRows } from '../../match/hash-rows.ts';

export class MailboxesOfRun {
  readonly #hash = new FoldedHash();
  readonly #seen: HashRows;
  /** Devices of a mailbox mostly come one after the other. */
  #last = '';

  /** @param expected how many to make room for; there may be more */
  constructor(expected: number) {
    this.#seen = new HashRows(expected);
  }

  /** @param id GUID */
  add(id: string): void {
    if (id === this.#last) return;
    this.#last = id;
    this.#hash.of(id);
    const { lo, hi } = this.#hash;
    if (this.#seen.first(lo, hi) < 0) this.#seen.add(lo, hi, 0);
  }

  get count(): number {
    return this.#seen.count;
  }
}
