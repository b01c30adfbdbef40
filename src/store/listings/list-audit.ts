/** The audit in pages, the newest first. See `Listings` in contract/listings.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder, Selectable } from 'kysely';
import { toAuditEntry } from '../audit.ts';
import { eachOf } from '../each-of.ts';
import type { Schema } from '../schema.ts';
import type { AuditPage, AuditWanted, NumberedEntry } from '../store.ts';

/** Entries that one statement may go through without finding any: some milliseconds. */
const LOOK = 2_500;

type Place = NonNullable<AuditPage['next']>;
type Condition = RawBuilder<unknown>;
type Row = Selectable<Schema['audit']>;

/*
 *   wanted is                                      looked through                           by
 *   anything, or what is of some days              as many entries as the page has          audit_at
 *   what is of some devices                        as many of each as the page has          audit_of_device
 *   what a person, a deed, an organization or      2,500 entries at most                    audit_at
 *   an EAS ID alone is named for
 */

/** The next page of the entries that are wanted. */
export async function listAudit(
  database: Kysely<Schema>,
  wanted: AuditWanted,
  { after, rows, look = LOOK }: { readonly after: Place | null; readonly rows: number; readonly look?: number },
): Promise<AuditPage> {
  const [times, fits] = [timesOf(wanted, after), fitsOf(wanted)];
  const devices = devicesOf(wanted);
  if (devices !== null) {
    const found = await ofDevices(database, devices, [...times, ...fits], rows + 1);
    return pageOf(found, rows, null);
  }
  if (fits.length > 0) return inWindow(database, { times, fits }, { rows, look });
  const found = await sql<Row>`${entries(times, rows + 1)}`.execute(database);
  return pageOf(found.rows, rows, null);
}

/** Those of the next entries that fit. The window has a limit of its own, within: then it is a walk along the index. */
async function inWindow(
  database: Kysely<Schema>,
  { times, fits }: { readonly times: readonly Condition[]; readonly fits: readonly Condition[] },
  { rows, look }: { readonly rows: number; readonly look: number },
): Promise<AuditPage> {
  const found = await sql<Row & { isEnd: number }>`with "window" as (${entries(times, look)})
    select * from (
      select *, 0 as "isEnd" from (
        select * from "window" ${where(fits)} order by ${NEWEST_FIRST} limit ${rows + 1}) as "fitting"
      union all select *, 1 from (select * from "window" order by "at", "no" limit 1) as "last"
        where (select count(*) from "window") >= ${sql.lit(look)}) as "page"
    order by "isEnd", ${NEWEST_FIRST}`.execute(database);
  const end = found.rows.find(({ isEnd }) => isEnd === 1);
  return pageOf(
    found.rows.filter(({ isEnd }) => isEnd === 0),
    rows,
    end === undefined ? null : { at: end.at, no: end.no },
  );
}

/** @param end where the next page goes on if this one has all that was found */
function pageOf(found: readonly Row[], rows: number, end: Place | null): AuditPage {
  const page = found.slice(0, rows).map((row): NumberedEntry => ({ no: row.no, ...toAuditEntry(row) }));
  const last = page.at(-1);
  if (found.length > rows && last !== undefined) return { entries: page, next: { at: last.at, no: last.no } };
  return { entries: page, next: end };
}

/** Each device is a question of its own: of a list of them PostgreSQL may go through all entries, the newest first. */
async function ofDevices(
  database: Kysely<Schema>,
  keys: readonly string[],
  conditions: readonly Condition[],
  limit: number,
): Promise<Row[]> {
  const found = await eachOf<Row, string>(
    database,
    keys,
    (key) => sql`select * from (${entries([sql`"deviceKey" = ${key}`, ...conditions], limit)}) as "one"`,
    NEWEST_FIRST,
  );
  return found.sort((a, b) => (a.at === b.at ? b.no - a.no : a.at < b.at ? 1 : -1)).slice(0, limit);
}

const NEWEST_FIRST = sql`"at" desc, "no" desc`;

function entries(conditions: readonly Condition[], limit: number): Condition {
  return sql`select * from "audit" ${where(conditions)} order by ${NEWEST_FIRST} limit ${limit}`;
}

function where(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql.raw(' and '))}`;
}

/** The devices that are wanted; null: any. */
function devicesOf({ deviceKey, deviceKeys }: AuditWanted): readonly string[] | null {
  if (deviceKey === undefined) return deviceKeys === undefined ? null : [...new Set(deviceKeys)];
  return deviceKeys === undefined || deviceKeys.includes(deviceKey) ? [deviceKey] : [];
}

/** What a range of the index is. */
function timesOf({ from, to }: AuditWanted, after: Place | null): Condition[] {
  return [
    ...(from === undefined ? [] : [sql`"at" >= ${from}`]),
    ...(to === undefined ? [] : [sql`"at" < ${to}`]),
    ...(after === null ? [] : [sql`("at", "no") < (${after.at}, ${after.no})`]),
  ];
}

/** What an entry is looked at for. */
function fitsOf({ person, easId, what, organization }: AuditWanted): Condition[] {
  return [
    ...(person === undefined ? [] : [sql`("who" = ${person} or "approvedBy" = ${person})`]),
    ...(easId === undefined ? [] : [endsWith(easId)]),
    ...(what === undefined ? [] : [sql`"what" = ${what}`]),
    ...(organization === undefined ? [] : [sql`"organization" = ${organization}`]),
  ];
}

/** True for the key of a device with this EAS ID, of whichever mailbox. */
function endsWith(easId: string): Condition {
  return sql`"deviceKey" like ${`eas:%:${easId.replace(/[\\%_]/g, '\\$&')}`} escape '\\'`;
}
