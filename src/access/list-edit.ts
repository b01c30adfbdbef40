/** Edits of a mailbox's two personal lists: always Add and Remove, never the whole list. Pure. */
import { foldEasId } from '../model/keys.ts';
import type { ListChange, ListEdit } from '../model/personal-lists.ts';
import type { Action, Listed } from '../model/records.ts';

/** `nothing`: it is as wanted; `admin`: an administrator's entry stands in the way and wins. */
export type EditDecision =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'admin' }
  | { readonly kind: 'edit'; readonly edit: ListEdit };

/** Where an EAS ID stands: on no list, on one of them, on both. Exchange's evaluation: blocked beats allowed. */
export interface Standing {
  readonly allowed: 'us' | 'admin' | null;
  readonly blocked: 'us' | 'admin' | null;
}

const NOTHING: EditDecision = { kind: 'nothing' };
const ADMIN: EditDecision = { kind: 'admin' };

/*
 *   action    allowed list   blocked list   edit
 *   allow     any            admin          none: the administrator's entry wins
 *   allow     –              ours           blocked.remove, allowed.add
 *   allow     on it          ours           blocked.remove
 *   allow     on it          –              none: done
 *   allow     –              –              allowed.add
 *   block     admin          –              none: the administrator's entry wins
 *   block     admin          on it          none: blocked beats allowed
 *   block     ours           –              blocked.add, allowed.remove
 *   block     ours           on it          allowed.remove
 *   block     –              on it          none: done
 *   block     –              –              blocked.add
 *   release   ours / ours                   remove ours, from both
 *   release   admin or –     admin or –     none
 *   leave, remove                           none
 */

/** The edit that an action needs, given where the EAS ID stands. */
export function editFor(action: Action | 'remove', easId: string, standing: Standing): EditDecision {
  const { allowed, blocked } = standing;
  const ids = [easId];
  switch (action) {
    case 'allow':
      if (blocked === 'admin') return ADMIN;
      return edit(allowed === null ? { add: ids } : undefined, blocked === 'us' ? { remove: ids } : undefined);
    case 'block':
      if (allowed === 'admin' && blocked === null) return ADMIN;
      return edit(allowed === 'us' ? { remove: ids } : undefined, blocked === null ? { add: ids } : undefined);
    case 'release':
      return edit(allowed === 'us' ? { remove: ids } : undefined, blocked === 'us' ? { remove: ids } : undefined);
    default:
      return NOTHING;
  }
}

function edit(allowed: ListChange | undefined, blocked: ListChange | undefined): EditDecision {
  if (!allowed && !blocked) return NOTHING;
  return { kind: 'edit', edit: { ...(allowed && { allowed }), ...(blocked && { blocked }) } };
}

/** Where an EAS ID stands by what an EAS record shows of the lists and the list the ledger says we own it on. */
export function standingOf(listed: Listed, owned: Listed, adoptEntries: boolean): Standing {
  const owner = listed === owned || adoptEntries ? 'us' : 'admin';
  return { allowed: listed === 'allowed' ? owner : null, blocked: listed === 'blocked' ? owner : null };
}

/** True if the list names the EAS ID; compared folded, as everywhere. */
export function isOnList(list: readonly string[], easId: string): boolean {
  const folded = foldEasId(easId);
  return list.some((entry) => foldEasId(entry) === folded);
}
