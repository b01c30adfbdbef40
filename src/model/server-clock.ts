/** Clocks of far ends: their times are compared with ours only with what the clocks differ by, and how sure that is. Pure. */

/** How a server's clock stands to ours. */
export interface ServerClock {
  /** The server's time minus ours, milliseconds. */
  readonly offsetMs: number;
  /** It may be off by so much. */
  readonly marginMs: number;
}

/** A clock of which nobody knows how it stands: the server sent no `Date`, or what it wrote came by a file. */
export const UNKNOWN_CLOCK: ServerClock = { offsetMs: 0, marginMs: 10 * 60_000 };

/** Ours. */
export const OWN_CLOCK: ServerClock = { offsetMs: 0, marginMs: 0 };

/** What a kept measurement says of a clock; null or undefined: there is none. */
export function clockOf(measured: ServerClock | null | undefined): ServerClock {
  return measured ?? UNKNOWN_CLOCK;
}

/*
 *   the two times                       the one may be at or after the other
 *   of two clocks                       if it is, with the one as late and the other as early as their margins allow
 *   one of them is not known (NaN)      yes
 *   of one clock                        not asked here: what the clock is off by, both are, and they compare as they are
 */

/**
 * True unless a time of one server is certainly before a time of another. Who asks takes the side on which an error harms
 * nobody.
 * @param at milliseconds since 1970, by `clock`
 * @param other milliseconds since 1970, by `otherClock`
 */
export function mayBeSince(at: number, clock: ServerClock, other: number, otherClock: ServerClock): boolean {
  return !(at + latestByOurs(clock) < other - otherClock.offsetMs - otherClock.marginMs);
}

/** What is added to a time of the server for the latest time by our clock that it may mean, milliseconds. */
export function latestByOurs({ offsetMs, marginMs }: ServerClock): number {
  return marginMs - offsetMs;
}

/*
 *   the clock before   measured now            then counts   is another one: what was decided by it is looked at anew
 *   any                as before, within its   before        no: two measurements are never quite equal
 *                      margin, and no sharper
 *   any                otherwise               now           yes
 *   known or not       the other               now           yes
 *   not known          not known               –             no
 */

/** Which measurement is kept after a reading; null: nobody knows it. */
export function clockAfter(before: ServerClock | null, measured: ServerClock | null): ServerClock | null {
  if (before === null || measured === null) return measured;
  const apart = Math.abs(before.offsetMs - measured.offsetMs);
  return apart <= measured.marginMs && before.marginMs <= measured.marginMs ? before : measured;
}

/** A clock as a message or the store has it; null for anything else. */
export function readClock(value: unknown): ServerClock | null {
  const { offsetMs, marginMs } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return isMs(offsetMs) && isMs(marginMs) && marginMs >= 0 ? { offsetMs, marginMs } : null;
}

function isMs(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
