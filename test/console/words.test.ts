/** What a code of the console's answers is called. */
import assert from 'node:assert/strict';
import { coded } from '../../src/console/words.ts';

describe('a code in the answers of the console', () => {
  for (const [code, text] of [
    ['not-enrolled', 'not enrolled'],
    ['waits-for-sync', 'waits for sync'],
    ['Ticket INC-1234: 3-day loan', 'Ticket INC-1234: 3-day loan'],
    ['constructor', 'constructor'],
  ] as const)
    it(`is “${text}” for ${code}`, () => {
      assert.deepEqual(coded('reason', code), { code, text });
    });
});
