/** One tenant's devices and groups as the use cases want them. */
import { throwIfAborted } from '../errors.ts';
import { ClockWatch } from '../http/clock-watch.ts';
import type { ListFacts } from '../model/coverage.ts';
import type { MdmRecord } from '../model/records.ts';
import { OWN_CLOCK } from '../model/server-clock.ts';
import type { ServerClock } from '../model/server-clock.ts';
import { BulkReading } from './export/bulk-reading.ts';
import { eachPage } from '../model/page-cursor.ts';
import type { GraphTransport } from './graph-transport.ts';
import { readGroupMembers } from './group-members.ts';
import type { GroupMember } from './group-members.ts';
import { readDeviceChanges } from './device-changes.ts';
import type { DeviceChanges } from './device-changes.ts';
import { JoinedQuestions } from './joined-questions.ts';
import { managedDevicesNow, managedDevicesOfUsers, readManagedDevice } from './managed-devices.ts';
import type { DevicesToRead, MdmPage, MdmRecordsNow, ReadManagedDevicesOptions } from './managed-devices.ts';
import { readEnrolledCount } from './overview.ts';

/** A page, and what Graph says of the whole list and of its clock. */
interface TenantPage extends MdmPage {
  readonly clock?: ServerClock;
  readonly list?: ListFacts;
}

/** See {@link tenantPort}. */
export interface TenantPort {
  readonly source: string;
  mdmPages(reading: {
    readonly pageSize: number;
    readonly since?: string;
    readonly enrolledSince?: string;
    readonly withEntra?: boolean;
    /** Devices above which all are read by Intune's report; 0 or absent: never. */
    readonly bulkAbove?: number;
    readonly signal: AbortSignal;
  }): AsyncGenerator<TenantPage, void, undefined>;
  mdmRecord(id: string, options: { readonly signal?: AbortSignal }): Promise<MdmRecord | null>;
  mdmRecordsNow(which: DevicesToRead, options: { readonly signal: AbortSignal }): Promise<MdmRecordsNow>;
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
 * @param warn told what an administrator should know, once
 */
export function tenantPort(
  graph: () => GraphTransport,
  source: string,
  warn: (text: string) => void = () => undefined,
): TenantPort {
  const bulk = new BulkReading(warn);
  const joined = new JoinedQuestions();
  return {
    source,
    mdmPages: (reading) => pagesWithClock(graph(), bulk, { source, ...reading }),
    mdmRecord: (id, options) => readManagedDevice(graph(), id, { source, ...options }),
    mdmRecordsNow: (which, options) => managedDevicesNow(graph(), which, { source, joined, ...options }),
    deviceChanges: (since, options) => readDeviceChanges(graph(), since, options),
    devicesOfUsers: (users, options) => managedDevicesOfUsers(graph(), users, { source, ...options }),
    groupMembers: (group, options) => membersOf(graph(), group, options),
  };
}

/**
 * The last page says how Graph's clock stands to ours, which each reading measures by its own answers, and how many devices Intune
 * counts, if it was a reading of all.
 */
function pagesWithClock(
  graph: GraphTransport,
  bulk: BulkReading,
  {
    bulkAbove = 0,
    ...reading
  }: ReadManagedDevicesOptions & {
    readonly signal: AbortSignal;
    readonly bulkAbove?: number;
  },
): AsyncGenerator<TenantPage, void, undefined> {
  const watch = new ClockWatch();
  const isOfAll = reading.since === undefined && reading.enrolledSince === undefined;
  let list: ListFacts | null = null;
  const onList = (facts: ListFacts): unknown => (list = facts);
  return eachPage(bulk.read(graph, { ...reading, clock: watch, onList }, bulkAbove), async (page) => {
    const clock = graph.kind === 'simulated' ? OWN_CLOCK : watch.measured;
    const facts = list === null ? {} : { list };
    if (!page.last) return { ...page, ...facts };
    return {
      ...page,
      ...facts,
      ...(clock === null ? {} : { clock }),
      ...(isOfAll ? await overviewOf(list, graph, reading) : {}),
    };
  });
}

/** What is asked once a reading may not hold it up for longer; the machine's own time, as a request that hangs takes. */
const OVERVIEW_MS = 30_000;

/** An overview that cannot be read is no reason to drop a list that was. @throws ERR_ABORTED */
async function overviewOf(
  list: ListFacts | null,
  graph: GraphTransport,
  { signal }: { readonly signal: AbortSignal },
): Promise<{ readonly list?: ListFacts }> {
  // A report is read where the overview has just been asked.
  if (list === null || list.enrolled !== undefined) return {};
  try {
    const asked = AbortSignal.any([signal, AbortSignal.timeout(OVERVIEW_MS)]);
    return { list: { ...list, enrolled: await readEnrolledCount(graph, { signal: asked }) } };
  } catch {
    throwIfAborted(signal);
    return { list: { ...list, enrolled: null } };
  }
}

async function* membersOf(
  graph: GraphTransport,
  group: string,
  options: { readonly signal: AbortSignal },
): AsyncGenerator<GroupMember> {
  for await (const { members } of readGroupMembers(graph, group, options)) yield* members;
}
