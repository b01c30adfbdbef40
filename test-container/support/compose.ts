/**
 * Podman and podman-compose (Debian's packages, with `runc`, `netavark`, `aardvark-dns` and `catatonit`) over the images of an
 * {@link Engine}: real containers with networks, name service, secrets and volumes of their own. All that they keep is in the
 * engine's folder. Needs root.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine, Said } from './engine.ts';

const run = promisify(execFile);
const PROGRAMS = ['podman', 'podman-compose', 'catatonit'].map((name) => `/usr/bin/${name}`);
const RUNTIME = '/usr/sbin/runc';

/** A compose file and what runs of it. */
export class Composed {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /**
   * @param engine has the images
   * @param folder where the compose file is
   * @param image one that can be run, to see whether this machine lets anything run
   * @returns why it cannot be, if it cannot
   */
  static async open(engine: Engine, folder: string, image: string): Promise<Composed | string> {
    const missing = [...PROGRAMS, RUNTIME].filter((program) => !existsSync(program));
    if (missing.length > 0) return `there is no ${missing.join(', ')}`;
    const own = join(engine.folder, 'podman');
    mkdirSync(join(own, 'networks'), { recursive: true });
    writeFileSync(
      join(own, 'storage.conf'),
      `[storage]\ndriver = "overlay"\n${setting('graphroot', engine.images)}${setting('runroot', engine.state)}`,
    );
    // A machine that is a container itself may not raise limits, and Podman does so unless it is told which.
    const limits = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n';
    const engineWords = `[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n`;
    writeFileSync(
      join(own, 'containers.conf'),
      `${limits}${setting('init_path', '/usr/bin/catatonit')}[network]\n${setting('network_config_dir', join(own, 'networks'))}${engineWords}${setting('tmp_dir', join(own, 'tmp'))}`,
    );
    const env = {
      ...process.env,
      CONTAINERS_CONF: join(own, 'containers.conf'),
      CONTAINERS_STORAGE_CONF: join(own, 'storage.conf'),
    };
    const composed = new Composed(folder, env);
    const tried = await composed.podman('run', '--rm', '--network', 'podman', '--pull', 'never', image, 'true');
    return tried.code === 0 ? composed : tried.out;
  }

  /** Runs a command of podman. */
  podman(...words: readonly string[]): Promise<Said> {
    return this.#run('podman', words);
  }

  /** Runs a command of compose over the folder's file. */
  compose(...words: readonly string[]): Promise<Said> {
    return this.#run('podman-compose', ['--project-name', 'tried', '--file', 'compose.yaml', ...words]);
  }

  /** Runs a command in a service, as `docker compose exec` does. */
  exec(service: string, ...words: readonly string[]): Promise<Said> {
    return this.podman('exec', containerOf(service), ...words);
  }

  /** Runs the health check of a service: true if it is well. */
  async isHealthy(service: string): Promise<boolean> {
    return (await this.podman('healthcheck', 'run', containerOf(service))).code === 0;
  }

  /** Ends and removes everything. */
  async close(): Promise<void> {
    await this.compose('down', '--volumes');
    await this.podman('network', 'prune', '--force');
  }

  async #run(program: string, words: readonly string[]): Promise<Said> {
    try {
      const { stdout, stderr } = await run(program, words, { cwd: this.#folder, env: this.#env, maxBuffer: 1 << 26 });
      return { code: 0, out: `${stdout}${stderr}` };
    } catch (error) {
      const { code = -1, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
      return { code, out: `${stdout}${stderr}` };
    }
  }
}

const containerOf = (service: string): string => `tried_${service}_1`;

const setting = (name: string, value: string): string => `${name} = ${JSON.stringify(value)}\n`;
