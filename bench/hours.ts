/** Eight hours of syncing, as fast as it goes: what is in memory, in the store's file and in its tables stays as it was. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { root } from '../scripts/node-red.ts';
import { slope } from './line.ts';
import { REMEMBERED_CHANGES } from '../src/store/reading-changes.ts';
import { writeWorld } from './match-world.ts';
import type { Bound, BenchReport } from './report.ts';

const SIZES = { whole: { devices: 100_000, hours: 8 }, quick: { devices: 2_000, hours: 8 } } as const;
/** Of the first hour nothing is held: caches fill, statements are prepared, the code is compiled. */
const WARM_MINUTES = 60;
/** Memory is held from the second whole reading of Exchange on: what it leaves to timers of the real clock is there until the end. */
const SECOND_WHOLE_MINUTES = 240;
const MIB = 2 ** 20;

/** Tables that grow until their oldest rows are forgotten: a reading, a match and a sync are each a row of the history. */
const FORGETFUL: Readonly<Record<string, number>> = {
  history: 50_000,
  changes: REMEMBERED_CHANGES,
  readings: 1_000,
};

/** Rows that a sync takes and lets go of: what is there at a sample is work, and no growth. */
const WORK = 'touched';

/** One line of hours-process.ts. */
interface Sample {
  /** Null on the last line: long after. */
  readonly minute: number | null;
  readonly heap: number;
  readonly outside: number;
  readonly rss: number;
  readonly file: number;
  readonly journal: number;
  /** Kinds, and how many of each. */
  readonly resources: Readonly<Record<string, number>>;
  readonly rows: Readonly<Record<string, number>>;
  /** Of the last line only. */
  readonly oldRuns?: number;
}

const alive = ({ resources }: Pick<Sample, 'resources'>): number =>
  Object.values(resources).reduce((sum, count) => sum + count, 0);

/** Writes a world, and lets the hours pass in a process of its own. */
export async function report({ quick }: { readonly quick: boolean }): Promise<BenchReport> {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
  const { hours, ...size } = quick ? SIZES.quick : SIZES.whole;
  const devices = Number(process.env['DEVICES'] ?? size.devices);
  const samples = await pass(devices, hours);
  return judge(samples, `${devices.toLocaleString('en-US')} devices, ${hours} hours`);
}

async function pass(devices: number, hours: number): Promise<Sample[]> {
  const [world, folder] = [
    mkdtempSync(join(tmpdir(), 'connector-bench-')),
    mkdtempSync(join(tmpdir(), 'connector-bench-')),
  ];
  try {
    writeWorld(world, devices);
    const script = fileURLToPath(new URL('hours-process.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--no-warnings', '--expose-gc', script, world, join(folder, 'node-red'), String(hours)],
      { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', resolve);
    });
    const samples: Sample[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      samples.push(JSON.parse(line) as Sample);
      process.stderr.write(`${lineOf(samples.at(-1)!).join(' ')}\n`);
    }
    const code = await ended;
    if (code !== 0) throw new Error(`hours-process.ts ended with ${code}.`);
    return samples;
  } finally {
    for (const made of [world, folder]) rmSync(made, { recursive: true, force: true });
  }
}

/*
 *   grows           by a line, over eight hours, at most
 *   heap            10 % of what it is, or 4 MiB: up to 200 prepared statements with their texts
 *   beside it       12 MiB: buffers of readings that a timer has for a minute of the real clock, in which hours pass here
 *   resources       3: these timers
 *   file, journal   5 % of the file, or 4 MiB: what the tables that forget by number have
 *   rows            of each table 1 %, or 100; of those that forget by number as many as they keep
 *
 *   the line        of the first three and of the touched rows goes through the lowest sample of each hour from the second whole
 *                   reading on: what is in work at a sample is no growth; of the others through all samples after the first hour
 *
 *   in the end      heap and buffers are 4 MiB above the first sample at most, and resources as many as then and one
 */
function judge(samples: readonly Sample[], size: string): BenchReport {
  const warm = samples.filter(({ minute }) => (minute ?? 0) > WARM_MINUTES);
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const of = (
    name: string,
    value: (sample: Sample) => number,
    [share, least]: [number, number],
    points = (all: readonly [number, number][]): readonly [number, number][] => all,
  ): Bound => {
    const values = points(warm.map((sample): [number, number] => [sample.minute ?? 0, value(sample)]));
    const bound = Math.max(least, (values[0]?.[1] ?? 0) * share);
    return { name: `${name}: growth in eight hours`, value: slope(values) * 480, relation: '<=', bound };
  };
  const mib = (value: (sample: Sample) => number) => (sample: Sample) => value(sample) / MIB;
  const tables = Object.keys(last.rows).filter((name) => !(name in FORGETFUL));
  const grown = tables.map((name) =>
    of(`rows of ${name}`, ({ rows }) => rows[name] ?? 0, [0.01, 100], name === WORK ? lowestOfHours : undefined),
  );
  const rows = grown.reduce((most, one) => (one.value / one.bound > most.value / most.bound ? one : most));
  const bounds = [
    of(
      'heap, MiB',
      mib(({ heap }) => heap),
      [0.1, 4],
      lowestOfHours,
    ),
    of(
      'outside of the heap, MiB',
      mib(({ outside }) => outside),
      [0.05, 12],
      lowestOfHours,
    ),
    of(
      'file and journal, MiB',
      mib(({ file, journal }) => file + journal),
      [0.05, 4],
    ),
    of('what keeps the process alive', alive, [0, 3], lowestOfHours),
    rows,
    ...Object.entries(FORGETFUL).map(([name, most]) => {
      const value = Math.max(...samples.map(({ rows }) => rows[name] ?? 0));
      // One more reading may come before the oldest go.
      return { name: `rows of ${name}, at most`, value, relation: '<=', bound: most * 1.1 } as const;
    }),
    { name: 'heap in the end, MiB above the first', value: (last.heap - first.heap) / MIB, relation: '<=', bound: 4 },
    {
      name: 'outside of the heap in the end, MiB above the first',
      value: (last.outside - first.outside) / MIB,
      relation: '<=',
      bound: 4,
    },
    {
      name: 'what keeps the process alive in the end, above the first',
      value: alive(last) - alive(first),
      relation: '<=',
      bound: 1,
    },
    { name: 'runs that are remembered for too long', value: last.oldRuns ?? Number.NaN, relation: '<=', bound: 0 },
  ] as const;
  return {
    name: 'hours',
    conditions: `${size}: Exchange quickly each 2 minutes with one in a thousand changed, an MDM wholly each 15, Exchange wholly each 4 hours; EAS source, merge matcher and access switch in Node-RED, SQLite file`,
    tables: [
      [
        [
          'minute',
          'heap MiB',
          'outside MiB',
          'resident MiB',
          'file MiB',
          'journal MiB',
          'resources',
          'rows',
          'runs',
          'changes',
        ],
        ...samples.map(lineOf),
      ],
    ],
    bounds,
    notes: [
      'The last line is after another 91 days: runs are forgotten by then. A growth is that of a line: through the lowest sample of each hour from the second whole reading on for memory, what keeps the process alive and the touched rows, else through all samples after the first hour.',
    ],
    figures: Object.fromEntries(bounds.map(({ name, value }) => [name, value])),
  };
}

/** The lowest sample of each hour from the second whole reading on. */
function lowestOfHours(samples: readonly [minute: number, value: number][]): [number, number][] {
  const lowest = new Map<number, [number, number]>();
  for (const [minute, value] of samples) {
    if (minute <= SECOND_WHOLE_MINUTES) continue;
    const hour = Math.ceil(minute / 60);
    const known = lowest.get(hour);
    if (known === undefined || value < known[1]) lowest.set(hour, [minute, value]);
  }
  return [...lowest.values()];
}

function lineOf({ minute, heap, outside, rss, file, journal, resources, rows }: Sample): string[] {
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
  const all = Object.entries(rows).reduce((sum, [name, count]) => sum + (name in FORGETFUL ? 0 : count), 0);
  return [
    minute === null ? '+ 91 days' : String(minute),
    ...[heap, outside, rss, file, journal].map(mib),
    String(alive({ resources })),
    String(all),
    String(rows['history'] ?? 0),
    String(rows['changes'] ?? 0),
  ];
}
