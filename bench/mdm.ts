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

/** What one process does. */
type Task = 'bare' | 'full' | 'quick' | 'entra';
/** The same, and quick readings of a tenant in which more devices are gone. */
type Row = Task | 'harsh';
const TASKS: readonly Task[] = ['bare', 'full', 'quick', 'entra'];
const LABEL: Readonly<Record<Row, string>> = {
  bare: 'fetch and JSON.parse',
  full: 'full reading',
  quick: 'what has checked in, 0.9 %',
  entra: 'quick reading, 1 % changed',
  harsh: 'the same, one in twenty of these is gone',
};

/**
 * How many of the changed devices are gone. Phones check in every eight hours (Intune's policy refresh for iOS and Android), so
 * 0.9 % of them have after 4.3 minutes; a phone that is kept for three years is gone within such a time once in 365,000. That is
 * three of a million devices, and one of a hundred thousand at times. Told without a check-in are a thousand of a million
 * nonetheless: those that are not gone have turned.
 */
function goneOf(devices: number): number {
  const minutes = 0.009 * 8 * 60;
  return Math.ceil((devices * minutes) / (3 * 365 * 24 * 60));
}

/** As if each phone were gone after three days: what is gone is asked for by itself, twenty in a request. */
function harshlyGoneOf(devices: number): number {
  return devices / 100 / 20;
}

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
      'Of twenty changed devices eighteen have checked in and two are told by Entra alone: they have turned, but for a few that are gone, as a phone is after three years. The store takes no time. Each part of a batch counts for the limit.',
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
  const measured: Record<Row, ReadingFigure[]> = { bare: [], full: [], quick: [], entra: [], harsh: [] };
  await withServer(devices, goneOf(devices), (run) => {
    for (let round = 0; round < rounds; round += 1) for (const task of TASKS) measured[task].push(run(task));
  });
  await withServer(devices, harshlyGoneOf(devices), (run) => {
    for (let round = 0; round < rounds; round += 1) measured.harsh.push(run('entra'));
  });
  const of = (task: Row, field: keyof ReadingFigure): number => median(measured[task].map((one) => one[field]));
  const speed = median(measured.full.map(({ cpuMs }, round) => measured.bare[round]!.cpuMs / cpuMs));
  const share = (field: 'cpuMs' | 'requests' | 'counted', row: Row = 'entra'): number =>
    of(row, field) / of('full', field);
  const peak = Math.max(...measured.full.map(({ peakMb }) => peakMb));
  const named = devices.toLocaleString('en-US');
  for (const task of ['bare', 'full'] as const)
    if (of(task, 'rows') !== devices) throw new Error(`${of(task, 'rows')} of ${devices} rows were read (${task}).`);
  for (const row of ['entra', 'harsh'] as const)
    if (of(row, 'rows') !== devices / 100) throw new Error(`${of(row, 'rows')} changed devices were read.`);
  return {
    table: [
      [`${named} devices`, 'rows/s', 'CPU s', 'requests', 'for the limit', 'peak MB'],
      ...([...TASKS, 'harsh'] as const).map((task) => [
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
      { name: `${named}: peak memory above rest in any round, MB`, value: peak, relation: '<=', bound: PEAK },
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
      [`${devices} highest peak MB`]: peak,
      [`${devices} bare peak MB`]: of('bare', 'peakMb'),
      [`${devices} CPU s`]: of('full', 'cpuMs') / 1000,
      [`${devices} quick CPU share`]: share('cpuMs'),
      [`${devices} quick requests share`]: share('requests'),
      [`${devices} quick share of the limit`]: share('counted'),
      [`${devices} quick requests share, one in twenty gone`]: share('requests', 'harsh'),
      [`${devices} quick share of the limit, one in twenty gone`]: share('counted', 'harsh'),
      [`${devices} check-ins CPU share`]: of('quick', 'cpuMs') / of('full', 'cpuMs'),
    },
  };
}

/** Starts Graph, and hands over what runs one task against it. */
async function withServer(
  devices: number,
  gone: number,
  work: (run: (task: Task) => ReadingFigure) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const server = spawn(process.execPath, ['--no-warnings', pathOf('mdm-server.ts'), String(devices), String(gone)], {
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
