/**
 * A full reconcile of n EAS records with n MDM records: NDJSON in, one outcome line an EAS record out, every task in a
 * process of its own, in turns. Yardstick: JSON.parse of every line of the same files, read by the same reader. Ceilings at
 * a million: CPU 3.0 × the yardstick's, 512 MiB of peak memory, for `reconcile` (reading, parsing, the MDM index, match rules,
 * access rules, an outcome line); 4.0 × and 512 MiB for `matcher`, which adds the EAS index, records loaded by key and evidence.
 * CPU times memory of that one is to be less than DuckDB's.
 * Peers: node:sqlite, and DuckDB where it is installed (`npm i --no-save @duckdb/node-api`, or BENCH_PEERS=<folder>).
 *
 *   node bench/match.ts [records] [rounds]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDuckdb, LEFT_OUT } from './match-peers.ts';
import { measure } from './match-process.ts';
import type { ProcessFigure, TaskName } from './match-process.ts';
import { isKept, median, printReport } from './report.ts';
import type { BenchReport, Bound } from './report.ts';

/** A task over all rounds: medians, and the CPU against the yardstick's of the same round. */
export interface TaskLine {
  readonly task: TaskName;
  readonly figure: ProcessFigure;
  readonly ratios: readonly number[];
  readonly ratio: number;
}

/** One size: how many EAS records, and what each task took. */
export interface SizeLine {
  readonly records: number;
  readonly bytes: number;
  readonly rounds: number;
  readonly lines: readonly TaskLine[];
}

/** What the bench found: medians of the rounds. */
export interface MatchBench {
  readonly records: number;
  readonly bytes: number;
  readonly parse: ProcessFigure;
  readonly reconcile: ProcessFigure;
  /** CPU of the reconcile against the yardstick, by round and the median. */
  readonly ratios: readonly number[];
  readonly ratio: number;
  readonly ceilings: readonly {
    readonly name: string;
    readonly value: number;
    readonly ceiling: number;
    readonly met: boolean;
  }[];
  /** CPU of each task before the first record, milliseconds. */
  readonly starts: Readonly<Partial<Record<TaskName, number>>>;
  /** A hundredth, a tenth, and all of the records. */
  readonly sizes: readonly SizeLine[];
}

const CPU_CEILING = 3.0;
const MATCHER_CPU_CEILING = 4.0;
const MEMORY_CEILING_MIB = 512;
const OURS: readonly TaskName[] = ['parse', 'reconcile', 'matcher'];
const START_ROUNDS = 3;
// Small sizes are short: more rounds of them cost little.
const SMALL_ROUNDS = 5;

const TITLES: Partial<Record<TaskName, string>> = {
  parse: 'JSON.parse',
  reconcile: 'reconcile',
  matcher: 'matcher with evidence',
  sqlite: 'node:sqlite',
  duckdb: 'DuckDB',
};

/** Runs the bench and hands back what it found, as every bench does. */
export function report(options: { quick?: boolean } = {}): BenchReport {
  return reportOf(measureSizes(options.quick ? { records: 20_000, rounds: 1 } : {}));
}

function measureSizes({ records = 1_000_000, rounds = 3 }: { records?: number; rounds?: number }): MatchBench {
  const start = measureSize(0, START_ROUNDS, OURS);
  const peers: TaskName[] = findDuckdb() === null ? ['sqlite'] : ['sqlite', 'duckdb'];
  const sizes = [
    measureSize(Math.round(records / 100), SMALL_ROUNDS, OURS),
    measureSize(Math.round(records / 10), SMALL_ROUNDS, OURS),
    measureSize(records, rounds, [...OURS, ...peers]),
  ];
  const all = sizes[2]!;
  const { figure: parse } = lineOf(all, 'parse');
  const { figure: reconcile, ratio, ratios } = lineOf(all, 'reconcile');
  const { figure: matcher, ratio: matcherRatio } = lineOf(all, 'matcher');
  const duckdb = all.lines.find(({ task }) => task === 'duckdb')?.figure;
  const costOf = ({ cpuMs, peakMib }: ProcessFigure): number => (cpuMs / 1000) * peakMib;
  const ceilings = [
    { name: 'reconcile: CPU / JSON.parse', value: ratio, ceiling: CPU_CEILING },
    { name: 'reconcile: peak memory, MiB', value: reconcile.peakMib, ceiling: MEMORY_CEILING_MIB },
    { name: 'matcher with evidence: CPU / JSON.parse', value: matcherRatio, ceiling: MATCHER_CPU_CEILING },
    { name: 'matcher with evidence: peak memory, MiB', value: matcher.peakMib, ceiling: MEMORY_CEILING_MIB },
    ...(duckdb === undefined
      ? []
      : [
          {
            name: 'matcher with evidence: CPU s x MiB, by DuckDB',
            value: costOf(matcher) / costOf(duckdb),
            ceiling: 1,
          },
        ]),
  ].map((bound) => ({ ...bound, met: bound.value <= bound.ceiling }));
  const starts = Object.fromEntries(start.lines.map(({ task, figure }) => [task, figure.cpuMs]));
  return { records, bytes: all.bytes, parse, reconcile, ratios, ratio, ceilings, starts, sizes };
}

function measureSize(records: number, rounds: number, tasks: readonly TaskName[]): SizeLine {
  const folder = mkdtempSync(join(tmpdir(), 'match-bench-'));
  try {
    measure('world', folder, String(records));
    const bytes = statSync(join(folder, 'eas.ndjson')).size + statSync(join(folder, 'mdm.ndjson')).size;
    const taken = new Map<TaskName, ProcessFigure[]>(tasks.map((task) => [task, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [task, figures] of taken) {
        figures.push(measure(task, folder));
        rmSync(join(folder, 'outcome.ndjson'), { force: true });
        rmSync(join(folder, 'peer.sqlite'), { force: true });
      }
    }
    const yardstick = taken.get('parse')!;
    const lines = [...taken].map(([task, figures]): TaskLine => {
      const ratios = figures.map(({ cpuMs }, round) => cpuMs / yardstick[round]!.cpuMs);
      return { task, figure: medianFigure(figures), ratios, ratio: median(ratios) };
    });
    return { records, bytes, rounds, lines };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lineOf(size: SizeLine, task: TaskName): TaskLine {
  return size.lines.find((line) => line.task === task)!;
}

function medianFigure(figures: readonly ProcessFigure[]): ProcessFigure {
  return {
    cpuMs: median(figures.map(({ cpuMs }) => cpuMs)),
    wallMs: median(figures.map(({ wallMs }) => wallMs)),
    peakMib: median(figures.map(({ peakMib }) => peakMib)),
    counts: figures[0]!.counts,
    figures: Object.fromEntries(
      Object.keys(figures[0]!.figures).map((name) => [name, median(figures.map((one) => one.figures[name]!))]),
    ),
  };
}

function reportOf(bench: MatchBench): BenchReport {
  const { records, bytes, ceilings, sizes } = bench;
  const all = sizes[2]!;
  return {
    name: 'match',
    conditions: `${records} EAS and as many MDM records, ${Math.round(bytes / 1e6)} MB of NDJSON, ${all.rounds} rounds of processes in turns, medians`,
    tables: [taskTable(all), sizeTable(bench)],
    bounds: ceilings.map(({ name, value, ceiling }): Bound => ({ name, value, relation: '<=', bound: ceiling })),
    notes: notesOf(all),
    figures: Object.fromEntries(
      all.lines
        .filter(({ task }) => task !== 'parse')
        .flatMap(({ task, figure, ratio }) => [
          [`${task}CpuRatio`, ratio],
          [`${task}PeakMib`, figure.peakMib],
        ]),
    ),
  };
}

function taskTable(size: SizeLine): string[][] {
  return [
    ['', 'CPU s', 'elapsed s', 'peak MiB', 'CPU x JSON.parse', 'min to max'],
    ...size.lines.map(({ task, figure: { cpuMs, wallMs, peakMib }, ratio, ratios }) => [
      TITLES[task] ?? task,
      (cpuMs / 1000).toFixed(2),
      (wallMs / 1000).toFixed(2),
      String(Math.round(peakMib)),
      ratio.toFixed(2),
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    ]),
  ];
}

// Linear is: each further record costs the same, whatever the size. The plain quotient has the start of the process in it.
function sizeTable({ sizes, starts }: MatchBench): string[][] {
  return [
    ['records', ...OURS.map((task) => `${TITLES[task]}: CPU µs a record, each further one`), 'reconcile peak MiB'],
    ...sizes.map((size, i) => {
      const smaller = sizes[i - 1];
      const cells = OURS.map((task) => {
        const { cpuMs } = lineOf(size, task).figure;
        const before = smaller ? lineOf(smaller, task).figure.cpuMs : (starts[task] ?? 0);
        const further = (cpuMs - before) / (size.records - (smaller?.records ?? 0));
        return `${((cpuMs * 1000) / size.records).toFixed(1)}, ${(further * 1000).toFixed(1)}`;
      });
      const { peakMib } = lineOf(size, 'reconcile').figure;
      return [size.records.toLocaleString('en-US'), ...cells, String(Math.round(peakMib))];
    }),
  ];
}

function notesOf(size: SizeLine): string[] {
  const { counts } = lineOf(size, 'reconcile').figure;
  const matcher = lineOf(size, 'matcher').figure.figures;
  const differing = size.lines.filter(({ task, figure }) => task !== 'parse' && !isSame(figure.counts, counts));
  return [
    `Outcomes of reconcile: ${shownCounts(counts)}.`,
    ...(differing.length === 0 ? ['The others count the same.'] : []),
    ...differing.map(({ task, figure }) => `DIFFERENT outcomes of ${task}: ${shownCounts(figure.counts)}.`),
    'reconcile: MDM index, match rules, default access rules, an outcome line; no EAS index, no evidence.',
    'matcher: also the EAS index, as the product makes it (both sides are parsed twice), pages of 500 with the MDM records loaded by' +
      ' key, evidence, suggestions, MDM records left over, JSON.stringify of it. Not Node-RED, not the store.',
    `Its EAS index takes ${matcher['easIndexMib']?.toFixed(0)} MiB. Of its CPU ${((matcher['fetchMs'] ?? 0) / 1000).toFixed(2)} s are` +
      ' for finding and reading the texts of MDM records in a file that stands in for the store.',
    LEFT_OUT,
    'node:sqlite: file without journal, one look-up an EAS record.',
    findDuckdb() === null
      ? 'DuckDB: not installed: npm i --no-save @duckdb/node-api (or BENCH_PEERS=<folder with node_modules>).'
      : 'DuckDB: one statement over both files, in memory, at most 4 GB and 2 threads.',
  ];
}

function isSame(left: ProcessFigure['counts'], right: ProcessFigure['counts']): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => left[name] === right[name]);
}

function shownCounts(counts: ProcessFigure['counts']): string {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

if (import.meta.main) {
  const [records, rounds] = process.argv.slice(2);
  const found = reportOf(measureSizes({ records: Number(records) || 1_000_000, rounds: Number(rounds) || 3 }));
  console.log(printReport(found));
  process.exitCode = found.bounds.every(isKept) ? 0 : 1;
}
