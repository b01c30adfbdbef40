/** The SOAP protocol of Autodiscover, as far as it names the servers [MS-OXWSADISC 3.1.4.8]. No I/O here. */
import { foreignText } from '../model/foreign.ts';
import { escapeXml } from '../xml/escape-xml.ts';
import { find, textAt } from '../xml/find.ts';
import { readXml } from '../xml/read-xml.ts';
import type { XmlElement } from '../xml/read-xml.ts';

/** Path of the service below a host. */
export const SOAP_PATH = '/autodiscover/autodiscover.svc';
/** SOAP 1.1. */
export const SOAP_CONTENT_TYPE = 'text/xml; charset=utf-8';

const NAMESPACE = 'http://schemas.microsoft.com/exchange/2010/Autodiscover';
const ACTION = `${NAMESPACE}/Autodiscover/GetUserSettings`;
const LIMITS = { maxDepth: 32, maxElements: 5_000 };

/** The SOAPAction header of the request. */
export const SOAP_ACTION = `"${ACTION}"`;

/** A GetUserSettings request for the addresses of EWS. @param url of the service, as the client sees it */
export function soapRequest(address: string, url: string): string {
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:w="http://www.w3.org/2005/08/addressing" xmlns:a="${NAMESPACE}">` +
    `<s:Header><a:RequestedServerVersion>Exchange2013</a:RequestedServerVersion><w:Action>${ACTION}</w:Action><w:To>${escapeXml(url)}</w:To></s:Header>` +
    `<s:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>${escapeXml(address)}</a:Mailbox></a:User></a:Users>` +
    '<a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting><a:Setting>InternalEwsUrl</a:Setting></a:RequestedSettings>' +
    '</a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>'
  );
}

/** What an answer says. Texts are foreign and cleaned. */
export type SoapAnswer =
  | { readonly kind: 'settings'; readonly ewsUrls: readonly string[] }
  /** An ErrorCode of the service, as `InvalidUser`, or a redirect. */
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'foreign' };

/** Reads an answer. Never throws. */
export function readSoapAnswer(body: string): SoapAnswer {
  let root: XmlElement;
  try {
    root = readXml(body, LIMITS);
  } catch {
    return { kind: 'foreign' };
  }
  const response = find(root, 'Body', 'GetUserSettingsResponseMessage', 'Response');
  const user = find(response, 'UserResponses', 'UserResponse');
  if (root.name !== 'Envelope' || response === undefined) return { kind: 'foreign' };
  const code = [response, user].map((one) => textAt(one, 'ErrorCode')).find((one) => one !== null && one !== 'NoError');
  if (code !== undefined && code !== null) return { kind: 'error', code: clean(code) };
  const settings = find(user, 'UserSettings')?.children ?? [];
  const urls = settings.filter((setting) => textAt(setting, 'Name')?.endsWith('EwsUrl'));
  return { kind: 'settings', ewsUrls: [...new Set(urls.map((setting) => clean(textAt(setting, 'Value') ?? '')))] };
}

function clean(text: string): string {
  return foreignText(text)?.slice(0, 500) ?? '';
}
