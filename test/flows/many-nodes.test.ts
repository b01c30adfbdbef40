/** Many nodes in one Node-RED. */
import assert from 'node:assert/strict';
import type { StoreConnection } from '../../nodes/connections.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';

describe('many nodes of the connector', () => {
  afterEach(stopFlow);

  it('make Node.js warn of no leak of listeners, and are all started', async () => {
    const warnings: string[] = [];
    const warn = ({ name }: Error): number => warnings.push(name);
    process.on('warning', warn);
    const numbers = Array.from({ length: 12 }, (_, number) => number);
    try {
      const flow = await startFlow([
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
        { id: 'tenant', type: 'mdm-tenant', kind: 'simulated' },
        ...numbers.map((number) => ({ id: `matcher${number}`, type: 'merge-matcher', store: 'store', wires: [] })),
        ...numbers.map((number) => ({
          id: `source${number}`,
          type: 'mdm-source',
          provider: 'intune',
          tenant: 'tenant',
          source: `mdm${number}`,
          wires: [[`matcher${number}`]],
        })),
      ]);
      const { sources } = await (flow.node('store') as StoreConnection).store();
      let announced = 0;
      while (announced < numbers.length) announced = (await sources.list()).length;
    } finally {
      process.off('warning', warn);
    }
    assert.deepEqual(
      warnings.filter((name) => name === 'MaxListenersExceededWarning'),
      [],
    );
  });
});
