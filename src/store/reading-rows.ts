/** The rows of `readings`: which there are, and in which state. */
import type { Kysely, Selectable, Transaction } from 'kysely';
import { ConnectorError } from '../errors.ts';
import type { Schema } from './schema.ts';
import type { SnapshotSync } from './store.ts';

/** A reading as its row says. */
export type Reading = Selectable<Schema['readings']>;

/** The reading of this id, if there is one. */
export async function findReading(database: Kysely<Schema>, syncId: string): Promise<Reading | undefined> {
  return database.selectFrom('readings').selectAll().where('syncId', '=', syncId).executeTakeFirst();
}

/** The reading, open or committed. */
export async function knownReading(database: Kysely<Schema>, syncId: string): Promise<Reading> {
  const reading = await findReading(database, syncId);
  return reading === undefined || reading.state === 'abandoned' ? refuseClosed(syncId) : reading;
}

/*
 *   what is known under the id                       the reading that comes
 *   nothing                                          is opened
 *   the same one, open                               goes on
 *   the same one, committed by another matcher       nothing happens
 *   one that was committed and began at another time refused: ERR_INPUT_INVALID; its records would be lost unheard
 *   one of another source or scope                   refused: ERR_INPUT_INVALID
 *   one that was given up                            refused: ERR_SNAPSHOT_INCOMPLETE
 */
export function refuseOther(known: Reading, sync: SnapshotSync, scope: string): void {
  if (known.state === 'abandoned') refuseClosed(sync.id);
  const isSame = known.source === sync.source && known.scope === scope;
  if (isSame && (!isCommitted(known) || known.startedAt === sync.startedAt)) return;
  throw new ConnectorError('ERR_INPUT_INVALID', `The id ${sync.id} is that of another reading.`);
}

/*
 *   the last full reading that is kept began    a full one by message that has not been opened yet
 *   never, before it, or when it did            is opened
 *   later, up to now                            refused: what came since would be taken back, under the later time
 *   after now                                   is opened: a clock was set back, so that its time says nothing
 */

/** @throws ConnectorError ERR_INPUT_INVALID for a full reading that is older than the one that is kept (ADR 0114) */
export function refuseOlder(
  kept: { readonly fullStartedAt: string } | undefined,
  sync: SnapshotSync,
  scope: string,
): void {
  const { kind, startedAt, toldAt } = sync;
  if (kept === undefined || kind !== 'full' || toldAt === undefined) return;
  const [began, before, now] = [startedAt, kept.fullStartedAt, toldAt].map((time) => Date.parse(time)) as [
    number,
    number,
    number,
  ];
  if (began >= before || before > now) return;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    `The list of "${scope}" is of ${startedAt} (msg.sync.startedAt), older than the one of ${kept.fullStartedAt} that is kept: it would take back what came since. Send the newer list, or correct the time.`,
    { details: { field: 'sync.startedAt', startedAt, kept: kept.fullStartedAt } },
  );
}

/** True for one that was shown, or would have been if no later one was. */
export function isCommitted({ state }: Reading): boolean {
  return state !== 'reading' && state !== 'abandoned';
}

/** Throws ERR_SNAPSHOT_INCOMPLETE. */
export function refuseClosed(syncId: string): never {
  throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', `The reading ${syncId} is not open.`);
}

/** Changes its state. */
export async function setState(transaction: Transaction<Schema>, no: number, state: Reading['state']): Promise<void> {
  await transaction.updateTable('readings').set({ state }).where('no', '=', no).execute();
}

/** Full readings that began later compared themselves with what is shown no more: they are given up. */
export async function giveUpLater(
  transaction: Transaction<Schema>,
  { no, source, scope }: Pick<Reading, 'no' | 'source' | 'scope'>,
): Promise<void> {
  await transaction
    .updateTable('readings')
    .set({ state: 'abandoned' })
    .where('source', '=', source)
    .where('scope', '=', scope)
    .where('kind', '=', 'full')
    .where('state', '=', 'reading')
    .where('no', '>', no)
    .execute();
}
