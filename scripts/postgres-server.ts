/** A PostgreSQL of its own, in a folder of its own, which is gone afterwards. Needs Debian's package `postgresql`, or its programs on the PATH. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** Where Debian's packages put the server; each version has a folder of its own. */
const DEBIAN = '/usr/lib/postgresql';

/** A running server. */
export interface PostgresServer {
  /** Of its empty database. */
  readonly address: string;
  /** Of the server's main process; those of the connections are its children. It changes with a restart. */
  readonly pid: number;
  /** Ends it as an administrator does who does not wait (`pg_ctl stop -m fast`); connections break. */
  stop(): Promise<void>;
  /** Starts it again, with the data that it had. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

/** The folder of `initdb` and `postgres`, the newest version's; null: there is none. */
export function findPostgres(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))) ?? null;
}

/** PostgreSQL refuses to run as root: there it runs as the user that its package made. */
function serverUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/**
 * Makes a server and starts it on a free port of loopback. Throws Error where PostgreSQL is not installed.
 * @param durable true: a commit waits for the disk, as in use; false: nothing of it is kept, it need not wait
 */
export async function startPostgres({ durable = false }: { readonly durable?: boolean } = {}): Promise<PostgresServer> {
  const folder = findPostgres();
  if (folder === null) throw new Error('There is no PostgreSQL server here: install the package "postgresql".');
  const data = mkdtempSync(join(tmpdir(), 'connector-postgres-'));
  const user = serverUser();
  if (user !== null) chownSync(data, user.uid, user.gid);
  const as = { ...user, cwd: data, env: { ...process.env, LC_ALL: 'C' } };
  const made = ['--auth=trust', '--username=connector', '--encoding=UTF8', '--no-sync', '-D', data];
  execFileSync(join(folder, 'initdb'), made, { ...as, stdio: 'pipe' });
  const port = await freePort();
  const settings = [
    ...(durable ? [] : ['fsync=off']),
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${data}`,
  ];
  let server: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const args = ['-D', data, ...settings.flatMap((one) => ['-c', one])];
    const child = spawn(join(folder, 'postgres'), args, { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
    server = child;
    await isReady(child);
  };
  const stop = async (): Promise<void> => {
    const child = server;
    server = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'exit');
  };
  await start();
  return {
    address: `postgres://connector@127.0.0.1:${port}/postgres`,
    get pid() {
      return server?.pid ?? 0;
    },
    start,
    stop,
    async close() {
      await stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function isReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      if (output.length < 100_000) output += chunk.toString();
      if (output.includes('ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}:\n${output}`)));
  });
}
