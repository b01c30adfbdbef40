/** What is said of the difference between two clocks. Pure. */
import type { Finding } from './report.ts';

/** Kerberos ends there (RFC 4120 1.6, Windows' default "maximum tolerance for computer clock synchronization"). */
const KERBEROS_MS = 300_000;
/** More than NTP leaves by far. */
const APART_MS = 30_000;

/**
 * | difference, without what it was measured by | verdict      |
 * |---------------------------------------------|--------------|
 * | not measured                                | clock.untold |
 * | up to 30 s                                  | clock.same   |
 * | up to 5 min                                 | clock.apart  |
 * | more                                        | clock.far    |
 */
export function judgeClock(measured: { readonly offsetMs: number; readonly marginMs: number } | null): Finding {
  if (measured === null) return { verdict: 'clock.untold', seen: 'No answer had a date.' };
  const { offsetMs, marginMs } = measured;
  const apart = Math.max(0, Math.abs(offsetMs) - marginMs);
  const way = offsetMs > 0 ? 'ahead of' : 'behind';
  const seen =
    apart === 0
      ? `The clock of Exchange agrees with this one, within ${Math.ceil(marginMs / 1000)} s.`
      : `The clock of Exchange is ${Math.round(Math.abs(offsetMs) / 1000)} s ${way} this one, measured to ${Math.ceil(marginMs / 1000)} s.`;
  const verdict = apart > KERBEROS_MS ? 'clock.far' : apart > APART_MS ? 'clock.apart' : 'clock.same';
  return { verdict, seen };
}
