/**
 * One task of the match bench in a process of its own: `node bench/match-process.ts <task> <folder>`. The last line it
 * prints is what it took, by the operating system's account of this process: CPU of all its threads, peak resident set.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TaskResult } from './match-ours.ts';

/** What one process took. */
export interface ProcessFigure {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Peak resident set, MiB. */
  readonly peakMib: number;
  /** Outcomes by name; empty for the yardstick. */
  readonly counts: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
}

// Each loads its own modules only: a peer does not pay for ours.
const TASKS = {
  parse: async (folder: string) => (await import('./match-ours.ts')).parseAll(folder),
  reconcile: (folder: string) => asNodesWork(async () => (await import('./match-ours.ts')).reconcileAll(folder)),
  matcher: (folder: string) => asNodesWork(async () => (await import('./match-ours.ts')).matchAll(folder)),
  duckdb: async (folder: string) => (await import('./match-peers.ts')).duckdbAll(folder),
  sqlite: async (folder: string) => (await import('./match-peers.ts')).sqliteAll(folder),
  world: async (folder: string): Promise<TaskResult> => {
    (await import('./match-world.ts')).writeWorld(folder, Number(process.argv[4]));
    return { counts: {} };
  },
} satisfies Record<string, (folder: string) => Promise<TaskResult>>;

/** With the heap as a node keeps it that works on a message. */
async function asNodesWork(task: () => Promise<TaskResult>): Promise<TaskResult> {
  const done = (await import('../nodes/heap-growth.ts')).heapGrowth.begin();
  try {
    return await task();
  } finally {
    done();
  }
}

/** A task of the bench. */
export type TaskName = keyof typeof TASKS;

let codeFolder: string | undefined;

/** A host runs JavaScript: what makes it of TypeScript, some 35 MiB of it, is in the first process of a task alone. */
function compiledCode(): string {
  if (codeFolder !== undefined) return codeFolder;
  const made = mkdtempSync(join(tmpdir(), 'match-bench-code-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  codeFolder = made;
  return made;
}

/** Runs a task in a new process and waits for it. */
export function measure(task: TaskName, folder: string, ...rest: readonly string[]): ProcessFigure {
  const started = performance.now();
  const script = fileURLToPath(import.meta.url);
  const output = execFileSync(process.execPath, [...process.execArgv, '--no-warnings', script, task, folder, ...rest], {
    encoding: 'utf8',
    env: { ...process.env, NODE_COMPILE_CACHE: compiledCode() },
  });
  return { ...(JSON.parse(output) as Omit<ProcessFigure, 'wallMs'>), wallMs: performance.now() - started };
}

if (import.meta.main) {
  const [task = '', folder = ''] = process.argv.slice(2);
  const { counts, figures = {} } = await TASKS[task as TaskName](folder);
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpuMs: (user + system) / 1000, peakMib: peakMib(), counts, figures }));
}

// Linux hands the parent's peak on to getrusage's maxrss of the child; VmHWM is the process's own.
function peakMib(): number {
  const own = process.platform === 'linux' ? /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) : null;
  return (own ? Number(own[1]) : process.resourceUsage().maxRSS) / 1024;
}
