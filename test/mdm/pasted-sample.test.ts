/** Records that were pasted to try a mapping on. */
import assert from 'node:assert/strict';
import { listWithin, readPasted } from '../../src/mdm/pasted-sample.ts';

describe('a pasted sample', () => {
  const TABLE: [string, string, unknown][] = [
    ['nothing', ' \n\uFEFF ', null],
    ['a list as JSON', '\uFEFF [{"id": 1}, 2]', [{ id: 1 }, 2]],
    ['one object as JSON', '{"devices": []}', { devices: [] }],
    [
      'a CSV with commas',
      'id,name\n1,Anna\n2,Ben\n',
      [
        { id: '1', name: 'Anna' },
        { id: '2', name: 'Ben' },
      ],
    ],
    [
      'one with semicolons, Windows line ends and a mark of Unicode',
      '\uFEFFid;name, first;x\r\n1;Anna\r\n',
      [{ id: '1', 'name, first': 'Anna' }],
    ],
    ['one with tabs', 'id\tname\n1\tAnna', [{ id: '1', name: 'Anna' }]],
    ['empty cells, short rows and empty lines', 'id,a,b\n1,,x\n\n2', [{ id: '1', b: 'x' }, { id: '2' }]],
    ['quoted cells', 'id,"the, name"\n1,"A ""B""\nC"', [{ id: '1', 'the, name': 'A "B"\nC' }]],
    ['a quotation mark within a cell', 'id,name\n1,5" phone', [{ id: '1', name: '5" phone' }]],
    ['a quotation mark that nothing closes', 'id,name\n1,"Anna', [{ id: '1', name: '"Anna' }]],
  ];
  for (const [what, text, records] of TABLE) it(`may be ${what}`, () => assert.deepEqual(readPasted(text), records));

  it('is refused, in words, where it is neither JSON nor CSV', () => {
    assert.throws(() => readPasted('{"id": '), { code: 'ERR_INPUT_INVALID', message: /^The sample is not JSON: / });
    assert.throws(() => readPasted('hello'), {
      code: 'ERR_INPUT_INVALID',
      message: /^The sample is neither JSON nor CSV: a CSV has a line of headers, and rows\./,
    });
  });

  it('that is an answer says in which property its list is, if there is one', () => {
    assert.equal(listWithin({ total: 2, devices: [{}], pages: [] }), 'devices');
    for (const none of [{ id: 1 }, { a: [{}], b: [{}] }, { a: [1] }, { a: [] }, [{ a: [{}] }], 'text', null])
      assert.equal(listWithin(none), null);
  });
});
