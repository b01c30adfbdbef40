/** A SOGo with its ActiveSync module, behind TLS, with one account in a PostgreSQL of its own; gone after `close()`. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { Client } from 'pg';
import { freePort } from '../../scripts/free-port.ts';
import { startPostgres } from '../../scripts/postgres-server.ts';
import type { ServerCertificate } from '../../src/lab/servers/certificates.ts';
import { listening } from './postfix.ts';

/** Debian's packages sogo, sogo-activesync and memcached. */
export const SOGO_FILES = ['/usr/sbin/sogod', '/usr/lib/GNUstep/SOGo/ActiveSync.SOGo', '/usr/bin/memcached'] as const;

/** Where its ActiveSync is. */
export const SOGO_PATH = '/SOGo/Microsoft-Server-ActiveSync';

/** What a test sees of the server. */
export interface Sogo {
  /** https. */
  readonly port: number;
  close(): Promise<void>;
}

/** Starts it. Needs root, to run each part as the user that its package made. */
export async function startSogo(
  certificate: ServerCertificate,
  account: { readonly username: string; readonly password: string },
): Promise<Sogo> {
  const open: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of open.splice(0).reverse()) await one();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'sogo-peer-'));
    open.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
    await chmod(folder, 0o777);
    const database = await startPostgres();
    open.push(() => database.close());
    await addAccount(database.address, account);
    const [memory, web] = [await freePort(), await freePort()];
    open.push(ending(spawnGroup('memcached', ['-u', 'nobody', '-l', '127.0.0.1', '-p', String(memory)], folder)));
    await listening(memory);
    open.push(ending(spawnSogod(folder, database.address.replace('postgres:', 'postgresql:'), memory, web)));
    await listening(web);
    const door = createServer({ ...certificate }, (socket) => {
      const inner = connect(web, '127.0.0.1');
      socket.on('error', () => inner.destroy()).pipe(inner);
      inner.on('error', () => socket.destroy()).pipe(socket);
    });
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => door.close(resolve)));
    return { port: (door.address() as AddressInfo).port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Its users in a table. https://www.sogo.nu/files/docs/SOGoInstallationGuide.html, "Authenticating using a SQL data source" */
async function addAccount(
  address: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const client = new Client({ connectionString: address });
  await client.connect();
  const columns = ['c_uid', 'c_name', 'c_password', 'c_cn', 'mail'];
  await client.query(`CREATE TABLE users (${columns.map((name) => `${name} text`).join(', ')})`);
  await client.query('INSERT INTO users VALUES ($1, $1, $2, $1, $1)', [username, password]);
  await client.end();
}

function spawnSogod(folder: string, database: string, memory: number, port: number): ChildProcess {
  const users = `({type = sql; id = users; viewURL = "${database}/users"; canAuthenticate = YES; userPasswordAlgorithm = plain;})`;
  const settings: Readonly<Record<string, string>> = {
    WOPort: `127.0.0.1:${port}`,
    WONoDetach: 'YES',
    WOWorkersCount: '1',
    WOLogFile: '-',
    WOPidFile: join(folder, 'pid'),
    SOGoMemcachedHost: `127.0.0.1:${memory}`,
    SOGoProfileURL: `${database}/sogo_user_profile`,
    OCSFolderInfoURL: `${database}/sogo_folder_info`,
    OCSSessionsFolderURL: `${database}/sogo_sessions_folder`,
    OCSEMailAlarmsFolderURL: `${database}/sogo_alarms_folder`,
    SOGoUserSources: users,
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`-${name}`, value]);
  return spawnGroup('setpriv', ['--reuid=sogo', '--regid=sogo', '--clear-groups', 'sogod', ...words], folder);
}

/** A process whose group ends with its workers. */
function spawnGroup(command: string, words: readonly string[], home: string): ChildProcess {
  return spawn(command, words, { stdio: 'ignore', env: { ...process.env, HOME: home }, detached: true });
}

/** At once: left to itself it waits half a minute for its workers. */
function ending(child: ChildProcess): () => Promise<unknown> {
  const ended = once(child, 'exit');
  return async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
}
