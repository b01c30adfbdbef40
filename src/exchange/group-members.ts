/** Who is in a group of Exchange, nested groups included. */
import { ConnectorError } from '../errors.ts';
import { isNotFound } from './cmdlet-error.ts';
import { getDynamicGroupMembers } from './cmdlets/get-dynamic-group.ts';
import { getDistributionGroupMember, getRecipientByAddress } from './cmdlets/get-recipient.ts';
import type { Recipient } from './cmdlets/get-recipient.ts';
import type { CmdletOptions, CmdletTransport } from './transport.ts';

/**
 * Reads the users of a group.
 * @param group mail address, GUID or distinguished name
 * @throws ConnectorError ERR_DIRECTORY_UNREADABLE if no group, or more than one, has the address
 */
export async function* readGroupMembers(
  exchange: CmdletTransport,
  group: string,
  options: CmdletOptions = {},
): AsyncGenerator<Recipient> {
  const found = group.includes('@') ? await groupByAddress(exchange, group, options) : { id: group };
  yield* membersOf(exchange, found, options, new Set());
}

/** A group, by its mail address, or within another one; its type is not known of one that is named by its GUID. */
type Group = Pick<Recipient, 'id'> & Partial<Pick<Recipient, 'recipientType'>>;

async function groupByAddress(exchange: CmdletTransport, address: string, options: CmdletOptions): Promise<Group> {
  const found: Group[] = [];
  for await (const recipient of getRecipientByAddress(exchange, address, options)) found.push(recipient);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const seen =
    only === undefined ? 'Exchange knows no group with this address.' : 'Several recipients have this address.';
  throw new ConnectorError('ERR_DIRECTORY_UNREADABLE', seen);
}

// Exchange lists direct members only; a nested group is asked in turn, each once, so that a circle ends.
async function* membersOf(
  exchange: CmdletTransport,
  group: Group,
  options: CmdletOptions,
  visited: Set<string>,
): AsyncGenerator<Recipient> {
  if (visited.has(group.id.toLowerCase())) return;
  visited.add(group.id.toLowerCase());
  const nested: Group[] = [];
  for await (const member of directMembersOf(exchange, group, options)) {
    if (member.recipientType?.includes('Group') === true) nested.push(member);
    else yield member;
  }
  for (const one of nested) yield* membersOf(exchange, one, options, visited);
}

const DYNAMIC = 'DynamicDistributionGroup';

/*
 *   the group is            asked for
 *   dynamic                 whom its filter fits
 *   of another type         its members
 *   of a type not known     its members; if Exchange knows no such group, whom its filter fits
 */
async function* directMembersOf(
  exchange: CmdletTransport,
  { id, recipientType }: Group,
  options: CmdletOptions,
): AsyncGenerator<Recipient> {
  if (recipientType !== DYNAMIC) {
    try {
      yield* getDistributionGroupMember(exchange, id, options);
      return;
    } catch (error) {
      if (recipientType !== undefined || !isNotFound(error)) throw error;
    }
  }
  yield* getDynamicGroupMembers(exchange, id, options);
}
