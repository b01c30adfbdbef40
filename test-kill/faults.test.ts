/**
 * The example flow in a Node-RED that lives, while what is around it fails. FAULTS=cheap leaves out what takes a minute and
 * lets an operator's `retry` shorten the wait, FAULTS=none leaves out all; DEPLOYS says how often it is deployed (default 50).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findPostgres, startPostgres } from '../scripts/postgres-server.ts';
import type { PostgresServer } from '../scripts/postgres-server.ts';
import type { OrganizationChange } from '../src/lab/organization.ts';
import { checkOutcome } from './check-outcome.ts';
import { fakeClock, findFaketime, Line, Locker, smallDisk } from './faults.ts';
import { emptyDatabase, random, World } from './kill-world.ts';
import type { WorldOptions } from './kill-world.ts';

const IS_CHEAP = process.env['FAULTS'] === 'cheap';
const DEPLOYS = Number(process.env['DEPLOYS'] ?? (IS_CHEAP ? 10 : 50));
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

/** What is chosen where there is time. */
const atLeisure: (sentence: string, run: () => Promise<void>) => unknown = IS_CHEAP ? () => undefined : it;
/** What this machine cannot run is said, and counted as skipped. */
const HAS_POSTGRES = findPostgres() !== null;
const FAKETIME = findFaketime();
if (!HAS_POSTGRES) console.log('  PostgreSQL is not installed: what needs it is skipped.');
if (FAKETIME === null) console.log('  faketime is not installed: what needs it is skipped.');
const onPostgres = HAS_POSTGRES ? it : it.skip;
const withClock = FAKETIME === null ? it.skip : it;

const describeFaults = process.env['FAULTS'] === 'none' ? () => undefined : describe;

describeFaults('the whole flow, while something fails', () => {
  let world: World;
  let server: PostgresServer | null = null;
  const closing: (() => unknown)[] = [];

  before(async () => {
    if (HAS_POSTGRES) server = await startPostgres();
  });
  after(() => server?.close());
  afterEach(async () => {
    await world.close();
    for (const close of closing.splice(0)) await close();
  });

  /** Four are blocked already. */
  async function open(options: WorldOptions = {}): Promise<void> {
    world = await World.open(options);
    for (const alias of ['anna', 'ben', 'carla', 'dora']) world.add(alias);
    await world.start();
    await world.settle();
  }

  /** Four more are to be blocked, and two of the others to be allowed. */
  function plan(): void {
    for (const alias of ['emil', 'frida', 'gero', 'hilde']) world.add(alias);
    for (const alias of ['anna', 'ben']) world.enroll(alias);
  }

  /** @param repeats how many mails may have gone twice */
  async function settled(repeats: number = 0): Promise<void> {
    await world.settle({ retry: IS_CHEAP });
    await checkOutcome(world, { repeats });
  }

  /** Acts in the middle of the next write, or of the next mail, before its answer. */
  function inTheMiddle(where: 'write' | 'mail', act: () => void): void {
    const listener = ({ type }: OrganizationChange): void => {
      if (type !== where) return;
      world.lab.organization.off('change', listener);
      act();
    };
    world.lab.organization.on('change', listener);
  }

  /** Address of an empty database; null: the store is a file. */
  async function databaseOn(engine: 'sqlite' | 'postgres'): Promise<string | null> {
    return engine === 'postgres' ? emptyDatabase(server!.address) : null;
  }

  for (const [sentence, fault] of [
    ['before it was told', { kind: 'reset', handled: true, on: 'command' }],
    ['while it was told', { kind: 'half', on: 'receive' }],
  ] as const) {
    it(`does everything once though Exchange's answers are lost, ${sentence}`, async () => {
      await open();
      world.lab.servers.exchange.faults.add({ ...fault, cmdlet: 'Set-CASMailbox', times: 3 });
      plan();
      await settled();
    });
  }

  it('does everything once though Exchange is away for six seconds in the middle of the writes', async () => {
    let line: Line | null = null;
    await open({
      exchangeUrl: async (url) => {
        line = await Line.to(Number(new URL(url).port));
        closing.push(() => line?.close());
        return url.replace(new URL(url).port, String(line.port));
      },
    });
    inTheMiddle('write', () => line?.cut());
    plan();
    await world.press('full sync');
    await sleep(6_000);
    line!.mend();
    await settled();
  });

  for (const engine of ['sqlite', 'postgres'] as const) {
    for (const where of ['write', 'mail'] as const) {
      for (const seconds of [3, 9]) {
        // The short one is the hard one on SQLite: it ends between two tries.
        const test = seconds === 9 || engine === 'postgres' ? atLeisure : it;
        if (engine === 'postgres' && !HAS_POSTGRES) continue;
        test(`does everything once though another process locks the store at the ${where}, ${seconds} s, on ${engine}`, async () => {
          await open({ postgres: await databaseOn(engine) });
          const locker = new Locker(engine, world.postgres ?? world.storeFile, seconds);
          inTheMiddle(where, () => locker.lock());
          plan();
          await world.press('full sync');
          await locker.released();
          await settled();
        });
      }
    }
  }

  for (const where of ['write', 'mail'] as const) {
    it(`does everything once though the disk is full at the ${where}`, async () => {
      const disk = smallDisk();
      closing.push(() => disk.close());
      await open({ storeFile: disk.storeFile });
      const { pid } = world.nodeRed();
      inTheMiddle(where, () => disk.fill(pid));
      plan();
      await world.press('full sync');
      await sleep(4_000);
      disk.free(pid);
      await settled();
      console.log(`      full: ${disk.how}`);
    });
  }

  for (const engine of ['sqlite', 'postgres'] as const) {
    const test = engine === 'postgres' ? onPostgres : it;
    test(`does everything once though it is deployed ${DEPLOYS} times under load, on ${engine} (SEED=${SEED})`, async () => {
      const next = random(SEED);
      await open({ postgres: await databaseOn(engine) });
      for (let deploys = 0; deploys < DEPLOYS; deploys += 1) {
        for (const half of ['a', 'b']) world.add(`u${deploys}${half}`);
        await world.press('full sync');
        await sleep(next() * 500);
        await world.deploy();
      }
      // A deploy cuts a conversation with the mail server off, as a crash does.
      await settled(DEPLOYS);
    });
  }

  withClock('does everything once though the clock is set three days ahead and back', async () => {
    const clock = fakeClock(FAKETIME!);
    closing.push(() => clock.close());
    await open({ env: clock.env });
    inTheMiddle('write', () => clock.set('+3d'));
    plan();
    await settled();
    clock.set('+0');
    world.enroll('carla');
    world.add('ida');
    inTheMiddle('write', () => clock.set('+3d'));
    await settled();
    inTheMiddle('write', () => clock.set('+0'));
    world.enroll('dora');
    world.add('jan');
    await settled();
    await settled();
  });

  onPostgres('does everything once though PostgreSQL is restarted in the middle', async () => {
    await open({ postgres: await databaseOn('postgres') });
    const restarts: Promise<void>[] = [];
    inTheMiddle('write', () => {
      restarts.push(server!.stop().then(() => server!.start()));
    });
    plan();
    await world.press('full sync');
    while (restarts.length === 0) await sleep(10);
    await Promise.all(restarts);
    await settled();
  });

  onPostgres(
    `does everything once though PostgreSQL cuts its connections at random moments (SEED=${SEED})`,
    async () => {
      const next = random(SEED);
      await open({ postgres: await databaseOn('postgres') });
      const admin = new Client(server!.address);
      await admin.connect();
      closing.push(() => admin.end());
      for (let round = 0; round < (IS_CHEAP ? 10 : 50); round += 1) {
        world.add(`u${round}`);
        await world.press('full sync');
        await sleep(next() * 400);
        await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and backend_type = 'client backend'`);
      }
      await settled();
    },
  );
});
