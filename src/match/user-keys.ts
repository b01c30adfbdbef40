/** Everything one user is known by, as hashes: id, UPN and every address; never "UPN = mail". */
import type { EasRecord, MdmRecord } from '../model/records.ts';
import type { FoldedHash } from '../model/folded-hash.ts';

/** A small set of hashes, reused from record to record. */
export class UserKeys {
  #lo = new Int32Array(16);
  #hi = new Int32Array(16);
  #count = 0;
  readonly #hash: FoldedHash;

  constructor(hash: FoldedHash) {
    this.#hash = hash;
  }

  /** How many different keys there are. */
  get count(): number {
    return this.#count;
  }

  lo(i: number): number {
    return this.#lo[i]!;
  }

  hi(i: number): number {
    return this.#hi[i]!;
  }

  /** Takes the keys of the mailbox's owner: GUID, UPN and every address. */
  ofMailbox(mailbox: EasRecord['mailbox']): void {
    this.#count = 0;
    this.#add(mailbox.id);
    this.#addNames(mailbox);
  }

  /** Takes the same without the GUID. */
  ofMailboxNames(mailbox: EasRecord['mailbox']): void {
    this.#count = 0;
    this.#addNames(mailbox);
  }

  /** Takes the keys of the user an MDM record is enrolled by: id, UPN and every address. */
  ofMdmUser(user: MdmRecord['user']): void {
    this.#count = 0;
    this.#add(user.id);
    this.#add(user.upn);
    this.#addAll(null, user.addresses, user.upn);
  }

  /** True if the hash is one of the keys. */
  has(lo: number, hi: number): boolean {
    for (let i = 0; i < this.#count; i++) if (this.#lo[i] === lo && this.#hi[i] === hi) return true;
    return false;
  }

  #addNames(mailbox: EasRecord['mailbox']): void {
    this.#add(mailbox.upn);
    this.#addAll(mailbox.address, mailbox.addresses, mailbox.upn);
  }

  #addAll(first: string | null, rest: readonly string[], known: string | null): void {
    if (first !== known) this.#add(first);
    // The usual case, one address that equals the UPN letter by letter, costs no hash.
    for (const address of rest) if (address !== known && address !== first) this.#add(address);
  }

  #add(text: string | null): void {
    if (text === null || text === '') return;
    this.#hash.of(text);
    const { lo, hi } = this.#hash;
    if (this.has(lo, hi)) return;
    if (this.#count === this.#lo.length) this.#grow();
    this.#lo[this.#count] = lo;
    this.#hi[this.#count] = hi;
    this.#count++;
  }

  #grow(): void {
    const lo = new Int32Array(this.#lo.length * 2);
    const hi = new Int32Array(this.#hi.length * 2);
    lo.set(this.#lo);
    hi.set(this.#hi);
    this.#lo = lo;
    this.#hi = hi;
  }
}
