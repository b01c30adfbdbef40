/** Whether why a device stands blocked is news. */
import assert from 'node:assert/strict';
import { causeOf, judgeCause } from '../../src/access/changed-cause.ts';
import type { ToldCause } from '../../src/model/personal-lists.ts';
import type { Decision, DeviceRecord } from '../../src/model/records.ts';
import { anEas, anMdm, merged, unmatched } from '../support/records.ts';

const blockOf = (device: DeviceRecord, code: string = device.reason.code): Decision => ({
  action: 'block',
  rule: 'a rule',
  reason: { code, text: '', evidence: [] },
});
const NOT_ENROLLED: ToldCause = { reason: 'not-enrolled', kind: 'not-enrolled' };

describe('the cause of a block', () => {
  it("is its rule's own word and the mail it leads to; of an account that nobody uses, that", () => {
    const unused = unmatched(anEas(), 'idle');
    assert.deepEqual(causeOf(unmatched(), blockOf(unmatched(), 'private')), {
      reason: 'private',
      kind: 'not-enrolled',
    });
    assert.deepEqual(causeOf(unused, blockOf(unused, 'private')), { reason: 'idle', kind: null });
  });

  const wiped = { ...merged(anEas(), { ...anMdm({ compliance: 'noncompliant' }), removal: 'wipe' as const }) };
  const cases: readonly (readonly [
    what: string,
    told: ToldCause | null,
    device: DeviceRecord,
    code: string,
    expected: ReturnType<typeof judgeCause>,
  ])[] = [
    ['that nobody knows counts as told', null, unmatched(), 'not-enrolled', 'keep'],
    [
      'that nobody knows is told if it waits for a link that was never mailed',
      null,
      unmatched(anEas(), 'needs-activation'),
      'needs-activation',
      'tell-unmailed',
    ],
    ['that is the same is no news', NOT_ENROLLED, unmatched(), 'not-enrolled', 'same'],
    [
      'that leads to another mail is news',
      NOT_ENROLLED,
      unmatched(anEas(), 'needs-activation'),
      'needs-activation',
      'tell',
    ],
    [
      "that leads to another mail is news, though its rule's word is the same",
      { reason: 'private', kind: 'not-enrolled' },
      unmatched(anEas(), 'needs-activation'),
      'private',
      'tell',
    ],
    ['that turns quiet is kept', NOT_ENROLLED, unmatched(anEas(), 'idle'), 'idle', 'keep'],
    ['that was quiet and is not any more is news', { reason: 'idle', kind: null }, unmatched(), 'not-enrolled', 'tell'],
    [
      'that goes from one quiet reason to another is kept',
      { reason: 'idle', kind: null },
      unmatched(anEas(), 'superseded'),
      'superseded',
      'keep',
    ],
    ['that has another word without a mail is news', NOT_ENROLLED, unmatched(anEas(), 'ambiguous'), 'strict', 'tell'],
    [
      'that leads to no mail any more is kept',
      { reason: 'noncompliant', kind: 'noncompliant' },
      wiped,
      'noncompliant',
      'keep',
    ],
  ];
  for (const [what, told, device, code, expected] of cases)
    it(what, () => {
      assert.equal(judgeCause(told, device, blockOf(device, code)), expected);
    });
});
