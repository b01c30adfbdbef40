/**
 * Mailboxes by distinguished name, kept as bytes outside the JavaScript heap: some 65 bytes each, where objects with texts cut
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
  /** Of whoever keeps something by mailbox: 10 bytes in their place, zeros at first. */
  readonly note: Buffer;
}

/** Bytes of a mailbox that are not the table's own. */
const NOTE_BYTES = 10;

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
    this.#rows.put(name, (row) => this.#next(row && { row, ...this.#unpack(row) }, entry));
  }

  /** Sets what the user of a mailbox tells, if it is in the table; does nothing for another. */
  setUser(name: string, { upn, type }: Pick<MailboxEntry, 'upn' | 'type'>): void {
    this.#rows.put(name, (row) => {
      if (row === undefined) return null;
      const { entry, end } = this.#unpack(row);
      return this.#next({ row, end }, { ...entry, upn, type });
    });
  }

  /** Null: the bytes are in the place of the old ones, being as many, as a rule: most sign-in names and types are a byte. */
  #next(before: { readonly row: Row; readonly end: number } | undefined, entry: MailboxEntry): Buffer | null {
    const writer = this.#writer;
    writer.restart();
    for (let at = 0; at < NOTE_BYTES; at++)
      writer.byte(before === undefined ? 0 : before.row.bytes[before.row.at + at]!);
    packMailbox(writer, entry, this.#words);
    const { bytes } = writer;
    if (before === undefined || before.end - before.row.at !== bytes.length) return bytes;
    before.row.bytes.set(bytes, before.row.at);
    return null;
  }

  #unpack({ bytes, at }: Row): { readonly entry: MailboxEntry; readonly end: number } {
    const reader = new PackedReader(bytes, at + NOTE_BYTES);
    const entry = unpackMailbox(reader, this.#words);
    return { entry, end: reader.at };
  }
}
