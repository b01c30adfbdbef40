/** The audit in pages, the newest first. See `Listings` in contract/listings.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder, SelectQueryBuilder, SqlBool } from 'kysely';
import { toAuditEntry } from '../audit.ts';
import type { Schema } from '../schema.ts';
import type { AuditPage, AuditWanted, NumberedEntry } from '../store.ts';

/** Entries that one statement may go through without finding any: some milliseconds. */
const LOOK = 2_500;

type Place = NonNullable<AuditPage['next']>;

/** The next page of the entries that are wanted. */
export async function listAudit(
  database: Kysely<Schema>,
  wanted: AuditWanted,
  { after, rows, look = LOOK }: { readonly after: Place | null; readonly rows: number; readonly look?: number },
): Promise<AuditPage> {
  const end = isSought(wanted) ? await endOfWindow(database, wanted, after, look) : null;
  const found = await fitting(database, wanted, after)
    .selectAll()
    .$if(end !== null, (query) =>
      query.where((where) => where(where.refTuple('at', 'no'), '>=', where.tuple(end?.at ?? '', end?.no ?? 0))),
    )
    .$if(wanted.person !== undefined, (query) =>
      query.where((where) =>
        where.or([where('who', '=', wanted.person ?? ''), where('approvedBy', '=', wanted.person ?? '')]),
      ),
    )
    .$if(wanted.easId !== undefined, (query) => query.where(endsWith(wanted.easId ?? '')))
    .$if(wanted.what !== undefined, (query) => query.where('what', '=', wanted.what ?? ''))
    .$if(wanted.organization !== undefined, (query) => query.where('organization', '=', wanted.organization ?? ''))
    .orderBy('at', 'desc')
    .orderBy('no', 'desc')
    .limit(rows + 1)
    .execute();
  const entries = found.slice(0, rows).map((row): NumberedEntry => ({ no: row.no, ...toAuditEntry(row) }));
  const last = entries.at(-1);
  if (found.length > rows && last !== undefined) return { entries, next: { at: last.at, no: last.no } };
  return { entries, next: end };
}

/** True if rows are passed over to find those that are wanted. */
function isSought({ person, what, organization, deviceKey, deviceKeys, easId }: AuditWanted): boolean {
  const isByDevice = deviceKey !== undefined || deviceKeys !== undefined;
  return !isByDevice && [person, what, organization, easId].some((value) => value !== undefined);
}

/** True for the key of a device with this EAS ID, of whichever mailbox. */
function endsWith(easId: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`"deviceKey" like ${`eas:%:${easId.replace(/[\\%_]/g, '\\$&')}`} escape '\\'`;
}

async function endOfWindow(
  database: Kysely<Schema>,
  wanted: AuditWanted,
  after: Place | null,
  look: number,
): Promise<Place | null> {
  const rows = await database
    .selectFrom(
      fitting(database, wanted, after)
        .select(['at', 'no'])
        .orderBy('at', 'desc')
        .orderBy('no', 'desc')
        .limit(look)
        .as('window'),
    )
    .select((query) => ['at', 'no', query.fn.countAll<number | string>().over().as('count')])
    .orderBy('at')
    .orderBy('no')
    .limit(1)
    .execute();
  const [last] = rows;
  return last === undefined || Number(last.count) < look ? null : { at: last.at, no: last.no };
}

/** What an index finds: of a device, or of a time. */
function fitting(
  database: Kysely<Schema>,
  { from, to, deviceKey, deviceKeys }: AuditWanted,
  after: Place | null,
): SelectQueryBuilder<Schema, 'audit', object> {
  return database
    .selectFrom('audit')
    .$if(deviceKey !== undefined, (query) => query.where('deviceKey', '=', deviceKey ?? ''))
    .$if(deviceKeys !== undefined, (query) => query.where('deviceKey', 'in', deviceKeys ?? []))
    .$if(from !== undefined, (query) => query.where('at', '>=', from ?? ''))
    .$if(to !== undefined, (query) => query.where('at', '<', to ?? ''))
    .$if(after !== null, (query) =>
      query.where((where) => where(where.refTuple('at', 'no'), '<', where.tuple(after?.at ?? '', after?.no ?? 0))),
    );
}
