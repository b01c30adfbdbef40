/** What happened: audit, history of runs, and small settings. */
import type { Kysely, Selectable } from 'kysely';
import { atomically } from './atomically.ts';
import type { Engine } from './dialects.ts';
import type { Schema } from './schema.ts';
import type {
  AuditEntry,
  AuditLog as AuditLogOfStore,
  Json,
  Settings as SettingsOfStore,
  SyncHistory as SyncHistoryOfStore,
  SyncHistoryEntry,
} from './store.ts';

/** Rows in one statement, far under both engines' limits on parameters. */
const ROWS_PER_STATEMENT = 500;

/** Runs of one subject that are remembered however young they are: 90 days of one every five minutes for two organizations. */
const REMEMBERED_RUNS = 50_000;

export class AuditLog implements AuditLogOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await atomically(this.#database, async (transaction) => {
      for (let start = 0; start < entries.length; start += ROWS_PER_STATEMENT) {
        const rows = entries.slice(start, start + ROWS_PER_STATEMENT).map(toAuditRow);
        await transaction.insertInto('audit').values(rows).execute();
      }
    });
  }

  async recent(options: { limit?: number; deviceKey?: string } = {}): Promise<AuditEntry[]> {
    const { limit = 100, deviceKey } = options;
    const rows = await this.#database
      .selectFrom('audit')
      .selectAll()
      .$if(deviceKey !== undefined, (query) => query.where('deviceKey', '=', deviceKey ?? ''))
      .orderBy('no', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toAuditEntry);
  }

  async count({ organization, what }: { organization: string; what: string }): Promise<number> {
    const { count } = await this.#database
      .selectFrom('audit')
      .select(({ fn }) => fn.countAll<number | string>().as('count'))
      .where('organization', '=', organization)
      .where('what', '=', what)
      .executeTakeFirstOrThrow();
    return Number(count);
  }
}

function toAuditRow(entry: AuditEntry): Omit<Selectable<Schema['audit']>, 'no'> {
  const { at, who, what, deviceKey, organization, rule, reason, approvedBy } = entry;
  const [evidence, before, after] = [entry.evidence, entry.before, entry.after].map((value) => JSON.stringify(value));
  return {
    at,
    who,
    what,
    deviceKey,
    organization,
    rule,
    reason,
    evidence: evidence ?? '[]',
    before: before ?? 'null',
    after: after ?? 'null',
    approvedBy,
  };
}

/** An entry as its row has it. */
export function toAuditEntry(row: Selectable<Schema['audit']>): AuditEntry {
  const { at, who, what, deviceKey, organization, rule, reason, approvedBy } = row;
  return {
    at,
    who,
    what,
    deviceKey,
    organization,
    rule,
    reason,
    evidence: JSON.parse(row.evidence) as string[],
    before: JSON.parse(row.before) as Json,
    after: JSON.parse(row.after) as Json,
    approvedBy,
  };
}

export class SyncHistory implements SyncHistoryOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add({ syncId, at, subject, organization, ok, tookMs, report }: SyncHistoryEntry): Promise<void> {
    await this.#database
      .insertInto('history')
      .values({
        syncId,
        at,
        subject,
        organization,
        ok: ok ? 1 : 0,
        tookMs: Math.round(tookMs),
        report: JSON.stringify(report),
      })
      .execute();
    const beyond = await this.#database
      .selectFrom('history')
      .select('no')
      .where('subject', '=', subject)
      .orderBy('no', 'desc')
      .limit(1)
      .offset(REMEMBERED_RUNS)
      .executeTakeFirst();
    if (beyond === undefined) return;
    await this.#database.deleteFrom('history').where('subject', '=', subject).where('no', '<=', beyond.no).execute();
  }

  async recent(options: Parameters<SyncHistoryOfStore['recent']>[0] = {}): Promise<SyncHistoryEntry[]> {
    const { limit = 50, subject, organization } = options;
    const rows = await this.#database
      .selectFrom('history')
      .selectAll()
      .$if(subject !== undefined, (query) => query.where('subject', 'in', [subject ?? []].flat()))
      .$if(organization !== undefined, (query) => query.where('organization', '=', organization ?? ''))
      .orderBy('no', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toHistoryEntry);
  }
}

function toHistoryEntry(row: Selectable<Schema['history']>): SyncHistoryEntry {
  const { syncId, at, subject, organization, tookMs } = row;
  return { syncId, at, subject, organization, ok: row.ok === 1, tookMs, report: JSON.parse(row.report) as Json };
}

export class Settings implements SettingsOfStore {
  readonly #database: Kysely<Schema>;
  readonly #lock: Engine['lock'];

  constructor(database: Kysely<Schema>, { lock }: Pick<Engine, 'lock'>) {
    this.#database = database;
    this.#lock = lock;
  }

  async get<T extends Json = Json>(name: string): Promise<T | null> {
    const row = await this.#database.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : (JSON.parse(row.value) as T);
  }

  async set(name: string, value: Json): Promise<void> {
    const text = JSON.stringify(value);
    await this.#database
      .insertInto('settings')
      .values({ name, value: text })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: text }))
      .execute();
  }

  async edit<T extends Json = Json>(name: string, change: (kept: T | null) => T): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, `setting ${name}`);
      const settings = new Settings(transaction, { lock: this.#lock });
      const kept = await settings.get<T>(name);
      const changed = change(kept);
      if (changed !== kept) await settings.set(name, changed);
    });
  }
}
