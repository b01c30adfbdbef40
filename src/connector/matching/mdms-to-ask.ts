/** Whom the MDMs are asked for, and which of them can be asked. */
import type { EasRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import type { MdmPort, Mdms } from '../ports.ts';

/** What a user is called: UPN, then addresses. Empty: an MDM cannot be asked for this user. */
export function namesOf({ mailbox }: Pick<EasRecord, 'mailbox'>): string[] {
  return [mailbox.upn, mailbox.address, ...mailbox.addresses].filter((name) => name !== null);
}

/**
 * Every MDM whose records count, by the name that its records carry: those the store has a reading of, and every deployed
 * MDM source, read or not. Null: it cannot be asked.
 */
export async function mdmsToAsk(
  { snapshots }: Pick<Store, 'snapshots'>,
  mdms: Mdms,
): Promise<Map<string, MdmPort | null>> {
  const read = (await snapshots.list('mdm')).map(({ scope }) => scope);
  return new Map([...read, ...mdms.deployed()].map((name) => [name, mdms.port(name)]));
}
