import assert from 'node:assert/strict';
import { GapMailboxes, gapsTogether, mailboxesThatDiffer, readGaps } from '../../src/model/reading-gaps.ts';
import type { ReadingGaps } from '../../src/model/reading-gaps.ts';
import { easRecordKey } from '../../src/model/keys.ts';
import { guid } from '../support/records.ts';

const ANNA = guid(0xa1);
const BEN = guid(0xb2);
const FEWER = { was: 40, is: 20, since: '2026-06-01T09:00:00.000Z' };

describe('gaps of a reading', () => {
  for (const [said, is] of [
    [undefined, null],
    [null, null],
    [{ count: 0, mailboxes: [] }, null],
    [{ count: 0, mailboxes: [ANNA] }, undefined],
    [
      { count: 3, mailboxes: [BEN.toUpperCase(), ANNA, BEN] },
      { count: 3, mailboxes: [ANNA, BEN] },
    ],
    [
      { count: 4, mailboxes: [ANNA], unnamed: 2 },
      { count: 4, mailboxes: [ANNA], unnamed: 2 },
    ],
    [
      { count: 1, mailboxes: [ANNA], unnamed: 0 },
      { count: 1, mailboxes: [ANNA] },
    ],
    [{ count: 5 }, { count: 5, mailboxes: [], unnamed: 5 }],
    [
      { count: 5, mailboxes: [], unnamed: 0 },
      { count: 5, mailboxes: [], unnamed: 5 },
    ],
    [{ count: 1, mailboxes: [ANNA], unnamed: 2 }, undefined],
    [{ count: -1, mailboxes: [] }, undefined],
    [{ count: 1.5, mailboxes: [] }, undefined],
    [{ count: 1, mailboxes: ['anna@contoso.example'] }, undefined],
    [{ count: 1, mailboxes: ANNA }, undefined],
    [
      { count: 0, mailboxes: [], outside: true },
      { count: 0, mailboxes: [], outside: true },
    ],
    [
      { count: 0, mailboxes: [BEN, ANNA], outside: true },
      { count: 0, mailboxes: [ANNA, BEN], outside: true },
    ],
    [
      { count: 1, mailboxes: [ANNA], unnamed: 1, outside: true },
      { count: 1, mailboxes: [ANNA], unnamed: 1, outside: true },
    ],
    [{ count: 0, mailboxes: [ANNA], outside: 'yes' }, undefined],
    [
      { count: 0, mailboxes: [ANNA], fewer: FEWER, nameless: 1 },
      { count: 0, mailboxes: [ANNA], fewer: FEWER, nameless: 1 },
    ],
    [{ count: 0, mailboxes: [], fewer: { ...FEWER, since: 'yesterday' } }, undefined],
    [{ count: 0, mailboxes: [], fewer: null }, undefined],
    [{ count: 0, mailboxes: [], nameless: -1 }, undefined],
    ['two', undefined],
    [{ mailboxes: [ANNA] }, undefined],
  ] as const) {
    it(`${JSON.stringify(said)} are ${is === null ? 'none' : is === undefined ? 'no such thing' : JSON.stringify(is)}`, () => {
      assert.deepEqual(readGaps(said), is);
      // What was read once is read again as it is.
      assert.deepEqual(readGaps(readGaps(said)), is === undefined ? null : is);
    });
  }

  it('beside others count a mailbox of both once', () => {
    const one: ReadingGaps = { count: 3, mailboxes: [ANNA], unnamed: 1 };
    assert.deepEqual(gapsTogether(null, null), null);
    assert.deepEqual(gapsTogether(one, null), one);
    assert.deepEqual(gapsTogether(null, one), one);
    assert.deepEqual(gapsTogether(one, one), one);
    assert.deepEqual(gapsTogether(one, { count: 2, mailboxes: [BEN, ANNA] }), {
      count: 4,
      mailboxes: [ANNA, BEN],
      unnamed: 1,
    });
    const outside: ReadingGaps = { count: 0, mailboxes: [BEN], outside: true };
    assert.deepEqual(gapsTogether(one, outside), { count: 3, mailboxes: [ANNA, BEN], unnamed: 1, outside: true });
    const fewer: ReadingGaps = { count: 0, mailboxes: [BEN], fewer: FEWER, nameless: 1 };
    assert.deepEqual(gapsTogether(fewer, { ...one, nameless: 2 }), {
      count: 3,
      mailboxes: [ANNA, BEN],
      unnamed: 1,
      fewer: FEWER,
      nameless: 2,
    });
    assert.deepEqual(gapsTogether(outside, null), outside);
    assert.deepEqual(mailboxesThatDiffer(one, { count: 1, mailboxes: [BEN] }), [ANNA, BEN]);
    assert.deepEqual(mailboxesThatDiffer(one, null), [ANNA]);
  });

  it('say of which unseen record nobody knows that it is gone', () => {
    const key = easRecordKey('contoso', BEN.toUpperCase(), 'ApplX');
    assert.equal(new GapMailboxes(null).ofUnseen(key), null);
    assert.equal(new GapMailboxes({ count: 1, mailboxes: [ANNA] }).ofUnseen(key), null);
    assert.equal(new GapMailboxes({ count: 1, mailboxes: [BEN] }).ofUnseen(key), BEN);
    assert.equal(new GapMailboxes({ count: 1, mailboxes: [], unnamed: 1 }).ofUnseen(key), BEN);
    assert.equal(new GapMailboxes({ count: 1, mailboxes: [], unnamed: 1 }).has(BEN), false);
    assert.equal(new GapMailboxes({ count: 0, mailboxes: [], outside: true }).ofUnseen(key), BEN);
    assert.equal(new GapMailboxes({ count: 0, mailboxes: [], fewer: FEWER }).ofUnseen(key), BEN);
    assert.equal(new GapMailboxes({ count: 0, mailboxes: [ANNA], nameless: 1 }).ofUnseen(key), null);
  });
});
