/** What waits about devices that Exchange has no more. */
import assert from 'node:assert/strict';
import { easIdOf, SyncWorld } from './sync-world.ts';

describe('a change that waits for its next try', () => {
  let world: SyncWorld;

  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
    world.failures.push('refused');
    await world.sync();
    assert.deepEqual(await world.waiting(), [['later', 1]]);
  });
  afterEach(() => world.close());

  const removeAccount = (): void =>
    world.organization.removePartnership(world.organization.partnership('anna@contoso.example', easIdOf('anna'))!);

  it('is dropped once Exchange has its device no more, and made when the device comes back', async () => {
    removeAccount();
    const { counts } = await world.sync();
    assert.deepEqual([await world.waiting(), counts.waiting, world.writes], [[], 0, 0]);
    world.syncPhone('anna');
    await world.sync();
    assert.deepEqual([world.state('anna'), await world.waiting(), world.writes], ['blocked', [], 1]);
  });

  it('is dropped once its mailbox is deleted, also when it needs a person', async () => {
    const [row] = await world.store.outbox.list();
    await world.store.outbox.update(row!.key, { state: 'attention' });
    world.organization.removeMailbox(world.organization.mailboxByAddress('anna@contoso.example')!);
    await world.sync();
    assert.deepEqual(await world.waiting(), []);
  });

  it('stays after a quick reading: what that lacks has not changed', async () => {
    removeAccount();
    world.kind = 'quick';
    await world.sync();
    assert.deepEqual(await world.waiting(), [['later', 1]]);
  });

  it('stays if it takes back what we wrote', async () => {
    await world.untilNextTry();
    await world.due();
    assert.equal(world.state('anna'), 'blocked');
    removeAccount();
    world.failures.push('refused');
    await world.undo();
    await world.read('eas');
    assert.deepEqual(await world.waiting(), [['later', 1]]);
    await world.untilNextTry();
    await world.due();
    assert.deepEqual([world.lists('anna'), await world.waiting()], [{ allowed: [], blocked: [] }, []]);
  });
});
