/** Who is meant by an address, a UPN, an EAS ID or a mailbox's GUID: everything by which the store knows that person. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { imeiDigits, reachedByEas, reachedByMdm } from '../../model/join-keys.ts';
import { foldEasId, foldName, readEasRecordKey } from '../../model/keys.ts';
import type { EasRecord, MdmRecord } from '../../model/records.ts';
import type { Schema } from '../schema.ts';
import { PERSONAL } from './personal-columns.ts';
import type { Holding } from './personal-columns.ts';
import { pagesOf, TABLES } from './tables.ts';
import type { Cell, Row, Table } from './tables.ts';

/** By what a person is known. Everything is folded but what is for people to read. */
export interface Person {
  /** GUIDs. */
  readonly mailboxes: Set<string>;
  /** UPNs, addresses, ids of users. */
  readonly names: Set<string>;
  /** As they are written. */
  readonly displayNames: Set<string>;
  readonly easIds: Set<string>;
  /** Of EAS and MDM records, and those over which they reach each other. */
  readonly keys: Set<string>;
  /** Ids of MDM records, as they are written. */
  readonly recordIds: Set<string>;
  readonly entraDevices: Set<string>;
  readonly entraObjects: Set<string>;
  /** Serial numbers and IMEIs. */
  readonly hardware: Set<string>;
  /** EAS IDs that a device of somebody else has, too: they tell nobody. */
  readonly sharedEasIds: Set<string>;
}

type RecordRow = { readonly key: Cell; readonly record: Cell };

/** How often new names may lead to further records: an account that has another address in each of several MDMs. */
const ROUNDS = 5;

/** Who was found. `several`: an EAS ID of devices of several mailboxes, which are listed by an owner's name or their GUID. */
export type Found =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'several'; readonly mailboxes: readonly string[] }
  | { readonly kind: 'person'; readonly person: Person };

/**
 * Looks for a person in all of the store. An account that has several mailboxes is one person.
 * @param word address, UPN, EAS ID or a mailbox's GUID, folded or not
 */
export async function findPerson(database: Kysely<Schema>, word: string): Promise<Found> {
  const person = nobody();
  const mailboxes = await mailboxesBy(database, word);
  const name = foldName(word);
  const isName = name.includes('@') || mailboxes.size === 0;
  if (!isName && mailboxes.size > 1) return { kind: 'several', mailboxes: await ownersOf(database, mailboxes) };
  for (const mailbox of mailboxes) person.mailboxes.add(mailbox);
  if (isName) person.names.add(name);
  for (let round = 0, before = -1; round < ROUNDS && before !== sizeOf(person); round += 1) {
    before = sizeOf(person);
    for await (const record of recordsNaming(database, [...person.mailboxes, ...person.names])) learn(person, record);
  }
  if (person.keys.size === 0) await learnByEasId(database, person, word);
  if (person.mailboxes.size === 0 && person.keys.size === 0) return { kind: 'nobody' };
  await learnRest(database, person);
  return { kind: 'person', person };
}

async function ownersOf(database: Kysely<Schema>, mailboxes: ReadonlySet<string>): Promise<string[]> {
  const rows = await database
    .selectFrom('devices')
    .select(['mailboxId', 'user'])
    .where('user', 'is not', null)
    .execute();
  const owners = new Map(rows.map(({ mailboxId, user }) => [foldName(mailboxId ?? ''), user]));
  return [...mailboxes].map((id) => owners.get(id) ?? id).sort();
}

function nobody(): Person {
  return {
    mailboxes: new Set(),
    names: new Set(),
    displayNames: new Set(),
    easIds: new Set(),
    keys: new Set(),
    recordIds: new Set(),
    entraDevices: new Set(),
    entraObjects: new Set(),
    hardware: new Set(),
    sharedEasIds: new Set(),
  };
}

function sizeOf(person: Person): number {
  return Object.values(person).reduce((sum: number, set: Set<string>) => sum + set.size, 0);
}

/** Mailboxes that rows of any table know by their GUID, an owner or an EAS ID, or that the key of a device says. */
async function mailboxesBy(database: Kysely<Schema>, word: string): Promise<Set<string>> {
  const [easId, name] = [foldEasId(word), foldName(word)];
  const found = new Set<string>();
  for (const table of TABLES) {
    const [mailbox] = columnsOf(table.name, 'mailbox');
    if (mailbox !== undefined) {
      const [ids, owners] = [columnsOf(table.name, 'eas-id'), columnsOf(table.name, 'owner')];
      const has = (row: Row, columns: readonly string[], folded: string, fold: (text: string) => string): boolean =>
        columns.some((column) => typeof row[column] === 'string' && fold(row[column]) === folded);
      const wanted = anyOf([
        ...ids.map((column) => mayBeOneOf(column, [easId])),
        ...[mailbox, ...owners].map((column) => mayBeOneOf(column, [name])),
      ]);
      for await (const row of rowsWhere(database, table, wanted))
        if (has(row, ids, easId, foldEasId) || has(row, [mailbox, ...owners], name, foldName))
          found.add(foldName(String(row[mailbox])));
    }
    for (const column of columnsOf(table.name, 'key')) {
      for await (const row of rowsWhere(
        database,
        table,
        likeAny(column, [`eas:%:${like(easId)}`, `eas:%:${like(name)}:%`]),
      )) {
        const device = readEasRecordKey(String(row[column]));
        if (device !== null && (device.easId === easId || device.mailboxId === name)) found.add(device.mailboxId);
      }
    }
  }
  return found;
}

/** Takes in what an EAS record, or an MDM record, of the person says of them. */
function learn(person: Person, record: EasRecord | MdmRecord): void {
  if (record.kind === 'eas') {
    const { mailbox } = record;
    const names = namesIn([mailbox.upn, mailbox.address, ...mailbox.addresses]);
    if (!person.mailboxes.has(foldName(mailbox.id)) && !names.some((name) => person.names.has(name))) return;
    person.mailboxes.add(foldName(mailbox.id));
    for (const name of names) person.names.add(name);
    if (mailbox.displayName !== null) person.displayNames.add(mailbox.displayName);
    person.easIds.add(foldEasId(record.easId));
    for (const key of [record.key, ...reachedByEas(record)]) person.keys.add(key);
    const imei = record.device.imei === null ? null : imeiDigits(record.device.imei);
    if (imei !== null) person.hardware.add(imei);
    return;
  }
  const names = namesIn([record.user.id, record.user.upn, ...record.user.addresses]);
  if (names.some((name) => person.names.has(name))) learnMdm(person, record, names);
}

function learnMdm(person: Person, record: MdmRecord, names: readonly string[]): void {
  for (const name of names) person.names.add(name);
  for (const easId of record.easIds) person.easIds.add(foldEasId(easId));
  for (const key of [record.key, ...reachedByMdm(record)]) person.keys.add(key);
  person.recordIds.add(record.id);
  const { serial, imeis } = record.device;
  for (const number of [serial, ...imeis]) if (number !== null) person.hardware.add(foldName(number));
}

function namesIn(texts: readonly (string | null)[]): string[] {
  return texts.flatMap((text) => (text === null || text === '' ? [] : [foldName(text)]));
}

/** An MDM record that nobody else is named by: its EAS ID is all that is known. */
async function learnByEasId(database: Kysely<Schema>, person: Person, word: string): Promise<void> {
  const easId = foldEasId(word);
  if (!word.includes('@')) person.names.delete(foldName(word));
  for await (const record of recordsNaming(database, [easId])) {
    if (record.kind !== 'mdm' || !record.easIds.some((one) => foldEasId(one) === easId)) continue;
    learnMdm(person, record, namesIn([record.user.id, record.user.upn, ...record.user.addresses]));
  }
}

/** What hangs on the records: ids in Entra, records without a user, names of mailboxes, EAS IDs that others have. */
async function learnRest(database: Kysely<Schema>, person: Person): Promise<void> {
  for (const id of person.mailboxes) person.keys.add(`mailbox:${id}`);
  for (const name of person.names) person.keys.add(`user:${name}`);
  for (const id of person.easIds) person.keys.add(`eas-id:${id}`);
  for await (const record of recordsNaming(database, [...person.easIds])) {
    if (record.kind === 'mdm') {
      const isNobodys = namesIn([record.user.id, record.user.upn, ...record.user.addresses]).length === 0;
      if (isNobodys && record.easIds.some((id) => person.easIds.has(foldEasId(id)))) learnMdm(person, record, []);
    } else if (!person.mailboxes.has(foldName(record.mailbox.id)) && person.easIds.has(foldEasId(record.easId)))
      person.sharedEasIds.add(foldEasId(record.easId));
  }
  for (const table of TABLES.filter(({ name }) => name === 'entraRecords' || name === 'entraDevices')) {
    for await (const row of rowsWhere(database, table, sql`1 = 1`)) {
      if (person.recordIds.has(String(row['recordId']))) person.entraDevices.add(String(row['deviceId']));
    }
  }
  for (const { id, deviceId } of await database.selectFrom('entraDevices').selectAll().execute())
    if (person.entraDevices.has(deviceId)) person.entraObjects.add(id);
}

/** Records of any reading in whose text one of the words is. */
async function* recordsNaming(
  database: Kysely<Schema>,
  words: readonly string[],
): AsyncGenerator<EasRecord | MdmRecord> {
  const wanted = words.filter((word) => word !== '').map(inJson);
  if (wanted.length === 0) return;
  const table = TABLES.find(({ name }) => name === 'records')!;
  for await (const page of pagesOf(database, table)) {
    for (const { record } of page as unknown as RecordRow[]) {
      if (typeof record !== 'string') continue;
      const text = foldName(record);
      if (!wanted.some((word) => text.includes(word))) continue;
      const read = JSON.parse(record) as EasRecord | MdmRecord | null;
      if (read !== null) yield read;
    }
  }
}

/** As it stands in the text of JSON. */
export function inJson(word: string): string {
  return JSON.stringify(word).slice(1, -1);
}

/** The columns of a table that hold such a thing. */
export function columnsOf(table: string, ...holdings: readonly Holding[]): string[] {
  const { columns } = PERSONAL[table as keyof Schema];
  return Object.entries(columns).flatMap(([column, holding]) =>
    holdings.includes(holding as Holding) ? [column] : [],
  );
}

/** Rows one by one. */
export async function* rowsWhere(database: Kysely<Schema>, table: Table, where: RawBuilder<unknown>) {
  for await (const page of pagesOf(database, table, where)) yield* page;
}

/** True where one of them is; false of none. */
export function anyOf(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`1 = 0` : sql`(${sql.join(conditions, sql` or `)})`;
}

/** True where a column may be one of these folded texts: a database need not know small letters of others than ASCII's. */
export function mayBeOneOf(column: string, folded: readonly string[]): RawBuilder<unknown> {
  if (folded.length === 0) return anyOf([]);
  if (folded.some((text) => /[^\x00-\x7f]/.test(text))) return sql`${sql.ref(column)} is not null`;
  return sql`lower(${sql.ref(column)}) in (${sql.join(folded.map((text) => sql.val(text)))})`;
}

/** True where the text of a column is like one of these patterns, whatever its case. */
export function likeAny(column: string, patterns: readonly string[]): RawBuilder<unknown> {
  return anyOf(patterns.map((pattern) => sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`));
}

/** A text as a part of a pattern that means nothing else. */
export function like(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}
