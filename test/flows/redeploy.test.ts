/** Fifty deploys, some of them in the middle of the work, leave nothing behind. */
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { leftBehind, startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { aManagedPhone, people, still } from '../support/people.ts';

const DEPLOYS = 50;

/** Timers that live, those that keep no process alive included. */
class LiveTimers {
  readonly #live = new Set<number>();
  readonly #hook = createHook({
    init: (id, type) => {
      if (type === 'Timeout') this.#live.add(id);
    },
    destroy: (id) => {
      this.#live.delete(id);
    },
  });

  constructor() {
    this.#hook.enable();
  }

  get count(): number {
    return this.#live.size;
  }

  stop(): void {
    this.#hook.disable();
  }
}

describe('deploying anew', () => {
  let lab: Lab;
  let folder: string;
  let timers: LiveTimers;

  beforeEach(async () => {
    timers = new LiveTimers();
    lab = await startLab({ organization: aManagedPhone(people(still(), 4)) });
    folder = mkdtempSync(join(tmpdir(), 'redeploy-'));
  });

  afterEach(async () => {
    timers.stop();
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  /** What there is of everything that could leak. */
  const inventory = (flow: RunningFlow): Record<string, number> => {
    const resources = process.getActiveResourcesInfo();
    const count = (type: string): number => resources.filter((one) => one === type).length;
    return {
      ...leftBehind(),
      layers: flow.layers(),
      timers: timers.count,
      sockets: count('TCPSocketWrap') + count('TLSWrap'),
      servers: count('TCPServerWrap') + count('TCPSERVERWRAP'),
      datagrams: count('UDPWrap') + count('UDPWRAP'),
      processListeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
      shells: lab.servers.exchange.stats.shells,
    };
  };

  it('leaves no socket, timer, listener, hook, page or shell behind, whatever was under way', async () => {
    const { nodes, credentials } = connectorFlow(lab, {
      store: { path: join(folder, 'store.sqlite') },
      eas: { pageSize: 1 },
    });
    const all = [
      ...nodes,
      {
        id: 'check',
        type: 'autodiscover-check',
        account: 'account',
        internalResolvers: lab.dns.internal,
      },
    ];
    // A deployed notifier looks at its mailbox, and the session it does so with stays for a minute.
    const atRest = all.map((node) => (node.id === 'notifier' ? { ...node, server: '' } : node));
    const flow = await startFlow(all, credentials);
    /** A whole sync, then a start of everything that the next deploy cuts short. */
    const work = async (whole: boolean): Promise<void> => {
      const before = flow.messages('switchReport').length;
      flow.receive('mdm');
      flow.receive('eas');
      flow.receive('check');
      flow.receive('notifier', { topic: 'check' });
      if (whole) await flow.until(() => flow.messages('switchReport').length > before, 'the switch has reported');
    };
    await work(true);
    await flow.redeploy();
    await flow.redeploy(atRest);
    /** Less is well: what the lab's servers keep for a while may have run out. */
    const grown = (base: Record<string, number>): string[] =>
      Object.entries(inventory(flow))
        .filter(([name, count]) => count > (base[name] ?? 0))
        .map(([name, count]) => `${name}: ${count} instead of ${base[name]}`);
    const rested = (base: Record<string, number>): Promise<void> =>
      flow
        .until(() => grown(base).length === 0, 'nothing is left behind')
        .catch(() => assert.deepEqual(grown(base), []));
    const ended = (): boolean =>
      ['mdm', 'eas', 'check', 'notifier', 'matcher', 'switch'].every((id) => {
        const { received, done } = flow.ended(id);
        return received === done;
      });
    await flow.until(() => ended() && inventory(flow)['sockets'] === 0, 'the first deploys have come to rest');
    const before = inventory(flow);
    for (let i = 0; i < DEPLOYS; i += 1) {
      if (i % 5 === 0) await work(false);
      await flow.redeploy();
    }
    await flow.redeploy(atRest);
    await flow.until(ended, 'every message is done, once');
    await rested(before);
    assert.equal(before['shells'], 0);
    assert.equal(before['hooks'], 0);
    // Two of Express, one of the core's http nodes, one of ours.
    assert.equal(before['layers'], 4);
    await work(true);
    await stopFlow();
    assert.deepEqual(readdirSync(folder), ['store.sqlite'], 'the store is closed and leaves no journal');
  });
});
