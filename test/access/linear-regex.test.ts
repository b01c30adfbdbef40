import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { LinearRegex, MAX_PATTERN_STATES, patternCost } from '../../src/access/linear-regex.ts';
import { compileTextTest } from '../../src/access/text-test.ts';
import { isConnectorError } from '../../src/errors.ts';

describe('a regular expression of a rule', () => {
  const cases: readonly [pattern: string, text: string, expected: boolean][] = [
    ['', '', true],
    ['', 'abc', true],
    ['b', 'abc', true],
    ['^b', 'abc', false],
    ['^a.c$', 'abc', true],
    ['^$', '', true],
    ['^$', 'a', false],
    ['a|^b$', 'b', true],
    ['(ab)+c', 'ababc', true],
    ['(?:ab){2}c', 'abc', false],
    ['a{2,3}$', 'caaa', true],
    ['^a{2,3}$', 'aaaa', false],
    ['^a{0}b', 'b', true],
    ['^a{2,}$', 'aaaaa', true],
    ['[0-9]+\\.[0-9]', 'iOS 19.1', true],
    ['[^0-9]', '19', false],
    ['[a\\]]', ']', true],
    ['[a-]', '-', true],
    ['\\d{4}', 'SM-9119', true],
    ['^\\w+$', 'a_Z9', true],
    ['\\S\\s\\S', 'a b', true],
    ['\\D', '12', false],
    ['SAMSUNG-(SM|GT)-', 'samsung-sm-s911b', true],
    ['[A-F]', 'e', true],
    ['\\(x\\)', '(X)', true],
    ['(|a)+b', 'aab', true],
    ['(a*)*b', 'aab', true],
    ['x*', '', true],
    ['\\bSM-\\w+\\b', 'samsung SM-S911B/101', true],
    ['\\bS911\\b', 'samsung SM-S911B/101', false],
    ['\\B911', 'SM-S911B', true],
    ['^a+?b??$', 'aaa', true],
    ['^(?<maker>apple)-(?P<model>.{2,}?)/', 'Apple-iPhone15C2/2301.1', true],
    ['^\\p{Lu}\\pL+$', 'müller', true],
    ['[\\p{Greek}\\P{L}]', 'abc', false],
    ['^\\p{Cyrillic}+$', 'Почта', true],
    ['[\\D]', '12', false],
    ['^[\\S]$', '\u00a0', false],
    ['^\\s\\s$', '\u00a0\v', true],
    ['^[^\\S,]$', ' ', true],
    ['^MÜLLER$', 'müller', true],
    ['^[À-Þ]+$', 'éü', true],
    ['^.$', '📱', true],
    ['^.$', '\n', true],
    ['[[:a]', ':', true],
    ['[a-]-', '--', true],
    ['^[\\d-z]$', '-', true],
    ['\\é', 'É', true],
  ];
  for (const [pattern, text, expected] of cases) {
    it(`${pattern || 'of nothing'} ${expected ? 'is found in' : 'is not found in'} ${JSON.stringify(text)}`, () => {
      assert.equal(new LinearRegex(pattern).test(text), expected);
    });
  }

  const refused = [
    '(a',
    'a)',
    '[a',
    '[]',
    '[]]',
    'a**',
    'a++',
    'a+??',
    'a{2}{3}',
    '*a',
    '{2}',
    'a{',
    'a{x}',
    'a{3,2}',
    '^*',
    '\\b*',
    '(?=a)',
    '(?<=a)',
    '(?!a)',
    '(?i)a',
    '(?-i:a)',
    '(?<1>a)',
    '(a)\\1',
    '\\x41',
    '\\u0041',
    '\\Qa\\E',
    '\\C',
    '\\p{Nothing}',
    '\\p{L',
    '[[:alpha:]]',
    'a\\',
    '[z-a]',
    'a]',
    'a}',
    '((((a{99}){99}){99}){99})',
    'a'.repeat(501),
    '('.repeat(60) + ')'.repeat(60),
  ];
  for (const pattern of refused) {
    it(`${pattern.slice(0, 20)} is refused with its own code`, () => {
      assert.throws(
        () => new LinearRegex(pattern),
        (error) => isConnectorError(error, 'ERR_RULE_INVALID'),
      );
    });
  }

  it('agrees with the language’s own engine on everything that both know', () => {
    const words = [
      '\\d',
      '\\w',
      '\\W',
      '\\s',
      '\\S',
      '[^\\s\\d]',
      '[\\S]',
      '[A-F]',
      '\\.',
      '\\b',
      '\\B',
      '^',
      '$',
      '(?<n>a)',
    ];
    const atom = fc.constantFrom('a', 'b', 'C', '.', '[ab]', '[^a]', '[a-c]', ...words);
    const pattern = fc.letrec<{ re: string }>((tie) => ({
      re: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.tuple(tie('re'), tie('re')).map(([a, b]) => a + b),
        fc.tuple(tie('re'), tie('re')).map(([a, b]) => `(?:${a}|${b})`),
        fc
          .tuple(tie('re'), fc.constantFrom('*', '+', '?', '{0,2}', '{2}', '{1,}', '*?', '+?', '??', '{0,2}?'))
          .map(([a, q]) => `(${a})${q}`),
      ),
    })).re;
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', 'D', '1', '.', ' ', '\n', '\v', '\u00a0', 'é'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(pattern, text, (source, input) => {
        assert.equal(
          new LinearRegex(source).test(input),
          new RegExp(source.replaceAll('(?<n>', '('), 'is').test(input),
          `${source} on “${input}”`,
        );
      }),
      { numRuns: 2000 },
    );
  });

  const evil = [
    '(a+)+$',
    '(a|aa)+$',
    '(a*)*b',
    '^(a?){50}a{50}$',
    '(.*a){12}$',
    '(x+x+)+y',
    '(.*){20}b',
    '([ab]+?)+?c',
  ];
  it('ends at once on patterns that ruin a backtracking engine', () => {
    for (const pattern of evil) assert.equal(new LinearRegex(pattern).test(`${'a'.repeat(1000)}!`), false, pattern);
  });

  it('takes twice as long for a text of twice the length, also where its memory is used up', () => {
    const texts = (length: number): string[] =>
      fc.sample(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: length, maxLength: length }), {
        numRuns: 40,
        seed: 1,
      });
    for (const pattern of ['[ab]*a[ab]{300}c', '.{0,300}a.{0,300}bc', '\\b[ab]*a\\B[ab]{300}c$']) {
      const regex = new LinearRegex(pattern);
      const [short, long] = [512, 1024].map((length) => {
        const some = texts(length);
        const before = process.cpuUsage().user;
        for (const text of some) assert.equal(regex.test(text), false);
        return process.cpuUsage().user - before;
      }) as [number, number];
      assert.ok(long < 8 * short, `${pattern}: ${short} µs, then ${long} µs`);
    }
  });

  it('looks at the first 1,024 characters of a text', () => {
    assert.equal(new LinearRegex('b').test(`${'a'.repeat(1023)}b`), true);
    assert.equal(new LinearRegex('b').test(`${'a'.repeat(1024)}b`), false);
  });

  it('costs what its states and its large classes take', () => {
    const costs = ['', 'abc', 'a|b', 'a*', '(ab){3}', 'a{2,}', '[a-z]', '\\pL', '[!-\uffff]', 'a{999}a{999}'].map(
      patternCost,
    );
    assert.deepEqual(costs, [0, 3, 3, 2, 6, 4, 1, 11, 64, 1998]);
    assert.ok(Math.max(...costs) <= MAX_PATTERN_STATES);
  });

  it('never throws anything but its own code, whatever the pattern', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab()[]{}|*+?^$\\.-,019:=!<>'.split('')), maxLength: 20 }),
        fc.string(),
        (pattern, text) => {
          try {
            new LinearRegex(pattern).test(text);
          } catch (error) {
            assert.ok(isConnectorError(error, 'ERR_RULE_INVALID'), String(error));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a wildcard of a rule', () => {
  const cases: readonly [pattern: string, text: string, expected: boolean][] = [
    ['Apple-*', 'apple-iPhone15C2/2301.1', true],
    ['*iPad*', 'Apple-iPad14C3/1', true],
    ['*.1', 'iOS 19.1', true],
    ['*.1', 'iOS 19.1.1', true],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*', '', true],
    ['?*', '', false],
    ['a.c', 'abc', false],
  ];
  for (const [pattern, text, expected] of cases) {
    it(`${pattern} ${expected ? 'is like' : 'is not like'} “${text}”`, () => {
      assert.equal(compileTextTest('wildcard', pattern)(text), expected);
    });
  }
});
