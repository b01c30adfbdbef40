/** Whether a mailbox and an MDM record belong to one user. */
import { foldAddress } from '../model/keys.ts';
import type { EasRecord, MdmRecord } from '../model/records.ts';

/** True if the mailbox's owner and the MDM record's user share an id, UPN or address. */
export function isSameUser({ mailbox }: EasRecord, { user }: MdmRecord): boolean {
  // Nearly every user is written alike on both sides: nothing is folded then.
  if (user.upn !== null && user.upn === mailbox.upn) return true;
  const { id, upn, address, addresses } = mailbox;
  const names = new Set([id, upn, address, ...addresses].filter((text) => text !== null).map(foldAddress));
  return [user.id, user.upn, ...user.addresses].some((text) => text !== null && names.has(foldAddress(text)));
}
