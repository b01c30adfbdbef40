/**
 * Orders of the devices that a first sync of very many does without (ADR 0109). Each is an index, and of most the order is not
 * that of the keys, by which devices are decided about: a row put there touches a page of its own, all over the file. Made at the
 * end, in one go, they cost a tenth of it.
 *
 *   engine        never decided about     decided about        then
 *   PostgreSQL    any                     any                  they stay: to drop one stops everybody who reads
 *   SQLite        fewer than 20,000       any                  they stay
 *   SQLite        20,000 or more          more than those      they stay: to make them anew costs more than it saves
 *   SQLite        20,000 or more          as many, or fewer    they go, and are made once a sync is through
 *
 * What state they are in is in the file: they are there, or not. Until they are, lists and names are refused and not looked for
 * in every row, since nobody else would have a turn meanwhile.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { ConnectorError } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import type { Logger } from '../../log.ts';
import { refusal } from '../../model/refusals.ts';
import type { Engine } from '../dialects.ts';
import type { Schema } from '../schema.ts';

/** From so many devices on that no sync has decided about. */
const MANY = 20_000;

const listedBy = (value: string): string => `("organization", ${value}, "key") where "decision" is not null`;

/** What lists and names come by, as the migrations made it. */
const ORDERS: Readonly<Record<string, string>> = {
  devices_owner: listedBy(`coalesce("user", '')`),
  devices_since: listedBy('"since"'),
  devices_kind: listedBy('"kind"'),
  devices_state: listedBy('"state"'),
  devices_decision: listedBy('"decision"'),
  devices_lastSync: listedBy('"lastSync"'),
  devices_easId: `(lower("easId"))`,
  devices_user: `("user")`,
};

/** The indexes of one store. */
export class PostponedOrders {
  readonly #database: Kysely<Schema>;
  readonly #engine: Pick<Engine, 'makeIndex'>;
  readonly #logger: Logger;
  #making: Promise<void> | null = null;
  /** A sync of this process does without them. */
  #isPostponed = false;
  #isClosed = false;

  constructor(database: Kysely<Schema>, engine: Pick<Engine, 'makeIndex'>, logger: Logger = silentLogger) {
    this.#database = database;
    this.#engine = engine;
    this.#logger = logger;
  }

  /** Throws ERR_STORE_SORTING until all orders are there. */
  async refuse(): Promise<void> {
    if ((await this.#missing()).length > 0) throw new ConnectorError('ERR_STORE_SORTING', refusal('sorting'));
  }

  /** Before a sync about all devices: drops them, if that is worth it. */
  async postpone(): Promise<void> {
    if (this.#engine.makeIndex === null || !(await this.#isWorthIt())) return;
    this.#isPostponed = true;
    await this.#making;
    await this.#database.transaction().execute(async (transaction) => {
      for (const name of Object.keys(ORDERS)) await sql`drop index if exists ${sql.id(name)}`.execute(transaction);
    });
  }

  /**
   * Makes what is missing; comes back at once. What fails is made after the next sync.
   * @param by 'care': only if no sync does without them, as after one that was cut off; none takes until the next day's care
   */
  make(by: 'sync' | 'care'): void {
    const isUnderWay = by === 'care' && this.#isPostponed;
    this.#isPostponed = false;
    if (isUnderWay) return;
    this.#making ??= this.#makeAll()
      .catch((error: unknown) => {
        this.#logger.warn('The orders of the lists could not be made yet.', { error: String(error) });
      })
      .finally(() => {
        this.#making = null;
      });
  }

  /** Makes no further one, and waits for the one that is being made. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#making;
  }

  async #makeAll(): Promise<void> {
    for (const name of await this.#missing()) {
      if (this.#isClosed) return;
      await this.#engine.makeIndex?.(this.#database, `create index "${name}" on "devices" ${ORDERS[name]}`);
    }
  }

  async #missing(): Promise<string[]> {
    if (this.#engine.makeIndex === null) return [];
    const { rows } = await sql<{ name: string }>`select "name" from sqlite_schema
      where "type" = 'index' and "tbl_name" = 'devices'`.execute(this.#database);
    const there = new Set(rows.map(({ name }) => name));
    return Object.keys(ORDERS).filter((name) => !there.has(name));
  }

  async #isWorthIt(): Promise<boolean> {
    const count = async (which: ReturnType<typeof sql>, most: number): Promise<number> => {
      const { rows } = await sql<{ count: number }>`select count(*) as "count" from (
        select 1 from "devices" where ${which} limit ${most})`.execute(this.#database);
      return rows[0]?.count ?? 0;
    };
    // Those that are gone have a state.
    if ((await count(sql`"decision" is null and "state" is null`, MANY)) < MANY) return false;
    const { rows } = await sql<{ count: number | null }>`select sum("count") as "count" from "counters"
      where "name" like 'decision:%'`.execute(this.#database);
    const decided = rows[0]?.count ?? 0;
    return decided < MANY || (await count(sql`"decision" is null`, decided)) >= decided;
  }
}
