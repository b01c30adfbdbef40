/** What an administrator chose of an access switch, typed. */
import type { Rule } from '../../access/rules.ts';

/** What an admin chose in the dialog. */
export interface SwitchSettings {
  readonly mode: 'simulate' | 'enforce';
  /** Empty: the default rules. */
  readonly rules: readonly Rule[];
  readonly brakePercent: number;
  readonly brakeCount: number;
  /** Null: three times as many as in one sync. */
  readonly brakePerDay: number | null;
  readonly adoptEntries: boolean;
  /** New devices while the MDM is away: `leave` is safe, `allow` fails open, `block` fails closed. */
  readonly whenMdmAway: 'leave' | 'allow' | 'block';
  /** How a site that has devices already begins. */
  readonly startFrom: 'strict' | 'grandfather';
  /** Devices in use within so many days before the first enforced sync stay allowed for as many days after it. */
  readonly grandfatherDays: number;
  /** Blocks wait while no notifier could mail their users. */
  readonly mailFirst: boolean;
}
