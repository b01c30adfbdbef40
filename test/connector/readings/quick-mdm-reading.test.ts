/** Quick readings of Intune, with the store and the lab's Graph in process. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { keepReadingPages } from './kept-pages.ts';
import type { MdmPort } from '../../../src/connector/ports.ts';
import { FULL_EVERY_MS } from '../../../src/connector/readings/mdm-reading-kind.ts';
import { OwnReadingsUnderWay } from '../../../src/connector/readings/readings-under-way.ts';
import { takeMdmReading } from '../../../src/connector/readings/take-reading.ts';
import { tenantPort } from '../../../src/graph/tenant-port.ts';
import type { OrFilters } from '../../../src/lab/graph-filter.ts';
import { Organization, sequentialIds } from '../../../src/lab/organization.ts';
import { simulatedGraph } from '../../../src/lab/simulated-graph.ts';
import type { MdmRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { openEmptyStore } from '../../store/records.ts';

const { signal } = new AbortController();
const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 22, 12);

/** A tenant, what is read of it, and a clock. */
class World {
  time = NOON;
  readonly organization = new Organization({ now: () => this.time, newId: sequentialIds() });
  readonly port: MdmPort;
  readonly store: Store;
  #readings = 0;

  constructor(store: Store, orFilters: OrFilters) {
    this.store = store;
    const graph = simulatedGraph(this.organization, { pageSize: 3, deltaPageSize: 2, orFilters });
    this.port = tenantPort(() => graph, 'tenant');
  }

  static async open(orFilters: OrFilters = 'granted'): Promise<World> {
    return new World(await openEmptyStore(), orFilters);
  }

  enroll(number: number, changes: { readonly azureADDeviceId?: string } = {}): string {
    const { id } = this.organization.enroll({
      upn: `user${number}@contoso.example`,
      platform: 'ios',
      model: 'iPhone',
      name: `Phone ${number}`,
      serial: `SN${number}`,
      easDeviceId: `EAS${number}`,
      ...changes,
    });
    return id;
  }

  /** Compliance as Intune evaluates it without a check-in. */
  flip(id: string): void {
    const { complianceState, lastSyncDateTime } = this.organization.managedDevices.get(id)!;
    const state = complianceState === 'compliant' ? 'noncompliant' : 'compliant';
    this.organization.updateManagedDevice(id, { complianceState: state, lastSyncDateTime });
  }

  /** Takes a reading, and keeps it unless it is lost right before its end. */
  async read(
    how: { readonly asked?: 'full' | 'quick'; readonly lost?: boolean; readonly port?: MdmPort } = {},
  ): Promise<{ readonly kind: string; readonly why: string | null; readonly read: number }> {
    const id = `reading ${(this.#readings += 1)}`;
    const underWay = new OwnReadingsUnderWay();
    const reading = await takeMdmReading({
      mdm: how.port ?? this.port,
      announce: () => Promise.resolve(),
      lease: () => Promise.resolve(),
      asked: { kind: how.asked, dryRun: false },
      setting: 'quick',
      pageSize: 100,
      underWay,
      node: 'source',
      now: () => this.time,
      newId: () => id,
      store: () => Promise.resolve(this.store),
      signal,
    });
    const read = await keepReadingPages(this.store, reading, how.lost === true);
    reading.end();
    return { kind: reading.info.kind, why: reading.whyFull, read };
  }

  /** What the store has, without when a device was last seen. */
  async known(): Promise<MdmRecord[]> {
    const found: MdmRecord[] = [];
    for await (const page of this.store.snapshots.read('mdm', 'tenant')) found.push(...page);
    return sorted(found);
  }

  /** What Intune has. */
  async there(): Promise<MdmRecord[]> {
    const found: MdmRecord[] = [];
    for await (const { records } of this.port.mdmPages({ pageSize: 100, signal })) found.push(...records);
    return sorted(found);
  }
}

function sorted(records: readonly MdmRecord[]): MdmRecord[] {
  return records.map((record) => ({ ...record, lastSeenAt: null })).sort((a, b) => (a.key < b.key ? -1 : 1));
}

describe('quick readings of Intune', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    for (let number = 1; number <= 8; number += 1) world.enroll(number);
    world.time += 60 * MINUTE;
  });
  afterEach(() => world.store.close());

  const later = (minutes = 15): void => void (world.time += minutes * MINUTE);
  const ids = (): string[] => [...world.organization.managedDevices.keys()];

  it('begin with a full one, and read afterwards what checked in, was enrolled, flipped or removed', async () => {
    assert.deepEqual(await world.read(), { kind: 'full', why: 'first', read: 8 });
    later(60);
    assert.deepEqual(await world.read(), { kind: 'quick', why: null, read: 0 });
    later();
    const [checkedIn, flipped, removed, deletedToo] = ids();
    world.organization.updateManagedDevice(checkedIn!, { osVersion: '19.1' });
    world.flip(flipped!);
    world.organization.unenroll(removed!);
    world.organization
      .directoryDevices('intune')
      .delete(world.organization.managedDevices.get(deletedToo!)!.azureADDeviceId);
    world.organization.unenroll(deletedToo!);
    world.enroll(9);
    assert.deepEqual(await world.read({ asked: 'quick' }), { kind: 'quick', why: null, read: 3 });
    assert.deepEqual(await world.known(), await world.there());
    assert.equal((await world.store.snapshots.latest('mdm', 'tenant'))?.count, 7);
  });

  it('believe Intune, not Entra: a device that is deleted in Entra alone stays', async () => {
    await world.read();
    later(60);
    const { azureADDeviceId } = world.organization.managedDevices.get(ids()[0]!)!;
    world.organization.directoryDevices('intune').delete(azureADDeviceId);
    assert.deepEqual(await world.read(), { kind: 'quick', why: null, read: 1 });
    assert.deepEqual(await world.known(), await world.there());
  });

  it('have a device once that was enrolled anew, though Entra tells of it and its old record is asked for too', async () => {
    await world.read();
    later(60);
    const [again] = ids();
    const { azureADDeviceId } = world.organization.managedDevices.get(again!)!;
    world.organization.unenroll(again!);
    world.enroll(1, { azureADDeviceId });
    const sent: string[] = [];
    const port: MdmPort = {
      ...world.port,
      mdmRecordsNow: async (which, options) => {
        const told = await world.port.mdmRecordsNow!(which, options);
        sent.push(...told.records.map(({ id }) => id), ...told.gone);
        return told;
      },
    };
    assert.deepEqual(await world.read({ port }), { kind: 'quick', why: null, read: 1 });
    assert.deepEqual([sent.length, sent.at(-1), await world.known()], [2, again, await world.there()]);
  });

  it('are full at least every four hours, and when a start asks for it', async () => {
    await world.read();
    later(60);
    assert.equal((await world.read({ asked: 'full' })).why, 'asked');
    later(FULL_EVERY_MS / MINUTE - 1);
    assert.equal((await world.read()).kind, 'quick');
    later(1);
    assert.equal((await world.read()).why, 'due');
    later(1);
    assert.equal((await world.read()).kind, 'quick');
  });

  it('never count as a full one: age, content and the count before stay those of the last full one', async () => {
    await world.read();
    const full = await world.store.snapshots.latest('mdm', 'tenant');
    later(60);
    for (const id of ids().slice(0, 3)) world.organization.unenroll(id);
    await world.read();
    const quick = await world.store.snapshots.latest('mdm', 'tenant');
    assert.deepEqual(
      [quick?.kind, quick?.count, quick?.fullStartedAt, quick?.previousCount, quick?.content],
      ['quick', 5, full?.startedAt, null, full?.content],
    );
  });

  it('repeat what a reading heard that was lost before it was kept', async () => {
    await world.read();
    later(60);
    const [flipped, removed] = ids();
    world.flip(flipped!);
    const { azureADDeviceId } = world.organization.managedDevices.get(removed!)!;
    world.organization.unenroll(removed!);
    world.organization.directoryDevices('intune').delete(azureADDeviceId);
    const before = await world.known();
    assert.deepEqual(await world.read({ lost: true }), { kind: 'quick', why: null, read: 1 });
    assert.deepEqual(await world.known(), before);
    later();
    assert.deepEqual(await world.read(), { kind: 'quick', why: null, read: 1 });
    assert.deepEqual(await world.known(), await world.there());
  });

  it('know a device that Entra names by its object alone', async () => {
    await world.read();
    later(60);
    world.flip(ids()[0]!);
    const sparse: MdmPort = {
      ...world.port,
      deviceChanges: async function* (since, options) {
        for await (const part of world.port.deviceChanges!(since, options))
          yield part.kind === 'changes' ? { ...part, changed: [], unnamed: part.changed.map(({ id }) => id) } : part;
      },
    };
    assert.deepEqual(await world.read({ port: sparse }), { kind: 'quick', why: null, read: 1 });
    assert.deepEqual(await world.known(), await world.there());
  });

  it('are full where the link is too old, and quick again after it', async () => {
    await world.read();
    const expired: MdmPort = {
      ...world.port,
      deviceChanges: async function* (since, options) {
        if (since === null) yield* world.port.deviceChanges!(since, options);
        else yield { kind: 'expired' };
      },
    };
    later(60);
    world.organization.unenroll(ids()[0]!);
    assert.deepEqual(await world.read({ port: expired }), { kind: 'full', why: 'expired', read: 7 });
    later();
    assert.equal((await world.read()).kind, 'quick');
    assert.deepEqual(await world.known(), await world.there());
  });

  it('are full, each of them, as long as Entra may not be asked', async () => {
    const forbidden: MdmPort = {
      ...world.port,
      deviceChanges: async function* () {
        yield { kind: 'forbidden', text: 'no right' };
      },
    };
    assert.equal((await world.read({ port: forbidden })).why, 'first');
    later();
    assert.equal((await world.read({ port: forbidden })).why, 'no-link');
    later();
    assert.equal((await world.read()).why, 'no-link');
    later();
    assert.equal((await world.read({ port: forbidden })).why, 'forbidden');
    later();
    assert.equal((await world.read()).kind, 'quick');
  });

  it('fail where Entra fails, but a full one that is due does not need it', async () => {
    const failing: MdmPort = {
      ...world.port,
      deviceChanges: async function* () {
        yield { kind: 'changes', changed: [], unnamed: [], deleted: [], link: null };
        throw new Error('away');
      },
    };
    assert.equal((await world.read({ port: failing })).why, 'first');
    later();
    assert.equal((await world.read()).why, 'no-link');
    later();
    await assert.rejects(world.read({ port: failing }), /away/);
  });

  it('are full where more changed than is worth asking for one by one', async () => {
    for (let number = 100; number < 320; number += 1) world.enroll(number);
    await world.read();
    later(60);
    for (const id of ids().slice(0, 201)) world.flip(id);
    assert.equal((await world.read()).why, 'many');
    later();
    assert.deepEqual(await world.read(), { kind: 'quick', why: null, read: 0 });
  });

  const someNumber = fc.nat({ max: 20 });
  const change = fc.record({
    what: fc.constantFrom('enroll', 'check-in', 'flip', 'retire', 'remove', 'delete-both', 'delete-in-entra', 'return'),
    which: someNumber,
  });
  const turn = fc.record({
    changes: fc.array(change, { maxLength: 6 }),
    minutes: fc.constantFrom(1, 15, 90),
    asked: fc.constantFrom('full' as const, 'quick' as const, undefined, undefined, undefined),
    lost: fc.constantFrom(true, false, false),
  });

  const orFilters = fc.constantFrom<OrFilters>('granted', 'granted', 'refused', 'first-only', 'ignored');

  it('come, whatever changes and whatever Intune makes of a joined question, to what full readings alone come to', async () => {
    await fc.assert(
      fc.asyncProperty(orFilters, fc.array(turn, { minLength: 1, maxLength: 6 }), async (heard, turns) => {
        const one = await World.open(heard);
        let enrolled = 0;
        // Devices that Intune has and Entra has not: their removal is told by nobody but a full reading.
        const orphans = new Set<string>();
        const change1 = ({ what, which }: { what: string; which: number }): void => {
          const { organization } = one;
          const devices = [...organization.managedDevices.values()];
          const device = devices[which % Math.max(1, devices.length)];
          const directory = organization.directoryDevices('intune');
          if (what === 'enroll' || device === undefined) one.enroll((enrolled += 1));
          else if (what === 'check-in')
            organization.updateManagedDevice(device.id, { osVersion: `${(enrolled += 1)}` });
          else if (what === 'flip') one.flip(device.id);
          else if (what === 'retire') organization.updateManagedDevice(device.id, { managementState: 'retirePending' });
          else if (what === 'remove') organization.unenroll(device.id);
          else if (what === 'delete-in-entra') {
            directory.delete(device.azureADDeviceId);
            orphans.add(device.id);
          } else {
            organization.unenroll(device.id);
            if (what === 'delete-both') directory.delete(device.azureADDeviceId);
            // The same device, enrolled anew.
            else one.enroll((enrolled += 1), { azureADDeviceId: device.azureADDeviceId });
          }
        };
        try {
          for (let number = 0; number < 5; number += 1) one.enroll((enrolled += 1));
          for (const { changes, minutes, asked, lost } of turns) {
            for (const each of changes) change1(each);
            one.time += minutes * MINUTE;
            const read = await one.read({ ...(asked === undefined ? {} : { asked }), lost });
            const { kind } = read;
            const isTold = ({ id }: MdmRecord): boolean => kind === 'full' || !orphans.has(id);
            if (!lost) assert.deepEqual((await one.known()).filter(isTold), (await one.there()).filter(isTold));
          }
        } finally {
          await one.store.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});
