/** Numbers, times and bars as they are shown. Pure. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/*
 *   seconds              unit
 *   below 90             second
 *   below 90 minutes     minute
 *   below 36 hours       hour
 *   more                 day
 */
const UNITS = [
  { below: 90, unit: 'second', size: 1 },
  { below: 90 * MINUTE, unit: 'minute', size: MINUTE },
  { below: 36 * HOUR, unit: 'hour', size: HOUR },
  { below: Infinity, unit: 'day', size: DAY },
] as const;

/** How long ago, in words. @param seconds not negative */
export function agoText(seconds: number, language: string): string {
  const { unit, size } = unitOf(seconds);
  return new Intl.RelativeTimeFormat(language).format(-Math.round(seconds / size), unit);
}

/** How long, in words, such as `15 min`, or `20 ms` below a second. @param seconds not negative */
export function spanText(seconds: number, language: string): string {
  if (seconds > 0 && seconds < 1) return inUnit(seconds * 1000, 'millisecond', 0, language);
  const { unit, size } = unitOf(seconds);
  const digits = size === 1 && seconds < 10 ? 1 : 0;
  return inUnit(seconds / size, unit, digits, language);
}

function inUnit(value: number, unit: string, maximumFractionDigits: number, language: string): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits }).format(value);
}

function unitOf(seconds: number): (typeof UNITS)[number] {
  return UNITS.find(({ below }) => seconds < below) ?? UNITS[3];
}

/** A point in time by the clock of who looks. @param iso ISO 8601 */
export function timeText(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

/** A day. @param day such as `2026-06-02`, of UTC */
export function dayText(day: string, language: string): string {
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(day));
}

export function numberText(value: number, language: string): string {
  return new Intl.NumberFormat(language).format(value);
}

/*
 *   which count     bound
 *   a bound has     up to that bound
 *   the last        longer than the last bound
 */

/** Up to where each count of a distribution goes, in words. @param more what is longer than every bound, with `{span}` */
export function boundTexts(bounds: readonly number[], language: string, more: string): string[] {
  const last = spanText(bounds.at(-1) ?? 0, language);
  return [...bounds.map((bound) => spanText(bound, language)), more.replace('{span}', last)];
}

/** One bar of a chart, in the chart's own units. */
export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A bar a value, side by side, the highest as high as the chart; what is more than nothing can be seen. */
export function barsOf(values: readonly number[], { width, height }: { width: number; height: number }): Bar[] {
  const most = Math.max(1, ...values);
  const room = width / Math.max(1, values.length);
  return values.map((value, n) => {
    const high = value === 0 ? 0 : Math.max(1, (value / most) * height);
    return { x: n * room + room * 0.1, y: height - high, width: room * 0.8, height: high };
  });
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
