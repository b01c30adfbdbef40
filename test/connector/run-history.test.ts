/** One row of the history a run, whatever it came to. */
import assert from 'node:assert/strict';
import type { ExchangePort, MdmPort } from '../../src/connector/ports.ts';
import { keepFailedRun } from '../../src/connector/keep-run.ts';
import { MailRun } from '../../src/connector/mails/mail-run.ts';
import type { MailOutcome } from '../../src/connector/mails/mail-outcome.ts';
import { DEFAULT_MATCH_SETTINGS } from '../../src/connector/matching/match-settings.ts';
import { matchReadings } from '../../src/connector/matching/match-readings.ts';
import { ReadingKeeper } from '../../src/connector/readings/keep-reading.ts';
import type { ReadingPage } from '../../src/connector/readings/keep-reading.ts';
import { OwnReadingsUnderWay } from '../../src/connector/readings/readings-under-way.ts';
import { takeEasReading, takeMdmReading } from '../../src/connector/readings/take-reading.ts';
import { ConnectorError, ERROR_HELP } from '../../src/errors.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import { blocked } from '../support/changes.ts';
import { easRecord, mdmRecord } from '../support/records.ts';
import { allOf, keepWhole, NOW, now, openEmptyStore } from './kept-readings.ts';
import { SyncWorld } from './sync/sync-world.ts';

const DOWN = new ConnectorError('ERR_HTTP_RESET', 'mail.contoso.example said: <secret of a far end>');
const DOWN_KEPT = { code: 'ERR_HTTP_RESET', text: ERROR_HELP.ERR_HTTP_RESET };
const { signal } = new AbortController();

describe('the history', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const history = async () => (await store.history.recent()).reverse();
  const row = { at: NOW, organization: 'exchange', ok: true, tookMs: 0 };

  describe('of readings', () => {
    const underWay = new OwnReadingsUnderWay();
    const aPage = (id: string, index: number, last: boolean, more: Partial<ReadingPage> = {}): ReadingPage => ({
      id,
      source: 'eas',
      kind: 'full',
      startedAt: NOW,
      organization: 'exchange',
      scope: 'exchange',
      page: index,
      last,
      dryRun: false,
      records: [easRecord(index)],
      ...more,
    });
    const keep = async (keeper: ReadingKeeper, ...pages: readonly ReadingPage[]): Promise<void> => {
      for (const page of pages) await keeper.keep(store, underWay, page).catch(() => undefined);
    };

    it('has one that was kept whole: how many records were read, are there now, and are gone', async () => {
      const keeper = new ReadingKeeper({ now: () => now() + 90_000, node: 'matcher' });
      await keep(keeper, aPage('full', 0, false), aPage('full', 1, true));
      await keep(keeper, aPage('quick', 0, true, { kind: 'quick', gone: [easRecord(1).key], records: [] }));
      const tenant = { source: 'mdm', organization: 'tenant', scope: 'tenant', records: [mdmRecord(1)] } as const;
      await keep(keeper, aPage('mdm', 0, true, tenant));
      const [at, tookMs] = [new Date(now() + 90_000).toISOString(), 90_000];
      assert.deepEqual(await history(), [
        {
          ...row,
          at,
          tookMs,
          syncId: 'full',
          subject: 'eas',
          report: { source: 'exchange', kind: 'full', counts: { read: 2, records: 2 } },
        },
        {
          ...row,
          at,
          tookMs,
          syncId: 'quick',
          subject: 'eas',
          report: { source: 'exchange', kind: 'quick', counts: { read: 0, records: 1, gone: 1 } },
        },
        {
          ...row,
          at,
          tookMs,
          syncId: 'mdm',
          subject: 'mdm',
          organization: null,
          report: { source: 'tenant', kind: 'full', counts: { read: 1, records: 1 } },
        },
      ]);
    });

    it('has one row of a reading that two matchers took', async () => {
      for (const keeper of [new ReadingKeeper({ now, node: 'matcher' }), new ReadingKeeper({ now, node: 'matcher' })])
        await keep(keeper, aPage('r', 0, true));
      assert.equal((await history()).length, 1);
    });

    it('has one that lost a page or broke off, once', async () => {
      const keeper = new ReadingKeeper({ now, node: 'matcher' });
      const foreign = aPage('lost', 1, false, { records: [easRecord(1, { organization: 'elsewhere' })] });
      await keep(keeper, aPage('lost', 0, false), foreign, aPage('lost', 2, true));
      await keep(keeper, aPage('broken', 0, false), aPage('next', 0, true));
      assert.deepEqual(
        (await history()).map(({ syncId, ok, report }) => [
          syncId,
          ok,
          (report as { error?: { code: string } }).error?.code,
        ]),
        [
          ['lost', false, 'ERR_INPUT_INVALID'],
          ['broken', false, 'ERR_SNAPSHOT_INCOMPLETE'],
          ['next', true, undefined],
        ],
      );
    });

    const unused = (): never => assert.fail('nothing but pages is asked for');
    // oxlint-disable-next-line require-yield
    async function* failing(): AsyncGenerator<never> {
      throw DOWN;
    }
    const common = (stop = signal) => ({
      pageSize: 9,
      underWay,
      node: 'source',
      now,
      newId: () => 'reading',
      signal: stop,
      asked: { kind: undefined, dryRun: false },
    });
    const exchange = {
      organization: 'exchange',
      easPages: failing,
      readLists: unused,
      write: unused,
      lastAttempts: unused,
      partnerships: unused,
      removePartnership: unused,
      groupMembers: unused,
      recipients: unused,
    } satisfies ExchangePort;
    const take = async (stop = signal): Promise<void> => {
      const how = { exchange, store: () => Promise.resolve(store), setting: 'full', scope: '' } as const;
      const { pages } = await takeEasReading({ ...common(stop), ...how, onWarning: unused });
      await assert.rejects(allOf(pages), DOWN);
    };

    const NOTHING_CAME = {
      whole: false,
      pages: 0,
      records: 0,
      easIds: 0,
      user: 0,
      compliance: 0,
      managed: 0,
      rows: 0,
      duplicates: 0,
      counted: null,
      enrolled: null,
    };

    it('has one that Exchange or the MDM did not let through, by its code, without what the far end said', async () => {
      await take();
      const mdm: MdmPort = {
        source: 'tenant',
        mdmPages: failing,
        mdmRecord: unused,
        devicesOfUsers: unused,
        groupMembers: unused,
      };
      const announce = (): Promise<void> => Promise.resolve();
      const { pages } = await takeMdmReading({
        ...common(),
        mdm,
        announce,
        lease: () => Promise.resolve(),
        store: () => Promise.resolve(store),
      });
      await assert.rejects(allOf(pages), DOWN);
      assert.deepEqual(await history(), [
        {
          ...row,
          syncId: 'reading',
          subject: 'eas',
          ok: false,
          report: { source: 'exchange', kind: 'full', error: DOWN_KEPT },
        },
        {
          ...row,
          syncId: 'reading',
          subject: 'mdm',
          ok: false,
          organization: null,
          report: { source: 'tenant', kind: 'full', error: DOWN_KEPT, coverage: NOTHING_CAME },
        },
      ]);
    });

    it('has none that was stopped, as by a deploy', async () => {
      await take(AbortSignal.abort());
      assert.deepEqual(await history(), []);
    });
  });

  describe('of matches', () => {
    const match = (fails: boolean, readAt = NOW) =>
      matchReadings({
        store,
        settings: DEFAULT_MATCH_SETTINGS,
        cause: { kind: 'quick', dryRun: false },
        pageSize: 2,
        now: () => Date.parse(readAt),
        newId: () => 'match',
        signal,
        to: {
          devices: async (pages) => {
            await allOf(pages);
            if (fails) throw DOWN;
          },
          mdmOnly: async (pages) => void (await allOf(pages)),
          report: () => undefined,
        },
      });

    it('has one an organization, well only with a fresh MDM reading, and one that failed', async () => {
      await match(false);
      assert.deepEqual(await history(), [], 'there was nothing to match');
      await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1), mdmRecord(9)]);
      await keepWhole(store, 'eas', 'exchange', [easRecord(1), easRecord(2)]);
      await match(false);
      const later = new Date(now() + 27 * 3_600_000).toISOString();
      await match(false, later);
      await assert.rejects(match(true), DOWN);
      const [first, second, third] = await history();
      const by = { 'eas-id': 1, activation: 0, pairing: 0, serial: 0 };
      const reason = { merged: 1, 'not-enrolled': 1, 'no-eas-record': 1 };
      assert.deepEqual(first, {
        ...row,
        syncId: 'match',
        subject: 'match',
        report: { kind: 'quick', scope: 'all', known: 2, counts: { merged: 1, eas: 1, mdm: 1 }, by, reason },
      });
      assert.deepEqual([second?.ok, second?.at], [false, later]);
      assert.deepEqual([third?.ok, third?.report], [false, { kind: 'quick', error: DOWN_KEPT }]);
    });
  });

  describe('of mails', () => {
    const SENT = { kind: 'sent', mail: { to: '', subject: '', messageId: '', at: '', reminder: 0 } } as const;
    const KEPT: MailOutcome = { kind: 'kept', error: DOWN };

    it('has one for all mails with less than a minute between', async () => {
      let time = now();
      const mails = new MailRun('notifier', { now: () => time, ids: () => 'run' });
      const mail = async (change: DeviceChange, outcome: MailOutcome): Promise<void> => {
        mails.begin();
        time += 1_000;
        mails.count([change], outcome);
        await mails.done(store);
      };
      const untilLook = async (ms: number): Promise<void> => {
        time += ms;
        await mails.look(store);
      };
      mails.begin();
      await untilLook(60_000);
      const refusedCopies = ['help@contoso.example', 'it@contoso.example'];
      for (let n = 0; n < 3; n += 1) {
        await mail(blocked(1), n === 0 ? { ...SENT, mail: { ...SENT.mail, refusedCopies } } : SENT);
        await untilLook(59_999);
      }
      assert.deepEqual(await history(), [], 'it is not over');
      await untilLook(1);
      await mail(blocked(1), SENT);
      await mail(blocked(2, {}, easRecord(2, { organization: 'second' })), KEPT);
      await mails.end(store);
      await mails.end(store);
      const seconds = (ms: number): number => Math.round(ms / 1000);
      assert.deepEqual(
        (await history()).map((run) => ({
          ...run,
          at: seconds(Date.parse(run.at) - now()),
          tookMs: seconds(run.tookMs),
        })),
        [
          {
            ...row,
            syncId: 'run',
            subject: 'notify',
            at: 183,
            tookMs: 123,
            report: { notifier: 'notifier', counts: { sent: 3, copiesRefused: 2 } },
          },
          {
            ...row,
            syncId: 'run',
            subject: 'notify',
            at: 245,
            tookMs: 2,
            organization: null,
            ok: false,
            report: { notifier: 'notifier', counts: { sent: 1, waiting: 1 }, error: DOWN_KEPT },
          },
        ],
      );
    });

    it('has one an hour while mails never pause', async () => {
      let time = now();
      const mails = new MailRun('notifier', { now: () => time, ids: () => 'run' });
      for (let minute = 0; minute < 150; minute += 1) {
        mails.begin();
        mails.count([blocked(1)], SENT);
        time += 60_000;
        await mails.done(store);
      }
      assert.deepEqual(
        (await history()).map(({ tookMs, report }) => [tookMs, report]),
        [1, 2].map(() => [3_600_000, { notifier: 'notifier', counts: { sent: 60 } }]),
      );
    });
  });

  it('does not keep what failed with the store itself from being told', async () => {
    const broken = { history: { ...store.history, add: () => Promise.reject(new Error('disk')) } };
    const run = { subject: 'eas', syncId: 's', organization: null, began: now() } as const;
    await keepFailedRun(broken, run, { thrown: DOWN, now });
  });
});

describe('the history of a switch', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
  });
  afterEach(() => world.close());

  /** Subject, who asked, whether it ended well, and what was counted as far as it is not 0. */
  const runs = async () =>
    (await world.store.history.recent()).reverse().map(({ subject, ok, report }) => {
      const { sync, counts, error } = report as {
        sync: { id: string; kind: string };
        counts?: Record<string, number>;
        error?: { code: string };
      };
      const counted = Object.entries(counts ?? {}).filter(([, count]) => count > 0);
      const by = sync.kind === 'control' ? sync.id : sync.kind;
      return [subject, by, ok, error?.code ?? Object.fromEntries(counted)];
    });

  it('has what a sync decided, and what it wrote if it wrote anything', async () => {
    world.addPhone('anna');
    world.failures.push('refused');
    await world.sync();
    await world.untilNextTry();
    await world.match();
    await world.read('eas');
    assert.deepEqual(await runs(), [
      ['write', 'full', false, { failed: 1 }],
      ['access', 'full', false, { devices: 1, failed: 1, waiting: 1 }],
      ['write', 'full', true, { blocked: 1 }],
      ['access', 'full', true, { devices: 1, blocked: 1 }],
      ['access', 'full', true, { devices: 1, unchanged: 1 }],
    ]);
  });

  it('has what approve, retry, undo and the timer wrote, and nothing of a look that found nothing', async () => {
    world.set({ brakeCount: 0, brakePercent: 0 });
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    const { held } = await world.sync();
    await world.due();
    await world.retry();
    world.failures.push('refused');
    await world.approve(held?.id);
    await world.untilNextTry();
    await world.due();
    await world.undo();
    assert.deepEqual(await runs(), [
      ['access', 'full', false, { devices: 2, held: 2 }],
      ['write', 'approve', false, { blocked: 1, failed: 1 }],
      ['write', 'due', true, { blocked: 1 }],
      ['write', 'undo', true, { released: 2 }],
    ]);
  });

  it('has a sync that failed once, however many of its pages come after', async () => {
    for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
    await world.readOnly('mdm');
    await world.readOnly('eas');
    const { store } = world;
    const outbox = { ...store.outbox, list: () => Promise.reject(DOWN) } as unknown as Store['outbox'];
    const { parts } = world;
    Object.defineProperty(world, 'parts', { value: { ...parts, store: { ...store, outbox } } });
    for (let page = 0; page < 2; page += 1) await assert.rejects(world.match(), DOWN);
    assert.deepEqual(await runs(), [
      ['access', 'full', false, 'ERR_HTTP_RESET'],
      ['access', 'full', false, 'ERR_HTTP_RESET'],
    ]);
  });
});
