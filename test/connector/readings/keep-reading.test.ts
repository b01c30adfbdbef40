/** Pages into the store: whatever comes twice, late or not at all, a snapshot is a whole reading or the one before. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  READING_PATIENCE_MS,
  ReadingKeeper,
  readName,
  readPage,
} from '../../../src/connector/readings/keep-reading.ts';
import type { ReadingPage } from '../../../src/connector/readings/keep-reading.ts';
import { OwnReadingsUnderWay } from '../../../src/connector/readings/readings-under-way.ts';
import { ERROR_HELP, isConnectorError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/store.ts';
import { easPage, mdmPage } from '../../support/pages.ts';
import { easRecord, mdmRecord } from '../../support/records.ts';
import { allOf, keepWhole, NOW, now, openEmptyStore } from '../kept-readings.ts';

const RUNS = 60;

/** Page `index` of the reading `id`, holding these records. */
function aPage(id: string, index: number, last: boolean, numbers: readonly number[]): ReadingPage {
  return {
    id,
    source: 'eas',
    kind: 'full',
    startedAt: NOW,
    organization: 'exchange',
    scope: 'exchange',
    page: index,
    last,
    dryRun: false,
    records: numbers.map((n) => easRecord(n)),
  };
}

/** The numbers, cut into pages of these sizes; what is left over is the last page. */
function cut(id: string, numbers: readonly number[], sizes: readonly number[]): ReadingPage[] {
  const parts: (readonly number[])[] = [];
  let at = 0;
  for (const size of sizes) parts.push(numbers.slice(at, (at += size)));
  parts.push(numbers.slice(at));
  return parts.map((part, index) => aPage(id, index, index === parts.length - 1, part));
}

const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });
const numbers = fc.uniqueArray(fc.integer({ min: 10, max: 99 }), { maxLength: 12 });

describe('keeping a reading', () => {
  const underWay = new OwnReadingsUnderWay();
  let store: Store;
  let clock: number;
  let keeper: ReadingKeeper;
  beforeEach(async () => {
    clock = now();
    store = await openEmptyStore();
    keeper = new ReadingKeeper({ now: () => clock, node: 'matcher' });
  });
  afterEach(() => store.close());

  /** Hands the pages over; the codes of those that were refused. */
  async function keep(pages: readonly ReadingPage[], by = keeper, into = store): Promise<string[]> {
    const codes: string[] = [];
    for (const page of pages) {
      await by.keep(into, underWay, page).catch((error: unknown) => {
        if (!isConnectorError(error)) throw error;
        codes.push(error.code);
      });
    }
    return codes;
  }
  const kept = async (from = store): Promise<string[]> =>
    (await allOf(from.snapshots.read('eas', 'exchange'))).flat().map(({ easId }) => easId);
  const ids = (all: readonly number[]): string[] => all.map((n) => `EAS${n}`).sort();

  /** Runs a case on a store of its own that has a reading already. */
  async function onKept(act: (keeper: ReadingKeeper, store: Store) => Promise<void>): Promise<void> {
    const own = await openEmptyStore();
    try {
      await keepWhole(own, 'eas', 'exchange', [easRecord(1)], '2026-05-31T09:00:00.000Z');
      await act(new ReadingKeeper({ now: () => clock, node: 'matcher' }), own);
    } finally {
      await own.close();
    }
  }

  it('keeps the whole of it, however it is cut, and though pages come again before its end', () =>
    fc.assert(
      fc.asyncProperty(numbers, sizes, fc.infiniteStream(fc.nat()), async (all, cuts, again) => {
        const pages = cut('reading', all, cuts);
        const [last] = pages.slice(-1);
        const sent = pages.slice(0, -1).flatMap((page, index) => {
          const repeated = pages[(again.next().value ?? 0) % (index + 1)]!;
          return [page, repeated];
        });
        await onKept(async (by, into) => {
          assert.deepEqual(await keep([...sent, last!], by, into), []);
          assert.deepEqual(await kept(into), ids(all));
          assert.deepEqual(by.open(underWay), []);
        });
      }),
      { numRuns: RUNS },
    ));

  /*
   *   the second page has                                             then
   *   the records of the first one                                    refused: its own, or the first one's, did not come
   *   the record of the first one, with a further partnership of it   kept
   *   others                                                          kept
   */
  const record = easRecord(1);
  const { type: deviceType, model, os, userAgent } = record.device;
  const { firstSyncAt, access } = record;
  const one = { deviceType, model, os, userAgent, firstSyncAt, state: access.state };
  const partnership = { ...record, partnerships: [one, { ...one, deviceType: 'Android' }] };
  for (const [what, records, code] of [
    ['refuses a page with the records of another one', [record], 'ERR_INPUT_INVALID'],
    ['keeps a page with a record that has a further partnership by now', [partnership], null],
    ['keeps a page with other records', [easRecord(2)], null],
  ] as const)
    it(what, () =>
      onKept(async (by, into) => {
        const pages = [
          { ...aPage('reading', 0, false, []), records: [record] },
          { ...aPage('reading', 1, true, []), records },
        ];
        assert.deepEqual(await keep(pages, by, into), code === null ? [] : [code]);
      }),
    );

  /*
   *   of a reading that a flow brings                              then
   *   it is full, and older than the full one that is kept         refused; the one that is kept stays
   *   as old, or younger; quick; or the kept one began after now   kept
   */
  for (const [what, startedAt, change, isKept] of [
    ['an older list that a flow brings', '2026-05-31T08:59:59.999Z', {}, false],
    ['the list once more under another id', '2026-05-31T09:00:00.000Z', {}, true],
    ['a younger list', '2026-05-31T09:00:00.001Z', {}, true],
    ['older changes', '2026-05-31T08:00:00.000Z', { kind: 'quick' }, true],
  ] as const)
    it(`${isKept ? 'keeps' : 'refuses'} ${what}`, () =>
      onKept(async (by, into) => {
        const codes = await keep([{ ...aPage('reading', 0, true, [1, 2]), startedAt, ...change }], by, into);
        assert.deepEqual([codes, await kept(into)], isKept ? [[], ids([1, 2])] : [['ERR_INPUT_INVALID'], ids([1])]);
      }));

  it('keeps a list that is older than one of the future: the clock was set back', () =>
    onKept(async (by, into) => {
      clock = Date.parse('2026-05-31T08:59:00.000Z');
      const page = { ...aPage('reading', 0, true, [1, 2]), startedAt: '2026-05-31T08:58:00.000Z' };
      assert.deepEqual([await keep([page], by, into), await kept(into)], [[], ids([1, 2])]);
    }));

  it('says of which times an older list and the kept one are', () =>
    onKept(async (by, into) => {
      const page = { ...aPage('reading', 0, true, [2]), startedAt: '2026-05-30T09:00:00.000Z' };
      await assert.rejects(by.keep(into, underWay, page), {
        code: 'ERR_INPUT_INVALID',
        message: `The list of "exchange" is of 2026-05-30T09:00:00.000Z (msg.sync.startedAt), older than the one of 2026-05-31T09:00:00.000Z that is kept: it would take back what came since. Send the newer list, or correct the time. ${ERROR_HELP.ERR_INPUT_INVALID}`,
      });
    }));

  it('keeps the reading before if a page is lost, and refuses the rest', () =>
    fc.assert(
      fc.asyncProperty(
        numbers,
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        async (all, cuts, which) => {
          const pages = cut('reading', all, cuts);
          const lost = which % pages.length;
          await onKept(async (by, into) => {
            const codes = await keep(pages.toSpliced(lost, 1), by, into);
            assert.deepEqual(codes, Array<string>(pages.length - 1 - lost).fill('ERR_SNAPSHOT_INCOMPLETE'));
            assert.deepEqual(await kept(into), ['EAS1']);
          });
        },
      ),
      { numRuns: RUNS },
    ));

  it('has a whole reading or the one before, in whatever order pages come', () =>
    fc.assert(
      fc.asyncProperty(numbers, sizes, fc.array(fc.nat(), { maxLength: 8 }), async (all, cuts, order) => {
        const pages = cut('reading', all, cuts);
        await onKept(async (by, into) => {
          await keep(
            order.map((at) => pages[at % pages.length]!),
            by,
            into,
          );
          const found = await kept(into);
          if (found.join() !== 'EAS1') assert.deepEqual(found, ids(all));
        });
      }),
      { numRuns: RUNS },
    ));

  it('gives a reading up for a newer one, and refuses what is left of it', async () => {
    const [first, second] = cut('old', [1, 2], [1]);
    assert.deepEqual(await keep([first!, aPage('new', 0, true, [3]), second!]), ['ERR_SNAPSHOT_INCOMPLETE']);
    assert.deepEqual(await kept(), ['EAS3']);
  });

  it('refuses a record of somebody else, and the reading with it', async () => {
    const stranger = { ...aPage('reading', 1, true, []), records: [mdmRecord(1)] };
    assert.deepEqual(await keep([aPage('reading', 0, false, [1]), stranger, aPage('reading', 1, true, [])]), [
      'ERR_INPUT_INVALID',
      'ERR_SNAPSHOT_INCOMPLETE',
    ]);
    assert.deepEqual(await kept(), []);
    assert.deepEqual(keeper.open(underWay), []);
  });

  describe('that has not come to its end', () => {
    const open = [{ source: 'eas', scope: 'exchange' }];

    it('is open for a minute after its last page, if nobody else tells of it', async () => {
      await keep([aPage('reading', 0, false, [1])]);
      clock += READING_PATIENCE_MS - 1;
      assert.deepEqual(keeper.open(underWay), open);
      clock += 1;
      assert.deepEqual(keeper.open(underWay), []);
      await keep([aPage('reading', 1, false, [2])]);
      assert.deepEqual(keeper.open(underWay), open);
    });

    it('is open as long as its source says so, and no longer', async () => {
      underWay.begin({ id: 'reading', source: 'eas', scope: 'exchange' });
      await keep([aPage('reading', 0, false, [1])]);
      clock += 60 * READING_PATIENCE_MS;
      assert.deepEqual(keeper.open(underWay), open);
      underWay.end('reading');
      assert.deepEqual(keeper.open(underWay), []);
    });
  });

  it('takes out what a quick reading looked for and did not find, and only with its last page', async () => {
    await keepWhole(store, 'eas', 'exchange', [easRecord(1), easRecord(2), easRecord(3)]);
    const shown = async (): Promise<string[]> =>
      (await allOf(store.snapshots.read('eas', 'exchange'))).flat().map(({ easId }) => easId);
    const startedAt = '2026-06-01T09:05:00.000Z';
    const quick = { id: 'q', kind: 'quick', startedAt } as const;
    const lastPage = easPage({ ...quick, page: 1 }, []);
    const gone = [easRecord(2).key, 'eas:exchange:nobody:x'];
    Object.assign(lastPage['sync'] as object, { gone });
    await keep([readPage(...partsOf(easPage({ ...quick, last: false }, [easRecord(3)])))]);
    assert.deepEqual(await shown(), ['EAS1', 'EAS2', 'EAS3']);
    await keep([readPage(...partsOf(lastPage))]);
    assert.deepEqual(await shown(), ['EAS1', 'EAS3']);
    const info = await store.snapshots.latest('eas', 'exchange');
    assert.deepEqual([info?.kind, info?.count, info?.fullStartedAt], ['quick', 2, NOW]);
  });
});

describe('a message', () => {
  it('is a page with what it says of its reading', () => {
    const records = [easRecord(1)];
    const { sync, payload } = easPage({ id: 'reading', kind: 'quick', startedAt: NOW }, records);
    assert.deepEqual(readPage({ ...(sync as object), dryRun: true, total: 1 }, payload), {
      ...aPage('reading', 0, true, [1]),
      kind: 'quick',
      dryRun: true,
    });
    assert.deepEqual(readName(mdmPage({ id: 'reading' }, [])['sync']), { source: 'mdm', scope: 'tenant' });
  });

  it('is refused if it is none', () => {
    const page = easPage({ id: 'reading' }, [])['sync'] as object;
    for (const wrong of [null, 'page', {}, { ...page, id: 1 }, { ...page, source: 'x' }, { ...page, last: 'yes' }]) {
      assert.throws(() => readPage(wrong, []), { code: 'ERR_INPUT_INVALID' });
    }
    assert.throws(() => readPage(page, {}), { code: 'ERR_INPUT_INVALID' });
    assert.deepEqual([null, {}, { source: 'eas' }, { source: 'x', organization: 'y' }].map(readName), [
      null,
      null,
      null,
      null,
    ]);
  });

  it('takes no list of what is gone that is none', () => {
    const page = easPage({ id: 'q', kind: 'quick' }, []);
    Object.assign(page['sync'] as object, { gone: ['a', 1] });
    assert.equal('gone' in readPage(...partsOf(page)), false);
  });
});

function partsOf({ sync, payload }: Record<string, unknown>): [unknown, unknown] {
  return [sync, payload];
}
