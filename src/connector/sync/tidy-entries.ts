/**
 * Takes our entries on the blocked list off again whose partnership is no more: on a personal list they stay for ever
 * (Remove-MobileDevice does not clear the lists, Microsoft KB 4090814).
 * In: entries whose devices a sync about all devices has not seen. Out: nothing. Changes: since when they are missed; the
 * outbox.
 */
import { planTidying } from '../../access/tidy.ts';
import type { PlannedChange } from '../../access/plan.ts';
import type { OwnedEntry } from '../../store/store.ts';
import { queueChanges } from './queue-plan.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

const DAY_MS = 86_400_000;

/** Devices of one sync; the others are for the next one. */
const DEVICES = 200;

type TidyParts = Pick<SwitchParts, 'store' | 'exchange' | 'settings' | 'now' | 'signal'>;

/** @param missing our entries by the key of their device, of all devices that the sync has not seen */
export async function tidyEntries(
  parts: TidyParts,
  missing: ReadonlyMap<string, readonly OwnedEntry[]>,
): Promise<void> {
  const { store, exchange, settings, now } = parts;
  const { organization } = exchange;
  const at = timeOf(now);
  await store.missed.settle(organization, [...missing.keys()], at);
  if (settings.tidyDays === 0) return;
  const before = timeOf(() => now() - settings.tidyDays * DAY_MS);
  const due = await store.missed.since(organization, before, DEVICES);
  if (due.length === 0) return;
  const gone = await goneOf(
    parts,
    due.map(({ key }) => key),
  );
  if (gone === null) return;
  await store.missed.looked(
    due.map(({ key }) => key),
    at,
  );
  const changes: PlannedChange[] = [];
  for (const { key, since } of due) {
    const entries = missing.get(key) ?? [];
    if (entries.length > 0 && gone.has(key) && (await hasLists(parts, entries[0]!.mailboxId)))
      changes.push(planTidying(key, entries, { since, at }));
  }
  await queueChanges(parts, changes);
}

/** Those of the devices that Exchange has no more, whatever mailboxes the readings are of; null: it cannot be asked. */
export async function goneOf(
  { exchange, signal }: Pick<TidyParts, 'exchange' | 'signal'>,
  keys: readonly string[],
): Promise<ReadonlySet<string> | null> {
  const gone = new Set<string>();
  try {
    for await (const page of exchange.easPages({ kind: 'quick', pageSize: DEVICES, keys, signal }))
      for (const key of page.gone ?? []) gone.add(key);
  } catch {
    signal.throwIfAborted();
    return null;
  }
  return gone;
}

/** False for a mailbox that is no more, or cannot be read now: there is nothing that could be taken off. */
async function hasLists({ exchange, signal }: TidyParts, mailboxId: string): Promise<boolean> {
  try {
    await exchange.readLists(mailboxId, { signal });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
