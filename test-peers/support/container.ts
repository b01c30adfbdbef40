/**
 * A container as a Dockerfile makes it, without Docker: this machine's Debian under an overlay in a mount namespace of its
 * own. `FROM` stands for what is here, an image of Debian with Node.js; everything else is carried out as it is written.
 * Nothing of it reaches the machine, and all of it is gone with the namespace. Network and clock are the machine's.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a command said, and how it ended. */
export interface Said {
  readonly code: number;
  readonly out: string;
}

const run = promisify(execFile);

/** See the module. */
export class Container {
  readonly #folder: string;
  readonly #namespace: string;
  readonly #environment: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  };
  #user = 'root';
  #directory = '/';
  readonly #end: () => Promise<void>;

  private constructor(folder: string, namespace: string, end: () => Promise<void>) {
    this.#folder = folder;
    this.#namespace = namespace;
    this.#end = end;
  }

  /**
   * Makes one with the user `node` and Node.js of this process, as Node.js's own images have them. Null: this machine
   * allows no mounts.
   * @param hosts name → address
   */
  static async start(hosts: Readonly<Record<string, string>>): Promise<Container | null> {
    const folder = await mkdtemp(join(tmpdir(), 'container-peer-'));
    const holder = spawn('unshare', ['--mount', 'sleep', 'infinity'], { stdio: 'ignore' });
    const ended = once(holder, 'exit');
    const container = new Container(folder, String(holder.pid), async () => {
      holder.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    });
    try {
      await container.#ready();
      await container.#mount(hosts);
      return container;
    } catch {
      await container.close();
      return null;
    }
  }

  close(): Promise<void> {
    return this.#end();
  }

  /**
   * Carries a Dockerfile out.
   * @param context name of a file beside it → its text
   * @param adapt gives the command that is run for the one of a RUN line
   */
  async build(
    dockerfile: string,
    context: Readonly<Record<string, string>>,
    adapt: (command: string) => string,
  ): Promise<void> {
    for (const [instruction, rest] of instructionsOf(dockerfile)) {
      if (instruction === 'RUN') await this.#must(adapt(rest));
      else if (instruction === 'WORKDIR') {
        await this.#must(`mkdir -p ${rest}`);
        this.#directory = rest;
      } else if (instruction === 'USER') this.#user = rest;
      else if (instruction === 'ENV') this.#setEnv(rest);
      else if (instruction === 'COPY') {
        const [from = '', to = ''] = rest.split(/\s+/);
        await this.write(to, context[from] ?? '');
      } else if (instruction !== 'FROM' && instruction !== 'CMD')
        throw new Error(`No such instruction: ${instruction}`);
    }
  }

  /** Puts a file in, as root. */
  async write(path: string, text: string): Promise<void> {
    const file = join(this.#folder, 'file');
    await writeFile(file, text);
    await this.#inside(['sh', '-c', `mkdir -p "$(dirname "$0")" && cat > "$0"`, join(this.#root, path)], file);
  }

  /** Binds a file of this machine into it, as `docker run -v` does. */
  async bind(source: string, target: string): Promise<void> {
    await this.write(target, '');
    await this.#inside(['mount', '--bind', source, join(this.#root, target)]);
  }

  /** As {@link bind}, of a file that is in it already. */
  bindInside(source: string, target: string): Promise<void> {
    return this.bind(join(this.#root, source), target);
  }

  /** Runs a command in it, by its user. Never throws for what the command says. */
  async exec(command: string, env: Readonly<Record<string, string>> = {}): Promise<Said> {
    const environment = { HOME: this.#user === 'root' ? '/root' : `/home/${this.#user}`, ...this.#environment, ...env };
    const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const script = `cd ${this.#directory} && ${command}`;
    const group = `--userspec=${this.#user}:${this.#user}`;
    try {
      const { stdout, stderr } = await this.#inside([
        'chroot',
        group,
        this.#root,
        'env',
        '-i',
        ...words,
        'sh',
        '-c',
        script,
      ]);
      return { code: 0, out: `${stdout}${stderr}` };
    } catch (error) {
      const { code = -1, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
      return { code, out: `${stdout}${stderr}` };
    }
  }

  get #root(): string {
    return join(this.#folder, 'mounts', 'root');
  }

  #setEnv(rest: string): void {
    const at = rest.indexOf('=');
    this.#environment[rest.slice(0, at)] = rest.slice(at + 1);
  }

  async #must(command: string): Promise<void> {
    const { code, out } = await this.exec(command, forRegistries());
    if (code !== 0) throw new Error(`${command}: ${out}`);
  }

  #inside(command: readonly string[], input?: string): Promise<{ stdout: string; stderr: string }> {
    const enter = ['nsenter', '--target', this.#namespace, '--mount', ...command];
    return run('sh', ['-c', 'exec "$@" < "$0"', input ?? '/dev/null', ...enter], { maxBuffer: 64 * 1024 * 1024 });
  }

  /** Until the namespace is its own. */
  async #ready(): Promise<void> {
    const own = await readNamespace('self');
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await readNamespace(this.#namespace).catch(() => own)) !== own) return;
      await wait(50);
    }
    throw new Error('There is no namespace.');
  }

  async #mount(hosts: Readonly<Record<string, string>>): Promise<void> {
    const mounts = join(this.#folder, 'mounts');
    const script = [
      'set -e',
      'mount --make-rprivate /',
      `mkdir ${mounts}`,
      `mount -t tmpfs none ${mounts}`,
      `mkdir ${mounts}/upper ${mounts}/work ${mounts}/root`,
      `mount -t overlay overlay -o lowerdir=/,upperdir=${mounts}/upper,workdir=${mounts}/work ${mounts}/root`,
      `mount -t proc proc ${mounts}/root/proc`,
      `mount --rbind /dev ${mounts}/root/dev`,
      // A tmpfs of its own: what other processes have there is none of its business.
      `mount -t tmpfs -o mode=1777 none ${mounts}/root/tmp`,
    ];
    await this.#inside(['sh', '-c', script.join('\n')]);
    await this.write('/etc/resolv.conf', await readFile('/etc/resolv.conf', 'utf8'));
    const names = Object.entries({ localhost: '127.0.0.1', ...hosts });
    await this.write('/etc/hosts', names.map(([name, address]) => `${address} ${name}\n`).join(''));
    await this.bind(process.execPath, '/usr/local/bin/node');
    await this.#must('getent passwd node || useradd --create-home --non-unique --uid 1000 --user-group node');
  }
}

/** Lines that end in a backslash go on. */
function instructionsOf(dockerfile: string): (readonly [string, string])[] {
  return dockerfile
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [instruction = ''] = line.split(' ', 1);
      return [instruction, line.slice(instruction.length).trim()] as const;
    });
}

/** What this machine needs to reach the registries; without an answer they are not waited for. */
function forRegistries(): Record<string, string> {
  const needed = /^(npm_config_\w+|https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(file|dir))$/i;
  const entries = Object.entries(process.env).filter(([name]) => needed.test(name));
  return { npm_config_fetch_retries: '1', ...Object.fromEntries(entries.map(([name, value]) => [name, value ?? ''])) };
}

async function readNamespace(process: string): Promise<string> {
  return readlink(`/proc/${process}/ns/mnt`);
}
