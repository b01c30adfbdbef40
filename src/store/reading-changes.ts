/**
 * What a reading changes, said in the transaction that shows it: the keys of its records, for indexes that are kept between
 * matches, and the keys over which decisions are reached that its records had before or have now.
 */
import type { Kysely, Transaction } from 'kysely';
import { reachedByEas, reachedByMdm } from '../model/join-keys.ts';
import type { EasRecord, MdmRecord } from '../model/records.ts';
import { chunks } from './chunks.ts';
import { GONE_HASH } from './generation-walk.ts';
import { viewOf } from './generations.ts';
import { mergedWith } from './merges.ts';
import type { Reading } from './reading-rows.ts';
import type { Schema } from './schema.ts';
import { latestOf, rowsOfKeys } from './snapshot-rows.ts';
import type { RecordChanges, SnapshotRecord } from './store.ts';
import { EVERYTHING } from './touched-keys.ts';
import { lastChange, touch, touchAfterReading } from './touched.ts';

/** Records of which the changes are said one by one; of more, all are taken for changed. */
const NAMED_CHANGES = 20_000;
/** Rows that are looked at in one step. */
const STEP = 500;
/** Changes that are remembered: whoever knows only older ones reads everything. */
export const REMEMBERED_CHANGES = 100_000;

/** In place of a key: every record of the scope. */
const EVERY_RECORD = '';

/** What a reading changes; null: too much, or all. */
export type ReadingChanges = { readonly records: readonly string[]; readonly reached: readonly string[] } | null;

/** Looks at what a reading has staged beside what is shown. @param current what is shown; undefined: nothing yet */
export async function changesOf(
  database: Kysely<Schema>,
  reading: Pick<Reading, 'no' | 'source'>,
  current: Schema['snapshots'] | undefined,
): Promise<ReadingChanges> {
  if (current === undefined) return null;
  const shown = viewOf(current).generations.filter((generation) => generation !== reading.no);
  const records: string[] = [];
  const reached = new Set<string>();
  for (let after: string | undefined = ''; after !== undefined;) {
    const rows: { key: string; hash: string; record: string }[] = await database
      .selectFrom('records')
      .select(['key', 'hash', 'record'])
      .where('generation', '=', reading.no)
      .where('key', '>', after)
      .orderBy('key')
      .limit(STEP)
      .execute();
    if (records.length + rows.length > NAMED_CHANGES) return null;
    const keys = rows.map(({ key }) => key);
    const before = keys.length === 0 ? [] : await rowsOfKeys(database, shown, keys);
    const texts = [...latestOf(before).values(), ...rows.filter(({ hash }) => hash !== GONE_HASH)];
    for (const { record } of texts) if (!addReached(record, reached)) return null;
    if (reading.source === 'mdm') for (const key of keys) reached.add(key);
    else {
      const gone = rows.filter(({ hash }) => hash === GONE_HASH).map(({ key }) => key);
      for (const mdmKey of await mergedWith(database, gone)) reached.add(mdmKey);
    }
    records.push(...keys);
    after = rows.length < STEP ? undefined : rows.at(-1)?.key;
  }
  return { records, reached: [...reached] };
}

/** False for a record that an older version wrote in a way of its own: nobody knows whom it reaches. */
function addReached(text: string, reached: Set<string>): boolean {
  const record = JSON.parse(text) as SnapshotRecord | null;
  if (record === null) return true;
  try {
    const keys = record.kind === 'eas' ? reachedByEas(record as EasRecord) : reachedByMdm(record as MdmRecord);
    for (const key of keys) reached.add(key);
    return true;
  } catch {
    return false;
  }
}

/** Says it. @param reading a full one: what hangs on the next reading is due */
export async function sayChanges(
  transaction: Transaction<Schema>,
  { source, scope, kind }: Pick<Reading, 'source' | 'scope' | 'kind'>,
  changes: ReadingChanges,
): Promise<void> {
  await remember(transaction, { source, scope }, changes === null ? [EVERY_RECORD] : changes.records);
  const organizations = source === 'eas' ? [scope] : null;
  await touch(transaction, organizations, changes === null ? [EVERYTHING] : changes.reached);
  if (kind === 'full') await touchAfterReading(transaction, organizations);
}

async function remember(
  transaction: Transaction<Schema>,
  { source, scope }: Pick<Reading, 'source' | 'scope'>,
  keys: readonly string[],
): Promise<void> {
  for (const some of chunks(keys, STEP))
    await transaction
      .insertInto('changes')
      .values(some.map((key) => ({ source, scope, key })))
      .execute();
  const last = await lastChange(transaction);
  await transaction
    .deleteFrom('changes')
    .where('no', '<', last - REMEMBERED_CHANGES)
    .execute();
}

/** Records that changed after a change; null: it is not remembered that far, or a whole scope did. */
export async function changesSince(database: Kysely<Schema>, after: number): Promise<RecordChanges | null> {
  const first = await database.selectFrom('changes').select('no').orderBy('no').limit(1).executeTakeFirst();
  if (first !== undefined && first.no > after + 1) return null;
  const keys = new Set<string>();
  let no = after;
  for (;;) {
    const rows = await database
      .selectFrom('changes')
      .select(['no', 'key'])
      .where('no', '>', no)
      .orderBy('no')
      .limit(STEP)
      .execute();
    for (const { key } of rows) keys.add(key);
    no = rows.at(-1)?.no ?? no;
    if (rows.length < STEP) break;
  }
  return keys.has(EVERY_RECORD) ? null : { no, keys: [...keys] };
}
