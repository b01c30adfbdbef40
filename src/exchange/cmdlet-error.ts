/** What Exchange says when a cmdlet fails, as one of our errors. Shared by every transport. */
import { ConnectorError, isConnectorError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import { splitExchangePrefix } from '../wsman/fault.ts';

/** The facts of an error record (MS-PSRP 2.2.3.15) or of a REST error, as far as they were there. Foreign text. */
export interface CmdletFailure {
  readonly message: string | null;
  /** FullyQualifiedErrorId. */
  readonly errorId?: string | null;
  /** ErrorCategory_Category as number or name. */
  readonly category?: string | null;
  /** ErrorCategory_Reason: usually the exception's short type name. */
  readonly reason?: string | null;
  /** Exception type name, most derived. */
  readonly exception?: string | null;
  /** ErrorCategory_TargetName: what the error is about. */
  readonly target?: string | null;
  readonly requestId?: string | null;
  readonly server?: string | null;
  readonly failureCategory?: string | null;
}

/** The error of a failed cmdlet: ERR_EXCHANGE_CMDLET, or ERR_EXCHANGE_CMDLET_UNKNOWN if the account lacks the cmdlet. */
export function cmdletError(cmdlet: string, failure: CmdletFailure): ConnectorError {
  // Exchange puts its groups before texts and error ids alike (KB 2898571).
  const message = splitExchangePrefix(failure.message ?? '');
  const errorId = splitExchangePrefix(failure.errorId ?? '');
  const prefix = message.prefix ?? errorId.prefix;
  const text = foreignText(message.text) ?? 'no text was given';
  const facts = {
    cmdlet,
    errorId: foreignText(errorId.text),
    category: foreignText(failure.category),
    reason: foreignText(failure.reason),
    exception: foreignText(failure.exception),
    target: foreignText(failure.target),
    server: foreignText(failure.server ?? prefix?.backEndServer),
    requestId: foreignText(failure.requestId ?? prefix?.requestId),
    failureCategory: foreignText(failure.failureCategory ?? prefix?.failureCategory ?? errorId.prefix?.failureCategory),
  };
  const known = Object.entries(facts).filter((entry): entry is [string, string] => entry[1] !== null);
  return new ConnectorError(codeOf(failure), `${cmdlet} failed: ${/[.!?]$/.test(text) ? text : `${text}.`}`, {
    details: Object.fromEntries(known),
  });
}

function codeOf(failure: CmdletFailure): ErrorCode {
  // A cmdlet outside the account's roles does not exist in its session (PowerShell's own words for it).
  const missing = [failure.reason, failure.exception, failure.errorId].some((text) =>
    text?.includes('CommandNotFoundException'),
  );
  return missing ? 'ERR_EXCHANGE_CMDLET_UNKNOWN' : 'ERR_EXCHANGE_CMDLET';
}

/*
 *   exception, error id or failure category      text                       the object named in the call
 *   say so, or the category is ObjectNotFound    any                        does not exist
 *   name something else                          any, also "couldn't be     may exist: its database or a domain controller was
 *                                                found"                     not found
 *   there are none                               "couldn't be found"        does not exist
 */

/** True if the error says that the object named in the call does not exist. */
export function isNotFound(error: unknown): boolean {
  if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET')) return false;
  const { errorId, reason, exception, failureCategory, category } = error.details;
  const names = [errorId, reason, exception, failureCategory].filter((text) => typeof text === 'string');
  if (category === 'ObjectNotFound' || names.some((text) => NOT_FOUND.test(text))) return true;
  return !names.some((text) => /Exception\b/.test(text)) && /couldn['’]t be found/i.test(error.message);
}

const NOT_FOUND = /ManagementObjectNotFound|ObjectNotFound|RecipientNotFound/i;

/** True if the error says that the server does not take the filter (a property it cannot filter by). */
export function isFilterRefused(error: unknown): boolean {
  if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET')) return false;
  return (
    /filter/i.test(error.message) &&
    /(invalid|not supported|isn['’]t|recognized|filterable|cannot|can['’]t)/i.test(error.message)
  );
}
