import assert from 'node:assert/strict';
import { headlineOf, overallOf, whatCounts, worst, type OverallFacts } from '../../src/autodiscover/overall.ts';
import { rankOf } from '../../src/autodiscover/rank.ts';
import {
  judged,
  seen,
  stepFrom,
  type AutodiscoverStep,
  type Finding,
  type Overall,
} from '../../src/autodiscover/report.ts';
import { said } from '../../src/autodiscover/words/say.ts';
import { VERDICTS, type Verdict } from '../../src/autodiscover/verdicts.ts';

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

describe('the headline of an Autodiscover check', () => {
  const leaf = (finding: Finding): AutodiscoverStep => stepFrom(finding.verdict ?? finding.seen.code, null, finding, 1);

  const table: readonly (readonly [string, Overall, boolean, readonly (Verdict | 'nameless')[], Verdict])[] = [
    ['the wildcard before the 404 of its web server', 'broken', false, ['http.404', 'dns.wildcard'], 'dns.wildcard'],
    ['a foreign redirect before the closed port', 'broken', false, ['net.tcp', 'redirect.confirm'], 'redirect.confirm'],
    [
      'a failure before a foreign EWS address beside a service',
      'broken',
      true,
      ['redirect.confirm', 'eas.url'],
      'eas.url',
    ],
    [
      'the missing name before a wrong service record',
      'broken',
      false,
      ['srv.target', 'dns.internal.missing'],
      'dns.internal.missing',
    ],
    ['the certificate before what could not be asked', 'broken', false, ['http.timeout', 'tls.expired'], 'tls.expired'],
    [
      'the DNS server before the silence it causes',
      'unknown',
      false,
      ['nameless', 'http.timeout', 'dns.resolver'],
      'dns.resolver',
    ],
    [
      'why no sign-in was possible before a private authority',
      'unknown',
      true,
      ['tls.private', 'auth.schemes.unusable'],
      'auth.schemes.unusable',
    ],
    [
      'a date before what stays as it is',
      'warning',
      true,
      ['dns.external.missing', 'tls.private', 'tls.expiring'],
      'tls.expiring',
    ],
  ];
  for (const [what, overall, found, verdicts, headline] of table) {
    it(`names ${what}`, () => {
      const leaves = verdicts.map((verdict) =>
        leaf(verdict === 'nameless' ? seen('unknown', said('late')) : judged(verdict, said('late'))),
      );
      for (const order of [leaves, leaves.toReversed()])
        assert.equal(headlineOf(order, { overall, found })?.verdict, headline);
    });
  }

  it('names nothing where all is well, and what was given up last where nothing else is known', () => {
    const leaves = [
      leaf(seen('skipped', said('tls.first'))),
      leaf(seen('skipped', said('late'))),
      leaf(seen('ok', said('tls.fit'))),
    ];
    assert.equal(headlineOf(leaves, { overall: 'healthy', found: true }), undefined);
    assert.equal(headlineOf(leaves, { overall: 'unknown', found: true })?.id, 'late');
  });

  it('has a rank for every finding that is not in order', () => {
    const nameless = rankOf({});
    const unranked = (Object.keys(VERDICTS) as Verdict[]).filter(
      (verdict) => VERDICTS[verdict].status !== 'ok' && rankOf({ verdict }) === nameless,
    );
    assert.deepEqual(unranked, []);
  });
});

describe('the overall verdict of several domains', () => {
  it('is the worst of them: broken, then unknown, then a warning', () => {
    const table: readonly (readonly [readonly Overall[], Overall])[] = [
      [['healthy', 'healthy'], 'healthy'],
      [['healthy', 'warning'], 'warning'],
      [['warning', 'unknown', 'healthy'], 'unknown'],
      [['unknown', 'broken', 'healthy'], 'broken'],
    ];
    for (const [all, expected] of table)
      for (const order of [all, all.toReversed()]) assert.equal(worst(order), expected);
  });
});

describe('what an overall verdict goes by', () => {
  it('is every finding but that a public address is out of reach from inside', () => {
    const leaves = (Object.keys(VERDICTS) as Verdict[]).map((verdict) =>
      stepFrom(verdict, null, judged(verdict, said('late')), 0),
    );
    const left = whatCounts(leaves);
    assert.deepEqual(
      leaves.filter((leaf) => !left.includes(leaf)).map(({ verdict }) => verdict),
      ['outside.unreachable'],
    );
  });

  it('has no error among what is beside the way of phones', () => {
    const errors = (Object.keys(VERDICTS) as Verdict[]).filter(
      (verdict) => /^(outside|scp|soap|json|domains)\./.test(verdict) && VERDICTS[verdict].status === 'error',
    );
    assert.deepEqual(errors, []);
  });
});
