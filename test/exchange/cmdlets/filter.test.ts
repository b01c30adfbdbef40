import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isConnectorError } from '../../../src/errors.ts';
import { FILTER_OPERATORS, parseFilter, writeFilter } from '../../../src/exchange/cmdlets/filter.ts';
import type { Filter } from '../../../src/exchange/cmdlets/filter.ts';

const comparison = (value: string | number | boolean | null): Filter => ({
  property: 'DeviceModel',
  operator: 'eq',
  value,
});

describe('structured filter', () => {
  it('is written as OPATH with text in quotes, quotes doubled, system values and integers bare', () => {
    assert.equal(writeFilter(comparison('O\'Brien; $(x) "y"')), `DeviceModel -eq 'O''Brien; $(x) "y"'`);
    assert.equal(writeFilter(comparison(true)), 'DeviceModel -eq $true');
    assert.equal(writeFilter(comparison(null)), 'DeviceModel -eq $null');
    assert.equal(writeFilter(comparison(-5)), 'DeviceModel -eq -5');
    assert.equal(
      writeFilter({ all: [comparison('a'), { any: [comparison('b'), { not: comparison('c') }] }] }),
      "(DeviceModel -eq 'a') -and ((DeviceModel -eq 'b') -or (-not (DeviceModel -eq 'c')))",
    );
  });

  for (const [what, filter] of [
    ['a backtick', comparison('a`b')],
    ['a line break', comparison('a\nb')],
    ['a NUL', comparison('a\0b')],
    ['a typographic quotation mark', comparison('O’Brien')],
    ['a lone surrogate', comparison('\ud83c')],
    ['a property with syntax', { property: 'A -eq 1 -or B', operator: 'eq', value: 1 }],
    ['an unknown operator', { property: 'A', operator: 'match', value: 'x' }],
    ['a fraction', comparison(1.5)],
    ['an empty list of conditions', { all: [] }],
    ['no filter at all', null],
    ['a value that is an object', { property: 'A', operator: 'eq', value: { toString: () => "' -or 1" } }],
  ] as [string, Filter][]) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => writeFilter(filter),
        (error) => isConnectorError(error, 'ERR_INPUT_INVALID'),
      );
    });
  }

  it('reads what administrators write', () => {
    assert.deepEqual(parseFilter("HasActiveSyncDevicePartnership -eq $true -and -not DisplayName -like 'CAS_{*'"), {
      all: [
        { property: 'HasActiveSyncDevicePartnership', operator: 'eq', value: true },
        { not: { property: 'DisplayName', operator: 'like', value: 'CAS_{*' } },
      ],
    });
    assert.deepEqual(parseFilter('a -EQ "x" -or (b -ge 5 -and c -ne $NULL)'), {
      any: [
        { property: 'a', operator: 'eq', value: 'x' },
        {
          all: [
            { property: 'b', operator: 'ge', value: 5 },
            { property: 'c', operator: 'ne', value: null },
          ],
        },
      ],
    });
  });

  for (const text of [
    '',
    ' ',
    'a',
    'a -eq',
    "a -eq 'x",
    "a -eq 'x' extra",
    'a -eq $(Get-Date)',
    'a -eq $env:x',
    "a -eq 'x'; Remove-MobileDevice",
    "a -match 'x'",
    "(a -eq 'x'",
    "a -eq 'x')",
    'a -eq "$x"',
    'a -eq 5d',
    "a -eq 'x' -and",
    '('.repeat(5000),
  ]) {
    it(`refuses the text ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(
        () => parseFilter(text),
        (error) => isConnectorError(error, 'ERR_INPUT_INVALID'),
      );
    });
  }

  it('means the same after being written and read, whatever the values', () => {
    const value = fc.oneof(
      fc
        .string({ unit: 'grapheme', maxLength: 30 })
        .filter((text) => !/[\p{Cc}\p{Cs}\u2028\u2029`\u2018-\u201b]/u.test(text)),
      fc.constantFrom("'", "''", "' -or 'a' -eq 'a", '$true', '")', '* ?'),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
    );
    const leaf = fc.record({
      property: fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/),
      operator: fc.constantFrom(...FILTER_OPERATORS),
      value,
    });
    const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
      filter: fc.oneof(
        { depthSize: 'small', maxDepth: 4 },
        leaf,
        fc.record({ all: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }) }),
        fc.record({ any: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }) }),
        fc.record({ not: tie('filter') }),
      ),
    }));
    fc.assert(
      fc.property(filter, (tree) => {
        assert.deepEqual(parseFilter(writeFilter(tree)), JSON.parse(JSON.stringify(tree)));
      }),
    );
  });

  it('never throws anything but its own error at random text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parseFilter(text);
        } catch (error) {
          assert.ok(isConnectorError(error, 'ERR_INPUT_INVALID'));
        }
      }),
    );
  });
});
