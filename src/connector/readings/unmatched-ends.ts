/**
 * The ends of readings that no match has followed yet: rows, so that a killed process loses none, and another instance sees
 * them.
 * In: readings that end; matches that are asked for. Out: what is to be matched, and by whom. Changes: the rows.
 */
import { hostOf } from '../../store/leases.ts';
import type { InstanceRequest, Json, Store, StoreParts } from '../../store/store.ts';
import type { Clock, Ids } from '../ports.ts';
import type { ReadingPage } from './keep-reading.ts';
import type { ReadingName } from './readings-under-way.ts';

/** The topic of the rows. */
const MATCH = 'match';

/** A sync has been since. */
const FORGOTTEN_MS = 86_400_000;

/** Why a match is wanted. */
export interface WantedMatch {
  readonly kind: 'full' | 'quick';
  readonly dryRun: boolean;
  /** Whose reading has ended; null: nobody's, it is asked for, whoever is reading. */
  readonly ended: ReadingName | null;
  /** It is one of all devices, whatever was touched. */
  readonly all?: boolean;
}

/** A match that is wanted for one organization. */
export interface UnmatchedEnd extends WantedMatch {
  /** Of the row. */
  readonly id: string;
  readonly organization: string;
}

/** The rows of one matcher. */
export class UnmatchedEnds {
  readonly #node: string;
  readonly #process: string;
  readonly #now: Clock;
  readonly #ids: Ids;

  /**
   * @param options.node the matcher, the same in every instance of its flow
   * @param options.process names this process in leases
   */
  constructor({ node, process, now, ids }: { node: string; process: string; now: Clock; ids: Ids }) {
    this.#node = node;
    this.#process = process;
    this.#now = now;
    this.#ids = ids;
  }

  /** Keeps that a match is wanted, for each of the organizations. */
  async add(
    { requests }: Pick<StoreParts, 'requests'>,
    organizations: readonly string[],
    want: WantedMatch,
  ): Promise<void> {
    await requests.add(
      organizations.map((organization) => ({
        id: this.#ids(),
        organization,
        node: this.#node,
        topic: MATCH,
        payload: { ...want, ended: want.ended === null ? null : { ...want.ended } } satisfies Json,
        askedBy: null,
        askedFrom: hostOf(this.#process),
        askedAt: new Date(this.#now()).toISOString(),
        tries: 0,
      })),
    );
  }

  /** Those that wait, the oldest first. One that is a day old is forgotten: a sync has been since. */
  async list({ requests }: Pick<Store, 'requests'>): Promise<UnmatchedEnd[]> {
    const rows = (await requests.list({ topic: MATCH })).filter((row) => this.isOwn(row));
    const forgottenBefore = new Date(this.#now() - FORGOTTEN_MS).toISOString();
    const old = rows.filter(({ askedAt }) => askedAt < forgottenBefore);
    await requests.remove(old.map(({ id }) => id));
    return rows.filter((row) => !old.includes(row)).map(toEnd);
  }

  /** True for a row that this matcher sees to. */
  isOwn({ topic, node }: Pick<InstanceRequest, 'topic' | 'node'>): boolean {
    return topic === MATCH && (node === this.#node || node === '');
  }
}

/** What a page says of the match that follows its reading. */
export function wantedAfter({ kind, dryRun, source, scope }: ReadingPage): WantedMatch {
  return { kind, dryRun, ended: { source, scope } };
}

function toEnd({ id, organization, payload }: InstanceRequest): UnmatchedEnd {
  return { id, organization, ...(payload as unknown as WantedMatch) };
}
