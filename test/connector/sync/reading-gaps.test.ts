/** What becomes of the devices of which Exchange could not give everything. */
import assert from 'node:assert/strict';
import { easIdOf, SyncWorld } from './sync-world.ts';

const DAY = 86_400_000;

describe('a mailbox in a gap of the reading', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
  });
  afterEach(() => world.close());

  const mailboxOf = (alias: string) => world.organization.mailboxByAddress(`${alias}@contoso.example`)!;
  const phoneOf = (alias: string) => world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))!;
  const reasons = async (): Promise<Record<string, string>> => {
    const kept: Record<string, string> = {};
    for (const alias of ['ada', 'bo', 'cem']) {
      const key = `eas:exchange:${mailboxOf(alias).guid}:${easIdOf(alias).toLowerCase()}`;
      const row = (await world.store.devices.decided([key])).get(key);
      if (row) kept[alias] = `${row.decision} ${row.reason}`;
    }
    return kept;
  };

  it('has nobody blocked, the others are decided, and the report says so until it is repaired', async () => {
    const managed = ['ada', 'bo', 'cem'].map((alias) => {
      world.addPhone(alias);
      return world.enroll(alias);
    });
    await world.sync();
    assert.deepEqual(world.blocked('ada', 'bo', 'cem'), []);
    // Of two Exchange cannot read the mailbox, or the device; then all are given back.
    world.organization.broken.break(mailboxOf('ada'), 'unreachable-database');
    world.organization.broken.break(phoneOf('bo'), 'corrupted');
    await world.sync();
    for (const device of managed) world.unenroll(device);
    const report = await world.sync();
    assert.deepEqual(world.blocked('ada', 'bo', 'cem'), ['cem']);
    assert.deepEqual(await reasons(), {
      ada: 'leave snapshot-incomplete',
      bo: 'leave snapshot-incomplete',
      cem: 'block not-enrolled',
    });
    assert.deepEqual(report.problems, [
      {
        code: 'ERR_SNAPSHOT_GAPS',
        text: 'Exchange could not give 2 objects of 2 mailboxes. Devices of these mailboxes stay as they were: none is lowered, deleted or tidied. The warnings of the EAS source name the objects.',
      },
    ]);
    const gaps = { count: 2, mailboxes: [mailboxOf('ada').guid, mailboxOf('bo').guid].sort() };
    assert.deepEqual(report.readings[0]?.gaps, gaps);
    // The same once more changes nothing.
    const { writes } = world;
    await world.sync();
    assert.equal(world.writes, writes);
    world.organization.broken.repair(mailboxOf('ada'));
    world.organization.broken.repair(phoneOf('bo'));
    const after = await world.sync();
    assert.deepEqual([world.blocked('ada', 'bo', 'cem'), after.problems], [['ada', 'bo', 'cem'], undefined]);
  });

  it('has its phones let in when they are enrolled, and written once', async () => {
    for (const alias of ['ada', 'bo', 'cem']) world.addPhone(alias);
    world.addDevice('ada', 'EASOTHER77');
    await world.sync();
    assert.deepEqual(world.blocked('ada', 'bo', 'cem'), ['ada', 'bo', 'cem']);
    for (const one of mailboxOf('ada').partnerships) world.organization.broken.break(one, 'corrupted');
    await world.sync();
    for (const alias of ['ada', 'bo']) world.enroll(alias);
    await world.sync();
    assert.deepEqual(world.blocked('ada', 'bo', 'cem'), ['cem']);
    const { writes } = world;
    for (let again = 0; again < 3; again++) {
      world.letPass(DAY);
      await world.sync();
    }
    assert.equal(world.writes, writes);
    assert.deepEqual(world.lists('ada'), { allowed: [easIdOf('ada')], blocked: ['EASOTHER77'] });
  });

  it('is not decided by what is missing: a pending block waits, and comes when it is whole', async () => {
    world.addPhone('bo');
    const managed = world.enroll('bo');
    await world.sync();
    world.unenroll(managed);
    world.failures.push('refused');
    await world.sync();
    assert.deepEqual([world.blocked('bo'), (await world.waiting()).length], [[], 1]);
    world.organization.broken.break(phoneOf('bo'), 'corrupted');
    await world.sync();
    await world.untilNextTry();
    await world.due();
    assert.deepEqual([world.blocked('bo'), await world.waiting()], [[], []]);
    world.organization.broken.repair(phoneOf('bo'));
    await world.sync();
    assert.deepEqual(world.blocked('bo'), ['bo']);
  });

  it('keeps its entries: none is tidied while a reading has gaps', async () => {
    world.set({ tidyDays: 30 });
    world.matchesAll = true;
    for (const alias of ['ada', 'bo', 'cem']) world.addPhone(alias);
    await world.sync();
    world.organization.removePartnership(phoneOf('bo'));
    await world.sync();
    world.organization.broken.break(phoneOf('ada'), 'nobodys');
    await world.sync();
    world.letPass(40 * DAY);
    await world.sync();
    assert.deepEqual([world.lists('ada').blocked, world.lists('bo').blocked], [[easIdOf('ada')], [easIdOf('bo')]]);
    world.organization.broken.repair(phoneOf('ada'));
    world.letPass(DAY);
    await world.sync();
    world.letPass(DAY);
    await world.sync();
    assert.deepEqual([world.lists('ada').blocked, world.lists('bo').blocked], [[easIdOf('ada')], []]);
  });

  it('has no partnership removed, however long nobody used it', async () => {
    world.set({ removeIdleDays: 90 });
    world.matchesAll = true;
    for (const alias of ['ada', 'bo']) {
      world.addPhone(alias);
      world.setFirstSync(alias, world.now() - 300 * DAY);
      world.setLastAttempt(alias, world.now() - 200 * DAY);
    }
    await world.sync();
    world.organization.broken.break(phoneOf('ada'), 'corrupted');
    await world.sync();
    world.letPass(100 * DAY);
    const { guid } = phoneOf('ada');
    await world.sync();
    await world.sync();
    assert.equal(world.removals.length, 1);
    assert.deepEqual(await world.waiting(), [], 'nor is it planned');
    assert.notEqual(world.organization.partnershipByGuid(guid), null);
  });
});
