import assert from 'node:assert/strict';
import { EasIndex } from '../../src/match/eas-index.ts';
import { MatchRules } from '../../src/match/match-rules.ts';
import type { MatchOptions } from '../../src/match/match-scene.ts';
import type { Finding } from '../../src/match/finding.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import { easRecordKey } from '../../src/model/keys.ts';
import { OWN_CLOCK } from '../../src/model/server-clock.ts';
import type { KnownAttempt, PastMerge } from '../../src/match/past.ts';
import type { PastReturn } from '../../src/match/returned.ts';
import type { Activation, EasPartnership, EasRecord, MdmRecord, Pairing } from '../../src/model/records.ts';
import { anEas, anMdm, anMdmPixel, aPixel, guid } from '../support/records.ts';

const OPTIONS: MatchOptions = { mdmStartedAt: '2026-06-02T00:00:00.000Z', mdmComplete: true, mdmFresh: true };

interface Case {
  readonly eas: EasRecord;
  readonly mdm?: readonly MdmRecord[];
  readonly others?: readonly EasRecord[];
  readonly activations?: readonly Activation[];
  readonly pairings?: readonly Pairing[];
  readonly options?: Partial<MatchOptions>;
  readonly wholePicture?: boolean;
  /** When our first reading began that had it. */
  readonly firstRead?: string;
  /** What it, or another one, was one with last, by its EAS ID. */
  readonly past?: Readonly<Record<string, PastMerge>>;
  readonly returns?: readonly PastReturn[];
  /** EAS IDs of accounts that have tried to sync just now. */
  readonly inUse?: readonly string[];
  /** EAS IDs of accounts of which Exchange says just now that they have not tried since the first of May. */
  readonly silent?: readonly string[];
}

const NOW = Date.parse('2026-06-02T00:00:00.000Z');
const JUST_NOW: KnownAttempt = { lastAttemptAt: NOW, toldAt: NOW, refusedAt: Number.NaN };

const LONG_AGO: KnownAttempt = { ...JUST_NOW, lastAttemptAt: Date.parse('2026-05-01T00:00:00.000Z') };

/** Three minutes. */
const behind = { offsetMs: -180_000, marginMs: 2_000 };

async function find({
  eas,
  mdm = [],
  others = [],
  activations = [],
  pairings = [],
  options = {},
  wholePicture = true,
  firstRead,
  past = {},
  returns = [],
  inUse = [],
  silent = [],
}: Case) {
  const index = new MdmIndex();
  index.add(mdm);
  const easIndex = new EasIndex();
  easIndex.add([eas, ...others]);
  const rules = new MatchRules({
    mdm: index,
    ...(wholePicture && { eas: easIndex }),
    activations,
    pairings,
    past: async () =>
      new Map(Object.entries(past).map(([easId, merge]) => [easRecordKey('org', eas.mailbox.id, easId), merge])),
    returns: async () => returns,
    attempts: async () =>
      new Map([
        ...inUse.map((easId) => [easRecordKey('org', eas.mailbox.id, easId), JUST_NOW] as const),
        ...silent.map((easId) => [easRecordKey('org', eas.mailbox.id, easId), LONG_AGO] as const),
      ]),
    options: { ...OPTIONS, ...options },
  });
  await rules.knowPast([eas], [eas]);
  if (firstRead !== undefined) rules.knowFirstRead(new Map([[eas.key, firstRead]]));
  return summary(rules.plainMatch(eas) ?? rules.match(eas), index);
}

function summary(finding: Finding, index: MdmIndex) {
  const beside = finding.beside.map((row) => index.key(row)).sort();
  return {
    by: finding.by,
    mdm: finding.row < 0 ? null : index.key(finding.row),
    reason: finding.reason,
    case: finding.case,
    ...(beside.length > 0 && { beside }),
  };
}

function clicked(eas: EasRecord, at: string, parts: Partial<Activation> = {}): Activation {
  return { easId: eas.easId, mailbox: eas.mailbox.id, at, userAgent: null, tokenId: `t-${eas.easId}-${at}`, ...parts };
}

type Row = [sentence: string, given: Case, expected: ReturnType<typeof summary>];

function table(cases: readonly Row[]): void {
  for (const [sentence, given, expected] of cases) {
    it(sentence, async () => assert.deepEqual(await find(given), expected));
  }
}

const BEN_USER = { id: null, upn: 'ben@corp.example', addresses: [] };
const merge = (by: 'eas-id' | 'activation' | 'pairing' | 'serial', which: Finding['case'], mdm = 'mdm:intune:m1') =>
  ({ by, mdm, reason: 'merged', case: which }) as const;
const alone = (reason: Finding['reason'], which: Finding['case']) =>
  ({ by: null, mdm: null, reason, case: which }) as const;

describe('match rule 1: the EAS ID', () => {
  table([
    [
      'merges a phone whose EAS ID its MDM record reports',
      { eas: anEas(), mdm: [anMdm()] },
      merge('eas-id', 'same-user'),
    ],
    [
      'does not care how the EAS ID is spelled',
      { eas: anEas({ easId: 'Iphone1' }), mdm: [anMdm({ easIds: [' IPHONE1 '] })] },
      merge('eas-id', 'same-user'),
    ],
    [
      'knows the user by a second address, where UPN and mail differ',
      {
        eas: anEas({
          mailbox: {
            upn: 'a.berg@corp.local',
            address: 'anna.berg@corp.example',
            addresses: ['anna.berg@corp.example', 'Anna@Corp.example'],
          },
        }),
        mdm: [anMdm()],
      },
      merge('eas-id', 'same-user'),
    ],
    [
      'knows the user whose ü is one character in Exchange and two in the MDM',
      {
        eas: anEas({ mailbox: { upn: 'j.m\u00fcller@corp.example', address: null, addresses: [] } }),
        mdm: [anMdm({ user: { id: null, upn: 'j.mu\u0308ller@corp.example', addresses: [] } })],
      },
      merge('eas-id', 'same-user'),
    ],
    [
      'holds a device without a user, as kiosks are',
      { eas: anEas(), mdm: [anMdm({ user: { id: null, upn: null, addresses: [] } })] },
      { ...alone('other-user', 'other-user'), beside: ['mdm:intune:m1'] },
    ],
    [
      'holds a bare user name: another domain may have an anna, too',
      { eas: anEas(), mdm: [anMdm({ user: { id: null, upn: 'anna', addresses: [] } })] },
      { ...alone('other-user', 'other-user'), beside: ['mdm:intune:m1'] },
    ],
    [
      'knows the user of a bare name by the address beside it',
      { eas: anEas(), mdm: [anMdm({ user: { id: null, upn: 'anna', addresses: ['ANNA@corp.example'] } })] },
      merge('eas-id', 'same-user'),
    ],
    [
      'knows the user by the mailbox GUID where the MDM has it',
      {
        eas: anEas({ mailbox: { upn: null, address: 'x@corp.example', addresses: [] } }),
        mdm: [anMdm({ user: { id: guid(1).toUpperCase(), upn: null, addresses: [] } })],
      },
      merge('eas-id', 'same-user'),
    ],
    [
      'holds the same EAS ID under another user',
      { eas: anEas(), mdm: [anMdm({ user: BEN_USER })] },
      { ...alone('other-user', 'other-user'), beside: ['mdm:intune:m1'] },
    ],
    [
      'merges it and says so with sameUser off',
      { eas: anEas(), mdm: [anMdm({ user: BEN_USER })], options: { sameUser: false } },
      merge('eas-id', 'other-user-merged'),
    ],
    [
      "takes this user's record and names another user's with the same EAS ID",
      { eas: anEas(), mdm: [anMdm({ id: 'm0', user: BEN_USER, lastSeenAt: '2026-06-09T00:00:00.000Z' }), anMdm()] },
      { ...merge('eas-id', 'same-user'), beside: ['mdm:intune:m0'] },
    ],
    [
      'takes the record seen last of several, and names the others',
      {
        eas: anEas(),
        mdm: [
          anMdm({ id: 'old', lastSeenAt: '2026-01-01T00:00:00.000Z' }),
          anMdm({ id: 'm1' }),
          anMdm({ id: 'never', lastSeenAt: null }),
        ],
      },
      { ...merge('eas-id', 'same-user'), beside: ['mdm:intune:never', 'mdm:intune:old'] },
    ],
    [
      'holds a phone of two records that differ in compliance, where one MDM does not tell when it saw it last',
      {
        eas: anEas(),
        mdm: [
          anMdm({ id: 'left', compliance: 'noncompliant', lastSeenAt: '2026-05-20T00:00:00.000Z' }),
          anMdm({ source: 'csv', id: 'now', lastSeenAt: null }),
        ],
      },
      { ...alone('ambiguous', 'seen-last-untold'), beside: ['mdm:csv:now', 'mdm:intune:left'] },
    ],
    [
      'holds it whichever id comes first in the alphabet, also where neither tells it',
      {
        eas: anEas(),
        mdm: [anMdm({ id: 'a', lastSeenAt: null }), anMdm({ id: 'b', compliance: 'noncompliant', lastSeenAt: null })],
      },
      { ...alone('ambiguous', 'seen-last-untold'), beside: ['mdm:intune:a', 'mdm:intune:b'] },
    ],
    [
      'holds it where both were seen at the same time',
      { eas: anEas(), mdm: [anMdm({ id: 'a', compliance: 'noncompliant' }), anMdm({ id: 'b' })] },
      { ...alone('ambiguous', 'seen-last-untold'), beside: ['mdm:intune:a', 'mdm:intune:b'] },
    ],
    [
      'takes one of two records that say the same, though nobody tells which was seen last',
      { eas: anEas(), mdm: [anMdm({ id: 'b', lastSeenAt: null }), anMdm({ id: 'a', lastSeenAt: null })] },
      { ...merge('eas-id', 'same-user', 'mdm:intune:a'), beside: ['mdm:intune:b'] },
    ],
    [
      'takes the record that was enrolled after the other one was seen, though it does not tell when it was seen',
      {
        eas: anEas(),
        mdm: [
          anMdm({ id: 'left', compliance: 'noncompliant', lastSeenAt: '2026-05-20T00:00:00.000Z' }),
          anMdm({ source: 'csv', id: 'now', enrolledAt: '2026-05-21T00:00:00.000Z', lastSeenAt: null }),
        ],
      },
      { ...merge('eas-id', 'same-user', 'mdm:csv:now'), beside: ['mdm:intune:left'] },
    ],
    [
      'takes the record enrolled last of two that do not tell when they were seen',
      {
        eas: anEas(),
        mdm: [
          anMdm({ id: 'a', compliance: 'noncompliant', enrolledAt: '2026-02-01T00:00:00.000Z', lastSeenAt: null }),
          anMdm({ id: 'b', enrolledAt: '2026-05-01T00:00:00.000Z', lastSeenAt: null }),
        ],
      },
      { ...merge('eas-id', 'same-user', 'mdm:intune:b'), beside: ['mdm:intune:a'] },
    ],
    [
      'does not guess between two of three MDMs that contradict each other, and leaves out the third, which was seen before',
      {
        eas: anEas(),
        mdm: [
          anMdm({
            source: 'third',
            id: 'x',
            compliance: 'unknown',
            enrolledAt: '2026-01-01T00:00:00.000Z',
            lastSeenAt: '2026-03-01T00:00:00.000Z',
          }),
          anMdm({ id: 'left', compliance: 'noncompliant', lastSeenAt: '2026-05-20T00:00:00.000Z' }),
          anMdm({ source: 'csv', id: 'now', enrolledAt: '2026-05-05T00:00:00.000Z', lastSeenAt: null }),
        ],
      },
      { ...alone('ambiguous', 'seen-last-untold'), beside: ['mdm:csv:now', 'mdm:intune:left'] },
    ],
    [
      'merges it with the one that an administrator paired it with',
      {
        eas: anEas(),
        mdm: [anMdm({ id: 'a', lastSeenAt: null }), anMdm({ id: 'b', compliance: 'noncompliant', lastSeenAt: null })],
        pairings: [
          { easKey: anEas().key, mdmKey: 'mdm:intune:a', at: '2026-05-20T00:00:00.000Z', by: null, note: null },
        ],
      },
      merge('pairing', 'paired', 'mdm:intune:a'),
    ],
    [
      'merges one phone on two mailboxes of one user twice',
      {
        eas: anEas({
          mailbox: {
            id: guid(9),
            upn: null,
            address: 'team@corp.example',
            addresses: ['team@corp.example', 'anna@corp.example'],
          },
        }),
        mdm: [anMdm()],
      },
      merge('eas-id', 'same-user'),
    ],
    [
      'does not match a record the MDM no longer manages',
      { eas: anEas(), mdm: [anMdm({ managed: false })] },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'merges a client that is not native if the MDM reports exactly its id',
      { eas: anEas({ device: { userAgent: 'Outlook-iOS-Android/1.0' } }), mdm: [anMdm()] },
      merge('eas-id', 'same-user'),
    ],
  ]);
});

describe('match rule 2: the activation', () => {
  const pixel = aPixel();
  const click = clicked(pixel, '2026-05-02T08:00:00.000Z');
  table([
    [
      'merges the one Android enrolled after the click',
      { eas: pixel, mdm: [anMdmPixel()], activations: [click] },
      merge('activation', 'activated'),
    ],
    [
      'takes an enrollment in the second of the click for a later one, as the MDM counts in seconds',
      {
        eas: pixel,
        mdm: [anMdmPixel({ enrolledAt: '2026-05-02T08:00:00.000Z' })],
        activations: [clicked(pixel, '2026-05-02T08:00:00.700Z')],
        options: { lateActivation: false },
      },
      merge('activation', 'activated'),
    ],
    [
      'merges the only Android enrolled before the click with late activation',
      { eas: pixel, mdm: [anMdmPixel({ enrolledAt: '2026-04-01T00:00:00.000Z' })], activations: [click] },
      merge('activation', 'activated-late'),
    ],
    [
      'lets it wait without late activation',
      {
        eas: pixel,
        mdm: [anMdmPixel({ enrolledAt: '2026-04-01T00:00:00.000Z' })],
        activations: [click],
        options: { lateActivation: false },
      },
      { ...alone('needs-activation', 'waits-for-link'), beside: ['mdm:intune:m1'] },
    ],
    [
      'holds when two enrolled after the click',
      { eas: pixel, mdm: [anMdmPixel(), anMdmPixel({ id: 'm2' })], activations: [click] },
      { ...alone('ambiguous', 'activation-several'), beside: ['mdm:intune:m1', 'mdm:intune:m2'] },
    ],
    [
      'holds when two were enrolled before the click',
      {
        eas: pixel,
        mdm: [anMdmPixel({ enrolledAt: '2026-04-01T00:00:00.000Z' }), anMdmPixel({ id: 'm2', enrolledAt: null })],
        activations: [click],
      },
      { ...alone('ambiguous', 'activation-several'), beside: ['mdm:intune:m1', 'mdm:intune:m2'] },
    ],
    [
      'holds a contradicting model',
      { eas: pixel, mdm: [anMdmPixel({ device: { model: 'SM-S911B' } })], activations: [click] },
      { ...alone('ambiguous', 'activation-contradiction'), beside: ['mdm:intune:m1'] },
    ],
    ...(['Android', 'SamsungDevice', 'SAMSUNGSMA536B', 'Galaxy A53', null] as const).map((model): Row => [
      `merges a phone that Exchange has as ${model ?? 'nothing'} with the SM-A536B enrolled after the click`,
      {
        eas: aPixel({ device: { model } }),
        mdm: [anMdmPixel({ device: { model: 'SM-A536B' } })],
        activations: [click],
      },
      merge('activation', 'activated'),
    ]),
    [
      'holds another platform enrolled after the click',
      { eas: pixel, mdm: [anMdm({ easIds: [] })], activations: [click] },
      { ...alone('ambiguous', 'activation-contradiction'), beside: ['mdm:intune:m1'] },
    ],
    [
      "does not give a user's older iPhone to an Android",
      { eas: pixel, mdm: [anMdm({ easIds: [], enrolledAt: '2026-04-01T00:00:00.000Z' })], activations: [click] },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      'says that the link was opened when nothing is enrolled yet',
      { eas: pixel, activations: [click] },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      'does not take a record that has an EAS ID of its own',
      { eas: pixel, mdm: [anMdmPixel({ easIds: ['other'] })], activations: [click] },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      "does not take another user's record",
      { eas: pixel, mdm: [anMdmPixel({ user: BEN_USER })], activations: [click] },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      'does not count an activation of another mailbox',
      { eas: pixel, mdm: [anMdmPixel()], activations: [{ ...click, mailbox: guid(2) }] },
      { ...alone('needs-activation', 'waits-for-link'), beside: ['mdm:intune:m1'] },
    ],
    [
      'does not merge a client that is not native',
      { eas: aPixel({ device: { userAgent: 'Outlook-iOS-Android/1.0' } }), mdm: [anMdmPixel()], activations: [click] },
      alone('not-native-client', 'other-client'),
    ],
  ]);

  describe('with two phones of one user', () => {
    const second = aPixel({ easId: 'androidc2' });
    const clicks = [click, clicked(second, '2026-05-04T08:00:00.000Z')];
    const both = [anMdmPixel(), anMdmPixel({ id: 'm2', enrolledAt: '2026-05-05T08:00:00.000Z' })];
    table([
      [
        'gives the second its own record, and so the first the other',
        { eas: pixel, others: [second], mdm: both, activations: clicks },
        merge('activation', 'activated'),
      ],
      [
        'gives the second the record enrolled after its click',
        { eas: second, others: [pixel], mdm: both, activations: clicks },
        merge('activation', 'activated', 'mdm:intune:m2'),
      ],
      [
        'holds both when one record is the only choice of both',
        { eas: second, others: [pixel], mdm: [both[1]!], activations: clicks },
        { ...alone('ambiguous', 'activation-contested'), beside: ['mdm:intune:m2'] },
      ],
      [
        'does not count the activation of an EAS ID that is gone from Exchange',
        { eas: second, mdm: [both[1]!], activations: clicks },
        merge('activation', 'activated', 'mdm:intune:m2'),
      ],
      [
        'does not let the second wait for a record that the first has claimed',
        { eas: second, others: [pixel], mdm: [both[0]!], activations: [click] },
        alone('not-enrolled', 'no-device'),
      ],
    ]);
  });
});

describe('the two weeks of a click', () => {
  const pixel = aPixel();
  const december = clicked(pixel, '2025-12-01T08:00:00.000Z');
  const enrolled = (at: string): MdmRecord => anMdmPixel({ enrolledAt: at });
  const waits = { ...alone('needs-activation', 'waits-for-link'), beside: ['mdm:intune:m1'] };
  table([
    [
      'are over after 14 days: a phone that is issued later is not the one of the click',
      {
        eas: pixel,
        mdm: [enrolled('2025-12-15T08:00:01.000Z')],
        activations: [december],
        options: { mdmClocks: { intune: OWN_CLOCK } },
      },
      waits,
    ],
    [
      'are over after as much more as the clock of the MDM may be off by',
      { eas: pixel, mdm: [enrolled('2025-12-15T08:10:01.000Z')], activations: [december] },
      waits,
    ],
    [
      'last to their end',
      { eas: pixel, mdm: [enrolled('2025-12-15T08:00:00.000Z')], activations: [december] },
      merge('activation', 'activated'),
    ],
    [
      'begin again with another click',
      {
        eas: pixel,
        mdm: [enrolled('2026-05-03T08:00:00.000Z')],
        activations: [clicked(pixel, '2026-05-02T08:00:00.000Z'), december],
      },
      merge('activation', 'activated'),
    ],
    [
      'leave what was enrolled between two clicks to late activation',
      {
        eas: pixel,
        mdm: [enrolled('2026-02-01T08:00:00.000Z')],
        activations: [december, clicked(pixel, '2026-05-02T08:00:00.000Z')],
      },
      merge('activation', 'activated-late'),
    ],
    [
      'are not asked for at the first match of a store, which makes the merges of an older version',
      {
        eas: pixel,
        mdm: [enrolled('2026-05-03T08:00:00.000Z')],
        activations: [december],
        options: { clickWindow: false },
      },
      merge('activation', 'activated'),
    ],
    [
      'do not make a contradiction of a phone that is issued later, which is another model',
      {
        eas: pixel,
        mdm: [anMdmPixel({ enrolledAt: '2026-05-03T08:00:00.000Z', device: { model: 'SM-S911B' } })],
        activations: [december],
      },
      alone('not-enrolled', 'activation-waits'),
    ],
  ]);
});

describe('the clock of the MDM', () => {
  const pixel = aPixel();
  const activations = [clicked(pixel, '2026-05-02T08:00:00.500Z')];
  const enrolled = (at: string): readonly MdmRecord[] => [anMdmPixel({ enrolledAt: at })];
  const [after, before] = [merge('activation', 'activated'), merge('activation', 'activated-late')];
  const by = (offsetMs: number): Partial<MatchOptions> => ({ mdmClocks: { intune: { offsetMs, marginMs: 2_000 } } });
  const iphone = anEas({ firstSyncAt: '2026-05-01T09:00:00.000Z' });
  const bens = (at: string): readonly MdmRecord[] => [
    anMdm({ user: BEN_USER, enrolledAt: at, device: { platform: 'android', model: 'Pixel 8' } }),
  ];
  const foreign = { ...alone('not-enrolled', 'foreign-id'), beside: ['mdm:intune:m1'] };
  const isHeld = { ...alone('other-user', 'other-user'), beside: ['mdm:intune:m1'] };
  const bothBy = { ...by(180_000), easClock: behind };
  table([
    [
      'three minutes behind does not make a phone older than the click that it was enrolled for',
      { eas: pixel, mdm: enrolled('2026-05-02T07:57:30.000Z'), activations, options: by(-180_000) },
      after,
    ],
    [
      'counts a phone as enrolled after the click if it may have been, by what the measurement may be off by',
      { eas: pixel, mdm: enrolled('2026-05-02T07:56:58.000Z'), activations, options: by(-180_000) },
      after,
    ],
    [
      'counts it as enrolled before the click if it cannot have been',
      { eas: pixel, mdm: enrolled('2026-05-02T07:56:57.000Z'), activations, options: by(-180_000) },
      before,
    ],
    [
      'three minutes ahead does not make a phone younger than the click',
      { eas: pixel, mdm: enrolled('2026-05-02T08:02:57.000Z'), activations, options: by(180_000) },
      before,
    ],
    [
      'may be off by ten minutes where nobody knows it',
      { eas: pixel, mdm: enrolled('2026-05-02T07:50:00.000Z'), activations },
      after,
    ],
    ['may not be off by more', { eas: pixel, mdm: enrolled('2026-05-02T07:49:59.000Z'), activations }, before],
    [
      'is that of its own source, also where the name of one begins with the name of another',
      {
        eas: pixel,
        mdm: [anMdmPixel({ source: 'intune:2', enrolledAt: '2026-05-02T07:57:30.000Z' })],
        activations,
        options: { mdmClocks: { intune: OWN_CLOCK, 'intune:2': { offsetMs: -180_000, marginMs: 2_000 } } },
      },
      merge('activation', 'activated', 'mdm:intune:2:m1'),
    ],
    [
      'holds the EAS ID of another user where the phone may have been here before that was enrolled',
      // By our clock the phone came at 9:03, the other was enrolled at 9:03 less four seconds of both margins.
      { eas: iphone, mdm: bens('2026-05-01T09:05:56.000Z'), options: bothBy },
      isHeld,
    ],
    [
      'does not where it was certainly here later, though both clocks say otherwise',
      { eas: iphone, mdm: bens('2026-05-01T09:05:55.000Z'), options: bothBy },
      foreign,
    ],
    [
      'holds it within twenty minutes where nobody knows either',
      { eas: iphone, mdm: bens('2026-05-01T08:40:00.000Z') },
      isHeld,
    ],
  ]);
});

describe('a phone that moved from one MDM to another', () => {
  const eas = anEas();
  const old = anMdm({
    id: 'old',
    source: 'jamf',
    compliance: 'noncompliant',
    enrolledAt: '2026-05-10T09:00:00.000Z',
    device: { serial: 'S1' },
  });
  const now = (at: string): readonly MdmRecord[] => [
    old,
    anMdm({ easIds: [], enrolledAt: at, device: { serial: 'S1' } }),
  ];
  const options = {
    mdmClocks: { intune: { offsetMs: -180_000, marginMs: 2_000 }, jamf: { offsetMs: 60_000, marginMs: 2_000 } },
  };
  table([
    [
      'counts as its new record, though the clocks of both put that before the old one',
      { eas, mdm: now('2026-05-10T08:56:05.000Z'), options },
      { ...merge('eas-id', 're-enrolled'), beside: ['mdm:jamf:old'] },
    ],
    [
      'is held where the clocks leave open which came first',
      { eas, mdm: now('2026-05-10T08:56:04.000Z'), options },
      { ...alone('ambiguous', 're-enrolled-maybe'), beside: ['mdm:intune:m1', 'mdm:jamf:old'] },
    ],
    [
      'counts as the old one where that came last',
      { eas, mdm: now('2026-05-10T08:55:55.000Z'), options },
      merge('eas-id', 'same-user', 'mdm:jamf:old'),
    ],
  ]);
});

describe('a click after an iPhone was enrolled', () => {
  const iphone = anEas();
  const activations = [clicked(iphone, '2026-05-10T08:00:00.000Z')];
  const without = anMdm({ easIds: [] });
  const identified = (model: string): MdmRecord => anMdm({ easIds: [], device: { model } });
  const options = { idTellers: ['intune'] };
  const late = { ...alone('ambiguous', 'activation-late'), beside: ['mdm:intune:m1'] };
  table([
    [
      'takes it where the MDM hardly ever tells EAS IDs',
      { eas: iphone, mdm: [without], activations, options: { idTellers: ['other'] } },
      merge('activation', 'activated-late'),
    ],
    ['does not take it where the MDM tells EAS IDs', { eas: iphone, mdm: [without], activations, options }, late],
    [
      'is not held there without late activation: nothing was to be claimed',
      { eas: iphone, mdm: [without], activations, options: { ...options, lateActivation: false } },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      'takes an Android there all the same',
      { eas: aPixel(), mdm: [anMdmPixel()], activations: [clicked(aPixel(), '2026-05-10T08:00:00.000Z')], options },
      merge('activation', 'activated-late'),
    ],
    [
      'lets a merge that holds stay there',
      {
        eas: iphone,
        mdm: [without],
        activations,
        options,
        past: { IPHONE1: { mdmKey: 'mdm:intune:m1', by: 'activation', since: '', until: null } },
      },
      merge('activation', 'activated-late'),
    ],
    [
      'takes it at the first match of a store, which makes the merges of an older version',
      { eas: iphone, mdm: [without], activations, options: { ...options, clickWindow: false } },
      merge('activation', 'activated-late'),
    ],
    [
      'holds another identifier: it is another model',
      { eas: iphone, mdm: [identified('iPhone15,3')], activations, options: { idTellers: [] } },
      { ...alone('ambiguous', 'activation-contradiction'), beside: ['mdm:intune:m1'] },
    ],
    [
      'takes the same identifier, however it is written',
      { eas: iphone, mdm: [identified('iPhone15,2')], activations, options: { idTellers: [] } },
      merge('activation', 'activated-late'),
    ],
  ]);
});

describe('a merge by activation that holds', () => {
  const pixel = aPixel();
  const second = aPixel({ easId: 'androidc2' });
  const click = clicked(pixel, '2026-05-02T08:00:00.000Z');
  const clicks = [click, clicked(second, '2026-05-02T09:00:00.000Z')];
  const merged: PastMerge = { mdmKey: 'mdm:intune:m1', by: 'activation', since: '', until: null };
  const past = { androidc1: merged };
  const taken = { ...alone('not-enrolled', 'activation-taken'), beside: ['mdm:intune:m1'] };
  const stays = merge('activation', 'activated');
  table([
    [
      'stays when a second phone that fits is enrolled',
      { eas: pixel, mdm: [anMdmPixel(), anMdmPixel({ id: 'm2' })], activations: [click], past },
      stays,
    ],
    [
      'stays though its phone was enrolled long after the click',
      { eas: pixel, mdm: [anMdmPixel()], activations: [clicked(pixel, '2025-12-01T08:00:00.000Z')], past },
      { ...stays, case: 'activated' },
    ],
    [
      'stays though late activation is off by now',
      {
        eas: pixel,
        mdm: [anMdmPixel({ enrolledAt: '2026-04-01T00:00:00.000Z' })],
        activations: [click],
        options: { lateActivation: false },
        past,
      },
      merge('activation', 'activated-late'),
    ],
    [
      'passes on to the record of the same serial number once its own is gone',
      {
        eas: pixel,
        mdm: [anMdmPixel({ id: 'm2', device: { serial: 'S1' } }), anMdmPixel({ id: 'm3', device: { serial: 'S2' } })],
        activations: [clicked(pixel, '2025-12-01T08:00:00.000Z')],
        past: { androidc1: { ...merged, hardware: ['serial:s1'] } },
        inUse: ['androidc1'],
      },
      { ...stays, mdm: 'mdm:intune:m2' },
    ],
    [
      'is held while nobody knows whether the account is still in use: a phone that was wiped has another one',
      {
        eas: pixel,
        mdm: [anMdmPixel({ id: 'm2', device: { serial: 'S1' } })],
        activations: [clicked(pixel, '2025-12-01T08:00:00.000Z')],
        past: { androidc1: { ...merged, hardware: ['serial:s1'] } },
      },
      { ...alone('ambiguous', 'enrolled-anew'), beside: ['mdm:intune:m2'] },
    ],
    [
      'ends where the account was not used for a day after the enrollment',
      {
        eas: pixel,
        mdm: [anMdmPixel({ id: 'm2', device: { serial: 'S1' } })],
        activations: [clicked(pixel, '2025-12-01T08:00:00.000Z')],
        past: { androidc1: { ...merged, hardware: ['serial:s1'] } },
        silent: ['androidc1'],
      },
      { ...alone('needs-activation', 'waits-for-link'), beside: ['mdm:intune:m2'] },
    ],
    [
      'passes on to nobody where several have its numbers, or one of another model',
      {
        eas: pixel,
        mdm: [
          anMdmPixel({ id: 'm2', device: { serial: 'S1' } }),
          anMdmPixel({ id: 'm3', device: { imeis: ['356938035643809'] } }),
          anMdmPixel({ id: 'm4', device: { serial: 'S1', model: 'SM-S911B' } }),
        ],
        activations: [clicked(pixel, '2025-12-01T08:00:00.000Z')],
        past: { androidc1: { ...merged, hardware: ['imei:356938035643809', 'serial:s1'] } },
        inUse: ['androidc1'],
      },
      { ...alone('needs-activation', 'waits-for-link'), beside: ['mdm:intune:m2', 'mdm:intune:m3'] },
    ],
    [
      'stays when the link of a second phone of the model is pressed',
      { eas: pixel, others: [second], mdm: [anMdmPixel()], activations: clicks, past },
      stays,
    ],
    [
      'leaves that second phone not enrolled, whose record it is being told',
      { eas: second, others: [pixel], mdm: [anMdmPixel()], activations: clicks, past, inUse: ['androidc1'] },
      taken,
    ],
    [
      'leaves it not enrolled too when its link was pressed before the first one',
      {
        eas: second,
        others: [pixel],
        mdm: [anMdmPixel()],
        activations: [click, clicked(second, '2026-05-01T09:00:00.000Z')],
        past,
        inUse: ['androidc1'],
      },
      taken,
    ],
    [
      'leaves it not enrolled beside an enrolled phone of another model',
      {
        eas: second,
        others: [pixel],
        mdm: [anMdmPixel(), anMdmPixel({ id: 'm2', device: { model: 'SM-S911B' } })],
        activations: clicks,
        past,
        inUse: ['androidc1'],
      },
      taken,
    ],
    [
      'lets the second phone have a record of its own',
      {
        eas: second,
        others: [pixel],
        mdm: [anMdmPixel(), anMdmPixel({ id: 'm2' })],
        activations: clicks,
        past,
      },
      merge('activation', 'activated', 'mdm:intune:m2'),
    ],
    [
      'comes back after a reading that did not have its record, whoever pressed a link meanwhile',
      {
        eas: pixel,
        others: [second],
        mdm: [anMdmPixel()],
        activations: clicks,
        past: { androidc1: { ...merged, until: '2026-05-20T00:00:00.000Z' } },
      },
      stays,
    ],
    [
      'does not come back to the first phone when the second has been one with it since',
      {
        eas: pixel,
        others: [second],
        mdm: [anMdmPixel()],
        activations: clicks,
        past: { androidc1: { ...merged, until: '2026-05-20T00:00:00.000Z' }, androidc2: merged },
        inUse: ['androidc1'],
      },
      taken,
    ],
    [
      'ends with a contradicting model',
      {
        eas: pixel,
        mdm: [anMdmPixel({ device: { model: 'SM-S911B' } })],
        activations: [click],
        past,
      },
      { ...alone('ambiguous', 'activation-contradiction'), beside: ['mdm:intune:m1'] },
    ],
    [
      'ends when its record reports the EAS ID of another one',
      { eas: pixel, mdm: [anMdmPixel({ easIds: ['other'] })], activations: [click], past },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      'ends when the MDM manages its phone no more',
      { eas: pixel, mdm: [anMdmPixel({ managed: false })], activations: [click], past },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      'ends when an administrator pairs its record with another one',
      {
        eas: pixel,
        others: [second],
        mdm: [anMdmPixel()],
        activations: [click],
        pairings: [
          { easKey: second.key, mdmKey: 'mdm:intune:m1', at: '2026-05-20T00:00:00.000Z', by: null, note: null },
        ],
        past,
      },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      'is none that a rule other than the activation has made',
      {
        eas: pixel,
        others: [second],
        mdm: [anMdmPixel()],
        activations: clicks,
        past: { androidc1: { ...merged, by: 'serial' } },
      },
      { ...alone('ambiguous', 'activation-contested'), beside: ['mdm:intune:m1'] },
    ],
  ]);
});

describe("match rule 3: an administrator's pairing", () => {
  const eas = anEas();
  const pairing: Pairing = {
    easKey: eas.key,
    mdmKey: 'mdm:intune:m1',
    at: '2026-05-01T00:00:00.000Z',
    by: 'admin',
    note: null,
  };
  table([
    ['merges', { eas, mdm: [anMdm({ easIds: [] })], pairings: [pairing] }, merge('pairing', 'paired')],
    [
      'settles a held record of another user',
      { eas, mdm: [anMdm({ user: BEN_USER })], pairings: [pairing] },
      merge('pairing', 'paired'),
    ],
    [
      'does nothing when the MDM record is gone',
      { eas, mdm: [], pairings: [pairing] },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'counts the latest of two',
      {
        eas,
        mdm: [anMdm({ easIds: [] }), anMdm({ id: 'm2', easIds: [] })],
        pairings: [{ ...pairing, mdmKey: 'mdm:intune:m2', at: '2026-05-02T00:00:00.000Z' }, pairing],
      },
      merge('pairing', 'paired', 'mdm:intune:m2'),
    ],
    [
      'comes after the EAS ID',
      { eas, mdm: [anMdm(), anMdm({ id: 'm2', easIds: [] })], pairings: [{ ...pairing, mdmKey: 'mdm:intune:m2' }] },
      merge('eas-id', 'same-user'),
    ],
  ]);
});

describe('match rule 4: serial number and IMEI', () => {
  const legacy = anEas({ easId: 'ApplDLXH1234ABCD' });
  const withSerial = anMdm({ easIds: [], device: { serial: 'DLXH1234ABCD' } });
  const withImei = anEas({ device: { imei: '35 6938-035643 809' } });
  const options = { serialMatch: true };
  table([
    ['merges Appl<serial> when switched on', { eas: legacy, mdm: [withSerial], options }, merge('serial', 'serial')],
    ['is off by default', { eas: legacy, mdm: [withSerial] }, alone('not-enrolled', 'no-device')],
    [
      'merges an equal IMEI, digits compared',
      {
        eas: withImei,
        mdm: [anMdm({ easIds: [], device: { imeis: ['490154203237518', '356938035643809'] } })],
        options,
      },
      merge('serial', 'imei'),
    ],
    [
      'holds a serial number that two MDM records have',
      { eas: legacy, mdm: [withSerial, { ...withSerial, key: 'mdm:intune:m2', id: 'm2', user: BEN_USER }], options },
      { ...alone('ambiguous', 'hardware-several'), beside: ['mdm:intune:m1', 'mdm:intune:m2'] },
    ],
    [
      'merges an equal IMEI also where the EAS ID holds a serial number that the MDM does not tell',
      {
        eas: anEas({ easId: 'ApplDLXH1234ABCD', device: { imei: '356938035643809' } }),
        mdm: [anMdm({ easIds: [], device: { imeis: ['356938035643809'] } })],
        options,
      },
      merge('serial', 'imei'),
    ],
    [
      'holds a phone whose serial number is that of one record, and its IMEI that of another',
      {
        eas: anEas({ easId: 'ApplDLXH1234ABCD', device: { imei: '356938035643809' } }),
        mdm: [withSerial, anMdm({ id: 'm2', easIds: [], device: { imeis: ['356938035643809'] } })],
        options,
      },
      { ...alone('ambiguous', 'hardware-apart'), beside: ['mdm:intune:m1', 'mdm:intune:m2'] },
    ],
    [
      'holds an IMEI that two EAS IDs show',
      {
        eas: withImei,
        others: [anEas({ easId: 'IPHONE2', device: { imei: '356938035643809' } })],
        mdm: [anMdm({ easIds: [], device: { imeis: ['356938035643809'] } })],
        options,
      },
      { ...alone('ambiguous', 'hardware-several'), beside: ['mdm:intune:m1'] },
    ],
    [
      'does not merge without the whole picture of Exchange',
      { eas: legacy, mdm: [withSerial], options, wholePicture: false },
      { ...alone('ambiguous', 'hardware-several'), beside: ['mdm:intune:m1'] },
    ],
    [
      "does not take another user's device",
      { eas: legacy, mdm: [{ ...withSerial, user: BEN_USER }], options },
      alone('not-enrolled', 'no-device'),
    ],
  ]);
});

describe('the reason of an unmatched record', () => {
  const used = '2026-06-01T00:00:00.000Z';
  const yesterday = '2026-06-01T00:00:00.000Z';
  const easReadAt = '2026-06-02T00:05:00.000Z';
  const former = anEas({
    easId: 'FORMER',
    firstSyncAt: '2025-01-01T00:00:00.000Z',
    lastSyncAt: '2026-04-30T00:00:00.000Z',
  });
  table([
    ['is not-enrolled for a user without devices', { eas: anEas() }, alone('not-enrolled', 'no-device')],
    [
      'is needs-activation when an enrolled Android of this user has no EAS ID',
      { eas: aPixel(), mdm: [anMdmPixel()] },
      { ...alone('needs-activation', 'waits-for-link'), beside: ['mdm:intune:m1'] },
    ],
    [
      'is needs-activation when the models cannot be compared',
      { eas: aPixel({ device: { model: 'Android' } }), mdm: [anMdmPixel({ device: { model: 'SM-A536B' } })] },
      { ...alone('needs-activation', 'waits-for-link'), beside: ['mdm:intune:m1'] },
    ],
    [
      'is not-enrolled when the enrolled Android is another model',
      { eas: aPixel(), mdm: [anMdmPixel({ device: { model: 'SM-S911B' } })] },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is not-enrolled for an iPhone beside an enrolled Android',
      { eas: anEas(), mdm: [anMdmPixel()] },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is not-native-client for a second mail app on an enrolled iPhone',
      { eas: anEas({ easId: 'OTHER', device: { userAgent: 'SparkMail/3.0' } }), mdm: [anMdm()] },
      alone('not-native-client', 'other-client'),
    ],
    [
      'is returned-with-new-id when an unused older record of the same model is still the one the MDM reports',
      { eas: anEas({ easId: 'NEW', firstSyncAt: yesterday }), others: [former], mdm: [anMdm({ easIds: ['former'] })] },
      { ...alone('returned-with-new-id', 'returned'), beside: ['mdm:intune:m1'] },
    ],
    [
      'is returned-with-new-id by the same placeholder too, which no MDM record could be compared with',
      {
        eas: anEas({ easId: 'NEW', firstSyncAt: yesterday, device: { model: 'iPhone' } }),
        others: [{ ...former, device: { ...former.device, model: 'iPhone' } }],
        mdm: [anMdm({ easIds: ['former'] })],
      },
      { ...alone('returned-with-new-id', 'returned'), beside: ['mdm:intune:m1'] },
    ],
    [
      'is not-enrolled once the MDM has had three days to hear of the new id: it is another phone of the model',
      {
        eas: anEas({ easId: 'NEW', firstSyncAt: '2026-05-29T23:59:59.000Z' }),
        others: [former],
        mdm: [anMdm({ easIds: ['former'] })],
      },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is not-enrolled when the older record still syncs: it is a second phone',
      { eas: anEas({ easId: 'NEW' }), others: [{ ...former, lastSyncAt: used }], mdm: [anMdm({ easIds: ['former'] })] },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is snapshot-incomplete without a complete MDM reading',
      { eas: anEas(), options: { mdmComplete: false } },
      alone('snapshot-incomplete', 'mdm-missing'),
    ],
    [
      'is snapshot-incomplete when there is no MDM reading at all',
      { eas: anEas(), options: { mdmStartedAt: null } },
      alone('snapshot-incomplete', 'mdm-missing'),
    ],
    [
      'is snapshot-incomplete with a stale one',
      { eas: anEas(), options: { mdmFresh: false } },
      alone('snapshot-incomplete', 'mdm-stale'),
    ],
    [
      'is snapshot-incomplete for a phone that is newer than the MDM reading',
      { eas: anEas({ firstSyncAt: '2026-06-02T00:00:01.000Z' }) },
      alone('snapshot-incomplete', 'newer-than-mdm'),
    ],
    [
      'is snapshot-incomplete for a phone that is newer by our clock, as Exchange is three minutes behind',
      { eas: anEas({ firstSyncAt: '2026-06-01T23:58:00.000Z' }), options: { easClock: behind } },
      alone('snapshot-incomplete', 'newer-than-mdm'),
    ],
    [
      'is snapshot-incomplete within what the measurement of that clock may be off by',
      { eas: anEas({ firstSyncAt: '2026-06-01T23:56:58.000Z' }), options: { easClock: behind } },
      alone('snapshot-incomplete', 'newer-than-mdm'),
    ],
    [
      'is not-enrolled before that',
      { eas: anEas({ firstSyncAt: '2026-06-01T23:56:57.000Z' }), options: { easClock: behind } },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is not-enrolled for a phone that is older by our clock, as Exchange is three minutes ahead',
      {
        eas: anEas({ firstSyncAt: '2026-06-02T00:02:57.000Z' }),
        options: { easClock: { ...behind, offsetMs: 180_000 } },
      },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is snapshot-incomplete for a phone of the ten minutes before the MDM reading, where nobody knows the clock',
      { eas: anEas({ firstSyncAt: '2026-06-01T23:50:00.000Z' }) },
      alone('snapshot-incomplete', 'newer-than-mdm'),
    ],
    [
      'is snapshot-incomplete when nobody knows how new the phone is',
      { eas: anEas({ firstSyncAt: null }) },
      alone('snapshot-incomplete', 'first-sync-unknown'),
    ],
    [
      'is not-enrolled when Exchange does not say how new the phone is, and we have known it since before the MDM reading',
      { eas: anEas({ firstSyncAt: null }), firstRead: '2026-06-01T23:59:59.000Z' },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is snapshot-incomplete when we know such a phone since after it only',
      { eas: anEas({ firstSyncAt: null }), firstRead: '2026-06-02T00:00:01.000Z' },
      alone('snapshot-incomplete', 'first-sync-unknown'),
    ],
    [
      'is not-enrolled when a phone is said to come from the future, and we have known it since before the MDM reading',
      { eas: anEas({ firstSyncAt: '2031-01-01T00:00:00.000Z' }), options: { easReadAt }, firstRead: yesterday },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is snapshot-incomplete within what clocks may differ: it is new',
      { eas: anEas({ firstSyncAt: '2026-06-02T00:14:00.000Z' }), options: { easReadAt }, firstRead: yesterday },
      alone('snapshot-incomplete', 'newer-than-mdm'),
    ],
    [
      'is snapshot-incomplete for an account that came back, though we have known it before: it may have enrolled since',
      { eas: anEas({ firstSyncAt: '2026-06-02T00:00:01.000Z' }), options: { easReadAt }, firstRead: yesterday },
      alone('snapshot-incomplete', 'newer-than-mdm'),
    ],
  ]);
});

describe('a former account of a phone', () => {
  const mergedBy = (by: string, until: string | null = null): PastMerge => ({
    mdmKey: 'mdm:intune:m1',
    by,
    since: '',
    until,
  });
  const past = { IPHONE1: mergedBy('eas-id') };
  const newer = anEas({ easId: 'NEWER', firstSyncAt: '2026-05-20T08:00:00.000Z' });
  const moved = anMdm({ easIds: ['newer'] });
  const superseded = { ...alone('superseded', 'superseded'), beside: ['mdm:intune:m1'] };
  table([
    [
      'is superseded once its MDM record reports the EAS ID of a newer one on the mailbox',
      { eas: anEas(), others: [newer], mdm: [moved], past },
      superseded,
    ],
    [
      'stays superseded however long ago they parted',
      {
        eas: anEas(),
        others: [newer],
        mdm: [moved],
        past: { IPHONE1: mergedBy('eas-id', '2026-05-21T00:00:00.000Z') },
      },
      superseded,
    ],
    [
      'is superseded though another Android of its user waits for the link',
      {
        eas: aPixel(),
        others: [newer],
        mdm: [moved, anMdmPixel({ id: 'm2' })],
        past: { androidc1: mergedBy('eas-id') },
      },
      superseded,
    ],
    [
      'merges again when the MDM reports it again',
      { eas: anEas(), others: [newer], mdm: [anMdm({ easIds: ['newer', 'IPHONE1'] })], past },
      merge('eas-id', 'same-user'),
    ],
    [
      'is not-enrolled when its MDM record reports an EAS ID that the mailbox does not have',
      { eas: anEas(), mdm: [moved], past },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is not-enrolled when its MDM record reports none',
      { eas: anEas(), others: [newer], mdm: [anMdm({ easIds: [] })], past },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is not-enrolled when the MDM manages its phone no more',
      { eas: anEas(), others: [newer], mdm: [{ ...moved, managed: false }], past },
      alone('not-enrolled', 'no-device'),
    ],
    [
      "is not-enrolled when its phone is somebody else's now",
      { eas: anEas(), others: [newer], mdm: [{ ...moved, user: BEN_USER }], past },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is not-enrolled when another rule had merged it: the MDM has never reported its EAS ID',
      { eas: anEas(), others: [newer], mdm: [moved], past: { IPHONE1: mergedBy('activation') } },
      alone('not-enrolled', 'no-device'),
    ],
    [
      'is not concluded without the whole picture of Exchange',
      { eas: anEas(), others: [newer], mdm: [moved], past, wholePicture: false },
      alone('not-enrolled', 'no-device'),
    ],
  ]);
});

describe('a phone that comes back under a new EAS ID', () => {
  const former = anEas({ easId: 'FORMER', firstSyncAt: '2025-01-01T00:00:00.000Z' });
  const back = anEas({ easId: 'NEW', firstSyncAt: '2026-06-01T00:00:00.000Z' });
  const mdm = [anMdm({ easIds: ['former'] })];
  const others = [former];
  const before = (days: number, easKey = 'eas:other'): PastReturn => ({
    mailboxId: guid(1),
    mdmKey: 'mdm:intune:m1',
    easKey,
    at: Date.parse('2026-06-01T00:00:00.000Z') - days * 24 * 3_600_000,
  });
  const sibling = (parts: Parameters<typeof anEas>[0]) => anEas({ easId: 'SIBLING', ...parts });
  const returned = { ...alone('returned-with-new-id', 'returned'), beside: ['mdm:intune:m1'] };
  const again = { ...alone('not-enrolled', 'returned-again'), beside: ['mdm:intune:m1'] };
  table([
    ['is believed', { eas: back, others, mdm }, returned],
    [
      'is believed as long as it is the one believed last',
      { eas: back, others, mdm, returns: [before(0, back.key)] },
      returned,
    ],
    ['is not believed within 30 days of another one', { eas: back, others, mdm, returns: [before(29)] }, again],
    ['is believed again after 30 days', { eas: back, others, mdm, returns: [before(30)] }, returned],
    [
      'is not believed when its account was taken away and made again under the same EAS ID',
      { eas: back, others, mdm, returns: [before(3, back.key)] },
      again,
    ],
    [
      "is believed beside another phone's return",
      { eas: back, others, mdm, returns: [{ ...before(1), mdmKey: 'mdm:intune:m2' }] },
      returned,
    ],
    [
      'is not believed beside an account of the model that was new within 30 days before it: that was the return',
      { eas: back, others: [former, sibling({ firstSyncAt: '2026-05-20T00:00:00.000Z' })], mdm },
      again,
    ],
    [
      'is believed beside one that came after it',
      { eas: back, others: [former, sibling({ firstSyncAt: '2026-06-01T12:00:00.000Z' })], mdm },
      returned,
    ],
    [
      'is believed beside one that came long before it, or is another model, or is managed itself',
      {
        eas: back,
        others: [
          former,
          sibling({ easId: 'OLD', firstSyncAt: '2026-03-01T00:00:00.000Z' }),
          sibling({ easId: 'IPAD', firstSyncAt: '2026-05-20T00:00:00.000Z', device: { model: 'iPad14C1' } }),
          sibling({
            easId: 'MANAGED',
            firstSyncAt: '2026-05-20T00:00:00.000Z',
            lastSyncAt: '2026-06-01T12:00:00.000Z',
          }),
        ],
        mdm: [...mdm, anMdm({ id: 'm2', easIds: ['managed'] })],
      },
      returned,
    ],
    [
      'is not believed beside one that came at the same time and is first by EAS ID',
      { eas: back, others: [former, sibling({ easId: 'A', firstSyncAt: back.firstSyncAt })], mdm },
      again,
    ],
  ]);
});

describe("a device with another user's EAS ID", () => {
  const eas = anEas();
  const bens = (parts: Parameters<typeof anMdm>[0] = {}): MdmRecord =>
    anMdm({ user: BEN_USER, enrolledAt: '2026-04-01T00:00:00.000Z', ...parts });
  const android = { platform: 'android' as const, model: 'Pixel 8' };
  const foreign = { ...alone('not-enrolled', 'foreign-id'), beside: ['mdm:intune:m1'] };
  const isHeld = { ...alone('other-user', 'other-user'), beside: ['mdm:intune:m1'] };
  table([
    ['is not enrolled when that is another platform', { eas, mdm: [bens({ device: android })] }, foreign],
    [
      'is not enrolled when that is another model of the same kind of text',
      { eas, mdm: [bens({ device: { model: 'iPhone14,5' } })] },
      foreign,
    ],
    ['is held when it may be that one', { eas, mdm: [bens()] }, isHeld],
    [
      'is held when the MDM does not tell the platform of that one',
      { eas, mdm: [bens({ device: { platform: 'other', model: null } })] },
      isHeld,
    ],
    [
      'is held when it may be one of several',
      { eas, mdm: [bens({ device: android }), bens({ id: 'm2' })] },
      { ...isHeld, beside: ['mdm:intune:m1', 'mdm:intune:m2'] },
    ],
    [
      'is held when it was here before that one was enrolled',
      { eas, mdm: [bens({ device: android, enrolledAt: '2026-05-03T00:00:00.000Z' })] },
      isHeld,
    ],
    ['is held when nobody knows when that was', { eas, mdm: [bens({ device: android, enrolledAt: null })] }, isHeld],
    [
      'is held when it was one with a record before',
      {
        eas,
        mdm: [bens({ device: android })],
        past: { IPHONE1: { mdmKey: 'mdm:intune:m1', by: 'eas-id', since: '', until: '2026-05-20T00:00:00.000Z' } },
      },
      isHeld,
    ],
    [
      'is held at the first match of a store, which knows of no record before',
      { eas, mdm: [bens({ device: android })], options: { clickWindow: false } },
      isHeld,
    ],
    [
      'waits for an MDM reading that is not older than the device',
      { eas: anEas({ firstSyncAt: '2026-06-02T00:00:01.000Z' }), mdm: [bens({ device: android })] },
      alone('snapshot-incomplete', 'newer-than-mdm'),
    ],
    [
      'merges by its own link with what its user enrolls',
      {
        eas: aPixel(),
        mdm: [bens({ easIds: ['androidc1'] }), anMdmPixel({ id: 'm2' })],
        activations: [clicked(aPixel(), '2026-05-02T08:00:00.000Z')],
      },
      merge('activation', 'activated', 'mdm:intune:m2'),
    ],
    [
      'is not kept by a link that leads to nothing certain',
      {
        eas: aPixel(),
        mdm: [bens({ easIds: ['androidc1'] }), anMdmPixel({ id: 'm2' }), anMdmPixel({ id: 'm3' })],
        activations: [clicked(aPixel(), '2026-05-02T08:00:00.000Z')],
      },
      foreign,
    ],
    [
      'merges when an administrator pairs it',
      {
        eas,
        mdm: [bens({ device: android })],
        pairings: [{ easKey: eas.key, mdmKey: 'mdm:intune:m1', at: '2026-05-20T00:00:00.000Z', by: null, note: null }],
      },
      merge('pairing', 'paired'),
    ],
  ]);
});

describe('a phone that was enrolled again', () => {
  const eas = anEas();
  const old = anMdm({ id: 'old', compliance: 'noncompliant', device: { serial: 'S1' } });
  const again = (parts: Parameters<typeof anMdm>[0] = {}): MdmRecord =>
    anMdm({ id: 'm1', easIds: [], enrolledAt: '2026-05-20T00:00:00.000Z', ...parts });
  const same = again({ device: { serial: ' s1 ' } });
  const renewed = { ...merge('eas-id', 're-enrolled'), beside: ['mdm:intune:old'] };
  const asBefore = merge('eas-id', 'same-user', 'mdm:intune:old');
  const isHeld = { ...alone('ambiguous', 're-enrolled-maybe'), beside: ['mdm:intune:m1', 'mdm:intune:old'] };
  const second = aPixel({ easId: 'androidc2' });
  const oldPixel = anMdmPixel({
    id: 'old',
    easIds: ['androidc1'],
    compliance: 'noncompliant',
    device: { serial: 'S1' },
  });
  const newPixel = anMdmPixel({ id: 'm1', enrolledAt: '2026-05-20T00:00:00.000Z', device: { serial: 'S1' } });
  const clickOfSecond = clicked(second, '2026-05-19T08:00:00.000Z');
  table([
    ['counts as its new record, by the serial number', { eas, mdm: [old, same] }, renewed],
    [
      'counts as its new record, by the IMEI',
      {
        eas,
        mdm: [
          { ...old, device: { ...old.device, serial: null, imeis: ['490154203237518'] } },
          again({ device: { imeis: ['49-015420-323751-8'] } }),
        ],
      },
      renewed,
    ],
    [
      'counts as its new record while the old one is in grace',
      { eas, mdm: [{ ...old, compliance: 'in-grace' }, same] },
      renewed,
    ],
    [
      'counts as the record enrolled last of several',
      { eas, mdm: [old, { ...same, id: 'm0', key: 'mdm:intune:m0', enrolledAt: '2026-05-10T00:00:00.000Z' }, same] },
      renewed,
    ],
    [
      'counts as the old one while that is compliant',
      { eas, mdm: [{ ...old, compliance: 'compliant' }, same] },
      asBefore,
    ],
    [
      'counts as the new one alone once that reports the EAS ID',
      { eas, mdm: [old, { ...same, easIds: ['IPHONE1'], lastSeenAt: '2026-06-01T10:00:00.000Z' }] },
      { ...merge('eas-id', 'same-user'), beside: ['mdm:intune:old'] },
    ],
    ['is another phone with another serial number', { eas, mdm: [old, again({ device: { serial: 'S2' } })] }, asBefore],
    [
      'is another phone that was enrolled before',
      { eas, mdm: [old, { ...same, enrolledAt: '2026-05-01T00:00:00.000Z' }] },
      asBefore,
    ],
    ["is another user's phone", { eas, mdm: [old, { ...same, user: BEN_USER }] }, asBefore],
    ['is held, not blocked, without a serial number, if the model is the same', { eas, mdm: [old, again()] }, isHeld],
    [
      "is held when another user's record has that serial number too: it is a placeholder",
      { eas, mdm: [old, same, anMdm({ id: 'x', easIds: ['X'], user: BEN_USER, device: { serial: 'S1' } })] },
      isHeld,
    ],
    [
      'is not held without a serial number, if the models cannot be compared',
      { eas, mdm: [old, again({ device: { model: null } })] },
      asBefore,
    ],
    [
      'is not held for one in grace: nobody blocks it',
      { eas, mdm: [{ ...old, compliance: 'in-grace' }, again()] },
      asBefore,
    ],
    [
      'is what an administrator pairs it with where it is held',
      {
        eas,
        mdm: [old, again()],
        pairings: [{ easKey: eas.key, mdmKey: 'mdm:intune:m1', at: '2026-05-21T00:00:00.000Z', by: null, note: null }],
      },
      merge('pairing', 'paired'),
    ],
    [
      'is not the record that an administrator has paired with another one',
      {
        eas,
        mdm: [old, same],
        pairings: [
          { easKey: 'eas:other', mdmKey: 'mdm:intune:m1', at: '2026-05-21T00:00:00.000Z', by: null, note: null },
        ],
      },
      asBefore,
    ],
    [
      'gives its new record to no link of another account, and lets none wait for it',
      { eas: second, others: [aPixel()], mdm: [oldPixel, newPixel], activations: [clickOfSecond] },
      alone('not-enrolled', 'activation-waits'),
    ],
    [
      'does not take the record from an account that a link has made one with it',
      {
        eas: aPixel(),
        others: [second],
        mdm: [oldPixel, newPixel],
        activations: [clickOfSecond],
        past: { androidc2: { mdmKey: 'mdm:intune:m1', by: 'activation', since: '', until: null } },
      },
      asBefore,
    ],
    [
      'leaves that account its record',
      {
        eas: second,
        others: [aPixel()],
        mdm: [oldPixel, newPixel],
        activations: [clickOfSecond],
        past: { androidc2: { mdmKey: 'mdm:intune:m1', by: 'activation', since: '', until: null } },
      },
      merge('activation', 'activated'),
    ],
    [
      'may be claimed by the link of a new account when the old one is gone from Exchange',
      { eas: second, mdm: [oldPixel, newPixel], activations: [clickOfSecond] },
      merge('activation', 'activated'),
    ],
  ]);
});

describe('an EAS record of several partnerships', () => {
  const one = (deviceType: string, model: string, userAgent: string | null = null): EasPartnership => ({
    deviceType,
    model,
    os: null,
    userAgent,
    firstSyncAt: '2026-05-01T08:00:00.000Z',
    state: 'allowed',
  });
  const iphone = one('iPhone', 'iPhone15C2', 'Apple-iPhone15C2/2301.1');
  const pixel = one('Android', 'Pixel 8', 'Android-Mail/2026.1');
  const of = (...partnerships: readonly EasPartnership[]) => anEas({ partnerships });
  const isHeld = { ...alone('ambiguous', 'partnership-contradiction'), beside: ['mdm:intune:m1'] };
  const merges = merge('eas-id', 'same-user');
  table([
    [
      'merges as one of one does, if all are the device of the MDM',
      { eas: of(iphone, { ...iphone, deviceType: 'iPhone2' }), mdm: [anMdm()] },
      merges,
    ],
    ['is held when one is another platform', { eas: of(iphone, pixel), mdm: [anMdm()] }, isHeld],
    ['is held whichever is the newest', { eas: of(pixel, iphone), mdm: [anMdm()] }, isHeld],
    [
      'is held when one is another model of the same kind of text',
      { eas: of(iphone, { ...iphone, model: 'iPhone14C5' }), mdm: [anMdm({ device: { model: 'iPhone15,2' } })] },
      isHeld,
    ],
    [
      'merges when the models cannot be compared',
      { eas: of(iphone, { ...iphone, model: 'iPhone14C5' }), mdm: [anMdm()] },
      merges,
    ],
    ['merges when it has one partnership only, which is another platform', { eas: of(pixel), mdm: [anMdm()] }, merges],
    [
      'is held where a link would merge it',
      {
        eas: aPixel({ partnerships: [pixel, iphone] }),
        mdm: [anMdmPixel()],
        activations: [clicked(aPixel(), '2026-05-02T08:00:00.000Z')],
      },
      isHeld,
    ],
    [
      'is what an administrator pairs it with',
      {
        eas: of(iphone, pixel),
        mdm: [anMdm()],
        pairings: [
          { easKey: anEas().key, mdmKey: 'mdm:intune:m1', at: '2026-05-20T00:00:00.000Z', by: null, note: null },
        ],
      },
      merge('pairing', 'paired'),
    ],
    ['is what any other is where no rule merges it', { eas: of(iphone, pixel) }, alone('not-enrolled', 'no-device')],
  ]);
});
