/**
 * Which records of a reading have come, and by which of their partnerships. The first record of a mailbox is noted with the
 * mailbox, in 10 bytes; most mailboxes have no other. Each of the others takes some 24 bytes here.
 */
import { foldEasId } from '../model/keys.ts';
import { KeyIndex, saltedHash } from './key-index.ts';
import { Refs } from './text-slabs.ts';

/*
 *   the record    the partnership                    it is
 *   has not come  any                                new
 *   has come      the one by which it came           repeated: a read that was started again yields what it had
 *   has come      any other                          another partnership
 */
type Coming = 'new' | 'repeated' | 'another partnership';

/** A partnership, and the mailbox in which it lies. */
export interface SeenPartnership {
  /** Key of its record. */
  readonly key: string;
  readonly easId: string;
  /** GUID. */
  readonly id: string;
  /** 10 bytes that are kept with the mailbox: zeros, or what was noted of its first record. */
  readonly note: Buffer;
}

/** Of the note: 48 bits of the hash of the EAS ID, and the mark of the partnership. No two EAS IDs of a mailbox share so many. */
const ID_BYTES = 6;

/** The records that have come. */
export class SeenRecords {
  readonly #others = new KeyIndex();
  /** Of the partnership by which a record came. */
  readonly #marks = new Refs();

  add({ key, easId, id, note }: SeenPartnership): Coming {
    const own = noteOf(easId);
    const mark = markOf(id);
    const first = note.readUIntLE(0, ID_BYTES);
    if (first === 0) {
      note.writeUIntLE(own, 0, ID_BYTES);
      note.writeUInt32LE(mark, ID_BYTES);
      return 'new';
    }
    return own === first ? comingAfter(note.readUInt32LE(ID_BYTES), mark) : this.#addOther(key, mark);
  }

  #addOther(key: string, mark: number): Coming {
    const before = this.#others.size;
    const row = this.#others.add(key);
    if (row !== before) return comingAfter(this.#marks.get(row), mark);
    this.#marks.set(row, mark);
    return 'new';
  }
}

function comingAfter(before: number, mark: number): Coming {
  return before === mark ? 'repeated' : 'another partnership';
}

/** Never 0. */
function noteOf(easId: string): number {
  return Buffer.from(saltedHash(foldEasId(easId)).slice(0, ID_BYTES), 'latin1').readUIntLE(0, ID_BYTES) || 1;
}

/** 32 bits of a GUID. The other partnership of an EAS ID has another mark but once in four billion, as Active Directory draws GUIDs. */
function markOf(guid: string): number {
  const digits = guid.replaceAll('-', '');
  let mark = 0;
  for (let at = 0; at < digits.length; at += 8) mark ^= Number.parseInt(digits.slice(at, at + 8), 16);
  return mark >>> 0;
}
