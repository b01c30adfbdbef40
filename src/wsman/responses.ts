/** Reads the answers of a WSMan server. [MS-WSMV] 3.1.4; no I/O here. */
import { ConnectorError } from '../errors.ts';
import { exchangeTextFault, readFault, toWsmanFault, WsmanFault } from './fault.ts';
import { CommandState, Namespace } from './names.ts';
import type { CommandStateName } from './names.ts';
import { decodeBase64, durationMs } from './encodings.ts';
import { child, childText, childrenOf } from '../xml/find.ts';
import { readXml } from '../xml/read-xml.ts';
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

const HTML = /^\s*(?:<!--[^]{0,4000}?-->\s*)?<(?:!doctype\s+html|html|head|body)[\s>]/i;

/** Text of a body: UTF-8 or UTF-16 by its byte order mark. @throws ConnectorError ERR_XML_INVALID */
function textOf(body: string | Uint8Array): string {
  if (typeof body === 'string') return body.startsWith('\ufeff') ? body.slice(1) : body;
  const utf16 = body[0] === 0xff && body[1] === 0xfe;
  try {
    return new TextDecoder(utf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new ConnectorError('ERR_XML_INVALID', 'The answer is not text in UTF-8 or UTF-16.', { cause: error });
  }
}

/** Reads the envelope, naming a web page for what it is. */
function readEnvelope(xml: string, limits: XmlLimits): XmlElement {
  if (HTML.test(xml)) throw new ConnectorError('ERR_HTTP_NOT_EXPECTED', 'The server answered with a web page.');
  const root = readXml(xml, limits);
  if (root.uri !== Namespace.soap || root.name !== 'Envelope')
    throw invalid(`The answer is <${root.name.slice(0, 60)}>, not a SOAP 1.2 envelope.`);
  return root;
}

/**
 * Reads an answer.
 * @param body text, or the bytes as they came
 * @param expectedMessageId messageId of the request; an answer to another one is refused. A fault may lack the header.
 * @throws WsmanFault with `recovery`; ConnectorError ERR_XML_INVALID, ERR_WSMAN_INVALID, ERR_HTTP_NOT_EXPECTED (a web page)
 */
export function parseResponse(
  body: string | Uint8Array,
  expectedMessageId: string,
  limits: XmlLimits = {},
): WsmanResponse {
  const envelope = readEnvelope(textOf(body), limits);
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
  return readBody(action, soapBody);
}

function readBody(action: string, body: XmlElement | undefined): WsmanResponse {
  const created = child(body, Namespace.transfer, 'ResourceCreated');
  if (created !== undefined) return readCreated(created, body);
  const received = child(body, Namespace.shell, 'ReceiveResponse');
  if (received !== undefined) return readReceived(received);
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

function readReceived(received: XmlElement): WsmanResponse {
  const streams: StreamChunk[] = [];
  for (const stream of childrenOf(received, Namespace.shell, 'Stream')) {
    const name = stream.attributes.get('Name');
    if (name === undefined) throw invalid('A stream in the answer has no name.');
    streams.push({
      name,
      commandId: stream.attributes.get('CommandId') ?? null,
      bytes: decodeBase64(stream.text, `Stream ${name.slice(0, 20)}`),
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
  if (value === null || value === undefined) return null;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : null;
}

/**
 * Reads an HTTP answer: SOAP in 200 and 500 as parseResponse does, and everything IIS, Exchange's modules or a proxy say without SOAP.
 * @throws as parseResponse; WsmanFault also for 403 (fatal), 429 and 503 (wait), 502 and 504 (retry-read)
 */
export function parseAnswer(
  answer: HttpAnswer,
  expectedMessageId: string,
  options: { now?: () => number; limits?: XmlLimits } = {},
): WsmanResponse {
  const { status, body } = answer;
  if (looksLikeXml(body)) return parseResponse(body, expectedMessageId, options.limits);
  const text = Buffer.from(body.subarray(0, 16_000)).toString('utf8');
  const told = exchangeTextFault(text);
  if (told !== null) throw told;
  if (status === 200) return parseResponse(body, expectedMessageId, options.limits);
  const details = { status };
  if (status === 403) {
    throw new WsmanFault('ERR_WSMAN_ACCESS_DENIED', 'The server answered 403 Forbidden.', {
      recovery: 'fatal',
      details,
    });
  }
  if (status === 404 || (HTML.test(text) && status < 500)) {
    throw new ConnectorError(
      'ERR_HTTP_NOT_EXPECTED',
      `The server answered ${status} where a PowerShell endpoint was expected.`,
      { details },
    );
  }
  const seen = `The server answered ${status}.`;
  if (status === 429 || status === 503) {
    const waitMs = retryAfterMs(answer.retryAfter, (options.now ?? Date.now)()) ?? 5_000;
    throw new WsmanFault('ERR_HTTP_STATUS', seen, { recovery: 'wait', waitMs, details });
  }
  const recovery = status === 502 || status === 504 ? 'retry-read' : 'fatal';
  throw new WsmanFault('ERR_HTTP_STATUS', seen, { recovery, details });
}

function looksLikeXml(body: Uint8Array): boolean {
  const start = Buffer.from(body.subarray(0, 400)).toString('latin1').replaceAll('\0', '');
  return /^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe)?\s*<(?!!doctype\s+html|html|head|body)/i.test(start);
}
