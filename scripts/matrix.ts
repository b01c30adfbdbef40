/**
 * The packed package on every pair of Node.js and Node-RED: `npm run test:matrix`. A cell is one pair. Its Node.js runs tests
 * of nodes and flows with the package's built files in place of the sources (scripts/matrix/packed.mjs) and the cell's
 * Node-RED, then a Node-RED of its own with one pass through the editor. Every Node.js here reads TypeScript (22.18 or later);
 * what users run is what is compiled. Two cells run at a time. The last line counts all: N passed, N failed, N skipped.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { readCommandLine } from './command-line.ts';
import type { Installed } from './matrix/engines.ts';
import { installNode, installNodeRed, newestNode, NODE_RED_RANGES, nodeLines } from './matrix/engines.ts';
import { root } from './node-red.ts';

const run = promisify(execFile);
const { name: PACKAGE } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly name: string };

/** What is meaningful for a version of Node.js or Node-RED: an installation, old flows, the example, each node, its routes. */
const TESTS = [
  'test-matrix/installed.test.ts',
  'test/flows/frozen-flows.test.ts',
  'test/flows/example.test.ts',
  'test/flows/pages-in-pieces.test.ts',
  'test/nodes/access-switch.test.ts',
  'test/nodes/activation-link.test.ts',
  'test/nodes/admin-routes.test.ts',
  'test/nodes/config-nodes.test.ts',
  'test/nodes/eas-source.test.ts',
  'test/nodes/enrollment-notifier.test.ts',
  'test/nodes/mdm-source.test.ts',
  'test/nodes/merge-matcher.test.ts',
  'test/nodes/on-input.test.ts',
  'test/nodes/shared-connection.test.ts',
];

/** How a cell went. */
export interface Cell {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What mocha said. */
  readonly output: string;
  readonly seconds: number;
}

/** Counts mocha's closing lines. A run that broke off without a failed test is one failure. @param code exit code */
export function countMocha(output: string, code: number): Pick<Cell, 'passed' | 'failed' | 'skipped'> {
  const last = (word: string): number =>
    Number([...output.matchAll(new RegExp(`^ +(\\d+) ${word}`, 'gm'))].at(-1)?.[1] ?? 0);
  const failed = last('failing');
  return { passed: last('passing'), failed: code !== 0 && failed === 0 ? 1 : failed, skipped: last('pending') };
}

async function runCell(node: Installed, nodeRed: Installed): Promise<Cell> {
  const began = performance.now();
  const hook = pathToFileURL(join(root, 'scripts', 'matrix', 'packed.mjs')).href;
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const env = {
    ...process.env,
    NODE_NO_WARNINGS: '1',
    MATRIX_NODE_VERSION: `v${node.version}`,
    MATRIX_NODE_RED: nodeRed.path,
    MATRIX_NODE_RED_VERSION: nodeRed.version,
    MATRIX_PACKAGE: join(nodeRed.path, '..', PACKAGE),
  };
  const words = ['--import', hook, mocha, '--timeout', '120000', '--exit', ...TESTS];
  const running = run(node.path, words, { cwd: root, env, maxBuffer: 1 << 26 });
  const { code, output } = await running.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, output: stdout + stderr }),
  );
  const seconds = Math.round((performance.now() - began) / 1000);
  return { name: `Node.js ${node.version}, Node-RED ${nodeRed.version}`, ...countMocha(output, code), output, seconds };
}

async function matrix(): Promise<readonly Cell[]> {
  const folder = mkdtempSync(join(tmpdir(), 'matrix-'));
  try {
    const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const { stdout } = await run('npm', words, { cwd: root });
    const tarball = join(folder, stdout.trim().split('\n').at(-1) ?? '');
    const nodes: Installed[] = [];
    for (const line of nodeLines(await newestNode())) nodes.push(await installNode(line));
    const nodeReds: Installed[] = [];
    for (const range of NODE_RED_RANGES) nodeReds.push(await installNodeRed(range, tarball));
    const pairs = nodes.flatMap((node) => nodeReds.map((nodeRed) => [node, nodeRed] as const));
    const cells: Cell[] = [];
    const worker = async (): Promise<void> => {
      for (let pair = pairs.shift(); pair !== undefined; pair = pairs.shift()) {
        const cell = await runCell(...pair);
        cells.push(cell);
        process.stdout.write(
          `${cell.name}: ${cell.passed} passed, ${cell.failed} failed, ${cell.skipped} skipped, ${cell.seconds} s\n`,
        );
        if (cell.failed > 0) process.stdout.write(`${cell.output}\n`);
      }
    };
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
    return cells;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  readCommandLine('npm run test:matrix', {});
  const cells = await matrix();
  const sum = (part: 'passed' | 'failed' | 'skipped'): number => cells.reduce((all, cell) => all + cell[part], 0);
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}
