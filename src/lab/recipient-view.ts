/**
 * What a session of Exchange sees of a forest: its servers' own domain, until Set-ADServerSettings -ViewEntireForest $true was run
 * in it (https://learn.microsoft.com/powershell/module/exchange/set-adserversettings).
 */
import { Mailbox, Partnership } from './mailboxes.ts';

/** The settings of one session. */
export interface LabSession {
  viewEntireForest: boolean;
}

/*
 *   object of                     the session sees the forest   is there
 *   the servers' own domain       any                           yes
 *   another domain                yes                           yes
 *   another domain                no                            no: neither in lists nor by its identity
 *   no domain: configuration      any                           yes
 */

/** True for what a session sees. @param domain of the servers */
export function isSeen(entity: unknown, domain: string, { viewEntireForest }: LabSession): boolean {
  return viewEntireForest || (domainOf(entity) ?? domain) === domain;
}

function domainOf(entity: unknown): string | null {
  if (entity instanceof Mailbox) return entity.domain;
  if (entity instanceof Partnership) return entity.mailbox.domain;
  const { canonicalName } = (entity ?? {}) as { readonly canonicalName?: unknown };
  return typeof canonicalName === 'string' ? (canonicalName.split('/')[0] ?? null) : null;
}
