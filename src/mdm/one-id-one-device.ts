/** Whether each id of a reading is one device's. */
import { FoldedHash } from '../model/folded-hash.ts';
import type { MdmRecord } from '../model/records.ts';

/*
 *   a record whose id came before in this reading           then
 *   of EAS IDs, serial number, IMEIs and user, what both    it came again, as lists move while they are read
 *   tell is the same
 *   one of them is another                                  two devices, or one of which each account is a record: one would
 *                                                           take the other's place, and its phone pass for not enrolled
 */

/** What tells devices apart: a number for each of these, 0 for what is not told. */
const FIELDS: readonly ((record: MdmRecord) => readonly (string | null)[])[] = [
  ({ easIds }) => easIds,
  ({ device }) => [device.serial],
  ({ device }) => device.imeis,
  ({ user }) => [user.id, user.upn, ...user.addresses],
];

/** The ids of one reading, and what their records tell: some 70 bytes a record. */
export class OneIdOneDevice {
  readonly #rows = new Map<string, number>();
  readonly #hash = new FoldedHash();
  #told = new Int32Array(64 * FIELDS.length);

  /** Adds a record. False: an earlier one with its id is of another device, account or user. */
  add(record: MdmRecord): boolean {
    const known = this.#rows.get(record.id);
    const row = known ?? this.#rows.size;
    if (known === undefined) this.#rows.set(record.id, row);
    if ((row + 1) * FIELDS.length > this.#told.length) this.#makeRoom();
    return FIELDS.every((tell, n) => {
      const at = row * FIELDS.length + n;
      const [before, now] = [this.#told[at]!, this.#numberOf(tell(record))];
      if (before === 0) this.#told[at] = now;
      return before === 0 || now === 0 || before === now;
    });
  }

  #numberOf(texts: readonly (string | null)[]): number {
    const told = texts.flatMap((text) => (text === null ? [] : [text.trim().toLowerCase()]));
    if (told.length === 0) return 0;
    this.#hash.of(told.sort().join('\n'));
    return this.#hash.lo || 1;
  }

  #makeRoom(): void {
    const grown = new Int32Array(this.#told.length * 2);
    grown.set(this.#told);
    this.#told = grown;
  }
}
