import assert from 'node:assert/strict';
import { EasIndex } from '../../src/match/eas-index.ts';
import { MatchRules } from '../../src/match/match-rules.ts';
import type { Finding, MatchOptions } from '../../src/match/match-rules.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import type { Activation, EasRecord, MdmRecord, Pairing } from '../../src/model/records.ts';
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
}

/** Three minutes. */
const behind = { offsetMs: -180_000, marginMs: 2_000 };

function find({
  eas,
  mdm = [],
  others = [],
  activations = [],
  pairings = [],
  options = {},
  wholePicture = true,
  firstRead,
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
    options: { ...OPTIONS, ...options },
  });
  if (firstRead !== undefined) rules.knowFirstRead(new Map([[eas.key, firstRead]]));
  return summary(rules.match(eas), index);
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
    it(sentence, () => assert.deepEqual(find(given), expected));
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
