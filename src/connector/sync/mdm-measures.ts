/**
 * What an MDM reading is measured against, for each organization: how many records it had and what they said when it was
 * last taken for right. In: readings. Out: readings with their measure. Changes: the measures, when they are taken over.
 */
import { baselineOf, mostRecords, remember } from '../../access/baseline.ts';
import type { BelievedReading } from '../../access/baseline.ts';
import type { GuardedReading } from '../../access/guard-plan.ts';
import { isOfChanges } from '../../model/reading-age.ts';
import type { ReadingTimes } from '../../model/reading-age.ts';
import type { ReadingContent } from '../../model/reading-content.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';
import { believeUsers, believeUsersFromNow } from './believed-users.ts';
import { asJson } from './stored-changes.ts';

/** Name of the setting that keeps how many records an MDM source had when an organization last took its reading for good. */
function countName(organization: string, scope: string): string {
  return `access.baseline/${organization}/${scope}`;
}

/** The same of versions that kept one for all organizations: read where an organization has none of its own yet. */
function sharedCountName(scope: string): string {
  return `access.baseline.${scope}`;
}

/** Name of the setting that keeps what the records of an MDM source said when an organization believed its readings. */
function believedName(organization: string, scope: string): string {
  return `access.believed/${organization}/${scope}`;
}

/** The same of versions that kept the last one alone, without its time: read where there is no other yet. */
function lastName(organization: string, scope: string): string {
  return `access.content.${organization}.${scope}`;
}

/** The believed readings, the last one last. */
async function believedReadings(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
  scope: string,
): Promise<readonly BelievedReading[]> {
  const kept = await settings.get(believedName(organization, scope));
  if (Array.isArray(kept)) return kept as unknown as readonly BelievedReading[];
  const content = (await settings.get(lastName(organization, scope))) as ReadingContent | null;
  return content === null ? [] : [{ at: '', content }];
}

/** The sources that count, each with what its reading is measured against for this organization. @param now milliseconds since 1970 */
export async function withMeasures(
  store: Pick<Store, 'settings'>,
  organization: string,
  readings: readonly MdmReading[],
  now: number,
): Promise<GuardedReading[]> {
  const { settings } = store;
  return Promise.all(
    readings.map(async ({ scope, name, snapshot, goneAt }) => {
      if (snapshot === null) return { scope, name, snapshot };
      const count =
        (await settings.get<number>(countName(organization, scope))) ??
        (await settings.get<number>(sharedCountName(scope)));
      const believed = await believedReadings(store, organization, scope);
      const measured = {
        ...snapshot,
        previousCount: count ?? snapshot.previousCount,
        believed: believed.at(-1)?.content ?? null,
        baseline: baselineOf(believed, now),
        most: mostRecords(believed, now),
        isFirst: count === null && believed.length === 0,
      };
      return { scope, name, goneAt, snapshot: measured };
    }),
  );
}

/** What these readings say is believed; an empty one, too, as long as the source stays empty. @param now milliseconds since 1970 */
export async function believe(
  store: Pick<Store, 'settings' | 'snapshots'>,
  organization: string,
  snapshots: readonly SnapshotInfo[],
  now: number,
): Promise<void> {
  for (const snapshot of snapshots) {
    const reading = believedOf(snapshot);
    if (reading === null) continue;
    await store.settings.edit(believedName(organization, snapshot.scope), (kept) =>
      asJson(remember((kept ?? []) as unknown as readonly BelievedReading[], reading, now)),
    );
    await believeUsers(store, { organization, scope: snapshot.scope }, now);
  }
}

/**
 * A person has approved these readings: what was believed before them is not the measure any more.
 * @param now milliseconds since 1970
 */
export async function believeFromNow(
  store: Pick<Store, 'settings' | 'snapshots'>,
  organization: string,
  snapshots: readonly SnapshotInfo[],
  now: number,
): Promise<void> {
  for (const snapshot of snapshots) {
    const reading = believedOf(snapshot);
    if (reading === null) continue;
    await store.settings.set(believedName(organization, snapshot.scope), asJson([reading]));
    await believeUsersFromNow(store, { organization, scope: snapshot.scope }, now);
  }
}

/** What the last full one said; null: it was not counted. */
function believedOf(snapshot: SnapshotInfo): BelievedReading | null {
  const { count, content, fullStartedAt } = snapshot;
  const said = count === 0 && !isOfChanges(snapshot) ? {} : content;
  return said === undefined ? null : { at: fullStartedAt, content: said };
}

/**
 * A sync went by these readings. What quick ones took out is measured against the last full one, however many come after it:
 * each would be too few by itself.
 */
export async function takeFullForGood(
  store: Pick<Store, 'settings'>,
  organization: string,
  snapshots: readonly (Pick<SnapshotInfo, 'scope' | 'count'> & ReadingTimes)[],
): Promise<void> {
  await takeForGood(
    store,
    organization,
    snapshots.filter((snapshot) => !isOfChanges(snapshot)),
  );
}

/** From now on a shrinkage is measured against these readings, in this organization: another one has not seen to its own. */
export async function takeForGood(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
  snapshots: readonly Pick<SnapshotInfo, 'scope' | 'count'>[],
): Promise<void> {
  for (const { scope, count } of snapshots) await settings.set(countName(organization, scope), count);
}
