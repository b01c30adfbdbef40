/**
 * When each record's device was last heard of: the one thing that is new in nearly every record of nearly every reading, and
 * no content. Kept apart, sixteen bytes a record in texts of a few thousand, written anew by each full reading.
 */
import { hash } from 'node:crypto';
import type { SnapshotRecord } from './store.ts';

/** The time that is no content. */
const FIELD = { eas: 'lastSyncAt', mdm: 'lastSeenAt' } as const;

/** A record as it is kept: its text without the time is its content. */
export interface RecordText {
  readonly text: string;
  readonly content: string;
  /** Milliseconds since 1970; NaN: there is none, or it is written in a way of its own and is content. */
  readonly time: number;
}

/** Takes the time out of a record's text. */
export function textOf(record: SnapshotRecord): RecordText {
  const text = JSON.stringify(record);
  const name = FIELD[record.kind];
  const at = (record as { readonly lastSyncAt?: string | null; readonly lastSeenAt?: string | null })[name];
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString() !== at) return { text, content: text, time: Number.NaN };
  // Within another value its quotes would be escaped.
  return { text, content: text.replace(`,"${name}":"${at}"`, ''), time };
}

/** The record with a later time. @param time milliseconds since 1970; NaN: its own holds */
export function withTime<T extends SnapshotRecord>(record: T, time: number): T {
  if (Number.isNaN(time)) return record;
  return { ...record, [FIELD[record.kind]]: new Date(time).toISOString() };
}

/** Records whose times are one row. */
const TIMES_PER_ROW = 4096;
const SLOTS = 1024;
const BYTES = 16;

/**
 * The records that a full reading had, by a number made of their key, with their times. A number says nothing of the key to
 * whoever does not know the salt, so nobody makes a key whose number is another one's.
 */
export class SyncTimes {
  readonly #salt: string;
  #numbers = new Float64Array(SLOTS);
  #times = new Float64Array(SLOTS);
  #size = 0;

  constructor(salt: string) {
    this.#salt = salt;
  }

  /** Records. */
  get size(): number {
    return this.#size;
  }

  /** @param time milliseconds since 1970, or NaN */
  set(key: string, time: number): void {
    this.#put(this.#numberOf(key), time);
  }

  has(key: string): boolean {
    return this.#numbers[this.#slotOf(this.#numberOf(key))] !== 0;
  }

  /** Milliseconds since 1970; NaN: none, or the record is not known. */
  get(key: string): number {
    const slot = this.#slotOf(this.#numberOf(key));
    return this.#numbers[slot] === 0 ? Number.NaN : this.#times[slot]!;
  }

  /** As texts, a row each. */
  *rows(): Generator<string> {
    let bytes = Buffer.alloc(TIMES_PER_ROW * BYTES);
    let used = 0;
    for (let slot = 0; slot < this.#numbers.length; slot += 1) {
      if (this.#numbers[slot] === 0) continue;
      bytes.writeDoubleLE(this.#numbers[slot]!, used);
      bytes.writeDoubleLE(this.#times[slot]!, used + BYTES / 2);
      used += BYTES;
      if (used < bytes.length) continue;
      yield bytes.toString('base64');
      bytes = Buffer.alloc(TIMES_PER_ROW * BYTES);
      used = 0;
    }
    if (used > 0) yield bytes.toString('base64', 0, used);
  }

  /** Takes in what {@link rows} made. */
  addRow(text: string): void {
    const bytes = Buffer.from(text, 'base64');
    for (let at = 0; at + BYTES <= bytes.length; at += BYTES) {
      this.#put(bytes.readDoubleLE(at), bytes.readDoubleLE(at + BYTES / 2));
    }
  }

  #put(number: number, time: number): void {
    let slot = this.#slotOf(number);
    if (this.#numbers[slot] === 0) {
      if (this.#size * 2 >= this.#numbers.length) {
        this.#grow();
        slot = this.#slotOf(number);
      }
      this.#size += 1;
      this.#numbers[slot] = number;
    }
    this.#times[slot] = time;
  }

  /** Where a number is, or would be. */
  #slotOf(number: number): number {
    const mask = this.#numbers.length - 1;
    let slot = number % this.#numbers.length;
    while (this.#numbers[slot] !== 0 && this.#numbers[slot] !== number) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [numbers, times] = [this.#numbers, this.#times];
    this.#numbers = new Float64Array(numbers.length * 2);
    this.#times = new Float64Array(numbers.length * 2);
    for (let from = 0; from < numbers.length; from += 1) {
      if (numbers[from] === 0) continue;
      const slot = this.#slotOf(numbers[from]!);
      this.#numbers[slot] = numbers[from]!;
      this.#times[slot] = times[from]!;
    }
  }

  /** 53 bits, never 0. */
  #numberOf(key: string): number {
    const digest = hash('sha256', `${this.#salt} ${key}`, 'hex');
    return Number.parseInt(digest.slice(0, 8), 16) * 2 ** 21 + (Number.parseInt(digest.slice(8, 16), 16) >>> 11) || 1;
  }
}
