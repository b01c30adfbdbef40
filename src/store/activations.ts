/** Activations and pairings: how people tie records together. */
import { sql } from 'kysely';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { readEasRecordKey } from '../model/keys.ts';
import type { Activation, Pairing } from '../model/records.ts';
import { atomically } from './atomically.ts';
import { eachOf } from './each-of.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { Activations as ActivationsOfStore, Pairings as PairingsOfStore } from './store.ts';
import { PAIRED } from './touched-keys.ts';
import { touch, touchMailboxes } from './touched.ts';

/** The activations as rows; the contract is at `Activations` in contract/links.ts. */
export class Activations implements ActivationsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add(activation: Activation): Promise<{ activation: Activation; isNew: boolean }> {
    return atomically(this.#database, (transaction) => new Activations(transaction).#add(activation));
  }

  async #add(activation: Activation): Promise<{ activation: Activation; isNew: boolean }> {
    const { easId, at, userAgent, tokenId } = activation;
    const added = await this.#database
      .insertInto('activations')
      .values({ tokenId, mailbox: activation.mailbox.toLowerCase(), easId, at, userAgent })
      .onConflict((conflict) => conflict.column('tokenId').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (added !== undefined) {
      await touchMailboxes(this.#database, null, [added.mailbox]);
      return { activation: toActivation(added), isNew: true };
    }
    const kept = await this.#database
      .selectFrom('activations')
      .selectAll()
      .where('tokenId', '=', tokenId)
      .executeTakeFirstOrThrow();
    return { activation: toActivation(kept), isNew: false };
  }

  async list(): Promise<Activation[]> {
    return inSteps<Selectable<Schema['activations']>, Activation>(
      (last, limit) =>
        this.#database
          .selectFrom('activations')
          .selectAll()
          .where('no', '>', last?.no ?? 0)
          .orderBy('no')
          .limit(limit)
          .execute(),
      undefined,
      toActivation,
    );
  }

  async forMailbox(mailbox: string): Promise<Activation[]> {
    const rows = await this.#database
      .selectFrom('activations')
      .selectAll()
      .where('mailbox', '=', mailbox.toLowerCase())
      .orderBy('no')
      .execute();
    return rows.map(toActivation);
  }

  async forMailboxes(mailboxes: readonly string[]): Promise<Activation[]> {
    const rows = await eachOf<Selectable<Schema['activations']>, string>(
      this.#database,
      mailboxes,
      (mailbox) => sql`select * from "activations" where "mailbox" = ${mailbox.toLowerCase()}`,
      sql`"no"`,
    );
    return rows.map(toActivation);
  }
}

function toActivation({ easId, mailbox, at, userAgent, tokenId }: Selectable<Schema['activations']>): Activation {
  return { easId, mailbox, at, userAgent, tokenId };
}

/** Both sides of the pairing that there is and of the one that is to be: a paired record is no choice for others. */
async function touchPaired(transaction: Transaction<Schema>, easKey: string, mdmKey: string | null): Promise<void> {
  const before = await transaction.selectFrom('pairings').select('mdmKey').where('easKey', '=', easKey).execute();
  const mdmKeys = [...before.map((row) => row.mdmKey), ...(mdmKey === null ? [] : [mdmKey])];
  await touch(
    transaction,
    null,
    [...new Set(mdmKeys)].map((key) => `${PAIRED}${key}`),
  );
  const named = readEasRecordKey(easKey);
  if (named !== null) await touchMailboxes(transaction, [named.organization], [named.mailboxId]);
}

/** The pairings as rows; the contract is at `Pairings` in contract/links.ts. */
export class Pairings implements PairingsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add({ easKey, mdmKey, at, by, note }: Pairing): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await touchPaired(transaction, easKey, mdmKey);
      await transaction
        .insertInto('pairings')
        .values({ easKey, mdmKey, at, by, note })
        .onConflict((conflict) => conflict.column('easKey').doUpdateSet({ mdmKey, at, by, note }))
        .execute();
    });
  }

  async remove(easKey: string): Promise<boolean> {
    return atomically(this.#database, async (transaction) => {
      await touchPaired(transaction, easKey, null);
      const done = await transaction.deleteFrom('pairings').where('easKey', '=', easKey).executeTakeFirst();
      return done.numDeletedRows > 0n;
    });
  }

  async list(): Promise<Pairing[]> {
    const rows = await this.#database.selectFrom('pairings').selectAll().orderBy('easKey').execute();
    return rows.map(({ easKey, mdmKey, at, by, note }) => ({ easKey, mdmKey, at, by, note }));
  }
}
