/** Exchange's clock, from its answers to what is made of its times. */
import assert from 'node:assert/strict';
import { ReadingKeeper } from '../../../src/connector/readings/keep-reading.ts';
import { ClockWatch } from '../../../src/http/clock-watch.ts';
import type { ServerClock } from '../../../src/model/server-clock.ts';
import type { Store } from '../../../src/store/store.ts';
import { easRecord } from '../../support/records.ts';
import { NOW, now, openEmptyStore } from '../kept-readings.ts';

const SENT = Date.parse(NOW);
const date = (ms: number): string => new Date(ms).toUTCString();

describe('the clock of a server', () => {
  it('is measured by the Date of its quickest answer, two seconds sharp at best', () => {
    const watch = new ClockWatch();
    assert.equal(watch.measured, null);
    watch.hear(date(SENT - 180_000), SENT, SENT + 60_000);
    assert.deepEqual(watch.measured, { offsetMs: -209_500, marginMs: 30_500 });
    watch.hear(date(SENT - 180_000), SENT, SENT + 200);
    assert.deepEqual(watch.measured, { offsetMs: -179_600, marginMs: 2_000 });
    watch.hear(date(SENT), SENT, SENT + 9_000);
    assert.deepEqual(watch.measured, { offsetMs: -179_600, marginMs: 2_000 });
  });

  it('is unknown where no answer has a Date that is one, and is measured anew with each reading', () => {
    const watch = new ClockWatch();
    for (const none of [undefined, null, '', 'yesterday']) watch.hear(none, SENT, SENT);
    assert.equal(watch.measured, null);
    watch.hear(date(SENT), SENT, SENT);
    watch.begin();
    assert.equal(watch.measured, null);
  });
});

describe('the clock of Exchange, with a reading', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  /** Keeps a reading; answers with the clock that counts after it, and with what is to be decided about anew. */
  async function read(id: string, kind: 'full' | 'quick', clock?: ServerClock): Promise<unknown> {
    const keeper = new ReadingKeeper({ now, node: 'matcher' });
    const underWay = { has: () => true, lease: async () => {}, end: () => {} };
    const of = { id, source: 'eas', kind, startedAt: NOW, organization: 'exchange', scope: 'exchange' } as const;
    const page = { ...of, page: 0, last: true, dryRun: false, records: [easRecord(1)] };
    await keeper.keep(store, underWay, { ...page, ...(clock === undefined ? {} : { clock }) });
    const taken = await store.touched.take('exchange', id);
    await store.touched.clear('exchange', id);
    return { clock: (await store.snapshots.latest('eas', 'exchange'))?.clock, all: taken.includes('*') };
  }

  it('stays through measurements that are not quite equal; another one touches every device', async () => {
    const behind = { offsetMs: -180_000, marginMs: 2_000 };
    const right = { offsetMs: 300, marginMs: 2_000 };
    assert.deepEqual(await read('1', 'full', behind), { clock: behind, all: true });
    assert.deepEqual(await read('2', 'quick', { ...behind, offsetMs: -181_000 }), { clock: behind, all: false });
    assert.deepEqual(await read('3', 'quick', right), { clock: right, all: true });
    assert.deepEqual(await read('4', 'full', right), { clock: right, all: false });
    assert.deepEqual(await read('5', 'full'), { clock: undefined, all: true });
    assert.deepEqual(await read('6', 'quick'), { clock: undefined, all: false });
  });
});
