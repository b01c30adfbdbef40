/**
 * Devices that are blocked without a mail: Exchange is asked again whether they try to sync, so that the user of a phone that
 * comes out of a drawer hears of it.
 * In: devices that were decided about. Out: why Exchange could not be asked. Changes: what is kept of their last attempts.
 */
import { blockedSince } from '../../access/idle.ts';
import { isQuiet } from '../../model/mail-kind.ts';
import type { QuietDevice, StoreParts } from '../../store/store.ts';
import type { Judged } from './decider.ts';
import { seenOf } from './last-attempts.ts';
import type { AttemptAsker, AttemptsProblem } from './last-attempts.ts';
import type { SwitchParts } from './switch-parts.ts';

/** Devices that are looked at for the mailboxes of one round. */
const ROWS = 2_000;

/*
 *   blocked by an entry of ours, for a reason that is told to nobody    Exchange is asked again at each full sync
 *   any other                                                          not any more
 */

/** Keeps for which of the devices Exchange is asked again. */
export async function keepQuiet(
  { store, exchange }: Pick<SwitchParts, 'exchange'> & { readonly store: Pick<StoreParts, 'attempts'> },
  judged: readonly Judged[],
): Promise<void> {
  const changed = judged.filter((one) => one.wasQuiet !== isBlockedQuietly(one));
  if (changed.length === 0) return;
  const quiet = changed.flatMap(({ device: { key, eas }, wasQuiet }): QuietDevice[] => {
    if (wasQuiet || eas === undefined) return [];
    return [{ key, organization: exchange.organization, mailboxId: eas.mailbox.id, seen: seenOf(eas) }];
  });
  await store.attempts.quiet(
    quiet,
    changed.filter(({ wasQuiet }) => wasQuiet).map(({ device }) => device.key),
  );
}

function isBlockedQuietly({ device, decision, entries }: Judged): boolean {
  return decision.action === 'block' && isQuiet(device.reason.code) && blockedSince(entries) !== null;
}

/**
 * Asks again, for as many mailboxes as the sync may still ask for, those first that were asked for longest ago. A device that has
 * tried to sync since is decided about with the next match.
 */
export async function askQuietAgain(
  { store, exchange }: Pick<SwitchParts, 'store' | 'exchange'>,
  asker: AttemptAsker,
): Promise<AttemptsProblem | null> {
  if (asker.problem !== null) return asker.problem;
  const rows = await store.attempts.longestAgo(exchange.organization, ROWS);
  if (rows.length === 0) return null;
  await asker.ask(
    rows.map(({ key, mailboxId, seen }) => ({ key, mailboxId, seen })),
    new Map(rows.map((row) => [row.key, row])),
  );
  return asker.problem;
}
