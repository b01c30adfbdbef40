/** Pages go out at the pace of whoever takes them: counted, not timed. */
import assert from 'node:assert/strict';
import { openPageCredit } from '../../nodes/page-credit.ts';
import { startFlow, stopFlow, RED_HOOKS } from '../support/node-red.ts';
import type { Consumer, RunningFlow } from '../support/node-red.ts';
import { easPage, mdmPage } from '../support/pages.ts';
import { standingClock } from '../support/put-forward.ts';
import type { HeldClock } from '../support/put-forward.ts';
import { easRecord } from '../support/records.ts';
import { tellingConsumer } from '../support/sequences.ts';

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

    const PATIENCE_MS = 400;
    const never: Consumer = (_msg, _send, _done) => undefined;
    const atOnce: Consumer = (_msg, _send, done) => done();

    let clock: HeldClock | null = null;
    afterEach(() => clock?.release());

    /** A flow whose source sends ten pages of one sequence; the clock stands still from then on. */
    async function ten(consumers: Record<string, Consumer>): Promise<RunningFlow> {
      const source: Consumer = (_msg, send, done) => {
        void (async () => {
          const credit = openPageCredit(RED_HOOKS, 'sequence', PATIENCE_MS);
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
      clock = standingClock();
      return flow;
    }

    const ended = (flow: RunningFlow): number => flow.ended('source').done;

    it('goes on when it never does, after a while, and does not wait for it again', async () => {
      let taken = 0;
      const flow = await ten({ never: (_msg, _send, _done) => (taken += 1) });
      const counts: number[] = [];
      const count = async (): Promise<void> => {
        await flow.rests();
        counts.push(taken);
      };
      flow.receive('source');
      await count();
      clock?.pass(PATIENCE_MS - 1);
      await count();
      clock?.pass(1);
      await count();
      flow.receive('source');
      await count();
      assert.deepEqual([counts, ended(flow)], [[2, 2, PAGES, 2 * PAGES], 2]);
    });

    it('still waits for the others beside it', async () => {
      const slow = tellingConsumer();
      const flow = await ten({ never, slow: slow.consumer });
      flow.receive('source');
      await flow.rests();
      // The one is heard, the other is not, for as long as a page is held back.
      for (let page = 0; page < 2; page += 1) {
        clock?.pass(PATIENCE_MS / 2);
        slow.answer();
        await flow.rests();
      }
      assert.deepEqual([slow.taken(), slow.held()], [2, 0]);
      clock?.pass(PATIENCE_MS / 2);
      await flow.rests();
      const seen = [[slow.taken(), slow.held()]];
      while (slow.held() > 0) {
        slow.answer();
        await flow.rests();
        seen.push([slow.taken(), slow.held()]);
      }
      assert.deepEqual(
        [seen, ended(flow)],
        [[[4, 2], ...[5, 6, 7, 8, 9, PAGES].map((taken) => [taken, 2]), [PAGES, 1], [PAGES, 0]], 1],
      );
    });

    it('is passed over for the rest when it holds a page too long, and waited for again the next time', async () => {
      const changing = tellingConsumer();
      let beside = 0;
      const quick: Consumer = (_msg, _send, done) => {
        beside += 1;
        done();
      };
      const flow = await ten({ changing: changing.consumer, quick });
      const answerAll = async (): Promise<void> => {
        for (; changing.held() > 0; await flow.rests()) changing.answer();
      };
      flow.receive('source');
      await flow.rests();
      await answerAll();
      assert.deepEqual([beside, ended(flow)], [PAGES, 1]);

      flow.receive('source');
      await flow.rests();
      clock?.pass(PATIENCE_MS - 1);
      await flow.rests();
      assert.deepEqual([beside, ended(flow)], [PAGES + 2, 1], 'the third page is held back');
      clock?.pass(1);
      await flow.rests();
      assert.deepEqual([beside, ended(flow)], [2 * PAGES, 2], 'it was waited for once, and not eight times');
      await answerAll();

      flow.receive('source');
      await flow.rests();
      assert.deepEqual([changing.held(), beside], [2, 2 * PAGES + 2], 'it is waited for again');
      await answerAll();
      assert.deepEqual([changing.taken(), beside, ended(flow)], [3 * PAGES, 3 * PAGES, 3]);
    });

    describe('after the last page', () => {
      /** Sends one page, and tells how many nodes had answered when it was said to be taken, and when the clock had passed so far. */
      async function takenAfter(consumers: Record<string, Consumer>, passesMs = 0): Promise<number> {
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
          const credit = openPageCredit(RED_HOOKS, 'sequence', PATIENCE_MS);
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
        clock = standingClock();
        flow.receive('source');
        await flow.rests();
        if (passesMs > 0) {
          clock.pass(passesMs - 1);
          await flow.rests();
          assert.equal(ended(flow), 0, 'the page is not taken yet');
          clock.pass(1);
        }
        await flow.until(() => ended(flow) === 1, 'the page is taken');
        return answered;
      }

      it('knows when every node is done with it', async () => {
        const later: Consumer = (_msg, _send, done) => void setImmediate(() => setImmediate(done));
        assert.equal(await takenAfter({ a: atOnce, b: later }), 2);
      });

      it('stops waiting for a node that never is', async () => {
        assert.equal(await takenAfter({ a: atOnce, never }, PATIENCE_MS), 1);
      });

      it('has nothing to wait for where no wire leads', async () => {
        assert.equal(await takenAfter({}), 0);
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
