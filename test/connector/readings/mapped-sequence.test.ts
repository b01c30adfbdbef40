/** Messages of foreign records as one reading. */
import assert from 'node:assert/strict';
import { MappedSequence, MOST_SINGLES } from '../../../src/connector/readings/mapped-sequence.ts';
import { ERROR_HELP } from '../../../src/errors.ts';
import { NOW, now } from '../kept-readings.ts';

describe('messages of foreign records', () => {
  let ids = 0;
  let clock = now();
  let sequence: MappedSequence<string>;
  beforeEach(() => {
    [ids, clock] = [0, now()];
    sequence = new MappedSequence({ pageSize: 3, now: () => clock, newId: () => `id${(ids += 1)}` });
  });

  const list = (letters: string): string[] => letters.split('');
  const take = (parts: unknown, records: readonly string[] = ['a', 'b']): Promise<unknown> =>
    sequence.take(parts, false, () => Promise.resolve(records));
  const single = (parts: unknown, record = 'a'): Promise<unknown> =>
    sequence.take(parts, true, () => Promise.resolve([record]));
  const unmapped = (parts: unknown): Promise<unknown> =>
    sequence.take(parts, false, () => Promise.reject(new Error('cannot be mapped')));
  /** Pages of a reading, written as text: `ab|` is one of two records, a full stop ends the reading. */
  const pages = (id: string, page: number, text: string, read: number, startedAt = NOW): unknown => ({
    id,
    startedAt,
    page,
    pages: text
      .split('|')
      .filter((one) => one !== '')
      .map((one) => ({ records: list(one.replace(/[.-]/, '')), last: one.endsWith('.') })),
    read,
  });
  const broken = { code: 'ERR_SNAPSHOT_INCOMPLETE' };
  const refused = { code: 'ERR_PAGE_SPLIT' };

  it('are a whole reading each without parts, in pages', async () => {
    assert.deepEqual(await take(undefined), pages('id1', 0, 'ab.', 2));
    assert.deepEqual(await take({ index: 0 }, list('abcdefg')), pages('id2', 0, 'abc|def|g.', 7));
    assert.deepEqual(await take({}, list('abc')), pages('id3', 0, 'abc.', 3));
    assert.deepEqual(await take(null, []), pages('id4', 0, '.', 0));
    assert.deepEqual(await single(undefined), pages('id5', 0, 'a.', 1));
  });

  it('are one reading that began with the first part, and ends with the count', async () => {
    assert.deepEqual(await take({ id: 's', index: 0 }), pages('id1', 0, 'ab|', 2));
    clock += 1000;
    assert.deepEqual(await take({ id: 's', index: 1 }, list('cdefg')), pages('id1', 1, 'cde|fg|', 7));
    assert.deepEqual(await take({ id: 's', index: 2 }, []), pages('id1', 3, '-|', 7));
    assert.deepEqual(await take({ id: 's', index: 3, count: 4 }, ['h']), pages('id1', 4, 'h.', 8));
    assert.deepEqual(
      await take({ id: 't', index: 0, count: 1 }),
      pages('id2', 0, 'ab.', 2, '2026-06-01T09:00:01.000Z'),
    );
  });

  it('are another reading when the flow numbers the next sequence under the same id', async () => {
    await take({ id: 's', index: 0, count: 1 });
    assert.deepEqual(await take({ id: 's', index: 0, count: 1 }), pages('id2', 0, 'ab.', 2));
  });

  it('are gathered into pages when they are single records', async () => {
    const part = (index: number): unknown => ({ id: 's', index, count: 5 });
    assert.deepEqual(
      [
        await single(part(0), 'a'),
        await single(part(1), 'b'),
        await single(part(2), 'c'),
        await single(part(3), 'd'),
        await single(part(4), 'e'),
      ],
      [
        pages('id1', 0, '', 1),
        pages('id1', 0, '', 2),
        pages('id1', 0, 'abc|', 3),
        pages('id1', 1, '', 4),
        pages('id1', 1, 'de.', 5),
      ],
    );
  });

  it('keep their order when single records and lists are mixed', async () => {
    await single({ id: 's', index: 0 }, 'a');
    assert.deepEqual(await take({ id: 's', index: 1 }, ['b', 'c', 'd']), pages('id1', 0, 'abc|d|', 4));
    await single({ id: 's', index: 2 }, 'e');
    assert.deepEqual(await single({ id: 's', index: 3, count: 4 }, 'f'), pages('id1', 2, 'ef.', 6));
  });

  it('never end if a part is missing, comes twice or cannot be mapped', async () => {
    await assert.rejects(take({ id: 's', index: 1, count: 2 }), broken);
    await take({ id: 's', index: 0 });
    await assert.rejects(take({ id: 's', index: 2, count: 3 }), broken);
    await assert.rejects(take({ id: 't', index: 1, count: 2 }), broken);
    await take({ id: 's', index: 1 });
    await assert.rejects(take({ id: 's', index: 1 }), broken);
    await assert.rejects(unmapped({ id: 's', index: 2 }), /cannot be mapped/);
    await assert.rejects(take({ id: 's', index: 3, count: 4 }), broken);
  });

  it('begin anew with another first part', async () => {
    await single({ id: 's', index: 0 }, 'x');
    await single({ id: 's', index: 0 }, 'a');
    assert.deepEqual(await single({ id: 's', index: 1, count: 2 }, 'b'), pages('id2', 0, 'ab.', 2));
  });

  it('are refused when a part of a sequence was taken apart: each part would pass for a whole reading', async () => {
    const piece = (page: number, index: number): unknown => ({
      id: `split${page}`,
      index,
      count: 2,
      parts: { id: 's', index: page },
    });
    await assert.rejects(single(piece(0, 0)), refused);
    assert.deepEqual(
      [await single(piece(0, 1)), await single(piece(1, 0)), await take(piece(1, 1))],
      [null, null, null],
    );
    await assert.rejects(single(piece(0, 0)), refused, 'the next time it is told again');
  });

  it('are refused at the first of more single records than a sequence may have, and lists are not', async () => {
    const count = MOST_SINGLES + 1;
    await assert.rejects(single({ id: 's', index: 0, count }), {
      ...refused,
      message: `A list came as ${count} messages of one record each. ${ERROR_HELP.ERR_PAGE_SPLIT}`,
    });
    assert.equal(await single({ id: 's', index: 1, count }), null);
    assert.deepEqual(await single({ id: 't', index: 0, count: MOST_SINGLES }), pages('id1', 0, '', 1));
    assert.deepEqual(await take({ id: 'u', index: 0, count }), pages('id2', 0, 'ab|', 2));
  });

  it('are refused after so many single records if no count was given', async () => {
    let message: unknown = null;
    for (let index = 0; index < MOST_SINGLES; index += 1) message = await single({ id: 's', index });
    assert.equal((message as { read: number }).read, MOST_SINGLES);
    await assert.rejects(single({ id: 's', index: MOST_SINGLES }), refused);
    assert.equal(await single({ id: 's', index: MOST_SINGLES + 1 }), null);
  });
});
