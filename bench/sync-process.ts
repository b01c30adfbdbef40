/**
 * Syncs of the access switch in a process of its own, over an SQLite file: `node bench/sync-process.ts <task> <devices>
 * <folder>`. The last line it prints is what each took: CPU of all threads, and the peak resident set of the process.
 *
 *   held    every device is to be blocked, and the brake holds all of them; then one mailbox is approved, the rest listed
 *           and discarded
 *   approved  the same, and all of them are approved: up to the first try
 *   queued  every device is to be blocked and may be: up to the first try
 *   usual   nine syncs, of which every second changes one device in a hundred
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPlans, planDetails } from '../src/connector/listings/list-plans.ts';
import { AccessSync } from '../src/connector/sync/access-sync.ts';
import { approvePlan, discardPlan } from '../src/connector/sync/operator-requests.ts';
import type { SwitchParts } from '../src/connector/sync/switch-parts.ts';
import type { SyncReport } from '../src/connector/sync/sync-report.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { openBenchWorld, runSync } from './sync-world.ts';

interface World {
  readonly parts: SwitchParts;
  readonly store: Store;
  readonly sync: AccessSync;
}

async function open(folder: string, percent: number, stopAtFirst: boolean): Promise<World> {
  const store = await openStore({ engine: 'sqlite', path: join(folder, 'store.sqlite') });
  return { store, parts: await openBenchWorld(store, { percent, stopAtFirst }), sync: new AccessSync() };
}

function run({ sync, parts }: World, devices: number, isMerged: (n: number) => boolean): Promise<SyncReport | null> {
  return runSync(sync, parts, devices, isMerged);
}

const steps: Record<string, unknown> = {};

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const started = performance.now();
  let result: T;
  try {
    result = await work();
  } finally {
    const { user, system } = process.cpuUsage(before);
    const cpuMs = Math.round((user + system) / 1000);
    steps[name] = { cpuMs, wallMs: Math.round(performance.now() - started), peakMib: Math.round(peakMib()) };
  }
  return result;
}

function peakMib(): number {
  const own = process.platform === 'linux' ? /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) : null;
  return (own ? Number(own[1]) : process.resourceUsage().maxRSS) / 1024;
}

async function held(folder: string, devices: number): Promise<void> {
  const world = await open(folder, 0, false);
  const report = await timed('hold', () => run(world, devices, () => false));
  const id = report?.held?.id ?? '';
  await timed('same again', () => run(world, devices, () => false));
  await timed('listing', () => listPlans(world.store));
  await timed('details', () => planDetails(world.store, id, { limit: 100 }));
  const part = { mailbox: 'user7@contoso.example' };
  await timed('approve one', () => approvePlan(world.parts, { plan: id, person: 'Ida', part }));
  await timed('discard', () => discardPlan(world.parts, { plan: id, person: 'Ida' }));
  await world.store.close();
}

async function approved(folder: string, devices: number): Promise<void> {
  const world = await open(folder, 0, true);
  const report = await timed('hold', () => run(world, devices, () => false));
  await timed('approve all', () =>
    approvePlan(world.parts, { plan: report?.held?.id ?? '', person: 'Ida' }).catch(() => null),
  );
  await world.store.close();
}

async function queued(folder: string, devices: number): Promise<void> {
  const world = await open(folder, 100, true);
  await timed('queue', () => run(world, devices, () => false).catch(() => null));
  await world.store.close();
}

async function usual(folder: string, devices: number): Promise<void> {
  const world = await open(folder, 100, false);
  await run(world, devices, () => true);
  for (let round = 1; round <= 8; round += 1) {
    const isNew = round % 2 === 1;
    const isMerged = (n: number) => !(isNew && n % 100 === round);
    await timed(`${isNew ? 'one percent' : 'nothing'} ${round}`, () => run(world, devices, isMerged));
  }
  await world.store.close();
}

const TASKS = { held, approved, queued, usual };

const [task = '', devices = '', folder = ''] = process.argv.slice(2);
await TASKS[task as keyof typeof TASKS](folder, Number(devices));
console.log(JSON.stringify({ task, devices: Number(devices), steps }));
