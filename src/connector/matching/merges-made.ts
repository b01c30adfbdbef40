/**
 * Whether a store has the merges that an older version had made each time anew: only then a click claims no more than what is
 * enrolled within two weeks. Without them the first match makes them, by the rules of that version.
 */
import type { Store } from '../../store/store.ts';

/*
 *   the store                                        a click claims
 *   is new, or comes from a version without merges   whatever was enrolled since
 *   had a plan about every device once               what is enrolled within 14 days; merges that are there stay
 */

function settingName(organization: string): string {
  return `match.mergesMade.${organization}`;
}

/** True once a plan about every device of an organization was valid. */
export async function areMergesMade({ settings }: Pick<Store, 'settings'>, organization: string): Promise<boolean> {
  return (await settings.get(settingName(organization))) === true;
}

/** Says so, before a match. */
export async function keepMergesMade(store: Pick<Store, 'settings'>, organization: string): Promise<void> {
  if (!(await areMergesMade(store, organization))) await store.settings.set(settingName(organization), true);
}
