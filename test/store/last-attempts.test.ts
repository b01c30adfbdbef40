/** What the store keeps of the last attempts that Exchange told of. */
import assert from 'node:assert/strict';
import type { Store } from '../../src/store/store.ts';
import { openEmptyStore } from './records.ts';

const at = (hour: number): string => `2026-06-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
const device = (n: number) => ({ key: `eas:org:m${n}:a`, organization: 'org', mailboxId: `M${n}`, seen: 's1' });

describe('the last attempts of devices', () => {
  let store: Store;
  beforeEach(async () => void (store = await openEmptyStore()));
  afterEach(() => store.close());

  const keysOf = async (limit = 10): Promise<string[]> =>
    (await store.attempts.longestAgo('org', limit)).map(({ key }) => key);

  it('are known of those devices that Exchange was asked for, the last answer counts', async () => {
    assert.deepEqual([...(await store.attempts.of([device(1).key]))], []);
    await store.attempts.put([{ ...device(1), lastAttemptAt: null, toldAt: at(1) }]);
    await store.attempts.put([{ ...device(1), seen: 's2', lastAttemptAt: at(0), toldAt: at(2) }]);
    assert.deepEqual(
      [...(await store.attempts.of([device(1).key, device(2).key]))],
      [[device(1).key, { told: { lastAttemptAt: at(0), toldAt: at(2) }, refusedAt: null, isQuiet: false, seen: 's2' }]],
    );
  });

  it('are asked for again of quiet devices alone, those first that were asked for longest ago', async () => {
    await store.attempts.put([
      { ...device(1), lastAttemptAt: at(0), toldAt: at(3) },
      { ...device(2), lastAttemptAt: at(0), toldAt: at(2) },
      { ...device(4), lastAttemptAt: at(0), toldAt: at(1) },
    ]);
    await store.attempts.quiet([device(1), device(2), device(3)], []);
    assert.deepEqual(
      await keysOf(),
      [3, 2, 1].map((n) => device(n).key),
    );
    assert.deepEqual(await keysOf(1), [device(3).key]);
    await store.attempts.same([device(2)], at(4));
    assert.deepEqual(
      await keysOf(),
      [3, 1, 2].map((n) => device(n).key),
    );
    await store.attempts.quiet([], [device(3).key, device(1).key]);
    assert.deepEqual(await keysOf(), [device(2).key]);
    assert.deepEqual((await store.attempts.longestAgo('org', 1))[0], {
      key: device(2).key,
      mailboxId: 'm2',
      told: { lastAttemptAt: at(0), toldAt: at(2) },
      refusedAt: null,
      isQuiet: true,
      seen: 's1',
    });
    assert.deepEqual(await store.attempts.longestAgo('other', 1), []);
  });

  it('stay quiet with another answer, and are not known of one that nobody asked for', async () => {
    await store.attempts.quiet([device(1)], []);
    assert.deepEqual((await store.attempts.of([device(1).key])).get(device(1).key), {
      told: null,
      refusedAt: null,
      isQuiet: true,
      seen: 's1',
    });
    await store.attempts.put([{ ...device(1), lastAttemptAt: at(0), toldAt: at(1) }]);
    assert.equal((await store.attempts.of([device(1).key])).get(device(1).key)?.isQuiet, true);
  });

  it('were refused at a time, which is kept beside what was told before, and touches the mailbox', async () => {
    await store.attempts.put([{ ...device(1), lastAttemptAt: at(0), toldAt: at(1) }]);
    await store.touched.take('org', 'before');
    await store.touched.clear('org', 'before');
    await store.attempts.refused([device(1), device(2)], at(2));
    assert.deepEqual(Object.fromEntries(await store.attempts.of([device(1).key, device(2).key])), {
      [device(1).key]: {
        told: { lastAttemptAt: at(0), toldAt: at(1) },
        refusedAt: at(2),
        isQuiet: false,
        seen: 's1',
      },
      [device(2).key]: { told: null, refusedAt: at(2), isQuiet: false, seen: 's1' },
    });
    assert.deepEqual(await store.touched.take('org', 'after'), ['mailbox:m1', 'mailbox:m2']);
    assert.deepEqual(await keysOf(), []);
  });

  it('touch a mailbox for the next run, or until the one has come to its end that decides about it by them', async () => {
    const rows = [1, 2, 3].map((n) => ({ ...device(n), lastAttemptAt: null, toldAt: at(1) }));
    const decided = { run: 'run', keys: new Set([device(1).key, device(2).key]) };
    const next = ['mailbox:m1', 'mailbox:m2', 'mailbox:m3'];
    await store.attempts.put(rows, decided);
    assert.deepEqual(await store.touched.take('org', 'after it was cut off'), next);
    await store.touched.clear('org', 'after it was cut off');
    await store.attempts.put(rows, decided);
    await store.touched.add('org', ['mailbox:m2']);
    await store.touched.clear('org', 'run');
    assert.deepEqual(await store.touched.take('org', 'after its end'), next.slice(1));
  });

  it('touch a mailbox for the next run if that is to decide about one of its devices', async () => {
    const [one, other] = [device(1), { ...device(1), key: 'eas:org:m1:b' }];
    const rows = [one, other].map((of) => ({ ...of, lastAttemptAt: null, toldAt: at(1) }));
    for (const key of [one.key, other.key]) {
      await store.attempts.put(rows, { run: 'run', keys: new Set([key]) });
      await store.touched.clear('org', 'run');
      assert.deepEqual(await store.touched.take('org', `after ${key}`), ['mailbox:m1']);
      await store.touched.clear('org', `after ${key}`);
    }
  });
});

describe('devices that are missed', () => {
  let store: Store;
  beforeEach(async () => void (store = await openEmptyStore()));
  afterEach(() => store.close());

  it('are so since they were first missed, until they are not, those first that were looked for longest ago', async () => {
    await store.missed.settle('org', ['a', 'b', 'c'], at(1));
    await store.missed.settle('other', ['z'], at(1));
    await store.missed.settle('org', ['a', 'b', 'd'], at(2));
    const since = async (hour: number, limit = 9) =>
      (await store.missed.since('org', at(hour), limit)).map((one) => `${one.key} ${one.since.slice(11, 13)}`);
    assert.deepEqual(await since(1), ['a 01', 'b 01']);
    assert.deepEqual(await since(2), ['a 01', 'b 01', 'd 02']);
    await store.missed.looked(['a'], at(3));
    assert.deepEqual(await since(2, 2), ['b 01', 'd 02']);
    await store.missed.settle('org', [], at(4));
    assert.deepEqual([await since(4), (await store.missed.since('other', at(4), 9)).length], [[], 1]);
  });
});
