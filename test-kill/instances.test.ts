/**
 * Several Node-REDs with the same flow on one PostgreSQL, some of them killed at random moments: each change is written
 * once, each mail goes out once. SECONDS says how long (default 40), INSTANCES how many (default 3), SEED repeats a run.
 */
import assert from 'node:assert/strict';
import { Client } from 'pg';
import { checkOutcome, random, sleep, World } from './kill-world.ts';

const POSTGRES = process.env['CONNECTOR_TEST_POSTGRES'];
const INSTANCES = Number(process.env['INSTANCES'] ?? 3);
const SECONDS = Number(process.env['SECONDS'] ?? 40);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

if (POSTGRES !== undefined) {
  describe('several instances on one PostgreSQL', () => {
    let world: World;
    const running = new Set<number>();

    const open = async (delaySeconds: number = 0): Promise<void> => {
      world = await World.open(await emptyDatabase(POSTGRES), INSTANCES, delaySeconds);
    };
    afterEach(async () => {
      running.clear();
      await world.close();
    });

    async function start(instance: number): Promise<void> {
      await world.start(instance);
      running.add(instance);
    }
    async function kill(instance: number): Promise<void> {
      running.delete(instance);
      await world.kill(instance);
    }
    /** As their timers do: all at once. */
    const sync = (): Promise<unknown> =>
      Promise.all([...running].map((instance) => world.press('full sync', instance)));

    it('take over from one that is killed and stays away, and mail whom that one had told nobody of', async () => {
      const next = random(SEED);
      await open(4);
      await start(0);
      await start(1);
      for (const alias of ['anna', 'ben', 'carla', 'dora', 'emil', 'frida', 'gero', 'hilde']) world.add(alias);
      await world.press('full sync', 0);
      // It has told its own flow of some, where the messages are still on their way.
      while (!world.unmanaged.some((alias) => world.isBlocked(alias))) await sleep(5);
      await sleep(next() * 500);
      await kill(0);
      const settled = Date.now() + 90_000;
      while (!world.isSettled()) {
        assert.ok(Date.now() < settled, `not settled a minute and a half after the kill\n${world.printed()}`);
        await world.press('full sync', 1);
        await sleep(1_000);
      }
      await sleep(1_000);
      await checkOutcome(world);
    });

    it(`write and mail once what they all see, though some are killed (SEED=${SEED})`, async () => {
      const next = random(SEED);
      await open();
      await start(0);
      for (let instance = 1; instance < INSTANCES; instance += 1) await start(instance);
      const end = Date.now() + SECONDS * 1_000;
      for (let round = 0; Date.now() < end; round += 1) {
        for (const half of ['a', 'b']) world.add(`u${round}${half}`);
        const back = world.unmanaged.find((alias) => world.isBlocked(alias) && world.inbox(alias).length > 0);
        if (round % 2 === 1 && back !== undefined && !world.enrolled.includes(back)) world.enroll(back);
        await sync();
        await sleep(next() * 1_500);
        const victim = Math.floor(next() * INSTANCES);
        if (running.has(victim) && running.size > 1) await kill(victim);
        else if (!running.has(victim)) await start(victim);
      }
      // Whoever has died is taken over from within fifteen seconds.
      const settled = Date.now() + 60_000;
      while (!world.isSettled()) {
        assert.ok(Date.now() < settled, `not settled a minute after the last kill\n${world.printed()}`);
        await sync();
        await sleep(1_000);
      }
      await sleep(1_500);
      await checkOutcome(world);
    });
  });
}

/** A schema of its own: the address with it. */
async function emptyDatabase(server: string): Promise<string> {
  const schema = `instances_${Date.now()}`;
  const client = new Client(server);
  await client.connect();
  await client.query(`create schema ${schema}`);
  await client.end();
  return `${server}?options=-c%20search_path%3D${schema}`;
}
