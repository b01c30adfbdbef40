/** Several Intune tenants of one organization, some of which fail: each reading counts for its own tenant alone. */
import assert from 'node:assert/strict';
import { ReadingKeeper, readPage } from '../../../src/connector/readings/keep-reading.ts';
import { OwnReadingsUnderWay } from '../../../src/connector/readings/readings-under-way.ts';
import { takeMdmReading } from '../../../src/connector/readings/take-reading.ts';
import { isConnectorError } from '../../../src/errors.ts';
import type { GraphTransport } from '../../../src/graph/graph-transport.ts';
import { tenantPort } from '../../../src/graph/tenant-port.ts';
import type { GraphFault } from '../../../src/lab/servers/graph.ts';
import type { Store } from '../../../src/store/store.ts';
import { enrollPhones, startGraphLab, type GraphLab } from '../../graph/graph-lab.ts';
import { allOf, now, openEmptyStore } from '../kept-readings.ts';

const { signal } = new AbortController();
const TENANTS = ['north', 'south', 'east'] as const;
type Tenant = (typeof TENANTS)[number];

/** How a reading ends → what does it, and its code. */
const ENDS = {
  whole: { faults: [], code: null },
  'fails at once': { faults: [{ kind: 'status', status: 403, page: 1 }], code: 'ERR_GRAPH_FORBIDDEN' },
  'breaks off': { faults: [{ kind: 'error-in-200', page: 2 }], code: 'ERR_GRAPH_PAGE_CHAIN' },
  'comes short': { faults: [{ kind: 'missing-rows', rows: 1, page: 2 }], code: 'ERR_SNAPSHOT_INCOMPLETE' },
} as const satisfies Record<string, { readonly faults: readonly GraphFault[]; readonly code: string | null }>;
type End = keyof typeof ENDS;

/** Each round has its own, so that one store does for all. */
function scopeOf(tenant: Tenant, round: number): string {
  return `${tenant} ${round}`;
}

function orders<T>(all: readonly T[]): T[][] {
  if (all.length <= 1) return [[...all]];
  return all.flatMap((first, at) => orders(all.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

/** Every way in which so many readings can end. */
function endings(count: number): End[][] {
  if (count === 0) return [[]];
  return endings(count - 1).flatMap((rest) => (Object.keys(ENDS) as End[]).map((end) => [...rest, end]));
}

describe('Intune tenants beside one another', () => {
  const labs = new Map<Tenant, GraphLab>();
  const graphs = new Map<Tenant, GraphTransport>();
  let store: Store;
  before(async () => {
    for (const [nth, tenant] of TENANTS.entries()) {
      const lab = await startGraphLab({ pageSize: 3 });
      enrollPhones(lab.organization, 5 + nth);
      labs.set(tenant, lab);
      graphs.set(tenant, lab.open());
    }
  });
  after(() => Promise.all([...labs.values()].map((lab) => lab.close())));
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  /** Reads one tenant into the store; its code, or null. */
  async function read(tenant: Tenant, end: End, keeper: ReadingKeeper, round = 0): Promise<string | null> {
    const lab = labs.get(tenant)!;
    lab.server.faults.clear();
    for (const fault of ENDS[end].faults) lab.server.faults.add(fault);
    const underWay = new OwnReadingsUnderWay();
    let page = 0;
    try {
      const reading = await takeMdmReading({
        mdm: tenantPort(() => graphs.get(tenant)!, scopeOf(tenant, round)),
        announce: async () => undefined,
        lease: async () => undefined,
        asked: { kind: undefined, dryRun: false },
        pageSize: 2,
        underWay,
        node: tenant,
        now,
        newId: () => `reading of ${scopeOf(tenant, round)}`,
        store: () => Promise.resolve(store),
        signal,
      });
      for await (const { records, last } of reading.pages)
        await keeper.keep(store, underWay, readPage({ ...reading.info, page: page++, last }, records));
      return null;
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      return error.code;
    }
  }

  async function kept(round = 0): Promise<Record<string, number>> {
    const counts = await Promise.all(
      TENANTS.map(
        async (tenant) =>
          [tenant, (await allOf(store.snapshots.read('mdm', scopeOf(tenant, round)))).flat().length] as const,
      ),
    );
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  for (const count of [2, 3]) {
    const tenants = TENANTS.slice(0, count);
    it(`are kept whole or not at all, with ${count} of them in every order and however each ends`, async () => {
      let round = 0;
      for (const [at, order] of orders(tenants).entries()) {
        const ways = endings(count);
        // Three tenants in every order and every way are many: each order takes its share, together they are all.
        for (const ends of count === 2 ? ways : ways.filter((_, nth) => nth % orders(tenants).length === at)) {
          round += 1;
          const keeper = new ReadingKeeper({ now, node: 'matcher' });
          const codes: (string | null)[] = [];
          for (const [nth, tenant] of order.entries()) codes.push(await read(tenant, ends[nth]!, keeper, round));
          assert.deepEqual(
            codes,
            ends.map((end) => ENDS[end].code),
          );
          const whole = order.filter((_, nth) => ends[nth] === 'whole');
          assert.deepEqual(
            await kept(round),
            Object.fromEntries(
              tenants.filter((one) => whole.includes(one)).map((one) => [one, 5 + TENANTS.indexOf(one)]),
            ),
          );
        }
      }
    });
  }

  it('keep what they had when a later reading fails, whichever it is', async () => {
    const keeper = new ReadingKeeper({ now, node: 'matcher' });
    for (const tenant of TENANTS) assert.equal(await read(tenant, 'whole', keeper), null);
    const before = await kept();
    for (const end of ['fails at once', 'breaks off', 'comes short'] as const)
      for (const tenant of TENANTS) assert.equal(await read(tenant, end, keeper), ENDS[end].code);
    assert.deepEqual(await kept(), before);
  });
});
