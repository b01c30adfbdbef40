import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { readManagedDevices } from '../../src/graph/managed-devices.ts';
import type { GraphFault } from '../../src/lab/servers/graph.ts';
import { enrollPhones, startGraphLab, type GraphLab } from './graph-lab.ts';

const page = fc.integer({ min: 1, max: 4 });
const times = fc.integer({ min: 1, max: 8 });

/** Any fault, anywhere in a chain of four pages. */
const anyFault: fc.Arbitrary<GraphFault> = fc.oneof(
  fc.record({
    kind: fc.constant('throttle' as const),
    retryAfter: fc.constantFrom('1', '2.5', '0', '400', 'soon'),
    page,
    times,
  }),
  fc.record({ kind: fc.constant('throttle' as const), page, times }),
  fc.record({
    kind: fc.constant('status' as const),
    status: fc.constantFrom(400, 401, 403, 404, 408, 500, 502, 503, 504),
    html: fc.boolean(),
    page,
    times,
  }),
  fc.record({
    kind: fc.constantFrom(
      'reset' as const,
      'cut-json' as const,
      'error-in-200' as const,
      'value-not-list' as const,
      'html-200' as const,
      'next-link-loop' as const,
      'expired-token' as const,
    ),
    page,
    times,
  }),
  fc.record({
    kind: fc.constant('next-link' as const),
    link: fc.constantFrom('https://evil.example/v1.0/x', 'x', ''),
    page,
  }),
  fc.record({ kind: fc.constant('count' as const), count: fc.nat({ max: 20 }), page }),
  fc.record({
    kind: fc.constantFrom('duplicate-rows' as const, 'missing-rows' as const),
    rows: fc.integer({ min: 1, max: 3 }),
    page,
  }),
  fc.record({
    kind: fc.constantFrom('reset' as const, 'cut-json' as const, 'html-200' as const),
    target: fc.constant('token' as const),
    times,
  }),
);

async function read(
  graph: GraphTransport,
): Promise<{ readonly ids: string[]; readonly last: boolean; readonly code: string | null }> {
  const ids: string[] = [];
  let last = false;
  try {
    for await (const { records, last: isLast } of readManagedDevices(graph, { source: 'intune' })) {
      assert.equal(last, false, 'nothing comes after the last page');
      ids.push(...records.map(({ id }) => id));
      last = isLast;
    }
    return { ids, last, code: null };
  } catch (error) {
    return { ids, last, code: (error as { code?: string }).code ?? 'no code' };
  }
}

describe('a page chain under any faults', () => {
  let lab: GraphLab;
  before(async () => {
    lab = await startGraphLab({ pageSize: 3 });
    enrollPhones(lab.organization, 10);
  });
  after(() => lab.close());

  it('is not complete when a row is missing, though a later page counts less than has come', async () => {
    for (const count of [0, 3, 8]) {
      lab.server.faults.clear();
      lab.server.faults.add({ kind: 'missing-rows', rows: 1, page: 1 });
      lab.server.faults.add({ kind: 'count', count, page: 4 });
      const { last, code } = await read(lab.open());
      assert.deepEqual([last, code], [false, 'ERR_SNAPSHOT_INCOMPLETE']);
    }
  });

  it('is either complete and without repeats, or an error that never yielded a last page', async () => {
    const everyone = [...lab.organization.managedDevices.keys()];
    await fc.assert(
      fc.asyncProperty(fc.array(anyFault, { maxLength: 6 }), async (faults) => {
        lab.server.faults.clear();
        // What an earlier run was asked to wait is over.
        await lab.clock.wait(3_600_000, new AbortController().signal);
        for (const fault of faults) lab.server.faults.add(fault);
        const { ids, last, code } = await read(lab.open());
        assert.equal(new Set(ids).size, ids.length);
        // Who leaves rows out and counts the rest is believed: so it looks when devices are removed while they are read.
        const isMiscounted = faults.some((fault) => fault.kind === 'count' && fault.count === ids.length);
        if (code === null && !isMiscounted) assert.deepEqual([last, ids], [true, everyone]);
        else if (code !== null) assert.deepEqual([last, /^ERR_(GRAPH|HTTP|SNAPSHOT)_/.test(code)], [false, true]);
        assert.equal(lab.server.early, 0);
      }),
      { numRuns: 40 },
    );
  });
});
