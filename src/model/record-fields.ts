/**
 * Reading a record that others made, field by field. Strict: a typing error may not look like a value that is not there, so
 * what is no field, or holds something else than is meant, is an error that names the field.
 */
import type { ConnectorError } from '../errors.ts';
import { foreignText, foreignTime } from './foreign.ts';
import { RECORD_SAYINGS_EN } from './record-sayings.ts';
import { sayIn } from './sayings.ts';

const say = sayIn(RECORD_SAYINGS_EN);

/** Characters of a foreign value that an error shows. */
const SHOWN = 40;

/** Reads the fields of one record. Left out, null and "" are unset. */
export class RecordFields {
  readonly #wrong: (field: string, why: string) => ConnectorError;

  /** @param wrong makes the error that is thrown: `why` goes on where the field's name ends */
  constructor(wrong: (field: string, why: string) => ConnectorError) {
    this.#wrong = wrong;
  }

  /** The fields of an object; `record` is what the whole is called. */
  of(value: unknown, field: string, known: readonly string[]): Readonly<Record<string, unknown>> {
    if (value === undefined || value === null) throw this.#wrong(field, say('missing'));
    if (typeof value !== 'object' || Array.isArray(value))
      throw this.#wrong(field, say('no-object', { kind: nameOf(value) }));
    const unknown = Object.keys(value).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      // The name may come from the foreign record.
      const name = (foreignText(unknown) ?? '""').slice(0, SHOWN);
      const path = field === 'record' ? name : `${field}.${name}`;
      throw this.#wrong(path, say('no-field', { known: known.join(', ') }));
    }
    return value as Record<string, unknown>;
  }

  /** @param clean makes "unset" of what stands for it */
  text(value: unknown, field: string, clean: (text: unknown) => string | null = foreignText): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value !== 'string') throw this.#wrong(field, say('no-text', { kind: nameOf(value) }));
    return clean(value);
  }

  /** A list of texts, each once; one text alone is a list of one. */
  texts(value: unknown, field: string, clean: (text: unknown) => string | null = foreignText): string[] {
    if (value === undefined || value === null) return [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const texts = list.map((text, index) =>
      this.text(text, Array.isArray(value) ? `${field}[${index}]` : field, clean),
    );
    return [...new Set(texts.filter((text) => text !== null))];
  }

  /** A word of a closed list; another one is an error and not a default, so that "Compliant" for "compliant" is noticed. */
  word<T extends string>(value: unknown, field: string, words: readonly T[]): T | null {
    const text = this.text(value, field);
    if (text === null) return null;
    const word = words.find((candidate) => candidate === text);
    if (word === undefined)
      throw this.#wrong(field, say('no-word', { value: text.slice(0, SHOWN), known: words.join(', ') }));
    return word;
  }

  /** A time, or null for the ways of writing "never" (year 0001, year 1601, year 9999). */
  time(value: unknown, field: string): string | null {
    const text = this.text(value, field);
    if (text === null) return null;
    // What else the engine would read depends on the country: 03/05/2026 is the fifth of March to it.
    const time = /^\d{4}-\d\d-\d\d(?:[T ]|$)/.test(text) ? foreignTime(text) : null;
    // foreignTime is null for "never" as well as for "not a time"; only the latter is a mistake.
    if (time === null && !/^(0001|1601|9999)-/.test(text))
      throw this.#wrong(field, say('no-time', { value: text.slice(0, SHOWN) }));
    return time;
  }
}

/** What a value is, in an error. */
export function nameOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `of type ${typeof value}`;
}
