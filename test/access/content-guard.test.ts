/** MDM readings that are whole and say less than before: what is measured against what, and what can have come of it. */
import assert from 'node:assert/strict';
import { baselineOf, mostRecords, remember } from '../../src/access/baseline.ts';
import type { BelievedReading } from '../../src/access/baseline.ts';
import { guardSnapshots, reaches } from '../../src/access/guard-plan.ts';
import type { GuardedSnapshot, GuardProblem } from '../../src/access/guard-plan.ts';
import type { PlatformContent, ReadingContent } from '../../src/model/reading-content.ts';
import type { Platform } from '../../src/model/records.ts';

const AT = '2026-06-20T12:00:00.000Z';
const NOW = Date.parse(AT);
const DAY = 86_400_000;

/** So many records that say all, but for what is named. */
function some(records: number, changes: Partial<PlatformContent> = {}): PlatformContent {
  return { records, easIds: records, user: records, compliance: records, managed: records, ...changes };
}

/** What is found wrong with a reading. */
function guard(snapshot: Partial<GuardedSnapshot>, brakePercent = 10): readonly GuardProblem[] {
  const read = { startedAt: AT, count: 1000, previousCount: 1000, ...snapshot };
  const mdm = [{ scope: 'intune', name: 'Intune', snapshot: read }];
  return guardSnapshots({ mdm, easComplete: true, now: NOW, maxAgeHours: 26, brakePercent });
}

/** The losses of iOS records, against the best and the last believed ones. */
function losses(
  content: PlatformContent,
  baseline: PlatformContent,
  { last = baseline, ...more }: Partial<GuardedSnapshot> & { last?: PlatformContent } = {},
  brakePercent = 10,
): readonly string[] {
  const read = { content: { ios: content }, baseline: { ios: baseline }, believed: { ios: last }, ...more };
  return guard(read, brakePercent).map(({ code, details }) =>
    details === undefined ? code : `${details.field} ${details.was} ${details.is}`,
  );
}

const ago = (days: number): string => new Date(NOW - days * DAY).toISOString();

/** Readings that were believed, so many days ago. */
function after(...readings: readonly (readonly [days: number, content: ReadingContent])[]): readonly BelievedReading[] {
  return readings.reduce<readonly BelievedReading[]>(
    (believed, [days, content]) => remember(believed, { at: ago(days), content }, NOW - days * DAY),
    [],
  );
}

describe('the guard over what MDM records say', () => {
  const cases: readonly [sentence: string, found: readonly string[], expected: readonly string[]][] = [
    ['finds nothing wrong with what was believed', losses(some(20), some(20)), []],
    ['holds ten of twenty records', losses(some(10), some(20)), ['records 20 10']],
    ['lets nine of them be gone', losses(some(11), some(20)), []],
    ['lets ten of nineteen be gone', losses(some(9), some(19)), []],
    ['lets ten of 101 be gone at ten per cent', losses(some(91), some(101)), []],
    ['holds ten of a hundred at ten per cent', losses(some(90), some(100)), ['records 100 90']],
    [
      'says it once when the whole list has shrunken',
      losses(some(10), some(20), { count: 10, previousCount: 20 }),
      ['ERR_SNAPSHOT_SHRUNKEN'],
    ],
    ...(['easIds', 'user', 'compliance', 'managed'] as const).flatMap(
      (field): [string, readonly string[], readonly string[]][] => [
        [`holds ten of forty that lost ${field}`, losses(some(40, { [field]: 30 }), some(40)), [`${field} 40 30`]],
        [`lets nine of them be without ${field}`, losses(some(40, { [field]: 31 }), some(40)), []],
        [`lets ten of nineteen be without ${field}`, losses(some(19, { [field]: 9 }), some(19)), []],
        [
          `holds all of two that lost ${field}, at any percentage`,
          losses(some(2, { [field]: 0 }), some(2), {}, 100),
          [`${field} 2 0`],
        ],
        [`says nothing of ${field} that was not counted`, losses({ records: 40, easIds: 40 }, some(40)), []],
      ],
    ),
    ['holds the only one that lost its EAS ID', losses(some(1, { easIds: 0 }), some(1)), ['easIds 1 0']],
    ['lets the only one be managed no more', losses(some(1, { managed: 0 }), some(1)), []],
    [
      'measures against the best of a week, not against the reading before',
      losses(some(40, { compliance: 30 }), some(40), { last: some(40, { compliance: 31 }) }),
      ['compliance 40 30'],
    ],
    [
      'lets few be without an EAS ID that were more a week ago, when there were few then, too',
      losses(some(9, { easIds: 1 }), some(9), { last: some(9, { easIds: 1 }) }),
      [],
    ],
    ['lets more records be there of which as many have an EAS ID', losses(some(80, { easIds: 40 }), some(40)), []],
    [
      'holds what is gone of few, though few of all records are gone',
      losses(some(188, { compliance: 28 }), some(200, { compliance: 40 })),
      ['compliance 40 28'],
    ],
    [
      'tells of records that are there and have lost more than those that are gone',
      losses(some(30, { easIds: 10 }), some(40)),
      ['records 40 30', 'easIds 40 10'],
    ],
    [
      'says nothing of a platform whose few records are gone',
      guard({ content: {}, baseline: { ios: some(5) } }).map(({ code }) => code),
      [],
    ],
    [
      'holds a platform whose twenty records are gone',
      guard({ content: {}, baseline: { ios: some(20) } }).map(({ text }) => text),
      ['20 of 20 ios records of Intune are gone within days.'],
    ],
  ];
  for (const [sentence, found, expected] of cases) it(sentence, () => assert.deepEqual(found, expected));

  describe('over all platforms together', () => {
    const each = (records: number): ReadingContent => ({
      ios: some(records),
      android: some(records),
      windows: some(records),
    });
    const told = (records: number, most: number, baseline = each(15)): unknown =>
      guard({ content: each(records), baseline, believed: baseline, most }).map(({ code, text }) => [code, text]);

    it('holds what is gone within a week, a few of each', () =>
      assert.deepEqual(told(11, 45), [
        ['ERR_SNAPSHOT_SHRUNKEN', '12 of 45 MDM records of Intune are gone within days.'],
      ]));
    it('lets fewer than ten be gone', () => assert.deepEqual(told(12, 45), []));
    it('leaves it to a platform that says so', () =>
      assert.deepEqual(
        guard({
          content: { ...each(14), ios: some(20) },
          baseline: { ...each(15), ios: some(40) },
          most: 70,
        }).map(({ details }) => details?.field),
        ['records'],
      ));
    it('is measured against the fullest reading, not against the best of each platform', () => {
      const believed = after([3, { ios: some(30), android: some(10) }], [1, { ios: some(10), android: some(30) }]);
      assert.deepEqual([mostRecords(believed, NOW), mostRecords([], NOW)], [40, null]);
    });
  });

  it('says in words what the records have lost', () => {
    const lost = { easIds: 0, user: 10, compliance: 0, managed: 1 };
    assert.deepEqual(
      guard({ content: { android: some(20, lost) }, believed: { android: some(20) } }).map(({ text }) => text),
      [
        'None of the 20 android records of Intune has an EAS ID any more; 20 had one.',
        'Only 10 of the 20 android records of Intune have a user; 20 had one.',
        'None of the 20 android records of Intune tells its compliance any more; 20 did.',
        'Only 1 of the 20 android records of Intune are managed; 20 were.',
      ],
    );
  });
});

describe('what can have come of a loss of content', () => {
  const lost = (field: 'easIds' | 'compliance' | 'managed', platforms: readonly Platform[]): GuardProblem => ({
    about: 'mdm',
    code: 'ERR_SNAPSHOT_CONTENT',
    text: '',
    details: { source: 'intune', platform: 'ios', field, was: 40, is: 20 },
    platforms,
  });
  const of = (platform: Platform, source: string | null = null) => ({ platform, source });
  const unknownTo = (...scopes: readonly string[]) => ({ ...of('android'), unknownTo: scopes });
  const cases: readonly [sentence: string, boolean, boolean][] = [
    ['an unmatched device of its platform', reaches(lost('easIds', ['ios']), of('ios')), true],
    ['one of another platform of the source', reaches(lost('easIds', ['ios', 'android']), of('android')), true],
    [
      'one of a platform and a user that the source never had',
      reaches(lost('easIds', ['ios']), unknownTo('jamf', 'intune')),
      false,
    ],
    ['one whose user only another source never had', reaches(lost('easIds', ['ios']), unknownTo('jamf')), true],
    ['one of whose user nobody asked', reaches(lost('easIds', ['ios']), of('android')), true],
    ['one of an unknown platform', reaches(lost('easIds', ['ios']), of('other')), true],
    ['one of any platform, if the source does not know its own', reaches(lost('easIds', ['other']), of('ios')), true],
    ['a merged device, of a loss of EAS IDs', reaches(lost('easIds', ['ios']), of('ios', 'intune')), false],
    ['a merged device, of a loss of compliance', reaches(lost('compliance', ['ios']), of('ios', 'intune')), true],
    ['a merged device, of a loss of what is managed', reaches(lost('managed', ['ios']), of('ios', 'intune')), true],
    ['a merged device of another platform', reaches(lost('compliance', ['ios']), of('android', 'intune')), false],
    ['a merged device of another source', reaches(lost('compliance', ['ios']), of('ios', 'jamf')), false],
  ];
  for (const [sentence, found, expected] of cases)
    it(`is ${expected ? '' : 'not '}the block of ${sentence}`, () => assert.equal(found, expected));
});

describe('the measure of MDM readings', () => {
  const ios = (easIds: number, records = 100): ReadingContent => ({ ios: some(records, { easIds }) });
  it('is none before a reading was believed', () => assert.equal(baselineOf([], NOW), null));

  it('is the best of a week, each number for itself', () =>
    assert.deepEqual(baselineOf(after([6, ios(90)], [3, ios(80, 120)], [1, { ...ios(70), android: some(3) }]), NOW), {
      ios: { records: 120, easIds: 90, user: 120, compliance: 120, managed: 120 },
      android: some(3),
    }));

  it('forgets what is older than a week', () =>
    assert.deepEqual(baselineOf(after([8, ios(90)], [6, ios(80)]), NOW), ios(80)));

  it('is the last one, however old, when none was believed within a week', () =>
    assert.deepEqual(baselineOf(after([60, ios(90)], [59, ios(80)]), NOW), ios(80)));

  it('holds a loss that creeps, whenever it is read', () => {
    let believed: readonly BelievedReading[] = [];
    let easIds = 100;
    let hour = 0;
    for (; hour < 100; hour += 1) {
      const now = NOW + hour * 3_600_000;
      const snapshot = {
        content: ios(easIds),
        believed: believed.at(-1)?.content ?? null,
        baseline: baselineOf(believed, now),
      };
      if (guard(snapshot).length > 0) break;
      believed = remember(believed, { at: new Date(now).toISOString(), content: ios(easIds) }, now);
      easIds = Math.floor(easIds * 0.97);
    }
    assert.deepEqual([hour, easIds], [4, 88]);
  });

  it('keeps one reading while nothing gets less, and not more than a hundred whatever happens', () => {
    let believed = after(...Array.from({ length: 50 }, (_, n) => [5 - n / 12, ios(n)] as const));
    assert.equal(believed.length, 1);
    for (let n = 0; n < 300; n += 1)
      believed = remember(believed, { at: new Date(NOW + n).toISOString(), content: ios(1000 - n) }, NOW + n);
    assert.equal(believed.length, 100);
    assert.deepEqual(baselineOf(believed, NOW + 300)?.ios?.easIds, 1000);
    assert.deepEqual(believed.at(-1)?.content, ios(701));
  });
});
