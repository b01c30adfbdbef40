/** What the store keeps of a person: rows that are theirs, places in others that name them, and what they did as an administrator. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { foldName, readEasRecordKey } from '../../model/keys.ts';
import type { Schema } from '../schema.ts';
import { anyOf, columnsOf, inJson, like, likeAny, mayBeOneOf, rowsWhere } from './find-person.ts';
import type { Person } from './find-person.ts';
import { PERSONAL } from './personal-columns.ts';
import { TABLES } from './tables.ts';
import type { Cell, Row, Table } from './tables.ts';

/** A place that names the person in a row that is about others too. */
export interface Mention {
  readonly row: Row;
  readonly column: string;
  /** What names them: a text, or what a list has of them. */
  readonly says: readonly unknown[];
  /** The column without it. */
  readonly without: Cell;
}

/** What one table keeps. */
export interface TableRows {
  readonly table: Table;
  readonly rows: readonly Row[];
  readonly mentions: readonly Mention[];
  /** Rows of what they did as an administrator. */
  readonly staff: readonly Row[];
}

/** Stands for what was cut out. */
export const DELETED = '(deleted)';

/** Identifiers that are shorter may be any word in a text. */
const SHORTEST = 6;

/** Everything that is kept of a person, table by table; tables with nothing are left out. */
export async function personRows(database: Kysely<Schema>, person: Person): Promise<TableRows[]> {
  const found: TableRows[] = [];
  const test = mentioning(person);
  const mayName = naming(person);
  for (const table of TABLES) {
    const kept = { table, rows: [] as Row[], mentions: [] as Mention[], staff: [] as Row[] };
    for await (const row of rowsWhere(database, table, candidates(table, person))) {
      if (isTheirs(table.name, row, person)) kept.rows.push(row);
      else {
        const mentions = mentionsIn(table, row, { mayName, test });
        if (mentions.length > 0 && PERSONAL[table.name as keyof Schema].goesWhole === true) kept.rows.push(row);
        else kept.mentions.push(...mentions);
      }
      if (isOfStaff(table.name, row, person)) kept.staff.push(row);
    }
    if (kept.rows.length + kept.mentions.length + kept.staff.length > 0) found.push(kept);
  }
  return found;
}

/** Rows that may be theirs or name them: what the database can say of it. A text is folded here: it knows no case but ASCII's. */
function candidates({ name }: Table, person: Person): RawBuilder<unknown> {
  if (columnsOf(name, 'shared').length > 0) return sql`1 = 1`;
  const among = (columns: readonly string[], values: ReadonlySet<string>): RawBuilder<unknown>[] =>
    values.size === 0
      ? []
      : columns.map((column) => sql`${sql.ref(column)} in (${sql.join([...values].map((one) => sql.val(one)))})`);
  const prefixes = [...person.mailboxes].map((id) => `eas:%:${like(id)}:%`);
  return anyOf([
    ...columnsOf(name, 'mailbox').map((column) => mayBeOneOf(column, [...person.mailboxes])),
    ...among(columnsOf(name, 'key'), person.keys),
    ...columnsOf(name, 'key').map((column) => likeAny(column, prefixes)),
    ...among(columnsOf(name, 'entra-record'), person.recordIds),
    ...among(columnsOf(name, 'entra-device'), person.entraDevices),
    ...among(columnsOf(name, 'entra-object'), person.entraObjects),
    ...columnsOf(name, 'staff').map((column) => mayBeOneOf(column, [...staffNames(person)])),
  ]);
}

function isTheirs(table: string, row: Row, person: Person): boolean {
  const has = (columns: readonly string[], set: ReadonlySet<string>, fold = (text: string) => text): boolean =>
    columns.some((column) => typeof row[column] === 'string' && set.has(fold(row[column])));
  return (
    has(columnsOf(table, 'mailbox'), person.mailboxes, foldName) ||
    has(columnsOf(table, 'key'), person.keys) ||
    has(columnsOf(table, 'key'), person.mailboxes, (key) => readEasRecordKey(key)?.mailboxId ?? '') ||
    has(columnsOf(table, 'entra-record'), person.recordIds) ||
    has(columnsOf(table, 'entra-device'), person.entraDevices) ||
    has(columnsOf(table, 'entra-object'), person.entraObjects)
  );
}

function isOfStaff(table: string, row: Row, person: Person): boolean {
  const names = staffNames(person);
  return columnsOf(table, 'staff').some(
    (column) => typeof row[column] === 'string' && names.has(foldName(row[column])),
  );
}

function staffNames({ names, displayNames }: Person): Set<string> {
  return new Set([...names, ...[...displayNames].map(foldName)]);
}

/** By what a text names the person. */
function namesOf(person: Person): Set<string> {
  const easIds = [...person.easIds].filter((id) => !person.sharedEasIds.has(id));
  const ids = [...person.mailboxes, ...person.names, ...easIds, ...person.recordIds, ...person.hardware];
  return new Set([...ids, ...person.entraDevices, ...person.entraObjects, ...person.displayNames].map(foldName));
}

/** What may be a part of a text: neither short nor a display name of one word, which may be any word. */
function textWords(person: Person): string[] {
  const anyWord = new Set([...person.displayNames].map(foldName).filter((name) => !name.includes(' ')));
  return [...namesOf(person)].filter((name) => name.length >= SHORTEST && !anyWord.has(name));
}

/** What names the person where it is all of a text. */
function wholeTexts(person: Person): string[] {
  const parts = new Set(textWords(person));
  return [...namesOf(person)].filter((name) => !parts.has(name));
}

/** Says whether a text names the person: as a word of its own, and an address not as the end of a longer one; or as all of it. */
function mentioning(person: Person): (text: string) => boolean {
  const [words, wholes] = [textWords(person), new Set(wholeTexts(person))];
  return (text) => {
    const folded = foldName(text);
    return wholes.has(folded) || words.some((word) => hasWord(folded, word));
  };
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const [before, after] = [text.slice(0, at), text.slice(at + word.length)];
    if (!/[\p{L}\p{N}._+-]$/u.test(before.slice(-2)) && !/^[\p{L}\p{N}]/u.test(after.slice(0, 2))) return true;
  }
  return false;
}

/** Says whether the text of a column may name the person, read or not. */
function naming(person: Person): (text: string) => boolean {
  const words = [...namesOf(person)].flatMap((name) => [...new Set([name, inJson(name)])]);
  return (text) => {
    const folded = foldName(text);
    return words.some((word) => folded.includes(word));
  };
}

function mentionsIn(
  { name, json }: Table,
  row: Row,
  { mayName, test }: Readonly<Record<'mayName' | 'test', (text: string) => boolean>>,
): Mention[] {
  return columnsOf(name, 'shared').flatMap((column) => {
    const value = row[column];
    if (typeof value !== 'string' || !mayName(value)) return [];
    const parsed = json.includes(column) ? readJson(value) : undefined;
    if (parsed === undefined) return test(value) ? [{ row, column, says: [value], without: DELETED }] : [];
    const says: unknown[] = [];
    const without = cut(parsed, test, says);
    return says.length === 0 ? [] : [{ row, column, says, without: JSON.stringify(without) }];
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/*
 *   what names the person                 becomes
 *   a text                                "(deleted)"
 *   one of a list, or within one          gone from the outermost list that has it
 *   a name of a field                     the field is gone
 */
function cut(value: unknown, test: (text: string) => boolean, says: unknown[]): unknown {
  if (typeof value === 'string') {
    if (!test(value)) return value;
    says.push(value);
    return DELETED;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.filter((one: unknown) => !isAbout(one, test, says));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => {
      if (!test(name)) return [[name, cut(part, test, says)]];
      says.push({ [name]: part as unknown });
      return [];
    }),
  );
}

function isAbout(one: unknown, test: (text: string) => boolean, says: unknown[]): boolean {
  const within: unknown[] = [];
  cut(one, test, within);
  if (within.length === 0) return false;
  says.push(one);
  return true;
}
