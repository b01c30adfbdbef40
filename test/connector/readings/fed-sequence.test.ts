/** Messages of records as one reading. */
import assert from 'node:assert/strict';
import { FedSequence, MOST_SINGLES } from '../../../src/connector/readings/fed-sequence.ts';
import type { FedPage } from '../../../src/connector/readings/fed-sequence.ts';
import { ERROR_HELP } from '../../../src/errors.ts';
import { NOW, now } from '../kept-readings.ts';

describe('messages of records', () => {
  let ids = 0;
  let clock = now();
  let sequence: FedSequence<string, string[]>;
  beforeEach(() => {
    [ids, clock] = [0, now()];
    sequence = sequenceOf(2);
  });

  const sequenceOf = (pageSize: number): FedSequence<string, string[]> =>
    new FedSequence({
      source: 'eas',
      pageSize,
      kind: (asked) => asked ?? 'full',
      open: () => [],
      now: () => clock,
      newId: () => `id${(ids += 1)}`,
    });
  const take = async (
    parts: unknown,
    records: readonly string[] = ['a'],
    sync?: unknown,
    gone?: readonly string[],
  ): Promise<readonly FedPage<string>[]> =>
    (await sequence.take({ parts, sync }, () => Promise.resolve({ records, ...(gone && { gone }) })))?.pages ?? [];
  /** The pages of one record; null: it is passed over. */
  const single = async (parts: unknown): Promise<readonly FedPage<string>[] | null> =>
    (await sequence.take({ parts, isSingle: true }, () => Promise.resolve({ records: ['a'] })))?.pages ?? null;
  const unread = (parts: unknown): Promise<unknown> =>
    sequence.take({ parts }, () => Promise.reject(new Error('cannot be read')));
  const page = (id: string, index: number, records: readonly string[], facts: object = {}): unknown => ({
    id,
    kind: 'full',
    startedAt: NOW,
    page: index,
    last: false,
    records,
    ...facts,
  });
  const last = (total: number): object => ({ last: true, total });

  it('are a whole reading each without parts', async () => {
    assert.deepEqual(await take(undefined), [page('id1', 0, ['a'], last(1))]);
    assert.deepEqual(await take({ index: 0 }), [page('id2', 0, ['a'], last(1))]);
    assert.deepEqual(await take(null, []), [page('id3', 0, [], last(0))]);
  });

  it('say how the clock of their times stands to ours; it goes with the last page', async () => {
    const behind = { offsetMs: -180_000, marginMs: 2_000 };
    const told = { ...(last(1) as object), clock: behind };
    assert.deepEqual(await take(undefined, ['a'], { clock: behind }), [page('id1', 0, ['a'], told)]);
    assert.deepEqual(await take(undefined, ['a'], { source: 'mdm', clock: behind }), [page('id2', 0, ['a'], last(1))]);
    await take({ id: 's', index: 0 }, ['a'], { clock: { offsetMs: 0, marginMs: 0 } });
    const end = page('id3', 0, ['a', 'b'], { ...last(2), clock: behind });
    assert.deepEqual(await take({ id: 's', index: 1, count: 2 }, ['b'], { source: 'eas', clock: behind }), [end]);
  });

  it('say what Exchange could not give; what several say goes together with the last page', async () => {
    const [one, other] = ['5d3a2b1c-0000-4000-8000-00000000000a', '5d3a2b1c-0000-4000-8000-00000000000b'];
    const gaps = { count: 2, mailboxes: [one] };
    assert.deepEqual(await take(undefined, ['a'], { gaps }), [page('id1', 0, ['a'], { ...last(1), gaps })]);
    assert.deepEqual(await take(undefined, ['a'], { source: 'mdm', gaps }), [page('id2', 0, ['a'], last(1))]);
    await take({ id: 's', index: 0 }, ['a'], { gaps });
    const both = { count: 3, mailboxes: [one, other] };
    const end = page('id3', 0, ['a', 'b'], { ...last(2), gaps: both });
    const more = { count: 1, mailboxes: [other] };
    assert.deepEqual(await take({ id: 's', index: 1, count: 2 }, ['b'], { gaps: more }), [end]);
    for (const wrong of [3, {}, { count: -1 }, { count: 1, mailboxes: ['anna'] }])
      await assert.rejects(take(undefined, ['a'], { gaps: wrong }), { code: 'ERR_INPUT_INVALID' });
  });

  it('say what of the forest was seen; of what several say the lesser counts, and of what is no view nothing', async () => {
    assert.deepEqual(await take(undefined, ['a'], { view: 'forest' }), [
      page('id1', 0, ['a'], { ...last(1), view: 'forest' }),
    ]);
    for (const none of ['all', 3, null, { view: 'forest' }])
      assert.equal((await take(undefined, ['a'], { view: none }))[0]?.view, undefined);
    assert.equal((await take(undefined, ['a'], { source: 'mdm', view: 'forest' }))[0]?.view, undefined);
    await take({ id: 's', index: 0 }, ['a'], { view: 'refused' });
    const [end] = await take({ id: 's', index: 1, count: 2 }, ['b'], { view: 'forest' });
    assert.deepEqual([end?.last, end?.view], [true, 'refused']);
  });

  it('are refused with a clock that is none', async () => {
    for (const clock of [{}, 3, { offsetMs: 'a', marginMs: 0 }, { offsetMs: 0, marginMs: -1 }])
      await assert.rejects(take(undefined, ['a'], { clock }), { code: 'ERR_INPUT_INVALID' });
  });

  it('are one reading that began with the first part, and ends with the count', async () => {
    assert.deepEqual(await take({ id: 's', index: 0 }, ['a', 'b', 'c']), [page('id1', 0, ['a', 'b'])]);
    clock += 1000;
    assert.deepEqual(await take({ id: 's', index: 1 }, ['d', 'e', 'f']), [page('id1', 1, ['c', 'd'])]);
    assert.deepEqual(await take({ id: 's', index: 2, count: 3 }, []), [page('id1', 2, ['e', 'f'], last(6))]);
    const startedAt = '2026-06-01T09:00:01.000Z';
    assert.deepEqual(await take({ id: 't', index: 0, count: 1 }), [page('id2', 0, ['a'], { startedAt, ...last(1) })]);
  });

  it('become pages of one size, however many records a message has', async () => {
    assert.deepEqual(
      (await take(undefined, ['a', 'b', 'c', 'd', 'e'])).map(({ page, last, records }) => ({ page, last, records })),
      [
        { page: 0, last: false, records: ['a', 'b'] },
        { page: 1, last: false, records: ['c', 'd'] },
        { page: 2, last: true, records: ['e'] },
      ],
    );
    const counts: number[] = [];
    for (const index of Array.from({ length: 5 }, (_, n) => n))
      counts.push((await take({ id: 's', index, count: 5 })).length);
    assert.deepEqual(counts, [0, 0, 1, 0, 2], 'the last full page is held back: it may be the end');
  });

  it('share what reading them remembers, from the first part to the last', async () => {
    const seen: string[][] = [];
    const note = (parts: unknown, record: string): Promise<unknown> =>
      sequence.take({ parts }, async (state) => {
        state.push(record);
        seen.push([...state]);
        return { records: [record] };
      });
    await note({ id: 's', index: 0 }, 'a');
    await note(undefined, 'alone');
    await note({ id: 's', index: 1, count: 2 }, 'b');
    assert.deepEqual(seen, [['a'], ['alone'], ['a', 'b']]);
  });

  it('never end if a part is missing, comes twice or cannot be read', async () => {
    const broken = { code: 'ERR_SNAPSHOT_INCOMPLETE' };
    await assert.rejects(take({ id: 's', index: 1, count: 2 }), broken);
    await take({ id: 's', index: 0 });
    await assert.rejects(take({ id: 's', index: 2, count: 3 }), broken);
    await assert.rejects(take({ id: 's', index: 1, count: 2 }), broken);
    await take({ id: 's', index: 0 });
    await assert.rejects(take({ id: 't', index: 1, count: 2 }), broken);
    await take({ id: 's', index: 1 });
    await assert.rejects(take({ id: 's', index: 1 }, ['b']), broken);
    await assert.rejects(take({ id: 's', index: 2, count: 3 }), broken, 'what was refused is missing');
    await take({ id: 's', index: 0 });
    await assert.rejects(unread({ id: 's', index: 1 }), /cannot be read/);
    await assert.rejects(take({ id: 's', index: 1, count: 2 }), broken);
    await assert.rejects(take({ id: 's', index: 2, count: 3 }), broken);
  });

  it('never end if two lists come under one id at the same time', async () => {
    const broken = { code: 'ERR_SNAPSHOT_INCOMPLETE' };
    await take({ id: 's', index: 0 }, ['a0']);
    await take({ id: 's', index: 0 }, ['b0']);
    await take({ id: 's', index: 1 }, ['a1']);
    await assert.rejects(take({ id: 's', index: 1 }, ['b1']), broken);
    await assert.rejects(take({ id: 's', index: 2, count: 3 }, ['a2']), broken);
    await assert.rejects(take({ id: 's', index: 2, count: 3 }, ['b2']), broken);
  });

  it('are numbered by a text or a number, as $millis() gives it', async () => {
    assert.deepEqual(await take({ id: 1_780_000_000_000, index: 0 }, ['a']), []);
    assert.deepEqual(await take({ id: 1_780_000_000_000, index: 1, count: 2 }, ['b']), [
      page('id1', 0, ['a', 'b'], last(2)),
    ]);
    await assert.rejects(single({ id: 3, index: 0, count: MOST_SINGLES + 1 }), { code: 'ERR_PAGE_SPLIT' });
  });

  const misnumbered: readonly (readonly [sentence: string, parts: object, seen: string])[] = [
    ['whose index is a text', { id: 's', index: '0' }, 'msg.parts.index is of type string'],
    ['without an index', { id: 's', count: 1 }, 'msg.parts.index is not there'],
    ['whose index is a fraction', { id: 's', index: 0.5 }, 'msg.parts.index is 0.5'],
    ['whose count is a text', { id: 's', index: 0, count: '1' }, 'msg.parts.count is of type string'],
    ['whose count is 0', { id: 's', index: 0, count: 0 }, 'msg.parts.count is 0'],
    ['of several without an id', { index: 0, count: 2 }, 'msg.parts.id is not there'],
    ['that is no first one and has no id', { index: 1 }, 'msg.parts.id is not there'],
  ];
  for (const [sentence, parts, seen] of misnumbered)
    it(`are refused at a page ${sentence}: it would pass for the whole list, or its list never end`, async () => {
      await assert.rejects(take(parts), {
        code: 'ERR_INPUT_INVALID',
        message: `${seen}. A page of a list has an id, an index that is a number from 0, and the last one the number of pages as count; a list that comes at once has no msg.parts. ${ERROR_HELP.ERR_INPUT_INVALID}`,
      });
    });

  it('are another reading when the flow numbers the next sequence under the same id', async () => {
    for (const id of ['id1', 'id2'])
      assert.deepEqual(await take({ id: 's', index: 0, count: 1 }), [page(id, 0, ['a'], last(1))]);
  });

  it('are refused when a part of a sequence was taken apart: each part would pass for a whole reading', async () => {
    const piece = (of: number, index: number): unknown => ({
      id: `split${of}`,
      index,
      count: 2,
      parts: { id: 's', index: of },
    });
    await assert.rejects(single(piece(0, 0)), { code: 'ERR_PAGE_SPLIT' });
    assert.deepEqual([await single(piece(0, 1)), await single(piece(1, 0)), await take(piece(1, 1))], [null, null, []]);
    await assert.rejects(single(piece(0, 0)), { code: 'ERR_PAGE_SPLIT' }, 'the next time it is told again');
  });

  it('are refused at the first of more single records than a sequence may have, and lists are not', async () => {
    const count = MOST_SINGLES + 1;
    await assert.rejects(single({ id: 's', index: 0, count }), {
      code: 'ERR_PAGE_SPLIT',
      message: `A list came as ${count} messages of one record each. ${ERROR_HELP.ERR_PAGE_SPLIT}`,
    });
    assert.equal(await single({ id: 's', index: 1, count }), null);
    assert.deepEqual(await single({ id: 't', index: 0, count: MOST_SINGLES }), []);
    assert.deepEqual(await take({ id: 'u', index: 0, count }, ['a', 'b', 'c']), [page('id2', 0, ['a', 'b'])]);
  });

  it('are refused after so many single records if no count was given', async () => {
    let pages = 0;
    for (let index = 0; index < MOST_SINGLES; index += 1) pages += (await single({ id: 's', index }))?.length ?? 0;
    // The last full page is held back: it may be the end.
    assert.equal(pages, MOST_SINGLES / 2 - 1);
    await assert.rejects(single({ id: 's', index: MOST_SINGLES }), { code: 'ERR_PAGE_SPLIT' });
    assert.equal(await single({ id: 's', index: MOST_SINGLES + 1 }), null);
  });

  it('begin anew with another first part', async () => {
    await take({ id: 's', index: 0 });
    await take({ id: 's', index: 0 });
    assert.deepEqual(await take({ id: 's', index: 1, count: 2 }), [page('id2', 0, ['a', 'a'], last(2))]);
  });

  it('say with the first one what the reading is, and when it began', async () => {
    const startedAt = '2026-06-01T08:00:00.000Z';
    const sync = { kind: 'quick', startedAt: '2026-06-01T10:00:00+02:00', source: 'eas' };
    await take({ id: 's', index: 0 }, ['a'], sync, ['x']);
    assert.deepEqual(await take({ id: 's', index: 1, count: 2 }, ['b'], { kind: 'full' }, ['y']), [
      page('id1', 0, ['a', 'b'], { kind: 'quick', startedAt, ...last(2), gone: ['x', 'y'] }),
    ]);
    assert.deepEqual(
      await take(undefined, [], { startedAt: '2027-01-01T00:00:00Z' }, ['x']),
      [page('id2', 0, [], last(0))],
      'no reading began later than now, and a full one has no need to say what is gone',
    );
  });

  it('are for a dry run if one of them says so, whatever it rode along from', async () => {
    await take({ id: 's', index: 0 });
    await take({ id: 's', index: 1 }, ['b'], { dryRun: true });
    assert.deepEqual(await take({ id: 's', index: 2, count: 3 }, ['c']), [
      page('id1', 0, ['a', 'b'], { dryRun: true }),
      page('id1', 1, ['c'], { dryRun: true, ...last(3) }),
    ]);
    const ofAnother = { source: 'mdm', kind: 'quick', startedAt: '2026-01-01T00:00:00Z', dryRun: true };
    assert.deepEqual(await take(undefined, [], ofAnother), [page('id2', 0, [], { dryRun: true, ...last(0) })]);
  });

  it('are refused where they ask for what there is not', async () => {
    const invalid = { code: 'ERR_INPUT_INVALID' };
    await assert.rejects(take(undefined, [], { kind: 'half' }), invalid);
    await assert.rejects(take(undefined, [], { startedAt: 'yesterday' }), invalid);
    await assert.rejects(take(undefined, [], { startedAt: 5 }), invalid);
  });
});
