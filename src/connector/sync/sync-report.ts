/** The report of the last simulated sync, kept in the store so that the dialog can show it after a restart. */
import type { LostContent } from '../../access/guard-plan.ts';
import type { Json, Store } from '../../store/store.ts';
import type { ChangeGroup } from '../../access/changes-by-reason.ts';
import type { MdmAwayReport } from './decider.ts';
import type { SwitchOnReport } from './gentle-start.ts';

/** Counts of a report. */
export interface Counts {
  devices: number;
  blocked: number;
  allowed: number;
  released: number;
  failed: number;
  held: number;
  undecided: number;
  unchanged: number;
  /** Blocks that were due and were left to the next sync: the MDM said something else by now, or could not be asked. */
  nextSync: number;
  /** Changes in the outbox that wait for another try or for the next sync. */
  waiting: number;
}

/** Counts with everything at 0. */
export function noCounts(): Counts {
  return {
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
}

/** What output 4 sends after a sync. */
export interface SyncReport {
  readonly sync: { readonly id: string; readonly kind: string; readonly organization: string; readonly dryRun?: true };
  readonly mode: 'simulate' | 'enforce';
  readonly counts: Readonly<Counts>;
  readonly changesByReason: Readonly<Record<string, number>>;
  readonly diff: readonly ChangeGroup[];
  readonly held?: {
    readonly id: string;
    readonly reason: { readonly code: string; readonly text: string };
    readonly count: number;
  };
  readonly problems?: readonly { readonly code: string; readonly text: string; readonly details?: LostContent }[];
  readonly mdmAway?: MdmAwayReport;
  readonly switchOn?: SwitchOnReport;
  readonly tookMs: number;
}

/** A kept report, with when it was made and by which node. */
export interface KeptSimulation {
  readonly at: string;
  readonly by: string;
  readonly report: SyncReport;
}

function settingName(organization: string): string {
  return `access.simulation.${organization}`;
}

/** Keeps the report in place of the organization's older one. */
export async function keepSimulation(store: Store, by: string, report: SyncReport): Promise<void> {
  const kept: KeptSimulation = { at: new Date().toISOString(), by, report };
  await store.settings.set(settingName(report.sync.organization), kept as unknown as Json);
}

/** The organization's last simulated sync, or null. */
export async function lastSimulation(store: Store, organization: string): Promise<KeptSimulation | null> {
  return (await store.settings.get(settingName(organization))) as unknown as KeptSimulation | null;
}
