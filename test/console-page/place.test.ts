/** Places of the console: what the address says of where somebody is. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { asking, elsewhere, hrefOf, placeOf, tokenName, VIEWS } from '../../src/console-page/place.ts';
import type { Place } from '../../src/console-page/place.ts';

const places: fc.Arbitrary<Place> = fc.record(
  {
    view: fc.constantFrom(...VIEWS),
    query: fc.dictionary(
      fc.constantFrom('store', 'organization', 'text', 'key', 'after'),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

describe('a place of the console', () => {
  it('is in the address and comes out of it as it was, whatever is searched for', () => {
    fc.assert(fc.property(places, (place) => assert.deepEqual(placeOf(hrefOf(place)), place)));
  });

  for (const hash of ['', '#', '#/', '#/nowhere', 'overview', '#%', '#/overview?=&x'])
    it(`is the overview for the address ${JSON.stringify(hash)}`, () => {
      assert.deepEqual(placeOf(hash), { view: 'overview', query: {} });
    });

  it('keeps store and organization on the way to another page, and nothing else', () => {
    const from: Place = { view: 'devices', query: { store: 's', organization: 'o', text: 'anna', after: 'x' } };
    assert.deepEqual(elsewhere(from, 'device', { key: 'k' }), {
      view: 'device',
      query: { store: 's', organization: 'o', key: 'k' },
    });
  });

  it('begins with the first page again when a filter changes, and forgets a filter that is emptied', () => {
    const from: Place = { view: 'devices', query: { text: 'anna', after: 'x' } };
    assert.deepEqual(asking(from, 'state', 'blocked').query, { text: 'anna', state: 'blocked' });
    assert.deepEqual(asking(from, 'text', '').query, {});
  });

  /*
   *   address of the console            the editor's token
   */
  for (const [path, name] of [
    ['/exchange-connector/', 'auth-tokens'],
    ['/admin/exchange-connector/', 'auth-tokens-admin'],
    ['/a/b/exchange-connector/', 'auth-tokens-a-b'],
    ['/exchange-connector/exchange-connector/', 'auth-tokens-exchange-connector'],
  ] as const)
    it(`at ${path} takes the token that the editor above it keeps`, () => {
      assert.equal(tokenName(path), name);
    });
});
