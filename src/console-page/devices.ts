/** The list of devices, page by page. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { DevicesAnswer } from './answers.ts';
import { choice, filters, filterText, linkTo, pager, say, time, word } from './page.ts';
import type { Page, Piece } from './page.ts';
import { asking, hrefOf, questions } from './place.ts';
import type { TextKey } from './texts.ts';
import { wordsOf } from './words.ts';

/** What the list is asked for, without its page. */
export const DEVICE_QUESTIONS = ['organization', 'text', 'state', 'decision', 'reason', 'platform', 'sort'];

type Line = DevicesAnswer['devices'][number];

export function devicesView(page: Page, { devices, next }: DevicesAnswer): TemplateResult {
  return html`<section>
    ${questionsOf(page)}
    ${devices.length === 0 ? html`<p>${say(page, next === null ? 'noDevices' : 'furtherDevices')}</p>` : list(page, devices)}
    ${pager(page, next)}
    <p class="hint wide">${say(page, 'keys')}</p>
  </section>`;
}

function questionsOf(page: Page): TemplateResult {
  const kinds = [
    ['state', 'state'],
    ['decision', 'decision'],
    ['reason', 'reason'],
    ['platform', 'platform'],
  ] as const;
  const click = (): void => page.save('devices.csv', questions(page.place, DEVICE_QUESTIONS));
  return filters(page, [
    filterText(page, 'text', { label: 'search', hint: say(page, 'searchHint') }),
    // A list of devices has none whose partnership goes.
    kinds.map(([kind, label]) =>
      choice(
        page,
        kind,
        label,
        wordsOf(page.language, kind).filter(({ code }) => kind !== 'decision' || code !== 'remove'),
      ),
    ),
    html`<button type="button" @click=${click}>${say(page, 'csv')}</button>`,
  ]);
}

/*
 *   key          on a device         on the list
 *   arrow down   to the next one     to the first one
 *   arrow up     to the one before   scrolls, as it is
 *   Home, End    to the first, last  scrolls, as it is
 */
function step(event: KeyboardEvent): void {
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('a.row')];
  const now = links.findIndex((link) => link === document.activeElement);
  const isOnList = document.activeElement === event.currentTarget;
  if (now < 0 && !(isOnList && event.key === 'ArrowDown')) return;
  const at = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: links.length - 1 }[event.key];
  const to = at === undefined ? undefined : links[at];
  if (to === undefined) return;
  event.preventDefault();
  to.focus();
}

function list(page: Page, devices: readonly Line[]): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${say(page, 'devices')} @keydown=${step}>
    <table>
      <thead>
        <tr>
          ${sortable(page, 'owner', 'owner')} ${sortable(page, 'device', 'device')} ${sortable(page, 'state', 'state')}
          ${sortable(page, 'decision', 'decision')} ${sortable(page, 'since', 'since', 'wide')}
          <th scope="col" class="wide">${say(page, 'mdm')}</th>
          ${sortable(page, 'last-sync', 'lastSync', 'wide')}
          <th scope="col" class="wide">${say(page, 'mailed')}</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          devices,
          ({ key }) => key,
          (line) => row(page, line),
        )}
      </tbody>
    </table>
  </div>`;
}

/** A heading that orders the list: first one way, then the other. */
function sortable(page: Page, sort: string, label: TextKey, kind = ''): TemplateResult {
  const now = page.place.query['sort'] ?? 'owner';
  const sorted = now === sort ? 'ascending' : now === `-${sort}` ? 'descending' : 'none';
  const click = (): void => page.go(asking(page.place, 'sort', now === sort ? `-${sort}` : sort));
  const mark = { ascending: ' ↑', descending: ' ↓', none: '' }[sorted];
  const name = say(page, label);
  return html`<th scope="col" class=${kind} aria-sort=${sorted}>
    <button type="button" title=${say(page, 'sortedBy', { name })} @click=${click}>${name}${mark}</button>
  </th>`;
}

function row(page: Page, line: Line): TemplateResult {
  const { key, easId, owner, device, access, decision, mdm } = line;
  return html`<tr>
    <td>
      <a class="row" href=${linkTo(page, 'device', { key })}>${owner.name ?? owner.address ?? owner.mailboxId}</a>
      ${owner.name === null || owner.address === null ? nothing : html`<div class="soft wide" title=${owner.address}>${owner.address}</div>`}
    </td>
    <td>
      ${device.model ?? device.type ?? '–'}
      <div class="soft wide">${easId}</div>
    </td>
    <td><span class="badge ${access.state.code}">${word(page, 'state', access.state)}</span></td>
    <td>
      <span class="badge ${decision.action.code}">${word(page, 'decision', decision.action)}</span>
      ${word(page, 'reason', decision.reason)}
      <div class="soft wide">${decision.rule}</div>
      ${line.waiting === null ? nothing : html`<span class="badge waiting">${word(page, 'change', line.waiting)}</span>`}
    </td>
    <td class="wide">${time(page, decision.since)}</td>
    <td class="wide">
      ${
        mdm === null
          ? '–'
          : html`${mdm.name ?? mdm.source}
              <span class="badge ${mdm.compliance.code}">${word(page, 'compliance', mdm.compliance)}</span>`
      }
    </td>
    <td class="wide">${time(page, line.lastSyncAt)}</td>
    <td class="wide">${mailed(page, line)}</td>
  </tr>`;
}

function mailed(page: Page, { mailedAt, mailFailed }: Line): Piece {
  if (!mailFailed) return time(page, mailedAt);
  return html`${time(page, mailedAt)} <span class="badge failed">${say(page, 'mailFailed')}</span>`;
}

/** The list itself, to go back to. */
export function backToDevices(page: Page): TemplateResult {
  return html`<p>
    <a href=${hrefOf({ view: 'devices', query: questions(page.place, ['store', 'organization']) })}
      >${say(page, 'back')}</a
    >
  </p>`;
}
