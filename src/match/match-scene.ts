/** What the matcher looks at: both sides, what is known besides, and how it is set up. */
import type { Activation, Pairing } from '../model/records.ts';
import type { ServerClock } from '../model/server-clock.ts';
import type { EasIndex } from './eas-index.ts';
import type { ClocksOfSources } from './mdm-clocks.ts';
import type { MdmIndex } from './mdm-index.ts';
import type { LoadAttempts, LoadPast } from './past.ts';
import type { LoadReturns } from './returned.ts';

/** How the matcher is set up, and what is known of the MDM snapshot. */
export interface MatchOptions {
  /** Same EAS ID under another user holds; off: merges and says so. Default on. */
  readonly sameUser?: boolean;
  /** An activation may claim a record enrolled before the click if it is the only one. Default on. */
  readonly lateActivation?: boolean;
  /**
   * A click claims what is enrolled within 14 days after it. Off for the first match of a store, which makes the merges that
   * an older version had made, by that version's rules. Default on.
   */
  readonly clickWindow?: boolean;
  /** MDM sources that tell the EAS IDs of iPhones and iPads: none of theirs is claimed late. With the 14 days only. */
  readonly idTellers?: readonly string[];
  /** Rule 4: serial number or IMEI. Default off. */
  readonly serialMatch?: boolean;
  /** When the reading that made the MDM snapshot began; null: there is none. */
  readonly mdmStartedAt: string | null;
  /** When the match is made, ISO 8601 UTC: what it finds to be one no more is so since then. Absent: nothing is remembered. */
  readonly at?: string;
  /** The reading reached its end. */
  readonly mdmComplete: boolean;
  /** The reading is not older than the matcher's `maxAge`. */
  readonly mdmFresh: boolean;
  /** When the reading that made the EAS snapshot ended; null or absent: nobody knows, and no time counts as in the future. */
  readonly easReadAt?: string | null;
  /** How Exchange's clock stands to ours; absent: nobody knows. */
  readonly easClock?: ServerClock;
  /** How the clocks of the MDMs do; absent: nobody knows. */
  readonly mdmClocks?: ClocksOfSources;
}

/** What the match rules looks at. */
export interface MatchScene {
  readonly mdm: MdmIndex;
  /** All EAS records of the snapshot. Without it, what needs the whole picture is not concluded. */
  readonly eas?: EasIndex;
  readonly activations?: readonly Activation[];
  readonly pairings?: readonly Pairing[];
  /**
   * When the first of our readings began that had a device, ISO 8601, by its key: in place of a first sync that Exchange does
   * not tell, or puts into the future. Absent, or a key it does not know: such a device is not judged.
   */
  readonly firstRead?: (easKeys: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** What EAS records were one with last, as the store remembers it. Absent: nobody knows of any. */
  readonly past?: LoadPast;
  /** Returns under a new EAS ID that were believed. Absent: nobody knows of any. */
  readonly returns?: LoadReturns;
  /** What Exchange said of last attempts to sync. Absent: nobody knows of any. */
  readonly attempts?: LoadAttempts;
  /** When every MDM was asked for the devices of a mailbox's user since, milliseconds since 1970, by its GUID, folded. */
  readonly asked?: ReadonlyMap<string, number>;
  readonly options: MatchOptions;
}
