/** What is told to the flow. See `Announcements` in contract/mails.ts for what is promised. */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { eachOf } from './each-of.ts';
import type { Schema } from './schema.ts';
import type { Announcement, Announcements as AnnouncementsOfStore, Json } from './store.ts';

/** Rows that one statement may go through: some milliseconds. */
const WINDOW = 500;

/** What is owed to the flow as rows; the contract is at `Announcements` in contract/mails.ts. */
export class Announcements implements AnnouncementsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add({ declinedBy, news, ...plain }: Announcement): Promise<void> {
    const { id, organization, kind, deviceKey, at, emittedAt, emittedBy, emissions } = plain;
    await this.#database
      .insertInto('announcements')
      .values({
        id,
        organization,
        kind,
        deviceKey,
        at,
        emittedAt,
        emittedBy,
        emissions,
        declinedBy: JSON.stringify(declinedBy),
        news: JSON.stringify(news),
      })
      .execute();
  }

  async get(id: string): Promise<Announcement | null> {
    const row = await this.#database.selectFrom('announcements').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toAnnouncement(row);
  }

  async list({ limit, ...filter }: Parameters<AnnouncementsOfStore['list']>[0]): Promise<Announcement[]> {
    const { organization, kind, emittedBy, notEmittedBy, emittedBefore, declined, untilAt } = filter;
    const { first, last } = await this.#database
      .selectFrom('announcements')
      .select(({ fn }) => [fn.min<number | null>('no').as('first'), fn.max<number | null>('no').as('last')])
      .executeTakeFirstOrThrow();
    const found: Announcement[] = [];
    // In windows: where much is owed, and nothing of it is looked for, one statement would go through all of it.
    for (let after = (first ?? 1) - 1; after < (last ?? 0); after += WINDOW) {
      const rows = await this.#database
        .selectFrom('announcements')
        .selectAll()
        .where('no', '>', after)
        .where('no', '<=', after + WINDOW)
        .where('organization', '=', organization)
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? 'blocked'))
        .$if(emittedBy !== undefined, (query) => query.where('emittedBy', '=', emittedBy ?? ''))
        .$if(notEmittedBy !== undefined, (query) => query.where('emittedBy', '<>', notEmittedBy ?? ''))
        .$if(emittedBefore !== undefined, (query) => query.where('emittedAt', '<', emittedBefore ?? ''))
        .$if(declined === true, (query) => query.where('declinedBy', '<>', '[]'))
        .$if(untilAt !== undefined, (query) => query.where('at', '<=', untilAt ?? ''))
        .orderBy('no')
        .limit(Math.min(WINDOW, (limit ?? Number.POSITIVE_INFINITY) - found.length))
        .execute();
      for (const row of rows) found.push(toAnnouncement(row));
      if (found.length >= (limit ?? Number.POSITIVE_INFINITY)) break;
      await setImmediate();
    }
    return found;
  }

  async blocksOf(keyStarts: readonly string[], since: string): Promise<Announcement[]> {
    const rows = await eachOf<Selectable<Schema['announcements']>, string>(
      this.#database,
      keyStarts,
      (start) => sql`select * from "announcements" where "deviceKey" >= ${start} and "deviceKey" < ${`${start}\uffff`}
        and "kind" = 'blocked' and "emittedAt" >= ${since}`,
      sql`"no"`,
    );
    return rows.map(toAnnouncement);
  }

  async emit(id: string, { at, by }: { at: string; by: string }): Promise<void> {
    await this.#database
      .updateTable('announcements')
      .set(({ eb }) => ({ emittedAt: at, emittedBy: by, emissions: eb('emissions', '+', 1) }))
      .where('id', '=', id)
      .execute();
  }

  async decline(id: string, notifier: string): Promise<void> {
    for (;;) {
      const known = await this.get(id);
      if (known === null || known.declinedBy.includes(notifier)) return;
      const done = await this.#database
        .updateTable('announcements')
        .set({ declinedBy: JSON.stringify([...known.declinedBy, notifier]) })
        .where('id', '=', id)
        // Who was quicker is in it the next time.
        .where('declinedBy', '=', JSON.stringify(known.declinedBy))
        .executeTakeFirst();
      if (done.numUpdatedRows > 0n) return;
    }
  }

  async settleBlocks(deviceKey: string): Promise<void> {
    await this.#database
      .deleteFrom('announcements')
      .where('deviceKey', '=', deviceKey)
      .where('kind', '=', 'blocked')
      .execute();
  }

  async settle(id: string): Promise<boolean> {
    const done = await this.#database.deleteFrom('announcements').where('id', '=', id).executeTakeFirst();
    return done.numDeletedRows > 0n;
  }
}

function toAnnouncement(row: Selectable<Schema['announcements']>): Announcement {
  const { id, organization, kind, deviceKey, at, emittedAt, emittedBy, emissions } = row;
  const declinedBy = JSON.parse(row.declinedBy) as string[];
  const news = JSON.parse(row.news) as Json;
  return { id, organization, kind, deviceKey, at, emittedAt, emittedBy, emissions, declinedBy, news };
}
