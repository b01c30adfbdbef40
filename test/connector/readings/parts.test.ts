/** Where a message stands, by its `msg.parts`. */
import assert from 'node:assert/strict';
import { isPiece, placesOf, readPart, sequencesOf } from '../../../src/connector/readings/parts.ts';
import { RefusedPieces } from '../../../src/connector/readings/refused-pieces.ts';

const PAGE = { id: 'reading', index: 3, type: 'array', len: 500 };
/** As Split makes it of a page. */
const PIECE = { id: 'split', index: 7, count: 500, type: 'array', len: 1, parts: PAGE };

describe('the parts of a message', () => {
  it('name its own sequence, and those that it is a piece of, from the inside out', () => {
    const table: readonly (readonly [unknown, readonly string[], boolean])[] = [
      [undefined, [], false],
      [null, [], false],
      ['parts', [], false],
      [{}, [], false],
      [PAGE, ['reading'], false],
      [{ ...PAGE, parts: null }, ['reading'], false],
      [PIECE, ['split', 'reading'], true],
      [{ id: 'again', parts: PIECE }, ['again', 'split', 'reading'], true],
      // A node that counts anew and gives no id.
      [{ index: 0, parts: PAGE }, ['reading'], true],
    ];
    assert.deepEqual(
      table.map(([parts]) => [parts, sequencesOf(parts), isPiece(parts)]),
      table,
    );
  });

  it('say the place in each of them', () => {
    assert.deepEqual([PAGE, PIECE, { index: 0, parts: {} }, null].map(placesOf), [[3], [7, 3], [0], []]);
  });

  it('come to an end when they hold themselves', () => {
    const parts: Record<string, unknown> = { id: 'round' };
    parts['parts'] = parts;
    assert.deepEqual([...new Set(sequencesOf(parts))], ['round']);
  });

  it('say the place in the own sequence only', () => {
    assert.deepEqual([PAGE, PIECE, { id: 'x' }, { index: 0 }, null].map(readPart), [
      { id: 'reading', index: 3 },
      { id: 'split', index: 7, count: 500 },
      null,
      null,
      null,
    ]);
  });
});

describe('pieces of pages', () => {
  const pieceOf = (id: string, index = 0): unknown => ({ ...PIECE, index, parts: { ...PAGE, id } });

  it('are refused once a sequence, also when two come at the same time', () => {
    const pieces = new RefusedPieces();
    const answer = (parts: unknown): unknown => {
      try {
        return pieces.have(parts);
      } catch (thrown) {
        return (thrown as { code: string }).code;
      }
    };
    assert.deepEqual(
      [pieceOf('eas'), pieceOf('eas', 1), pieceOf('mdm'), pieceOf('eas', 2), pieceOf('mdm', 1), pieceOf('eas2')].map(
        answer,
      ),
      ['ERR_PAGE_SPLIT', true, 'ERR_PAGE_SPLIT', true, true, 'ERR_PAGE_SPLIT'],
    );
    assert.deepEqual([PAGE, undefined].map(answer), [false, false]);
  });

  it('are told of again when a sequence begins anew under the same id', () => {
    const pieces = new RefusedPieces();
    const first = { ...PIECE, index: 0, parts: { ...PAGE, index: 0 } };
    assert.throws(() => pieces.have(first), { code: 'ERR_PAGE_SPLIT' });
    assert.equal(pieces.have(PIECE), true);
    assert.throws(() => pieces.have(first), { code: 'ERR_PAGE_SPLIT' });
  });

  it('are remembered for some sequences, and not for ever', () => {
    const pieces = new RefusedPieces();
    const refuse = (id: string): void => assert.throws(() => pieces.have(pieceOf(id)), { code: 'ERR_PAGE_SPLIT' });
    for (let n = 0; n < 17; n += 1) refuse(`reading ${n}`);
    assert.equal(pieces.have(pieceOf('reading 1')), true);
    refuse('reading 0');
  });
});
