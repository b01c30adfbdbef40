/** Numbers, times and bars as the console shows them. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { agoText, barsOf, boundTexts, dayText, numberText, spanText, sumOf } from '../../src/console-page/figures.ts';

describe('times in the console', () => {
  for (const [seconds, english, german] of [
    [0, '0 seconds ago', 'vor 0 Sekunden'],
    [89, '89 seconds ago', 'vor 89 Sekunden'],
    [90, '2 minutes ago', 'vor 2 Minuten'],
    [5_399, '90 minutes ago', 'vor 90 Minuten'],
    [5_400, '2 hours ago', 'vor 2 Stunden'],
    [129_599, '36 hours ago', 'vor 36 Stunden'],
    [129_600, '2 days ago', 'vor 2 Tagen'],
  ] as const)
    it(`say that ${seconds} seconds ago is "${english}"`, () => {
      assert.deepEqual([agoText(seconds, 'en'), agoText(seconds, 'de')], [english, german]);
    });

  for (const [seconds, english] of [
    [0, '0 sec'],
    [0.021, '21 ms'],
    [1.24, '1.2 sec'],
    [60, '60 sec'],
    [300, '5 min'],
    [3_600, '60 min'],
    [14_400, '4 hr'],
    [604_800, '7 days'],
  ] as const)
    it(`say that ${seconds} seconds last "${english}"`, () => {
      assert.equal(spanText(seconds, 'en'), english);
    });

  it('name a day of UTC as that day, wherever somebody looks', () => {
    assert.deepEqual([dayText('2026-06-02', 'en'), dayText('2026-06-02', 'de')], ['Jun 2', '2. Juni']);
    assert.deepEqual([numberText(12_345, 'en'), numberText(12_345, 'de')], ['12,345', '12.345']);
  });

  it('name the bounds of waiting, and what is longer than all of them', () => {
    assert.deepEqual(boundTexts([60, 300], 'en', 'more than {span}'), ['60 sec', '5 min', 'more than 5 min']);
  });
});

describe('bars in the console', () => {
  const size = { width: 300, height: 60 };

  it('are as high as their share of the highest', () => {
    assert.deepEqual(
      barsOf([0, 1, 2], size).map(({ height, y }) => [height, y]),
      [
        [0, 60],
        [30, 30],
        [60, 0],
      ],
    );
  });

  it('stay within the chart and apart, and show whatever is more than nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), (values) => {
        const bars = barsOf(values, size);
        assert.equal(bars.length, values.length);
        for (const [n, { x, y, width, height }] of bars.entries()) {
          assert.ok(x >= 0 && x + width <= size.width && y >= 0 && y + height <= size.height + 1e-9);
          assert.ok(values[n] === 0 ? height === 0 : height >= 1);
          assert.ok(n === 0 || x >= (bars[n - 1]?.x ?? 0) + (bars[n - 1]?.width ?? 0));
        }
        assert.ok(sumOf(values) === 0 || Math.max(...bars.map(({ height }) => height)) === size.height);
      }),
    );
  });
});
