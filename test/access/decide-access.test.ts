import assert from 'node:assert/strict';
import { compileRules } from '../../src/access/compile-rules.ts';
import type { DecisionContext } from '../../src/access/compile-rules.ts';
import { decideAccess } from '../../src/access/decide-access.ts';
import { planChange } from '../../src/access/plan.ts';
import { ReviewClock } from '../../src/access/review-clock.ts';
import { DEFAULT_RULES, EXCHANGE_OWN_REASONS, grandfatherRule } from '../../src/access/rules.ts';
import type { Condition, Rule } from '../../src/access/rules.ts';
import { isConnectorError } from '../../src/errors.ts';
import type { Compliance, DeviceRecord, Listed, ReasonCode } from '../../src/model/records.ts';
import { anEas, anMdm, aPixel, guid, merged, unmatched } from '../support/records.ts';

const NOW = Date.parse('2026-06-02T12:00:00.000Z');
const contextNow = (): DecisionContext => ({ clock: new ReviewClock(NOW), owned: null });

function decide(device: DeviceRecord, rules: readonly Rule[] = DEFAULT_RULES, context: Partial<DecisionContext> = {}) {
  const { action, rule, reason, report } = decideAccess(device, rules, { ...contextNow(), ...context });
  return { action, rule, code: reason.code, report };
}

const withCompliance = (compliance: Compliance): DeviceRecord => merged(anEas(), anMdm({ compliance }));

function inGrace(graceUntil: string | null): DeviceRecord {
  return merged(anEas(), anMdm({ compliance: 'in-grace', graceUntil }));
}

function holds(condition: Condition, device: DeviceRecord, context: Partial<DecisionContext> = {}): boolean {
  return decide(device, [{ name: 'r', when: [condition], action: 'block' }], context).action === 'block';
}

describe('the default rules', () => {
  const compliance: readonly [Compliance, ReturnType<typeof decide>][] = [
    ['compliant', { action: 'allow', rule: 'Managed and compliant', code: 'compliant', report: false }],
    ['in-grace', { action: 'allow', rule: 'Managed and compliant', code: 'in-grace', report: false }],
    ['noncompliant', { action: 'block', rule: 'Managed but noncompliant', code: 'noncompliant', report: false }],
    ['unknown', { action: 'leave', rule: 'Compliance unknown', code: 'compliance-unknown', report: true }],
  ];
  for (const [state, expected] of compliance) {
    it(`${expected.action} a managed device that is ${state}`, () =>
      assert.deepEqual(decide(withCompliance(state)), expected));
  }

  const said: readonly [sentence: string, mdm: Parameters<typeof anMdm>[0], text: string][] = [
    [
      'the MDM says so, in its own word',
      { compliance: 'noncompliant', complianceReason: 'Passcode' },
      'The MDM says the device is noncompliant (Passcode).',
    ],
    [
      'its grace period is over, which its MDM has not said yet',
      { compliance: 'in-grace', complianceReason: 'inGracePeriod', graceUntil: '2026-06-01T00:00:00.000Z' },
      'The device is noncompliant, and its grace period ended at 2026-06-01T00:00:00.000Z.',
    ],
    [
      'it is managed, which is enough where its MDM tells no compliance',
      { complianceReason: 'managed-is-enough' },
      'The MDM tells no compliance of the device; here it is enough that it is managed.',
    ],
  ];
  for (const [sentence, mdm, text] of said) {
    it(`say of a device that ${sentence}`, () =>
      assert.equal(decideAccess(merged(anEas(), anMdm(mdm)), DEFAULT_RULES, contextNow()).reason.text, text));
  }

  const reasons: readonly [ReasonCode, 'block' | 'leave'][] = [
    ['not-enrolled', 'block'],
    ['superseded', 'block'],
    ['idle', 'block'],
    ['needs-activation', 'block'],
    ['not-native-client', 'block'],
    ['ambiguous', 'leave'],
    ['other-user', 'leave'],
    ['returned-with-new-id', 'leave'],
    ['snapshot-incomplete', 'leave'],
  ];
  for (const [code, action] of reasons) {
    it(`${action} a device that is ${code}`, () => {
      const expected = { action, rule: action === 'block' ? 'Not managed' : 'Held', code, report: action === 'leave' };
      assert.deepEqual(decide(unmatched(anEas(), code)), expected);
    });
  }

  it('block a device that a person should look at all the same, and report it', () => {
    const device = unmatched(anEas(), 'not-enrolled');
    const seen = { ...device, reason: { ...device.reason, look: true as const } };
    assert.deepEqual(decide(seen), { action: 'block', rule: 'Not managed', code: 'not-enrolled', report: true });
  });

  const everyDevice = [
    ...compliance.map(([state]) => withCompliance(state)),
    ...reasons.map(([code]) => unmatched(anEas(), code)),
  ];
  const withAccess = (access: Partial<NonNullable<DeviceRecord['eas']>['access']>): DeviceRecord[] =>
    everyDevice.map((device) => ({ ...device, eas: { ...device.eas!, access: { ...device.eas!.access, ...access } } }));

  for (const reason of EXCHANGE_OWN_REASONS) {
    it(`leave every device that Exchange itself holds for ${reason}`, () => {
      for (const device of withAccess({ state: 'blocked', reason })) {
        assert.deepEqual(decide(device), {
          action: 'leave',
          rule: 'Exchange blocks by itself',
          code: 'exchange-own-block',
          report: false,
        });
      }
    });
  }

  it('leave every device that Exchange is still discovering', () => {
    for (const device of withAccess({ state: 'discovery' })) assert.equal(decide(device).action, 'leave');
  });

  for (const listed of ['allowed', 'blocked'] as const) {
    it(`leave every device on the ${listed} list by an administrator's entry, and decide about our own`, () => {
      for (const device of withAccess({ state: listed, reason: 'individual', listed })) {
        const expected = { action: 'leave', rule: "An administrator's entry", code: 'admin-entry', report: false };
        assert.deepEqual(decide(device), expected);
        const plain = decide({ ...device, eas: { ...device.eas!, access: anEas().access } });
        assert.deepEqual(decide(device, DEFAULT_RULES, { owned: listed }), plain);
        assert.deepEqual(decide(device, DEFAULT_RULES, { adoptEntries: true }), plain);
      }
    });
  }

  it('release a member of an excluded group, whatever else', () => {
    const rules = [
      { ...DEFAULT_RULES[0]!, when: [{ field: 'group', in: ['VIP'] } as const] },
      ...DEFAULT_RULES.slice(1),
    ];
    for (const device of everyDevice) {
      const expected = { action: 'release', rule: 'Excluded groups', code: 'excluded-group', report: false };
      assert.deepEqual(decide(device, rules, { groups: ['vip', 'staff'] }), expected);
      assert.deepEqual(decide(device, rules, { groups: ['staff'] }), decide(device));
    }
  });

  it('give mail back to an employee who is exempted after his block, and touch nobody whom we never blocked', () => {
    const rules = [
      { ...DEFAULT_RULES[0]!, when: [{ field: 'group', in: ['VIP'] } as const] },
      ...DEFAULT_RULES.slice(1),
    ];
    const editOf = (listed: Listed, owned: Listed) => {
      const device = unmatched(anEas({ access: { state: 'blocked', listed } }));
      const decided = decideAccess(device, rules, { ...contextNow(), groups: ['VIP'] });
      return planChange(device, decided, owned, { at: new Date(NOW).toISOString() })?.edit ?? null;
    };
    assert.deepEqual(editOf('blocked', 'blocked'), { blocked: { remove: ['IPHONE1'] } });
    assert.equal(editOf('blocked', null), null, "an administrator's entry stays");
    assert.equal(editOf(null, null), null);
  });

  it('lower nobody while group membership cannot be read, and still allow', () => {
    const rules = [
      { ...DEFAULT_RULES[0]!, when: [{ field: 'group', in: ['VIP'] } as const] },
      ...DEFAULT_RULES.slice(1),
    ];
    for (const device of everyDevice) {
      const known = decide(device);
      const expected =
        known.action === 'block'
          ? { action: 'leave', rule: 'Excluded groups', code: 'directory-unreadable', report: true }
          : known;
      assert.deepEqual(decide(device, rules, { groups: null }), expected);
    }
  });

  it('do not ask for groups when none are set up', () => {
    assert.equal(decide(unmatched(), DEFAULT_RULES, { groups: null }).action, 'block');
  });

  it('leave an MDM record that has no mail account', () => {
    const device: DeviceRecord = {
      key: 'mdm:intune:m1',
      status: 'mdm',
      mdm: anMdm(),
      match: { by: null, evidence: [] },
      reason: { code: 'no-eas-record', text: '' },
    };
    assert.deepEqual(decide(device), { action: 'leave', rule: 'No EAS record', code: 'no-eas-record', report: false });
  });

  it('block a device in grace once its date has passed', () => {
    assert.equal(decide(inGrace('2026-06-02T12:00:01.000Z')).action, 'allow');
    assert.equal(decide(inGrace('2026-06-02T12:00:00.000Z')).action, 'block');
    assert.equal(decide(inGrace(null)).action, 'allow');
  });
});

describe('decideAccess', () => {
  it('takes the first rule that applies', () => {
    const rules: Rule[] = [
      { name: 'off', when: [], action: 'allow', disabled: true },
      { name: 'first', when: [{ field: 'status', is: ['eas'] }], action: 'release' },
      { name: 'second', when: [], action: 'block' },
    ];
    assert.deepEqual(decide(unmatched(), rules), {
      action: 'release',
      rule: 'first',
      code: 'not-enrolled',
      report: false,
    });
  });

  const ends: readonly (readonly [sentence: string, until: string, now: string, rule: string])[] = [
    ['in the first second of its last day', '2026-06-02', '2026-06-02T00:00:00.000Z', 'For a while'],
    ['in the last second of its last day', '2026-06-02', '2026-06-02T23:59:59.999Z', 'For a while'],
    ['no more on the day after its last one', '2026-06-02', '2026-06-03T00:00:00.000Z', 'Managed and compliant'],
    ['before the time at which it ends', '2026-06-02T12:00+02:00', '2026-06-02T09:59:59.999Z', 'For a while'],
    [
      'no more from the time on at which it ends',
      '2026-06-02T12:00+02:00',
      '2026-06-02T10:00Z',
      'Managed and compliant',
    ],
  ];
  for (const [sentence, until, now, rule] of ends) {
    it(`uses a rule ${sentence}`, () => {
      const rules: Rule[] = [{ name: 'For a while', when: [], action: 'leave', until }, ...DEFAULT_RULES];
      const clock = new ReviewClock(Date.parse(now));
      assert.equal(decide(withCompliance('compliant'), rules, { clock }).rule, rule);
    });
  }

  it('leaves and reports a device that no rule is about', () => {
    assert.deepEqual(decide(unmatched(), []), { action: 'leave', rule: 'No rule', code: 'no-rule', report: true });
  });

  it('refuses wrong rules by name', () => {
    const rules = [
      { name: 'odd', when: [{ field: 'userAgent', how: 'regex', patterns: ['(a'] }], action: 'block' },
    ] as Rule[];
    assert.throws(
      () => decide(unmatched(), rules),
      (error) => isConnectorError(error, 'ERR_RULE_INVALID') && /Rule 1 \(odd\)/.test(error.message),
    );
  });

  it('gives the evidence of the match with the decision', () => {
    assert.deepEqual(decideAccess(merged(), compileRules(DEFAULT_RULES), contextNow()), {
      action: 'allow',
      rule: 'Managed and compliant',
      reason: { code: 'compliant', text: 'The MDM says the device is compliant.', evidence: ['EAS ID equals.'] },
      report: false,
    });
  });

  it('allows despite unreadable groups only if no rule that may apply would lower', () => {
    const group = [{ field: 'group', in: ['G'] }] as const;
    const allow: Rule = { name: 'allow', when: [], action: 'allow' };
    const held = (action: Rule['action']) =>
      decide(unmatched(), [{ name: 'group', when: group, action }, allow], { groups: null });
    assert.deepEqual(
      (['allow', 'leave', 'block', 'release'] as const).map((action) => held(action).action),
      ['allow', 'allow', 'leave', 'leave'],
    );
  });
});

describe('a gentle beginning', () => {
  const rule = grandfatherRule({ switchedOnAt: '2026-06-01T00:00:00.000Z', syncedWithinDays: 30, keepDays: 60 });
  const rules = [...DEFAULT_RULES.slice(0, 6), rule, ...DEFAULT_RULES.slice(6)];
  const inUse = { firstSyncAt: '2026-01-01T00:00:00.000Z', lastSyncAt: '2026-05-20T00:00:00.000Z' };
  const after = Date.parse('2026-07-31T00:00:00.000Z');
  const cases: readonly [sentence: string, DeviceRecord, now: number, action: string][] = [
    ['allows an unmanaged device that was in use', unmatched(anEas(inUse)), NOW, 'allow'],
    [
      'allows one of which Exchange does not tell the last sync',
      unmatched(anEas({ firstSyncAt: inUse.firstSyncAt })),
      NOW,
      'allow',
    ],
    [
      'does not allow one that had not synced for long',
      unmatched(anEas({ ...inUse, lastSyncAt: '2026-05-01T00:00:00.000Z' })),
      NOW,
      'block',
    ],
    ['does not allow one that came later', unmatched(anEas({ firstSyncAt: '2026-06-01T00:00:01.000Z' })), NOW, 'block'],
    [
      'does not allow a managed, noncompliant one',
      merged(anEas(inUse), anMdm({ compliance: 'noncompliant' })),
      NOW,
      'block',
    ],
    ['ages out', unmatched(anEas(inUse)), after, 'block'],
  ];
  for (const [sentence, device, now, action] of cases) {
    it(sentence, () => assert.equal(decide(device, rules, { clock: new ReviewClock(now) }).action, action));
  }

  it('marks its decisions', () => assert.equal(decide(unmatched(anEas(inUse)), rules).code, 'grandfathered'));
});

describe('a condition', () => {
  const iphone = unmatched();
  const pixel = unmatched(aPixel());
  type ConditionCase = [sentence: string, Condition, DeviceRecord, boolean, Partial<DecisionContext>?];
  const cases: readonly ConditionCase[] = [
    ['on status holds', { field: 'status', is: ['eas'] }, iphone, true],
    ['turned round does not', { field: 'status', is: ['eas'], not: true }, iphone, false],
    ['on reason', { field: 'reason', is: ['other-user', 'not-enrolled'] }, iphone, true],
    [
      'on reason that was saved before there were idle devices counts them as not enrolled',
      { field: 'reason', is: ['not-enrolled', 'needs-activation'] },
      unmatched(anEas(), 'idle'),
      true,
    ],
    [
      'on reason that names idle devices does not count superseded ones as idle',
      { field: 'reason', is: ['idle'] },
      unmatched(anEas(), 'superseded'),
      false,
    ],
    [
      'on reason, turned round, does not hold for a superseded device where not-enrolled is named',
      { field: 'reason', is: ['not-enrolled'], not: true },
      unmatched(anEas(), 'superseded'),
      false,
    ],
    [
      'on compliance never holds without MDM record',
      { field: 'compliance', is: ['compliant', 'unknown'] },
      iphone,
      false,
    ],
    ['on platform takes the MDM platform', { field: 'platform', is: ['ios'] }, merged(aPixel()), true],
    ['on platform takes what the EAS record names', { field: 'platform', is: ['android'] }, pixel, true],
    [
      'on platform calls the unknown other',
      { field: 'platform', is: ['other'] },
      unmatched(anEas({ device: { type: 'X', os: null, userAgent: 'Y' } })),
      true,
    ],
    ['on device type, exact, either case', { field: 'deviceType', how: 'exact', patterns: ['iphone'] }, iphone, true],
    [
      'on device model, wildcard',
      { field: 'deviceModel', how: 'wildcard', patterns: ['iPad*', 'iPhone1?C*'] },
      iphone,
      true,
    ],
    [
      'on device model, the MDM’s too',
      { field: 'deviceModel', how: 'exact', patterns: ['iPhone 14 Pro'] },
      merged(),
      true,
    ],
    [
      'on operating system, regular expression',
      { field: 'deviceOs', how: 'regex', patterns: ['^ios (18|19)\\.'] },
      iphone,
      true,
    ],
    [
      'on user agent that is not like',
      { field: 'userAgent', how: 'wildcard', patterns: ['Apple-*'], not: true },
      iphone,
      false,
    ],
    [
      'on user agent that is missing',
      { field: 'userAgent', how: 'wildcard', patterns: ['*'] },
      unmatched(anEas({ device: { userAgent: null } })),
      false,
    ],
    ['on client type', { field: 'clientType', how: 'exact', patterns: ['EAS'] }, iphone, true],
    ['on EAS ID', { field: 'easId', how: 'wildcard', patterns: ['android*'] }, pixel, true],
    ['on mailbox by address', { field: 'mailbox', how: 'exact', patterns: ['ANNA@corp.example'] }, iphone, true],
    ...(['exact', 'wildcard', 'regex'] as const).map((how): ConditionCase => [
      `on mailbox by a name that Exchange writes in another way (${how})`,
      { field: 'mailbox', how, patterns: ['j.mu\u0308ller@corp.example'] },
      unmatched(anEas({ mailbox: { address: 'J.M\u00fcller@corp.example' } })),
      true,
    ]),
    ['on mailbox by GUID', { field: 'mailbox', how: 'exact', patterns: [guid(1)] }, iphone, true],
    ['on mailbox by domain', { field: 'mailbox', how: 'wildcard', patterns: ['*@other.example'] }, iphone, false],
    ['on group', { field: 'group', in: ['Staff'] }, iphone, true, { groups: ['staff'] }],
    ['on not being in a group', { field: 'group', in: ['Staff'], not: true }, iphone, true, { groups: ['vip'] }],
    ['on no group at all passes the rule over', { field: 'group', in: [], not: true }, iphone, false, { groups: [] }],
    [
      'on age below',
      { field: 'ageHours', below: 24 },
      unmatched(anEas({ firstSyncAt: '2026-06-02T00:00:00.000Z' })),
      true,
    ],
    [
      'on age reached',
      { field: 'ageHours', atLeast: 12 },
      unmatched(anEas({ firstSyncAt: '2026-06-02T00:00:00.000Z' })),
      true,
    ],
    [
      'on age counts an unknown one as new',
      { field: 'ageHours', below: 1 },
      unmatched(anEas({ firstSyncAt: null })),
      true,
    ],
    [
      'on idle time',
      { field: 'idleHours', atLeast: 10 },
      unmatched(anEas({ lastSyncAt: '2026-06-02T00:00:00.000Z' })),
      true,
    ],
    ['on idle time does not hold where Exchange does not tell', { field: 'idleHours', atLeast: 0 }, iphone, false],
    ['on access state', { field: 'accessState', is: ['allowed'] }, iphone, true],
    ['on access reason, either case', { field: 'accessReason', is: ['GLOBAL'] }, iphone, true],
    ['on being on no list', { field: 'listed', is: ['none'] }, iphone, true],
    [
      'on an entry of ours',
      { field: 'listed', is: ['blocked'], by: 'us' },
      unmatched(anEas({ access: { listed: 'blocked' } })),
      true,
      { owned: 'blocked' },
    ],
    [
      "on an administrator's entry where the ledger says another list",
      { field: 'listed', is: ['blocked'], by: 'admin' },
      unmatched(anEas({ access: { listed: 'blocked' } })),
      true,
      { owned: 'allowed' },
    ],
  ];
  for (const [sentence, condition, device, expected, context] of cases) {
    it(sentence, () => assert.equal(holds(condition, device, context), expected));
  }
});
