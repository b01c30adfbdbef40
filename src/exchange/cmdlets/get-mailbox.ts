/** Get-Mailbox and Get-MailboxStatistics: whether an account may sign in, and whether its mailbox may still send. */
import type { PlainObject } from '../../clixml/value.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { checkIdentity } from './identity.ts';
import { booleanOf, distinguishedNameOf, guidOf, textOf } from './plain-record.ts';
import { onlyOne, readObjects } from './read-objects.ts';
import type { Identified } from './read-objects.ts';

/** Bytes; `unlimited`; null: not told. */
type Quota = number | 'unlimited' | null;

/** What we read of a Mailbox object. */
interface MailboxFacts extends Identified {
  readonly isDisabled: boolean | null;
  readonly isHidden: boolean | null;
  readonly usesDatabaseQuota: boolean | null;
  /** From where on it sends nothing any more, if it does not use its database's. */
  readonly sendQuota: Quota;
}

/** What we read of a MailboxStatistics object. */
interface MailboxSize {
  readonly bytes: Quota;
  readonly databaseSendQuota: Quota;
}

/** One mailbox. @throws what the transport throws; ERR_EXCHANGE_RECORD if another one came back */
export function getMailbox(
  transport: CmdletTransport,
  mailbox: string,
  options: CmdletOptions = {},
): Promise<MailboxFacts> {
  const parameters = { Identity: checkIdentity(mailbox) };
  return onlyOne(readObjects(transport, 'Get-Mailbox', parameters, toMailbox, options), 'Get-Mailbox', mailbox);
}

/** How full a mailbox is; null for one that nobody has ever opened: it has no statistics. @throws what the transport throws */
export async function getMailboxSize(
  transport: CmdletTransport,
  mailbox: string,
  options: CmdletOptions = {},
): Promise<MailboxSize | null> {
  const call = { cmdlet: 'Get-MailboxStatistics', parameters: { Identity: checkIdentity(mailbox) } };
  for await (const record of transport.invoke(call, options))
    return {
      bytes: sizeOf(textOf(record, 'TotalItemSize')),
      databaseSendQuota: sizeOf(textOf(record, 'DatabaseProhibitSendQuota')),
    };
  return null;
}

function toMailbox(record: PlainObject): MailboxFacts | null {
  const id = guidOf(record, 'Guid');
  const distinguishedName = distinguishedNameOf(record);
  if (id === null || distinguishedName === null) return null;
  return {
    id,
    distinguishedName,
    isDisabled: booleanOf(record, 'AccountDisabled'),
    isHidden: booleanOf(record, 'HiddenFromAddressListsEnabled'),
    usesDatabaseQuota: booleanOf(record, 'UseDatabaseQuotaDefaults'),
    sendQuota: sizeOf(textOf(record, 'ProhibitSendQuota')),
  };
}

/** `1.9 GB (2,040,109,465 bytes)`, with the separators of whatever language; `Unlimited`. ByteQuantifiedSize of Exchange. */
export function sizeOf(text: string | null): Quota {
  if (text?.trim().toLowerCase() === 'unlimited') return 'unlimited';
  const digits = /\(([\d\s.,'’]+)[^\d)]*\)\s*$/.exec(text ?? '')?.[1]?.replace(/\D/g, '') ?? '';
  return digits === '' ? null : Number(digits);
}
