/**
 * The mails we send unless an administrator writes his own: one layout, the words of mail-texts.ts.
 * Text part first and complete; HTML in one column of tables, inline styles, nothing loaded from elsewhere, button in a
 * table cell, readable in the dark, when inverted, and by a screen reader. Pure.
 */
import type { MailFieldName } from './mail-fields.ts';
import { MAIL_TEXTS } from './mail-texts.ts';
import type { MailTexts, MailWords } from './mail-words.ts';
import { LOGO_HEIGHT } from '../model/logo.ts';
import type { MailKind } from '../model/mail-kind.ts';
import type { MailTemplate } from './render-mail.ts';

export const MAIL_LANGUAGES: readonly string[] = Object.keys(MAIL_TEXTS);

/** An administrator's own words by language; what is left out or empty is ours. One template serves all kinds, by its sections. */
export type CustomTemplates = Readonly<Record<string, Partial<Pick<MailTemplate, 'subject' | 'text' | 'html'>>>>;

/**
 * The template for a mail: the administrator's where given, else ours. Languages fall back `de-CH` → `de` → `en`.
 */
export function mailTemplate(kind: MailKind, language: string, custom: CustomTemplates = {}): MailTemplate {
  const chosen = firstIn(fallbacks(language), [custom, MAIL_TEXTS]) ?? 'en';
  const spoken = firstIn(fallbacks(chosen), [MAIL_TEXTS]) ?? 'en';
  const [ours, { texts, words }] = [defaultTemplate(kind, spoken), wordsOf(kind, spoken)];
  const own = Object.hasOwn(custom, chosen) ? custom[chosen] : undefined;
  return {
    language: chosen,
    subject: own?.subject || ours.subject,
    text: own?.text ? withOthers(own.text, othersText(texts, words)) : ours.text,
    html: own?.html ? withOthers(own.html, othersHtml(texts, words)) : ours.html,
  };
}

/** True if there is a text in this language: one of the administrator's where there are any, else ours. */
export function speaks(language: string, custom: CustomTemplates): boolean {
  const texts = Object.keys(custom).length > 0 ? custom : MAIL_TEXTS;
  return firstIn([language, language.split('-')[0] ?? ''], [texts]) !== null;
}

/**
 * The first of some languages that there are texts in, as these spell it; null: none. Tags are the same in capitals and small
 * letters (RFC 5646 2.1.1).
 */
function firstIn(languages: readonly string[], all: readonly object[]): string | null {
  const known = new Map(all.toReversed().flatMap((texts) => Object.keys(texts).map((one) => [one.toLowerCase(), one])));
  const found = languages.map((one) => known.get(one.toLowerCase())).find((one) => one !== undefined);
  return found ?? null;
}

/** Kinds that came later, their section, and the kind in whose section they were before. */
const LATER_KINDS: Partial<Record<MailKind, readonly [section: MailFieldName, before: MailKind]>> = {
  'no-longer-managed': ['noLongerManaged', 'not-enrolled'],
  'not-a-phone': ['notAPhone', 'not-native-client'],
};

/** The kind whose section a template shows: one that does not name a later kind's goes on as it was written. */
export function sectionOf(kind: MailKind, { subject, text, html }: MailTemplate): MailKind {
  const [section, before] = LATER_KINDS[kind] ?? [];
  if (section === undefined || before === undefined) return kind;
  return [subject, text, html].some((part) => part.includes(section)) ? kind : before;
}

/** A text that does not speak of several devices gets the others as a plain list, each with its link. */
function withOthers(own: string, others: string): string {
  if (/\{\{\s*#\s*(?:devices|others)\s*\}\}/.test(own)) return own;
  const end = own.toLowerCase().lastIndexOf('</body');
  return end < 0 ? `${own}\n\n${others}` : own.slice(0, end) + others + own.slice(end);
}

/** Our template for a kind and one of {@link MAIL_LANGUAGES}. */
export function defaultTemplate(kind: MailKind, language: string): MailTemplate {
  const { texts, words } = wordsOf(kind, language);
  return {
    language,
    subject: `{{#reminder}}${texts.reminderSubject}{{/reminder}}${words.subject}`,
    text: textPart(texts, words),
    html: htmlPart(texts, words, language),
  };
}

function wordsOf(kind: MailKind, language: string): { readonly texts: MailTexts; readonly words: MailWords } {
  const texts = MAIL_TEXTS[language] ?? (MAIL_TEXTS['en'] as MailTexts);
  return { texts, words: texts.mails[kind] };
}

function fallbacks(language: string): string[] {
  const parts = language.split('-');
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('-')), 'en'];
}

function textPart(texts: MailTexts, words: MailWords): string {
  return [
    `{{#user.name}}${texts.greeting}{{/user.name}}{{^user.name}}${texts.greetingWithoutName}{{/user.name}}`,
    `{{#reminder}}${texts.reminder}{{/reminder}}`,
    words.lead,
    `  ${texts.device}: {{device.name}}{{#device.type}} ({{device.type}}){{/device.type}}\n  ${texts.deviceId}: {{device.id}}\n  ${texts.blockedAt}: {{blockedAt}}`,
    `${texts.whatToDo}:\n${words.steps.map((step, index) => `${index + 1}. ${step}`).join('\n')}`,
    textLink(texts, words),
    `{{#app}}${texts.app}\n{{appStore}}{{/app}}`,
    othersText(texts, words),
    words.after,
    texts.exchangeMail,
    texts.notMe,
    passwordText(texts, words),
    `{{#helpDesk}}${texts.helpDesk}{{/helpDesk}}`,
    `{{#sender}}${texts.automatic}{{/sender}}`,
    '{{company}}',
  ].join('\n\n');
}

function passwordText(texts: MailTexts, words: MailWords): string {
  const hasOurLink = words.button !== null && words.target === 'link';
  return hasOurLink ? `${texts.password} ${texts.passwordPage}` : texts.password;
}

/** The naked address on a line of its own, so that every mail program makes it a link and people can type it. */
function textLink(texts: MailTexts, words: MailWords): string {
  if (words.button === null) return '';
  const isLink = words.target === 'link';
  const [lead, expires] = isLink ? [texts.typeLink, `\n\n${texts.expires}`] : [`${words.button}:`, ''];
  return `{{#${words.target}}}${lead}\n{{${words.target}}}${expires}{{/${words.target}}}`;
}

/** The other devices of the mail, each with its own link where the kind has one. */
function othersText(texts: MailTexts, words: MailWords): string {
  const device = `- {{device.name}}{{#device.type}} ({{device.type}}){{/device.type}}, ${texts.deviceId} {{device.id}}`;
  const link = words.target === 'link' ? `{{#link}}\n  {{link}}{{/link}}` : '';
  return `{{#several}}\n${othersLead(texts, words)}\n{{/several}}{{#others}}${device}${link}\n{{/others}}`;
}

function othersLead(texts: MailTexts, words: MailWords): string {
  return words.target === 'link' ? texts.othersWithLinks : texts.others;
}

/** Mid-tone colors: no pure black or white, so that mail programs that invert them keep at least 4.5:1. */
const PAGE = '#eef1f4';
const CARD = '#fafbfc';
const TEXT = '#1c2733';
const QUIET = '#4d5a67';
const LINE = '#d5dbe1';
const BUTTON = '#0b63c5';
const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

const DARK_STYLE = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (max-width:480px){.scan{display:none!important}}
@media (prefers-color-scheme:dark){.page{background:#12171d!important}.card{background:#1b222a!important;border-color:#333d47!important}.text{color:#e6ebf0!important}.quiet{color:#aab4be!important}.link{color:#7db4f2!important}}`;

function htmlPart(texts: MailTexts, words: MailWords, language: string): string {
  const paragraph = (text: string, tone: 'text' | 'quiet' = 'text'): string =>
    `<p class="${tone}" style="margin:0 0 16px;color:${tone === 'text' ? TEXT : QUIET}">${text}</p>`;
  return `<!doctype html>
<html lang="${language}" dir="${texts.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escape(words.title)}</title>
<style>${DARK_STYLE}</style>
</head>
<body class="page" style="margin:0;padding:0;background:${PAGE}">
<div style="display:none;max-height:0;overflow:hidden">${escape(words.preheader)}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="${PAGE}" style="background:${PAGE}">
<tr><td align="center" style="padding:16px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="${CARD}" style="max-width:600px;background:${CARD};border:1px solid ${LINE}">
<tr><td class="text" style="padding:24px;${FONT};font-size:16px;line-height:24px;color:${TEXT};text-align:start;word-break:break-word;overflow-wrap:anywhere">
${htmlHead(paragraph)}
<h1 class="text" style="margin:0 0 16px;font-size:22px;line-height:28px;color:${TEXT}">${escape(words.title)}</h1>
${paragraph(`{{#user.name}}${escape(texts.greeting)}{{/user.name}}{{^user.name}}${escape(texts.greetingWithoutName)}{{/user.name}}`)}
{{#reminder}}${paragraph(`<strong>${escape(texts.reminder)}</strong>`)}{{/reminder}}
${paragraph(escape(words.lead))}
${paragraph([row(escape(texts.device), '{{device.name}}{{#device.type}} ({{device.type}}){{/device.type}}'), row(escape(texts.deviceId), '{{device.id}}'), row(escape(texts.blockedAt), '{{blockedAt}}')].join('<br>'))}
<h2 class="text" style="margin:0 0 8px;font-size:18px;line-height:24px;color:${TEXT}">${escape(texts.whatToDo)}</h2>
${htmlCode(texts, words, paragraph)}
<ol class="text" style="margin:0 0 16px;padding-inline-start:24px;color:${TEXT}">
${words.steps.map((step) => `<li style="margin:0 0 8px">${escape(step)}</li>`).join('\n')}
</ol>
${htmlButton(texts, words, paragraph)}
${htmlApp(texts, paragraph)}
${othersHtml(texts, words)}
${paragraph(escape(words.after))}
${paragraph(escape(texts.exchangeMail))}
${paragraph(escape(texts.notMe))}
${paragraph(escape(passwordText(texts, words)))}
{{#helpDesk}}${paragraph(escape(texts.helpDesk))}{{/helpDesk}}
{{#sender}}${paragraph(escape(texts.automatic), 'quiet')}{{/sender}}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

/** Whose mail it is: the logo, which names the company where pictures are not shown, else its name. */
function htmlHead(paragraph: (text: string, tone?: 'quiet') => string): string {
  // On a ground of its own: most logos are made for a bright one, and the card may be dark.
  const logo = `<p style="margin:0 0 16px"><img src="{{logo}}" height="${LOGO_HEIGHT}" alt="{{company}}" style="height:${LOGO_HEIGHT}px;width:auto;max-width:100%;padding:4px;background:${CARD};border:0;border-radius:6px"></p>`;
  return `{{#logo}}${logo}{{/logo}}{{^logo}}{{#company}}${paragraph('{{company}}', 'quiet')}{{/company}}{{/logo}}`;
}

/** The same as a list; it stands in an administrator's own text too, so it needs nothing around it. */
function othersHtml(texts: MailTexts, words: MailWords): string {
  const device = `<bdi>{{device.name}}{{#device.type}} ({{device.type}}){{/device.type}}</bdi>, ${escape(texts.deviceId)} <bdi>{{device.id}}</bdi>`;
  const link =
    words.target === 'link'
      ? `{{#link}}<br><a href="{{link}}" class="link" style="color:${BUTTON};word-break:break-all">${escape(words.button ?? '')}</a>{{/link}}`
      : '';
  const item = `<li style="margin:0 0 8px">${device}${link}</li>`;
  const list = `<ul style="margin:0 0 16px;padding-inline-start:24px">{{#others}}${item}{{/others}}</ul>`;
  return `{{#several}}<p style="margin:0 0 8px">${escape(othersLead(texts, words))}</p>${list}{{/several}}`;
}

/** The code for the phone, first where the mail is read on a computer; a small screen is the phone itself. */
function htmlCode(texts: MailTexts, words: MailWords, paragraph: (text: string) => string): string {
  if (words.target !== 'link') return '';
  return `{{#qr}}<div class="scan">${paragraph(escape(texts.scan))}
<p style="margin:0 0 16px"><img src="{{qr}}" width="200" height="200" alt="${escape(texts.qr)}" style="display:block;width:200px;height:200px;border:0;border-radius:6px"></p>
${paragraph(escape(texts.orOnDevice))}</div>{{/qr}}`;
}

function row(term: string, value: string): string {
  return `<span class="quiet" style="color:${QUIET}">${term}:</span> <bdi>${value}</bdi>`;
}

function htmlButton(texts: MailTexts, words: MailWords, paragraph: (text: string, tone?: 'quiet') => string): string {
  if (words.button === null) return '';
  const target = words.target;
  const expires = target === 'link' ? `\n${paragraph(escape(texts.expires), 'quiet')}` : '';
  return `{{#${target}}}<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px"><tr>
<td align="center" bgcolor="{{color}}" style="background:{{color}};border-radius:6px"><a href="{{${target}}}" style="display:inline-block;min-height:24px;padding:12px 24px;${FONT};font-size:16px;line-height:24px;font-weight:bold;color:{{onColor}};text-decoration:none">${escape(words.button)}</a></td>
</tr></table>
${paragraph(`${escape(texts.copyLink)}<br><span style="word-break:break-all">{{${target}}}</span>`, 'quiet')}${expires}{{/${target}}}`;
}

/** The app's button, second to that of the link: framed, not filled, in the colour of the text around it. */
function htmlApp(texts: MailTexts, paragraph: (text: string) => string): string {
  const button = `<p style="margin:0 0 16px"><a class="text" href="{{appStore}}" style="display:inline-block;padding:10px 22px;border:2px solid ${QUIET};border-radius:6px;${FONT};font-size:16px;line-height:24px;font-weight:bold;color:${TEXT};text-decoration:none">${escape(texts.appButton)}</a></p>`;
  return `{{#app}}${paragraph(escape(texts.app))}{{#appStore}}${button}{{/appStore}}{{/app}}`;
}

/** Our own words, as HTML; their mustache tags stay. */
function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
