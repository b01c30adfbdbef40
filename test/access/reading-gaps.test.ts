import assert from 'node:assert/strict';
import { decideWithGaps } from '../../src/access/reading-gaps.ts';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { anEas, unmatched } from '../support/records.ts';

const decision = (action: AccessDecision['action']): AccessDecision => ({
  action,
  rule: 'Not enrolled',
  reason: { code: 'not-enrolled', text: 'The user has no such device in the MDM.', evidence: ['seen'] },
  report: false,
});

describe('a device of a mailbox of which Exchange could not read everything', () => {
  for (const [action, listed, stays] of [
    ['allow', null, true],
    ['allow', 'blocked', true],
    ['leave', null, true],
    ['block', 'blocked', true],
    ['block', null, false],
    ['block', 'allowed', false],
    ['release', 'allowed', false],
    ['release', 'blocked', true],
    ['release', null, true],
  ] as const) {
    it(`is ${stays ? 'decided by the rules' : 'left'} for ${action} while it is on ${listed ?? 'no'} list`, () => {
      const device = unmatched(anEas({ access: { state: 'allowed', listed } }));
      assert.deepEqual(decideWithGaps(device, decision(action), false), decision(action));
      assert.deepEqual(
        decideWithGaps(device, decision(action), true),
        stays
          ? decision(action)
          : {
              action: 'leave',
              rule: 'Gap in the reading',
              reason: {
                code: 'snapshot-incomplete',
                text: 'Exchange could not read everything of this mailbox, so nothing of it is lowered. Without that: The user has no such device in the MDM.',
                evidence: ['seen'],
              },
              report: true,
            },
      );
    });
  }
});
