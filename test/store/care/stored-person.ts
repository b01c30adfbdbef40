/** A person in every table of a store that can hold something about one, and what must be gone after a deletion. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { EasRecord, MdmRecord } from '../../../src/model/records.ts';
import { columnsOf } from '../../../src/store/care/find-person.ts';
import { withTables } from '../../../src/store/care/open-tables.ts';
import type { OpenTables, StoreAddress } from '../../../src/store/care/open-tables.ts';
import { PERSONAL } from '../../../src/store/care/personal-columns.ts';
import { isNumbered, pagesOf, TABLES } from '../../../src/store/care/tables.ts';
import type { Cell, Row, Table } from '../../../src/store/care/tables.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Schema } from '../../../src/store/schema.ts';
import type { SnapshotSync } from '../../../src/store/store.ts';
import { anEas, anMdm, easRecord, mdmRecord } from '../../support/records.ts';
import { fill } from './filled-store.ts';

/** By what somebody is known. */
export interface Known {
  readonly mailbox: string;
  readonly upn: string;
  readonly address: string;
  readonly displayName: string;
  readonly easId: string;
  readonly model: string;
  readonly mdmId: string;
  readonly serial: string;
}

export const PETRA: Known = {
  mailbox: '7e57aaaa-0000-4000-8000-00000000beef',
  upn: 'p.probe@corp.example',
  address: 'petra.probe@contoso.example',
  displayName: 'Petra „Pepe“ Probe',
  easId: 'PETRASPHONE4711ABC',
  model: 'Pepefon 99',
  mdmId: 'mdm-of-petra-0815',
  serial: 'F2LPETRA01',
};

/** Stands in every column that says more about her. */
const MORE = 'says-more-about-petra';

/** Ids of her device in Entra. */
const ENTRA = { object: 'entra-object-of-petra', device: 'entra-device-of-petra' };

/** Her phone on her mailbox. */
export function easOf(known: Known): EasRecord {
  const { mailbox: id, upn, address, displayName, easId, model } = known;
  const mailbox = { id, upn, address, displayName, addresses: [address, `alias-${address}`] };
  return anEas({ organization: 'exchange', easId, mailbox, device: { model } });
}

/** The same phone in the MDM. */
export function mdmOf({ mdmId: id, upn, easId, model, serial }: Known): MdmRecord {
  return anMdm({ source: 'tenant', id, easIds: [easId], user: { upn, addresses: [upn] }, device: { model, serial } });
}

/** Everything that names her, as text in a file has it. */
export function traces(known: Known): string[] {
  const { mailbox, upn, address, displayName, easId, model, mdmId, serial } = known;
  return [
    mailbox,
    upn,
    address,
    displayName,
    easId,
    easId.toLowerCase(),
    model,
    mdmId,
    serial,
    MORE,
    ...Object.values(ENTRA),
  ];
}

async function read(
  store: Awaited<ReturnType<typeof openStore>>,
  reading: Omit<SnapshotSync, 'kind'>,
  records: readonly (EasRecord | MdmRecord)[],
): Promise<void> {
  const sync = { ...reading, kind: 'full' } as const;
  await store.snapshots.begin(sync);
  await store.snapshots.putPage(sync, records);
  await store.snapshots.commit(sync);
}

/** A whole reading of both sides, with her or without. */
export async function readBoth(address: StoreAddress, id: string, known: Known | null): Promise<void> {
  const store = await openStore(address);
  const startedAt = '2026-06-02T09:40:00.000Z';
  const [eas, mdm] = known === null ? [[], []] : [[easOf(known)], [mdmOf(known)]];
  await read(store, { id: `mdm ${id}`, source: 'mdm', scope: 'tenant', startedAt }, [mdmRecord(1), ...mdm]);
  await read(store, { id: `eas ${id}`, source: 'eas', scope: 'exchange', startedAt }, [
    easRecord(1),
    easRecord(2),
    ...eas,
  ]);
  await store.close();
}

/** A store that others are in, before she comes. */
export async function makeStore(address: StoreAddress): Promise<void> {
  const store = await openStore(address);
  await fill(store);
  await store.close();
  await readBoth(address, 'first', null);
}

/** She is read, and a row of hers comes into every table: a copy of one that is there, with what is hers in each column. */
export async function addPerson(address: StoreAddress, known: Known): Promise<void> {
  await readBoth(address, randomUUID(), known);
  await withTables(address, 'write', async (tables) => {
    for (const table of TABLES.filter(({ name }) => name !== 'records')) await addRow(tables, table, known);
  });
}

async function addRow({ database }: OpenTables, table: Table, known: Known): Promise<void> {
  const { columns } = PERSONAL[table.name as keyof Schema];
  if (Object.values(columns).every((holding) => holding === 'none' || holding === 'numbers' || holding === 'staff'))
    return;
  const [rows] = [await firstPage(database, table)];
  const template = rows[0];
  if (template === undefined) throw new Error(`The table ${table.name} has no row: fill it in filled-store.ts.`);
  const row = Object.fromEntries(
    Object.entries(template).map(([column, value]) => [column, valueOf(table, column, value, known)]),
  );
  const names = Object.keys(row).filter((column) => !(isNumbered(table) && column === 'no'));
  // The reading has made a row already, with less in it.
  const isRow = table.key.map((column) => sql`${sql.ref(column)} = ${row[column] ?? null}`);
  if (!isNumbered(table))
    await sql`delete from ${sql.table(table.name)} where ${sql.join(isRow, sql` and `)}`.execute(database);
  await sql`insert into ${sql.table(table.name)} (${sql.join(names.map((name) => sql.ref(name)))})
    values (${sql.join(names.map((name) => sql.val(row[name] ?? null)))})`.execute(database);
}

async function firstPage(database: OpenTables['database'], table: Table): Promise<Row[]> {
  for await (const page of pagesOf(database, table)) return page;
  return [];
}

function valueOf(table: Table, column: string, value: Cell, known: Known): Cell {
  const holding = (PERSONAL[table.name as keyof Schema].columns as Readonly<Record<string, string>>)[column];
  const isJson = table.json.includes(column);
  const her = [known.displayName, known.address, known.upn].map((name) => ({ mailbox: name, model: known.model }));
  const key = column.startsWith('mdm') ? mdmOf(known).key : easOf(known).key;
  const values: Readonly<Record<string, Cell>> = {
    mailbox: known.mailbox,
    key,
    owner: known.address,
    'eas-id': column.endsWith('Folded') ? known.easId.toLowerCase() : known.easId,
    own: isJson ? JSON.stringify({ of: known.model, says: MORE }) : MORE,
    shared: isJson
      ? JSON.stringify({ count: 4, samples: [{ mailbox: 'others@contoso.example' }, ...her], at: known.easId })
      : `Mail to ${known.address} was refused`,
    'entra-record': known.mdmId,
    'entra-device': ENTRA.device,
    'entra-object': ENTRA.object,
  };
  // Of an empty column nobody knows whether it holds texts.
  const isOwn = holding !== undefined && holding in values && !(holding === 'own' && value === null);
  if (isOwn && typeof value !== 'number') return values[holding] ?? null;
  // What tells the row from the one it is a copy of.
  return isUnique(table, column) && typeof value === 'string' ? `${value} of hers` : value;
}

/** The columns of the key, and those that the database keeps unique besides. */
function isUnique({ name, key }: Table, column: string): boolean {
  const others: Readonly<Record<string, readonly string[]>> = {
    requests: ['id'],
    announcements: ['id'],
    mails: ['id'],
  };
  return columnsOf(name, 'none').includes(column) && (key.includes(column) || (others[name] ?? []).includes(column));
}
