/**
 * What a sync, or a person's request, came to.
 * In: counts, the plan and what guards and brake said of it. Out: the report. Changes: the last simulated one, and the history.
 */
import type { ChangeGroup } from '../../access/changes-by-reason.ts';
import type { GuardProblem, LostContent } from '../../access/guard-plan.ts';
import type { HoldReason } from '../../access/brake.ts';
import type { DeviceCounts, Json, Store } from '../../store/store.ts';
import type { Delays } from '../timeline/delays.ts';
import type { Decider, MdmAwayReport } from './decider.ts';
import type { SyncOutcome } from './decide-sync.ts';
import type { ExemptReport } from './exempt-report.ts';
import type { GentleStartReport } from './gentle-start.ts';
import type { GroupSize } from './group-membership.ts';
import { gapsProblem } from './gaps-problem.ts';
import type { GapsProblem } from './gaps-problem.ts';
import { toldReading } from './readings-of-sync.ts';
import type { ReadingOfSync } from './readings-of-sync.ts';
import type { ManyNewReport } from './new-devices.ts';
import type { AttemptsProblem } from './last-attempts.ts';
import type { LeftBlockedReport, NotedDevices, WithoutMailReport } from './noted-devices.ts';
import type { MailReport } from './mail-report.ts';
import type { ElsewhereProblem } from '../organization/entries-elsewhere.ts';
import type { ChangedProblem } from '../organization/known-organization.ts';
import { asJson } from './stored-changes.ts';
import type { KeptHead } from './stored-changes.ts';
import { unknownComplianceReport } from './unknown-compliance.ts';
import type { SilentSource, UnknownComplianceReport } from './unknown-compliance.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

/** Counts of a report. */
export interface Counts {
  readonly devices: number;
  readonly blocked: number;
  readonly allowed: number;
  readonly released: number;
  /** Partnerships that were removed; absent: none was. */
  readonly removed?: number;
  readonly failed: number;
  readonly held: number;
  readonly undecided: number;
  readonly unchanged: number;
  /** Blocks that were due and were left to the next sync: the MDM said something else by now, or could not be asked. */
  readonly nextSync: number;
  /** Changes in the outbox that wait for another try or for the next sync. */
  readonly waiting: number;
  /** Those of them that are blocks and wait until somebody can be mailed; absent: none does. */
  readonly forMail?: number;
}

/** Counts with everything at 0. */
export const NO_COUNTS: Counts = {
  devices: 0,
  blocked: 0,
  allowed: 0,
  released: 0,
  failed: 0,
  held: 0,
  undecided: 0,
  unchanged: 0,
  nextSync: 0,
  waiting: 0,
};

export type SwitchMode = 'simulate' | 'enforce';

/** What a sync came to. */
export interface SyncReport {
  /** Blocks that wait until somebody can be mailed, or what else is to be said of mails; absent: nothing. */
  readonly mail?: MailReport;
  readonly sync: {
    readonly id: string;
    readonly kind: string;
    readonly organization: string;
    /** The sync was about the devices that something touched; absent: about all. */
    readonly scope?: 'changes';
    /** Devices of the organization, if it was not about all of them. */
    readonly known?: number;
    readonly dryRun?: true;
  };
  readonly mode: SwitchMode;
  readonly counts: Counts;
  /** What is decided about all devices of the organization, however many the sync was about. */
  readonly all?: DeviceCounts;
  readonly changesByReason: Readonly<Record<string, number>>;
  readonly diff: readonly ChangeGroup[];
  readonly held?: { readonly id: string; readonly reason: HoldReason; readonly count: number };
  readonly problems?: readonly ToldProblem[];
  readonly mdmAway?: MdmAwayReport;
  readonly switchOn?: GentleStartReport;
  readonly unheard?: UnheardReport;
  /** Merged devices that stay blocked, or would, as their compliance is unknown; of those the sync was about. */
  readonly complianceUnknown?: UnknownComplianceReport;
  readonly manyNew?: ManyNewReport;
  /** Devices that a person has exempted for a time; absent: none. */
  readonly exempt?: ExemptReport;
  readonly withoutMail?: WithoutMailReport;
  readonly leftBlocked?: LeftBlockedReport;
  /** Groups that rules name, and how many are in each; absent: they name none, or one cannot be read. */
  readonly groups?: readonly GroupSize[];
  readonly delays?: Delays;
  /** What it went by. */
  readonly readings: readonly ReadingOfSync[];
  readonly tookMs: number;
}

/** Blocks that no notifier heard of within a day. */
export interface UnheardReport {
  readonly count: number;
  /** Owners of some of the devices. */
  readonly examples: readonly string[];
  readonly text: string;
}

/** What a guard found, as a report tells it. */
export interface ToldProblem {
  readonly code:
    | GuardProblem['code']
    | AttemptsProblem['code']
    | SilentSource['code']
    | ChangedProblem['code']
    | ElsewhereProblem['code']
    | GapsProblem['code']
    | 'ERR_SYNC_INCOMPLETE'
    | 'ERR_DECISION_STALE';
  readonly text: string;
  readonly details?: LostContent | SilentSource['details'];
}

/** What a person's request came to: approve, undo, retry, or the timer's look at what is due. */
export interface ControlReport {
  readonly sync: { readonly id: string; readonly kind: 'control'; readonly organization: string };
  readonly mode: 'enforce';
  readonly counts: Counts;
  /** Of `undo`: partnerships that were removed, which nothing brings back; absent: none was. */
  readonly notUndone?: { readonly count: number; readonly text: string };
  readonly tookMs: number;
}

/** Puts the report of a sync together. @param of.held the plan as it is held in the end */
export function syncReport(of: {
  readonly sync: SyncReport['sync'];
  readonly mode: SwitchMode;
  readonly counts: Counts;
  readonly outcome: SyncOutcome;
  readonly mail: MailReport | null;
  readonly held: KeptHead | null;
  readonly decider: Decider;
  readonly unheard: UnheardReport | null;
  readonly noted: Pick<NotedDevices, 'withoutMail' | 'leftBlocked'>;
  /** All of its pages came, each once, and were decided about. */
  readonly isWhole: boolean;
  /** Devices that nothing had touched and that are decided otherwise than before. */
  readonly missed: number;
  /** Another organization answers than the devices are of; null: none is known to. */
  readonly changed: ChangedProblem | null;
  /** Devices that stay blocked by what was written under another configuration; null: there are none. */
  readonly elsewhere: ElsewhereProblem | null;
  /** Why it is not known of all devices when they last tried to sync. */
  readonly attempts: AttemptsProblem | null;
  /** What is decided about all devices; null: nothing was written, and of those the sync was about it is in the counts. */
  readonly whole: DeviceCounts | null;
  /** The kept counts were wrong. */
  readonly isMiscounted: boolean;
  readonly delays: Delays | null;
  /** Null: no device is exempt. */
  readonly exempt: ExemptReport | null;
  readonly readings: readonly ReadingOfSync[];
  readonly tookMs: number;
}): SyncReport {
  const { sync, mode, counts, outcome, mail, held, decider, unheard, missed, attempts } = of;
  const { whole, isMiscounted, delays, readings, tookMs } = of;
  const { counts: planned, groups, problems } = outcome;
  const { withoutMail, leftBlocked } = of.noted;
  const told = [
    ...(of.isWhole ? [] : [PAGES_LOST]),
    ...(of.changed === null ? [] : [of.changed]),
    ...(of.elsewhere === null ? [] : [of.elsewhere]),
    ...problems.map(toldProblem),
    ...decider.silent,
    ...(attempts === null ? [] : [attempts]),
    ...gapsProblem(readings),
    ...(missed === 0 ? [] : [missedProblem(missed)]),
    ...(isMiscounted ? [MISCOUNTED] : []),
  ];
  const complianceUnknown = unknownComplianceReport(decider.stayBlocked, mode === 'simulate');
  const manyNew = outcome.newDevices.report();
  const sizes = decider.groups?.sizes ?? [];
  const away = decider.mdmAway({ byReason: whole?.reason ?? planned.byReason });
  return {
    ...(mail === null ? {} : { mail }),
    sync,
    mode,
    counts,
    ...(whole === null ? {} : { all: whole }),
    changesByReason: planned.changesByReason,
    diff: groups,
    ...(held === null ? {} : { held: { id: held.id, reason: held.reason, count: held.count } }),
    ...(told.length === 0 ? {} : { problems: told }),
    ...(away === null ? {} : { mdmAway: away }),
    ...(decider.gentle === null ? {} : { switchOn: decider.gentle.report(whole?.reason ?? planned.byReason) }),
    ...(unheard === null ? {} : { unheard }),
    ...(complianceUnknown === null ? {} : { complianceUnknown }),
    ...(manyNew === null ? {} : { manyNew }),
    ...(of.exempt === null ? {} : { exempt: of.exempt }),
    ...(withoutMail === null ? {} : { withoutMail }),
    ...(leftBlocked === null ? {} : { leftBlocked }),
    ...(sizes.length === 0 ? {} : { groups: sizes }),
    ...(delays === null ? {} : { delays }),
    readings: readings.map((reading) => toldReading(reading, mode === 'simulate')),
    tookMs,
  };
}

const PAGES_LOST: ToldProblem = { code: 'ERR_SYNC_INCOMPLETE', text: sayIn(REPORT_SAYINGS_EN)('pages-lost') };

/** Decided about some at a time they must come out as decided about at once: whoever finds that they did not should tell us. */
function missedProblem(missed: number): ToldProblem {
  const text = sayIn(REPORT_SAYINGS_EN)('missed', { count: missed });
  return { code: 'ERR_DECISION_STALE', text };
}

const MISCOUNTED: ToldProblem = {
  code: 'ERR_DECISION_STALE',
  text: REPORT_SAYINGS_EN.miscounted,
};

function toldProblem({ code, text, details }: GuardProblem): ToldProblem {
  return { code, text, ...(details === undefined ? {} : { details }) };
}

/** Keeps the report in the history of runs. @param at ISO 8601 UTC */
export async function keepInHistory(
  { history }: Pick<Store, 'history'>,
  report: SyncReport,
  at: string,
): Promise<void> {
  await history.add({
    syncId: report.sync.id,
    at,
    subject: 'access',
    organization: report.sync.organization,
    ok: isWell(report),
    tookMs: report.tookMs,
    report: asJson(report),
  });
}

function isWell({ counts, held, problems }: SyncReport): boolean {
  return counts.failed === 0 && counts.forMail === undefined && held === undefined && problems === undefined;
}

/** A kept report, with when it was made and by which node. */
export interface KeptSimulation {
  readonly at: string;
  readonly by: string;
  readonly report: SyncReport;
  /** Tells by which settings; absent: an older version did not say. */
  readonly settings?: string;
  /** Merged devices of which the compliance is unknown; absent: an older version did not count them. */
  readonly complianceUnknown?: number;
}

function settingName(organization: string): string {
  return `access.simulation.${organization}`;
}

/** Keeps the report in place of the organization's older one, so that a dialog can show it after a restart. */
export async function keepSimulation({ settings }: Pick<Store, 'settings'>, kept: KeptSimulation): Promise<void> {
  await settings.set(settingName(kept.report.sync.organization), asJson(kept));
}

/** The organization's last simulated sync, or null. */
export async function lastSimulation(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
): Promise<KeptSimulation | null> {
  const kept: unknown = await settings.get(settingName(organization));
  return isSimulation(kept) ? kept : null;
}

function isSimulation(kept: unknown): kept is KeptSimulation {
  const { at, by, report } = (kept ?? {}) as Readonly<Record<string, Json>>;
  return typeof at === 'string' && typeof by === 'string' && typeof report === 'object' && report !== null;
}
