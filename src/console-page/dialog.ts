/** What somebody is asked before anything is done. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import type { Confirm, ConfirmField, Page } from './page.ts';
import { say } from './page.ts';

/** What becomes of the question. */
export interface Answers {
  readonly send: (confirm: Confirm, filled: Readonly<Record<string, string>>) => void;
  readonly closed: () => void;
}

/** What was filled in of a question. */
export interface Unsent {
  readonly confirm: Confirm;
  readonly filled: Readonly<Record<string, string>>;
}

/** A question with what was filled in of it before, if it is the same one. */
export function filledAgain(confirm: Confirm, unsent: Unsent | null): Confirm {
  if (unsent === null || nameOf(unsent.confirm) !== nameOf(confirm)) return confirm;
  const { fields = [], choice } = confirm;
  const again = fields.map((field) => ({ ...field, value: unsent.filled[field.name] ?? field.value ?? '' }));
  const chosen = choice && { ...choice, chosen: unsent.filled[choice.name] };
  return { ...confirm, fields: again, ...(chosen && { choice: chosen }) };
}

/** What it is about. */
const nameOf = ({ action, body }: Confirm): string => JSON.stringify([action, body]);

const the = (): HTMLDialogElement | null => document.querySelector<HTMLDialogElement>('dialog');

/** Shows the question above the page, once it is drawn. */
export function openDialog(): void {
  the()?.showModal();
}

/** The dialog; empty while nothing is asked. */
export function dialog(page: Page, confirm: Confirm | null, { send, closed }: Answers): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const filled = Object.fromEntries(
      [...new FormData(form)].map(([name, value]) => [name, typeof value === 'string' ? value.trim() : '']),
    );
    the()?.close();
    if (confirm !== null) send(confirm, filled);
  };
  // The browser tells of it later: by then the next question may be there, which it does not mean.
  const close = (): void => {
    if (the()?.open !== true) closed();
  };
  return html`<dialog aria-labelledby="asked" @close=${close}>
    ${
      confirm === null
        ? ''
        : html`<form @submit=${submit}>
            <p id="asked">${confirm.text}</p>
            ${confirm.choice === undefined ? nothing : options(confirm.choice)}
            ${(confirm.fields ?? []).map((one) => field(page, one))}
            <p class="buttons">
              <button type="button" @click=${() => the()?.close()}>${say(page, 'cancel')}</button>
              <button type="submit" class="primary">${say(page, confirm.button)}</button>
            </p>
          </form>`
    }
  </dialog>`;
}

function field(
  page: Page,
  { name, label, type, isNeeded = false, min, max, value = '' }: ConfirmField,
): TemplateResult {
  return html`<label
    >${say(page, label)}
    <input
      name=${name}
      type=${type ?? 'text'}
      min=${min ?? nothing}
      max=${max ?? nothing}
      value=${value}
      ?required=${isNeeded}
      maxlength="500"
      autocomplete="off"
  /></label>`;
}

function options({ name, options: all, chosen }: NonNullable<Confirm['choice']>): TemplateResult {
  return html`<div role="radiogroup" aria-labelledby="asked">
    ${all.map(
      ({ value, text, more }) =>
        html`<label class="option">
          <input type="radio" name=${name} value=${value} ?checked=${value === chosen} required />
          <span>${text}<span class="soft">${more}</span></span>
        </label>`,
    )}
  </div>`;
}
