/** What the flow is owed: told again until somebody is known to have heard it. */
import assert from 'node:assert/strict';
import { giveUpUnheard, settleHeard } from '../../../src/connector/sync/owed-news.ts';
import { lookAfterSwitch } from '../../../src/connector/sync/operator-requests.ts';
import { SwitchLease } from '../../../src/connector/sync/switch-lease.ts';
import { ConnectorError, isConnectorError } from '../../../src/errors.ts';
import type { SwitchSettings } from '../../../src/connector/sync/switch-settings.ts';
import type { Json, Store } from '../../../src/store/store.ts';
import { easIdOf, SyncWorld, WAYS } from './sync-world.ts';

const MINUTE_MS = 60_000;

const byText = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);

describe('news of a change', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
  });
  afterEach(() => world.close());

  /** What is owed, as `kind phone`. */
  const owed = async (): Promise<string[]> =>
    (await world.store.announcements.list({ organization: world.name }))
      .map(({ kind, deviceKey }) => `${kind} ${deviceKey?.split(':').at(-1)?.slice(3, 7)}`)
      .sort();
  const told = (): (string | undefined)[] =>
    world.told.splice(0).map(({ kind, news: { change } }) => `${kind} ${change?.id}${change?.repeat ? ' again' : ''}`);
  /** Some time later the timer looks. */
  const look = (minutes: number): Promise<void> => {
    world.letPass(minutes * MINUTE_MS);
    return settleHeard(world.parts);
  };
  const blocks = () => world.store.announcements.list({ organization: world.name, kind: 'blocked' });
  const blocksOwed = async (): Promise<string[]> => (await owed()).filter((line) => line.startsWith('blocked'));
  /** Let in she is where the MDM knows her, and never blocked. */
  const LEAVES_ANNA: SwitchSettings['rules'] = [
    { name: 'Managed', when: [{ field: 'status', is: ['eas/mdm'] }], action: 'allow' },
    { name: 'Anna', when: [{ field: 'mailbox', how: 'exact', patterns: ['anna@contoso.example'] }], action: 'leave' },
    { name: 'Others', when: [], action: 'block' },
  ];
  const BLOCKS = ['blocked anna', 'blocked ben0'];

  it('carries an id and its blocking, and is owed from the moment it was written', async () => {
    await world.sync();
    const { announcements, entries } = world.store;
    const rows = await announcements.list({ organization: world.name });
    const [entry] = await entries.list();
    assert.equal(
      world.news('blocked').find(({ device }) => device?.eas?.easId === entry?.easId)?.change?.episode,
      entry?.episode,
    );
    // Several mailboxes are written side by side.
    const kept = Object.fromEntries(rows.map(({ id, news }) => [id, news]));
    assert.deepEqual(kept, Object.fromEntries(world.news('blocked').map((news) => [news.change?.id, news])));
    world.enroll('anna');
    await world.sync();
    const [allowed] = world.news('allowed');
    assert.equal(
      allowed?.change?.episode,
      world.news('blocked').find(({ device }) => device?.key === allowed?.device?.key)?.change?.episode,
      'the allow ends the blocking it is about',
    );
  });

  it('is owed to nobody where nothing is wired, and of a simulation', async () => {
    world.wired.delete('blocked');
    await world.sync();
    assert.deepEqual([await owed(), world.news('blocked').length], [[], 2]);
    world.wired.add('blocked');
    world.set({ mode: 'simulate' });
    world.addPhone('carla');
    await world.sync();
    assert.deepEqual(await owed(), []);
  });

  it('is told again after a start, under the same id, as a repeat, and not within one run', async () => {
    await world.sync();
    const first = told();
    await world.due();
    assert.deepEqual(told(), []);
    world.restart();
    await world.due();
    assert.deepEqual(told().sort(byText), first.map((line) => `${line} again`).sort(byText));
    await world.due();
    assert.deepEqual(told(), []);
  });

  it('is told again with growing pauses where the process ends again and again', async () => {
    await world.sync();
    told();
    const pauses: number[] = [];
    for (let minutes = 0; pauses.length < 9 && minutes < 400;) {
      world.restart();
      await world.due();
      if (told().length > 0) {
        pauses.push(minutes);
        minutes = 0;
      }
      world.letPass(MINUTE_MS);
      minutes += 1;
    }
    assert.deepEqual(pauses, [0, 1, 1, 2, 4, 8, 16, 32, 60]);
  });

  /** The next transaction that owes something ends so, as when the connection breaks with its commit on its way. */
  function breakAtCommit(isKept: boolean): void {
    const { store } = world;
    const broken = new ConnectorError('ERR_STORE_OPEN', 'The connection to the store broke.');
    let isBroken = false;
    const together: Store['together'] = async (work) => {
      const owedBy = async ({ announcements }: Pick<Store, 'announcements'>) =>
        (await announcements.list({ organization: world.name })).map(({ id }) => id).join(' ');
      const before = await owedBy(store);
      const result = await store.together(async (parts) => {
        const done = await work(parts);
        const after = await owedBy(parts);
        if (isKept || isBroken || after === before) return done;
        isBroken = true;
        throw broken;
      });
      const after = await owedBy(store);
      if (isBroken || after === before) return result;
      isBroken = true;
      throw broken;
    };
    world.storeInBetween = new Proxy(store, {
      get: (target, name) => (name === 'together' ? together : (Reflect.get(target, name) as unknown)),
    });
  }
  const breaks = (): Promise<void> =>
    assert.rejects(world.sync(), (error) => isConnectorError(error, 'ERR_STORE_OPEN'));

  it('is told by the timer within one run where nobody knows whether it was kept: the connection broke with the commit on its way', async () => {
    breakAtCommit(true);
    await breaks();
    await look(2);
    assert.equal(await lookAfterSwitch(world.parts, { atStart: false }), true);
    await world.due();
    const blocks = world
      .news('blocked')
      .map(({ device, change }) => `${device?.eas?.mailbox.address} ${change?.repeat}`);
    assert.deepEqual(
      [blocks.filter((one) => one.endsWith('true')).length, new Set(blocks.map((one) => one.split(' ')[0])).size],
      [1, 2],
    );
    told();
    assert.equal(await lookAfterSwitch(world.parts, { atStart: false }), false);
    await world.due();
    assert.deepEqual(told(), [], 'and once');
  });

  it('of another cause is told so too', async () => {
    await world.sync();
    world.organization.setCompliance(world.enroll('anna').id, 'noncompliant');
    told();
    breakAtCommit(true);
    await breaks();
    assert.deepEqual(told(), []);
    await world.due();
    assert.deepEqual(
      world.told.map(({ kind, news }) => [kind, news.change?.from, news.decision?.reason.code]),
      [['blocked', 'blocked', 'noncompliant']],
    );
  });

  it('of a held plan is told so too', async () => {
    world.set({ brakeCount: 1, brakePercent: 0 });
    breakAtCommit(true);
    await breaks();
    await world.due();
    assert.deepEqual(
      world.told.map(({ kind, news }) => [kind, news.plan?.count]),
      [['attention', 2]],
    );
  });

  it('of a device that a person should look at is told so too', async () => {
    await world.sync();
    world.organization.setCompliance(world.enroll('anna').id, 'unknown');
    told();
    breakAtCommit(true);
    await breaks();
    assert.deepEqual(told(), []);
    await world.due();
    assert.deepEqual(
      world.told.map(({ kind, news }) => [kind, news.device?.eas?.easId === easIdOf('anna'), news.repeat]),
      [['attention', true, true]],
    );
  });

  it('is told when it is written where it was not kept', async () => {
    breakAtCommit(false);
    await breaks();
    assert.equal(world.untold.size, 1);
    await world.due();
    assert.deepEqual(
      [world.untold.size, world.news('blocked').map(({ change }) => change?.repeat)],
      [0, [undefined, undefined]],
    );
  });

  it('of a block stays until a notifier has its mail, or every one has said why it sends none', async () => {
    world.notifiers = ['a', 'b'];
    await world.sync();
    const [anna, ben] = (await world.store.announcements.list({ organization: world.name })).map(({ id }) => id);
    await world.store.announcements.decline(anna!, 'a');
    await world.store.announcements.settle(ben!);
    await look(10);
    assert.deepEqual((await owed()).length, 1);
    await world.store.announcements.decline(anna!, 'b');
    await look(1);
    assert.deepEqual(await owed(), []);
  });

  it('of a block without a notifier, and of everything else, is heard after a minute in one run', async () => {
    world.notifiers = [];
    world.failures.push('refused');
    await world.sync();
    assert.equal((await owed()).length, 2);
    await look(0.5);
    assert.equal((await owed()).length, 2);
    world.restart();
    await look(5);
    assert.equal((await owed()).length, 2, 'it was told by a run that has ended');
    await world.due();
    await look(1.1);
    assert.deepEqual(
      (await owed()).filter((line) => line.startsWith('blocked')),
      [],
    );
  });

  it('of a block is given up after a day, and the report names it', async () => {
    await world.sync();
    assert.deepEqual(await owed(), BLOCKS);
    world.letPass(23 * 60 * MINUTE_MS);
    await world.sync();
    assert.deepEqual(
      world.reports.filter(({ unheard }) => unheard !== undefined),
      [],
    );
    world.letPass(60 * MINUTE_MS);
    world.restart();
    told();
    await world.due();
    assert.deepEqual(told(), [], 'too late for a repeat');
    await world.sync();
    const unheard = world.reports.find((report) => report.unheard !== undefined)?.unheard;
    assert.deepEqual(
      [unheard?.count, [...(unheard?.examples ?? [])].sort()],
      [2, ['anna@contoso.example', 'ben@contoso.example']],
    );
    assert.deepEqual([await owed(), await giveUpUnheard(world.parts)], [[], null]);
  });

  for (const [how, end] of [
    ['the phone is let in', () => void world.enroll('anna')],
    ['an administrator takes it off the list', () => world.setLists('anna', { blocked: [] })],
  ] as const)
    it(`of a block is owed no more once ${how}, though the flow has lost it, and no report says that nobody was mailed`, async () => {
      await world.sync();
      // What a list lacks sooner may be on its way to it.
      world.letPass(200 * MINUTE_MS);
      world.set({ rules: LEAVES_ANNA });
      end();
      await world.sync();
      assert.deepEqual(await blocksOwed(), ['blocked ben0']);
      for (const { id } of await blocks()) await world.store.announcements.settle(id);
      world.letPass(25 * 60 * MINUTE_MS);
      await world.sync();
      assert.deepEqual(
        world.reports.filter(({ unheard }) => unheard !== undefined),
        [],
      );
    });

  it('of an earlier block than the one that stands is given up without a word', async () => {
    await world.sync();
    const { announcements } = world.store;
    for (const one of await blocks()) {
      const news = JSON.stringify(one.news).replace(/"episode":"[^"]+"/, '"episode":"earlier"');
      await announcements.settle(one.id);
      await announcements.add({ ...one, news: JSON.parse(news) as Json });
    }
    world.letPass(25 * 60 * MINUTE_MS);
    assert.equal(await giveUpUnheard(world.parts), null);
    assert.deepEqual(await owed(), []);
  });

  it('of a block is given up by a switch that simulates where none writes any more, and by no dry run', async () => {
    await world.sync();
    world.set({ mode: 'simulate' });
    world.letPass(25 * 60 * MINUTE_MS);
    assert.equal((await world.sync({ dryRun: true })).unheard, undefined);
    const lease = new SwitchLease({ holder: 'a', node: 'gate', process: 'a host/1' }, () => 0);
    await lease.hold(world.store, world.name);
    assert.equal((await world.sync()).unheard, undefined);
    assert.equal((await owed()).length, 2);
    await lease.release(world.store, true);
    await world.sync();
    assert.deepEqual(
      world.reports.flatMap(({ unheard }) => unheard?.count ?? []),
      [2],
    );
    assert.deepEqual(await owed(), []);
  });

  it('is told again when its pause is over, though nothing is started anew until then', async () => {
    await world.sync();
    for (let starts = 1; starts <= 4; starts += 1) {
      world.restart();
      await world.due();
    }
    told();
    assert.equal(await lookAfterSwitch(world.parts, { atStart: false }), false, 'a minute has to pass');
    world.letPass(60_000);
    assert.equal(await lookAfterSwitch(world.parts, { atStart: false }), true);
    await world.due();
    assert.deepEqual([told().length, await lookAfterSwitch(world.parts, { atStart: false })], [2, false]);
  });

  it('is told again by a switch that simulates only where none writes any more', async () => {
    await world.sync();
    world.restart();
    told();
    world.set({ mode: 'simulate' });
    const lease = new SwitchLease({ holder: 'a', node: 'gate', process: 'a host/1' }, () => 0);
    await lease.hold(world.store, world.name);
    assert.equal(await lookAfterSwitch(world.parts, { atStart: false }), false);
    await world.due();
    assert.deepEqual(told(), []);
    await lease.release(world.store, true);
    assert.equal(
      await lookAfterSwitch(world.parts, { atStart: true }),
      false,
      'one that writes may be about to come up',
    );
    assert.equal(await lookAfterSwitch(world.parts, { atStart: false }), true);
    await world.due();
    assert.equal(told().length, 2);
  });

  it('is given up at once where nobody is wired to it any more', async () => {
    await world.sync();
    world.restart();
    told();
    world.wired.clear();
    await world.due();
    assert.deepEqual([told(), await owed()], [[], []]);
  });
});

for (const [how, inMemory] of WAYS)
  describe(`news of a plan that is held ${how}, and of a problem without a device`, () => {
    let world: SyncWorld;
    beforeEach(async () => {
      world = await SyncWorld.open();
      world.keepInMemory(inMemory);
      for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
      world.set({ brakeCount: 1, brakePercent: 0 });
    });
    afterEach(() => world.close());

    /** Ids of what is owed. */
    const owed = async (): Promise<string[]> =>
      (await world.store.announcements.list({ organization: world.name })).map(({ id }) => id);
    const told = (): unknown[] =>
      world.told
        .splice(0)
        .map(({ kind, news: { id, repeat, problem, plan } }) => [kind, id, repeat, problem?.code, plan?.count]);

    it('is owed from the moment on that the plan is held, and told again after a start under the same id', async () => {
      const { held } = await world.sync();
      const news: unknown[] = ['attention', held?.id, undefined, 'ERR_BRAKE', 3];
      assert.deepEqual([told(), await owed()], [[news], [held?.id]]);
      await world.sync();
      await world.due();
      assert.deepEqual(told(), [], 'not again within one run');
      world.restart();
      await world.due();
      assert.deepEqual(told(), [news.with(2, true)]);
    });

    it('is settled a minute after it was told, and at once where nothing is wired', async () => {
      await world.sync();
      world.letPass(MINUTE_MS);
      await settleHeard(world.parts);
      assert.deepEqual(await owed(), []);
      world.wired.delete('attention');
      world.addPhone('dora');
      const { held } = await world.sync();
      assert.deepEqual([held?.count, await owed()], [4, []]);
    });

    for (const [what, act] of [
      ['approved', (id: string) => world.approve(id, 'Ida')],
      ['approved in part', (id: string) => world.approve(id, 'Ida', { mailbox: 'anna@contoso.example' })],
      ['discarded', (id: string) => world.discard(id)],
      ['taken back by undo', () => world.undo()],
    ] as const)
      it(`is not told again once the plan was ${what}`, async () => {
        const { held } = await world.sync();
        world.wired.delete('blocked');
        await act(held!.id);
        assert.deepEqual(await owed(), []);
      });

    it('goes with the plan that a sync replaces, and with one that a sync does not ask for any more', async () => {
      await world.sync();
      world.addPhone('dora');
      const { held } = await world.sync();
      assert.deepEqual(await owed(), [held?.id]);
      for (const alias of ['anna', 'ben', 'carla', 'dora']) world.enroll(alias);
      await world.sync();
      assert.deepEqual([await owed(), await world.store.plans.list()], [[], []]);
    });

    it('of groups that cannot be read is owed once, under a new id at each sync, until they can be read', async () => {
      const rule = {
        name: 'Guests',
        when: [{ field: 'group', in: ['nobody@contoso.example'] }],
        action: 'leave',
      } as const;
      world.set({ rules: [rule] });
      world.hasDirectory = false;
      await world.sync();
      await world.match();
      const code = 'ERR_DIRECTORY_UNREADABLE';
      const ofNoDevice = world.news('attention').filter(({ device }) => device === null);
      const [first, second] = ofNoDevice.map(({ id }) => id);
      assert.ok(first !== undefined && second !== undefined && first !== second);
      const row = `${world.name}/problem/${code}`;
      const ofProblem = (await owed()).filter((id) => id.includes('/problem/'));
      assert.deepEqual([ofNoDevice.length, ofProblem], [2, [row]]);
      world.told.length = 0;
      world.restart();
      await world.due();
      const again = told().filter((news) => (news as readonly unknown[]).includes(code));
      assert.deepEqual(again, [['attention', second, true, code, undefined]]);
      world.set({});
      await world.sync();
      assert.equal((await owed()).includes(row), false);
    });
  });
