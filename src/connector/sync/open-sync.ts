/** A sync of the access switch while its pages come: what a page is, and what is kept until the last one. */
import type { DeviceRecord } from '../../model/records.ts';
import type { StoreParts } from '../../store/store.ts';
import type { SeenPages } from '../readings/seen-pages.ts';
import { SyncDecisions } from './decide-sync.ts';
import { ChangedCauses } from './changed-causes.ts';
import type { GroupMembership } from './group-membership.ts';
import { NotedDevices } from './noted-devices.ts';
import type { SwitchMode } from './sync-report.ts';

/** One page of a merge matcher, and what it says of its sync. */
export interface DevicePage {
  /** Names the sync. */
  readonly id: string;
  readonly kind: 'full' | 'quick';
  readonly organization: string;
  /** When the EAS reading began that it was made from, ISO 8601 UTC; null: it does not say. */
  readonly startedAt: string | null;
  /** Counted from 0. */
  readonly page: number;
  readonly last: boolean;
  readonly dryRun: boolean;
  /** How long an MDM reading stays usable for the matcher; null: it does not say, and the last match counts. */
  readonly maxAgeHours: number | null;
  /** Whether the pages are of every device, or of those that something touched. */
  readonly scope: 'all' | 'changes';
  /** Devices of the organization; null: the pages do not say. */
  readonly known: number | null;
  /** Number of the match that it is of, among those of its organization; null: it does not say. */
  readonly match: number | null;
  readonly devices: readonly DeviceRecord[];
}

/** A sync that the switch is in the middle of. */
export interface OpenSync {
  readonly id: string;
  /** Number of its match; null: its pages do not say. */
  readonly match: number | null;
  readonly mode: SwitchMode;
  readonly decisions: SyncDecisions;
  readonly causes: ChangedCauses;
  readonly noted: NotedDevices;
  readonly maxAgeHours: number;
  /** Milliseconds since 1970. */
  readonly began: number;
  /** Devices that Exchange had at the last reading; null: it was not read. */
  readonly total: number | null;
  /** Devices that a person should look at. */
  undecided: number;
  /** Number of the page that comes next; null: one was lost, failed, or came twice. */
  nextPage: number | null;
  readonly pages: SeenPages;
  /** Devices that nothing had touched and that are decided otherwise than before; null: they are not looked for. */
  missed: number | null;
  readonly groups: GroupMembership | null;
}

/** What happens in the transaction in which a plan becomes valid. */
export type Settle = (together: StoreParts) => Promise<void>;
