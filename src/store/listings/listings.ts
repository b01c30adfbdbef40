/** Lists and counts. See `Listings` in contract/listings.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { ConnectorError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Engine } from '../dialects.ts';
import { eachOf } from '../each-of.ts';
import type { Schema } from '../schema.ts';
import type {
  AuditPage,
  AuditWanted,
  DayCount,
  DevicePage,
  DevicesWanted,
  Distribution,
  Json,
  Listings as ListingsOfStore,
  TimelineStep,
  WaitingCount,
} from '../store.ts';
import { devicesCalled } from './devices-called.ts';
import { listAudit } from './list-audit.ts';
import { listDevices } from './list-devices.ts';
import { PostponedOrders } from './postponed-orders.ts';

/** The beginning of a kept error, with its code: `{"code":"ERR_…","text":…`. */
const ERROR_HEAD = 60;

/** Everything is read from what other parts keep; the contract is at `Listings` in contract/listings.ts. */
export class Listings implements ListingsOfStore {
  readonly #database: Kysely<Schema>;
  readonly #engine: Engine['name'];
  readonly #orders: PostponedOrders;

  constructor(database: Kysely<Schema>, engine: Pick<Engine, 'name' | 'makeIndex'>, logger?: Logger) {
    this.#database = database;
    this.#engine = engine.name;
    this.#orders = new PostponedOrders(database, engine, logger);
  }

  async postponeOrders(): Promise<void> {
    await this.#orders.postpone();
  }

  makeOrders(by: 'sync' | 'care'): void {
    this.#orders.make(by);
  }

  /** Waits for an order that is being made; no further one is. */
  async close(): Promise<void> {
    await this.#orders.close();
  }

  async organizations(): Promise<string[]> {
    const { rows } = await sql<{ organization: string }>`
      select "scope" as "organization", 0 as "isHeld" from "snapshots" where "source" = 'eas'
      union select "organization", 1 from "heldPlans" where "valid" = 1 and ("held" is null or "held" <> '[]')
      order by "isHeld", "organization"`.execute(this.#database);
    return [...new Set(rows.map(({ organization }) => organization))];
  }

  async devices(
    organization: string,
    wanted: DevicesWanted,
    { order, descending, ...page }: Parameters<ListingsOfStore['devices']>[2],
  ): Promise<DevicePage> {
    await this.#orders.refuse();
    const from = { database: this.#database, engine: this.#engine };
    return listDevices(from, { organization, order, descending }, wanted, page);
  }

  async audit(wanted: AuditWanted, page: Parameters<ListingsOfStore['audit']>[1]): Promise<AuditPage> {
    return listAudit(this.#database, wanted, page);
  }

  async called(text: string, rows: number): Promise<string[]> {
    await this.#orders.refuse();
    return devicesCalled(this.#database, text, rows);
  }

  async perDay(organization: string, steps: readonly TimelineStep['step'][], since: string): Promise<DayCount[]> {
    const rows = await eachOf<Omit<DayCount, 'count'> & { count: number | string }, string>(
      this.#database,
      steps,
      (step) => sql`select substr("at", 1, 10) as "day", "step", count(*) as "count" from "timeline"
        where "step" = ${step} and "at" >= ${since} and "organization" = ${organization}
        group by substr("at", 1, 10), "step"`,
      sql`"day", "step"`,
    );
    return rows.map(({ day, step, count }) => ({ day, step, count: Number(count) }));
  }

  async waits(
    organization: string,
    step: TimelineStep['step'],
    since: string,
    bounds: readonly number[],
  ): Promise<Distribution> {
    return this.#distribution(
      bounds,
      sql`"waited"`,
      sql`"timeline" where "step" = ${step} and "at" >= ${since} and "organization" = ${organization}
        and "waited" is not null`,
    );
  }

  async durations(subject: string, since: string, bounds: readonly number[]): Promise<Distribution> {
    return this.#distribution(bounds, sql`"tookMs"`, sql`"history" where "subject" = ${subject} and "at" >= ${since}`);
  }

  async unwellDays(organization: string, since: string): Promise<{ readonly day: string; readonly report: Json }[]> {
    const { rows } = await sql<{ day: string; report: string }>`
      select substr("at", 1, 10) as "day", "report" from "history" where "no" in (
        select max("no") from "history" where "subject" = 'access' and "at" >= ${since}
          and "organization" = ${organization} and "ok" = 0 group by substr("at", 1, 10))
      order by "day"`.execute(this.#database);
    return rows.map(({ day, report }) => ({ day, report: JSON.parse(report) as Json }));
  }

  async waiting(organization: string): Promise<WaitingCount[]> {
    const { rows } = await sql<{ state: string; head: string | null; count: number | string }>`
      select "state", substr("lastError", 1, ${sql.lit(ERROR_HEAD)}) as "head", count(*) as "count" from "outbox"
      where "organization" = ${organization} group by "state", substr("lastError", 1, ${sql.lit(ERROR_HEAD)})`.execute(
      this.#database,
    );
    const counts = new Map<string, WaitingCount>();
    for (const { state, head, count } of rows) {
      const code = head === null ? null : codeIn(head);
      const name = `${state} ${code ?? ''}`;
      counts.set(name, { state, code, count: (counts.get(name)?.count ?? 0) + Number(count) });
    }
    return [...counts.values()].sort((a, b) => (`${a.state} ${a.code ?? ''}` < `${b.state} ${b.code ?? ''}` ? -1 : 1));
  }

  async owned(organization: string): Promise<{ readonly allowed: number; readonly blocked: number }> {
    const { rows } = await sql<{ list: 'allowed' | 'blocked'; count: number | string }>`
      select "list", count(*) as "count" from "entries"
      where "organization" = ${organization} and "state" = 'owned' group by "list"`.execute(this.#database);
    const of = (list: 'allowed' | 'blocked'): number => Number(rows.find((row) => row.list === list)?.count ?? 0);
    return { allowed: of('allowed'), blocked: of('blocked') };
  }

  async #distribution(
    bounds: readonly number[],
    value: RawBuilder<unknown>,
    from: RawBuilder<unknown>,
  ): Promise<Distribution> {
    if (bounds.length === 0) throw new ConnectorError('ERR_INTERNAL', 'A distribution needs bounds.');
    const upTo = bounds.map((bound, n) => sql`when ${value} <= ${sql.lit(bound)} then ${sql.lit(n)}`);
    const bucket = sql`case ${sql.join(upTo, sql.raw(' '))} else ${sql.lit(bounds.length)} end`;
    const { rows } = await sql<{ bucket: number; count: number | string; sum: number | string }>`
      select ${bucket} as "bucket", count(*) as "count", sum(${value}) as "sum" from ${from}
      group by ${bucket}`.execute(this.#database);
    const counts = Array.from({ length: bounds.length + 1 }, () => 0);
    let sum = 0;
    for (const row of rows) {
      counts[row.bucket] = Number(row.count);
      sum += Number(row.sum);
    }
    return { counts, sum };
  }
}

/** As errors are kept: the code is their first field. */
function codeIn(head: string): string | null {
  return /^\{"code":"(ERR_[A-Z_]+)"/.exec(head)?.[1] ?? null;
}
