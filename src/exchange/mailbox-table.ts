/**
 * Mailboxes by distinguished name, kept as bytes outside the JavaScript heap: some 70 bytes each, where objects with texts cut
 * out of Exchange's answers take a kilobyte.
 */
import type { MailboxEntry } from './eas-record.ts';
import { KeyedRows } from './keyed-rows.ts';
import type { Row } from './keyed-rows.ts';
import { PackedReader, PackedWriter } from './packed-bytes.ts';
import { MailboxWords, packMailbox, unpackMailbox } from './packed-mailbox.ts';

/** A mailbox of a table. */
export interface TableMailbox {
  readonly entry: MailboxEntry;
  /** Of whoever keeps something by mailbox: {@link NOTE_BYTES} in their place, zeros at first. */
  readonly note: Buffer;
}

/** Bytes of a mailbox that are not the table's own. */
export const NOTE_BYTES = 10;

/** A table; names are {@link distinguishedNameKey}s. */
export class MailboxTable {
  readonly #rows = new KeyedRows();
  readonly #words = new MailboxWords();
  readonly #writer = new PackedWriter();

  get size(): number {
    return this.#rows.size;
  }

  has(name: string): boolean {
    return this.#rows.find(name) !== undefined;
  }

  get(name: string): MailboxEntry | undefined {
    return this.find(name)?.entry;
  }

  find(name: string): TableMailbox | undefined {
    const row = this.#rows.find(name);
    if (row === undefined) return undefined;
    const { bytes, at } = row;
    return { entry: this.#unpack(row).entry, note: bytes.subarray(at, at + NOTE_BYTES) };
  }

  /** Adds a mailbox, or replaces it. */
  set(name: string, entry: MailboxEntry): void {
    this.#put(name, this.#rows.find(name), entry);
  }

  /** Sets what the user of a mailbox tells, if it is in the table; does nothing for another. */
  setUser(name: string, { upn, type }: Pick<MailboxEntry, 'upn' | 'type'>): void {
    const row = this.#rows.find(name);
    if (row !== undefined) this.#put(name, row, { ...this.#unpack(row).entry, upn, type });
  }

  /** In the place of the old bytes where there are as many, as a rule: most sign-in names and types are a number. */
  #put(name: string, row: Row | undefined, entry: MailboxEntry): void {
    const writer = this.#writer;
    writer.restart();
    for (let at = 0; at < NOTE_BYTES; at++) writer.byte(row === undefined ? 0 : row.bytes[row.at + at]!);
    packMailbox(writer, entry, this.#words);
    if (row !== undefined && this.#unpack(row).end - row.at === writer.bytes.length)
      row.bytes.set(writer.bytes, row.at);
    else this.#rows.set(name, writer.bytes);
  }

  #unpack({ bytes, at }: Row): { readonly entry: MailboxEntry; readonly end: number } {
    const reader = new PackedReader(bytes, at + NOTE_BYTES);
    const entry = unpackMailbox(reader, this.#words);
    return { entry, end: reader.at };
  }
}
