/**
 * Opens the store. Everything that needs Kysely (ES modules only) or node:sqlite (Node.js 22.13) hangs on this file;
 * load it through `loadStore`, which says so on an older Node.js.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Kysely } from 'kysely';
import { ConnectorError, isConnectorError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Activations, Pairings } from './activations.ts';
import { Announcements } from './announcements.ts';
import { AskedUsers } from './asked-users.ts';
import { LastAttempts } from './last-attempts.ts';
import { AuditLog, Settings, SyncHistory } from './audit.ts';
import { Devices } from './devices.ts';
import { EntraDevices } from './entra-devices.ts';
import { Organizations } from './organizations.ts';
import { openPostgres, openSqlite, readSqlite } from './dialects.ts';
import type { Engine } from './dialects.ts';
import { Exemptions } from './exemptions.ts';
import { Generations } from './generations.ts';
import { GoneDevices } from './gone-devices.ts';
import { HeldPlans } from './held-plans.ts';
import { Leases } from './leases.ts';
import { ListEntries } from './list-entries.ts';
import { Listings } from './listings/listings.ts';
import { Lowered } from './lowered.ts';
import { Mails } from './mails.ts';
import { Merges } from './merges.ts';
import { Returns } from './returns.ts';
import { MissedDevices } from './missed-devices.ts';
import { migrate, refuseIncomplete, refuseOtherVersion } from './migrations.ts';
import { LinkTokens } from './link-tokens.ts';
import { Checks } from './checks.ts';
import { Notifiers } from './notifiers.ts';
import { Outbox } from './outbox.ts';
import { InstanceRequests } from './requests.ts';
import { Retention } from './retention.ts';
import type { Schema } from './schema.ts';
import { Snapshots } from './snapshots.ts';
import { Sources } from './sources.ts';
import type { OpenStoreOptions, Store, StoreParts } from './store.ts';
import { Timeline } from './timeline.ts';
import { Touched } from './touched.ts';
import { refusal } from '../model/refusals.ts';
import { english } from '../model/say.ts';

/** How long a store that is being closed waits for its clearing away. */
const CLEARING_MS = 1500;

/** 256 bits: as long as the hash it is used with. RFC 2104 section 3. */
const SECRET_BYTES = 32;
/** Characters of a secret that somebody chose: 128 bits if they are random bytes, and enough of a pass phrase. */
const SHORTEST_SECRET = 16;

/** One database of this process, however many nodes use it. */
interface Shared {
  readonly store: Omit<Store, 'linkSecret' | 'close'>;
  readonly linkSecret: Uint8Array;
  close(): Promise<void>;
}

/**
 * Databases that are open in this process, by what names them. A module-wide table, because nodes that know nothing of
 * each other must share one connection: two would wait for each other's locks.
 */
const open = new Map<string, { shared: Promise<Shared>; users: number }>();

/**
 * Opens the store, makes it if there is none, and brings an old one up to date.
 * Errors: ERR_CONFIG_INVALID (no path or connection, secret too short), ERR_STORE_OPEN, ERR_STORE_VERSION (written by a
 * newer package), ERR_STORE_BUSY (another process keeps it locked), ERR_DEPENDENCY_MISSING (PostgreSQL without `pg`).
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const ownSecret = secretOf(options.linkSecret);
  const name = nameOf(options);
  const entry = open.get(name) ?? { shared: openShared(options), users: 0 };
  open.set(name, entry);
  entry.users += 1;
  let shared: Shared;
  try {
    shared = await entry.shared;
  } catch (error) {
    if (open.get(name) === entry) open.delete(name);
    throw error;
  }
  let closing: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (open.get(name) === entry) open.delete(name);
    await shared.close();
  };
  return {
    ...shared.store,
    linkSecret: ownSecret ?? shared.linkSecret,
    close: async () => (closing ??= leave()),
  };
}

function secretOf(given: OpenStoreOptions['linkSecret']): Uint8Array | undefined {
  if (given === undefined || given === '') return undefined;
  const secret = typeof given === 'string' ? new TextEncoder().encode(given) : given;
  if (secret.length >= SHORTEST_SECRET) return secret;
  throw new ConnectorError('ERR_CONFIG_INVALID', refusal('short-secret', { count: SHORTEST_SECRET }));
}

function nameOf(options: OpenStoreOptions): string {
  if (options.engine === 'postgres') {
    if (options.connection) return options.connection;
    throw new ConnectorError('ERR_CONFIG_INVALID', refusal('no-connection'));
  }
  if (!options.path) throw new ConnectorError('ERR_CONFIG_INVALID', refusal('no-path'));
  if (options.path === ':memory:') return `:memory:${randomUUID()}`;
  return `file:${realPath(options.path)}`;
}

/** The path without links, so that two spellings of one file are one store; the file need not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(resolve(path));
    return existsSync(folder) ? join(realpathSync(folder), basename(path)) : resolve(path);
  }
}

async function openShared(options: OpenStoreOptions): Promise<Shared> {
  const now = options.now ?? (() => new Date());
  const engine =
    options.engine === 'postgres' ? await openPostgres(options.connection ?? '') : openSqlite(options.path ?? '');
  const database = new Kysely<Schema>({ dialect: engine.dialect, plugins: [...engine.plugins] });
  try {
    const identity = await prepare(database, engine);
    const generations = new Generations(database, {
      engine,
      now,
      leases: new Leases(database, engine),
      ...(options.logger ? { logger: options.logger } : {}),
    });
    await generations.sweep();
    const repositories = repositoriesOf(database, {
      engine,
      generations,
      now,
      id: identity.id,
      logger: options.logger,
    });
    return {
      store: { id: identity.id, ...repositories },
      linkSecret: identity.linkSecret,
      close: async () => {
        // What is cut off is done after the next opening.
        const clearing = Promise.all([generations.close(), repositories.listings.close()]);
        await Promise.race([clearing, setTimeout(CLEARING_MS, undefined, { ref: false })]);
        await repositories.snapshots.close();
        await engine.quiet();
        const closed = database.destroy();
        engine.cut();
        await closed;
      },
    };
  } catch (error) {
    await database.destroy().catch(() => {});
    throw error;
  }
}

function repositoriesOf(
  database: Kysely<Schema>,
  {
    engine,
    generations,
    now,
    id,
    logger,
  }: { engine: Engine; generations: Generations; now: () => Date; id: string; logger?: Logger | undefined },
): Omit<Store, 'id' | 'linkSecret' | 'close'> & { readonly snapshots: Snapshots; readonly listings: Listings } {
  return {
    ...together(database, engine),
    retention: new Retention(database),
    gone: new GoneDevices(database),
    listings: new Listings(database, engine, logger),
    snapshots: new Snapshots(database, {
      lock: engine.lock,
      fieldOf: engine.fieldOf,
      textOf: engine.textOf,
      generations,
      now,
      salt: id,
      together: (transaction) => together(transaction, engine),
    }),
    together: (work) => database.transaction().execute((transaction) => work(together(transaction, engine))),
  };
}

function together(database: Kysely<Schema>, engine: Engine): StoreParts {
  return {
    sources: new Sources(database),
    activations: new Activations(database),
    pairings: new Pairings(database),
    exemptions: new Exemptions(database),
    entries: new ListEntries(database),
    missed: new MissedDevices(database),
    outbox: new Outbox(database),
    mails: new Mails(database, engine),
    announcements: new Announcements(database),
    devices: new Devices(database),
    timeline: new Timeline(database),
    leases: new Leases(database, engine),
    tokens: new LinkTokens(database),
    plans: new HeldPlans(database),
    history: new SyncHistory(database),
    audit: new AuditLog(database),
    requests: new InstanceRequests(database),
    settings: new Settings(database, engine),
    lowered: new Lowered(database),
    asked: new AskedUsers(database),
    attempts: new LastAttempts(database),
    entra: new EntraDevices(database),
    touched: new Touched(database),
    merges: new Merges(database),
    returns: new Returns(database),
    notifiers: new Notifiers(database, engine),
    checks: new Checks(database),
    organizations: new Organizations(database),
  };
}

/**
 * Opens a store that is there, to read it: nothing is made, updated, cleared or written, and every write is refused with
 * ERR_STORE_WRITE. A Node-RED that writes it goes on. Its link secret is not read and is empty.
 * Errors as of `openStore`, and ERR_STORE_OPEN if there is no such store, ERR_STORE_VERSION for an older or newer one.
 */
export async function openStoreToRead(
  options: Pick<OpenStoreOptions, 'engine' | 'path' | 'connection'>,
): Promise<Store> {
  nameOf(options);
  const engine =
    options.engine === 'postgres' ? await openPostgres(options.connection ?? '', true) : readSqlite(options.path ?? '');
  const database = new Kysely<Schema>({ dialect: engine.dialect, plugins: [...engine.plugins] });
  try {
    const id = await identify(database);
    const now = (): Date => new Date();
    const generations = new Generations(database, { engine, now, leases: new Leases(database, engine) });
    // It deletes nothing from now on: what is no longer shown is its writer's.
    await generations.close();
    return {
      id,
      ...repositoriesOf(database, { engine, generations, now, id }),
      linkSecret: new Uint8Array(0),
      close: () => database.destroy(),
    };
  } catch (error) {
    await database.destroy().catch(() => {});
    throw error;
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNDEFINED_TABLE = '42P01';

/** The id of a store of this version. A database that does not even have the table is none. */
export async function identify(database: Kysely<Schema>): Promise<string> {
  try {
    await refuseOtherVersion(database);
    await refuseIncomplete(database);
    const row = await database.selectFrom('meta').select('value').where('name', '=', 'id').executeTakeFirstOrThrow();
    return row.value;
  } catch (error) {
    if (!isConnectorError(error, 'ERR_STORE_WRITE')) throw error;
    const { code, message } = (error.cause ?? {}) as { code?: unknown; message?: unknown };
    const isMissing = code === UNDEFINED_TABLE || /no such table/.test(String(message));
    const why = english(String(message));
    throw new ConnectorError('ERR_STORE_OPEN', isMissing ? refusal('not-ours') : refusal('unread', { why }), {
      cause: error,
    });
  }
}

async function prepare(database: Kysely<Schema>, engine: Engine): Promise<{ id: string; linkSecret: Uint8Array }> {
  await migrate(database, engine);
  const id = await madeOnce(database, 'id', randomUUID());
  const secret = await madeOnce(database, 'linkSecret', randomBytes(SECRET_BYTES).toString('base64url'));
  return { id, linkSecret: Buffer.from(secret, 'base64url') };
}

async function madeOnce(database: Kysely<Schema>, name: string, value: string): Promise<string> {
  await database
    .insertInto('meta')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await database.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirstOrThrow();
  return row.value;
}
