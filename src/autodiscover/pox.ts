/**
 * The plain-XML protocol of Autodiscover [MS-OXDSCLI; MS-ASCMD 2.2.2.3], both schemas: `outlook` (where is EWS) and
 * `mobilesync` (where is ActiveSync). No I/O here. The namespaces are http:// ones; documentation that shows https://
 * was rewritten by a tool.
 */
import { foreignText } from '../model/foreign.ts';
import { given, said, type Said } from './words/say.ts';
import { escapeXml } from '../xml/escape-xml.ts';
import { find, textAt } from '../xml/find.ts';
import { readXml } from '../xml/read-xml.ts';
import type { XmlElement } from '../xml/read-xml.ts';

/** Which question is asked. */
export type PoxSchema = 'outlook' | 'mobilesync';

const SCHEMAS: Readonly<Record<PoxSchema, { request: string; response: string }>> = {
  outlook: {
    request: 'http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006',
    response: 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a',
  },
  mobilesync: {
    request: 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006',
    response: 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006',
  },
};

/** Path of the endpoint below a host. */
export const POX_PATH = '/autodiscover/autodiscover.xml';

/** Exactly this: some servers refuse other spellings. */
export const POX_CONTENT_TYPE = 'text/xml; charset=utf-8';

/** The body of a POST. */
export function poxRequest(address: string, schema: PoxSchema): string {
  const { request, response } = SCHEMAS[schema];
  return (
    `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${request}"><Request>` +
    `<EMailAddress>${escapeXml(address)}</EMailAddress>` +
    `<AcceptableResponseSchema>${response}</AcceptableResponseSchema></Request></Autodiscover>`
  );
}

/** What an answer says. Texts are foreign and cleaned. */
export type PoxAnswer =
  | {
      readonly kind: 'settings';
      /** Addresses of EWS in the answer's order, each once: EXCH holds the internal one, EXPR and WEB the external one. */
      readonly ewsUrls: readonly string[];
      readonly activeSyncUrl: string | null;
      readonly protocols: readonly string[];
    }
  | { readonly kind: 'redirect-address'; readonly address: string }
  | { readonly kind: 'redirect-url'; readonly url: string }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  /** Not an Autodiscover document. */
  | { readonly kind: 'foreign'; readonly why: Said };

/** Far above any Autodiscover answer. */
const LIMITS = { maxDepth: 32, maxElements: 5_000 };

/** Reads an answer of either schema. Never throws; the content type is not looked at (Z-Push sends text/html). */
export function readPoxAnswer(body: string): PoxAnswer {
  let root: XmlElement;
  try {
    root = readXml(body, LIMITS);
  } catch {
    return { kind: 'foreign', why: unreadable(body) };
  }
  const response = find(root, 'Response');
  if (root.name !== 'Autodiscover' || !/\/autodiscover\/.*schema\//i.test(root.uri) || response === undefined) {
    return {
      kind: 'foreign',
      why: isWebPage(body) ? said('body.page') : said('body.document', { name: given(clean(root.name)) }),
    };
  }
  return errorOf(response) ?? (find(response, 'Account') ? outlookAnswer(response) : mobileAnswer(response));
}

/** What a body is that is no XML document. */
function unreadable(body: string): Said {
  if (body.trim() === '') return said('body.empty');
  if (isWebPage(body)) return said('body.page');
  return said(/<!doctype/i.test(body.slice(0, 1_000)) ? 'body.doctype' : 'body.unreadable');
}

/** True for HTML, with or without a declaration and comments before it. */
function isWebPage(body: string): boolean {
  const start = body.slice(0, 4_000).replace(/<!--.*?-->/gs, '');
  return /^\s*(<\?xml[^>]*>\s*)?<(!doctype html|html|head|body)\b/i.test(start);
}

function errorOf(response: XmlElement): PoxAnswer | null {
  const error = find(response, 'Error') ?? find(response, 'Action', 'Error');
  if (error === undefined) return null;
  const code = textAt(error, 'ErrorCode') ?? textAt(error, 'Status') ?? 'none';
  return { kind: 'error', code: clean(code), message: clean(textAt(error, 'Message') ?? '') };
}

function outlookAnswer(response: XmlElement): PoxAnswer {
  const account = find(response, 'Account');
  const action = textAt(account, 'Action')?.toLowerCase();
  if (action === 'redirectaddr')
    return { kind: 'redirect-address', address: clean(textAt(account, 'RedirectAddr') ?? '') };
  if (action === 'redirecturl') return { kind: 'redirect-url', url: clean(textAt(account, 'RedirectUrl') ?? '') };
  const protocols = account?.children.filter((child) => child.name === 'Protocol') ?? [];
  const types = protocols.map((protocol) => clean(textAt(protocol, 'Type') ?? protocol.attributes.get('Type') ?? ''));
  const ewsUrls = protocols.flatMap((protocol) => textAt(protocol, 'EwsUrl') ?? textAt(protocol, 'ASUrl') ?? []);
  if (protocols.length > 0 && !types.some((type) => /^(EXCH|EXPR|EXHTTP|WEB|mapiHttp)$/i.test(type))) {
    return { kind: 'foreign', why: said('body.protocols', { types: types.map(given) }) };
  }
  return { kind: 'settings', ewsUrls: [...new Set(ewsUrls.map(clean))], activeSyncUrl: null, protocols: types };
}

function mobileAnswer(response: XmlElement): PoxAnswer {
  const redirect = textAt(response, 'Action', 'Redirect');
  if (redirect !== null) return { kind: 'redirect-address', address: clean(redirect) };
  const servers = find(response, 'Action', 'Settings')?.children.filter((child) => child.name === 'Server') ?? [];
  const mobile = servers.find((server) => textAt(server, 'Type')?.toLowerCase() === 'mobilesync');
  const url = textAt(mobile, 'Url');
  return {
    kind: 'settings',
    ewsUrls: [],
    activeSyncUrl: url === null ? null : clean(url),
    protocols: servers.map((server) => clean(textAt(server, 'Type') ?? '')),
  };
}

function clean(text: string): string {
  return foreignText(text)?.slice(0, 500) ?? '';
}
