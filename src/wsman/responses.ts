/** Reads the answers of a WSMan server. [MS-WSMV] 3.1.4; no I/O here. */
import { isAscii } from 'node:buffer';
import { ConnectorError } from '../errors.ts';
import { exchangeTextFault, isKnownFault, readFault, toWsmanFault, WsmanFault } from './fault.ts';
import type { WsmanFaultOptions } from './fault.ts';
import { CommandState, Namespace } from './names.ts';
import type { CommandStateName } from './names.ts';
import { decodeBase64, durationMs } from './encodings.ts';
import { setStreamsAside, StreamRoom, streamOf } from './streams-aside.ts';
import type { StreamsAside } from './streams-aside.ts';
import { child, childText, childrenOf } from '../xml/find.ts';
import { readXml, XML_MAX_CHARS } from '../xml/read-xml.ts';
import type { XmlElement, XmlLimits } from '../xml/read-xml.ts';

/** One piece of a stream. */
export interface StreamChunk {
  readonly name: string;
  /** Null: of the shell itself. */
  readonly commandId: string | null;
  readonly bytes: Uint8Array;
  readonly end: boolean;
}

/** An answer that is not a fault. */
export type WsmanResponse =
  | {
      readonly kind: 'created';
      /** The one to use from now on. [MS-PSRP] 3.1.5.3.2 */
      readonly shellId: string;
      readonly owner: string | null;
      readonly idleTimeoutMs: number | null;
    }
  | {
      readonly kind: 'received';
      readonly streams: readonly StreamChunk[];
      readonly commandId: string | null;
      readonly commandState: CommandStateName | null;
    }
  | { readonly kind: 'commandStarted'; readonly commandId: string }
  | { readonly kind: 'ok'; readonly action: string };

function invalid(seen: string): ConnectorError {
  return new ConnectorError('ERR_WSMAN_INVALID', seen);
}

/** What a body looks like from its beginning. `xml` is XML that is neither SOAP nor a web page. */
type BodyKind = 'soap' | 'html' | 'xml' | 'text' | 'empty';

const BEFORE_ROOT = /\s+|<\?[^]*?\?>|<!--[^]*?-->/y;
const HTML = /^<(?:!doctype\s+html|html|head|body)\b/i;
const ENVELOPE = /^<(?:[\w.-]+:)?Envelope[\s>/]/;

/** The kind of a body by its first characters: an XML prolog and comments may stand before a web page, too. */
function kindOf(start: string): BodyKind {
  if (ENVELOPE.test(start)) return 'soap';
  const before = new RegExp(BEFORE_ROOT);
  let at = start.startsWith('\ufeff') ? 1 : 0;
  for (before.lastIndex = at; before.test(start); before.lastIndex = at) at = before.lastIndex;
  const rest = start.slice(at);
  if (HTML.test(rest)) return 'html';
  if (ENVELOPE.test(rest)) return 'soap';
  if (rest.startsWith('<')) return 'xml';
  return rest === '' ? 'empty' : 'text';
}

/** The first characters of a body, whether it is UTF-8 or UTF-16: enough to see what it is. */
function startOf(body: Uint8Array): string {
  const first = bufferOf(body).toString('latin1', 0, 64);
  if (ENVELOPE.test(first)) return first;
  const start = bufferOf(body).toString('latin1', 0, 8_000).replaceAll('\0', '');
  return start.replace(/^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/, '');
}

/** The same bytes. */
function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Text of a body: UTF-8 or UTF-16 by its byte order mark. @throws ConnectorError ERR_XML_INVALID */
function textOf(body: string | Uint8Array): string {
  if (typeof body === 'string') return body.startsWith('\ufeff') ? body.slice(1) : body;
  if (isAscii(body)) return bufferOf(body).toString('latin1');
  const utf16 = body[0] === 0xff && body[1] === 0xfe;
  try {
    return new TextDecoder(utf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new ConnectorError('ERR_XML_INVALID', 'The answer is not text in UTF-8 or UTF-16.', { cause: error });
  }
}

/** Reads the envelope, naming a web page for what it is. */
function readEnvelope(xml: string, limits: XmlLimits): XmlElement {
  if (kindOf(xml.slice(0, 8_000)) === 'html')
    throw new ConnectorError('ERR_HTTP_NOT_EXPECTED', 'The server answered with a web page.');
  const root = readXml(xml, limits);
  if (root.uri !== Namespace.soap || root.name !== 'Envelope')
    throw invalid(`The answer is <${root.name.slice(0, 60)}>, not a SOAP 1.2 envelope.`);
  return root;
}

/** How an answer is read. */
export interface ReadOptions {
  readonly limits?: XmlLimits;
  readonly room?: StreamRoom;
}

/**
 * Reads an answer.
 * @param body text, or the bytes as they came
 * @param expectedMessageId messageId of the request; an answer to another one is refused. A fault may lack the header.
 * @param options.room memory for the bytes of streams, which are good until it is used again; default: their own
 * @throws WsmanFault with `recovery`; ConnectorError ERR_XML_INVALID, ERR_WSMAN_INVALID, ERR_HTTP_NOT_EXPECTED (a web page)
 */
export function parseResponse(
  body: string | Uint8Array,
  expectedMessageId: string,
  { limits = {}, room = new StreamRoom() }: ReadOptions = {},
): WsmanResponse {
  const aside = typeof body === 'string' ? null : setStreamsAside(body, room, limits.maxChars ?? XML_MAX_CHARS);
  const envelope = readEnvelope(textOf(aside?.envelope ?? body), limits);
  const header = child(envelope, Namespace.soap, 'Header');
  const soapBody = child(envelope, Namespace.soap, 'Body');
  const relatesTo = childText(header, Namespace.addressing, 'RelatesTo');
  const fault = child(soapBody, Namespace.soap, 'Fault');
  if (relatesTo === null && fault === undefined) throw invalid('The answer does not say which request it belongs to.');
  if (relatesTo !== null && relatesTo.toUpperCase() !== expectedMessageId.toUpperCase())
    throw invalid('The answer belongs to another request.');
  if (fault !== undefined) throw toWsmanFault(readFault(fault));
  const action = childText(header, Namespace.addressing, 'Action');
  if (action === null) throw invalid('The answer names no action.');
  return readBody(action, soapBody, aside);
}

function readBody(action: string, body: XmlElement | undefined, aside: StreamsAside | null): WsmanResponse {
  const created = child(body, Namespace.transfer, 'ResourceCreated');
  if (created !== undefined) return readCreated(created, body);
  const received = child(body, Namespace.shell, 'ReceiveResponse');
  if (received !== undefined) return readReceived(received, aside);
  const started = child(body, Namespace.shell, 'CommandResponse');
  if (started !== undefined) {
    const commandId = childText(started, Namespace.shell, 'CommandId');
    if (commandId === null) throw invalid('The answer to Command names no CommandId.');
    return { kind: 'commandStarted', commandId };
  }
  return { kind: 'ok', action };
}

function readCreated(created: XmlElement, body: XmlElement | undefined): WsmanResponse {
  const parameters = child(created, Namespace.addressing, 'ReferenceParameters');
  const selectors = childrenOf(child(parameters, Namespace.wsman, 'SelectorSet'), Namespace.wsman, 'Selector');
  const shell = child(body, Namespace.shell, 'Shell');
  const selected = selectors.find((selector) => selector.attributes.get('Name') === 'ShellId')?.text.trim();
  const shellId = selected || childText(shell, Namespace.shell, 'ShellId');
  if (!shellId) throw invalid('The answer to Create names no ShellId.');
  return {
    kind: 'created',
    shellId,
    owner: childText(shell, Namespace.shell, 'Owner'),
    idleTimeoutMs: durationMs(childText(shell, Namespace.shell, 'IdleTimeOut')),
  };
}

function readReceived(received: XmlElement, aside: StreamsAside | null): WsmanResponse {
  const streams: StreamChunk[] = [];
  for (const stream of childrenOf(received, Namespace.shell, 'Stream')) {
    const name = stream.attributes.get('Name');
    if (name === undefined) throw invalid('A stream in the answer has no name.');
    streams.push({
      name,
      commandId: stream.attributes.get('CommandId') ?? null,
      bytes: streamOf(aside, stream.text) ?? decodeBase64(stream.text, `Stream ${name.slice(0, 20)}`),
      end: stream.attributes.get('End')?.toLowerCase() === 'true',
    });
  }
  const state = child(received, Namespace.shell, 'CommandState');
  return {
    kind: 'received',
    streams,
    commandId: state?.attributes.get('CommandId') ?? null,
    commandState: state === undefined ? null : commandStateOf(state.attributes.get('State')),
  };
}

function commandStateOf(uri: string | undefined): CommandStateName {
  if (uri === CommandState.done) return 'done';
  if (uri === CommandState.pending) return 'pending';
  if (uri === CommandState.running) return 'running';
  throw invalid('The answer has a command state nobody defined.');
}

/** An HTTP answer, whoever fetched it. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
  /** Value of Retry-After, if any. */
  readonly retryAfter?: string | null;
}

/** Retry-After in milliseconds: seconds or a date, bounded to an hour; null if it is neither. RFC 9110 10.2.3 */
function retryAfterMs(value: string | null | undefined, now: number): number | null {
  const text = value?.trim() ?? '';
  // Only what looks like a date: Date.parse takes "-5" or "1.5" for one as well.
  if (!/^\d{1,9}(?:\.\d+)?$|^[a-z]{3,9},? /i.test(text)) return null;
  const ms = /^\d/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : null;
}

/** Statuses that say "later". */
const LATER: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
/** Those of them that put a request off rather than lose it. */
const PUTS_OFF: ReadonlySet<number> = new Set([429, 503]);
/** Wait where the server names no time. */
const PUT_OFF_MS = 5_000;

/*
 * What an answer means, by its status and what stands under it. "Bare" is everything but SOAP: a web page in HTML, or in
 * XHTML with prolog and DOCTYPE; other XML; text; nothing.
 *
 *   status           body                                 recovery            a read            a write            opening a session
 *   any              SOAP or Exchange's bare text with    the taxonomy's (fault-table.ts)
 *                    a fault the taxonomy knows
 *   429              else                                 wait, refused       waits, same       waits, sent        waits, or the
 *   503              else, with Retry-After               wait, refused       session           again              next address
 *   503              else                                 wait                as above          verified by reading as above
 *   408, 502, 504    else                                 retry-read          fresh session     verified by reading fresh session,
 *   500              bare                                 retry-read                                                or next address
 *   500 and others   SOAP with an unknown fault           fatal
 *   200              web page                             fatal (ERR_HTTP_NOT_EXPECTED)
 *   200              bare, half an envelope               invalid answer      fresh session     verified by reading fresh session
 *   403              bare                                 fatal (ERR_WSMAN_ACCESS_DENIED)
 *   404              bare                                 fatal (ERR_HTTP_NOT_EXPECTED)
 *   other below 500  web page                             fatal (ERR_HTTP_NOT_EXPECTED)
 *   others           bare                                 fatal (ERR_HTTP_STATUS)
 *
 * A front end answers 500 while its back end's pool recycles. Retry-After counts with every status that says "later".
 * What an operation makes of a recovery: ExchangeShell (waiting) and RemotePowerShell (fresh session, next address).
 */

/**
 * Reads an HTTP answer: SOAP, and everything IIS, Exchange's modules or a proxy say without it.
 * @throws as parseResponse; WsmanFault also for 403 (fatal), 429 and 503 (wait), 408, 500, 502 and 504 (retry-read)
 */
export function parseAnswer(
  answer: HttpAnswer,
  expectedMessageId: string,
  options: ReadOptions & { now?: () => number } = {},
): WsmanResponse {
  const { status, body } = answer;
  const kind = kindOf(startOf(body));
  const read = (): WsmanResponse => parseResponse(body, expectedMessageId, options);
  if (kind === 'soap' && !LATER.has(status)) return read();
  const told = kind === 'soap' ? faultOf(read) : exchangeTextFault(startText(body));
  if (told !== null && (isKnownFault(told) || status === 200)) throw told;
  if (status === 200) return read();
  throw statusError(answer, kind, told, (options.now ?? Date.now)());
}

function startText(body: Uint8Array): string {
  return bufferOf(body).toString('utf8', 0, 16_000);
}

/** The fault an envelope carries, or null. */
function faultOf(read: () => unknown): WsmanFault | null {
  try {
    read();
  } catch (error) {
    if (error instanceof WsmanFault) return error;
  }
  return null;
}

/** The error of a status under which nothing known was said; see the table. */
function statusError(answer: HttpAnswer, kind: BodyKind, told: WsmanFault | null, now: number): ConnectorError {
  const { status } = answer;
  const details = { ...told?.details, status };
  const seen = `The server answered ${status}${told === null ? '.' : `: ${told.facts.text || 'no text'}`}`;
  const fault = (options: Pick<WsmanFaultOptions, 'recovery' | 'waitMs' | 'isRefusal'>): WsmanFault =>
    new WsmanFault('ERR_HTTP_STATUS', /[.!?]$/.test(seen) ? seen : `${seen}.`, {
      ...options,
      ...(told && { facts: told.facts }),
      details,
    });
  const retryAfter = retryAfterMs(answer.retryAfter, now);
  if (PUTS_OFF.has(status)) {
    const isRefusal = status === 429 || retryAfter !== null;
    return fault({ recovery: 'wait', waitMs: retryAfter ?? PUT_OFF_MS, isRefusal });
  }
  if (LATER.has(status) || status === 500) return fault({ recovery: 'retry-read', waitMs: retryAfter ?? 0 });
  if (told !== null) return told;
  if (status === 403) {
    return new WsmanFault('ERR_WSMAN_ACCESS_DENIED', 'The server answered 403 Forbidden.', {
      recovery: 'fatal',
      details,
    });
  }
  if (status === 404 || (kind === 'html' && status < 500)) {
    return new ConnectorError(
      'ERR_HTTP_NOT_EXPECTED',
      `The server answered ${status} where a PowerShell endpoint was expected.`,
      { details },
    );
  }
  return fault({ recovery: 'fatal', isRefusal: false });
}
