/** The Node.js and Node-RED versions of the matrix, installed from npm below `node_modules/.cache/matrix`. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../node-red.ts';

const run = promisify(execFile);
const CACHE = join(root, 'node_modules', '.cache', 'matrix');

/** An installed program. */
export interface Installed {
  /** "22.23.3". */
  readonly version: string;
  /** Node.js: its program. Node-RED: its folder. */
  readonly path: string;
}

/** Lines of Node.js that are tried; the newest on npm comes to them. */
export const NODE_LINES = ['22', '24'] as const;
/** Ranges of Node-RED that are tried. */
export const NODE_RED_RANGES = ['~4.1.0', '^5.0.0'] as const;

/**
 * The lines that are tried.
 * @param newest version of `node` on npm
 */
export function nodeLines(newest: string): string[] {
  const [major = ''] = newest.split('.');
  return Number(major) > Math.max(...NODE_LINES.map(Number)) ? [...NODE_LINES, major] : [...NODE_LINES];
}

/** The newest version of Node.js on npm. */
export async function newestNode(): Promise<string> {
  return (await run('npm', ['view', 'node', 'version'])).stdout.trim();
}

async function npmInstall(folder: string, packages: readonly string[], isUpToDate: () => boolean): Promise<void> {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json')))
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }');
  if (isUpToDate()) return;
  await run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: folder, maxBuffer: 1 << 26 });
}

const versionIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;

/** Installs the newest Node.js of a line; what was installed before is used for as long as it is there. */
export async function installNode(line: string): Promise<Installed> {
  const folder = join(CACHE, `node-${line}`);
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  await npmInstall(folder, [`node@${line}`], () => existsSync(path));
  return { path, version: versionIn(join(folder, 'node_modules', 'node')) };
}

/** Installs a Node-RED of a range and, anew, the packed package beside it. */
export async function installNodeRed(range: string, tarball: string): Promise<Installed> {
  const folder = join(CACHE, `node-red-${range.replace(/[^\d.]/g, '')}`);
  const path = join(folder, 'node_modules', 'node-red');
  await npmInstall(folder, [`node-red@${range}`, tarball], () => false);
  return { path, version: versionIn(path) };
}
