/** An organization in a forest of two domains: what syncs do when more or less of it is seen than before. */
import assert from 'node:assert/strict';
import { SyncWorld } from './sync-world.ts';

const DAY = 86_400_000;
const ASIA = 'asia.contoso.example';
const HERE = ['ada', 'bo'];
const THERE = ['kim', 'lee', 'mei'];
const ALL = [...HERE, ...THERE];

describe('a forest of two domains', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open({ otherDomains: [ASIA] });
    for (const alias of HERE) world.addPhone(alias);
    for (const alias of THERE) world.addPhone(alias, [], ASIA);
  });
  afterEach(() => world.close());

  const known = async (): Promise<number> => (await world.store.snapshots.latest('eas', 'exchange'))?.count ?? 0;

  it('is reported with what was seen of it', async () => {
    for (const [view, blocked] of [
      ['domain', HERE],
      ['refused', HERE],
      ['forest', ALL],
    ] as const) {
      world.view = view;
      const report = await world.sync();
      assert.deepEqual([report.readings[0]?.view, world.blocked(...ALL), report.problems], [view, blocked, undefined]);
    }
    world.view = null;
    assert.equal((await world.sync()).readings[0]?.view, undefined);
  });

  it('that is seen no more, as the right is taken away, keeps what was read: nobody is blocked, deleted or tidied', async () => {
    const managed = ALL.map((alias) => world.enroll(alias));
    world.set({ tidyDays: 1, removeIdleDays: 1 });
    world.view = 'forest';
    await world.sync();
    assert.deepEqual([world.blocked(...ALL), await known()], [[], 5]);
    world.view = 'refused';
    for (const device of managed) world.unenroll(device);
    for (let again = 0; again < 3; again += 1) {
      world.letPass(DAY);
      const report = await world.sync();
      assert.deepEqual([world.blocked(...ALL), await known(), await world.waiting()], [HERE, 5, []]);
      assert.deepEqual(report.problems, [
        {
          code: 'ERR_SNAPSHOT_OUTSIDE',
          text: '3 mailboxes of other domains were read before and cannot be seen any more: the account may no longer widen its sessions to the whole forest. Their devices stay as they were: none is lowered, deleted or tidied. Everything else was read and decided.',
        },
      ]);
      assert.equal(report.readings[0]?.view, 'refused');
    }
    assert.deepEqual([world.removals, world.writes], [[], HERE.length]);
    world.view = 'forest';
    const report = await world.sync();
    assert.deepEqual([world.blocked(...ALL), report.problems, await known()], [ALL, undefined, 5]);
  });

  it('of which one domain is to be all from now on, forgets the others', async () => {
    world.view = 'forest';
    await world.sync();
    world.view = 'domain';
    const report = await world.sync();
    assert.deepEqual([await known(), report.problems], [2, undefined]);
  });

  it('read whole for the first time brings devices never seen: the brake holds them, and says where they come from', async () => {
    world.set({ brakePercent: 0, brakeCount: 2 });
    world.view = 'refused';
    const before = await world.sync();
    assert.deepEqual([world.blocked(...ALL), before.held], [HERE, undefined]);
    world.letPass(DAY);
    world.view = 'forest';
    const report = await world.sync();
    const { wholeSince } = report.readings[0] ?? {};
    assert.ok(wholeSince);
    assert.deepEqual(
      [world.blocked(...ALL), report.held?.count, report.held?.reason],
      [
        HERE,
        3,
        {
          code: 'ERR_BRAKE',
          text:
            '3 mailboxes would lose access; the brake allows 2 of 5. ' +
            `The reading that began at ${wholeSince} was the first one of the whole forest: devices of its other domains had never been seen before.`,
        },
      ],
    );
    // It stays said while the plan waits, with later readings too; a person lets it go.
    world.letPass(2 * DAY);
    const later = await world.sync();
    assert.match(later.held?.reason.text ?? '', /first one of the whole forest/);
    assert.equal(later.readings[0]?.wholeSince, wholeSince);
    await world.approve(later.held?.id);
    assert.deepEqual(world.blocked(...ALL), ALL);
  });

  it('read whole from its very first reading on says nothing of that', async () => {
    world.set({ brakePercent: 0, brakeCount: 2 });
    world.view = 'forest';
    const report = await world.sync();
    assert.equal(report.readings[0]?.wholeSince, undefined);
    assert.match(report.held?.reason.text ?? '', /^5 mailboxes would lose access[^.]*\.$/);
  });

  it('names no more mailboxes in a report than a person reads', async () => {
    for (let n = 0; n < 120; n += 1) world.addPhone(`many${n}`, [], ASIA);
    world.view = 'forest';
    await world.sync();
    world.view = 'refused';
    const report = await world.sync();
    assert.match(report.problems?.[0]?.text ?? '', /^123 mailboxes of other domains/);
    assert.equal(report.readings[0]?.gaps?.mailboxes.length, 100);
  });
});
