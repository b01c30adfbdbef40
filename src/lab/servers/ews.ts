/**
 * The slice of Exchange Web Services that a notification account needs: CreateItem of a message that is sent, and
 * GetFolder of the inbox. Sources: office-developer-exchange-docs (CreateItem, GetFolder, ResponseCode). Development only.
 */
import { simpleParser } from 'mailparser';
import { find, textAt } from '../../xml/find.ts';
import { readXml } from '../../xml/read-xml.ts';
import type { XmlElement } from '../../xml/read-xml.ts';
import type { Mailbox } from '../mailboxes.ts';
import type { Organization } from '../organization.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const MESSAGES = 'http://schemas.microsoft.com/exchange/services/2006/messages';
const TYPES = 'http://schemas.microsoft.com/exchange/services/2006/types';
const ERRORS = 'http://schemas.microsoft.com/exchange/services/2006/errors';

/** Status and body of an answer. */
export interface EwsAnswer {
  readonly status: number;
  readonly body: string;
}

/** What EWS can complain of, as a SOAP fault (throttling is one) or in the response message. */
export interface EwsComplaint {
  readonly code: string;
  readonly text: string;
  readonly isFault?: boolean;
  /** `BackOffMilliseconds`, which comes with ErrorServerBusy (EWS throttling in Exchange). */
  readonly backOffMs?: number;
}

/** The answer that complains. */
export function complaint({ code, text, isFault, backOffMs }: EwsComplaint): EwsAnswer {
  const hint =
    backOffMs === undefined
      ? ''
      : `<t:MessageXml xmlns:t="${TYPES}"><t:Value Name="BackOffMilliseconds">${backOffMs}</t:Value></t:MessageXml>`;
  if (isFault === true) return fault(code, text, hint);
  return message('CreateItem', 'Error', code, text, hint.replaceAll('t:MessageXml', 'm:MessageXml'));
}

/** Answers one request of a signed-in user. */
export async function answerEws(organization: Organization, user: Mailbox, body: string): Promise<EwsAnswer> {
  let envelope: XmlElement;
  try {
    envelope = readXml(body);
  } catch {
    return fault('ErrorSchemaValidation', 'The request failed schema validation: the document is not well-formed.');
  }
  const operation =
    envelope.uri === SOAP && envelope.name === 'Envelope' ? find(envelope, 'Body')?.children[0] : undefined;
  if (operation === undefined || operation.uri !== MESSAGES)
    return fault('ErrorSchemaValidation', 'The request failed schema validation.');
  if (!user.hasMailbox) return fault('ErrorNonExistentMailbox', 'The SMTP address has no mailbox associated with it.');
  if (operation.name === 'CreateItem') return createItem(organization, user, operation);
  if (operation.name === 'FindItem') return findItem(organization, user, operation);
  if (operation.name === 'GetFolder') return message('GetFolder', 'Success', 'NoError', '', '<m:Folders/>');
  return fault('ErrorInvalidRequest', `The lab does not know ${operation.name}.`);
}

/** Items of the own inbox with a Message-ID; every other search is unknown here. */
function findItem(organization: Organization, user: Mailbox, operation: XmlElement): EwsAnswer {
  const comparison = find(operation, 'Restriction', 'IsEqualTo');
  const field = find(comparison, 'FieldURI')?.attributes.get('FieldURI');
  const value = find(comparison, 'FieldURIOrConstant', 'Constant')?.attributes.get('Value');
  const folder = find(operation, 'ParentFolderIds', 'DistinguishedFolderId')?.attributes.get('Id');
  if (field !== 'message:InternetMessageId' || folder !== 'inbox')
    return fault('ErrorInvalidRequest', 'The lab finds mails of the inbox by their InternetMessageId only.');
  const found = organization.inbox(user.address).filter(({ headers }) => headers['message-id'] === value);
  const items = found
    .map(({ id }) => `<t:Message><t:ItemId Id="${xml(id)}" ChangeKey="CQAAAA=="/></t:Message>`)
    .join('');
  return message(
    'FindItem',
    'Success',
    'NoError',
    '',
    `<m:RootFolder IndexedPagingOffset="${found.length}" TotalItemsInView="${found.length}" IncludesLastItemInRange="true"><t:Items>${items}</t:Items></m:RootFolder>`,
  );
}

async function createItem(organization: Organization, user: Mailbox, operation: XmlElement): Promise<EwsAnswer> {
  const disposition = operation.attributes.get('MessageDisposition');
  if (disposition !== 'SendOnly' && disposition !== 'SendAndSaveCopy') {
    return message(
      'CreateItem',
      'Error',
      'ErrorMessageDispositionRequired',
      'Message disposition is required: SendOnly or SendAndSaveCopy.',
    );
  }
  const item = find(operation, 'Items', 'Message');
  const mime = textAt(item, 'MimeContent');
  if (item === undefined) return fault('ErrorSchemaValidation', 'The request failed schema validation: no Message.');
  const mail = mime === null ? fromProperties(item) : await fromMime(mime);
  const from = mail.from ?? user.address;
  if (!user.addresses.some((own) => own.toLowerCase() === from.toLowerCase())) {
    return message(
      'CreateItem',
      'Error',
      'ErrorSendAsDenied',
      'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.',
    );
  }
  if (mail.to.length === 0)
    return message('CreateItem', 'Error', 'ErrorInvalidRecipients', 'At least one recipient is not valid.');
  // Exchange takes the message and bounces what it cannot deliver; a bounce goes to the sender.
  for (const to of mail.to) {
    if (organization.deliver({ ...mail, from, to })) continue;
    organization.deliver({
      from: `postmaster@${organization.domain}`,
      to: user.address,
      subject: `Undeliverable: ${mail.subject}`,
      text: `${to}: 550 5.1.10 RESOLVER.ADR.RecipientNotFound`,
    });
  }
  return message('CreateItem', 'Success', 'NoError', '', '<m:Items/>');
}

interface EwsMail {
  readonly from: string | null;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string | null;
}

function fromProperties(item: XmlElement): EwsMail {
  const addresses = (name: string): string[] =>
    (find(item, name)?.children ?? [])
      .map((mailbox) => textAt(mailbox, 'EmailAddress') ?? '')
      .filter((address) => address.includes('@'));
  const html = find(item, 'Body')?.attributes.get('BodyType') === 'HTML';
  const body = textAt(item, 'Body') ?? '';
  return {
    from: textAt(item, 'From', 'Mailbox', 'EmailAddress'),
    to: [...addresses('ToRecipients'), ...addresses('CcRecipients')],
    subject: textAt(item, 'Subject') ?? '',
    text: html ? '' : body,
    html: html ? body : null,
    headers: {},
    raw: null,
  };
}

async function fromMime(base64: string): Promise<EwsMail> {
  const raw = Buffer.from(base64, 'base64');
  const mail = await simpleParser(raw);
  const recipients = [mail.to, mail.cc].flat().flatMap((list) => list?.value ?? []);
  const headers = mail.headerLines.map(
    ({ key, line }) => [key.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
  );
  return {
    from: mail.from?.value[0]?.address ?? null,
    to: recipients.map(({ address }) => address ?? '').filter(Boolean),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html || null,
    headers: Object.fromEntries(headers),
    raw: raw.toString('latin1'),
  };
}

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function envelope(inner: string): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${SOAP}"><s:Header><h:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="1544" MinorBuildNumber="11" Version="V2017_07_11" xmlns:h="${TYPES}"/></s:Header>` +
    `<s:Body xmlns:m="${MESSAGES}" xmlns:t="${TYPES}">${inner}</s:Body></s:Envelope>`
  );
}

function message(operation: string, kind: 'Success' | 'Error', code: string, text: string, inner = ''): EwsAnswer {
  const words = kind === 'Error' ? `<m:MessageText>${xml(text)}</m:MessageText>` : '';
  const link = kind === 'Error' ? '<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>' : '';
  return {
    status: 200,
    body: envelope(
      `<m:${operation}Response><m:ResponseMessages><m:${operation}ResponseMessage ResponseClass="${kind}">${words}<m:ResponseCode>${code}</m:ResponseCode>${link}${inner}</m:${operation}ResponseMessage></m:ResponseMessages></m:${operation}Response>`,
    ),
  };
}

function fault(code: string, text: string, hint = ''): EwsAnswer {
  return {
    status: 500,
    body: `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${SOAP}"><s:Body><s:Fault><faultcode xmlns:a="${TYPES}">a:${code}</faultcode><faultstring xml:lang="en-US">${xml(text)}</faultstring><detail><e:ResponseCode xmlns:e="${ERRORS}">${code}</e:ResponseCode><e:Message xmlns:e="${ERRORS}">${xml(text)}</e:Message>${hint}</detail></s:Fault></s:Body></s:Envelope>`,
  };
}
