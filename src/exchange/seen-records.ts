/** Which records of a reading have come, and by which of their partnerships: some 24 bytes a record. */
import { KeyIndex } from './key-index.ts';
import { Refs } from './text-slabs.ts';

/*
 *   the record    the partnership                    it is
 *   has not come  any                                new
 *   has come      the one by which it came           repeated: a read that was started again yields what it had
 *   has come      any other                          another partnership
 */

/** The records that have come. */
export class SeenRecords {
  readonly #records = new KeyIndex();
  /** Of the partnership by which a record came. */
  readonly #marks = new Refs();

  /** @param key of the record @param guid of the partnership */
  add(key: string, guid: string): 'new' | 'repeated' | 'another partnership' {
    const before = this.#records.size;
    const row = this.#records.add(key);
    const mark = markOf(guid);
    if (row !== before) return this.#marks.get(row) === mark ? 'repeated' : 'another partnership';
    this.#marks.set(row, mark);
    return 'new';
  }
}

/** 32 bits of a GUID. The other partnership of an EAS ID has another mark but once in four billion, as Active Directory draws GUIDs. */
function markOf(guid: string): number {
  const digits = guid.replaceAll('-', '');
  let mark = 0;
  for (let at = 0; at < digits.length; at += 8) mark ^= Number.parseInt(digits.slice(at, at + 8), 16);
  return mark >>> 0;
}
