/** What is kept of a reading that saw less or more of a forest than the one before. */
import assert from 'node:assert/strict';
import { ReadingKeeper, readPage } from '../../../src/connector/readings/keep-reading.ts';
import type { ForestView } from '../../../src/model/forest-view.ts';
import type { EasRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { anEas, guid } from '../../support/records.ts';
import { NOW, now, openEmptyStore } from '../kept-readings.ts';

const phone = (mailbox: number): EasRecord =>
  anEas({ organization: 'exchange', easId: `PHONE${mailbox}`, mailbox: { id: guid(mailbox) } });
const [own, other, gone] = [phone(1), phone(2), phone(3)];

describe('a reading of a forest', () => {
  let store: Store;
  let readings: number;
  beforeEach(async () => {
    [readings, store] = [0, await openEmptyStore()];
  });
  afterEach(() => store.close());

  /** Keeps a reading as it comes by message; answers with what is shown then. */
  async function read(
    kind: 'full' | 'quick',
    view: ForestView | undefined,
    records: readonly EasRecord[],
    goneKeys: readonly string[] = [],
  ) {
    readings += 1;
    const sync = {
      id: `r${readings}`,
      source: 'eas',
      kind,
      startedAt: NOW,
      organization: 'exchange',
      page: 0,
      last: true,
      gone: goneKeys,
      ...(view && { view }),
    };
    const underWay = { has: () => true, lease: async () => {}, end: () => {} };
    await new ReadingKeeper({ now, node: 'matcher' }).keep(store, underWay, readPage(sync, records));
    const { count, gaps, view: kept } = (await store.snapshots.latest('eas', 'exchange'))!;
    return { count, gaps, view: kept };
  }

  it('that was refused after a whole one keeps what it lacks, full or quick, until all is seen again', async () => {
    assert.deepEqual(await read('full', 'forest', [own, other, gone]), {
      count: 3,
      gaps: undefined,
      view: { covers: 'forest', seen: 'forest' },
    });
    // A quick one asked for the devices of the other domains, and found none of them.
    assert.deepEqual(await read('quick', 'refused', [own], [other.key, gone.key]), {
      count: 3,
      gaps: { count: 0, mailboxes: [], outside: true },
      view: { covers: 'forest', seen: 'refused' },
    });
    assert.deepEqual(await read('full', 'refused', [own]), {
      count: 3,
      gaps: { count: 0, mailboxes: [guid(2), guid(3)], outside: true },
      view: { covers: 'forest', seen: 'refused' },
    });
    assert.deepEqual(await read('full', 'forest', [own, other]), {
      count: 2,
      gaps: undefined,
      view: { covers: 'forest', seen: 'forest' },
    });
  });

  it('that saw one domain, as it is set, has all that there is', async () => {
    await read('full', 'forest', [own, other]);
    assert.deepEqual(await read('full', 'domain', [own]), {
      count: 1,
      gaps: undefined,
      view: { covers: 'domain', seen: 'domain' },
    });
  });

  it('that saw all for the first time says since when', async () => {
    await read('full', 'refused', [own]);
    assert.deepEqual((await read('full', 'forest', [own, other])).view, {
      covers: 'forest',
      seen: 'forest',
      grownAt: NOW,
    });
  });

  it('that saw far fewer devices keeps what it lacks, unless one domain is meant to be all', async () => {
    const many = Array.from({ length: 20 }, (_, n) => phone(n + 1));
    await read('full', undefined, many);
    const fewer = { was: 20, is: 1, since: NOW };
    const lacked = many.slice(1).map(({ mailbox }) => mailbox.id);
    for (const kind of ['full', 'quick'] as const)
      assert.deepEqual(await read(kind, undefined, [own]), {
        count: 20,
        gaps: { count: 0, mailboxes: lacked, fewer },
        view: undefined,
      });
    assert.deepEqual(await read('full', 'forest', many), {
      count: 20,
      gaps: undefined,
      view: { covers: 'forest', seen: 'forest', grownAt: NOW },
    });
    assert.deepEqual((await read('full', 'domain', [own])).gaps, undefined);
  });

  it('of which nobody says what was seen has all that there is', async () => {
    await read('full', 'forest', [own, other]);
    assert.deepEqual(await read('full', undefined, [own]), { count: 1, gaps: undefined, view: undefined });
  });
});
