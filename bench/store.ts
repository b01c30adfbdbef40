/** A million records of Exchange become a snapshot, and full readings after it say the same, or nearly. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPostgres, startPostgres } from '../scripts/postgres-server.ts';
import { writeWorld } from './match-world.ts';
import { median } from './report.ts';
import type { Bound, BenchReport } from './report.ts';

const RECORDS = 1_000_000;
const QUICK = 20_000;
const ROUNDS = 3;

/** What is held, each as a ratio. */
const CEILINGS = {
  'first by append + fsync': 2.5,
  'first by bare node:sqlite': 0.75,
  'first, bytes written by data, records': 4,
  'first, bytes written by data, with the devices': 6,
  'same by first': 0.4,
  'new times by same': 1.1,
  'file after same by file after first': 1.05,
  'first, PostgreSQL by SQLite': 2,
  'same, PostgreSQL by SQLite': 2,
} as const;

interface Step {
  /** Seconds. */
  readonly cpu: number;
  readonly server: number;
  readonly written: number;
  readonly devices: number;
  readonly size: number;
}

interface Run {
  readonly steps: Readonly<Record<string, Step>>;
  readonly peakMib: number;
}

/** Runs the tasks in turns, each in a process of its own. */
export async function report({ quick }: { readonly quick: boolean }): Promise<BenchReport> {
  const records = quick ? QUICK : RECORDS;
  const folder = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  try {
    writeWorld(folder, records);
    const source = join(folder, 'eas.ndjson');
    const bytes = statSync(source).size;
    const rounds: Round[] = [];
    while (rounds.length < (quick ? 1 : ROUNDS)) {
      const [append, bare, ours] = [run('append', source), run('bare', source), run('ours', source)];
      rounds.push({ append, bare, ours, ...(await onPostgres(source)) });
    }
    return reportOf(rounds, records, bytes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each round has a server of its own, which waits for the disk as in use. */
async function onPostgres(source: string): Promise<Partial<Round>> {
  if (findPostgres() === null) return {};
  const server = await startPostgres({ durable: true });
  try {
    return { postgres: run('ours', source, server.address, String(server.pid)) };
  } finally {
    await server.close();
  }
}

function run(task: string, source: string, ...rest: readonly string[]): Run {
  const folder = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const script = fileURLToPath(new URL('store-process.ts', import.meta.url));
  try {
    const output = execFileSync(process.execPath, ['--no-warnings', script, task, source, folder, ...rest], {
      encoding: 'utf8',
    });
    return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Run;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Round = Readonly<Record<'append' | 'bare' | 'ours', Run>> & { readonly postgres?: Run };

function reportOf(rounds: readonly Round[], records: number, bytes: number): BenchReport {
  const middle = (of: keyof Round, step: string): Step => {
    const all = rounds.flatMap((round) => round[of]?.steps[step] ?? []);
    return {
      cpu: median(all.map(({ cpu }) => cpu)),
      server: median(all.map(({ server }) => server)),
      written: median(all.map(({ written }) => written)),
      devices: median(all.map(({ devices }) => devices)),
      size: median(all.map(({ size }) => size)),
    };
  };
  const [append, bare] = [middle('append', 'first'), middle('bare', 'first')];
  const stepsOf = (of: 'ours' | 'postgres') =>
    ['first', 'same', 'times', 'percent'].map((name) => middle(of, name)) as [Step, Step, Step, Step];
  const [first, same, times, percent] = stepsOf('ours');
  const isMeasured = rounds.every(({ postgres }) => postgres !== undefined);
  const postgres = isMeasured ? stepsOf('postgres') : null;
  const both = (step: Step | undefined): number => (step === undefined ? NaN : step.cpu + step.server);
  const values: Record<keyof typeof CEILINGS, number> = {
    'first by append + fsync': first.cpu / append.cpu,
    'first by bare node:sqlite': first.cpu / bare.cpu,
    // The devices' rows are written to the journal and to the file.
    'first, bytes written by data, records': (first.written - 2 * first.devices) / bytes,
    'first, bytes written by data, with the devices': first.written / bytes,
    'same by first': same.cpu / first.cpu,
    'new times by same': times.cpu / same.cpu,
    'file after same by file after first': same.size / first.size,
    'first, PostgreSQL by SQLite': both(postgres?.[0]) / first.cpu,
    'same, PostgreSQL by SQLite': both(postgres?.[1]) / same.cpu,
  };
  const row = (name: string, { cpu, written, size }: Step): string[] => [
    name,
    cpu.toFixed(1),
    (written / 1e6).toFixed(0),
    (size / 1e6).toFixed(0),
  ];
  const peak = median(rounds.map(({ ours }) => ours.peakMib));
  return {
    name: 'store',
    conditions: `${records.toLocaleString('en-US')} EAS records of ${Math.round(bytes / records)} bytes, ${rounds.length} rounds, SQLite file; parsing the records is in every figure`,
    tables: [
      [
        ['full reading', 'CPU s', 'MB written', 'MB then'],
        row('append + fsync', append),
        row('bare node:sqlite', bare),
        row('first', first),
        row('same again', same),
        row('new sync times', times),
        row('1 % changed', percent),
      ],
      ...(postgres === null
        ? []
        : [
            [
              ['on PostgreSQL', 'client CPU s', 'server CPU s'],
              ...['first', 'same again', 'new sync times', '1 % changed'].map((name, at) => [
                name,
                postgres[at]!.cpu.toFixed(1),
                postgres[at]!.server.toFixed(1),
              ]),
            ],
          ]),
    ],
    bounds: Object.entries(CEILINGS).flatMap(([name, bound]): Bound[] => {
      if (postgres === null && name.includes('PostgreSQL')) return [];
      return [{ name, value: values[name as keyof typeof CEILINGS], relation: '<=', bound }];
    }),
    notes: [
      `Peak memory of the readings: ${peak} MiB.`,
      ...(postgres === null ? ['PostgreSQL was not measured: it is not installed.'] : []),
    ],
    figures: { ...values, 'peak MiB': peak, 'first CPU s': first.cpu, 'same CPU s': same.cpu },
  };
}
