/** Pages that core Split and Join nodes take apart and put together again go at the pace of who takes the pieces: counted. */
import assert from 'node:assert/strict';
import { openPageCredit } from '../../nodes/page-credit.ts';
import { leftBehind, startFlow, stopFlow, RED_HOOKS } from '../support/node-red.ts';
import type { Consumer, FlowNode, RunningFlow } from '../support/node-red.ts';
import { easPage, mdmPage } from '../support/pages.ts';
import { standingClock } from '../support/put-forward.ts';
import type { HeldClock } from '../support/put-forward.ts';
import { easRecord } from '../support/records.ts';
import { aJoin, aSplit, serialConsumer, tellingConsumer } from '../support/sequences.ts';

describe('page credit through Split and Join', () => {
  afterEach(stopFlow);

  const PAGE = 50;

  /** A matcher with pages of {@link PAGE} devices, and the nodes behind its first output. */
  const start = (behind: readonly FlowNode[], consumers: Record<string, Consumer>): Promise<RunningFlow> =>
    startFlow(
      [
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
        {
          id: 'matcher',
          type: 'merge-matcher',
          store: 'store',
          pageSize: PAGE,
          wires: [[behind[0]?.id], [], ['report']],
        },
        { id: 'report', type: 'helper' },
        { id: 'out', type: 'helper' },
        ...behind,
      ],
      {},
      consumers,
    );

  const consumer = (id: string, to: string): FlowNode => ({ id, type: 'consumer', wires: [[to]] });
  const all = (records: number): ReturnType<typeof easRecord>[] =>
    Array.from({ length: records }, (_, n) => easRecord(n));
  const keys = (records: number): string[] =>
    all(records)
      .map(({ key }) => key)
      .sort();
  const keysOf = (messages: readonly Record<string, unknown>[]): string[] =>
    messages
      .flatMap(({ payload }) => payload as { key: string }[])
      .map(({ key }) => key)
      .sort();
  const placeOf = ({ parts, payload, sync }: Record<string, unknown>): unknown => {
    const { page, last } = sync as { page: number; last: boolean };
    return { index: (parts as { index: number }).index, records: (payload as unknown[]).length, page, last };
  };

  function give(flow: RunningFlow, records: number): void {
    flow.receive('matcher', mdmPage({ id: 'mdm' }, []));
    flow.receive('matcher', easPage({ id: 'eas' }, all(records)));
  }

  async function match(flow: RunningFlow, records: number): Promise<void> {
    give(flow, records);
    await flow.until(() => flow.messages('report').length === 1, 'the matcher has reported');
  }

  it('has the pieces of one page under way, and the next page waits for the last of them', async () => {
    const slow = serialConsumer();
    const flow = await start([aSplit('apart', 'slow'), consumer('slow', 'together'), aJoin('together', 'out')], {
      slow: slow.consumer,
    });
    await match(flow, 20 * PAGE);
    await flow.until(() => flow.messages('out').length === 20, 'the last page is put together');
    assert.deepEqual(
      { pieces: slow.taken(), most: slow.most(), pages: flow.messages('out').map(placeOf) },
      {
        pieces: 20 * PAGE,
        most: PAGE,
        pages: Array.from({ length: 20 }, (_, page) => ({ index: page, records: PAGE, page, last: page === 19 })),
      },
    );
    assert.deepEqual(keysOf(flow.messages('out')), keys(20 * PAGE));
    // The pieces of a page, the page they are taken from, and a piece that is handed on.
    assert.ok(flow.mostUnderWay() <= PAGE + 2, `${flow.mostUnderWay()} messages at once`);
  });

  it('counts the pieces where no Join follows', async () => {
    const slow = serialConsumer();
    const flow = await start([aSplit('apart', 'slow'), consumer('slow', 'out')], { slow: slow.consumer });
    await match(flow, 10 * PAGE);
    await flow.until(() => slow.held() === 0, 'the slow node has finished');
    // One piece may still be under way when the next page goes out.
    assert.deepEqual([slow.taken(), slow.most() <= PAGE + 1], [10 * PAGE, true], `${slow.most()} pieces at once`);
  });

  it('counts pieces of pieces', async () => {
    const slow = serialConsumer();
    const flow = await start(
      [
        aSplit('tens', 'ones', { arraySplt: 10 }),
        aSplit('ones', 'slow'),
        consumer('slow', 'joinOnes'),
        aJoin('joinOnes', 'joinTens'),
        aJoin('joinTens', 'out'),
      ],
      { slow: slow.consumer },
    );
    await match(flow, 10 * PAGE);
    await flow.until(() => flow.messages('out').length === 10, 'the last page is put together');
    assert.deepEqual([slow.taken(), slow.most()], [10 * PAGE, PAGE]);
    assert.deepEqual(keysOf(flow.messages('out')), keys(10 * PAGE));
  });

  it('ends when the last page has come through Split and Join, and leaves nothing behind', async () => {
    const slow = serialConsumer();
    const flow = await start([aSplit('apart', 'slow'), consumer('slow', 'together'), aJoin('together', 'out')], {
      slow: slow.consumer,
    });
    give(flow, 3 * PAGE);
    await flow.until(() => slow.taken() > 0, 'the pieces of the first page are under way');
    assert.equal(leftBehind().hooks, 2);
    await flow.until(() => leftBehind().hooks === 0, 'the sequence has ended');
    assert.deepEqual([slow.taken(), slow.held(), flow.messages('out').length], [3 * PAGE, 0, 3]);
  });

  it('leaves nothing behind when a deploy ends a sequence in the middle of its pieces', async () => {
    const got: Record<string, unknown>[] = [];
    const flow = await start([aSplit('apart', 'never'), consumer('never', 'together'), aJoin('together', 'out')], {
      never: (msg, _send, _done) => got.push(msg),
    });
    give(flow, 10 * PAGE);
    await flow.until(() => got.length === PAGE, 'the pieces of the first page are under way');
    assert.equal(leftBehind().hooks, 2);
    await flow.redeploy();
    await flow.until(() => leftBehind().hooks === 0, 'no sequence is under way');
    assert.equal(got.length, PAGE);
  });

  describe('towards a node that should say when it is done', () => {
    const PAGES = 10;
    const PIECES = 5;
    const PATIENCE_MS = 400;
    const never: Consumer = (_msg, _send, _done) => undefined;

    let clock: HeldClock | null = null;
    afterEach(() => clock?.release());

    /** Sends pages of five records each through a Split node to each consumer, until it has to wait; the clock stands still. */
    async function sendAll(consumers: Record<string, Consumer>, pages = PAGES): Promise<RunningFlow> {
      const source: Consumer = (_msg, send, done) => {
        void (async () => {
          const credit = openPageCredit(RED_HOOKS, 'sequence', PATIENCE_MS);
          for (let index = 0; index < pages; index += 1) {
            await credit.ready(new AbortController().signal);
            send({ payload: Array.from({ length: PIECES }, (_, n) => n), parts: { id: 'sequence', index } });
            await credit.sent();
          }
          credit.end();
          done();
        })();
      };
      const flow = await startFlow(
        [
          { id: 'source', type: 'consumer', wires: [['apart']] },
          { ...aSplit('apart', ''), wires: [Object.keys(consumers)] },
          ...Object.keys(consumers).map((id) => ({ id, type: 'consumer' })),
        ],
        {},
        { source, ...consumers },
      );
      clock = standingClock();
      flow.receive('source');
      await flow.rests();
      return flow;
    }

    it('goes on when it never does, after a while, and does not wait for its pieces again', async () => {
      let taken = 0;
      const flow = await sendAll({ never: (_msg, _send, _done) => (taken += 1) });
      const counts = [taken];
      for (const ms of [PATIENCE_MS - 1, 1]) {
        clock?.pass(ms);
        await flow.rests();
        counts.push(taken);
      }
      assert.deepEqual([counts, flow.ended('source').done], [[PIECES, PIECES, PAGES * PIECES], 1]);
    });

    it('still waits for the node beside it', async () => {
      const slow = tellingConsumer();
      const flow = await sendAll({ never, slow: slow.consumer });
      clock?.pass(PATIENCE_MS / 2);
      slow.answer();
      await flow.rests();
      clock?.pass(PATIENCE_MS / 2);
      await flow.rests();
      let most = 0;
      for (; slow.held() > 0; await flow.rests()) {
        most = Math.max(most, slow.held());
        slow.answer();
      }
      // A page, and the last piece of the one before.
      assert.deepEqual([slow.taken(), most, flow.ended('source').done], [PAGES * PIECES, PIECES + 1, 1]);
    });

    it('is patient with one that works through its pieces, however long a page of them takes', async () => {
      const steady = tellingConsumer();
      const flow = await sendAll({ steady: steady.consumer }, 3);
      let most = 0;
      for (; steady.held() > 0; await flow.rests()) {
        most = Math.max(most, steady.held());
        // A page takes more than its patience, a piece does not.
        clock?.pass(PATIENCE_MS - 1);
        steady.answer();
      }
      assert.deepEqual([steady.taken(), most, flow.ended('source').done], [3 * PIECES, PIECES + 1, 1]);
    });
  });
});
