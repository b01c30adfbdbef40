import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { compileRules } from '../../src/access/compile-rules.ts';
import type { DecisionContext } from '../../src/access/compile-rules.ts';
import { decideAccess } from '../../src/access/decide-access.ts';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { decideWithMdmAway, MDM_AWAY_RULE } from '../../src/access/mdm-away.ts';
import type { MdmAway } from '../../src/access/mdm-away.ts';
import { ReviewClock } from '../../src/access/review-clock.ts';
import type { Review } from '../../src/access/review-clock.ts';
import { DEFAULT_RULES, grandfatherRule } from '../../src/access/rules.ts';
import type { Condition, Rule } from '../../src/access/rules.ts';
import type { Action, Compliance, DeviceRecord, Listed, ReasonCode } from '../../src/model/records.ts';
import { anEas, anMdm, merged, unmatched } from '../support/records.ts';

const NOW = Date.parse('2026-06-02T12:00:00.000Z');
const HOUR = 3_600_000;
const iso = (time: number): string => new Date(time).toISOString();

describe('a review clock', () => {
  it('says that a time is reached from its millisecond on, and remembers the earliest that is not', () => {
    const clock = new ReviewClock(NOW);
    assert.deepEqual(
      [NOW - 1, NOW, NOW + 2, NOW + 1, NOW + 3, Number.NEGATIVE_INFINITY].map((at) => clock.reached(at)),
      [true, true, false, false, false, true],
    );
    assert.deepEqual(clock.review, { at: iso(NOW + 1), onReading: false });
  });

  it('remembers nothing that is reached already', () => {
    const clock = new ReviewClock(NOW);
    clock.reached(NOW);
    assert.deepEqual(clock.review, { at: null, onReading: false });
  });

  it('neither reaches nor remembers what is no time, and what has no year of four digits', () => {
    const clock = new ReviewClock(NOW);
    const never = [Number.NaN, Number.POSITIVE_INFINITY, 8.64e15, 8.64e15 + 1, Date.UTC(10_000, 0)];
    assert.deepEqual(
      never.map((at) => clock.reached(at)),
      never.map(() => false),
    );
    assert.equal(clock.review.at, null);
    clock.reached(Date.UTC(10_000, 0) - 1);
    assert.equal(clock.review.at, '9999-12-31T23:59:59.999Z');
  });

  it('is asked again when a part of a millisecond is over, not before', () => {
    const clock = new ReviewClock(NOW);
    assert.equal(clock.reached(NOW + 0.25), false);
    assert.equal(clock.review.at, iso(NOW + 1));
    assert.equal(new ReviewClock(NOW + 1).reached(NOW + 0.25), true);
  });

  it('remembers that the time of the last sync was read', () => {
    const clock = new ReviewClock(NOW);
    clock.readsSyncTime();
    assert.deepEqual(clock.review, { at: null, onReading: true });
  });

  it('shows its time to nobody', () => {
    const clock = new ReviewClock(NOW);
    assert.deepEqual(Object.keys(clock), []);
    assert.deepEqual(Object.getOwnPropertyNames(ReviewClock.prototype).sort(), [
      'asksForSyncTime',
      'constructor',
      'idleFor',
      'reached',
      'readsSyncTime',
      'review',
      'wantsSyncTime',
    ]);
  });

  describe('of a device that Exchange was asked for', () => {
    const told = iso(NOW - 10 * HOUR);

    it('compares with the time at which Exchange was asked, whatever time it is', () => {
      const clock = new ReviewClock(NOW, told);
      assert.equal(clock.idleFor(NOW - 30 * HOUR, 20 * HOUR), true);
      assert.equal(clock.idleFor(NOW - 30 * HOUR, 21 * HOUR), false);
      assert.deepEqual(clock.review, { at: null, onReading: false });
    });

    it('asks again a day later, and is then due', () => {
      const clock = new ReviewClock(NOW, told);
      clock.wantsSyncTime();
      assert.equal(clock.asksForSyncTime(), false);
      assert.deepEqual(clock.review, { at: iso(NOW + 14 * HOUR), onReading: false });
      const later = new ReviewClock(NOW + 14 * HOUR, told);
      later.readsSyncTime();
      assert.equal(later.asksForSyncTime(), true);
      assert.deepEqual(later.review, { at: null, onReading: false });
    });

    it('asks no sooner where each reading tells the last sync too, by which rules then go', () => {
      const clock = new ReviewClock(NOW, told, true);
      assert.equal(clock.idleFor(NOW - 30 * HOUR, 30 * HOUR), true);
      clock.wantsSyncTime();
      assert.equal(clock.asksForSyncTime(), false);
      assert.deepEqual(clock.review, { at: iso(NOW + 14 * HOUR), onReading: true });
    });

    it('asks for nothing that no decision hangs on', () => {
      const clock = new ReviewClock(NOW + 100 * HOUR, told);
      assert.equal(clock.asksForSyncTime(), false);
      assert.deepEqual(clock.review, { at: null, onReading: false });
    });
  });

  it('asks at once what nobody has asked', () => {
    const clock = new ReviewClock(NOW);
    assert.equal(clock.asksForSyncTime(), false);
    clock.wantsSyncTime();
    assert.equal(clock.asksForSyncTime(), true);
  });

  it('is the only one by which decisions are made', () => {
    const folder = join(dirname(fileURLToPath(import.meta.url)), '../../src/access');
    // These are told the time for what they do: writing, trying again, tidying up, judging whole readings.
    const timed = [
      'apply-removal.ts',
      'apply.ts',
      'baseline.ts',
      'gone-source.ts',
      'guard-plan.ts',
      'mail-first.ts',
      'outbox.ts',
      'retry-schedule.ts',
      'review-clock.ts',
      'tidy.ts',
    ];
    const codeOf = (file: string): string => readFileSync(join(folder, file), 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
    assert.deepEqual(
      files.filter((file) => /Date\.now|new Date\(\)|performance\.now/.test(codeOf(file))),
      [],
    );
    assert.deepEqual(
      files.filter((file) => !timed.includes(file) && /\.now\b|\bnow\s*[:,}]|[<>]=?\s*now\b/.test(codeOf(file))),
      [],
    );
  });
});

interface Decided {
  readonly decision: AccessDecision;
  readonly review: Review;
}

function decideAt(
  now: number,
  device: DeviceRecord,
  rules: readonly Rule[] = DEFAULT_RULES,
  context: Omit<DecisionContext, 'clock'> = { owned: null },
): Decided {
  const clock = new ReviewClock(now);
  const decision = decideAccess(device, compileRules(rules), { ...context, clock });
  return { decision, review: clock.review };
}

/** Decides by one condition, and by a rule that leaves if it does not hold. */
function conditionAt(now: number, condition: Condition, eas: Parameters<typeof anEas>[0]) {
  const { decision, review } = decideAt(now, unmatched(anEas(eas)), [
    { name: 'r', when: [condition], action: 'block' },
  ]);
  return { holds: decision.action === 'block', ...review };
}

describe('a decision says when it has to be made anew', () => {
  const start = iso(NOW - 5 * HOUR);
  const later = iso(NOW + 5 * HOUR);
  const never = { at: null, onReading: false };
  type Case = readonly [sentence: string, Condition, Parameters<typeof anEas>[0], ReturnType<typeof conditionAt>];
  const conditions: readonly Case[] = [
    [
      'when a device comes to an age',
      { field: 'ageHours', atLeast: 10 },
      { firstSyncAt: start },
      { holds: false, at: later, onReading: false },
    ],
    [
      'when it grows out of one',
      { field: 'ageHours', below: 10 },
      { firstSyncAt: start },
      { holds: true, at: later, onReading: false },
    ],
    [
      'when the lower bound of two is reached, and the upper one is not',
      { field: 'ageHours', atLeast: 5, below: 10 },
      { firstSyncAt: start },
      { holds: true, at: later, onReading: false },
    ],
    [
      'not when its age is past all bounds',
      { field: 'ageHours', atLeast: 1, below: 5 },
      { firstSyncAt: start },
      { holds: false, ...never },
    ],
    [
      'not when its age is not known',
      { field: 'ageHours', atLeast: 0, below: 1 },
      { firstSyncAt: null },
      { holds: true, ...never },
    ],
    [
      'when it has not synced for long, whatever it syncs meanwhile',
      { field: 'idleHours', atLeast: 10 },
      { lastSyncAt: start },
      { holds: false, at: later, onReading: false },
    ],
    [
      'with the next reading when it has not synced for long: it may have since',
      { field: 'idleHours', atLeast: 5 },
      { lastSyncAt: start },
      { holds: true, at: null, onReading: true },
    ],
    [
      'with the next reading when it has not synced for too long',
      { field: 'idleHours', below: 5 },
      { lastSyncAt: start },
      { holds: false, at: null, onReading: true },
    ],
    [
      'not when Exchange does not tell the last sync',
      { field: 'idleHours', atLeast: 0 },
      { lastSyncAt: null },
      { holds: false, ...never },
    ],
    [
      'with the next reading when the last sync was before a moment',
      { field: 'lastSyncAt', before: iso(NOW) },
      { lastSyncAt: start },
      { holds: true, at: null, onReading: true },
    ],
    [
      'not when the last sync was after it',
      { field: 'lastSyncAt', before: iso(NOW - 6 * HOUR) },
      { lastSyncAt: start },
      { holds: false, ...never },
    ],
    [
      'not for the first sync, which stays',
      { field: 'firstSyncAt', before: iso(NOW) },
      { firstSyncAt: start },
      { holds: true, ...never },
    ],
  ];
  for (const [sentence, condition, eas, expected] of conditions) {
    it(sentence, () => assert.deepEqual(conditionAt(NOW, condition, eas), expected));
  }

  it('when grace ends, and not after it', () => {
    const device = merged(anEas(), anMdm({ compliance: 'in-grace', graceUntil: later }));
    const before = decideAt(NOW, device);
    const after = decideAt(NOW + 5 * HOUR, device);
    assert.deepEqual([before.decision.action, before.review.at], ['allow', later]);
    assert.deepEqual([after.decision.action, after.review.at], ['block', null]);
  });

  it('when a rule ends, and not after it', () => {
    const rules: Rule[] = [{ name: 'For a while', when: [], action: 'allow', until: later }];
    const before = decideAt(NOW, unmatched(), rules);
    const after = decideAt(NOW + 5 * HOUR, unmatched(), rules);
    assert.deepEqual([before.decision.rule, before.review.at], ['For a while', later]);
    assert.deepEqual([after.decision.rule, after.review.at], ['No rule', null]);
  });

  it('never, for most devices', () => {
    for (const device of [merged(), unmatched(), unmatched(anEas(), 'ambiguous')])
      assert.deepEqual(decideAt(NOW, device).review, never);
  });
});

describe('whatever rules, device and time', () => {
  const aroundNow = fc
    .tuple(fc.integer({ min: -48, max: 48 }), fc.constantFrom(-1, 0, 1))
    .map(([hours, milliseconds]) => NOW + hours * HOUR + milliseconds);
  const isoAround = aroundNow.map(iso);
  const hours = fc.oneof(
    fc.integer({ min: 0, max: 48 }),
    fc.double({ min: 0, max: 48, noNaN: true }),
    fc.integer({ min: 0, max: 48 * HOUR }).map((milliseconds) => milliseconds / HOUR),
    fc.constantFrom(0.1, 1 / 3, 1e-9, 1e9, Number.MAX_VALUE),
  );
  const bounds = fc.oneof(
    fc.record({ atLeast: hours }),
    fc.record({ below: hours }),
    fc.record({ atLeast: hours, below: hours }),
  );
  const not = fc.constantFrom({}, { not: true });
  const condition: fc.Arbitrary<Condition> = fc.oneof(
    fc
      .tuple(fc.constantFrom('ageHours' as const, 'idleHours' as const), bounds, not)
      .map(([field, bound, turned]) => ({ field, ...bound, ...turned })),
    fc
      .tuple(fc.constantFrom('firstSyncAt' as const, 'lastSyncAt' as const), isoAround, not)
      .map(([field, before, turned]) => ({ field, before, ...turned })),
    fc
      .tuple(fc.subarray<Compliance>(['in-grace', 'noncompliant', 'compliant'], { minLength: 1 }), not)
      .map(([is, turned]) => ({ field: 'compliance' as const, is, ...turned })),
    fc
      .tuple(fc.constantFrom([], ['VIP']), not)
      .map(([groups, turned]) => ({ field: 'group' as const, in: groups, ...turned })),
  );
  const rule: fc.Arbitrary<Rule> = fc
    .record({
      when: fc.array(condition, { maxLength: 3 }),
      action: fc.constantFrom<Action>('allow', 'block', 'release', 'leave'),
      until: fc.option(isoAround, { nil: undefined }),
      code: fc.constantFrom(undefined, 'own'),
    })
    .map(({ until, code, ...one }) => ({
      name: 'rule',
      ...one,
      ...(until !== undefined && { until }),
      ...(code !== undefined && { code }),
    }));
  const grandfather = fc
    .record({ switchedOnAt: isoAround, syncedWithinDays: fc.constantFrom(1, 2), keepDays: fc.constantFrom(1, 2) })
    .map(grandfatherRule);
  const rules: fc.Arbitrary<Rule[]> = fc
    .tuple(fc.array(fc.oneof({ weight: 4, arbitrary: rule }, grandfather), { maxLength: 4 }), fc.boolean())
    .map(([own, byDefault]) => [...own, ...(byDefault ? DEFAULT_RULES : [])].map(named));
  const codes: ReasonCode[] = ['not-enrolled', 'ambiguous', 'snapshot-incomplete'];
  const device = fc
    .record({
      code: fc.constantFrom<ReasonCode>('merged', ...codes),
      compliance: fc.constantFrom<Compliance>('in-grace', 'in-grace', 'noncompliant', 'compliant'),
      graceUntil: fc.option(isoAround),
      firstSyncAt: fc.option(isoAround, { freq: 4 }),
      lastSyncAt: fc.option(isoAround, { freq: 8 }),
      listed: fc.constantFrom<Listed>(null, 'allowed', 'blocked'),
    })
    .map(({ code, compliance, graceUntil, firstSyncAt, lastSyncAt, listed }) => {
      const eas = anEas({ firstSyncAt, lastSyncAt, access: { listed } });
      return code === 'merged' ? merged(eas, anMdm({ compliance, graceUntil })) : unmatched(eas, code);
    });
  const away = fc.option(
    fc.record<MdmAway>({ whenMdmAway: fc.constantFrom('leave', 'allow', 'block'), since: fc.option(isoAround) }),
  );
  const situation = fc.record({
    device,
    rules,
    away,
    owned: fc.constantFrom<Listed>(null, 'allowed', 'blocked'),
    entryRule: fc.constantFrom(null, MDM_AWAY_RULE),
    groups: fc.constantFrom<readonly string[] | null>([], ['VIP'], null),
  });

  function named(one: Rule, index: number): Rule {
    return { ...one, name: `${index + 1} ${one.name}` };
  }

  type Situation = typeof situation extends fc.Arbitrary<infer One> ? One : never;

  function decideIn(
    { device: one, rules: all, away: isAway, owned, entryRule, groups }: Situation,
    now: number,
  ): Decided {
    const clock = new ReviewClock(now);
    const compiled = compileRules(all);
    const byRules = (record: DeviceRecord): AccessDecision => decideAccess(record, compiled, { clock, owned, groups });
    const decision = decideWithMdmAway(one, { away: isAway, entryRule, byRules });
    return { decision, review: clock.review };
  }

  /** The last time at which a decision has not to be made anew; a hundred years if it never has. */
  function lastTimeOf({ review }: Decided, now: number): number {
    return review.at === null ? now + 100 * 365 * 24 * HOUR : Date.parse(review.at) - 1;
  }

  it('a decision is the same until its review', () => {
    let reviewed = 0;
    let different = 0;
    fc.assert(
      fc.property(situation, aroundNow, fc.double({ min: 0, max: 1, noNaN: true }), (given, now, part) => {
        const first = decideIn(given, now);
        const last = lastTimeOf(first, now);
        assert.ok(last >= now, 'a review comes after the decision');
        for (const time of [last, now + Math.floor((last - now) * part), Math.min(last, now + 1)]) {
          const again = decideIn(given, time);
          assert.deepEqual(again.decision, first.decision);
          assert.equal(again.review.at, first.review.at);
        }
        if (first.review.at === null) return;
        reviewed += 1;
        const { decision } = decideIn(given, Date.parse(first.review.at));
        if (JSON.stringify(decision) !== JSON.stringify(first.decision)) different += 1;
      }),
      { numRuns: 10_000 },
    );
    assert.ok(reviewed > 1000 && different > 500, `${different} of ${reviewed} reviews changed a decision`);
  });

  it('a later sync does not change a decision that does not ask for the next reading', () => {
    let asking = 0;
    fc.assert(
      fc.property(situation, aroundNow, fc.integer({ min: 1, max: 96 * HOUR }), (given, now, by) => {
        const { eas } = given.device;
        if (!eas?.lastSyncAt) return;
        const first = decideIn(given, now);
        asking += Number(first.review.onReading);
        if (first.review.onReading) return;
        const lastSyncAt = iso(Date.parse(eas.lastSyncAt) + by);
        const synced = { ...given, device: { ...given.device, eas: { ...eas, lastSyncAt } } };
        for (const time of [now, Math.min(now + by, lastTimeOf(first, now)), lastTimeOf(first, now)])
          assert.deepEqual(decideIn(synced, time).decision, first.decision);
      }),
      { numRuns: 10_000 },
    );
    assert.ok(asking > 100, `${asking} decisions asked for the next reading`);
  });

  it('hours count from their bound to their bound, to the millisecond', () => {
    const hoursPassed = fc.tuple(hours, fc.constantFrom(-1, 0, 1));
    fc.assert(
      fc.property(hours, hours, hoursPassed, fc.boolean(), (atLeast, below, [passed, offset], isAge) => {
        for (const range of [{ atLeast }, { below }, { atLeast, below }]) {
          for (const near of [passed, atLeast, below]) {
            const start = iso(NOW - Math.round(Math.min(near, 1e5) * HOUR) - offset);
            const age = (NOW - Date.parse(start)) / HOUR;
            const expected =
              age >= (range.atLeast ?? Number.NEGATIVE_INFINITY) && age < (range.below ?? Number.POSITIVE_INFINITY);
            const field = isAge ? 'ageHours' : 'idleHours';
            const eas = isAge ? { firstSyncAt: start } : { lastSyncAt: start };
            assert.equal(conditionAt(NOW, { field, ...range }, eas).holds, expected);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
