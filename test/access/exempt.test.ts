/** What an exemption makes of a decision, and when that ends. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { decideWithExemption, EXEMPT, EXEMPT_RULE } from '../../src/access/exempt.ts';
import { planChange } from '../../src/access/plan.ts';
import { ReviewClock } from '../../src/access/review-clock.ts';
import type { Action, Listed } from '../../src/model/records.ts';
import { anEas, unmatched } from '../support/records.ts';

const NOW = Date.parse('2026-06-02T12:00:00.000Z');
const UNTIL = '2026-06-09T00:00:00.000Z';
const ADAS = { until: UNTIL, note: 'phone of the fair', by: 'Ada' };

const decided = (action: Action): AccessDecision => ({
  action,
  rule: 'Some rule',
  reason: { code: 'not-enrolled', text: 'No enrolled device fits.', evidence: ['seen'] },
  report: true,
});

interface Case {
  readonly listed: Listed;
  readonly owned: Listed;
  readonly adoptEntries?: boolean;
  readonly exemption?: typeof ADAS | null;
  readonly now?: number;
}

function decide(action: Action, { listed, owned, adoptEntries = false, exemption = ADAS, now = NOW }: Case) {
  const clock = new ReviewClock(now);
  const device = unmatched(anEas({ access: { listed } }));
  const decision = decideWithExemption(device, decided(action), { exemption, owned, adoptEntries, clock });
  return { device, decision, review: clock.review };
}

describe('an exempted device', () => {
  const OURS = 'ours';
  const cases: readonly (readonly [
    sentence: string,
    without: Action,
    listed: Listed,
    by: 'ours' | 'admin',
    then: Action | null,
  ])[] = [
    ['that the rules allow is allowed', 'allow', null, OURS, null],
    ['that the rules allow is let in by our entry in place of our block', 'allow', 'blocked', OURS, null],
    ['that would be blocked is left to Exchange', 'block', null, OURS, 'release'],
    ['that we block is taken off the list', 'block', 'blocked', OURS, 'release'],
    ['that an administrator blocks too is left to that entry', 'block', 'blocked', 'admin', 'release'],
    ['that we let in stays let in when it would be blocked', 'block', 'allowed', OURS, 'leave'],
    ['that an administrator lets in stays let in', 'block', 'allowed', 'admin', 'leave'],
    ['that we let in stays let in when its owner comes into an excluded group', 'release', 'allowed', OURS, 'leave'],
    ['whose block the rules release is released by them', 'release', 'blocked', OURS, null],
    ['that the rules release without an entry is released by them', 'release', null, OURS, null],
    ['that the rules leave blocked by us is taken off the list', 'leave', 'blocked', OURS, 'release'],
    ['that the rules leave blocked by an administrator is left', 'leave', 'blocked', 'admin', null],
    ['that the rules leave let in is left', 'leave', 'allowed', OURS, null],
    ['that the rules leave without an entry is left', 'leave', null, OURS, null],
  ];
  for (const [sentence, without, listed, by, then] of cases)
    it(sentence, () => {
      const { decision, review } = decide(without, { listed, owned: by === OURS ? listed : null });
      if (then === null) {
        assert.deepEqual([decision, review.at], [decided(without), null]);
        return;
      }
      const text = `Exempt until ${UNTIL} by Ada: “phone of the fair”. Without that: ${without}. No enrolled device fits.`;
      assert.deepEqual(decision, {
        action: then,
        rule: EXEMPT_RULE,
        reason: { code: EXEMPT, text, evidence: ['seen'] },
        report: false,
      });
      assert.deepEqual(review, { at: UNTIL, onReading: false });
    });

  it('is decided about by the rules alone from the moment on at which it ends', () => {
    const at = Date.parse(UNTIL);
    const entry = { listed: 'blocked', owned: 'blocked' } as const;
    assert.equal(decide('block', { ...entry, now: at - 1 }).decision.action, 'release');
    const after = decide('block', { ...entry, now: at });
    assert.deepEqual([after.decision, after.review.at], [decided('block'), null]);
  });

  it('that nobody has exempted is decided about by the rules alone', () => {
    const { decision, review } = decide('block', { listed: null, owned: null, exemption: null });
    assert.deepEqual([decision, review.at], [decided('block'), null]);
  });

  it('whose block was taken over from an administrator is taken off the list where the rules leave it', () => {
    const { decision } = decide('leave', { listed: 'blocked', owned: null, adoptEntries: true });
    assert.equal(decision.action, 'release');
  });

  it('is never shut out by a change of ours, whatever the rules say and whoever wrote its entry', () => {
    const listed = fc.constantFrom<Listed>(null, 'allowed', 'blocked');
    const any = fc.record({
      without: fc.constantFrom<Action>('allow', 'block', 'release', 'leave'),
      listed,
      owned: listed,
      adoptEntries: fc.boolean(),
    });
    fc.assert(
      fc.property(any, ({ without, ...entry }) => {
        const { device, decision } = decide(without, entry);
        const { owned, adoptEntries } = entry;
        const change = planChange(device, decision, owned, { at: UNTIL, adoptEntries });
        assert.equal(change?.lowers ?? false, false);
        assert.equal(change?.edit.blocked?.add, undefined);
        assert.equal(change?.edit.allowed?.remove, undefined);
      }),
    );
  });
});
