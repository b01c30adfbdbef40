/** The report of the last simulated sync, kept in the store so that the dialog can show it after a restart. */
import type { LostContent } from '../../src/access/guard-plan.ts';
import type { Json, Store } from '../../src/store/store.ts';
import type { ChangeGroup } from '../../src/access/changes-by-reason.ts';
import type { MdmAwayReport } from './decider.ts';
import type { SwitchOnReport } from './switch-on.ts';
import type { Counts } from './tell.ts';

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
