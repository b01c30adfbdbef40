/**
 * Waiting changes of devices that Exchange has no more, or whose mailbox it has no more: no sync decides about them again, so
 * they would wait for ever.
 * In: the outbox after a full reading. Out: nothing. Changes: the outbox.
 */
import { isByHand } from '../../access/remove.ts';
import { TIDYING } from '../../access/tidy.ts';
import type { OutboxChange } from '../../store/store.ts';
import { dropWaiting, isUndo, openChanges } from './apply-changes.ts';
import type { Decider } from './decider.ts';
import { readablePending } from './stored-changes.ts';
import type { SwitchParts } from './switch-parts.ts';

/** Rows that are looked at in one go. */
const PAGE = 500;

/** Of what was never tried, its first try says what became of it; what is with Exchange is looked up by its own way. */
const WAITING = ['later', 'next-sync', 'waiting-for-mail', 'attention'] as const;

/*
 *   the change                                            of a device that the reading has not
 *   undo, tidying, a removal that a person asked for      stays: it is about the entry, or was asked for by name
 *   any, of a mailbox of which the reading has a gap      stays: the device may be there
 *   any other                                             is dropped; comes the device back, it is decided about anew
 */

/** After a full reading. */
export async function dropGone(
  { store, exchange }: Pick<SwitchParts, 'store' | 'exchange'>,
  decider: Pick<Decider, 'hasGap'>,
): Promise<void> {
  const { organization } = exchange;
  for (const state of WAITING) {
    if ((await store.outbox.count({ organization, state })) === 0) continue;
    const open = await openChanges(store, organization);
    for (let after = ''; ;) {
      const rows: OutboxChange[] = await store.outbox.list({ organization, state, after, limit: PAGE });
      if (rows.length === 0) break;
      after = rows.at(-1)!.key;
      const there = await store.snapshots.getMany(rows.map(({ key }) => key));
      for (const row of rows) {
        const pending = there.has(row.key) ? null : readablePending(row);
        if (pending === null || decider.hasGap(pending.change.device)) continue;
        const { change } = pending;
        if (isUndo(change) || isByHand(change) || change.decision.rule === TIDYING) continue;
        await dropWaiting(store, pending, open);
      }
    }
  }
}
