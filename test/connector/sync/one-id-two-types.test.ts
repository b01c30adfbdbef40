/** One EAS ID under two device types of a mailbox, from the reading to the list entry. */
import assert from 'node:assert/strict';
import type { EasRecord } from '../../../src/model/records.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

describe('one EAS ID under two device types of a mailbox', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
  });
  afterEach(() => world.close());

  const android = { deviceType: 'Android', model: 'Pixel 9', os: 'Android 16', userAgent: 'Android-Mail/2026.10' };
  const addAndroid = (alias: string): void =>
    void world.organization.syncPhone({
      ...android,
      mailbox: `${alias}@contoso.example`,
      deviceId: easIdOf(alias).toLowerCase(),
    });
  const partnerships = (alias: string) => world.organization.mailboxByAddress(`${alias}@contoso.example`)!.partnerships;
  const states = (alias: string): string[] =>
    partnerships(alias).map(({ deviceType, state }) => `${deviceType} ${state}`);
  const kept = async (alias: string): Promise<EasRecord> => {
    const { guid } = world.organization.mailboxByAddress(`${alias}@contoso.example`)!;
    const record = await world.store.snapshots.get(`eas:exchange:${guid}:${easIdOf(alias).toLowerCase()}`);
    assert.ok(record?.kind === 'eas');
    return record;
  };

  it('is one device with one decision and one list entry, which holds for both', async () => {
    world.addPhone('anna');
    addAndroid('anna');
    const { counts } = await world.sync();
    assert.deepEqual(
      [counts.devices, counts.blocked, world.writes, states('anna')],
      [1, 1, 1, ['iPhone blocked', 'Android blocked']],
    );
    const { device, partnerships: told } = await kept('anna');
    assert.deepEqual(
      [device.type, told?.map(({ deviceType, state }) => [deviceType, state])],
      [
        'Android',
        [
          ['Android', 'allowed'],
          ['iPhone', 'allowed'],
        ],
      ],
    );
    const again = await world.sync();
    assert.deepEqual([again.counts.blocked, world.writes], [0, 1]);
  });

  it('comes to what is left when one of the partnerships is deleted, without another write', async () => {
    world.addPhone('anna');
    addAndroid('anna');
    await world.sync();
    world.organization.removePartnership(partnerships('anna')[1]!);
    await world.sync();
    const { device, partnerships: told, access } = await kept('anna');
    assert.deepEqual([device.type, told, access.state, world.writes], ['iPhone', undefined, 'blocked', 1]);
  });

  it('that comes to a phone that is allowed is the same device still: nothing is counted twice', async () => {
    world.addPhone('ben');
    world.enroll('ben');
    await world.sync();
    addAndroid('ben');
    const report = await world.sync();
    assert.deepEqual([report.sync.known ?? report.counts.devices, world.writes], [1, 0]);
  });
});
