/**
 * Syncs through a Node-RED with all nodes of a workflow (fed-workflow.ts), in a process of its own:
 * `node bench/nodered-process.ts <world> <folder>`. The world is what match-world.ts writes; the folder is Node-RED's. The last
 * line it prints is CPU seconds of all threads a step, and the peak memory of the process.
 *
 *   parse    every record of both sides is parsed, and nothing else: without a folder, in a process that ends with it, so that
 *            its heap is not Node-RED's
 *   first    both readings come to an empty store: kept, matched, decided about, reported
 *   same     the same again
 *   quick    one record of Exchange has changed, no MDM reading
 *   percent  one in a hundred has
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EasRecord, MdmRecord } from '../src/model/records.ts';
import { changedRecords, FedWorkflow, PAGE } from './fed-workflow.ts';
import { pages } from './match-world.ts';

const [world = '', userDir = ''] = process.argv.slice(2);
const [EAS, MDM] = [join(world, 'eas.ndjson'), join(world, 'mdm.ndjson')];

const steps: Record<string, number> = {};

async function step(name: string, work: () => unknown): Promise<void> {
  const before = process.cpuUsage();
  await work();
  await atRest();
  const { user, system } = process.cpuUsage(before);
  steps[name] = (user + system) / 1e6;
}

let atRest = async (): Promise<void> => {};

function parse(): void {
  for (const path of [EAS, MDM]) for (const page of pages<unknown>(path, PAGE)) if (page.length === 0) return;
}

/** The n-th, 2 n-th, … record of Exchange, on another state. */
const changed = (every: number): Iterable<EasRecord[]> =>
  changedRecords(pages<EasRecord>(EAS, PAGE), every, (record) => ({
    ...record,
    device: { ...record.device, os: `${record.device.os ?? ''} changed` },
  }));

const { eas: count } = JSON.parse(readFileSync(join(world, 'counts.json'), 'utf8')) as { eas: number };
const both = (): [Iterable<EasRecord[]>, Iterable<MdmRecord[]>] => [
  pages<EasRecord>(EAS, PAGE),
  pages<MdmRecord>(MDM, PAGE),
];
if (userDir === '') {
  await step('parse', parse);
  console.log(steps['parse']);
  process.exit(0);
}
const itself = [...process.execArgv, import.meta.filename, world];
steps['parse'] = Number(execFileSync(process.execPath, itself, { encoding: 'utf8' }));
const workflow = new FedWorkflow(userDir);
await workflow.start();
atRest = () => workflow.rest();
await step('first', () => workflow.sync('full', ...both()));
await step('same', () => workflow.sync('full', ...both()));
const one = [...changed(count)];
await step('quick', () => workflow.sync('quick', one));
await step('percent', () => workflow.sync('quick', changed(100)));
const peakKib = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
await workflow.stop();
console.log(JSON.stringify({ steps, peakMib: Math.round(peakKib / 1024) }));
process.exit(0);
