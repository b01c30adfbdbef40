/** What one step of the notifier's check found. */

/** `unknown`: not proven, look at the text. */
export type CheckVerdict = 'ready' | 'unknown' | 'failed';

export interface CheckResult {
  readonly verdict: CheckVerdict;
  /** What was seen, for a person. */
  readonly text: string;
}
