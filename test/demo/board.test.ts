/** The demo's table: what stands where, in windows of any size. */
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import { boardLines } from '../../scripts/demo/board.ts';
import type { Board, BoardPhone } from '../../scripts/demo/board.ts';

const anna: BoardPhone = {
  id: 'iphone-mail-first',
  steps: { 1: 0.3, 2: 1.2, 3: 3.25, 4: 3.5, 5: 12 },
  state: 'blocked',
  asItMust: null,
};
const ben: BoardPhone = { id: 'iphone-portal-first', steps: { 5: 0.3 }, state: null, asItMust: null };
const board: Board = { title: 'Sync 3', phones: [anna, ben], last: 'iphone-mail-first, step 5: enrolled' };

describe("the demo's table", () => {
  it('has a row a phone and a column a step, with the second in which each step was seen', () => {
    assert.deepEqual(boardLines(board, { columns: 120, hasColor: false }), [
      'Sync 3',
      '',
      'phone                   1 added     2 read  3 blocked   4 mailed 5 enrolled   6 merged  7 allowed',
      'iphone-mail-first           0.3        1.2        3.3        3.5       12.0          ·          ·  blocked',
      'iphone-portal-first           ·          ·          ·          ·        0.3          ·          ·  ',
      '',
      'iphone-mail-first, step 5: enrolled',
    ]);
  });

  it('says the same with shorter words where 80 characters are a line', () => {
    assert.deepEqual(boardLines(board, { columns: 80, hasColor: false }).slice(2, 4), [
      'phone                 added   read  block   mail enroll  merge  allow',
      'iphone-mail-first       0.3    1.2    3.3    3.5   12.0      ·      ·  blocked',
    ]);
  });

  it('has marks instead of times in a narrow window', () => {
    assert.deepEqual(boardLines(board, { columns: 45, hasColor: false }).slice(2, 4), [
      'phone                1 2 3 4 5 6 7',
      'iphone-mail-first    ✓ ✓ ✓ ✓ ✓ · ·  blocked',
    ]);
    assert.deepEqual(boardLines(board, { columns: 24, hasColor: false }).slice(2, 4), [
      'phone    1 2 3 4 5 6 7',
      'iphone-… ✓ ✓ ✓ ✓ ✓ · ·',
    ]);
  });

  it('marks at the end which phone ended as it must', () => {
    const phones = [
      { ...anna, state: 'allowed', asItMust: true },
      { ...ben, state: 'blocked', asItMust: false },
    ];
    const lines = boardLines({ title: '', last: '', phones }, { columns: 80, hasColor: false });
    assert.deepEqual(
      lines.slice(3).map((line) => line.slice(69)),
      ['  allowed ✓', '  blocked ✗'],
    );
  });

  it('has colors only where the terminal has them', () => {
    const plain = boardLines(board, { columns: 100, hasColor: false });
    const painted = boardLines(board, { columns: 100, hasColor: true });
    assert.ok(!plain.join('').includes('\u001b'));
    assert.ok(painted.join('').includes('\u001b[31m'), 'blocked is red');
    assert.deepEqual(painted.map(stripVTControlCharacters), plain);
  });

  it('says how many phones a low window does not show', () => {
    const phones = Array.from({ length: 18 }, (_, at) => ({ ...anna, id: `phone-${at}` }));
    const lines = boardLines({ ...board, phones }, { columns: 80, rows: 12, hasColor: false });
    assert.equal(lines.length, 12);
    assert.equal(lines[9], '… and 12 more: a taller window shows them');
    assert.equal(boardLines({ ...board, phones }, { columns: 80, rows: 23, hasColor: false }).length, 23);
  });

  it('fits any window, whatever a phone is called and whatever was said', () => {
    const phone = fc.record<BoardPhone>({
      id: fc.string(),
      steps: fc.dictionary(fc.constantFrom('1', '3', '7'), fc.double({ min: 0, max: 9_999, noNaN: true })),
      state: fc.option(fc.constantFrom('allowed', 'blocked', 'quarantined'), { nil: null }),
      asItMust: fc.option(fc.boolean(), { nil: null }),
    });
    const boards = fc.record<Board>({
      title: fc.string(),
      phones: fc.array(phone, { maxLength: 30 }),
      last: fc.string(),
    });
    fc.assert(
      fc.property(boards, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60 }), (board, columns, rows) => {
        const lines = boardLines(board, { columns, rows, hasColor: false });
        assert.ok(lines.length <= rows);
        for (const line of lines) assert.ok(line.length <= columns, `${line.length} > ${columns}: ${line}`);
      }),
    );
  });
});
