/**
 * Rows of bytes by name, outside the JavaScript heap: what a name costs beside its row is some 15 bytes, none of which the
 * garbage collector looks at. Whoever keeps more than a number by a name, and has very many of them, keeps it so; see
 * {@link KeyIndex} for numbers.
 */
import { saltedHash } from './key-index.ts';

/** Chains of rows: four numbers of 65,536, so that a hundred thousand names have two each. */
const CHAINS = 1 << 16;
/** Bytes taken at once. */
const SLAB_BYTES = 1 << 20;

/*
 *   of a row                bytes
 *   the next of its chain   4: where it is; 0: none
 *   key of its name         10: the hash without its first two bytes, which are the number of the chain
 *   its own                 as many as were given
 */
const NEXT_BYTES = 4;
const CHAIN_BYTES = 2;
const KEY_BYTES = 10;
const HEAD_BYTES = NEXT_BYTES + KEY_BYTES;

/** Where the bytes of a row begin. They may be changed in their place. */
export interface Row {
  readonly bytes: Buffer;
  readonly at: number;
}

/** A name is known by 96 bits of its salted hash, as in a {@link KeyIndex}: two never share them. */
export class KeyedRows {
  /** Where the first row of each chain is; 0: it has none. */
  readonly #chains = new Uint32Array(CHAINS);
  /** The first one is never made: no row is at 0. */
  readonly #slabs: Buffer[] = [Buffer.alloc(0)];
  #used = SLAB_BYTES;
  #size = 0;

  /** Names that have a row. */
  get size(): number {
    return this.#size;
  }

  find(name: string): Row | undefined {
    return this.#rowAt(this.#find(saltedHash(name)));
  }

  /**
   * Gives a name a new row; one that it has is not looked at again.
   * @param next makes the bytes, which are copied, from the row that the name has; null: there is to be no new one
   */
  put(name: string, next: (row: Row | undefined) => Uint8Array | null): void {
    const hash = saltedHash(name);
    const before = this.#find(hash);
    const bytes = next(this.#rowAt(before));
    if (bytes === null) return;
    if (before === 0) this.#size++;
    const chain = chainOf(hash);
    const at = this.#take(HEAD_BYTES + bytes.length);
    const slab = this.#slabOf(at);
    const from = at % SLAB_BYTES;
    slab.writeUInt32LE(this.#chains[chain]!, from);
    slab.write(hash.slice(CHAIN_BYTES, CHAIN_BYTES + KEY_BYTES), from + NEXT_BYTES, 'latin1');
    slab.set(bytes, from + HEAD_BYTES);
    // The newest row of a name comes first.
    this.#chains[chain] = at;
  }

  #rowAt(at: number): Row | undefined {
    return at === 0 ? undefined : { bytes: this.#slabOf(at), at: (at % SLAB_BYTES) + HEAD_BYTES };
  }

  /** 0: there is none. */
  #find(hash: string): number {
    let at = this.#chains[chainOf(hash)]!;
    while (at !== 0) {
      const slab = this.#slabOf(at);
      const from = at % SLAB_BYTES;
      if (hasKey(slab, from + NEXT_BYTES, hash)) return at;
      at = slab.readUInt32LE(from);
    }
    return 0;
  }

  #slabOf(at: number): Buffer {
    return this.#slabs[Math.floor(at / SLAB_BYTES)]!;
  }

  /** A row lies in one slab; one that is longer than a slab has its own, and none comes behind it. */
  #take(bytes: number): number {
    if (this.#used + bytes > SLAB_BYTES) {
      this.#slabs.push(Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes)));
      this.#used = 0;
    }
    const at = (this.#slabs.length - 1) * SLAB_BYTES + this.#used;
    this.#used += bytes;
    return at;
  }
}

function chainOf(hash: string): number {
  return hash.charCodeAt(0) | (hash.charCodeAt(1) << 8);
}

function hasKey(slab: Buffer, at: number, hash: string): boolean {
  for (let byte = 0; byte < KEY_BYTES; byte++)
    if (slab[at + byte] !== hash.charCodeAt(CHAIN_BYTES + byte)) return false;
  return true;
}
