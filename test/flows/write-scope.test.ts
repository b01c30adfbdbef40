/** Mailboxes that the account may read and not change, as those in an exclusive scope of others. */
import assert from 'node:assert/strict';
import { codes, SwitchWorld } from '../support/access-switch-world.ts';

describe('mailboxes out of the write scope of the account', function () {
  this.timeout(60_000);
  let world: SwitchWorld;
  beforeEach(async () => {
    world = await SwitchWorld.open();
  });
  afterEach(() => world.close());

  const states = (...aliases: readonly string[]): unknown[] => aliases.map((alias) => world.state(alias));
  const guidOf = (alias: string): string => world.lab.organization.mailboxByAddress(`${alias}@contoso.example`)!.guid;

  it('are told of with Exchange’s words, hold up nobody, are approved once, and are blocked when they may be', async () => {
    const { outOfScope } = world.lab.organization;
    for (const alias of ['anna', 'ben', 'carla', 'dora']) world.addPhone(alias);
    for (const alias of ['anna', 'ben', 'carla']) outOfScope.add(guidOf(alias));
    await world.start({ mode: 'enforce', brakeCount: 3, brakePercent: 0 });
    const { held } = await world.sync();
    await world.control('approve', held?.id);
    assert.deepEqual(states('anna', 'ben', 'carla', 'dora'), ['allowed', 'allowed', 'allowed', 'blocked']);
    assert.deepEqual(codes(world.news('attention').slice(1)), [
      'anna: ERR_EXCHANGE_CMDLET',
      'ben: ERR_EXCHANGE_CMDLET',
      'carla: ERR_EXCHANGE_CMDLET',
    ]);
    assert.match(
      world.news('attention')[1]?.problem?.text ?? '',
      /^Set-CASMailbox failed: The operation on mailbox "contoso\.example\/Users\/User \w+" failed because it's out of the current user's write scope\. /,
    );

    world.addPhone('emil');
    const next = await world.sync();
    assert.deepEqual(
      [next.held, next.counts.blocked, next.counts.failed, next.counts.waiting, states('emil')],
      [undefined, 1, 0, 3, ['blocked']],
    );
    assert.equal(world.flow.statuses('switch').at(-1)?.fill, 'yellow');

    outOfScope.clear();
    await world.control('retry');
    assert.deepEqual(states('anna', 'ben', 'carla'), ['blocked', 'blocked', 'blocked']);
    assert.deepEqual(await (await world.store).outbox.list(), []);
  });
});
