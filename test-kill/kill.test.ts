/**
 * The example flow in a Node-RED of its own, killed at random moments and deployed at bad ones, against the lab's servers.
 * KILLS says how often (default 10), SEED repeats a run.
 */
import assert from 'node:assert/strict';
import { checkOutcome, random, sleep, World } from './kill-world.ts';

const KILLS = Number(process.env['KILLS'] ?? 10);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

describe('the whole flow', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** Syncs until all is as it must be. */
  async function settle(): Promise<void> {
    for (let tries = 0; !world.isSettled(); tries += 1) {
      assert.ok(tries < 20, `not settled after twenty syncs\n${world.printed()}`);
      await world.press('full sync');
      for (let waits = 0; waits < 20 && !world.isSettled(); waits += 1) await sleep(150);
    }
    // What follows the last mail: the notifier's rows.
    await sleep(500);
  }

  it(`blocks, audits and mails everybody once, killed ${KILLS} times (SEED=${SEED})`, async () => {
    const next = random(SEED);
    for (let kills = 0; kills < KILLS; kills += 1) {
      for (const half of ['a', 'b']) world.add(`u${kills}${half}`);
      // Somebody who was blocked in an earlier round enrolls, and the phone comes back.
      const back = world.unmanaged.find((alias) => world.isBlocked(alias) && world.inbox(alias).length > 0);
      if (kills % 2 === 1 && back !== undefined && !world.enrolled.includes(back)) world.enroll(back);
      await world.start();
      await world.press('full sync');
      await sleep(next() * 900);
      await world.kill();
    }
    await world.start();
    await settle();
    await checkOutcome(world);
  });

  it('blocks, audits and mails everybody once, deployed anew in the middle of the work', async () => {
    const next = random(SEED);
    await world.start();
    for (let deploys = 0; deploys < KILLS; deploys += 1) {
      for (const half of ['a', 'b']) world.add(`u${deploys}${half}`);
      await world.press('full sync');
      await sleep(next() * 500);
      await world.deploy();
    }
    await settle();
    await checkOutcome(world);
  });
});
