/** The page: goes to where the address says, asks, shows, and asks again while somebody looks. */
import { html, nothing, render } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import { dialog, filledAgain, openDialog } from './dialog.ts';
import type { Unsent } from './dialog.ts';
import type { Confirm, Page } from './page.ts';
import { linkTo, say } from './page.ts';
import { asking, hrefOf, placeOf } from './place.ts';
import type { Place, View } from './place.ts';
import { act, AnswerError, ask, save } from './runtime.ts';
import type { Question } from './runtime.ts';
import { LANGUAGES, languageOf, textIn } from './texts.ts';
import type { Language } from './texts.ts';
import type { ErrorWords } from './words.ts';
import { forgetTried } from './try-card.ts';
import { VIEWS_BY_NAME } from './views.ts';
import type { Loaded } from './views.ts';

/** How often is asked again. */
const EVERY_MS = 5_000;
const KEPT_LANGUAGE = 'exchange-connector-language';
/** Views that the menu names; the others are reached from these. */
const MENU: readonly View[] = ['overview', 'devices', 'plan', 'audit'];

interface Named {
  readonly id: string;
  readonly name: string;
}

const state = {
  language: languageOf([kept(KEPT_LANGUAGE), kept('editor-language'), ...navigator.languages]),
  errors: {} as ErrorWords,
  place: placeOf(location.hash),
  stores: null as readonly Named[] | null,
  organizations: [] as readonly Named[],
  /** The store that these are of; null: it was not asked yet. */
  organizationsOf: null as string | null,
  loaded: null as Loaded | null,
  failure: null as AnswerError | null,
  confirm: null as Confirm | null,
  /** What was filled in of a question that nothing came of: it stands there again when the same is asked. */
  unsent: null as Unsent | null,
  /** What was done last, or why it was not. */
  said: null as { readonly isGood: boolean; readonly text: string } | null,
  chosen: new Set<string>(),
  turn: 0,
  timer: undefined as ReturnType<typeof setTimeout> | undefined,
};

/** Null where the browser keeps nothing. */
function kept(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

const page: Page = {
  get place() {
    return state.place;
  },
  get language() {
    return state.language;
  },
  get errors() {
    return state.errors;
  },
  chosen: state.chosen,
  go(place, instead = false) {
    if (instead) history.replaceState(null, '', hrefOf(place));
    else history.pushState(null, '', hrefOf(place));
    arrive();
  },
  confirm(confirm) {
    state.confirm = filledAgain(confirm, state.unsent);
    draw();
    openDialog();
  },
  ask(path, question, answered, failed) {
    const fails = (thrown: unknown): void => {
      failed?.();
      tell(thrown);
    };
    void ask<Parameters<typeof answered>[0]>(`${storeId()}/${path}`, inLanguage(question)).then(answered).catch(fails);
  },
  tell(text) {
    state.said = { isGood: true, text };
    draw();
  },
  save(path, question) {
    void save(`${storeId()}/${path}`, inLanguage(question)).catch(tell);
  },
  draw,
};

function storeId(): string {
  return encodeURIComponent(state.place.query['store'] ?? state.stores?.[0]?.id ?? '');
}

/** What the runtime says in sentences, and why it refuses something, it says in the page's language. */
function inLanguage(question: Question): Question {
  return { ...question, language: state.language };
}

/** The address has changed. */
function arrive(): void {
  const before = state.place;
  state.place = placeOf(location.hash);
  const differs = (name: string): boolean => before.query[name] !== state.place.query[name];
  const isOther = before.view !== state.place.view || differs('key');
  // What is of another store or organization must not stand below the name of this one while it does not answer.
  if (isOther || differs('store') || differs('organization')) state.loaded = null;
  if (before.query['id'] !== state.place.query['id']) state.chosen.clear();
  state.said = null;
  draw();
  if (isOther) document.querySelector<HTMLElement>('h1')?.focus();
  void load();
}

/** Asks for what the place shows. An answer that comes when somebody has gone on is left alone. */
async function load(): Promise<void> {
  clearTimeout(state.timer);
  state.turn += 1;
  const { turn } = state;
  try {
    state.stores = (await ask<{ stores: readonly Named[] }>('stores', inLanguage({}))).stores;
    if (state.stores.length > 0) {
      const { place } = state;
      const store = storeId();
      void learnOrganizations(store);
      const loaded = await VIEWS_BY_NAME[place.view].load(place, (path, question) =>
        ask(`${store}/${path}`, inLanguage(question)),
      );
      if (turn !== state.turn) return;
      state.loaded = loaded;
      if (loaded.organizations !== undefined) keepOrganizations(store, loaded.organizations);
    }
    state.failure = null;
  } catch (thrown) {
    if (turn !== state.turn) return;
    state.failure = thrown instanceof AnswerError ? thrown : new AnswerError('refused', String(thrown));
  }
  if (turn !== state.turn) return;
  draw();
  state.timer = setTimeout(again, EVERY_MS);
}

function keepOrganizations(store: string, organizations: readonly Named[]): void {
  state.organizations = organizations;
  state.organizationsOf = store;
}

/** Asks once which organizations a store has: a bookmark may be of another page than the overview, or of one that is gone. */
async function learnOrganizations(store: string): Promise<void> {
  if (state.organizationsOf === store) return;
  try {
    const { organizations } = await ask<{ organizations: readonly Named[] }>(`${store}/overview`, inLanguage({}));
    if (store !== storeId()) return;
    keepOrganizations(store, organizations);
    draw();
  } catch {
    // The page says why there is nothing to see.
  }
}

function again(): void {
  if (document.hidden) return;
  void load();
}

function tell(thrown: unknown): void {
  const kind = thrown instanceof AnswerError ? thrown.kind : 'refused';
  const known = {
    'sign-in': say(page, 'noRight'),
    unreachable: say(page, 'unreachable'),
    refused: (thrown as Error).message,
  };
  state.said = { isGood: false, text: known[kind] };
  draw();
}

/** Does what was confirmed. */
async function send(confirm: Confirm, filled: Readonly<Record<string, string>>): Promise<void> {
  const { action, body, button } = confirm;
  state.confirm = null;
  state.unsent = { confirm, filled };
  draw();
  try {
    const { state: became } = await act(`${storeId()}/${action}`, { ...body, ...filled, language: state.language });
    const what = say(page, button).replace(/…$/, '');
    state.said = { isGood: true, text: say(page, became === 'ended' ? 'doneEnded' : 'doneUnderWay', { what }) };
    state.unsent = null;
    state.chosen.clear();
    forgetTried();
    await load();
  } catch (thrown) {
    tell(thrown);
    if (!(thrown instanceof AnswerError) || thrown.kind !== 'sign-in') return;
    // Who lacks a right and who is not signed in any more are answered alike: the first may still look.
    await load();
    if (state.failure?.kind !== 'sign-in') return;
    state.said = { isGood: false, text: say(page, 'signedOut') };
    draw();
  }
}

function draw(): void {
  document.documentElement.lang = state.language;
  document.title = textIn(state.language, 'title');
  render(whole(), document.body);
}

function whole(): TemplateResult {
  const { place } = state;
  return html`
    <header>
      <a class="home" href=${linkTo(page, 'overview')}>${say(page, 'title')}</a>
      <nav aria-label=${say(page, 'pages')}>
        ${MENU.map((view) => html`<a href=${linkTo(page, view)} aria-current=${view === place.view ? 'page' : nothing}>${say(page, view)}</a>`)}
      </nav>
      <div class="choices">
        ${chooser('store', state.stores ?? [])}${chooser('organization', state.organizations)}${languageChooser()}
      </div>
    </header>
    <main aria-busy=${state.loaded === null ? 'true' : 'false'}>
      <h1 tabindex="-1">${say(page, place.view)}</h1>
      <p role="status" class=${state.said?.isGood === false ? 'bad' : 'good'}>${state.said?.text ?? ''}</p>
      ${content()}
    </main>
    ${dialog(page, state.confirm, {
      send: (confirm, filled) => void send(confirm, filled),
      closed: () => {
        state.confirm = null;
        draw();
      },
    })}
  `;
}

function content(): TemplateResult {
  const { failure, stores, loaded, place } = state;
  if (failure?.kind === 'sign-in')
    return html`<p role="alert" class="bad">${say(page, 'signIn')}</p>
      <p><a class="button" href="../">${say(page, 'toEditor')}</a></p>`;
  const problem =
    failure === null
      ? nothing
      : html`<p role="alert" class="bad">
          ${failure.kind === 'unreachable' ? say(page, 'unreachable') : failure.message}
        </p>`;
  if (stores?.length === 0)
    return html`${problem}
      <p>${say(page, 'noStore')}</p>`;
  if (loaded === null) return html`${problem}${failure === null ? html`<p>${say(page, 'loading')}</p>` : nothing}`;
  return html`${problem}${loaded.view === place.view ? loaded.show(page) : nothing}`;
}

/*
 *   the address names            there are    shown
 *   one that there is, or none   one or none  nothing
 *   one that there is, or none   more         all
 *   one that is gone             none         nothing
 *   one that is gone             some         that it is gone, and all
 */
function chooser(name: 'store' | 'organization', options: readonly Named[]): TemplateResult | typeof nothing {
  const chosen = state.place.query[name] ?? options[0]?.id;
  const isGone = options.length > 0 && !options.some(({ id }) => id === chosen);
  if (options.length < 2 && !isGone) return nothing;
  const change = (event: Event): void => {
    const of: Place = { view: 'overview', query: name === 'store' ? {} : state.place.query };
    page.go(asking(of, name, (event.target as HTMLSelectElement).value));
  };
  return html`<label
    >${say(page, name)}
    <select name=${name} @change=${change}>
      ${isGone ? html`<option value=${chosen ?? ''} disabled .selected=${true}>${say(page, 'gone')}</option>` : nothing}
      ${options.map(({ id, name: text }) => html`<option value=${id} .selected=${id === chosen}>${text}</option>`)}
    </select>
  </label>`;
}

function languageChooser(): TemplateResult {
  const change = (event: Event): void => {
    speak((event.target as HTMLSelectElement).value as Language);
    void load();
    try {
      localStorage.setItem(KEPT_LANGUAGE, state.language);
    } catch {
      // The choice holds until the page is closed.
    }
  };
  return html`<label
    >${say(page, 'language')}
    <select name="language" @change=${change}>
      ${Object.entries(LANGUAGES).map(([code, name]) => html`<option value=${code} lang=${code} .selected=${code === state.language}>${name}</option>`)}
    </select>
  </label>`;
}

function speak(language: Language): void {
  state.language = language;
  draw();
  if (language !== 'de') return;
  void fetch('page/german-errors.json')
    .then((answer) => answer.json())
    .then((errors: ErrorWords) => {
      state.errors = errors;
      draw();
    })
    .catch(tell);
}

addEventListener('hashchange', arrive);
document.addEventListener('visibilitychange', again);
document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector<HTMLInputElement>('input[type=search]');
  if (search === null) return;
  event.preventDefault();
  search.focus();
});
speak(state.language);
void load();
