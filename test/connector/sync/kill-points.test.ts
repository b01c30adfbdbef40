/** The process of the access switch is killed between any two calls of store and Exchange: nothing that was done goes unsaid. */
import assert from 'node:assert/strict';
import { KillSwitch } from '../kill-switch.ts';
import { SyncWorld } from './sync-world.ts';

/** Anna, Ben and Carla are to be blocked, Dora, who was, is to be allowed again. */
async function open(): Promise<SyncWorld> {
  const world = await SyncWorld.open();
  world.addPhone('dora');
  await world.sync();
  world.syncPhone('dora');
  for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
  world.enroll('dora');
  world.organization.writes.length = 0;
  return world;
}

/** What the audit says of each phone, oldest first. */
async function audited(world: SyncWorld): Promise<string[]> {
  const entries = await world.store.audit.recent({ limit: 1000 });
  return entries.map(({ what, deviceKey }) => `${what} ${deviceKey?.split(':').at(-1)?.slice(3, 7)}`).sort();
}

const EXPECTED = ['allow dora', 'block anna', 'block ben0', 'block carl', 'block dora'];

/** Runs a sync that is killed, then what follows a start; returns how many calls the killed one had made. */
async function killed(
  at: number,
  how: { readonly afterWrite?: boolean },
  work: (world: SyncWorld) => Promise<unknown>,
): Promise<number> {
  const world = await open();
  try {
    const kill = new KillSwitch(at, how);
    world.kill = kill;
    await work(world).catch((error: unknown) => {
      if (!kill.isDead) throw error;
    });
    world.restart();
    await world.sync();
    await world.sync();
    const found = { at, audit: await audited(world), blocked: world.blocked('anna', 'ben', 'carla', 'dora') };
    assert.deepEqual(found, { at, audit: EXPECTED, blocked: ['anna', 'ben', 'carla'] });
    assert.deepEqual([world.writes, await world.waiting()], [4, []], `writes, killed at ${at}`);
    assert.deepEqual(await world.store.entries.list({ unsettled: true }), []);
    return kill.calls;
  } finally {
    await world.close();
  }
}

describe('a switch that is killed', () => {
  for (const [sentence, how] of [
    ['before any call', {}],
    ['while Exchange does what it was asked for', { afterWrite: true }],
  ] as const) {
    it(`in a sync, ${sentence}, writes and audits everything once`, async () => {
      const calls = await killed(Infinity, how, (world) => world.sync());
      for (let at = 1; at <= calls; at += 1) await killed(at, how, (world) => world.sync());
    });
  }

  it('twice in a row writes and audits everything once', async () => {
    const calls = await killed(Infinity, {}, (world) => world.sync());
    for (let first = 1; first <= calls; first += 7) {
      for (let second = 1; second <= calls; second += 11) {
        await killed(first, { afterWrite: true }, async (world) => {
          await world.sync().catch(() => undefined);
          world.restart();
          world.kill = new KillSwitch(second, { afterWrite: true });
          await world.sync().catch(() => undefined);
        });
      }
    }
  });
});
