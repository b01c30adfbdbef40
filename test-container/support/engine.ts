/**
 * Buildah without a daemon: images in a folder of their own, processes in a chroot, so that it works inside a container as
 * well. Network, clock and process numbers are the machine's. Needs root, and Debian's packages `buildah` and `debootstrap`.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const MIRROR = 'http://deb.debian.org/debian';
const PROGRAMS = ['/usr/bin/buildah', '/usr/sbin/debootstrap'];
/** Where the machine's own authorities are put in a base that was made here. */
const AUTHORITIES = '/etc/ssl/authorities-of-the-builder.pem';

/** What a command said, and how it ended. */
export interface Said {
  readonly code: number;
  readonly out: string;
}

/** How a command is run in an image. */
export interface RunOptions {
  /** Folder of this machine → folder in the container; `ro` after a colon: for reading. */
  readonly volumes?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that runs on. */
export interface Running {
  /** Numbers of its processes in the container, the first one first. */
  pids(): readonly number[];
  printed(): string;
  readonly ended: Promise<number | null>;
}

/** See the module. */
export class Engine {
  readonly folder: string;
  /** Where images and containers are, and what runs of them. */
  readonly images: string;
  readonly state: string;
  readonly #options: readonly string[];

  private constructor(folder: string) {
    this.folder = folder;
    this.images = join(folder, 'images');
    this.state = join(folder, 'run');
    this.#options = ['--root', this.images, '--runroot', this.state, '--storage-driver', 'overlay'];
  }

  /** Null: this machine cannot, or lacks a program. */
  static async open(): Promise<Engine | null> {
    if (process.getuid?.() !== 0 || !PROGRAMS.every((program) => existsSync(program))) return null;
    const engine = new Engine(mkdtempSync(join(tmpdir(), 'container-image-')));
    const { code } = await engine.#buildah('images');
    if (code === 0) return engine;
    engine.close();
    return null;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Fetches an image of Node.js on Debian; where no registry is reached, makes one of Debian's packages and npm's. Throws where neither goes. */
  async provide(image: string): Promise<'fetched' | 'made'> {
    if (await this.fetch(image)) return 'fetched';
    const base = join(this.folder, 'base');
    await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', suiteOf(image), base, MIRROR], {
      maxBuffer: 1 << 26,
    });
    putNode(base);
    await run('chroot', [base, 'useradd', '--uid', '1000', '--user-group', '--create-home', 'node']);
    const own = process.env['NODE_EXTRA_CA_CERTS'];
    if (own !== undefined) cpSync(own, join(base, AUTHORITIES));
    await run('tar', ['-C', base, '-cf', join(this.folder, 'base.tar'), '.']);
    const trust = own === undefined ? '' : `ENV NODE_EXTRA_CA_CERTS=${AUTHORITIES}\n`;
    // A command in it shows whether this machine lets an image run anything.
    writeFileSync(join(this.folder, 'Base'), `FROM scratch\nADD base.tar /\nRUN ["/bin/true"]\n${trust}`);
    await this.#must('build', '--isolation', 'chroot', '-f', join(this.folder, 'Base'), '-t', image, this.folder);
    rmSync(base, { recursive: true });
    return 'made';
  }

  /** False: no registry gives it. */
  async fetch(image: string): Promise<boolean> {
    return (await this.#buildah('pull', '--retry', '0', image)).code === 0;
  }

  /** Makes an image of a folder with a Containerfile. */
  async make(context: string, tags: readonly string[]): Promise<void> {
    const kind = ['--isolation', 'chroot', '--pull-never', '--format', 'docker'];
    const names = tags.flatMap((tag) => ['-t', tag]);
    await this.#must('build', ...kind, '-f', join(context, 'Containerfile'), ...names, context);
  }

  /** Builds an image of a folder, and a container of it, and gives what it starts. */
  async build(context: string, tag: string, args: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const words = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    const kind = ['--isolation', 'chroot', '--pull-never', '--format', 'docker'];
    await this.#must('build', ...kind, ...words, '-f', join(context, 'Containerfile'), '-t', tag, context);
    await this.#must('from', '--pull-never', '--name', 'container', tag);
    const { out } = await this.#must('inspect', '--type', 'image', tag);
    const { Docker } = JSON.parse(out) as { Docker: { config: { Entrypoint: string[]; Cmd: string[] } } };
    return [...Docker.config.Entrypoint, ...Docker.config.Cmd];
  }

  /** Runs a command to its end, by the image's user. */
  exec(command: readonly string[], options: RunOptions = {}): Promise<Said> {
    return this.#buildah(...runWords(options), 'container', '--', ...command);
  }

  /** Starts a command. */
  start(command: readonly string[], options: RunOptions): Running {
    const words = [...this.#options, ...runWords(options), 'container', '--', ...command];
    const child = spawn('buildah', words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(child, 'exit').then(([code]) => code as number | null);
    return { ended, printed: () => output, pids: () => processesOf(child) };
  }

  async #must(...words: readonly string[]): Promise<Said> {
    const said = await this.#buildah(...words);
    if (said.code !== 0) throw new Error(`buildah ${words.join(' ')}: ${said.out}`);
    return said;
  }

  async #buildah(...words: readonly string[]): Promise<Said> {
    try {
      const { stdout, stderr } = await run('buildah', [...this.#options, ...words], { maxBuffer: 1 << 26 });
      return { code: 0, out: words[0] === 'inspect' ? stdout : `${stdout}${stderr}` };
    } catch (error) {
      const { code = -1, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
      return { code, out: `${stdout}${stderr}` };
    }
  }
}

function runWords({ volumes = {}, env = {} }: RunOptions): string[] {
  return [
    'run',
    '--isolation',
    'chroot',
    ...Object.entries(volumes).flatMap(([from, to]) => ['--volume', `${from}:${to}`]),
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ];
}

/** Debian's name in the tag of an image. */
const suiteOf = (image: string): string => /:[\d.]+-([a-z]+)/.exec(image)?.[1] ?? 'bookworm';

/** Node.js and npm where the official image has them, headers included. */
function putNode(base: string): void {
  const wrapper = dirname(require.resolve('node/package.json'));
  const platform = `node-${process.platform}-${process.arch}`;
  const from =
    [join(wrapper, 'node_modules', platform), join(wrapper, '..', platform)].find((folder) => existsSync(folder)) ?? '';
  const local = join(base, 'usr', 'local');
  mkdirSync(join(local, 'lib', 'node_modules'), { recursive: true });
  cpSync(join(from, 'bin', 'node'), join(local, 'bin', 'node'));
  cpSync(join(from, 'include'), join(local, 'include'), { recursive: true });
  const npm =
    (process.env['PATH'] ?? '')
      .split(':')
      .map((folder) => join(folder, 'npm'))
      .find((file) => existsSync(file)) ?? '';
  cpSync(dirname(dirname(realpathSync(npm))), join(local, 'lib', 'node_modules', 'npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm'));
}

/** Numbers of the processes below one that run Node.js, parents first. */
function processesOf({ pid }: ChildProcess): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const [, parent = '0'] = /^PPid:\s+(\d+)$/m.exec(readIfThere(`/proc/${name}/status`)) ?? [];
    parents.set(Number(name), Number(parent));
  }
  const below = (above: number): number[] =>
    [...parents].filter(([, parent]) => parent === above).flatMap(([child]) => [child, ...below(child)]);
  return below(pid ?? -1).filter((child) => /^node\b|\/node\0/.test(readIfThere(`/proc/${child}/cmdline`)));
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
