/** Devices in pages, in the order of an index. See `Listings` in contract/listings.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { DECIDED_COLUMNS } from '../devices.ts';
import type { Schema } from '../schema.ts';
import type { DecidedDevice, DeviceOrder, DevicePage, DevicesWanted, ListPlace } from '../store.ts';

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
  readonly device: DecidedDevice;
  readonly place: ListPlace;
}

/** The next page of a list. */
export async function listDevices(
  database: Kysely<Schema>,
  list: DeviceList,
  wanted: DevicesWanted,
  { after, rows, look = LOOK }: { readonly after: ListPlace | null; readonly rows: number; readonly look?: number },
): Promise<DevicePage> {
  const fits = conditionsOf(wanted);
  const found: Row[] = [];
  let place = after;
  for (let window = 0; window < WINDOWS; window += 1) {
    const missing = rows - found.length;
    // Where every row fits nothing is gone through in vain.
    const end = fits.length === 0 ? null : await endOfWindow(database, list, place, look);
    const page = await readRows(database, list, { after: place, fits, look, limit: missing + 1 });
    for (const row of page.slice(0, missing)) found.push(row);
    const last = found.at(-1);
    if (page.length > missing) return pageOf(found, last?.place ?? place);
    if (end === null) return pageOf(found, null);
    place = end;
  }
  return pageOf(found, place);
}

function pageOf(found: readonly Row[], next: ListPlace | null): DevicePage {
  return { devices: found.map(({ device }) => device), next };
}

/**
 * Rows that fit, of the window after a place. The window has a limit of its own, within: PostgreSQL would take two bounds of
 * an index for so few rows that it reads the whole table instead.
 */
async function readRows(
  database: Kysely<Schema>,
  list: DeviceList,
  of: {
    readonly after: ListPlace | null;
    readonly fits: readonly Condition[];
    readonly look: number;
    readonly limit: number;
  },
): Promise<Row[]> {
  const { after, fits, look, limit } = of;
  const within = (rows: number): Condition => sql`
    select ${BY[list.order].value} as "value", ${COLUMNS} from "devices" where ${all(list, beyond(list, after))}
    order by ${orderOf(list)} limit ${rows}`;
  const wanted =
    fits.length === 0
      ? within(limit)
      : sql`select * from (${within(look)}) as "window" where ${sql.join(fits, sql.raw(' and '))}
          order by ${orderOf(list)} limit ${limit}`;
  const { rows } = await sql<DecidedDevice & { readonly value: string }>`${wanted}`.execute(database);
  return rows.map(({ value, ...device }) => ({ device, place: { value, key: device.key } }));
}

/** The last row of the window after a place; null: fewer rows are left. */
async function endOfWindow(
  database: Kysely<Schema>,
  list: DeviceList,
  after: ListPlace | null,
  look: number,
): Promise<ListPlace | null> {
  const [up, down] = list.descending ? [sql`asc`, sql`desc`] : [sql`desc`, sql`asc`];
  const { rows } = await sql<ListPlace & { count: number | string }>`
    with "window" as (
      select ${BY[list.order].value} as "value", "key" from "devices" where ${all(list, beyond(list, after))}
      order by ${BY[list.order].value} ${down}, "key" ${down} limit ${look})
    select "value", "key", (select count(*) from "window") as "count" from "window"
    order by "value" ${up}, "key" ${up} limit 1`.execute(database);
  const [last] = rows;
  return last === undefined || Number(last.count) < look ? null : { value: last.value, key: last.key };
}

function all({ organization }: DeviceList, conditions: readonly Condition[]): Condition {
  return sql.join(
    [sql`"organization" = ${organization}`, sql`"decision" is not null`, ...conditions],
    sql.raw(' and '),
  );
}

function orderOf({ order, descending }: DeviceList): Condition {
  const way = descending ? sql`desc` : sql`asc`;
  return sql`${BY[order].value} ${way}, "key" ${way}`;
}

/** How rows are compared with a place, so that the engine finds it by the index. */
interface OrderedBy {
  readonly value: RawBuilder<string>;
  /** @param isAfter whether rows are after the place, or before it */
  compare(place: ListPlace, isAfter: boolean): Condition;
}

const OWNER = sql<string>`coalesce("user", '')`;

const BY: Readonly<Record<DeviceOrder, OrderedBy>> = {
  // SQLite looks two values up together in an index of columns only. A person has few devices.
  owner: {
    value: OWNER,
    compare: ({ value, key }, isAfter) => {
      const [atLeast, than] = isAfter ? [sql`>=`, sql`>`] : [sql`<=`, sql`<`];
      return sql`${OWNER} ${atLeast} ${value} and (${OWNER} ${than} ${value} or "key" ${than} ${key})`;
    },
  },
  since: byColumn('since'),
  kind: byColumn('kind'),
  state: byColumn('state'),
  decision: byColumn('decision'),
  lastSync: byColumn('lastSync'),
};

function byColumn(name: Exclude<DeviceOrder, 'owner'>): OrderedBy {
  const column = sql.ref<string>(name);
  return {
    value: column,
    compare: ({ value, key }, isAfter) => sql`(${column}, "key") ${isAfter ? sql`>` : sql`<`} (${value}, ${key})`,
  };
}

function beyond({ order, descending }: DeviceList, place: ListPlace | null): Condition[] {
  return place === null ? [] : [BY[order].compare(place, !descending)];
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

const COLUMNS = sql.join(['key', 'organization', ...DECIDED_COLUMNS].map((name) => sql.ref(name)));
