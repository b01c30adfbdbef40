/** An Unbound of its own with two views, as of split DNS: one name server for the inside, one for the outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/free-port.ts';
import { listening } from './postfix.ts';
import { stopServer } from './stop-server.ts';

/** What a test sees of the servers: `host:port`, as a resolver setting takes it. */
export interface Unbound {
  readonly inside: string;
  readonly outside: string;
  close(): Promise<void>;
}

/**
 * Starts it. Needs Debian's package "unbound".
 * @param views lines of `local-zone` and `local-data` for each side, https://unbound.docs.nlnetlabs.nl, unbound.conf(5)
 */
export async function startUnbound(views: {
  readonly inside: readonly string[];
  readonly outside: readonly string[];
}): Promise<Unbound> {
  const root = await mkdtemp(join(tmpdir(), 'unbound-peer-'));
  await chmod(root, 0o755);
  const servers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of servers) await stop();
    await rm(root, { recursive: true, force: true });
  };
  const start = async (side: 'inside' | 'outside'): Promise<string> => {
    const port = await freePort();
    const file = join(root, `${side}.conf`);
    const lines = [
      `interface: 127.0.0.1@${port}`,
      'access-control: 127.0.0.0/8 allow',
      'do-daemonize: no',
      'use-syslog: no',
      'chroot: ""',
      'username: ""',
      `pidfile: "${root}/${side}.pid"`,
      'do-not-query-localhost: yes',
      // It asks nobody else: what it does not have, it has not.
      'local-zone: "." static',
      ...views[side],
    ];
    await writeFile(
      file,
      `server:\n${lines.map((line) => `  ${line}\n`).join('')}remote-control:\n  control-enable: no\n`,
    );
    const server = spawn('/usr/sbin/unbound', ['-d', '-c', file], { stdio: 'ignore' });
    const ended = once(server, 'exit');
    servers.push(async () => {
      await stopServer(server, ended);
    });
    await listening(port);
    return `127.0.0.1:${port}`;
  };
  try {
    return { inside: await start('inside'), outside: await start('outside'), close };
  } catch (error) {
    await close();
    throw error;
  }
}
