/** For what must be told its port before it listens. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/*
 * Below the ports that systems hand out by themselves, to whoever connects or listens on port 0 (from 32768 on Linux, from 49152
 * on Windows and macOS): nobody gets it before the one who was told it listens. Above those that browsers refuse.
 */
const LOWEST = 10_240;
const HIGHEST = 32_767;

/** A TCP port of loopback that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Windows keeps some for itself.
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
