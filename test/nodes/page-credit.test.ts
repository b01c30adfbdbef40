/** Pages go out at the pace of whoever takes them: counted, not timed. */
import assert from 'node:assert/strict';
import { openPageCredit } from '../../nodes/page-credit.ts';
import { startFlow, stopFlow, RED_HOOKS } from '../support/node-red.ts';
import type { Consumer, RunningFlow } from '../support/node-red.ts';
import { easPage, mdmPage } from '../support/pages.ts';
import { easRecord } from '../support/records.ts';

/** A node that takes its time, and counts what it holds. */
function slowConsumer(ms: number): { consumer: Consumer; held(): number; most(): number; taken(): number } {
  let [held, most, taken] = [0, 0, 0];
  return {
    consumer: (_msg, _send, done) => {
      held += 1;
      taken += 1;
      most = Math.max(most, held);
      setTimeout(() => {
        held -= 1;
        done();
      }, ms);
    },
    held: () => held,
    most: () => most,
    taken: () => taken,
  };
}

describe('page credit', () => {
  afterEach(stopFlow);

  /** A matcher that sends pages of `pageSize` devices to consumers. */
  const start = (
    pageSize: number,
    consumers: Record<string, Consumer>,
    wires = Object.keys(consumers),
  ): Promise<RunningFlow> =>
    startFlow(
      [
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
        { id: 'matcher', type: 'merge-matcher', store: 'store', pageSize, wires: [wires, [], ['report']] },
        { id: 'report', type: 'helper' },
        ...Object.keys(consumers).map((id) => ({ id, type: 'consumer', wires: [['next']] })),
        { id: 'next', type: 'helper' },
      ],
      {},
      consumers,
    );

  async function match(flow: RunningFlow, records: number): Promise<void> {
    flow.receive('matcher', mdmPage({ id: 'mdm' }, []));
    const all = Array.from({ length: records }, (_, n) => easRecord(n));
    flow.receive('matcher', easPage({ id: 'eas' }, all));
    await flow.until(() => flow.messages('report').length === 1, 'the matcher has reported');
  }

  it('sends a slow node no more than two pages ahead, and shows a live count meanwhile', async () => {
    const slow = slowConsumer(50);
    const flow = await start(1, { slow: slow.consumer });
    await match(flow, 12);
    assert.equal(slow.taken(), 12);
    assert.ok(slow.most() <= 2, `${slow.most()} pages at once`);
    assert.ok(flow.words().some((text) => /^\d+ of 12 matched$/.test(text)));
    assert.ok(flow.statuses('matcher').some(({ fill }) => fill === 'blue'));
    await flow.until(() => slow.held() === 0, 'the slow node has finished');
  });

  it('waits for the slowest of several nodes', async () => {
    const [quick, slow] = [slowConsumer(0), slowConsumer(20)];
    const flow = await start(1, { quick: quick.consumer, slow: slow.consumer });
    await match(flow, 12);
    assert.deepEqual({ quick: quick.taken(), slow: slow.taken() }, { quick: 12, slow: 12 });
    assert.ok(slow.most() <= 2 && quick.most() <= 2);
    await flow.until(() => slow.held() === 0, 'the slow node has finished');
  });

  it('waits for nodes further down the same wire', async () => {
    const slow = slowConsumer(20);
    const passOn: Consumer = (msg, send, done) => {
      send(msg);
      done();
    };
    const flow = await startFlow(
      [
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
        { id: 'matcher', type: 'merge-matcher', store: 'store', pageSize: 1, wires: [['passOn'], [], ['report']] },
        { id: 'passOn', type: 'consumer', wires: [['slow']] },
        { id: 'slow', type: 'consumer' },
        { id: 'report', type: 'helper' },
      ],
      {},
      { passOn, slow: slow.consumer },
    );
    await match(flow, 12);
    assert.equal(slow.taken(), 12);
    assert.ok(slow.most() <= 3, `${slow.most()} pages at once`);
    await flow.until(() => slow.held() === 0, 'the slow node has finished');
  });

  it('keeps 20,000 records on their way to a slow node in the store: two pages of 100 are out at once', async () => {
    const slow = slowConsumer(1);
    const flow = await start(100, { slow: slow.consumer });
    await match(flow, 20_000);
    assert.equal(slow.taken(), 200);
    assert.ok(slow.most() <= 2, `${slow.most()} pages at once`);
    await flow.until(() => slow.held() === 0, 'the slow node has finished');
  });

  it('does not wait for a node of the old kind, which never says that it is done', async () => {
    let taken = 0;
    const old = ((_msg: unknown) => {
      taken += 1;
    }) as Consumer;
    const flow = await start(1, { old });
    await match(flow, 20);
    assert.equal(taken, 20);
  });

  describe('towards a node that should say when it is done', () => {
    const PAGES = 10;

    /** Ten pages of one sequence, sent with little patience; resolves when the last one is sent. */
    async function sendTen(consumers: Record<string, Consumer>, patienceMs: number): Promise<RunningFlow> {
      const source: Consumer = (_msg, send, done) => {
        void (async () => {
          const credit = openPageCredit(RED_HOOKS, 'sequence', patienceMs);
          for (let index = 0; index < PAGES; index += 1) {
            await credit.ready(new AbortController().signal);
            send({ payload: [index], parts: { id: 'sequence', index } });
            await credit.sent();
          }
          credit.end();
          done();
        })();
      };
      const flow = await startFlow(
        [
          { id: 'source', type: 'consumer', wires: [Object.keys(consumers)] },
          ...Object.keys(consumers).map((id) => ({ id, type: 'consumer' })),
        ],
        {},
        { source, ...consumers },
      );
      flow.receive('source');
      await flow.until(() => flow.ended('source').done === 1, 'all pages are sent');
      return flow;
    }

    it('goes on when it never does, after a while, and does not wait for it again', async () => {
      let taken = 0;
      const flow = await sendTen({ never: (_msg, _send, _done) => (taken += 1) }, 20);
      await flow.until(() => taken === PAGES, 'all pages have arrived');
    });

    it('still waits for the others beside it', async () => {
      const slow = slowConsumer(5);
      const flow = await sendTen({ never: (_msg, _send, _done) => undefined, slow: slow.consumer }, 1_000);
      await flow.until(() => slow.taken() === PAGES && slow.held() === 0, 'all pages have arrived');
      assert.ok(slow.most() <= 2, `${slow.most()} pages at once`);
    });

    it('is passed over for the rest when it holds a page too long, and waited for again the next time', async () => {
      let ms = 0;
      let [taken, held] = [0, 0];
      const changing: Consumer = (_msg, _send, done) => {
        taken += 1;
        held += 1;
        setTimeout(() => {
          held -= 1;
          done();
        }, ms);
      };
      const beside: number[] = [];
      const quick: Consumer = (_msg, _send, done) => {
        beside.push(performance.now());
        done();
      };
      const flow = await sendTen({ changing, quick }, 400);
      const next = async (): Promise<void> => {
        await flow.until(() => held === 0, 'the node has finished');
        taken = 0;
        flow.receive('source');
        await flow.until(() => taken >= 2, 'the next sequence has begun');
      };
      ms = 1_500;
      await next();
      const began = performance.now();
      await flow.until(() => beside.length === 2 * PAGES, 'whoever is wired beside it gets every page');
      const waited = (beside.at(-1) ?? 0) - began;
      assert.ok(waited < 1_400, `the last page came after ${waited} ms: once 400, and not eight times`);
      ms = 100;
      await next();
      assert.ok(taken < PAGES, 'it is not sent all at once');
      await flow.until(() => taken === PAGES && held === 0, 'the node has finished');
    });

    describe('after the last page', () => {
      /** Sends one page, and tells how many nodes had answered when it was said to be taken. */
      async function takenAfter(consumers: Record<string, Consumer>, patienceMs: number): Promise<number> {
        const closing = new AbortController();
        let answers = 0;
        let answered = -1;
        const counted = Object.entries(consumers).map(([id, consumer]): [string, Consumer] => [
          id,
          (msg, send, done) =>
            consumer(msg, send, () => {
              answers += 1;
              done();
            }),
        ]);
        const source: Consumer = (_msg, send, done) => {
          const credit = openPageCredit(RED_HOOKS, 'sequence', patienceMs);
          send({ payload: [], parts: { id: 'sequence', index: 0 } });
          void credit.taken(closing.signal).then(() => {
            answered = answers;
            credit.end();
            done();
          });
        };
        const flow = await startFlow(
          [
            { id: 'source', type: 'consumer', wires: [Object.keys(consumers)] },
            ...Object.keys(consumers).map((id) => ({ id, type: 'consumer' })),
          ],
          {},
          { source, ...Object.fromEntries(counted) },
        );
        flow.receive('source');
        await flow.until(() => flow.ended('source').done === 1, 'the page is taken');
        return answered;
      }

      it('knows when every node is done with it', async () => {
        assert.equal(await takenAfter({ a: slowConsumer(0).consumer, b: slowConsumer(30).consumer }, 60_000), 2);
      });

      it('stops waiting for a node that never is', async () => {
        const never: Consumer = (_msg, _send, _done) => undefined;
        assert.equal(await takenAfter({ a: slowConsumer(0).consumer, never }, 50), 1);
      });

      it('has nothing to wait for where no wire leads', async () => {
        assert.equal(await takenAfter({}, 60_000), 0);
      });
    });

    it('stops waiting at once when the sender is closed', async () => {
      const closing = new AbortController();
      let stopped = '';
      const source: Consumer = (_msg, send, done) => {
        void (async () => {
          const credit = openPageCredit(RED_HOOKS, 'sequence', 60_000);
          try {
            for (let index = 0; ; index += 1) {
              await credit.ready(closing.signal);
              send({ payload: [], parts: { id: 'sequence', index } });
              await credit.sent();
            }
          } catch (error) {
            stopped = (error as Error).name;
          } finally {
            credit.end();
            done();
          }
        })();
      };
      const flow = await startFlow(
        [
          { id: 'source', type: 'consumer', wires: [['never']] },
          { id: 'never', type: 'consumer' },
        ],
        {},
        { source, never: (_msg, _send, _done) => closing.abort() },
      );
      flow.receive('source');
      await flow.until(() => flow.ended('source').done === 1, 'the source has stopped');
      assert.equal(stopped, 'AbortError');
    });
  });
});
