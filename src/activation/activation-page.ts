/**
 * The pages behind the link. One HTML document each: no script, nothing loaded from elsewhere, readable at any size, in
 * the dark, and by a screen reader. Pure.
 */
import { createHash } from 'node:crypto';
import { buttonColors } from '../model/button-color.ts';
import { dataUrlOf, LOGO_HEIGHT } from '../model/logo.ts';
import type { Logo } from '../model/logo.ts';
import { storeAddressOf } from '../model/enroll-app.ts';
import type { EnrollApp } from '../model/enroll-app.ts';
import { shownEasId } from '../model/foreign.ts';
import type { HelpDesk } from '../model/help-desk.ts';
import { qrSvg } from '../qr/qr-code.ts';
import type { LinkedDevice } from './linked-device.ts';
import { PAGE_TEXTS } from './page-texts.ts';
import type { PageTexts } from './page-texts.ts';
import type { Place } from './visitor.ts';

/** `confirm` has the button; `done` leads on to enrollment; `free` and `known` say that nothing is to be done; the others say why not. */
export type ActivationPage = 'confirm' | 'done' | 'free' | 'known' | 'expired' | 'invalid' | 'unavailable';

export interface ActivationPageFields {
  readonly page: ActivationPage;
  /** A language of {@link PAGE_LANGUAGES}; another one reads as `en`. */
  readonly language: string;
  /** `confirm`, `expired`: sent back by the button, the only thing that is. */
  readonly token?: string | undefined;
  /** `done`: where enrollment starts; https only, without it there is no button. */
  readonly enrollUrl?: string | undefined;
  /** The link's device; what the phone calls itself is foreign text. */
  readonly device?: LinkedDevice | undefined;
  /** `confirm`, `done`: where it was opened; elsewhere than on the device it shows the link as a QR code first. */
  readonly place?: Place | undefined;
  readonly address?: string | null | undefined;
  /** `done`: what is installed to enroll. */
  readonly app?: EnrollApp | undefined;
  /** Whom to ask; of its addresses only those are links that are safe to follow. */
  readonly helpDesk?: HelpDesk | undefined;
  readonly company?: string | undefined;
  /** Of the button, `#rrggbb`. */
  readonly color?: string | undefined;
  readonly logo?: Logo | undefined;
}

/** An answer to a browser. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

export const PAGE_LANGUAGES: readonly string[] = Object.keys(PAGE_TEXTS);

/** The name of the form's field and of the link's query parameter. */
export const TOKEN_FIELD = 'token';
/** The field of the form that asks for a fresh link. */
export const FRESH_FIELD = 'fresh';

/** In every page, whatever proxies do to its headers. */
const PAGE_MARK = '<meta name="application-name" content="exchange-connector activation">';

/** True if this document is one of our pages, of this version or a later one. */
export function isActivationPage(html: string): boolean {
  return html.includes(PAGE_MARK);
}

const STATUS: Readonly<Record<ActivationPage, number>> = {
  confirm: 200,
  done: 200,
  free: 200,
  known: 200,
  expired: 410,
  invalid: 400,
  unavailable: 503,
};

/** Contrast is at least 4.5:1 in both schemes, the button at least 48 px high. WCAG 2.2 1.4.3, 2.5.8. */
const styleOf = (
  color: string | undefined,
): string => `:root{color-scheme:light dark;--page:#f3f5f7;--card:#fbfcfd;--text:#1c2733;--quiet:#4d5a67;--line:#d5dbe1;--button:${buttonColors(color).background};--on-button:${buttonColors(color).text}}
@media (prefers-color-scheme:dark){:root{--page:#12171d;--card:#1b222a;--text:#e6ebf0;--quiet:#aab4be;--line:#333d47}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:34rem;margin:0 auto;padding:1.5rem}
@media (min-width:38rem){main{margin:8vh auto;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}}
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
dl{margin:1rem 0;padding:.75rem 1rem;border:1px solid var(--line);border-radius:.5rem}
dt{color:var(--quiet);font-size:.875rem}
dd{margin:0 0 .5rem}
dd:last-child{margin-bottom:0}
.go{display:block;width:100%;min-height:3rem;margin:1.5rem 0;padding:.75rem 1rem;border:0;border-radius:.5rem;background:var(--button);color:var(--on-button);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.go:focus-visible{outline:3px solid var(--text);outline-offset:2px}
.go.second{background:none;border:2px solid var(--quiet);color:var(--text)}
.qr{display:block;width:100%;max-width:16rem;height:auto;margin:1rem auto;border-radius:.5rem}
.quiet{color:var(--quiet)}
.quiet a{color:inherit}
.company{margin:0 0 1rem}
.logo{display:block;height:${LOGO_HEIGHT}px;width:auto;max-width:100%;margin:0 0 1rem;padding:4px;background:#fbfcfd;border-radius:.375rem}`;

/** So that the policy admits this style and no other. https://www.w3.org/TR/CSP3/#grammardef-hash-source */
function hashOf(style: string): string {
  return createHash('sha256').update(style, 'utf8').digest('base64');
}

/**
 * The answer for one page: status, headers, document. The headers keep the link from caches, frames, search engines and
 * the Referer of the next page. The form posts to the page's own path.
 */
export function renderActivationPage(fields: ActivationPageFields): PageAnswer {
  const language = Object.hasOwn(PAGE_TEXTS, fields.language) ? fields.language : 'en';
  const texts = PAGE_TEXTS[language] as PageTexts;
  const body = BODIES[fields.page](texts, fields);
  const style = styleOf(fields.color);
  const head = headOf(fields);
  const help = helpDeskHtml(texts, fields.helpDesk ?? {});
  const html = `<!doctype html>
<html lang="${language}" dir="${texts.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${PAGE_MARK}
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(texts[fields.page].title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${head}<h1>${escapeHtml(texts[fields.page].title)}</h1>
${body}
${help}
</main>
</body>
</html>
`;
  return { status: STATUS[fields.page], headers: headersOf(language, style, fields.logo !== undefined), html };
}

/** Whose page it is: the logo, which names the company for whoever does not see it, else its name. */
function headOf({ company = '', logo }: ActivationPageFields): string {
  if (logo !== undefined) return `<img class="logo" src="${dataUrlOf(logo)}" alt="${escapeHtml(company)}">\n`;
  return company === '' ? '' : `<p class="quiet company">${escapeHtml(company)}</p>\n`;
}

/** The answer to a pressed button: the page of that link, which says how it stands and may be reloaded. RFC 9110 section 15.4.4. */
export function seeOther(token: string): PageAnswer {
  const location = `?${new URLSearchParams({ [TOKEN_FIELD]: token }).toString()}`;
  const headers = { Location: location, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' };
  return { status: 303, headers, html: '' };
}

function headersOf(language: string, style: string, hasLogo: boolean): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Language': language,
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${hashOf(style)}';${hasLogo ? ' img-src data:;' : ''} form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'X-Robots-Tag': 'noindex',
    Vary: 'Accept-Language',
  };
}

type Body = (texts: PageTexts, fields: ActivationPageFields) => string;

const BODIES: Readonly<Record<ActivationPage, Body>> = {
  confirm: confirmBody,
  done: (texts, fields) => `<p role="status">${escapeHtml(texts.done.lead)}</p>
${elsewhere(texts, fields)}
${appButton(texts, fields)}${enrollButton(texts, fields)}
<p class="quiet">${escapeHtml(texts.done.after)}</p>`,
  free: (texts) => status(texts.free),
  known: (texts) => status(texts.known),
  expired: expiredBody,
  invalid: (texts) => plain(texts.invalid),
  unavailable: (texts) => plain(texts.unavailable),
};

function confirmBody(texts: PageTexts, fields: ActivationPageFields): string {
  const isHere = !isElsewhere(fields);
  return `<p>${escapeHtml(isHere ? texts.confirm.lead : texts.confirm.leadElsewhere)}</p>
${elsewhere(texts, fields)}
<p>${escapeHtml(isHere ? texts.confirm.check : texts.confirm.orHere)}</p>
${deviceList(texts, fields)}
${form(fields, texts.confirm.button)}
<p class="quiet">${escapeHtml(texts.confirm.after)}</p>`;
}

function isElsewhere({ place = 'here' }: ActivationPageFields): boolean {
  return place !== 'here';
}

/** Opened elsewhere than on the device: the way to it. */
function elsewhere(texts: PageTexts, fields: ActivationPageFields): string {
  if (!isElsewhere(fields)) return '';
  const where = fields.place === 'computer' ? '' : `<p role="alert">${escapeHtml(texts.otherPhone)}</p>\n`;
  const { address } = fields;
  if (address === null || address === undefined) return `${where}<p>${escapeHtml(texts.openThere)}</p>`;
  return `${where}<p><strong>${escapeHtml(texts.scan)}</strong></p>\n${qrSvg(address, escapeHtml(texts.qr))}`;
}

/** One button. Its form is sent to the page's own path. */
function form(fields: ActivationPageFields, button: string, more = ''): string {
  const { token = '' } = fields;
  return `<form method="post" action="?">
<input type="hidden" name="${TOKEN_FIELD}" value="${escapeHtml(token)}">${more}
<button class="${goClass(fields)}" type="submit">${escapeHtml(button)}</button>
</form>`;
}

function expiredBody({ expired }: PageTexts, fields: ActivationPageFields): string {
  switch (fields.device?.fresh) {
    case 'offer': {
      const more = `\n<input type="hidden" name="${FRESH_FIELD}" value="1">`;
      return `<p role="alert">${escapeHtml(expired.offer)}</p>
${form(fields, expired.button, more)}
<p class="quiet">${escapeHtml(expired.after)}</p>`;
    }
    case 'sent':
      return status({ lead: expired.sent, after: expired.after });
    default:
      return plain(expired);
  }
}

function status(text: { readonly lead: string; readonly after: string }): string {
  return plain(text, 'status');
}

function plain(text: { readonly lead: string; readonly after: string }, role: 'alert' | 'status' = 'alert'): string {
  return `<p role="${role}">${escapeHtml(text.lead)}</p>\n<p class="quiet">${escapeHtml(text.after)}</p>`;
}

function deviceList(texts: PageTexts, { device }: ActivationPageFields): string {
  const name = device === undefined ? null : [device.model, device.type].filter((word) => word !== null).join(', ');
  const rows: [string, string | null | undefined][] = [
    [texts.device, name],
    [texts.deviceId, device && shownEasId(device.easId)],
    [texts.mailbox, device?.mailbox],
  ];
  const shown = rows.filter(([, value]) => value);
  if (shown.length === 0) return '';
  return `<dl>${shown.map(([term, value]) => `<dt>${escapeHtml(term)}</dt><dd dir="auto">${escapeHtml(value ?? '')}</dd>`).join('')}</dl>`;
}

/** Each way to the help desk as a link, where it can be one. */
function helpDeskHtml(texts: PageTexts, { name, phone, mail, web }: HelpDesk): string {
  const ways = [
    name && escapeHtml(name),
    phone && linkHtml(`tel:${phone.replace(/[^+\d]/g, '')}`, phone),
    mail && linkHtml(`mailto:${mail.split('@').map(encodeURIComponent).join('@')}`, mail),
    web && (isWebAddress(web) ? linkHtml(web, web) : escapeHtml(web)),
  ].filter(Boolean);
  return ways.length === 0 ? '' : `<p class="quiet">${escapeHtml(texts.help)}: ${ways.join(', ')}</p>`;
}

function linkHtml(address: string, text: string): string {
  return `<a rel="noreferrer" href="${escapeHtml(address)}">${escapeHtml(text)}</a>`;
}

/** The button is the second thing where the code is the first. */
function goClass(fields: ActivationPageFields): string {
  return isElsewhere(fields) && fields.page !== 'expired' ? 'go second' : 'go';
}

function enrollButton(texts: PageTexts, fields: ActivationPageFields): string {
  const { enrollUrl } = fields;
  if (enrollUrl === undefined || !isWebAddress(enrollUrl)) return '';
  return `<a class="${goClass(fields)}" rel="noreferrer" href="${escapeHtml(enrollUrl)}">${escapeHtml(isElsewhere(fields) ? texts.done.buttonElsewhere : texts.done.button)}</a>`;
}

/** The app, and where this device gets it; without a store of its platform the enrollment page leads to it. */
function appButton({ done }: PageTexts, { app, device }: ActivationPageFields): string {
  if (app === undefined) return '';
  const lead = `<p>${escapeHtml(done.app.replace('{app}', () => app.name))}</p>\n`;
  const address = storeAddressOf(app, device?.platform ?? null);
  if (address === null || !isWebAddress(address)) return lead;
  const button = escapeHtml(done.appButton.replace('{app}', () => app.name));
  return `${lead}<a class="go second" rel="noreferrer" href="${escapeHtml(address)}">${button}</a>\n`;
}

/** No `javascript:` and the like; plain http only to this machine (the lab). */
function isWebAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return (
    url?.protocol === 'https:' || (url?.protocol === 'http:' && /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname))
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Foreign text as HTML text or attribute value; control and direction characters become spaces. */
function escapeHtml(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, ' ')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
