/** How long the demo's people wait, and how that is shown. */
import assert from 'node:assert/strict';
import { delaysBetween, histogramOf, sentenceOf, summaryOf } from '../../scripts/demo/delays.ts';

describe('the delays of the demo', () => {
  const phones = [
    { added: 1, blocked: 2, mailed: 2, enrolled: 3, allowed: 4 },
    { added: 1, blocked: 3, mailed: 4, enrolled: 4, allowed: 4 },
    // Enrolled before it was blocked: it waits for something else.
    { added: 1, blocked: 9, mailed: 9, enrolled: 1 },
    { added: 2 },
  ];

  it('are those of phones that were not enrolled when they were blocked', () => {
    assert.deepEqual(delaysBetween(phones, 'added', 'mailed'), [1, 3]);
    assert.deepEqual(delaysBetween(phones, 'enrolled', 'allowed'), [1, 1]);
    assert.deepEqual(summaryOf([1, 3]), { median: 1, worst: 3 });
    assert.equal(summaryOf([]), null);
  });

  it('are a sentence, in syncs and in minutes of the example', () => {
    assert.deepEqual(sentenceOf('Until the mail', [1, 3]), [
      'Until the mail: 1 of its syncs at the median, 3 at worst; at most 2 and 6 minutes with the times of the example.',
    ]);
    assert.deepEqual(sentenceOf('Until the mail', []), []);
  });

  it('are a bar for each number of syncs up to the worst', () => {
    assert.deepEqual(histogramOf([1, 1, 1, 1, 3]), [
      `   1 sync   ${'█'.repeat(24)} 4`,
      '   2 syncs  0',
      `   3 syncs  ${'█'.repeat(6)} 1`,
    ]);
    assert.deepEqual(histogramOf([]), []);
  });
});
