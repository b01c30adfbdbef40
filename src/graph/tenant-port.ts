/** One tenant's devices and groups as the use cases want them. */
import { ClockWatch } from '../http/clock-watch.ts';
import type { MdmRecord } from '../model/records.ts';
import { OWN_CLOCK } from '../model/server-clock.ts';
import type { ServerClock } from '../model/server-clock.ts';
import type { GraphTransport } from './graph-transport.ts';
import { readGroupMembers } from './group-members.ts';
import type { GroupMember } from './group-members.ts';
import { readDeviceChanges } from './device-changes.ts';
import type { DeviceChanges } from './device-changes.ts';
import { managedDevicesNow, managedDevicesOfUsers, readManagedDevice, readManagedDevices } from './managed-devices.ts';
import type { MdmPage, MdmRecordsNow, ReadManagedDevicesOptions } from './managed-devices.ts';

/** See {@link tenantPort}. */
export interface TenantPort {
  readonly source: string;
  mdmPages(reading: {
    readonly pageSize: number;
    readonly since?: string;
    readonly enrolledSince?: string;
    readonly withEntra?: boolean;
    readonly signal: AbortSignal;
  }): AsyncGenerator<MdmPage & { readonly clock?: ServerClock }>;
  mdmRecord(id: string, options: { readonly signal?: AbortSignal }): Promise<MdmRecord | null>;
  mdmRecordsNow(
    which: { readonly ids: readonly string[]; readonly deviceIds: readonly string[] },
    options: { readonly signal: AbortSignal },
  ): Promise<MdmRecordsNow>;
  deviceChanges(since: string | null, options: { readonly signal: AbortSignal }): AsyncGenerator<DeviceChanges>;
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
    mdmPages: (reading) => pagesWithClock(graph(), { source, ...reading }),
    mdmRecord: (id, options) => readManagedDevice(graph(), id, { source, ...options }),
    mdmRecordsNow: (which, options) => managedDevicesNow(graph(), which, { source, ...options }),
    deviceChanges: (since, options) => readDeviceChanges(graph(), since, options),
    devicesOfUsers: (users, options) => managedDevicesOfUsers(graph(), users, { source, ...options }),
    groupMembers: (group, options) => membersOf(graph(), group, options),
  };
}

/** The last page says how Graph's clock stands to ours. Each reading measures it by its own answers. */
async function* pagesWithClock(
  graph: GraphTransport,
  reading: ReadManagedDevicesOptions,
): AsyncGenerator<MdmPage & { readonly clock?: ServerClock }> {
  const watch = new ClockWatch();
  for await (const page of readManagedDevices(graph, { ...reading, clock: watch })) {
    const clock = graph.kind === 'simulated' ? OWN_CLOCK : watch.measured;
    yield page.last && clock !== null ? { ...page, clock } : page;
  }
}

async function* membersOf(
  graph: GraphTransport,
  group: string,
  options: { readonly signal: AbortSignal },
): AsyncGenerator<GroupMember> {
  for await (const { members } of readGroupMembers(graph, group, options)) yield* members;
}
