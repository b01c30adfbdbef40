/** Random histories of small worlds in which mailboxes, users, EAS IDs, hardware and times meet often. */
import * as fc from 'fast-check';
import { MDM_AWAY_RULE } from '../../src/access/mdm-away.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { Condition, Rule } from '../../src/access/rules.ts';
import type { MatchSettings } from '../../src/connector/matching/match-settings.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import { serialInEasId } from '../../src/model/join-keys.ts';
import type { AccessState, Action, Compliance, EasRecord, Listed, MdmRecord } from '../../src/model/records.ts';
import { EAS_IDS, easRecord, MAILBOXES, mdmRecord } from '../match/match-worlds.ts';
import { anEas, anMdm, guid } from '../support/records.ts';

/** The MDMs. */
export const SOURCES = ['intune', 'second'];

/** When a history begins. */
export const BEGAN = Date.parse('2026-06-10T00:00:00.000Z');
const HOUR = 3_600_000;
const iso = (time: number): string => new Date(time).toISOString();

/*
 *   how      what happens to the record
 *   comes    there is one more, or it is all another one
 *   turns    one part of it becomes another one's
 *   again    the same phone is there once more: under a new EAS ID, on another mailbox, or enrolled a second time
 *   moves    an MDM record reports another EAS ID; an EAS record goes
 *   goes     it is there no more
 */

/** A change of one record; `pick` says which, of those that there are. */
export interface RecordChange<T> {
  readonly how: 'comes' | 'turns' | 'again' | 'moves' | 'goes';
  readonly pick: number;
  readonly part: number;
  readonly record: T;
}

/** How a run ends. */
export type RunEnd = 'whole' | 'dry' | 'cut-off' | 'page-lost';

/** What may happen. */
export type Step =
  /** Records change where they are; a reading is what says so. */
  | { readonly do: 'read-eas'; readonly kind: 'full' | 'quick'; readonly changes: readonly RecordChange<EasRecord>[] }
  | {
      readonly do: 'read-mdm';
      readonly kind: 'full' | 'quick';
      readonly source: number;
      /** Its clock is ahead of ours, or behind. */
      readonly aheadHours?: number;
      readonly changes: readonly RecordChange<MdmRecord>[];
    }
  /** Phones sync, and are seen by their MDM: only a full reading knows. */
  | { readonly do: 'times'; readonly picks: readonly number[]; readonly hours: number }
  | { readonly do: 'activate'; readonly mailbox: number; readonly easId: string; readonly userAgent: string | null }
  | { readonly do: 'pair'; readonly pick: number; readonly with: number }
  | { readonly do: 'unpair'; readonly pick: number }
  /** We write a list entry, or take ours off; `seen`: the next full reading shows it, else somebody undid it. */
  | {
      readonly do: 'write';
      readonly pick: number;
      readonly list: Listed;
      readonly rule: string;
      readonly seen: boolean;
    }
  /** A person exempts a device for so many hours, or takes that back. */
  | { readonly do: 'exempt'; readonly pick: number; readonly hours: number | null }
  | { readonly do: 'ask'; readonly mailbox: number }
  /** Exchange is asked when a phone last tried to sync, and tells: so many days ago, or nothing. */
  | { readonly do: 'tell'; readonly pick: number; readonly days: number | null }
  /** Exchange is asked, and the connector's account may not. */
  | { readonly do: 'refuse'; readonly pick: number }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'match-settings'; readonly settings: MatchSettings }
  | { readonly do: 'switch-settings'; readonly settings: SwitchSettings }
  | { readonly do: 'restart' }
  | RunStep;

/** A match, and the sync that decides about what it found. */
export interface RunStep {
  readonly do: 'run';
  readonly end: RunEnd;
  readonly pageSize: number;
  readonly isAll: boolean;
  /** Happens after its first page. */
  readonly meanwhile: Exclude<Step, RunStep> | null;
}

/** How a world begins, and what happens then. */
export interface History {
  readonly eas: readonly EasRecord[];
  readonly mdm: readonly MdmRecord[];
  /** MDMs that are read at the beginning. */
  readonly sources: number;
  /** The store is not new, and comes from a version that remembers merges. */
  readonly areMergesMade: boolean;
  readonly matchSettings: MatchSettings;
  readonly switchSettings: SwitchSettings;
  readonly steps: readonly Step[];
}

/** Mailboxes whose names no other has: only EAS IDs and hardware are shared with theirs. */
const FAR = [
  { id: guid(4), name: 'dora@corp.example' },
  { id: guid(5), name: 'emil@corp.example' },
];

const soon = fc.integer({ min: -5, max: 10 }).map((days) => iso(BEGAN + days * 24 * HOUR));
const pick = fc.nat({ max: 11 });

const eas: fc.Arbitrary<EasRecord> = fc
  .tuple(
    easRecord,
    fc.record({
      state: fc.constantFrom<AccessState>('allowed', 'allowed', 'blocked', 'quarantined', 'discovery'),
      reason: fc.constantFrom('global', 'individual', 'policy'),
      listed: fc.constantFrom<Listed>(null, null, 'allowed', 'blocked'),
    }),
    fc.constantFrom(null, null, null, ...FAR),
  )
  .map(([record, access, far]) => {
    if (far === null) return { ...record, access: { ...access } };
    const { id, name } = far;
    const mailbox = { id, upn: name, address: name, addresses: [name] };
    return anEas({ ...record, mailbox, access: { ...access } });
  });

const mdm: fc.Arbitrary<MdmRecord> = fc
  .record({
    record: mdmRecord,
    source: fc.constantFrom(0, 0, 1),
    compliance: fc.constantFrom<Compliance>('compliant', 'noncompliant', 'in-grace', 'in-grace', 'unknown'),
    graceUntil: fc.option(soon, { nil: null, freq: 3 }),
  })
  .map(({ record, source, compliance, graceUntil }) =>
    anMdm({ ...record, source: SOURCES[source]!, compliance, graceUntil }),
  );

// ── rules ─────────────────────────────────────────────────────────────────────

const hours = fc.constantFrom(0.5, 1, 24, 72, 24 * 7);
const span = fc.oneof(fc.record({ atLeast: hours }), fc.record({ below: hours }));
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc
    .tuple(fc.constantFrom('ageHours' as const, 'idleHours' as const, 'idleHours' as const), span)
    .map(([field, bounds]) => ({ field, ...bounds })),
  fc
    .tuple(fc.constantFrom('firstSyncAt' as const, 'lastSyncAt' as const), soon, fc.boolean())
    .map(([field, before, not]) => ({ field, before, not })),
  fc
    .subarray<Compliance>(['compliant', 'in-grace', 'noncompliant', 'unknown'], { minLength: 1, maxLength: 2 })
    .map((is) => ({ field: 'compliance' as const, is })),
  fc.constantFrom<Condition>(
    { field: 'accessState', is: ['blocked', 'quarantined'] },
    { field: 'accessState', is: ['allowed'], not: true },
    { field: 'accessReason', is: ['policy'] },
    { field: 'listed', is: ['allowed', 'blocked'], by: 'admin' },
    { field: 'listed', is: ['blocked'], by: 'us' },
    { field: 'listed', is: ['none'] },
    { field: 'status', is: ['eas/mdm'] },
    { field: 'status', is: ['eas'] },
    { field: 'reason', is: ['not-enrolled', 'needs-activation'] },
    { field: 'reason', is: ['snapshot-incomplete', 'ambiguous', 'other-user'] },
    { field: 'reason', is: ['returned-with-new-id'] },
    { field: 'reason', is: ['superseded'] },
    { field: 'platform', is: ['ios'] },
    { field: 'deviceModel', how: 'wildcard', patterns: ['Pixel*'] },
    { field: 'mailbox', how: 'exact', patterns: ['anna@corp.example'] },
  ),
);
const rule: fc.Arbitrary<Omit<Rule, 'name'>> = fc
  .record({
    when: fc.array(condition, { maxLength: 2 }),
    action: fc.constantFrom<Action>('allow', 'block', 'release', 'leave'),
    until: fc.option(soon, { nil: undefined, freq: 3 }),
    report: fc.boolean(),
  })
  .map(({ until, ...one }) => ({ ...one, ...(until !== undefined && { until }) }));
const rules: fc.Arbitrary<Rule[]> = fc
  .tuple(fc.array(rule, { maxLength: 3 }), fc.boolean())
  .map(([own, byDefault]) => [
    ...own.map((one, at) => ({ name: `Rule ${at + 1}`, ...one })),
    ...(byDefault ? DEFAULT_RULES : []),
  ]);

const switchSettings: fc.Arbitrary<SwitchSettings> = fc
  .record({
    rules,
    adoptEntries: fc.constantFrom(false, false, true),
    whenMdmAway: fc.constantFrom('leave' as const, 'allow' as const, 'block' as const),
    startFrom: fc.constantFrom('strict' as const, 'strict' as const, 'grandfather' as const),
    grandfatherDays: fc.constantFrom(1, 7),
    mailFirst: fc.boolean(),
  })
  .map((chosen) => ({
    mode: 'enforce',
    brakePercent: 100,
    brakeCount: 1000,
    brakePerDay: null,
    idleDays: 30,
    tidyDays: 30,
    removeIdleDays: 0,
    removeByHand: false,
    ...chosen,
  }));

const matchSettings: fc.Arbitrary<MatchSettings> = fc.record({
  sameUser: fc.constantFrom(true, true, false),
  lateActivation: fc.boolean(),
  serialMatch: fc.constantFrom(true, true, false),
  // Of a year: whatever waits are between, most runs are about some devices only.
  maxAgeHours: fc.constantFrom(26, 24 * 365, 24 * 365),
});

// ── steps ─────────────────────────────────────────────────────────────────────

function change<T>(record: fc.Arbitrary<T>): fc.Arbitrary<RecordChange<T>> {
  const how = fc.constantFrom<RecordChange<T>['how']>('comes', 'turns', 'turns', 'again', 'moves', 'goes');
  return fc.record({ how, pick, part: fc.nat({ max: 6 }), record });
}

const kind = fc.constantFrom('full' as const, 'quick' as const);
const event: fc.Arbitrary<Exclude<Step, RunStep>> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('read-eas' as const),
      kind,
      changes: fc.array(change(eas), { maxLength: 2 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('read-mdm' as const),
      kind,
      source: fc.constantFrom(0, 0, 1),
      aheadHours: fc.integer({ min: 0, max: 15 }).map((n) => [-24, 24][n] ?? 0),
      changes: fc.array(change(mdm), { maxLength: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('times' as const),
      picks: fc.array(pick, { minLength: 1, maxLength: 3 }),
      hours: fc.constantFrom(1, 24, 72, 24 * 7),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('activate' as const),
      mailbox: fc.nat({ max: MAILBOXES.length - 1 }),
      easId: fc.constantFrom(...EAS_IDS),
      userAgent: fc.constantFrom(null, 'Mozilla/5.0 (iPhone)', 'Mozilla/5.0 (Linux; Android 16)'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pair' as const), pick, with: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unpair' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      pick,
      list: fc.constantFrom<Listed>('allowed', 'blocked', 'blocked', null),
      rule: fc.constantFrom('Rule 1', MDM_AWAY_RULE),
      seen: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('exempt' as const), pick, hours: fc.constantFrom(1, 6, 72, 72, null) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('ask' as const), mailbox: fc.nat({ max: MAILBOXES.length - 1 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('tell' as const), pick, days: fc.constantFrom(null, 0, 2, 29, 31, 200) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(0.1, 1, 6, 24, 72, 24 * 14) }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ do: fc.constant('match-settings' as const), settings: matchSettings }),
      fc.record({ do: fc.constant('switch-settings' as const), settings: switchSettings }),
      fc.constant({ do: 'restart' as const }),
    ),
  },
);

const run: fc.Arbitrary<RunStep> = fc.record({
  do: fc.constant('run' as const),
  end: fc.constantFrom<RunEnd>('whole', 'whole', 'whole', 'whole', 'whole', 'dry', 'cut-off', 'page-lost'),
  pageSize: fc.constantFrom(1, 2, 100),
  isAll: fc.nat({ max: 19 }).map((n) => n === 0),
  meanwhile: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: event }),
});

const WHOLE: RunStep = { do: 'run', end: 'whole', pageSize: 100, isAll: false, meanwhile: null };
const later = fc.record({
  do: fc.constant('times' as const),
  picks: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 2 }),
  hours: fc.constantFrom(24, 72, 24 * 7),
});

/** A phone comes back under a new EAS ID, or is enrolled twice; then only times pass, and a reading hears of them. */
const inDoubt: fc.Arbitrary<Step[]> = fc
  .record({
    isMdm: fc.boolean(),
    easChange: change(eas),
    mdmChange: change(mdm),
    pick: fc.nat({ max: 1 }),
    passing: fc.oneof(later, fc.constant({ do: 'wait' as const, hours: 72 })),
  })
  .map(({ isMdm, easChange, mdmChange, pick, passing }): Step[] => {
    const again = { how: 'again', pick, part: 0 } as const;
    const readMdm = { do: 'read-mdm', kind: 'full' } as const;
    return [
      { do: 'read-eas', kind: 'full', changes: isMdm ? [] : [{ ...easChange, ...again }] },
      { ...readMdm, source: 0, changes: isMdm ? [{ ...mdmChange, ...again }] : [] },
      { ...readMdm, source: 1, changes: [] },
      WHOLE,
      passing,
      { do: 'read-eas', kind: 'full', changes: [] },
      { ...readMdm, source: 0, changes: [] },
      { ...readMdm, source: 1, changes: [] },
      WHOLE,
    ];
  });

/** We take off what we wrote, and readings go on showing it: as long as that may be a domain controller that is behind, or longer. */
const shownFromBefore: fc.Arbitrary<Step[]> = fc
  .record({
    pick: fc.nat({ max: 3 }),
    list: fc.constantFrom<Listed>('allowed', 'blocked', 'blocked'),
    next: fc.constantFrom<Listed>('allowed', 'blocked', null),
    hours: fc.constantFrom(0.1, 1, 6, 6),
    isReadSoon: fc.boolean(),
  })
  .map(({ pick: of, list, next, hours, isReadSoon }): Step[] => {
    const write = { do: 'write', pick: of, rule: 'Rule 1' } as const;
    const read = { do: 'read-eas', kind: 'full', changes: [] } as const;
    return [
      { ...write, list, seen: true },
      read,
      { ...write, list: next, seen: false },
      WHOLE,
      ...(isReadSoon ? [read, WHOLE] : []),
      { do: 'wait', hours },
      read,
      WHOLE,
    ];
  });

const doubt: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step[]>([]) },
  { weight: 2, arbitrary: inDoubt },
  { weight: 1, arbitrary: shownFromBefore },
);

/** Worlds of up to seven devices and four MDM records, some of which fit, and six to thirteen steps. */
export const history: fc.Arbitrary<History> = fc
  .record({
    eas: fc.uniqueArray(eas, { selector: ({ key }) => key, minLength: 1, maxLength: 7 }),
    mdm: fc.uniqueArray(mdm, { selector: ({ key }) => key, maxLength: 4 }),
    fitting: fc.nat({ max: 2 }),
    sources: fc.constantFrom(0, 1, 2, 2),
    areMergesMade: fc.nat({ max: 9 }).map((n) => n > 0),
    matchSettings,
    switchSettings,
    doubt,
    steps: fc.array(fc.oneof({ weight: 3, arbitrary: event }, { weight: 2, arbitrary: run }), {
      minLength: 6,
      maxLength: 13,
    }),
  })
  .map(({ fitting, doubt, ...one }) => ({
    ...one,
    steps: doubt.length === 0 ? one.steps : [...doubt, ...one.steps.slice(0, 6)],
    mdm: one.mdm.map((record, at) => fitted(record, at < fitting ? one.eas[at] : undefined)),
  }));

/** Made the enrolled phone of a mailbox's owner, known by its EAS ID or by its hardware alone. */
function fitted(record: MdmRecord, phone: EasRecord | undefined): MdmRecord {
  if (phone === undefined) return record;
  const user = { id: phone.mailbox.id, upn: null, addresses: [] };
  const imeis = phone.device.imei === null ? [] : [phone.device.imei];
  const device = { ...record.device, serial: serialInEasId(phone.easId), imeis };
  return { ...record, user, device, easIds: record.easIds.length === 0 ? [] : [phone.easId], managed: true };
}
