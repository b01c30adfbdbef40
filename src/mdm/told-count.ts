/** Counts in how many foreign records what a mapping reads is told. Pure. */
import { DECIDING_FIELDS } from '../model/told-fields.ts';
import type { Reads, ToldFields } from '../model/told-fields.ts';
import { csvColumnOf } from './presets/csv.ts';

/** Objects within each other that are looked through. */
const DEEPEST = 12;

/*
 *   a record has it                     read for managed, or of a CSV file   read for compliance or removal alone
 *   with a value                        counts                               counts
 *   as null or a blank text             does not                             counts: a reason may be told of the bad ones alone, and
 *                                                                            be gone when they are well
 *   not at all                          does not                             does not
 */

/** One reading, record by record. */
export class ToldCount {
  readonly #names: readonly (readonly string[])[];
  readonly #byLast = new Map<string, number[]>();
  readonly #had: number[];
  /** The record that was last found to have it, from 1. */
  readonly #at: number[];
  readonly #isCsv: boolean;
  /** Of each whether it has to have a value. */
  readonly #strict: readonly boolean[];
  #records = 0;
  #columns: Set<string> | null = null;
  #header: readonly string[] | null = null;

  /** @param isCsv columns are meant that may be called otherwise, see presets/csv.ts */
  constructor(reads: Reads, isCsv: boolean) {
    this.#isCsv = isCsv;
    this.#names = [...new Set(DECIDING_FIELDS.flatMap((field) => reads[field]))].map((path) => path.split('.'));
    this.#strict = this.#names.map((names) => isCsv || reads.managed.includes(names.join('.')));
    this.#had = this.#names.map(() => 0);
    this.#at = this.#names.map(() => 0);
    for (const [n, names] of this.#names.entries()) {
      const last = names.at(-1)!;
      this.#byLast.set(last, [...(this.#byLast.get(last) ?? []), n]);
    }
  }

  /** The header of a message that came as CSV. Of a reading of several messages what one of them lacks counts as missing. */
  addHeader(header: readonly string[]): void {
    const names = header.map((name) => this.#called(name));
    this.#columns = new Set(names.filter((name) => this.#columns?.has(name) !== false));
    this.#header ??= header;
  }

  /** One more record, as it came. */
  add(record: unknown): void {
    this.#records += 1;
    if (this.#names.length > 0) this.#look(record, []);
  }

  /** What the reading told so far. @param by see {@link ToldFields} */
  told(by: string): ToldFields & { readonly header?: readonly string[] } {
    const paths = this.#names.map((names) => names.join('.'));
    const columns = this.#columns;
    return {
      by,
      records: this.#records,
      ...(columns === null ? {} : { columns: paths.filter((path) => columns.has(path)) }),
      ...(this.#header === null ? {} : { header: this.#header }),
      had: Object.fromEntries(paths.map((path, n) => [path, this.#had[n]!])),
    };
  }

  #look(value: unknown, within: string[]): void {
    if (typeof value !== 'object' || value === null || within.length > DEEPEST) return;
    if (Array.isArray(value)) {
      for (const one of value as unknown[]) this.#look(one, within);
      return;
    }
    for (const [key, one] of Object.entries(value)) {
      if (one === undefined) continue;
      const isBlank = one === null || (typeof one === 'string' && one.trim() === '');
      const name = this.#called(key);
      for (const n of this.#byLast.get(name) ?? []) {
        if ((isBlank && this.#strict[n]) || this.#at[n] === this.#records || !isWithin(this.#names[n]!, within))
          continue;
        this.#at[n] = this.#records;
        this.#had[n]! += 1;
      }
      if (typeof one !== 'object') continue;
      within.push(name);
      this.#look(one, within);
      within.pop();
    }
  }

  #called(name: string): string {
    return this.#isCsv ? (csvColumnOf(name) ?? name) : name;
  }
}

/** True if all but the last of the names are the last ones of those around it. */
function isWithin(names: readonly string[], within: readonly string[]): boolean {
  const before = names.length - 1;
  return before <= within.length && names.slice(0, -1).every((name, n) => within[within.length - before + n] === name);
}
