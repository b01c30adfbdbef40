/**
 * What waits in the outbox for devices that are no more: nobody decides about them again.
 * In: which devices a sync has seen. Out: nothing. Changes: the outbox.
 */
import { isForTheBlocked } from '../../access/apply.ts';
import type { PendingChange } from '../../access/outbox.ts';
import type { OutboxChange, OutboxState } from '../../store/store.ts';
import { dropWaiting, openChanges } from './apply-changes.ts';
import { readablePending } from './stored-changes.ts';
import type { SwitchParts } from './switch-parts.ts';
import { goneOf } from './tidy-entries.ts';

/** Waiting changes that are looked at in one go. */
const PAGE = 500;

/** What is `planned` is tried at once; what is with Exchange is known first. */
const STATES: readonly OutboxState[] = ['later', 'next-sync', 'waiting-for-mail', 'attention'];

/** Which devices a sync has seen. */
export interface Seen {
  /** When it began to decide, ISO 8601 UTC. */
  readonly began: string;
  /** Keys of those that had a change waiting. */
  readonly seen: ReadonlySet<string>;
  /** The mailboxes of which it has seen every device, GUIDs, folded. */
  readonly mailboxes: 'all' | readonly string[];
}

type DropParts = Pick<SwitchParts, 'store' | 'exchange' | 'signal'>;

/*
 *   a waiting change of a device that the sync has not seen, of a mailbox
 *   of which it has seen every one                                            then
 *   came since that sync began                                                stays
 *   a block, a removal that nobody has asked for                              is dropped: there is nothing to block
 *   any other, and it is still tried                                          stays: it opens mail, or a person wants it
 *   any other, was given up, and Exchange has the device no more when asked   is dropped
 *   … and Exchange has it, or cannot be asked                                 stays
 */

/** Drops what waits for nothing any more. */
export async function dropUnseen(parts: DropParts, sync: Seen): Promise<void> {
  const { organization } = parts.exchange;
  if ((await parts.store.outbox.count({ organization })) === 0) return;
  for await (const rows of waitingOf(parts, sync.mailboxes)) {
    const unseen = rows
      .filter(({ key, createdAt }) => !sync.seen.has(key) && createdAt < sync.began)
      .flatMap((row) => readablePending(row) ?? []);
    if (unseen.length === 0) continue;
    const open = await openChanges(parts.store, organization);
    for (const pending of await forNothing(parts, unseen)) await dropWaiting(parts.store, pending, open);
  }
}

async function* waitingOf(
  { store: { outbox }, exchange: { organization } }: DropParts,
  mailboxes: Seen['mailboxes'],
): AsyncGenerator<readonly OutboxChange[]> {
  if (mailboxes !== 'all') {
    const rows = mailboxes.length === 0 ? [] : await outbox.ofMailboxes(mailboxes);
    yield rows.filter((row) => row.organization === organization && STATES.includes(row.state));
    return;
  }
  for (const state of STATES) {
    if ((await outbox.count({ organization, state })) === 0) continue;
    for (let after = ''; ;) {
      const rows = await outbox.list({ organization, state, after, limit: PAGE });
      if (rows.length === 0) break;
      yield rows;
      after = rows.at(-1)!.key;
    }
  }
}

async function forNothing(parts: DropParts, unseen: readonly PendingChange[]): Promise<PendingChange[]> {
  const givenUp = unseen.filter(({ state, change }) => state === 'attention' && !isForTheBlocked(change));
  const keys = givenUp.map(({ key }) => key);
  const gone = keys.length === 0 ? null : await goneOf(parts, keys);
  return unseen.filter(({ key, change }) => isForTheBlocked(change) || gone?.has(key) === true);
}
