/** "Try it" matches a few devices as a match of the whole organization does. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { findDevices } from '../../../src/connector/matching/find-devices.ts';
import { lookAtOrganization } from '../../../src/connector/matching/match-organization.ts';
import type { MatchSettings } from '../../../src/connector/matching/match-settings.ts';
import { DEFAULT_MATCH_SETTINGS } from '../../../src/connector/matching/match-settings.ts';
import type { Activation, DeviceRecord, EasRecord, MdmRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { anEas, anMdm, guid } from '../../support/records.ts';
import { allOf, keepWhole, now, openEmptyStore } from '../kept-readings.ts';

const { signal } = new AbortController();
const RUNS = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 150 : 15;

/** Few of everything, so that devices meet: in a user, an EAS ID, a serial number, a model. */
const PEOPLE = ['anna', 'ben', 'cleo'];
const EAS_IDS = ['IPHONE1', 'IPHONE2', 'androidc1'];
const person = fc.integer({ min: 0, max: PEOPLE.length - 1 });
const day = (most: number) =>
  fc.integer({ min: 1, max: most }).map((n) => `2026-05-${String(n).padStart(2, '0')}T08:00:00.000Z`);
const serial = fc.constantFrom(null, 'SERIAL1', 'SERIAL2');

const eas: fc.Arbitrary<EasRecord> = fc
  .record({
    who: person,
    easId: fc.constantFrom(...EAS_IDS, 'ApplSERIAL1', 'ApplSERIAL2'),
    isPixel: fc.boolean(),
    imei: fc.constantFrom(null, '490154203237518'),
    firstSyncAt: fc.option(day(28), { freq: 9 }),
    client: fc.constantFrom('EAS', 'Outlook'),
  })
  .map(({ who, easId, isPixel, imei, firstSyncAt, client }) => {
    const address = `${PEOPLE[who]}@corp.example`;
    const pixel = { type: 'Android', model: 'Pixel 8', os: 'Android 16', userAgent: 'Android-Mail/2026.1' };
    return anEas({
      easId,
      mailbox: { id: guid(who + 1), upn: address, address, displayName: PEOPLE[who]!, addresses: [address] },
      device: { ...(isPixel ? pixel : {}), imei, clientType: client },
      firstSyncAt,
    });
  });

const mdm: fc.Arbitrary<MdmRecord> = fc
  .record({
    id: fc.constantFrom('m1', 'm2', 'm3', 'm4', 'm5'),
    source: fc.constantFrom('intune', 'jamf'),
    who: person,
    easIds: fc.uniqueArray(fc.constantFrom(...EAS_IDS), { maxLength: 2 }),
    isPixel: fc.boolean(),
    serial,
    imeis: fc.constantFrom([], ['490154203237518']),
    enrolledAt: fc.option(day(28)),
    managed: fc.boolean(),
    compliance: fc.constantFrom('compliant' as const, 'noncompliant' as const),
  })
  .map(({ who, isPixel, serial, imeis, ...parts }) => {
    const address = `${PEOPLE[who]}@corp.example`;
    const pixel = { platform: 'android' as const, os: 'Android', model: 'Pixel 8', manufacturer: 'Google' };
    return anMdm({
      ...parts,
      user: { id: null, upn: address, addresses: [address] },
      device: { ...(isPixel ? pixel : {}), name: `${parts.id} of ${PEOPLE[who]}`, serial, imeis },
    });
  });

/** When a reading began: mostly an hour ago; else a day and a half, or half a month, or by a clock that is ahead. */
const startedAt = fc.oneof(
  { weight: 12, arbitrary: fc.constant('2026-06-01T08:00:00.000Z') },
  { weight: 1, arbitrary: fc.constant('2026-05-30T21:00:00.000Z') },
  { weight: 1, arbitrary: fc.constant('2026-05-15T08:00:00.000Z') },
  { weight: 1, arbitrary: fc.constant('2026-06-01T10:00:00.000Z') },
);
const readOrNot = fc.option(startedAt, { freq: 12 });

const organization = fc.record({
  eas: fc.uniqueArray(eas, { minLength: 1, maxLength: 10, selector: ({ key }) => key }),
  mdm: fc.uniqueArray(mdm, { maxLength: 8, selector: ({ key }) => key }),
  easAt: startedAt,
  readAt: fc.record({ intune: readOrNot, jamf: readOrNot }),
  isDeployed: fc.boolean(),
  activations: fc.array(fc.record({ who: person, easId: fc.constantFrom(...EAS_IDS), at: day(31) }), { maxLength: 3 }),
  pairings: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 2 }),
  settings: fc.record<MatchSettings>({
    sameUser: fc.boolean(),
    lateActivation: fc.boolean(),
    serialMatch: fc.boolean(),
    maxAgeHours: fc.constantFrom(1, 26, 26, 26, 1000),
  }),
});

type Organization = typeof organization extends fc.Arbitrary<infer T> ? T : never;

async function keepAll(store: Store, world: Organization): Promise<void> {
  await keepWhole(store, 'eas', 'org', world.eas, world.easAt);
  for (const source of ['intune', 'jamf'] as const) {
    const at = world.readAt[source];
    const records = world.mdm.filter((record) => record.source === source);
    if (at !== null) await keepWhole(store, 'mdm', source, records, at);
  }
  const announcedAt = '2026-05-01T08:00:00.000Z';
  const deployed = { nodeId: 'node', scope: 'intune', provider: 'intune', name: 'Intune', announcedAt };
  if (world.isDeployed) await store.sources.announce(deployed);
  for (const [n, { who, easId, at }] of world.activations.entries()) {
    const activation: Activation = { easId, mailbox: guid(who + 1), at, userAgent: null, tokenId: `token${n}` };
    await store.activations.add(activation);
  }
  for (const [one, other] of world.pairings) {
    const [easKey, mdmKey] = [world.eas[one % world.eas.length]!.key, world.mdm[other % world.mdm.length]?.key];
    if (mdmKey !== undefined) await store.pairings.add({ easKey, mdmKey, at: announcedAt, by: null, note: null });
  }
}

describe('finding a few devices', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const few = { now: now(), limit: 20, signal };

  it('tries a device as the sync decides: the device record is that of a match of the whole organization', () =>
    fc.assert(
      fc.asyncProperty(organization, fc.integer({ min: 1, max: 4 }), async (world, pageSize) => {
        const own = await openEmptyStore();
        try {
          await keepAll(own, world);
          const { settings } = world;
          const match = await lookAtOrganization(own, 'org', settings, { now: now(), pageSize, signal });
          assert.ok(match !== null);
          const whole: DeviceRecord[] = (await allOf(match.devices())).flatMap(({ records }) => records);
          assert.deepEqual(whole.map(({ key }) => key).sort(), world.eas.map(({ key }) => key).sort());
          for (const device of whole) {
            const found = await findDevices(
              own,
              'org',
              settings,
              ({ key }) => (key === device.key ? 'exact' : null),
              few,
            );
            assert.deepEqual(found, { devices: [device], more: 0, eas: match.eas, mdm: found.mdm });
            assert.deepEqual(
              found.mdm.map(({ scope, snapshot }) => ({ source: scope, startedAt: snapshot?.startedAt ?? null })),
              match.mdm.sources.map(({ source, startedAt }) => ({ source, startedAt })),
            );
          }
        } finally {
          await own.close();
        }
      }),
      { numRuns: RUNS },
    ));

  it('takes what fits in part only if nothing fits exactly, and counts what is too much', async () => {
    const mailbox = (n: number) => ({ id: guid(n), upn: null, address: `user${n}@corp.example`, addresses: [] });
    await keepWhole(
      store,
      'eas',
      'org',
      [1, 2, 3, 4].map((n) => anEas({ mailbox: mailbox(n) })),
    );
    const find = async (exact: readonly number[], limit: number): Promise<unknown> => {
      const isExact = ({ mailbox: { id } }: EasRecord): boolean => exact.map(guid).includes(id);
      const { devices, more } = await findDevices(
        store,
        'org',
        DEFAULT_MATCH_SETTINGS,
        (record) => (isExact(record) ? 'exact' : 'part'),
        { now: now(), limit, signal },
      );
      return [devices.map(({ eas: of }) => of?.mailbox.id), more];
    };
    assert.deepEqual(await find([2, 3], 20), [[guid(2), guid(3)], 0]);
    assert.deepEqual(await find([2, 3], 1), [[guid(2)], 1]);
    assert.deepEqual(await find([], 3), [[guid(1), guid(2), guid(3)], 1]);
  });

  it('says that Exchange has not been read yet', async () => {
    await keepWhole(store, 'mdm', 'intune', []);
    const { mdm: readings, ...found } = await findDevices(store, 'org', DEFAULT_MATCH_SETTINGS, () => 'exact', few);
    assert.deepEqual(found, { devices: [], more: 0, eas: null });
    assert.deepEqual(
      readings.map(({ scope }) => scope),
      ['intune'],
    );
  });
});
