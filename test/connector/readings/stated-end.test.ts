/** Whether a reading by message is at its end, and whole, by what its flow says. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { FedSequence } from '../../../src/connector/readings/fed-sequence.ts';
import type { FedMessagePages } from '../../../src/connector/readings/fed-sequence.ts';
import { checkTotal, isAtEnd, readStatedEnd } from '../../../src/connector/readings/stated-end.ts';
import { ERROR_HELP } from '../../../src/errors.ts';
import { now } from '../kept-readings.ts';

const INCOMPLETE = { code: 'ERR_SNAPSHOT_INCOMPLETE' };
const INVALID = { code: 'ERR_INPUT_INVALID' };
const helped = (message: string): string => `${message} ${ERROR_HELP.ERR_SNAPSHOT_INCOMPLETE}`;

describe('what a flow says of the end of its reading', () => {
  for (const last of [true, false, null, undefined])
    it(`may be last: ${String(last)}`, () =>
      assert.deepEqual(readStatedEnd({ last }), { last: last ?? null, total: null }));
  for (const total of [0, 1, 1_000_000, null, undefined])
    it(`may be total: ${String(total)}`, () =>
      assert.deepEqual(readStatedEnd({ total }), { last: null, total: total ?? null }));

  it('is refused where it cannot be meant: a check that was asked for is not passed over', () => {
    const wrong: [object, string][] = [
      [{ total: '500' }, 'msg.sync.total is of type string, not a whole number from 0.'],
      [{ total: -1 }, 'msg.sync.total is -1, not a whole number from 0.'],
      [{ total: 1.5 }, 'msg.sync.total is 1.5, not a whole number from 0.'],
      [{ total: NaN }, 'msg.sync.total is NaN, not a whole number from 0.'],
      [{ total: [3] }, 'msg.sync.total is a list, not a whole number from 0.'],
      [{ total: true }, 'msg.sync.total is of type boolean, not a whole number from 0.'],
      [{ last: 'true' }, 'msg.sync.last is of type string, not true or false.'],
      [{ last: 1 }, 'msg.sync.last is of type number, not true or false.'],
    ];
    for (const [sync, message] of wrong)
      assert.throws(() => readStatedEnd(sync), {
        ...INVALID,
        message: `${message} ${ERROR_HELP.ERR_INPUT_INVALID}`,
      });
  });
});

describe('a message of a reading', () => {
  const part = (index: number, count?: number): { id: string; index: number; count?: number } => ({
    id: 's',
    index,
    ...(count === undefined ? {} : { count }),
  });
  const open = 'leaves the reading open';
  const ends = 'ends the reading';
  const atOdds = 'is at odds with itself';
  /** The table above isAtEnd: parts, then what follows of sync.last not said, false, true. */
  const TABLE: [string, ReturnType<typeof part> | null, string, string, string][] = [
    ['without parts', null, ends, atOdds, ends],
    ['whose count is not said yet', part(4), open, open, ends],
    ['before the last by its count', part(0, 2), open, open, atOdds],
    ['that is the last by its count', part(1, 2), ends, atOdds, ends],
    ['beyond the last by its count', part(2, 2), atOdds, atOdds, atOdds],
    ['of none by its count', part(0, 0), atOdds, atOdds, atOdds],
  ];
  const found = (of: ReturnType<typeof part> | null, last: boolean | null): string => {
    try {
      return isAtEnd(of, last) ? ends : open;
    } catch (error) {
      assert.equal((error as { code: string }).code, 'ERR_SNAPSHOT_INCOMPLETE');
      return atOdds;
    }
  };
  for (const [what, of, unsaid, no, yes] of TABLE)
    it(`${what} ${unsaid}; with last: false it ${no}, with last: true it ${yes}`, () =>
      assert.deepEqual(
        [null, false, true].map((last) => found(of, last)),
        [unsaid, no, yes],
      ));

  it('that is at odds with itself says how', () => {
    const wrong: [ReturnType<typeof part> | null, boolean | null, string][] = [
      [null, false, 'says that more come (msg.sync.last is false), and has no msg.parts to know them by'],
      [part(0, 3), true, 'is part 1 of 3 by its msg.parts, and the last by msg.sync.last'],
      [part(2, 3), false, 'is part 3 of 3 by its msg.parts, and not the last by msg.sync.last'],
      [part(3, 3), null, 'is part 4 of 3 by its msg.parts'],
    ];
    for (const [of, last, why] of wrong)
      assert.throws(() => isAtEnd(of, last), { ...INCOMPLETE, message: helped(`A message of a reading ${why}.`) });
  });
});

describe('the total that a flow says', () => {
  const fits: [number | null, number, number][] = [
    [null, 3, 0],
    [null, 3, 3],
    [0, 0, 0],
    [3, 3, 0],
    [3, 4, 1],
  ];
  for (const [total, records, twice] of fits)
    it(`fits: ${total ?? 'none'} for ${records} records, ${twice} of them twice`, () =>
      assert.doesNotThrow(() => checkTotal(total, { records, twice })));

  it('that does not fit is an error with the numbers', () => {
    const wrong: [number, number, number, string][] = [
      [3, 2, 0, 'says 3 records, but 2 came.'],
      [3, 4, 0, 'says 3 records, but 4 came.'],
      [0, 1, 0, 'says 0 records, but 1 came.'],
      [1, 0, 0, 'says 1 records, but 0 came.'],
      [3, 3, 1, 'says 3 records, but 2 came (1 of them twice).'],
    ];
    for (const [total, records, twice, why] of wrong)
      assert.throws(() => checkTotal(total, { records, twice }), {
        ...INCOMPLETE,
        message: helped(`msg.sync.total ${why}`),
        details: { total, came: records - twice, twice },
      });
  });
});

describe('a reading by message whose flow says when it ends', () => {
  let sequence: FedSequence<string, null>;
  const opened = (): FedSequence<string, null> => {
    let ids = 0;
    return new FedSequence({
      source: 'mdm',
      pageSize: 2,
      kind: () => 'full',
      open: () => null,
      keyOf: (record) => record,
      now,
      newId: () => `id${(ids += 1)}`,
    });
  };
  beforeEach(() => {
    sequence = opened();
  });

  const take = (parts: unknown, records: readonly string[], sync?: unknown): Promise<FedMessagePages<string> | null> =>
    sequence.take({ parts, sync }, () => Promise.resolve({ records }));
  /** The records of the whole reading; null while it is open. */
  const whole = async (parts: unknown, records: readonly string[], sync?: unknown): Promise<number | null> =>
    (await take(parts, records, sync))?.pages.at(-1)?.total ?? null;
  const at = (index: number, id = 's'): object => ({ id, index });

  it('ends with last: true, without a count', async () => {
    assert.equal(await whole(at(0), ['a'], { last: false }), null);
    assert.equal(await whole(at(1), ['b'], { last: false, total: 3 }), null);
    assert.equal(await whole(at(2), ['c'], { last: true, total: 3 }), 3);
  });

  it('is held to the last word on its total: devices come and go while a list is read', async () => {
    await take(at(0), ['a', 'b'], { total: 4 });
    await take(at(1), ['c'], { total: 3 });
    assert.equal(await whole(at(2), [], { last: true, total: null }), 3);
  });

  it('is never whole if its total is not what came, whatever came before the last message', async () => {
    for (const [said, records] of [
      [4, ['c']],
      [2, ['c']],
      [3, ['b']],
    ] as const) {
      await take(at(0), ['a', 'b'], { total: said });
      await assert.rejects(take(at(1), records, { last: true }), INCOMPLETE);
      await assert.rejects(take(at(1), ['c'], { last: true, total: 3 }), INCOMPLETE, 'it cannot be mended later');
    }
  });

  it('in one message is held to its total as well', async () => {
    assert.equal(await whole(undefined, [], { total: 0 }), 0);
    assert.equal(await whole(undefined, ['a'], { last: true, total: 1 }), 1);
    await assert.rejects(take(undefined, ['a'], { total: 0 }), INCOMPLETE);
    await assert.rejects(take(undefined, [], { total: 1 }), INCOMPLETE);
    await assert.rejects(take(undefined, ['a'], { last: false }), INCOMPLETE);
  });

  it('goes by what is said of the same kind of source only', async () => {
    assert.equal(await whole(undefined, ['a'], { source: 'eas', last: false, total: 'many' }), 1);
    await assert.rejects(take(undefined, ['a'], { source: 'mdm', total: 'many' }), INVALID);
  });

  it('that never ends is never whole, however many records have come', async () => {
    for (let index = 0; index < 50; index += 1)
      assert.equal(await whole(at(index), [`r${index}`], { last: false, total: 3 }), null);
  });

  it('is not whole after a restart in the middle: the parts before were read by nobody', async () => {
    await take(at(0), ['a']);
    sequence = opened();
    await assert.rejects(take(at(1), ['b'], { last: true }), INCOMPLETE);
    assert.equal(await whole(at(0), ['a', 'b'], { last: true, total: 2 }), 2);
  });

  it('that another one begins amidst never ends, and the other one does', async () => {
    await take(at(0, 'one'), ['a'], { total: 2 });
    await take(at(0, 'two'), ['x'], { total: 2 });
    await assert.rejects(take(at(1, 'one'), ['b'], { last: true }), INCOMPLETE);
    assert.equal(await whole(at(1, 'two'), ['y'], { last: true }), 2);
  });

  it('that contradicted itself is over, and one message alone takes none with it', async () => {
    await take(at(0), ['a']);
    await assert.rejects(take(undefined, ['z'], { last: false }), INCOMPLETE);
    await take(at(1), ['b']);
    await assert.rejects(take({ ...at(2), count: 3 }, ['c'], { last: false }), INCOMPLETE);
    await assert.rejects(take(at(3), ['d'], { last: true }), INCOMPLETE);
    await assert.rejects(take(at(2), ['c'], { last: true }), INCOMPLETE);
  });

  it('takes no part behind its end', async () => {
    await take(at(0), ['a'], { last: true });
    await assert.rejects(take(at(1), ['b'], { last: true }), INCOMPLETE);
  });

  it('is whole exactly if as many different records came as it says, however they are split', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 4 }), { minLength: 1, maxLength: 5 }),
        fc.nat(6),
        async (messages, total) => {
          const different = new Set(messages.flat()).size;
          const end = messages.length - 1;
          for (const [index, records] of messages.slice(0, end).entries())
            assert.equal(await whole(at(index), records, { total }), null);
          const ended = whole(at(end), messages[end] ?? [], { total, last: true });
          if (total === different) assert.equal(await ended, messages.flat().length);
          else await assert.rejects(ended, INCOMPLETE);
        },
      ),
    ));
});
