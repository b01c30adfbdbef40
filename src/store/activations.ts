/** Activations and pairings: how people tie records together. */
import type { Kysely, Selectable } from 'kysely';
import type { Activation, Pairing } from '../model/records.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { Activations as ActivationsOfStore, Pairings as PairingsOfStore } from './store.ts';

/** The activations as rows; the contract is at `Activations` in contract/links.ts. */
export class Activations implements ActivationsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add(activation: Activation): Promise<{ activation: Activation; isNew: boolean }> {
    const { easId, at, userAgent, tokenId } = activation;
    const added = await this.#database
      .insertInto('activations')
      .values({ tokenId, mailbox: activation.mailbox.toLowerCase(), easId, at, userAgent })
      .onConflict((conflict) => conflict.column('tokenId').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (added !== undefined) return { activation: toActivation(added), isNew: true };
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
}

function toActivation({ easId, mailbox, at, userAgent, tokenId }: Selectable<Schema['activations']>): Activation {
  return { easId, mailbox, at, userAgent, tokenId };
}

/** The pairings as rows; the contract is at `Pairings` in contract/links.ts. */
export class Pairings implements PairingsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add({ easKey, mdmKey, at, by, note }: Pairing): Promise<void> {
    await this.#database
      .insertInto('pairings')
      .values({ easKey, mdmKey, at, by, note })
      .onConflict((conflict) => conflict.column('easKey').doUpdateSet({ mdmKey, at, by, note }))
      .execute();
  }

  async remove(easKey: string): Promise<boolean> {
    const done = await this.#database.deleteFrom('pairings').where('easKey', '=', easKey).executeTakeFirst();
    return done.numDeletedRows > 0n;
  }

  async list(): Promise<Pairing[]> {
    const rows = await this.#database.selectFrom('pairings').selectAll().orderBy('easKey').execute();
    return rows.map(({ easKey, mdmKey, at, by, note }) => ({ easKey, mdmKey, at, by, note }));
  }
}
