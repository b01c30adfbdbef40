/** What an EAS record says of the personal lists, with what we wrote after it was read. Pure. */
import type { OwnedEntry } from '../model/personal-lists.ts';
import type { DeviceRecord, Listed } from '../model/records.ts';

/** An entry of the ledger, as far as it counts here. */
export type WrittenEntry = Pick<OwnedEntry, 'list' | 'state' | 'writtenAt'>;

/*
 * A quick sync reads a device again only when Exchange says that it changed; editing the mailbox's lists is no such change.
 *
 *   record lists   we wrote since the last full reading   counts as
 *   –              blocked                                blocked
 *   –              allowed                                allowed
 *   allowed        blocked                                blocked: that write took it off the allowed list
 *   blocked        any                                    blocked
 *   any            nothing                                as the record says
 */

/**
 * The device with its list entry as it must be by now.
 * @param readAt when the last full reading of Exchange began, ISO 8601 UTC
 */
export function withOurWrites(device: DeviceRecord, entries: readonly WrittenEntry[], readAt: string): DeviceRecord {
  const { eas } = device;
  if (eas === undefined || eas.access.listed === 'blocked') return device;
  const written = entries.filter(
    ({ state, writtenAt }) => state === 'owned' && Date.parse(writtenAt) >= Date.parse(readAt),
  );
  const has = (list: Listed): boolean => written.some((entry) => entry.list === list);
  const listed: Listed = has('blocked') ? 'blocked' : has('allowed') ? 'allowed' : eas.access.listed;
  return listed === eas.access.listed ? device : { ...device, eas: { ...eas, access: { ...eas.access, listed } } };
}
