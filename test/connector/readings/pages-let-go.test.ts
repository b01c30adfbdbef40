/** What a reading of an MDM holds on to while it waits for Graph: V8 keeps more memory for good by what it finds alive. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Run } from '../../../nodes/on-input.ts';
import type { Msg, RED } from '../../../nodes/red.ts';
import { sendReading } from '../../../nodes/send-pages.ts';
import { OwnReadingsUnderWay } from '../../../src/connector/readings/readings-under-way.ts';
import { takeMdmReading } from '../../../src/connector/readings/take-reading.ts';
import type { TakenMdmReading } from '../../../src/connector/readings/take-reading.ts';
import type { GraphTransport } from '../../../src/graph/graph-transport.ts';
import { tenantPort } from '../../../src/graph/tenant-port.ts';
import { Organization, sequentialIds } from '../../../src/lab/organization.ts';
import { simulatedGraph } from '../../../src/lab/simulated-graph.ts';
import type { Store } from '../../../src/store/store.ts';
import { openEmptyStore } from '../../store/records.ts';
import { enrollPhones } from '../../graph/graph-lab.ts';
import { keepReadingPages } from './kept-pages.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const NOON = Date.UTC(2026, 10, 22, 12);
const { signal } = new AbortController();
/** Records a page. */
const PAGE = 3;
/** Bytes of the report that come at once. */
const CHUNK = 4_096;

/** Messages and records that went out, and how many of them were alive whenever Graph was asked. */
class Watched {
  readonly #sent: WeakRef<object>[] = [];
  readonly alive: number[] = [];
  /** Looks before anything went out. */
  #before = 0;

  get sent(): number {
    return this.#sent.length;
  }

  hear(msg: Msg): void {
    this.#sent.push(new WeakRef(msg), ...(msg.payload as object[]).map((record) => new WeakRef(record)));
  }

  async look(): Promise<void> {
    // In a turn of its own: what was looked at in this one stays.
    await setImmediate();
    collect();
    if (this.#sent.length === 0) this.#before += 1;
    this.alive.push(this.#sent.filter((one) => one.deref() !== undefined).length);
  }

  /** Of the looks before which something had gone out: the most that was alive, and how many they were. */
  get later(): { readonly most: number; readonly looks: number } {
    const later = this.alive.slice(this.#before);
    return { most: Math.max(...later), looks: later.length };
  }

  /** The same Graph, looked at before each request and each piece of a report. */
  transport(graph: GraphTransport): GraphTransport {
    const look = (): Promise<void> => this.look();
    return {
      ...graph,
      async get(request) {
        await look();
        return graph.get(request);
      },
      exports: {
        ...graph.exports!,
        async *download(address, options) {
          for await (const bytes of graph.exports!.download(address, options))
            for (let from = 0; from < bytes.length; from += CHUNK) {
              await look();
              yield bytes.subarray(from, from + CHUNK);
            }
        },
      },
    };
  }
}

describe('a reading of an MDM', () => {
  let time: number;
  let organization: Organization;
  let store: Store;
  beforeEach(async () => {
    time = NOON;
    organization = new Organization({ now: () => time, newId: sequentialIds() });
    enrollPhones(organization, 20);
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  function begun(watched: Watched, how: { readonly setting: 'full' | 'quick'; readonly bulkAbove?: number }) {
    const graph = simulatedGraph(organization, { pageSize: PAGE, deltaPageSize: 2 });
    return takeMdmReading({
      mdm: tenantPort(() => watched.transport(graph), 'tenant'),
      announce: () => Promise.resolve(),
      lease: () => Promise.resolve(),
      asked: { kind: undefined, dryRun: false },
      ...how,
      pageSize: PAGE,
      underWay: new OwnReadingsUnderWay(),
      node: 'source',
      now: () => time,
      newId: sequentialIds(),
      store: () => Promise.resolve(store),
      signal,
    });
  }

  /** As the MDM source sends them, to nobody. */
  async function taken(watched: Watched, reading: TakenMdmReading, onSent = (): unknown => undefined): Promise<void> {
    const nothing = (): undefined => undefined;
    const run: Run = {
      signal,
      send: ([msg]) => {
        watched.hear(msg as Msg);
        onSent();
      },
      waiting: () => [],
      progress: nothing,
      warn: nothing,
    };
    const red = { hooks: { add: nothing, remove: nothing }, util: { cloneMessage: (msg: Msg) => ({ ...msg }) } };
    await sendReading(red as unknown as RED, run, {}, reading);
  }

  it('has let go of every page when Graph is asked for the next one', async () => {
    const watched = new Watched();
    await taken(watched, await begun(watched, { setting: 'full' }));
    // Seven pages, and how many devices there are.
    assert.deepEqual(watched.alive, [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(watched.sent, 27);
  });

  it('has let go of a page when Node-RED has its turn after it', async () => {
    const watched = new Watched();
    const reading = await begun(new Watched(), { setting: 'full' });
    const looks: Promise<void>[] = [];
    await taken(watched, reading, () => looks.push(watched.look()));
    await Promise.all(looks);
    assert.deepEqual(watched.alive, [0, 0, 0, 0, 0, 0, 0]);
  });

  it('has done so too where it remembers what Entra calls the devices', async () => {
    const watched = new Watched();
    await taken(watched, await begun(watched, { setting: 'quick' }));
    // Ten pages of Entra's before them.
    assert.deepEqual(
      watched.alive,
      Array.from({ length: 18 }, () => 0),
    );
    assert.equal(watched.sent, 27);
  });

  it('has done so whenever a piece of the report comes', async () => {
    const watched = new Watched();
    enrollPhones(organization, 2_000);
    await taken(watched, await begun(watched, { setting: 'full', bulkAbove: 1 }));
    assert.equal(watched.later.most, 0);
    assert.ok(watched.later.looks >= 5, `${watched.later.looks} looks`);
    assert.equal(watched.sent, 2_020 + Math.ceil(2_020 / PAGE));
  });

  it('has done so in a reading of changes', async () => {
    await keepReadingPages(store, await begun(new Watched(), { setting: 'quick' }));
    time += 60 * 60_000;
    for (const id of organization.managedDevices.keys()) organization.updateManagedDevice(id, { osVersion: '26.2' });
    const watched = new Watched();
    const reading = await begun(watched, { setting: 'quick' });
    await taken(watched, reading);
    assert.equal(reading.info.kind, 'quick');
    assert.equal(watched.later.most, 0);
    assert.ok(watched.later.looks >= 5, `${watched.later.looks} looks`);
    assert.equal(watched.sent, 27);
  });
});
