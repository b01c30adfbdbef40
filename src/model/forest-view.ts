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

/**
 * True if sessions saw the whole forest lately and not all records are of it: the next reading has to be a full one, for a quick
 * one looks at what changed alone.
 */
export function wantsFullReading(kept: KeptView | null, isIncomplete: boolean): boolean {
  return kept?.seen === 'forest' && (kept.covers !== 'forest' || isIncomplete);
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
