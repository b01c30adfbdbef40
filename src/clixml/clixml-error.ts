/** The two ways CLIXML can be refused, and how much of it is read. */
import { ConnectorError } from '../errors.ts';

/** Safety limits of a reading. A server we do not control sends these documents. */
export interface ClixmlLimits {
  /** `Obj` nested in `Obj`, the outermost counted. .NET's own reader stops at 50 below the top (serialization.cs). */
  readonly depth: number;
  /** XML elements of one document, those a `Ref` repeats counted each time. */
  readonly elements: number;
  /** UTF-16 code units of one document. */
  readonly characters: number;
}

/** 16 Mi characters and 500,000 elements: many times the largest object Exchange sends, few enough to read in a second. */
export const CLIXML_LIMITS: ClixmlLimits = { depth: 64, elements: 500_000, characters: 16 * 1024 * 1024 };

/** ERR_CLIXML_INVALID: the document is not what MS-PSRP 2.2.5 describes. */
export function clixmlInvalid(seen: string, cause?: unknown): ConnectorError {
  return new ConnectorError('ERR_CLIXML_INVALID', `Unreadable CLIXML: ${seen}.`, cause === undefined ? {} : { cause });
}

/** ERR_CLIXML_LIMIT: the document is beyond a {@link ClixmlLimits}. */
export function clixmlLimit(name: keyof ClixmlLimits, limit: number): ConnectorError {
  return new ConnectorError('ERR_CLIXML_LIMIT', `CLIXML with more than ${limit} ${name}.`, {
    details: { limit, name },
  });
}
