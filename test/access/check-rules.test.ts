import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkRules } from '../../src/access/check-rules.ts';
import { describeRule } from '../../src/access/describe-rule.ts';
import { RULE_WORDS } from '../../src/access/rule-words.ts';
import { DEFAULT_RULES, grandfatherRule } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';

const rule = { name: 'r', when: [], action: 'block' };
const withCondition = (condition: unknown): unknown[] => [{ ...rule, when: [condition] }];

const NO_END = 'Its end is neither a day such as 2026-12-31 nor a time with its zone.';
const NO_TIME = 'A condition on a time has neither a day such as 2026-12-31 nor a time with its zone.';

describe('checking rules', () => {
  it('finds nothing wrong with the default rules', () => assert.deepEqual(checkRules(DEFAULT_RULES), []));

  const wrong: readonly [rules: unknown, text: string][] = [
    [null, 'The rules are not a list.'],
    [[null], 'It is not a rule.'],
    [[{ ...rule, name: ' ' }], 'It has no name.'],
    [[{ ...rule, action: 'deny' }], 'It has no action: allow, block, release or leave.'],
    [[{ ...rule, disabled: 'false' }], '“disabled” is neither true nor false.'],
    [[{ ...rule, report: 1 }], '“report” is neither true nor false.'],
    [[{ ...rule, when: {} }], 'It has no list of conditions.'],
    [[{ ...rule, when: Array.from({ length: 21 }, () => ({})) }], 'It has more than 20 conditions.'],
    [Array.from({ length: 201 }, () => rule), 'There are more than 200 rules.'],
    [withCondition('x'), 'It has a condition that is not one.'],
    [withCondition({ field: 'toString' }), 'There is no condition on toString.'],
    [withCondition({ field: 'status', is: [] }), 'A condition has an empty list of values.'],
    [withCondition({ field: 'status', is: ['x'] }), 'status is never x.'],
    [withCondition({ field: 'status', is: 'eas' }), 'A condition has no list of values.'],
    [withCondition({ field: 'status', is: ['eas'], not: 1 }), '“not” is neither true nor false.'],
    [withCondition({ field: 'listed', is: ['none'], by: 'x' }), 'The owner of an entry is us or admin.'],
    [withCondition({ field: 'group' }), 'A condition has no list of groups.'],
    [withCondition({ field: 'group', in: [''] }), 'A condition has an empty text among its groups.'],
    [withCondition({ field: 'firstSyncAt' }), NO_TIME],
    [withCondition({ field: 'ageHours' }), 'A condition on hours has no bound.'],
    [withCondition({ field: 'ageHours', below: '24' }), 'Hours are not a number from 0 up.'],
    [withCondition({ field: 'mailbox', how: 'like', patterns: ['a'] }), 'A text is compared exact, wildcard or regex.'],
    [withCondition({ field: 'mailbox', how: 'exact', patterns: [] }), 'A condition has an empty list of patterns.'],
  ];
  for (const [rules, text] of wrong) {
    it(`says: ${text}`, () =>
      assert.deepEqual(
        checkRules(rules).map((problem) => problem.text),
        [text],
      ));
  }

  it('refuses an end, or a time, that can be meant in more than one way or not at all', () => {
    for (const time of [
      'soon',
      'bis Ende 2026',
      '12/11/2026',
      '31.12.2026',
      '2026-02-30',
      '2026-12-31T12:00',
      '1',
      1,
    ]) {
      const rules = [{ ...rule, until: time, when: [{ field: 'lastSyncAt', before: time }] }];
      assert.deepEqual(
        checkRules(rules).map(({ condition, text }) => [condition, text]),
        [
          [null, NO_END],
          [0, NO_TIME],
        ],
        String(time),
      );
    }
  });

  it('names the rule and the condition of a wrong pattern', () => {
    const rules = [
      rule,
      {
        ...rule,
        name: 'odd',
        when: [
          { field: 'status', is: ['eas'] },
          { field: 'userAgent', how: 'regex', patterns: ['a', '(?=b)'] },
        ],
      },
    ];
    const [problem, ...more] = checkRules(rules);
    assert.deepEqual({ ...problem, text: '' }, { rule: 1, name: 'odd', condition: 1, text: '' });
    assert.match(problem?.text ?? '', /only \(…\), \(\?:…\) and \(\?<name>…\) are known/);
    assert.deepEqual(more, []);
  });

  it('refuses regular expressions that are too large together, and compiles no more of them', () => {
    const patterns = Array.from({ length: 200 }, (_, n) => `[ab]*a[ab]{900}${n}`);
    const large = { ...rule, when: [{ field: 'userAgent', how: 'regex', patterns }] };
    const before = process.cpuUsage().user;
    const problems = checkRules(Array.from({ length: 200 }, (_, n) => ({ ...large, name: `large ${n}` })));
    assert.ok(process.cpuUsage().user - before < 5_000_000);
    assert.equal(problems.length, 200);
    assert.deepEqual(problems[0], {
      rule: 0,
      name: 'large 0',
      condition: 0,
      text: 'The regular expressions up to here are too large together; use fewer, or shorter repeats.',
    });
  });

  it('takes a thousand ordinary regular expressions', () => {
    const patterns = Array.from({ length: 100 }, (_, n) => `^SM-[AS]\\d{2}${n}(B|F)$`);
    const ordinary = { ...rule, when: [{ field: 'deviceModel', how: 'regex', patterns }] };
    assert.deepEqual(checkRules(Array.from({ length: 10 }, () => ordinary)), []);
  });
});

describe('a rule read back', () => {
  const sentences: readonly [Rule, string][] = [
    [
      DEFAULT_RULES[0]!,
      "Excluded groups: if groups are set up (none are, so the rule is passed over), then take our entry back and let Exchange's own rules decide.",
    ],
    [
      DEFAULT_RULES[3]!,
      "An administrator's entry: if the device is on the allowed list or the blocked list by an administrator, then leave the device as it is.",
    ],
    [
      DEFAULT_RULES[4]!,
      'Managed and compliant: if the record is “EAS and MDM merged”, and the compliance is “compliant” or “in grace”, then allow the device.',
    ],
    [
      DEFAULT_RULES[6]!,
      'Not managed: if the record is “EAS only”, and the reason is “not the native mail app”, “waits for the link”, “not enrolled”, “replaced by a newer account” or “not used any more”, then block the device.',
    ],
    [
      DEFAULT_RULES[7]!,
      'Compliance unknown: if the record is “EAS and MDM merged”, and the compliance is “unknown”, then leave the device as it is and report it.',
    ],
    [
      { name: 'All', when: [], action: 'release', disabled: true },
      "All (switched off): always take our entry back and let Exchange's own rules decide.",
    ],
    [
      grandfatherRule({ switchedOnAt: '2026-06-01T00:00:00.000Z', syncedWithinDays: 30, keepDays: 60 }),
      'In use at switch-on (until 2026-07-31T00:00:00.000Z): if the record is “EAS only”, and the device first synced before 2026-06-01T00:00:00.000Z, and the device last synced not before 2026-05-02T00:00:00.000Z, then allow the device.',
    ],
    [
      {
        name: 'Mixed',
        when: [
          { field: 'userAgent', how: 'wildcard', patterns: ['Apple-*'], not: true },
          { field: 'deviceModel', how: 'regex', patterns: ['^SM-', '^GT-'] },
          { field: 'group', in: ['Staff'], not: true },
          { field: 'ageHours', below: 24 },
          { field: 'idleHours', atLeast: 720 },
          { field: 'listed', is: ['none'] },
        ],
        action: 'block',
      },
      'Mixed: if the user agent is not like “Apple-*”, and the device model matches “^SM-” or “^GT-”, and the user is not a member of Staff, and the device first synced less than 24 hours ago, and the device last synced 720 hours or more ago, and the device is on neither personal list, then block the device.',
    ],
  ];
  for (const [given, sentence] of sentences) {
    it(sentence.slice(0, 60), () => assert.equal(describeRule(given), sentence));
  }

  it('is read back in German for a German editor', () => {
    assert.deepEqual(
      [DEFAULT_RULES[0]!, DEFAULT_RULES[3]!, DEFAULT_RULES[4]!, DEFAULT_RULES[7]!, sentences.at(-1)![0]].map((given) =>
        describeRule(given, 'de'),
      ),
      [
        'Excluded groups: wenn Gruppen eingetragen sind (keine ist es, also wird die Regel übergangen), dann unseren Eintrag zurücknehmen und die eigenen Regeln von Exchange entscheiden lassen.',
        "An administrator's entry: wenn das Gerät auf der Liste der zugelassenen oder der Liste der gesperrten steht, durch einen Administrator, dann das Gerät belassen, wie es ist.",
        'Managed and compliant: wenn der Datensatz „EAS und MDM zusammengeführt“ ist und die Konformität „konform“ oder „in der Frist“ ist, dann das Gerät zulassen.',
        'Compliance unknown: wenn der Datensatz „EAS und MDM zusammengeführt“ ist und die Konformität „unbekannt“ ist, dann das Gerät belassen, wie es ist, und es melden.',
        'Mixed: wenn der User-Agent nicht „Apple-*“ gleicht und das Gerätemodell zu „^SM-“ oder „^GT-“ passt und der Benutzer kein Mitglied von Staff ist und das Gerät vor weniger als 24 Stunden zuerst synchronisiert hat und das Gerät vor 720 Stunden oder mehr zuletzt synchronisiert hat und das Gerät auf keiner der persönlichen Listen steht, dann das Gerät sperren.',
      ],
    );
  });

  it('calls values what the check boxes beside them are called, in each language', () => {
    for (const [language, folder] of [
      ['en', 'en-US'],
      ['de', 'de'],
    ] as const) {
      const file = new URL(`../../nodes/access-switch/locales/${folder}/access-switch.json`, import.meta.url);
      const catalogue = JSON.parse(readFileSync(file, 'utf8')) as {
        'access-switch': { value: Record<string, unknown> };
      };
      const { listed: _lists, ...values } = catalogue['access-switch'].value;
      assert.deepEqual(RULE_WORDS[language].values, values);
    }
  });
});
