/**
 * Mailboxes by distinguished name, kept as bytes outside the JavaScript heap: some 110 bytes each, where objects with
 * texts cut out of Exchange's answers take a kilobyte.
 */
import { KeyIndex } from './key-index.ts';
import type { MailboxEntry } from './eas-record.ts';
import { Refs, TextSlabs } from './text-slabs.ts';
import type { TextRef } from './text-slabs.ts';

const NO_TEXT: TextRef = 0;
/** Stands for the mail address of the entry. */
const SAME_AS_ADDRESS: TextRef = 0xffff_ffff;

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
  readonly #texts = new TextSlabs();

  get size(): number {
    return this.#index.size;
  }

  has(name: string): boolean {
    return this.#index.find(name) >= 0;
  }

  get(name: string): MailboxEntry | undefined {
    const row = this.#index.find(name);
    if (row < 0) return undefined;
    const entry = {
      ...unpack(this.#texts.read(this.#entries.get(row))),
      type: this.#typeNames[this.#types.get(row) - 1] ?? null,
    };
    const upn = this.#upns.get(row);
    if (upn === SAME_AS_ADDRESS) return { ...entry, upn: entry.address };
    return { ...entry, upn: upn === NO_TEXT ? null : this.#texts.read(upn) };
  }

  /** Adds a mailbox, or replaces it. */
  set(name: string, entry: MailboxEntry): void {
    const row = this.#index.add(name);
    this.#entries.set(row, this.#texts.write(pack(entry)));
    this.#setUpn(row, entry.upn, entry.address);
    this.#setType(row, entry.type);
  }

  /** Sets what the user of a mailbox tells, if it is in the table; does nothing for another. */
  setUser(name: string, { upn, type }: Pick<MailboxEntry, 'upn' | 'type'>): void {
    const row = this.#index.find(name);
    if (row < 0) return;
    this.#setUpn(row, upn, unpack(this.#texts.read(this.#entries.get(row))).address);
    this.#setType(row, type);
  }

  #setUpn(row: number, upn: string | null, address: string | null): void {
    if (upn === null) this.#upns.set(row, NO_TEXT);
    else this.#upns.set(row, upn === address ? SAME_AS_ADDRESS : this.#texts.write(upn));
  }

  #setType(row: number, type: string | null): void {
    const at = type === null ? -1 : this.#typeNames.indexOf(type);
    this.#types.set(row, type !== null && at < 0 ? this.#typeNames.push(type) : at + 1);
  }
}

/** An entry without its sign-in name and type. */
type Packed = readonly [
  id: string,
  displayName: string | null,
  address: string | null,
  /** The addresses, without the first where that is the primary one; the rest is absent if the primary one is the only address, and there are no lists. */
  isFirst?: 0 | 1,
  addresses?: readonly string[],
  allowed?: readonly string[],
  blocked?: readonly string[],
];

/** Names of properties, the repeated address and the digits of the GUID would be two thirds of the text. */
function pack(entry: MailboxEntry): string {
  const { displayName, address, addresses, allowedDeviceIds, blockedDeviceIds } = entry;
  const isFirst = address !== null && addresses[0] === address;
  const id = shortGuid(entry.id);
  const isPlain = isFirst && addresses.length === 1 && allowedDeviceIds.length === 0 && blockedDeviceIds.length === 0;
  const packed: Packed = isPlain
    ? [id, displayName, address]
    : [id, displayName, address, isFirst ? 1 : 0, addresses.slice(isFirst ? 1 : 0), allowedDeviceIds, blockedDeviceIds];
  return JSON.stringify(packed);
}

function unpack(text: string): Omit<MailboxEntry, 'type'> {
  const [id, displayName, address, isFirst = 1, rest = [], allowedDeviceIds = [], blockedDeviceIds = []] = JSON.parse(
    text,
  ) as Packed;
  const addresses = isFirst === 1 && address !== null ? [address, ...rest] : rest;
  return { id: longGuid(id), displayName, address, addresses, allowedDeviceIds, blockedDeviceIds, upn: null };
}

/** 36 characters as 22. */
function shortGuid(guid: string): string {
  return Buffer.from(guid.replaceAll('-', ''), 'hex').toString('base64url');
}

function longGuid(short: string): string {
  const digits = Buffer.from(short, 'base64url').toString('hex');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  );
}
