/**
 * What the store forgets, and when. Pure.
 *
 *   rows                              kept for     and as long as                                       why so
 *   history                           90 days      –                                                    a quarter; the store keeps the last 50,000 at most
 *   notifications (mails sent)        a year       an entry or a change of the device stands            they say that its user was mailed: without them the next sync mails again
 *   activations                       a year       the device is in Exchange, or an entry or a change   an activation is what merges it: without it a good phone would be blocked
 *                                                  of it stands, or Exchange was not wholly read
 *   links (tokens)                    a year after they expired                                         a question about an old link can still be answered
 *   audit                             for good     it is exported, then cut by a person                 nobody's deeds go by themselves
 *   pairings                          for good     a person takes them back                             a person made them
 */
import type { Forgettable, OldRow } from '../../store/store.ts';

const DAY_MS = 86_400_000;

/** Days that rows are kept at least. For tokens: after they have expired. */
export const KEPT_DAYS: Readonly<Record<Forgettable | 'tokens', number>> = {
  history: 90,
  notifications: 365,
  activations: 365,
  tokens: 365,
};

/** What rows are needed for, however old they are. */
export interface Needs {
  /** Keys of the devices that an entry or a change stands for. */
  readonly devices: ReadonlySet<string>;
  /** Keys of the devices that Exchange has; null: it was not wholly read, nobody knows. */
  readonly inExchange: ReadonlySet<string> | null;
  /** Keys that a device of this mailbox and EAS ID has, one an organization. */
  readonly keysOf: (mailbox: string, easId: string) => readonly string[];
}

/** Rows from before this time are old. @param now milliseconds since 1970 */
export function oldBefore(of: Forgettable | 'tokens', now: number): string {
  return new Date(now - KEPT_DAYS[of] * DAY_MS).toISOString();
}

/** Which of the rows may go. @param now milliseconds since 1970 */
export function forgotten(of: Forgettable, rows: readonly OldRow[], needs: Needs, now: number): OldRow[] {
  const before = oldBefore(of, now);
  return rows.filter((row) => row.at < before && !isNeeded(of, row, needs));
}

function isNeeded(of: Forgettable, { deviceKey = '', mailbox = '', easId = '' }: OldRow, needs: Needs): boolean {
  if (of === 'history') return false;
  if (of === 'notifications') return needs.devices.has(deviceKey);
  const { devices, inExchange } = needs;
  if (inExchange === null) return true;
  return needs.keysOf(mailbox, easId).some((key) => devices.has(key) || inExchange.has(key));
}

/** A reading with so much less than the one before is not believed here: what it lacks may come back. */
const PLAUSIBLE_SHARE = 0.8;

/** True for readings of Exchange by which a device may be said to be gone. */
export function isWhollyRead(
  snapshots: readonly { readonly count: number; readonly previousCount: number | null }[],
): boolean {
  return (
    snapshots.length > 0 &&
    snapshots.every(({ count, previousCount }) => count > 0 && count >= PLAUSIBLE_SHARE * (previousCount ?? 0))
  );
}
