/** What we took off a list, and readings still show: they began before, or a domain controller is behind. */
import assert from 'node:assert/strict';
import { OWN_CLOCK } from '../../../src/model/server-clock.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { counting, KILLED, KillSwitch } from '../kill-switch.ts';
import type { Killing } from '../kill-switch.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

const HOUR_MS = 3_600_000;

describe('an entry that we took off', () => {
  let world: SyncWorld;
  const id = easIdOf('anna');
  const listed = { allowed: [], blocked: [id] };
  const inAgain = { allowed: [id], blocked: [] };
  const onBoth = { allowed: [id], blocked: [id] };

  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
  });
  afterEach(() => world.close());

  const ours = async (): Promise<unknown[]> =>
    (await world.store.entries.list()).map(({ list, state }) => [list, state]);
  const remembered = async (): Promise<string[]> =>
    (await world.store.entries.takenOff(world.name)).map(({ list, easId }) => `${list} ${easId}`);
  /** What "Try it" says of the phone: what is decided, by which rule, on which list it is, and by whom. */
  const judged = async (): Promise<unknown[]> => {
    const { devices } = await world.tryDevice('anna@contoso.example');
    const { action, rule, listed: list, listedBy } = devices[0]!;
    return [action, rule, list, listedBy];
  };
  const told = (): unknown => {
    const { kind, news } = world.told.filter(({ news: { device } }) => device?.eas?.easId === id).at(-1)!;
    return [kind, news.problem?.code];
  };
  const nextTry = async (): Promise<void> => {
    await world.untilNextTry();
    await world.due();
  };
  const IN = ['allow', 'Managed and compliant', 'allowed', 'us'];
  const ADMIN = ['leave', "An administrator's entry", 'blocked', 'admin'];

  /** Anna is blocked, a full reading shows it, she enrolls and is let in. */
  const letIn = async (): Promise<object> => {
    await world.sync();
    await world.read('eas');
    const device = world.enroll('anna');
    await world.read('mdm');
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
    return device;
  };
  /** The same, and the next full reading is behind. */
  const letInBehind = async (): Promise<object> => {
    await world.sync();
    await world.read('eas');
    const device = world.enroll('anna');
    world.organization.fallBehind();
    await world.read('mdm');
    await world.read('eas');
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
    return device;
  };
  /** A quick reading brings the phone's record as it is now. */
  const readQuickly = async (): Promise<void> => {
    const { snapshots } = world.store;
    const { signal } = new AbortController();
    const startedAt = new Date(world.now()).toISOString();
    const reading = { id: `quick ${startedAt}`, source: 'eas', kind: 'quick', scope: world.name, startedAt } as const;
    await snapshots.begin(reading);
    for await (const { records } of world.exchange.easPages({ kind: 'full', pageSize: 2, signal }))
      await snapshots.putPage(
        reading,
        records.filter(({ easId }) => easId === id),
      );
    await snapshots.commit({ ...reading, clock: OWN_CLOCK });
    await world.match();
  };
  const turnsNoncompliant = async (device: object): Promise<void> => {
    Object.assign(device, { complianceState: 'noncompliant' });
    await world.read('mdm');
  };

  it('is not an administrator’s while the last full reading is from before: who turns noncompliant is blocked at once', async () => {
    const device = await letIn();
    assert.deepEqual([await judged(), await remembered()], [IN, [`blocked ${id}`]]);
    await turnsNoncompliant(device);
    assert.deepEqual([world.lists('anna'), await ours()], [listed, [['blocked', 'owned']]]);
  });

  it('is not an administrator’s in a full reading that is behind: who turns noncompliant is blocked once it has caught up', async () => {
    const device = await letInBehind();
    assert.deepEqual(await judged(), IN);
    await turnsNoncompliant(device);
    assert.deepEqual([world.lists('anna'), told()], [inAgain, ['attention', 'ERR_APPLY_FAILED']]);
    world.organization.catchUp();
    await nextTry();
    assert.deepEqual([world.lists('anna'), await ours()], [listed, [['blocked', 'owned']]]);
    assert.deepEqual(told(), ['blocked', undefined]);
  });

  it('is not an administrator’s in a bulk reading that is behind the mailbox’s own lists: who turns noncompliant is blocked at once', async () => {
    const device = await letInBehind();
    world.organization.catchUp();
    await turnsNoncompliant(device);
    assert.deepEqual([world.lists('anna'), await ours()], [listed, [['blocked', 'owned']]]);
  });

  it('writes nothing more for who stays compliant, however often a reading is behind', async () => {
    await letInBehind();
    for (const _ of [1, 2, 3]) await world.sync();
    world.organization.catchUp();
    await world.sync();
    assert.deepEqual([world.writes, world.lists('anna'), await judged()], [2, inAgain, IN]);
    assert.deepEqual([await world.waiting(), told()], [[], ['allowed', undefined]]);
  });

  it('is known to be off for a sync about all devices, too', async () => {
    world.matchesAll = true;
    const device = await letInBehind();
    world.organization.catchUp();
    await turnsNoncompliant(device);
    assert.deepEqual([world.lists('anna'), await ours()], [listed, [['blocked', 'owned']]]);
  });

  it('is told from a block that an administrator has made since: it is theirs from the first sync after a reading of it', async () => {
    const device = await letIn();
    world.setLists('anna', onBoth);
    await world.read('eas');
    assert.deepEqual([await judged(), await remembered()], [ADMIN, []]);
    await turnsNoncompliant(device);
    assert.deepEqual([world.lists('anna'), await ours(), world.writes], [onBoth, [['allowed', 'owned']], 2]);
  });

  it('is told from a block that an administrator has made since by a quick reading of it, too', async () => {
    const device = await letIn();
    world.setLists('anna', onBoth);
    await readQuickly();
    assert.deepEqual([await judged(), await remembered()], [ADMIN, []]);
    await turnsNoncompliant(device);
    assert.deepEqual([world.lists('anna'), world.writes], [onBoth, 2]);
  });

  it('is told from a block that an administrator has made since, also after a clock was set back', async () => {
    await letIn();
    world.letPass(-24 * HOUR_MS);
    world.setLists('anna', onBoth);
    await world.read('eas');
    assert.deepEqual([await judged(), await remembered()], [ADMIN, []]);
  });

  it('is told by a quick reading from what an administrator has made more than three hours after undo', async () => {
    await world.sync();
    await world.read('eas');
    world.enroll('anna');
    await world.readOnly('mdm');
    await world.undo();
    world.letPass(4 * HOUR_MS);
    world.setLists('anna', listed);
    await readQuickly();
    assert.deepEqual([await judged(), world.lists('anna'), await ours()], [ADMIN, listed, []]);
  });

  it('is told from a block that an administrator has made since, also before a reading shows it: nobody takes that off', async () => {
    const device = await letIn();
    world.setLists('anna', onBoth);
    await turnsNoncompliant(device);
    assert.deepEqual(world.lists('anna'), listed, 'our allowed entry went, which the block beats');
    Object.assign(device, { complianceState: 'compliant' });
    await world.sync();
    assert.deepEqual([world.lists('anna'), await judged()], [listed, ADMIN]);
  });

  it('is an administrator’s when a reading shows it that began more than three hours after it was taken off', async () => {
    await world.sync();
    await world.undo();
    world.setLists('anna', listed);
    world.letPass(3 * HOUR_MS);
    await world.read('eas');
    assert.deepEqual(await judged(), ADMIN);
    world.enroll('anna');
    await world.sync();
    assert.deepEqual([world.lists('anna'), await ours(), world.writes], [listed, [], 2]);
  });

  it('cannot be told from an administrator’s for three hours where nothing was written with it: nothing is changed', async () => {
    await world.sync();
    world.enroll('anna');
    await world.readOnly('mdm');
    await world.undo();
    world.setLists('anna', listed);
    await world.read('eas');
    assert.deepEqual([world.lists('anna'), told(), await ours()], [listed, ['attention', 'ERR_APPLY_FAILED'], []]);
    world.letPass(3 * HOUR_MS);
    await nextTry();
    assert.deepEqual([world.lists('anna'), await world.waiting(), world.writes], [listed, [], 2]);
  });

  it('does not pass for a block that stands: after undo the block is written once the lists have caught up', async () => {
    await world.sync();
    world.organization.fallBehind();
    await world.undo();
    await world.read('eas');
    assert.deepEqual([world.lists('anna').blocked, told()], [[], ['attention', 'ERR_APPLY_FAILED']]);
    world.organization.catchUp();
    await nextTry();
    assert.deepEqual(
      [world.lists('anna'), await ours(), told()],
      [listed, [['blocked', 'owned']], ['blocked', undefined]],
    );
  });

  it('is ours again once it was written again', async () => {
    const device = await letIn();
    await turnsNoncompliant(device);
    await world.read('eas');
    assert.deepEqual(await judged(), ['block', 'Managed but noncompliant', 'blocked', 'us']);
    Object.assign(device, { complianceState: 'compliant' });
    await world.read('mdm');
    assert.deepEqual([world.lists('anna'), await ours()], [inAgain, [['allowed', 'owned']]]);
    assert.deepEqual((await world.store.audit.recent()).map(({ what }) => what).slice(0, 4), [
      'allow',
      'block',
      'allow',
      'block',
    ]);
  });

  it('is taken for an administrator’s by nobody while only a simulation looks, which forgets nothing', async () => {
    await letIn();
    world.setLists('anna', onBoth);
    world.set({ mode: 'simulate' });
    await world.read('eas');
    assert.deepEqual(await remembered(), [`blocked ${id}`]);
  });

  it('stays remembered when the mailbox’s lists cannot be read', async () => {
    await letIn();
    world.setLists('anna', onBoth);
    world.unreadable = 1;
    await world.read('eas');
    assert.deepEqual([await judged(), await remembered()], [IN, [`blocked ${id}`]]);
    await world.read('eas');
    assert.deepEqual([await judged(), await remembered()], [ADMIN, []]);
  });
});

describe('a switch that is killed while it lets somebody in', () => {
  const id = easIdOf('anna');

  async function killed(at: number, how: Killing): Promise<KillSwitch> {
    const world = await SyncWorld.open({}, null, how.path);
    const rule = async (): Promise<string> => (await world.tryDevice('anna@contoso.example')).devices[0]!.rule;
    try {
      world.addPhone('anna');
      await world.sync();
      await world.read('eas');
      const device = world.enroll('anna');
      world.organization.fallBehind();
      const kill = new KillSwitch(at, how);
      world.kill = kill;
      await world.read('mdm').catch((error: unknown) => {
        if (!kill.isDead) throw error;
      });
      world.restart();
      await world.due();
      await world.sync();
      assert.deepEqual([at, await rule()], [at, 'Managed and compliant']);
      world.organization.catchUp();
      await world.untilNextTry();
      await world.due();
      assert.deepEqual(
        [at, world.lists('anna'), await rule()],
        [at, { allowed: [id], blocked: [] }, 'Managed and compliant'],
      );
      if (how.path !== undefined) {
        const other = await openStore({ engine: 'sqlite', path: how.path });
        const entries = await other.entries.takenOff(world.name);
        await other.close();
        assert.deepEqual(
          entries.map(({ list, easId }) => [list, easId]),
          [['blocked', id]],
          'in the file',
        );
      }
      Object.assign(device, { complianceState: 'noncompliant' });
      await world.read('mdm');
      assert.deepEqual([at, world.lists('anna')], [at, { allowed: [], blocked: [id] }]);
      assert.deepEqual([await world.waiting(), await world.store.entries.list({ unsettled: true })], [[], []]);
      return kill;
    } finally {
      await world.close();
    }
  }

  for (const [sentence, how] of KILLED)
    it(`${sentence}, never takes the block that it has taken off for an administrator’s`, async () => {
      const counted = await counting((file) => killed(Infinity, { ...how, ...file }));
      const step = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 1 : 9;
      for (const at of counted.points(step)) await killed(at, how);
    }).timeout(600_000);
});
