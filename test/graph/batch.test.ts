/** Many GETs in batches, on a real socket: each part is answered, throttled and refused by itself. */
import assert from 'node:assert/strict';
import { getInBatches } from '../../src/graph/batch.ts';
import type { BatchBody } from '../../src/graph/batch.ts';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { managedDevicesOfUsers } from '../../src/graph/managed-devices.ts';
import { DEFAULT_RETRY_LIMITS } from '../../src/graph/retry.ts';
import type { Answer } from '../../src/graph/send.ts';
import { ThrottlePause } from '../../src/http/throttle-pause.ts';
import { silentLogger } from '../../src/log.ts';
import { enrollPhones, startGraphLab } from './graph-lab.ts';
import type { GraphLab } from './graph-lab.ts';

describe('the devices of many users', () => {
  let lab: GraphLab;
  let graph: GraphTransport;

  beforeEach(async () => {
    lab = await startGraphLab();
    enrollPhones(lab.organization, 15);
    graph = lab.open();
  });
  afterEach(() => lab.close());

  /** Two conditions each: the sign-in name, and the address. */
  const users = Array.from({ length: 15 }, (_, n) => [`user${n + 1}@contoso.example`]);
  const ask = async (signal?: AbortSignal): Promise<string[]> => {
    const options = { source: 'intune', ...(signal === undefined ? {} : { signal }) };
    return (await managedDevicesOfUsers(graph, users, options)).flat().flatMap(({ easIds }) => easIds);
  };
  const EVERY = users.map((_, n) => `EAS${n + 1}`);
  const batches = (): string[] =>
    lab.server.requests.filter(({ url }) => url === '/v1.0/$batch').map(({ method, url }) => `${method} ${url}`);

  it('are asked for by twenty conditions a call', async () => {
    assert.deepEqual(await ask(), EVERY);
    assert.deepEqual(batches(), ['POST /v1.0/$batch', 'POST /v1.0/$batch']);
  });

  it('are complete though some parts are throttled: those are asked for again after the longest pause', async () => {
    lab.server.faults.add({ kind: 'throttle', target: 'part', retryAfter: '7' });
    lab.server.faults.add({ kind: 'throttle', target: 'part', retryAfter: '3' });
    assert.deepEqual(await ask(), EVERY);
    assert.deepEqual([batches().length, lab.clock.waits], [3, [7_000]]);
  });

  for (const [retryAfter, ms] of [
    ['2.5', 2_500],
    ['Sun, 22 Nov 2026 12:00:09 GMT', 9_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 500],
    ['3, 4', 4_000],
    ['soon', 1_000],
    [undefined, 1_000],
  ] as const) {
    it(`are waited for where a part says ${retryAfter === undefined ? 'no Retry-After' : `"${retryAfter}"`}`, async () => {
      lab.server.faults.add({ kind: 'throttle', target: 'part', ...(retryAfter === undefined ? {} : { retryAfter }) });
      assert.deepEqual([await ask(), lab.clock.waits], [EVERY, [ms]]);
    });
  }

  it('are waited for where a part has its Retry-After as a number, which JSON lets it', async () => {
    const { clock } = lab;
    let asked = 0;
    const post = ({ requests }: BatchBody): Promise<Answer> => {
      asked += 1;
      const [status, headers] = asked === 1 ? [429, { 'Retry-After': 6 }] : [200, {}];
      const json = { responses: requests.map(({ id }) => ({ id, status, headers, body: {} })) };
      return Promise.resolve({ status: 200, mediaType: 'application/json', retryAfter: null, requestId: null, json });
    };
    const { signal } = new AbortController();
    const retry = { what: 'a batch', limits: DEFAULT_RETRY_LIMITS, pause: new ThrottlePause(), logger: silentLogger };
    assert.deepEqual(await getInBatches([{ path: '/a' }], post, { ...retry, clock, signal }), [{}]);
    assert.deepEqual(clock.waits, [6_000]);
  });

  it('are complete though a part fails for now, and the whole batch once', async () => {
    lab.server.faults.add({ kind: 'status', target: 'part', status: 503 });
    lab.server.faults.add({ kind: 'status', status: 502, html: true });
    assert.deepEqual(await ask(), EVERY);
  });

  it('are complete though the token has run out', async () => {
    await ask();
    lab.server.faults.add({ kind: 'expired-token' });
    assert.deepEqual(await ask(), EVERY);
  });

  it('are none where a part is refused, and the error says what is missing', async () => {
    lab.server.permissions.delete('DeviceManagementManagedDevices.Read.All');
    await assert.rejects(ask(), { code: 'ERR_GRAPH_FORBIDDEN' });
  });

  it('are none where a part goes on failing', async () => {
    lab.server.faults.add({ kind: 'status', target: 'part', status: 500, times: 1_000 });
    await assert.rejects(ask(), { code: 'ERR_GRAPH_STATUS' });
  });

  it('are none where a part goes on being throttled', async () => {
    lab.server.faults.add({ kind: 'throttle', target: 'part', retryAfter: '100', times: 1_000 });
    await assert.rejects(ask(), { code: 'ERR_GRAPH_THROTTLED' });
  });

  it('are none where a part has an error inside of a good status', async () => {
    lab.server.faults.add({ kind: 'error-in-200', target: 'part' });
    await assert.rejects(ask(), { code: 'ERR_GRAPH_RESPONSE' });
  });

  it('are none where the answer is cut off, until it is whole', async () => {
    lab.server.faults.add({ kind: 'cut-json' });
    lab.server.faults.add({ kind: 'reset' });
    assert.deepEqual(await ask(), EVERY);
  });

  it('are no longer waited for when asked to stop', async () => {
    lab.server.faults.add({ kind: 'silence' });
    const stop = new AbortController();
    const asking = ask(stop.signal);
    setImmediate(() => stop.abort());
    await assert.rejects(asking, { code: 'ERR_ABORTED' });
  });
});
