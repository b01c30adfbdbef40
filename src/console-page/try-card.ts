/** "Try it" about one device: what the rules decide at this moment, and by which of them. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import type { TriedAnswer } from './answers.ts';
import { evidence, facts, say, time, word } from './page.ts';
import type { Page } from './page.ts';

/** What was answered last, and about which device; null: it is being asked. */
let last: { readonly key: string; readonly language: string; readonly answer: TriedAnswer | null } | null = null;

/** Something was done since: what was answered may be otherwise by now. */
export function forgetTried(): void {
  last = null;
}

/** The button, and what came of it. */
export function tryCard(page: Page, key: string): TemplateResult {
  const { language } = page;
  const isOfThis = last?.key === key && last.language === language;
  const click = (): void => {
    last = { key, language, answer: null };
    const answered = (answer: TriedAnswer): void => {
      last = { key, language, answer };
      page.draw();
    };
    const failed = (): void => {
      last = null;
    };
    page.ask('try', { key }, answered, failed);
    page.draw();
  };
  return html`<p class="hint">${say(page, 'tryHint')}</p>
    <p class="buttons"><button type="button" @click=${click}>${say(page, 'tryIt')}</button></p>
    <div aria-live="polite">
      ${!isOfThis ? nothing : last?.answer ? tried(page, last.answer) : html`<p>${say(page, 'trying')}</p>`}
    </div>`;
}

function tried(page: Page, { device, problems, easReadAt, mdmReadAt }: TriedAnswer): TemplateResult {
  if (device === null) return html`<p>${say(page, 'triedGone')}</p>`;
  const { action, rule, reason, would, match, evidence: lines } = device;
  const about = match === reason.text ? lines : [match, ...lines];
  return html`
    ${problems.map(({ text }) => html`<p class="bad">${say(page, 'triedGuard', { text })}</p>`)}
    ${facts([
      [say(page, 'decision'), html`<span class="badge ${action.code}">${word(page, 'decision', action)}</span>`],
      [say(page, 'triedRule'), rule.number === null ? rule.name : `${rule.number}. ${rule.name}`],
      [say(page, 'triedConditions'), rule.sentence],
      [say(page, 'reason'), inWords(page, reason)],
      [say(page, 'triedChange'), would.text],
      [say(page, 'triedMatch'), about.length === 0 ? null : html`${evidence(about)}`],
    ])}
    <p class="soft">${readAt(page, easReadAt, mdmReadAt)}</p>
  `;
}

/** The reason's word, and what the runtime says of it, where that is more. */
function inWords(page: Page, { code, text }: { readonly code: string; readonly text: string }): TemplateResult {
  const known = word(page, 'reason', { code, text });
  return html`${known}${known === text ? nothing : evidence([text])}`;
}

function readAt(page: Page, eas: string | null, mdm: string | null): TemplateResult {
  const [before = '', between = '', after = ''] = say(page, 'triedRead', { eas: '\n', mdm: '\n' }).split('\n');
  return html`${before}${time(page, eas)}${between}${time(page, mdm)}${after}`;
}
