/**
 * That blocks wait for their mail, organization by organization: what the access switch keeps of it, and the notifiers look at.
 * In: an organization. Out: since when. Changes: a small value of the store.
 */
import type { Json, Store } from '../../store/store.ts';

/** Of one organization whose blocks wait, or are held because they have waited for too long. */
export interface MailWait {
  /** When the first of them began to, ISO 8601 UTC. */
  readonly since: string;
  /** When a person was told last, ISO 8601 UTC; null: nobody was yet. */
  readonly toldAt: string | null;
  /** The run of the flows that has shown it. */
  readonly shownBy: string | null;
}

const NAME = 'access.mailWait';

type Kept = Readonly<Record<string, MailWait>>;

/** Null: none waits. */
export async function mailWaitOf(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
): Promise<MailWait | null> {
  return keptIn(await settings.get(NAME))[organization] ?? null;
}

/** True while a block of any organization of the store waits. */
export async function isAnyWaiting({ settings }: Pick<Store, 'settings'>): Promise<boolean> {
  return Object.keys(keptIn(await settings.get(NAME))).length > 0;
}

/** @param change null: none waits; the same: it stays */
export async function editMailWait(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
  change: (wait: MailWait | null) => MailWait | null,
): Promise<void> {
  await settings.edit(NAME, (kept) => {
    const { [organization]: wait = null, ...others } = keptIn(kept);
    const changed = change(wait);
    if (changed === wait) return kept;
    return (changed === null ? others : { ...others, [organization]: changed }) as unknown as Json;
  });
}

function keptIn(kept: Json): Kept {
  return (kept ?? {}) as unknown as Kept;
}
