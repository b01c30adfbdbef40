import assert from 'node:assert/strict';
import { overallOf, type Overall, type OverallFacts } from '../../src/autodiscover/overall.ts';

const BOTH = [false, true] as const;
const FINDINGS = ['error', 'unknown', 'warning'] as const;

/** The truth table, said once more in other words: from the worst to the best. */
function expected(facts: OverallFacts): Overall {
  const has = (status: (typeof FINDINGS)[number]): boolean => facts.statuses.includes(status);
  const proven = facts.found && (facts.told || !facts.account) && !has('unknown');
  if (has('error')) return 'broken';
  if (!proven) return 'unknown';
  return has('warning') ? 'warning' : 'healthy';
}

describe('the overall verdict of an Autodiscover check', () => {
  it('follows its truth table in every combination', () => {
    const all = BOTH.flatMap((found) =>
      BOTH.flatMap((account) =>
        BOTH.flatMap((told) =>
          Array.from({ length: 8 }, (_, bits) => ({
            found,
            account,
            told,
            statuses: [
              'ok' as const,
              'skipped' as const,
              ...FINDINGS.filter((_status, bit) => ((bits >> bit) & 1) === 1),
            ],
          })),
        ),
      ),
    );
    assert.equal(all.length, 64);
    for (const facts of all) assert.equal(overallOf(facts), expected(facts), JSON.stringify(facts));
  });

  it('is healthy in two of them only: found, and signed in wherever an account was given, with nothing to look at', () => {
    const facts = { statuses: ['ok', 'skipped'] as const, found: true };
    assert.deepEqual(
      [
        overallOf({ ...facts, account: false, told: false }),
        overallOf({ ...facts, account: true, told: true }),
        overallOf({ ...facts, account: true, told: false }),
        overallOf({ ...facts, found: false, account: false, told: false }),
        overallOf({ statuses: [], found: false, account: false, told: false }),
      ],
      ['healthy', 'healthy', 'unknown', 'unknown', 'unknown'],
    );
  });
});
