/** Devices in pages, in the order of an index. See `Listings` in contract/listings.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { Engine } from '../dialects.ts';
import { DECIDED_COLUMNS } from '../devices.ts';
import type { Schema } from '../schema.ts';
import type { DeviceOrder, DevicePage, DevicesWanted, ListedDevice, ListPlace } from '../store.ts';
import { orderOf, rowsAfter } from './walk.ts';
import type { Walk } from './walk.ts';

/** Rows that one statement may go through without finding any: some milliseconds. */
const LOOK = 2_500;

/** Windows of one page. What is rare among a million devices takes more pages, and none of them long. */
const WINDOWS = 2;

/** A list of an organization's devices. */
export interface DeviceList {
  readonly organization: string;
  readonly order: DeviceOrder;
  readonly descending: boolean;
}

type Condition = RawBuilder<unknown>;

interface Row {
  readonly device: ListedDevice;
  readonly place: ListPlace;
}

/** What one statement finds: rows that fit, and the last one that was looked at, if there may be more after it. */
interface Found {
  readonly rows: readonly Row[];
  readonly end: ListPlace | null;
}

/** The next page of a list. */
export async function listDevices(
  { database, engine }: { readonly database: Kysely<Schema>; readonly engine: Engine['name'] },
  list: DeviceList,
  wanted: DevicesWanted,
  { after, rows, look = LOOK }: { readonly after: ListPlace | null; readonly rows: number; readonly look?: number },
): Promise<DevicePage> {
  const fits = conditionsOf(wanted);
  const found: Row[] = [];
  let place = after;
  for (let window = 0; window < WINDOWS; window += 1) {
    const missing = rows - found.length;
    const page = await readRows(database, walkOf(list), {
      from: rowsAfter(engine, walkOf(list), place),
      fits,
      look,
      limit: missing + 1,
    });
    for (const row of page.rows.slice(0, missing)) found.push(row);
    const last = found.at(-1);
    if (page.rows.length > missing) return pageOf(found, last?.place ?? place);
    if (page.end === null) return pageOf(found, null);
    place = page.end;
  }
  return pageOf(found, place);
}

function pageOf(found: readonly Row[], next: ListPlace | null): DevicePage {
  return { devices: found.map(({ device }) => device), next };
}

type Read = Omit<ListedDevice, 'waiting' | 'mailedAt' | 'mailFailed'> & {
  readonly value: string;
  readonly isEnd: number;
  /** State and error of the change, with a space between; null: there is none. */
  readonly waiting: string | null;
  /** When the last mail was sent, and how many wait for a person, likewise. */
  readonly mails: string | null;
};

/*
 *   fits                  read is
 *   every row             as many rows as the page has, and one more
 *   some rows             of a window those that fit, and the window's last row, if it is full
 */

/** Rows that fit, of those from a place on. */
async function readRows(
  database: Kysely<Schema>,
  walk: Walk,
  { from, fits, look, limit }: { from: Condition; fits: readonly Condition[]; look: number; limit: number },
): Promise<Found> {
  const page = fits.length === 0 ? everyRow(walk, from, limit) : fittingRows(walk, from, { fits, look, limit });
  const { rows } = await sql<Read>`select "page".*, ${BESIDE} from (${page}) as "page"
    order by "isEnd", ${orderOf(walk, sql`"value"`)}`.execute(database);
  const end = rows.find(({ isEnd }) => isEnd === 1);
  return {
    rows: rows.filter(({ isEnd }) => isEnd === 0).map(toRow),
    end: end === undefined ? null : { value: end.value, key: end.key },
  };
}

function everyRow(walk: Walk, from: Condition, limit: number): Condition {
  return sql`select ${walk.value} as "value", 0 as "isEnd", ${COLUMNS} from "devices" where ${from}
    order by ${orderOf(walk, walk.value)} limit ${limit}`;
}

/** The window has a limit of its own, within: so it is a walk along the index. It keeps of a row only where it is, and whether it fits. */
function fittingRows(
  walk: Walk,
  from: Condition,
  { fits, look, limit }: { fits: readonly Condition[]; look: number; limit: number },
): Condition {
  const order = (back: boolean): Condition => orderOf(walk, sql`"value"`, back);
  const columns = sql.join(NAMES.map((name) => sql.ref(`devices.${name}`)));
  return sql`
    with "window" as (
      select ${walk.value} as "value", "organization", "key",
        case when ${sql.join(fits, sql.raw(' and '))} then 1 else 0 end as "fits"
      from "devices" where ${from} order by ${orderOf(walk, walk.value)} limit ${look})
    select "found"."value", "found"."isEnd", ${columns} from (
      select * from (select "value", "key", 0 as "isEnd" from "window" where "fits" = 1
        order by ${order(false)} limit ${limit}) as "fitting"
      union all
      select * from (select "value", "key", 1 as "isEnd" from "window" order by ${order(true)} limit 1) as "last"
        where (select count(*) from "window") >= ${sql.lit(look)}) as "found"
    join "devices" on "devices"."key" = "found"."key"`;
}

function toRow(row: Read): Row {
  const { value, isEnd: _, waiting, mails, ...device } = row;
  const [change, mailed] = [parts(waiting), parts(mails)];
  return {
    device: {
      ...device,
      waiting: change && { state: change[0], error: change[1] === '' ? null : codeOf(change[1]) },
      mailedAt: mailed?.[0] || null,
      mailFailed: Number(mailed?.[1] ?? 0) > 0,
    },
    place: { value, key: device.key },
  };
}

/** Before and after the first space. */
function parts(text: string | null): readonly [string, string] | null {
  if (text === null) return null;
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}

function codeOf(error: string): string {
  return (JSON.parse(error) as { readonly code: string }).code;
}

/** What other tables say of a device: a question each to their indexes, for the rows of the page alone. */
const BESIDE = sql`
  (select "mdmKey" from "merges" where "easKey" = "page"."key" and "until" is null) as "mdmKey",
  (select "outbox"."state" || ' ' || coalesce("lastError", '') from "outbox"
    where "outbox"."key" = "page"."key") as "waiting",
  (select coalesce(max((select "sentAt" from "mails" where "id" = "mailId")), '') || ' '
      || cast(sum((select count(*) from "mails" where "id" = "mailId" and "state" = 'attention')) as text)
    from "mailDevices" where "deviceKey" = "page"."key") as "mails"`;

const OWNER = sql<string>`coalesce("user", '')`;

function walkOf({ organization, order, descending }: DeviceList): Walk {
  const isColumn = order !== 'owner';
  return { organization, descending, isColumn, value: isColumn ? sql.ref<string>(order) : OWNER };
}

function conditionsOf({ text, states, decisions, reasons, platforms }: DevicesWanted): Condition[] {
  return [
    ...oneOf('state', states),
    ...oneOf('decision', decisions),
    ...oneOf('reason', reasons),
    ...oneOf('platform', platforms),
    ...(text === undefined || text === '' ? [] : [contains(text)]),
  ];
}

function oneOf(column: 'state' | 'decision' | 'reason' | 'platform', values: readonly string[] = []): Condition[] {
  return values.length === 0 ? [] : [sql`${sql.ref(column)} in (${sql.join(values)})`];
}

function contains(text: string): Condition {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(${OWNER} like ${pattern} escape '\\' or "ownerName" like ${pattern} escape '\\' or lower("easId") like ${pattern} escape '\\'
    or lower(coalesce("model", '')) like ${pattern} escape '\\')`;
}

const NAMES = ['key', 'organization', ...DECIDED_COLUMNS];
const COLUMNS = sql.join(NAMES.map((name) => sql.ref(name)));
