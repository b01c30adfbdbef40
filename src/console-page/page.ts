/** What every view is given, and small pieces that they share. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import type { Coded, WordKind } from '../console/words.ts';
import type { CandidatesAnswer, TriedAnswer } from './answers.ts';
import { agoText, numberText, timeText } from './figures.ts';
import { asking, elsewhere, hrefOf } from './place.ts';
import type { Place, View } from './place.ts';
import { textIn } from './texts.ts';
import type { Blanks, Language, TextKey } from './texts.ts';
import { wordOf } from './words.ts';
import type { ErrorWords } from './words.ts';

/** What somebody is asked before anything is done. */
export interface Confirm {
  readonly text: string;
  /** On the button that does it. */
  readonly button: TextKey;
  /** The action's name, and what is sent with it. */
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** One of these goes with it, under the name `choice.name`. */
  readonly choice?: {
    readonly name: string;
    /** The one that is chosen at first; absent: none. */
    readonly chosen?: string | undefined;
    readonly options: readonly { readonly value: string; readonly text: string; readonly more: string }[];
  };
  /** What goes with it under the name of each. */
  readonly fields?: readonly ConfirmField[];
}

/** Something that a person fills in. */
export interface ConfirmField {
  readonly name: string;
  readonly label: TextKey;
  /** Absent: a text. */
  readonly type?: 'date';
  readonly isNeeded?: boolean;
  /** The first and last day. */
  readonly min?: string;
  readonly max?: string;
  /** What stands there at first. */
  readonly value?: string;
}

/** What is asked when somebody presses a button, by its route. */
export interface AskedAnswers {
  readonly candidates: CandidatesAnswer;
  readonly try: TriedAnswer;
}

/** What a view is given. */
export interface Page {
  readonly place: Place;
  readonly language: Language;
  readonly errors: ErrorWords;
  /** What is chosen in a held plan: keys of devices. */
  readonly chosen: Set<string>;
  /** Goes elsewhere; `instead`: the place that is left is none to come back to. */
  go(place: Place, instead?: boolean): void;
  /** Asks before it does something. */
  confirm(confirm: Confirm): void;
  /** Asks what takes its time, then goes on with the answer; why there is none is said. */
  ask<K extends keyof AskedAnswers>(
    path: K,
    question: Readonly<Record<string, string>>,
    answered: (answer: AskedAnswers[K]) => void,
    failed?: () => void,
  ): void;
  /** Says what is to be known. */
  tell(text: string): void;
  /** Saves a file of the runtime. */
  save(path: string, question: Readonly<Record<string, string>>): void;
  /** Shows the page anew. */
  draw(): void;
}

export type Piece = TemplateResult | typeof nothing | string;

export function say({ language }: Pick<Page, 'language'>, key: TextKey, blanks: Blanks = {}): string {
  return textIn(language, key, blanks);
}

export function word({ language, errors }: Page, kind: WordKind, coded: Coded): string {
  return wordOf(language, kind, coded, errors);
}

export function num({ language }: Page, value: number): string {
  return numberText(value, language);
}

/** A point in time, exact where the pointer rests. */
export function time(page: Page, iso: string | null): Piece {
  if (iso === null) return '–';
  return html`<time datetime=${iso} title=${iso}>${timeText(iso, page.language)}</time>`;
}

/** What shows something, line by line, as the runtime says it in the page's language. */
export function evidence(lines: readonly string[]): TemplateResult[] {
  return lines.map((line) => html`<div class="soft">${line}</div>`);
}

/** A name as the runtime has it; a person who was not signed in has none. */
export function personText(page: Pick<Page, 'language'>, name: string): string {
  return name === 'unknown' ? say(page, 'somebody') : name;
}

/** How long ago something was. */
export function ago(page: Page, iso: string | null, seconds: number | null): Piece {
  if (iso === null || seconds === null) return say(page, 'never');
  return html`<time datetime=${iso} title=${timeText(iso, page.language)}>${agoText(seconds, page.language)}</time>`;
}

export function linkTo(page: Page, view: View, query: Readonly<Record<string, string>> = {}): string {
  return hrefOf(elsewhere(page.place, view, query));
}

/** A part of a page below a heading. */
export function section(heading: string, content: unknown, name = ''): TemplateResult {
  return html`<section class=${name}>
    <h2>${heading}</h2>
    ${content}
  </section>`;
}

/** Columns of a table: text, and whether there is no room for it on a phone. */
export interface Column {
  readonly text: string;
  readonly wide?: boolean;
  readonly numeric?: boolean;
}

/** A table, which scrolls by itself where it is too wide. */
export function table(name: string, columns: readonly Column[], rows: readonly (readonly unknown[])[]): TemplateResult {
  const classOf = ({ wide, numeric }: Column): string => `${wide ? 'wide' : ''} ${numeric ? 'number' : ''}`.trim();
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${name}>
    <table>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col" class=${classOf(column)}>${column.text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, n) => html`<td class=${classOf(columns[n] ?? { text: '' })}>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Names with what they have; what has nothing is left out. */
export function facts(pairs: readonly (readonly [string, unknown])[]): TemplateResult {
  const there = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return html`<dl class="facts">
    ${there.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** A choice among codes, as a filter of the place. */
export function choice(page: Page, name: string, label: TextKey, options: readonly Coded[]): TemplateResult {
  const chosen = page.place.query[name] ?? '';
  const change = (event: Event): void => page.go(asking(page.place, name, (event.target as HTMLSelectElement).value));
  return html`<label
    >${say(page, label)}
    <select name=${name} @change=${change}>
      <option value="" .selected=${chosen === ''}>${say(page, 'any')}</option>
      ${options.map(({ code, text }) => html`<option value=${code} .selected=${code === chosen}>${text}</option>`)}
    </select>
  </label>`;
}

/** How long nobody types before it is asked for. */
const TYPING_MS = 300;
const typing = new Map<string, ReturnType<typeof setTimeout>>();
/** What was typed last, by the name of its filter. */
const typed = new Map<string, string>();

/*
 *   what was typed last               the field shows
 *   is not asked for yet              it, whatever is drawn meanwhile
 *   is asked for, but for spaces      it: a space at its end is the beginning of the next word
 *   is something else, or nothing     what the place asks for
 */
function shownText(name: string, asked: string): string {
  const last = typed.get(name);
  return last !== undefined && (typing.has(name) || last.trim() === asked) ? last : asked;
}

/** A text, as a filter of the place. */
export function filterText(
  page: Page,
  name: string,
  { label, type = 'search', hint = '' }: { readonly label: TextKey; readonly type?: string; readonly hint?: string },
): TemplateResult {
  const input = (event: Event): void => {
    clearTimeout(typing.get(name));
    const { value } = event.target as HTMLInputElement;
    typed.set(name, value);
    const ask = (): void => {
      typing.delete(name);
      page.go(asking(page.place, name, value.trim()), true);
    };
    typing.set(name, setTimeout(ask, TYPING_MS));
  };
  return html`<label
    >${say(page, label)}
    <input
      type=${type}
      name=${name}
      placeholder=${hint}
      maxlength="200"
      .value=${shownText(name, page.place.query[name] ?? '')}
      @input=${input}
    />
  </label>`;
}

/** Filters: nothing is sent, each counts at once. */
export function filters(page: Page, fields: readonly unknown[]): TemplateResult {
  const stay = (event: Event): void => event.preventDefault();
  return html`<form class="filters" role="search" aria-label=${say(page, 'filters')} @submit=${stay}>${fields}</form>`;
}

/** To the next page, and back to the first. */
export function pager(page: Page, next: string | null): Piece {
  const { query, view } = page.place;
  const first =
    query['after'] === undefined
      ? nothing
      : html`<a class="button" href=${hrefOf(asking(page.place, 'after', ''))}>${say(page, 'first')}</a>`;
  const more =
    next === null
      ? nothing
      : html`<a class="button" href=${hrefOf({ view, query: { ...query, after: next } })}>${say(page, 'next')}</a>`;
  return html`<p class="pager">${first}${more}</p>`;
}
