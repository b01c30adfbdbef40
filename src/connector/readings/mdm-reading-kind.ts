/** Which kind of reading of an MDM is due. Pure. */

/** With quick readings the whole picture is never older than this, if there are starts. */
export const FULL_EVERY_MS = 4 * 3_600_000;

/** Clocks may differ; an earlier reading that began further in the future than this says nothing about its age. */
const SKEW_MS = 15 * 60_000;

/** Devices that are read one by one, at least, and of how many one: more cost Graph more than a full reading. */
const SINGLES = { atLeast: 200, oneOf: 50 };

/** What Entra tells of the devices that changed. */
export type EntraSays = 'few' | 'many' | 'expired' | 'forbidden';

/** Why a reading is a full one. */
export type WhyFull = 'set' | 'asked' | 'first' | 'due' | 'no-link' | Exclude<EntraSays, 'few'>;

/** What is known at a start, before Entra is asked. */
export interface KindFacts {
  /** What the source reads when the start does not say. */
  readonly setting: 'full' | 'quick';
  /** What the start asks for. */
  readonly asked: 'full' | 'quick' | undefined;
  /** When the last full reading began, ISO 8601 UTC; null: there is none. */
  readonly fullStartedAt: string | null;
  /** Up to where the changes in Entra were heard of is known. */
  readonly hasLink: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/*
 *   setting   asked for        last full reading began        link   Entra says     read
 *   full      anything         at any time, or never          any    not asked      full: set
 *   quick     full             at any time, or never          any    what changed   full: asked
 *   quick     quick, nothing   never                          any    what changed   full: first
 *   quick     quick, nothing   4 hours ago or longer, or in   any    what changed   full: due
 *                              the future
 *   quick     quick, nothing   less than 4 hours ago          no     what changed   full: no-link
 *   quick     quick, nothing   less than 4 hours ago          yes    few            quick
 *   quick     quick, nothing   less than 4 hours ago          yes    many           full: many
 *   quick     quick, nothing   less than 4 hours ago          yes    expired        full: expired, and Entra from the start
 *   quick     quick, nothing   less than 4 hours ago          yes    forbidden      full: forbidden
 *   quick     quick, nothing   less than 4 hours ago          yes    fails          none: it fails, and the next one tries
 *
 * A full reading does not need Entra: where that fails or is forbidden, it is read all the same, and the next one is full too.
 */

/** Why the reading is full whatever Entra says; null: that decides. */
export function whyFull({ setting, asked, fullStartedAt, hasLink, now }: KindFacts): WhyFull | null {
  if (setting === 'full') return 'set';
  if (asked === 'full') return 'asked';
  if (fullStartedAt === null) return 'first';
  const age = now - Date.parse(fullStartedAt);
  if (!(age >= -SKEW_MS && age < FULL_EVERY_MS)) return 'due';
  return hasLink ? null : 'no-link';
}

/** How many devices may be read one by one. @param known records of the MDM */
export function mostSingles(known: number): number {
  return Math.max(SINGLES.atLeast, Math.floor(known / SINGLES.oneOf));
}
