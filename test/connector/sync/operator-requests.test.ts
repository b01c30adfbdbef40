/** Plans that wait for a person, what becomes of them, and taking everything back. */
import assert from 'node:assert/strict';
import type { ErrorCode } from '../../../src/errors.ts';
import { isConnectorError } from '../../../src/errors.ts';
import { codes, easIdOf, SyncWorld, WAYS } from './sync-world.ts';

const NARROW = { brakeCount: 1, brakePercent: 0 };
const OTHERS = ['ADMINSOTHERPHONE1', 'ADMINSOTHERPHONE2'];

const withCode = (code: ErrorCode) => (error: unknown) => isConnectorError(error, code);

for (const [how, inMemory] of WAYS)
  describe(`a request to the access switch, its plan ${how}`, () => {
    let world: SyncWorld;

    beforeEach(async () => {
      world = await SyncWorld.open();
      world.keepInMemory(inMemory);
    });
    afterEach(() => world.close());

    describe('about a held plan', () => {
      it('approves it: the plan keeps its id while nothing new is in it, and nobody is told twice', async () => {
        for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
        world.set(NARROW);
        const { held, counts } = await world.sync();
        assert.deepEqual([held?.count, held?.reason.code, counts.held, world.writes], [3, 'ERR_BRAKE', 3, 0]);
        const [told, ...others] = world.news('attention');
        const { samples, ...plan } = told?.plan ?? assert.fail('no plan was told of');
        assert.deepEqual(
          [told?.device, told?.problem?.code, plan, others],
          [null, 'ERR_BRAKE', { id: held?.id, count: 3, byReason: { 'not-enrolled': 3 } }, []],
        );
        assert.deepEqual(
          samples.map(({ mailbox, action, reason }) => `${mailbox} ${action} ${reason}`).sort(),
          ['anna', 'ben', 'carla'].map((alias) => `${alias}@contoso.example block not-enrolled`),
        );
        const again = await world.sync();
        assert.deepEqual([again.held?.id, world.news('attention').length], [held?.id, 1]);
        const report = await world.approve(held?.id, 'Ida');
        assert.deepEqual(
          [report.sync, report.mode],
          [{ id: 'approve', kind: 'control', organization: 'exchange' }, 'enforce'],
        );
        assert.deepEqual([report.counts.blocked, world.writes, world.news('blocked').length], [3, 3, 3]);
        const entries = await world.store.audit.recent();
        assert.deepEqual(
          entries.map(({ who, what, approvedBy }) => [who, what, approvedBy]),
          [...Array.from({ length: 3 }, () => ['switch', 'block', 'Ida']), ['Ida', 'approve', 'Ida']],
        );
        const after = await world.sync();
        assert.deepEqual([after.held, after.counts.blocked, world.writes], [undefined, 0, 3]);
      });

      for (const [what, part] of [
        ['a mailbox, by its address', { mailbox: 'Ben@contoso.example' }],
        ['a device', { keys: ['ben'] }],
      ] as const) {
        it(`approves ${what}, and leaves the others held under the same plan`, async () => {
          for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
          world.set(NARROW);
          const { held } = await world.sync();
          const keyOf = async (alias: string): Promise<string> =>
            (await world.store.plans.changes(held!.id, { mailbox: `${alias}@contoso.example`, limit: 1 }))[0]!.key;
          const chosen = 'keys' in part ? { keys: [await keyOf('ben')] } : part;
          const report = await world.approve(held?.id, 'Ida', chosen);
          assert.deepEqual([report.counts.blocked, world.blocked('anna', 'ben', 'carla')], [1, ['ben']]);
          const left = await world.sync();
          assert.deepEqual([left.held?.id, left.held?.count, world.news('attention').length], [held?.id, 2, 1]);
          await assert.rejects(world.approve(held?.id, null, chosen), withCode('ERR_INPUT_INVALID'));
          await assert.rejects(world.approve(held?.id, null, { keys: [] }), withCode('ERR_INPUT_INVALID'));
          await world.approve(held?.id, 'Ida', { reason: 'not-enrolled' });
          assert.deepEqual(world.blocked('anna', 'ben', 'carla'), ['anna', 'ben', 'carla']);
          assert.deepEqual(await world.store.plans.list(), []);
        });
      }

      it('approves a part of a plan that a guard held, and believes the readings no more for that', async () => {
        const aliases = ['anna', 'ben', 'carla', 'dora'];
        for (const alias of aliases) world.addPhone(alias);
        const devices = aliases.map((alias) => world.enroll(alias));
        world.set({ brakePercent: 20, brakeCount: 10 });
        await world.sync();
        for (const device of devices.slice(0, 2)) world.unenroll(device);
        const { held } = await world.sync();
        await world.approve(held?.id, 'Ida', { mailbox: 'anna@contoso.example' });
        const after = await world.sync();
        assert.deepEqual(
          [world.blocked(...aliases), after.held?.reason.code, after.held?.count],
          [['anna'], 'ERR_SNAPSHOT_SHRUNKEN', 1],
        );
      });

      it('discards it: it cannot be approved any more', async () => {
        for (const alias of ['anna', 'ben']) world.addPhone(alias);
        world.set(NARROW);
        const { held } = await world.sync();
        await world.discard(held?.id);
        await assert.rejects(world.approve(held?.id), withCode('ERR_PLAN_UNKNOWN'));
        const [entry] = await world.store.audit.recent();
        assert.deepEqual([entry?.who, entry?.what, entry?.approvedBy, world.writes], ['switch', 'discard', null, 0]);
      });

      it('does not approve an older one once a sync has decided anew', async () => {
        for (const alias of ['anna', 'ben']) world.addPhone(alias);
        world.set(NARROW);
        const { held } = await world.sync();
        world.enroll('anna');
        const next = await world.sync();
        assert.deepEqual(
          [next.held, next.counts.devices],
          [undefined, 1],
          'of anna it has been decided since her reading',
        );
        await assert.rejects(world.approve(held?.id), withCode('ERR_PLAN_UNKNOWN'));
        assert.deepEqual([world.state('anna'), world.state('ben')], ['allowed', 'blocked']);
      });

      it('approves none in a simulation', async () => {
        for (const alias of ['anna', 'ben']) world.addPhone(alias);
        world.set(NARROW);
        const { held } = await world.sync();
        world.set({ ...NARROW, mode: 'simulate' });
        await assert.rejects(world.approve(held?.id), withCode('ERR_INPUT_INVALID'));
        world.set(NARROW);
        await world.approve(held?.id);
        assert.equal(world.writes, 2, 'it was still held');
      });

      it('says of one that another version wrote that it cannot read it, and leaves it held', async () => {
        const plan = { id: 'p', organization: 'exchange', at: '2026-06-01T08:00:00.000Z', reason: 'ERR_BRAKE' };
        const { plans } = world.store;
        await plans.stage({ ...plan, simulated: false });
        await plans.validate({ ...plan, plan: { ...plan, waves: [] } }, { held: ['shuts'], goes: [] });
        await assert.rejects(world.approve('p'), withCode('ERR_STORE_VERSION'));
        assert.deepEqual(
          (await world.store.plans.list()).map(({ id }) => id),
          ['p'],
        );
        world.addPhone('anna');
        await world.sync();
        assert.deepEqual(await world.store.plans.list(), [], 'the next sync replaces it');
      });

      it('takes a shrunken MDM list as the measure once approved', async () => {
        const aliases = ['anna', 'ben', 'carla', 'dora'];
        for (const alias of aliases) world.addPhone(alias);
        const devices = aliases.map((alias) => world.enroll(alias));
        world.set({ brakePercent: 20, brakeCount: 10 });
        await world.sync();
        for (const device of devices.slice(0, 2)) world.unenroll(device);
        const { held, problems } = await world.sync();
        assert.deepEqual(
          [problems?.map(({ code }) => code), held?.count, world.writes],
          [['ERR_SNAPSHOT_SHRUNKEN'], 2, 0],
        );
        const still = await world.sync();
        assert.equal(still.held?.id, held?.id, 'a second reading does not make it good');
        await world.approve(held?.id);
        assert.deepEqual(world.blocked(...aliases), ['anna', 'ben']);
        const after = await world.sync();
        assert.deepEqual([after.problems, after.held, world.writes], [undefined, undefined, 2]);
      });

      it('takes for the measure what was told, not what a dry run has read since', async () => {
        const aliases = ['anna', 'ben', 'carla', 'dora'];
        for (const alias of aliases) world.addPhone(alias);
        const devices = aliases.map((alias) => world.enroll(alias));
        world.set({ brakePercent: 20, brakeCount: 10 });
        await world.sync();
        for (const device of devices.slice(0, 2)) world.unenroll(device);
        const { held } = await world.sync();
        for (const device of devices.slice(2)) world.unenroll(device);
        await world.read('mdm', { dryRun: true });
        await world.approve(held?.id);
        assert.equal(world.writes, 2);
        const after = await world.sync();
        assert.deepEqual([after.held?.reason.code, after.held?.count, world.writes], ['ERR_SNAPSHOT_SHRUNKEN', 2, 2]);
      });

      it('takes the readings of the moment for a plan that an older version held without them', async () => {
        const devices = ['anna', 'ben'].map((alias) => (world.addPhone(alias), world.enroll(alias)));
        world.set({ brakePercent: 20, brakeCount: 10 });
        await world.sync();
        for (const device of devices) world.unenroll(device);
        const { held } = await world.sync();
        const { plans } = world.store;
        const { doubted: _, ...older } = (await plans.held(held!.id))!.plan as Record<string, never>;
        await plans.update(held!.id, older);
        await world.approve(held?.id);
        assert.deepEqual((await world.sync()).problems, undefined);
      });

      it('does not block a phone that has become compliant since', async () => {
        world.addPhone('anna');
        const device = world.enroll('anna');
        world.organization.setCompliance(device.id, 'noncompliant');
        world.set({ brakeCount: 0, brakePercent: 0 });
        const { held } = await world.sync();
        assert.equal(held?.count, 1);
        world.organization.setCompliance(device.id, 'compliant');
        await world.approve(held?.id);
        assert.deepEqual([world.writes, world.state('anna')], [0, 'allowed']);
      });
    });

    describe('to undo', () => {
      it('gives the lists back exactly, in a simulation and with wrong rules too, and forgets when it began', async () => {
        for (const alias of ['anna', 'ben']) world.addPhone(alias);
        world.organization.defaultAccessLevel = 'Quarantine';
        world.enroll('ben');
        world.setLists('anna', { allowed: OTHERS, blocked: [OTHERS[0]!] });
        const before = [world.lists('anna'), world.lists('ben')];
        await world.sync();
        assert.deepEqual(world.lists('ben').allowed, [easIdOf('ben')]);
        assert.deepEqual(world.lists('anna').blocked, [OTHERS[0], easIdOf('anna')]);
        await world.store.settings.set('access.switchedOn.exchange', '2026-06-01T08:00:00.000Z');
        const rules = [
          { name: '', when: [{ field: 'group', in: ['nobody@contoso.example'] }], action: 'block' },
        ] as const;
        world.set({ mode: 'simulate', rules });
        const { report, entries } = await world.undo('Ida');
        assert.deepEqual([world.lists('anna'), world.lists('ben')], before);
        assert.deepEqual([entries, report.counts.released, report.counts.waiting], [2, 2, 0]);
        const { settings, audit } = world.store;
        assert.deepEqual(
          [await world.store.entries.list(), await settings.get('access.switchedOn.exchange')],
          [[], null],
        );
        assert.deepEqual(
          (await audit.recent({ limit: 2 })).map(({ what, approvedBy }) => [what, approvedBy]),
          [
            ['undo', 'Ida'],
            ['undo', 'Ida'],
          ],
        );
      });

      it('drops what waits and what is held, so that it does not come back by itself', async () => {
        for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
        world.failures.push('refused', 'refused', 'refused');
        await world.sync();
        world.set(NARROW);
        await world.sync();
        assert.equal((await world.store.plans.list()).length, 1);
        await world.undo();
        assert.deepEqual([await world.waiting(), await world.store.plans.list(), await world.retry()], [[], [], null]);
      });

      it('waits in the outbox where Exchange fails, and is retried in a simulation', async () => {
        world.addPhone('anna');
        await world.sync();
        world.set({ mode: 'simulate' });
        world.failures.push('refused');
        const { report } = await world.undo();
        assert.deepEqual([report.counts.failed, report.counts.waiting], [1, 1]);
        const again = await world.retry();
        assert.deepEqual([again?.counts.released, world.lists('anna').blocked], [1, []]);
      });
    });

    describe('to try again', () => {
      it('applies what failed, and tells how often it was tried', async () => {
        world.addPhone('anna');
        world.failures.push('refused');
        const { counts } = await world.sync();
        assert.deepEqual([counts.failed, counts.blocked, counts.waiting], [1, 0, 1]);
        assert.deepEqual(codes(world.news('attention')), ['anna: ERR_EXCHANGE_CMDLET']);
        assert.equal(world.news('attention')[0]?.change?.attempts, 1);
        assert.deepEqual(world.lists('anna').blocked, []);
        const report = await world.retry();
        assert.deepEqual([report?.counts.blocked, report?.counts.waiting], [1, 0]);
        const [news] = world.news('blocked');
        assert.deepEqual([news?.change?.applied, news?.change?.attempts], [true, 2]);
      });

      it('does nothing where nothing waits', async () => {
        assert.deepEqual([await world.retry(), await world.due()], [null, null]);
      });

      it('drops a block that failed when its user has enrolled since', async () => {
        world.addPhone('anna');
        world.failures.push('refused');
        await world.sync();
        world.enroll('anna');
        await world.sync();
        await world.retry();
        assert.deepEqual([world.writes, world.state('anna')], [0, 'allowed']);
      });

      it('does not make up for a block that is older than an MDM reading may be', async () => {
        world.addPhone('anna');
        world.failures.push('refused');
        await world.sync();
        world.letPass(27 * 3_600_000);
        assert.deepEqual([await world.retry(), world.writes, await world.waiting()], [null, 0, [['later', 1]]]);
      });

      it('goes by the age that the last match had, after a restart too', async () => {
        world.addPhone('anna');
        world.set({}, { maxAgeHours: 72 });
        world.failures.push('refused');
        await world.sync();
        world.restart();
        world.letPass(27 * 3_600_000);
        assert.equal((await world.retry())?.counts.blocked, 1);
      });

      it('never writes twice when the answer to a write was lost', async () => {
        for (const alias of ['anna', 'ben']) world.addPhone(alias);
        world.failures.push('lost-after', 'lost-before');
        await world.sync();
        await world.retry();
        const { entries } = world.store;
        assert.deepEqual(
          [world.writes, world.blocked('anna', 'ben'), (await entries.list()).map(({ state }) => state)],
          [2, ['anna', 'ben'], ['owned', 'owned']],
        );
        const again = await world.sync();
        assert.deepEqual([again.counts.blocked, world.writes, await world.waiting()], [0, 2, []]);
      });

      it('finishes what a crash cut off while it was handed to Exchange', async () => {
        world.addPhone('anna');
        world.failures.push('refused');
        await world.sync();
        const [{ key } = { key: '' }] = await world.store.outbox.list();
        await world.store.outbox.update(key, { state: 'reserved' });
        world.restart();
        await world.untilNextTry();
        await world.sync();
        assert.deepEqual([world.blocked('anna'), await world.waiting()], [['anna'], []]);
      });
    });
  });
