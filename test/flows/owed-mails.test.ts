/** Between the access switch and the notifier a flow may do what it likes; whoever is blocked gets a mail, and one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StoreConnection } from '../../nodes/connections.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { Store } from '../../src/store/store.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { eventually } from '../support/eventually.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { aManagedPhone, people, still } from '../support/people.ts';

type Between = Parameters<typeof startFlow>[2];
type Send = (msg: Record<string, unknown>) => void;

describe('between a block and its mail', () => {
  let lab: Lab;
  let folder: string;
  let flow: RunningFlow;

  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(people(still(), 2)) });
    folder = mkdtempSync(join(tmpdir(), 'owed-mails-'));
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  async function start(changes: Changes, nodes: readonly FlowNode[] = [], between: Between = {}): Promise<void> {
    const made = connectorFlow(lab, { store: { path: join(folder, 'store.sqlite') }, ...changes });
    flow = await startFlow([...made.nodes, ...nodes], made.credentials, between);
  }
  const store = (): Promise<Store> => (flow.node('store') as StoreConnection).store();
  async function sync(): Promise<void> {
    const before = flow.messages('switchReport').length;
    for (const id of ['mdm', 'eas']) flow.receive(id);
    await flow.until(() => flow.messages('switchReport').length > before, 'the switch has reported');
  }
  const mailed = (): number[] => [0, 1].map((n) => lab.organization.inbox(`user${n}@contoso.example`).length);
  const bothMailed = (): Promise<void> => flow.until(() => mailed().every((count) => count > 0), 'both were mailed');
  const owed = async (): Promise<number> =>
    (await (await store()).announcements.list({ organization: 'exchange' })).filter(({ kind }) => kind === 'blocked')
      .length;
  const settled = (): Promise<void> => eventually(async () => (await owed()) === 0, 'nothing is owed any more');
  const through = { switch: { wires: [['between'], [], [], ['switchReport']] } };
  const between = { id: 'between', type: 'consumer', wires: [['notifier']] };

  const ways: readonly (readonly [string, Changes, readonly FlowNode[], Between])[] = [
    ['on a direct wire', {}, [], {}],
    [
      'through a function that sends later',
      through,
      [between],
      { between: (msg, send, done) => void setTimeout(() => ((send as Send)(msg), done()), 50) },
    ],
    [
      'through a function that makes the message anew, without its id',
      through,
      [between],
      {
        between: (msg, send, done) => {
          const { device, decision, change } = msg['payload'] as {
            device: unknown;
            decision: unknown;
            change: Record<string, unknown>;
          };
          const { id: _id, episode: _episode, ...plain } = change;
          (send as Send)({ payload: { device, decision, change: plain } });
          done();
        },
      },
    ],
    [
      'through link nodes',
      { switch: { wires: [['out'], [], [], ['switchReport']] } },
      [
        { id: 'out', type: 'link out', links: ['in'], mode: 'link', x: 1, y: 1, wires: [] },
        { id: 'in', type: 'link in', links: ['out'], x: 1, y: 1, wires: [['notifier']] },
      ],
      {},
    ],
    [
      'to two notifiers that mail different domains',
      {
        switch: { wires: [['notifier', 'other'], [], [], ['switchReport']] },
        notifier: { allowedDomains: 'elsewhere.example' },
      },
      [
        {
          id: 'other',
          type: 'enrollment-notifier',
          account: 'account',
          store: 'store',
          server: 'exchange',
          linkBase: 'http://127.0.0.1:1880',
          allowedDomains: 'contoso.example',
          wires: [['sent'], ['notSent']],
        },
      ],
      {},
    ],
  ];
  for (const [way, changes, nodes, consumers] of ways) {
    it(`mails once ${way}, and owes nothing afterwards`, async () => {
      await start(changes, nodes, consumers);
      await sync();
      await bothMailed();
      await settled();
      await flow.redeploy();
      await sync();
      assert.deepEqual(mailed(), [1, 1]);
    });
  }

  const losing: readonly (readonly [how: string, lose: NonNullable<Between>[string]])[] = [
    ['loses', (_msg, _send, done) => done()],
    ['throws at', (_msg, _send, done) => (done as (error: Error) => void)(new Error('A mistake in a function.'))],
    ['never answers to', () => undefined],
  ];
  for (const [how, lose] of losing) {
    it(`mails after the next deploy what a flow ${how}, as a repeat`, async () => {
      let loses = true;
      const repeats: unknown[] = [];
      await start(through, [between], {
        between: (msg, send, done) => {
          if (loses) return lose(msg, send, done);
          repeats.push((msg['payload'] as { change: { repeat?: unknown } }).change.repeat);
          (send as Send)(msg);
          return done();
        },
      });
      await sync();
      assert.deepEqual([mailed(), await owed()], [[0, 0], 2]);
      loses = false;
      await flow.redeploy();
      await bothMailed();
      await settled();
      assert.deepEqual(
        [mailed(), repeats],
        [
          [1, 1],
          [true, true],
        ],
      );
    });
  }

  it('mails whom it had just blocked when the flows were stopped, in the middle of keeping that', async () => {
    await start({});
    const opened = await store();
    const together: Store['together'] = opened.together.bind(opened);
    const redeploys: Promise<void>[] = [];
    const slow: Store['together'] = (work) =>
      together(async (parts) => {
        if (lab.organization.writes.length > 0 && redeploys.length === 0) {
          redeploys.push(flow.redeploy());
          // By now the notifier is there no more, and the switch is closing.
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        return work(parts);
      });
    Object.assign(opened, { together: slow });
    for (const id of ['mdm', 'eas']) flow.receive(id);
    await flow.until(() => redeploys.length > 0, 'it was deployed');
    await Promise.all(redeploys);
    await sync();
    await bothMailed();
    await settled();
    assert.deepEqual(mailed(), [1, 1]);
  });

  it('mails once though the store is locked for three seconds when a mail is to be kept', async () => {
    await start({});
    const other = new DatabaseSync(join(folder, 'store.sqlite'));
    const [data] = await Promise.all([
      new Promise<boolean>((resolve) => {
        const look = setInterval(() => {
          if (mailed().every((count) => count === 0)) return;
          clearInterval(look);
          try {
            other.exec('begin immediate');
          } catch {
            // Our own process was in the middle of a write.
            return resolve(false);
          }
          setTimeout(() => (other.exec('commit'), resolve(true)), 3_000);
        }, 1);
      }),
      sync().then(bothMailed),
    ]);
    other.close();
    assert.equal(typeof data, 'boolean');
    await settled();
    await flow.redeploy();
    flow.receive('notifier', { topic: 'retry' });
    await sync();
    assert.deepEqual(mailed(), [1, 1]);
  });

  it('mails everybody once, however often it is deployed anew meanwhile', async () => {
    await start({ account: { ratePerMinute: 600 } });
    for (let deploys = 0; deploys < 12; deploys += 1) {
      for (const id of ['mdm', 'eas']) flow.receive(id);
      await new Promise((resolve) => setTimeout(resolve, 15 * deploys));
      await flow.redeploy();
    }
    await sync();
    flow.receive('notifier', { topic: 'due' });
    await bothMailed();
    await settled();
    assert.deepEqual(mailed(), [1, 1]);
  });
});
