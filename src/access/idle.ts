/** Whether anybody still uses an account: what Exchange told of its last attempt to sync becomes part of its reason. Pure. */
import type { OwnedEntry } from '../model/personal-lists.ts';
import type { DeviceRecord, Reason, ReasonCode } from '../model/records.ts';
import { UNKNOWN_CLOCK } from '../model/server-clock.ts';
import { sayIn } from '../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** What Exchange told of a device; times are ISO 8601 UTC. */
export interface ToldAttempt {
  /** Its last attempt to sync; null: Exchange told of none. */
  readonly lastAttemptAt: string | null;
  /** When Exchange was asked. */
  readonly toldAt: string;
}

/** What is known besides the record. */
export interface IdleContext {
  /** Null: Exchange was not asked, or did not say. */
  readonly told: ToldAttempt | null;
  /** When our entry on the blocked list was written, ISO 8601 UTC; null: there is none. */
  readonly blockedAt: string | null;
  /** Days without an attempt after which an account counts as idle; 0: none ever does. */
  readonly idleDays: number;
}

const DAY_MS = 86_400_000;

/** Of an attempt it is not known by which of Exchange's clocks it is. */
const CLOCKS_MS = UNKNOWN_CLOCK.marginMs;

/** Unmatched devices of which an idle one need not be told. */
const MAY_BE_IDLE: readonly ReasonCode[] = ['not-enrolled', 'needs-activation', 'not-native-client'];

/*
 * `told` is when Exchange was asked, `block` when our entry on the blocked list was written, `since` what the match says of a
 * superseded account.
 *
 *   the match says          the last attempt                       our block   counts as
 *   not-enrolled,           not asked for, refused, none told      any         as the match says
 *   needs-activation,       not after the first sync, or that is   any         as the match says
 *   not-native-client       not known
 *                           after `told`: no clock is right        any         as the match says
 *                           idleDays or more before `told`         none        idle
 *                           later than that                        none        as the match says
 *                           idleDays or more before both           there       idle
 *                           later than that                        there       as the match says: it was blocked aloud, or
 *                                                                              has tried again
 *   superseded              after `block` and after `since`, and   there       not-enrolled: it has tried again
 *                           not after `told`
 *                           any other                              any         superseded
 *   anything else           any                                    any         as the match says
 *
 * No row looks at the clock: a device becomes idle, or is so no more, by what Exchange was asked, never by time alone. Of one
 * that was blocked aloud time makes no idle one, and of an idle one only a new attempt makes another.
 */

/** The device with its last attempt to sync, and with the reason that follows from it. */
export function withLastAttempt(device: DeviceRecord, { told, blockedAt, idleDays }: IdleContext): DeviceRecord {
  const { eas } = device;
  if (eas === undefined || told === null || told.lastAttemptAt === null) return device;
  const known = { ...device, eas: { ...eas, lastSyncAt: eas.lastSyncAt ?? told.lastAttemptAt } };
  const last = Date.parse(told.lastAttemptAt);
  const toldAt = Date.parse(told.toldAt);
  if (last > toldAt + CLOCKS_MS) return device;
  if (device.reason.code === 'superseded') {
    const { since } = device.reason;
    const quiet = blockedAt === null ? Number.NaN : Math.max(Date.parse(blockedAt), Date.parse(since ?? blockedAt));
    const triesAgain = last > quiet + CLOCKS_MS;
    return triesAgain ? because(known, triedAgain(told.lastAttemptAt), told.lastAttemptAt) : known;
  }
  const since = blockedAt === null ? toldAt : Math.min(toldAt, Date.parse(blockedAt));
  const isIdle =
    MAY_BE_IDLE.includes(device.reason.code) &&
    idleDays > 0 &&
    last > Date.parse(eas.firstSyncAt ?? '') &&
    last + idleDays * DAY_MS <= since;
  return isIdle ? because(known, idle(told.lastAttemptAt, idleDays), told.lastAttemptAt) : known;
}

/** When our entry on the blocked list was written; null: there is none. @param entries the device's entries in the ledger */
export function blockedSince(entries: readonly Pick<OwnedEntry, 'list' | 'writtenAt'>[]): string | null {
  return entries.find(({ list }) => list === 'blocked')?.writtenAt ?? null;
}

/** True for a device that may turn out to be idle once Exchange is asked. */
export function mayBeIdle({ status, reason }: Pick<DeviceRecord, 'status' | 'reason'>): boolean {
  return status === 'eas' && MAY_BE_IDLE.includes(reason.code);
}

function because(device: DeviceRecord, reason: Reason, lastAttemptAt: string): DeviceRecord {
  const { match } = device;
  const evidence = [...match.evidence, say('last-attempt', { time: lastAttemptAt })];
  return { ...device, reason, match: { ...match, evidence } };
}

function idle(lastAttemptAt: string, days: number): Reason {
  return { code: 'idle', text: say('idle', { time: lastAttemptAt, days }) };
}

function triedAgain(lastAttemptAt: string): Reason {
  return { code: 'not-enrolled', text: say('tried-again', { time: lastAttemptAt }) };
}
