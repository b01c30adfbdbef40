/**
 * The scorecard of the Flow Library for the packed package: `npm run scorecard [-- --tarball FILE]`. It unpacks the file into
 * a folder of its own, installs it there, and runs `node-red-dev validate`, which is fetched from npm into
 * `node_modules/.cache`. The last line counts: N passed, N failed, N skipped.
 *
 * Two checks compare names with the palette's catalogue. Where that is not reached they count as skipped.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readCommandLine } from './command-line.ts';
import { root } from './node-red.ts';

const run = promisify(execFile);
const TOOL = 'node-red-dev@0.1.6';
/** Checks that ask the catalogue: https://github.com/node-red/node-red-dev-cli/blob/master/docs/index.md. */
const BY_CATALOGUE = ['P08', 'N01'];

/** What a check found. */
export interface Card {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

/** Sorts the tool's answer. @param isAsked whether the catalogue was reached */
export function cardOf(answer: Readonly<Record<string, { readonly test?: boolean }>>, isAsked: boolean): Card {
  const checks = Object.entries(answer).filter(([name]) => /^[A-Z]\d\d$/.test(name));
  const names = (wanted: boolean): string[] => checks.filter(([, { test }]) => test === wanted).map(([name]) => name);
  const skipped = isAsked ? [] : BY_CATALOGUE.filter((name) => names(true).includes(name));
  return { passed: names(true).filter((name) => !skipped.includes(name)), failed: names(false), skipped };
}

/** The tool's program, installed where it is not yet. */
async function tool(): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', TOOL);
  const program = join(folder, 'node_modules', 'node-red-dev', 'bin', 'run');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', TOOL], { cwd: folder });
  return program;
}

/** Makes the card of a packed package. */
export async function makeCard(tarball: string): Promise<Card> {
  const folder = mkdtempSync(join(tmpdir(), 'scorecard-'));
  try {
    await run('tar', ['xzf', tarball, '-C', folder]);
    const unpacked = join(folder, 'package');
    const options = ['--omit=dev', '--omit=peer', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
    await run('npm', ['install', ...options], { cwd: unpacked });
    const out = join(folder, 'card.json');
    const preload = join(root, 'scripts', 'release', 'catalogue-stand-in.cjs');
    const words = ['--require', preload, await tool(), 'validate', '--path', unpacked, '--output', out];
    const running = run(process.execPath, words, { cwd: folder, timeout: 300_000 });
    running.child.stdin?.end();
    const { stderr } = await running;
    const answer = JSON.parse(readFileSync(out, 'utf8')) as Record<string, { test?: boolean }>;
    return cardOf(answer, !stderr.includes('catalogue not reached'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Packs what is built. @returns the file */
export async function pack(folder: string): Promise<string> {
  const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', words, { cwd: root });
  return join(folder, stdout.trim().split('\n').at(-1) ?? '');
}

if (import.meta.main) {
  const { values } = readCommandLine('npm run scorecard [-- --tarball FILE]', { tarball: { type: 'string' } });
  const folder = mkdtempSync(join(tmpdir(), 'scorecard-'));
  const { passed, failed, skipped } = await makeCard(
    values.tarball === undefined ? await pack(folder) : resolve(values.tarball),
  );
  rmSync(folder, { recursive: true, force: true });
  for (const name of failed) process.stdout.write(`${name} is not met: see node-red-dev's docs/${name}.md\n`);
  for (const name of skipped) process.stdout.write(`${name} was not asked: the palette's catalogue is not reached\n`);
  process.stdout.write(`${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
