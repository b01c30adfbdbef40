/**
 * What a full reading has seen: of each record a number made of its key, one made of its content, and when its device was
 * last heard of. That time is the one thing that is new in nearly every record of nearly every reading, and no content.
 * Twenty-four bytes a record, kept as texts of a few thousand, which each full reading writes anew.
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
  // A time that appears is content: what was decided without one may be decided otherwise with it.
  if (at === undefined) return { text, content: `${text} without ${name}`, time: Number.NaN };
  const time = typeof at === 'string' ? timeOf(at) : Number.NaN;
  if (Number.isNaN(time)) return { text, content: text, time: Number.NaN };
  // Within another value its quotes would be escaped. It is near the end.
  const value = `,"${name}":"${at}"`;
  const place = text.lastIndexOf(value);
  if (place < 0) return { text, content: text, time };
  return { text, content: text.slice(0, place) + text.slice(place + value.length), time };
}

/** The days that were met last, by their first ten characters: when they begin, in milliseconds since 1970. */
const DAYS = new Map<string, number>();
const DAYS_KEPT = 1000;
const ZERO = '0'.charCodeAt(0);
const LOWER_A = 'a'.charCodeAt(0);
const WRITTEN = 'yyyy-mm-ddThh:mm:ss.sssZ';

/**
 * Milliseconds since 1970 of a time that is written as JavaScript writes it; NaN: it is not. Character by character: a regular
 * expression takes as long as all else that is done with the time.
 */
function timeOf(text: string): number {
  if (text.length !== WRITTEN.length) return Number.NaN;
  for (const at of [10, 13, 16, 19, 23]) if (text[at] !== WRITTEN[at]) return Number.NaN;
  const [hours, minutes, seconds] = [digitsAt(text, 11, 2), digitsAt(text, 14, 2), digitsAt(text, 17, 2)];
  const isTimeOfDay = hours <= 23 && minutes <= 59 && seconds <= 59;
  if (!isTimeOfDay) return Number.NaN;
  return dayOf(text.slice(0, 10)) + ((hours * 60 + minutes) * 60 + seconds) * 1000 + digitsAt(text, 20, 3);
}

/** NaN: these are no digits. */
function digitsAt(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** NaN: it is none. */
function dayOf(text: string): number {
  const known = DAYS.get(text);
  if (known !== undefined) return known;
  const midnight = `${text}T00:00:00.000Z`;
  const time = Date.parse(midnight);
  const isDay = !Number.isNaN(time) && new Date(time).toISOString() === midnight;
  if (DAYS.size >= DAYS_KEPT) DAYS.clear();
  DAYS.set(text, isDay ? time : Number.NaN);
  return isDay ? time : Number.NaN;
}

/** The record with a later time. @param time milliseconds since 1970; NaN: its own holds */
export function withTime<T extends SnapshotRecord>(record: T, time: number): T {
  if (Number.isNaN(time)) return record;
  return { ...record, [FIELD[record.kind]]: new Date(time).toISOString() };
}

/** A text's hash, and its first 53 bits as a number that is never 0. */
export interface Digest {
  readonly hash: string;
  readonly number: number;
}

/** @param salt without it nobody makes a text whose number is another one's */
export function digestOf(salt: string, text: string): Digest {
  const hex = hash('sha256', `${salt} ${text}`, 'hex');
  let high = 0;
  for (let at = 0; at < 8; at += 1) high = high * 16 + hexDigit(hex.charCodeAt(at));
  let low = 0;
  for (let at = 8; at < 14; at += 1) low = low * 16 + hexDigit(hex.charCodeAt(at));
  return { hash: hex.slice(0, 32), number: high * 2 ** 21 + (low >>> 3) || 1 };
}

/** Of 0 to 9 and a to f. */
function hexDigit(code: number): number {
  return code <= ZERO + 9 ? code - ZERO : code - LOWER_A + 10;
}

/** The number that a key goes by: that of its digest. */
export function numberOf(salt: string, key: string): number {
  // A character a byte: half as many as in hex, and no string is made of it.
  const bytes = hash('sha256', `${salt} ${key}`, 'binary');
  let first = 0;
  for (let at = 0; at < 6; at += 1) first = first * 256 + bytes.charCodeAt(at);
  return first * 32 + (bytes.charCodeAt(6) >>> 3) || 1;
}

/** What is known of one record. */
export interface Seen {
  /** Of its content; {@link UNKNOWN}: another reading has brought the record since. */
  readonly content: number;
  /** Milliseconds since 1970, or NaN. */
  readonly time: number;
}

export const UNKNOWN = 0;

/** Records in one text. */
const RECORDS_PER_ROW = 4096;
const BYTES = 24;
/** Slots that are looked at in one turn. */
const SLOTS_PER_TURN = 2 ** 16;
/** Each makes more room for itself alone: for all records at once that would be a long turn of the event loop. */
const PARTS = 64;
/** Numbers have 53 bits: the first six of them say which part. */
const PART_SIZE = 2 ** 53 / PARTS;
const SLOTS = 16;
/** What a part has that is empty, as most are of a small source. Nothing is written into it. */
const NO_SLOTS = new Float64Array(1);

/** Some of the records: three columns of numbers, found by open addressing. */
class Part {
  keys = NO_SLOTS;
  contents = NO_SLOTS;
  times = NO_SLOTS;
  size = 0;

  /** Where a key is, or would be. */
  slotOf(key: number): number {
    const { keys } = this;
    const mask = keys.length - 1;
    let slot = (key >>> 0) & mask;
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  set(key: number, content: number, time: number): void {
    let slot = this.slotOf(key);
    if (this.keys[slot] === 0) {
      if (this.size * 2 + 2 > this.keys.length) {
        this.#grow();
        slot = this.slotOf(key);
      }
      this.size += 1;
      this.keys[slot] = key;
    }
    this.contents[slot] = content;
    this.times[slot] = time;
  }

  #grow(): void {
    const { keys, contents, times } = this;
    const slots = Math.max(SLOTS, keys.length * 2);
    this.keys = new Float64Array(slots);
    this.contents = new Float64Array(slots);
    this.times = new Float64Array(slots);
    for (let from = 0; from < keys.length; from += 1) {
      if (keys[from] === 0) continue;
      const slot = this.slotOf(keys[from]!);
      this.keys[slot] = keys[from]!;
      this.contents[slot] = contents[from]!;
      this.times[slot] = times[from]!;
    }
  }
}

/** Records by the numbers of their keys. */
export class SeenRecords {
  readonly #parts = Array.from({ length: PARTS }, () => new Part());

  /** Records. */
  get size(): number {
    return this.#parts.reduce((sum, { size }) => sum + size, 0);
  }

  has(key: number): boolean {
    const part = this.#partOf(key);
    return part.keys[part.slotOf(key)] !== 0;
  }

  /** Null: it was not seen. */
  get(key: number): Seen | null {
    const part = this.#partOf(key);
    const slot = part.slotOf(key);
    if (part.keys[slot] === 0) return null;
    return { content: part.contents[slot]!, time: part.times[slot]! };
  }

  set(key: number, { content, time }: Seen): void {
    this.#partOf(key).set(key, content, time);
  }

  /** Says in steps whether all of these are among others: the last value holds. */
  *isWithin(others: SeenRecords): Generator<boolean, void> {
    let looked = 0;
    for (const { keys } of this.#parts) {
      for (const key of keys) {
        if (key !== 0 && !others.has(key)) {
          yield false;
          return;
        }
        looked += 1;
        if (looked % SLOTS_PER_TURN === 0) yield true;
      }
    }
    yield true;
  }

  /** As texts, a row each. */
  *rows(): Generator<string> {
    let bytes = Buffer.alloc(RECORDS_PER_ROW * BYTES);
    let used = 0;
    for (const { keys, contents, times } of this.#parts) {
      for (let slot = 0; slot < keys.length; slot += 1) {
        if (keys[slot] === 0) continue;
        bytes.writeDoubleLE(keys[slot]!, used);
        bytes.writeDoubleLE(contents[slot]!, used + 8);
        bytes.writeDoubleLE(times[slot]!, used + 16);
        used += BYTES;
        if (used < bytes.length) continue;
        yield bytes.toString('base64');
        bytes = Buffer.alloc(RECORDS_PER_ROW * BYTES);
        used = 0;
      }
    }
    if (used > 0) yield bytes.toString('base64', 0, used);
  }

  /** Takes in what {@link rows} made: a record that is known already is replaced. */
  addRow(text: string): void {
    const bytes = Buffer.from(text, 'base64');
    for (let at = 0; at + BYTES <= bytes.length; at += BYTES) {
      this.set(bytes.readDoubleLE(at), { content: bytes.readDoubleLE(at + 8), time: bytes.readDoubleLE(at + 16) });
    }
  }

  #partOf(key: number): Part {
    return this.#parts[Math.floor(key / PART_SIZE)]!;
  }
}

/** Rows that say of records that another reading has brought them. */
export function* unknownRows(salt: string, keys: Iterable<string>): Generator<string> {
  const records = new SeenRecords();
  for (const key of keys) records.set(numberOf(salt, key), { content: UNKNOWN, time: Number.NaN });
  yield* records.rows();
}

/** A text of {@link SeenRecords.rows} without the records of these numbers; the same one if it has none of them. */
export function withoutNumbers(text: string, numbers: ReadonlySet<number>): string {
  const bytes = Buffer.from(text, 'base64');
  let kept = 0;
  for (let at = 0; at + BYTES <= bytes.length; at += BYTES) {
    if (numbers.has(bytes.readDoubleLE(at))) continue;
    bytes.copy(bytes, kept, at, at + BYTES);
    kept += BYTES;
  }
  return kept === bytes.length ? text : bytes.toString('base64', 0, kept);
}
