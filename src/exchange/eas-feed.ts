/**
 * EAS records that come by message instead of from Exchange: records as the EAS source sends them, or the objects of the three
 * cmdlets that a reading is made of, as they come from the command line or a script. One object of this class a reading.
 */
import { setImmediate } from 'node:timers/promises';
import { ConnectorError } from '../errors.ts';
import { easRecordKey, readEasRecordKey } from '../model/keys.ts';
import type { ReadingGaps } from '../model/reading-gaps.ts';
import type { EasRecord } from '../model/records.ts';
import { CmdletJoin } from './cmdlet-join.ts';
import { fedRecordError, toEasRecordFromFed } from './fed-record.ts';

/** Records that are read before everything else has its turn: some five milliseconds. */
const AT_ONCE = 1000;

/** What the messages of one reading share. */
export class EasFeed {
  readonly #organization: string;
  readonly #objects: CmdletJoin;
  #began = false;
  /** Records and objects that were taken. */
  #taken = 0;

  /** @param organization names the organization in records and keys */
  constructor(organization: string) {
    this.#organization = organization;
    this.#objects = new CmdletJoin(organization);
  }

  /**
   * The records of one message. Long ones are read with pauses, so that nothing else waits for their end.
   * @param payload a record or a list of them; a text is read as JSON, or as JSON line by line, with a record or a list a line
   * @throws ConnectorError ERR_EAS_RECORD naming what cannot be taken; of the message nothing is taken then
   */
  async take(payload: unknown): Promise<EasRecord[]> {
    const fed = typeof payload === 'string' ? this.#inText(payload) : Array.isArray(payload) ? payload : [payload];
    const records: EasRecord[] = [];
    let nth = this.#taken;
    for (const one of fed as Iterable<unknown>) {
      nth += 1;
      const record = this.#objects.take(one, nth) ?? toEasRecordFromFed(one, this.#organization, nth);
      if (record !== 'no record') records.push(record);
      if (nth % AT_ONCE === 0) await setImmediate();
    }
    this.#taken = nth;
    this.#began = true;
    return records;
  }

  /**
   * The keys that a quick reading no longer found.
   * @param keys `msg.sync.gone`, whatever it is
   * @throws ConnectorError ERR_INPUT_INVALID for what is no list of keys of this organization
   */
  gone(keys: unknown): string[] {
    if (keys === undefined) return [];
    const list: readonly unknown[] = Array.isArray(keys) ? keys : [null];
    return list.map((key) => {
      const parts = typeof key === 'string' ? readEasRecordKey(key) : null;
      if (parts?.organization === this.#organization)
        return easRecordKey(parts.organization, parts.mailboxId, parts.easId);
      throw new ConnectorError('ERR_INPUT_INVALID', 'msg.sync.gone is not a list of record keys of this organization.');
    });
  }

  /** What of the objects so far makes no record though it is there; null: nothing. */
  get gaps(): ReadingGaps | null {
    return this.#objects.gaps;
  }

  /** An export that broke off at once is an empty file: an empty reading is said by an empty list. */
  *#inText(text: string): Iterable<unknown> {
    const trimmed = text.replace(/^\ufeff/, '').trim();
    if (trimmed === '' && !this.#began)
      throw fedRecordError(1, 'payload', 'is an empty text; no records at all are []');
    const whole = trimmed === '' ? [] : parsed(trimmed);
    if (whole !== undefined) {
      yield* listOf(whole);
      return;
    }
    let nth = this.#taken;
    for (const [at, line] of trimmed.split('\n').entries()) {
      if (line.trim() === '') continue;
      const value = parsed(line);
      if (value === undefined) throw fedRecordError(nth + 1, `line ${at + 1} of the text`, 'is not JSON');
      // A page a line, as the core node File writes them.
      const list = listOf(value);
      yield* list;
      nth += list.length;
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Undefined for what is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
