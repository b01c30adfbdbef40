/** A 64-bit hash of a text as the keys compare it: trimmed, case-folded and composed, without making the folded text. */
import { foldName } from './keys.ts';

/**
 * Hashes into {@link lo} and {@link hi}; one object is reused, so that a million hashes allocate nothing.
 * Equal folded texts hash equally; the reverse is only near certain, so what a hash finds is checked on the records.
 */
export class FoldedHash {
  lo = 0;
  hi = 0;
  readonly #seed: number;

  /** @param seed separates name spaces (an IMEI never equals a serial number) */
  constructor(seed = 0) {
    this.#seed = seed | 0;
  }

  /** Hashes `text` folded as {@link foldName} folds: equal EAS IDs, which are not composed, hash equally, too. */
  of(text: string): void {
    const length = text.length;
    let lo = 0xdeadbeef ^ this.#seed;
    let hi = 0x41c6ce57 ^ this.#seed;
    if (length === 0 || text.charCodeAt(0) <= 32 || text.charCodeAt(length - 1) <= 32) return this.#folded(text);
    for (let i = 0; i < length; i++) {
      let code = text.charCodeAt(i);
      // Outside ASCII one letter may fold to several; leave that to the language.
      if (code > 127) return this.#folded(text);
      if (code >= 65 && code <= 90) code += 32;
      lo = Math.imul(lo ^ code, 0x9e3779b1);
      hi = Math.imul(hi ^ code, 0x5f356495);
    }
    this.#finish(lo, hi);
  }

  #folded(text: string): void {
    const folded = foldName(text);
    let lo = 0xdeadbeef ^ this.#seed;
    let hi = 0x41c6ce57 ^ this.#seed;
    for (let i = 0; i < folded.length; i++) {
      const code = folded.charCodeAt(i);
      lo = Math.imul(lo ^ code, 0x9e3779b1);
      hi = Math.imul(hi ^ code, 0x5f356495);
    }
    this.#finish(lo, hi);
  }

  // Mixes the lanes, so that keys that differ in their last letters only spread over the whole table.
  #finish(lo: number, hi: number): void {
    let a = Math.imul(lo ^ (lo >>> 16), 0x85ebca6b);
    a ^= Math.imul(hi ^ (hi >>> 13), 0xc2b2ae35);
    let b = Math.imul(hi ^ (hi >>> 16), 0x85ebca6b);
    b ^= Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
    this.lo = (a ^ (a >>> 16)) | 0;
    this.hi = (b ^ (b >>> 16)) | 0;
  }
}
