/** Mails, and the devices they are about. See `Mails` in contract/mails.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { foldEasId } from '../model/keys.ts';
import { atomically } from './atomically.ts';
import type { Engine } from './dialects.ts';
import { eachOf } from './each-of.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type {
  Json,
  KnownOfBlock,
  Mail,
  MailDevice,
  MailFields,
  MailFilter,
  MailOfDevice,
  Mails as MailsOfStore,
  MailToSend,
  NewsOfBlock,
} from './store.ts';

/** The mails as rows; the contract is at `Mails` in contract/mails.ts. */
export class Mails implements MailsOfStore {
  readonly #database: Kysely<Schema>;
  readonly #locksRows: boolean;

  /** @param engine whose words are used */
  constructor(database: Kysely<Schema>, { name }: Pick<Engine, 'name'>) {
    this.#database = database;
    // SQLite has one writer at a time.
    this.#locksRows = name === 'postgres';
  }

  add(mail: Mail, devices: readonly MailDevice[]): Promise<string[]> {
    return atomically(this.#database, async (transaction) => {
      const added = await addDevices(transaction, mail, devices);
      if (added.length > 0) await transaction.insertInto('mails').values(toMail(mail)).execute();
      return added;
    });
  }

  join({ id, kind }: Pick<Mail, 'id' | 'kind'>, devices: readonly MailDevice[]): Promise<string[] | null> {
    return atomically(this.#database, async (transaction) => {
      // Whoever wants to reserve it waits for this transaction, or was quicker.
      const mine = await transaction
        .updateTable('mails')
        .set({ kind })
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .where('messageId', 'is', null)
        .executeTakeFirst();
      if (mine.numUpdatedRows === 0n) return null;
      // What it would have said of them was of an earlier blocking.
      for (const { deviceKey, episode } of devices)
        await transaction
          .deleteFrom('mailDevices')
          .where('mailId', '=', id)
          .where('deviceKey', '=', deviceKey)
          .where('episode', '<>', episode)
          .execute();
      return addDevices(transaction, { id, kind, no: 0 }, devices);
    });
  }

  async get(id: string): Promise<Mail | null> {
    const row = await this.#database.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toMail(row);
  }

  // One statement: this is asked for each block, and answers take PostgreSQL less than the question.
  async about(
    { deviceKey, organization, mailboxId, easId, notifier, kind, episode }: NewsOfBlock,
    at: string,
  ): Promise<KnownOfBlock> {
    type Row = Mail &
      Pick<MailOfDevice, 'episode' | 'blockedAt'> & {
        entry: string | null;
        told: number | null;
        joinable: string | null;
      };
    const { rows } = await sql<Row>`
      select "mails".*, "about"."episode", "about"."blockedAt",
        (select "episode" from "entries" where "organization" = ${organization} and "mailboxId" = ${mailboxId}
          and "easIdFolded" = ${foldEasId(easId)} and "list" = 'blocked') as "entry",
        (select 1 from "timeline" where "deviceKey" = ${deviceKey} and "episode" = ${episode ?? ''}
          and "step" = 'blocked' limit 1) as "told",
        (select "id" from "mails" where "mailboxId" = ${mailboxId} and "kind" = ${kind} and "notifier" = ${notifier}
          and "state" = 'waiting' and "dueAt" <= ${at} and "no" = 0 and "messageId" is null
          order by "createdAt" limit 1) as "joinable"
      from (select 1 as "one") as "always" left join "mailDevices" as "about" on "about"."deviceKey" = ${deviceKey}
        left join "mails" on "mails"."id" = "about"."mailId"
      order by "mails"."createdAt", "mails"."no"`.execute(this.#database);
    const [first] = rows;
    const earlier = rows.filter(({ id }) => id !== null).map((row) => toMailOfDevice(row));
    const entry = first?.entry ?? null;
    const isOver = episode !== null && entry !== episode && first?.told === 1;
    return { earlier, inLedger: entry !== null, isOver, joinable: first?.joinable ?? null };
  }

  async ofDevice(deviceKey: string, kind?: string): Promise<MailOfDevice[]> {
    const rows = await this.#database
      .selectFrom('mailDevices')
      .innerJoin('mails', 'mails.id', 'mailDevices.mailId')
      .selectAll('mails')
      .select(['mailDevices.episode', 'mailDevices.blockedAt'])
      .where('mailDevices.deviceKey', '=', deviceKey)
      .$if(kind !== undefined, (query) => query.where('mailDevices.kind', '=', kind ?? ''))
      .orderBy('mails.createdAt')
      .orderBy('mails.no')
      .execute();
    return rows.map(toMailOfDevice);
  }

  async list({ limit, ...filter }: MailFilter & { limit?: number }): Promise<Mail[]> {
    return inSteps<Selectable<Schema['mails']>, Mail>(
      (last, wanted) =>
        this.#fitting(filter)
          .selectAll()
          .$if(last !== undefined, (query) =>
            query.where((where) => where(where.refTuple('dueAt', 'id'), '>', where.tuple(last!.dueAt, last!.id))),
          )
          .orderBy('dueAt')
          .orderBy('id')
          .limit(wanted)
          .execute(),
      limit,
      toMail,
    );
  }

  async count(filter: MailFilter): Promise<number> {
    const row = await this.#fitting(filter)
      .select((query) => query.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async devices(id: string): Promise<MailDevice[]> {
    return (await this.devicesOf([id])).get(id) ?? [];
  }

  async devicesOf(ids: readonly string[]): Promise<Map<string, MailDevice[]>> {
    const rows = await eachOf<Selectable<Schema['mailDevices']>, string>(
      this.#database,
      ids,
      (id) => sql`select * from "mailDevices" where "mailId" = ${id}`,
      sql`"deviceKey"`,
    );
    const devices = new Map<string, MailDevice[]>();
    for (const row of rows) devices.set(row.mailId, [...(devices.get(row.mailId) ?? []), toDevice(row)]);
    return devices;
  }

  async reserve(mails: readonly Pick<MailToSend, 'id' | 'messageId'>[], by: string, at: string): Promise<MailToSend[]> {
    if (mails.length === 0) return [];
    const messageIds = mails.map(({ id, messageId }) => sql`when ${id} then ${messageId}`);
    const rows = await this.#database
      .updateTable('mails')
      .set({
        messageId: sql<string>`case "id" ${sql.join(messageIds, sql` `)} end`,
        state: 'reserved',
        reservedBy: by,
        openUntil: null,
      })
      .where('id', 'in', (query) =>
        query
          .selectFrom('mails')
          .select('id')
          .where(
            'id',
            'in',
            mails.map(({ id }) => id),
          )
          .where('state', '=', 'waiting')
          .where('dueAt', '<=', at)
          // Whoever is quicker has it, and is not waited for.
          .$if(this.#locksRows, (rows) => rows.forUpdate().skipLocked()),
      )
      .returningAll()
      .execute();
    return rows.map((row) => ({ ...toMail(row), messageId: row.messageId ?? '' }));
  }

  async putBack(
    { id, messageId, openUntil }: Pick<Mail, 'id' | 'messageId' | 'openUntil'>,
    by: string,
  ): Promise<boolean> {
    const done = await this.#database
      .updateTable('mails')
      .set({ state: 'waiting', reservedBy: null, messageId, openUntil })
      .where('id', '=', id)
      .where('state', '=', 'reserved')
      .where('reservedBy', '=', by)
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }

  async release(id: string, by: string): Promise<boolean> {
    const done = await this.#database
      .updateTable('mails')
      .set({ state: 'waiting', reservedBy: null })
      .where('id', '=', id)
      .where('state', '=', 'reserved')
      .where('reservedBy', '=', by)
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }

  async update(id: string, fields: MailFields): Promise<boolean> {
    const done = await this.#database
      .updateTable('mails')
      .set({ ...fields, reservedBy: null })
      .where('id', '=', id)
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }

  async done(id: string, fields: Pick<Mail, 'sentAt' | 'note' | 'address'>): Promise<void> {
    await this.update(id, { ...fields, state: 'done' });
  }

  async forgetNews(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#database.updateTable('mailDevices').set({ change: null }).where('mailId', 'in', ids).execute();
  }

  async giveUp(id: string, note: string): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await transaction
        .updateTable('mails')
        .set({ note, state: 'given-up', reservedBy: null })
        .where('id', '=', id)
        .execute();
      await transaction.updateTable('mailDevices').set({ change: null, givenUp: 1 }).where('mailId', '=', id).execute();
    });
  }

  async leaveOut(id: string, deviceKeys: readonly string[]): Promise<void> {
    if (deviceKeys.length === 0) return;
    await this.#database
      .deleteFrom('mailDevices')
      .where('mailId', '=', id)
      .where('deviceKey', 'in', deviceKeys)
      .execute();
  }

  async remove(id: string): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await transaction.deleteFrom('mailDevices').where('mailId', '=', id).execute();
      await transaction.deleteFrom('mails').where('id', '=', id).execute();
    });
  }

  #fitting({ notifier, states, dueBy, sinceAndDueAfter, sinceBy }: MailFilter) {
    return this.#database
      .selectFrom('mails')
      .$if(notifier !== undefined, (query) => query.where('notifier', '=', notifier ?? ''))
      .$if(states !== undefined, (query) => query.where('state', 'in', states ?? []))
      .$if(dueBy !== undefined, (query) => query.where('dueAt', '<=', dueBy ?? ''))
      .$if(sinceAndDueAfter !== undefined, (query) =>
        query.where('dueAt', '>', sinceAndDueAfter ?? '').where('since', 'is not', null),
      )
      .$if(sinceBy === null, (query) => query.where('since', 'is', null))
      .$if(typeof sinceBy === 'string', (query) => query.where('since', '<=', sinceBy ?? ''));
  }
}

async function addDevices(
  database: Kysely<Schema>,
  { id, kind, no }: Pick<Mail, 'id' | 'kind' | 'no'>,
  devices: readonly MailDevice[],
): Promise<string[]> {
  const added: string[] = [];
  for (const { deviceKey, episode, blockedAt, inLedger, change } of devices) {
    const done = await database
      .insertInto('mailDevices')
      .values({
        mailId: id,
        deviceKey,
        kind,
        episode,
        no,
        blockedAt,
        inLedger: inLedger ? 1 : 0,
        givenUp: 0,
        change: JSON.stringify(change),
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if ((done.numInsertedOrUpdatedRows ?? 0n) > 0n) added.push(deviceKey);
  }
  return added;
}

function toDevice(row: Selectable<Schema['mailDevices']>): MailDevice {
  const { deviceKey, episode, blockedAt, inLedger, change } = row;
  const news = change === null ? null : (JSON.parse(change) as Json);
  return { deviceKey, episode, blockedAt, inLedger: inLedger === 1, change: news };
}

function toMailOfDevice(row: Mail & Pick<MailOfDevice, 'episode' | 'blockedAt'>): MailOfDevice {
  return { ...toMail(row), episode: row.episode, blockedAt: row.blockedAt };
}

function toMail(row: Mail): Mail {
  const { id, notifier, mailboxId, kind, no, state, createdAt, dueAt, openUntil, since, attempts } = row;
  const { messageId, reservedBy, address, sentAt, note } = row;
  const when = { createdAt, dueAt, openUntil, since, sentAt };
  return { id, notifier, mailboxId, kind, no, state, ...when, attempts, messageId, reservedBy, address, note };
}
