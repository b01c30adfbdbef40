/** How the merge matcher is set. Kept in the store with each match, so that who matches a few devices anew goes by the same. */
import type { Json, Store } from '../../store/store.ts';

export interface MatchSettings {
  /** Merge only records of the same user. */
  readonly sameUser: boolean;
  /** An activation also takes a device that was enrolled before it. */
  readonly lateActivation: boolean;
  /** Merge by serial number or IMEI. */
  readonly serialMatch: boolean;
  /** Hours an MDM reading stays usable. */
  readonly maxAgeHours: number;
}

/** As a new merge matcher is set. A day between two MDM readings, and two hours for one that comes late. */
export const DEFAULT_MATCH_SETTINGS: MatchSettings = {
  sameUser: true,
  lateActivation: true,
  serialMatch: false,
  maxAgeHours: 26,
};

const NAME = 'match.settings';

/** The settings of the last match; the defaults while there was none. */
export async function keptMatchSettings(store: Pick<Store, 'settings'>): Promise<MatchSettings> {
  const kept = (await store.settings.get(NAME)) as Partial<MatchSettings> | null;
  return { ...DEFAULT_MATCH_SETTINGS, ...kept };
}

/** Keeps the settings that a match goes by. */
export async function keepMatchSettings(store: Pick<Store, 'settings'>, settings: MatchSettings): Promise<void> {
  const { sameUser, lateActivation, serialMatch, maxAgeHours } = settings;
  await store.settings.set(NAME, { sameUser, lateActivation, serialMatch, maxAgeHours } satisfies Json);
}
