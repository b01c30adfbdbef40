/** A list read some rows at a time comes to what JSON.parse would have made of it. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseRows } from '../../src/graph/json-rows.ts';

/** Rows are wrapped, so that it shows which were handed over. */
const wrapped = (row: unknown): unknown => ({ row });

function asOne(text: string): unknown {
  const answer = JSON.parse(text) as unknown;
  if (typeof answer !== 'object' || answer === null || !('value' in answer) || !Array.isArray(answer.value))
    return answer;
  return { ...answer, value: answer.value.map(wrapped) };
}

/** Bytes of one part and more, in which nothing looks like an end. */
const LONG = 'x'.repeat(40_000);

/** What may stand where a list is cut, and what looks like it. */
const TRAPS = [
  '{"id":"1"},{"id":"2"}',
  '{"id":"},{"}',
  '{"id":"\\"},{\\""}',
  '{"id":[{"a":1},{"b":[{},{}]}]}',
  '{"id":{"value":[{},{},{}]}}',
  '{"name":"Jürgen’s 📱","id":"3"}',
  '7,null,[{},{}],"},{"',
  '{"__proto__":{"polluted":true},"value":[1]}',
];

const trap = fc.constantFrom(...TRAPS, JSON.stringify({ id: LONG }), JSON.stringify({ id: `${LONG}},{${LONG}` }));
const rows = fc.array(trap, { maxLength: 12 }).map((texts) => texts.join(','));

describe('rows of a list', () => {
  it('are those of JSON.parse, whatever is in them and around them', () => {
    const around = fc.constantFrom(
      '',
      '"value":[1,2],',
      '"a":{"value":[{},{}]},',
      '"n":"\\"value\\":[",',
      `"n":"${LONG}",`,
    );
    const after = fc.constantFrom(
      '',
      ',"@odata.nextLink":"https://x/},{"',
      ',"value":[3]',
      ',"value":null',
      ',"b":[{},{}]',
    );
    fc.assert(
      fc.property(around, rows, after, fc.boolean(), (before, list, behind, hasMark) => {
        const text = `{"@odata.count":3,${before}"value":[${list}]${behind}}`;
        const body = Buffer.from(`${hasMark ? '\ufeff' : ''}${text}`);
        const bytes = Buffer.from(body);
        assert.deepEqual(parseRows(body, wrapped), asOne(text));
        assert.ok(body.equals(bytes), 'the bytes are as they came');
      }),
      { numRuns: 200 },
    );
  });

  it('are no rows where JSON.parse takes the text for damaged, wherever it is', () => {
    const list = Array.from({ length: 300 }, (_, n) => JSON.stringify({ id: `${n}`, text: 'x'.repeat(400) })).join(',');
    const text = `{"value":[${list}],"@odata.nextLink":"https://x/"}`;
    fc.assert(
      fc.property(
        fc.nat({ max: text.length - 1 }),
        fc.constantFrom('', '},{', ']', '[', '"', '\u0000'),
        (at, instead) => {
          const damaged = text.slice(0, at) + instead + text.slice(at + 1);
          let expected: unknown;
          try {
            expected = asOne(damaged);
          } catch {
            assert.throws(() => parseRows(Buffer.from(damaged), wrapped), SyntaxError);
            return;
          }
          assert.deepEqual(parseRows(Buffer.from(damaged), wrapped), expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
