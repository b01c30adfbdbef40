/** Planned changes on their way to Exchange: when they are due, what becomes of them after a try, what a newer sync makes of them. Pure. */
import type { ApplyResult } from './apply.ts';
import type { PlannedChange } from './plan.ts';
import { LONGEST_RETRY_MS, nextAttempt } from './retry-schedule.ts';

/** A change that waits; the store's `OutboxChange` fits, with the change typed. */
export interface PendingChange {
  /** The device record's key: one change a device. */
  readonly key: string;
  readonly organization: string;
  readonly mailboxId: string;
  readonly state: 'waiting' | 'sending' | 'settling' | 'attention';
  /** Tries made. */
  readonly attempts: number;
  /** When it was planned first: the week of tries counts from here. */
  readonly createdAt: string;
  readonly nextAttemptAt: string;
  readonly lastError: { readonly code: string; readonly text: string } | null;
  readonly change: PlannedChange;
}

/**
 * A new change, due at once. An older one of the same device is replaced; the same action keeps its history of tries, and
 * its time unless it has waited for a sync: that sync has come. A time that no clock that runs right can have set is mended.
 * @param isOpen Exchange was asked for the older one, and nobody knows yet whether it did it
 */
export function enqueue(
  change: PlannedChange,
  older: PendingChange | null,
  at: string,
  isOpen: boolean = false,
): PendingChange {
  const same =
    older !== null &&
    older.change.action === change.action &&
    (older.state === 'waiting' || older.state === 'sending') &&
    older.createdAt <= at;
  const keepsTime = same && older.change.waits === undefined && older.nextAttemptAt <= latestRetry(at);
  return {
    key: change.key,
    organization: change.organization,
    mailboxId: change.mailboxId,
    state: 'waiting',
    attempts: same ? older.attempts : 0,
    createdAt: same ? older.createdAt : at,
    nextAttemptAt: keepsTime ? older.nextAttemptAt : at,
    lastError: same ? older.lastError : null,
    change: {
      ...change,
      // What the MDM said counts until a sync has decided by a reading that began later.
      ...(same && older.change.doubtedAt !== undefined && { doubtedAt: older.change.doubtedAt }),
      ...(older !== null && isOpen && { unsettled: unsettledOf(older) }),
    },
  };
}

/** The change of which nobody knows whether Exchange has done it. */
export function unsettledOf({ change }: PendingChange): PlannedChange {
  return change.unsettled ?? change;
}

function latestRetry(at: string): string {
  return new Date(Date.parse(at) + LONGEST_RETRY_MS).toISOString();
}

/*
 *   row                                the cut-off change was done          it was not
 *   is the cut-off change              done                                 waits, as before
 *   wants the same as it               done                                 waits
 *   wants something else by now        waits: it is made after it           waits
 *   is `settling`: wants nothing more  done                                 gone
 */

/** What becomes of a row once it is known whether its cut-off change was done; null: it is done. */
export function afterSettling(pending: PendingChange, wasDone: boolean): PendingChange | null {
  const { unsettled, ...change } = pending.change;
  if (pending.state === 'settling') return null;
  if (wasDone && (unsettled === undefined || unsettled.action === change.action)) return null;
  return { ...pending, state: pending.state === 'attention' ? 'attention' : 'waiting', change };
}

/*
 *   outcome                      the pending change
 *   applied, already, dropped    done
 *   waits                        waits for a sync, which puts it here anew or drops it; no try was made
 *   left                         done: an administrator has decided
 *   refused                      attention: no try can succeed
 *   failed, within the week      waits, with backoff
 *   failed, a week after         attention
 */

/** What becomes of a pending change after a try; null: it is done. */
export function afterAttempt(pending: PendingChange, result: ApplyResult, now: number): PendingChange | null {
  if (result.outcome === 'waits') {
    const waits = { at: result.at, text: result.text ?? '' };
    const doubted = result.otherwise ? { doubtedAt: result.at } : {};
    return { ...pending, state: 'waiting', change: { ...pending.change, waits, ...doubted } };
  }
  if (result.outcome !== 'failed' && result.outcome !== 'refused') return null;
  const attempts = pending.attempts + 1;
  const lastError = { code: result.error?.code ?? 'ERR_APPLY_FAILED', text: result.text ?? '' };
  const next = nextAttempt(attempts, Date.parse(pending.createdAt), now);
  if (result.outcome === 'refused' || next.kind === 'attention') {
    return { ...pending, state: 'attention', attempts, lastError };
  }
  return { ...pending, state: 'waiting', attempts, lastError, nextAttemptAt: new Date(next.at).toISOString() };
}

/**
 * Which pending changes a newer sync has overtaken: the device was decided about again, and the plan asks for something
 * else or nothing. A block that failed yesterday must not be made up for after its user enrolled.
 * @param decided keys of all devices the newer sync decided about
 * @param plan what it wants changed; what it holds or withholds is not among them
 */
export function overtaken(
  pending: readonly PendingChange[],
  decided: ReadonlySet<string>,
  plan: readonly PlannedChange[],
): PendingChange[] {
  const wanted = new Map(plan.map((change) => [change.key, change.action]));
  return pending.filter(({ key, change }) => decided.has(key) && wanted.get(key) !== change.action);
}
