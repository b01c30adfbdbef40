/** Mails, and the devices they are about. See `Mails` in contract/mails.ts for what is promised. */
import type { Kysely, Selectable } from 'kysely';
import { atomically } from './atomically.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { Json, Mail, MailDevice, MailFields, MailFilter, MailOfDevice, Mails as MailsOfStore } from './store.ts';

/** The mails as rows; the contract is at `Mails` in contract/mails.ts. */
export class Mails implements MailsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  add(mail: Mail, devices: readonly MailDevice[]): Promise<string[]> {
    return atomically(this.#database, async (transaction) => {
      const added = await addDevices(transaction, mail, devices);
      if (added.length > 0) await transaction.insertInto('mails').values(toMail(mail)).execute();
      return added;
    });
  }

  join(
    { notifier, mailboxId, kind }: Pick<Mail, 'notifier' | 'mailboxId' | 'kind'>,
    at: string,
    devices: readonly MailDevice[],
  ): Promise<string[] | null> {
    return atomically(this.#database, async (transaction) => {
      const mail = await transaction
        .selectFrom('mails')
        .selectAll()
        .where('mailboxId', '=', mailboxId)
        .where('kind', '=', kind)
        .where('notifier', '=', notifier)
        .where('no', '=', 0)
        .where('state', '=', 'waiting')
        .where('messageId', 'is', null)
        .where('dueAt', '<=', at)
        .orderBy('createdAt')
        .limit(1)
        .executeTakeFirst();
      if (mail === undefined) return null;
      // Whoever wants to reserve it waits for this transaction, or was quicker.
      const mine = await transaction
        .updateTable('mails')
        .set({ kind })
        .where('id', '=', mail.id)
        .where('state', '=', 'waiting')
        .where('messageId', 'is', null)
        .executeTakeFirst();
      return mine.numUpdatedRows > 0n ? addDevices(transaction, mail, devices) : null;
    });
  }

  async get(id: string): Promise<Mail | null> {
    const row = await this.#database.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toMail(row);
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
    return rows.map((row) => ({ ...toMail(row), episode: row.episode, blockedAt: row.blockedAt }));
  }

  async list({ limit, ...filter }: MailFilter & { limit?: number }): Promise<Mail[]> {
    const rows = await inSteps<Selectable<Schema['mails']>>(
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
    );
    return rows.map(toMail);
  }

  async count(filter: MailFilter): Promise<number> {
    const row = await this.#fitting(filter)
      .select((query) => query.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async devices(id: string): Promise<MailDevice[]> {
    const rows = await this.#database
      .selectFrom('mailDevices')
      .selectAll()
      .where('mailId', '=', id)
      .orderBy('deviceKey')
      .execute();
    return rows.map(({ deviceKey, episode, blockedAt, inLedger, change }) => ({
      deviceKey,
      episode,
      blockedAt,
      inLedger: inLedger === 1,
      change: change === null ? null : (JSON.parse(change) as Json),
    }));
  }

  async reserve(
    { id, state, attempts, dueAt, reservedBy }: Mail,
    by: string,
    fields: Pick<MailFields, 'messageId' | 'address'>,
  ): Promise<boolean> {
    const done = await this.#database
      .updateTable('mails')
      .set({ ...fields, state: 'reserved', reservedBy: by, openUntil: null })
      .where('id', '=', id)
      .where('state', '=', state)
      .where('attempts', '=', attempts)
      .where('dueAt', '=', dueAt)
      // Who was quicker has it.
      .$if(reservedBy === null, (query) => query.where('reservedBy', 'is', null))
      .$if(reservedBy !== null, (query) => query.where('reservedBy', '=', reservedBy))
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
    await this.#end(id, { ...fields, state: 'done' }, { change: null });
  }

  async giveUp(id: string, note: string): Promise<void> {
    await this.#end(id, { note, state: 'given-up' }, { change: null, givenUp: 1 });
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

  async #end(
    id: string,
    fields: MailFields,
    ofDevices: Partial<Pick<Schema['mailDevices'], 'change' | 'givenUp'>>,
  ): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await new Mails(transaction).update(id, fields);
      await transaction.updateTable('mailDevices').set(ofDevices).where('mailId', '=', id).execute();
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

function toMail(row: Mail): Mail {
  const { id, notifier, mailboxId, kind, no, state, createdAt, dueAt, openUntil, since, attempts } = row;
  const { messageId, reservedBy, address, sentAt, note } = row;
  const when = { createdAt, dueAt, openUntil, since, sentAt };
  return { id, notifier, mailboxId, kind, no, state, ...when, attempts, messageId, reservedBy, address, note };
}
