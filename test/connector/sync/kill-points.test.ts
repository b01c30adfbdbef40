/** The process of the access switch is killed between any two calls of store and Exchange: nothing that was done goes unsaid. */
import assert from 'node:assert/strict';
import type { DeviceChange } from '../../../src/model/records.ts';
import { counting, KILLED, KillSwitch } from '../kill-switch.ts';
import type { Killing } from '../kill-switch.ts';
import { MailWorld } from '../mails/support/mail-world.ts';
import { SyncWorld, WAYS } from './sync-world.ts';

/** On PostgreSQL, whose every answer takes a millisecond, some of the points are tried. */
const STEP = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 1 : 9;

/** Anna, Ben and Carla are to be blocked, Dora, who was, is to be allowed again. */
async function open(inMemory?: number, path?: string): Promise<SyncWorld> {
  const world = await SyncWorld.open({}, null, path);
  world.keepInMemory(inMemory);
  world.addPhone('dora');
  await world.sync();
  world.syncPhone('dora');
  for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
  world.enroll('dora');
  const { announcements } = world.store;
  for (const { id } of await announcements.list({ organization: world.name })) await announcements.settle(id);
  world.told.length = 0;
  return world;
}

/** What the audit says of each phone, oldest first. */
async function audited(world: SyncWorld): Promise<string[]> {
  const entries = await world.store.audit.recent({ limit: 1000 });
  return entries.map(({ what, deviceKey }) => `${what} ${deviceKey?.split(':').at(-1)?.slice(3, 7)}`).sort();
}

const EXPECTED = ['allow dora', 'block anna', 'block ben0', 'block carl', 'block dora'];

/** What was told, one line a change whatever how often: `kind phone`. Fails where one change was told under two ids. */
function told(world: SyncWorld): string[] {
  const ids = new Map<string, Set<string>>();
  for (const { kind, news } of world.told) {
    if (kind === 'attention') continue;
    const line = `${kind} ${news.device?.key.split(':').at(-1)?.slice(3, 7)}`;
    ids.set(line, (ids.get(line) ?? new Set()).add(String(news.change?.id)));
  }
  assert.deepEqual(
    [...ids].filter(([, some]) => some.size > 1),
    [],
  );
  return [...ids.keys()].sort();
}

const TOLD = ['allowed dora', 'blocked anna', 'blocked ben0', 'blocked carl'];

/** Runs a sync that is killed, then what follows a start; returns what has counted the calls. */
async function killed(at: number, how: Killing, work: (world: SyncWorld) => Promise<unknown>): Promise<KillSwitch> {
  const world = await open(how.inMemory, how.path);
  try {
    const kill = new KillSwitch(at, how);
    world.kill = kill;
    await work(world).catch((error: unknown) => {
      if (!kill.isDead) throw error;
    });
    world.restart();
    // What was on its way in the flow is lost with the process.
    world.told.length = 0;
    await world.due();
    await world.sync();
    await world.sync();
    const found = { at, audit: await audited(world), blocked: world.blocked('anna', 'ben', 'carla', 'dora') };
    assert.deepEqual(found, { at, audit: EXPECTED, blocked: ['anna', 'ben', 'carla'] });
    assert.deepEqual([world.writes, await world.waiting()], [5, []], `writes, killed at ${at}`);
    assert.deepEqual(told(world), TOLD, `told, killed at ${at}`);
    assert.deepEqual([await world.store.entries.list({ unsettled: true }), await world.plansInRows()], [[], []]);
    return kill;
  } finally {
    await world.close();
  }
}

describe('a switch that is killed', () => {
  for (const [sentence, how] of [...KILLED, ['before any call, with a plan in rows', { inMemory: 0 }]] as const) {
    it(`in a sync, ${sentence}, writes and audits everything once, and tells it under one id`, async () => {
      const counted = await counting((file) => killed(Infinity, { ...how, ...file }, (world) => world.sync()));
      for (const at of counted.points(STEP)) await killed(at, how, (world) => world.sync());
    }).timeout(1_200_000);
  }

  it('twice in a row does the same', async () => {
    const counted = await counting((file) => killed(Infinity, file, (world) => world.sync()));
    for (const first of counted.points(5 * STEP)) {
      for (const second of counted.points(7 * STEP)) {
        await killed(first, { afterWrite: true }, async (world) => {
          await world.sync().catch(() => undefined);
          world.restart();
          world.kill = new KillSwitch(second, { afterWrite: true });
          await world.sync().catch(() => undefined);
        });
      }
    }
  }).timeout(1_200_000);
});

describe('a block of which nobody knows whether it was done', () => {
  it('is looked into before the allow that came after it, and told of though it is wanted no more', async () => {
    const world = await SyncWorld.open();
    try {
      world.addPhone('anna');
      world.failures.push('lost-and-blind');
      await world.sync();
      assert.deepEqual(
        [world.blocked('anna'), world.news('blocked'), (await world.waiting()).length],
        [['anna'], [], 1],
      );
      world.enroll('anna');
      world.unreadable = 2;
      await world.sync();
      await world.sync();
      const audit = (await world.store.audit.recent()).map(({ what }) => what);
      assert.deepEqual([world.blocked('anna'), audit, world.writes], [[], ['allow', 'block'], 2]);
      assert.deepEqual([world.news('blocked').length, world.news('allowed').length], [1, 1]);
    } finally {
      await world.close();
    }
  });
});

describe('a switch that is killed while it holds a plan', () => {
  for (const [how, inMemory] of WAYS)
    it(`${how} holds it whole or not at all, and tells a person of the one that is held`, async () => {
      const run = async (at: number, file: Killing = {}): Promise<KillSwitch> => {
        const world = await open(inMemory, file.path);
        try {
          world.set({ brakeCount: 1, brakePercent: 0 });
          const kill = new KillSwitch(at, file);
          world.kill = kill;
          await world.sync().catch((error: unknown) => {
            if (!kill.isDead) throw error;
          });
          world.restart();
          // What was on its way in the flow is lost with the process.
          world.told.length = kill.isDead ? 0 : world.told.length;
          await world.due();
          await world.sync();
          const [plan, ...others] = await world.store.plans.list();
          const changes = await world.store.plans.count(plan!.id);
          const toldOf = new Set(
            world.news('attention').flatMap(({ id, plan: one }) => (one ? `${id} ${one.count}` : [])),
          );
          const owed = await world.store.announcements.list({ organization: world.name, kind: 'attention' });
          assert.deepEqual(
            [others, changes, [...toldOf], owed.map(({ id }) => id)],
            [[], 3, [`${plan!.id} 3`], [plan!.id]],
            `killed at ${at}`,
          );
          assert.deepEqual(await world.plansInRows(), [plan!.id], 'nothing is left of what was cut off');
          assert.deepEqual(world.state('dora'), 'allowed', 'the allow of the same sync went through');
          return kill;
        } finally {
          await world.close();
        }
      };
      const counted = await counting((file) => run(Infinity, file));
      for (const at of counted.points(STEP)) await run(at);
    }).timeout(1_200_000);
});

describe('a switch and a notifier that are killed together', () => {
  const OWNERS = ['anna', 'ben', 'carla'].map((alias) => `${alias}@contoso.example`);

  /** The flow between them: each block that is told goes to the notifier. */
  async function pass(world: SyncWorld, mails: MailWorld): Promise<void> {
    for (const { kind, news } of world.told.splice(0)) {
      if (kind === 'blocked') await mails.hear(news as DeviceChange);
    }
  }

  async function run(at: number, how: Killing): Promise<KillSwitch> {
    const { afterWrite = false } = how;
    const world = await open(how.inMemory, how.path);
    world.told.length = 0;
    try {
      const kill = new KillSwitch(at, how);
      world.kill = kill;
      const killedMails = new MailWorld(kill.store(world.store));
      killedMails.now = world.now();
      const taken = killedMails.account.mails;
      killedMails.account.refuse = (mail) => {
        // The server has the mail; whether its answer comes through is another matter.
        if (afterWrite && !kill.isDead && kill.calls + 1 === at) taken.push(mail);
        kill.step();
        return null;
      };
      await world
        .sync()
        .then(() => pass(world, killedMails))
        .catch((error: unknown) => {
          if (!kill.isDead) throw error;
        });
      world.restart();
      world.told.length = 0;
      const mails = new MailWorld(world.store);
      for (let again = 0; again < 3; again += 1) {
        mails.now = world.now();
        await world.due();
        await pass(world, mails);
        await mails.due();
        await world.sync();
        await pass(world, mails);
        world.letPass(60_000);
      }
      const all = [...taken, ...mails.account.mails];
      const mailed = [...new Set(all.map(({ to }) => to))].sort();
      assert.deepEqual(mailed, OWNERS, `mailed, killed at ${at}`);
      assert.equal(new Set(all.map(({ messageId }) => messageId)).size, 3, `one Message-ID a phone, killed at ${at}`);
      assert.ok(all.length <= 4, `one mail may go twice, killed at ${at}: ${all.length}`);
      assert.deepEqual(
        [await mails.waiting(), await world.store.announcements.list({ organization: world.name })].map((some) =>
          some.filter((one) => !('kind' in one) || one.kind === 'blocked'),
        ),
        [[], []],
      );
      return kill;
    } finally {
      await world.close();
    }
  }

  for (const [sentence, afterWrite] of [
    ['before any call', false],
    ['while Exchange or the mail server does what it was asked for', true],
  ] as const) {
    it(`${sentence} mail every owner, and never under two Message-IDs`, async () => {
      const counted = await counting((file) => run(Infinity, { afterWrite, ...file }));
      for (const at of counted.points(STEP)) await run(at, { afterWrite });
    }).timeout(1_200_000);
  }
});
