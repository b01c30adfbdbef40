/** What an EAS record says of the personal lists, with what we wrote and took off after it was read. Pure. */
import type { OwnedEntry } from '../model/personal-lists.ts';
import type { DeviceRecord, Listed } from '../model/records.ts';
import { shownFromBefore } from './taken-off.ts';
import type { TakenOffEntry } from './taken-off.ts';

/** An entry of the ledger, as far as it counts here. */
export type WrittenEntry = Pick<OwnedEntry, 'list' | 'state' | 'writtenAt'>;

/** What we wrote on the lists of a device, and took off them. */
export interface OurWrites {
  readonly entries: readonly WrittenEntry[];
  readonly takenOff: readonly TakenOffEntry[];
}

/*
 * A quick sync reads a device again only when Exchange says that it changed; editing the mailbox's lists is no such change.
 *
 *   record lists                      our entry                                 counts as
 *   what we took off, from before     is on the other list                      that: the record knows nothing of it
 *   what we took off, from before     none on the other list                    –
 *   –                                 blocked, since the last full reading      blocked
 *   –                                 allowed, since then                       allowed
 *   allowed                           blocked, since then                       blocked: that write took it off the allowed list
 *   blocked                           any                                       blocked
 *   any                               none, or from before that reading         as the record says
 *
 * Which is from before: taken-off.ts.
 */

/**
 * The device with its list entry as it must be by now.
 * @param readAt when the last full reading of Exchange began, ISO 8601 UTC
 */
export function withOurWrites(device: DeviceRecord, ours: OurWrites, readAt: string): DeviceRecord {
  const { eas } = device;
  if (eas === undefined) return device;
  const listed = listedByNow(eas.access.listed, ours, readAt);
  return listed === eas.access.listed ? device : { ...device, eas: { ...eas, access: { ...eas.access, listed } } };
}

function listedByNow(shown: Listed, ours: OurWrites, readAt: string): Listed {
  const owned = ours.entries.filter(({ state }) => state === 'owned');
  if (shown !== null && shownFromBefore(shown, ours, readAt) !== undefined)
    return owned.find(({ list }) => list !== shown)?.list ?? null;
  if (shown === 'blocked') return shown;
  const written = owned.filter(({ writtenAt }) => Date.parse(writtenAt) >= Date.parse(readAt));
  const has = (list: Listed): boolean => written.some((entry) => entry.list === list);
  return has('blocked') ? 'blocked' : has('allowed') ? 'allowed' : shown;
}
