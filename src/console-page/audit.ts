/** Who changed what. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import type { AuditAnswer, AuditEntryAnswer } from './answers.ts';
import { choice, evidence, filters, filterText, linkTo, pager, personText, say, table, time, word } from './page.ts';
import type { Page } from './page.ts';
import { questions } from './place.ts';
import { wordsOf } from './words.ts';

/** What the audit is asked for, without its page. */
export const AUDIT_QUESTIONS = ['organization', 'from', 'to', 'person', 'device', 'what'];

export function auditView(page: Page, { entries, next }: AuditAnswer): TemplateResult {
  const click = (): void => page.save('audit.csv', questions(page.place, AUDIT_QUESTIONS));
  return html`<section>
    ${filters(page, [
      filterText(page, 'from', { label: 'from', type: 'date' }),
      filterText(page, 'to', { label: 'until', type: 'date' }),
      filterText(page, 'person', { label: 'person', type: 'text' }),
      filterText(page, 'device', { label: 'deviceKey', type: 'text', hint: say(page, 'deviceHint') }),
      choice(page, 'what', 'what', wordsOf(page.language, 'audit')),
      html`<button type="button" @click=${click}>${say(page, 'csv')}</button>`,
    ])}
    ${entries.length === 0 ? html`<p>${say(page, 'noAudit')}</p>` : auditTable(page, entries, true)}
    ${pager(page, next)}
  </section>`;
}

/** Entries of the audit. @param withDevice false: all are of one device */
export function auditTable(page: Page, entries: readonly AuditEntryAnswer[], withDevice: boolean): TemplateResult {
  return table(
    say(page, 'audit'),
    [
      { text: say(page, 'when') },
      { text: say(page, 'what') },
      { text: say(page, 'who') },
      ...(withDevice ? [{ text: say(page, 'device') }] : []),
      { text: say(page, 'rule'), wide: true },
      { text: say(page, 'reason'), wide: true },
    ],
    entries.map((entry) => [
      time(page, entry.at),
      word(page, 'audit', entry.what),
      html`${personText(page, entry.who)}${entry.approvedBy === null ? nothing : html`<div class="soft">${say(page, 'approvedBy', { who: personText(page, entry.approvedBy) })}</div>`}`,
      ...(withDevice ? [deviceOf(page, entry.deviceKey)] : []),
      entry.rule ?? '–',
      html`${word(page, 'reason', entry.reason)}${evidence(entry.evidence)}`,
    ]),
  );
}

/** The end of a device's key is its EAS ID. */
function deviceOf(page: Page, key: string | null): TemplateResult | string {
  if (key === null || key === '') return '–';
  if (!key.startsWith('eas:')) return key;
  return html`<a href=${linkTo(page, 'device', { key })}>${key.split(':').at(-1)}</a>`;
}
