/** What we took off a list and something still shows: each row of the tables in taken-off.ts and our-writes.ts. */
import assert from 'node:assert/strict';
import { withOurWrites } from '../../src/access/our-writes.ts';
import { isMadeAnew, shownFromBefore } from '../../src/access/taken-off.ts';
import type { OwnedEntry } from '../../src/model/personal-lists.ts';
import type { DeviceRecord, Listed } from '../../src/model/records.ts';
import { anEas, unmatched } from '../support/records.ts';

const EAS_ID = 'ABC';
const TAKEN_OFF_AT = '2026-06-01T08:00:00.000Z';
const after = (minutes: number): string => new Date(Date.parse(TAKEN_OFF_AT) + minutes * 60_000).toISOString();
const entry = (list: 'allowed' | 'blocked', state: OwnedEntry['state'], writtenAt = TAKEN_OFF_AT) => ({
  list,
  state,
  writtenAt,
  easId: EAS_ID.toLowerCase(),
});
type Entries = readonly ReturnType<typeof entry>[];
const BLOCK = { list: 'blocked', takenOffAt: TAKEN_OFF_AT } as const;

describe('an entry on a list, of which we took one off', () => {
  const cases: readonly (readonly [string, Entries, string, boolean])[] = [
    ['is the one from before when the reading began before', [], after(-600), true],
    ['is the one from before when the reading began at that moment', [], after(0), true],
    ['is the one from before up to three hours after that', [], after(180), true],
    ['is an administrator’s later', [], after(180.1), false],
    ['is ours when we have written it anew', [entry('blocked', 'owned')], after(10), false],
    ['is ours while we are about to take it off once more', [entry('blocked', 'removing')], after(10), false],
    ['is the one from before while we are about to write it anew', [entry('blocked', 'adding')], after(10), true],
    ['is the one from before whatever we wrote on the other list', [entry('allowed', 'owned')], after(10), true],
  ];
  for (const [what, entries, readAt, is] of cases)
    it(what, () =>
      assert.equal(shownFromBefore('blocked', { entries, takenOff: [BLOCK] }, readAt), is ? BLOCK : undefined),
    );

  it('is not the one from before when we took off the one of the other list', () =>
    assert.equal(shownFromBefore('allowed', { entries: [], takenOff: [BLOCK] }, after(1)), undefined));
});

describe('the mailbox’s own lists, of an entry that we took off', () => {
  const ALLOWED = entry('allowed', 'owned');
  const onBoth = { allowed: [EAS_ID], blocked: [EAS_ID] };
  const cases: readonly (readonly [string, Entries, typeof onBoth, number, boolean])[] = [
    ['say that it was made anew where what we wrote with it is there', [ALLOWED], onBoth, 1, true],
    ['say so by what we wrote later, too', [entry('allowed', 'owned', after(5))], onBoth, 10, true],
    ['say so in any case more than three hours after', [], { allowed: [], blocked: [EAS_ID] }, 180.1, true],
    ['say nothing by what we wrote before', [entry('allowed', 'owned', after(-5))], onBoth, 1, false],
    ['say nothing by what we are about to write', [entry('allowed', 'adding')], onBoth, 1, false],
    ['say nothing where what we wrote with it is missing', [ALLOWED], { allowed: [], blocked: [EAS_ID] }, 180, false],
    ['say nothing where we wrote nothing with it', [], onBoth, 180, false],
    ['say that it is gone where they lack it', [ALLOWED], { allowed: [EAS_ID], blocked: [] }, 600, false],
  ];
  for (const [what, entries, lists, minutes, is] of cases)
    it(what, () => assert.equal(isMadeAnew({ ...BLOCK, easId: EAS_ID }, entries, lists, after(minutes)), is));
});

describe('a record of which we took an entry off', () => {
  const shows = (listed: Listed): DeviceRecord =>
    unmatched(anEas({ access: { state: 'blocked', reason: 'individual', listed } }));
  const OLD = after(-60);
  const cases: readonly (readonly [string, Listed, Entries, 'allowed' | 'blocked', string, Listed])[] = [
    ['counts as on no list', 'blocked', [], 'blocked', OLD, null],
    ['counts as on the list we wrote it on', 'blocked', [entry('allowed', 'owned')], 'blocked', OLD, 'allowed'],
    [
      'counts so in a reading that is behind, too',
      'blocked',
      [entry('allowed', 'owned')],
      'blocked',
      after(60),
      'allowed',
    ],
    [
      'counts as blocked by us in place of what we allowed',
      'allowed',
      [entry('blocked', 'owned')],
      'allowed',
      after(60),
      'blocked',
    ],
    [
      'counts as on no list while the other entry is being written',
      'blocked',
      [entry('allowed', 'adding')],
      'blocked',
      OLD,
      null,
    ],
    ['counts as it says in a later reading', 'blocked', [entry('allowed', 'owned')], 'blocked', after(200), 'blocked'],
    ['counts as it says where the other list shows it', 'allowed', [], 'blocked', OLD, 'allowed'],
    ['counts as it says where it shows nothing', null, [], 'blocked', OLD, null],
  ];
  for (const [what, listed, entries, list, readAt, expected] of cases)
    it(what, () => {
      const takenOff = [{ list, takenOffAt: TAKEN_OFF_AT }];
      assert.equal(withOurWrites(shows(listed), { entries, takenOff }, readAt).eas?.access.listed, expected);
    });

  it('is the same record where nothing is otherwise', () => {
    const record = shows('allowed');
    assert.equal(withOurWrites(record, { entries: [], takenOff: [BLOCK] }, OLD), record);
  });
});
