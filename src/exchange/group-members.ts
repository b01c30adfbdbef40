/** Who is in a group of Exchange, nested groups included. */
import { ConnectorError } from '../errors.ts';
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
  const identity = group.includes('@') ? await groupByAddress(exchange, group, options) : group;
  yield* membersOf(exchange, identity, options, new Set());
}

async function groupByAddress(exchange: CmdletTransport, address: string, options: CmdletOptions): Promise<string> {
  const found: string[] = [];
  for await (const { id } of getRecipientByAddress(exchange, address, options)) found.push(id);
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  const seen =
    id === undefined ? 'Exchange knows no group with this address.' : 'Several recipients have this address.';
  throw new ConnectorError('ERR_DIRECTORY_UNREADABLE', seen);
}

// Exchange lists direct members only; a nested group is asked in turn, each once, so that a circle ends.
async function* membersOf(
  exchange: CmdletTransport,
  group: string,
  options: CmdletOptions,
  visited: Set<string>,
): AsyncGenerator<Recipient> {
  if (visited.has(group.toLowerCase())) return;
  visited.add(group.toLowerCase());
  const nested: string[] = [];
  for await (const member of getDistributionGroupMember(exchange, group, options)) {
    if (member.recipientType?.includes('Group') === true) nested.push(member.id);
    else yield member;
  }
  for (const id of nested) yield* membersOf(exchange, id, options, visited);
}
