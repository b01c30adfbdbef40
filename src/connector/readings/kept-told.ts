/**
 * What the last whole reading of a mapped MDM told of the fields that decide (model/told-fields.ts).
 * In: the store, and what this one told. Out: what is wrong with it. Changes: what is kept, when it was taken.
 */
import { ConnectorError } from '../../errors.ts';
import { judgeTold } from '../../model/told-fields.ts';
import type { ToldFields, ToldNow } from '../../model/told-fields.ts';
import type { Store } from '../../store/store.ts';

type Parts = Pick<Store, 'settings' | 'snapshots'>;

function settingName(scope: string): string {
  return `mdm.told.${scope}`;
}

/**
 * Refuses a reading that has lost what opens or shuts access.
 * @param store null: nobody knows yet where the MDM is announced, so there is no reading before
 * @returns a warning; null: there is none
 * @throws ConnectorError ERR_MDM_MAPPING
 */
export async function refuseLost(store: Parts | null, scope: string, now: ToldNow): Promise<string | null> {
  // Of a source that was let go of nothing is known any more.
  const isKnown = store !== null && (await store.snapshots.latest('mdm', scope)) !== null;
  const before = isKnown ? await store.settings.get(settingName(scope)) : null;
  const fault = judgeTold(before as ToldFields | null, now);
  if (fault?.isRefused === true) throw new ConnectorError('ERR_MDM_MAPPING', fault.text);
  return fault?.text ?? null;
}

/** The next reading is compared with this one. */
export async function keepTold(
  { settings }: Pick<Store, 'settings'>,
  scope: string,
  { by, records, columns, had }: ToldFields,
): Promise<void> {
  const told: ToldFields = { by, records, had, ...(columns === undefined ? {} : { columns }) };
  await settings.set(settingName(scope), told);
}
