/** Node-RED's versions that the package is tried in, and where each is. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/node-red.ts';

/** null: the one that is installed here. */
export const VERSIONS = [
  { label: 'Node-RED 5', install: null },
  { label: 'Node-RED 4.1', install: 'node-red@~4.1.0' },
] as const;

const programIn = (folder: string): string => join(folder, 'node_modules', 'node-red', 'red.js');

/** The program of a version. Where it is not the one that is here it is fetched from npm once, into `node_modules/.cache`. */
export async function programOf(install: (typeof VERSIONS)[number]['install']): Promise<string> {
  if (install === null) return programIn(root);
  const folder = join(root, 'node_modules', '.cache', install.replaceAll(/[^\w.-]/g, '-'));
  if (existsSync(folder)) return programIn(folder);
  mkdirSync(join(folder, '..'), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  writeFileSync(join(made, 'package.json'), '{ "private": true }');
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--no-save', install], { cwd: made });
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another test has fetched it meanwhile.
    if (!existsSync(folder)) throw error;
    rmSync(made, { recursive: true, force: true });
  }
  return programIn(folder);
}
