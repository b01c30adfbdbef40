/** Messages of foreign records as one reading. */
import assert from 'node:assert/strict';
import { MappedSequence } from '../../../src/connector/readings/mapped-sequence.ts';
import { NOW, now } from '../kept-readings.ts';

describe('messages of foreign records', () => {
  let ids = 0;
  let clock = now();
  let sequence: MappedSequence;
  beforeEach(() => {
    [ids, clock] = [0, now()];
    sequence = new MappedSequence({ now: () => clock, newId: () => `id${(ids += 1)}` });
  });

  const take = (parts: unknown, records: readonly string[] = ['a']): Promise<unknown> =>
    sequence.take(parts, () => Promise.resolve(records));
  const unmapped = (parts: unknown): Promise<unknown> =>
    sequence.take(parts, () => Promise.reject(new Error('cannot be mapped')));
  const page = (id: string, index: number, last: boolean): unknown => ({
    id,
    startedAt: NOW,
    page: index,
    last,
    records: ['a'],
  });

  it('are a whole reading each without parts', async () => {
    assert.deepEqual(await take(undefined), page('id1', 0, true));
    assert.deepEqual(await take({ index: 0 }), page('id2', 0, true));
    assert.deepEqual(await take(null, []), { id: 'id3', startedAt: NOW, page: 0, last: true, records: [] });
  });

  it('are one reading that began with the first part, and ends with the count', async () => {
    assert.deepEqual(await take({ id: 's', index: 0 }), page('s', 0, false));
    clock += 1000;
    assert.deepEqual(await take({ id: 's', index: 1 }), page('s', 1, false));
    assert.deepEqual(await take({ id: 's', index: 2, count: 3 }), page('s', 2, true));
    assert.deepEqual(await take({ id: 't', index: 0, count: 1 }), {
      ...(page('t', 0, true) as object),
      startedAt: '2026-06-01T09:00:01.000Z',
    });
  });

  it('never end if a part is missing, comes twice or cannot be mapped', async () => {
    const broken = { code: 'ERR_SNAPSHOT_INCOMPLETE' };
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
    await take({ id: 's', index: 0 });
    await take({ id: 's', index: 0 });
    assert.deepEqual(await take({ id: 's', index: 1, count: 2 }), page('s', 1, true));
  });
});
