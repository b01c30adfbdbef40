/**
 * Which users an MDM named in the readings of the last week that were believed or approved, for each organization.
 * In: what the shown reading names. Out: the users of a week. Changes: what is kept of a day, when a reading is believed.
 */
import { KnownUsers } from '../../model/known-users.ts';
import type { Store } from '../../store/store.ts';

const DAY_MS = 86_400_000;
/** As readings are remembered, see access/baseline.ts; a day more, as a day is kept whole. */
const REMEMBERED_DAYS = 7;
const KEPT_DAYS = REMEMBERED_DAYS + 2;

/** Whose reading. */
interface Of {
  readonly organization: string;
  /** The MDM source. */
  readonly scope: string;
}

/** The users of one day; days take turns in a few settings. */
interface Day {
  /** Days since 1970. */
  readonly day: number;
  readonly users: string;
}

type Parts = Pick<Store, 'settings' | 'snapshots'>;

function nameOf({ organization, scope }: Of, turn: number): string {
  return `access.users/${organization}/${scope}/${turn}`;
}

/** What the shown reading names is believed. @param now milliseconds since 1970 */
export async function believeUsers(store: Parts, of: Of, now: number): Promise<void> {
  const shown = await store.snapshots.users(of.scope);
  if (shown === null) return;
  const day = Math.floor(now / DAY_MS);
  await store.settings.edit(nameOf(of, day % KEPT_DAYS), (kept) => {
    const before = kept === null ? null : (kept as unknown as Day);
    const known = before?.day === day ? KnownUsers.fromText(before.users) : null;
    const users = (known === null ? shown : known.with(shown)).toText();
    return before?.day === day && before.users === users ? kept! : { day, users };
  });
}

/** A person has approved it: what was believed before it counts no more. @param now milliseconds since 1970 */
export async function believeUsersFromNow(store: Parts, of: Of, now: number): Promise<void> {
  for (let turn = 0; turn < KEPT_DAYS; turn++) {
    const name = nameOf(of, turn);
    if ((await store.settings.get(name)) !== null) await store.settings.set(name, null);
  }
  await believeUsers(store, of, now);
}

/** The users of the last seven days; where nothing was believed in them, of the last day that there is; null: nobody knows. */
export async function believedUsers(store: Parts, of: Of, now: number): Promise<KnownUsers | null> {
  const days: Day[] = [];
  for (let turn = 0; turn < KEPT_DAYS; turn++) {
    const kept = await store.settings.get(nameOf(of, turn));
    if (kept !== null) days.push(kept as unknown as Day);
  }
  const last = Math.max(...days.map(({ day }) => day));
  const since = Math.floor(now / DAY_MS) - REMEMBERED_DAYS;
  const counted = days.filter(({ day }) => day >= since || (last < since && day === last));
  const sets = counted.map(({ users }) => KnownUsers.fromText(users));
  if (sets.length === 0 || sets.includes(null)) return null;
  return sets.filter((one) => one !== null).reduce((a, b) => a.with(b));
}
