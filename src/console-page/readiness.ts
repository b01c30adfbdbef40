/** The checklist before an access switch enforces: a card of the overview. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import type { ReadinessAnswer, ReadinessLineAnswer } from './answers.ts';
import { say, section } from './page.ts';
import type { Page } from './page.ts';

/** The checklist, or why there is none. */
export type ReadinessShown = ReadinessAnswer | { readonly problem: string };

/*
 *   answer                    shown
 *   a problem                 the problem
 *   no switch                 that there is none
 *   a switch that simulates   the checklist
 *   a switch that enforces    that it does; the checklist, which was for before, on request
 */
export function readinessCard(page: Page, answer: ReadinessShown): TemplateResult {
  const isEnforcing = 'switch' in answer && answer.switch?.mode === 'enforce';
  return section(say(page, isEnforcing ? 'accessSwitch' : 'readiness'), content(page, answer), 'readiness');
}

function content(page: Page, answer: ReadinessShown): TemplateResult {
  if ('problem' in answer) return html`<p class="bad">${answer.problem}</p>`;
  if (answer.switch === null || answer.checklist === null) return html`<p>${say(page, 'noSwitch')}</p>`;
  const { name, mode } = answer.switch;
  const { state, text, lines } = answer.checklist;
  const isSimulating = mode === 'simulate';
  return html`<p>${say(page, isSimulating ? 'switchSimulates' : 'switchEnforces', { name })}</p>
    <details ?open=${isSimulating}>
      <summary>${isSimulating ? html`${badge(page, state)} ${text}` : say(page, 'checklist')}</summary>
      <ul class="parts">
        ${lines.map((line) => lineOf(page, line))}
      </ul>
    </details>`;
}

const STATES = {
  ok: ['ready', 'lineOk'],
  warn: ['unknown', 'lineWarn'],
  unknown: ['unknown', 'lineUnknown'],
  no: ['failed', 'lineNo'],
} as const;

function badge(page: Page, state: ReadinessLineAnswer['state']): TemplateResult {
  const [look, key] = STATES[state];
  return html`<span class="badge ${look}">${say(page, key)}</span>`;
}

function lineOf(page: Page, { state, title, about, seen, remedy, confirm }: ReadinessLineAnswer): TemplateResult {
  const click = (): void => {
    if (confirm === null) return;
    const { text, address } = confirm;
    page.confirm({ text, button: 'confirmLink', action: 'confirm-link', body: { address } });
  };
  return html`<li>
    <strong>${title}</strong>${about === null ? '' : ` – ${about}`} ${badge(page, state)}
    <p>${seen.text}</p>
    ${remedy === null ? nothing : html`<p>${remedy}</p>`}
    ${confirm === null ? nothing : html`<button type="button" @click=${click}>${say(page, 'confirmLink')}</button>`}
  </li>`;
}
