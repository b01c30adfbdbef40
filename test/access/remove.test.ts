/** Which partnerships are removed: the truth table, row by row. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { isUnused, planRemoval } from '../../src/access/remove.ts';
import type { RemovableDevice } from '../../src/access/remove.ts';
import type { DeviceRecord, ReasonCode } from '../../src/model/records.ts';
import { anEas, anMdm, merged, unmatched } from '../support/records.ts';

const DAY = 86_400_000;
const ASKED = Date.parse('2026-06-01T08:00:00.000Z');
const at = (days: number): string => new Date(ASKED + days * DAY).toISOString();
const DAYS = 180;

const decided = (action: AccessDecision['action']): AccessDecision => ({
  action,
  rule: 'Not managed',
  reason: { code: 'idle', text: 'Idle.', evidence: [] },
  report: false,
});

function record(code: ReasonCode, lastSyncAt: string | null = at(-200)): DeviceRecord {
  const access = { state: 'blocked', reason: 'individual', listed: 'blocked' } as const;
  return unmatched(anEas({ access, firstSyncAt: at(-900), lastSyncAt }), code);
}

const OURS = { list: 'blocked', state: 'owned', writtenAt: at(-100) } as const;

function judged(more: Partial<RemovableDevice> = {}): RemovableDevice {
  return { device: record('idle'), entries: [OURS], decision: decided('block'), ...more };
}

const isRemoved = (device: RemovableDevice, removeIdleDays = DAYS): boolean =>
  planRemoval(device, { removeIdleDays, at: at(0) }) !== null;

describe('the partnership of a device that we block', () => {
  for (const code of ['idle', 'superseded'] as const)
    it(`is removed if the device is ${code} and nothing has tried for the days`, () =>
      assert.equal(isRemoved(judged({ device: record(code) })), true));

  it('is removed with a change that edits no list, and says why', () => {
    const { decision, ...change } = planRemoval(judged(), { removeIdleDays: DAYS, at: at(0) })!;
    const { key, eas } = record('idle');
    assert.deepEqual(change, {
      key,
      organization: 'org',
      mailboxId: eas!.mailbox.id,
      easId: eas!.easId,
      action: 'remove',
      from: 'blocked',
      to: 'blocked',
      edit: {},
      lowers: false,
      plannedAt: at(0),
      device: record('idle'),
    });
    const text = `Nothing has tried to sync since ${at(-200)}, and we have blocked it since ${at(-100)}. Its partnership is removed, our entry stays.`;
    const reason = { code: 'partnership-unused', text, evidence: [] };
    assert.deepEqual(decision, { action: 'block', rule: 'Removal', reason, report: false });
  });

  const stays: readonly (readonly [string, RemovableDevice, number?])[] = [
    ['with 0 days', judged(), 0],
    ['if we have no entry of it', judged({ entries: [] })],
    ['if our entry is under way', judged({ entries: [{ ...OURS, state: 'adding' }] })],
    ['if our entry is being taken off', judged({ entries: [{ ...OURS, state: 'removing' }] })],
    ['if we have an entry on the allowed list too', judged({ entries: [OURS, { ...OURS, list: 'allowed' }] })],
    ['if its list does not show our entry', judged({ device: unmatched(anEas({ lastSyncAt: at(-200) }), 'idle') })],
    ['if it is merged', judged({ device: merged(record('idle').eas, anMdm()) })],
    [
      'if it was bound by a click',
      judged({ device: { ...record('idle'), match: { by: 'activation', evidence: [] } } }),
    ],
    ...(['allow', 'release', 'leave'] as const).map(
      (action) => [`if the rules say ${action}`, judged({ decision: decided(action) })] as const,
    ),
    ...(['not-enrolled', 'needs-activation', 'not-native-client', 'ambiguous', 'other-user'] as const).map(
      (code) => [`if it is ${code}`, judged({ device: record(code) })] as const,
    ),
    ['if Exchange tells of no attempt', judged({ device: record('idle', null) })],
    ['if it was tried less long ago', judged({ device: record('idle', at(-179)) })],
    ['if the attempt is in the future', judged({ device: record('idle', at(1)) })],
    ['if the attempt is before the first sync', judged({ device: record('idle', at(-901)) })],
    ['if it was tried after our block', judged({ entries: [{ ...OURS, writtenAt: at(-201) }] })],
  ];
  for (const [when, device, days] of stays) it(`stays ${when}`, () => assert.equal(isRemoved(device, days), false));
});

describe('an account', () => {
  it('is unused from the day on, and not a millisecond before', () => {
    const lastTry = { lastAttemptAt: at(-DAYS), firstSyncAt: at(-900), blockedAt: at(-1) };
    assert.equal(isUnused({ ...lastTry, askedAt: at(0) }, DAYS), true);
    assert.equal(isUnused({ ...lastTry, askedAt: new Date(ASKED - 1).toISOString() }, DAYS), false);
  });

  it('is never unused without a first sync that Exchange tells', () => {
    const lastTry = { lastAttemptAt: at(-DAYS), askedAt: at(0), blockedAt: at(-1) };
    assert.equal(isUnused({ ...lastTry, firstSyncAt: null }, DAYS), false);
  });

  it('is used again after any attempt since our block, whatever the days', () =>
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.integer({ min: -10, max: 1000 }), (blocked, later, days) => {
        const lastTry = { lastAttemptAt: at(later - blocked), firstSyncAt: at(-9000), blockedAt: at(-blocked) };
        assert.equal(isUnused({ ...lastTry, askedAt: at(0) }, days), false);
      }),
    ));
});
