/** Ends the process of a peer. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a server may take to end; Apache in one process (`-X`) misses a signal now and then, and waits for the next request. */
const PATIENCE_MS = 10_000;

/** @param ended its `exit`, listened for since it was started */
export async function stopServer(server: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (server.exitCode !== null) return;
  server.kill('SIGTERM');
  const patience = new AbortController();
  const isLate = wait(PATIENCE_MS, true, { signal: patience.signal }).catch(() => false);
  if ((await Promise.race([ended, isLate])) === true) server.kill('SIGKILL');
  patience.abort();
  await ended;
}
