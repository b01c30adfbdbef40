/** A report of Intune that cannot be used. */
import { ConnectorError, ERROR_HELP } from '../../errors.ts';

/** Where it failed: the job, its address, the download, the archive, its rows. */
export type ExportStep = 'job' | 'address' | 'download' | 'archive' | 'rows';

/** ERR_GRAPH_EXPORT. @param why as "has no rows"; no address: a signed one lets in whoever has it */
export function exportError(
  step: ExportStep,
  why: string,
  details: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): ConnectorError {
  return new ConnectorError('ERR_GRAPH_EXPORT', `The report of all devices ${why}.`, {
    details: { step, ...details },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What was seen, without what to check: for a sentence that says something else about that. */
export function seenIn({ code, message }: ConnectorError): string {
  const help = ` ${ERROR_HELP[code]}`;
  return message.endsWith(help) ? message.slice(0, -help.length) : message;
}

/** For a sentence that goes on. */
export function withoutEnd(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
