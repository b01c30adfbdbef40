/** Many small syncs that together take mail away from too many: the brake of a day. */
import assert from 'node:assert/strict';
import { SyncWorld } from './sync-world.ts';

const HOUR_MS = 3_600_000;

describe('the brake of a day', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    world.set({ brakePercent: 0, brakeCount: 2, brakePerDay: null });
  });
  afterEach(() => world.close());

  let added = 0;
  /** So many new phones, and a sync: how many were blocked, and how many are held. */
  async function sync(phones: number): Promise<readonly [blocked: number, held: number]> {
    for (let phone = 0; phone < phones; phone += 1) world.addPhone(`user${(added += 1)}`);
    const { counts } = await world.sync();
    return [counts.blocked, counts.held];
  }

  const lowered = async (hours: number, organization = 'exchange'): Promise<unknown> => {
    const since = new Date(world.now() - hours * HOUR_MS).toISOString();
    return [...(await world.store.lowered.since(organization, since))];
  };

  it('holds what three syncs of a day have no room for, and lets it go a day later', async () => {
    assert.deepEqual(
      [await sync(2), await sync(2), await sync(1)],
      [
        [2, 0],
        [2, 0],
        [1, 0],
      ],
    );
    const { held, counts } = await (world.addPhone('anna'), world.addPhone('ben'), world.sync());
    assert.deepEqual(
      [counts.blocked, counts.held, held?.reason],
      [
        0,
        2,
        {
          code: 'ERR_BRAKE',
          text: '2 mailboxes would lose access for devices first seen within a day, and 5 have within a day; the brake allows 6 a day.',
        },
      ],
    );
    world.letPass(25 * HOUR_MS);
    assert.deepEqual(world.blocked('anna', 'ben'), []);
    await world.sync();
    assert.deepEqual(world.blocked('anna', 'ben'), ['anna', 'ben']);
  });

  it('counts neither what a person has approved nor what was taken back', async () => {
    await sync(3);
    const [plan] = await world.store.plans.list();
    await world.approve(plan!.id, 'Ida');
    await world.undo();
    assert.deepEqual(await lowered(24), []);
  });

  it('is what an administrator has set', async () => {
    world.set({ brakePercent: 0, brakeCount: 2, brakePerDay: 3 });
    assert.deepEqual(
      [await sync(2), await sync(2)],
      [
        [2, 0],
        [0, 2],
      ],
    );
  });

  it('counts on after a restart, and forgets what is days old', async () => {
    await sync(2);
    world.restart();
    assert.deepEqual([await lowered(24), await lowered(24, 'another')], [[['new', 2]], []]);
    world.letPass(100 * HOUR_MS);
    assert.deepEqual([await lowered(24), await lowered(200)], [[], []]);
  });

  it('counts a mailbox once, however many of its devices are blocked one after the other', async () => {
    world.addPhone('anna');
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
      world.addDevice('anna', `DEVICE${n}`);
      const { held, counts } = await world.sync();
      assert.deepEqual([held, counts.blocked], [undefined, n === 1 ? 2 : 1]);
    }
    assert.deepEqual(await lowered(24), [['new', 1]]);
  });
});
