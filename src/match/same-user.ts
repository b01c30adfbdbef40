/** Whether a mailbox and an MDM record belong to one user. */
import { foldAddress } from '../model/keys.ts';
import type { EasRecord, MdmRecord } from '../model/records.ts';

/** True if the mailbox's owner and the MDM record's user share an id, UPN or address. */
export function isSameUser(eas: EasRecord, mdm: MdmRecord): boolean {
  const { id, upn, address, addresses } = eas.mailbox;
  const mailbox = new Set([id, upn, address, ...addresses].filter((text) => text !== null).map(foldAddress));
  return [mdm.user.id, mdm.user.upn, ...mdm.user.addresses].some(
    (text) => text !== null && mailbox.has(foldAddress(text)),
  );
}
