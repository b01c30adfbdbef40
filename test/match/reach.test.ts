import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { recordsOfSharedHardware } from '../../src/match/shared-hardware.ts';
import { reachedByEas, reachedByMdm } from '../../src/model/join-keys.ts';
import type { JoinKey } from '../../src/model/join-keys.ts';
import type { DeviceRecord, EasRecord, MdmRecord } from '../../src/model/records.ts';
import { anEas, anMdm, guid } from '../support/records.ts';
import { easRecord, indexesOf, mdmRecord, outcomeOf, world } from './match-worlds.ts';
import type { World } from './match-worlds.ts';

const numRuns = Number(process.env['MATCH_RUNS'] ?? 2000);

/** One record that comes, goes (null) or becomes another one. */
type Change =
  | { readonly kind: 'eas'; readonly key: string; readonly record: EasRecord | null }
  | { readonly kind: 'mdm'; readonly key: string; readonly record: MdmRecord | null };

const changedWorld: fc.Arbitrary<{ before: World; change: Change }> = world.chain((before) => {
  const goes = [...before.eas, ...before.mdm].map(({ kind, key }) => ({ kind, key, record: null }));
  const comes = fc.oneof(easRecord, mdmRecord).map((record) => ({ kind: record.kind, key: record.key, record }));
  // One thing of it is another: the rest of what it reaches stays.
  const turns = fc.oneof(
    fc.constantFrom(...before.eas).chain((eas) => easRecord.chain((other) => onePartOf<EasRecord>(eas, other))),
    ...(before.mdm.length === 0
      ? []
      : [fc.constantFrom(...before.mdm).chain((mdm) => mdmRecord.chain((other) => onePartOf<MdmRecord>(mdm, other)))]),
  );
  return fc.oneof(comes, turns, fc.constantFrom(...goes)).map((change) => ({ before, change: change as Change }));
});

const PARTS = ['easIds', 'user', 'device', 'managed', 'enrolledAt', 'mailbox', 'firstSyncAt'];

function onePartOf<T extends EasRecord | MdmRecord>(record: T, other: T): fc.Arbitrary<object> {
  const part = fc.constantFrom(...PARTS.filter((name) => name in record));
  return part.map((name) => {
    const value = other[name as keyof T];
    // A mailbox keeps its GUID, or it would be another record.
    const kept = name === 'mailbox' ? { ...(value as object), id: (record as EasRecord).mailbox.id } : value;
    return { kind: record.kind, key: record.key, record: { ...record, [name]: kept } };
  });
}

function worldAfter({ before, change }: { readonly before: World; readonly change: Change }): World {
  const withChange = <T extends EasRecord | MdmRecord>(records: readonly T[]): T[] => [
    ...records.filter(({ key }) => key !== change.key),
    ...(change.record === null ? [] : [change.record as T]),
  ];
  return change.kind === 'eas'
    ? { ...before, eas: withChange(before.eas) }
    : { ...before, mdm: withChange(before.mdm) };
}

function keysOf(records: readonly (EasRecord | MdmRecord | null | undefined)[]): JoinKey[] {
  return records.flatMap((record) => {
    if (!record) return [];
    return record.kind === 'eas' ? reachedByEas(record) : reachedByMdm(record);
  });
}

/** @param records those that the MDM index has */
function reached(
  keys: readonly JoinKey[],
  { eas, mdm }: ReturnType<typeof indexesOf>,
  records: readonly MdmRecord[],
): string[] {
  const sharing = new Set(recordsOfSharedHardware(keys, mdm));
  const users = records
    .filter(({ key }) => sharing.has(key))
    .flatMap((record) => reachedByMdm(record).filter((key) => key.startsWith('user:')));
  return [...keys, ...users].flatMap((key) => eas.mailboxesReachedBy(key));
}

function bringUpToDate(
  { eas, mdm }: ReturnType<typeof indexesOf>,
  { before, change }: { before: World; change: Change },
) {
  if (change.kind === 'mdm') {
    if (change.record === null) mdm.remove(change.key);
    else mdm.replace(change.record);
    return;
  }
  const known = before.eas.find(({ key }) => key === change.key);
  if (change.record !== null) eas.add([change.record]);
  else if (known) eas.remove(known.mailbox.id, known.easId);
}

describe('who is reached over join keys', () => {
  it('is everyone for whom a change of one record can decide something, but for those paired with it', async () => {
    await fc.assert(
      fc.asyncProperty(changedWorld, async ({ before, change }) => {
        const since = worldAfter({ before, change });
        const indexes = indexesOf(before);
        const known = [...before.eas, ...before.mdm].find(({ key }) => key === change.key);
        const keys = keysOf([known, change.record]);
        const was = await outcomeOf(before, indexes);
        const mailboxes = new Set(reached(keys, indexes, before.mdm));
        bringUpToDate(indexes, { before, change });
        const is = await outcomeOf(since, indexes);
        for (const id of reached(keys, indexes, since.mdm)) mailboxes.add(id);
        const paired = before.pairings.filter(({ mdmKey }) => mdmKey === change.key).map(({ easKey }) => easKey);
        for (const { key, mailbox } of [...before.eas, ...since.eas]) {
          if (isDeepStrictEqual(was.devices.get(key), is.devices.get(key))) continue;
          const isPaired = paired.some((easKey) => easKey.includes(`:${mailbox.id}:`));
          assert.ok(mailboxes.has(mailbox.id) || isPaired, `${key} is not reached over ${keys.join(', ')}`);
        }
      }),
      { numRuns },
    );
  });

  it('are the user of a phone that was enrolled again, once another user has a record with its serial number', () => {
    const eas = [anEas({ device: { type: 'Android' } })];
    const device = { serial: 'S1' };
    const mdm = [anMdm({ id: 'left', compliance: 'noncompliant', device }), anMdm({ id: 'again', easIds: [], device })];
    const other = anMdm({ id: 'other', easIds: [], user: { upn: null, addresses: [] }, device });
    const indexes = indexesOf({ eas, mdm });
    assert.deepEqual(reached(['serial:s1'], indexes, mdm), [guid(1), guid(1)]);
    indexes.mdm.add([other, ...Array.from({ length: 98 }, (_, n) => ({ ...other, key: `mdm:x:${n}` }))]);
    assert.deepEqual(reached(['serial:s1'], indexes, mdm), [], 'so many records have a placeholder');
    assert.deepEqual(reached(['imei:356938035643809'], indexes, mdm), []);
  });

  it('are that user too once the other one’s record is gone, and the number is one record’s alone', () => {
    const eas = [anEas({ device: { type: 'Android' } })];
    const left = anMdm({
      id: 'left',
      compliance: 'noncompliant',
      device: { serial: 'S1', imeis: ['356938035643809'] },
    });
    const mdm = [left, anMdm({ id: 'again', easIds: [], device: { serial: 'S1' } })];
    const indexes = indexesOf({ eas, mdm });
    assert.deepEqual(reached(['imei:356938035643809'], indexes, mdm), [guid(1)]);
    assert.deepEqual(reached(['imei:356938035643809', left.key], indexes, mdm), [], 'it reaches its user itself');
  });
});

/** What Exchange and the MDM say again and again: when a device synced last, when it was seen last, and when that was read. */
interface Passing {
  /** Days, by record. */
  readonly syncs: readonly number[];
  readonly seen: readonly number[];
  readonly read: number;
  readonly asked: number;
}

const passing: fc.Arbitrary<Passing> = fc.record({
  syncs: fc.array(fc.integer({ min: 0, max: 13 }), { minLength: 6, maxLength: 6 }),
  seen: fc.array(fc.integer({ min: 0, max: 13 }), { minLength: 4, maxLength: 4 }),
  read: fc.integer({ min: 0, max: 5 }),
  asked: fc.integer({ min: 0, max: 5 }),
});

const DAY_MS = 24 * 3_600_000;

/** A time that was not known may become known, never the other way round. */
function later(time: string | null | undefined, days: number): string | null | undefined {
  if (time) return new Date(Date.parse(time) + days * DAY_MS).toISOString();
  return days % 2 === 0 ? time : new Date(Date.parse('2026-06-01T00:00:00.000Z') + days * DAY_MS).toISOString();
}

function timePassed(before: World, { syncs, seen, read, asked }: Passing): World {
  return {
    ...before,
    eas: before.eas.map((record, i) => {
      const lastSyncAt = later(record.lastSyncAt, syncs[i]!);
      return lastSyncAt === undefined ? record : { ...record, lastSyncAt };
    }),
    mdm: before.mdm.map((record, i) => ({ ...record, lastSeenAt: later(record.lastSeenAt, seen[i]!) ?? null })),
    asked: new Map([...before.asked].map(([mailbox, at]) => [mailbox, at + asked * DAY_MS])),
    options: { ...before.options, mdmStartedAt: later(before.options.mdmStartedAt, read) ?? null },
  };
}

/** What was found, without the times that every reading brings. */
function found(device: DeviceRecord | undefined): object {
  const { status, mdm, match, reason, suggestions } = device!;
  return { status, mdm: mdm?.key, match, reason, suggestions };
}

describe('what the matcher finds', () => {
  it('stays while only times pass, unless it was said to hang on them', async () => {
    await fc.assert(
      fc.asyncProperty(world, passing, async (before, times) => {
        const since = timePassed(before, times);
        const was = await outcomeOf(before, indexesOf(before));
        const is = await outcomeOf(since, indexesOf(since));
        for (const { key } of before.eas) {
          if (was.hangsOn.has(key)) continue;
          assert.deepEqual(found(is.devices.get(key)), found(was.devices.get(key)));
          assert.equal(is.hangsOn.get(key), undefined);
        }
      }),
      { numRuns },
    );
  });
});
