/** Fills a mail template. Mustache, as in Node-RED's own template node, with stricter rules. Pure. */
import Mustache from 'mustache';
import { ConnectorError } from '../errors.ts';
import type { SeenInEach } from '../errors.ts';
import type { MailPicture } from '../model/mail-picture.ts';
import { MAIL_FIELDS } from './mail-fields.ts';
import type { MailFields } from './mail-fields.ts';
import { refusal, refused } from '../model/refusals.ts';
import { english } from '../model/say.ts';
import type { Said } from '../model/say.ts';

/** Templates of one mail in one language. */
export interface MailTemplate {
  /** BCP 47. */
  readonly language: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface RenderedMail {
  readonly language: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What the HTML shows; without it, nothing. */
  readonly pictures?: readonly MailPicture[];
}

/** RFC 5322 section 2.1.1 has no limit for an unfolded subject; mail programs show about this much. */
const MAX_SUBJECT = 200;

/** Token of mustache.parse: kind, name or text, start, end, children. */
type Token = [string, string, number, number, Token[]?, ...unknown[]];

/**
 * Fills subject, text and HTML. Values are escaped in the HTML and plain in the others; control characters never pass.
 * Throws ERR_MAIL_TEMPLATE for a name that is not a field, for what does not parse, for partials, and for unescaped
 * values ({{{x}}}, {{&x}}) in the HTML.
 */
export function renderMail(template: MailTemplate, fields: MailFields): RenderedMail {
  checkMailTemplate(template);
  const view = viewOf(fields);
  const plain = (part: string): string => Mustache.render(part, view, {}, { escape: String });
  return {
    language: template.language,
    subject: cut(plain(template.subject).replace(/\s+/g, ' ').trim(), MAX_SUBJECT),
    text: tidy(plain(template.text)),
    html: Mustache.render(template.html, view, {}, { escape: escapeHtml }),
  };
}

/** What a template has. */
const MAIL_PARTS = ['subject', 'text', 'html'] as const;
type MailPart = (typeof MAIL_PARTS)[number];

/** Throws what {@link renderMail} would, without values; for the dialog and the preflight. */
export function checkMailTemplate(template: MailTemplate): void {
  for (const part of MAIL_PARTS) {
    checkTokens(parse(template[part], part), part);
  }
}

function parse(text: string, part: MailPart): Token[] {
  try {
    return Mustache.parse(text) as unknown as Token[];
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error);
    throw new ConnectorError(
      'ERR_MAIL_TEMPLATE',
      refusal('template.unread', { part: partOf(part), why: english(seen) }),
      {
        cause: error,
        details: { part, tag: tagOf(seen, text) },
      },
    );
  }
}

/** The tag that mustache complains of, as it is written: it names sections by their names, and an open end by its place. */
function tagOf(seen: string, text: string): string {
  const [, kind, name] = /^(Unclosed|Unopened) section "(.*)" at /s.exec(seen) ?? [];
  if (name !== undefined) return kind === 'Unopened' ? `{{/${name}}}` : `{{#${name}}}`;
  const open = text.slice(text.lastIndexOf('{{') + 2).trim();
  return `{{${open.slice(0, 30)}`;
}

function checkTokens(tokens: readonly Token[], part: MailPart): void {
  for (const [kind, name, , , children] of tokens) {
    if (kind === 'text' || kind === '!') continue;
    const refusing = refuse(kind, name, part);
    if (refusing !== null)
      throw new ConnectorError('ERR_MAIL_TEMPLATE', refusing, { details: { part, tag: writtenTag(kind, name) } });
    if (children !== undefined) checkTokens(children, part);
  }
}

function writtenTag(kind: string, name: string): string {
  if (kind === '&') return `{{{${name}}}}`;
  return kind === 'name' ? `{{${name}}}` : `{{${kind}${name}}}`;
}

function refuse(kind: string, name: string, part: MailPart): SeenInEach | null {
  if (kind === '>' || kind === '=') return refusal('template.tag', { part: partOf(part), tag: `{{${kind}${name}}}` });
  if (!Object.hasOwn(MAIL_FIELDS, name)) return refusal('template.field', { part: partOf(part), tag: `{{${name}}}` });
  if (kind === '&' && part === 'html') return refusal('template.unescaped', { tag: `{{{${name}}}}` });
  return null;
}

function partOf(part: MailPart): Said {
  return refused(`part.${part}`);
}

/** Mustache looks `device.model` up as `model` in `device`. Lists hold views of their own. */
function viewOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const view: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const clean = cleanOf(value);
    const [group = '', member] = name.split('.');
    if (member === undefined) view[name] = clean;
    else view[group] = { ...(view[group] as object | undefined), [member]: clean };
  }
  return view;
}

function cleanOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => viewOf(one as Record<string, unknown>));
  return typeof value === 'string' ? stripControls(value) : (value ?? '');
}

/** Control characters, line separators, and what turns the reading direction (Unicode Bidirectional Algorithm, 2). */
function stripControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, ' ').trim();
}

/** Never through the middle of a surrogate pair. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}

/** No spaces at line ends, no heaps of empty lines where a section was left out. */
function tidy(text: string): string {
  return `${text
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
