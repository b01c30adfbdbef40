/** Carries planned changes out: through the outbox, with the ledger, a few mailboxes at a time. */
import { applyChange, settleLedger } from '../../access/apply.ts';
import type { AccessWriter, ApplyResult, MdmAsker, MdmReReader } from '../../access/apply.ts';
import type { AccessDecision } from '../../access/decide-access.ts';
import { originInSync } from '../../access/block-verdict.ts';
import type { TryOrigin } from '../../access/block-verdict.ts';
import { afterAttempt, enqueue, overtaken } from '../../access/outbox.ts';
import type { PendingChange } from '../../access/outbox.ts';
import type { PlannedChange } from '../../access/plan.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { AuditEntry, Json, OutboxChange, Store } from '../../store/store.ts';

/** Changes under way at once; the Exchange connection has its own limit on shells. */
const SIDE_BY_SIDE = 4;

/** What a try needs to know of the sync that has just ended. */
export interface EndedSync {
  /** Keys of the devices whose changes it wants made. */
  readonly keys: ReadonlySet<string>;
  /** When it began to decide. */
  readonly at: string;
  /** When the oldest of the MDM readings began that it decided by; null: there is none. */
  readonly mdmReadAt: string | null;
}

export interface CarryOutScene {
  readonly store: Store;
  readonly organization: string;
  readonly exchange: AccessWriter;
  readonly mdm: MdmReReader;
  /** Asked before a block that no sync has just planned. */
  readonly asker: MdmAsker;
  /** The sync that has just ended; null: outside of one. */
  readonly sync: EndedSync | null;
  readonly adoptEntries: boolean;
  /** Name of the node, for the audit. */
  readonly who: string;
  /** Decides anew about a device whose MDM record was read again; null: nothing due needs it. */
  readonly decide: ((device: DeviceRecord) => AccessDecision) | null;
  readonly signal: AbortSignal;
  /** A block that was planned longer ago waits for the next sync: its user may have enrolled since. */
  readonly maxAgeHours: number;
  /** Which of the waiting changes may go; absent: all. */
  readonly only?: (change: PlannedChange) => boolean;
  /** Called after each try, in the order they end. */
  onResult(result: ApplyResult, attempts: number): void;
}

/** Puts the changes of a plan into the outbox; waiting ones that this sync has overtaken are dropped. */
export async function queueChanges(
  store: Store,
  organization: string,
  changes: readonly PlannedChange[],
  decided: ReadonlySet<string>,
): Promise<void> {
  const waiting = (await store.outbox.list({ organization })).map(pendingOf);
  for (const { key } of overtaken(waiting, decided, changes)) await store.outbox.remove(key);
  const older = new Map(waiting.map((pending) => [pending.key, pending]));
  const at = new Date().toISOString();
  for (const change of changes) await store.outbox.put(stored(enqueue(change, older.get(change.key) ?? null, at)));
}

/** Carries out every change whose time has come. Resolves with the number of changes tried. */
export async function carryOutDue(scene: CarryOutScene, now: number = Date.now()): Promise<number> {
  const { store, organization, signal } = scene;
  const writer = scene.exchange;
  const unsettled = await store.entries.list({ organization, unsettled: true });
  if (unsettled.length > 0) await settleLedger(writer, store.entries, unsettled, { now: Date.now, signal });
  // What was cut off while it was handed to Exchange is tried again: the lists are read before anything is sent.
  for (const { key } of await store.outbox.list({ organization, state: 'sending' }))
    await store.outbox.update(key, { state: 'waiting' });

  const due = await dueChanges(scene, now);
  const byMailbox = new Map<string, PendingChange[]>();
  for (const pending of due) byMailbox.set(pending.mailboxId, [...(byMailbox.get(pending.mailboxId) ?? []), pending]);
  const queue = [...byMailbox.values()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const pending of next) await tryOne(scene, writer, pending);
    }
  };
  // All have ended before this does: nothing goes on behind the back of a node that is closing.
  const ends = await Promise.allSettled(Array.from({ length: SIDE_BY_SIDE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return due.length;
}

/** The waiting changes that may go now. One that waits for a sync is none: the sync puts it into the outbox anew. */
export async function dueChanges(
  { store, organization, maxAgeHours, only }: Pick<CarryOutScene, 'store' | 'organization' | 'maxAgeHours' | 'only'>,
  now: number = Date.now(),
): Promise<PendingChange[]> {
  const due = await store.outbox.due(new Date(now).toISOString(), { organization, limit: 100_000 });
  const isOld = ({ plannedAt }: PlannedChange): boolean => now - Date.parse(plannedAt) > maxAgeHours * 3_600_000;
  return due
    .map(pendingOf)
    .filter(({ change }) => change.waits === undefined && !(change.action === 'block' && isOld(change)))
    .filter(({ change }) => only?.(change) ?? true);
}

async function tryOne(scene: CarryOutScene, writer: AccessWriter, pending: PendingChange): Promise<void> {
  const { store, signal } = scene;
  signal.throwIfAborted();
  await store.outbox.update(pending.key, { state: 'sending' });
  const result = await applyChange(writer, store.entries, pending.change, {
    now: Date.now,
    adoptEntries: scene.adoptEntries,
    signal,
    mdm: scene.mdm,
    origin: originOf(pending, scene.sync),
    asker: scene.asker,
    ...(scene.decide === null ? {} : { decide: scene.decide }),
  });
  const later = afterAttempt(pending, result, Date.now());
  if (later === null) await store.outbox.remove(pending.key);
  else await store.outbox.put(stored(later));
  if (result.outcome === 'applied') await store.audit.append([auditOf(scene, result)]);
  scene.onResult(result, pending.attempts + 1);
}

function originOf({ key, createdAt, change }: PendingChange, sync: EndedSync | null): TryOrigin {
  if (sync === null || !sync.keys.has(key)) return 'outside';
  return originInSync({ createdAt, doubtedAt: change.doubtedAt }, sync);
}

/** True for a change that takes back what this connector wrote. */
export function isUndo(change: PlannedChange): boolean {
  return change.decision.reason.code === 'undo';
}

function auditOf(scene: CarryOutScene, { change, edit, at }: ApplyResult): AuditEntry {
  return {
    at,
    who: scene.who,
    what: isUndo(change) ? 'undo' : change.action,
    deviceKey: change.key,
    organization: change.organization,
    rule: change.decision.rule,
    reason: change.decision.reason.code,
    evidence: [change.decision.reason.text, ...change.decision.reason.evidence],
    before: { state: change.from, listed: change.device.eas?.access.listed ?? null },
    after: { state: change.to, edit: (edit ?? null) as Json },
    approvedBy: change.approvedBy ?? null,
  };
}

// The outbox keeps JSON; what comes out of it is what we put in.
function pendingOf(stored: OutboxChange): PendingChange {
  return { ...stored, change: stored.change as unknown as PlannedChange };
}

function stored(pending: PendingChange): OutboxChange {
  return { ...pending, change: pending.change as unknown as Json };
}
