/** A workflow of all nodes in Node-RED: a whole sync, the same again, and quick ones, beside JSON.parse of the same records. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../scripts/node-red.ts';
import { writeWorld } from './match-world.ts';
import { median } from './report.ts';
import type { Bound, BenchReport } from './report.ts';

const SMALL = 100_000;
const LARGE = 1_000_000;
const QUICK = [5_000, 20_000] as const;
const ROUNDS = 3;

/** What is held, of the larger size but for the first. */
const CEILINGS = {
  'quick sync, one change, of the smaller size, s': 0.2,
  'quick sync, one change, s': 0.5,
  'first by JSON.parse': 36,
  'same by JSON.parse': 15,
  '1 % changed by JSON.parse': 2.5,
  '1 % changed, a device by one of the smaller size': 2,
  'first, a device by one of the smaller size': 1.15,
  'peak MiB': 640,
} as const;

interface Run {
  readonly steps: Readonly<Record<'parse' | 'first' | 'same' | 'quick' | 'percent', number>>;
  readonly peakMib: number;
}

/** Each size in processes of its own, one after the other. */
export function report({ quick }: { readonly quick: boolean }): BenchReport {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
  const sizes = quick ? QUICK : ([SMALL, LARGE] as const);
  const code = mkdtempSync(join(tmpdir(), 'connector-bench-code-'));
  const [small, large] = sizes.map((size) => measure(size, { rounds: quick ? 1 : ROUNDS, code })) as [Run, Run];
  rmSync(code, { recursive: true, force: true });
  const aDevice = (step: keyof Run['steps']): number => large.steps[step] / sizes[1] / (small.steps[step] / sizes[0]);
  const values: Record<keyof typeof CEILINGS, number> = {
    'quick sync, one change, of the smaller size, s': small.steps.quick,
    'quick sync, one change, s': large.steps.quick,
    'first by JSON.parse': large.steps.first / large.steps.parse,
    'same by JSON.parse': large.steps.same / large.steps.parse,
    '1 % changed by JSON.parse': large.steps.percent / large.steps.parse,
    '1 % changed, a device by one of the smaller size': aDevice('percent'),
    'first, a device by one of the smaller size': aDevice('first'),
    'peak MiB': large.peakMib,
  };
  const row = (size: number, { steps, peakMib }: Run): string[] => [
    size.toLocaleString('en-US'),
    ...(['parse', 'first', 'same', 'quick', 'percent'] as const).map((name) => steps[name].toFixed(2)),
    String(peakMib),
  ];
  return {
    name: 'nodered',
    conditions: `${sizes.map((size) => size.toLocaleString('en-US')).join(' and ')} EAS and as many MDM records through EAS source, merge matcher and access switch (enforce, blocks held) in Node-RED, SQLite file; CPU s of all threads`,
    tables: [
      [
        ['devices', 'JSON.parse', 'first', 'same again', 'one change', '1 % changed', 'peak MiB'],
        row(sizes[0], small),
        row(sizes[1], large),
      ],
    ],
    bounds: Object.entries(CEILINGS).map(([name, bound]): Bound => {
      return { name, value: values[name as keyof typeof CEILINGS], relation: '<=', bound };
    }),
    notes: ['MDM records come as an MDM source sends them; no MDM can be asked for single users.'],
    figures: values,
  };
}

/** @param of.code folder that keeps what is compiled: a host runs JavaScript, and what makes it of TypeScript takes 35 MiB */
function measure(size: number, { rounds, code }: { readonly rounds: number; readonly code: string }): Run {
  const world = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  try {
    writeWorld(world, size);
    const runs = Array.from({ length: rounds }, () => run(world, code));
    const middle = (step: keyof Run['steps']): number => median(runs.map(({ steps }) => steps[step]));
    const names = ['parse', 'first', 'same', 'quick', 'percent'] as const;
    return {
      steps: Object.fromEntries(names.map((name) => [name, middle(name)])) as Run['steps'],
      peakMib: median(runs.map(({ peakMib }) => peakMib)),
    };
  } finally {
    rmSync(world, { recursive: true, force: true });
  }
}

function run(world: string, code: string): Run {
  const folder = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const script = fileURLToPath(new URL('nodered-process.ts', import.meta.url));
  try {
    const output = execFileSync(process.execPath, ['--no-warnings', script, world, join(folder, 'node-red')], {
      encoding: 'utf8',
      cwd: root,
      env: { ...process.env, NODE_COMPILE_CACHE: code },
    });
    return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Run;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
