/** The few SOAP messages of EWS that sending needs, and what its answers mean. No I/O here. */
import { ConnectorError, ERROR_HELP, isConnectorError, type ErrorCode } from '../errors.ts';
import { MAY_WANT_KERBEROS } from '../http/auth/authenticator.ts';
import { foreignText } from '../model/foreign.ts';
import { escapeXml } from '../xml/escape-xml.ts';
import { descendants } from '../xml/find.ts';
import { readXml } from '../xml/read-xml.ts';
import type { XmlElement } from '../xml/read-xml.ts';
import { connectionRefusal, ewsRefusal, ewsStatusRefusal, SIGN_IN_REFUSED, UNANSWERED } from './refusal.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const MESSAGES = 'http://schemas.microsoft.com/exchange/services/2006/messages';
const TYPES = 'http://schemas.microsoft.com/exchange/services/2006/types';
const ERRORS = 'http://schemas.microsoft.com/exchange/services/2006/errors';

function envelope(body: string): string {
  // The oldest schema that current servers and Exchange 2010 share.
  const version = '<t:RequestServerVersion Version="Exchange2010_SP2"/>';
  return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${SOAP}" xmlns:m="${MESSAGES}" xmlns:t="${TYPES}"><s:Header>${version}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
}

/** Sends a MIME message and keeps no copy. */
export function createItemRequest(mime: Uint8Array): string {
  const content = Buffer.from(mime).toString('base64');
  return envelope(
    `<m:CreateItem MessageDisposition="SendOnly"><m:Items><t:Message><t:MimeContent CharacterSet="UTF-8">${content}</t:MimeContent></t:Message></m:Items></m:CreateItem>`,
  );
}

/** Asks for the id of a mailbox's inbox: works only where there is a mailbox. */
export function findInboxRequest(address: string): string {
  const mailbox = `<t:Mailbox><t:EmailAddress>${escapeXml(address)}</t:EmailAddress></t:Mailbox>`;
  return envelope(
    `<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox">${mailbox}</t:DistinguishedFolderId></m:FolderIds></m:GetFolder>`,
  );
}

/** Asks for a mail in a mailbox's inbox by its Message-ID (office-developer-exchange-docs, finditem-operation.md). */
export function findMailRequest(address: string, messageId: string): string {
  const mailbox = `<t:Mailbox><t:EmailAddress>${escapeXml(address)}</t:EmailAddress></t:Mailbox>`;
  const isIt = `<t:IsEqualTo><t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURIOrConstant><t:Constant Value="${escapeXml(messageId)}"/></t:FieldURIOrConstant></t:IsEqualTo>`;
  return envelope(
    `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:IndexedPageItemView MaxEntriesReturned="1" Offset="0" BasePoint="Beginning"/><m:Restriction>${isIt}</m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id="inbox">${mailbox}</t:DistinguishedFolderId></m:ParentFolderIds></m:FindItem>`,
  );
}

/** How many items an answer to {@link findMailRequest} found; 0 for what says none. */
export function foundItems(body: string): number {
  const root = tryReadXml(body);
  if (root === null) return 0;
  for (const { uri, name, attributes } of descendants(root))
    if (uri === MESSAGES && name === 'RootFolder') return Number(attributes.get('TotalItemsInView') ?? 0) || 0;
  return 0;
}

/** An answer, as HTTP has it. */
export interface EwsHttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Milliseconds that Retry-After asks for; null without one. */
  readonly retryAfterMs: number | null;
}

/**
 * Throws what an answer complains about: a fault or a response message that is not a success. `details`: what
 * src/mail/refusal.ts decides, `ewsCode` or `status`, `retryAfterMs` where the server says when to come again.
 * @param isAlone the mail has no other recipient
 */
export function readEwsAnswer({ status, body, retryAfterMs }: EwsHttpAnswer, isAlone = false): void {
  const found = answerFacts(body);
  if (found === null) {
    const { code, ...refusal } = ewsStatusRefusal(status, retryAfterMs !== null);
    throw new ConnectorError(code, `${STATUS_SEEN[code] ?? NOT_EWS} with HTTP ${status}${askedFor(retryAfterMs)}.`, {
      details: { ...refusal, status, ...(retryAfterMs !== null && { retryAfterMs }) },
    });
  }
  const failed = found.fault || found.classes.some((kind) => kind !== 'Success') || found.code !== 'NoError';
  if (!failed) return;
  const code = foreignText(found.code)?.slice(0, 100) ?? 'none';
  const text = foreignText(found.text)?.slice(0, 300) ?? 'no text';
  const wait = found.backOffMs ?? retryAfterMs;
  const { code: ours, ...refusal } = ewsRefusal(code, isAlone);
  throw new ConnectorError(ours, `Exchange Web Services answered ${code}: "${text}"${askedFor(wait)}.`, {
    details: { ...refusal, ewsCode: code, ...(wait !== null && { retryAfterMs: wait }) },
  });
}

const NOT_EWS = 'Something that is not EWS answered';
const STATUS_SEEN: Partial<Record<ErrorCode, string>> = {
  ERR_MAIL_DENIED: 'The web server in front of Exchange Web Services refused the signed-in account',
  ERR_MAIL_RATE: 'The web server in front of Exchange Web Services put us off',
  ERR_MAIL_BUSY: 'The web server in front of Exchange Web Services answered in their place',
};

function askedFor(ms: number | null): string {
  return ms === null ? '' : `, and asks to wait for ${Math.ceil(ms / 1000)} s`;
}

interface AnswerFacts {
  readonly fault: boolean;
  readonly classes: readonly string[];
  readonly code: string;
  readonly text: string;
  /** `BackOffMilliseconds` of ErrorServerBusy (EWS throttling in Exchange); null without one. */
  readonly backOffMs: number | null;
}

/** An answer to one mail has a dozen elements; what is far larger is no answer of EWS. */
const LIMITS = { maxChars: 1024 * 1024, maxDepth: 32, maxElements: 1_000 };

/** ResponseClass, ResponseCode, the text and how long to wait, wherever they stand; null if it is no EWS answer. */
function answerFacts(xml: string): AnswerFacts | null {
  const root = tryReadXml(xml);
  if (root === null) return null;
  const facts = { fault: false, classes: [] as string[], code: '', text: '', backOffMs: null as number | null };
  for (const { uri, name, attributes, text } of descendants(root)) {
    if (uri === SOAP && name === 'Fault') facts.fault = true;
    if (uri === MESSAGES && name.endsWith('ResponseMessage')) facts.classes.push(attributes.get('ResponseClass') ?? '');
    if (
      uri === TYPES &&
      name === 'Value' &&
      attributes.get('Name') === 'BackOffMilliseconds' &&
      /^\d{1,12}$/.test(text.trim())
    )
      facts.backOffMs = Number(text);
    if (uri !== MESSAGES && uri !== ERRORS) continue;
    if (name === 'ResponseCode') facts.code += text;
    if (name === 'MessageText' || name === 'Message') facts.text += text;
  }
  if (!facts.fault && facts.classes.length === 0) return null;
  return { ...facts, code: facts.code.trim(), text: facts.text.trim() };
}

function tryReadXml(xml: string): XmlElement | null {
  try {
    return readXml(xml, LIMITS);
  } catch {
    return null;
  }
}

/** Each counts for the lock-out of the account. */
const SIGN_INS_REFUSED = new Set<ErrorCode>(['ERR_HTTP_AUTH', 'ERR_HTTP_KERBEROS_ACCOUNT']);

/** Gives an error of the connection its meaning for mail: what src/mail/refusal.ts decides is always there. */
export function ewsError(
  error: unknown,
  { ewsUrl, username }: { readonly ewsUrl: string; readonly username: string },
): unknown {
  if (!isConnectorError(error) || error.details['permanent'] !== undefined || error.code === 'ERR_ABORTED')
    return error;
  const host = URL.parse(ewsUrl)?.host ?? 'the server';
  const seen = error.message.slice(0, -ERROR_HELP[error.code].length).trim();
  if (SIGN_INS_REFUSED.has(error.code)) {
    const { method, mayWantKerberos } = error.details;
    const hint = mayWantKerberos === true ? `${MAY_WANT_KERBEROS}.` : '.';
    const why = method === 'kerberos' ? ` by Kerberos: ${seen}` : hint;
    return new ConnectorError('ERR_MAIL_AUTH', `${host} refused the sign-in of ${username}${why}`, {
      cause: error,
      details: { ...error.details, ...SIGN_IN_REFUSED },
    });
  }
  if (mayHaveArrived(error)) {
    return new ConnectorError('ERR_MAIL_UNANSWERED', `${host} has the request and did not answer: ${seen}`, {
      cause: error,
      details: { ...error.details, ...UNANSWERED },
    });
  }
  const lasting = new Set<ErrorCode>([
    'ERR_HTTP_AUTH_METHOD',
    'ERR_DEPENDENCY_MISSING',
    'ERR_HTTP_KERBEROS_TICKET',
    'ERR_HTTP_KERBEROS_SPN',
    'ERR_HTTP_KERBEROS_CLOCK',
    'ERR_HTTP_KERBEROS_REFUSED',
    'ERR_HTTP_KERBEROS_SETUP',
    'ERR_HTTP_TLS_UNTRUSTED',
    'ERR_HTTP_TLS_NAME',
    'ERR_HTTP_TLS_EXPIRED',
    'ERR_HTTP_REDIRECT',
    'ERR_HTTP_INSECURE',
  ]);
  return new ConnectorError(error.code, seen, {
    cause: error,
    details: { ...error.details, ...connectionRefusal(lasting.has(error.code)) },
  });
}

/** It broke after the request had gone out (see `HttpSession.request`). */
function mayHaveArrived({ code, details: { phase } }: ConnectorError): boolean {
  return (code === 'ERR_HTTP_TIMEOUT' || code === 'ERR_HTTP_RESET') && (phase === 'sent' || phase === 'answer');
}
