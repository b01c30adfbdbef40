/** One reading of Exchange or an MDM: what it asks for, and that it is under way meanwhile. */
import assert from 'node:assert/strict';
import type { EasReading, ExchangePort, MdmPort } from '../../../src/connector/ports.ts';
import { OwnReadingsUnderWay } from '../../../src/connector/readings/readings-under-way.ts';
import { takeEasReading, takeMdmReading } from '../../../src/connector/readings/take-reading.ts';
import type { Page } from '../../../src/connector/readings/page.ts';
import type { StartRequest } from '../../../src/connector/readings/start-request.ts';
import type { EasRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import type { KeptView } from '../../../src/model/forest-view.ts';
import type { ReadingGaps } from '../../../src/model/reading-gaps.ts';
import { easRecord, guid } from '../../support/records.ts';
import { keepWhole, NOW, now, openEmptyStore } from '../kept-readings.ts';

const { signal } = new AbortController();
const NOTHING: StartRequest = { kind: undefined, dryRun: false };
const EARLIER = '2026-05-31T09:00:00.000Z';

const outside = (...mailboxes: string[]): ReadingGaps => ({ count: 0, mailboxes, outside: true });

async function* noPages(): AsyncGenerator<never> {}
async function* onePage(...records: readonly EasRecord[]): AsyncGenerator<Page<EasRecord>> {
  yield { records, last: true, total: records.length };
}
const unused = (): never => assert.fail('nothing but pages is asked for');

describe('taking a reading', () => {
  let store: Store;
  let underWay: OwnReadingsUnderWay;
  let asked: EasReading[];
  const common = () => ({ pageSize: 100, underWay, node: 'source', now, newId: () => 'reading', signal });

  beforeEach(async () => {
    [asked, underWay] = [[], new OwnReadingsUnderWay()];
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  describe('of Exchange', () => {
    let given: () => AsyncIterable<Page<EasRecord>> = noPages;
    afterEach(() => {
      given = noPages;
    });
    const exchange: ExchangePort = {
      organization: 'exchange',
      easPages: (reading) => {
        asked.push(reading);
        return given();
      },
      readLists: unused,
      write: unused,
      lastAttempts: unused,
      partnerships: unused,
      removePartnership: unused,
      groupMembers: unused,
      recipients: unused,
    };
    const onWarning = (): void => {};
    const take = (request: StartRequest, setting: 'full' | 'quick' = 'full') =>
      takeEasReading({
        ...common(),
        exchange,
        store: () => Promise.resolve(store),
        asked: request,
        setting,
        scope: '{}',
        onWarning,
      });

    const cases: [boolean, StartRequest['kind'], 'full' | 'quick', 'full' | 'quick'][] = [
      [false, 'quick', 'quick', 'full'],
      [false, undefined, 'quick', 'full'],
      [true, 'full', 'quick', 'full'],
      [true, 'quick', 'full', 'quick'],
      [true, undefined, 'full', 'full'],
      [true, undefined, 'quick', 'quick'],
    ];
    for (const [earlier, kind, setting, read] of cases) {
      const before = earlier ? 'after an earlier one' : 'without an earlier one';
      it(`is ${read} ${before}, if ${kind ?? 'nothing'} is asked for and the source is set to ${setting}`, async () => {
        if (earlier) await keepWhole(store, 'eas', 'exchange', [easRecord(1)], EARLIER);
        const { info } = await take({ kind, dryRun: false }, setting);
        assert.deepEqual(info, {
          id: 'reading',
          source: 'eas',
          kind: read,
          organization: 'exchange',
          startedAt: NOW,
        });
        const changes = read === 'quick' ? { since: EARLIER, keys: [] } : {};
        assert.deepEqual(asked, [{ kind: read, pageSize: 100, ...changes, scope: '{}', signal, onWarning }]);
      });
    }

    const views: readonly [string, KeptView, ReadingGaps | null, 'full' | 'quick'][] = [
      ['has the whole forest', { covers: 'forest', seen: 'forest' }, null, 'quick'],
      ['has one domain, as it may see no more', { covers: 'domain', seen: 'refused' }, null, 'quick'],
      ['has one domain, while the last session saw all', { covers: 'domain', seen: 'forest' }, null, 'full'],
      ['has nobody knows what, while the last session saw all', { covers: null, seen: 'forest' }, null, 'full'],
      ['could not see some mailboxes', { covers: 'forest', seen: 'refused' }, outside(guid(1)), 'quick'],
      ['does not know what it could not see', { covers: 'forest', seen: 'refused' }, outside(), 'full'],
      [
        'could not see some, while the last session saw all',
        { covers: 'forest', seen: 'forest' },
        outside(guid(1)),
        'full',
      ],
    ];
    for (const [what, view, gaps, read] of views)
      it(`is ${read} though quick is asked for, if the earlier one ${what}`, async () => {
        const reading = { id: 'earlier', source: 'eas', scope: 'exchange', kind: 'full', startedAt: EARLIER } as const;
        await store.snapshots.begin(reading);
        await store.snapshots.putPage(reading, [easRecord(1)]);
        await store.snapshots.commit({ id: reading.id, view, gaps });
        assert.equal((await take({ kind: 'quick', dryRun: false }, 'quick')).info.kind, read);
      });

    it('looks at devices with a change under way, whether Exchange calls them changed or not', async () => {
      await keepWhole(store, 'eas', 'exchange', [easRecord(1), easRecord(2)], EARLIER);
      const change = {
        mailboxId: 'm',
        state: 'planned' as const,
        turn: 1 as const,
        attempts: 0,
        createdAt: NOW,
        nextAttemptAt: NOW,
        lastError: null,
        change: {},
      };
      await store.outbox.put({ ...change, key: easRecord(2).key, organization: 'exchange' });
      await store.outbox.put({ ...change, key: 'another', organization: 'elsewhere' });
      await take({ kind: 'quick', dryRun: false });
      assert.deepEqual(asked[0]?.keys, [easRecord(2).key]);
    });

    it('says that users are known once it had a sign-in name, until the organization is let go of', async () => {
      const read = async (upn: string | null): Promise<unknown> => {
        const { mailbox } = easRecord(1);
        given = () => onePage({ ...easRecord(1), mailbox: { ...mailbox, upn } });
        const { pages, end } = await take({ kind: 'full', dryRun: false });
        for await (const page of pages) assert.equal(page.last, true);
        end();
        return asked.at(-1)?.usersKnown;
      };
      const known = [await read(null), await read('a.adler@contoso.example'), await read(null), await read(null)];
      assert.deepEqual(known, [undefined, undefined, true, true]);
      await store.together(({ organizations }) => organizations.forget('exchange', []));
      assert.equal(await read(null), undefined);
    });

    it('expects as much as there was the last time, unless it is one of changes alone', async () => {
      assert.equal((await take({ kind: 'full', dryRun: false })).expected, null);
      await keepWhole(store, 'eas', 'exchange', [easRecord(1), easRecord(2)], EARLIER);
      assert.equal((await take({ kind: 'full', dryRun: false })).expected, 2);
      assert.equal((await take({ kind: 'quick', dryRun: false })).expected, null);
    });

    it('says on every page that nothing is to be changed, if it is a dry run', async () => {
      assert.equal((await take({ kind: 'full', dryRun: true })).info.dryRun, true);
    });

    it('is under way from before the store is opened until it is ended', async () => {
      let seen = false;
      const reading = await takeEasReading({
        ...common(),
        exchange,
        store: () => {
          seen = underWay.isUnderWay('eas', ['exchange']);
          return Promise.resolve(store);
        },
        asked: NOTHING,
        setting: 'full',
        scope: '',
        onWarning,
      });
      assert.deepEqual([seen, underWay.has('reading')], [true, true]);
      reading.end();
      assert.equal(underWay.isUnderWay('eas'), false);
    });

    it('is not under way if it could not begin', async () => {
      const broken = {
        ...common(),
        exchange,
        store: () => Promise.reject(new Error('no store')),
        asked: NOTHING,
        setting: 'full',
        scope: '',
        onWarning,
      } as const;
      await assert.rejects(takeEasReading(broken), /no store/);
      assert.equal(underWay.isUnderWay('eas'), false);
    });
  });

  it('of an MDM is full whatever was asked for, and announced while it is under way', async () => {
    const mdm: MdmPort = {
      source: 'tenant',
      mdmPages: noPages,
      mdmRecord: unused,
      devicesOfUsers: unused,
      groupMembers: unused,
    };
    let announced: boolean | null = null;
    const announce = (): Promise<void> => {
      announced = underWay.isUnderWay('mdm', ['tenant']);
      return Promise.resolve();
    };
    const reading = await takeMdmReading({
      ...common(),
      mdm,
      announce,
      lease: (one) => underWay.lease(store, one),
      asked: { kind: 'quick', dryRun: true },
    });
    assert.deepEqual(reading.info, {
      id: 'reading',
      source: 'mdm',
      kind: 'full',
      organization: 'tenant',
      startedAt: NOW,
      dryRun: true,
    });
    assert.equal(announced, true);
    reading.end();
    assert.equal(underWay.isUnderWay('mdm'), false);
  });
});

describe('readings under way', () => {
  it('are known by source and scope until each has ended', () => {
    const underWay = new OwnReadingsUnderWay();
    let ended = 0;
    const forget = underWay.onEnd(() => (ended += 1));
    underWay.begin({ id: 'a', source: 'mdm', scope: 'intune' });
    underWay.begin({ id: 'b', source: 'mdm', scope: 'intune' });
    underWay.end('a');
    underWay.end('a');
    underWay.end('unknown');
    assert.deepEqual(
      [ended, underWay.isUnderWay('mdm'), underWay.isUnderWay('mdm', ['jamf', 'intune']), underWay.isUnderWay('eas')],
      [1, true, true, false],
    );
    assert.equal(underWay.isUnderWay('mdm', []), false);
    forget();
    underWay.end('b');
    assert.deepEqual([ended, underWay.isUnderWay('mdm')], [1, false]);
  });
});
