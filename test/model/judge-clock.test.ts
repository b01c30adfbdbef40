/** What is said of the difference between a server's clock and ours. */
import assert from 'node:assert/strict';
import { COMMON_EN } from '../../src/model/check-words.ts';
import { judgeClock } from '../../src/model/judge-clock.ts';
import { valueInWords } from '../../src/model/say.ts';

/** What is found, in English. */
function found(...clock: Parameters<typeof judgeClock>): { verdict: string; seen: string } {
  const { verdict, seen } = judgeClock(...clock);
  return { verdict, seen: valueInWords(seen, { language: 'en', sayings: COMMON_EN }) };
}

describe('what is said of clocks', () => {
  for (const [seconds, verdict, seen] of [
    [0, 'clock.same', 'The clock of Graph agrees with this one, within 2 s.'],
    [-32, 'clock.same', 'The clock of Graph is 32 s behind this one, measured to 2 s.'],
    [33, 'clock.apart', 'The clock of Graph is 33 s ahead of this one, measured to 2 s.'],
    [-302, 'clock.apart', 'The clock of Graph is 302 s behind this one, measured to 2 s.'],
    [303, 'clock.far', 'The clock of Graph is 303 s ahead of this one, measured to 2 s.'],
    [-86_400, 'clock.far', 'The clock of Graph is 86400 s behind this one, measured to 2 s.'],
  ] as const) {
    it(`is ${verdict} of ${seconds} s, measured to 2`, () => {
      assert.deepEqual(found('Graph', { offsetMs: seconds * 1000, marginMs: 2000 }), { verdict, seen });
    });
  }
  it('is that they were not told where no answer had a date', () => {
    assert.deepEqual(found('Exchange', null), { verdict: 'clock.untold', seen: 'No answer had a date.' });
  });
});
