/** The few SOAP messages of EWS that sending needs, and what its answers mean. No I/O here. */
import { ConnectorError, ERROR_HELP, isConnectorError, type ErrorCode } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import { escapeXml } from '../xml/escape-xml.ts';
import { descendants } from '../xml/find.ts';
import { readXml } from '../xml/read-xml.ts';
import type { XmlElement } from '../xml/read-xml.ts';
import { connectionRefusal, ewsRefusal, SIGN_IN_REFUSED } from './refusal.ts';

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

/** Throws what an answer complains about: a fault or a response message that is not a success. */
export function readEwsAnswer(status: number, body: string): void {
  const found = answerFacts(body);
  if (found === null) {
    throw new ConnectorError('ERR_HTTP_NOT_EXPECTED', `Something that is not EWS answered with HTTP ${status}.`, {
      details: { ...connectionRefusal(false), status },
    });
  }
  const failed = found.fault || found.classes.some((kind) => kind !== 'Success') || found.code !== 'NoError';
  if (!failed) return;
  const code = foreignText(found.code)?.slice(0, 100) ?? 'none';
  const text = foreignText(found.text)?.slice(0, 300) ?? 'no text';
  throw new ConnectorError(codeOf(code), `Exchange Web Services answered ${code}: "${text}".`, {
    details: { ...ewsRefusal(code), ewsCode: code },
  });
}

interface AnswerFacts {
  readonly fault: boolean;
  readonly classes: readonly string[];
  readonly code: string;
  readonly text: string;
}

/** An answer to one mail has a dozen elements; what is far larger is no answer of EWS. */
const LIMITS = { maxChars: 1024 * 1024, maxDepth: 32, maxElements: 1_000 };

/** ResponseClass, ResponseCode and the text, wherever they stand; null if it is no EWS answer. */
function answerFacts(xml: string): AnswerFacts | null {
  const root = tryReadXml(xml);
  if (root === null) return null;
  const facts = { fault: false, classes: [] as string[], code: '', text: '' };
  for (const { uri, name, attributes, text } of descendants(root)) {
    if (uri === SOAP && name === 'Fault') facts.fault = true;
    if (uri === MESSAGES && name.endsWith('ResponseMessage')) facts.classes.push(attributes.get('ResponseClass') ?? '');
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

// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
const CODES: Readonly<Record<string, ErrorCode>> = {
  ErrorNonExistentMailbox: 'ERR_MAIL_NO_MAILBOX',
  ErrorMissingEmailAddress: 'ERR_MAIL_NO_MAILBOX',
  ErrorMailboxConfiguration: 'ERR_MAIL_NO_MAILBOX',
  ErrorSendAsDenied: 'ERR_MAIL_SENDER',
  ErrorInvalidRecipients: 'ERR_MAIL_RECIPIENT',
  ErrorServerBusy: 'ERR_MAIL_RATE',
  ErrorExceededConnectionCount: 'ERR_MAIL_RATE',
  ErrorMessagePerFolderCountReceiveQuotaExceeded: 'ERR_MAIL_REFUSED',
  ErrorAccessDenied: 'ERR_MAIL_SENDER',
  ErrorAccountDisabled: 'ERR_MAIL_AUTH',
  ErrorPasswordExpired: 'ERR_MAIL_AUTH',
  ErrorPasswordChangeRequired: 'ERR_MAIL_AUTH',
};

function codeOf(code: string): ErrorCode {
  return CODES[code] ?? 'ERR_MAIL_REFUSED';
}

/** Gives an error of the connection its meaning for mail: what src/mail/refusal.ts decides is always there. */
export function ewsError(
  error: unknown,
  { ewsUrl, username }: { readonly ewsUrl: string; readonly username: string },
): unknown {
  if (!isConnectorError(error) || error.details['permanent'] !== undefined || error.code === 'ERR_ABORTED')
    return error;
  const host = URL.parse(ewsUrl)?.host ?? 'the server';
  if (error.code === 'ERR_HTTP_AUTH') {
    return new ConnectorError('ERR_MAIL_AUTH', `${host} refused the sign-in of ${username}.`, {
      cause: error,
      details: { ...error.details, ...SIGN_IN_REFUSED },
    });
  }
  const lasting = new Set<ErrorCode>([
    'ERR_HTTP_AUTH_METHOD',
    'ERR_HTTP_TLS_UNTRUSTED',
    'ERR_HTTP_TLS_NAME',
    'ERR_HTTP_TLS_EXPIRED',
    'ERR_HTTP_REDIRECT',
    'ERR_HTTP_INSECURE',
  ]);
  const seen = error.message.slice(0, -ERROR_HELP[error.code].length).trim();
  return new ConnectorError(error.code, seen, {
    cause: error,
    details: { ...error.details, ...connectionRefusal(lasting.has(error.code)) },
  });
}
