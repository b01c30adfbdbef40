/** One tenant's devices and groups as the use cases want them. */
import type { MdmRecord } from '../model/records.ts';
import type { GraphTransport } from './graph-transport.ts';
import { readGroupMembers } from './group-members.ts';
import type { GroupMember } from './group-members.ts';
import { managedDevicesOfUsers, readManagedDevice, readManagedDevices } from './managed-devices.ts';
import type { MdmPage } from './managed-devices.ts';

/** See {@link tenantPort}. */
export interface TenantPort {
  readonly source: string;
  mdmPages(reading: {
    readonly pageSize: number;
    readonly enrolledSince?: string;
    readonly signal: AbortSignal;
  }): AsyncGenerator<MdmPage>;
  mdmRecord(id: string, options: { readonly signal?: AbortSignal }): Promise<MdmRecord | null>;
  devicesOfUsers(
    users: readonly (readonly string[])[],
    options: { readonly signal?: AbortSignal },
  ): Promise<MdmRecord[][]>;
  groupMembers(group: string, options: { readonly signal: AbortSignal }): AsyncGenerator<GroupMember>;
}

/**
 * @param graph asked for the transport at each call, so that it is opened when it is needed
 * @param source names the MDM in records and keys
 */
export function tenantPort(graph: () => GraphTransport, source: string): TenantPort {
  return {
    source,
    mdmPages: (reading) => readManagedDevices(graph(), { source, ...reading }),
    mdmRecord: (id, options) => readManagedDevice(graph(), id, { source, ...options }),
    devicesOfUsers: (users, options) => managedDevicesOfUsers(graph(), users, { source, ...options }),
    groupMembers: (group, options) => membersOf(graph(), group, options),
  };
}

async function* membersOf(
  graph: GraphTransport,
  group: string,
  options: { readonly signal: AbortSignal },
): AsyncGenerator<GroupMember> {
  for await (const { members } of readGroupMembers(graph, group, options)) yield* members;
}
