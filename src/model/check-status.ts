/** What the steps of a check, and a check as a whole, may come to: the Autodiscover check and that of an Exchange server. */

/** `skipped`: not needed, or not possible after an earlier step. `unknown`: nothing can be said. */
export type StepStatus = 'ok' | 'warning' | 'error' | 'unknown' | 'skipped';

/**
 * `healthy`: all that was asked for was proven. `warning`: it works, and something wants to be looked at. `broken`: it does not.
 * `unknown`: it could not be proven, neither way.
 */
export type Overall = 'healthy' | 'warning' | 'broken' | 'unknown';

/** Before a line of text. */
export const STATUS_SIGNS: Readonly<Record<StepStatus | Overall, string>> = {
  ok: '✓',
  healthy: '✓',
  warning: '!',
  error: '✗',
  broken: '✗',
  unknown: '?',
  skipped: '–',
};
