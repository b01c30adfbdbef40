/** A time as a person names it, in a rule or a message. Pure. */

const DAY_MS = 86_400_000;

const FORM = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/*
 *   named is                                     the time from then on          the time until then
 *   a day, as 2026-12-31                         its beginning, UTC             its end, UTC: the day is included
 *   a time with its zone                         that moment                    that moment
 *   anything else: a time without a zone, the    NaN                            NaN
 *   30th of February, 12/11/2026, words
 */

/** The moment from which on something counts. @returns milliseconds since 1970; NaN: it is no time */
export function timeFrom(named: unknown): number {
  return momentOf(named, 0);
}

/** The moment until which something counts; a day is included. @returns milliseconds since 1970; NaN: it is no time */
export function timeUntil(named: unknown): number {
  return momentOf(named, DAY_MS);
}

function momentOf(named: unknown, ofDay: number): number {
  const [text, day, time] = FORM.exec(typeof named === 'string' ? named.trim() : '') ?? [];
  const midnight = Date.parse(`${day}T00:00:00.000Z`);
  // The 30th of February is a day in March to JavaScript.
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().slice(0, 10) === day;
  if (!isDay || text === undefined) return Number.NaN;
  return time === undefined ? midnight + ofDay : Date.parse(text);
}
