/** Builds the requests of a remote PowerShell client as SOAP 1.2 text. [MS-WSMV] 3.1.4, [MS-PSRP] 3.1.5.3; no I/O here. */
import { Action, ANONYMOUS, EXCHANGE_RESOURCE, Namespace, Signal } from './names.ts';
import { encodeBase64, formatDuration } from './encodings.ts';
import { escapeXml } from '../xml/escape-xml.ts';

/** Content-Type of every request. */
export const CONTENT_TYPE = 'application/soap+xml;charset=UTF-8';

/** What all requests of one session share. */
export interface RequestContext {
  /** wsa:To: the address of the PowerShell virtual directory. */
  readonly to: string;
  /** One GUID per client, upper case. */
  readonly sessionId: string;
  /** Makes a new GUID for each message. */
  readonly newId: () => string;
  /** Default: Exchange's. */
  readonly resourceUri?: string;
  /** Largest answer in bytes; default 153,600, which old stacks take too (from protocol 2.2 on 512,000 may be asked for). */
  readonly maxEnvelopeBytes?: number;
  /** How long the server may hold a request; default 60,000. Exchange caps it at 900,000. */
  readonly operationTimeoutMs?: number;
  /** Default `en-US`: texts of faults are read by people and logged. */
  readonly locale?: string;
}

/** A request ready to be posted. */
export interface WsmanRequest {
  /** As the answer's wsa:RelatesTo must have it: `uuid:` and a GUID in upper case. */
  readonly messageId: string;
  readonly action: string;
  readonly xml: string;
  /** The HTTP timeout must exceed this. */
  readonly operationTimeoutMs: number;
}

/** Default of RequestContext.maxEnvelopeBytes. */
export const DEFAULT_ENVELOPE_BYTES = 153_600;
/** Default of RequestContext.operationTimeoutMs. */
export const DEFAULT_OPERATION_TIMEOUT_MS = 60_000;

interface Option {
  readonly name: string;
  readonly value: string;
  readonly mustComply?: boolean;
}

interface Parts {
  readonly action: string;
  readonly body: string;
  readonly shellId?: string;
  readonly options?: readonly Option[];
  readonly operationTimeoutMs?: number | undefined;
}

function must(name: string, value: string, understand: boolean): string {
  return `<${name} s:mustUnderstand="${String(understand)}">${escapeXml(value)}</${name}>`;
}

function optionSet(options: readonly Option[]): string {
  if (options.length === 0) return '';
  const list = options.map(({ name, value, mustComply }) => {
    const comply = mustComply === true ? ' MustComply="true"' : '';
    return `<wsman:Option Name="${escapeXml(name)}"${comply}>${escapeXml(value)}</wsman:Option>`;
  });
  return `<wsman:OptionSet s:mustUnderstand="true">${list.join('')}</wsman:OptionSet>`;
}

function envelope(context: RequestContext, parts: Parts): WsmanRequest {
  const messageId = `uuid:${context.newId().toUpperCase()}`;
  const operationTimeoutMs = parts.operationTimeoutMs ?? context.operationTimeoutMs ?? DEFAULT_OPERATION_TIMEOUT_MS;
  const locale = escapeXml(context.locale ?? 'en-US');
  const selector =
    parts.shellId === undefined
      ? ''
      : `<wsman:SelectorSet><wsman:Selector Name="ShellId">${escapeXml(parts.shellId)}</wsman:Selector></wsman:SelectorSet>`;
  const xml = [
    `<s:Envelope xmlns:s="${Namespace.soap}" xmlns:wsa="${Namespace.addressing}" xmlns:wsman="${Namespace.wsman}"`,
    ` xmlns:wsmv="${Namespace.wsmanMicrosoft}" xmlns:rsp="${Namespace.shell}"><s:Header>`,
    must('wsa:Action', parts.action, true),
    `<wsa:To>${escapeXml(context.to)}</wsa:To>`,
    `<wsa:ReplyTo>${must('wsa:Address', ANONYMOUS, true)}</wsa:ReplyTo>`,
    `<wsa:MessageID>${messageId}</wsa:MessageID>`,
    must('wsman:ResourceURI', context.resourceUri ?? EXCHANGE_RESOURCE, true),
    must('wsman:MaxEnvelopeSize', String(context.maxEnvelopeBytes ?? DEFAULT_ENVELOPE_BYTES), true),
    `<wsman:OperationTimeout>${formatDuration(operationTimeoutMs)}</wsman:OperationTimeout>`,
    `<wsman:Locale s:mustUnderstand="false" xml:lang="${locale}"/>`,
    `<wsmv:DataLocale s:mustUnderstand="false" xml:lang="${locale}"/>`,
    must('wsmv:SessionId', `uuid:${context.sessionId.toUpperCase()}`, false),
    optionSet(parts.options ?? []),
    selector,
    `</s:Header><s:Body>${parts.body}</s:Body></s:Envelope>`,
  ].join('');
  return { messageId, action: parts.action, xml, operationTimeoutMs };
}

/**
 * Opens a shell. `creation` is the fragments of SESSION_CAPABILITY and INIT_RUNSPACEPOOL.
 * IdleTimeOut is left out: Exchange caps it at 15 minutes by itself. [MS-WSMV] 3.1.4.5.2, [MS-PSRP] 3.1.5.3.1
 * @param options.poolId runspace pool GUID, proposed as ShellId; the answer's ShellId is the one to use from then on
 */
export function createRequest(
  context: RequestContext,
  options: { poolId: string; creation: Uint8Array },
): WsmanRequest {
  const body = [
    `<rsp:Shell ShellId="${escapeXml(options.poolId.toUpperCase())}">`,
    '<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams>',
    `<creationXml xmlns="${Namespace.powershell}">${encodeBase64(options.creation)}</creationXml></rsp:Shell>`,
  ].join('');
  // A major version other than 2 is a fault: [MS-PSRP] 3.2.5.3.1.
  return envelope(context, {
    action: Action.create,
    body,
    options: [{ name: 'protocolversion', value: '2.3', mustComply: true }],
  });
}

/**
 * Asks for output of the shell, or of one command. [MS-WSMV] 3.1.4.14, [MS-PSRP] 3.1.5.3.7
 * An answer may be the fault 2150858793 "nothing yet" even with the keep-alive option.
 */
export function receiveRequest(
  context: RequestContext,
  options: { shellId: string; commandId?: string; operationTimeoutMs?: number },
): WsmanRequest {
  const command = options.commandId === undefined ? '' : ` CommandId="${escapeXml(options.commandId)}"`;
  return envelope(context, {
    action: Action.receive,
    body: `<rsp:Receive><rsp:DesiredStream${command}>stdout</rsp:DesiredStream></rsp:Receive>`,
    shellId: options.shellId,
    options: [{ name: 'WSMAN_CMDSHELL_OPTION_KEEPALIVE', value: 'True' }],
    operationTimeoutMs: options.operationTimeoutMs,
  });
}

/**
 * Starts a pipeline. `fragment` is the first fragment of CREATE_PIPELINE; the others go with Send.
 * Never sent twice: its outcome is unknown when the answer is lost. [MS-WSMV] 3.1.4.11, [MS-PSRP] 3.1.5.3.3
 */
export function commandRequest(
  context: RequestContext,
  options: { shellId: string; commandId: string; fragment: Uint8Array },
): WsmanRequest {
  return envelope(context, {
    action: Action.command,
    body: [
      `<rsp:CommandLine CommandId="${escapeXml(options.commandId.toUpperCase())}"><rsp:Command/>`,
      `<rsp:Arguments>${encodeBase64(options.fragment)}</rsp:Arguments></rsp:CommandLine>`,
    ].join(''),
    shellId: options.shellId,
    options: [{ name: 'WINRS_SKIP_CMD_SHELL', value: 'False' }],
  });
}

/** Sends further fragments; `stream` is `stdin`, or `pr` for the answer to a host call. [MS-WSMV] 3.1.4.13, [MS-PSRP] 3.1.5.3.5 */
export function sendRequest(
  context: RequestContext,
  options: { shellId: string; commandId?: string; stream?: 'stdin' | 'pr'; fragments: Uint8Array },
): WsmanRequest {
  const command = options.commandId === undefined ? '' : ` CommandId="${escapeXml(options.commandId)}"`;
  return envelope(context, {
    action: Action.send,
    body: `<rsp:Send><rsp:Stream Name="${options.stream ?? 'stdin'}"${command}>${encodeBase64(options.fragments)}</rsp:Stream></rsp:Send>`,
    shellId: options.shellId,
  });
}

/** Stops a pipeline (`stop`), or frees a finished command (`terminate`). [MS-PSRP] 3.1.5.3.9, [MS-WSMV] 3.1.4.12 */
export function signalRequest(
  context: RequestContext,
  options: { shellId: string; commandId: string; signal: keyof typeof Signal },
): WsmanRequest {
  return envelope(context, {
    action: Action.signal,
    body: `<rsp:Signal CommandId="${escapeXml(options.commandId)}"><rsp:Code>${Signal[options.signal]}</rsp:Code></rsp:Signal>`,
    shellId: options.shellId,
  });
}

/** Closes the shell. [MS-WSMV] 3.1.4.4 */
export function deleteRequest(
  context: RequestContext,
  options: { shellId: string; operationTimeoutMs?: number },
): WsmanRequest {
  return envelope(context, {
    action: Action.delete,
    body: '',
    shellId: options.shellId,
    operationTimeoutMs: options.operationTimeoutMs,
  });
}
