/** Syncs of the access switch with as many changes as there are devices, each in a process of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchReport } from './report.ts';

const DEVICES = 1_000_000;
const QUICK = 20_000;
/** Peak resident set of the process, MiB. */
const CEILING = 640;

interface Step {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakMib: number;
}

/** Runs the tasks one after the other. */
export function report({ quick }: { readonly quick: boolean }): BenchReport {
  const devices = quick ? QUICK : DEVICES;
  const sizes = { held: devices, queued: devices, approved: devices, usual: 10_000 } as const;
  const rows: string[][] = [['sync', 'CPU s', 'wall s', 'peak MiB']];
  const figures: Record<string, number> = {};
  for (const [task, size] of Object.entries(sizes)) {
    for (const [step, { cpuMs, wallMs, peakMib }] of Object.entries(stepsOf(task, size))) {
      rows.push([`${task}: ${step}`, (cpuMs / 1000).toFixed(2), (wallMs / 1000).toFixed(2), String(peakMib)]);
      figures[`${task} ${step} CPU ms`] = cpuMs;
      figures[`${task} peak MiB`] = Math.max(peakMib, figures[`${task} peak MiB`] ?? 0);
    }
  }
  const bounds = Object.keys(sizes).map((task) => {
    return {
      name: `peak of ${task}, MiB`,
      value: figures[`${task} peak MiB`] ?? NaN,
      relation: '<=',
      bound: CEILING,
    } as const;
  });
  const conditions = `${devices.toLocaleString('en-US')} devices, all of which change; usual: 10,000; SQLite file, a process a task`;
  return { name: 'sync', conditions, tables: [rows], bounds, notes: [], figures };
}

/** Runs a task of sync-process.ts. */
export function stepsOf(task: string, devices: number): Record<string, Step> {
  const folder = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const script = fileURLToPath(new URL('sync-process.ts', import.meta.url));
  try {
    const output = execFileSync(process.execPath, ['--no-warnings', script, task, String(devices), folder], {
      encoding: 'utf8',
    });
    const { steps } = JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as { steps: Record<string, Step> };
    return steps;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
