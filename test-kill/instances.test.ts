/**
 * Several Node-REDs with the same flow on one PostgreSQL, some of them killed at random moments: each change is written
 * once, each mail goes out once. SECONDS says how long (default 300), INSTANCES how many (default 4), SEED repeats a run.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkOutcome } from './check-outcome.ts';
import { emptyDatabase, random, World } from './kill-world.ts';
import type { WorldOptions } from './kill-world.ts';

const POSTGRES = process.env['CONNECTOR_TEST_POSTGRES'];
const INSTANCES = Number(process.env['INSTANCES'] ?? 4);
const SECONDS = Number(process.env['SECONDS'] ?? 300);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

if (POSTGRES !== undefined) {
  describe('several instances on one PostgreSQL', () => {
    let world: World;
    const running = new Set<number>();

    /** Each may have come between the mail server's answer and the record of it. */
    let kills = 0;

    const open = async (options: Pick<WorldOptions, 'delaySeconds' | 'brakeCount'> = {}): Promise<void> => {
      kills = 0;
      world = await World.open({ ...options, postgres: await emptyDatabase(POSTGRES), instances: INSTANCES });
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
      kills += 1;
      await world.kill(instance);
    }
    /** As their timers do: all at once. */
    const sync = (): Promise<unknown> =>
      Promise.all([...running].map((instance) => world.press('full sync', instance)));

    it('take over from one that is killed and stays away, and mail whom that one had told nobody of', async () => {
      const next = random(SEED);
      await open({ delaySeconds: 4 });
      await start(0);
      await start(1);
      for (const alias of ['anna', 'ben', 'carla', 'dora', 'emil', 'frida', 'gero', 'hilde']) world.add(alias);
      await world.press('full sync', 0);
      // It has told its own flow of some, where the messages are still on their way.
      while (!world.unmanaged.some((alias) => world.isBlocked(alias))) await sleep(5);
      await sleep(next() * 500);
      await kill(0);
      await world.settle();
      await checkOutcome(world, { repeats: kills });
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
      await world.settle();
      await checkOutcome(world, { repeats: kills });
    });

    it(`do what is asked of any of them: starts here and there, approvals wherever they land (SEED=${SEED})`, async () => {
      const next = random(SEED);
      await open({ brakeCount: 10 });
      await start(0);
      for (let instance = 1; instance < INSTANCES; instance += 1) await start(instance);
      const anyone = (): number => [...running][Math.floor(next() * running.size)]!;
      const approved = new Set<string>();
      /** A person who sees that a plan is held says yes, in whichever instance is at hand; and once. */
      const approve = async (): Promise<void> => {
        for (const id of await world.heldPlans()) {
          if (approved.has(id)) continue;
          approved.add(id);
          await world.press('approve the held plan', anyone(), { topic: 'approve', payload: id });
        }
      };
      const end = Date.now() + SECONDS * 1_000;
      for (let round = 0; Date.now() < end; round += 1) {
        // More than the brake lets through at once, every other time.
        const phones = round % 2 === 0 ? 12 : 1;
        for (let phone = 0; phone < phones; phone += 1) world.add(`v${round}p${phone}`);
        await world.press('full sync', anyone());
        await sleep(next() * 2_500);
        await approve();
        await sleep(next() * 1_000);
        const victim = Math.floor(next() * INSTANCES);
        if (running.has(victim) && running.size > 1) await kill(victim);
        else if (!running.has(victim)) await start(victim);
      }
      const isDone = async (): Promise<boolean> =>
        world.isSettled() && (await world.isNothingOwed()) && (await world.requests()).length === 0;
      const settled = Date.now() + 180_000;
      while (!(await isDone())) {
        assert.ok(
          Date.now() < settled,
          `not settled three minutes after the last kill: ${(await world.requests()).join()}\n${world.printed()}`,
        );
        await approve();
        await world.fullSync();
        // What it leads to has a while before the next one is begun.
        for (let waits = 0; waits < 40 && !(await isDone()); waits += 1) await sleep(50);
      }
      assert.ok(approved.size > 0, 'nothing was approved');
      await checkOutcome(world, { repeats: kills });
    });
  });
}
