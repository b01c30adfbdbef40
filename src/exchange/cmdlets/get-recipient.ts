/** Get-Recipient and Get-DistributionGroupMember: who an address belongs to, who is in a group. Both give the same kind of object. */
import type { PlainObject } from '../../clixml/value.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { checkIdentity } from './identity.ts';
import { distinguishedNameOf, guidOf, smtpAddresses, textOf, textsOf } from './plain-record.ts';
import { queryParameters, readObjects } from './read-objects.ts';
import type { Identified, Query } from './read-objects.ts';

/** What we read of a ReducedRecipient object. */
export interface Recipient extends Identified {
  readonly displayName: string | null;
  /** UserMailbox, MailUser, MailContact, MailUniversalDistributionGroup … */
  readonly recipientType: string | null;
  readonly recipientTypeDetails: string | null;
  readonly address: string | null;
  readonly addresses: readonly string[];
  /** Sign-in name where Exchange gives it (WindowsLiveID is its twin online). */
  readonly upn: string | null;
}

/** Streams recipients. Throws what the transport throws. */
export function getRecipient(
  transport: CmdletTransport,
  query: Query,
  options?: CmdletOptions,
): AsyncGenerator<Recipient, void, undefined> {
  return readObjects(transport, 'Get-Recipient', queryParameters(query), toRecipient, options);
}

/** The recipients that have this SMTP address, primary or not. More than one is a mistake in the directory. */
export function getRecipientByAddress(
  transport: CmdletTransport,
  address: string,
  options?: CmdletOptions,
): AsyncGenerator<Recipient, void, undefined> {
  // EmailAddresses is filterable and takes the prefixed form (learn: Filterable properties for -Filter, EmailAddresses).
  const filter = { property: 'EmailAddresses', operator: 'eq', value: `smtp:${address.trim()}` } as const;
  return getRecipient(transport, { filter }, options);
}

/** Streams the members of a group. Throws what the transport throws. */
export async function* getDistributionGroupMember(
  transport: CmdletTransport,
  group: string,
  options: CmdletOptions = {},
): AsyncGenerator<Recipient, void, undefined> {
  const parameters = { Identity: checkIdentity(group), ResultSize: 'Unlimited' };
  // Identity names the group here, and members come back: there is nothing to compare it with.
  for await (const record of transport.invoke({ cmdlet: 'Get-DistributionGroupMember', parameters }, options)) {
    const member = toRecipient(record);
    if (member === null) options.onWarning?.('Get-DistributionGroupMember: a member without GUID was left out.');
    else yield member;
  }
}

/** A recipient object read; null without GUID or distinguished name. */
export function toRecipient(record: PlainObject): Recipient | null {
  const id = guidOf(record, 'Guid');
  const distinguishedName = distinguishedNameOf(record);
  if (id === null || distinguishedName === null) return null;
  const addresses = smtpAddresses(textOf(record, 'PrimarySmtpAddress'), textsOf(record, 'EmailAddresses'));
  return {
    id,
    distinguishedName,
    displayName: textOf(record, 'DisplayName') ?? textOf(record, 'Name'),
    recipientType: textOf(record, 'RecipientType'),
    recipientTypeDetails: textOf(record, 'RecipientTypeDetails'),
    address: addresses[0] ?? null,
    addresses,
    upn: textOf(record, 'UserPrincipalName') ?? textOf(record, 'WindowsLiveID'),
  };
}
