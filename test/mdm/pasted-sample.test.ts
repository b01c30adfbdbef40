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
      '\uFEFFid;name, first;x\r\n1;Anna;\r\n',
      [{ id: '1', 'name, first': 'Anna', x: '' }],
    ],
    ['an id that is longer than a number holds', '[{"id": 9007199254740993}]', [{ id: '9007199254740993' }]],
  ];
  for (const [what, text, records] of TABLE) it(`may be ${what}`, () => assert.deepEqual(readPasted(text), records));

  it('is refused, in words, where it is neither JSON nor CSV', () => {
    assert.throws(() => readPasted('{"id": '), { code: 'ERR_INPUT_INVALID', message: /^The sample is not JSON: / });
    assert.throws(() => readPasted('id,name\n1'), { code: 'ERR_MDM_MAPPING', message: /line 2/ });
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
