/** What a person looks through, page by page, and counts over days. Nothing is changed. Times are ISO 8601 UTC text. */
import type { Json } from './json.ts';
import type { AuditEntry, DecidedDevice, TimelineStep } from './happened.ts';

/** In which order devices come: by their owner, by when it was decided so, by model, state, decision or last sync. */
export type DeviceOrder = 'owner' | 'since' | 'kind' | 'state' | 'decision' | 'lastSync';

/** A place in a list: the value that it is ordered by and the key, of the last row that was looked at. */
export interface ListPlace {
  readonly value: string;
  readonly key: string;
}

/** Which devices; what is absent or empty does not count. Of several values one must fit. */
export interface DevicesWanted {
  /** A part of the owner's UPN or address or of the name that Exchange shows, of the EAS ID or of the model, in either case. */
  readonly text?: string;
  /** Exchange's access states. */
  readonly states?: readonly string[];
  /** What was decided. */
  readonly decisions?: readonly string[];
  /** Codes of reasons. */
  readonly reasons?: readonly string[];
  readonly platforms?: readonly string[];
}

/** A device with what is told of it elsewhere. */
export interface ListedDevice extends DecidedDevice {
  /** The MDM record that it is one with. */
  readonly mdmKey: string | null;
  /** A change that has not reached Exchange yet, and the code of its last error. */
  readonly waiting: { readonly state: string; readonly error: string | null } | null;
  /** When the last mail about it was sent. */
  readonly mailedAt: string | null;
  /** A mail about it waits for a person. */
  readonly mailFailed: boolean;
}

/** A page of devices that were decided about and that Exchange has. */
export interface DevicePage {
  readonly devices: readonly ListedDevice[];
  /** Where the next page goes on; null: there is none. A page may be short, or empty, and not the last one. */
  readonly next: ListPlace | null;
}

/** Which entries of the audit; what is absent does not count. */
export interface AuditWanted {
  readonly organization?: string;
  /** At this time or later. */
  readonly from?: string;
  /** Before this time. */
  readonly to?: string;
  /** Who acted, or approved. */
  readonly person?: string;
  readonly deviceKey?: string;
  /** Devices of which one is meant. */
  readonly deviceKeys?: readonly string[];
  /** The end of the device's key: its EAS ID, folded. */
  readonly easId?: string;
  readonly what?: string;
}

/** An entry with its number. */
export interface NumberedEntry extends AuditEntry {
  readonly no: number;
}

/** A page of the audit, the newest first. */
export interface AuditPage {
  readonly entries: readonly NumberedEntry[];
  /** Time and number of the last entry that was looked at; null: there is no further page. It may be short, and not the last. */
  readonly next: { readonly at: string; readonly no: number } | null;
}

/** How many values are at most so large: one count for each bound, not added up, and one for what is larger. */
export interface Distribution {
  readonly counts: readonly number[];
  readonly sum: number;
}

/** How often something happened on a day (UTC). */
export interface DayCount {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly step: TimelineStep['step'];
  readonly count: number;
}

/** Changes of the outbox in one state, after their last error. */
export interface WaitingCount {
  readonly state: string;
  /** Code of the error; null: none was tried. */
  readonly code: string | null;
  readonly count: number;
}

/** Lists and counts for who looks at the store. */
export interface Listings {
  /** The organizations that were read, in order, and then those of which only a plan is held. */
  organizations(): Promise<string[]>;
  /**
   * Before a sync about all devices: where it is the first one about very many, the orders of lists are let go of until
   * `makeOrders`, on SQLite. Meanwhile `devices` and `called` reject with ERR_STORE_SORTING.
   */
  postponeOrders(): Promise<void>;
  /**
   * Makes the orders that are missing, beside the event loop; comes back at once.
   * @param by 'sync': one is through; 'care': unless one of this process does without them
   */
  makeOrders(by: 'sync' | 'care'): void;
  /**
   * Rejects with ERR_STORE_SORTING before the first sync of very many devices is through.
   * @param page.after where to go on
   * @param page.rows devices at most
   * @param page.look rows that are looked at in one statement, of two at most; default 2,500: some milliseconds each
   */
  devices(
    organization: string,
    wanted: DevicesWanted,
    page: {
      readonly order: DeviceOrder;
      readonly descending: boolean;
      readonly after: ListPlace | null;
      readonly rows: number;
      readonly look?: number;
    },
  ): Promise<DevicePage>;
  /**
   * Keys of the devices that are known, those that Exchange has no more too, with this EAS ID, or of the mailbox with this
   * GUID, UPN or address, of a mailbox those too that only the audit knows any more; in either case, in order. Rejects as
   * `devices` does. @param rows at most
   */
  called(text: string, rows: number): Promise<string[]>;
  /** @param page as for {@link devices}, in one statement */
  audit(
    wanted: AuditWanted,
    page: { readonly after: AuditPage['next']; readonly rows: number; readonly look?: number },
  ): Promise<AuditPage>;
  /** How often each of these steps happened on each day since then, by day. */
  perDay(organization: string, steps: readonly TimelineStep['step'][], since: string): Promise<DayCount[]>;
  /** How long people waited for steps that happened at `since` or later, in seconds. @param bounds ascending */
  waits(
    organization: string,
    step: TimelineStep['step'],
    since: string,
    bounds: readonly number[],
  ): Promise<Distribution>;
  /** How long runs of a subject took that ended at `since` or later, in milliseconds. @param bounds ascending */
  durations(subject: string, since: string, bounds: readonly number[]): Promise<Distribution>;
  /** The report of the last sync on each day that held changes, failed or had a problem, since then, by day. */
  unwellDays(organization: string, since: string): Promise<{ readonly day: string; readonly report: Json }[]>;
  waiting(organization: string): Promise<WaitingCount[]>;
  /** How many entries on the mailboxes' lists are ours, as far as it is known. */
  owned(organization: string): Promise<{ readonly allowed: number; readonly blocked: number }>;
}
