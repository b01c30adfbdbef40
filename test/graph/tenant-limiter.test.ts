/** What all connections to one tenant share: turns, quota and pause. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { ConnectorError } from '../../src/errors.ts';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { AT_ONCE, joinTenant } from '../../src/graph/tenant-limiter.ts';
import type { TenantShare } from '../../src/graph/tenant-limiter.ts';
import { enrollPhones, labClock, startGraphLab, type GraphLab } from './graph-lab.ts';

const { signal } = new AbortController();
let tenants = 0;
/** A tenant that nobody has asked yet. */
const anew = (): string => `tenant ${(tenants += 1)}`;

/** A request that ends when it is told to. */
class Request {
  readonly name: string;
  end: () => void = () => assert.fail(`${this.name} was not sent`);
  constructor(name: string) {
    this.name = name;
  }
}

/** Requests to one tenant, and which of them have been sent. */
function world(key = anew()) {
  const sent: Request[] = [];
  const clock = labClock();
  const done: string[] = [];
  const ask = (share: TenantShare, name: string, how: { signal?: AbortSignal; cost?: number } = {}): Promise<void> => {
    const request = new Request(name);
    const send = (): Promise<void> => {
      sent.push(request);
      return new Promise((resolve) => {
        request.end = resolve;
      });
    };
    return share.limiter.run(send, { cost: 1, clock, signal, ...how }).then(() => void done.push(name));
  };
  return { key, clock, sent, done, ask, join: () => joinTenant(key), names: () => sent.map(({ name }) => name) };
}

describe('requests to one tenant', () => {
  it('are under way side by side, but no more than so many, whichever connection sends them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { minLength: 50, maxLength: 50 }),
        async (counts, order) => {
          const { sent, done, ask, join, names } = world();
          const shares = counts.map(join);
          const all = counts.flatMap((count, of) =>
            Array.from({ length: count }, (_, nth) => ask(shares[of]!, `${of}.${nth}`)),
          );
          const running: Request[] = [];
          let seen = 0;
          for (const pick of order) {
            await setImmediate();
            running.push(...sent.slice(seen));
            seen = sent.length;
            assert.ok(running.length <= AT_ONCE);
            // Nobody waits while there is room.
            assert.equal(running.length, Math.min(AT_ONCE, all.length - done.length));
            running.splice(pick % Math.max(1, running.length), 1)[0]?.end();
          }
          await Promise.all(all);
          for (const of of counts.keys()) {
            const own = names().filter((name) => name.startsWith(`${of}.`));
            assert.deepEqual(
              own,
              own.toSorted((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1])),
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are sent connection by connection: one with many does not hold up one with few', async () => {
    const { sent, ask, join, names } = world();
    const [many, few] = [join(), join()];
    const asked = [
      ...Array.from({ length: AT_ONCE + 10 }, (_, nth) => ask(many, `many ${nth}`)),
      ask(few, 'few 0'),
      ask(few, 'few 1'),
    ];
    for (let nth = 0; nth < 4; nth += 1) {
      await setImmediate();
      sent[nth]!.end();
    }
    await setImmediate();
    assert.deepEqual(names().slice(AT_ONCE), ['many 8', 'few 0', 'many 9', 'few 1']);
    for (let nth = 4; nth < asked.length; nth += 1) {
      sent[nth]!.end();
      await setImmediate();
    }
    await Promise.all(asked);
  });

  it('leave the line when they are stopped, and give their turn back when they fail', async () => {
    const { sent, ask, join, names, clock } = world();
    const share = join();
    const stop = new AbortController();
    const first = Array.from({ length: AT_ONCE }, (_, nth) => ask(share, String(nth)));
    const stopped = ask(share, 'stopped', { signal: stop.signal });
    const after = ask(share, 'after');
    await setImmediate();
    stop.abort();
    await assert.rejects(stopped, { code: 'ERR_ABORTED' });
    await assert.rejects(ask(share, 'too late', { signal: stop.signal }), { code: 'ERR_ABORTED' });
    for (const { end } of sent.slice(0, AT_ONCE)) end();
    await Promise.all(first);
    sent[AT_ONCE]!.end();
    await after;
    assert.deepEqual(names().slice(AT_ONCE), ['after']);
    const failing = (): Promise<never> => Promise.reject(new Error('It broke.'));
    for (let nth = 0; nth <= AT_ONCE; nth += 1)
      await assert.rejects(share.limiter.run(failing, { cost: 1, clock, signal }), /It broke/);
  });

  it('are no more than 2,000 in any 20 seconds, parts of batches counted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(300)), { maxLength: 400 }),
        async (asks) => {
          const { clock, join } = world();
          const share = join();
          const log: { at: number; cost: number }[] = [];
          for (const [cost, pause] of asks) {
            await clock.wait(pause, signal);
            const send = (): Promise<void> => Promise.resolve(void log.push({ at: clock.now(), cost }));
            await share.limiter.run(send, { cost, clock, signal });
          }
          for (const { at } of log) {
            const within = log.filter((other) => other.at >= at && other.at < at + 20_000);
            assert.ok(within.reduce((sum, { cost }) => sum + cost, 0) <= 2_000);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('wait for the quota to come back, and can be stopped while they do', async () => {
    const { clock, join } = world();
    const { limiter } = join();
    const nothing = (): Promise<string> => Promise.resolve('sent');
    await limiter.run(nothing, { cost: 1_000, clock, signal });
    assert.deepEqual(clock.waits, []);
    await limiter.run(nothing, { cost: 45, clock, signal });
    assert.deepEqual(clock.waits, [1_000]);
    const stop = new AbortController();
    const stopping = { ...clock, wait: () => Promise.reject((stop.abort(), new Error('stopped'))) };
    await assert.rejects(limiter.run(nothing, { cost: 45, clock: stopping, signal: stop.signal }), {
      code: 'ERR_ABORTED',
    });
  });

  it('share a pause until the last connection is closed', () => {
    const { join } = world();
    const [first, second] = [join(), join()];
    first.pause.extend(10_000, 0);
    assert.equal(second.pause.remaining(0), 10_000);
    first.leave();
    first.leave();
    assert.equal(join().pause.remaining(0), 10_000);
    const other = world().join();
    assert.equal(other.pause.remaining(0), 0, 'another tenant is not paused');
    const lone = world();
    const only = lone.join();
    only.pause.extend(10_000, 0);
    only.leave();
    assert.equal(lone.join().pause.remaining(0), 0);
  });
});

describe('two configurations of one tenant', () => {
  let lab: GraphLab;
  beforeEach(async () => {
    lab = await startGraphLab();
    enrollPhones(lab.organization, 3);
  });
  afterEach(() => lab.close());

  const ask = async (graph: GraphTransport): Promise<string> => {
    try {
      await graph.get({ path: '/deviceManagement/managedDevices', query: { $select: 'id' } });
      return 'answered';
    } catch (error) {
      return (error as ConnectorError).code;
    }
  };
  const asked = (): number => lab.server.requests.filter(({ url }) => url.startsWith('/v1.0/')).length;

  it('sit out the pause that one of them was asked for', async () => {
    const [hasty, patient] = [lab.open({ retry: { maxWaitMs: 1_000 } }), lab.open({ retry: { maxWaitMs: 900_000 } })];
    lab.server.faults.add({ kind: 'throttle', retryAfter: '600' });
    assert.equal(await ask(hasty), 'ERR_GRAPH_THROTTLED');
    assert.deepEqual([await ask(patient), lab.clock.waits, lab.server.early], ['answered', [600_000], 0]);
  });

  it('fail at once, and ask nothing, while a pause is longer than they wait', async () => {
    const [one, other] = [lab.open(), lab.open()];
    lab.server.faults.add({ kind: 'throttle', retryAfter: '3600' });
    assert.deepEqual([await ask(one), await ask(other), asked()], ['ERR_GRAPH_THROTTLED', 'ERR_GRAPH_THROTTLED', 1]);
    await one.close();
    assert.deepEqual([await ask(other), asked()], ['ERR_GRAPH_THROTTLED', 1]);
    await other.close();
    // The lab keeps its own pause.
    await lab.clock.wait(3_600_000, signal);
    assert.equal(await ask(lab.open()), 'answered');
  });

  it('send no more requests than those under way into a pause, however many wait', async () => {
    const [one, other] = [lab.open(), lab.open()];
    lab.server.faults.add({ kind: 'throttle', retryAfter: '30' });
    const all = await Promise.all(Array.from({ length: 30 }, (_, nth) => ask(nth % 2 === 0 ? one : other)));
    assert.deepEqual([...new Set(all)], ['answered']);
    assert.ok(lab.server.early < AT_ONCE, String(lab.server.early));
  });

  it('do not hold up another tenant', async () => {
    const second = await startGraphLab();
    try {
      lab.server.faults.add({ kind: 'throttle', retryAfter: '3600' });
      assert.deepEqual([await ask(lab.open()), await ask(second.open())], ['ERR_GRAPH_THROTTLED', 'answered']);
    } finally {
      await second.close();
    }
  });
});
