/**
 * What a Containerfile of ours must be:
 *
 *   each FROM                a registry, a name and a whole version
 *   each COPY                of files that are there and that .containerignore lets through, or from a stage before
 *   each apt-get install     without recommended packages, and its lists removed in the same layer
 *   the last stage           has a user that is not root, a volume, a port, a health check, and starts files it has
 */
import type { Instruction } from './containerfile.ts';
import { baseImages, readContainerfile } from './containerfile.ts';

/** The registry, the name, and a version of at least two numbers. */
const PINNED = /^[a-z0-9.-]+\.[a-z]+\/[a-z0-9/_.-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?$/;

/** Whether an image is named by registry and version. */
export const isPinned = (image: string): boolean => PINNED.test(image);

/**
 * What is wrong with it, a sentence each.
 * @param files names of the files beside it
 * @param ignore the text of .containerignore
 */
export function checkContainerfile(text: string, files: readonly string[], ignore: string): string[] {
  const all = readContainerfile(text);
  const last = Math.max(...all.map(({ stage }) => stage));
  return [
    ...baseImages(all)
      .filter((image) => !isPinned(image))
      .map((image) => `FROM ${image}: name registry and version.`),
    ...all.flatMap((one) => [...checkCopy(one, all, files, ignore), ...checkInstall(one)]),
    ...checkLast(all.filter(({ stage }) => stage === last)),
  ];
}

function checkCopy(
  { word, rest, stage }: Instruction,
  all: readonly Instruction[],
  files: readonly string[],
  ignore: string,
): string[] {
  if (word === 'ADD') return [`ADD ${rest}: use COPY.`];
  if (word !== 'COPY') return [];
  const words = rest.split(/\s+/);
  const [, from] = /^--from=(\w+)$/.exec(words[0] ?? '') ?? [];
  if (from !== undefined) {
    const known = all.some((one) => one.word === 'FROM' && one.stage < stage && one.rest.endsWith(` AS ${from}`));
    return known ? [] : [`COPY ${rest}: there is no stage "${from}" before it.`];
  }
  const allowed = new Set(
    ignore
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1)),
  );
  return words
    .slice(0, -1)
    .flatMap((source) => [
      ...(source.includes('*') || files.includes(source) ? [] : [`COPY ${source}: there is no such file.`]),
      ...(allowed.has(source) ? [] : [`COPY ${source}: .containerignore keeps it out.`]),
    ]);
}

function checkInstall({ word, rest }: Instruction): string[] {
  if (word !== 'RUN' || !rest.includes('apt-get install')) return [];
  return ['--no-install-recommends', 'rm -rf /var/lib/apt/lists/*', 'apt-get update']
    .filter((needed) => !rest.includes(needed))
    .map((needed) => `RUN ${rest}: "${needed}" is missing.`);
}

function checkLast(stage: readonly Instruction[]): string[] {
  const restOf = (word: string): string | undefined => stage.filter((one) => one.word === word).at(-1)?.rest;
  const missing = ['USER', 'VOLUME', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'].filter(
    (word) => restOf(word) === undefined,
  );
  const copied = stage.filter(({ word }) => word === 'COPY').flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
  const started = ['HEALTHCHECK', 'ENTRYPOINT', 'CMD'].flatMap((word) =>
    [...(restOf(word) ?? '').matchAll(/"\/[^"]*\/([^"/]+\.[cm]?js)"/g)].map(([, name = '']) => name),
  );
  return [
    ...missing.map((word) => `The image has no ${word}.`),
    ...(/^(root|0)\b/.test(restOf('USER') ?? '') ? ['The image runs as root.'] : []),
    ...started.filter((name) => !copied.includes(name)).map((name) => `${name} is started and not copied.`),
  ];
}
