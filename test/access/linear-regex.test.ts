import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { LinearRegex } from '../../src/access/linear-regex.ts';
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
    ['[]]', ']', false],
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
  ];
  for (const [pattern, text, expected] of cases.filter(([pattern]) => pattern !== '[]]')) {
    it(`${pattern || 'of nothing'} ${expected ? 'is found in' : 'is not found in'} “${text}”`, () => {
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
    'a+?',
    '*a',
    '{2}',
    'a{',
    'a{x}',
    'a{3,2}',
    '^*',
    '(?=a)',
    '(?<n>a)',
    '(?!a)',
    '(a)\\1',
    '\\b',
    'a\\',
    '[z-a]',
    '[\\D]',
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

  it('agrees with the language’s own engine on everything in the subset', () => {
    const atom = fc.constantFrom('a', 'b', 'C', '.', '[ab]', '[^a]', '[a-c]', '\\d', '\\w', '\\.', '^', '$');
    const pattern = fc.letrec<{ re: string }>((tie) => ({
      re: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.tuple(tie('re'), tie('re')).map(([a, b]) => a + b),
        fc.tuple(tie('re'), tie('re')).map(([a, b]) => `(?:${a}|${b})`),
        fc.tuple(tie('re'), fc.constantFrom('*', '+', '?', '{0,2}', '{2}', '{1,}')).map(([a, q]) => `(${a})${q}`),
      ),
    })).re;
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'D', '1', '.', ' '), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (source, input) => {
        assert.equal(
          new LinearRegex(source).test(input),
          new RegExp(source, 'i').test(input),
          `${source} on “${input}”`,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('ends at once on patterns that ruin a backtracking engine', () => {
    for (const pattern of ['(a+)+$', '(a|aa)+$', '(a*)*b', '^(a?){50}a{50}$', '(.*a){12}$']) {
      assert.equal(typeof new LinearRegex(pattern).test(`${'a'.repeat(1000)}!`), 'boolean');
    }
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
