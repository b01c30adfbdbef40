/** A PostgreSQL that has gone silent does not keep a deploy waiting: each node gives up on it in time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import { ownTimeOf } from '../support/own-time.ts';

describe('a PostgreSQL that takes connections and says nothing', () => {
  let lab: Lab;
  let silent: Server;
  const sockets = new Set<Socket>();

  before(async () => {
    lab = await startLab();
    silent = createServer((socket) => sockets.add(socket.on('error', () => {}).resume()));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
  });
  after(async () => {
    await stopFlow();
    for (const socket of sockets) socket.destroy();
    silent.close();
    await lab.close();
  });

  it('keeps Node-RED waiting for five seconds at most, also where nodes are taken out of the flow', async () => {
    const { nodes, credentials } = connectorFlow(lab, { store: { engine: 'postgres' }, mdm: { store: 'store' } });
    const check = { id: 'check', type: 'autodiscover-check', domain: 'contoso.example', store: 'store' };
    const { port } = silent.address() as AddressInfo;
    const connection = `postgres://connector@127.0.0.1:${port}/connector`;
    const flow = await startFlow([...nodes, check], { ...credentials, store: { connection } });
    for (const id of ['mdm', 'matcher', 'switch', 'notifier']) flow.receive(id, { topic: 'retry' });
    await flow.until(() => sockets.size > 0, 'somebody asks the store');
    const { ms } = await ownTimeOf(() => flow.redeploy(nodes.filter(({ id }) => ['store', 'tls'].includes(id))));
    assert.ok(ms < 7_000, `${ms} ms`);
  });
});
