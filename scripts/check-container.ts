/**
 * Looks through the files of the container line by line, where no container engine is: `npm run check:container`.
 * With `--registries` it asks npm and Debian's mirror as well whether the packages exist, and the registries of the images for
 * their tags; what cannot be asked is counted as skipped, with the reason.
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
import { baseImages, debianPackages, readContainerfile } from './container/containerfile.ts';
import { imageState } from './container/manifest-answer.ts';
import type { ManifestAnswer } from './container/manifest-answer.ts';
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

/** Images that no registry has, and those of which none could be asked. */
async function askForImages({
  containerfile,
  compose,
}: ContainerFiles): Promise<{ missing: string[]; skipped: string[] }> {
  const named = Object.values(compose.services).flatMap(({ image, build }) => (build === undefined ? [image] : []));
  const found = { missing: [] as string[], skipped: [] as string[] };
  for (const image of new Set([...baseImages(readContainerfile(containerfile)), ...named])) {
    const answer = imageState(await manifestOf(image));
    if (answer.state === 'missing') found.missing.push(`Its registry has no image ${image}.`);
    if (answer.state === 'skipped') found.skipped.push(`${image}: ${answer.reason}`);
  }
  return found;
}

async function manifestOf(image: string): Promise<ManifestAnswer | null> {
  try {
    await run('podman', ['manifest', 'inspect', image], { timeout: 60_000 });
    return { code: 0, said: '' };
  } catch (error) {
    const { code, stderr = '' } = error as { code?: number | string; stderr?: string };
    return code === 'ENOENT' ? null : { code: Number(code ?? 1), said: stderr };
  }
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
    'npm run check:container [-- --registries]\n\n  --registries  asks npm and Debian whether the packages exist, and registries for the image tags',
    { registries: { type: 'boolean' } },
  );
  const files = readContainerFiles();
  const asks = values.registries === true;
  const images = asks ? await askForImages(files) : { missing: [], skipped: [] };
  const problems = [...checkContainer(files), ...(asks ? await askRegistries(files) : []), ...images.missing];
  for (const one of images.skipped) process.stdout.write(`skipped: ${one}\n`);
  if (images.skipped.length > 0) process.stdout.write(`${images.skipped.length} image tags could not be asked for.\n`);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.stdout.write(problems.length === 0 ? 'The container files agree.\n' : `${problems.length} to mend.\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
