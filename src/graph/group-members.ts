/** Who is in a group, nested groups included: for the access switch's group conditions. */
import { ConnectorError } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import type { GraphTransport } from './graph-transport.ts';
import { readPages, type GraphRow } from './pages.ts';

/** A user in a group. Compare users over id, UPN and every address: the UPN need not be a mail address. */
export interface GroupMember {
  /** Entra object id; equals `MdmRecord.user.id`. */
  readonly id: string;
  readonly upn: string | null;
  /** Every SMTP address without prefix, the primary one first. */
  readonly addresses: readonly string[];
}

/** One page of members. */
export interface GroupMemberPage {
  readonly members: readonly GroupMember[];
  /** 0, 1, 2, … */
  readonly page: number;
  /** True on the last page of a complete reading, and only there. */
  readonly last: boolean;
  readonly total?: number;
}

/**
 * Reads the users of a group. Needs GroupMember.Read.All, and User.Read.All for their addresses.
 * A group that cannot be read throws: an unreadable exempt group must not look like an empty one.
 * @param groupId Entra object id (GUID)
 * @throws ConnectorError ERR_INPUT_INVALID if that is no GUID, ERR_GRAPH_STATUS with status 404 if there is no such group, and as {@link readPages}
 */
export async function* readGroupMembers(
  graph: GraphTransport,
  groupId: string,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<GroupMemberPage, void, undefined> {
  const id = groupId.trim();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
    throw new ConnectorError('ERR_INPUT_INVALID', 'A group is named by its object id, a GUID.');
  const collection = {
    path: `/groups/${id}/transitiveMembers/microsoft.graph.user`,
    query: { $count: 'true', $select: 'id,userPrincipalName,mail,proxyAddresses', $top: '999' },
    // The cast and $count are "advanced queries": each page needs the header, and links do not carry it
    // (Graph docs, "Advanced query capabilities on directory objects").
    headers: { ConsistencyLevel: 'eventual' },
  };
  for await (const { rows, page, last, total } of readPages(graph, collection, options.signal)) {
    yield { members: rows.map(toGroupMember), page, last, ...(total === null ? {} : { total }) };
  }
}

function toGroupMember(row: GraphRow): GroupMember {
  const proxies = Array.isArray(row['proxyAddresses'])
    ? row['proxyAddresses'].filter((text) => typeof text === 'string')
    : [];
  // "SMTP:" marks the primary address, "smtp:" further ones; "X500:", "SIP:" and others are no mail addresses.
  const primary = proxies.filter((text) => text.startsWith('SMTP:'));
  const further = proxies.filter((text) => /^smtp:/i.test(text) && !text.startsWith('SMTP:'));
  const addresses = [...[...primary, ...further].map((text) => text.slice('smtp:'.length)), row['mail']]
    .map(foreignText)
    .filter((text) => text !== null);
  return { id: row.id, upn: foreignText(row['userPrincipalName']), addresses: distinct(addresses) };
}

/** Without repeats that differ in case only; the first spelling and place stay. */
function distinct(addresses: readonly string[]): string[] {
  const known = new Set<string>();
  return addresses.filter((text) => !known.has(text.toLowerCase()) && known.add(text.toLowerCase()));
}
