/** One tenant's devices and groups as the use cases want them. */
import { ClockWatch } from '../http/clock-watch.ts';
import type { MdmRecord } from '../model/records.ts';
import { OWN_CLOCK } from '../model/server-clock.ts';
import type { ServerClock } from '../model/server-clock.ts';
import { BulkReading } from './export/bulk-reading.ts';
import type { GraphTransport } from './graph-transport.ts';
import { readGroupMembers } from './group-members.ts';
import type { GroupMember } from './group-members.ts';
import { managedDevicesOfUsers, readManagedDevice } from './managed-devices.ts';
import type { MdmPage, ReadManagedDevicesOptions } from './managed-devices.ts';

/** See {@link tenantPort}. */
export interface TenantPort {
  readonly source: string;
  mdmPages(reading: {
    readonly pageSize: number;
    readonly enrolledSince?: string;
    /** Devices above which all are read by Intune's report; 0 or absent: never. */
    readonly bulkAbove?: number;
    readonly signal: AbortSignal;
  }): AsyncGenerator<MdmPage & { readonly clock?: ServerClock }>;
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
 * @param warn told what an administrator should know, once
 */
export function tenantPort(
  graph: () => GraphTransport,
  source: string,
  warn: (text: string) => void = () => undefined,
): TenantPort {
  const bulk = new BulkReading(warn);
  return {
    source,
    mdmPages: (reading) => pagesWithClock(graph(), bulk, { source, ...reading }),
    mdmRecord: (id, options) => readManagedDevice(graph(), id, { source, ...options }),
    devicesOfUsers: (users, options) => managedDevicesOfUsers(graph(), users, { source, ...options }),
    groupMembers: (group, options) => membersOf(graph(), group, options),
  };
}

/** The last page says how Graph's clock stands to ours. Each reading measures it by its own answers. */
async function* pagesWithClock(
  graph: GraphTransport,
  bulk: BulkReading,
  { bulkAbove = 0, ...reading }: ReadManagedDevicesOptions & { readonly bulkAbove?: number },
): AsyncGenerator<MdmPage & { readonly clock?: ServerClock }> {
  const watch = new ClockWatch();
  for await (const page of bulk.read(graph, { ...reading, clock: watch }, bulkAbove)) {
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
