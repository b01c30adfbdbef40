/** The held plan: what it would change, and what becomes of it. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { PlanAnswer, PlanPageAnswer } from './answers.ts';
import { choice, filters, filterText, linkTo, num, pager, say, word } from './page.ts';
import { timeText } from './figures.ts';
import type { Page } from './page.ts';

/** What is shown of held plans. `page` null: no plan is meant, or the one that is meant is held no more. */
export interface HeldPlans {
  readonly plans: readonly PlanAnswer[];
  readonly page: PlanPageAnswer | null;
}

export function planView(page: Page, { plans, page: shown }: HeldPlans): TemplateResult {
  if (plans.length === 0) return html`<section><p class="good">${say(page, 'noPlans')}</p></section>`;
  const others = plans.filter(({ id }) => id !== shown?.plan.id);
  return html`
    ${shown === null ? html`<p>${say(page, 'planGone')}</p>` : onePlan(page, shown)}
    ${
      others.length === 0
        ? nothing
        : html`<section>
            <ul class="plain">
              ${others.map(
                ({ id, at, changes }) =>
                  html`<li>
                    <a href=${linkTo(page, 'plan', { id })}>${heading(page, { at, changes })}</a>
                  </li>`,
              )}
            </ul>
          </section>`
    }
  `;
}

function heading(page: Page, { at, changes }: Pick<PlanAnswer, 'at' | 'changes'>): string {
  return say(page, 'planChanges', { count: num(page, changes), time: timeText(at, page.language) });
}

function onePlan(page: Page, { plan, changes, next }: PlanPageAnswer): TemplateResult {
  return html`
    <section>
      <h2>${heading(page, plan)}</h2>
      <p>${plan.reason.text}</p>
      <ul class="plain">
        ${plan.groups.map(
          ({ action, reason, rule, count }) =>
            html`<li>
              <span class="badge ${action.code}">${word(page, 'decision', action)}</span> ${num(page, count)}:
              ${word(page, 'reason', reason)} <span class="soft">${rule}</span>
            </li>`,
        )}
      </ul>
      ${buttons(page, plan)}
    </section>
    <section>
      ${filters(page, [
        choice(
          page,
          'reason',
          'reason',
          plan.groups
            .filter(({ reason }, n) => plan.groups.findIndex((one) => one.reason.code === reason.code) === n)
            .map(({ reason }) => ({ code: reason.code, text: word(page, 'reason', reason) })),
        ),
        filterText(page, 'mailbox', { label: 'mailbox', hint: say(page, 'mailboxHint') }),
      ])}
      ${changes.length === 0 ? html`<p>${say(page, 'noDevices')}</p>` : changesTable(page, changes)}
      ${pager(page, next)}
    </section>
  `;
}

/*
 *   filter            chosen    offered beside all and discard
 *   none              some      the chosen
 *   reason alone      any       that reason
 *   mailbox alone     any       that mailbox
 */
function buttons(page: Page, plan: PlanAnswer): TemplateResult {
  const { reason = '', mailbox = '' } = page.place.query;
  const keys = [...page.chosen];
  const approve = (part: Readonly<Record<string, unknown>>, count: string, label: string): TemplateResult => {
    const click = (): void =>
      page.confirm({
        text: say(page, 'confirmApprove', { count }),
        button: 'approve',
        action: 'approve',
        body: { plan: plan.id, ...part },
      });
    return html`<button type="button" @click=${click}>${label}</button>`;
  };
  const discard = (): void =>
    page.confirm({
      text: say(page, 'confirmDiscard', { count: num(page, plan.changes) }),
      button: 'discard',
      action: 'discard',
      body: { plan: plan.id },
    });
  const ofReason = plan.groups
    .filter((group) => group.reason.code === reason)
    .reduce((sum, { count }) => sum + count, 0);
  return html`<p class="buttons">
    ${approve({}, num(page, plan.changes), say(page, 'approveAll', { count: num(page, plan.changes) }))}
    ${keys.length === 0 ? nothing : approve({ keys }, num(page, keys.length), say(page, 'approveChosen', { count: num(page, keys.length) }))}
    ${reason === '' || mailbox !== '' ? nothing : approve({ reason }, num(page, ofReason), say(page, 'approveReason'))}
    ${mailbox === '' || reason !== '' ? nothing : approve({ mailbox }, mailbox, say(page, 'approveMailbox'))}
    <button type="button" @click=${discard}>${say(page, 'discardAll')}</button>
  </p>`;
}

function changesTable(page: Page, changes: PlanPageAnswer['changes']): TemplateResult {
  const name = say(page, 'plan');
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${name}>
    <table>
      <thead>
        <tr>
          <th scope="col">${say(page, 'owner')}</th>
          <th scope="col">${say(page, 'device')}</th>
          <th scope="col">${say(page, 'change')}</th>
          <th scope="col" class="wide">${say(page, 'reason')}</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          changes,
          ({ key }) => key,
          (change) => changeRow(page, change),
        )}
      </tbody>
    </table>
  </div>`;
}

function changeRow(page: Page, change: PlanPageAnswer['changes'][number]): TemplateResult {
  const { key, easId, owner, device, action, from, to, rule, reason } = change;
  const who = owner.name ?? owner.address ?? owner.mailboxId;
  const toggle = (event: Event): void => {
    if ((event.target as HTMLInputElement).checked) page.chosen.add(key);
    else page.chosen.delete(key);
    page.draw();
  };
  return html`<tr>
    <td>
      <input
        type="checkbox"
        aria-label=${say(page, 'choose', { name: `${who}, ${easId}` })}
        .checked=${page.chosen.has(key)}
        @change=${toggle}
      />
      <a href=${linkTo(page, 'device', { key })}>${who}</a>
    </td>
    <td>
      ${device.model ?? device.type ?? '–'}
      <div class="soft">${easId}</div>
    </td>
    <td>
      <span class="badge ${action.code}">${word(page, 'decision', action)}</span>
      <div class="soft">${word(page, 'state', from)} → ${word(page, 'state', to)}</div>
    </td>
    <td class="wide">
      ${word(page, 'reason', reason)}
      <div class="soft">${rule}</div>
    </td>
  </tr>`;
}
