import assert from 'node:assert/strict';
import { approvalOf, approved, isPast } from '../../src/access/approvals.ts';
import { blockVerdict, originInSync } from '../../src/access/block-verdict.ts';
import type { MdmAnswer, TryOrigin } from '../../src/access/block-verdict.ts';
import { guardSnapshots, isWithheld, partOf } from '../../src/access/guard-plan.ts';
import type { GuardedReading, GuardedSnapshot, GuardInput } from '../../src/access/guard-plan.ts';
import { MDM_AWAY } from '../../src/access/mdm-away.ts';
import { afterAttempt, enqueue, overtaken } from '../../src/access/outbox.ts';
import { planChange } from '../../src/access/plan.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import { GIVE_UP_MS, LONGEST_RETRY_MS, nextAttempt } from '../../src/access/retry-schedule.ts';
import { ConnectorError } from '../../src/errors.ts';
import { anEas, unmatched } from '../support/records.ts';

const AT = '2026-06-02T12:00:00.000Z';
const NOW = Date.parse(AT);
const HOUR = 3_600_000;

function aChange(easId: string, action: 'allow' | 'block', code = 'not-enrolled'): PlannedChange {
  const state = action === 'allow' ? 'quarantined' : 'allowed';
  const device = unmatched(anEas({ easId, access: { state } }));
  const reason = { code, text: '', evidence: [] };
  return planChange(device, { action, rule: 'Rule', reason, report: false }, null, { at: AT })!;
}

describe('the snapshot guard', () => {
  const reading = (parts: Partial<GuardedSnapshot> | null = {}): GuardedReading => ({
    scope: 'intune',
    name: 'Intune',
    snapshot: parts && { startedAt: '2026-06-02T00:00:00.000Z', count: 100, previousCount: 100, ...parts },
  });
  const withEasIds = (easIds: number, records = 10) => ({ ios: { records, easIds } });
  const input: GuardInput = { mdm: [reading()], easComplete: true, now: NOW, maxAgeHours: 26, brakePercent: 10 };
  const empty = { count: 0, previousCount: null, content: {} };
  const cases: readonly [sentence: string, Partial<GuardInput>, codes: string[]][] = [
    ['lets a complete, fresh pair through', {}, []],
    ['stops an incomplete reading of Exchange', { easComplete: false }, ['ERR_SNAPSHOT_INCOMPLETE']],
    ['stops a missing MDM reading', { mdm: [reading(null)] }, ['ERR_SNAPSHOT_INCOMPLETE']],
    ['stops when no MDM is known at all', { mdm: [] }, ['ERR_SNAPSHOT_INCOMPLETE']],
    ['stops a stale one', { now: NOW + 15 * HOUR }, ['ERR_SNAPSHOT_STALE']],
    [
      'stops one whose last full reading is stale, though a quick one came after it',
      { mdm: [reading({ fullStartedAt: '2026-05-31T00:00:00.000Z' })] },
      ['ERR_SNAPSHOT_STALE'],
    ],
    ['lets the last fresh hour through', { now: NOW + 14 * HOUR }, []],
    ['stops one from the future', { now: NOW - 13 * HOUR }, ['ERR_SNAPSHOT_STALE']],
    ['stops one with too many records gone', { mdm: [reading({ count: 89 })] }, ['ERR_SNAPSHOT_SHRUNKEN']],
    ['lets a few gone through', { mdm: [reading({ count: 90 })] }, []],
    ['lets a growing one through', { mdm: [reading({ count: 500 })] }, []],
    ['lets a first one through', { mdm: [reading({ previousCount: null })] }, []],
    [
      'stops an empty one where there was one record, at any percentage',
      { mdm: [reading({ count: 0, previousCount: 1 })], brakePercent: 100 },
      ['ERR_SNAPSHOT_SHRUNKEN'],
    ],
    ['stops a first one that is empty', { mdm: [reading(empty)] }, ['ERR_SNAPSHOT_EMPTY']],
    [
      'stops an empty one after an empty one that nobody approved',
      { mdm: [reading({ ...empty, previousCount: 0, believed: null })] },
      ['ERR_SNAPSHOT_EMPTY'],
    ],
    ['lets an empty one through that was approved as empty', { mdm: [reading({ ...empty, believed: {} })] }, []],
    [
      'stops it again when it had records in between',
      { mdm: [reading({ ...empty, previousCount: 3, believed: withEasIds(3, 3) })] },
      ['ERR_SNAPSHOT_SHRUNKEN'],
    ],
    ['stops an empty one beside a full one', { mdm: [reading(), reading(empty)] }, ['ERR_SNAPSHOT_EMPTY']],
    [
      'stops one in which a platform lost all EAS IDs, were it a single one, at any percentage',
      { mdm: [reading({ believed: withEasIds(1), content: withEasIds(0) })], brakePercent: 100 },
      ['ERR_SNAPSHOT_CONTENT'],
    ],
    [
      'stops it though another platform has them still',
      {
        mdm: [
          reading({
            believed: { ...withEasIds(5), android: { records: 5, easIds: 5 } },
            content: { ...withEasIds(5), android: { records: 5, easIds: 0 } },
          }),
        ],
      },
      ['ERR_SNAPSHOT_CONTENT'],
    ],
    [
      'lets one through that has an EAS ID left',
      { mdm: [reading({ believed: withEasIds(9), content: withEasIds(1) })] },
      [],
    ],
    [
      'lets one through whose platform never had any',
      { mdm: [reading({ believed: withEasIds(0), content: withEasIds(0) })] },
      [],
    ],
    [
      'lets a platform through that has no record any more',
      { mdm: [reading({ believed: withEasIds(9), content: {} })] },
      [],
    ],
    ['says nothing about a reading that was not counted', { mdm: [reading({ believed: withEasIds(9) })] }, []],
    ['says nothing without one that was believed', { mdm: [reading({ believed: null, content: withEasIds(0) })] }, []],
    [
      'tells everything that is wrong with a reading',
      { mdm: [reading({ count: 5, believed: withEasIds(9), content: withEasIds(0, 5) })] },
      ['ERR_SNAPSHOT_SHRUNKEN', 'ERR_SNAPSHOT_CONTENT'],
    ],
    ['stops when one of two MDMs is missing', { mdm: [reading(), reading(null)] }, ['ERR_SNAPSHOT_INCOMPLETE']],
  ];
  for (const [sentence, parts, codes] of cases) {
    it(sentence, () =>
      assert.deepEqual(
        guardSnapshots({ ...input, ...parts }).map(({ code }) => code),
        codes,
      ),
    );
  }

  it('says of a reading that is not fresh whether it is too old, or of the future', () => {
    const textAt = (now: number): string[] => guardSnapshots({ ...input, now }).map(({ text }) => text);
    assert.deepEqual(
      [textAt(NOW + 15 * HOUR), textAt(NOW - 13 * HOUR)],
      [
        ['The last complete reading of Intune began at 2026-06-02T00:00:00.000Z, longer ago than 26 hours.'],
        [
          'The last complete reading of Intune began at 2026-06-02T00:00:00.000Z, which is in the future: the clock of this host was wrong then, or is now.',
        ],
      ],
    );
  });

  it('names the source, the platform, and how many had what is gone', () => {
    const mdm = [reading({ believed: withEasIds(9), content: withEasIds(0) })];
    assert.deepEqual(guardSnapshots({ ...input, mdm }), [
      {
        about: 'mdm',
        code: 'ERR_SNAPSHOT_CONTENT',
        text: 'None of the 10 ios records of Intune has an EAS ID any more; 9 had one.',
        doubted: 'intune',
        details: { source: 'intune', platform: 'ios', field: 'easIds', was: 9, is: 0 },
        platforms: ['ios'],
      },
    ]);
  });

  const isKept = (change: PlannedChange, parts: Partial<GuardInput>): boolean =>
    isWithheld(partOf(change), guardSnapshots({ ...input, ...parts }));

  it('withholds what lowers and lets allows pass', () => {
    const changes = [aChange('A', 'allow'), aChange('B', 'block')];
    assert.deepEqual(
      [{ mdm: [reading(null)] }, {}].map((parts) => changes.map((change) => isKept(change, parts))),
      [
        [false, true],
        [false, false],
      ],
    );
  });

  it('lets fail-closed blocks of new devices pass a stale reading, and nothing else', () => {
    const change = aChange('A', 'block', MDM_AWAY);
    const stale = reading({ startedAt: '2026-05-31T00:00:00.000Z' });
    assert.deepEqual(
      [
        [stale],
        [reading(null)],
        [reading({ count: 0 })],
        [reading(empty)],
        [stale, reading(empty)],
        [stale, reading(null)],
      ].map((mdm) => !isKept(change, { mdm })),
      [true, false, false, false, false, false],
    );
  });

  it('does not let fail-closed blocks pass an incomplete reading of Exchange', () => {
    assert.equal(isKept(aChange('A', 'block', MDM_AWAY), { easComplete: false }), true);
  });
});

describe('what a person has approved', () => {
  const approval = { by: 'Ida', at: AT, plan: 'p1', reason: 'ERR_BRAKE' };
  const before = aChange('A', 'block');
  const waiting = approved(before, approval);
  const shrunken = { code: 'ERR_SNAPSHOT_SHRUNKEN' } as const;

  it('counts as planned when it was approved', () =>
    assert.deepEqual(waiting, { ...before, plannedAt: AT, approvedBy: 'Ida', approval }));

  const byGuard = approved(before, { ...approval, reason: shrunken.code });
  const cases: readonly [sentence: string, PlannedChange, PlannedChange, { code: typeof shrunken.code }[], boolean][] =
    [
      ['passes the brake that held it', before, waiting, [], true],
      ['passes the guard that held it', before, byGuard, [shrunken], true],
      ['passes the brake when a guard had held it', before, byGuard, [], true],
      ['meets a guard that nobody approved', before, waiting, [shrunken], false],
      ['is another change for another reason', aChange('A', 'block', 'noncompliant'), waiting, [], false],
      ['is another change for another action', aChange('A', 'allow'), waiting, [], false],
      ['is of one device alone', aChange('B', 'block'), waiting, [], false],
      ['is nothing without the approval', before, before, [], false],
    ];
  for (const [sentence, change, known, problems, passes] of cases) {
    it(sentence, () => {
      const kept = known.key === change.key ? known : null;
      assert.equal(isPast(approvalOf(change, kept)?.reason ?? null, problems), passes);
    });
  }
});

describe('a block right before it is written', () => {
  type Verdict = ReturnType<typeof blockVerdict>;
  const cases: readonly [TryOrigin, doubted: boolean, MdmAnswer | null, unmatched: Verdict, merged: Verdict][] = [
    ['new', false, null, 'write', 'record'],
    ['new', true, null, 'write', 'record'],
    ['again', false, 'unreachable', 'write', 'record'],
    ['again', true, 'unreachable', 'wait', 'wait'],
    ['outside', false, 'unreachable', 'wait', 'wait'],
    ['outside', true, 'unreachable', 'wait', 'wait'],
    ...(['again', 'outside'] as const).flatMap((origin) =>
      [false, true].flatMap((doubted): (typeof cases)[number][] => [
        [origin, doubted, 'same', 'write', 'write'],
        [origin, doubted, 'other', 'wait', 'wait'],
        [origin, doubted, 'no-block', 'wait', 'drop'],
        [origin, doubted, null, 'wait', 'wait'],
      ]),
    ),
  ];
  for (const [origin, doubted, answer, unmatched, merged] of cases) {
    it(`${origin}${doubted ? ', doubted' : ''}, answer ${answer}: ${unmatched}, of a merged device ${merged}`, () =>
      assert.deepEqual(
        [false, true].map((isMerged) => blockVerdict({ origin, doubted, answer, merged: isMerged, quick: false })),
        [unmatched, merged],
      ));
  }

  const afterQuick: readonly [TryOrigin, MdmAnswer | null, unmatched: Verdict, merged: Verdict][] = [
    ['new', null, 'wait', 'record'],
    ['new', 'same', 'write', 'record'],
    ['new', 'other', 'wait', 'record'],
    ['new', 'no-block', 'wait', 'record'],
    ['new', 'unreachable', 'wait', 'record'],
    ['again', 'same', 'write', 'write'],
    ['again', 'unreachable', 'wait', 'record'],
    ['outside', 'same', 'write', 'write'],
    ['outside', 'unreachable', 'wait', 'wait'],
  ];
  for (const [origin, answer, unmatched, merged] of afterQuick) {
    it(`${origin} by a quick reading, answer ${answer}: ${unmatched}, of a merged device ${merged}`, () =>
      assert.deepEqual(
        [false, true].map((isMerged) =>
          blockVerdict({ origin, doubted: false, answer, merged: isMerged, quick: true }),
        ),
        [unmatched, merged],
      ));
  }

  const at = (hour: number): string => new Date(NOW + hour * HOUR).toISOString();
  const origins: readonly [
    sentence: string,
    createdAt: string,
    doubtedAt: string | undefined,
    string | null,
    TryOrigin,
  ][] = [
    ['planned by this sync is new', at(2), undefined, at(-1), 'new'],
    ['planned before, decided by a reading that began later, is new', at(0), undefined, at(1), 'new'],
    ['planned before, decided by the reading of before, is decided again', at(0), undefined, at(-1), 'again'],
    ['planned before, decided without any reading, is decided again', at(0), undefined, null, 'again'],
    ['doubted after the reading is decided again', at(-2), at(0), at(-1), 'again'],
    ['doubted while the sync decides is decided again', at(-2), at(3), at(1), 'again'],
    ['doubted before the reading is new', at(-2), at(0), at(1), 'new'],
  ];
  for (const [sentence, createdAt, doubtedAt, mdmReadAt, origin] of origins)
    it(sentence, () => assert.equal(originInSync({ createdAt, doubtedAt }, { at: at(2), mdmReadAt }), origin));
});

describe('the outbox', () => {
  const change = aChange('A', 'block');
  const pending = enqueue(change, null, AT);
  const failed = {
    outcome: 'failed',
    change,
    at: AT,
    text: 'No.',
    error: new ConnectorError('ERR_HTTP_RESET', 'No.'),
  } as const;

  it('has a new change due at once', () => {
    assert.deepEqual(pending, {
      key: change.key,
      organization: 'org',
      mailboxId: change.mailboxId,
      state: 'planned',
      turn: 1,
      attempts: 0,
      createdAt: AT,
      nextAttemptAt: AT,
      lastError: null,
      change,
    });
  });

  it('is done with a change that was applied, was so already, was dropped or left', () => {
    for (const outcome of ['applied', 'already', 'dropped', 'left'] as const) {
      assert.equal(afterAttempt(pending, { outcome, change, at: AT }, NOW), null);
    }
  });

  it('tries a failed change again with growing waits, for a week, then wants attention', () => {
    let now = NOW;
    let next = afterAttempt(pending, failed, now);
    const waits: number[] = [];
    while (next?.state === 'later') {
      waits.push(Date.parse(next.nextAttemptAt) - now);
      now = Date.parse(next.nextAttemptAt);
      next = afterAttempt(next, failed, now);
    }
    assert.deepEqual(
      waits.slice(0, 10).map((wait) => wait / 60_000),
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 360],
    );
    assert.ok(waits.every((wait) => wait <= LONGEST_RETRY_MS));
    assert.ok(now - NOW <= GIVE_UP_MS && now - NOW > GIVE_UP_MS - LONGEST_RETRY_MS);
    assert.equal(next?.state, 'attention');
    assert.deepEqual(next?.lastError?.code, 'ERR_HTTP_RESET');
  });

  it('wants attention at once for a change that can never be made', () => {
    assert.equal(afterAttempt(pending, { outcome: 'refused', change, at: AT }, NOW)?.state, 'attention');
  });

  it('keeps the tries when the same change is planned again, and starts anew for another', () => {
    const tried = afterAttempt(pending, failed, NOW)!;
    const later = '2026-06-02T13:00:00.000Z';
    assert.deepEqual(enqueue(change, tried, later), { ...tried, change });
    // The clock was ahead when it was tried, and is right again.
    const ahead = { ...tried, nextAttemptAt: new Date(NOW + 72 * HOUR).toISOString() };
    assert.equal(enqueue(change, ahead, later).nextAttemptAt, later);
    assert.equal(enqueue(change, { ...ahead, createdAt: ahead.nextAttemptAt }, later).createdAt, later);
    assert.equal(enqueue(aChange('A', 'allow'), tried, later).attempts, 0);
    assert.equal(enqueue(change, { ...tried, state: 'attention' }, later).attempts, 0);
  });

  it('keeps what waits for a sync as it is, and has it due at once when that sync wants it too', () => {
    const tried = afterAttempt(pending, failed, NOW)!;
    const text = 'The MDM cannot be asked.';
    const waits = afterAttempt(tried, { outcome: 'waits', change, at: AT, text }, NOW)!;
    assert.deepEqual(waits, { ...tried, state: 'next-sync', change: { ...change, waits: { at: AT, text } } });
    const later = '2026-06-02T13:00:00.000Z';
    assert.deepEqual(enqueue(change, waits, later), { ...tried, nextAttemptAt: later, change });
    const doubted = afterAttempt(tried, { outcome: 'waits', change, at: AT, text, otherwise: true }, NOW)!;
    const again = enqueue(change, doubted, later);
    assert.deepEqual(again, { ...tried, nextAttemptAt: later, change: { ...change, doubtedAt: AT } });
    assert.equal(enqueue(change, again, later).change.doubtedAt, AT, 'as long as it waits');
    assert.equal(enqueue(aChange('A', 'allow'), doubted, later).change.doubtedAt, undefined);
  });

  it('drops what a newer sync does not want any more, and only that', () => {
    const other = enqueue(aChange('B', 'block'), null, AT);
    const unseen = enqueue(aChange('C', 'block'), null, AT);
    const decided = new Set([pending.key, other.key]);
    assert.deepEqual(overtaken([pending, other, unseen], decided, [other.change]), [pending]);
    assert.deepEqual(overtaken([pending], decided, [aChange('A', 'allow')]), [pending]);
  });

  it('never waits a negative or endless time', () => {
    assert.deepEqual(nextAttempt(0, NOW, NOW), { kind: 'retry', at: NOW + 60_000 });
    assert.deepEqual(nextAttempt(10_000, NOW, NOW), { kind: 'retry', at: NOW + LONGEST_RETRY_MS });
  });
});
