/** When an account counts as one that nobody uses: the truth table, row by row. */
import assert from 'node:assert/strict';
import { blockedSince, mayBeIdle, withLastAttempt } from '../../src/access/idle.ts';
import type { IdleContext } from '../../src/access/idle.ts';
import type { DeviceRecord, ReasonCode } from '../../src/model/records.ts';
import { anEas, anMdm, merged, unmatched } from '../support/records.ts';

const DAY = 86_400_000;
const TOLD = Date.parse('2026-06-01T08:00:00.000Z');
const at = (days: number): string => new Date(TOLD + days * DAY).toISOString();
const minutes = (count: number): number => count / 1440;

function device(code: ReasonCode, firstSyncAt: string | null = at(-400)): DeviceRecord {
  return { ...unmatched(anEas({ firstSyncAt })), reason: { code, text: 'As the match says.' } };
}

function told(days: number | null, more: Partial<IdleContext> = {}): IdleContext {
  const lastAttemptAt = days === null ? null : at(days);
  return { told: { lastAttemptAt, toldAt: at(0) }, blockedAt: null, idleDays: 30, ...more };
}

function codeOf(code: ReasonCode, context: IdleContext, firstSyncAt?: string | null): ReasonCode {
  return withLastAttempt(device(code, firstSyncAt), context).reason.code;
}

describe('an unmatched device', () => {
  for (const code of ['not-enrolled', 'needs-activation', 'not-native-client'] as const) {
    describe(`that is ${code}`, () => {
      it('is idle if it has not tried to sync for the days', () => {
        assert.equal(codeOf(code, told(-30)), 'idle');
        assert.equal(codeOf(code, told(-200)), 'idle');
      });

      it('is not idle if it has tried to since', () => assert.equal(codeOf(code, told(-30 + minutes(1))), code));

      it('is not idle if Exchange was not asked, or tells of no attempt', () => {
        assert.equal(codeOf(code, { told: null, blockedAt: null, idleDays: 30 }), code);
        assert.equal(codeOf(code, told(null)), code);
      });

      it('is not idle if the attempt is of the future', () => assert.equal(codeOf(code, told(5)), code));

      it('is not idle if its attempt was its first sync, or nobody knows when that was', () => {
        assert.equal(codeOf(code, told(-200), at(-200)), code);
        assert.equal(codeOf(code, told(-200), at(-100)), code);
        assert.equal(codeOf(code, told(-200), null), code);
      });

      it('is never idle with 0 days', () => assert.equal(codeOf(code, told(-200, { idleDays: 0 })), code));

      it('stays idle once it is blocked, however much time passes', () => {
        assert.equal(codeOf(code, told(-200, { blockedAt: at(-100) })), 'idle');
      });

      it('is idle no more once it has tried again since the block', () => {
        assert.equal(codeOf(code, told(-1, { blockedAt: at(-100) })), code);
        assert.equal(codeOf(code, told(-99, { blockedAt: at(-100) })), code);
      });

      it('does not become idle after it was blocked aloud, however long it does not try', () => {
        assert.equal(codeOf(code, told(-101, { blockedAt: at(-100) })), code);
        assert.equal(codeOf(code, told(-20, { blockedAt: at(15) })), code, 'the block was long on its way');
      });
    });
  }

  it('says since when it has not tried, and that is evidence', () => {
    const idle = withLastAttempt(device('not-enrolled'), told(-200));
    assert.deepEqual(idle.reason, {
      code: 'idle',
      text: `The device has not tried to sync since ${at(-200)}, for 30 days or more.`,
    });
    assert.deepEqual(idle.match, { by: null, evidence: [`last attempt to sync: ${at(-200)}`] });
    assert.equal(idle.eas?.lastSyncAt, at(-200));
  });

  it('has its last attempt in its record, idle or not, unless the record tells it itself', () => {
    assert.equal(withLastAttempt(device('ambiguous'), told(-5)).eas?.lastSyncAt, at(-5));
    const itself = unmatched(anEas({ lastSyncAt: at(-2) }));
    assert.equal(withLastAttempt(itself, told(-5)).eas?.lastSyncAt, at(-2));
    assert.equal(withLastAttempt(device('ambiguous'), told(5)).eas?.lastSyncAt, undefined);
  });
});

describe('a superseded device', () => {
  it('stays so, asked or not, blocked or not', () => {
    for (const context of [
      told(-200),
      told(-1),
      told(null),
      { told: null, blockedAt: at(-1), idleDays: 30 },
      told(-11, { blockedAt: at(-10) }),
      told(-10, { blockedAt: at(-10) }),
    ])
      assert.equal(codeOf('superseded', context), 'superseded');
  });

  it('is not enrolled once it has tried again since we blocked it, whatever days count as idle', () => {
    const again = withLastAttempt(device('superseded'), told(-5, { blockedAt: at(-10), idleDays: 0 }));
    assert.deepEqual(again.reason, {
      code: 'not-enrolled',
      text: `Its mailbox has a newer account in its place, and it has tried to sync again at ${at(-5)}.`,
    });
  });

  it('has not tried again by what it tried before it was superseded, though it was blocked long before that', () => {
    const since = (days: number): DeviceRecord => {
      const one = device('superseded');
      return { ...one, reason: { ...one.reason, since: at(days) } };
    };
    const blocked = { blockedAt: at(-100) };
    assert.equal(withLastAttempt(since(-5), told(-5, blocked)).reason.code, 'superseded');
    assert.equal(withLastAttempt(since(-5), told(-4, blocked)).reason.code, 'not-enrolled');
    assert.equal(withLastAttempt(since(-200), told(-100, blocked)).reason.code, 'superseded');
  });

  it('has not tried again if that was in the minutes in which two clocks may differ, or in the future', () => {
    assert.equal(codeOf('superseded', told(-10 + minutes(10), { blockedAt: at(-10) })), 'superseded');
    assert.equal(codeOf('superseded', told(-10 + minutes(11), { blockedAt: at(-10) })), 'not-enrolled');
    assert.equal(codeOf('superseded', told(1, { blockedAt: at(-10) })), 'superseded');
  });
});

describe('any other device', () => {
  it('keeps its reason', () => {
    const codes = ['ambiguous', 'other-user', 'returned-with-new-id', 'snapshot-incomplete'] as const;
    for (const code of codes) assert.equal(codeOf(code, told(-200)), code);
    assert.equal(withLastAttempt(merged(anEas(), anMdm()), told(-200)).reason.code, 'merged');
  });

  it('is not worth asking for', () => {
    assert.equal(mayBeIdle(device('not-enrolled')), true);
    assert.equal(mayBeIdle(device('superseded')), false);
    assert.equal(mayBeIdle(merged(anEas(), anMdm())), false);
  });
});

it('a device is blocked since our entry on the blocked list was written', () => {
  assert.equal(blockedSince([{ list: 'allowed', writtenAt: at(1) }]), null);
  assert.equal(
    blockedSince([
      { list: 'allowed', writtenAt: at(1) },
      { list: 'blocked', writtenAt: at(2) },
    ]),
    at(2),
  );
});
