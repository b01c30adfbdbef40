/** The parts of the access switch's dialog that need no browser: rules and their rows, and what is said of an answer. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  ACTIONS,
  CONDITIONS,
  findWrongRule,
  OWNERS,
  TEXT_TESTS,
} from '../../nodes/access-switch/editor/check-rules.js';
import { groupNotes, simulationNotes } from '../../nodes/access-switch/editor/last-simulation.js';
import {
  canonical,
  readCondition,
  readRule,
  rulesToSave,
  shownCondition,
  shownRule,
} from '../../nodes/access-switch/editor/rule-rows.js';
import { rememberProblem, rulesRule } from '../../nodes/access-switch/editor/rules-rule.js';
import { stepTexts } from '../../nodes/editor/check-steps.js';
import { deciderText, triedFacts } from '../../nodes/access-switch/editor/try-it.js';
import { checkRules, CONDITION_VALUES, TEXT_FIELDS } from '../../src/access/check-rules.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';

type Json = Record<string, unknown>;

const fields = Object.entries(CONDITIONS) as [string, { kind: string; values?: string[] }][];
const word = fc.stringMatching(/^[A-Za-z0-9@.*?${}-]{1,12}$/);
const variable = fc.constant('${NAME}');
const texts = fc.uniqueArray(word, { minLength: 1, maxLength: 4 });
const hours = fc.oneof(fc.integer({ min: 0, max: 9_999 }), variable);

/** Saved values by kind of condition. */
function valuesOf(kind: string, values: readonly string[] = []): fc.Arbitrary<Json> {
  const is = fc.uniqueArray(fc.oneof(fc.constantFrom(...(values.length === 0 ? ['x'] : values)), variable), {
    minLength: 1,
  });
  const kinds: Record<string, fc.Arbitrary<Json>> = {
    choices: fc.record({ is }, { noNullPrototype: true }),
    entries: fc.record(
      { is, by: fc.oneof(fc.constantFrom(...OWNERS), variable) },
      { requiredKeys: ['is'], noNullPrototype: true },
    ),
    groups: fc.record({ in: fc.uniqueArray(word, { maxLength: 3 }) }, { noNullPrototype: true }),
    reasons: fc.record({ is: texts }, { noNullPrototype: true }),
    texts: fc.record(
      { how: fc.oneof(fc.constantFrom(...TEXT_TESTS), variable), patterns: texts },
      { noNullPrototype: true },
    ),
    hours: fc.oneof(
      fc.record({ atLeast: hours, below: hours }, { requiredKeys: ['atLeast'], noNullPrototype: true }),
      fc.record({ below: hours }, { noNullPrototype: true }),
    ),
    time: fc.record({ before: fc.oneof(fc.constant('2026-12-31T00:00:00Z'), variable) }, { noNullPrototype: true }),
  };
  return kinds[kind] ?? assert.fail(kind);
}

const condition = fc
  .constantFrom(...fields)
  .chain(([field, { kind, values }]) =>
    fc
      .tuple(valuesOf(kind, values), fc.option(fc.oneof(fc.boolean(), variable), { nil: undefined }))
      .map(([saved, not]): Json => ({ field, ...saved, ...(not === undefined ? {} : { not }) })),
  );
const rule = fc.record<Json>(
  {
    name: word,
    when: fc.array(condition, { maxLength: 4 }),
    action: fc.oneof(fc.constantFrom(...ACTIONS), variable),
    disabled: fc.oneof(fc.boolean(), variable),
    until: fc.oneof(fc.constant('2026-12-31'), variable),
    code: word,
    report: fc.oneof(fc.boolean(), variable),
  },
  { requiredKeys: ['name', 'when', 'action'], noNullPrototype: true },
);

/** A rule as the dialog saves it when somebody only looked at it. */
function looked(saved: Json): unknown {
  const when = (saved['when'] as Json[]).map((one) => readCondition(shownCondition(one), one));
  return readRule(shownRule(saved), when, saved);
}

describe('a rule and its row', () => {
  it('come back as they were when somebody only looked', () => {
    for (const one of DEFAULT_RULES) assert.deepEqual(looked(one as unknown as Json), one);
    fc.assert(
      fc.property(rule, (saved) => {
        assert.deepEqual(looked(saved), saved);
      }),
      { numRuns: 500 },
    );
  });

  it('are read without blanks, with numbers as numbers and variables as texts', () => {
    const shown = { field: 'ageHours', not: 'isNot', atLeast: ' 24 ', below: '${DAYS}' };
    assert.deepEqual(readCondition(shown, {}), { field: 'ageHours', atLeast: 24, below: '${DAYS}', not: true });
    const lines = { field: 'mailbox', not: 'is', how: 'exact', lines: ' anna@contoso.com \n\n ben@contoso.com' };
    const patterns = ['anna@contoso.com', 'ben@contoso.com'];
    assert.deepEqual(readCondition(lines, {}), { field: 'mailbox', how: 'exact', patterns });
  });

  it('keep the order of what was chosen before, and add what is new behind it', () => {
    const shown = { field: 'platform', not: 'is', chosen: ['ios', 'android', 'other'] };
    assert.deepEqual(readCondition(shown, { is: ['other', 'windows', 'ios'] }), {
      field: 'platform',
      is: ['other', 'ios', 'android'],
    });
  });

  it('are shown empty where a flow file holds no list', () => {
    assert.deepEqual(
      [{ field: 'status', is: 'eas' }, { field: 'mailbox' }, { field: 'group', in: 7 }, { field: 'moon' }].map(
        shownCondition,
      ),
      [
        { field: 'status', not: 'is', chosen: [] },
        { field: 'mailbox', not: 'is', how: 'wildcard', lines: '' },
        { field: 'group', not: 'is', lines: '' },
        { field: 'moon', not: 'is', lines: '' },
      ],
    );
  });
});

describe('the rules of a dialog', () => {
  it('are the same whatever the order of their properties, and not in another order of rules', () => {
    const [one, other] = [
      { name: 'a', when: [{ field: 'status', is: ['eas'] }] },
      { when: [{ is: ['eas'], field: 'status' }], name: 'a' },
    ];
    assert.equal(canonical([one]), canonical([other]));
    assert.notEqual(canonical([one, { name: 'b' }]), canonical([{ name: 'b' }, one]));
  });

  it('are saved as an empty list while they are the default rules', () => {
    assert.deepEqual(rulesToSave(structuredClone(DEFAULT_RULES), DEFAULT_RULES), []);
    const own = DEFAULT_RULES.slice(1);
    assert.deepEqual(rulesToSave(own, DEFAULT_RULES), own);
  });

  it('may look at what the runtime knows, and at nothing else', () => {
    const offered = Object.fromEntries(
      fields
        .filter(([, { kind }]) => ['choices', 'entries', 'reasons'].includes(kind))
        .map(([field, { values }]) => [field, values ?? null]),
    );
    assert.deepEqual(offered, CONDITION_VALUES);
    const compared = fields.filter(([, { kind }]) => kind === 'texts').map(([field]) => field);
    assert.deepEqual(compared.sort(), [...TEXT_FIELDS].sort());
    // Every field of the menu is a condition to the runtime too.
    for (const [field, { kind, values }] of fields) {
      const [saved] = fc.sample(valuesOf(kind, values), { numRuns: 1, seed: 1 });
      const known = JSON.parse(JSON.stringify({ field, ...saved }).replaceAll('"${NAME}"', '1')) as Json;
      const problems = checkRules([{ name: 'a', action: 'allow', when: [known] }]);
      assert.deepEqual(
        problems.filter(({ text }) => text.includes('There is no condition on')),
        [],
      );
    }
    for (const action of ACTIONS) assert.deepEqual(checkRules([{ name: 'a', action, when: [] }]), []);
    assert.equal(checkRules([{ name: 'a', action: 'forget', when: [] }]).length, 1);
  });

  it('are refused with the first rule that is wrong, by the dialog or by the runtime', () => {
    const good = { name: 'Board', when: [], action: 'allow' };
    const bad = { ...good, action: 'forget' };
    assert.deepEqual(findWrongRule([good, bad]), { number: 2, why: 'ruleAction' });
    const node = { _: (key: string) => `text of ${key}` };
    assert.equal(rulesRule.test([good, bad]), false);
    assert.deepEqual(rulesRule.reason([good, bad], node), {
      key: 'rule',
      values: { number: 2, why: 'text of access-switch.invalid.ruleAction' },
    });
    const pattern = { field: 'mailbox', how: 'regex', patterns: ['('] };
    const rules = [good, { ...good, when: [pattern] }];
    assert.equal(rulesRule.test(rules), true, 'a pattern is the runtime’s to judge');
    rememberProblem(rules, { rules: [{ problems: [] }, { problems: [{ text: 'It is no pattern.' }] }] });
    assert.equal(rulesRule.test(rules), false);
    assert.deepEqual(rulesRule.reason(rules, node), { key: 'rule', values: { number: 2, why: 'It is no pattern.' } });
    rememberProblem([good], { rules: [{ problems: [] }] });
    assert.equal(rulesRule.test([good]), true);
  });
});

/** A text with its values, as `key(a=1)`. */
const t = (key: string, values: Json = {}): string =>
  `${key}(${Object.entries(values)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ')})`;

describe('what “Try it” says of a device', () => {
  const device = {
    reason: { code: 'not-enrolled', text: 'It is not enrolled.' },
    would: 'Nothing would change.',
    mdm: null,
    match: 'It is not enrolled.',
    evidence: [] as string[],
    sentence: null as string | null,
    state: 'blocked',
    stateReason: 'Individual',
    listed: null as string | null,
    listedBy: null as string | null,
    easId: 'ABC',
    ruleNumber: null as number | null,
    rule: 'nothing said otherwise',
  };

  it('is short where there is little to say', () => {
    assert.deepEqual(triedFacts(device, t), [
      ['why()', 'It is not enrolled.'],
      ['change()', 'Nothing would change.'],
      ['record()', 'unmerged()'],
      ['state()', 'blocked (Individual)'],
      ['easId()', 'ABC'],
    ]);
    assert.equal(deciderText(device, t), 'nothing said otherwise');
  });

  it('names the MDM record, the evidence, the rule and whose entry is on a list', () => {
    const known = {
      ...device,
      mdm: 'Anna’s iPhone',
      match: 'Same EAS ID.',
      evidence: ['One.', 'Two.'],
      sentence: 'If all, then allow.',
      listed: 'allowed',
      listedBy: 'us',
      ruleNumber: 3,
      rule: 'Managed',
    };
    assert.deepEqual(triedFacts(known, t), [
      ['why()', 'It is not enrolled.'],
      ['change()', 'Nothing would change.'],
      ['record()', 'merged(name=Anna’s iPhone) Same EAS ID.'],
      ['evidence()', 'One. Two.'],
      ['ruleText()', 'If all, then allow.'],
      ['state()', 'blocked (Individual), listed.us(list=allowed)'],
      ['easId()', 'ABC'],
    ]);
    assert.equal(deciderText(known, t), 'rule(number=3, name=Managed)');
  });
});

describe('what is said of the last simulation', () => {
  const at = '2026-11-22T10:00:00Z';
  const local = new Date(at).toLocaleString();

  it('begins with when, by whom and how much', () => {
    const kept = { at, by: 'switch', report: { counts: { devices: 9, unchanged: 7 }, diff: [] } };
    const head = `head(at=${local}, by=switch, devices=9, unchanged=7)`;
    assert.deepEqual(simulationNotes(kept, t), { head, problems: [], hints: [] });
  });

  it('names problems, what the brake would hold, an MDM that is away, compliance that nobody knows, what an MDM cannot tell and a gentle switch-on', () => {
    const report = {
      counts: { devices: 9, unchanged: 7 },
      problems: [{ text: 'The MDM reading is old.' }],
      held: { count: 2, reason: { text: 'More than 10 %.' } },
      mdmAway: { whenMdmAway: 'block', since: at, devices: 3 },
      switchOn: { devices: 4, until: at },
      complianceUnknown: { count: 5, text: 'x' },
      readings: [{ name: 'Exchange' }, { name: 'Jamf', notes: [{ text: 'Tells no EAS ID.' }] }],
    };
    const { problems, hints } = simulationNotes({ at, by: 'switch', report }, t);
    assert.deepEqual(problems, ['The MDM reading is old.', 'held(count=2) More than 10 %.']);
    assert.deepEqual(hints, [
      `away.block(since=${local}, count=3)`,
      'complianceUnknown(count=5)',
      'Jamf · Tells no EAS ID.',
      `switchOn(count=4, until=${local})`,
    ]);
  });

  it('says first what there is to say of mails', () => {
    const counts = { devices: 9, unchanged: 7 };
    const notes = (verdict: string) =>
      simulationNotes({ at, by: 'switch', report: { counts, mail: { verdict, text: 'Of mails.' } } }, t);
    for (const verdict of ['unheard', 'nobody']) {
      const { problems, hints } = notes(verdict);
      assert.deepEqual([problems, hints], [['Of mails.'], []]);
    }
    const { problems, hints } = notes('unproven');
    assert.deepEqual([problems, hints], [[], ['Of mails.']]);
  });

  it('gives examples of a group, and how many more there are', () => {
    const group = { reason: 'not-enrolled', rule: 'Unmanaged', held: 1, count: 3, text: 'Not enrolled.' };
    const examples = [
      { mailbox: 'anna@contoso.com', device: 'iPhone', easId: 'A' },
      { mailbox: 'ben@contoso.com', device: null, easId: 'B' },
    ];
    assert.deepEqual(groupNotes({ ...group, examples }, t), [
      'rule(reason=not-enrolled, rule=Unmanaged) groupHeld(count=1)',
      'anna@contoso.com · iPhone',
      'ben@contoso.com · B',
      'more(count=1)',
    ]);
    assert.deepEqual(groupNotes({ ...group, held: 0, count: 2, examples }, t).length, 3);
  });
});

describe('what “Check” says of one thing', () => {
  it('names it, whose it is, the verdict and the code', () => {
    const step = { step: 'mdm', about: 'Tenant', verdict: 'failed', text: 'Graph said no.', code: 'ERR_GRAPH_AUTH' };
    assert.deepEqual(stepTexts(step, t), {
      head: 'step.mdm() · Tenant',
      verdict: 'verdict.failed()',
      text: 'Graph said no. (ERR_GRAPH_AUTH)',
    });
    assert.deepEqual(
      stepTexts({ step: 'rules', about: null, verdict: 'ready', text: 'All well.', code: undefined }, t),
      {
        head: 'step.rules()',
        verdict: 'verdict.ready()',
        text: 'All well.',
      },
    );
  });
});
