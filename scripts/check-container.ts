/**
 * Looks through the files of the container line by line, where no container engine is: `npm run check:container`.
 * With `--registries` it asks npm and Debian's mirror as well whether the packages exist.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { readCommandLine } from './command-line.ts';
import type { ContainerFiles } from './container/check-agreement.ts';
import { checkAgreement } from './container/check-agreement.ts';
import type { Compose } from './container/check-compose.ts';
import { checkCompose } from './container/check-compose.ts';
import { checkContainerfile } from './container/check-containerfile.ts';
import { debianPackages, readContainerfile } from './container/containerfile.ts';
import { root } from './node-red.ts';

const run = promisify(execFile);
const FOLDER = join(root, 'container');

/** The files as they are. */
export function readContainerFiles(): ContainerFiles & { readonly names: readonly string[]; readonly ignore: string } {
  const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
  const [, linkPath = ''] =
    /path: \{ value: '([^']+)'/.exec(read('nodes', 'activation-link', 'activation-link.html')) ?? [];
  return {
    names: readdirSync(FOLDER),
    ignore: read('container', '.containerignore'),
    containerfile: read('container', 'Containerfile'),
    settings: read('container', 'settings.cjs'),
    health: read('container', 'health.mjs'),
    proxy: read('container', 'nginx.conf'),
    page: read('docs', 'container.md'),
    compose: parse(read('container', 'compose.yaml')) as Compose,
    installed: JSON.parse(read('container', 'package.json')) as ContainerFiles['installed'],
    manifest: JSON.parse(read('package.json')) as ContainerFiles['manifest'],
    linkPath,
  };
}

/** What is wrong with them, a sentence each. */
export function checkContainer(files: ReturnType<typeof readContainerFiles>): string[] {
  return [
    ...checkContainerfile(files.containerfile, files.names, files.ignore),
    ...checkCompose(files.compose, files.names),
    ...checkAgreement(files),
  ];
}

/** Whether the registries have the packages; the connector itself is there once it is released. */
async function askRegistries({ containerfile, installed, manifest }: ContainerFiles): Promise<string[]> {
  const missing: string[] = [];
  for (const [name, version] of Object.entries(installed.dependencies)) {
    if (name === manifest.name) continue;
    const { stdout } = await run('npm', ['view', `${name}@${version}`, 'version']).catch(() => ({ stdout: '' }));
    if (stdout.trim() !== version) missing.push(`npm has no ${name} ${version}.`);
  }
  for (const name of debianPackages(readContainerfile(containerfile))) {
    const { stdout } = await run('apt-cache', ['show', name]).catch(() => ({ stdout: '' }));
    if (!stdout.includes(`Package: ${name}`)) missing.push(`Debian has no package ${name}.`);
  }
  return missing;
}

if (import.meta.main) {
  const { values } = readCommandLine(
    'npm run check:container [-- --registries]\n\n  --registries  asks npm and Debian whether the packages exist',
    { registries: { type: 'boolean' } },
  );
  const files = readContainerFiles();
  const problems = [...checkContainer(files), ...(values.registries === true ? await askRegistries(files) : [])];
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.stdout.write(problems.length === 0 ? 'The container files agree.\n' : `${problems.length} to mend.\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
