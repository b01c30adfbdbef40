/** What befell devices, step by step. See `Timeline` in contract/happened.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { eachOf } from './each-of.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { Delay, Timeline as TimelineOfStore, TimelineStep } from './store.ts';

/**
 * Days that an episode is remembered after it was closed: after its last step of one of these kinds. The end of an exemption is
 * of no episode: it takes along what is of none either.
 */
export const TIMELINE_RETENTION = { days: 90, closedBy: ['allowed', 'released', 'gone', 'exemption-ended'] } as const;

/** The steps as rows; the contract is at `Timeline` in contract/happened.ts. */
export class Timeline implements TimelineOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async append(steps: readonly TimelineStep[]): Promise<void> {
    if (steps.length === 0) return;
    await this.#database.insertInto('timeline').values(steps.map(toStep)).execute();
  }

  async of(deviceKeys: readonly string[]): Promise<TimelineStep[]> {
    const rows = await eachOf<Selectable<Schema['timeline']>, string>(
      this.#database,
      deviceKeys,
      (key) => sql`select * from "timeline" where "deviceKey" = ${key}`,
      sql`"no"`,
    );
    return rows.map(toStep);
  }

  async since(organization: string, steps: readonly TimelineStep['step'][], since: string): Promise<TimelineStep[]> {
    const rows = await eachOf<Selectable<Schema['timeline']>, TimelineStep['step']>(
      this.#database,
      steps,
      (step) => sql`select * from "timeline"
        where "step" = ${step} and "at" >= ${since} and "organization" = ${organization}`,
      sql`"at", "no"`,
    );
    return rows.map(toStep);
  }

  async devices(): Promise<string[]> {
    const rows = await inSteps<Pick<Selectable<Schema['timeline']>, 'deviceKey'>>((last, limit) =>
      this.#database
        .selectFrom('timeline')
        .select('deviceKey')
        .distinct()
        .where('deviceKey', '>', last?.deviceKey ?? '')
        .orderBy('deviceKey')
        .limit(limit)
        .execute(),
    );
    return rows.map(({ deviceKey }) => deviceKey);
  }

  async delay(organization: string, step: TimelineStep['step'], since: string): Promise<Delay | null> {
    // Nearest rank: the least delay that so many percent of all did not exceed.
    const { rows } = await sql<{ count: number | string; median: number; most: number; worst: number }>`
      with "ended" as (
        select "waited", row_number() over (order by "waited") as "rank", count(*) over () as "all" from "timeline"
        where "step" = ${step} and "at" >= ${since} and "organization" = ${organization} and "waited" is not null)
      select count(*) as "count", max("waited") as "worst",
        min(case when "rank" * 100 >= "all" * 50 then "waited" end) as "median",
        min(case when "rank" * 100 >= "all" * 90 then "waited" end) as "most" from "ended"`.execute(this.#database);
    const [row] = rows;
    const count = Number(row?.count ?? 0);
    return row === undefined || count === 0 ? null : { count, median: row.median, p90: row.most, worst: row.worst };
  }

  async forget(before: string, limit: number): Promise<number> {
    const closed = await this.#database
      .selectFrom('timeline')
      .select(['no', 'deviceKey', 'episode'])
      .where('step', 'in', TIMELINE_RETENTION.closedBy)
      .where('at', '<', before)
      .limit(limit)
      .execute();
    for (const { no, deviceKey, episode } of closed) {
      await this.#database
        .deleteFrom('timeline')
        .where('deviceKey', '=', deviceKey)
        .where((where) => where.or([where('episode', '=', episode), where('episode', 'is', null).and('no', '<=', no)]))
        .execute();
    }
    return closed.length;
  }
}

function toStep({ organization, deviceKey, episode, step, at, detail, waited }: TimelineStep): TimelineStep {
  return { organization, deviceKey, episode, step, at, detail, waited };
}
