/**
 * One reading of Graph in a process of its own: `node bench/mdm-process.ts <task>`; where the server is, is read from stdin, as
 * mdm-server.ts tells it. The last line is JSON.
 *
 *   bare    fetch and JSON.parse of the same pages, one after the other, and nothing done with them
 *   full    the MDM source's reading, each page let go when the next one comes
 *   quick   the same of what has checked in since
 *   entra   a quick reading as the MDM source does it: what Entra tells, what has checked in or was enrolled since, and of what
 *           Entra tells the devices that are not among these, one by one in batches; without the store
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BATCH_SIZE } from '../src/graph/batch.ts';
import { readDeviceChanges } from '../src/graph/device-changes.ts';
import type { GraphTransport } from '../src/graph/graph-transport.ts';
import { managedDevicesNow, readManagedDevices } from '../src/graph/managed-devices.ts';
import { MANAGED_DEVICE_PROPERTIES } from '../src/graph/mdm-record.ts';
import type { MdmPage, ReadManagedDevicesOptions } from '../src/graph/managed-devices.ts';
import { openGraph } from '../src/graph/open-graph.ts';

/** What a reading cost. */
export interface ReadingFigure {
  readonly rows: number;
  /** Calls over the network. */
  readonly requests: number;
  /** What they count as for Graph's limits, where each part of a batch is one. */
  readonly counted: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Peak resident memory above that of the process before it read, MB. */
  readonly peakMb: number;
}

interface Server {
  readonly url: string;
  readonly ca: string;
  readonly since: string;
}

const task = process.argv[2] as 'bare' | 'full' | 'quick' | 'entra';
const server = JSON.parse(readFileSync(0, 'utf8')) as Server;

const opened = openGraph({
  cloud: 'custom',
  graphUrl: server.url,
  authorityUrl: server.url,
  tenantId: 'contoso.example',
  clientId: 'bench',
  authMethod: 'secret',
  clientSecret: 'bench',
  tls: { ca: server.ca },
});

interface Read {
  rows: number;
  requests: number;
  counted: number;
}

const read: Read = { rows: 0, requests: 0, counted: 0 };

/** Counts what is asked. */
const graph: GraphTransport = {
  ...opened,
  get(request) {
    count(1, 1);
    return opened.get(request);
  },
  getMany(requests, limits) {
    count(Math.ceil(requests.length / BATCH_SIZE), requests.length);
    return opened.getMany(requests, limits);
  },
};

function count(requests: number, counted: number): void {
  read.requests += requests;
  read.counted += counted;
}

async function bare(first: string): Promise<void> {
  const headers = { authorization: 'Bearer bench', accept: 'application/json' };
  for (let next: string | undefined = first; next !== undefined; count(1, 1)) {
    const response: Response = await fetch(next, { headers });
    const page = JSON.parse(await response.text()) as { value: unknown[]; '@odata.nextLink'?: string };
    read.rows += page.value.length;
    next = page['@odata.nextLink'];
  }
}

function addressOf(filter?: string): string {
  const first = new URL('/v1.0/deviceManagement/managedDevices', server.url);
  first.searchParams.set('$select', MANAGED_DEVICE_PROPERTIES.join(','));
  if (filter !== undefined) first.searchParams.set('$filter', filter);
  return first.href;
}

type Window = Pick<ReadManagedDevicesOptions, 'since' | 'enrolledSince' | 'withEntra'>;

/** @param hear hears of each record */
async function ours(window: Window = {}, hear?: (id: string) => void): Promise<void> {
  const pages = readManagedDevices(graph, { source: 'bench', ...window });
  const take = ({ done, value: page }: IteratorResult<MdmPage, void>): boolean => {
    if (done === true || page === undefined) return false;
    read.rows += page.records.length;
    if (hear !== undefined) for (const { id } of page.records) hear(id);
    return true;
  };
  // A `for await` holds on to each page while the next one is read.
  while (take(await pages.next()));
}

/** Devices of one question, as the MDM source asks. */
const AT_ONCE = 200;

/** Objects, devices and records have the same ids in this tenant, which spares the store. */
async function entra(): Promise<void> {
  const { signal } = new AbortController();
  const told = new Set<string>();
  for await (const part of readDeviceChanges(graph, `${server.url}/v1.0/devices/delta?$deltatoken=last`, { signal })) {
    if (part.kind !== 'changes') throw new Error(`Entra told ${part.kind}.`);
    for (const { deviceId } of part.changed) told.add(deviceId);
    for (const id of part.deleted) told.add(id);
  }
  for (const window of [{ since: server.since }, { enrolledSince: server.since }])
    await ours({ ...window, withEntra: true }, (id) => told.delete(id));
  const ids = [...told];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const which = { ids: ids.slice(from, from + AT_ONCE), deviceIds: [] };
    const { records, gone } = await managedDevicesNow(graph, which, { source: 'bench' });
    read.rows += records.length + gone.length;
  }
}

const TASKS = { bare: () => bare(addressOf()), full: () => ours(), quick: () => ours({ since: server.since }), entra };

/** Connected, signed in and compiled, as in a process that has read before: on what has changed, which is little. */
const WARM = {
  bare: () => bare(addressOf(`lastSyncDateTime gt ${server.since}`)),
  full: () => ours({ since: server.since }),
  quick: () => ours({ since: server.since }),
  entra: () => ours({ since: server.since }),
};

// What loading left behind is collected before the memory at rest is looked at.
await delay(200);
const idle = process.memoryUsage().rss;
await WARM[task]();
Object.assign(read, { rows: 0, requests: 0, counted: 0 });
const before = process.cpuUsage();
const began = performance.now();
await TASKS[task]();
const { user, system } = process.cpuUsage(before);
const figure: ReadingFigure = {
  ...read,
  wallMs: performance.now() - began,
  cpuMs: (user + system) / 1000,
  // maxRSS is in kibibytes (getrusage).
  peakMb: (process.resourceUsage().maxRSS * 1024 - idle) / 1e6,
};
await graph.close();
console.log(JSON.stringify(figure));
process.exit();
