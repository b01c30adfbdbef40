/**
 * One reading of Graph in a process of its own: `node bench/mdm-process.ts <task>`; where the server is, is read from stdin, as
 * mdm-server.ts tells it. The last line is JSON.
 *
 *   bare    fetch and JSON.parse of the same pages, one after the other, and nothing done with them
 *   full    the MDM source's reading, each page let go when the next one comes
 *   quick   the same of what has checked in since
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readManagedDevices } from '../src/graph/managed-devices.ts';
import { MANAGED_DEVICE_PROPERTIES } from '../src/graph/mdm-record.ts';
import { openGraph } from '../src/graph/open-graph.ts';

/** What a reading cost. */
export interface ReadingFigure {
  readonly rows: number;
  readonly pages: number;
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

const task = process.argv[2] as 'bare' | 'full' | 'quick';
const server = JSON.parse(readFileSync(0, 'utf8')) as Server;

const graph = openGraph({
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
  pages: number;
}

async function bare(first: string): Promise<Read> {
  const read = { rows: 0, pages: 0 };
  const headers = { authorization: 'Bearer bench', accept: 'application/json' };
  for (let next: string | undefined = first; next !== undefined; read.pages += 1) {
    const response: Response = await fetch(next, { headers });
    const page = JSON.parse(await response.text()) as { value: unknown[]; '@odata.nextLink'?: string };
    read.rows += page.value.length;
    next = page['@odata.nextLink'];
  }
  return read;
}

function addressOf(filter?: string): string {
  const first = new URL('/v1.0/deviceManagement/managedDevices', server.url);
  first.searchParams.set('$select', MANAGED_DEVICE_PROPERTIES.join(','));
  if (filter !== undefined) first.searchParams.set('$filter', filter);
  return first.href;
}

async function ours(since?: string): Promise<Read> {
  const read = { rows: 0, pages: 0 };
  for await (const page of readManagedDevices(graph, { source: 'bench', ...(since === undefined ? {} : { since }) })) {
    read.rows += page.records.length;
    read.pages += 1;
  }
  return read;
}

const TASKS = { bare: () => bare(addressOf()), full: () => ours(), quick: () => ours(server.since) };

/** Connected, signed in and compiled, as in a process that has read before: on what has changed, which is little. */
const WARM = {
  bare: () => bare(addressOf(`lastSyncDateTime gt ${server.since}`)),
  full: () => ours(server.since),
  quick: () => ours(server.since),
};

// What loading left behind is collected before the memory at rest is looked at.
await delay(200);
const idle = process.memoryUsage().rss;
await WARM[task]();
const before = process.cpuUsage();
const began = performance.now();
const { rows, pages } = await TASKS[task]();
const { user, system } = process.cpuUsage(before);
const figure: ReadingFigure = {
  rows,
  pages,
  wallMs: performance.now() - began,
  cpuMs: (user + system) / 1000,
  // maxRSS is in kibibytes (getrusage).
  peakMb: (process.resourceUsage().maxRSS * 1024 - idle) / 1e6,
};
await graph.close();
console.log(JSON.stringify(figure));
process.exit();
