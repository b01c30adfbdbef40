/**
 * Decides about one device after the other, with everything beside its record that counts: groups, ledger, gentle start,
 * the MDM's absence. In: a device record. Out: a decision. Changes: nothing.
 */
import { compileRules } from '../../access/compile-rules.ts';
import type { CompiledRule } from '../../access/compile-rules.ts';
import { decideAccess } from '../../access/decide-access.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import { blockedSince, mayBeIdle, withLastAttempt } from '../../access/idle.ts';
import type { ToldAttempt } from '../../access/idle.ts';
import { decideWithExemption } from '../../access/exempt.ts';
import { decideWithMdmAway, MDM_AWAY } from '../../access/mdm-away.ts';
import { withOurWrites } from '../../access/our-writes.ts';
import type { OurWrites } from '../../access/our-writes.ts';
import { decideWithGaps } from '../../access/reading-gaps.ts';
import type { OwnedEntries } from '../../access/owned-entries.ts';
import { mayBeOnItsWay } from '../../access/replication.ts';
import { shownFromBefore } from '../../access/taken-off.ts';
import type { PlanCounts } from '../../access/plan-tally.ts';
import { ReviewClock } from '../../access/review-clock.ts';
import type { Review } from '../../access/review-clock.ts';
import { DEFAULT_RULES } from '../../access/rules.ts';
import type { Rule } from '../../access/rules.ts';
import type { Exemption } from '../../model/exemption.ts';
import { GapMailboxes } from '../../model/reading-gaps.ts';
import { isFresh, wholeSince } from '../../model/reading-age.ts';
import { isQuiet } from '../../model/mail-kind.ts';
import type { DeviceRecord, Listed } from '../../model/records.ts';
import { mdmReadings, snapshotsOf } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { AttemptRow, OwnedEntry } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import { GentleStart } from './gentle-start.ts';
import { GroupMembership } from './group-membership.ts';
import type { SwitchParts } from './switch-parts.ts';
import type { SwitchSettings } from './switch-settings.ts';
import { silentSources } from './unknown-compliance.ts';
import type { SilentSource } from './unknown-compliance.ts';

/** What a report says while the MDM is away. */
export interface MdmAwayReport {
  /** When the last whole MDM reading began, the oldest of all sources; null: a source has none. */
  readonly since: string | null;
  readonly whenMdmAway: 'leave' | 'allow' | 'block';
  /** New devices that were decided about by this setting. */
  readonly devices: number;
}

/** What a decider reads at its beginning. */
export interface DeciderParts extends Pick<SwitchParts, 'store' | 'settings' | 'directory' | 'now' | 'signal'> {
  readonly exchange: Pick<SwitchParts['exchange'], 'organization' | 'groupMembers' | 'activeDirectory'>;
}

const LONG_AGO = '1970-01-01T00:00:00.000Z';

/** The rules that count: an empty list stands for the default rules. */
export function rulesInUse(rules: readonly Rule[]): readonly Rule[] {
  return rules.length === 0 ? DEFAULT_RULES : rules;
}

/** A device as it must be by now, what of its list entries is ours, and what is decided about it. */
export interface Judged {
  readonly device: DeviceRecord;
  /** The list on which its entry is ours. */
  readonly owned: Listed;
  /** Our entries of it, on both lists. */
  readonly entries: readonly OwnedEntry[];
  readonly decision: AccessDecision;
  /** When it has to be judged anew though nothing touched it. */
  readonly review: Review;
  /** Exchange is worth asking when it last tried to sync: the decision hangs on it, or it would be blocked for the first time. */
  readonly asks: boolean;
  /** Exchange is asked for it again at each full sync. */
  readonly wasQuiet: boolean;
}

/** What of an entry counts for a decision. */
type EntryOfRule = Pick<OwnedEntry, 'list' | 'rule'>;

/** Judges devices by what a sync read once: rules, groups, gentle start, and whether an MDM source is away. */
export class Decider {
  readonly rules: readonly Rule[];
  readonly groups: GroupMembership | null;
  readonly gentle: GentleStart | null;
  /** MDM sources of which no record tells compliance. */
  readonly silent: readonly SilentSource[];
  /** Merged devices judged so far that stay blocked as their compliance is unknown. */
  stayBlocked = 0;
  readonly #compiled: readonly CompiledRule[];
  readonly #settings: SwitchSettings;
  readonly #away: { readonly since: string | null } | null;
  readonly #gaps: GapMailboxes;
  readonly #exemptions: ReadonlyMap<string, Exemption>;
  readonly #readsSyncTime: boolean;
  readonly #now: Clock;

  private constructor(
    { settings, now }: Pick<SwitchParts, 'settings' | 'now'>,
    read: {
      groups: GroupMembership | null;
      gentle: GentleStart | null;
      silent: readonly SilentSource[];
      away: { since: string | null } | null;
      gaps: GapMailboxes;
      exemptions: ReadonlyMap<string, Exemption>;
    },
  ) {
    this.rules = rulesInUse(settings.rules);
    this.groups = read.groups;
    this.gentle = read.gentle;
    this.silent = read.silent;
    this.#compiled = compileRules(this.rules);
    this.#settings = settings;
    this.#away = read.away;
    this.#gaps = read.gaps;
    this.#exemptions = read.exemptions;
    this.#readsSyncTime = read.gentle !== null || this.rules.some(readsSyncTime);
    this.#now = now;
  }

  /**
   * Reads what is needed once. Throws ERR_RULE_INVALID before anything is read; groups that cannot be read do not throw.
   * @param maxAgeHours how long an MDM reading stays usable
   * @param known who is in which groups; absent: they are read
   */
  static async begin(parts: DeciderParts, maxAgeHours: number, known?: GroupMembership | null): Promise<Decider> {
    const { store, exchange, settings, signal, now } = parts;
    compileRules(rulesInUse(settings.rules));
    const groups = known === undefined ? await GroupMembership.read(rulesInUse(settings.rules), parts, signal) : known;
    const gentle = await GentleStart.begin(parts);
    const readings = await mdmReadings(store);
    const away = awaySince(readings, maxAgeHours, now());
    const gaps = new GapMailboxes((await store.snapshots.latest('eas', exchange.organization))?.gaps);
    const exempt = await store.exemptions.list(exchange.organization);
    const exemptions = new Map(exempt.map((one) => [one.key, one]));
    return new Decider(parts, { groups, gentle, silent: silentSources(readings), away, gaps, exemptions });
  }

  /** True for a device of a mailbox of which the last reading of Exchange lacks something. */
  hasGap({ eas }: Pick<DeviceRecord, 'eas'>): boolean {
    return eas !== undefined && this.#gaps.has(eas.mailbox.id);
  }

  /**
   * Decides about a device of the last reading: the one way, for a sync and for "Try it".
   * @param lastRead when the last full reading of Exchange began, ISO 8601 UTC; null: there was none
   * @param kept what is kept of its last attempt to sync; null: nothing
   */
  judge(
    record: DeviceRecord,
    ours: OwnedEntries<OwnedEntry>,
    lastRead: string | null,
    kept: Pick<AttemptRow, 'told' | 'isQuiet'> | null = null,
  ): Judged {
    const told = kept?.told ?? null;
    const entries = ours.entriesOf(record);
    // Nobody knows when the record of a gap was read: all that we wrote may be younger.
    const readAt = lastRead !== null && this.hasGap(record) ? LONG_AGO : lastRead;
    const writes = { entries, takenOff: ours.takenOffOf(record) };
    const asRead = readAt === null ? record : withOurWrites(record, writes, readAt);
    const blockedAt = blockedSince(entries);
    const device = withLastAttempt(asRead, { told, blockedAt, idleDays: this.#settings.idleDays });
    const owned = ours.of(device);
    const clock = this.#clockFor(record, told);
    const decision = this.#decideBy(clock, device, owned, entries);
    if (decision.action === 'block' && blockedAt === null && mayBeIdle(record)) clock.wantsSyncTime();
    const asks = clock.asksForSyncTime() || asksWhoseItIs(record, clock);
    const { at, onReading } = clock.review;
    return {
      asks,
      wasQuiet: kept?.isQuiet ?? false,
      device,
      owned,
      entries,
      decision,
      review: { at, onReading: onReading || wroteSince(record, writes, readAt) },
    };
  }

  /**
   * @param owned the personal list on which the ledger says we own the device's entry
   * @param entries the device's entries in the ledger, for which rule wrote the one on that list
   * @param told what Exchange told of its last attempt to sync; null: it was not asked
   */
  decide(
    record: DeviceRecord,
    owned: Listed,
    entries: readonly EntryOfRule[] = [],
    told: ToldAttempt | null = null,
  ): AccessDecision {
    const device = withLastAttempt(record, { told, blockedAt: null, idleDays: this.#settings.idleDays });
    return this.#decideBy(this.#clockFor(record, told), device, owned, entries);
  }

  /** Where the record tells the last sync itself, rules go by that; when Exchange was asked counts for asking again. */
  #clockFor({ eas }: DeviceRecord, told: ToldAttempt | null): ReviewClock {
    const isReadAnew = told === null || (eas?.lastSyncAt ?? null) !== null;
    return new ReviewClock(this.#now(), told?.toldAt ?? null, isReadAnew);
  }

  #decideBy(clock: ReviewClock, device: DeviceRecord, owned: Listed, entries: readonly EntryOfRule[]): AccessDecision {
    const { adoptEntries, whenMdmAway } = this.#settings;
    const groups = device.eas === undefined ? null : (this.groups?.of(device.eas.mailbox) ?? null);
    const context = { clock, owned, adoptEntries, ...(this.groups === null ? {} : { groups }) };
    const byRules = (one: DeviceRecord): AccessDecision => {
      const decision = decideAccess(one, this.#compiled, context);
      return this.gentle?.decide(one, decision, clock) ?? decision;
    };
    const entryRule = entries.find(({ list }) => list === owned)?.rule ?? null;
    const away = this.#away === null ? null : { whenMdmAway, ...this.#away };
    const decision = decideWithMdmAway(device, { away, entryRule, byRules });
    const exemption = this.#exemptions.get(device.key) ?? null;
    const decided = decideWithExemption(device, decision, { exemption, owned, adoptEntries, clock });
    return decideWithGaps(device, decided, this.hasGap(device));
  }

  /** True if what Exchange told of a device's last attempt to sync may count for it. */
  readsAttempt(device: Pick<DeviceRecord, 'status' | 'reason'>): boolean {
    return this.#readsSyncTime || mayBeIdle(device) || isQuiet(device.reason.code);
  }

  /** Null while the MDM is not away. @param counts what the sync has decided */
  mdmAway({ byReason }: Pick<PlanCounts, 'byReason'>): MdmAwayReport | null {
    if (this.#away === null) return null;
    return {
      since: this.#away.since,
      whenMdmAway: this.#settings.whenMdmAway,
      devices: byReason[MDM_AWAY] ?? 0,
    };
  }
}

function readsSyncTime({ disabled, when }: Rule): boolean {
  return disabled !== true && when.some(({ field }) => field === 'idleHours' || field === 'lastSyncAt');
}

/** The matcher has found that whose phone it is hangs on whether it still tries to sync. */
function asksWhoseItIs({ askFrom }: DeviceRecord, clock: ReviewClock): boolean {
  return askFrom !== undefined && clock.reached(Date.parse(askFrom));
}

/*
 *   we wrote the entry, or took it off       and the record    the device is decided about again with the next reading
 *   since the full reading began             any               yes: until then the entry counts in place of the record
 *   before, and it may be on its way         shows it          no
 *   before, and it may be on its way         lacks it          yes: only a later reading tells that it is gone
 *   before                                   any               no
 *   took it off, which counts (taken-off.ts) shows it          yes: a later reading may be believed
 *   took it off                              lacks it          no: a reading that shows it is another record
 */
function wroteSince({ eas }: DeviceRecord, writes: OurWrites, readAt: string | null): boolean {
  if (readAt === null) return false;
  const listed = eas?.access.listed ?? null;
  if (listed !== null && shownFromBefore(listed, writes, readAt) !== undefined) return true;
  return writes.entries.some((entry) => {
    if (Date.parse(entry.writtenAt) >= Date.parse(readAt)) return true;
    return listed !== entry.list && mayBeOnItsWay(entry, readAt);
  });
}

function awaySince(readings: readonly MdmReading[], maxAgeHours: number, now: number): { since: string | null } | null {
  const snapshots = snapshotsOf(readings);
  if (snapshots.length < readings.length || snapshots.length === 0) return { since: null };
  if (snapshots.every((snapshot) => isFresh(snapshot, now, maxAgeHours))) return null;
  const times = snapshots.map((snapshot) => Date.parse(wholeSince(snapshot)));
  return { since: new Date(Math.min(...times)).toISOString() };
}
