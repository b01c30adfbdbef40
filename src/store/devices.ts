/** One row a device that a reading had. See `Devices` in contract/happened.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { easMailboxPrefix } from '../model/keys.ts';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { addCounts, countsOf, countUp } from './counters.ts';
import type { Engine } from './dialects.ts';
import { eachOf } from './each-of.ts';
import { GONE_HASH } from './generation-walk.ts';
import { findSnapshot, viewOf } from './generations.ts';
import { RowInsert } from './insert-rows.ts';
import { forgetQuiet } from './last-attempts.ts';
import { forgetMerges } from './merges.ts';
import type { Schema } from './schema.ts';
import { hashesOf, isThere } from './snapshot-rows.ts';
import { inSteps } from './steps.ts';
import type { DecidedDevice, DeviceCounts, DeviceDecision, Devices as DevicesOfStore, ToldDevice } from './store.ts';

/** Keys that are counted at once, in about a millisecond. */
const KEYS_PER_STEP = 1000;

/** Devices that are added in one statement, in some ten milliseconds: each has the disk written. */
const DEVICES_PER_STEP = 5000;

/** The devices as rows; the contract is at `Devices` in contract/happened.ts. */
export class Devices implements DevicesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async told(keys: readonly string[]): Promise<Map<string, string>> {
    const told = new Map<string, string>();
    for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('devices')
        .select(['key', 'told'])
        .where('key', 'in', some)
        .where('told', 'is not', null)
        .execute();
      for (const row of rows) if (row.told !== null) told.set(row.key, row.told);
    }
    return told;
  }

  async tell(devices: readonly ToldDevice[]): Promise<void> {
    for (const some of chunks(devices, ROWS_PER_STATEMENT)) {
      await this.#database
        .insertInto('devices')
        .values(
          some.map(({ key, organization, firstSyncAt, at, told }) => ({
            key,
            organization,
            firstSyncAt,
            firstReadAt: at,
            told,
          })),
        )
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet((excluded) => ({ told: excluded.ref('excluded.told') })),
        )
        .execute();
    }
  }

  async readBy(keys: readonly string[], time: string): Promise<Set<string>> {
    const read = await this.firstRead(keys);
    return new Set([...read].filter(([, at]) => at <= time).map(([key]) => key));
  }

  async firstRead(keys: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('devices')
        .select(['key', 'firstReadAt'])
        .where('key', 'in', some)
        .execute();
      for (const { key, firstReadAt } of rows) found.set(key, firstReadAt);
    }
    return found;
  }

  async decide(devices: readonly DeviceDecision[]): Promise<void> {
    const organization = devices[0]?.organization;
    if (organization === undefined) return;
    await atomically(this.#database, async (transaction) => {
      const kept = await new Devices(transaction).decided(devices.map(({ key }) => key));
      const changed = devices.filter((device) => !isSame(kept.get(device.key), device));
      const counts = new Map<string, number>();
      for (const device of changed) {
        const before = kept.get(device.key);
        if (before !== undefined) count(counts, before, -1);
        count(counts, device, 1);
      }
      const first = changed.filter(({ key }) => !kept.has(key));
      const empty = await mailboxesWithout(transaction, organization, first);
      countUp(counts, MAILBOXES, empty.size);
      await DECIDED.run(
        transaction,
        changed.map((device) => rowOf(device, kept.get(device.key))),
      );
      await addCounts(transaction, organization, counts);
    });
  }

  async decided(keys: readonly string[]): Promise<Map<string, DecidedDevice>> {
    const found = new Map<string, DecidedDevice>();
    for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('devices')
        .select(['key', 'organization', ...DECIDED_COLUMNS])
        .where('key', 'in', some)
        .where('decision', 'is not', null)
        .execute();
      for (const row of rows) found.set(row.key, { ...row } as DecidedDevice);
    }
    return found;
  }

  async due(organization: string, time: string, limit?: number): Promise<string[]> {
    const rows = await inSteps<{ key: string; reviewAt: string | null; mailboxId: string | null }, string | null>(
      (last, step) =>
        this.#database
          .selectFrom('devices')
          .select(['key', 'reviewAt', 'mailboxId'])
          .where('organization', '=', organization)
          .where('reviewAt', 'is not', null)
          .where('reviewAt', '<=', time)
          .$if(last !== undefined, (query) =>
            query.where((where) =>
              where(where.refTuple('reviewAt', 'key'), '>', where.tuple(last?.reviewAt ?? '', last?.key ?? '')),
            ),
          )
          .orderBy('reviewAt')
          .orderBy('key')
          .limit(step)
          .execute(),
      limit,
      ({ mailboxId }) => mailboxId,
    );
    return rows.filter((id) => id !== null);
  }

  async recount(organization: string): Promise<boolean> {
    return atomically(this.#database, async (transaction) => {
      const counted = await countRows(transaction, organization);
      const differences = new Map<string, number>();
      for (const name of [...COUNTED.map((column) => `${column}:`), MAILBOXES]) {
        const kept = await countsOf(transaction, organization, name);
        for (const [rest, count] of Object.entries(kept)) countUp(differences, `${name}${rest}`, -count);
      }
      for (const [name, count] of counted) countUp(differences, name, count);
      const isWrong = [...differences.values()].some((count) => count !== 0);
      if (isWrong) await addCounts(transaction, organization, differences);
      return isWrong;
    });
  }

  async mailboxes(organization: string): Promise<number> {
    return (await countsOf(this.#database, organization, MAILBOXES))[''] ?? 0;
  }

  async counts(organization: string): Promise<DeviceCounts> {
    const of = (prefix: string): Promise<Record<string, number>> => countsOf(this.#database, organization, prefix);
    return {
      decision: await of('decision:'),
      reason: await of('reason:'),
      platform: await of('platform:'),
      merged: await of('merged:'),
    };
  }
}

/** The counts of what was decided, as they are kept. */
const COUNTED = ['decision', 'reason', 'platform'] as const;
/** Of how many mailboxes the devices are that were decided about. */
const MAILBOXES = 'mailboxes:decided';

/** Those of the devices' mailboxes of which no device is one that was decided about. By their keys: there is no other index. */
async function mailboxesWithout(
  database: Kysely<Schema>,
  organization: string,
  devices: readonly { readonly mailboxId: string | null }[],
): Promise<Set<string>> {
  const ids = new Set(devices.flatMap(({ mailboxId }) => mailboxId?.toLowerCase() ?? []));
  const found = await eachOf<{ mailboxId: string }, string>(
    database,
    [...ids],
    (id) => {
      const prefix = easMailboxPrefix(organization, id);
      // What follows a colon.
      const end = `${prefix.slice(0, -1)};`;
      return sql`select ${id} as "mailboxId" where exists (
        select 1 from "devices" where "key" > ${prefix} and "key" < ${end} and "decision" is not null)`;
    },
    sql`"mailboxId"`,
  );
  for (const { mailboxId } of found) ids.delete(mailboxId);
  return ids;
}

/** The rows of an organization counted, in steps. */
async function countRows(database: Kysely<Schema>, organization: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  // In the order of the keys the devices of a mailbox come one after the other.
  let mailbox: string | null = null;
  // Of one organization's keys nothing else begins so.
  for (let after = `eas:${organization}:`; ;) {
    const rows = await database
      .selectFrom('devices')
      .select(['key', 'organization', 'mailboxId', ...COUNTED])
      .where('key', '>', after)
      .orderBy('key')
      .limit(KEYS_PER_STEP)
      .execute();
    for (const row of rows) {
      if (row.organization !== organization || row.decision === null) continue;
      for (const name of COUNTED) countUp(counts, `${name}:${row[name]}`, 1);
      if (row.mailboxId !== mailbox) countUp(counts, MAILBOXES, 1);
      mailbox = row.mailboxId;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < KEYS_PER_STEP || !last.key.startsWith(`eas:${organization}:`))
      return counts;
    after = last.key;
  }
}

/** What is decided of a device, and what it was decided by. */
export const DECIDED_COLUMNS = [
  'mailboxId',
  'user',
  'ownerName',
  'kind',
  'lastSync',
  'easId',
  'model',
  'platform',
  'state',
  'decision',
  'rule',
  'reason',
  'since',
  'reviewAt',
] as const;

const DECIDED = new RowInsert(
  'devices',
  ['key', 'organization', 'firstSyncAt', 'firstReadAt', 'told', 'goneAt', ...DECIDED_COLUMNS],
  (insert) =>
    insert.onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet((row) =>
          Object.fromEntries(
            ['goneAt', ...DECIDED_COLUMNS].map((name) => [name, row.ref(`excluded.${name}` as never)]),
          ),
        ),
    ),
  // Twenty values each.
  { size: 250 },
);

function rowOf(
  { at, firstSyncAt, ...device }: DeviceDecision,
  before: DecidedDevice | undefined,
): Selectable<Schema['devices']> {
  const stands =
    before !== undefined &&
    before.decision === device.decision &&
    before.reason === device.reason &&
    before.rule === device.rule;
  return { ...device, firstSyncAt, firstReadAt: at, told: null, goneAt: null, since: stands ? before.since : at };
}

function isSame(before: DecidedDevice | undefined, device: DeviceDecision): boolean {
  return before !== undefined && DECIDED_COLUMNS.every((name) => name === 'since' || before[name] === device[name]);
}

function count(
  counts: Map<string, number>,
  { decision, reason, platform }: Pick<DecidedDevice, 'decision' | 'reason' | 'platform'>,
  by: 1 | -1,
): void {
  countUp(counts, `decision:${decision}`, by);
  countUp(counts, `reason:${reason}`, by);
  countUp(counts, `platform:${platform}`, by);
}

/** Devices that Exchange has no more: what was decided about them holds no longer. */
async function forgetDecisions(database: Kysely<Schema>, organization: string, keys: readonly string[]): Promise<void> {
  await atomically(database, async (transaction) => {
    const kept = await new Devices(transaction).decided(keys);
    if (kept.size === 0) return;
    const counts = new Map<string, number>();
    for (const device of kept.values()) count(counts, device, -1);
    await transaction
      .updateTable('devices')
      .set({ state: 'gone', decision: null, rule: null, reason: null, since: null, reviewAt: null })
      .where('key', 'in', [...kept.keys()])
      .execute();
    const empty = await mailboxesWithout(transaction, organization, [...kept.values()]);
    countUp(counts, MAILBOXES, -empty.size);
    await addCounts(transaction, organization, counts);
  });
}

/** A reading of Exchange. */
interface EasReading {
  readonly no: number;
  readonly scope: string;
  readonly startedAt: string;
  /** True: it is what differences are made from, and takes nothing out. */
  readonly isBase: boolean;
}

/**
 * Adds the devices that a reading of Exchange had first, and forgets what was decided about those it had no more, in steps.
 * Cut off, the next reading adds the rest.
 * @param fieldOf see `Engine.fieldOf`
 */
export async function addNewDevices(
  database: Kysely<Schema>,
  reading: EasReading,
  fieldOf: Engine['fieldOf'],
): Promise<void> {
  for (let after = ''; ;) {
    const { last, rows, gone } = await stepAfter(database, reading, after);
    if (last === null) return;
    const step = { after, last };
    await addOf(database, reading, step, fieldOf);
    if (gone > 0) await forgetGone(database, reading, step);
    if (rows < DEVICES_PER_STEP) return;
    after = last;
  }
}

/** Some rows of a reading in the order of their keys. */
interface KeyRange {
  readonly after: string;
  readonly last: string;
}

/** How far a step goes, and how many rows in it take records out. */
async function stepAfter(
  database: Kysely<Schema>,
  { no, isBase }: EasReading,
  after: string,
): Promise<{ readonly last: string | null; readonly rows: number; readonly gone: number }> {
  // Without the hash the index alone is read.
  const takesOut = isBase ? sql`0` : sql`case when "hash" = ${GONE_HASH} then 1 else 0 end`;
  const found = await sql<{ last: string | null; rows: number | string; gone: number | string | null }>`
    select max("key") as "last", count(*) as "rows", sum("takesOut") as "gone"
    from (select "key", ${takesOut} as "takesOut" from "records" where "generation" = ${no} and "key" > ${after}
      order by "key" limit ${DEVICES_PER_STEP}) as "step"`.execute(database);
  const { last, rows, gone } = found.rows[0]!;
  return { last, rows: Number(rows), gone: Number(gone) };
}

/**
 * Adds the devices of a step, within the database: to fetch a million records and send their keys back is dear. Those that
 * are known, to this process or another one, stay as they are.
 */
async function addOf(
  database: Kysely<Schema>,
  { no, scope, startedAt }: EasReading,
  { after, last }: KeyRange,
  fieldOf: Engine['fieldOf'],
): Promise<void> {
  await sql`
    insert into "devices" ("key", "organization", "firstSyncAt", "firstReadAt")
    select "key", cast(${scope} as text), ${fieldOf('firstSyncAt')}, cast(${startedAt} as text) from "records"
    where "generation" = ${no} and "key" > ${after} and "key" <= ${last} and "hash" <> ${GONE_HASH}
    order by "key" on conflict ("key") do nothing`.execute(database);
}

async function forgetGone(
  database: Kysely<Schema>,
  { no, scope }: EasReading,
  { after, last }: KeyRange,
): Promise<void> {
  const rows = await database
    .selectFrom('records')
    .select('key')
    .where('generation', '=', no)
    .where('key', '>', after)
    .where('key', '<=', last)
    .where('hash', '=', GONE_HASH)
    .execute();
  const keys = rows.map(({ key }) => key);
  for (const some of chunks(await notShown(database, scope, keys), ROWS_PER_STATEMENT)) {
    await forgetDecisions(database, scope, some);
    await forgetMerges(database, scope, some);
    await forgetQuiet(database, some);
  }
}

/** Of keys that a reading takes out those that are not shown again since. */
async function notShown(database: Kysely<Schema>, scope: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const snapshot = await findSnapshot(database, { source: 'eas', scope });
  if (snapshot === undefined) return [];
  const shown = await hashesOf(database, viewOf(snapshot).generations, keys);
  return keys.filter((key) => !isThere(shown.get(key)));
}
