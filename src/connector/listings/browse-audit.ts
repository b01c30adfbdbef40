/**
 * The audit, some entries at a time: for an export.
 * In: store, what is wanted. Out: entries, the newest first. Changes: nothing.
 */
import { foldEasId } from '../../model/keys.ts';
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

/** Devices of one name that are looked for at most: of a mailbox there are a few. */
const CALLED = 200;

/*
 *   a person names              looked for are entries about
 *   nothing                     anything
 *   the key of a device         that device
 *   the EAS ID of a device,     those devices, also where Exchange has them no more
 *   or GUID, UPN or address
 *   of a mailbox that is known
 *   any other text              devices with this EAS ID, which only the audit knows any more
 */

/** Whose entries somebody wants who names a device as they know it. Errors: ERR_STORE_… */
export async function devicesMeant(
  { listings }: Pick<Store, 'listings'>,
  text: string,
): Promise<Pick<AuditWanted, 'deviceKey' | 'deviceKeys' | 'easId'>> {
  if (text === '') return {};
  if (/^(eas|mdm):/.test(text)) return { deviceKey: text };
  const deviceKeys = await listings.called(text, CALLED);
  return deviceKeys.length > 0 ? { deviceKeys } : { easId: foldEasId(text) };
}
