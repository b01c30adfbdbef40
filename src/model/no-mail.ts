/** Blocked devices whose block no mail is about, though its reason has one. Pure. */
import type { DeviceRecord, EasRecord } from './records.ts';

/** A mailbox that no person reads as his own. */
export type MailboxWithoutMail = 'shared' | 'room' | 'equipment' | 'system' | 'test';

/** Why there is no mail: the mailbox, or what the MDM was told to do with the device. */
export type NoMail = MailboxWithoutMail | 'wipe' | 'retire';

/*
 * By Exchange's RecipientTypeDetails (https://learn.microsoft.com/powershell/module/exchange/get-recipient), on our servers or,
 * with Remote before it, in Exchange Online.
 *
 *   RecipientTypeDetails                                                       is
 *   SharedMailbox, TeamMailbox, GroupMailbox                                   shared
 *   RoomMailbox, LinkedRoomMailbox                                             room
 *   EquipmentMailbox                                                           equipment
 *   Arbitration-, Monitoring-, Discovery-, System-, AuditLog-, Scheduling-, … system
 *   anything else, or not told                                                 a person's, unless its name says otherwise
 *
 * By name, at the beginning of address or user principal name: extest_… is the user of Exchange's own test cmdlets
 * (New-TestCasConnectivityUser.ps1); SystemMailbox{…}, HealthMailbox… and DiscoverySearchMailbox… are Exchange's own.
 */
const TYPES: readonly (readonly [MailboxWithoutMail, RegExp])[] = [
  ['shared', /^(?:Remote)?(?:Shared|Team|Group)Mailbox$/i],
  ['room', /^(?:Remote)?(?:Linked)?RoomMailbox$/i],
  ['equipment', /^(?:Remote)?EquipmentMailbox$/i],
  [
    'system',
    /^(?:Arbitration|Monitoring|Discovery|System|SystemAttendant|(?:Aux)?AuditLog|SupervisoryReviewPolicy|Scheduling|PublicFolder)Mailbox$/i,
  ],
];
const NAMES: readonly (readonly [MailboxWithoutMail, RegExp])[] = [
  ['test', /^extest_/i],
  ['system', /^(?:SystemMailbox\{|HealthMailbox(?:-|[0-9a-f]{7})|DiscoverySearchMailbox)/i],
];

/** What kind of a mailbox nobody is mailed in; null: a person's. */
export function mailboxWithoutMail({ type, address, upn }: EasRecord['mailbox']): MailboxWithoutMail | null {
  const byType = TYPES.find(([, pattern]) => pattern.test(type ?? ''));
  const byName = NAMES.find(([, pattern]) => [address, upn].some((name) => pattern.test(name ?? '')));
  return (byName ?? byType)?.[0] ?? null;
}

/**
 * Why the block of a device leads to no mail, whatever its reason; null: nothing speaks against one. A device that is enrolled
 * anew and waits for its link is one whose user needs it, whatever became of its earlier enrollment.
 */
export function noMailOf({ eas, mdm, formerly, reason }: DeviceRecord): NoMail | null {
  const mailbox = eas === undefined ? null : mailboxWithoutMail(eas.mailbox);
  if (mailbox !== null) return mailbox;
  const former = reason.code === 'needs-activation' ? null : formerly?.removal;
  return mdm?.removal ?? former ?? null;
}
