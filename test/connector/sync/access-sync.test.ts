/** The loop of the access switch: pages in, a report out, and the order in which a sync changes things. */
import assert from 'node:assert/strict';
import { REPLICATION_MS } from '../../../src/access/replication.ts';
import { AccessSync } from '../../../src/connector/sync/access-sync.ts';
import type { DevicePage } from '../../../src/connector/sync/open-sync.ts';
import { lastSimulation } from '../../../src/connector/sync/sync-report.ts';
import { ConnectorError, isConnectorError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/store.ts';
import { easIdOf, SyncWorld, WAYS } from './sync-world.ts';

for (const [how, inMemory] of WAYS)
  describe(`a sync of the access switch, its plan ${how}`, () => {
    let world: SyncWorld;

    beforeEach(async () => {
      world = await SyncWorld.open();
      world.keepInMemory(inMemory);
    });
    afterEach(() => world.close());

    const page = (changes: Partial<DevicePage> = {}): DevicePage => ({
      id: 's1',
      kind: 'full',
      organization: 'exchange',
      startedAt: null,
      page: 0,
      last: false,
      dryRun: false,
      maxAgeHours: null,
      scope: 'all',
      known: null,
      match: null,
      devices: [],
      ...changes,
    });

    it('knows an entry as its own that it wrote while Exchange was being read', async () => {
      world.addPhone('anna');
      const { parts } = world;
      const write = async (...call: Parameters<typeof parts.exchange.write>): Promise<void> => {
        // The quick sync's timer has begun the next reading, and Anna's mailbox has just been read.
        await world.readOnly('eas');
        await parts.exchange.write(...call);
      };
      Object.defineProperty(world, 'parts', { value: { ...parts, exchange: { ...parts.exchange, write } } });
      await world.sync();
      await world.match();
      const owned = (await world.store.entries.list()).map(({ easId, list, state }) => `${list} ${easId} ${state}`);
      assert.deepEqual(owned, [`blocked ${easIdOf('anna')} owned`]);
      world.enroll('anna');
      await world.sync();
      assert.deepEqual(world.lists('anna'), { allowed: [easIdOf('anna')], blocked: [] });
    });

    it('changes things in this order: baseline, switch-on, ledger, the plan held and queued, Exchange', async () => {
      const noncompliant = ['anna', 'ben', 'carla'];
      for (const alias of [...noncompliant, 'dora', 'emil']) world.addPhone(alias);
      for (const alias of noncompliant) world.organization.setCompliance(world.enroll(alias).id, 'noncompliant');
      for (const alias of ['dora', 'emil']) world.enroll(alias);
      // Dora's entry is ours and goes; Emil's was ours, and an administrator has taken it off.
      const { entries } = world.store;
      for (const alias of ['dora', 'emil']) {
        const mailboxId = world.organization.mailboxByAddress(`${alias}@contoso.example`)!.guid;
        const entry = { organization: 'exchange', mailboxId, easId: easIdOf(alias), list: 'blocked' } as const;
        await entries.record({ ...entry, rule: 'Not managed', writtenAt: '2026-01-01T00:00:00.000Z' });
      }
      world.setLists('dora', { blocked: [easIdOf('dora')] });
      world.set({ startFrom: 'grandfather', brakeCount: 1, brakePercent: 0 });
      const log: string[] = [];
      const { parts } = world;
      const steps = await withSteps(log, parts.store, async (store) => {
        const write = (...of: Parameters<typeof parts.exchange.write>) => (
          log.push('write'),
          parts.exchange.write(...of)
        );
        Object.defineProperty(world, 'parts', {
          value: {
            ...parts,
            store,
            exchange: { ...parts.exchange, write },
            announce: (kind: string) => log.push(`tell ${kind}`),
          },
        });
        await world.sync();
      });
      assert.deepEqual(steps, [
        'believe',
        'baseline',
        'switch-on',
        'ledger: forget',
        'hold',
        // What is in memory is queued in the transaction in which the plan becomes valid; rows are there already.
        ...(inMemory === undefined ? ['queue', 'tell attention'] : ['tell attention', 'queue']),
        'write',
        'tell allowed',
        'history',
      ]);
    });

    it('blocks what nobody manages, leaves what is managed, and writes nothing the second time', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      world.enroll('ben');
      const { counts } = await world.sync();
      assert.deepEqual(counts, {
        devices: 2,
        blocked: 1,
        allowed: 0,
        released: 0,
        failed: 0,
        held: 0,
        undecided: 0,
        unchanged: 1,
        nextSync: 0,
        waiting: 0,
      });
      assert.deepEqual(
        [world.lists('anna').blocked, world.lists('ben')],
        [[easIdOf('anna')], { allowed: [], blocked: [] }],
      );
      const again = await world.sync();
      assert.deepEqual([world.writes, again.counts.unchanged, again.diff], [1, 1, []], 'only anna was touched');
    });

    it('keeps its report in the history', async () => {
      world.addPhone('anna');
      const report = await world.sync();
      const [entry] = await world.store.history.recent({ subject: 'access' });
      assert.deepEqual(
        [entry?.syncId, entry?.organization, entry?.ok, entry?.report],
        [report.sync.id, 'exchange', true, JSON.parse(JSON.stringify(report))],
      );
    });

    it('keeps who, what, why, before and after in the audit', async () => {
      world.addPhone('anna');
      await world.sync();
      const [entry, ...more] = await world.store.audit.recent();
      const { at, deviceKey, evidence, ...rest } = entry!;
      assert.deepEqual(more, []);
      assert.ok(Date.parse(at) > 0 && deviceKey?.includes(easIdOf('anna').toLowerCase()));
      assert.match(evidence[0] ?? '', /No enrolled device of this user fits/);
      assert.deepEqual(rest, {
        who: 'switch',
        what: 'block',
        organization: 'exchange',
        rule: 'Not managed',
        reason: 'not-enrolled',
        before: { state: 'allowed', listed: null },
        after: { state: 'blocked', edit: { blocked: { add: [easIdOf('anna')] } } },
        approvedBy: null,
      });
    });

    it('passes over another organization’s pages, and says whether it has had some of its own', async () => {
      const sync = new AccessSync();
      const other = page({ organization: 'elsewhere', last: true });
      assert.deepEqual(await sync.page(world.parts, other), { kind: 'passed-over', hasSynced: false });
      assert.deepEqual(await sync.page(world.parts, page()), {
        kind: 'deciding',
        said: ['deciding', { count: 0 }],
      });
      assert.deepEqual(await sync.page(world.parts, other), { kind: 'passed-over', hasSynced: true });
      assert.deepEqual(await world.store.history.recent(), []);
    });

    it('does not go on with a sync whose first page was lost', async () => {
      const sync = new AccessSync();
      await sync.page(world.parts, page());
      for (const lost of [page({ id: 's2', page: 1 }), page({ id: 's2', page: 1, last: true })])
        await assert.rejects(sync.page(world.parts, lost), (error) =>
          isConnectorError(error, 'ERR_SNAPSHOT_INCOMPLETE'),
        );
    });

    it('does not go back to a match that a newer one has overtaken, whichever page of it comes late or once more', async () => {
      world.pageSize = 1;
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      await world.sync();
      world.enroll('anna');
      await world.sync();
      const lists = [world.lists('anna'), world.lists('ben')];
      const writes = world.writes;
      for (const late of world.pages)
        assert.deepEqual(
          await world.takeLate(late),
          { kind: 'passed-over', hasSynced: true },
          `${late.id} ${late.page}`,
        );
      assert.deepEqual([world.lists('anna'), world.lists('ben'), world.writes], [...lists, writes]);
      assert.deepEqual((await world.sync()).diff, [], 'nothing is left undone');
    });

    for (const part of ['attempts', 'together'] as const) {
      const failing = `a page of them failed for the store (${part})`;

      it(`decides again about devices when ${failing}, though the pages after it came`, async () => {
        const aliases = ['anna', 'ben', 'carla'];
        world.pageSize = 1;
        for (const alias of aliases) world.addPhone(alias);
        await world.sync();
        for (const alias of aliases) world.enroll(alias);
        await world.readOnly('mdm');
        await takeButOne(world, part);
        world.storeInBetween = null;
        await world.match();
        assert.deepEqual([world.blocked(...aliases), await world.waiting()], [[], []], 'all are let in');
      });

      it(`drops nothing that waits for a device when ${failing}`, async () => {
        world.matchesAll = true;
        world.pageSize = 1;
        for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
        world.failures.push('refused', 'refused', 'refused');
        await world.sync();
        await world.readOnly('eas');
        await takeButOne(world, part);
        assert.deepEqual((await world.waiting()).map(String), ['later,1', 'later,1', 'later,1']);
      });
    }

    it('goes on with the newer of two matches whose pages come mixed', async () => {
      world.pageSize = 1;
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      await world.readOnly('mdm');
      await world.readOnly('eas');
      await world.match({ isCutOff: true });
      world.enroll('anna');
      await world.readOnly('mdm');
      await world.match({ isCutOff: true });
      const [older, newer] = Map.groupBy(world.pages, ({ match }) => match).values();
      const sync = new AccessSync();
      const lastOf = (pages: readonly DevicePage[]): DevicePage => ({ ...pages.at(-1)!, last: true });
      for (const one of [...older!.slice(0, -1), ...newer!.slice(0, -1), lastOf(older!), lastOf(newer!)])
        await sync.page(world.parts, one);
      assert.deepEqual([world.lists('anna').blocked, world.lists('ben').blocked], [[], [easIdOf('ben')]]);
    });

    const FOUR = ['anna', 'ben', 'carla', 'dora'];

    /** Four phones were blocked and are enrolled by now: the pages of the match that says so, two phones each. */
    async function pagesOfEnrolled(): Promise<[DevicePage, DevicePage]> {
      for (const alias of FOUR) world.addPhone(alias);
      await world.sync();
      for (const alias of FOUR) world.enroll(alias);
      await world.readOnly('mdm');
      const before = world.pages.length;
      await world.match({ isCutOff: true });
      const [first, second] = world.pages.slice(before);
      return [first!, second!];
    }

    it('lets in with the next sync whose page came while the store could not be read', async () => {
      const [first, second] = await pagesOfEnrolled();
      const sync = new AccessSync(inMemory);
      const away = new ConnectorError('ERR_STORE_OPEN', 'The database does not answer.');
      let isAway = false;
      const store = new Proxy(world.store, {
        get: (target, name) =>
          name === 'attempts' && isAway ? { of: () => Promise.reject(away) } : Reflect.get(target, name),
      });
      const parts = { ...world.parts, store };
      await sync.page(parts, first);
      isAway = true;
      await assert.rejects(sync.page(parts, { ...second, last: false }), away);
      isAway = false;
      await sync.page(parts, { ...second, page: 2, devices: [] });
      assert.equal(world.blocked(...FOUR).length, 2, 'those of the page that was not decided');
      await world.match();
      assert.deepEqual(world.blocked(...FOUR), []);
    });

    it('lets in with the next sync whose page had another page’s phones, as a node before it had mixed them up', async () => {
      const [first, second] = await pagesOfEnrolled();
      const sync = new AccessSync(inMemory);
      await sync.page(world.parts, { ...first, devices: second.devices });
      await assert.rejects(sync.page(world.parts, second), {
        code: 'ERR_INPUT_INVALID',
        details: { page: 2, other: 1 },
      });
      assert.equal(world.blocked(...FOUR).length, 4, 'nothing is concluded');
      await world.match();
      assert.deepEqual(world.blocked(...FOUR), []);
    });

    /** Four phones are held by the brake, and a sync about them has one of its two pages. */
    async function heldInTheMiddle() {
      for (const alias of FOUR) world.addPhone(alias);
      world.set({ brakeCount: 1, brakePercent: 0 });
      const { held } = await world.sync();
      world.matchesAll = true;
      const before = world.pages.length;
      await world.match({ isCutOff: true });
      const [first, last] = world.pages.slice(before);
      const sync = new AccessSync(inMemory);
      await sync.page(world.parts, first!);
      return { held, sync, last: last! };
    }

    for (const [what, failures] of [
      ['blocked', []],
      ['failed', Array.from(FOUR, () => 'refused' as const)],
    ] as const)
      it(`holds nothing once more that was approved while it decided, and has ${what} since`, async () => {
        const { held, sync, last } = await heldInTheMiddle();
        world.failures.push(...failures);
        await world.approve(held?.id, 'Dora');
        const told = world.told.length;
        const ended = await sync.page(world.parts, last);
        assert.deepEqual(
          [ended.kind === 'ended' && ended.report.counts.held, world.told.slice(told), await world.store.plans.list()],
          [0, [], []],
        );
        await world.untilNextTry();
        await world.match();
        assert.deepEqual([world.blocked(...FOUR), await world.store.plans.list()], [FOUR, []]);
      });

    it('holds the rest with the next sync, when a part was approved while it decided', async () => {
      const { held, sync, last } = await heldInTheMiddle();
      await world.approve(held?.id, 'Dora', { mailbox: 'anna@contoso.example' });
      await sync.page(world.parts, last);
      assert.deepEqual(world.blocked(...FOUR), ['anna']);
      const next = await world.match();
      assert.deepEqual([next.held?.count, world.blocked(...FOUR)], [3, ['anna']]);
    });

    it('only says what it would do in a dry run, and keeps that for the dialog', async () => {
      world.addPhone('anna');
      const report = await world.sync({ dryRun: true });
      assert.deepEqual(
        [report.mode, report.sync.dryRun, report.counts.blocked, world.writes],
        ['simulate', true, 1, 0],
      );
      assert.deepEqual(
        world.told.map(({ kind, news }) => [kind, news.change?.applied, news.change?.attempts]),
        [['blocked', false, 0]],
      );
      const kept = await lastSimulation(world.store, 'exchange');
      assert.deepEqual([kept?.by, kept?.report], ['gate', JSON.parse(JSON.stringify(report))]);
      assert.deepEqual(await world.waiting(), []);
    });

    it('keeps a dry run for the dialog only if no page of it failed: it would show fewer blocks than there will be', async () => {
      world.matchesAll = true;
      world.pageSize = 1;
      for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
      await world.readOnly('mdm');
      await world.readOnly('eas');
      await takeButOne(world, 'attempts', { dryRun: true });
      assert.equal(await lastSimulation(world.store, 'exchange'), null);
      world.storeInBetween = null;
      await world.match({ dryRun: true });
      assert.equal((await lastSimulation(world.store, 'exchange'))?.report.counts.blocked, 3);
    });

    it('goes by the age of MDM readings that the pages name, and by the last match’s where they name none', async () => {
      world.addPhone('anna');
      await world.sync();
      world.letPass(3 * 3_600_000);
      for (const [maxAgeHours, expected] of [
        [null, undefined],
        [2, ['ERR_SNAPSHOT_STALE']],
        [4, undefined],
      ] as const) {
        const ended = await new AccessSync().page(world.parts, page({ last: true, maxAgeHours }));
        const problems = ended.kind === 'ended' ? ended.report.problems?.map(({ code }) => code) : 'not ended';
        assert.deepEqual(problems, expected, `${maxAgeHours} hours`);
      }
    });

    it('allows again when the user has enrolled, before the phone comes back and without reading Exchange', async () => {
      world.addPhone('anna');
      await world.sync();
      assert.deepEqual(world.blocked('anna'), ['anna']);
      world.enroll('anna');
      await world.read('mdm');
      assert.deepEqual([world.lists('anna').blocked, world.state('anna')], [[], 'allowed']);
    });

    it('takes our entry back when a rule says release, and only ours', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      world.setLists('ben', { blocked: [easIdOf('ben')] });
      await world.sync();
      world.set({ rules: [{ name: 'Hands off', when: [], action: 'release' }] });
      const { counts } = await world.match();
      assert.deepEqual(
        [counts.released, world.lists('anna').blocked, world.lists('ben').blocked],
        [1, [], [easIdOf('ben')]],
      );
      assert.equal(world.news('allowed').at(-1)?.change?.to, 'unknown');
    });

    it('forgets an entry that an administrator took off, and then takes theirs for theirs', async () => {
      world.addPhone('anna');
      const all = (action: 'block' | 'leave' | 'allow') => world.set({ rules: [{ name: 'All', when: [], action }] });
      all('block');
      await world.sync();
      world.setLists('anna', { blocked: [] });
      world.letPass(REPLICATION_MS);
      all('leave');
      await world.sync();
      assert.deepEqual(await world.store.entries.list(), []);
      world.setLists('anna', { blocked: [easIdOf('anna')] });
      all('allow');
      await world.sync();
      assert.deepEqual(world.lists('anna'), { allowed: [], blocked: [easIdOf('anna')] });
    });

    const OTHERS = ['ADMINSOTHERPHONE1', 'ADMINSOTHERPHONE2'];

    it('does not touch what an administrator wrote, for or against', async () => {
      for (const alias of ['anna', 'ben']) world.addPhone(alias);
      world.enroll('ben');
      world.setLists('anna', { allowed: [...OTHERS, easIdOf('anna')] });
      world.setLists('ben', { blocked: [easIdOf('ben'), ...OTHERS] });
      const { counts } = await world.sync();
      assert.deepEqual([counts.blocked, counts.allowed, world.writes], [0, 0, 0]);
      assert.deepEqual(world.lists('anna').allowed, [...OTHERS, easIdOf('anna')]);
      assert.deepEqual(world.lists('ben').blocked, [easIdOf('ben'), ...OTHERS]);
    });

    it('takes an administrator’s entry over only if it may', async () => {
      world.addPhone('ben');
      world.enroll('ben');
      world.setLists('ben', { blocked: [easIdOf('ben'), ...OTHERS] });
      world.set({ adoptEntries: true });
      await world.sync();
      assert.deepEqual(world.lists('ben'), { allowed: [easIdOf('ben')], blocked: OTHERS });
    });

    it('takes over a block that stands too, tells of it once, and lets its user in once he has enrolled', async () => {
      world.addPhone('ben');
      world.setLists('ben', { blocked: [easIdOf('ben'), ...OTHERS] });
      world.set({ adoptEntries: true });
      for (let n = 0; n < 2; n += 1) await world.sync();
      const told = world
        .news('blocked')
        .map(({ change, decision }) => [change!.from, change!.to, change!.applied, decision?.reason.code]);
      assert.deepEqual([told, world.writes], [[['blocked', 'blocked', true, 'not-enrolled']], 0]);
      world.set({});
      await world.sync();
      world.enroll('ben');
      await world.sync();
      assert.deepEqual(world.lists('ben'), { allowed: [easIdOf('ben')], blocked: OTHERS });
    });
  });

/** A match whose pages all reach the switch; while it has the second one, a part of the store is busy. */
async function takeButOne(
  world: SyncWorld,
  part: 'attempts' | 'together',
  how: { readonly dryRun?: boolean } = {},
): Promise<void> {
  const { store } = world;
  const busy = (): never => {
    throw new ConnectorError('ERR_STORE_BUSY', 'The store is locked.');
  };
  let isBusy = false;
  world.storeInBetween = new Proxy(store, {
    get: (target, name) => {
      if (name !== part || !isBusy) return Reflect.get(target, name) as unknown;
      return part === 'together' ? busy : new Proxy(target.attempts, { get: () => busy });
    },
  });
  const before = world.pages.length;
  await world.match({ ...how, isCutOff: true });
  for (const page of world.pages.slice(before)) {
    isBusy = page.page === 1;
    if (isBusy) await assert.rejects(world.takeLate(page), { code: 'ERR_STORE_BUSY' });
    else await world.takeLate(page);
  }
}

/** Runs with a store that writes down what is changed in it; repeated steps count once. */
async function withSteps(log: string[], store: Store, run: (store: Store) => Promise<void>): Promise<string[]> {
  const NAMES: Readonly<Record<string, string>> = {
    'entries.remove': 'ledger: forget',
    'entries.record': 'ledger: rename',
    'plans.validate': 'hold',
    'plans.remove': 'drop',
    'outbox.putMany': 'queue',
    'history.add': 'history',
  };
  const SETTING_NAMES = {
    'access.believed': 'believe',
    'access.baseline': 'baseline',
    'access.switchedOn': 'switch-on',
  };
  const noted = (part: string, method: string, first: unknown): string | undefined =>
    part === 'settings' && (method === 'set' || method === 'edit')
      ? Object.entries(SETTING_NAMES).find(([name]) => String(first).startsWith(name))?.[1]
      : NAMES[`${part}.${method}`];
  const watched = (part: string, target: object): object =>
    new Proxy(target, {
      get: (_, method) => {
        const value: unknown = Reflect.get(target, method);
        if (typeof value !== 'function') return value;
        return (...of: unknown[]): unknown => {
          const step = noted(part, String(method), of[0]);
          if (step !== undefined) log.push(step);
          return Reflect.apply(value, target, of);
        };
      },
    });
  const watchedAll = <T extends object>(all: T): T =>
    Object.fromEntries(
      Object.entries(all).map(([part, value]: [string, unknown]) => [
        part,
        typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? watched(part, value) : value,
      ]),
    ) as T;
  const together: Store['together'] = (work) => store.together((parts) => work(watchedAll(parts)));
  await run({ ...watchedAll(store), together });
  return log.filter((step, i) => step !== log[i - 1]);
}
