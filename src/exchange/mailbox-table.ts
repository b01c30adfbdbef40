/**
 * Mailboxes by distinguished name, kept as bytes outside the JavaScript heap: some 150 bytes each, where objects with
 * texts cut out of Exchange's answers take a kilobyte.
 */
import { hash } from 'node:crypto';
import { KeyIndex } from './key-index.ts';
import type { MailboxEntry } from './eas-record.ts';

/** Bytes taken at once: some thousands of mailboxes. */
const SLAB_BYTES = 1 << 20;
/** Reference of a text in the slabs: 0 none, else slab and offset of its length and bytes. */
type TextRef = number;
const NO_TEXT: TextRef = 0;
/** Stands for the mail address of the entry. */
const SAME_AS_ADDRESS: TextRef = -1;

/** A table; names are {@link distinguishedNameKey}s. */
export class MailboxTable {
  readonly #index = new KeyIndex();
  readonly #entries = new Refs();
  /** Sign-in names, which as a rule are the mail address. */
  readonly #upns = new Refs();
  /** Place in {@link #typeNames} and one. */
  readonly #types = new Refs();
  /** There are a handful of types. */
  readonly #typeNames: string[] = [];
  readonly #slabs: Buffer[] = [];
  #used = SLAB_BYTES;

  get size(): number {
    return this.#index.size;
  }

  has(name: string): boolean {
    return this.#index.find(keyOf(name)) >= 0;
  }

  get(name: string): MailboxEntry | undefined {
    const row = this.#index.find(keyOf(name));
    if (row < 0) return undefined;
    const entry = {
      ...unpack(this.#read(this.#entries.get(row))),
      type: this.#typeNames[this.#types.get(row) - 1] ?? null,
    };
    const upn = this.#upns.get(row);
    if (upn === SAME_AS_ADDRESS) return { ...entry, upn: entry.address };
    return { ...entry, upn: upn === NO_TEXT ? null : this.#read(upn) };
  }

  /** Adds a mailbox, or replaces it. */
  set(name: string, entry: MailboxEntry): void {
    const row = this.#index.add(keyOf(name));
    this.#entries.set(row, this.#write(pack(entry)));
    this.#setUpn(row, entry.upn, entry.address);
    this.#setType(row, entry.type);
  }

  /** Sets what the user of a mailbox tells, if it is in the table; does nothing for another. */
  setUser(name: string, { upn, type }: Pick<MailboxEntry, 'upn' | 'type'>): void {
    const row = this.#index.find(keyOf(name));
    if (row < 0) return;
    this.#setUpn(row, upn, unpack(this.#read(this.#entries.get(row))).address);
    this.#setType(row, type);
  }

  #setUpn(row: number, upn: string | null, address: string | null): void {
    if (upn === null) this.#upns.set(row, NO_TEXT);
    else this.#upns.set(row, upn === address ? SAME_AS_ADDRESS : this.#write(upn));
  }

  #setType(row: number, type: string | null): void {
    const at = type === null ? -1 : this.#typeNames.indexOf(type);
    this.#types.set(row, type !== null && at < 0 ? this.#typeNames.push(type) : at + 1);
  }

  #write(text: string): TextRef {
    const bytes = Buffer.byteLength(text) + 4;
    if (this.#used + bytes > SLAB_BYTES) {
      this.#slabs.push(Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes)));
      this.#used = 0;
    }
    const at = this.#used;
    const slab = this.#slabs.at(-1)!;
    slab.writeUInt32LE(bytes - 4, at);
    slab.write(text, at + 4, 'utf8');
    this.#used = at + bytes;
    return this.#slabs.length * SLAB_BYTES + at;
  }

  #read(ref: TextRef): string {
    const slab = this.#slabs[Math.floor(ref / SLAB_BYTES) - 1]!;
    const at = ref % SLAB_BYTES;
    return slab.toString('utf8', at + 4, at + 4 + slab.readUInt32LE(at));
  }
}

/** An entry without its sign-in name and type; `rest` are the addresses after the first where that is the primary one. */
type Packed = readonly [
  id: string,
  displayName: string | null,
  address: string | null,
  isRest: 0 | 1,
  rest: readonly string[],
  allowed: readonly string[],
  blocked: readonly string[],
];

/** Names of properties and the repeated address would be half of the text. */
function pack(entry: MailboxEntry): string {
  const { id, displayName, address, addresses, allowedDeviceIds, blockedDeviceIds } = entry;
  const isRest = address !== null && addresses[0] === address;
  const rest = isRest ? addresses.slice(1) : addresses;
  const packed: Packed = [id, displayName, address, isRest ? 1 : 0, rest, allowedDeviceIds, blockedDeviceIds];
  return JSON.stringify(packed);
}

function unpack(text: string): Omit<MailboxEntry, 'type'> {
  const [id, displayName, address, isRest, rest, allowedDeviceIds, blockedDeviceIds] = JSON.parse(text) as Packed;
  const addresses = isRest === 1 && address !== null ? [address, ...rest] : rest;
  return { id, displayName, address, addresses, allowedDeviceIds, blockedDeviceIds, upn: null };
}

/** Numbers by row; 0 where none was set. */
class Refs {
  #values = new Float64Array(1024);

  get(row: number): number {
    return this.#values[row] ?? 0;
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) {
      const values = new Float64Array(this.#values.length * 2);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[row] = value;
  }
}

/** 128 bits of SHA-256: two names never share them, whoever chose the names. */
function keyOf(name: string): Buffer {
  return hash('sha256', name, 'buffer').subarray(0, 16);
}
