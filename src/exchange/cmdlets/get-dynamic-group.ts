/**
 * Dynamic distribution groups: a filter over recipients instead of a list of members. An Exchange server has the filter only,
 * and Get-Recipient tells whom it fits (learn: "View members of a dynamic distribution group"); Exchange Online computes the
 * members once a day and has a cmdlet of its own for them.
 */
import type { PlainObject } from '../../clixml/value.ts';
import { ConnectorError } from '../../errors.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { toRecipient } from './get-recipient.ts';
import type { Recipient } from './get-recipient.ts';
import { checkIdentity } from './identity.ts';
import { distinguishedNameOf, guidOf, property, textOf } from './plain-record.ts';
import { onlyOne, readObjects } from './read-objects.ts';
import type { Identified } from './read-objects.ts';

/** What we read of a DynamicDistributionGroup object. */
interface DynamicGroup extends Identified {
  /** OPATH as Exchange wrote it; it goes back as it came. */
  readonly recipientFilter: string | null;
  /** Where it looks: domain or organizational unit. */
  readonly recipientContainer: string | null;
}

/**
 * Streams the recipients that a dynamic group has.
 * @throws what the transport throws; ERR_DIRECTORY_UNREADABLE for a group that does not tell its filter
 */
export async function* getDynamicGroupMembers(
  transport: CmdletTransport,
  group: string,
  options: CmdletOptions = {},
): AsyncGenerator<Recipient, void, undefined> {
  const { cmdlet, parameters } =
    transport.kind === 'exchange-online'
      ? {
          cmdlet: 'Get-DynamicDistributionGroupMember',
          parameters: { Identity: checkIdentity(group), ResultSize: 'Unlimited' },
        }
      : { cmdlet: 'Get-Recipient', parameters: await previewOf(transport, group, options) };
  for await (const record of transport.invoke({ cmdlet, parameters }, options)) {
    const member = toRecipient(record);
    if (member === null) options.onWarning?.(`${cmdlet}: a member without GUID was left out.`);
    else yield member;
  }
}

/** The parameters of Get-Recipient that give whom the group's filter fits. */
async function previewOf(
  transport: CmdletTransport,
  group: string,
  options: CmdletOptions,
): Promise<Record<string, string>> {
  const cmdlet = 'Get-DynamicDistributionGroup';
  const found = readObjects(transport, cmdlet, { Identity: checkIdentity(group) }, toDynamicGroup, options);
  const { recipientFilter, recipientContainer } = await onlyOne(found, cmdlet, group);
  if (recipientFilter === null || recipientContainer === null)
    throw new ConnectorError(
      'ERR_DIRECTORY_UNREADABLE',
      'The dynamic distribution group tells no filter or no container, so nobody knows who is in it.',
    );
  return {
    RecipientPreviewFilter: recipientFilter,
    OrganizationalUnit: recipientContainer,
    ResultSize: 'Unlimited',
  };
}

function toDynamicGroup(record: PlainObject): DynamicGroup | null {
  const id = guidOf(record, 'Guid');
  const distinguishedName = distinguishedNameOf(record);
  if (id === null || distinguishedName === null) return null;
  // Whole: a filter that is cut fits others.
  const filter = property(record, 'RecipientFilter');
  return {
    id,
    distinguishedName,
    recipientFilter: typeof filter === 'string' && filter.trim() !== '' ? filter : null,
    recipientContainer: textOf(record, 'RecipientContainer'),
  };
}
