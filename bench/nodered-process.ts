/**
 * Syncs through a Node-RED with all nodes of a workflow, in a process of its own: `node bench/nodered-process.ts <world> <folder>`.
 * One in five devices is to be blocked, more than the brake lets through: they stay held.
 * The world is what match-world.ts writes; the folder is Node-RED's. The last line it prints is CPU seconds of all threads a
 * step, and the peak memory of the process.
 *
 *   parse    every record of both sides is parsed, and nothing else
 *   first    both readings come to an empty store: kept, matched, decided about, reported
 *   same     the same again
 *   quick    one record of Exchange has changed, no MDM reading
 *   percent  one in a hundred has
 *
 * EAS records come by message through the EAS source, MDM records as an MDM source sends them; a page follows when the one
 * before is done.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EasRecord, MdmRecord } from '../src/model/records.ts';
import { startNodeRed } from '../scripts/node-red.ts';
import type { NodeRed } from '../scripts/node-red.ts';
import { pages } from './match-world.ts';

const [world = '', userDir = ''] = process.argv.slice(2);
const PAGE = 500;
const [EAS, MDM] = [join(world, 'eas.ndjson'), join(world, 'mdm.ndjson')];

/** Names of the world's records. */
const [ORGANIZATION, TENANT] = ['org1', 'intune1'];

const FLOW = [
  { id: 'tab', type: 'tab', label: 'bench' },
  { id: 'store', type: 'connector-store', engine: 'sqlite', path: join(userDir, 'store.sqlite') },
  { id: ORGANIZATION, type: 'exchange-server', kind: 'simulated' },
  {
    id: 'eas',
    type: 'eas-source',
    z: 'tab',
    from: 'message',
    server: ORGANIZATION,
    store: 'store',
    wires: [['matcher']],
  },
  {
    id: 'matcher',
    type: 'merge-matcher',
    z: 'tab',
    store: 'store',
    pageSize: PAGE,
    maxAge: 26,
    sameUser: true,
    lateActivation: true,
    wires: [['switch'], [], []],
  },
  {
    id: 'switch',
    type: 'access-switch',
    z: 'tab',
    server: ORGANIZATION,
    store: 'store',
    mode: 'enforce',
    rules: [],
    brakePercent: 10,
    brakeCount: 10,
    wires: [[], [], [], ['end']],
  },
  { id: 'end', type: 'junction', z: 'tab', wires: [[]] },
];

const steps: Record<string, number> = {};

async function step(name: string, work: () => unknown): Promise<void> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  steps[name] = (user + system) / 1e6;
}

function parse(): void {
  for (const path of [EAS, MDM]) for (const page of pages<unknown>(path, PAGE)) if (page.length === 0) return;
}

/** A workflow that is fed. */
class Workflow {
  #nodeRed: NodeRed | null = null;
  #reports = 0;
  #done: { id: string; resolve: () => void } | null = null;
  #heard: (() => void) | null = null;
  #readings = 0;

  async start(): Promise<void> {
    mkdirSync(userDir, { recursive: true });
    this.#nodeRed = await startNodeRed({
      userDir,
      port: 0,
      flow: FLOW,
      quiet: true,
      onSend: ({ source }) => {
        if (source.id !== 'switch' || source.port !== 3) return;
        this.#reports += 1;
        this.#heard?.();
      },
      onDone: ({ id }, error) => {
        if (error !== undefined) throw error;
        if (this.#done?.id === id) this.#done.resolve();
      },
    });
  }

  stop(): Promise<void> {
    return this.#nodeRed!.stop();
  }

  /** A sync, from its first page to the report. @param mdm absent: no MDM reading */
  async sync(kind: 'full' | 'quick', eas: Iterable<EasRecord[]>, mdm?: Iterable<MdmRecord[]>): Promise<void> {
    const before = this.#reports;
    this.#readings += 1;
    const startedAt = new Date().toISOString();
    const easPages = pageMessages(eas, { id: `eas ${this.#readings}`, kind, startedAt });
    // A reading of Exchange is under way: what ends first waits for it.
    let next = easPages.next();
    await this.#page('eas', next.value!);
    const head = { id: `mdm ${this.#readings}`, source: 'mdm', kind: 'full', organization: TENANT, startedAt };
    for (const message of pageMessages(mdm ?? [], head)) await this.#page('matcher', { ...message, topic: 'mdm' });
    for (next = easPages.next(); next.done !== true; next = easPages.next()) await this.#page('eas', next.value);
    while (this.#reports === before)
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
  }

  #page(id: string, message: Record<string, unknown>): Promise<void> {
    return new Promise((resolve) => {
      this.#done = { id, resolve };
      this.#nodeRed!.receive(id, message);
    });
  }
}

/** Messages of a reading; the last one says that it is. */
function* pageMessages(
  records: Iterable<readonly unknown[]>,
  sync: Readonly<Record<string, unknown>> & { readonly id: string },
): Generator<Record<string, unknown>, undefined> {
  let [index, held]: [number, readonly unknown[] | null] = [0, null];
  const message = (payload: readonly unknown[], last: boolean): Record<string, unknown> => ({
    payload,
    parts: { id: sync.id, index, type: 'array', len: payload.length, ...(last ? { count: index + 1 } : {}) },
    sync: { ...sync, page: index, last },
  });
  for (const page of records) {
    if (held !== null) {
      yield message(held, false);
      index += 1;
    }
    held = page;
  }
  if (held !== null) yield message(held, true);
}

/** The n-th, 2 n-th, … record of Exchange, on another state. */
function* changed(every: number): Generator<EasRecord[]> {
  let at = 0;
  let some: EasRecord[] = [];
  for (const page of pages<EasRecord>(EAS, PAGE))
    for (const record of page) {
      at += 1;
      if (at % every !== 0) continue;
      some.push({ ...record, device: { ...record.device, os: `${record.device.os ?? ''} changed` } });
      if (some.length < PAGE) continue;
      yield some;
      some = [];
    }
  if (some.length > 0) yield some;
}

const { eas: count } = JSON.parse(readFileSync(join(world, 'counts.json'), 'utf8')) as { eas: number };
const both = (): [Iterable<EasRecord[]>, Iterable<MdmRecord[]>] => [
  pages<EasRecord>(EAS, PAGE),
  pages<MdmRecord>(MDM, PAGE),
];
await step('parse', parse);
const workflow = new Workflow();
await workflow.start();
await step('first', () => workflow.sync('full', ...both()));
await step('same', () => workflow.sync('full', ...both()));
const one = [...changed(count)];
await step('quick', () => workflow.sync('quick', one));
await step('percent', () => workflow.sync('quick', changed(100)));
const peakKib = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
await workflow.stop();
console.log(JSON.stringify({ steps, peakMib: Math.round(peakKib / 1024) }));
process.exit(0);
