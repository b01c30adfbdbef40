/**
 * What the guards find of the MDM readings, and whose phones what they doubt cannot have touched.
 * In: the store. Out: problems; for a device the sources that never named its user. Changes: nothing.
 */
import { guardSnapshots } from '../../access/guard-plan.ts';
import type { GuardedReading, GuardProblem } from '../../access/guard-plan.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { KnownUsers } from '../../model/known-users.ts';
import { mdmReadings, snapshotsOf } from '../../store/mdm-readings.ts';
import type { SnapshotInfo } from '../../store/store.ts';
import { believedUsers } from './believed-users.ts';
import { withMeasures } from './mdm-measures.ts';
import type { SwitchParts } from './switch-parts.ts';

type Parts = Pick<SwitchParts, 'store' | 'settings' | 'now'> & {
  readonly exchange: Pick<SwitchParts['exchange'], 'organization'>;
};

/** The readings as they stand, and what is wrong with them. */
export interface GuardedReadings {
  readonly measured: readonly GuardedReading[];
  readonly snapshots: readonly SnapshotInfo[];
  readonly problems: readonly GuardProblem[];
}

/** @param maxAgeHours how long an MDM reading stays usable */
export async function guardedReadings(parts: Parts, maxAgeHours: number): Promise<GuardedReadings> {
  const { store, settings, exchange, now } = parts;
  const readings = await mdmReadings(store);
  const measured = await withMeasures(store, exchange.organization, readings, now());
  const { brakePercent } = settings;
  const problems = guardSnapshots({ mdm: measured, easComplete: true, now: now(), maxAgeHours, brakePercent });
  return { measured, snapshots: snapshotsOf(readings), problems };
}

/** Sources whose content is doubted, each with the users that it names or named. */
export class DoubtedSources {
  readonly #users: ReadonlyMap<string, KnownUsers>;

  private constructor(users: ReadonlyMap<string, KnownUsers>) {
    this.#users = users;
  }

  static async begin(parts: Parts, maxAgeHours: number): Promise<DoubtedSources> {
    const { problems } = await guardedReadings(parts, maxAgeHours);
    const users = new Map<string, KnownUsers>();
    for (const scope of new Set(problems.flatMap(({ details }) => (details === undefined ? [] : [details.source])))) {
      const now = await parts.store.snapshots.users(scope);
      const before = await believedUsers(parts.store, { ...parts.exchange, scope }, parts.now());
      // Where nobody knows them, anybody may be one of them.
      if (now !== null && before !== null) users.set(scope, now.with(before));
    }
    return new DoubtedSources(users);
  }

  /** Those of them that name the device's user in no record, and did not. */
  strangersTo({ eas }: Pick<DeviceRecord, 'eas'>): readonly string[] {
    if (eas === undefined) return [];
    return [...this.#users].filter(([, users]) => !users.hasOwner(eas.mailbox)).map(([scope]) => scope);
  }
}
