/** What the brake counts, and what it counts apart: mailboxes, and those of devices first seen within a day for themselves. */
import assert from 'node:assert/strict';
import { SyncWorld, WAYS } from './sync-world.ts';

const HOUR_MS = 3_600_000;
const OLD = ['anna', 'ben', 'carla'];
const NEW = ['dora', 'emil', 'frida'];

for (const [how, inMemory] of WAYS) {
  describe(`the brake over a plan ${how}`, () => {
    let world: SyncWorld;
    beforeEach(async () => {
      world = await SyncWorld.open();
      world.keepInMemory(inMemory);
      world.set({ brakePercent: 0, brakeCount: 2, brakePerDay: 100 });
    });
    afterEach(() => world.close());

    const addOld = (...aliases: readonly string[]): void => {
      for (const alias of aliases) {
        world.addPhone(alias);
        world.setFirstSync(alias, world.now() - 240 * HOUR_MS);
      }
    };
    const addNew = (...aliases: readonly string[]): void => {
      for (const alias of aliases) world.addPhone(alias);
    };
    const blocked = (): string[] => world.blocked(...OLD, ...NEW);

    it('holds new phones of too many users on one day, and blocks the others meanwhile', async () => {
      addOld('anna', 'ben');
      addNew(...NEW);
      const { held } = await world.sync();
      assert.deepEqual([blocked(), held?.count], [['anna', 'ben'], 3]);
      assert.equal(
        held?.reason.text,
        '3 mailboxes would lose access for devices first seen within a day; the brake allows 2 of 5.',
      );
      // They stay what they were held as, and hold nobody else a day later either.
      world.letPass(30 * HOUR_MS);
      addOld('carla');
      const later = await world.sync();
      assert.deepEqual([blocked(), later.held?.id, later.held?.count], [OLD, held?.id, 3]);
      await world.approve(held?.id);
      assert.deepEqual(blocked(), [...OLD, ...NEW]);
      const day = new Date(world.now() - 48 * HOUR_MS).toISOString();
      assert.deepEqual([...(await world.store.lowered.since('exchange', day))], [['known', 3]]);
    });

    it('holds known phones of too many users, and blocks new ones meanwhile', async () => {
      addOld(...OLD);
      addNew('dora', 'emil');
      const { held } = await world.sync();
      assert.deepEqual([blocked(), held?.count], [['dora', 'emil'], 3]);
      assert.equal(held?.reason.text, '3 mailboxes would lose access; the brake allows 2 of 5.');
    });

    it('takes a phone that we have known for longer for a known one, though its account was made anew', async () => {
      addOld(...OLD);
      for (const alias of OLD) world.enroll(alias);
      await world.sync();
      world.letPass(48 * HOUR_MS);
      for (const alias of OLD) world.setFirstSync(alias, world.now());
      for (const { id } of world.organization.managedDevices.values())
        world.organization.setCompliance(id, 'noncompliant');
      const { held } = await world.sync();
      assert.equal(held?.reason.text, '3 mailboxes would lose access; the brake allows 2 of 3.');
    });

    it('counts a mailbox once: many invented devices of one user hold nobody’s blocks, and are named', async () => {
      addOld('anna');
      world.addPhone('dora');
      world.enroll('dora');
      await world.sync();
      for (let n = 0; n < 50; n += 1) world.addDevice('dora', `INVENTED${n}`, 'android');
      addNew('emil');
      const { held, counts, manyNew } = await world.sync();
      assert.deepEqual([held, counts.blocked], [undefined, 51]);
      assert.deepEqual([blocked(), world.state('dora')], [['anna', 'emil'], 'allowed'], 'her enrolled phone stays');
      assert.deepEqual(manyNew, {
        count: 1,
        examples: [{ mailbox: 'dora@contoso.example', devices: 51 }],
        text: 'Mailboxes with more than 3 devices first seen within a day: 1. Is it one person, and are these phones?',
      });
    });

    it('names no mailbox with three new devices, and none whose devices are new no more', async () => {
      addNew('dora', 'emil');
      for (const n of [1, 2]) world.addDevice('dora', `DEVICE${n}`);
      assert.equal((await world.sync()).manyNew, undefined);
      for (const n of [1, 2, 3]) world.addDevice('emil', `DEVICE${n}`);
      assert.deepEqual((await world.sync()).manyNew?.examples, [{ mailbox: 'emil@contoso.example', devices: 4 }]);
      world.letPass(25 * HOUR_MS);
      assert.equal((await world.sync()).manyNew, undefined);
    });

    it('goes by the share of mailboxes with devices, whichever devices a sync is about', async () => {
      world.set({ brakePercent: 50, brakeCount: 0, brakePerDay: 100 });
      addOld(...OLD);
      for (const n of [1, 2, 3, 4]) world.addDevice('anna', `DEVICE${n}`);
      const { held } = await world.sync();
      assert.deepEqual(
        [held?.count, held?.reason.text],
        [3, '3 mailboxes would lose access; the brake allows 1 of 3.'],
      );
      assert.equal(await world.store.devices.mailboxes('exchange'), 3);
      addOld('dora');
      const some = await world.sync();
      assert.equal(some.sync.scope, 'changes');
      assert.equal(some.held?.reason.text, '4 mailboxes would lose access; the brake allows 2 of 4.');
      const { partnerships } = world.organization.mailboxByAddress('dora@contoso.example')!;
      for (const partnership of partnerships.slice()) world.organization.removePartnership(partnership);
      await world.sync();
      assert.equal(await world.store.devices.mailboxes('exchange'), 3);
      assert.equal(await world.store.devices.recount('exchange'), false);
    });

    it('counts what is left of a plan of which some was approved', async () => {
      addOld(...OLD, 'gero');
      const { held } = await world.sync();
      await world.approve(held?.id, 'Ida', { mailbox: 'gero@contoso.example' });
      addOld('hugo');
      const later = await world.sync();
      assert.equal(later.held?.reason.text, '4 mailboxes would lose access; the brake allows 2 of 5.');
      await world.approve(later.held?.id, 'Ida', { mailbox: 'hugo@contoso.example' });
      addOld('ida');
      const end = await world.sync();
      assert.equal(end.held?.reason.text, '4 mailboxes would lose access; the brake allows 2 of 6.');
    });
  });
}
