/** Who works, of several processes, and what is asked of it. Times are ISO 8601 UTC text unless a field says otherwise. */
import type { Json } from './json.ts';

/** Who does a work that only one may do at a time. */
export interface Lease {
  readonly name: string;
  /** Names who has it: one start of one node. */
  readonly holder: string;
  /** The node; the same after a restart, and in every instance of its flow. */
  readonly node: string;
  /** The process, and where its number counts. */
  readonly process: string;
  /** Grows with every new holder. */
  readonly fence: number;
  /** By the database's clock. */
  readonly until: string;
}

/**
 * Leases by the database's clock. One that is not renewed ends by itself; so does one whose process is known to be gone, and
 * one that ends later than its validity from now: the clock was put back.
 */
export interface Leases {
  /**
   * Takes or renews a lease, if nobody else has it.
   * @param options.patient leaves one that has ended to the node that had it last
   * @returns the lease as it stands: the caller's own if its `holder` is
   */
  take(
    wish: Pick<Lease, 'name' | 'holder' | 'node' | 'process'>,
    options: { validMs: number; patient?: boolean },
  ): Promise<Lease>;
  /** Ends a lease that this one holds. @param forGood nobody is waited for */
  release(lease: Pick<Lease, 'name' | 'holder'>, options?: { forGood?: boolean }): Promise<void>;
  /** The leases of these names that somebody holds. */
  held(names: readonly string[], options: { validMs: number }): Promise<Lease[]>;
  /** The leases that somebody holds and whose names begin so; the prefix ends in a slash. */
  heldBelow(prefix: string, options: { validMs: number }): Promise<Lease[]>;
  /** The lease as it was left, held or not. One that was let go for good has an empty node. */
  last(name: string): Promise<Lease | null>;
  /** Within a transaction that must not be another's: throws ERR_LEASE_LOST unless this fence is the last one. */
  check(lease: Pick<Lease, 'name' | 'fence'>): Promise<void>;
}

/** What is asked of the instance that works for an organization, by one that does not. */
export interface InstanceRequest {
  readonly id: string;
  readonly organization: string;
  /** The node that is asked, the same in every instance of its flow; empty: whichever of its kind there is. */
  readonly node: string;
  /** What is asked for. */
  readonly topic: string;
  readonly payload: Json;
  /** The person who asks; null: nobody has said who. */
  readonly askedBy: string | null;
  /** The host on which it was asked. */
  readonly askedFrom: string;
  readonly askedAt: string;
  /** How often it was begun with. */
  readonly tries: number;
}

/** What is asked of the instance that works: a row until it is done there. */
export interface InstanceRequests {
  add(requests: readonly InstanceRequest[]): Promise<void>;
  /** The oldest first. */
  list(filter: { organization?: string; topic?: string }): Promise<InstanceRequest[]>;
  /** It is begun with. */
  begin(id: string): Promise<void>;
  /** They are done. */
  remove(ids: readonly string[]): Promise<void>;
}
