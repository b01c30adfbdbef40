import assert from 'node:assert/strict';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import { SessionPool } from '../../src/exchange/session-pool.ts';
import type { SessionPoolOptions } from '../../src/exchange/session-pool.ts';
import { WsmanFault } from '../../src/wsman/fault.ts';

/** A shell of nothing; the pool only opens, counts and closes it. */
class EmptyShell {
  isBroken = false;
  isClosed = false;
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.isClosed = true;
  }
}

function poolOf(options: Partial<SessionPoolOptions<EmptyShell>> = {}) {
  const opened: EmptyShell[] = [];
  const pool = new SessionPool<EmptyShell>({
    urls: ['https://a/', 'https://b/'],
    open: (url) => {
      const shell = new EmptyShell(url);
      opened.push(shell);
      return Promise.resolve(shell);
    },
    ...options,
  });
  return { pool, opened };
}

const unreachable = () => new ConnectorError('ERR_HTTP_UNREACHABLE', 'No.');

describe('session pool', () => {
  it('uses a shell again, and hands it to whoever waited longest', async () => {
    const { pool, opened } = poolOf({ sessions: 1 });
    const first = await pool.acquire();
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      const lease = await pool.acquire();
      order.push(n);
      pool.release(lease);
    });
    pool.release(first);
    await Promise.all(waiting);
    assert.deepEqual([order, opened.length], [[1, 2, 3], 1]);
    await pool.close();
    assert.ok(opened.every((shell) => shell.isClosed));
  });

  it('lets a caller leave the queue without losing a place', async () => {
    const { pool } = poolOf({ sessions: 1 });
    const lease = await pool.acquire();
    const stop = new AbortController();
    const leaving = pool.acquire(stop.signal);
    const staying = pool.acquire();
    stop.abort();
    await assert.rejects(leaving, (error) => isConnectorError(error, 'ERR_ABORTED'));
    pool.release(lease);
    pool.release(await staying);
    await pool.close();
  });

  it('lets the next one go on when the one that was woken has left', async () => {
    const { pool } = poolOf({ sessions: 1 });
    const lease = await pool.acquire();
    const stop = new AbortController();
    const leaving = pool.acquire(stop.signal);
    const staying = pool.acquire();
    pool.release(lease);
    stop.abort();
    await leaving.then(
      (got) => pool.release(got),
      () => undefined,
    );
    pool.release(await staying);
    await pool.close();
  });

  it('replaces a broken shell and one that is too old', async () => {
    let now = 0;
    const { pool, opened } = poolOf({ now: () => now, maxAgeMs: 100 });
    const broken = await pool.acquire();
    broken.shell.isBroken = true;
    pool.release(broken);
    pool.release(await pool.acquire());
    assert.deepEqual(
      opened.map((shell) => shell.isClosed),
      [true, false],
    );
    now = 100;
    pool.release(await pool.acquire());
    assert.deepEqual(
      opened.map((shell) => shell.isClosed),
      [true, true, false],
    );
    await pool.close();
  });

  it('tries the addresses in order and goes back to the first when its time has come', async () => {
    let now = 0;
    let isDown = true;
    const tried: string[] = [];
    const { pool } = poolOf({
      now: () => now,
      retryAddressMs: 1000,
      open: (url) => {
        tried.push(url);
        return url === 'https://a/' && isDown ? Promise.reject(unreachable()) : Promise.resolve(new EmptyShell(url));
      },
    });
    pool.release(await pool.acquire());
    assert.deepEqual(tried, ['https://a/', 'https://b/']);
    pool.release(await pool.acquire());
    assert.equal(tried.length, 2);
    isDown = false;
    now = 1000;
    const { url } = await pool.acquire();
    assert.equal(url, 'https://a/');
    await pool.close();
  });

  it('passes over a server that failed a call, with every session it has there', async () => {
    const { pool, opened } = poolOf({ sessions: 3 });
    const leases = [await pool.acquire(), await pool.acquire()];
    assert.equal(pool.blame(leases[0]!, new ConnectorError('ERR_HTTP_TIMEOUT', 'No.')), true);
    for (const lease of leases) pool.release(lease);
    const { url } = await pool.acquire();
    assert.deepEqual([url, opened.map((shell) => shell.isClosed)], ['https://b/', [true, true, false]]);
    await pool.close();
  });

  it('gives a server a second chance after what may have been chance, for as long as one is passed over', async () => {
    let now = 0;
    const { pool } = poolOf({ now: () => now, retryAddressMs: 1000 });
    const later = new WsmanFault('ERR_HTTP_STATUS', 'Later.', { recovery: 'retry-read' });
    const lease = await pool.acquire();
    assert.equal(pool.blame(lease, later), false);
    now = 1001;
    assert.equal(pool.blame(lease, later), false);
    now = 2001;
    assert.equal(pool.blame(lease, later), true);
    await pool.close();
  });

  it('takes a kept connection that broke after idle time for chance, and one that broke in use for what it is', async () => {
    for (const [idleMs, isLeft] of [
      [60, true],
      [6_000, false],
    ] as const) {
      let now = 0;
      const { pool } = poolOf({ now: () => now });
      pool.release(await pool.acquire());
      now = idleMs;
      const lease = await pool.acquire();
      assert.equal(
        pool.blame(lease, new ConnectorError('ERR_HTTP_RESET', 'No.', { details: { reused: true } })),
        isLeft,
      );
      await pool.close();
    }
  });

  it('passes over a server where a session is lost at its first command, or a change was lost', async () => {
    const lost = new ConnectorError('ERR_WSMAN_SHELL_LOST', 'Gone.');
    for (const [hasServed, isLost, isLeft] of [
      [false, false, true],
      [true, false, false],
      [true, true, true],
    ] as const) {
      const { pool } = poolOf();
      const lease = await pool.acquire();
      if (hasServed) pool.praise(lease);
      assert.equal(pool.blame(lease, lost, isLost), isLeft);
      await pool.close();
    }
  });

  it('does not blame the server for the account, the quota, the cmdlet, or a stop', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    for (const code of [
      'ERR_HTTP_AUTH',
      'ERR_WSMAN_ACCESS_DENIED',
      'ERR_WSMAN_QUOTA',
      'ERR_EXCHANGE_CMDLET',
      'ERR_EXCHANGE_THROTTLED',
      'ERR_ABORTED',
    ] as const)
      assert.equal(pool.blame(lease, new ConnectorError(code, 'No.'), true), false, code);
    pool.release(lease);
    assert.equal((await pool.acquire()).shell, lease.shell);
    await pool.close();
  });

  it('keeps the sessions it has where every server failed', async () => {
    const { pool, opened } = poolOf({ sessions: 1, maxIdleMs: 50_000 });
    for (let round = 0; round < 2; round++) {
      const lease = await pool.acquire();
      const movedOn = pool.blame(lease, new ConnectorError('ERR_HTTP_RESET', 'No.'));
      assert.equal(movedOn, round === 0);
      pool.release(lease);
    }
    pool.release(await pool.acquire());
    assert.deepEqual(
      opened.map(({ url }) => url),
      ['https://a/', 'https://b/'],
    );
    await pool.close();
  });

  it('says why the first address failed when all do, and tries them all the next time', async () => {
    let tried = 0;
    const { pool } = poolOf({
      open: (url) => {
        tried++;
        return Promise.reject(url === 'https://a/' ? unreachable() : new ConnectorError('ERR_HTTP_RESET', 'No.'));
      },
    });
    for (let round = 1; round <= 2; round++) {
      await assert.rejects(pool.acquire(), (error) => isConnectorError(error, 'ERR_HTTP_UNREACHABLE'));
      assert.equal(tried, round * 2);
    }
    assert.equal(pool.size, 0);
    await pool.close();
  });

  it('does not try a refused password on every server: that would lock the account', async () => {
    const tried: string[] = [];
    const { pool } = poolOf({
      open: (url) => {
        tried.push(url);
        return Promise.reject(new ConnectorError('ERR_HTTP_AUTH', 'No.'));
      },
    });
    await assert.rejects(pool.acquire(), (error) => isConnectorError(error, 'ERR_HTTP_AUTH'));
    assert.deepEqual(tried, ['https://a/']);
    await pool.close();
  });

  it('closes what is taken, waiting and being opened', async () => {
    let finish = (_shell: EmptyShell): void => undefined;
    const late = new EmptyShell('https://a/');
    const { pool, opened } = poolOf({ sessions: 2 });
    await pool.acquire();
    const slow = new SessionPool<EmptyShell>({
      urls: ['https://a/'],
      sessions: 1,
      open: () => new Promise((resolve) => (finish = resolve)),
    });
    const opening = slow.acquire();
    const waiting = slow.acquire();
    const closed = [pool.close(), slow.close()];
    finish(late);
    await assert.rejects(opening, (error) => isConnectorError(error, 'ERR_ABORTED'));
    await assert.rejects(waiting, (error) => isConnectorError(error, 'ERR_ABORTED'));
    await Promise.all(closed);
    assert.deepEqual(
      [opened.map((shell) => shell.isClosed), late.isClosed, pool.size, slow.size],
      [[true], true, 0, 0],
    );
  });

  it('refuses to exist without an address', () => {
    assert.throws(
      () => poolOf({ urls: [] }),
      (error) => isConnectorError(error, 'ERR_CONFIG_INVALID'),
    );
  });
});
