/**
 * Runs a command with a PostgreSQL of its own, which is gone afterwards: `node scripts/with-postgres.ts <command> …`.
 * The command finds its address in CONNECTOR_TEST_POSTGRES.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** Where Debian's packages put the server; each version has a folder of its own. */
const DEBIAN = '/usr/lib/postgresql';

/** The folder of `initdb` and `postgres`, the newest version's; null: there is none. */
function findServer(): string | null {
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

async function run([command, ...args]: readonly string[]): Promise<number> {
  const folder = findServer();
  if (folder === null || command === undefined) {
    process.stderr.write(
      command === undefined
        ? 'Usage: node scripts/with-postgres.ts <command> [arguments]\n'
        : 'There is no PostgreSQL server here: install the package "postgresql".\n',
    );
    return 2;
  }
  const data = mkdtempSync(join(tmpdir(), 'connector-postgres-'));
  const user = serverUser();
  if (user !== null) chownSync(data, user.uid, user.gid);
  const as = { ...user, cwd: data, env: { ...process.env, LC_ALL: 'C' } };
  try {
    const made = ['--auth=trust', '--username=connector', '--encoding=UTF8', '--no-sync', '-D', data];
    execFileSync(join(folder, 'initdb'), made, { ...as, stdio: 'pipe' });
    const port = await freePort();
    // Nothing of it is kept: it need not wait for the disk.
    const settings = ['fsync=off', 'listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${data}`];
    const server = spawn(join(folder, 'postgres'), ['-D', data, ...settings.flatMap((one) => ['-c', one])], {
      ...as,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await isReady(server);
    try {
      const address = `postgres://connector@127.0.0.1:${port}/postgres`;
      const env = { ...process.env, CONNECTOR_TEST_POSTGRES: address };
      const child = spawn(command, args, { stdio: 'inherit', env });
      const [code] = (await once(child, 'exit')) as [number | null];
      return code ?? 1;
    } finally {
      server.kill('SIGINT');
      await once(server, 'exit');
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function isReady(server: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}:\n${output}`)));
  });
}

process.exitCode = await run(process.argv.slice(2));
