/** Devices that a person should look at: told of once for each reason, whoever asks, and however often Node-RED starts. */
import assert from 'node:assert/strict';
import { settleHeard } from '../../../src/connector/sync/owed-news.ts';

import { allOf } from '../../store/records.ts';
import { KillSwitch } from '../kill-switch.ts';
import { codes, easIdOf, SyncWorld } from './sync-world.ts';

describe('a device that a person should look at', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
  });
  afterEach(() => world.close());

  /** Somebody else's phone has Anna's EAS ID: undecided. */
  const confuse = () => world.enroll('ben', { easDeviceId: easIdOf('anna') });
  /** Codes of what was told since it was last asked. */
  const told = (of = world): string[] => {
    const news = codes(of.news('attention'));
    of.told.length = 0;
    return news;
  };
  const ANNA = ['anna: other-user'];

  it('is told of once, not at every sync', async () => {
    confuse();
    await world.sync();
    assert.deepEqual(told(), ANNA);
    await world.sync();
    assert.deepEqual(told(), []);
  });

  it('is not told of again after a restart, in a dry run, or by another instance', async () => {
    confuse();
    await world.sync();
    told();
    world.restart();
    await world.sync();
    await world.sync({ dryRun: true });
    assert.deepEqual(told(), []);
  });

  it('is told of anew after there was nothing to look at', async () => {
    const phone = confuse();
    await world.sync();
    told();
    world.unenroll(phone);
    await world.sync();
    assert.deepEqual(codes(world.news('attention')), []);
    world.restart();
    confuse();
    await world.sync();
    assert.deepEqual(told(), ANNA);
  });

  it('is told of again for another reason', async () => {
    confuse();
    await world.sync();
    told();
    await world.store.devices.tell(
      (await allOf(world.store.snapshots.read('eas', world.name))).map(({ key }) => ({
        key,
        organization: 'exchange',
        firstSyncAt: null,
        at: '',
        told: 'ambiguous',
      })),
    );
    world.matchesAll = true;
    await world.sync();
    assert.deepEqual(told(), ANNA);
  });

  it('is told of though the process is killed before that is kept, and then once more at most', async () => {
    confuse();
    await world.sync({ dryRun: true });
    const counting = (world.kill = new KillSwitch(Number.POSITIVE_INFINITY));
    await world.sync();
    const { calls } = counting;
    const step = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 1 : 7;
    for (let call = 1; call <= calls; call += step) {
      const fresh = await SyncWorld.open();
      try {
        fresh.addPhone('anna');
        fresh.enroll('ben', { easDeviceId: easIdOf('anna') });
        await fresh.readOnly('mdm');
        await fresh.readOnly('eas');
        fresh.kill = new KillSwitch(call);
        await fresh.match().catch(() => undefined);
        fresh.restart();
        await fresh.due();
        await fresh.sync();
        assert.ok([1, 2].includes(told(fresh).length), `killed before call ${call}`);
        await fresh.sync();
        assert.deepEqual(told(fresh), []);
      } finally {
        await fresh.close();
      }
    }
  }).timeout(1_200_000);

  it('is told of again at each start until somebody is known to have heard it, under one id', async () => {
    confuse();
    await world.sync();
    const [first] = world.news('attention');
    world.told.length = 0;
    world.restart();
    await world.due();
    const [again, ...more] = world.news('attention');
    assert.deepEqual([again, more], [{ ...first, repeat: true }, []]);
    world.told.length = 0;
    world.letPass(60_001);
    await settleHeard(world.parts);
    world.restart();
    await world.due();
    assert.deepEqual(world.told, []);
  });

  for (const [what, change] of [
    ['there is nothing to look at any more', (phone: ReturnType<typeof confuse>) => world.unenroll(phone)],
    ['nobody is wired to hear it', () => world.wired.delete('attention')],
  ] as const) {
    it(`is not told of again once ${what}`, async () => {
      const phone = confuse();
      await world.sync();
      world.told.length = 0;
      change(phone);
      await world.sync();
      world.told.length = 0;
      world.restart();
      await world.due();
      assert.deepEqual(told(), []);
      assert.deepEqual(
        (await world.store.announcements.list({ organization: 'exchange' })).filter(({ id }) =>
          id.includes('/device/'),
        ),
        [],
      );
    });
  }

  it('is not told of where the MDM reading is too old for a phone that we block already, and is where it has mail', async () => {
    await world.sync();
    assert.deepEqual(world.blocked('anna'), ['anna']);
    world.addPhone('ben');
    await world.readOnly('mdm');
    for (const alias of ['anna', 'ben']) world.setFirstSync(alias, world.now());
    world.told.length = 0;
    const { counts } = await world.read('eas');
    assert.equal(counts.undecided, 2);
    assert.deepEqual(told(), ['ben: snapshot-incomplete']);
    await world.sync();
    assert.deepEqual(world.blocked('anna', 'ben'), ['anna', 'ben']);
    assert.deepEqual(codes(world.news('attention')), []);
  });

  it('is told of by a switch that simulates beside one that writes, and neither takes back what the other told', async () => {
    confuse();
    const { leases } = world.store;
    await leases.take(
      { name: 'organization/exchange', holder: 'h', node: 'n', process: 'elsewhere' },
      { validMs: 10_000 },
    );
    await world.sync();
    assert.deepEqual(told(), ANNA);
    world.set({ mode: 'simulate' });
    world.restart();
    await world.sync();
    assert.deepEqual(told(), ANNA, 'it has told nobody yet');
    await world.sync();
    world.set({});
    world.restart();
    await world.sync();
    assert.deepEqual(told(), []);
  });
});
