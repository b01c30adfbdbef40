/**
 * Is a recipient a mailbox on our own servers, that the notification account can send from? By Exchange's
 * RecipientTypeDetails (https://learn.microsoft.com/powershell/module/exchange/get-recipient). Pure.
 *
 * | RecipientTypeDetails                                                          | kind    |
 * |-------------------------------------------------------------------------------|---------|
 * | User-, Shared-, Linked-, LinkedRoom-, Legacy-, Room-, Equipment-, Scheduling-, TeamMailbox | mailbox |
 * | Remote…Mailbox: the mailbox is in Exchange Online                             | cloud   |
 * | MailUser, GuestMailUser: mail goes to an address elsewhere                     | none    |
 * | User, DisabledUser, LinkedUser, contacts, groups, public folders              | none    |
 * | Arbitration-, Monitoring-, Discovery-, System-, AuditLogMailbox: Exchange's own | none  |
 * | anything this table does not know                                             | unknown |
 */
export type MailboxKind = 'mailbox' | 'cloud' | 'none' | 'unknown';

const MAILBOX = /^(User|Shared|Linked|LinkedRoom|Legacy|Room|Equipment|Scheduling|Team)Mailbox$/;
const CLOUD = /^Remote\w*Mailbox$/;
const NONE =
  /^((Guest)?MailUser|(Disabled|Linked)?User|(Mail)?(Forest)?Contact|\w*Group|PublicFolder|(Arbitration|Monitoring|Discovery|System|SystemAttendant|(Aux)?AuditLog|SupervisoryReviewPolicy)Mailbox|MailboxPlan|Computer|\w*Database)$/;

/** The kind of a recipient; `null` is an answer without RecipientTypeDetails. */
export function mailboxKindOf(recipientTypeDetails: string | null): MailboxKind {
  if (recipientTypeDetails === null) return 'unknown';
  if (MAILBOX.test(recipientTypeDetails)) return 'mailbox';
  if (CLOUD.test(recipientTypeDetails)) return 'cloud';
  return NONE.test(recipientTypeDetails) ? 'none' : 'unknown';
}
