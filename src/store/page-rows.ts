/** The records of a page as rows, and which of them say something that is not shown yet. */
import type { Kysely } from 'kysely';
import { ConnectorError } from '../errors.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { findSnapshot, viewOf } from './generations.ts';
import type { KnownRecords } from './known-records.ts';
import type { Reading } from './reading-rows.ts';
import type { ReadingUnderWay } from './reading-under-way.ts';
import type { Schema } from './schema.ts';
import { digestOf, numberOf, textOf, UNKNOWN } from './seen-records.ts';
import { hashesOf } from './snapshot-rows.ts';
import type { TextRow } from './staged-rows.ts';
import type { SnapshotRecord, SnapshotSource } from './store.ts';

/** A record of a page. */
export interface PageRow extends TextRow {
  readonly time: number;
  /** Numbers of the key and of the content. */
  readonly number: number;
  readonly content: number;
}

/** What a page is compared with. */
interface Compared {
  readonly database: Kysely<Schema>;
  readonly known: KnownRecords;
}

/** By key; of a record that a page has twice the last. Throws ERR_INPUT_INVALID for a record of another source. */
export function pageRows(
  records: readonly SnapshotRecord[],
  { source, scope, salt }: { readonly source: SnapshotSource; readonly scope: string; readonly salt: string },
): Map<string, PageRow> {
  const rows = new Map<string, PageRow>();
  for (const record of records) {
    refuseStranger(record, source, scope);
    const { key } = record;
    const { text, content, time } = textOf(record);
    const { hash, number } = digestOf(salt, content);
    rows.set(key, { key, hash, record: text, time, number: numberOf(salt, key), content: number });
  }
  return rows;
}

/*
 *   the content of a record                                                            the record
 *   is that which the last full reading has seen, and nobody has brought it since      is shown already
 *   is another one, or the record was not seen, nor brought since                      is staged
 *   was brought by a quick reading since, or has come in this reading before           is compared with its row
 *   has come in this reading before, and waits in its file                             is staged
 *   of a scope without a full reading                                                  is staged
 */

/** Of the rows of a page, those that say something else than is shown, or than the reading has said before. */
export async function differingRows(
  { database, known: knownRecords }: Compared,
  { underWay, ...reading }: Reading & { readonly underWay: ReadingUnderWay },
  rows: readonly PageRow[],
): Promise<PageRow[]> {
  const current = await findSnapshot(database, reading);
  if (current === undefined) return [...rows];
  const known = await knownRecords.of(current);
  const differs: PageRow[] = [];
  const doubtful: PageRow[] = [];
  // Once a record: among a million each look costs.
  for (const row of rows) {
    const before = known?.get(row.number)?.content;
    if (known === null || before === UNKNOWN || underWay.seen.has(row.number)) doubtful.push(row);
    else if (before !== row.content) differs.push(row);
  }
  if (doubtful.length === 0) return differs;
  const generations = viewOf(current).generations.filter((generation) => generation < reading.no);
  const isUnclear = ({ key, number }: PageRow): boolean => underWay.seen.has(number) && !underWay.knows(key);
  differs.push(...doubtful.filter(isUnclear));
  const comparable = doubtful.filter((row) => !isUnclear(row));
  for (const some of chunks(comparable, ROWS_PER_STATEMENT)) {
    const keys = some.map(({ key }) => key);
    const kept = await hashesOf(database, generations, keys);
    differs.push(...some.filter(({ key, hash }) => (underWay.staged.hashOf(key) ?? kept.get(key)?.hash) !== hash));
  }
  return differs;
}

function refuseStranger(record: SnapshotRecord, source: SnapshotSource, scope: string): void {
  const owner = record.kind === 'eas' ? record.organization : record.source;
  if (record.kind === source && owner === scope && record.key !== '') return;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    `A record of ${record.kind} ${owner} came with the reading of ${source} ${scope}.`,
  );
}
