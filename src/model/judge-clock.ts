/** What is said of the difference between a server's clock and ours. Pure. */
import type { CheckFinding } from './check-report.ts';
import type { COMMON_EN } from './check-words.ts';
import { sayer } from './say.ts';

const said = sayer<typeof COMMON_EN>();

/** More than NTP leaves by far. */
const APART_MS = 30_000;
/**
 * Kerberos ends there (RFC 4120 1.6, Windows' default "maximum tolerance for computer clock synchronization"), and so do Entra's
 * sign-ins by certificate.
 */
const FAR_MS = 300_000;

/** What may be found of a clock. */
export type ClockVerdict = 'clock.untold' | 'clock.same' | 'clock.apart' | 'clock.far';

/**
 * | difference, without what it was measured by | verdict      |
 * |---------------------------------------------|--------------|
 * | not measured                                | clock.untold |
 * | up to 30 s                                  | clock.same   |
 * | up to 5 min                                 | clock.apart  |
 * | more                                        | clock.far    |
 * @param whose the server, as in "The clock of …"
 */
export function judgeClock(
  whose: string,
  measured: { readonly offsetMs: number; readonly marginMs: number } | null,
): CheckFinding<ClockVerdict> {
  if (measured === null) return { verdict: 'clock.untold', seen: said('clock.untold') };
  const { offsetMs, marginMs } = measured;
  const apart = Math.max(0, Math.abs(offsetMs) - marginMs);
  const within = Math.ceil(marginMs / 1000);
  const seconds = Math.round(Math.abs(offsetMs) / 1000);
  const seen =
    apart === 0
      ? said('clock.same', { whose, within })
      : said(offsetMs > 0 ? 'clock.ahead' : 'clock.behind', { whose, seconds, within });
  return { verdict: apart > FAR_MS ? 'clock.far' : apart > APART_MS ? 'clock.apart' : 'clock.same', seen };
}
