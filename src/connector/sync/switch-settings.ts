/** What an administrator chose of an access switch, typed. */
import type { Rule } from '../../access/rules.ts';

/** What an admin chose in the dialog. */
export interface SwitchSettings {
  readonly mode: 'simulate' | 'enforce';
  /** Empty: the default rules. */
  readonly rules: readonly Rule[];
  /** Share of the mailboxes with devices that may lose access in one sync. */
  readonly brakePercent: number;
  /** So many mailboxes always may. */
  readonly brakeCount: number;
  /** The same within 24 hours; null: three times as many as in one sync. */
  readonly brakePerDay: number | null;
  readonly adoptEntries: boolean;
  /** New devices while the MDM is away: `leave` is safe, `allow` fails open, `block` fails closed. */
  readonly whenMdmAway: 'leave' | 'allow' | 'block';
  /** How a site that has devices already begins. */
  readonly startFrom: 'strict' | 'grandfather';
  /** Devices in use within so many days before the first enforced sync stay allowed for as many days after it. */
  readonly grandfatherDays: number;
  /** Unmatched devices that have not tried to sync for so many days are blocked without a mail; 0: none is. */
  readonly idleDays: number;
  /** Our blocked entries of devices that Exchange has had no more for so many days are taken off; 0: never. */
  readonly tidyDays: number;
  /** Partnerships that we block, and with which nothing has tried to sync for so many days, are removed; 0: never. */
  readonly removeIdleDays: number;
  /** A person may have a partnership removed, whatever is decided about its device. */
  readonly removeByHand: boolean;
  /** Blocks wait while no notifier could mail their users. */
  readonly mailFirst: boolean;
}
