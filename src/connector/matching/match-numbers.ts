/**
 * Which match of an organization is newer than which: a flow may copy the pages between matcher and switch, hold them back, or
 * let one overtake the other.
 * In: a match that begins; one whose plan is valid. Out: its number; whether a page is of an older one. Changes: both numbers.
 */
import type { Store } from '../../store/store.ts';

type NumberParts = Pick<Store, 'settings'>;

/** The numbers of an organization, counted from 1; 0: there was none. */
interface KeptNumbers {
  /** Of the match that began last. */
  readonly begun: number;
  /** Of the newest one whose plan became valid. */
  readonly decided: number;
}

const NONE: KeptNumbers = { begun: 0, decided: 0 };

function settingName(organization: string): string {
  return `access.matches.${organization}`;
}

/** The number of a match that begins now, before it looks at anything. */
export async function nextMatch({ settings }: NumberParts, organization: string): Promise<number> {
  let begun = 0;
  await edit(settings, organization, (kept) => {
    begun = kept.begun + 1;
    return { ...kept, begun };
  });
  return begun;
}

/** The plan of a match is valid; within that transaction. @param match null: its pages do not say */
export async function decidedMatch(
  { settings }: NumberParts,
  organization: string,
  match: number | null,
): Promise<void> {
  if (match === null) return;
  await edit(settings, organization, (kept) =>
    isOwn(kept, match) ? { ...kept, decided: Math.max(kept.decided, match) } : kept,
  );
}

/*
 *   a page of a match                        is
 *   without a number: dry, or rebuilt        taken
 *   whose number this store has not given    taken: its matcher has another store, and counts for itself
 *   older than the one that is decided now   passed over: that one knows more
 *   decided already, or older than such      passed over: it would undo what was decided since
 *   otherwise                                taken
 */

/** True for a page of a match that a newer one has overtaken, or that was decided. @param open number of the one that is decided now */
export async function isOvertaken(
  { settings }: NumberParts,
  { organization, match }: { readonly organization: string; readonly match: number | null },
  open: number | null,
): Promise<boolean> {
  if (match === null) return false;
  const kept = await read(settings, organization);
  if (!isOwn(kept, match)) return false;
  return match <= kept.decided || (open !== null && isOwn(kept, open) && match < open);
}

/** True for a number that this store has given. */
function isOwn({ begun }: KeptNumbers, match: number): boolean {
  return match <= begun;
}

async function read(settings: NumberParts['settings'], organization: string): Promise<KeptNumbers> {
  return ((await settings.get(settingName(organization))) as KeptNumbers | null) ?? NONE;
}

async function edit(
  settings: NumberParts['settings'],
  organization: string,
  change: (kept: KeptNumbers) => KeptNumbers,
): Promise<void> {
  await settings.edit(settingName(organization), (kept) => ({ ...change((kept as KeptNumbers | null) ?? NONE) }));
}
