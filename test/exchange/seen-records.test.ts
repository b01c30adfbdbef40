import assert from 'node:assert/strict';
import { array, assert as check, constantFrom, property, record } from 'fast-check';
import { SeenRecords } from '../../src/exchange/seen-records.ts';

const guid = (last: string): string => `11111111-2222-4333-8444-5555555555${last}`;
/** One for each mailbox, as the table of mailboxes has them. */
const notes = (): ((mailbox: string) => Buffer) => {
  const byMailbox = new Map<string, Buffer>();
  return (mailbox) => {
    const note = byMailbox.get(mailbox) ?? Buffer.alloc(10);
    byMailbox.set(mailbox, note);
    return note;
  };
};
const keyOf = (mailbox: string, easId: string): string => `eas:org:${mailbox}:${easId.trim().toLowerCase()}`;

describe('the records of a reading that have come', () => {
  it('are new once, repeated by the same partnership, and joined by another one', () => {
    const seen = new SeenRecords();
    const noteOf = notes();
    const steps = [
      ['mailbox a', 'ApplX1', guid('01'), 'new'],
      ['mailbox b', 'ApplX1', guid('01'), 'new'],
      ['mailbox a', 'ApplX1', guid('01'), 'repeated'],
      ['mailbox a', ' applx1 ', guid('02'), 'another partnership'],
      ['mailbox a', 'ApplX1', guid('02'), 'another partnership'],
      ['mailbox b', 'ApplX1', guid('01').toUpperCase(), 'repeated'],
      ['mailbox a', 'ApplX2', guid('03'), 'new'],
      ['mailbox a', 'APPLX2', guid('03'), 'repeated'],
      ['mailbox a', 'ApplX2', guid('04'), 'another partnership'],
      ['mailbox b', 'ApplX2', guid('05'), 'new'],
      ['mailbox a', 'ApplX1', guid('01'), 'repeated'],
    ] as const;
    assert.deepEqual(
      steps.map(([mailbox, easId, id]) => seen.add({ key: keyOf(mailbox, easId), easId, id, note: noteOf(mailbox) })),
      steps.map(([, , , what]) => what),
    );
  });

  it('are told apart as by a list of all of them, in whatever order they come', () => {
    const partnership = record({
      mailbox: constantFrom('a', 'b', 'c'),
      easId: constantFrom('X', 'x', ' X', 'Y', 'ÄÖ', ''),
      id: constantFrom(guid('01'), guid('02'), guid('03')),
    });
    check(
      property(array(partnership), (coming) => {
        const seen = new SeenRecords();
        const noteOf = notes();
        const came = new Map<string, string>();
        for (const { mailbox, easId, id } of coming) {
          const key = keyOf(mailbox, easId);
          const by = came.get(key);
          if (by === undefined) came.set(key, id);
          const expected = by === undefined ? 'new' : by === id ? 'repeated' : 'another partnership';
          assert.equal(seen.add({ key, easId, id, note: noteOf(mailbox) }), expected);
        }
      }),
    );
  });

  it('tell partnerships apart whose GUIDs differ in any one digit', () => {
    const first = guid('00');
    for (let at = 0; at < first.length; at++) {
      if (first[at] === '-') continue;
      const other = `${first.slice(0, at)}${first[at] === 'f' ? 'e' : 'f'}${first.slice(at + 1)}`;
      const seen = new SeenRecords();
      const add = (id: string): string => seen.add({ key: 'record', easId: 'X', id, note });
      const note = Buffer.alloc(10);
      assert.deepEqual([add(first), add(other)], ['new', 'another partnership']);
    }
  });
});
