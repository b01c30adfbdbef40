/** Who may do what only one may do. See `Leases` in contract/instances.ts for what is promised. */
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Kysely, Transaction } from 'kysely';
import { ConnectorError } from '../errors.ts';
import { atomically } from './atomically.ts';
import type { Engine } from './dialects.ts';
import type { Schema } from './schema.ts';
import type { Lease, Leases as LeasesOfStore } from './store.ts';

/** Where process numbers count: containers on one host have their own. https://man7.org/linux/man-pages/man7/pid_namespaces.7.html */
const PLACE = `${hostname()}/${pidNamespace()}`;

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return process.platform;
  }
}

/** The node of a lease that nobody comes back for. */
export const GONE = '';

/** A lease that is not renewed for so long has ended, milliseconds. */
export const LEASE_MS = 10_000;
/** How often it is renewed, and asked for by who waits for it, milliseconds. */
export const RENEW_MS = 3_000;

/** What the names of all leases of readings begin with. */
export const READING_LEASES = 'reading/';

/** The lease of whoever reads an organization or an MDM; its holder is the reading's id. */
export function readingLeaseName({ source, scope }: { source: 'eas' | 'mdm'; scope: string }): string {
  return `${READING_LEASES}${source}/${scope}`;
}

/** This process, as a lease names it. */
export const THIS_PROCESS = `${PLACE}/${process.pid}`;

/** The host of a process that a lease names, for a person. */
export function hostOf(process: string): string {
  return process.split('/')[0] ?? process;
}

/** The leases as rows, one a name; the contract is at `Leases` in contract/instances.ts. */
export class Leases implements LeasesOfStore {
  readonly #database: Kysely<Schema>;
  readonly #engine: Pick<Engine, 'lock' | 'clock'>;

  constructor(database: Kysely<Schema>, engine: Pick<Engine, 'lock' | 'clock'>) {
    this.#database = database;
    this.#engine = engine;
  }

  async take(
    wish: Pick<Lease, 'name' | 'holder' | 'node' | 'process'>,
    { validMs, patient = false }: { validMs: number; patient?: boolean },
  ): Promise<Lease> {
    return atomically(this.#database, async (transaction) => {
      await this.#engine.lock(transaction, `lease ${wish.name}`);
      const now = await this.#now(transaction);
      const known = await find(transaction, wish.name);
      const isOwn = known?.holder === wish.holder;
      if (known !== null && !isOwn) {
        // In one process a node is closed before it is started anew.
        const isSelf = known.node === wish.node && known.process === wish.process;
        if (!isSelf && isHeld(known, now, validMs)) return known;
        if (patient && known.node !== GONE && known.node !== wish.node) return known;
      }
      const lease: Lease = {
        ...wish,
        // Who has lost it in between begins anew.
        fence: isOwn && isHeld(known, now, validMs) ? known.fence : (known?.fence ?? 0) + 1,
        until: new Date(now + validMs).toISOString(),
      };
      if (known === null) await forgetOld(transaction, now);
      await transaction
        .insertInto('leases')
        .values(lease)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(lease))
        .execute();
      return lease;
    });
  }

  async release({ name, holder }: Pick<Lease, 'name' | 'holder'>, { forGood = false } = {}): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      const until = new Date(await this.#now(transaction)).toISOString();
      // The row stays, so that the next fence is a new one.
      await transaction
        .updateTable('leases')
        .set({ until, ...(forGood && { node: GONE }) })
        .where('name', '=', name)
        .where('holder', '=', holder)
        .execute();
    });
  }

  async held(names: readonly string[], { validMs }: { validMs: number }): Promise<Lease[]> {
    if (names.length === 0) return [];
    const rows = await this.#database.selectFrom('leases').selectAll().where('name', 'in', names).execute();
    if (rows.length === 0) return [];
    const now = await this.#now(this.#database);
    return rows.filter((lease) => isHeld(lease, now, validMs));
  }

  async heldBelow(prefix: string, { validMs }: { validMs: number }): Promise<Lease[]> {
    const rows = await this.#database
      .selectFrom('leases')
      .selectAll()
      .where('name', '>=', prefix)
      .where('name', '<', `${prefix.slice(0, -1)}0`)
      .execute();
    if (rows.length === 0) return [];
    const now = await this.#now(this.#database);
    return rows.filter((lease) => isHeld(lease, now, validMs));
  }

  async last(name: string): Promise<Lease | null> {
    return find(this.#database, name);
  }

  async check({ name, fence }: Pick<Lease, 'name' | 'fence'>): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await this.#engine.lock(transaction, `lease ${name}`);
      const known = await find(transaction, name);
      if (known?.fence === fence) return;
      throw new ConnectorError('ERR_LEASE_LOST', 'Another switch or Node-RED has taken over in the meantime.', {
        details: { lease: name },
      });
    });
  }

  async #now(database: Kysely<Schema>): Promise<number> {
    const { now } = await database.selectNoFrom(this.#engine.clock.as('now')).executeTakeFirstOrThrow();
    return Date.parse(now);
  }
}

/** A month: nobody who lost a lease then still believes to have it. */
const FORGOTTEN_MS = 30 * 86_400_000;

async function forgetOld(transaction: Transaction<Schema>, now: number): Promise<void> {
  await transaction
    .deleteFrom('leases')
    .where('until', '<', new Date(now - FORGOTTEN_MS).toISOString())
    .execute();
}

async function find(database: Kysely<Schema>, name: string): Promise<Lease | null> {
  return (await database.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst()) ?? null;
}

/*
 *   ends                          its process          held
 *   now or before                 any                  no
 *   later than validity from now  any                  no: the clock was put back
 *   between                       known to be gone     no
 *   between                       otherwise            yes
 */

function isHeld({ until, process: name }: Pick<Lease, 'until' | 'process'>, now: number, validMs: number): boolean {
  const end = Date.parse(until);
  return end > now && end <= now + validMs && !isGone(name);
}

/** True only where it can be known: for a process of this place. @param name as a lease names it */
export function isGone(name: string): boolean {
  if (!name.startsWith(`${PLACE}/`)) return false;
  try {
    process.kill(Number(name.slice(PLACE.length + 1)), 0);
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === 'ESRCH';
  }
}
