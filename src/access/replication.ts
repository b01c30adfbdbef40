/** What was written to Active Directory and need not be everywhere yet. Pure. */
import type { OwnedEntry } from '../model/personal-lists.ts';

/**
 * So long a write may take to every domain controller: what is replicated between sites goes every 180 minutes unless
 * somebody has set less (Active Directory Sites and Services, "Replicate every"); within a site it takes under a minute.
 * Exchange reads from a domain controller of its own choice, another one after a failover or in another session.
 */
export const REPLICATION_MS = 180 * 60_000;

/*
 *   our entry was written             and a list does not have it
 *   up to 180 minutes before          it may be on its way: that proves nothing
 *   up to 180 minutes after           the same: a clock was set back
 *   longer before, or longer after    somebody has taken it off, or it was never written
 */

/** True if a list that lacks the entry at this time may lack it as its domain controller is behind. @param at ISO 8601 UTC */
export function mayBeOnItsWay({ writtenAt }: Pick<OwnedEntry, 'writtenAt'>, at: string): boolean {
  return Math.abs(Date.parse(at) - Date.parse(writtenAt)) <= REPLICATION_MS;
}
