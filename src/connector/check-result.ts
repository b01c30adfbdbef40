/** What one step of a check found: of the notifier's, or of the preflight of a sync. */
import { asConnectorError, throwIfAborted } from '../errors.ts';
import type { ConnectorError, ErrorCode } from '../errors.ts';

/** `unknown`: not proven, look at the text. */
export type CheckVerdict = 'ready' | 'unknown' | 'failed';

export interface CheckResult {
  readonly verdict: CheckVerdict;
  /** What was seen, for a person. */
  readonly text: string;
  /** Why it failed. */
  readonly code?: ErrorCode;
}

/** The worst of them: `failed` is red, `unknown` is yellow, `ready` is green. */
export function worstOf(results: readonly Pick<CheckResult, 'verdict'>[]): CheckVerdict {
  const has = (verdict: CheckVerdict): boolean => results.some((result) => result.verdict === verdict);
  return has('failed') ? 'failed' : has('unknown') ? 'unknown' : 'ready';
}

/**
 * Looks; what is thrown is what was found.
 * @param onFailure hears the error behind a failure
 * @throws ERR_ABORTED
 */
export async function looked<Result extends CheckResult>(
  look: () => Promise<Result> | Result,
  signal: AbortSignal,
  onFailure: (error: ConnectorError) => void = () => undefined,
): Promise<Result | CheckResult> {
  throwIfAborted(signal);
  try {
    return await look();
  } catch (thrown) {
    const error = asConnectorError(thrown);
    throwIfAborted(signal);
    onFailure(error);
    return { verdict: 'failed', text: error.message, code: error.code };
  }
}
