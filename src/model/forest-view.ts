/**
 * What of an Active Directory forest a reading of Exchange has seen, and what that means for the records of the reading before.
 * A session sees the mailboxes of its servers' own domain until Set-ADServerSettings -ViewEntireForest $true was run in it
 * (https://learn.microsoft.com/powershell/module/exchange/set-adserversettings). Pure.
 */

/**
 * `forest`: all of it. `domain`: the servers' own domain, as the Exchange server's configuration wants it. `refused`: the servers'
 * own domain, though all was asked for: the account may not run the cmdlet, or the cmdlet failed.
 */
export type ForestView = 'forest' | 'domain' | 'refused';

const WEAKEST_FIRST: readonly ForestView[] = ['refused', 'domain', 'forest'];

/** The one of two that sees less: a reading over several sessions has seen as much as the one that saw least. */
export function lesserView(one: ForestView | null, other: ForestView | null): ForestView | null {
  if (one === null || other === null) return one ?? other;
  return WEAKEST_FIRST.indexOf(one) < WEAKEST_FIRST.indexOf(other) ? one : other;
}

/** A view as a message or the store has it; null: it is none, and nobody says. */
export function readView(value: unknown): ForestView | null {
  return WEAKEST_FIRST.find((view) => view === value) ?? null;
}

/** What the store knows of the view of an organization's records. */
export interface KeptView {
  /** What the records are of; null: nobody knows. */
  readonly covers: 'forest' | 'domain' | null;
  /** What the last reading saw. */
  readonly seen: ForestView;
  /** When the first reading began that saw the whole forest where one before had not, ISO 8601 UTC; absent: none has. */
  readonly grownAt?: string;
}

/** A reading as far as it counts here. */
export interface ViewedReading {
  readonly kind: 'full' | 'quick';
  readonly startedAt: string;
  /** Null: nobody says, as of Exchange Online, a simulation, or records by message. */
  readonly view: ForestView | null;
}

/** What is kept after a reading. */
export interface ViewAfter {
  readonly view: KeptView | null;
  /** True: the records of other domains were there before, and this reading could not see them: it is incomplete. */
  readonly isShrunk: boolean;
}

/*
 *   reading   saw       records before are of   then they are of         grown at      incomplete
 *   full      forest    nothing: it is first    forest                   –             no
 *   full      forest    forest                  forest                   as before     no
 *   full      forest    domain, nobody knows    forest                   its start     no
 *   any       refused   forest                  forest                   as before     yes
 *   full      refused   all else                domain                   –             no
 *   full      domain    any                     domain                   –             no: an administrator wants it so
 *   quick     all else  any                     what they were of        as before     no
 *   full      unsaid    any                     nobody knows: no view    –             no
 *   quick     unsaid    any                     as before                as before     no
 */

/** @param before what was kept; null: nobody knew. @param isFirst there are no records yet */
export function viewAfter(
  before: KeptView | null,
  { kind, startedAt, view }: ViewedReading,
  isFirst: boolean,
): ViewAfter {
  if (view === null) return { view: kind === 'full' ? null : before, isShrunk: false };
  const grown = before?.grownAt === undefined ? {} : { grownAt: before.grownAt };
  const covers = before?.covers ?? null;
  if (view === 'refused' && covers === 'forest') return { view: { covers, seen: view, ...grown }, isShrunk: true };
  if (kind === 'quick') return { view: { covers, seen: view, ...grown }, isShrunk: false };
  if (view !== 'forest') return { view: { covers: 'domain', seen: view }, isShrunk: false };
  const since = isFirst ? {} : covers === 'forest' ? grown : { grownAt: startedAt };
  return { view: { covers: 'forest', seen: view, ...since }, isShrunk: false };
}

/*
 *   the last reading saw   the records are of          mailboxes that it could not see   the next reading has to be full
 *   forest                 forest                      none                              no
 *   forest                 forest                      some, or not known which          yes: what changed there meanwhile
 *   forest                 domain, nobody knows        –                                 yes: a quick one has the changes alone
 *   refused                forest                      not known which                   yes: a full one knows
 *   anything else          any                         any                               no
 */

/** True if a quick reading would not do. @param outside the mailboxes that the last reading could not see; null: there are none */
export function wantsFullReading(kept: KeptView | null, outside: readonly string[] | null): boolean {
  if (kept?.seen === 'forest') return kept.covers !== 'forest' || outside !== null;
  return kept?.seen === 'refused' && kept.covers === 'forest' && outside?.length === 0;
}

const WEEK_MS = 7 * 86_400_000;

/*
 *   the first reading of the whole forest, where there was one before, began    it is told with what the brake holds
 *   never                                                                        no
 *   less than a week ago                                                         yes: a plan may wait so long for a person
 *   longer ago                                                                   no
 */

/** When it began; null: it is not told. @param now milliseconds since 1970 */
export function wholeLately(kept: KeptView | null, now: number): string | null {
  const grownAt = kept?.grownAt ?? null;
  return grownAt !== null && now - Date.parse(grownAt) < WEEK_MS ? grownAt : null;
}

/** A kept view, read back; null: there is none. */
export function readKeptView(value: unknown): KeptView | null {
  if (typeof value !== 'object' || value === null) return null;
  const { covers, seen, grownAt } = value as Readonly<Record<string, unknown>>;
  const view = readView(seen);
  if (view === null) return null;
  return {
    covers: covers === 'forest' || covers === 'domain' ? covers : null,
    seen: view,
    ...(typeof grownAt === 'string' ? { grownAt } : {}),
  };
}
