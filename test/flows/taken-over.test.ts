/** A phone that stands blocked by an entry of which the store knows nothing, as after a backup was restored. */
import assert from 'node:assert/strict';
import { linkIn } from '../../src/lab/phones.ts';
import { easIdOf, SwitchWorld } from '../support/access-switch-world.ts';

describe('an entry that is taken over', function () {
  this.timeout(30_000);
  let world: SwitchWorld;
  beforeEach(async () => {
    world = await SwitchWorld.open();
  });
  afterEach(() => world.close());

  it('has its user mailed once, with a link, and is taken off when he has enrolled', async () => {
    const { organization } = world.lab;
    world.addPhone('ben');
    world.setLists('ben', { blocked: [easIdOf('ben')] });
    const mailing = { notifier: { disabled: false }, link: { disabled: false } };
    const inbox = () => organization.inbox('ben@contoso.example');
    await world.start({ adoptEntries: true }, mailing);
    await world.sync();
    await world.flow.until(() => inbox().length > 0, 'he is mailed');
    await world.sync();
    assert.deepEqual([inbox().length, linkIn(inbox()[0]!.text) !== null, world.writes], [1, true, 0]);
    assert.equal(world.state('ben'), 'blocked');

    world.enroll('ben');
    await world.sync();
    assert.deepEqual(world.lists('ben'), { allowed: [easIdOf('ben')], blocked: [] });
  });
});
