import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { EasIndex } from '../../src/match/eas-index.ts';
import { Matcher } from '../../src/match/matcher.ts';
import type { MatchScene } from '../../src/match/match-scene.ts';
import type { HangsOn } from '../../src/match/finding.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import type { DeviceRecord, EasRecord, MdmRecord } from '../../src/model/records.ts';
import { anEas, anMdm, anMdmPixel, aPixel, guid } from '../support/records.ts';
import { indexesOf, world } from './match-worlds.ts';

const options = { mdmStartedAt: '2026-06-02T00:00:00.000Z', mdmComplete: true, mdmFresh: true };
const BEN = { id: null, upn: 'ben@corp.example', addresses: [] };

function scene(eas: readonly EasRecord[], mdm: readonly MdmRecord[], parts: Partial<MatchScene> = {}) {
  const index = new MdmIndex();
  index.add(mdm);
  const easIndex = new EasIndex();
  easIndex.add(eas);
  const asked: string[][] = [];
  const load = async (keys: readonly string[]) => {
    asked.push([...keys].sort());
    return new Map(mdm.filter(({ key }) => keys.includes(key)).map((record) => [record.key, record]));
  };
  return { matcher: new Matcher({ mdm: index, eas: easIndex, options, ...parts }), load, asked, mdmIndex: index };
}

async function evidence(
  eas: EasRecord,
  mdm: readonly MdmRecord[],
  parts: Partial<MatchScene> = {},
  others: readonly EasRecord[] = [],
) {
  const { matcher, load } = scene([eas, ...others], mdm, parts);
  const [device] = await matcher.matchPage([eas], load);
  return { reason: device!.reason.text, evidence: device!.match.evidence };
}

async function suggestions(eas: EasRecord, mdm: readonly MdmRecord[]) {
  const { matcher, load } = scene([eas], mdm);
  const [device] = await matcher.matchPage([eas], load);
  return (device!.suggestions ?? []).map(({ mdmKey, why }) => [mdmKey, why]);
}

describe('the matcher', () => {
  it('merges a page, loads what it needs once, and leaves the rest as MDM-only', async () => {
    const eas = [anEas(), aPixel()];
    const mdm = [anMdm(), anMdmPixel({ id: 'm2' }), anMdm({ id: 'm3', easIds: ['X'], user: BEN })];
    const { matcher, load, asked } = scene(eas, mdm);
    const [iphone, pixel] = await matcher.matchPage(eas, load);
    assert.deepEqual(asked, [['mdm:intune:m1', 'mdm:intune:m2']]);
    assert.deepEqual(iphone, {
      key: eas[0]!.key,
      status: 'eas/mdm',
      eas: eas[0],
      mdm: mdm[0],
      match: {
        by: 'eas-id',
        evidence: ["EAS ID IPHONE1 equals the EAS ID the MDM has for 'Anna's iPhone', enrolled 3 May 2026."],
      },
      reason: { code: 'merged', text: 'Exchange and the MDM know this device.' },
    });
    assert.deepEqual(pixel, {
      key: eas[1]!.key,
      status: 'eas',
      eas: eas[1],
      match: { by: null, evidence: ["'Anna's Pixel', enrolled 3 May 2026, waits for the link."] },
      reason: {
        code: 'needs-activation',
        text: 'An enrolled Android device of this user waits for the link: it does not report its EAS ID.',
      },
      suggestions: [{ mdmKey: 'mdm:intune:m2', name: "Anna's Pixel", why: 'It is a candidate.' }],
    });
    const rest = [];
    for await (const page of matcher.mdmOnly(load, 1)) rest.push(page.map(({ key, reason }) => [key, reason.code]));
    assert.deepEqual(rest, [[['mdm:intune:m2', 'needs-activation']], [['mdm:intune:m3', 'no-eas-record']]]);
    assert.deepEqual(matcher.report(), {
      status: { eas: 1, mdm: 2, 'eas/mdm': 1 },
      by: { 'eas-id': 1, activation: 0, pairing: 0, serial: 0 },
      reason: { merged: 1, 'needs-activation': 2, 'no-eas-record': 1 },
    });
  });

  it('loads nothing for a page that needs nothing', async () => {
    const { matcher, load, asked } = scene([anEas()], []);
    await matcher.matchPage([anEas()], load);
    assert.deepEqual(asked, []);
  });

  const changed: readonly [sentence: string, (record: MdmRecord) => MdmRecord | null][] = [
    ['is gone', () => null],
    ['reports another EAS ID', (record) => ({ ...record, easIds: ['X'] })],
    ['has another user', (record) => ({ ...record, user: BEN })],
    ['is not managed', (record) => ({ ...record, managed: false })],
  ];
  for (const [sentence, change] of changed) {
    it(`merges nothing with a record that ${sentence} when it is loaded`, async () => {
      const { matcher } = scene([anEas()], [anMdm()]);
      const now = change(anMdm());
      const [device] = await matcher.matchPage([anEas()], async () => new Map(now ? [[now.key, now]] : []));
      assert.deepEqual(
        { status: device!.status, code: device!.reason.code },
        { status: 'eas', code: 'snapshot-incomplete' },
      );
    });
  }
});

describe('MDM records that are wanted by key', () => {
  const user = { upn: 'cleo@corp.example', addresses: [] };
  const mdm = [
    anMdm({ id: 'z', easIds: ['OTHER'], user }),
    anMdm(),
    anMdmPixel({ id: 'waits' }),
    anMdm({ id: 'b', easIds: [], user: BEN }),
    anMdm({ id: 'unwanted', easIds: [], user }),
  ];

  async function handedOut(matcher: ReturnType<typeof scene>['matcher'], load: ReturnType<typeof scene>['load']) {
    const pages: string[][] = [];
    for await (const page of matcher.mdmOnlyOf(
      ['z', 'm1', 'b', 'z', 'gone'].map((id) => `mdm:intune:${id}`),
      load,
      2,
    ))
      pages.push(page.map(({ key, reason }) => `${key} ${reason.code}`));
    return pages;
  }

  const expected = [
    ['mdm:intune:b no-eas-record', 'mdm:intune:waits needs-activation'],
    ['mdm:intune:z no-eas-record'],
  ];

  it('come with those that a device names, in the order of their keys, each once, and none that belongs to a device', async () => {
    const eas = [anEas(), aPixel()];
    const { matcher, load } = scene(eas, mdm);
    await matcher.matchPage(eas, load);
    assert.deepEqual(await handedOut(matcher, load), expected);
    assert.equal(matcher.report().status.mdm, 3);
  });

  it('are the same when the index was told of them anew after their devices were matched', async () => {
    const eas = [anEas(), aPixel()];
    const { matcher, load, mdmIndex } = scene(eas, mdm);
    await matcher.matchPage(eas, load);
    for (let n = 0; n < 3; n++) for (const record of mdm) mdmIndex.replace(record);
    assert.deepEqual(await handedOut(matcher, load), expected);
  });

  it('are the same when the index was told of them anew before their devices are matched', async () => {
    const eas = [anEas(), aPixel()];
    const { matcher, load, mdmIndex } = scene(eas, mdm);
    for (const record of mdm) mdmIndex.replace(record);
    await matcher.matchPage(eas, load);
    assert.deepEqual(await handedOut(matcher, load), expected);
    const all: string[] = [];
    for await (const page of matcher.mdmOnly(load)) all.push(...page.map(({ key }) => key));
    assert.deepEqual(
      all.sort(),
      ['b', 'unwanted', 'waits', 'z'].map((id) => `mdm:intune:${id}`),
    );
  });

  it('are what a match of all hands out, if all are wanted', () =>
    fc.assert(
      fc.asyncProperty(world, async (one) => {
        const { mdm, ...rest } = one;
        const load = async () => new Map(mdm.map((record) => [record.key, record]));
        const matcher = new Matcher({ ...rest, ...indexesOf(one) });
        await matcher.matchPage(one.eas, load);
        const all: DeviceRecord[] = [];
        for await (const page of matcher.mdmOnly(load)) all.push(...page);
        const wanted: DeviceRecord[] = [];
        for await (const page of matcher.mdmOnlyOf(
          mdm.map(({ key }) => key),
          load,
        ))
          wanted.push(...page);
        assert.deepEqual(
          wanted,
          all.sort((a, b) => (a.key < b.key ? -1 : 1)),
        );
      }),
    ));
});

describe('an outcome', () => {
  const older = anEas({ easId: 'OLD', firstSyncAt: '2026-05-01T00:00:00.000Z' });
  const returned = anEas({ easId: 'NEW', firstSyncAt: '2026-06-01T00:00:00.000Z' });
  const cases: readonly [sentence: string, eas: EasRecord, mdm: readonly MdmRecord[], HangsOn | undefined][] = [
    ['of a device with its one MDM record hangs on no time', anEas(), [anMdm()], undefined],
    [
      'hangs on the next reading if several MDM records report the EAS ID: the one seen last counts',
      anEas(),
      [anMdm(), anMdm({ id: 'm2' })],
      'reading',
    ],
    [
      'hangs on the next reading if it is held between records of which nobody knows which was seen last',
      anEas(),
      [anMdm(), anMdm({ id: 'm2', compliance: 'noncompliant', lastSeenAt: null })],
      'reading',
    ],
    [
      'is looked at by every match if a known device seems to have returned: that is believed for three days',
      returned,
      [anMdm({ easIds: ['OLD'] })],
      'asking',
    ],
    [
      'hangs on asking the MDM if the device came after the MDM was read',
      anEas({ firstSyncAt: '2026-06-03T00:00:00.000Z' }),
      [],
      'asking',
    ],
    ['of a device without any MDM record hangs on no time', anEas(), [], undefined],
    ['of a device of another user hangs on no time', anEas(), [anMdm({ user: BEN })], undefined],
  ];
  for (const [sentence, eas, mdm, expected] of cases) {
    it(sentence, async () => {
      const { matcher, load } = scene([eas, older], mdm);
      await matcher.matchPage([eas], load);
      assert.equal(matcher.hangsOn.get(eas.key), expected);
    });
  }

  it('hangs on the next reading if a pairing settles between records of which nobody knows which was seen last', async () => {
    const mdm = [anMdm(), anMdm({ id: 'm2', compliance: 'noncompliant', lastSeenAt: null })];
    const pairings = [
      { easKey: anEas().key, mdmKey: 'mdm:intune:m2', at: '2026-05-20T00:00:00.000Z', by: null, note: null },
    ];
    const { matcher, load } = scene([anEas()], mdm, { pairings });
    const [device] = await matcher.matchPage([anEas()], load);
    assert.deepEqual(
      [device!.match.by, device!.mdm?.id, matcher.hangsOn.get(anEas().key)],
      ['pairing', 'm2', 'reading'],
    );
  });

  it('hangs on asking the MDM if the MDM record changed while it was matched, and is told for the last page only', async () => {
    const { matcher } = scene([anEas()], [anMdm()]);
    await matcher.matchPage([anEas()], async () => new Map([['mdm:intune:m1', anMdm({ managed: false })]]));
    assert.deepEqual([...matcher.hangsOn], [[anEas().key, 'asking']]);
    await matcher.matchPage([], async () => new Map());
    assert.equal(matcher.hangsOn.size, 0);
  });
});

describe('the evidence', () => {
  it('names the other records with the same EAS ID', async () => {
    const mdm = [
      anMdm(),
      anMdm({ id: 'm0', lastSeenAt: null }),
      anMdm({ id: 'm9', user: BEN, device: { name: "Ben's" } }),
    ];
    assert.deepEqual((await evidence(anEas(), mdm)).evidence, [
      "EAS ID IPHONE1 equals the EAS ID the MDM has for 'Anna's iPhone', enrolled 3 May 2026.",
      "The MDM also has 'Anna's iPhone' with this EAS ID, last seen at an unknown time; the one seen last counts.",
      "The MDM has this EAS ID under another user too (ben@corp.example): 'Ben's'.",
    ]);
  });

  it('points at a platform that does not fit', async () => {
    const eas = aPixel({ easId: 'IPHONE1' });
    assert.deepEqual(
      (await evidence(eas, [anMdm()])).evidence[1],
      'Look at this one: Exchange sees android, the MDM ios.',
    );
  });

  it('tells when the link was opened', async () => {
    const activations = [
      { easId: 'androidc1', mailbox: guid(1), at: '2026-05-02T08:00:00.000Z', userAgent: null, tokenId: 't' },
    ];
    assert.deepEqual((await evidence(aPixel(), [anMdmPixel()], { activations })).evidence, [
      "The link for EAS ID androidc1 was opened on 2 May 2026; 'Anna's Pixel', enrolled 3 May 2026 after that, is the only device of this user that fits.",
    ]);
  });

  it('says whose device has the EAS ID when it is held', async () => {
    assert.deepEqual(await evidence(anEas(), [anMdm({ user: BEN })]), {
      reason: 'The MDM has EAS ID IPHONE1 under another user.',
      evidence: ["It belongs to ben@corp.example: 'Anna's iPhone', enrolled 3 May 2026."],
    });
  });

  it('names the records between which it is held, where nobody knows which was seen last', async () => {
    const mdm = [
      anMdm(),
      anMdm({ id: 'm0', device: { name: 'iPhone' }, compliance: 'noncompliant', lastSeenAt: null }),
    ];
    assert.deepEqual(await evidence(anEas(), mdm), {
      reason:
        'The MDM has this EAS ID on several devices that differ in compliance, and does not tell which of them it saw last.',
      evidence: ["Candidate: 'iPhone', enrolled 3 May 2026.", "Candidate: 'Anna's iPhone', enrolled 3 May 2026."],
    });
  });

  it('says that the device has no user, or one that nobody can compare, in place of another user', async () => {
    const reasonOf = async (user: MdmRecord['user']) => (await evidence(anEas(), [anMdm({ user })])).reason;
    assert.deepEqual(
      [
        await reasonOf({ id: null, upn: null, addresses: [] }),
        await reasonOf({ id: null, upn: 'jbetty', addresses: [] }),
        await reasonOf({ id: null, upn: 'jbetty', addresses: ['j.betty@corp.example'] }),
      ],
      [
        'The MDM has EAS ID IPHONE1 on a device without a user, as kiosks and shared devices are.',
        'The MDM has EAS ID IPHONE1 under the user name jbetty, which has no domain: whether that is the user of this mailbox cannot be told.',
        'The MDM has EAS ID IPHONE1 under another user.',
      ],
    );
  });

  it('names the client that is not native', async () => {
    const eas = anEas({ device: { userAgent: 'Outlook-iOS-Android/1.0' } });
    assert.equal(
      (await evidence(eas, [])).reason,
      'Outlook mobile is not the mail app of the platform, so the MDM cannot know its EAS ID.',
    );
  });

  it('tells the former EAS ID of a device that returned', async () => {
    const former = anEas({ easId: 'OLD1', firstSyncAt: '2026-01-01T00:00:00.000Z' });
    assert.deepEqual(
      await evidence(anEas({ firstSyncAt: '2026-06-01T00:00:00.000Z' }), [anMdm({ easIds: ['OLD1'] })], {}, [former]),
      {
        reason: 'A known device seems to have returned under a new EAS ID: it was old1, now IPHONE1.',
        evidence: ["The MDM still has the former EAS ID for 'Anna's iPhone', enrolled 3 May 2026."],
      },
    );
  });

  it('names five candidates at most', async () => {
    const mdm = Array.from({ length: 7 }, (_, i) => anMdmPixel({ id: `m${i}` }));
    const found = await evidence(aPixel(), mdm);
    assert.equal(found.evidence.length, 6);
    assert.equal(found.evidence[5], '… and 2 more.');
  });
});

describe('suggestions', () => {
  const cases: readonly [sentence: string, EasRecord, readonly MdmRecord[], string[][]][] = [
    [
      'show the device whose serial number is in the EAS ID, before the one of the same family',
      anEas({ easId: 'ApplDLXH1234ABCD' }),
      [anMdm({ id: 'a', easIds: [] }), anMdm({ id: 'b', easIds: [], device: { serial: 'dlxh1234abcd' } })],
      [
        ['mdm:intune:b', 'Its serial number is part of the EAS ID.'],
        ['mdm:intune:a', 'Same user, platform and model.'],
      ],
    ],
    [
      'show the device with the same IMEI',
      anEas({ device: { imei: '356938035643809' } }),
      [anMdm({ easIds: [], user: BEN, device: { imeis: ['35-693803-564380-9'] } })],
      [['mdm:intune:m1', 'It has the same IMEI.']],
    ],
    ['show no device of another model', aPixel(), [anMdmPixel({ device: { model: 'SM-S911B' } })], []],
    ["show no other user's device of the same model", anEas(), [anMdm({ easIds: [], user: BEN })], []],
  ];
  for (const [sentence, eas, mdm, expected] of cases) {
    it(sentence, async () => assert.deepEqual(await suggestions(eas, mdm), expected));
  }
});

describe('what managed a device before', () => {
  const eas = anEas();
  const found = async (
    mdm: readonly MdmRecord[],
    past: { readonly mdmKey: string; readonly by: string } | null = null,
    pairings: MatchScene['pairings'] = [],
  ) => {
    const rows = past === null ? [] : [[eas.key, { ...past, since: '', until: null }] as const];
    const { matcher, load } = scene([eas], mdm, { past: async () => new Map(rows), pairings });
    const [device] = await matcher.matchPage([eas], load);
    return device!.formerly;
  };
  const retired = anMdm({ managed: false });
  const wiped = { ...anMdm({ id: 'm2', managed: false, device: { name: 'Wiped' } }), removal: 'wipe' as const };
  const past = { mdmKey: 'mdm:intune:m1', by: 'eas-id' };

  it('is nothing for one that never was', async () => assert.equal(await found([]), undefined));

  it('is not said of one that merges', async () => assert.equal(await found([anMdm()], past), undefined));

  it('is an unmanaged record of its user that has its EAS ID, and what the MDM was told to do with it', async () => {
    assert.deepEqual(await found([wiped]), { mdmKey: 'mdm:intune:m2', name: 'Wiped', removal: 'wipe' });
    assert.deepEqual(await found([retired]), { mdmKey: 'mdm:intune:m1', name: "Anna's iPhone", removal: null });
  });

  it('is the one enrolled last of several', async () => {
    const older = { ...retired, enrolledAt: '2025-01-01T00:00:00.000Z' };
    assert.equal((await found([older, wiped]))?.mdmKey, 'mdm:intune:m2');
    assert.equal((await found([{ ...older, enrolledAt: null }, wiped]))?.mdmKey, 'mdm:intune:m2');
  });

  it("is no record of somebody else's, nor one with another EAS ID", async () => {
    assert.equal(await found([{ ...retired, user: BEN }]), undefined);
    assert.equal(await found([{ ...retired, easIds: ['OTHER'] }]), undefined);
  });

  it('is the record it was one with, whatever has become of that', async () => {
    const name = "Anna's iPhone";
    const expected = { mdmKey: 'mdm:intune:m1', name, removal: null };
    assert.deepEqual(await found([{ ...retired, easIds: [], user: BEN }, wiped], past), expected);
    assert.deepEqual(await found([anMdm({ easIds: [] })], past), expected);
    assert.deepEqual(await found([], past), { ...expected, name: null });
    assert.deepEqual((await found([wiped], past))?.mdmKey, 'mdm:intune:m2');
  });

  it('is not what a pairing said that was taken back', async () => {
    const paired = { mdmKey: 'mdm:intune:m1', by: 'pairing' };
    const pairing = { easKey: eas.key, mdmKey: 'mdm:intune:m1', at: '2026-05-01T00:00:00.000Z', by: null, note: null };
    assert.equal(await found([anMdm({ easIds: [] })], paired), undefined);
    assert.equal((await found([{ ...retired, easIds: [] }], paired, [pairing]))?.mdmKey, 'mdm:intune:m1');
  });

  it('is told of a superseded account, with the newer one', async () => {
    const newer = anEas({ easId: 'NEWER' });
    const mdm = [anMdm({ easIds: ['NEWER'] })];
    const past = async () => new Map([[eas.key, { mdmKey: 'mdm:intune:m1', by: 'eas-id', since: '', until: null }]]);
    const { matcher, load } = scene([eas, newer], mdm, { past });
    const [device] = await matcher.matchPage([eas], load);
    assert.deepEqual(
      { ...device, eas: null },
      {
        key: eas.key,
        status: 'eas',
        eas: null,
        match: { by: null, evidence: ["It was one with 'Anna's iPhone', enrolled 3 May 2026, by its EAS ID."] },
        reason: {
          code: 'superseded',
          text: 'The device has a newer account on this mailbox: its MDM record reports EAS ID newer now, and IPHONE1 no longer.',
        },
        formerly: { mdmKey: 'mdm:intune:m1', name: "Anna's iPhone", removal: null },
      },
    );
  });
});

describe("the evidence about another user's EAS ID", () => {
  it('says what Exchange sees, and what the MDM knows under the EAS ID', async () => {
    const record = anMdm({
      user: BEN,
      enrolledAt: '2026-04-01T00:00:00.000Z',
      device: { platform: 'android', name: "Ben's Pixel", model: 'Pixel 8' },
    });
    assert.deepEqual(await evidence(anEas(), [record]), {
      reason:
        "The MDM has EAS ID IPHONE1 for another user's device, of another platform or model: this is not that one, and no enrolled device of this user fits.",
      evidence: ["It belongs to ben@corp.example: 'Ben's Pixel', android Pixel 8. Exchange sees ios iPhone15C2."],
    });
  });
});

describe('the evidence about a phone that was enrolled again', () => {
  const old = anMdm({ id: 'old', compliance: 'noncompliant', device: { serial: 'S1', name: 'Before' } });
  const now = anMdm({ easIds: [], enrolledAt: '2026-05-20T00:00:00.000Z', device: { serial: 'S1', name: 'Now' } });

  it('names both records', async () => {
    assert.deepEqual(await evidence(anEas(), [old, now]), {
      reason: 'Exchange and the MDM know this device.',
      evidence: [
        "'Now', enrolled 20 May 2026, is the device with EAS ID IPHONE1, enrolled again: serial number or IMEI are the same, and it does not report the EAS ID yet.",
        "The MDM has the EAS ID for 'Before', enrolled 3 May 2026.",
      ],
    });
  });

  it('is none when the new record is another phone by the time it is loaded', async () => {
    const { matcher } = scene([anEas()], [old, now]);
    const other = { ...now, device: { ...now.device, serial: 'S2' } };
    const [device] = await matcher.matchPage([anEas()], async () => new Map([old, other].map((one) => [one.key, one])));
    assert.equal(device!.reason.code, 'snapshot-incomplete');
  });

  it('says of one that is held what is not known', async () => {
    const without = { ...now, device: { ...now.device, serial: null } };
    assert.deepEqual(await evidence(anEas(), [old, without]), {
      reason:
        'The MDM has this EAS ID for a noncompliant device, and its user has enrolled one of the same model since: it may be the same one.',
      evidence: ["Candidate: 'Now', enrolled 20 May 2026.", "Candidate: 'Before', enrolled 3 May 2026."],
    });
  });
});

describe('the evidence about several partnerships of one EAS ID', () => {
  it('names them, and what the MDM has under the EAS ID', async () => {
    const partnership = { os: null, userAgent: null, state: 'allowed' } as const;
    const eas = anEas({
      partnerships: [
        { ...partnership, deviceType: 'Android', model: 'Pixel 8', firstSyncAt: '2026-05-20T08:00:00.000Z' },
        { ...partnership, deviceType: 'iPhone', model: null, firstSyncAt: null },
      ],
    });
    assert.deepEqual(await evidence(eas, [anMdm()]), {
      reason:
        'Exchange has 2 partnerships with EAS ID IPHONE1 on this mailbox, and not all are the device that the MDM has under it.',
      evidence: [
        "The MDM has 'Anna's iPhone', ios iPhone 14 Pro; Exchange has Android Pixel 8 (first synced 20 May 2026), iPhone (first synced at an unknown time).",
      ],
    });
  });
});
