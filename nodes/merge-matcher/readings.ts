/** Which readings are under way, so that one match follows a pair of readings and not two. */
import { ConnectorError } from '../../src/errors.ts';
import type { SyncInfo } from '../../src/model/records.ts';
import type { Msg } from '../red.ts';

/** What a page says of its reading. */
export type PageSync = SyncInfo & { readonly scope: string; readonly dryRun: boolean };

/** A reading without a new page for this long is taken for dead. */
export const READING_PATIENCE_MS = 60_000;

interface OpenReading {
  readonly id: string;
  pageAt: number;
}

/**
 * The `msg.sync` of a page.
 * @throws ConnectorError ERR_INPUT_INVALID if the message is no page of records
 */
export function pageSyncOf(msg: Msg): PageSync {
  const sync = (typeof msg.sync === 'object' && msg.sync !== null ? msg.sync : {}) as Partial<SyncInfo> & { dryRun?: unknown };
  const { id, source, startedAt, page, last, organization } = sync;
  const isPage =
    typeof id === 'string' &&
    (source === 'eas' || source === 'mdm') &&
    typeof startedAt === 'string' &&
    typeof page === 'number' &&
    typeof last === 'boolean' &&
    typeof organization === 'string' &&
    Array.isArray(msg.payload);
  if (!isPage) {
    throw new ConnectorError('ERR_INPUT_INVALID', 'The message is no page of EAS or MDM records: wire an EAS source and an MDM source to the matcher.');
  }
  const kind = sync.kind === 'quick' ? 'quick' : 'full';
  return { id, source, kind, startedAt, page, last, organization, scope: organization, dryRun: sync.dryRun === true };
}

/** Remembers which readings have begun and not ended. */
export class Readings {
  readonly #open = new Map<string, OpenReading>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Notes a page; returns the id of an older reading of the same source and scope that will never end, or null. */
  page(sync: PageSync): string | null {
    const key = `${sync.source}:${sync.scope}`;
    const open = this.#open.get(key);
    const replaced = open !== undefined && open.id !== sync.id ? open.id : null;
    if (sync.last) this.#open.delete(key);
    else this.#open.set(key, { id: sync.id, pageAt: this.#now() });
    return replaced;
  }

  /** A source whose reading is under way, or null. */
  underWay(): 'eas' | 'mdm' | null {
    for (const [key, reading] of this.#open) {
      if (this.#now() - reading.pageAt < READING_PATIENCE_MS) return key.startsWith('eas:') ? 'eas' : 'mdm';
    }
    return null;
  }
}
