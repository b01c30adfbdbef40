/**
 * The audit, some entries at a time: for an export.
 * In: store, what is wanted. Out: entries, the newest first. Changes: nothing.
 */
import type { AuditPage, AuditWanted, NumberedEntry, Store } from '../../store/store.ts';

/** Entries that are read at once. */
const ROWS = 500;

/** Every entry that is wanted. */
export async function* allAudit(
  { listings }: Pick<Store, 'listings'>,
  wanted: AuditWanted,
  signal: AbortSignal,
): AsyncGenerator<readonly NumberedEntry[]> {
  let after: AuditPage['next'] = null;
  do {
    signal.throwIfAborted();
    const page: AuditPage = await listings.audit(wanted, { after, rows: ROWS });
    if (page.entries.length > 0) yield page.entries;
    after = page.next;
  } while (after !== null);
}
