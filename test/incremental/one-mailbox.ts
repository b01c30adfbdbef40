/** Histories of one user with phones of few models: what the past, clicks, returns and second enrollments decide comes often. */
import * as fc from 'fast-check';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { EasPartnership, EasRecord, MdmRecord } from '../../src/model/records.ts';
import { EAS_IDS, MAILBOXES, NAMES, SERIALS } from '../match/match-worlds.ts';
import { anEas, anMdm } from '../support/records.ts';
import { BEGAN, SOURCES } from './histories.ts';
import type { History, RecordChange, RunStep, Step } from './histories.ts';

const DAY_MS = 24 * 3_600_000;
const iso = (days: number): string => new Date(BEGAN + days * DAY_MS).toISOString();
const pick = fc.nat({ max: 5 });
const name = NAMES[0]!;
const isAndroid = fc.constantFrom(true, true, false);
const ids = EAS_IDS.slice(0, 3);

function partnership(deviceType: string, model: string): EasPartnership {
  return { deviceType, model, os: null, userAgent: null, firstSyncAt: null, state: 'allowed' };
}

const eas: fc.Arbitrary<EasRecord> = fc
  .record({
    easId: fc.constantFrom(...ids),
    isAndroid,
    isCopied: fc.nat({ max: 9 }).map((n) => n === 0),
    firstSyncAt: fc.option(fc.integer({ min: -40, max: 0 }).map(iso), { nil: null, freq: 9 }),
  })
  .map(({ easId, isAndroid, isCopied, firstSyncAt }) =>
    anEas({
      ...(isCopied && { partnerships: [partnership('Android', 'Pixel 8'), partnership('iPhone', 'iPhone15C2')] }),
      mailbox: { id: MAILBOXES[0]!, upn: name, address: name, addresses: [name] },
      easId,
      device: isAndroid
        ? { type: 'Android', os: null, userAgent: 'Android-Mail/1', model: 'Pixel 8' }
        : { type: 'iPhone', os: null, userAgent: 'Apple-iPhone15C2/1', model: 'iPhone15C2' },
      firstSyncAt,
    }),
  );

const mdm: fc.Arbitrary<MdmRecord> = fc
  .record({
    id: fc.constantFrom('m1', 'm2', 'm3'),
    easIds: fc.oneof(
      fc.constant([]),
      fc.constantFrom(...ids).map((easId) => [easId]),
    ),
    isAndroid,
    serial: fc.constantFrom(null, SERIALS[0]!, SERIALS[0]!, SERIALS[1]!),
    compliance: fc.constantFrom('compliant' as const, 'noncompliant' as const),
    managed: fc.nat({ max: 9 }).map((n) => n > 0),
    isOwn: fc.nat({ max: 7 }).map((n) => n > 0),
    enrolledAt: fc.integer({ min: -40, max: 0 }).map(iso),
  })
  .map(({ isAndroid, serial, isOwn, ...rest }) =>
    anMdm({
      ...rest,
      source: SOURCES[0]!,
      user: { id: null, upn: isOwn ? name : NAMES[1]!, addresses: [] },
      device: isAndroid
        ? { platform: 'android', model: 'Pixel 8', serial }
        : { platform: 'ios', model: 'iPhone15,2', serial },
    }),
  );

function change<T>(record: fc.Arbitrary<T>): fc.Arbitrary<RecordChange<T>> {
  const how = fc.constantFrom<RecordChange<T>['how']>('comes', 'comes', 'turns', 'again', 'again', 'moves', 'goes');
  // An EAS ID comes and goes more often than the rest of a record changes.
  return fc.record({ how, pick, part: fc.constantFrom(0, 0, 1, 2, 3, 4, 5), record });
}

const kind = fc.constantFrom('full' as const, 'quick' as const);
const event: fc.Arbitrary<Exclude<Step, RunStep>> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('read-eas' as const),
      kind,
      changes: fc.array(change(eas), { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('read-mdm' as const),
      kind,
      source: fc.constant(0),
      changes: fc.array(change(mdm), { maxLength: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('activate' as const),
      mailbox: fc.constant(0),
      easId: fc.constantFrom(...ids),
      userAgent: fc.constant(null),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pair' as const), pick, with: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unpair' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('times' as const),
      picks: fc.array(pick, { minLength: 1, maxLength: 2 }),
      hours: fc.constantFrom(24, 72),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 24, 24 * 10) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('tell' as const), pick, days: fc.constantFrom(null, 0, 1, 10, 30, 60) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const), pick }) },
);

const run: fc.Arbitrary<RunStep> = fc.record({
  do: fc.constant('run' as const),
  end: fc.constantFrom('whole' as const, 'whole' as const, 'whole' as const, 'cut-off' as const),
  pageSize: fc.constantFrom(1, 2, 100),
  isAll: fc.constant(false),
  meanwhile: fc.constant(null),
});

/** What decides whose the enrolled phone is, where two accounts of one Android model are on a mailbox. */
const ofAccounts: fc.Arbitrary<Exclude<Step, RunStep>> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('activate' as const),
      mailbox: fc.constant(0),
      easId: fc.constantFrom(...ids),
      userAgent: fc.constant(null),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('tell' as const), pick, days: fc.constantFrom(null, 0, 1, 5, 30, 60) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 24, 24 * 10) }) },
);

/** The same of one user alone whose phones are Androids of one model, and of which the MDM tells no EAS ID. */
const onlyAndroids = (history: History): History => ({
  ...history,
  eas: history.eas.map((record) => anEas({ ...record, device: { ...record.device, ...ANDROID } })),
  mdm: history.mdm.map((record) =>
    anMdm({ ...record, easIds: [], managed: true, device: { platform: 'android', model: 'Pixel 8', serial: null } }),
  ),
});

const ANDROID = { type: 'Android', os: null, userAgent: 'Android-Mail/1', model: 'Pixel 8' };

/** Up to three EAS records on one mailbox, three MDM records, and ten to twenty steps. */
export const oneMailbox: fc.Arbitrary<History> = fc.record({
  eas: fc.uniqueArray(eas, { selector: ({ key }) => key, minLength: 1, maxLength: 3 }),
  mdm: fc.uniqueArray(mdm, { selector: ({ key }) => key, minLength: 1, maxLength: 3 }),
  sources: fc.constant(1),
  areMergesMade: fc.constant(true),
  matchSettings: fc.record({
    sameUser: fc.constant(true),
    lateActivation: fc.boolean(),
    serialMatch: fc.constant(false),
    maxAgeHours: fc.constant(24 * 365),
  }),
  switchSettings: fc.constant({
    rules: DEFAULT_RULES,
    adoptEntries: false,
    whenMdmAway: 'leave' as const,
    startFrom: 'strict' as const,
    grandfatherDays: 7,
    mode: 'enforce' as const,
    brakePercent: 100,
    brakeCount: 1000,
    brakePerDay: null,
    idleDays: 30,
    mailFirst: true,
    tidyDays: 30,
    removeIdleDays: 0,
    removeByHand: false,
  }),
  steps: fc.array(fc.oneof({ weight: 3, arbitrary: event }, { weight: 2, arbitrary: run }), {
    minLength: 10,
    maxLength: 20,
  }),
});

/** Up to three accounts of one Android model, whose links are pressed and of which Exchange is asked. */
export const androidAccounts: fc.Arbitrary<History> = fc
  .tuple(
    oneMailbox,
    fc.array(fc.oneof({ weight: 3, arbitrary: ofAccounts }, { weight: 2, arbitrary: run }), {
      minLength: 10,
      maxLength: 20,
    }),
  )
  .map(([history, steps]) => ({ ...onlyAndroids(history), steps }));
