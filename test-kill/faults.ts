/** What goes wrong around a Node-RED that lives: a line that is cut, a store that is locked, a disk that is full. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A line to a server that can be cut: what is on it breaks, and nobody gets through. */
export class Line {
  readonly #sockets = new Set<net.Socket>();
  readonly #server: net.Server;
  #isCut = false;

  private constructor(server: net.Server) {
    this.#server = server;
  }

  /** @param target port on loopback */
  static async to(target: number): Promise<Line> {
    const server = net.createServer();
    const line = new Line(server);
    server.on('connection', (near) => {
      if (line.#isCut) {
        near.destroy();
        return;
      }
      const far = net.connect(target, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        line.#sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          line.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

const LOCKER = {
  sqlite: `
    const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(process.env.STORE);
    database.exec('pragma busy_timeout = 5000');
    const lock = async () => database.exec('begin immediate');
    const unlock = async () => database.exec('rollback');
    const ready = async () => {};`,
  // No transaction of the store writes both: whoever waits for one of them holds nothing that the locker wants.
  postgres: `
    const { Client } = require('pg');
    const client = new Client(process.env.STORE);
    const ready = () => client.connect();
    const lock = () => client.query('begin; lock table outbox, mails in access exclusive mode');
    const unlock = () => client.query('rollback').then(() => client.end());`,
};

/** Another process that can lock the store. */
export class Locker {
  readonly #folder = mkdtempSync(join(tmpdir(), 'connector-locker-'));
  readonly #ended: Promise<unknown>;

  /**
   * @param store path of the file, or address of the database
   * @param seconds how long it keeps it
   */
  constructor(engine: keyof typeof LOCKER, store: string, seconds: number) {
    const script = `
      const { existsSync, writeFileSync } = require('node:fs');
      const { setTimeout: sleep } = require('node:timers/promises');
      ${LOCKER[engine]}
      void (async () => {
        await ready();
        writeFileSync('ready', '');
        while (!existsSync('go')) await sleep(1);
        await lock();
        writeFileSync('held', '');
        await sleep(${seconds * 1_000});
        await unlock();
      })();`;
    const env = { ...process.env, STORE: store, NODE_PATH: join(import.meta.dirname, '..', 'node_modules') };
    const child = spawn(process.execPath, ['--no-warnings', '-e', script], {
      cwd: this.#folder,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.#ended = once(child, 'exit');
    this.#waitFor('ready');
  }

  /** Returns once the store is locked. This process does nothing meanwhile: what it plays stands still. */
  lock(): void {
    writeFileSync(join(this.#folder, 'go'), '');
    this.#waitFor('held');
  }

  /** Resolves once the lock is gone. */
  async released(): Promise<void> {
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #waitFor(file: string): void {
    const end = Date.now() + 10_000;
    while (!existsSync(join(this.#folder, file))) {
      if (Date.now() > end) throw new Error(`The locker is not ${file}.`);
      pause(1);
    }
  }
}

/** Stands still. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A place for the store that can be full. */
export interface SmallDisk {
  /** How it is made to be full, in words. */
  readonly how: string;
  readonly storeFile: string;
  /** From now on nothing can be written any more. @param pid the process that writes */
  fill(pid: number): void;
  /** There is room again. */
  free(pid: number): void;
  close(): void;
}

/**
 * A file system of its own (tmpfs, 32 MiB), where this process may mount one; else a limit on the size of files, which the
 * system sets on the process that writes (RLIMIT_FSIZE by `prlimit`).
 */
export function smallDisk(): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'connector-disk-'));
  const storeFile = join(folder, 'disk', 'store.sqlite');
  mkdirSync(join(folder, 'disk'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', join(folder, 'disk')], { stdio: 'pipe' });
  } catch {
    const limit = (pid: number, bytes: number | 'unlimited'): void => {
      execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
    };
    return {
      how: 'by a limit on the size of its files',
      storeFile,
      fill: (pid) => limit(pid, statSync(`${storeFile}-wal`).size),
      free: (pid) => limit(pid, 'unlimited'),
      close: remove,
    };
  }
  const ballast = join(folder, 'disk', 'ballast');
  return {
    how: 'a file system of its own',
    storeFile,
    fill() {
      const { bavail, bsize } = statfsSync(join(folder, 'disk'));
      try {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      } catch (error) {
        // Node-RED has written meanwhile: it is full all the same. Thrown, it would break what the lab was answering.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(ballast),
    close() {
      execFileSync('umount', [join(folder, 'disk')]);
      remove();
    },
  };
}

/** The library of Debian's package `faketime`; null where it is not installed. */
export function findFaketime(): string | null {
  return globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0] ?? null;
}

/** The clock of one process, by that library. */
export function fakeClock(library: string): {
  readonly env: Record<string, string>;
  set(offset: string): void;
  close(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'connector-clock-'));
  const file = join(folder, 'offset');
  const set = (offset: string): void => writeFileSync(file, `${offset}\n`);
  set('+0');
  return {
    // Timers go on: only the time of day is set.
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set,
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
