/**
 * Readings of Intune, measured: pages of 100,000 and a million devices beside fetch and JSON.parse of the same pages, and what a
 * quick reading costs beside a full one. Graph and each reading are processes of their own, one after the other.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadingFigure } from './mdm-process.ts';
import { median, shown } from './report.ts';
import type { BenchReport } from './report.ts';

/** Speed against fetch and JSON.parse of the same pages. */
const SPEED = 0.8;
/** MB above the process at rest, however many devices. */
const PEAK = 150;
const ROUNDS = 3;

interface Size {
  readonly devices: number;
  /** Most that a quick reading of one changed device in a hundred may cost of a full one. */
  readonly quickShare: number;
}

const FULL: readonly Size[] = [
  { devices: 100_000, quickShare: 0.1 },
  { devices: 1_000_000, quickShare: 0.03 },
];
const QUICK: readonly Size[] = [{ devices: 20_000, quickShare: 0.1 }];

type Task = 'bare' | 'full' | 'quick' | 'entra';
const TASKS: readonly Task[] = ['bare', 'full', 'quick', 'entra'];
const LABEL: Readonly<Record<Task, string>> = {
  bare: 'fetch and JSON.parse',
  full: 'full reading',
  quick: 'what has checked in, 0.9 %',
  entra: 'quick reading, 1 % changed',
};

/** Runs the bench; a few minutes. */
export async function report({ quick }: { readonly quick: boolean }): Promise<BenchReport> {
  const parts: Part[] = [];
  for (const size of quick ? QUICK : FULL) parts.push(await measure(size, quick ? 1 : ROUNDS));
  return {
    name: 'mdm',
    conditions: `pages of 1,000 over HTTPS from a process of its own, that and sign-in not counted; medians of ${quick ? 1 : ROUNDS}`,
    tables: parts.map(({ table }) => table),
    bounds: parts.flatMap(({ bounds }) => bounds),
    notes: [
      'Of twenty changed devices eighteen have checked in, one has turned and one is gone, which Entra alone tells; the store takes no time. Each part of a batch counts for the limit.',
      'rows/s are of CPU time: on a shared machine a second of the clock is worth less. Peak is above the process before it read, MB.',
    ],
    figures: Object.assign({}, ...parts.map(({ figures }) => figures)) as Record<string, number>,
  };
}

interface Part {
  readonly table: readonly (readonly string[])[];
  readonly bounds: BenchReport['bounds'];
  readonly figures: Readonly<Record<string, number>>;
}

async function measure({ devices, quickShare }: Size, rounds: number): Promise<Part> {
  const measured: Record<Task, ReadingFigure[]> = { bare: [], full: [], quick: [], entra: [] };
  await withServer(devices, (run) => {
    for (let round = 0; round < rounds; round += 1) for (const task of TASKS) measured[task].push(run(task));
  });
  const of = (task: Task, field: keyof ReadingFigure): number => median(measured[task].map((one) => one[field]));
  const speed = median(measured.full.map(({ cpuMs }, round) => measured.bare[round]!.cpuMs / cpuMs));
  const share = (field: 'cpuMs' | 'requests' | 'counted'): number => of('entra', field) / of('full', field);
  const named = devices.toLocaleString('en-US');
  for (const task of ['bare', 'full'] as const)
    if (of(task, 'rows') !== devices) throw new Error(`${of(task, 'rows')} of ${devices} rows were read (${task}).`);
  if (of('entra', 'rows') !== devices / 100) throw new Error(`${of('entra', 'rows')} changed devices were read.`);
  return {
    table: [
      [`${named} devices`, 'rows/s', 'CPU s', 'requests', 'for the limit', 'peak MB'],
      ...TASKS.map((task) => [
        LABEL[task],
        shown((of(task, 'rows') / of(task, 'cpuMs')) * 1000),
        (of(task, 'cpuMs') / 1000).toFixed(2),
        String(of(task, 'requests')),
        String(of(task, 'counted')),
        shown(of(task, 'peakMb')),
      ]),
    ],
    bounds: [
      { name: `${named}: rows/s against fetch and JSON.parse`, value: speed, relation: '>=', bound: SPEED },
      { name: `${named}: peak memory above rest, MB`, value: of('full', 'peakMb'), relation: '<=', bound: PEAK },
      {
        name: `${named}: CPU of a quick reading against a full one`,
        value: share('cpuMs'),
        relation: '<=',
        bound: quickShare,
      },
      {
        name: `${named}: requests of a quick reading against a full one`,
        value: share('requests'),
        relation: '<=',
        bound: quickShare,
      },
    ],
    figures: {
      [`${devices} speed`]: speed,
      [`${devices} peak MB`]: of('full', 'peakMb'),
      [`${devices} bare peak MB`]: of('bare', 'peakMb'),
      [`${devices} CPU s`]: of('full', 'cpuMs') / 1000,
      [`${devices} quick CPU share`]: share('cpuMs'),
      [`${devices} quick requests share`]: share('requests'),
      [`${devices} quick share of the limit`]: share('counted'),
      [`${devices} check-ins CPU share`]: of('quick', 'cpuMs') / of('full', 'cpuMs'),
    },
  };
}

/** Starts Graph, and hands over what runs one task against it. */
async function withServer(devices: number, work: (run: (task: Task) => ReadingFigure) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const server = spawn(process.execPath, ['--no-warnings', pathOf('mdm-server.ts'), String(devices)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const address = line.toString('utf8');
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, (JSON.parse(address) as { readonly ca: string }).ca);
    // The bare fetch takes an authority from the environment only.
    work((task) => run(task, address, ca));
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}

function run(task: Task, address: string, ca: string): ReadingFigure {
  const { stdout, status } = spawnSync(process.execPath, ['--no-warnings', pathOf('mdm-process.ts'), task], {
    encoding: 'utf8',
    input: address,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
  });
  if (status !== 0) throw new Error(`The bench's ${task} process ended with ${String(status)}.`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ReadingFigure;
}

function pathOf(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url));
}
