/** What an EAS record says of the personal lists, with what we wrote after it was read. Pure. */
import type { DeviceRecord, Listed } from '../../src/model/records.ts';
import type { OwnedEntry } from '../../src/store/store.ts';

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
export function withOurEntry(device: DeviceRecord, entries: readonly OwnedEntry[], readAt: string): DeviceRecord {
  const { eas } = device;
  if (eas === undefined || eas.access.listed === 'blocked') return device;
  const written = entries.filter(
    ({ state, writtenAt }) => state === 'owned' && Date.parse(writtenAt) >= Date.parse(readAt),
  );
  const has = (list: Listed): boolean => written.some((entry) => entry.list === list);
  const listed: Listed = has('blocked') ? 'blocked' : has('allowed') ? 'allowed' : eas.access.listed;
  return listed === eas.access.listed ? device : { ...device, eas: { ...eas, access: { ...eas.access, listed } } };
}
