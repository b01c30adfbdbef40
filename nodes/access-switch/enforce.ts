/** Writes to Exchange: everything that is due, with the groups and rules of the moment. */
import type { MdmReReader } from '../../src/access/apply.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import { keptMatchSettings } from '../../src/connector/matching/match-settings.ts';
import { readManagedDevice } from '../../src/graph/managed-devices.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import type { MdmConnection } from '../connections.ts';
import { connectionOf } from '../connections.ts';
import type { Definition, Msg, RED } from '../red.ts';
import { mdmAsker } from './ask-mdm.ts';
import { carryOutDue, dueChanges, isUndo } from '../../src/connector/sync/apply-changes.ts';
import type { EndedSync } from '../../src/connector/sync/apply-changes.ts';
import { Decider } from '../../src/connector/sync/decider.ts';
import type { Scene } from './scene.ts';
import { groupSources, serverFor } from './scene.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import { tellResult } from './tell.ts';
import type { Counts } from '../../src/connector/sync/sync-report.ts';

/** Which waiting changes a switch may write: one that simulates only takes back what it wrote before. */
export function mayWrite({ mode }: Pick<SwitchSettings, 'mode'>): (change: PlannedChange) => boolean {
  return mode === 'enforce' ? () => true : isUndo;
}

/** Carries out what is due and tells of each try. @param work.sync the sync that has just ended; null: outside of one */
export async function enforce(
  scene: Scene,
  msg: Msg,
  work: {
    readonly organization: string;
    readonly counts: Counts;
    readonly maxAgeHours: number;
    readonly sync: (EndedSync & { readonly decider: Decider }) | null;
  },
): Promise<void> {
  const { RED, node, definition, settings, store, run } = scene;
  const { organization, maxAgeHours, counts, sync } = work;
  const server = serverFor(scene, organization);
  const only = mayWrite(settings);
  const decider = sync?.decider ?? (await deciderFor(scene, { organization, maxAgeHours, only }));
  await carryOutDue({
    store,
    organization,
    maxAgeHours,
    exchange: server.port,
    mdm: mdmReader(RED, definition, store),
    asker: mdmAsker({ RED, store, matcher: await keptMatchSettings(store) }),
    sync,
    adoptEntries: settings.adoptEntries,
    who: node.name || node.id,
    // The entry is ours or there is none: an administrator's would have kept the change out of the plan.
    decide: decider === null ? null : (device) => decider.decide(device, device.eas?.access.listed ?? null),
    only,
    signal: run.signal,
    onResult: (result, attempts) => tellResult(scene, msg, result, attempts, counts),
  });
  counts.waiting = (await store.outbox.list({ organization })).length;
}

// Only a block is decided about anew; an undo must not fail over rules or groups.
async function deciderFor(
  { RED, definition, settings, store, run }: Scene,
  work: {
    readonly organization: string;
    readonly maxAgeHours: number;
    readonly only: (change: PlannedChange) => boolean;
  },
): Promise<Decider | null> {
  const due = await dueChanges({ store, ...work });
  if (!due.some(({ change }) => change.action === 'block')) return null;
  const { organization, maxAgeHours } = work;
  return Decider.begin({
    store,
    settings,
    organization,
    maxAgeHours,
    groups: groupSources(RED, definition),
    signal: run.signal,
  });
}

/** Reads an MDM record again where it came from; a mapped MDM has only its last reading. */
function mdmReader(RED: RED, definition: Definition, store: Store): MdmReReader {
  return {
    async read(record, options) {
      const node = RED.nodes.getNode(record.source) as unknown as Partial<MdmConnection> | null;
      const tenant = node?.connection === 'mdm-tenant' ? (node as MdmConnection) : null;
      if (tenant !== null) return readManagedDevice(tenant.graph(), record.id, { source: record.source, ...options });
      const chosen =
        definition['directory'] === record.source ? connectionOf(RED, definition, 'directory', 'mdm-tenant') : null;
      if (chosen !== null) return readManagedDevice(chosen.graph(), record.id, { source: record.source, ...options });
      return store.snapshots.get<MdmRecord>(record.key);
    },
  };
}
