/** EAS records that come by message and have lost the names of their owners. */
import assert from 'node:assert/strict';
import { ReadingKeeper, readPage } from '../../../src/connector/readings/keep-reading.ts';
import type { ReadingGaps } from '../../../src/model/reading-gaps.ts';
import type { EasRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { anEas, guid } from '../../support/records.ts';
import { NOW, now, openEmptyStore } from '../kept-readings.ts';

type Names = Partial<EasRecord['mailbox']>;
const BOTH: Names = {};
const NO_UPN: Names = { upn: null };
const NO_ADDRESSES: Names = { address: null, addresses: [] };
const NEITHER: Names = { ...NO_UPN, ...NO_ADDRESSES };

describe('a reading by message', () => {
  let store: Store;
  let keeper: ReadingKeeper;
  let readings: number;
  beforeEach(async () => {
    [readings, store, keeper] = [0, await openEmptyStore(), new ReadingKeeper({ now, node: 'matcher' })];
  });
  afterEach(() => store.close());

  /** Keeps a reading with a page for each mailbox; answers with its gaps. */
  async function read(names: readonly Names[], kind = 'full', isTold = false): Promise<ReadingGaps | undefined> {
    readings += 1;
    const head = { id: `r${readings}`, source: 'eas', kind, startedAt: NOW, organization: 'exchange' };
    const underWay = { has: () => isTold, lease: async () => {}, end: () => {} };
    for (const [page, mailbox] of names.entries()) {
      const record = anEas({ organization: 'exchange', mailbox: { id: guid(page), ...mailbox } });
      const sync = { ...head, page, last: page === names.length - 1 };
      await keeper.keep(store, underWay, readPage(sync, [record]));
    }
    return (await store.snapshots.latest('eas', 'exchange'))?.gaps;
  }
  const lost = { count: 0, mailboxes: [guid(0), guid(1)], nameless: 2 };

  for (const [what, names] of [
    ['no sign-in name', NO_UPN],
    ['no mail address', NO_ADDRESSES],
    ['neither', NEITHER],
  ] as const) {
    it(`with ${what} in any record, where earlier ones had one, has a gap in each mailbox until it has names again`, async () => {
      assert.equal(await read([BOTH, NO_UPN]), undefined);
      assert.deepEqual(await read([names, names]), lost);
      assert.deepEqual(await read([names, names]), lost, 'nor does the next one forget it');
      assert.equal(await read([names, BOTH]), undefined);
    });

    it(`with ${what}, as ever, goes without`, async () => {
      assert.equal(await read([names, names]), undefined);
      assert.equal(await read([names, names]), undefined);
    });
  }

  it('of changes has its own mailboxes in the gaps until a full one has names', async () => {
    await read([BOTH, BOTH, BOTH]);
    assert.deepEqual(await read([NEITHER, NEITHER], 'quick'), lost);
    assert.deepEqual(await read([BOTH], 'quick'), lost);
    assert.equal(await read([BOTH, BOTH, BOTH]), undefined);
  });

  it('is told apart from one of our own, which says itself what it could not read', async () => {
    await read([BOTH]);
    assert.equal(await read([NO_UPN], 'full', true), undefined);
  });

  it('of an organization that was let go of begins anew', async () => {
    await read([BOTH]);
    await store.organizations.forget('exchange', []);
    assert.equal(await read([NEITHER]), undefined);
  });
});
