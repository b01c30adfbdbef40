import assert from 'node:assert/strict';
import { seedOrganization } from '../../src/lab/seed-organization.ts';

/** What must be equal in two organizations of one seed. */
function shape(seed: number): unknown {
  const organization = seedOrganization({ phones: 300, seed });
  return [
    [...organization.partnerships()].map(({ guid, identity, firstSyncAt }) => ({ guid, identity, firstSyncAt })),
    [...organization.managedDevices.values()],
  ];
}

describe('a seeded organization', () => {
  it('has as many phones as asked for, each with its own id', () => {
    const organization = seedOrganization({ phones: 2_000 });
    assert.equal(organization.partnershipCount, 2_000);
    assert.equal(new Set([...organization.partnerships()].map(({ deviceId }) => deviceId)).size, 2_000);
    assert.ok(organization.directory.userCount > 1_700 && organization.directory.userCount < 1_950);
    assert.ok(organization.managedDevices.size > 1_500 && organization.managedDevices.size < 1_700);
  });

  it('is the same every time', () => {
    assert.deepEqual(shape(1), shape(1));
    assert.notDeepEqual(shape(1), shape(2));
  });

  it('reports EAS IDs to the MDM only where such phones do', () => {
    const organization = seedOrganization({ phones: 400, enrolled: 1 });
    const reporting = new Set(
      [...organization.managedDevices.values()]
        .filter(({ easDeviceId }) => easDeviceId !== '')
        .map(({ manufacturer }) => manufacturer),
    );
    assert.deepEqual([...reporting].toSorted(), ['Apple', 'Samsung']);
    const silent = [...organization.managedDevices.values()].filter(({ manufacturer }) => manufacturer === 'Google');
    assert.ok(silent.length > 0 && silent.every(({ easDeviceId }) => easDeviceId === ''));
  });
});
