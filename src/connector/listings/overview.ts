/**
 * How it goes with an organization: what needs a person first, counts, readings, the last thirty days, delays, the last runs.
 * In: store, clock. Out: numbers, codes and times. Changes: nothing.
 */
import { isGone } from '../../access/gone-source.ts';
import { isFresh, wholeSince } from '../../model/reading-age.ts';
import { mdmReadings } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type {
  Distribution,
  Json,
  KeptCheck,
  NotifierRow,
  SnapshotInfo,
  Store,
  SyncHistoryEntry,
} from '../../store/store.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import { readingsOfSync } from '../sync/readings-of-sync.ts';
import { lastSimulation } from '../sync/sync-report.ts';
import { listPlans } from './list-plans.ts';
import type { PlanSummary } from './list-plans.ts';

const DAY_MS = 86_400_000;
/** Days that are looked back on. */
export const DAYS = 30;
/** Autodiscover checks that are shown. */
export const CHECKS = 20;
/** Runs that are shown. */
const RUNS = 20;

/** Up to how many seconds somebody waited: from a quarter of an hour, in which everything should be done, to a week. */
export const WAIT_BOUNDS = [60, 300, 900, 1_800, 3_600, 4 * 3_600, 12 * 3_600, 86_400, 7 * 86_400] as const;

/** What needs a person, the most urgent kind first. */
export type NeedCode =
  | 'notifier'
  | 'held'
  | 'failed'
  | 'mails'
  | 'source-gone'
  | 'never-read'
  | 'reading'
  | 'reading-old'
  | 'autodiscover';

/** One thing that needs a person. */
export interface Need {
  readonly code: NeedCode;
  /** How many. */
  readonly count: number;
  /** Which source or notifier, as a person calls it; which plan, by its id. */
  readonly about: string | null;
  /** What was seen: a code, or a notifier's words. */
  readonly seen: string | null;
  /** `source-gone`: what names the source, and since when no node reads it, ISO 8601 UTC. */
  readonly gone?: GoneReading;
}

/** A reading that counts though nothing on the canvas reads its source any more. */
export interface GoneReading {
  readonly source: string;
  readonly since: string;
}

/** One reading. */
export interface ReadingAge {
  readonly source: 'eas' | 'mdm';
  /** As a person calls it. */
  readonly name: string;
  /** When the last one began; null: it was never read to its end. */
  readonly startedAt: string | null;
  readonly ageSeconds: number | null;
  /** The same of the last one that read everything. */
  readonly wholeSince: string | null;
  readonly wholeAgeSeconds: number | null;
  readonly records: number;
  /** False: too old, or not there: what it does not have blocks nobody. */
  readonly isFresh: boolean;
  /** The last try failed. */
  readonly failed: { readonly at: string; readonly code: string } | null;
  /** Absent: a node reads it, or the deploy that took it away is not ten minutes ago. */
  readonly gone?: GoneReading;
}

/** What happened on one day (UTC). */
export interface DayOfOverview {
  readonly day: string;
  readonly blocked: number;
  readonly allowed: number;
  readonly mails: number;
  /** Changes that the day's last sync with a problem held. */
  readonly held: number;
}

/** One run. */
export interface RunLine {
  readonly at: string;
  readonly subject: string;
  readonly ok: boolean;
  readonly tookMs: number;
  /** Code of what went wrong; null: nothing, or a sync that holds changes or has a problem. */
  readonly error: string | null;
}

/** What the last sync that wrote nothing would have changed: numbers of devices. */
export interface DryRunLine {
  readonly at: string;
  readonly blocked: number;
  readonly allowed: number;
  readonly held: number;
}

/** How it goes. Times are ISO 8601 UTC. */
export interface Overview {
  readonly needs: readonly Need[];
  readonly counts: {
    readonly devices: number;
    readonly merged: number;
    /** Devices that an entry of ours blocks. */
    readonly blocked: number;
    /** What was decided last about them. */
    readonly decided: {
      readonly allow: number;
      readonly block: number;
      readonly release: number;
      readonly leave: number;
    };
    /** Changes that have not reached Exchange yet, and those of them that need a person. */
    readonly waiting: number;
    readonly failed: number;
    /** Changes of held plans. */
    readonly held: number;
    /** Devices that a person has exempted for a time. */
    readonly exempt: number;
  };
  readonly byReason: Readonly<Record<string, number>>;
  readonly readings: readonly ReadingAge[];
  readonly days: readonly DayOfOverview[];
  /** Of the same days, in seconds. */
  readonly delays: { readonly accountToMail: Distribution; readonly enrolledToAllowed: Distribution };
  readonly runs: readonly RunLine[];
  readonly plans: readonly PlanSummary[];
  readonly notifiers: readonly NotifierRow[];
  readonly checks: readonly KeptCheck[];
  /** The last sync that wrote nothing; null: there was none. */
  readonly dryRun: DryRunLine | null;
}

/** The overview of an organization. @param now milliseconds since 1970. Errors: ERR_STORE_… */
export async function overviewOf(store: Store, organization: string, now: number): Promise<Overview> {
  const since = new Date(startOfDay(now) - (DAYS - 1) * DAY_MS).toISOString();
  const plans = await listPlans(store, { organization });
  const readings = await readingAges(store, organization, now);
  const notifiers = await store.notifiers.list();
  const checks = await store.checks.list(CHECKS);
  const counts = await countsOf(store, organization, { plans, now });
  const unsent = await unsentMails(store, notifiers);
  // A reading of an MDM is of no organization.
  const own = await store.history.recent({ organization, limit: RUNS });
  const ofMdms = await store.history.recent({ subject: 'mdm', limit: RUNS });
  const runs = [...own, ...ofMdms].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, RUNS);
  return {
    needs: needsOf({ plans, readings, notifiers, checks, failed: counts.counts.failed, unsent }),
    ...counts,
    readings,
    days: await daysOf(store, organization, { since, now }),
    delays: {
      accountToMail: await store.listings.waits(organization, 'mailed', since, WAIT_BOUNDS),
      enrolledToAllowed: await store.listings.waits(organization, 'allowed', since, WAIT_BOUNDS),
    },
    runs: runs.map(lineOf),
    plans,
    notifiers,
    checks,
    dryRun: await lastDryRun(store, organization),
  };
}

async function lastDryRun(store: Store, organization: string): Promise<DryRunLine | null> {
  const kept = await lastSimulation(store, organization);
  if (kept === null) return null;
  const { blocked, allowed, held } = kept.report.counts;
  return { at: kept.at, blocked, allowed, held };
}

/** How old the readings are that an organization's syncs go by. */
export async function readingAges(store: Store, organization: string, now: number): Promise<ReadingAge[]> {
  const { maxAgeHours } = await keptMatchSettings(store);
  const told = await readingsOfSync(store, organization);
  const eas = await store.snapshots.latest('eas', organization);
  const mdms = await mdmReadings(store);
  const snapshots = [eas, ...mdms.map(({ snapshot }) => snapshot)];
  // The reading of Exchange is the first of them, the MDMs follow in the order of their scopes.
  const gone = [{}, ...mdms.map((one) => goneOf(one, now))];
  return told.map(({ source, name, failed }, n) => {
    const why = failed === undefined ? null : { at: failed.at, code: failed.code };
    return { ...ageOf({ source, name, failed: why }, snapshots[n], { now, maxAgeHours }), ...gone[n] };
  });
}

function goneOf({ scope, goneAt }: MdmReading, now: number): Pick<ReadingAge, 'gone'> {
  return goneAt !== null && isGone(goneAt, now) ? { gone: { source: scope, since: goneAt } } : {};
}

function ageOf(
  named: Pick<ReadingAge, 'source' | 'name' | 'failed'>,
  snapshot: SnapshotInfo | null | undefined,
  { now, maxAgeHours }: { readonly now: number; readonly maxAgeHours: number },
): ReadingAge {
  if (snapshot === null || snapshot === undefined) {
    const never = { startedAt: null, ageSeconds: null, wholeSince: null, wholeAgeSeconds: null };
    return { ...named, ...never, records: 0, isFresh: false };
  }
  return {
    ...named,
    startedAt: snapshot.startedAt,
    ageSeconds: secondsSince(snapshot.startedAt, now),
    wholeSince: wholeSince(snapshot),
    wholeAgeSeconds: secondsSince(wholeSince(snapshot), now),
    records: snapshot.count,
    isFresh: isFresh(snapshot, now, maxAgeHours),
  };
}

function secondsSince(time: string, now: number): number {
  return Math.max(0, Math.round((now - Date.parse(time)) / 1000));
}

async function countsOf(
  store: Pick<Store, 'devices' | 'outbox' | 'listings' | 'exemptions'>,
  organization: string,
  { plans, now }: { readonly plans: readonly PlanSummary[]; readonly now: number },
): Promise<Pick<Overview, 'counts' | 'byReason'>> {
  const { decision, reason, merged } = await store.devices.counts(organization);
  const { allow = 0, block = 0, release = 0, leave = 0 } = decision;
  const failed = await store.outbox.count({ organization, state: 'attention' });
  const all = await store.outbox.count({ organization });
  const exemptions = await store.exemptions.list(organization);
  return {
    counts: {
      devices: allow + block + release + leave,
      merged: Object.values(merged).reduce((sum, count) => sum + count, 0),
      blocked: (await store.listings.owned(organization)).blocked,
      decided: { allow, block, release, leave },
      waiting: all - failed,
      failed,
      held: plans.reduce((sum, { changes }) => sum + changes, 0),
      exempt: exemptions.filter(({ until }) => Date.parse(until) > now).length,
    },
    byReason: reason,
  };
}

/** Mails of the known notifiers that wait for a person. */
async function unsentMails({ mails }: Pick<Store, 'mails'>, notifiers: readonly NotifierRow[]): Promise<number> {
  let count = 0;
  for (const { node } of notifiers) count += await mails.count({ notifier: node, states: ['attention'] });
  return count;
}

/*
 *   what is seen                                           need           about
 *   a notifier has proven that no mail of its can go out   notifier       its name
 *   a plan is held                                         held           its id
 *   changes that were given up                             failed         –
 *   mails that were given up                               mails          –
 *   no node reads a source any more, whose reading counts  source-gone    its name
 *   a source was never read to its end                     never-read     its name
 *   the last try to read it failed                         reading        its name
 *   its last whole reading is too old                      reading-old    its name
 *   an Autodiscover check has found clients lost           autodiscover   its name
 */
function needsOf(seen: {
  readonly plans: readonly PlanSummary[];
  readonly readings: readonly ReadingAge[];
  readonly notifiers: readonly NotifierRow[];
  readonly checks: readonly KeptCheck[];
  readonly failed: number;
  readonly unsent: number;
}): Need[] {
  const { plans, readings, notifiers, checks, failed, unsent } = seen;
  return [
    ...notifiers
      .filter(({ verdict }) => verdict === 'failed')
      .map(({ name, text }): Need => ({ code: 'notifier', count: 1, about: name, seen: text })),
    ...plans.map(({ id, changes, reason }): Need => ({ code: 'held', count: changes, about: id, seen: reason.code })),
    ...(failed > 0 ? [{ code: 'failed', count: failed, about: null, seen: null } as const] : []),
    ...(unsent > 0 ? [{ code: 'mails', count: unsent, about: null, seen: null } as const] : []),
    ...readings.flatMap((reading): Need[] => {
      const code = needOfReading(reading);
      if (code === null) return [];
      const { name: about, failed: why, gone } = reading;
      return code === 'source-gone' && gone !== undefined
        ? [{ code, count: 1, about, seen: 'ERR_SOURCE_GONE', gone }]
        : [{ code, count: 1, about, seen: why?.code ?? null }];
    }),
    ...checks
      .filter(({ overall }) => overall === 'broken')
      .map(({ name }): Need => ({ code: 'autodiscover', count: 1, about: name, seen: null })),
  ];
}

function needOfReading({ startedAt, failed, isFresh: fresh, gone }: ReadingAge): NeedCode | null {
  if (gone !== undefined) return 'source-gone';
  if (startedAt === null) return 'never-read';
  if (failed !== null) return 'reading';
  return fresh ? null : 'reading-old';
}

async function daysOf(
  { listings }: Pick<Store, 'listings'>,
  organization: string,
  { since, now }: { readonly since: string; readonly now: number },
): Promise<DayOfOverview[]> {
  const counts = await listings.perDay(organization, ['blocked', 'allowed', 'mailed'], since);
  const unwell = await listings.unwellDays(organization, since);
  const held = new Map(unwell.map(({ day, report }) => [day, numberIn(fieldsOf(fieldsOf(report)['counts'])['held'])]));
  const of = (day: string, step: string): number =>
    counts.find((one) => one.day === day && one.step === step)?.count ?? 0;
  return Array.from({ length: DAYS }, (_, n) => {
    const day = new Date(startOfDay(now) - (DAYS - 1 - n) * DAY_MS).toISOString().slice(0, 10);
    return {
      day,
      blocked: of(day, 'blocked'),
      allowed: of(day, 'allowed'),
      mails: of(day, 'mailed'),
      held: held.get(day) ?? 0,
    };
  });
}

function startOfDay(now: number): number {
  return now - (now % DAY_MS);
}

function lineOf({ at, subject, ok, tookMs, report }: SyncHistoryEntry): RunLine {
  const { code } = fieldsOf(fieldsOf(report)['error']);
  return { at, subject, ok, tookMs, error: typeof code === 'string' ? code : null };
}

function fieldsOf(value: Json | undefined): Readonly<Record<string, Json | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json | undefined>>)
    : {};
}

function numberIn(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}
