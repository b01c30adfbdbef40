/**
 * One reading of Graph in a process of its own: `node bench/mdm-process.ts <task>`; where the server is, is read from stdin, as
 * mdm-server.ts tells it. The last line is JSON.
 *
 *   bare    fetch and JSON.parse of the same pages, one after the other, and nothing done with them
 *   full    the MDM source's reading from Graph to the messages it sends, of which nobody keeps one
 *   quick   of that the pages of what has checked in since
 *   entra   the MDM source's quick reading: what Entra tells, what has checked in or was enrolled since, and of what Entra tells
 *           the devices that are not among these, fifteen in a question, and what is missing then by itself; with a store that
 *           takes no time
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Run } from '../nodes/on-input.ts';
import type { Msg, RED } from '../nodes/red.ts';
import { sendReading } from '../nodes/send-pages.ts';
import { OwnReadingsUnderWay } from '../src/connector/readings/readings-under-way.ts';
import { takeMdmReading } from '../src/connector/readings/take-reading.ts';
import { BATCH_SIZE } from '../src/graph/batch.ts';
import type { GraphTransport } from '../src/graph/graph-transport.ts';
import { MANAGED_DEVICE_PROPERTIES } from '../src/graph/mdm-record.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { tenantPort } from '../src/graph/tenant-port.ts';
import { takePages } from '../src/model/page-cursor.ts';
import type { Store } from '../src/store/store.ts';

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
  readonly devices: number;
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

const { signal } = new AbortController();
const mdm = tenantPort(() => graph, 'bench');
/** As the MDM source has it before anybody changes it. */
const PAGE = 500;

/** Node-RED with nobody who takes a page. */
const red = {
  hooks: { add: () => undefined, remove: () => undefined },
  util: { cloneMessage: (msg: Msg) => ({ ...msg }) },
} as unknown as RED;

const run: Run = {
  signal,
  send([msg]) {
    const { payload, sync } = msg as { readonly payload: unknown[]; readonly sync: { readonly gone?: unknown[] } };
    read.rows += payload.length + (sync.gone?.length ?? 0);
  },
  waiting: () => [],
  progress: () => undefined,
  warn: () => undefined,
};

/** What is remembered of Entra in no time: objects, devices and records have the same ids in this tenant. */
const store = {
  entra: {
    link: () => Promise.resolve(`${server.url}/v1.0/devices/delta?$deltatoken=last`),
    next: () => Promise.resolve(),
    learn: () => Promise.resolve(),
    learnRecords: () => Promise.resolve(),
    deviceIds: (_scope: string, ids: readonly string[]) => Promise.resolve([...ids]),
    records: (_scope: string, ids: readonly string[]) =>
      Promise.resolve(ids.map((id) => ({ recordId: id, deviceId: id }))),
  },
  snapshots: {
    latest: () =>
      Promise.resolve({ startedAt: server.since, fullStartedAt: server.since, clock: null, count: server.devices }),
  },
} as unknown as Store;

/** The MDM source's reading. The last one began a minute ago. */
async function ours(setting: 'full' | 'quick'): Promise<void> {
  const reading = await takeMdmReading({
    mdm,
    announce: () => Promise.resolve(),
    lease: () => Promise.resolve(),
    asked: { kind: undefined, dryRun: false },
    setting,
    pageSize: PAGE,
    underWay: new OwnReadingsUnderWay(),
    node: 'bench',
    now: () => Date.parse(server.since) + 60_000,
    newId: () => 'bench',
    store: () => Promise.resolve(store),
    signal,
  });
  if (reading.info.kind !== setting) throw new Error(`The reading is ${reading.info.kind}.`);
  await sendReading(red, run, {}, reading);
}

async function checkedIn(): Promise<void> {
  const pages = mdm.mdmPages({ pageSize: PAGE, since: server.since, signal });
  await takePages(pages, ({ records }) => void (read.rows += records.length));
}

const TASKS = {
  bare: () => bare(addressOf()),
  full: () => ours('full'),
  quick: checkedIn,
  entra: () => ours('quick'),
};

/** Connected, signed in and compiled, as in a process that has read before: on what has changed, which is little. */
const WARM = {
  bare: () => bare(addressOf(`lastSyncDateTime gt ${server.since}`)),
  full: checkedIn,
  quick: checkedIn,
  entra: checkedIn,
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
