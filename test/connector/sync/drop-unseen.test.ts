/** What waits in the outbox for phones that Exchange has no more. */
import assert from 'node:assert/strict';
import { easIdOf, SyncWorld } from './sync-world.ts';

const DAY = 86_400_000;

for (const [how, matchesAll] of [
  ['a sync about all devices', true],
  ['a sync about what was touched', false],
] as const)
  describe(`a change that waits for a phone, after ${how}`, () => {
    let world: SyncWorld;
    beforeEach(async () => {
      world = await SyncWorld.open();
      world.matchesAll = matchesAll;
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
    });
    afterEach(() => world.close());

    const mailboxOf = (alias: string) => world.organization.mailboxByAddress(`${alias}@contoso.example`)!;
    const remove = (alias: string): void =>
      world.organization.removePartnership(world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))!);
    const waiting = async (): Promise<string[]> =>
      (await world.store.outbox.list())
        .map(({ key, state }) => `${key.split(':').at(-1)?.slice(3, 7)} ${state}`)
        .sort();

    for (const [what, go] of [
      ['the account was removed from the phone', () => remove('anna')],
      ['the mailbox is gone', () => world.organization.removeMailbox(mailboxOf('anna'))],
    ] as const)
      it(`is dropped if it is a block and ${what}: nobody is blocked or mailed for it later`, async () => {
        world.failures.push('refused', 'refused');
        await world.sync();
        assert.deepEqual(await waiting(), ['anna later', 'ben0 later']);
        go();
        await world.sync();
        assert.deepEqual(await waiting(), ['ben0 later']);
        await world.untilNextTry();
        await world.due();
        assert.deepEqual([world.blocked('anna', 'ben'), world.news('blocked').length], [['ben'], 1]);
      });

    it('is kept if it lets somebody in, as long as it is tried', async () => {
      await world.sync();
      world.enroll('anna');
      world.failures.push('refused');
      await world.sync();
      remove('anna');
      await world.sync();
      assert.deepEqual(await waiting(), ['anna later']);
      await world.untilNextTry();
      await world.due();
      assert.deepEqual([await waiting(), world.lists('anna').blocked], [[], []]);
    });

    it('is dropped if it was to let somebody in, has been given up after a week, and Exchange has the phone no more', async () => {
      await world.sync();
      for (const alias of ['anna', 'ben']) world.enroll(alias);
      for (const alias of ['anna', 'ben']) world.refused.add(mailboxOf(alias).guid.toLowerCase());
      await world.sync();
      for (let days = 0; days < 9; days += 1) {
        world.letPass(DAY);
        await world.retry();
      }
      assert.deepEqual(await waiting(), ['anna attention', 'ben0 attention']);
      world.organization.removeMailbox(mailboxOf('anna'));
      await world.read('eas');
      assert.deepEqual(await waiting(), ['ben0 later']);
    });

    it('is dropped if undo asked for it, the mailbox is gone and it was given up, and says before that nothing is left to do', async () => {
      await world.sync();
      const { guid } = mailboxOf('anna');
      world.organization.removeMailbox(mailboxOf('anna'));
      await world.undo();
      assert.deepEqual(await waiting(), ['anna later']);
      assert.deepEqual(world.told.find(({ kind }) => kind === 'attention')?.news.problem, {
        code: 'ERR_EXCHANGE_CMDLET',
        text:
          `The operation couldn't be performed because object '${guid}' couldn't be found on 'DC1.contoso.example'. ` +
          'Exchange refused the cmdlet. See the text. A mailbox that was deleted needs nothing: ' +
          'what waits for it is given up after a week. Else check the management role of the account.',
      });
      for (let days = 0; days < 9; days += 1) {
        world.letPass(DAY);
        await world.retry();
      }
      assert.deepEqual(await waiting(), ['anna attention']);
      await world.read('eas');
      assert.deepEqual(await waiting(), []);
    });
  });
