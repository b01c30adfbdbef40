/**
 * The server's side of the wire, for the lab and for tests: reads requests, builds answers and faults in the shapes recorded from
 * Windows servers. [MS-WSMV] 3.2.4; no I/O here.
 */
import { ConnectorError } from '../errors.ts';
import { Action, ANONYMOUS, CommandState, EXCHANGE_RESOURCE, Namespace } from './names.ts';
import type { CommandStateName } from './names.ts';
import { decodeBase64, durationMs, encodeBase64, formatDuration } from './encodings.ts';
import { escapeXml } from '../xml/escape-xml.ts';
import { child, childText, childrenOf } from '../xml/find.ts';
import { readXml } from '../xml/read-xml.ts';
import type { XmlElement, XmlLimits } from '../xml/read-xml.ts';

/** What the header of a request says. */
export interface RequestHeader {
  readonly messageId: string;
  readonly action: string;
  readonly to: string;
  readonly resourceUri: string;
  readonly sessionId: string | null;
  readonly operationTimeoutMs: number | null;
  readonly maxEnvelopeBytes: number | null;
  readonly locale: string | null;
  readonly options: ReadonlyMap<string, string>;
  /** Names of options the client wants honored or refused. */
  readonly mustComply: readonly string[];
  /** Selector ShellId, or null. */
  readonly shellId: string | null;
  /** Headers with mustUnderstand="true" that WS-Management does not define; a strict server faults. */
  readonly notUnderstood: readonly string[];
}

/** A request as the server sees it. `unknown` is well-formed but an action we do not serve (Disconnect, Enumerate, …). */
export type WsmanServerRequest = { readonly header: RequestHeader } & (
  | {
      readonly kind: 'create';
      /** ShellId the client proposes: its pool GUID. */
      readonly poolId: string | null;
      readonly inputStreams: string;
      readonly outputStreams: string;
      readonly idleTimeoutMs: number | null;
      readonly creation: Uint8Array;
    }
  | { readonly kind: 'receive'; readonly commandId: string | null; readonly streams: string }
  | {
      readonly kind: 'command';
      readonly commandId: string | null;
      readonly command: string;
      /** Each rsp:Arguments as text; a PowerShell client sends one, base64. */
      readonly arguments: readonly string[];
      readonly fragment: Uint8Array;
    }
  | {
      readonly kind: 'send';
      readonly streams: readonly {
        readonly name: string;
        readonly commandId: string | null;
        readonly bytes: Uint8Array;
      }[];
    }
  | { readonly kind: 'signal'; readonly commandId: string | null; readonly code: string }
  | { readonly kind: 'delete' }
  | { readonly kind: 'unknown' }
);

const KNOWN_HEADERS = new Set(
  [
    ['addressing', ['Action', 'To', 'ReplyTo', 'MessageID', 'From', 'FaultTo', 'RelatesTo']],
    ['wsman', ['ResourceURI', 'MaxEnvelopeSize', 'OperationTimeout', 'Locale', 'OptionSet', 'SelectorSet']],
    [
      'wsmanMicrosoft',
      ['DataLocale', 'SessionId', 'OperationID', 'SequenceId', 'CompressionType', 'Activity', 'ActivityId'],
    ],
  ].flatMap(([space, names]) =>
    (names as string[]).map((name) => `{${Namespace[space as keyof typeof Namespace]}}${name}`),
  ),
);

function invalid(seen: string): ConnectorError {
  return new ConnectorError('ERR_WSMAN_INVALID', seen);
}

function required(value: string | null | undefined, what: string): string {
  if (!value) throw invalid(`The request has no ${what}.`);
  return value;
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}

function readHeader(header: XmlElement | undefined): RequestHeader {
  const { addressing, wsman, wsmanMicrosoft, soap, xml } = Namespace;
  const options = childrenOf(child(header, wsman, 'OptionSet'), wsman, 'Option');
  const selectors = childrenOf(child(header, wsman, 'SelectorSet'), wsman, 'Selector');
  const envelopeBytes = childText(header, wsman, 'MaxEnvelopeSize');
  return {
    messageId: required(childText(header, addressing, 'MessageID'), 'wsa:MessageID'),
    action: required(childText(header, addressing, 'Action'), 'wsa:Action'),
    to: required(childText(header, addressing, 'To'), 'wsa:To'),
    resourceUri: required(childText(header, wsman, 'ResourceURI'), 'wsman:ResourceURI'),
    sessionId: childText(header, wsmanMicrosoft, 'SessionId'),
    operationTimeoutMs: durationMs(childText(header, wsman, 'OperationTimeout')),
    maxEnvelopeBytes: envelopeBytes !== null && /^\d{1,10}$/.test(envelopeBytes) ? Number(envelopeBytes) : null,
    locale: child(header, wsman, 'Locale')?.attributes.get(`{${xml}}lang`) ?? null,
    options: new Map(options.map((option) => [option.attributes.get('Name') ?? '', option.text.trim()])),
    mustComply: options
      .filter((option) => isTrue(option.attributes.get('MustComply')))
      .map((option) => option.attributes.get('Name') ?? ''),
    shellId: selectors.find((selector) => selector.attributes.get('Name') === 'ShellId')?.text.trim() || null,
    notUnderstood: (header?.children ?? [])
      .filter(
        (element) =>
          isTrue(element.attributes.get(`{${soap}}mustUnderstand`)) &&
          !KNOWN_HEADERS.has(`{${element.uri}}${element.name}`),
      )
      .map((element) => element.name),
  };
}

/**
 * Reads a request.
 * @throws ConnectorError ERR_XML_INVALID, ERR_WSMAN_INVALID
 */
export function parseRequest(xml: string, limits: XmlLimits = {}): WsmanServerRequest {
  const envelope = readXml(xml, limits);
  if (envelope.uri !== Namespace.soap || envelope.name !== 'Envelope')
    throw invalid('The request is not a SOAP 1.2 envelope.');
  const header = readHeader(child(envelope, Namespace.soap, 'Header'));
  const body = child(envelope, Namespace.soap, 'Body');
  if (body === undefined) throw invalid('The request has no body.');
  switch (header.action) {
    case Action.create:
      return readCreate(header, body);
    case Action.receive:
      return readReceive(header, body);
    case Action.command:
      return readCommand(header, body);
    case Action.send:
      return readSend(header, body);
    case Action.signal:
      return readSignal(header, body);
    case Action.delete:
      return { header, kind: 'delete' };
    default:
      return { header, kind: 'unknown' };
  }
}

function bodyElement(body: XmlElement, name: string): XmlElement {
  const element = child(body, Namespace.shell, name);
  if (element === undefined) throw invalid(`The body has no rsp:${name}.`);
  return element;
}

function readCreate(header: RequestHeader, body: XmlElement): WsmanServerRequest {
  const shell = bodyElement(body, 'Shell');
  const creation = required(childText(shell, Namespace.powershell, 'creationXml'), 'creationXml');
  return {
    header,
    kind: 'create',
    poolId: shell.attributes.get('ShellId') ?? null,
    inputStreams: childText(shell, Namespace.shell, 'InputStreams') ?? '',
    outputStreams: childText(shell, Namespace.shell, 'OutputStreams') ?? '',
    idleTimeoutMs: durationMs(childText(shell, Namespace.shell, 'IdleTimeOut')),
    creation: decodeBase64(creation, 'creationXml'),
  };
}

function readReceive(header: RequestHeader, body: XmlElement): WsmanServerRequest {
  const desired = child(bodyElement(body, 'Receive'), Namespace.shell, 'DesiredStream');
  return {
    header,
    kind: 'receive',
    commandId: desired?.attributes.get('CommandId') ?? null,
    streams: desired?.text.trim() ?? '',
  };
}

function readCommand(header: RequestHeader, body: XmlElement): WsmanServerRequest {
  const line = bodyElement(body, 'CommandLine');
  const parts = childrenOf(line, Namespace.shell, 'Arguments').map((element) => element.text.trim());
  return {
    header,
    kind: 'command',
    commandId: line.attributes.get('CommandId') ?? null,
    command: childText(line, Namespace.shell, 'Command') ?? '',
    arguments: parts,
    fragment: decodeBase64(parts.join(''), 'rsp:Arguments'),
  };
}

function readSend(header: RequestHeader, body: XmlElement): WsmanServerRequest {
  const streams = childrenOf(bodyElement(body, 'Send'), Namespace.shell, 'Stream').map((stream) => ({
    name: required(stream.attributes.get('Name'), 'name of the stream'),
    commandId: stream.attributes.get('CommandId') ?? null,
    bytes: decodeBase64(stream.text, 'rsp:Stream'),
  }));
  return { header, kind: 'send', streams };
}

function readSignal(header: RequestHeader, body: XmlElement): WsmanServerRequest {
  const signal = bodyElement(body, 'Signal');
  return {
    header,
    kind: 'signal',
    commandId: signal.attributes.get('CommandId') ?? null,
    code: required(childText(signal, Namespace.shell, 'Code'), 'rsp:Code'),
  };
}

/** What every answer needs. */
export interface AnswerContext {
  /** messageId of the request. */
  readonly relatesTo: string;
  readonly newId: () => string;
}

function envelope(context: AnswerContext, action: string, body: string): string {
  return [
    `<s:Envelope xml:lang="en-US" xmlns:s="${Namespace.soap}" xmlns:a="${Namespace.addressing}" xmlns:x="${Namespace.transfer}"`,
    ` xmlns:w="${Namespace.wsman}" xmlns:rsp="${Namespace.shell}" xmlns:p="${Namespace.wsmanMicrosoft}"><s:Header>`,
    `<a:Action>${action}</a:Action><a:MessageID>uuid:${context.newId().toUpperCase()}</a:MessageID>`,
    `<p:ActivityId>${context.newId().toUpperCase()}</p:ActivityId><a:To>${ANONYMOUS}</a:To>`,
    `<a:RelatesTo>${escapeXml(context.relatesTo)}</a:RelatesTo></s:Header><s:Body>${body}</s:Body></s:Envelope>`,
  ].join('');
}

/** Answers Create. `to` is the address the client used; owner and client address are shown to it. */
export function createdXml(
  context: AnswerContext,
  shell: {
    shellId: string;
    to: string;
    owner: string;
    clientIp: string;
    resourceUri?: string;
    idleTimeoutMs?: number;
    locale?: string;
  },
): string {
  const id = escapeXml(shell.shellId);
  const resource = escapeXml(shell.resourceUri ?? EXCHANGE_RESOURCE);
  const locale = escapeXml(shell.locale ?? 'en-US');
  // Exchange's shipped limit is 15 minutes (ExchangeBackEnd-PowerShell web.config).
  const idle = formatDuration(shell.idleTimeoutMs ?? 900_000);
  const body = [
    `<x:ResourceCreated><a:Address>${escapeXml(shell.to)}</a:Address><a:ReferenceParameters><w:ResourceURI>${resource}</w:ResourceURI>`,
    `<w:SelectorSet><w:Selector Name="ShellId">${id}</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>`,
    `<rsp:Shell><rsp:ShellId>${id}</rsp:ShellId><rsp:ResourceUri>${resource}</rsp:ResourceUri><rsp:Owner>${escapeXml(shell.owner)}</rsp:Owner>`,
    `<rsp:ClientIP>${escapeXml(shell.clientIp)}</rsp:ClientIP><rsp:IdleTimeOut>${idle}</rsp:IdleTimeOut>`,
    '<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams>',
    `<rsp:MaxIdleTimeOut>${idle}</rsp:MaxIdleTimeOut><rsp:Locale>${locale}</rsp:Locale><rsp:DataLocale>${locale}</rsp:DataLocale>`,
    '<rsp:CompressionMode>NoCompression</rsp:CompressionMode><rsp:ProfileLoaded>Yes</rsp:ProfileLoaded><rsp:Encoding>UTF8</rsp:Encoding>',
    '<rsp:BufferMode>Block</rsp:BufferMode><rsp:State>Connected</rsp:State></rsp:Shell>',
  ].join('');
  return envelope(context, `${Action.create}Response`, body);
}

function commandIdAttribute(commandId: string | null | undefined): string {
  return commandId ? ` CommandId="${escapeXml(commandId)}"` : '';
}

/** Answers Receive with pieces of stdout and, at a command's end, its state. */
export function receivedXml(
  context: AnswerContext,
  answer: {
    streams: readonly { bytes: Uint8Array; commandId?: string | null; name?: string }[];
    commandId?: string | null;
    commandState?: CommandStateName;
  },
): string {
  const streams = answer.streams.map(
    ({ bytes, commandId, name }) =>
      `<rsp:Stream Name="${escapeXml(name ?? 'stdout')}"${commandIdAttribute(commandId)}>${encodeBase64(bytes)}</rsp:Stream>`,
  );
  const state =
    answer.commandState === undefined
      ? ''
      : `<rsp:CommandState${commandIdAttribute(answer.commandId)} State="${CommandState[answer.commandState]}"></rsp:CommandState>`;
  return envelope(
    context,
    `${Action.receive}Response`,
    `<rsp:ReceiveResponse>${streams.join('')}${state}</rsp:ReceiveResponse>`,
  );
}

/** Answers Command. */
export function commandStartedXml(context: AnswerContext, commandId: string): string {
  const body = `<rsp:CommandResponse><rsp:CommandId>${escapeXml(commandId)}</rsp:CommandId></rsp:CommandResponse>`;
  return envelope(context, `${Action.command}Response`, body);
}

/** Answers Send. */
export function sentXml(context: AnswerContext): string {
  return envelope(context, `${Action.send}Response`, '<rsp:SendResponse/>');
}

/** Answers Signal. */
export function signaledXml(context: AnswerContext): string {
  return envelope(context, `${Action.signal}Response`, '<rsp:SignalResponse/>');
}

/** Answers Delete: an empty body. */
export function deletedXml(context: AnswerContext): string {
  return envelope(context, `${Action.delete}Response`, '');
}

/** A fault to send; goes out with HTTP status 500. */
export interface FaultAnswer {
  readonly soapCode?: 'Sender' | 'Receiver';
  /** Local name in the WS-Management namespace: `InvalidSelectors`. */
  readonly subcode: string;
  /** Number in WSManFault. */
  readonly wsmanCode: number;
  readonly reason: string;
  readonly machine: string;
  /** Text inside WSManFault; default: the reason. Exchange puts its prefix here. */
  readonly message?: string;
  /** Plug-in that refused; the message then stands in a ProviderFault, as Exchange's does. */
  readonly provider?: { readonly name: string; readonly path: string };
  /** URI of w:FaultDetail. */
  readonly faultDetail?: string;
}

/** Builds a fault. [MS-WSMV] 2.2.4.44 and recordings */
export function faultXml(context: AnswerContext, fault: FaultAnswer): string {
  const text = escapeXml(fault.message ?? fault.reason);
  const { provider } = fault;
  const message =
    provider === undefined
      ? text
      : `<f:ProviderFault provider="${escapeXml(provider.name)}" path="${escapeXml(provider.path)}">${text}</f:ProviderFault>`;
  const detail =
    fault.faultDetail === undefined ? '' : `<w:FaultDetail>${escapeXml(fault.faultDetail)}</w:FaultDetail>`;
  const body = [
    `<s:Fault><s:Code><s:Value>s:${fault.soapCode ?? 'Sender'}</s:Value><s:Subcode><s:Value>w:${escapeXml(fault.subcode)}</s:Value></s:Subcode></s:Code>`,
    `<s:Reason><s:Text xml:lang="en-US">${escapeXml(fault.reason)}</s:Text></s:Reason><s:Detail>${detail}`,
    `<f:WSManFault xmlns:f="${Namespace.fault}" Code="${fault.wsmanCode}" Machine="${escapeXml(fault.machine)}">`,
    `<f:Message>${message}</f:Message></f:WSManFault></s:Detail></s:Fault>`,
  ].join('');
  return envelope(context, 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault', body);
}
