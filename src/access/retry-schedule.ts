/** When a change that failed is tried again: with backoff for up to a week, then a person must look. Pure. */

const MINUTE_MS = 60_000;
/** First wait; each further one is twice as long. */
export const FIRST_RETRY_MS = MINUTE_MS;
/** Longest wait between two tries: what fails at night is tried again before work begins. */
export const LONGEST_RETRY_MS = 6 * 60 * MINUTE_MS;
/** After this long since the first try, no further one: a week spans every weekend and most holidays. */
export const GIVE_UP_MS = 7 * 24 * 60 * MINUTE_MS;

/** What comes after a failed try. Times in milliseconds since 1970. */
export type NextAttempt = { readonly kind: 'retry'; readonly at: number } | { readonly kind: 'attention' };

/**
 * @param attempts tries made so far, this one included
 * @param firstAt when the first one was made
 */
export function nextAttempt(attempts: number, firstAt: number, now: number): NextAttempt {
  const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  return now + wait - firstAt > GIVE_UP_MS ? { kind: 'attention' } : { kind: 'retry', at: now + wait };
}
