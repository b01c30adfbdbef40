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
  const sync = (typeof msg.sync === 'object' && msg.sync !== null ? msg.sync : {}) as Partial<SyncInfo> & {
    dryRun?: unknown;
  };
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
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'The message is no page of EAS or MDM records: wire an EAS source and an MDM source to the matcher.',
    );
  }
  const kind = sync.kind === 'quick' ? 'quick' : 'full';
  return { id, source, kind, startedAt, page, last, organization, scope: organization, dryRun: sync.dryRun === true };
}

function keyOf({ source, scope }: PageSync): string {
  return `${source}:${scope}`;
}

/** Remembers which readings have begun and not ended. */
export class Readings {
  readonly #open = new Map<string, OpenReading>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Notes a page; returns the id of an older reading of the same source and scope that will never end, or null.
   * @throws ConnectorError ERR_SNAPSHOT_INCOMPLETE for a later page of a reading whose first one did not come, or that
   * was dropped
   */
  page(sync: PageSync): string | null {
    const open = this.#open.get(keyOf(sync));
    const goesOn = open?.id === sync.id;
    if (sync.page !== 0 && !goesOn) {
      throw new ConnectorError(
        'ERR_SNAPSHOT_INCOMPLETE',
        `Page ${sync.page + 1} of a reading came, but its first page did not, or the reading was dropped.`,
      );
    }
    if (sync.last) this.#open.delete(keyOf(sync));
    else this.#open.set(keyOf(sync), { id: sync.id, pageAt: this.#now() });
    return open === undefined || goesOn ? null : open.id;
  }

  /** Forgets a reading that lost a page: what still comes of it is refused, and nobody waits for it. */
  drop(sync: PageSync): void {
    if (this.#open.get(keyOf(sync))?.id === sync.id) this.#open.delete(keyOf(sync));
  }

  /** A source whose reading is under way, or null. */
  underWay(): 'eas' | 'mdm' | null {
    for (const [key, reading] of this.#open) {
      if (this.#now() - reading.pageAt < READING_PATIENCE_MS) return key.startsWith('eas:') ? 'eas' : 'mdm';
    }
    return null;
  }
}
