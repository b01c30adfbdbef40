/**
 * The messages of Exchange Online's InvokeCommand: what is posted, and how answers and errors read. Pure.
 * The interface is not documented; its facts are those clients in use have found (CIPP-API New-ExoRequest.ps1,
 * ExoHelper Invoke-ExoCommand.ps1 and Get-ExoException.ps1).
 */
import type { PlainObject, PlainValue } from '../../clixml/value.ts';
import { ConnectorError } from '../../errors.ts';
import { foreignText } from '../../model/foreign.ts';
import { cmdletError } from '../cmdlet-error.ts';
import type { CmdletCall, CmdletValue } from '../transport.ts';

/** The mailbox whose server handles the requests of an application: the organization's arbitration mailbox. */
const ARBITRATION_MAILBOX = 'SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}';

/** Where the requests of a tenant go. `base` without a trailing slash, e.g. https://outlook.office365.com/adminapi/beta. */
export function invokeUrl(base: string, tenantId: string): string {
  return `${base}/${encodeURIComponent(tenantId)}/InvokeCommand`;
}

/** Headers of every request of one call. */
export function invokeHeaders(
  call: CmdletCall,
  options: { tenantId: string; token: string; connectionId: string; requestId: string; pageSize: number },
): Record<string, string> {
  return {
    Authorization: `Bearer ${options.token}`,
    Accept: 'application/json',
    'Content-Type': 'application/json; charset=utf-8',
    'X-AnchorMailbox': `APP:${ARBITRATION_MAILBOX}@${options.tenantId}`,
    'X-CmdletName': call.cmdlet,
    'X-ResponseFormat': 'json',
    'X-ClientApplication': 'eas-connector',
    Prefer: `odata.maxpagesize=${options.pageSize}`,
    'client-request-id': options.requestId,
    'connection-id': options.connectionId,
  };
}

/** The body of a call; edits of a list become the hashtable type the service wants. */
export function invokeBody(call: CmdletCall): string {
  const Parameters = Object.fromEntries(
    Object.entries(call.parameters).map(([name, value]) => [name, parameterValue(value)]),
  );
  return JSON.stringify({ CmdletInput: { CmdletName: call.cmdlet, Parameters } });
}

function parameterValue(value: CmdletValue): unknown {
  if (typeof value !== 'object' || value === null || !isEdit(value)) return value;
  return { '@odata.type': '#Exchange.GenericHashTable', ...value };
}

function isEdit(value: object): value is { Add?: readonly string[]; Remove?: readonly string[] } {
  return !Array.isArray(value);
}

/** One page of an answer. */
export interface OnlinePage {
  readonly objects: readonly PlainObject[];
  readonly warnings: readonly string[];
  /** Where the next page is asked for, or null. */
  readonly nextLink: string | null;
}

/**
 * Reads an answer with status 2xx.
 * @param url where it came from: the next page must be there too
 * @throws ERR_EXCHANGE_CMDLET if it is an error all the same; ERR_HTTP_NOT_EXPECTED if it is no answer of this service;
 *   ERR_HTTP_REDIRECT if the next page is on another server
 */
export function readPage(cmdlet: string, body: Buffer, url: string): OnlinePage {
  const answer = parseJson(body);
  if (!isRecord(answer)) throw notExpected(body);
  if (isRecord(answer['error'])) throw readError(cmdlet, 200, {}, body);
  const { value } = answer;
  // A cmdlet without output answers without `value`, or with null.
  if (value !== undefined && value !== null && !Array.isArray(value)) throw notExpected(body);
  const warnings = answer['@adminapi.warnings'];
  return {
    objects: ((value ?? []) as unknown[]).filter((one) => isRecord(one)).map(toPlainObject),
    warnings: (Array.isArray(warnings) ? warnings : []).map(foreignText).filter((text) => text !== null),
    nextLink: nextLink(answer['@odata.nextLink'], url),
  };
}

function nextLink(link: unknown, from: string): string | null {
  if (typeof link !== 'string' || link === '') return null;
  const here = new URL(from);
  const next = URL.canParse(link, from) ? new URL(link, from) : null;
  // The token goes with the request: nowhere but where it was meant for.
  if (next === null || next.origin !== here.origin || !next.pathname.startsWith('/adminapi/') || next.username !== '') {
    throw new ConnectorError(
      'ERR_HTTP_REDIRECT',
      `Exchange Online points to ${next?.host ?? 'no address'} for the next page.`,
    );
  }
  return next.href;
}

/** A JSON object with OData's annotations dropped and harmless names. */
function toPlainObject(record: Record<string, unknown>): PlainObject {
  const plain: Record<string, PlainValue> = Object.create(null) as Record<string, PlainValue>;
  for (const [name, value] of Object.entries(record)) {
    if (!name.includes('@')) plain[name] = toPlainValue(value);
  }
  return plain;
}

function toPlainValue(value: unknown): PlainValue {
  if (Array.isArray(value)) return value.map(toPlainValue);
  if (isRecord(value)) return toPlainObject(value);
  return (value ?? null) as PlainValue;
}

/**
 * The error an answer says. The text is `code|exception type|message`, in `error.details.message`, or in
 * `error.innererror.internalException.message`, or in `error.message`; or the body is bare text or a web page.
 */
export function readError(
  cmdlet: string,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): ConnectorError {
  const answer = parseJson(body);
  const error = isRecord(answer) && isRecord(answer['error']) ? answer['error'] : null;
  const exceptionHeader = headerText(headers['x-exceptiontype']);
  if (error === null && exceptionHeader === null) {
    const text =
      foreignText(
        body
          .subarray(0, 2000)
          .toString('utf8')
          .replace(/<[^>]*>/g, ' '),
      )?.slice(0, 200) ?? 'nothing';
    return new ConnectorError('ERR_HTTP_STATUS', `Exchange Online answered ${status}: ${text}.`, {
      details: { status },
    });
  }
  const text = errorText(error) ?? body.subarray(0, 500).toString('utf8');
  const parts = /^([^|]*)\|([^|]*)\|([^]*)$/.exec(text);
  return cmdletError(cmdlet, {
    message: parts?.[3] ?? text,
    errorId: parts?.[1] ?? stringOf(error?.['code']),
    exception: parts?.[2] ?? exceptionHeader,
    requestId: headerText(headers['request-id']),
  });
}

function errorText(error: Record<string, unknown> | null): string | null {
  if (error === null) return null;
  const details: unknown = Array.isArray(error['details']) ? (error['details'] as unknown[])[0] : error['details'];
  const fromDetails = isRecord(details) ? stringOf(details['message']) : null;
  if (fromDetails !== null) return fromDetails;
  const inner = isRecord(error['innererror'])
    ? (error['innererror']['internalException'] ?? error['innererror']['internalexception'])
    : null;
  return (isRecord(inner) ? stringOf(inner['message']) : null) ?? stringOf(error['message']);
}

/**
 * How long the service wants us to wait, in milliseconds; null if the answer is not about load.
 * @param attempt how often it was asked before, for answers that name no time (3 s more each time, as ExoHelper waits)
 */
export function throttleMs(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
  attempt: number,
  now: number,
): number | null {
  const busy = [408, 429, 503, 504].includes(status);
  if (
    !busy &&
    !(status >= 400 && /maximum number of concurrent requests/i.test(body.subarray(0, 4000).toString('utf8')))
  )
    return null;
  const stated = headerText(headers['retry-after']);
  if (stated !== null && /^\d{1,6}$/.test(stated)) return Number(stated) * 1000;
  const until = stated === null ? Number.NaN : Date.parse(stated);
  if (!Number.isNaN(until)) return Math.max(0, until - now);
  return 3000 * (attempt + 1);
}

function headerText(value: string | string[] | undefined): string | null {
  return foreignText(Array.isArray(value) ? value[0] : value);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8').replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

function notExpected(body: Buffer): ConnectorError {
  const seen = /^\s*</.test(body.subarray(0, 20).toString('latin1'))
    ? 'a web page'
    : 'something that is not a page of objects';
  return new ConnectorError('ERR_HTTP_NOT_EXPECTED', `Exchange Online answered with ${seen}.`);
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
