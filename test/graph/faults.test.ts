import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { ConnectorError } from '../../src/errors.ts';
import { readManagedDevice, readManagedDevices } from '../../src/graph/managed-devices.ts';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import type { GraphOptions } from '../../src/graph/open-graph.ts';
import type { GraphFault } from '../../src/lab/servers/graph.ts';
import { all, enrollPhones, startGraphLab, type GraphLab } from './graph-lab.ts';

/** What a reading of ten devices over pages of four came to. */
interface Reading {
  readonly ids: readonly string[];
  readonly complete: boolean;
  readonly error: ConnectorError | null;
}

describe('a reading of Graph in trouble', () => {
  let lab: GraphLab;
  beforeEach(async () => {
    lab = await startGraphLab({ pageSize: 4 });
    enrollPhones(lab.organization, 10);
  });
  afterEach(() => lab.close());

  async function read(faults: readonly GraphFault[], changes: Partial<GraphOptions> = {}): Promise<Reading> {
    for (const fault of faults) lab.server.faults.add(fault);
    const ids: string[] = [];
    let complete = false;
    try {
      for await (const page of readManagedDevices(lab.open(changes), { source: 'intune' })) {
        ids.push(...page.records.flatMap(({ easIds }) => easIds));
        complete = page.last;
      }
      return { ids, complete, error: null };
    } catch (error) {
      return { ids, complete, error: error as ConnectorError };
    }
  }

  const ALL = Array.from({ length: 10 }, (_, index) => `EAS${index + 1}`);

  /** Trouble that passes: the reading is complete, after these waits (ms). */
  const PASSING: readonly (readonly [title: string, faults: readonly GraphFault[], waits: readonly number[]])[] = [
    ['429 with whole seconds', [{ kind: 'throttle', retryAfter: '7', page: 2 }], [7000]],
    ['429 with a fraction of a second', [{ kind: 'throttle', retryAfter: '2.128', page: 1 }], [2128]],
    ['429 with a date', [{ kind: 'throttle', retryAfter: 'Sun, 22 Nov 2026 12:00:40 GMT', page: 1 }], [40_000]],
    [
      '429 with a date in the past: waits a little, not a tight loop',
      [{ kind: 'throttle', retryAfter: 'Sun, 22 Nov 2026 11:00:00 GMT', page: 1 }],
      [500],
    ],
    ['429 with zero', [{ kind: 'throttle', retryAfter: '0', page: 1 }], [500]],
    ['429 without the header: backs off by itself', [{ kind: 'throttle', page: 3, times: 3 }], [1000, 2000, 4000]],
    ['429 with garbage in the header', [{ kind: 'throttle', retryAfter: 'soon', page: 1 }], [1000]],
    [
      'a storm of 429 in the middle of the chain',
      [{ kind: 'throttle', retryAfter: '20', page: 2, times: 8 }],
      Array.from({ length: 8 }, () => 20_000),
    ],
    ['503 with Retry-After', [{ kind: 'status', status: 503, retryAfter: '30', page: 2 }], [30_000]],
    [
      '503, 504, 502 with HTML, 500 and 408 in a row',
      [503, 504, 502, 500, 408].map((status) => ({ kind: 'status', status, page: 2, html: status === 502 }) as const),
      [1000, 2000, 4000, 8000, 16_000],
    ],
    ['a connection that breaks inside a page', [{ kind: 'reset', page: 2 }], [1000]],
    ['JSON that ends too early', [{ kind: 'cut-json', page: 2 }], [1000]],
    ['a token that runs out in the middle of the chain', [{ kind: 'expired-token', page: 2 }], []],
    ['rows that come twice', [{ kind: 'duplicate-rows', rows: 2, page: 2 }], []],
    ['a count below the rows that came', [{ kind: 'count', count: 4, page: 3 }], []],
    ['a token endpoint that is busy', [{ kind: 'throttle', retryAfter: '3', target: 'token' }], [3000]],
    [
      'a token endpoint that breaks off',
      [
        { kind: 'reset', target: 'token' },
        { kind: 'status', status: 502, html: true, target: 'token' },
      ],
      [1000, 2000],
    ],
  ];
  for (const [title, faults, waits] of PASSING) {
    it(`is complete after ${title}`, async () => {
      assert.deepEqual(await read(faults), { ids: ALL, complete: true, error: null });
      assert.deepEqual(lab.clock.waits, waits);
      assert.equal(lab.server.faults.done, true);
      assert.equal(lab.server.early, 0, 'no request came before Retry-After had run out');
    });
  }

  /** Trouble that stays: which error, what was read before it, and never a last page. */
  const LASTING: readonly (readonly [
    title: string,
    faults: readonly GraphFault[],
    rows: number,
    code: string,
    details: object,
  ])[] = [
    [
      '429 for longer than we agree to wait',
      [{ kind: 'throttle', retryAfter: '600', page: 1 }],
      0,
      'ERR_GRAPH_THROTTLED',
      { retryAfterMs: 600_000, waitedMs: 0 },
    ],
    ['429 without end', [{ kind: 'throttle', page: 1, times: 1000 }], 0, 'ERR_GRAPH_THROTTLED', {}],
    [
      '429 without end in the middle',
      [{ kind: 'throttle', retryAfter: '1', page: 2, times: 1000 }],
      4,
      'ERR_GRAPH_PAGE_CHAIN',
      { page: 2, rowsRead: 4, causedBy: 'ERR_GRAPH_THROTTLED' },
    ],
    [
      'a server error that stays',
      [{ kind: 'status', status: 503, page: 1, times: 100 }],
      0,
      'ERR_GRAPH_STATUS',
      { status: 503 },
    ],
    [
      'a gateway page that stays',
      [{ kind: 'status', status: 502, html: true, page: 3, times: 100 }],
      8,
      'ERR_GRAPH_PAGE_CHAIN',
      { page: 3, rowsRead: 8, causedBy: 'ERR_GRAPH_STATUS' },
    ],
    [
      'a connection that breaks every time',
      [{ kind: 'reset', page: 2, times: 100 }],
      4,
      'ERR_GRAPH_PAGE_CHAIN',
      { page: 2, causedBy: 'ERR_HTTP_RESET' },
    ],
    ['JSON that is cut every time', [{ kind: 'cut-json', page: 1, times: 100 }], 0, 'ERR_GRAPH_RESPONSE', {}],
    [
      'an error inside a 200',
      [{ kind: 'error-in-200', page: 1 }],
      0,
      'ERR_GRAPH_RESPONSE',
      { graphCode: 'UnknownError' },
    ],
    [
      'an error inside a 200 in the middle',
      [{ kind: 'error-in-200', page: 2 }],
      4,
      'ERR_GRAPH_PAGE_CHAIN',
      { page: 2, rowsRead: 4, causedBy: 'ERR_GRAPH_RESPONSE' },
    ],
    ['a page whose value is no list', [{ kind: 'value-not-list', page: 1 }], 0, 'ERR_GRAPH_RESPONSE', {}],
    [
      'a web page with status 200',
      [{ kind: 'html-200', page: 1 }],
      0,
      'ERR_HTTP_NOT_EXPECTED',
      { mediaType: 'text/html' },
    ],
    [
      'a refusal in the middle',
      [{ kind: 'status', status: 403, page: 2 }],
      4,
      'ERR_GRAPH_PAGE_CHAIN',
      { causedBy: 'ERR_GRAPH_FORBIDDEN' },
    ],
    [
      'a next link to another host',
      [{ kind: 'next-link', link: 'https://evil.example/v1.0/deviceManagement/managedDevices', page: 1 }],
      4,
      'ERR_GRAPH_ORIGIN',
      { seen: 'https://evil.example' },
    ],
    [
      'a next link over http',
      [{ kind: 'next-link', link: 'http://127.0.0.1/v1.0/deviceManagement/managedDevices', page: 1 }],
      4,
      'ERR_GRAPH_ORIGIN',
      { seen: 'http://127.0.0.1' },
    ],
    [
      'a next link that is no address',
      [{ kind: 'next-link', link: '//evil.example', page: 1 }],
      4,
      'ERR_GRAPH_ORIGIN',
      {},
    ],
    [
      'a chain that leads back',
      [{ kind: 'next-link-loop', page: 2, times: 3 }],
      4,
      'ERR_GRAPH_PAGE_CHAIN',
      { page: 2 },
    ],
    [
      'a count above the rows that came',
      [{ kind: 'count', count: 11, page: 3 }],
      8,
      'ERR_SNAPSHOT_INCOMPLETE',
      { counted: 11, read: 10 },
    ],
    [
      'rows that are missing from a page',
      [{ kind: 'missing-rows', rows: 4, page: 2 }],
      4,
      'ERR_SNAPSHOT_INCOMPLETE',
      { counted: 10, read: 6 },
    ],
  ];
  for (const [title, faults, rows, code, details] of LASTING) {
    it(`ends with ${code} and without a last page: ${title}`, async () => {
      const { ids, complete, error } = await read(faults);
      assert.deepEqual([ids, complete, error?.code], [ALL.slice(0, rows), false, code]);
      assert.partialDeepStrictEqual(error?.details, details);
      assert.equal(lab.server.early, 0);
      assert.equal(
        lab.clock.waits.reduce((sum, ms) => sum + ms, 0) <= 300_000,
        true,
        'waits no longer than five minutes in all',
      );
    });
  }

  it('is not whole when a page comes again in the place of another, though each page counts nothing but itself', async () => {
    const graph = await startGraphLab({ pageSize: 20 });
    try {
      enrollPhones(graph.organization, 95);
      for (const again of [2, 4, 5]) {
        graph.server.faults.clear();
        for (const page of [1, 2, 3, 4, 5])
          graph.server.faults.add({ kind: page === again ? 'rows-again' : 'count-of-page', page });
        let rows = 0;
        let complete = false;
        const reading = async (): Promise<void> => {
          for await (const { records, last } of readManagedDevices(graph.open(), { source: 'intune' })) {
            rows += records.length;
            complete = last;
          }
        };
        await assert.rejects(reading, (error: ConnectorError) => {
          assert.equal(error.code, 'ERR_GRAPH_PAGE_CHAIN');
          assert.match(
            error.message,
            new RegExp(
              `page ${again} failed after ${(again - 1) * 20} rows: all of its 20 rows came on pages before it`,
            ),
          );
          return true;
        });
        assert.deepEqual([rows, complete], [(again - 1) * 20, false]);
      }
    } finally {
      await graph.close();
    }
  });

  it('never shows its token to the host of a crafted link', async () => {
    const { port } = new URL(lab.server.url);
    const crafted = `https://127.0.0.1:${port}@evil.example/v1.0/deviceManagement/managedDevices`;
    const { error } = await read([{ kind: 'next-link', link: crafted, page: 1 }]);
    assert.deepEqual(
      [error?.code, error?.details],
      ['ERR_GRAPH_ORIGIN', { expected: lab.server.url, seen: 'https://evil.example' }],
    );
  });

  it('does not follow a link with user and password to its own host', async () => {
    const { host } = new URL(lab.server.url);
    const { error } = await read([
      { kind: 'next-link', link: `https://a:b@${host}/v1.0/deviceManagement/managedDevices`, page: 1 },
    ]);
    assert.equal(error?.code, 'ERR_GRAPH_ORIGIN');
  });

  it('gives up on a server that answers nothing, after its timeout and retries', async () => {
    const { error } = await read([{ kind: 'silence', page: 1, times: 100 }], {
      timeoutMs: 20,
      retry: { maxFaults: 1 },
    });
    assert.deepEqual([error?.code, lab.clock.waits], ['ERR_HTTP_TIMEOUT', [1000]]);
  });

  it('stops at once when the reading is aborted or the tenant is closed while Graph is silent', async () => {
    lab.server.faults.add({ kind: 'silence', times: 2 });
    const stop = new AbortController();
    const graph = lab.open();
    const aborted = readManagedDevices(graph, { source: 'intune', signal: stop.signal }).next();
    const closed = readManagedDevices(graph, { source: 'intune' }).next();
    const codes = Promise.allSettled([aborted, closed]);
    while (!lab.server.faults.done) await setImmediate();
    stop.abort();
    await assert.rejects(aborted, { code: 'ERR_ABORTED' });
    await graph.close();
    await assert.rejects(closed, { code: 'ERR_ABORTED' });
    await codes;
  });

  it('stops a wait for Retry-After when it is aborted', async () => {
    lab.server.faults.add({ kind: 'throttle', retryAfter: '60' });
    const stop = new AbortController();
    const clock = { ...lab.clock, wait: async () => stop.abort() };
    const graph = lab.open({ clock });
    await assert.rejects(all(readManagedDevices(graph, { source: 'intune', signal: stop.signal })), {
      code: 'ERR_ABORTED',
    });
  });

  it('reads again without a new transport when the cause is gone', async () => {
    const graph = lab.open();
    lab.server.faults.add({ kind: 'error-in-200', page: 2 });
    await assert.rejects(all(readManagedDevices(graph, { source: 'intune' })), { code: 'ERR_GRAPH_PAGE_CHAIN' });
    const pages = await all(readManagedDevices(graph, { source: 'intune' }));
    assert.deepEqual(
      pages.map(({ records, last }) => [records.length, last]),
      [
        [4, false],
        [4, false],
        [2, true],
      ],
    );
  });

  it('lets all requests of a tenant wait when one is asked to slow down', async () => {
    const graph = lab.open();
    const [id = ''] = lab.organization.managedDevices.keys();
    await readManagedDevice(graph, id, { source: 'intune' });
    lab.server.faults.add({ kind: 'throttle', retryAfter: '5' });
    await Promise.all([1, 2, 3].map(() => readManagedDevice(graph, id, { source: 'intune' })));
    assert.deepEqual(lab.clock.waits.includes(5000), true);
  });

  it('does not take a 404 of something else for a device that is gone', async () => {
    lab.server.faults.add({ kind: 'status', status: 404, html: true });
    const [id = ''] = lab.organization.managedDevices.keys();
    await assert.rejects(readManagedDevice(lab.open(), id, { source: 'intune' }), { code: 'ERR_GRAPH_STATUS' });
  });

  it('names the permission that is missing', async () => {
    lab.server.permissions.delete('DeviceManagementManagedDevices.Read.All');
    const { error } = await read([]);
    assert.equal(error?.code, 'ERR_GRAPH_FORBIDDEN');
    assert.match(error.message, /the application needs DeviceManagementManagedDevices\.Read\.All/);
    assert.match(error.message, /Application is not authorized to perform this operation/);
  });

  describe('that is told to wait for an hour', () => {
    const NEVER = new AbortController().signal;
    /** How a reading ends, and how many requests of it reached Graph. */
    const attempt = async (graph: GraphTransport): Promise<readonly unknown[]> => {
      const before = lab.server.requests.length;
      const code = await all(readManagedDevices(graph, { source: 'intune' })).then(
        () => 'read',
        (error: unknown) => (error as ConnectorError).code,
      );
      return [code, lab.server.requests.slice(before).filter(({ url }) => url.startsWith('/v1.0/')).length];
    };

    it('asks once more after a minute, and goes on at once when the server is itself again', async () => {
      const graph = lab.open();
      lab.server.faults.add({ kind: 'status', status: 503, retryAfter: '3600', page: 1 });
      assert.deepEqual(await attempt(graph), ['ERR_GRAPH_THROTTLED', 1]);
      assert.deepEqual(await attempt(graph), ['ERR_GRAPH_THROTTLED', 0]);
      await lab.clock.wait(59_000, NEVER);
      assert.deepEqual(await attempt(graph), ['ERR_GRAPH_THROTTLED', 0]);
      await lab.clock.wait(1_000, NEVER);
      assert.deepEqual(await attempt(graph), ['read', 3]);
    });

    it('asks one request a minute while the server means it, however many want to', async () => {
      const graph = lab.open();
      lab.server.faults.add({ kind: 'status', status: 503, retryAfter: '3600', page: 1, times: 3 });
      assert.deepEqual(await attempt(graph), ['ERR_GRAPH_THROTTLED', 1]);
      for (let minute = 0; minute < 2; minute += 1) {
        await lab.clock.wait(60_000, NEVER);
        const before = lab.server.requests.length;
        const seen = await Promise.all([attempt(graph), attempt(graph), attempt(graph)]);
        assert.deepEqual(
          seen.map(([code]) => code),
          ['ERR_GRAPH_THROTTLED', 'ERR_GRAPH_THROTTLED', 'ERR_GRAPH_THROTTLED'],
        );
        assert.equal(lab.server.requests.length - before, 1);
      }
      await lab.clock.wait(60_000, NEVER);
      assert.deepEqual(await attempt(graph), ['read', 3]);
    });
  });

  it('says that the server cannot be reached, and soon', async () => {
    const { error } = await read([], { graphUrl: 'https://127.0.0.1:9', authorityUrl: 'https://127.0.0.1:9' });
    assert.deepEqual([error?.code, lab.clock.waits], ['ERR_HTTP_UNREACHABLE', [1000, 2000]]);
  });

  it('asks for the fields it needs and replays next links as they came', async () => {
    await read([]);
    const urls = lab.server.requests
      .filter(({ url }) => url.startsWith('/v1.0/'))
      .map(({ url }) => new URL(url, lab.server.url).searchParams);
    assert.deepEqual(
      urls.map((query) => [query.get('$select')?.split(',').length, query.has('$top'), query.has('$skiptoken')]),
      [
        [18, false, false],
        [18, false, true],
        [18, false, true],
      ],
    );
  });

  it('signs in once for a whole reading', async () => {
    await read([]);
    assert.equal(lab.server.authority.issued, 1);
  });
});
