/** Which match is newer than which. */
import assert from 'node:assert/strict';
import { decidedMatch, isOvertaken, nextMatch } from '../../../src/connector/matching/match-numbers.ts';
import type { Store } from '../../../src/store/store.ts';
import { openEmptyStore } from '../kept-readings.ts';

describe('the matches of an organization', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const next = (organization = 'exchange') => nextMatch(store, organization);
  const decided = (match: number | null) => store.together((together) => decidedMatch(together, 'exchange', match));
  const overtaken = (match: number | null, open: number | null = null, organization = 'exchange') =>
    isOvertaken(store, { organization, match }, open);

  it('are counted, those of each organization for themselves', async () => {
    assert.deepEqual([await next(), await next(), await next('second'), await next()], [1, 2, 1, 3]);
  });

  it('are overtaken once they, or newer ones, are decided', async () => {
    for (let match = 1; match <= 4; match += 1) await next();
    await decided(3);
    await decided(2);
    await decided(null);
    const all = await Promise.all([1, 2, 3, 4].map((match) => overtaken(match)));
    assert.deepEqual([all, await overtaken(1, null, 'second')], [[true, true, true, false], false]);
  });

  it('are overtaken by a newer one that is being decided, and go on themselves', async () => {
    for (let match = 1; match <= 3; match += 1) await next();
    assert.deepEqual([await overtaken(1, 2), await overtaken(2, 2), await overtaken(3, 2)], [true, false, false]);
  });

  it('are never overtaken if their pages do not say which they are of', async () => {
    await next();
    await decided(1);
    assert.equal(await overtaken(null, 1), false);
  });

  it('go on after the organization was forgotten while one was decided', async () => {
    await decided(57);
    assert.deepEqual([await next(), await overtaken(1), await overtaken(1, 57)], [1, false, false]);
  });

  it('are not overtaken by those of another store, whose matcher counts for itself', async () => {
    assert.equal(await overtaken(3), false);
    await decided(3);
    assert.deepEqual(
      [await overtaken(3), await overtaken(1), await next(), await overtaken(1)],
      [false, false, 1, false],
    );
  });
});
