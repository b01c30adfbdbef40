/**
 * What Exchange's Autodiscover answers, as text. Sources: [MS-OXDSCLI] 4.1 (outlook), [MS-ASCMD] 4.1 (mobilesync),
 * office-developer-exchange-docs (SOAP), CSS-Exchange Test-HMAEAS.ps1 (V2 JSON). Development only.
 */
import type { Mailbox } from '../mailboxes.ts';

const OUTER = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006';
const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a';
const MOBILE = 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006';
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const SOAP_AUTODISCOVER = 'http://schemas.microsoft.com/exchange/2010/Autodiscover';

/** Addresses that are handed out; null = the directory has no ExternalUrl. */
export interface HandedOut {
  readonly ewsUrl: string | null;
  /** InternalUrl of the directory, which clients are told first; default the same. */
  readonly internalEwsUrl?: string;
  readonly activeSyncUrl: string | null;
}

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function autodiscover(inner: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>\r\n<Autodiscover xmlns="${OUTER}">${inner}</Autodiscover>`;
}

/** An error stays in the outer namespace, whatever schema was asked for. */
export function poxError(code: number, message: string, now: Date): string {
  const time = now.toISOString().slice(11, 23);
  return autodiscover(
    `<Response><Error Time="${time}0000" Id="2193437485"><ErrorCode>${code}</ErrorCode><Message>${xml(message)}</Message><DebugData /></Error></Response>`,
  );
}

/** Settings for Outlook and EWS clients: one protocol block for inside, one for outside. */
export function outlookSettings(user: Mailbox, { ewsUrl, internalEwsUrl = ewsUrl ?? undefined }: HandedOut): string {
  const protocol = (type: string, address: string | null | undefined): string => {
    const url = address ? `<ASUrl>${xml(address)}</ASUrl><EwsUrl>${xml(address)}</EwsUrl>` : '';
    return `<Protocol><Type>${type}</Type><Server>${user.exchangeGuid}@${user.domain}</Server>${url}</Protocol>`;
  };
  return autodiscover(
    `<Response xmlns="${OUTLOOK}"><User><DisplayName>${xml(user.displayName)}</DisplayName><LegacyDN>/o=Lab/cn=${xml(user.alias)}</LegacyDN>` +
      `<AutoDiscoverSMTPAddress>${xml(user.address)}</AutoDiscoverSMTPAddress></User>` +
      `<Account><AccountType>email</AccountType><Action>settings</Action>${protocol('EXCH', internalEwsUrl)}${protocol('EXPR', ewsUrl)}</Account></Response>`,
  );
}

/** `redirectAddr`: ask again for this address. */
export function outlookRedirect(address: string): string {
  return autodiscover(
    `<Response xmlns="${OUTLOOK}"><Account><Action>redirectAddr</Action><RedirectAddr>${xml(address)}</RedirectAddr></Account></Response>`,
  );
}

/** `redirectUrl`: ask again over there. */
export function outlookRedirectUrl(url: string): string {
  return autodiscover(
    `<Response xmlns="${OUTLOOK}"><Account><Action>redirectUrl</Action><RedirectUrl>${xml(url)}</RedirectUrl></Account></Response>`,
  );
}

/** Settings for phones. Without an address the server block is there and its Url is not. */
export function mobileSettings(user: Mailbox, { activeSyncUrl }: HandedOut): string {
  const url = activeSyncUrl === null ? '' : `<Url>${xml(activeSyncUrl)}</Url><Name>${xml(activeSyncUrl)}</Name>`;
  return autodiscover(
    `<Response xmlns="${MOBILE}"><Culture>en:us</Culture><User><DisplayName>${xml(user.displayName)}</DisplayName><EMailAddress>${xml(user.address)}</EMailAddress></User>` +
      `<Action><Settings><Server><Type>MobileSync</Type>${url}</Server></Settings></Action></Response>`,
  );
}

/** SOAP GetUserSettings: the answer to one user, or InvalidUser for one without a mailbox. */
export function soapUserSettings(user: Mailbox | null, asked: string, { ewsUrl }: HandedOut): string {
  const setting = (name: string, value: string): string =>
    `<UserSetting i:type="StringSetting"><Name>${name}</Name><Value>${xml(value)}</Value></UserSetting>`;
  const answer =
    user === null
      ? `<ErrorCode>InvalidUser</ErrorCode><ErrorMessage>Invalid user: '${xml(asked)}'</ErrorMessage><RedirectTarget i:nil="true"/><UserSettingErrors/><UserSettings/>`
      : '<ErrorCode>NoError</ErrorCode><ErrorMessage>No error.</ErrorMessage><RedirectTarget i:nil="true"/><UserSettingErrors/><UserSettings>' +
        (ewsUrl === null ? '' : setting('ExternalEwsUrl', ewsUrl) + setting('InternalEwsUrl', ewsUrl)) +
        setting('AutoDiscoverSMTPAddress', user.address) +
        setting('UserDisplayName', user.displayName) +
        '</UserSettings>';
  return (
    `<s:Envelope xmlns:s="${SOAP}" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header><a:Action s:mustUnderstand="1">${SOAP_AUTODISCOVER}/Autodiscover/GetUserSettingsResponse</a:Action>` +
    `<h:ServerVersionInfo xmlns:h="${SOAP_AUTODISCOVER}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><h:MajorVersion>15</h:MajorVersion><h:MinorVersion>2</h:MinorVersion><h:MajorBuildNumber>1544</h:MajorBuildNumber><h:MinorBuildNumber>11</h:MinorBuildNumber><h:Version>Exchange2015</h:Version></h:ServerVersionInfo></s:Header>` +
    `<s:Body><GetUserSettingsResponseMessage xmlns="${SOAP_AUTODISCOVER}"><Response xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><ErrorCode>NoError</ErrorCode><ErrorMessage/><UserResponses><UserResponse>${answer}</UserResponse></UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>`
  );
}

/** V2: anonymous, JSON. */
export function jsonAnswer(protocol: string | null, handedOut: HandedOut): { status: number; body: string } {
  const urls: Record<string, string | null> = { activesync: handedOut.activeSyncUrl, ews: handedOut.ewsUrl };
  if (protocol === null || protocol === '')
    return jsonError('MandatoryParameterMissing', "A valid value must be provided for the query parameter 'Protocol'.");
  const url = urls[protocol.toLowerCase()];
  if (url === undefined || url === null)
    return jsonError('ProtocolNotSupported', `The given protocol value '${protocol.slice(0, 40)}' is invalid.`);
  return { status: 200, body: JSON.stringify({ Protocol: protocol, Url: url }) };
}

function jsonError(code: string, message: string): { status: number; body: string } {
  return { status: 400, body: JSON.stringify({ ErrorCode: code, ErrorMessage: message }) };
}
