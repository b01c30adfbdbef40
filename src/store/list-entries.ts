/** The ledger of list entries we own. The protocol is told at `ListEntries` in contract/effects.ts. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { ConnectorError } from '../errors.ts';
import { foldEasId } from '../model/keys.ts';
import { atomically } from './atomically.ts';
import { chunks } from './chunks.ts';
import { eachOf } from './each-of.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import { touchMailboxes } from './touched.ts';
import type { ListEntries as ListEntriesOfStore, ListEntryKey, OwnedEntry, TakenOff, ToldCause } from './store.ts';

/** Causes that one statement keeps. */
const TOLD_TOGETHER = 250;

/** The ledger as rows, one an entry; each step checks the state it starts from. */
export class ListEntries implements ListEntriesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async intend(entry: ListEntryKey & { operation: 'add' | 'remove'; rule: string; at: string }): Promise<void> {
    if (entry.operation === 'remove') {
      if (await this.#setState(entry, ['owned', 'removing'], { state: 'removing' })) return;
      throw new ConnectorError(
        'ERR_INPUT_INVALID',
        `The ${entry.list} list's entry ${entry.easId} was not written by this connector.`,
      );
    }
    const added = await this.#database
      .insertInto('entries')
      .values({
        ...toKey(entry),
        easId: entry.easId,
        state: 'adding',
        writtenAt: entry.at,
        rule: entry.rule,
        episode: randomUUID(),
        toldReason: null,
        toldKind: null,
      })
      .onConflict((conflict) => conflict.columns(['organization', 'mailboxId', 'easIdFolded', 'list']).doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows === 1n || (await this.get(entry))?.state !== 'removing') return;
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      `Whether ${entry.easId} was taken off the ${entry.list} list is not settled yet.`,
    );
  }

  async confirm(entry: ListEntryKey, at: string): Promise<void> {
    await this.#changed(entry, async (ledger) => {
      await ledger.#setState(entry, ['adding'], { state: 'owned', writtenAt: at });
      await ledger.#takeOff(entry, at);
    });
  }

  async drop(entry: ListEntryKey): Promise<void> {
    await this.#changed(entry, async (ledger) => {
      await ledger.#setState(entry, ['removing'], { state: 'owned' });
      await ledger.#forget(entry, 'adding');
    });
  }

  async settle(entry: ListEntryKey, present: boolean, at: string): Promise<OwnedEntry | null> {
    return this.#changed(entry, (ledger) => ledger.#settle(entry, present, at));
  }

  async #settle(entry: ListEntryKey, present: boolean, at: string): Promise<OwnedEntry | null> {
    // Nearly always what was begun was done: one statement.
    if (present) {
      const added = await this.#confirmAdded(entry, at);
      if (added !== null) return added;
    } else if (await this.#takeOff(entry, at)) return null;
    const known = await this.get(entry);
    if (known === null || known.state === 'owned') return known;
    if (!present) {
      await this.#forget(entry, known.state);
      return null;
    }
    await this.#setState(entry, ['removing'], { state: 'owned' });
    return { ...known, state: 'owned' };
  }

  async record(entry: Omit<OwnedEntry, 'state' | 'episode' | 'told'>): Promise<void> {
    await this.#changed(entry, (ledger) => ledger.#record(entry));
  }

  async #record(entry: Omit<OwnedEntry, 'state' | 'episode' | 'told'>): Promise<void> {
    const values = { easId: entry.easId, state: 'owned' as const, writtenAt: entry.writtenAt, rule: entry.rule };
    await this.#database
      .insertInto('entries')
      .values({ ...toKey(entry), ...values, episode: randomUUID(), toldReason: null, toldKind: null })
      .onConflict((conflict) =>
        conflict.columns(['organization', 'mailboxId', 'easIdFolded', 'list']).doUpdateSet(values),
      )
      .execute();
  }

  async tell(
    organization: string,
    causes: readonly (Pick<ListEntryKey, 'mailboxId' | 'easId'> & { readonly cause: ToldCause })[],
  ): Promise<void> {
    const alike = Map.groupBy(causes, ({ cause: { reason, kind } }) => JSON.stringify([reason, kind]));
    for (const some of [...alike.values()].flatMap((all) => [...chunks(all, TOLD_TOGETHER)])) {
      const { reason, kind } = some[0]!.cause;
      const names = some.map(({ mailboxId, easId }) => sql`(${mailboxId.toLowerCase()}, ${foldEasId(easId)})`);
      await sql`update "entries" set "toldReason" = ${reason}, "toldKind" = ${kind}
        where "organization" = ${organization} and "list" = 'blocked'
          and ("mailboxId", "easIdFolded") in (values ${sql.join(names)})`.execute(this.#database);
    }
  }

  async remove(entry: ListEntryKey): Promise<boolean> {
    return this.#changed(entry, (ledger) => ledger.#forget(entry));
  }

  async get(entry: ListEntryKey): Promise<OwnedEntry | null> {
    const entries = await this.forDevice(entry);
    return entries.find((found) => found.list === entry.list) ?? null;
  }

  async forDevice(device: Omit<ListEntryKey, 'list'>): Promise<OwnedEntry[]> {
    const rows = await this.#database
      .selectFrom('entries')
      .selectAll()
      .where('organization', '=', device.organization)
      .where('mailboxId', '=', device.mailboxId.toLowerCase())
      .where('easIdFolded', '=', foldEasId(device.easId))
      .orderBy('list')
      .execute();
    return rows.map(toEntry);
  }

  async forDevices(devices: readonly Omit<ListEntryKey, 'list'>[]): Promise<OwnedEntry[]> {
    return (await this.#ofDevices('entries', devices)).map(toEntry);
  }

  async list(filter: { organization?: string; mailboxId?: string; unsettled?: boolean } = {}): Promise<OwnedEntry[]> {
    const { organization, mailboxId, unsettled } = filter;
    return inSteps<Selectable<Schema['entries']>, OwnedEntry>(
      (last, limit) =>
        this.#database
          .selectFrom('entries')
          .selectAll()
          .$if(organization !== undefined, (query) => query.where('organization', '=', organization ?? ''))
          .$if(mailboxId !== undefined, (query) => query.where('mailboxId', '=', mailboxId?.toLowerCase() ?? ''))
          // As it is in the index, and not as a value.
          .$if(unsettled === true, (query) => query.where(sql<boolean>`"state" <> 'owned'`))
          // Without what is the same in all: with it, SQLite would read each page from the beginning.
          .$if(last !== undefined && organization !== undefined, (query) => query.where(behind(last!)))
          .$if(last !== undefined && organization === undefined, (query) =>
            query.where((where) =>
              where(
                where.refTuple('organization', 'mailboxId', 'easIdFolded', 'list'),
                '>',
                where.tuple(last!.organization, last!.mailboxId, last!.easIdFolded, last!.list),
              ),
            ),
          )
          .orderBy('organization')
          .orderBy('mailboxId')
          .orderBy('easIdFolded')
          .orderBy('list')
          .limit(limit)
          .execute(),
      undefined,
      toEntry,
    );
  }

  async takenOff(organization: string): Promise<TakenOff[]> {
    return inSteps<Selectable<Schema['takenOff']>, TakenOff>(
      (last, limit) =>
        this.#database
          .selectFrom('takenOff')
          .selectAll()
          .where('organization', '=', organization)
          .$if(last !== undefined, (query) => query.where(behind(last!)))
          .orderBy('mailboxId')
          .orderBy('easIdFolded')
          .orderBy('list')
          .limit(limit)
          .execute(),
      undefined,
      toTakenOff,
    );
  }

  async takenOffOf(devices: readonly Omit<ListEntryKey, 'list'>[]): Promise<TakenOff[]> {
    return (await this.#ofDevices('takenOff', devices)).map(toTakenOff);
  }

  /** The rows that are about one of the devices. */
  #ofDevices<Table extends 'entries' | 'takenOff'>(
    table: Table,
    devices: readonly Omit<ListEntryKey, 'list'>[],
  ): Promise<Selectable<Schema[Table]>[]> {
    return eachOf(
      this.#database,
      devices,
      ({
        organization,
        mailboxId,
        easId,
      }) => sql`select * from ${sql.table(table)} where "organization" = ${organization}
        and "mailboxId" = ${mailboxId.toLowerCase()} and "easIdFolded" = ${foldEasId(easId)}`,
      sql`"list"`,
    );
  }

  async forgetTakenOff(entry: ListEntryKey): Promise<void> {
    await this.#changed(entry, async (ledger) => {
      await ledger.#database
        .deleteFrom('takenOff')
        .where((where) => where.and(toKey(entry)))
        .execute();
    });
  }

  /** What was being taken off is off. False: it was not. */
  async #takeOff(entry: ListEntryKey, at: string): Promise<boolean> {
    if (!(await this.#forget(entry, 'removing'))) return false;
    await this.#database
      .insertInto('takenOff')
      .values({ ...toKey(entry), easId: entry.easId, takenOffAt: at })
      .onConflict((conflict) =>
        conflict
          .columns(['organization', 'mailboxId', 'easIdFolded', 'list'])
          .doUpdateSet({ easId: entry.easId, takenOffAt: at }),
      )
      .execute();
    return true;
  }

  /** What is ours of a device, and what was, decides about it: it is touched with each change. */
  #changed<T>(
    { organization, mailboxId }: Pick<ListEntryKey, 'organization' | 'mailboxId'>,
    change: (ledger: ListEntries) => Promise<T>,
  ): Promise<T> {
    return atomically(this.#database, async (transaction) => {
      const result = await change(new ListEntries(transaction));
      await touchMailboxes(transaction, [organization], [mailboxId]);
      return result;
    });
  }

  async #setState(
    entry: ListEntryKey,
    from: OwnedEntry['state'][],
    values: { state: OwnedEntry['state']; writtenAt?: string },
  ): Promise<boolean> {
    const done = await this.#database
      .updateTable('entries')
      .set(values)
      .where((where) => where.and(toKey(entry)))
      .where('state', 'in', from)
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }

  async #confirmAdded(entry: ListEntryKey, at: string): Promise<OwnedEntry | null> {
    const row = await this.#database
      .updateTable('entries')
      .set({ state: 'owned', writtenAt: at })
      .where((where) => where.and(toKey(entry)))
      .where('state', '=', 'adding')
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : toEntry(row);
  }

  async #forget(entry: ListEntryKey, state?: OwnedEntry['state']): Promise<boolean> {
    const done = await this.#database
      .deleteFrom('entries')
      .where((where) => where.and(toKey(entry)))
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'owned'))
      .executeTakeFirst();
    return done.numDeletedRows > 0n;
  }
}

function toKey({ organization, mailboxId, easId, list }: ListEntryKey) {
  return { organization, mailboxId: mailboxId.toLowerCase(), easIdFolded: foldEasId(easId), list };
}

/** What follows a row within its organization. */
function behind({ mailboxId, easIdFolded, list }: Pick<Schema['entries'], 'mailboxId' | 'easIdFolded' | 'list'>) {
  return sql<boolean>`("mailboxId", "easIdFolded", "list") > (${mailboxId}, ${easIdFolded}, ${list})`;
}

function toTakenOff(row: Selectable<Schema['takenOff']>): TakenOff {
  const { organization, mailboxId, easId, list, takenOffAt } = row;
  return { organization, mailboxId, easId, list, takenOffAt };
}

function toEntry(row: Selectable<Schema['entries']>): OwnedEntry {
  const { organization, mailboxId, easId, list, state, writtenAt, rule, episode, toldReason, toldKind } = row;
  const told = toldReason === null ? {} : { told: { reason: toldReason, kind: toldKind } };
  return { organization, mailboxId, easId, list, state, writtenAt, rule, episode, ...told };
}
