import assert from 'node:assert/strict';
import {
  lesserView,
  readKeptView,
  readView,
  viewAfter,
  wantsFullReading,
  wholeLately,
} from '../../src/model/forest-view.ts';
import type { ForestView, KeptView } from '../../src/model/forest-view.ts';

const EARLIER = '2026-05-01T08:00:00.000Z';
const NOW = '2026-06-01T08:00:00.000Z';
const VIEWS: readonly (ForestView | null)[] = ['forest', 'domain', 'refused', null];

describe('what a reading saw of a forest', () => {
  const forest: KeptView = { covers: 'forest', seen: 'forest' };
  const grown: KeptView = { ...forest, grownAt: EARLIER };
  const domain: KeptView = { covers: 'domain', seen: 'domain' };
  const refused: KeptView = { covers: 'domain', seen: 'refused' };
  const shrunk: KeptView = { covers: 'forest', seen: 'refused' };
  const unknown: KeptView = { covers: null, seen: 'forest' };

  const cases: readonly [
    kind: 'full' | 'quick',
    saw: ForestView | null,
    before: KeptView | null | 'nothing',
    kept: KeptView | null,
    incomplete?: 'incomplete',
  ][] = [
    ['full', 'forest', 'nothing', forest],
    ['full', 'forest', forest, forest],
    ['full', 'forest', grown, grown],
    ['full', 'forest', shrunk, forest],
    ['full', 'forest', domain, { ...forest, grownAt: NOW }],
    ['full', 'forest', refused, { ...forest, grownAt: NOW }],
    ['full', 'forest', unknown, { ...forest, grownAt: NOW }],
    ['full', 'forest', null, { ...forest, grownAt: NOW }],
    ['full', 'refused', forest, shrunk, 'incomplete'],
    ['full', 'refused', grown, { ...shrunk, grownAt: EARLIER }, 'incomplete'],
    ['full', 'refused', shrunk, shrunk, 'incomplete'],
    ['quick', 'refused', forest, shrunk, 'incomplete'],
    ['full', 'refused', 'nothing', refused],
    ['full', 'refused', domain, refused],
    ['full', 'refused', unknown, refused],
    ['full', 'refused', null, refused],
    ['full', 'domain', 'nothing', domain],
    ['full', 'domain', grown, domain],
    ['full', 'domain', shrunk, domain],
    ['full', null, grown, null],
    ['quick', 'forest', grown, grown],
    ['quick', 'forest', shrunk, forest],
    ['quick', 'forest', domain, { covers: 'domain', seen: 'forest' }],
    ['quick', 'forest', null, unknown],
    ['quick', 'refused', domain, refused],
    ['quick', 'domain', grown, { ...grown, seen: 'domain' }],
    ['quick', null, grown, grown],
    ['quick', null, null, null],
  ];
  for (const [kind, view, before, kept, incomplete] of cases) {
    const was = before === 'nothing' ? 'no reading' : JSON.stringify(before);
    it(`${kind}, ${view ?? 'unsaid'}, after ${was} is kept as ${JSON.stringify(kept)}${incomplete ? ', incomplete' : ''}`, () => {
      const known = before === 'nothing' ? null : before;
      assert.deepEqual(viewAfter(known, { kind, startedAt: NOW, view }, before === 'nothing'), {
        view: kept,
        isShrunk: incomplete !== undefined,
      });
    });
  }

  it('over several sessions is what the one saw that saw least', () => {
    const order: readonly ForestView[] = ['refused', 'domain', 'forest'];
    for (const [a, one] of order.entries())
      for (const [b, other] of order.entries()) assert.equal(lesserView(one, other), order[Math.min(a, b)]);
    for (const view of VIEWS) assert.deepEqual([lesserView(view, null), lesserView(null, view)], [view, view]);
  });

  it('is read back as it was kept, and what is no view is none', () => {
    for (const view of VIEWS) assert.equal(readView(view), view);
    for (const kept of [forest, grown, domain, refused, shrunk, unknown])
      assert.deepEqual(readKeptView(JSON.parse(JSON.stringify(kept))), kept);
    for (const none of [undefined, null, 3, 'forest', {}, { covers: 'forest' }, { seen: 'all' }])
      assert.equal(readKeptView(none), null);
    assert.deepEqual(readKeptView({ covers: 'moon', seen: 'forest', grownAt: 3 }), unknown);
  });

  it('calls for a full reading where a quick one would miss what was not seen before', () => {
    const table: readonly [KeptView | null, readonly string[] | null, boolean][] = [
      [forest, null, false],
      [forest, ['m'], true],
      [forest, [], true],
      [{ covers: 'domain', seen: 'forest' }, null, true],
      [unknown, null, true],
      [shrunk, [], true],
      [shrunk, ['m'], false],
      [shrunk, null, false],
      [refused, null, false],
      [domain, null, false],
      [null, null, false],
    ];
    for (const [kept, outside, wants] of table)
      assert.equal(wantsFullReading(kept, outside), wants, JSON.stringify([kept, outside]));
  });

  it('is said to be new for a week', () => {
    const since = (days: number) =>
      wholeLately({ ...forest, grownAt: EARLIER }, Date.parse(EARLIER) + days * 86_400_000);
    assert.deepEqual([since(0), since(6.9), since(7), since(8)], [EARLIER, EARLIER, null, null]);
    assert.deepEqual([wholeLately(forest, 0), wholeLately(null, 0)], [null, null]);
  });
});
