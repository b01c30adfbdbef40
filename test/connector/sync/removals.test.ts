/** Partnerships that we block and that nobody uses any more are removed, by what Exchange says right before. */
import assert from 'node:assert/strict';
import { ConnectorError } from '../../../src/errors.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import { mailKindOf } from '../../../src/model/mail-kind.ts';
import { counting, KILLED, KillSwitch } from '../kill-switch.ts';
import type { Killing } from '../kill-switch.ts';
import { easIdOf, SyncWorld, WAYS } from './sync-world.ts';

const DAY = 86_400_000;
const DAYS = 180;

/** On PostgreSQL, whose every answer takes a millisecond, some of the points are tried. */
const STEP = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 1 : 23;

/** A phone that has lain in a drawer for so many days. */
function addDrawerPhone(world: SyncWorld, alias: string, days: number = 200): void {
  world.addPhone(alias);
  world.setFirstSync(alias, world.now() - 900 * DAY);
  world.setLastAttempt(alias, world.now() - days * DAY);
}

/** Anna's and Ben's phones have lain in a drawer for 200 days and are blocked since yesterday; nothing was removed yet. */
async function open(opened?: Pick<Killing, 'inMemory' | 'path'>): Promise<SyncWorld> {
  const world = await SyncWorld.open({}, null, opened?.path);
  world.keepInMemory(opened?.inMemory);
  world.matchesAll = true;
  for (const alias of ['anna', 'ben']) addDrawerPhone(world, alias);
  await world.sync();
  world.letPass(DAY);
  await world.sync();
  world.told.length = 0;
  world.set({ removeIdleDays: DAYS });
  return world;
}

const isThere = (world: SyncWorld, ...aliases: readonly string[]): boolean[] =>
  aliases.map((alias) => world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias)) !== null);
const isListed = (world: SyncWorld, alias: string): boolean => world.lists(alias).blocked.length > 0;

async function audited(world: SyncWorld): Promise<string[]> {
  const entries = await world.store.audit.recent({ limit: 1000 });
  return entries.map(({ what, deviceKey }) => `${what} ${deviceKey?.split(':').at(-1)?.slice(3, 7)}`).sort();
}

const BLOCKED = ['block anna', 'block ben0'];
const REMOVED = [...BLOCKED, 'remove anna', 'remove ben0'];

describe('a partnership that nobody has used for long', () => {
  let world: SyncWorld;
  beforeEach(async () => void (world = await open()));
  afterEach(() => world.close());

  const removal = async () => {
    const report = await world.match();
    return { removed: report.counts.removed ?? 0, there: isThere(world, 'anna', 'ben') };
  };

  it('is removed once, is audited, told to nobody, and stays blocked on the list', async () => {
    assert.deepEqual(await removal(), { removed: 2, there: [false, false] });
    assert.deepEqual([isListed(world, 'anna'), isListed(world, 'ben')], [true, true]);
    assert.deepEqual([await audited(world), world.told, await world.waiting()], [REMOVED, [], []]);
    const [audit] = await world.store.audit.recent();
    assert.deepEqual([audit?.what, audit?.rule, audit?.reason], ['remove', 'Removal', 'partnership-unused']);
    assert.match(
      audit?.evidence[0] ?? '',
      /^Nothing has tried to sync since 2025-11-\d\d.*, and we have blocked it since/,
    );
    await world.sync();
    assert.equal(world.removals.length, 2);
  });

  it('keeps its phone out if that comes back, and its entry is taken off when it does not', async () => {
    await world.sync();
    world.syncPhone('anna');
    assert.deepEqual(world.blocked('anna'), ['anna']);
    world.set({ removeIdleDays: DAYS, tidyDays: 30 });
    await world.sync();
    world.letPass(31 * DAY);
    await world.sync();
    assert.deepEqual([isListed(world, 'anna'), isListed(world, 'ben')], [true, false]);
  });

  it('stays with 0 days, and where it was used less long ago', async () => {
    world.set({ removeIdleDays: 0 });
    assert.deepEqual(await removal(), { removed: 0, there: [true, true] });
    world.set({ removeIdleDays: 300 });
    assert.deepEqual(await removal(), { removed: 0, there: [true, true] });
    world.letPass(100 * DAY);
    await world.readOnly('mdm');
    await world.readOnly('eas');
    assert.deepEqual(await removal(), { removed: 2, there: [false, false] });
  });

  it('is named where the device is tried', async () => {
    const [tried] = (await world.tryDevice('anna@contoso.example')).devices;
    assert.deepEqual(
      [tried?.would, tried?.changes, tried?.reason.code],
      [
        'Would be removed from Exchange by a sync about all devices, if nothing has tried to sync by then. Our entry stays on the blocked list.',
        true,
        'idle',
      ],
    );
    world.set({ removeIdleDays: 0 });
    assert.match((await world.tryDevice('anna@contoso.example')).devices[0]?.would ?? '', /^Nothing would change/);
  });

  it('stays in a simulation and a dry run, whose reports say what would be removed', async () => {
    for (const [settings, how] of [
      [{ mode: 'simulate' }, {}],
      [{}, { dryRun: true }],
    ] as const) {
      world.set({ removeIdleDays: DAYS, ...settings });
      const { counts, diff } = await world.sync(how);
      assert.deepEqual(isThere(world, 'anna', 'ben'), [true, true]);
      assert.equal(counts.removed, 2);
      assert.deepEqual(
        diff.map(({ action, reason, rule, count, examples }) => [
          action,
          reason,
          rule,
          count,
          examples.map(({ mailbox }) => mailbox).sort(),
        ]),
        [['remove', 'partnership-unused', 'Removal', 2, ['anna@contoso.example', 'ben@contoso.example']]],
      );
    }
    assert.deepEqual([world.told, world.removals], [[], []]);
  });

  it('stays when its phone tries again between the plan and the removal, and its user gets the mail', async () => {
    world.beforeRemoval = () => world.setLastAttempt('anna', world.now());
    assert.deepEqual(await removal(), { removed: 1, there: [true, false] });
    world.beforeRemoval = null;
    world.letPass(DAY);
    await world.sync();
    await world.sync();
    assert.deepEqual(isThere(world, 'anna'), [true]);
    assert.deepEqual(
      world.news('blocked').map(({ device, decision }) => [device!.eas!.easId, mailKindOf(device!, decision!)]),
      [[easIdOf('anna'), 'not-enrolled']],
    );
  });

  for (const [what, time] of [
    ['no attempt any more', null],
    ['one in the future', Date.parse('2031-01-01T00:00:00Z')],
    ['one of the year 1', Date.parse('0001-01-01T00:00:00Z')],
    ['one before its first sync', Date.parse('2020-01-01T00:00:00Z')],
  ] as const) {
    it(`stays where Exchange tells ${what} when it is asked`, async () => {
      world.beforeRemoval = () => ['anna', 'ben'].forEach((alias) => world.setLastAttempt(alias, time));
      assert.deepEqual(await removal(), { removed: 0, there: [true, true] });
      assert.deepEqual([world.removals, await world.waiting()], [[], []]);
    });
  }

  it('stays where Exchange refuses to tell', async () => {
    world.attemptsFail = new ConnectorError('ERR_EXCHANGE_CMDLET_UNKNOWN', 'Get-MobileDeviceStatistics is no cmdlet.');
    assert.deepEqual(await removal(), { removed: 0, there: [true, true] });
    assert.deepEqual([world.removals, await world.waiting()], [[], []]);
  });

  it('stays where an administrator has made the entry, or has taken ours off, or has put the phone on the allowed list', async () => {
    world.setLists('anna', { blocked: [] });
    world.setLastAttempt('anna', world.now() - 200 * DAY);
    await world.sync();
    assert.deepEqual(isThere(world, 'ben'), [false]);
    world.setLists('anna', { blocked: [easIdOf('anna')] });
    const key = {
      organization: 'exchange',
      mailboxId: world.organization.mailboxByAddress('anna@contoso.example')!.guid,
    };
    await world.store.entries.remove({ ...key, easId: easIdOf('anna'), list: 'blocked' });
    world.setLastAttempt('anna', world.now() - 200 * DAY);
    await world.sync();
    assert.deepEqual(isThere(world, 'anna'), [true]);
    world.addPhone('carla');
    addDrawerPhone(world, 'dora');
    await world.sync();
    world.letPass(DAY);
    world.beforeRemoval = () => {
      world.organization.mailboxByAddress('dora@contoso.example')!.allowedDeviceIds = [easIdOf('dora')];
    };
    await world.sync();
    assert.deepEqual(isThere(world, 'dora', 'carla'), [true, true]);
  });

  it('stays where its user has pressed the button of the link, or an administrator has paired it', async () => {
    const mailboxId = world.organization.mailboxByAddress('anna@contoso.example')!.guid;
    const at = new Date(world.now()).toISOString();
    const easId = easIdOf('anna');
    await world.store.activations.add({ easId, mailbox: mailboxId, at, userAgent: null, tokenId: 'token' });
    const ben = easRecordKey(
      'exchange',
      world.organization.mailboxByAddress('ben@contoso.example')!.guid,
      easIdOf('ben'),
    );
    await world.store.pairings.add({ easKey: ben, mdmKey: 'nobody', at, by: null, note: null });
    assert.deepEqual(await removal(), { removed: 0, there: [true, true] });
  });

  it('stays while the MDM has not been read for too long, and after a sync that lost a page', async () => {
    world.letPass(30 * DAY);
    await world.read('eas');
    assert.deepEqual(isThere(world, 'anna', 'ben'), [true, true]);
    for (const alias of ['carla', 'dora']) world.addPhone(alias);
    await world.readOnly('mdm');
    await world.readOnly('eas');
    await assert.rejects(world.match({ losesFirst: true }), ConnectorError);
    assert.deepEqual(isThere(world, 'anna', 'ben'), [true, true]);
  });

  it('counts as done when it is gone already', async () => {
    world.beforeRemoval = () => {
      const partnership = world.organization.partnership('anna@contoso.example', easIdOf('anna'));
      if (partnership !== null) world.organization.removePartnership(partnership);
    };
    assert.deepEqual(await removal(), { removed: 1, there: [false, false] });
    assert.deepEqual([await audited(world), await world.waiting()], [[...BLOCKED, 'remove ben0'], []]);
  });

  it('is tried again when Exchange refuses, and its user is told nothing', async () => {
    world.removalFailures.push('refused', 'refused');
    assert.deepEqual(await removal(), { removed: 0, there: [true, true] });
    assert.deepEqual(
      world.told.map(({ kind, news }) => [kind, news.problem?.code]),
      [
        ['attention', 'ERR_EXCHANGE_CMDLET'],
        ['attention', 'ERR_EXCHANGE_CMDLET'],
      ],
    );
    assert.deepEqual(await world.waiting(), [
      ['later', 1],
      ['later', 1],
    ]);
    await world.untilNextTry();
    assert.deepEqual(await removal(), { removed: 2, there: [false, false] });
  });

  it('is tried once in a sync by an account that lacks the cmdlet, however many there are', async () => {
    world.removalFailures.push('not-a-cmdlet');
    for (const alias of ['carla', 'dora', 'emil', 'finn', 'gerd', 'hans']) addDrawerPhone(world, alias);
    await world.sync();
    const before = world.removals.length;
    world.told.length = 0;
    world.letPass(3_600_000);
    await world.match();
    assert.ok(world.removals.length - before <= 4, 'those side by side');
    assert.equal(world.told.length, world.removals.length - before);
  });

  for (const failure of ['lost-before', 'lost-after', 'lost-and-blind'] as const) {
    it(`is looked for when the answer is ${failure}, and removed and audited once`, async () => {
      world.removalFailures.push(failure);
      await world.sync();
      await world.untilNextTry();
      await world.due();
      await world.sync();
      assert.deepEqual(isThere(world, 'anna', 'ben'), [false, false]);
      assert.deepEqual([await audited(world), await world.waiting()], [REMOVED, []]);
      assert.equal(world.removals.length, failure === 'lost-before' ? 3 : 2);
    });
  }

  it('is audited as ours when it is seen to be gone only some time after the answer was lost', async () => {
    world.removalFailures.push('lost-before', 'lost-before');
    await world.match();
    assert.deepEqual(isThere(world, 'anna', 'ben'), [true, true]);
    for (const alias of ['anna', 'ben'])
      world.organization.removePartnership(world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))!);
    await world.untilNextTry();
    await world.due();
    assert.deepEqual([await audited(world), await world.waiting()], [REMOVED, []]);
  });

  it('is held with the others when they are more than the brake lets through, until a person has approved', async () => {
    world.set({ removeIdleDays: DAYS, brakePercent: 0, brakeCount: 1 });
    const { held, counts } = await world.sync();
    assert.deepEqual([held?.reason.code, counts.held, counts.removed], ['ERR_BRAKE', 2, undefined]);
    assert.match(held?.reason.text ?? '', /^2 partnerships would be removed; the brake allows 1 of \d+\.$/);
    assert.deepEqual(isThere(world, 'anna', 'ben'), [true, true]);
    assert.equal((await world.sync()).held?.id, held?.id);
    const { counts: done } = await world.approve(held?.id, 'Paula');
    assert.deepEqual([done.removed, isThere(world, 'anna', 'ben')], [2, [false, false]]);
    const [audit] = await world.store.audit.recent();
    assert.deepEqual([audit?.what, audit?.approvedBy], ['remove', 'Paula']);
  });

  it('is not approved with the blocks of idle devices', async () => {
    addDrawerPhone(world, 'carla');
    world.set({ removeIdleDays: DAYS, brakePercent: 0, brakeCount: 0 });
    const { held } = await world.sync();
    await world.approve(held?.id, 'Paula', { reason: 'idle' });
    assert.deepEqual([isListed(world, 'carla'), isThere(world, 'anna', 'ben')], [true, [true, true]]);
  });

  it('is approved in vain when its phone was enrolled meanwhile', async () => {
    world.set({ removeIdleDays: DAYS, brakePercent: 0, brakeCount: 0 });
    const { held } = await world.sync();
    world.enroll('anna');
    await world.approve(held?.id);
    assert.deepEqual(isThere(world, 'anna', 'ben'), [true, false]);
    world.set({ removeIdleDays: DAYS });
    await world.sync();
    assert.deepEqual(isThere(world, 'anna', 'ben'), [true, false]);
    assert.deepEqual(await world.waiting(), []);
  });

  it('is removed by the next sync when it was approved while the MDM could not be asked', async () => {
    world.set({ removeIdleDays: DAYS, brakePercent: 0, brakeCount: 0 });
    const { held } = await world.sync();
    world.setDeaf(true);
    assert.equal((await world.approve(held?.id, 'Paula')).counts.nextSync, 2);
    assert.deepEqual(isThere(world, 'anna', 'ben'), [true, true]);
    world.setDeaf(false);
    assert.equal((await world.match()).counts.removed, 2);
    assert.deepEqual(isThere(world, 'anna', 'ben'), [false, false]);
  });

  it('waits in the outbox for no try of a switch that only simulates by now', async () => {
    world.removalFailures.push('refused', 'refused');
    await world.match();
    world.set({ removeIdleDays: DAYS, mode: 'simulate' });
    await world.untilNextTry();
    await world.due();
    assert.deepEqual([isThere(world, 'anna', 'ben'), world.removals.length], [[true, true], 2]);
  });

  it('is not tried any more once the switch removes none', async () => {
    world.removalFailures.push('refused', 'refused');
    await world.match();
    world.set({ removeIdleDays: 0 });
    await world.untilNextTry();
    await world.due();
    assert.deepEqual([isThere(world, 'anna', 'ben'), await world.waiting()], [[true, true], []]);
  });

  it('is removed of an account that its phone has replaced, and that of the new account is not', async () => {
    addDrawerPhone(world, 'carla', 10);
    const phone = world.enroll('carla');
    await world.sync();
    world.addDevice('carla', 'NEWACCOUNT');
    Object.assign(phone, { easDeviceId: 'NEWACCOUNT' });
    await world.sync();
    const [tried] = (await world.tryDevice(easIdOf('carla'))).devices;
    assert.deepEqual([tried?.reason.code, tried?.state], ['superseded', 'blocked']);
    await world.sync();
    assert.deepEqual(isThere(world, 'carla'), [true]);
    world.letPass(200 * DAY);
    await world.readOnly('mdm');
    await world.readOnly('eas');
    await world.match();
    const left = world.organization.mailboxByAddress('carla@contoso.example')!.partnerships;
    assert.deepEqual(
      left.map(({ deviceId }) => deviceId),
      ['NEWACCOUNT'],
    );
  });

  it('is removed with all partnerships that Exchange has for the EAS ID', async () => {
    const { organization } = world;
    const phone = { mailbox: 'anna@contoso.example', deviceId: easIdOf('anna'), deviceType: 'Outlook' };
    const { partnership } = organization.syncPhone({ ...phone, model: 'Outlook', os: '', userAgent: 'Outlook/1' });
    const old = { firstSyncAt: world.now() - 890 * DAY, lastSyncAttemptAt: world.now() - 250 * DAY };
    Object.assign(partnership!, { ...old, lastSuccessfulSyncAt: null });
    await world.readOnly('eas');
    await world.match();
    assert.equal(organization.mailboxByAddress('anna@contoso.example')!.partnerships.length, 0);
    assert.equal(world.removals.length, 3);
  });

  it('is not brought back by undo, which takes the entry off and says so', async () => {
    await world.sync();
    const { report } = await world.undo();
    assert.equal(report.counts.released, 2);
    assert.deepEqual([report.notUndone?.count, isListed(world, 'anna')], [2, false]);
    assert.deepEqual(isThere(world, 'anna', 'ben'), [false, false]);
  });
});

describe('many partnerships that nobody uses', () => {
  it('are removed 200 a sync, those first that nobody has used for longest', async () => {
    const world = await SyncWorld.open();
    try {
      world.matchesAll = true;
      await world.sync();
      const aliases = Array.from({ length: 203 }, (_, n) => `u${String(n).padStart(3, '0')}`);
      for (const [n, alias] of aliases.entries()) addDrawerPhone(world, alias, 200 + n);
      world.set({ brakeCount: 1000 });
      await world.sync();
      await world.sync();
      world.set({ removeIdleDays: DAYS, brakeCount: 1000 });
      assert.equal((await world.match()).counts.removed, 200);
      assert.deepEqual(
        aliases.filter((alias) => isThere(world, alias)[0]),
        ['u000', 'u001', 'u002'],
      );
      await world.readOnly('eas');
      assert.equal((await world.match()).counts.removed, 3);
    } finally {
      await world.close();
    }
  }).timeout(1_200_000);
});

describe('a switch that is killed while it removes', () => {
  /** Runs a sync that is killed, then what follows a start; returns what has counted the calls. */
  async function killed(at: number, how: Killing): Promise<KillSwitch> {
    const world = await open(how);
    try {
      const kill = new KillSwitch(at, how);
      world.kill = kill;
      await world.sync().catch((error: unknown) => {
        if (!kill.isDead) throw error;
      });
      world.restart();
      await world.due();
      await world.sync();
      await world.sync();
      const found = { at, audit: await audited(world), there: isThere(world, 'anna', 'ben') };
      assert.deepEqual(found, { at, audit: REMOVED, there: [false, false] });
      assert.deepEqual([world.removals.length, await world.waiting()], [2, []], `removals, killed at ${at}`);
      return kill;
    } finally {
      await world.close();
    }
  }

  for (const [sentence, how] of [
    ...KILLED,
    ...WAYS.filter(([, inMemory]) => inMemory !== undefined).map(
      ([, inMemory]) => ['before any call, with a plan in rows', { inMemory }] as const,
    ),
  ] as const) {
    it(`${sentence}, removes and audits each partnership once`, async () => {
      const counted = await counting((file) => killed(Infinity, { ...how, ...file }));
      for (const at of counted.points('inMemory' in how ? 4 * STEP : STEP)) await killed(at, how);
    }).timeout(1_200_000);
  }
});
