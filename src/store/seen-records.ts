/**
 * What a full reading has seen: of each record a number made of its key, one made of its content, and when its device was
 * last heard of. That time is the one thing that is new in nearly every record of nearly every reading, and no content.
 * Some twenty-eight bytes a record, kept as texts of a few thousand, which each full reading writes anew.
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
/** Slots from which on there is room for a quarter more, and no longer for as many again. */
const MANY_SLOTS = 1024;
/** Of the slots so many are taken before there are more. */
const FULLEST = 0.8;

/*
 * A slot is five words of 32 bits, as all of what they have to hold is 149 bits:
 *
 *   KEY, CONTENT, TIME   the last 32 bits of each
 *   KEY_AND_TIME         15 bits of the key, 17 of the time
 *   TAKEN                21 bits of the content, and one that says that the slot is taken
 *
 * A time counts from the year 0, which no text of ten characters is before; with all bits set there is none.
 */
const STRIDE = 5;
const KEY = 0;
const CONTENT = 1;
const TIME = 2;
const KEY_AND_TIME = 3;
const TAKEN = 4;
const IS_TAKEN = 2 ** 31;
const WORD = 2 ** 32;
const KEY_BITS = 15;
const TIME_BITS = 17;
const YEAR_0 = Date.parse('0000-01-01T00:00:00.000Z');
const NO_TIME = 2 ** (32 + TIME_BITS) - 1;
/** What a part has that is empty, as most are of a small source. Nothing is written into it. */
const NO_SLOTS = new Uint32Array(STRIDE);

/** Some of the records, found by open addressing. */
class Part {
  readonly #no: number;
  /** Slots to begin with. */
  readonly #first: number;
  #words = NO_SLOTS;
  size = 0;

  constructor(no: number, first: number) {
    this.#no = no;
    this.#first = first;
  }

  get slots(): number {
    return this.#words.length / STRIDE;
  }

  isTaken(slot: number): boolean {
    return this.#words[slot * STRIDE + TAKEN] !== 0;
  }

  /** Where a key is, or would be. */
  slotOf(key: number): number {
    const words = this.#words;
    const low = key >>> 0;
    const high = highOf(key) & (2 ** KEY_BITS - 1);
    const { slots } = this;
    let slot = homeOf(low, slots);
    for (let at = slot * STRIDE; words[at + TAKEN] !== 0; at = slot * STRIDE) {
      if (words[at + KEY] === low && words[at + KEY_AND_TIME]! >>> TIME_BITS === high) break;
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
    return slot;
  }

  key(slot: number): number {
    const at = slot * STRIDE;
    return this.#no * PART_SIZE + (this.#words[at + KEY_AND_TIME]! >>> TIME_BITS) * WORD + this.#words[at + KEY]!;
  }

  content(slot: number): number {
    const at = slot * STRIDE;
    return (this.#words[at + TAKEN]! - IS_TAKEN) * WORD + this.#words[at + CONTENT]!;
  }

  time(slot: number): number {
    const at = slot * STRIDE;
    const time = (this.#words[at + KEY_AND_TIME]! & (2 ** TIME_BITS - 1)) * WORD + this.#words[at + TIME]!;
    return time === NO_TIME ? Number.NaN : time + YEAR_0;
  }

  set(key: number, content: number, time: number): void {
    let slot = this.slotOf(key);
    if (!this.isTaken(slot)) {
      if (this.size + 1 > this.slots * FULLEST) {
        this.#grow();
        slot = this.slotOf(key);
      }
      this.size += 1;
    }
    const since = Number.isNaN(time) ? NO_TIME : time - YEAR_0;
    const at = slot * STRIDE;
    this.#words[at + KEY] = key >>> 0;
    this.#words[at + CONTENT] = content >>> 0;
    this.#words[at + TIME] = since >>> 0;
    this.#words[at + KEY_AND_TIME] = ((highOf(key) << TIME_BITS) | highOf(since)) >>> 0;
    this.#words[at + TAKEN] = IS_TAKEN + highOf(content);
  }

  #grow(): void {
    const words = this.#words;
    const slots = this.slots < MANY_SLOTS ? this.slots * 2 : Math.ceil(this.slots * 1.25);
    this.#words = new Uint32Array(Math.max(this.#first, slots) * STRIDE);
    for (let from = 0; from < words.length; from += STRIDE) {
      if (words[from + TAKEN] === 0) continue;
      let slot = homeOf(words[from + KEY]!, this.slots);
      while (this.isTaken(slot)) slot = slot + 1 === this.slots ? 0 : slot + 1;
      for (let word = 0; word < STRIDE; word += 1) this.#words[slot * STRIDE + word] = words[from + word]!;
    }
  }
}

/** What is above the last 32 bits of a whole number. */
function highOf(number: number): number {
  return Math.floor(number / WORD);
}

/** By the rest of the division: what comes in the order of another table's slots spreads over this one all the same. */
function homeOf(low: number, slots: number): number {
  return (Math.imul(low, 0x9e3779b1) >>> 1) % slots;
}

/** Records by the numbers of their keys. */
export class SeenRecords {
  readonly #parts: readonly Part[];

  /** @param expected records to make room for at first: what grows leaves its smaller ones behind, all over the memory */
  constructor(expected = 0) {
    const most = expected / PARTS + 4 * Math.sqrt(expected / PARTS);
    const first = Math.max(SLOTS, Math.ceil(most / FULLEST));
    this.#parts = Array.from({ length: PARTS }, (_, no) => new Part(no, first));
  }

  /** Records. */
  get size(): number {
    return this.#parts.reduce((sum, { size }) => sum + size, 0);
  }

  has(key: number): boolean {
    const part = this.#partOf(key);
    return part.isTaken(part.slotOf(key));
  }

  /** Null: it was not seen. */
  get(key: number): Seen | null {
    const part = this.#partOf(key);
    const slot = part.slotOf(key);
    return part.isTaken(slot) ? { content: part.content(slot), time: part.time(slot) } : null;
  }

  set(key: number, { content, time }: Seen): void {
    this.#partOf(key).set(key, content, time);
  }

  /** Says in steps whether all of these are among others: the last value holds. */
  *isWithin(others: SeenRecords): Generator<boolean, void> {
    let looked = 0;
    for (const part of this.#parts) {
      for (let slot = 0; slot < part.slots; slot += 1) {
        if (part.isTaken(slot) && !others.has(part.key(slot))) {
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
    for (const part of this.#parts) {
      for (let slot = 0; slot < part.slots; slot += 1) {
        if (!part.isTaken(slot)) continue;
        bytes.writeDoubleLE(part.key(slot), used);
        bytes.writeDoubleLE(part.content(slot), used + 8);
        bytes.writeDoubleLE(part.time(slot), used + 16);
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
