/**
 * A match: every organization that was read, against every MDM.
 * In: the store, the settings, what the readings before it were. Out: device records, MDM-only records and a report for each
 * organization, handed over as they come; counts. Changes: the settings kept with the match, and
 * the history.
 */
import type { MatchReport } from '../../match/match-report.ts';
import type { DeviceRecord, SyncInfo } from '../../model/records.ts';
import type { Json, SnapshotInfo, Store } from '../../store/store.ts';
import { keepFailedRun, keepRun } from '../keep-run.ts';
import type { Run } from '../keep-run.ts';
import type { Clock, Ids, Stoppable } from '../ports.ts';
import type { Page } from '../readings/page.ts';
import { JoinedReadings } from './joined-readings.ts';
import { matchOrganization } from './match-organization.ts';
import type { Asking, MdmState, OrganizationMatch } from './match-organization.ts';
import { nextMatch } from './match-numbers.ts';
import { keepMatchSettings } from './match-settings.ts';
import type { MatchSettings } from './match-settings.ts';
import type { AskedReport } from './users-to-ask.ts';

/** What the pages and the report of a match carry. */
export interface MatchInfo extends Omit<SyncInfo, 'page' | 'last' | 'total'> {
  readonly organization: string;
  readonly dryRun?: true;
  readonly maxAgeHours: number;
  /** Which devices the pages are of: those that something touched, or all. */
  readonly scope: 'all' | 'changes';
  /** Devices of the organization. */
  readonly known: number;
  /** Counts the organization's matches: by it a newer one is told from an older one. Absent: it is dry. */
  readonly match?: number;
}

/** What is said at the end of one organization's match. */
export interface OrganizationReport extends MatchReport {
  readonly sync: MatchInfo;
  readonly eas: SnapshotInfo;
  readonly mdm: MdmState;
  /** For whom the MDMs were asked before it; absent: for nobody, since no answer would tell or there is none to ask. */
  readonly asked?: AskedReport;
  readonly tookMs: number;
}

/** Takes what a match finds. The next page is matched when whoever takes them asks for it. */
export interface MatchTaker {
  devices(pages: AsyncIterable<Page<DeviceRecord>>, sync: MatchInfo): Promise<void>;
  mdmOnly(pages: AsyncIterable<Page<DeviceRecord>>, sync: MatchInfo): Promise<void>;
  report(report: OrganizationReport): void;
}

/** How a match ended. */
export interface MatchOutcome {
  /** Device records that belong together, and all that Exchange has. */
  readonly merged: number;
  readonly total: number;
  /** Devices that were matched anew; as many as all, unless the match was one of changes. */
  readonly matched: number;
  /** False: an MDM reading is missing or too old. */
  readonly fresh: boolean;
  /** MDM sources that nothing on the canvas reads any more, and whose readings count. */
  readonly gone: number;
}

/** What the readings were that a match follows. */
interface Cause {
  readonly kind: 'full' | 'quick';
  readonly dryRun: boolean;
  /** All devices are wanted, whatever was touched. */
  readonly all?: boolean;
}

/** Matches what is in the store. Null: Exchange has not been read yet. */
export async function matchReadings({
  store,
  settings,
  cause,
  elsewhere = new Set(),
  pageSize,
  to,
  now,
  newId,
  signal,
  asking,
}: Stoppable & {
  readonly store: Store;
  readonly settings: MatchSettings;
  readonly cause: Cause;
  /** Organizations that are left out: another instance sees to them. */
  readonly elsewhere?: ReadonlySet<string>;
  /** Device records a page. */
  readonly pageSize: number;
  readonly to: MatchTaker;
  readonly now: Clock;
  readonly newId: Ids;
  /** Absent: no MDM is asked. */
  readonly asking?: Omit<Asking, 'now' | 'ids'>;
}): Promise<MatchOutcome | null> {
  const organizations = await store.snapshots.list('eas');
  if (organizations.length === 0) return null;
  await keepMatchSettings(store, settings);
  let outcome: MatchOutcome = { merged: 0, total: 0, matched: 0, fresh: true, gone: 0 };
  for (const { scope } of organizations) {
    if (elsewhere.has(scope)) continue;
    const began = now();
    const id = newId();
    const run: Run = { subject: 'match', syncId: id, organization: scope, began };
    const lent = JoinedReadings.of(store).borrow();
    try {
      const match = cause.dryRun ? null : await nextMatch(store, scope);
      const matching = await matchOrganization(store, {
        organization: scope,
        id,
        dryRun: cause.dryRun,
        all: cause.all ?? false,
        settings,
        now: began,
        pageSize,
        signal,
        lent,
        ...(asking === undefined ? {} : { asking: { ...asking, now, ids: newId } }),
      });
      if (matching === null) continue;
      const sync = matchInfo(matching, scope, cause, settings, { id, match });
      await to.devices(matching.devices(), sync);
      await to.mdmOnly(matching.mdmOnly(), { ...sync, source: 'mdm' });
      const report = matching.report();
      const asked = matching.asked === null ? {} : { asked: { ...matching.asked } };
      to.report({ sync, ...report, ...asked, eas: matching.eas, mdm: matching.mdm, tookMs: now() - began });
      outcome = add(outcome, report, matching, await mergedOf(store, scope, matching, report));
      await keepRun(store, run, {
        ok: matching.mdm.fresh,
        report: { ...runReport(cause, sync, report), ...asked },
        now,
      });
    } catch (thrown) {
      await keepFailedRun(store, run, { thrown, signal, now, report: { kind: cause.kind } });
      throw thrown;
    } finally {
      lent.giveBack();
    }
  }
  return outcome;
}

/** How many devices are one with an MDM record: of all, as the match counted them, or as it is kept. */
async function mergedOf(
  store: Store,
  organization: string,
  { scope }: OrganizationMatch,
  { status }: MatchReport,
): Promise<number> {
  if (scope === 'all') return status['eas/mdm'];
  const { merged } = await store.devices.counts(organization);
  return Object.values(merged).reduce((sum, count) => sum + count, 0);
}

/** A match ended well if the MDM was read lately. */
function runReport(
  { kind, dryRun }: Cause,
  { scope, known }: MatchInfo,
  { status, by, reason }: MatchReport,
): { readonly [name: string]: Json } {
  const { eas, mdm } = status;
  const counts = { merged: status['eas/mdm'], eas, mdm };
  return { kind, scope, known, ...(dryRun ? { dryRun } : {}), counts, by: { ...by }, reason: { ...reason } };
}

function matchInfo(
  { eas, scope }: OrganizationMatch,
  organization: string,
  { kind, dryRun }: Cause,
  { maxAgeHours }: MatchSettings,
  { id, match }: { readonly id: string; readonly match: number | null },
): MatchInfo {
  const { startedAt, count: known } = eas;
  const sync = { id, source: 'eas', kind, organization, startedAt, maxAgeHours, scope, known } as const;
  return { ...sync, ...(match === null ? {} : { match }), ...(dryRun ? { dryRun: true } : {}) };
}

function add(
  { merged, total, matched, fresh }: MatchOutcome,
  { status }: MatchReport,
  { eas, mdm }: OrganizationMatch,
  mergedHere: number,
): MatchOutcome {
  return {
    merged: merged + mergedHere,
    total: total + eas.count,
    matched: matched + status['eas/mdm'] + status.eas,
    fresh: fresh && mdm.fresh,
    gone: mdm.sources.filter(({ gone }) => gone !== undefined).length,
  };
}
