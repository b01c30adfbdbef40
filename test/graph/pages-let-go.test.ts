/** What a reading holds on to while it waits for Graph: V8 keeps more memory for good by what it finds alive. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { tenantPort } from '../../src/graph/tenant-port.ts';
import { enrollPhones, startGraphLab, type GraphLab } from './graph-lab.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('a reading of Graph', () => {
  let lab: GraphLab;
  before(async () => {
    lab = await startGraphLab({ pageSize: 3 });
    enrollPhones(lab.organization, 20);
  });
  after(() => lab.close());

  it('has let go of every page when it asks for the next one', async () => {
    const kept: WeakRef<object>[] = [];
    const found: number[] = [];
    const graph = lab.open();
    const watched: GraphTransport = {
      ...graph,
      async get(request) {
        // In a turn of its own: what was looked at in this one stays.
        await setImmediate();
        collect();
        found.push(kept.filter((one) => one.deref() !== undefined).length);
        return graph.get(request);
      },
    };
    const { signal } = new AbortController();
    const pages = tenantPort(() => watched, 'intune').mdmPages({ pageSize: 3, signal });
    const take = ({ value: page }: Awaited<ReturnType<typeof pages.next>>): boolean => {
      if (page === undefined) return false;
      kept.push(new WeakRef(page), ...page.records.map((record) => new WeakRef(record)));
      return true;
    };
    while (take(await pages.next()));
    // The last one is what the overview counts, which goes with the last page.
    assert.deepEqual(found.slice(0, -1), [0, 0, 0, 0, 0, 0, 0]);
    assert.equal(kept.length, 27);
  });
});
