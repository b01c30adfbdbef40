/**
 * The example flow in a Node-RED of its own, killed at every point between plan and mail, and at random moments, on SQLite
 * and on PostgreSQL, against the lab's servers. POINTS says how many of the points, spread evenly (default all), KILLS how
 * many random moments an engine (default 200); SEED repeats a run.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../scripts/postgres-server.ts';
import type { PostgresServer } from '../scripts/postgres-server.ts';
import { checkOutcome } from './check-outcome.ts';
import { emptyDatabase, random, World } from './kill-world.ts';

const POINTS = Number(process.env['POINTS'] ?? Infinity);
const KILLS = Number(process.env['KILLS'] ?? 200);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const ENGINES = (process.env['ENGINES'] ?? 'sqlite postgres').split(' ');

for (const engine of ENGINES) {
  describe(`the whole flow, killed, on ${engine}`, () => {
    let server: PostgresServer | null = null;
    let world: World;

    before(async () => {
      if (engine === 'postgres') server = await startPostgres();
    });
    after(() => server?.close());
    beforeEach(async () => {
      world = await World.open({ postgres: server === null ? null : await emptyDatabase(server.address) });
    });
    afterEach(() => world.close());

    /** Somebody new is to be blocked, and who was blocked before is to be allowed. */
    function plan(round: number): void {
      const back = world.unmanaged.find((alias) => !world.enrolled.includes(alias));
      world.add(`u${round}`);
      if (back !== undefined) world.enroll(back);
    }

    /** One round, in which the process ends at a point; the points that it passed. */
    async function round(no: number, at: number | null): Promise<readonly string[]> {
      const name = `round ${no}`;
      await world.arm({ name, at });
      plan(no);
      await world.press('full sync');
      for (const end = Date.now() + 5_000; world.nodeRed().isAlive() && Date.now() < end;) {
        if (world.isSettled() && (await world.isNothingOwed())) break;
        await sleep(10);
      }
      // Looking into the store takes a while, in which it may end.
      const trail = world.trail(name) ?? [];
      if (at !== null && trail.length >= at) {
        await world.nodeRed().ended;
        await world.kill();
        await world.start();
      } else if (at !== null) {
        await world.arm({ name: 'nothing', at: null });
      }
      return trail;
    }

    it(`at points between plan and mail, blocks, audits, tells and mails everybody once (SEED=${SEED})`, async () => {
      await world.start();
      plan(0);
      await world.settle();
      const all = await round(1, null);
      await world.settle();
      await checkOutcome(world);
      const step = Math.max(1, all.length / POINTS);
      const first = step === 1 ? 0 : random(SEED)() * step;
      const passed = new Map<string, number>();
      let repeats = 0;
      let no = 2;
      for (let at = first; at < all.length; at += step) {
        const trail = await round(no, Math.floor(at) + 1);
        const name = trail.length > at ? trail[Math.floor(at)]! : 'not reached';
        passed.set(name, (passed.get(name) ?? 0) + 1);
        if (isMailUnrecorded(trail)) repeats += 1;
        try {
          await world.settle();
          await checkOutcome(world, { repeats });
        } catch (error) {
          throw new Error(`Killed at point ${Math.floor(at) + 1}, ${name}, after\n${trail.slice(-8).join('\n')}`, {
            cause: error,
          });
        }
        no += 1;
      }
      console.log(`      ${no - 2} of ${all.length} points, ${world.mails - world.unmanaged.length} mails went twice`);
      for (const [name, times] of [...passed].sort(([a], [b]) => a.localeCompare(b)))
        console.log(`      ${String(times).padStart(3)} ${name}`);
      // A round may take a step less than the first one; kills that never were show nothing.
      assert.ok((passed.get('not reached') ?? 0) * 5 <= no - 2, 'nearly every point was reached');
      assert.ok(
        all.some((name) => name.startsWith('commit entries')),
        'what the store commits is among the points',
      );
    });

    it(`at ${KILLS} random moments, blocks, audits, tells and mails everybody once (SEED=${SEED})`, async () => {
      const next = random(SEED);
      world.add('android0');
      await world.start();
      await world.settle();
      for (let kills = 0; kills < KILLS; kills += 1) {
        for (const half of ['a', 'b']) world.add(`u${kills}${half}`);
        // Somebody who was blocked in an earlier round enrolls, and the phone comes back.
        const back = world.unmanaged.find((alias) => !world.enrolled.includes(alias) && isMailed(alias));
        if (kills % 2 === 1 && back !== undefined) world.enroll(back);
        await world.press('full sync');
        const wait = next() * 1_200;
        if (kills % 5 === 0) await activateOne(kills);
        await sleep(wait);
        await world.kill();
        await world.start();
      }
      await world.settle();
      await checkOutcome(world, { repeats: KILLS });
    });

    const isMailed = (alias: string): boolean =>
      world.isBlocked(alias) && world.inbox(alias).length > 0 && (!alias.startsWith('android') || isActivated(alias));
    const isActivated = (alias: string): boolean => world.activated.includes(alias);

    /** A user of an Android phone presses the button behind the link; the next one gets a mail. */
    async function activateOne(round: number): Promise<void> {
      const alias = world.unmanaged.find((one) => one.startsWith('android') && !isActivated(one));
      if (alias !== undefined && world.inbox(alias).length > 0) await world.activate(alias);
      world.add(`android${round + 1}`);
    }
  });
}

/** True for a crash that may have come between the mail server's answer and the record of it. */
function isMailUnrecorded(trail: readonly string[]): boolean {
  const sent = trail.lastIndexOf('smtp mail: before');
  if (sent < 0) return false;
  // The point itself is before the mail's last bytes.
  if (sent === trail.length - 1) return false;
  return !trail.slice(sent).some((name) => /^commit .*\bmails\b.*: after$/.test(name));
}

assert.ok(
  ENGINES.every((engine) => ['sqlite', 'postgres'].includes(engine)),
  'ENGINES: sqlite, postgres',
);
