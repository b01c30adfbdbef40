/** A person has the partnership of one device removed: once, as a row before it is tried, and only where it is switched on. */
import assert from 'node:assert/strict';
import { removeByHand } from '../../../src/connector/sync/remove-by-hand.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import { counting, KILLED, KillSwitch } from '../kill-switch.ts';
import type { Killing } from '../kill-switch.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

/** On PostgreSQL, whose every answer takes a millisecond, some of the points are tried. */
const STEP = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 1 : 7;

const isThere = (world: SyncWorld, alias: string): boolean =>
  world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias)) !== null;

const keyOf = (world: SyncWorld, alias: string): string =>
  easRecordKey('exchange', world.organization.mailboxByAddress(`${alias}@contoso.example`)!.guid, easIdOf(alias));

/** Anna's and Ben's phones are blocked, Carla's is managed and allowed. */
async function open(path?: string): Promise<SyncWorld> {
  const world = await SyncWorld.open({}, null, path);
  for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
  world.enroll('carla');
  world.set({ removeByHand: true });
  await world.sync();
  await world.sync();
  world.told.length = 0;
  return world;
}

const remove = (world: SyncWorld, alias: string, by: string | null = 'ida') =>
  removeByHand(world.parts, { key: keyOf(world, alias), mailbox: null, easId: null, note: 'lost in a taxi', by });

async function audited(world: SyncWorld): Promise<unknown[]> {
  const entries = await world.store.audit.recent({ limit: 1000 });
  return entries
    .filter(({ what }) => what.includes('remove'))
    .map(({ what, who, approvedBy, reason, evidence }) => [what, who, approvedBy, reason, evidence[0]])
    .reverse();
}

const SAID = 'ida has asked for the removal of the partnership: “lost in a taxi”.';
const ONCE = [
  ['ask-remove', 'ida', null, 'partnership-by-hand', SAID],
  ['remove', 'switch', 'ida', 'partnership-by-hand', SAID],
];

describe('a partnership that a person has removed', () => {
  let world: SyncWorld;
  beforeEach(async () => void (world = await open()));
  afterEach(() => world.close());

  it('goes at once, whatever the rules, the MDM or an exemption say of its device, and is audited with who and why', async () => {
    const { counts, sync } = await remove(world, 'carla');
    assert.deepEqual([sync.id, counts.removed, isThere(world, 'carla')], ['remove', 1, false]);
    assert.deepEqual(await audited(world), ONCE);
    assert.deepEqual([world.told, await world.waiting()], [[], []]);
    await world.sync();
    assert.equal(world.removals.length, 1);
  });

  it('leaves our entry on the list, and no other device is touched', async () => {
    await remove(world, 'anna');
    assert.deepEqual(
      [isThere(world, 'anna'), isThere(world, 'ben'), world.lists('anna').blocked],
      [false, true, [easIdOf('anna')]],
    );
  });

  it('is named by mailbox and EAS ID as well', async () => {
    const named = { key: null, mailbox: 'anna@contoso.example', easId: easIdOf('anna'), note: null, by: null };
    await removeByHand(world.parts, named);
    assert.equal(isThere(world, 'anna'), false);
    assert.deepEqual(
      (await audited(world)).map((entry) => (entry as unknown[]).slice(0, 3)),
      [
        ['ask-remove', 'control message', null],
        ['remove', 'switch', 'control message'],
      ],
    );
  });

  /*
   *   mode      switched on   device              refused with
   */
  for (const [sentence, settings, alias, seen] of [
    ['where it is switched off', { removeByHand: false }, 'anna', /switched off in the access switch/],
    ['in a simulation', { mode: 'simulate', removeByHand: true }, 'anna', /removed in "Enforce" only/],
    ['that Exchange does not have', { removeByHand: true }, 'nobody', /has no such device/],
  ] as const)
    it(`is refused ${sentence}, and nothing is asked for`, async () => {
      world.set(settings);
      const key = alias === 'nobody' ? 'eas:exchange:none:none' : keyOf(world, alias);
      await assert.rejects(
        removeByHand(world.parts, { key, mailbox: null, easId: null, note: null, by: 'ida' }),
        (error: Error & { code: string }) => error.code === 'ERR_INPUT_INVALID' && seen.test(error.message),
      );
      assert.deepEqual([await audited(world), world.removals, await world.waiting()], [[], [], []]);
    });

  it('is tried again when Exchange refuses, though a sync about the device comes between', async () => {
    world.removalFailures.push('refused');
    assert.equal((await remove(world, 'anna')).counts.failed, 1);
    assert.deepEqual(await world.waiting(), [['later', 1]]);
    world.matchesAll = true;
    await world.sync();
    assert.deepEqual(await world.waiting(), [['later', 1]]);
    await world.untilNextTry();
    await world.due();
    assert.deepEqual([isThere(world, 'anna'), await audited(world), await world.waiting()], [false, ONCE, []]);
  });

  it('gives way to what a later sync wants of its device', async () => {
    world.removalFailures.push('refused');
    await remove(world, 'anna');
    world.enroll('anna');
    await world.sync();
    assert.deepEqual([isThere(world, 'anna'), world.lists('anna').blocked, await world.waiting()], [true, [], []]);
  });

  for (const failure of ['lost-before', 'lost-after', 'lost-and-blind'] as const)
    it(`is looked for when the answer is ${failure}, and removed and audited once`, async () => {
      world.removalFailures.push(failure);
      await remove(world, 'anna');
      await world.untilNextTry();
      await world.due();
      assert.deepEqual([isThere(world, 'anna'), await audited(world), await world.waiting()], [false, ONCE, []]);
      assert.equal(world.removals.length, failure === 'lost-before' ? 2 : 1);
    });

  it('is done when it is gone already, and asks Exchange for nothing', async () => {
    world.organization.removePartnership(world.organization.partnership('anna@contoso.example', easIdOf('anna'))!);
    await remove(world, 'anna');
    assert.deepEqual([world.removals, await audited(world), await world.waiting()], [[], ONCE.slice(0, 1), []]);
  });
});

describe('a switch that is killed while a person has a partnership removed', () => {
  async function killed(at: number, how: Killing): Promise<KillSwitch> {
    const world = await open(how.path);
    try {
      const kill = new KillSwitch(at, how);
      world.kill = kill;
      await remove(world, 'anna').catch((error: unknown) => {
        if (!kill.isDead) throw error;
      });
      world.restart();
      const isKept = (await audited(world)).length > 0;
      await world.due();
      await world.untilNextTry();
      await world.due();
      const found = { at, audit: await audited(world), there: isThere(world, 'anna') };
      // Before the row there is nothing that could be done: who asked has seen an error.
      assert.deepEqual(found, { at, audit: isKept ? ONCE : [], there: !isKept });
      assert.deepEqual([world.removals.length, await world.waiting()], [isKept ? 1 : 0, []], `killed at ${at}`);
      return kill;
    } finally {
      await world.close();
    }
  }

  for (const [sentence, how] of KILLED)
    it(`${sentence}, removes and audits it once, or never`, async () => {
      const counted = await counting((file) => killed(Infinity, { ...how, ...file }));
      for (const at of counted.points(STEP)) await killed(at, how);
    }).timeout(1_200_000);
});
