/** Small worlds of both sides in which mailboxes, users, EAS IDs, hardware and times meet often. */
import * as fc from 'fast-check';
import { EasIndex } from '../../src/match/eas-index.ts';
import { Matcher } from '../../src/match/matcher.ts';
import type { MatchOptions, MatchScene } from '../../src/match/match-scene.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import type { Activation, DeviceRecord, EasRecord, MdmRecord, Pairing } from '../../src/model/records.ts';
import { anEas, anMdm, guid } from '../support/records.ts';

/** All that an outcome hangs on. */
export interface World {
  readonly eas: readonly EasRecord[];
  readonly mdm: readonly MdmRecord[];
  readonly activations: readonly Activation[];
  readonly pairings: readonly Pairing[];
  readonly asked: ReadonlyMap<string, number>;
  readonly options: MatchOptions;
}

export const MAILBOXES = [1, 2, 3].map(guid);
export const NAMES = ['anna@corp.example', 'ben@corp.example', 'cleo@corp.example'];
export const EAS_IDS = ['IPHONE1', 'PIXEL1', 'PIXEL2', 'ApplDX3X12345678', 'ApplF17ABCDEFGH'];
export const SERIALS = ['DX3X12345678', 'F17ABCDEFGH'];
export const IMEIS = ['356938035643809', '356789012345678'];

const READ_AT = '2026-06-10T00:00:00.000Z';
const MDM_IDS = ['m1', 'm2', 'm3', 'm4'];

/** Texts as two systems spell them. */
function spelled(...texts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...texts), fc.constantFrom(0, 0, 0, 1, 2))
    .map(([text, way]) => (way === 0 ? text : way === 1 ? text.toUpperCase() : ` ${text.toLowerCase()} `));
}

function orNull<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(value, { nil: null, freq: 4 });
}

const day = fc.integer({ min: 1, max: 14 }).map((n) => `2026-06-${String(n).padStart(2, '0')}T00:00:00.000Z`);
const platform = fc.constantFrom('android' as const, 'android' as const, 'ios' as const);
const model = orNull(fc.constantFrom('Pixel 8', 'Pixel 8', 'SM-S911B', 'iPhone15C2'));
const mailboxName = fc.constantFrom(...NAMES);

export const easRecord: fc.Arbitrary<EasRecord> = fc
  .record({
    mailbox: fc.integer({ min: 0, max: MAILBOXES.length - 1 }),
    upn: fc.option(mailboxName, { nil: null, freq: 3 }),
    addresses: fc.array(spelled(...NAMES), { maxLength: 1 }),
    isOwn: fc.boolean(),
    easId: fc.constantFrom(...EAS_IDS, ...EAS_IDS.map((easId) => easId.toLowerCase())),
    platform,
    model,
    imei: orNull(fc.constantFrom(...IMEIS, '35-693803-564380-9')),
    isOutlook: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    firstSyncAt: fc.option(day, { nil: null, freq: 12 }),
    lastSyncAt: fc.option(day, { nil: undefined }),
  })
  .map(({ mailbox, upn, addresses, isOwn, easId, platform, model, imei, isOutlook, firstSyncAt, lastSyncAt }) =>
    anEas({
      mailbox: {
        id: MAILBOXES[mailbox]!,
        // Mostly each mailbox has its own name, so that foreign ones stand out.
        upn: isOwn ? NAMES[mailbox]! : upn,
        address: addresses[0] ?? null,
        addresses,
      },
      easId,
      device: {
        type: platform === 'ios' ? 'iPhone' : 'Android',
        os: null,
        userAgent: isOutlook ? 'Outlook-iOS-Android/1.0' : platform === 'ios' ? 'Apple-iPhone15C2/1' : 'Android-Mail/1',
        model,
        imei,
      },
      firstSyncAt,
      ...(lastSyncAt !== undefined && { lastSyncAt }),
    }),
  );

export const mdmRecord: fc.Arbitrary<MdmRecord> = fc
  .record({
    id: fc.constantFrom(...MDM_IDS),
    easIds: fc.oneof(fc.constant([]), fc.array(spelled(...EAS_IDS), { maxLength: 2 })),
    userId: fc.option(spelled(...MAILBOXES), { nil: null, freq: 1 }),
    upn: fc.option(spelled(...NAMES), { nil: null, freq: 3 }),
    addresses: fc.array(spelled(...NAMES), { maxLength: 1 }),
    platform,
    model,
    serial: orNull(spelled(...SERIALS)),
    imeis: fc.array(fc.constantFrom(...IMEIS, '35 678901 234567 8', '0'), { maxLength: 2 }),
    managed: fc.integer({ min: 0, max: 7 }).map((n) => n > 0),
    compliance: fc.constantFrom('compliant' as const, 'compliant' as const, 'noncompliant' as const),
    enrolledAt: orNull(day),
    lastSeenAt: orNull(day),
  })
  .map(({ id, easIds, userId, upn, addresses, platform, model, serial, imeis, ...rest }) =>
    anMdm({
      id,
      easIds,
      user: { id: userId, upn, addresses },
      device: { platform, model, serial, imeis, name: `Phone ${id}` },
      ...rest,
    }),
  );

const activation: fc.Arbitrary<Activation> = fc.record({
  easId: spelled(...EAS_IDS),
  mailbox: fc.constantFrom(...MAILBOXES),
  at: day,
  userAgent: orNull(fc.constantFrom('Mozilla/5.0 (iPhone)', 'Mozilla/5.0 (Linux; Android 16)')),
  tokenId: fc.constant('t'),
});

const pairing: fc.Arbitrary<Pairing> = fc
  .record({
    mailbox: fc.constantFrom(...MAILBOXES),
    easId: fc.constantFrom(...EAS_IDS),
    id: fc.constantFrom(...MDM_IDS),
    at: day,
  })
  .map(({ mailbox, easId, id, at }) => ({
    easKey: anEas({ mailbox: { id: mailbox }, easId }).key,
    mdmKey: anMdm({ id }).key,
    at,
    by: null,
    note: null,
  }));

export const world: fc.Arbitrary<World> = fc
  .record({
    eas: fc.uniqueArray(easRecord, { selector: ({ key }) => key, minLength: 1, maxLength: 6 }),
    mdm: fc.uniqueArray(mdmRecord, { selector: ({ key }) => key, maxLength: 4 }),
    activations: fc.array(activation, { maxLength: 3 }),
    pairings: fc.oneof(fc.constant([]), fc.array(pairing, { maxLength: 2 })),
    asked: fc.array(fc.tuple(fc.constantFrom(...MAILBOXES), day.map(Date.parse)), { maxLength: 2 }),
    sameUser: fc.boolean(),
    lateActivation: fc.boolean(),
    serialMatch: fc.boolean(),
    mdmComplete: fc.integer({ min: 0, max: 19 }).map((n) => n > 0),
    mdmFresh: fc.integer({ min: 0, max: 19 }).map((n) => n > 0),
  })
  .map(({ eas, mdm, activations, pairings, asked, ...options }) => ({
    eas,
    mdm,
    activations,
    pairings,
    asked: new Map(asked),
    options: { ...options, mdmStartedAt: READ_AT },
  }));

/** Both indexes of a world, made anew. */
export function indexesOf({ eas, mdm }: Pick<World, 'eas' | 'mdm'>): {
  readonly eas: EasIndex;
  readonly mdm: MdmIndex;
} {
  const indexes = { eas: new EasIndex(eas.length, { reachable: true }), mdm: new MdmIndex() };
  indexes.eas.add(eas);
  indexes.mdm.add(mdm);
  return indexes;
}

/** The device record of every EAS record, by its key, and whose outcome hangs on a time. */
export async function outcomeOf(
  { eas, mdm, ...rest }: World,
  indexes: Pick<MatchScene, 'eas' | 'mdm'>,
): Promise<{ readonly devices: Map<string, DeviceRecord>; readonly hangsOn: Matcher['hangsOn'] }> {
  const matcher = new Matcher({ ...rest, ...indexes });
  const byKey = new Map(mdm.map((record) => [record.key, record]));
  const load = (keys: readonly string[]): Promise<Map<string, MdmRecord>> =>
    Promise.resolve(new Map(keys.flatMap((key) => (byKey.has(key) ? [[key, byKey.get(key)!] as const] : []))));
  const devices = await matcher.matchPage(eas, load);
  return { devices: new Map(devices.map((device) => [device.key, device])), hangsOn: matcher.hangsOn };
}
