/** The editor, the link page and timers go on while a large organization is synced: no node keeps the event loop for itself. */
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { easPage, mdmPage } from '../support/pages.ts';
import { easRecord, mdmRecord } from '../support/records.ts';
import { rowsInOneTurn } from '../support/turns.ts';

const DEVICES = 5000;
const PAGE = 500;

/** Two pages of the matcher and what is looked up for one of them. */
const MOST_ROWS = 2000;

describe('a sync of 5,000 devices', () => {
  afterEach(stopFlow);

  const start = (): Promise<RunningFlow> =>
    startFlow([
      { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
      { id: 'exchange', type: 'exchange-server', kind: 'simulated' },
      { id: 'matcher', type: 'merge-matcher', store: 'store', wires: [['switch'], [], []] },
      {
        id: 'switch',
        type: 'access-switch',
        server: 'exchange',
        store: 'store',
        mode: 'simulate',
        wires: [[], [], [], ['report']],
      },
      { id: 'report', type: 'helper' },
    ]);

  async function sync(flow: RunningFlow): Promise<void> {
    const numbers = Array.from({ length: DEVICES }, (_, i) => i + 1);
    for (let from = 0; from < DEVICES; from += PAGE) {
      const some = numbers.slice(from, from + PAGE);
      const place = { page: from / PAGE, last: from + PAGE >= DEVICES };
      flow.receive(
        'matcher',
        mdmPage(
          { id: 'm', ...place },
          some.map((n) => mdmRecord(n)),
        ),
      );
      flow.receive(
        'matcher',
        easPage(
          { id: 'e', ...place },
          some.map((n) => easRecord(n)),
        ),
      );
    }
    await flow.until(() => flow.messages('report').length > 0, 'the switch has reported');
  }

  it('leaves the editor its turns while records are kept, matched and decided about', async () => {
    const flow = await start();
    const most = await rowsInOneTurn(() => sync(flow));
    assert.deepEqual(flow.errors(), []);
    assert.ok(most <= MOST_ROWS, `${most} rows in one turn`);
  });

  it('leaves it its turns while "Try it" goes through both readings', async () => {
    const flow = await start();
    const { _app, _httpAdmin } = helper as unknown as { _app: { use(handler: unknown): void }; _httpAdmin: unknown };
    _app.use(_httpAdmin);
    await sync(flow);
    const body = { id: 'switch', server: 'exchange', store: 'store', rules: [], query: 'user17@contoso.example' };
    let answer = {} as { devices: { easId: string }[] };
    const most = await rowsInOneTurn(async () => {
      const response = await fetch(`${flow.url}/access-switch/try`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      answer = (await response.json()) as typeof answer;
    });
    assert.deepEqual(
      answer.devices.map(({ easId }) => easId),
      ['EAS17'],
    );
    assert.ok(most <= MOST_ROWS, `${most} rows in one turn`);
  });
});
