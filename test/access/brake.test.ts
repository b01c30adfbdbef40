/** What one sync, and a day, may take away, and what becomes of each part of a plan. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { brakeLimit, judgePlan } from '../../src/access/brake.ts';
import type { BrakeLimits } from '../../src/access/brake.ts';
import { countMailboxes, sumOfMailboxes } from '../../src/access/mailbox-counts.ts';
import { classOf, PlanTally, sumUp } from '../../src/access/plan-tally.ts';
import { planChange } from '../../src/access/plan.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import type { ReasonCode } from '../../src/model/records.ts';
import { anEas, guid, unmatched } from '../support/records.ts';

const AT = '2026-06-02T12:00:00.000Z';
const NOBODY = { known: 0, new: 0 };

describe('the brake', () => {
  it('is the larger of count and share', () => {
    assert.deepEqual(
      [
        brakeLimit({ brakePercent: 10, brakeCount: 5 }, 10),
        brakeLimit({ brakePercent: 10, brakeCount: 5 }, 99),
        brakeLimit({ brakePercent: 0, brakeCount: 0 }, 99),
      ],
      [5, 9, 0],
    );
  });
});

describe('a plan with so many changes of each kind', () => {
  const STALE = { about: 'mdm', code: 'ERR_SNAPSHOT_STALE', text: 'Too old.' } as const;
  const EMPTY = { about: 'mdm', code: 'ERR_SNAPSHOT_EMPTY', text: 'Nothing there.' } as const;
  const LOST = {
    about: 'mdm',
    code: 'ERR_SNAPSHOT_CONTENT',
    text: 'Lost.',
    doubted: 'intune',
    details: { source: 'intune', platform: 'android', field: 'easIds', was: 40, is: 20 },
    platforms: ['android'],
  } as const;
  const plain = { kind: 'known', platform: 'ios', source: null, unknownTo: ['intune'], approvedFor: null } as const;
  const opens = { ...plain, name: 'opens', part: 'opens', count: 4, lowering: 0 } as const;
  const shuts = { ...plain, name: 'shuts', part: 'shuts', count: 3, lowering: 3 } as const;
  const away = { ...plain, name: 'away', part: 'away', count: 3, lowering: 3 } as const;
  const already = { ...shuts, name: 'shuts already', lowering: 0 };
  const approvedOnes = { ...shuts, name: 'shuts ERR_BRAKE', approvedFor: 'ERR_BRAKE' } as const;
  const fresh = { ...shuts, name: 'shuts new', kind: 'new' } as const;
  const idle = { ...shuts, name: 'shuts idle', kind: 'idle' } as const;
  const superseded = { ...shuts, name: 'shuts superseded', kind: 'superseded', count: 99, lowering: 99 } as const;
  const all = [opens, shuts, away, approvedOnes];
  const TIGHT = {
    brakePercent: 1,
    brakeCount: 1,
    mailboxes: 200,
    devices: 299,
    brakePerDay: null,
    today: NOBODY,
    firstReadOf: [],
  };
  const ZERO = { ...TIGHT, brakePercent: 0, brakeCount: 0 };
  const WIDE = { ...TIGHT, brakePercent: 100, brakeCount: 0 };
  const FIRST = { ...WIDE, devices: 20, firstReadOf: ['Intune', 'Jamf'] };
  /** Each device has a mailbox of its own. */
  const mailboxes = { opens: 4, shuts: 3, away: 3, 'shuts already': 3, 'shuts ERR_BRAKE': 3, 'shuts new': 3 };
  const two = { ...mailboxes, shuts: 2 };
  const braked = (count: number): string => `${count} mailboxes would lose access; the brake allows 2 of 200.`;
  const NEW = '3 mailboxes would lose access for devices first seen within a day; the brake allows 2 of 200.';

  const cases: readonly [
    string,
    Parameters<typeof judgePlan>,
    verdicts: string[],
    code: string | null,
    text?: string,
  ][] = [
    [
      'lets as many blocks through as the brake allows',
      [all, mailboxes, [], WIDE],
      ['goes', 'goes', 'goes', 'goes'],
      null,
    ],
    [
      'holds every block when there is one too many, and lets every allow through',
      [[opens, shuts], mailboxes, [], TIGHT],
      ['goes', 'held'],
      'ERR_BRAKE',
      braked(3),
    ],
    [
      'counts a mailbox once, whatever the number of its devices',
      [[{ ...shuts, count: 50, lowering: 50 }], { shuts: 1 }, [], TIGHT],
      ['goes'],
      null,
    ],
    [
      'counts a mailbox once that has changes of two classes',
      [
        [
          { ...shuts, lowering: 2 },
          { ...away, lowering: 2 },
        ],
        { 'away\nshuts': 2 },
        [],
        TIGHT,
      ],
      ['goes', 'goes'],
      null,
    ],
    [
      'does not count allows, or blocks of what is blocked already',
      [[opens, already], mailboxes, [], TIGHT],
      ['goes', 'goes'],
      null,
    ],
    ['does not count what was approved', [[opens, approvedOnes], mailboxes, [], TIGHT], ['goes', 'goes'], null],
    ['holds for one reason', [all, mailboxes, [], TIGHT], ['goes', 'held', 'held', 'goes'], 'ERR_BRAKE', braked(6)],
    [
      'holds new devices alone when they are too many, and lets the others go',
      [[{ ...shuts, lowering: 2 }, fresh], two, [], TIGHT],
      ['goes', 'held'],
      'ERR_BRAKE',
      NEW,
    ],
    [
      'holds the others alone when they are too many, and lets new devices go',
      [[shuts, { ...fresh, lowering: 2 }], { shuts: 3, 'shuts new': 2 }, [], TIGHT],
      ['held', 'goes'],
      'ERR_BRAKE',
      braked(3),
    ],
    [
      'says of both kinds when both are too many',
      [[shuts, fresh], mailboxes, [], TIGHT],
      ['held', 'held'],
      'ERR_BRAKE',
      `${braked(3)} ${NEW}`,
    ],
    [
      'sets the thousands in what it says apart',
      [
        [
          { ...shuts, count: 12_345, lowering: 12_345 },
          { ...idle, count: 1_204, lowering: 1_204 },
        ],
        { shuts: 12_345 },
        [],
        { ...TIGHT, mailboxes: 200_000, devices: 100_000 },
      ],
      ['held', 'held'],
      'ERR_BRAKE',
      '12,345 mailboxes would lose access; the brake allows 2,000 of 200,000. 1,204 devices would be blocked as idle; the brake allows 1,000 of 100,000.',
    ],
    [
      'sets the thousands of a day apart',
      [
        [{ ...shuts, lowering: 1_500 }],
        { shuts: 1_500 },
        [],
        { ...TIGHT, mailboxes: 200_000, today: { known: 5_000, new: 0 } },
      ],
      ['held'],
      'ERR_BRAKE',
      '1,500 mailboxes would lose access, and 5,000 have within a day; the brake allows 6,000 a day.',
    ],
    [
      'holds idle devices alone when they are too many of the devices',
      [[{ ...shuts, lowering: 2 }, idle, superseded], two, [], TIGHT],
      ['goes', 'held', 'goes'],
      'ERR_BRAKE',
      '3 devices would be blocked as idle; the brake allows 2 of 299.',
    ],
    [
      'counts neither idle nor superseded devices among the others',
      [[{ ...idle, lowering: 2 }, superseded], { 'shuts idle': 2, 'shuts superseded': 99 }, [], TIGHT],
      ['goes', 'goes'],
      null,
    ],
    [
      'holds every block of every kind where the brake is 0, also of what is out already, and lets allows and what was approved go',
      [[opens, already, idle, superseded, { ...fresh, lowering: 0 }, approvedOnes], mailboxes, [], ZERO],
      ['goes', 'held', 'held', 'held', 'held', 'goes'],
      'ERR_BRAKE',
      [
        '3 devices would be blocked as idle; the brake allows 0 of 299.',
        'Devices that Exchange keeps out by itself would be blocked: 6; the brake is 0.',
        'Accounts that a newer one of the same phone has replaced would be blocked: 99; the brake is 0.',
      ].join(' '),
    ],
    [
      'holds a removal where the brake is 0',
      [[{ ...shuts, name: 'removes', part: 'removes', kind: 'removal', count: 1, lowering: 0 }], {}, [], ZERO],
      ['held'],
      'ERR_BRAKE',
      '1 partnerships would be removed; the brake allows 0 of 299.',
    ],
    [
      'takes a share that comes to nothing for a limit, not for a brake of 0',
      [[superseded, already], mailboxes, [], { ...ZERO, brakePercent: 1, mailboxes: 9, devices: 9 }],
      ['goes', 'goes'],
      null,
    ],
    [
      'holds what a guard doubts, what was approved for the brake and what nobody uses, too',
      [[...all, idle, superseded], mailboxes, [EMPTY, STALE], WIDE],
      ['goes', 'held', 'held', 'held', 'held', 'held'],
      'ERR_SNAPSHOT_EMPTY',
      'Nothing there. Too old.',
    ],
    [
      'lets fail-closed blocks pass a stale reading',
      [[opens, shuts, away], mailboxes, [STALE], WIDE],
      ['goes', 'held', 'goes'],
      'ERR_SNAPSHOT_STALE',
      'Too old.',
    ],
    [
      'leaves fail-closed blocks that the brake would hold where the guard holds others',
      [[opens, shuts, away], mailboxes, [STALE], TIGHT],
      ['goes', 'held', 'left'],
      'ERR_SNAPSHOT_STALE',
      'Too old.',
    ],
    [
      'holds fail-closed blocks over the brake where the guard holds nothing',
      [[opens, away], mailboxes, [STALE], TIGHT],
      ['goes', 'held'],
      'ERR_BRAKE',
      braked(3),
    ],
    [
      'holds what can come of a platform’s loss, and lets the others go',
      [[shuts, { ...shuts, name: 'shuts android', platform: 'android' }, away], mailboxes, [LOST], WIDE],
      ['goes', 'held', 'goes'],
      'ERR_SNAPSHOT_CONTENT',
      'Lost.',
    ],
    [
      'says of a loss that nothing can have come of neither that it holds, nor that it is in doubt',
      [[shuts], mailboxes, [LOST], TIGHT],
      ['held'],
      'ERR_BRAKE',
      braked(3),
    ],
    [
      'lets what was approved for a guard pass a loss that cannot have led to it',
      [[{ ...approvedOnes, approvedFor: 'ERR_SNAPSHOT_EMPTY' }], mailboxes, [LOST, EMPTY], WIDE],
      ['goes'],
      null,
    ],
    [
      'holds all of a first reading that would shut out more than half of twenty devices',
      [[opens, { ...shuts, lowering: 10 }, { ...superseded, lowering: 1 }], { shuts: 10 }, [], FIRST],
      ['goes', 'held', 'held'],
      'ERR_BRAKE',
      '11 of 20 devices would lose access by the first reading of Intune, Jamf.',
    ],
    [
      'lets half of them go',
      [
        [
          { ...shuts, lowering: 8 },
          { ...fresh, lowering: 2 },
        ],
        { shuts: 8, 'shuts new': 2 },
        [],
        FIRST,
      ],
      ['goes', 'goes'],
      null,
    ],
    [
      'does not count what was approved of a first reading',
      [
        [
          { ...shuts, lowering: 10 },
          { ...approvedOnes, lowering: 9 },
        ],
        { shuts: 10, 'shuts ERR_BRAKE': 9 },
        [],
        FIRST,
      ],
      ['goes', 'goes'],
      null,
    ],
    [
      'lets a first reading of fewer than twenty devices go',
      [[{ ...shuts, lowering: 19 }], { shuts: 19 }, [], { ...FIRST, devices: 19 }],
      ['goes'],
      null,
    ],
    [
      'leaves what a first reading would hold where the guard holds others',
      [
        [
          { ...shuts, lowering: 11 },
          { ...away, lowering: 11 },
        ],
        { shuts: 11, away: 11 },
        [STALE],
        FIRST,
      ],
      ['held', 'left'],
      'ERR_SNAPSHOT_STALE',
      'Too old.',
    ],
    ['holds nothing where nothing may shut out', [[opens], mailboxes, [EMPTY], TIGHT], ['goes'], null],
    [
      'lets as many through in a day as three syncs may block',
      [[opens, shuts], two, [], { ...TIGHT, today: { known: 4, new: 99 } }],
      ['goes', 'goes'],
      null,
    ],
    [
      'holds what would be too many with those of the last 24 hours; what opens goes',
      [[opens, shuts], two, [], { ...TIGHT, today: { known: 5, new: 0 } }],
      ['goes', 'held'],
      'ERR_BRAKE',
      '2 mailboxes would lose access, and 5 have within a day; the brake allows 6 a day.',
    ],
    [
      'counts new devices apart over a day, too',
      [[shuts, fresh], { shuts: 2, 'shuts new': 1 }, [], { ...TIGHT, today: { known: 4, new: 6 } }],
      ['goes', 'held'],
      'ERR_BRAKE',
      '1 mailbox would lose access for devices first seen within a day, and 6 have within a day; the brake allows 6 a day.',
    ],
    [
      'goes by the limit of a day that an administrator has set',
      [[opens, shuts], mailboxes, [], { ...WIDE, brakePerDay: 2 }],
      ['goes', 'held'],
      'ERR_BRAKE',
      '3 mailboxes would lose access, and 0 have within a day; the brake allows 2 a day.',
    ],
    [
      'lets blocks through that take nobody’s access, however many have lost it today',
      [[already], mailboxes, [], { ...TIGHT, today: { known: 99, new: 99 } }],
      ['goes'],
      null,
    ],
  ];
  for (const [sentence, judged, verdicts, code, text] of cases) {
    it(sentence, () => {
      const verdict = judgePlan(...judged);
      const { code: held = null, text: why } = verdict.reason ?? {};
      assert.deepEqual([judged[0].map((one) => verdict.of(one)), held, why], [verdicts, code, text]);
      assert.equal(verdict.doubts.length > 0, held !== null && held !== 'ERR_BRAKE');
    });
  }
});

/** A device of a mailbox, to be blocked. */
const blocks = fc
  .uniqueArray(
    fc.record({
      mailbox: fc.nat({ max: 12 }),
      device: fc.nat({ max: 3 }),
      reason: fc.constantFrom<ReasonCode>('not-enrolled', 'not-enrolled', 'idle', 'superseded'),
      isNew: fc.boolean(),
      isShutOut: fc.boolean(),
    }),
    { selector: ({ mailbox, device }) => `${mailbox} ${device}`, maxLength: 30 },
  )
  .map((all) => all.map(aBlock));

function aBlock(of: {
  readonly mailbox: number;
  readonly device: number;
  readonly reason: ReasonCode;
  readonly isNew: boolean;
  readonly isShutOut: boolean;
}): PlannedChange {
  const eas = anEas({
    easId: `EAS${of.device}`,
    mailbox: { id: guid(of.mailbox) },
    access: { state: of.isShutOut ? 'blocked' : 'allowed' },
  });
  const device = { ...unmatched(eas), reason: { code: of.reason, text: '' } };
  const reason = { code: 'not-enrolled', text: '', evidence: [] };
  const change = planChange(device, { action: 'block', rule: 'Rule', reason, report: false }, null, { at: AT });
  return of.isNew ? { ...change!, isNew: true } : change!;
}

/** Keys of what is held, and why. */
function heldOf(changes: readonly PlannedChange[], verdict: ReturnType<typeof judgePlan>): readonly unknown[] {
  const keys = changes.filter((change) => verdict.of(classOf(change)) === 'held').map(({ key }) => key);
  return [keys.sort(), verdict.reason];
}

function tallyOf(changes: readonly PlannedChange[]): PlanTally {
  const tally = new PlanTally();
  for (const change of changes) tally.add(change);
  return tally;
}

function mailboxesOf(changes: readonly PlannedChange[]): ReturnType<typeof countMailboxes> {
  return countMailboxes(changes.map((change) => ({ mailboxId: change.mailboxId, class: classOf(change).name })));
}

describe('a plan after the first reading of a whole forest', () => {
  const of = {
    brakePercent: 0,
    brakeCount: 2,
    mailboxes: 9,
    devices: 9,
    brakePerDay: null,
    today: NOBODY,
    firstReadOf: [],
  };
  const limits = { ...of, wholeSince: '2026-05-01T08:00:00.000Z' };
  const known = { kind: 'known', platform: 'ios', source: null, unknownTo: [], approvedFor: null } as const;
  const reasonOf = (lowering: number) =>
    judgePlan([{ ...known, name: 'shuts', part: 'shuts', count: 3, lowering }], { shuts: lowering }, [], limits).reason;

  it('says where so many come from, if the brake holds them, and nothing if it does not', () => {
    assert.equal(reasonOf(2), null);
    assert.deepEqual(reasonOf(3), {
      code: 'ERR_BRAKE',
      text:
        '3 mailboxes would lose access; the brake allows 2 of 9. The reading that began at 2026-05-01T08:00:00.000Z was ' +
        'the first one of the whole forest: devices of its other domains had never been seen before.',
    });
  });
});

describe('what is held', () => {
  const limits = fc.record({
    brakePercent: fc.constantFrom(0, 10, 50),
    brakeCount: fc.nat({ max: 4 }),
    brakePerDay: fc.option(fc.nat({ max: 6 })),
    mailboxes: fc.constant(13),
    devices: fc.constant(52),
    today: fc.record({ known: fc.nat({ max: 4 }), new: fc.nat({ max: 4 }) }),
    firstReadOf: fc.constant([]),
  }) satisfies fc.Arbitrary<BrakeLimits>;

  it('does not hang on the order of the pages, nor on which mailboxes a sync is about and which an earlier one has held', () =>
    fc.assert(
      fc.property(
        blocks.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        fc.uniqueArray(fc.nat({ max: 12 })),
        limits,
        ([all, shuffled], anew, limit) => {
          const whole = judgePlan(tallyOf(all).classes, mailboxesOf(all), [], limit);
          const inAnyOrder = judgePlan(tallyOf(shuffled).classes, mailboxesOf(shuffled), [], limit);
          assert.deepEqual(heldOf(shuffled, inAnyOrder), heldOf(all, whole));
          const ids = new Set(anew.map((n) => guid(n)));
          const [own, rest] = [true, false].map((is) => all.filter(({ mailboxId }) => ids.has(mailboxId) === is));
          const classes = sumUp(
            tallyOf(rest!).summary(() => true).classes,
            tallyOf(own!).summary(() => true).classes,
          ).classes;
          const together = sumOfMailboxes(mailboxesOf(rest!), mailboxesOf(own!));
          assert.deepEqual(together, mailboxesOf(all));
          assert.deepEqual(sumOfMailboxes(together, mailboxesOf(own!), -1), mailboxesOf(rest!));
          assert.deepEqual(heldOf(all, judgePlan(classes, together, [], limit)), heldOf(all, whole));
        },
      ),
    ));

  it('of one kind does not hang on the others', () =>
    fc.assert(
      fc.property(blocks, limits, (all, limit) => {
        const whole = judgePlan(tallyOf(all).classes, mailboxesOf(all), [], limit);
        for (const kind of ['known', 'new', 'idle', 'superseded']) {
          const some = all.filter((change) => classOf(change).kind === kind);
          const alone = judgePlan(tallyOf(some).classes, mailboxesOf(some), [], limit);
          assert.deepEqual(heldOf(some, whole)[0], heldOf(some, alone)[0]);
        }
      }),
    ));
});
