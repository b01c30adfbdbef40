/**
 * Whether a store has the merges that an older version had made each time anew: only then a click claims no more than what is
 * enrolled within two weeks. Without them the first match makes them, by the rules of that version.
 */
import type { Store } from '../../store/store.ts';

/*
 *   the store                                        a click claims
 *   comes from a version without merges              whatever was enrolled since
 *   had a plan about every device once               what is enrolled within 14 days; merges that are there stay
 *   is new: no link was pressed, nothing was written,  the same: there is nothing that an older version had made
 *   nothing decided
 */

function settingName(organization: string): string {
  return `match.mergesMade.${organization}`;
}

/** True once a plan about every device of an organization was valid. */
export async function areMergesMade({ settings }: Pick<Store, 'settings'>, organization: string): Promise<boolean> {
  return (await settings.get(settingName(organization))) === true;
}

/** True before the first match of a store that no older version has worked with. */
export async function isNothingMade(
  { activations, entries, devices }: Pick<Store, 'activations' | 'entries' | 'devices'>,
  organization: string,
): Promise<boolean> {
  if ((await activations.list()).length > 0) return false;
  if (Object.keys((await devices.counts(organization)).decision).length > 0) return false;
  return (await entries.list({ organization })).length === 0;
}

/** Says so, before a match. */
export async function keepMergesMade(store: Pick<Store, 'settings'>, organization: string): Promise<void> {
  await store.settings.set(settingName(organization), true);
}
