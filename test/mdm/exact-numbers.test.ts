import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import jsonata from 'jsonata';
import { parseExactJson, roundedNumberIn, withExactNumbers } from '../../src/mdm/exact-numbers.ts';

describe('the exact numbers of an MDM', () => {
  it('are texts of their digits where they are long, and numbers where they are not', () => {
    assert.deepEqual(
      parseExactJson(
        '{"id":9007199254741001,"n":-1234567890123456,"share":0.8700000047683716,"imei":357327071694307,"big":1e300}',
      ),
      { id: '9007199254741001', n: '-1234567890123456', share: 0.8700000047683716, imei: 357327071694307, big: 1e300 },
    );
  });

  it('come through JSONata as they were, whatever their length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }), async (number) => {
        const record = withExactNumbers((parseExactJson(`[{"id":${number}}]`) as unknown[])[0]);
        assert.equal(await jsonata('$string(id)').evaluate(record), String(number));
      }),
    );
  });

  it('of an object are exact up to 2^53, and marked above, wherever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.maxSafeInteger(), async (small, safe) => {
        const foreign = { a: [{ small }], safe, big: { id: 2 ** 60 } };
        const exact = withExactNumbers(foreign);
        assert.equal(await jsonata('$string(a[0].small) & " " & $string(safe)').evaluate(exact), `${small} ${safe}`);
        const id = String(await jsonata('$string(big.id)').evaluate(exact));
        assert.equal(roundedNumberIn(id), String(2 ** 60));
        assert.equal(roundedNumberIn(id.toUpperCase()), String(2 ** 60));
        assert.deepEqual(foreign, { a: [{ small }], safe, big: { id: 2 ** 60 } });
      }),
    );
  });

  it('leave a record without long ones as it is, and take one that holds itself', () => {
    const plain = { id: 1, at: new Date(0), of: [1.5, Infinity] };
    assert.equal(withExactNumbers(plain), plain);
    const round: Record<string, unknown> = { id: 1e15 };
    round['self'] = round;
    const copy = withExactNumbers(round) as Record<string, unknown>;
    assert.deepEqual([copy['id'], copy['self'] === copy], ['1000000000000000', true]);
  });

  it('say of JSON what JSON.parse says, but for long numbers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        if (!/\d{16}/.test(text)) assert.deepEqual(parseExactJson(text), JSON.parse(text));
      }),
    );
    assert.throws(() => parseExactJson('{"id":9007199254741001'), SyntaxError);
  });
});
