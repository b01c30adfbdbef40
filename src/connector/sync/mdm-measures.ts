/**
 * What an MDM reading is measured against, for each organization: how many records it had and what they said when it was
 * last taken for right. In: readings. Out: readings with their measure. Changes: the measures, when they are taken over.
 */
import type { GuardedReading } from '../../access/guard-plan.ts';
import type { ReadingContent } from '../../model/reading-content.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';
import { asJson } from './stored-changes.ts';

/** Name of the setting that keeps how many records an MDM source had when an organization last took its reading for good. */
function countName(organization: string, scope: string): string {
  return `access.baseline/${organization}/${scope}`;
}

/** The same of versions that kept one for all organizations: read where an organization has none of its own yet. */
function sharedCountName(scope: string): string {
  return `access.baseline.${scope}`;
}

/** Name of the setting that keeps what the records of an MDM source said when an organization last believed its reading. */
function contentName(organization: string, scope: string): string {
  return `access.content.${organization}.${scope}`;
}

/** The sources that count, each with what its reading is measured against for this organization. */
export async function withMeasures(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
  readings: readonly MdmReading[],
): Promise<GuardedReading[]> {
  return Promise.all(
    readings.map(async ({ scope, name, snapshot, goneAt }) => {
      if (snapshot === null) return { scope, name, snapshot };
      const count =
        (await settings.get<number>(countName(organization, scope))) ??
        (await settings.get<number>(sharedCountName(scope)));
      const believed = (await settings.get(contentName(organization, scope))) as ReadingContent | null;
      return {
        scope,
        name,
        goneAt,
        snapshot: { ...snapshot, previousCount: count ?? snapshot.previousCount, believed },
      };
    }),
  );
}

/** What these readings say is believed; an empty one, too, as long as the source stays empty. */
export async function believe(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
  snapshots: readonly SnapshotInfo[],
): Promise<void> {
  for (const { scope, count, content } of snapshots) {
    const said = count === 0 ? {} : content;
    if (said !== undefined) await settings.set(contentName(organization, scope), asJson(said));
  }
}

/** From now on a shrinkage is measured against these readings, in this organization: another one has not seen to its own. */
export async function takeForGood(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
  snapshots: readonly Pick<SnapshotInfo, 'scope' | 'count'>[],
): Promise<void> {
  for (const { scope, count } of snapshots) await settings.set(countName(organization, scope), count);
}
