/** Our entries of devices that Exchange has no more. */
import assert from 'node:assert/strict';
import { ConnectorError } from '../../../src/errors.ts';
import { codes, easIdOf, SyncWorld } from './sync-world.ts';

const DAY = 86_400_000;

describe('an entry of ours that blocks a device which Exchange has no more', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    world.set({ tidyDays: 30 });
    world.matchesAll = true;
    world.addPhone('anna');
    world.addPhone('ben');
    await world.sync();
  });
  afterEach(() => world.close());

  const remove = (alias: string): void => {
    const partnership = world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias));
    world.organization.removePartnership(partnership!);
  };
  const isListed = (alias: string): boolean => world.lists(alias).blocked.length > 0;

  it('is taken off after the days, and no other', async () => {
    remove('anna');
    await world.sync();
    world.letPass(29 * DAY);
    assert.equal((await world.sync()).counts.released, 0);
    world.letPass(DAY);
    await world.sync();
    assert.deepEqual([isListed('anna'), isListed('ben')], [false, true]);
    assert.deepEqual(codes(world.news('allowed')), ['-: partnership-gone']);
    assert.deepEqual(
      (await world.store.entries.list({ organization: 'exchange' })).map(({ easId }) => easId),
      [easIdOf('ben')],
    );
    const [audit] = await world.store.audit.recent();
    assert.deepEqual([audit?.what, audit?.rule, audit?.reason], ['release', 'Tidying', 'partnership-gone']);
    const { writes } = world;
    world.letPass(40 * DAY);
    await world.sync();
    assert.equal(world.writes, writes);
  });

  it('counts its days by a row, whatever restarts', async () => {
    remove('anna');
    await world.sync();
    world.restart();
    world.letPass(30 * DAY + 1);
    await world.sync();
    assert.equal(isListed('anna'), false);
  });

  it('has its days begin anew when the device was seen in between', async () => {
    remove('anna');
    await world.sync();
    world.letPass(29 * DAY);
    world.syncPhone('anna');
    await world.sync();
    remove('anna');
    await world.sync();
    world.letPass(2 * DAY);
    await world.sync();
    assert.equal(isListed('anna'), true);
    world.letPass(29 * DAY);
    await world.sync();
    assert.equal(isListed('anna'), false);
  });

  it('stays with 0 days, in a simulation and in a dry run', async () => {
    remove('anna');
    await world.sync();
    world.letPass(90 * DAY);
    await world.sync({ dryRun: true });
    world.set({ tidyDays: 30, mode: 'simulate' });
    await world.sync();
    world.set({ tidyDays: 0 });
    await world.sync();
    assert.equal(isListed('anna'), true);
  });

  it('stays where the device is only missing in the reading, as in one of some mailboxes', async () => {
    const readWithoutAnna = async (): Promise<void> => {
      const startedAt = new Date(world.now()).toISOString();
      const reading = {
        id: `without ${startedAt}`,
        source: 'eas',
        kind: 'full',
        scope: 'exchange',
        startedAt,
      } as const;
      await world.store.snapshots.begin(reading);
      const { signal } = new AbortController();
      for await (const { records } of world.exchange.easPages({ kind: 'full', pageSize: 9, signal }))
        await world.store.snapshots.putPage(
          reading,
          records.filter(({ easId }) => easId !== easIdOf('anna')),
        );
      await world.store.snapshots.commit(reading);
      await world.match();
    };
    await readWithoutAnna();
    world.letPass(31 * DAY);
    await readWithoutAnna();
    assert.equal((await world.store.missed.since('exchange', '2026-07-30', 9)).length, 1);
    assert.deepEqual([isListed('anna'), await world.waiting()], [true, []]);
  });

  it('stays while Exchange cannot be asked, or the mailbox is no more', async () => {
    remove('anna');
    await world.sync();
    world.letPass(31 * DAY);
    world.unreadable = 1;
    await world.match();
    assert.equal(isListed('anna'), true);
    assert.deepEqual(await world.waiting(), []);
    await world.match();
    assert.equal(isListed('anna'), false);
  });

  it('stays after a sync that lost a page, and is not missed by it', async () => {
    remove('anna');
    for (const alias of ['carla', 'dora', 'emil']) world.addPhone(alias);
    await world.readOnly('eas');
    await assert.rejects(world.match({ losesFirst: true }), ConnectorError);
    assert.deepEqual(await world.store.missed.since('exchange', '2027-01-01', 9), []);
  });
});
