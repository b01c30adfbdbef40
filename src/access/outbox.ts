/** Planned changes on their way to Exchange: when they are due, what becomes of them after a try, what a newer sync makes of them. Pure. */
import type { ApplyResult } from './apply.ts';
import { waitsForMail } from './mail-first.ts';
import type { PlannedChange } from './plan.ts';
import { isByHand } from './remove.ts';
import { LONGEST_RETRY_MS, nextAttempt } from './retry-schedule.ts';

/*
 * One life of what must happen in Exchange. Before `planned` it is a change of a plan that is being staged: nobody's yet, and
 * gone without a trace if the sync does not come to its end.
 *
 *   state      what it is                                        ended by
 *   held       of a valid plan, kept back by brake or guard      a person: approve (planned), discard (gone); a sync that asks
 *                                                                for something else, undo (gone)
 *   planned    to be made now, not tried yet                     the try (reserved); a sync that wants it no more, undo (gone)
 *   reserved   handed to Exchange: whether it is done, nobody    the try itself; else, if it was cut off, whoever has the lease
 *              knows yet. Owner and end are the lease's          next: it looks at the lists before it writes anything
 *   settling   the same, and not wanted any more                 the same look: done, or gone
 *   later      a try failed                                      its time, `retry` (reserved); a week (attention); a sync that
 *                                                                wants it no more, undo (gone)
 *   next-sync  a block of which the MDM said something else, or  the next sync: planned anew, or gone; undo (gone)
 *              could not be asked
 *   waiting-   a block about which nobody could be mailed           a mail can be sent, or a person lets it go (planned,
 *   for-mail                                                         later); 72 hours (held, by a sync); a sync that wants it
 *                                                                    no more, undo (gone)
 *   attention  no try can succeed, or none did for a week        `retry` (later); a sync: planned anew, or gone; undo (gone)
 *   done       no row: ledger, audit and what is told say it     –
 *
 * What waits in `later`, `next-sync`, `waiting-for-mail` or `attention` for a device that Exchange has no more is gone with the
 * next sync, if it blocks; else once no try is made any more (drop-unseen.ts).
 *
 * A change has no owner of its own. The organization's lease is the owner of all of them: its fence is checked in every
 * transaction that changes a row, and its end is the latest moment at which a write may still begin (ADR 0029). So what a dead
 * holder reserved is looked into by the next one at once, not after a time of its own. A change that a newer one replaces while
 * it is reserved goes on in that one (`unsettled`), which stays reserved until it is known.
 */

/** A change that waits; the store's `OutboxChange` fits, with the change typed. */
export interface PendingChange {
  /** The device record's key: one change a device. */
  readonly key: string;
  readonly organization: string;
  readonly mailboxId: string;
  readonly state: 'planned' | 'reserved' | 'settling' | 'later' | 'next-sync' | 'waiting-for-mail' | 'attention';
  readonly turn: 0 | 1;
  /** Tries made. */
  readonly attempts: number;
  /** When it was planned first: the week of tries counts from here. */
  readonly createdAt: string;
  readonly nextAttemptAt: string;
  readonly lastError: { readonly code: string; readonly text: string } | null;
  readonly change: PlannedChange;
}

/*
 *   action            turn   why
 *   allow, release    0      opens mail for somebody: nobody waits for it behind a thousand blocks
 *   block, remove     1
 *
 * Within a turn what was never tried comes before what failed, then the longest waiting. Within a mailbox one after the other.
 */

/** When it is a change's turn within a run of writes. */
export function turnOf({ action }: Pick<PlannedChange, 'action'>): 0 | 1 {
  return action === 'block' || action === 'remove' ? 1 : 0;
}

/**
 * A new change, due at once. An older one of the same device is replaced; the same action keeps its history of tries, and
 * its time unless it has waited for a sync: that sync has come. One that waits for a mail goes on waiting. A time that no clock that runs right can have set is mended.
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
    !['attention', 'settling'].includes(older.state) &&
    older.createdAt <= at;
  const keepsTime = same && older.state !== 'next-sync' && older.nextAttemptAt <= latestRetry(at);
  const attempts = same ? older.attempts : 0;
  const isUnmailed = same && older.state === 'waiting-for-mail' && waitsForMail(change);
  return {
    key: change.key,
    organization: change.organization,
    mailboxId: change.mailboxId,
    state: older !== null && isOpen ? 'reserved' : isUnmailed ? older.state : waitingState(attempts),
    turn: turnOf(change),
    attempts,
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

function waitingState(attempts: number): 'planned' | 'later' {
  return attempts === 0 ? 'planned' : 'later';
}

/** The change of which nobody knows whether Exchange has done it. */
export function unsettledOf({ change }: Pick<PendingChange, 'change'>): PlannedChange {
  return change.unsettled ?? change;
}

function latestRetry(at: string): string {
  return new Date(Date.parse(at) + LONGEST_RETRY_MS).toISOString();
}

/*
 *   row                                the cut-off change was done          it was not
 *   is the cut-off change              done                                 planned, later, as before
 *   wants the same as it               done                                 planned, later
 *   wants something else by now        planned: it is made after it         planned, later
 *   is `settling`: wants nothing more  done                                 gone
 */

/** What becomes of a row once it is known whether its cut-off change was done; null: it is done. */
export function afterSettling(pending: PendingChange, wasDone: boolean): PendingChange | null {
  const { unsettled, askedAt: _, ...change } = pending.change;
  if (pending.state === 'settling') return null;
  if (wasDone && (unsettled === undefined || unsettled.action === change.action)) return null;
  return { ...pending, state: stillOpen(pending), change };
}

function stillOpen({ state, attempts }: PendingChange): PendingChange['state'] {
  return state === 'attention' || state === 'next-sync' ? state : waitingState(attempts);
}

/*
 *   outcome                      the pending change
 *   applied, already, dropped    done
 *   waits                        next-sync, which puts it here anew or drops it; no try was made
 *   left                         done: an administrator has decided
 *   refused                      attention: no try can succeed
 *   failed, within the week      later, with backoff
 *   failed, a week after         attention
 */

/** What becomes of a pending change after a try; null: it is done. */
export function afterAttempt(pending: PendingChange, result: ApplyResult, now: number): PendingChange | null {
  if (result.outcome === 'waits') {
    const waits = { at: result.at, text: result.text ?? '' };
    const doubted = result.otherwise ? { doubtedAt: result.at } : {};
    return { ...pending, state: 'next-sync', change: { ...pending.change, waits, ...doubted } };
  }
  if (result.outcome !== 'failed' && result.outcome !== 'refused') return null;
  const attempts = pending.attempts + 1;
  const lastError = { code: result.error?.code ?? 'ERR_APPLY_FAILED', text: result.text ?? '' };
  const next = nextAttempt(attempts, Date.parse(pending.createdAt), now);
  if (result.outcome === 'refused' || next.kind === 'attention') {
    return { ...pending, state: 'attention', attempts, lastError };
  }
  return { ...pending, state: 'later', attempts, lastError, nextAttemptAt: new Date(next.at).toISOString() };
}

/*
 *   the newer sync wants of its device   a change that waits         is
 *   the same                             any                         goes on
 *   something else                       any                         overtaken
 *   nothing                              a removal that a person     goes on
 *                                        has asked for
 *   nothing                              any other                   overtaken
 */

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
  return pending.filter(({ key, change }) => {
    const now = wanted.get(key);
    return decided.has(key) && now !== change.action && !(now === undefined && isByHand(change));
  });
}
