/** What a store holds about one person: said, and exported. */
import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Schema } from '../schema.ts';
import { sync, unwritable } from './backup-store.ts';
import { findPerson } from './find-person.ts';
import type { Person } from './find-person.ts';
import { inOneMoment, storeId, whoWorks, withTables } from './open-tables.ts';
import type { StoreAddress } from './open-tables.ts';
import { personRows } from './person-rows.ts';
import type { TableRows } from './person-rows.ts';
import { PERSONAL } from './personal-columns.ts';
import type { Cell, Row, Table } from './tables.ts';

/** Who is meant, in words for who has asked. */
export interface PersonNames {
  readonly names: readonly string[];
  readonly displayNames: readonly string[];
  readonly mailboxes: readonly string[];
  readonly easIds: readonly string[];
  /** Keys of the MDM records. */
  readonly mdmRecords: readonly string[];
}

/** What one table holds, in numbers. */
export interface TableCount {
  readonly table: string;
  readonly what: string;
  readonly kept: string;
  readonly rows: number;
  readonly mentions: number;
  /** Rows of what the person did as an administrator. */
  readonly asAdministrator: number;
}

/** Entry of ours that is on a list in Exchange. */
export interface OwnEntry {
  readonly mailbox: string;
  readonly list: string;
  readonly easId: string;
}

/** What is held about a person. */
export interface Holdings {
  readonly person: PersonNames;
  readonly tables: readonly TableCount[];
  readonly entries: readonly OwnEntry[];
  /** Why the store is not free for a deletion; null: it is. */
  readonly inUse: string | null;
}

/** Nobody, or several, may be known by what was given. */
export type Answer<T> =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'several'; readonly mailboxes: readonly string[] }
  | ({ readonly kind: 'person' } & T);

/** Says what is held about a person, and changes nothing. @param now milliseconds since 1970 */
export async function lookForPerson(
  address: StoreAddress,
  word: string,
  { now }: { readonly now: number },
): Promise<Answer<Holdings>> {
  return withTables(address, 'read', async (tables) => {
    await storeId(tables);
    const inUse = await whoWorks(tables, now);
    return inOneMoment(tables, async (database) => {
      const found = await findPerson(database, word);
      if (found.kind !== 'person') return found;
      const { person } = found;
      return { kind: 'person', ...holdingsOf(person, await personRows(database, person)), inUse };
    });
  });
}

/**
 * Writes everything that is held about a person into a new file that only its owner can read, as one JSON document. A running
 * Node-RED goes on. Throws ERR_FILE_WRITE if the file exists or cannot be written, and what opening throws.
 */
export async function exportPerson(
  address: StoreAddress,
  { word, file, now }: { readonly word: string; readonly file: string; readonly now: number },
): Promise<Answer<Holdings & { readonly file: string }>> {
  const path = resolve(file);
  return withTables(address, 'read', async (tables) => {
    await storeId(tables);
    return inOneMoment(tables, async (database) => {
      const found = await findPerson(database, word);
      if (found.kind !== 'person') return found;
      const { person } = found;
      const rows = await personRows(database, person);
      const holdings = { ...holdingsOf(person, rows), inUse: null };
      const at = new Date(now).toISOString();
      await writeNew(path, { at, person: holdings.person, tables: rows.map(documentOf) });
      return { kind: 'person', ...holdings, file: path };
    });
  });
}

/** In numbers, for who has asked. */
export function holdingsOf(person: Person, found: readonly TableRows[]): Omit<Holdings, 'inUse'> {
  const entries = found.find(({ table }) => table.name === 'entries')?.rows ?? [];
  return {
    person: {
      names: [...person.names].sort(),
      displayNames: [...person.displayNames].sort(),
      mailboxes: [...person.mailboxes].sort(),
      easIds: [...person.easIds].sort(),
      mdmRecords: [...person.keys].filter((key) => key.startsWith('mdm:')).sort(),
    },
    tables: found.map(({ table: { name }, rows, mentions, staff }) => {
      const { what, kept } = PERSONAL[name as keyof Schema];
      return { table: name, what, kept, rows: rows.length, mentions: mentions.length, asAdministrator: staff.length };
    }),
    entries: entries.map(({ mailboxId, list, easId }) => ({
      mailbox: String(mailboxId),
      list: String(list),
      easId: String(easId),
    })),
  };
}

/** A table as the document has it. JSON within rows is not text there. */
function documentOf({ table, rows, mentions, staff }: TableRows): Record<string, unknown> {
  const { what, kept } = PERSONAL[table.name as keyof Schema];
  const keyOf = (row: Row): Row => Object.fromEntries(table.key.map((column) => [column, row[column] ?? null]));
  return {
    table: table.name,
    what,
    kept,
    rows: rows.map((row) => readable(row, table)),
    ...(mentions.length > 0 && {
      mentions: mentions.map(({ row, column, says }) => ({ row: keyOf(row), column, says })),
    }),
    ...(staff.length > 0 && { asAdministrator: staff.map((row) => readable(row, table)) }),
  };
}

function readable(row: Row, { json }: Table): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, json.includes(column) ? parsed(value) : value]),
  );
}

function parsed(value: Cell): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

async function writeNew(file: string, document: unknown): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    throw unwritable(file, error);
  });
  try {
    await handle.writeFile(`${JSON.stringify(document, null, 2)}\n`);
    await handle.close();
    await sync(file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
    throw unwritable(file, error);
  }
}
