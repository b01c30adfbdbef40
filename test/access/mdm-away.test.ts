import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { decideAccess } from '../../src/access/decide-access.ts';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { decideWithMdmAway, MDM_AWAY, MDM_AWAY_RULE } from '../../src/access/mdm-away.ts';
import type { MdmAway } from '../../src/access/mdm-away.ts';
import { ReviewClock } from '../../src/access/review-clock.ts';
import { DEFAULT_RULES, grandfatherRule } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import type { AccessState, DeviceRecord, Listed, ReasonCode } from '../../src/model/records.ts';
import { anEas, anMdm, merged, unmatched } from '../support/records.ts';

const SINCE = '2026-06-01T00:00:00.000Z';
const NOW = Date.parse('2026-06-04T00:00:00.000Z');
const NEW = '2026-06-02T00:00:00.000Z';
const KNOWN = '2026-05-01T00:00:00.000Z';

interface Case {
  readonly device?: DeviceRecord;
  readonly away?: MdmAway | null;
  readonly rules?: readonly Rule[];
  readonly owned?: Listed;
  readonly entryRule?: string | null;
  readonly groups?: readonly string[] | null;
}

const incomplete = (firstSyncAt: string | null, access: Partial<ReturnType<typeof anEas>['access']> = {}) =>
  unmatched(anEas({ firstSyncAt, access }), 'snapshot-incomplete');
const away = (whenMdmAway: MdmAway['whenMdmAway'], since: string | null = SINCE): MdmAway => ({ whenMdmAway, since });

function decide({
  device = incomplete(NEW),
  away: isAway = away('block'),
  rules = DEFAULT_RULES,
  owned = null,
  entryRule = null,
  groups = [],
}: Case): AccessDecision {
  const byRules = (one: DeviceRecord): AccessDecision =>
    decideAccess(one, rules, { clock: new ReviewClock(NOW), owned, groups });
  return decideWithMdmAway(device, { away: isAway, entryRule, byRules });
}

const excluding: readonly Rule[] = [
  { ...DEFAULT_RULES[0]!, when: [{ field: 'group', in: ['VIP'] }] },
  ...DEFAULT_RULES.slice(1),
];
const before = (rule: Rule): readonly Rule[] => [rule, ...DEFAULT_RULES];
const anna = [{ field: 'mailbox', how: 'exact', patterns: ['anna@corp.example'] }] as const;

describe('while the MDM is away', () => {
  const cases: readonly [sentence: string, Case, action: string, code: string][] = [
    ['a new device is left by default', { away: away('leave') }, 'leave', 'snapshot-incomplete'],
    ['a new device is allowed when it fails open', { away: away('allow') }, 'allow', MDM_AWAY],
    ['a new device is blocked when it fails closed', {}, 'block', MDM_AWAY],
    ['a known device is left', { device: incomplete(KNOWN) }, 'leave', 'snapshot-incomplete'],
    ['one that came as the last reading began is left', { device: incomplete(SINCE) }, 'leave', 'snapshot-incomplete'],
    ['one whose first sync is not known is left', { device: incomplete(null) }, 'leave', 'snapshot-incomplete'],
    ['nothing is new if there never was a reading', { away: away('block', null) }, 'leave', 'snapshot-incomplete'],
    ['a matched device is decided by the rules', { device: merged(), away: away('block') }, 'allow', 'compliant'],
    ['one with another reason is too', { device: unmatched(anEas({ firstSyncAt: NEW })) }, 'block', 'not-enrolled'],
    [
      'of a member of an excluded group no entry of ours stays',
      { rules: excluding, groups: ['VIP'] },
      'release',
      'excluded-group',
    ],
    [
      'nobody is lowered while groups cannot be read',
      { rules: excluding, groups: null },
      'leave',
      'snapshot-incomplete',
    ],
    [
      'a device in discovery is left',
      { device: incomplete(NEW, { state: 'discovery' }) },
      'leave',
      'exchange-own-block',
    ],
    [
      'one that Exchange itself holds is left',
      { device: incomplete(NEW, { state: 'blocked', reason: 'policy' }), away: away('allow') },
      'leave',
      'exchange-own-block',
    ],
    [
      'one with an administrator’s entry is left',
      { device: incomplete(NEW, { state: 'blocked', listed: 'blocked' }), away: away('allow') },
      'leave',
      'admin-entry',
    ],
    [
      'one with an entry of ours keeps it',
      { device: incomplete(NEW, { state: 'blocked', listed: 'blocked' }), owned: 'blocked', away: away('allow') },
      'leave',
      'snapshot-incomplete',
    ],
    [
      'a rule that leaves comes first',
      { rules: before({ name: 'Board', when: anna, action: 'leave', code: 'board' }) },
      'leave',
      'board',
    ],
    [
      'a rule that allows comes first',
      { rules: before({ name: 'Board', when: anna, action: 'allow', code: 'board' }) },
      'allow',
      'board',
    ],
    [
      'the gentle switch-on comes first',
      {
        rules: before(
          grandfatherRule({ switchedOnAt: '2026-06-03T00:00:00.000Z', syncedWithinDays: 30, keepDays: 30 }),
        ),
      },
      'allow',
      'grandfathered',
    ],
    ['outside of it the rules decide alone', { away: null }, 'leave', 'snapshot-incomplete'],
  ];
  for (const [sentence, given, action, code] of cases) {
    it(sentence, () => {
      const decision = decide(given);
      assert.deepEqual([decision.action, decision.reason.code], [action, code]);
    });
  }

  it('a decision is told with the name that the ledger keeps', () =>
    assert.deepEqual(decide({}), {
      action: 'block',
      rule: MDM_AWAY_RULE,
      reason: {
        code: MDM_AWAY,
        text: 'The MDM has been away too long; new devices are set to block.',
        evidence: [],
      },
      report: true,
    }));
});

describe('what was done while the MDM was away', () => {
  const ours = (code: ReasonCode, listed: 'allowed' | 'blocked' = 'blocked'): Partial<Case> => ({
    device: unmatched(anEas({ firstSyncAt: NEW, access: { state: listed, reason: 'individual', listed } }), code),
    owned: listed,
    entryRule: MDM_AWAY_RULE,
    away: null,
  });
  const cases: readonly [sentence: string, Case, action: string, code: string][] = [
    ['is taken back from a device that the rules leave', ours('ambiguous'), 'release', 'mdm-back'],
    ['is taken back from the allowed list too', ours('ambiguous', 'allowed'), 'release', 'mdm-back'],
    [
      'is taken back from a member of an excluded group',
      { ...ours('not-enrolled'), rules: excluding, groups: ['VIP'] },
      'release',
      'excluded-group',
    ],
    ['gives way to a block by the rules', ours('not-enrolled'), 'block', 'not-enrolled'],
    ['stays until the MDM has spoken about the device', ours('snapshot-incomplete'), 'leave', 'snapshot-incomplete'],
    [
      'stays while the MDM is away',
      { ...ours('snapshot-incomplete'), away: away('block') },
      'leave',
      'snapshot-incomplete',
    ],
    [
      'stays while groups cannot be read',
      { ...ours('not-enrolled'), rules: excluding, groups: null },
      'leave',
      'directory-unreadable',
    ],
    ['is not an entry of another rule', { ...ours('ambiguous'), entryRule: 'Not managed' }, 'leave', 'ambiguous'],
  ];
  for (const [sentence, given, action, code] of cases) {
    it(sentence, () => {
      const decision = decide(given);
      assert.deepEqual([decision.action, decision.reason.code], [action, code]);
    });
  }
});

describe('whatever the rules and the device', () => {
  const codes: ReasonCode[] = ['not-enrolled', 'ambiguous', 'snapshot-incomplete', 'other-user', 'not-native-client'];
  const device = fc
    .record({
      code: fc.constantFrom(...codes, 'merged' as const),
      firstSyncAt: fc.constantFrom(NEW, KNOWN, SINCE, null),
      state: fc.constantFrom<AccessState>('allowed', 'blocked', 'quarantined', 'discovery'),
      reason: fc.constantFrom('global', 'policy', 'individual'),
      listed: fc.constantFrom<Listed>(null, 'allowed', 'blocked'),
    })
    .map(({ code, firstSyncAt, ...access }) =>
      code === 'merged'
        ? merged(anEas({ firstSyncAt, access }), anMdm())
        : unmatched(anEas({ firstSyncAt, access }), code),
    );
  const rules = fc.array(
    fc.record({
      name: fc.constant('own'),
      action: fc.constantFrom('allow' as const, 'block' as const, 'leave' as const, 'release' as const),
      when: fc.constantFrom(
        [],
        anna,
        [{ field: 'group', in: ['VIP'] } as const],
        [{ field: 'accessState', is: ['allowed'] } as const],
      ),
    }),
    { maxLength: 2 },
  );
  const cases = fc.record({
    device,
    rules: rules.map((own) => [...own, ...excluding]),
    owned: fc.constantFrom<Listed>(null, 'allowed', 'blocked'),
    entryRule: fc.constantFrom(null, MDM_AWAY_RULE, 'Not managed'),
    groups: fc.constantFrom<readonly string[] | null>([], ['VIP'], null),
    away: fc.constantFrom(null, away('leave'), away('allow'), away('block'), away('block', null)),
  });

  it('the MDM’s absence blocks or allows only what is new, unlisted, and blocked by the rules without enrollment', () =>
    fc.assert(
      fc.property(cases, (given) => {
        const byRules = decide({ ...given, away: null, entryRule: null });
        const asIf = decide({
          ...given,
          away: null,
          entryRule: null,
          device: { ...given.device, reason: { code: 'not-enrolled', text: '' } },
        });
        const decision = decide(given);
        if (decision.reason.code === MDM_AWAY) {
          assert.equal(given.device.eas?.firstSyncAt, NEW);
          assert.equal(given.device.eas?.access.listed, null);
          assert.equal(given.device.reason.code, 'snapshot-incomplete');
          assert.equal(asIf.action, 'block');
          assert.equal(decision.action, given.away?.whenMdmAway);
        } else if (decision.reason.code === 'mdm-back') {
          assert.deepEqual([byRules.action, decision.action, given.entryRule], ['leave', 'release', MDM_AWAY_RULE]);
          assert.notEqual(given.device.reason.code, 'snapshot-incomplete');
        } else {
          assert.deepEqual(decision, byRules);
        }
      }),
      { numRuns: 2000 },
    ));
});
