/** Mails that wait to be sent. See `WaitingMails` in store.ts for what is promised. */
import type { Kysely, Selectable } from 'kysely';
import { atomically } from './atomically.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { Json, WaitingMail, WaitingMailFilter, WaitingMails as WaitingMailsOfStore } from './store.ts';

/** The waiting mails as rows; the contract is at `WaitingMails` in store.ts. */
export class WaitingMails implements WaitingMailsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async put(mails: readonly WaitingMail[]): Promise<void> {
    if (mails.length === 0) return;
    await atomically(this.#database, async (transaction) => {
      for (const mail of mails) {
        const row = toRow(mail);
        await transaction
          .insertInto('mails')
          .values(row)
          .onConflict((conflict) => conflict.columns(['notifier', 'part', 'deviceKey']).doUpdateSet(row))
          .execute();
      }
    });
  }

  async remove({ notifier, part, deviceKey }: Pick<WaitingMail, 'notifier' | 'part' | 'deviceKey'>): Promise<void> {
    await this.#database
      .deleteFrom('mails')
      .where('notifier', '=', notifier)
      .where('part', '=', part)
      .where('deviceKey', '=', deviceKey)
      .execute();
  }

  async list({ limit, ...filter }: WaitingMailFilter): Promise<WaitingMail[]> {
    const rows = await inSteps<Selectable<Schema['mails']>>(
      (last, wanted) =>
        this.#fitting(filter)
          .selectAll()
          .$if(last !== undefined, (query) =>
            query.where((where) =>
              where(where.refTuple('dueAt', 'deviceKey'), '>', where.tuple(last!.dueAt, last!.deviceKey)),
            ),
          )
          .orderBy('dueAt')
          .orderBy('deviceKey')
          .limit(wanted)
          .execute(),
      limit,
    );
    return rows.map(toMail);
  }

  async count(filter: Omit<WaitingMailFilter, 'limit'>): Promise<number> {
    const row = await this.#fitting(filter)
      .select((query) => query.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async claim(mail: WaitingMail, by: string, isAlive: (heldBy: string) => Promise<boolean>): Promise<boolean> {
    const { notifier, part, deviceKey } = mail;
    const [known] = await this.list({ notifier, part, deviceKeys: [deviceKey] });
    if (known === undefined || known.dueAt !== mail.dueAt || known.attempts !== mail.attempts) return false;
    if (known.heldBy !== null && known.heldBy !== by && (await isAlive(known.heldBy))) return false;
    const done = await this.#database
      .updateTable('mails')
      .set({ heldBy: by })
      .where('notifier', '=', notifier)
      .where('part', '=', part)
      .where('deviceKey', '=', deviceKey)
      .where('dueAt', '=', mail.dueAt)
      .where('attempts', '=', mail.attempts)
      // Who was quicker has it.
      .$if(known.heldBy === null, (query) => query.where('heldBy', 'is', null))
      .$if(known.heldBy !== null, (query) => query.where('heldBy', '=', known.heldBy))
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }

  #fitting({
    notifier,
    part,
    attention,
    dueBy,
    triedAndDueAfter,
    notHeldBy,
    deviceKeys,
  }: Omit<WaitingMailFilter, 'limit'>) {
    return this.#database
      .selectFrom('mails')
      .where('notifier', '=', notifier)
      .where('part', '=', part)
      .$if(attention !== undefined, (query) => query.where('attention', '=', attention === true ? 1 : 0))
      .$if(dueBy !== undefined, (query) => query.where('dueAt', '<=', dueBy ?? ''))
      .$if(triedAndDueAfter !== undefined, (query) =>
        query.where('dueAt', '>', triedAndDueAfter ?? '').where('since', 'is not', null),
      )
      .$if(notHeldBy !== undefined, (query) =>
        query.where((where) => where.or([where('heldBy', 'is', null), where('heldBy', '<>', notHeldBy ?? '')])),
      )
      .$if(deviceKeys !== undefined, (query) =>
        // No key is empty, and an empty list is no SQL.
        deviceKeys?.length === 0 ? query.where('deviceKey', '=', '') : query.where('deviceKey', 'in', deviceKeys ?? []),
      );
  }
}

function toRow(mail: WaitingMail): Schema['mails'] {
  const { notifier, part, deviceKey, heldBy, dueAt, since, attempts } = mail;
  const attention = mail.attention ? 1 : 0;
  return { notifier, part, deviceKey, heldBy, attention, dueAt, since, attempts, change: JSON.stringify(mail.change) };
}

function toMail(row: Selectable<Schema['mails']>): WaitingMail {
  const { notifier, part, deviceKey, heldBy, dueAt, since, attempts } = row;
  const [attention, change] = [row.attention === 1, JSON.parse(row.change) as Json];
  return { notifier, part, deviceKey, heldBy, attention, dueAt, since, attempts, change };
}
