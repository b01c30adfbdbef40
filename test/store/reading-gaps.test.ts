/** Readings of Exchange that lack what the server could not read. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { ReadingGaps } from '../../src/model/reading-gaps.ts';
import type { EasRecord } from '../../src/model/records.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { anEas, guid } from '../support/records.ts';
import { allOf, aReading, inFolder, openEmptyStore } from './records.ts';

const phone = (mailbox: number, easId: string, state: EasRecord['access']['state'] = 'allowed'): EasRecord =>
  anEas({ organization: 'contoso', easId, mailbox: { id: guid(mailbox) }, access: { state } });

describe('a reading with gaps', () => {
  let store: Store;
  let readings: number;
  beforeEach(async () => {
    readings = 0;
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  async function read(
    records: readonly EasRecord[],
    {
      kind = 'full',
      gaps = null,
      gone = [],
    }: { kind?: 'full' | 'quick'; gaps?: ReadingGaps | null; gone?: readonly EasRecord[] } = {},
  ) {
    const sync = aReading(`r${(readings += 1)}`, kind, 'contoso');
    await store.snapshots.begin(sync);
    await store.snapshots.putPage(sync, records);
    return store.snapshots.commit(
      { ...sync, gaps },
      gone.map(({ key }) => key),
    );
  }
  const shown = async (): Promise<EasRecord[]> => allOf(store.snapshots.read('eas', 'contoso'));

  it('keeps what it lacks of the mailboxes in its gaps as it was, and takes out what else is gone', async () => {
    const [one, two, three] = [phone(1, 'ONE', 'quarantined'), phone(2, 'TWO'), phone(2, 'TWOB', 'blocked')];
    await read([one, two, three, phone(3, 'THREE')]);
    const gaps = { count: 2, mailboxes: [guid(1), guid(2)] };
    const fresh = phone(2, 'TWO', 'blocked');
    const info = await read([fresh], { gaps });
    assert.deepEqual(await shown(), [one, fresh, three]);
    assert.deepEqual([info.count, info.previousCount, info.gaps], [3, 4, gaps]);
    assert.deepEqual((await store.snapshots.latest('eas', 'contoso'))?.gaps, gaps);
    // Another one with the same gaps, and one without.
    assert.equal((await read([fresh], { gaps })).count, 3);
    assert.deepEqual(await shown(), [one, fresh, three]);
    const whole = await read([fresh]);
    assert.deepEqual(await shown(), [fresh]);
    assert.deepEqual([whole.count, whole.gaps], [1, undefined]);
  });

  it('takes nothing out while nobody knows whose its gaps are, and names the mailboxes of what it lacks', async () => {
    await read([phone(1, 'ONE'), phone(2, 'TWO'), phone(3, 'THREE')]);
    const info = await read([phone(2, 'TWO')], { gaps: { count: 1, mailboxes: [], unnamed: 1 } });
    assert.deepEqual(await shown(), [phone(1, 'ONE'), phone(2, 'TWO'), phone(3, 'THREE')]);
    assert.deepEqual(info.gaps, { count: 1, mailboxes: [guid(1), guid(3)], unnamed: 1 });
  });

  it('that is quick keeps what may lie in a gap, and its gaps stand until a full one', async () => {
    const [one, two] = [phone(1, 'ONE'), phone(2, 'TWO')];
    await read([one, two, phone(3, 'THREE')], { gaps: { count: 1, mailboxes: [guid(3)] } });
    const quick = await read([], { kind: 'quick', gaps: { count: 1, mailboxes: [guid(1)] }, gone: [one, two] });
    assert.deepEqual(await shown(), [one, phone(3, 'THREE')]);
    assert.deepEqual([quick.count, quick.gaps], [2, { count: 2, mailboxes: [guid(1), guid(3)] }]);
    assert.deepEqual((await read([], { kind: 'quick' })).gaps, quick.gaps);
    assert.equal((await read([one])).gaps, undefined);
  });

  it('has the mailboxes decided anew that come into its gaps or leave them, and no other', async () => {
    const all = [phone(1, 'ONE'), phone(2, 'TWO'), phone(3, 'THREE')];
    await read(all);
    const taken = async (run: string): Promise<string[]> => {
      const keys = await store.touched.take('contoso', run);
      await store.touched.clear('contoso', run);
      return keys;
    };
    await taken('a');
    await read(all, { gaps: { count: 1, mailboxes: [guid(1)] } });
    assert.deepEqual(await taken('b'), [`mailbox:${guid(1)}`]);
    await read(all, { gaps: { count: 1, mailboxes: [guid(2)] } });
    assert.deepEqual(await taken('c'), [`mailbox:${guid(1)}`, `mailbox:${guid(2)}`]);
    await read(all, { gaps: { count: 1, mailboxes: [guid(2)] } });
    assert.deepEqual(await taken('d'), []);
    await read(all);
    assert.deepEqual(await taken('e'), [`mailbox:${guid(2)}`]);
  });

  it('is the same after a restart', async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/store.sqlite`;
      const [one, two] = [phone(1, 'ONE'), phone(2, 'TWO')];
      const gaps = { count: 1, mailboxes: [guid(1)] };
      store = await openStore({ engine: 'sqlite', path });
      await read([one, two]);
      await read([two], { gaps });
      await store.close();
      store = await openStore({ engine: 'sqlite', path });
      assert.deepEqual((await store.snapshots.latest('eas', 'contoso'))?.gaps, gaps);
      assert.equal((await read([two], { gaps })).count, 2);
      assert.deepEqual(await shown(), [one, two]);
      await store.close();
      store = await openEmptyStore();
    });
  });

  it('shows whatever was read last of each record, and loses none but what is gone, however readings follow', async () => {
    const step = fc.record({
      seen: fc.array(
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('A', 'B'), fc.constantFrom('allowed', 'blocked')),
      ),
      gaps: fc.option(fc.record({ mailboxes: fc.uniqueArray(fc.integer({ min: 1, max: 4 })), isNamed: fc.boolean() })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
        store = await openEmptyStore();
        try {
          let expected = new Map<string, EasRecord>();
          for (const { seen, gaps } of steps) {
            const records = new Map(
              seen.map(([mailbox, id, state]) => [`${mailbox}${id}`, phone(mailbox, id, state as 'allowed')]),
            );
            const stays = [...expected].filter(
              ([key]) => gaps !== null && (!gaps.isNamed || gaps.mailboxes.includes(Number(key[0]))),
            );
            expected = new Map([...stays, ...records]);
            const told: ReadingGaps | null =
              gaps === null || (gaps.isNamed && gaps.mailboxes.length === 0)
                ? null
                : { count: 9, mailboxes: gaps.mailboxes.map(guid).sort(), ...(gaps.isNamed ? {} : { unnamed: 1 }) };
            const info = await read([...records.values()], { gaps: told });
            assert.equal(info.count, expected.size);
            assert.deepEqual(
              await shown(),
              [...expected.values()].sort((one, other) => (one.key < other.key ? -1 : 1)),
            );
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: 40 },
    );
    store = await openEmptyStore();
  });
});
