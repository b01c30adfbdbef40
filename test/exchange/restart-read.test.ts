import assert from 'node:assert/strict';
import { ConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { readWhole, restartRead } from '../../src/exchange/restart-read.ts';

const ids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];

/** Reads that yield as many records as told and then fail; the one after the last succeeds. */
function reads(breaks: readonly { after: number; code: ErrorCode }[]): {
  opened: () => number;
  open: () => AsyncGenerator<{ id: string }>;
} {
  let count = 0;
  return {
    opened: () => count,
    async *open() {
      const end = breaks[count++];
      for (const id of ids.slice(0, end?.after)) yield { id };
      if (end !== undefined) throw new ConnectorError(end.code, 'The line broke.');
    },
  };
}

async function all(source: AsyncIterable<{ id: string }>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { id } of source) seen.push(id);
  return seen;
}

describe('a read that is started again', () => {
  it('yields every record once when the line broke in the middle', async () => {
    const { open, opened } = reads([{ after: 1, code: 'ERR_HTTP_RESET' }]);
    assert.deepEqual(await all(restartRead(open)), ids);
    assert.equal(opened(), 2);
  });

  it('goes on when the server is unreachable for a moment in the middle', async () => {
    const { open } = reads([{ after: 1, code: 'ERR_HTTP_UNREACHABLE' }]);
    assert.deepEqual(await all(restartRead(open)), ids);
  });

  it('does not try again what never answered: the transport has done so', async () => {
    const { open, opened } = reads([{ after: 0, code: 'ERR_HTTP_UNREACHABLE' }]);
    await assert.rejects(all(restartRead(open)), { code: 'ERR_HTTP_UNREACHABLE' });
    assert.equal(opened(), 1);
  });

  it('does not try again what cannot get better', async () => {
    const { open, opened } = reads([{ after: 1, code: 'ERR_HTTP_AUTH' }]);
    await assert.rejects(all(restartRead(open)), { code: 'ERR_HTTP_AUTH' });
    assert.equal(opened(), 1);
  });

  it('gives up after the third break', async () => {
    const broken = { after: 1, code: 'ERR_HTTP_RESET' } as const;
    const { open, opened } = reads([broken, broken, broken]);
    await assert.rejects(all(restartRead(open)), { code: 'ERR_HTTP_RESET' });
    assert.equal(opened(), 3);
  });
});

describe('a small read that is started again', () => {
  it('drops what it had when the line broke, and hides nothing that came twice', async () => {
    const { open, opened } = reads([{ after: 1, code: 'ERR_HTTP_RESET' }]);
    const found = await readWhole(async function* twice() {
      yield* open();
      yield { id: ids[0] };
    });
    assert.deepEqual([found.map(({ id }) => id), opened()], [[...ids, ids[0]], 2]);
  });

  it('is not started again for what cannot get better, nor more than twice', async () => {
    for (const [code, times] of [
      ['ERR_EXCHANGE_RECORD', 1],
      ['ERR_HTTP_RESET', 3],
    ] as const) {
      const { open, opened } = reads(Array.from({ length: 5 }, () => ({ after: 1, code })));
      await assert.rejects(readWhole(open), { code });
      assert.equal(opened(), times);
    }
  });

  it('shares its attempts with the transport, and follows it to the next server', async () => {
    for (const [attempts, movedOn, times] of [
      [4, false, 1],
      [1, false, 1],
      [1, true, 2],
    ] as const) {
      const { open, opened } = reads([{ after: 1, code: 'ERR_HTTP_NOT_EXPECTED' }]);
      const reading = readWhole((effort) => {
        Object.assign(effort, { attempts: effort.attempts + attempts, movedOn });
        return open();
      });
      await reading.catch(() => undefined);
      assert.equal(opened(), times);
    }
  });
});
