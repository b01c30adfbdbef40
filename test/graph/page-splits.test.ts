/** Paging as a server may do it: pages of any size, rows that come twice, rows that move while they are read. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { readManagedDevices } from '../../src/graph/managed-devices.ts';
import { openGraph } from '../../src/graph/open-graph.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startHttps, type LoopbackServer } from '../http/loopback-server.ts';
import { labClock } from './graph-lab.ts';

/** One page: ids of its rows, and what it counts; null: it does not say. */
interface Page {
  readonly ids: readonly string[];
  readonly count: number | null;
}

const NAMES = Array.from(
  { length: 12 },
  (_, n) => `0000000${(n % 10).toString()}-0000-4000-8000-${String(n).padStart(12, '0')}`,
);

/**
 * A collection in pages of any size, also none at all, each row at least once; rows come again on later pages, as they do when
 * others before them are removed or added.
 */
const split: fc.Arbitrary<{ readonly ids: readonly string[]; readonly pages: readonly (readonly string[])[] }> = fc
  .record({
    ids: fc.subarray(NAMES).chain((ids) => fc.shuffledSubarray(ids, { minLength: ids.length })),
    cuts: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 6 }),
    again: fc.array(fc.record({ from: fc.nat(), to: fc.nat(), at: fc.nat() }), { maxLength: 6 }),
  })
  .map(({ ids, cuts, again }) => {
    const pages: string[][] = [];
    let at = 0;
    for (const size of cuts) pages.push(ids.slice(at, (at += size)));
    pages.push(ids.slice(at));
    for (const { from, to, at: place } of again) {
      const row = ids[from % Math.max(1, ids.length)];
      const page = pages[to % pages.length]!;
      if (row !== undefined) page.splice(place % (page.length + 1), 0, row);
    }
    return { ids, pages };
  });

describe('pages of any size', () => {
  let graph: GraphTransport;
  let server: LoopbackServer;
  let pages: readonly Page[] = [];

  before(async () => {
    const authority = await createCertificateAuthority('Root of the pages');
    const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    server = await startHttps(
      (request, response) => {
        request.resume();
        response.setHeader('content-type', 'application/json');
        if (request.url?.includes('/oauth2/') === true) {
          response.end(JSON.stringify({ token_type: 'Bearer', expires_in: 3600, access_token: 'token' }));
          return;
        }
        const at = Number(new URL(request.url ?? '/', server.url).searchParams.get('$skiptoken') ?? '0');
        const { ids, count } = pages[at]!;
        const body = {
          ...(count === null ? {} : { '@odata.count': count }),
          ...(at + 1 < pages.length ? { '@odata.nextLink': `${origin()}/v1.0/next?$skiptoken=${at + 1}` } : {}),
          value: ids.map((id) => ({ id, managementAgent: 'mdm', deviceName: `Phone ${id}` })),
        };
        response.end(JSON.stringify(body));
      },
      { certificate },
    );
    graph = openGraph({
      cloud: 'custom',
      graphUrl: origin(),
      authorityUrl: origin(),
      tenantId: 'contoso.example',
      clientId: 'connector',
      authMethod: 'secret',
      clientSecret: 'secret',
      tls: { ca: authority.ca },
      clock: labClock(),
    });
  });
  after(async () => {
    await graph.close();
    await server.close();
  });
  const origin = (): string => new URL(server.url).origin;

  async function read(
    from: readonly Page[],
  ): Promise<{ ids: string[]; lasts: boolean[]; total: unknown; code: unknown }> {
    pages = from;
    const read = { ids: [] as string[], lasts: [] as boolean[], total: undefined as unknown, code: null as unknown };
    try {
      for await (const page of readManagedDevices(graph, { source: 'intune', pageSize: 3 })) {
        read.ids.push(...page.records.map(({ id }) => id));
        read.lasts.push(page.last);
        read.total = page.total;
      }
    } catch (error) {
      read.code = (error as { code?: string }).code;
    }
    return read;
  }

  it('come to the same set, each device once, with one last page at the end', async () => {
    await fc.assert(
      fc.asyncProperty(split, fc.boolean(), async ({ ids, pages: rows }, isCounted) => {
        const seen = await read(rows.map((some) => ({ ids: some, count: isCounted ? ids.length : null })));
        assert.equal(seen.code, null);
        assert.deepEqual([new Set(seen.ids), seen.ids.length], [new Set(ids), ids.length]);
        assert.deepEqual([seen.lasts.at(-1), seen.lasts.filter(Boolean).length, seen.total], [true, 1, ids.length]);
      }),
      { numRuns: 60 },
    );
  });

  it('come to no end if one row is on none of them, though it is counted', async () => {
    await fc.assert(
      fc.asyncProperty(split, fc.nat(), async ({ ids, pages: rows }, nth) => {
        fc.pre(ids.length > 0);
        const lost = ids[nth % ids.length];
        const seen = await read(rows.map((some) => ({ ids: some.filter((id) => id !== lost), count: ids.length })));
        assert.deepEqual([seen.code, seen.lasts.includes(true)], ['ERR_SNAPSHOT_INCOMPLETE', false]);
      }),
      { numRuns: 30 },
    );
  });

  it('that bring nothing new for ever come to an end, with links that are never the same', async () => {
    const row = { ids: ['row 1'], count: null };
    for (const ids of [[], ['row 1']]) {
      const barren = Array.from({ length: 1_000 }, () => ({ ids, count: null }));
      const seen = await read([row, ...barren]);
      assert.deepEqual([seen.code, seen.ids, seen.lasts], ['ERR_GRAPH_PAGE_CHAIN', ['row 1'], [false]]);
      const some = await read([row, ...barren.slice(0, 99), { ids: ['row 2'], count: null }]);
      assert.deepEqual([some.code, some.ids, some.lasts.at(-1)], [null, ['row 1', 'row 2'], true]);
    }
  });

  it('may be many', async () => {
    const many = Array.from({ length: 300 }, (_, n) => ({ ids: [`row ${n}`], count: null }));
    const seen = await read(many);
    assert.deepEqual([seen.ids.length, seen.lasts.filter(Boolean).length], [300, 1]);
  });
});
