/**
 * What a sync goes by: how old the readings are, and whether a later one failed.
 * In: the last readings, the runs of sources. Out: what the report says of them. Changes: nothing.
 */
import type { ForestView } from '../../model/forest-view.ts';
import { readCoverage } from '../../model/coverage.ts';
import type { ReadingCoverage } from '../../model/coverage.ts';
import type { ReadingGaps } from '../../model/reading-gaps.ts';
import { mdmReadings } from '../../store/mdm-readings.ts';
import type { Json, SnapshotInfo, SourceNote, Store, SyncHistoryEntry } from '../../store/store.ts';

/** One reading that a sync goes by. */
export interface ReadingOfSync {
  readonly source: 'eas' | 'mdm';
  /** What a person calls the source. */
  readonly name: string;
  /** When it began, ISO 8601 UTC; null: the source was never read to its end. */
  readonly startedAt: string | null;
  /** What Exchange could not give; absent: nothing. */
  readonly gaps?: ReadingGaps;
  /** What of the forest the reading of Exchange saw; absent: nobody says. */
  readonly view?: ForestView;
  /** When the whole forest was read for the first time, after readings that had less, ISO 8601 UTC; absent: it was not so. */
  readonly wholeSince?: string;
  /** What the reading of an MDM came to; absent: nobody kept it. */
  readonly coverage?: ReadingCoverage;
  /** The last try to read the source came to nothing; absent: it did not fail. `coverage` is of what came before. */
  readonly failed?: {
    readonly at: string;
    readonly code: string;
    readonly text: string;
    readonly coverage?: ReadingCoverage;
  };
  /** What follows of what this MDM cannot tell; absent: nothing, or nobody knows. In the report of a dry run only. */
  readonly notes?: readonly SourceNote[];
}

/** Runs of a source that are looked through for its last one: several sources share them. */
const LOOKED_AT = 100;

/*
 *   the last try to read the source    then
 *   none is known, came to its end     not failed
 *   failed                             failed: what is decided is decided by an older reading, or without one
 */

/** The readings of an organization and of every MDM source that counts. */
export async function readingsOfSync(
  store: Pick<Store, 'snapshots' | 'sources' | 'history'>,
  organization: string,
): Promise<ReadingOfSync[]> {
  const eas = await store.snapshots.latest('eas', organization);
  const easRuns = await store.history.recent({ subject: 'eas', organization, limit: 1 });
  const mdmRuns = await store.history.recent({ subject: 'mdm', limit: LOOKED_AT });
  return [
    readingOf('eas', 'Exchange', eas, easRuns[0]),
    ...(await mdmReadings(store)).map(({ scope, name, snapshot, notes }) => {
      const runs = mdmRuns.filter(({ report }) => fieldsOf(report)['source'] === scope);
      // The run of the reading that counts, not one that came after it and failed.
      const coverage = coverageOf(runs.find(({ ok, syncId }) => ok && syncId === snapshot?.syncId));
      const said = notes === undefined ? {} : { notes };
      return { ...readingOf('mdm', name, snapshot, runs[0]), ...coverage, ...said };
    }),
  ];
}

function readingOf(
  source: ReadingOfSync['source'],
  name: string,
  snapshot: Pick<SnapshotInfo, 'startedAt' | 'gaps' | 'view'> | null,
  lastTry: SyncHistoryEntry | undefined,
): ReadingOfSync {
  const reading = {
    source,
    name,
    startedAt: snapshot?.startedAt ?? null,
    ...(snapshot?.gaps === undefined ? {} : { gaps: snapshot.gaps }),
    ...(snapshot?.view === undefined ? {} : { view: snapshot.view.seen }),
    ...(snapshot?.view?.grownAt === undefined ? {} : { wholeSince: snapshot.view.grownAt }),
  };
  if (lastTry === undefined || lastTry.ok) return reading;
  const { code, text } = fieldsOf(fieldsOf(lastTry.report)['error'] ?? null);
  return { ...reading, failed: { at: lastTry.at, code: textOf(code), text: textOf(text), ...coverageOf(lastTry) } };
}

function coverageOf(run: SyncHistoryEntry | undefined): Pick<ReadingOfSync, 'coverage'> {
  const coverage = run === undefined ? null : readCoverage(fieldsOf(run.report)['coverage']);
  return coverage === null ? {} : { coverage };
}

function fieldsOf(value: Json): Readonly<Record<string, Json | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Mailboxes that a report names. */
const NAMED = 100;

/**
 * As a report has it: of the mailboxes in the gaps the first ones.
 * @param isDryRun whoever looks what would happen has not decided yet, and hears what the MDMs cannot tell
 */
export function toldReading({ notes, ...reading }: ReadingOfSync, isDryRun: boolean): ReadingOfSync {
  const told = isDryRun && notes !== undefined ? { ...reading, notes } : reading;
  const { gaps } = reading;
  if (gaps === undefined || gaps.mailboxes.length <= NAMED) return told;
  return { ...told, gaps: { ...gaps, mailboxes: gaps.mailboxes.slice(0, NAMED) } };
}

const HOUR_MS = 3_600_000;

/** Whole hours since the oldest of these readings began; null: one was never read. @param now milliseconds since 1970 */
export function hoursSinceOldest(readings: readonly ReadingOfSync[], now: number): number | null {
  const times = readings.map(({ startedAt }) => Date.parse(startedAt ?? ''));
  if (times.length === 0 || times.some(Number.isNaN)) return null;
  return Math.max(0, Math.floor((now - Math.min(...times)) / HOUR_MS));
}
