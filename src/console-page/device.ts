/** All of one device: its way first, then what was decided and by what, and what can be done. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import type { DeviceAnswer } from './answers.ts';
import { auditTable } from './audit.ts';
import { backToDevices } from './devices.ts';
import { timeText } from './figures.ts';
import { deviceActions, exemption } from './device-actions.ts';
import { evidence, facts, linkTo, personText, say, section, table, time, word } from './page.ts';
import type { Page } from './page.ts';
import { tryCard } from './try-card.ts';

export function deviceView(page: Page, device: DeviceAnswer): TemplateResult {
  const { owner, easId } = device;
  return html`
    ${backToDevices(page)} ${section(owner.name ?? owner.upn ?? owner.address ?? easId, about(page, device), 'about')}
    <div class="columns">
      ${section(say(page, 'way'), way(page, device))}
      <div>
        ${section(say(page, 'decision'), decision(page, device))}${section(say(page, 'mdm'), mdm(page, device))}
        ${section(say(page, 'actions'), html`${exemption(page, device)}${deviceActions(page, device)}`, 'actions')}
        ${section(say(page, 'tryIt'), tryCard(page, device.key), 'try')}
      </div>
    </div>
    ${section(say(page, 'mails'), mails(page, device))}
    ${section(
      say(page, 'audit'),
      device.audit.length === 0 ? html`<p>${say(page, 'noAudit')}</p>` : auditTable(page, device.audit, false),
      'audit',
    )}
  `;
}

function about(page: Page, { owner, device, access, easId, isInExchange, firstSyncAt, lastSyncAt }: DeviceAnswer) {
  return html`
    ${isInExchange ? nothing : html`<p class="bad">${say(page, 'notInExchange')}</p>`}
    ${facts([
      [say(page, 'mailbox'), owner.address ?? owner.upn],
      [
        say(page, 'state'),
        access === null
          ? null
          : html`<span class="badge ${access.state.code}">${word(page, 'state', access.state)}</span>
              ${access.reason ?? ''}`,
      ],
      [say(page, 'listed'), listed(page, access?.listed ?? null)],
      [say(page, 'easId'), easId],
      [say(page, 'model'), device?.model ?? device?.type],
      [say(page, 'system'), device?.os],
      [say(page, 'firstSync'), time(page, firstSyncAt)],
      [say(page, 'lastSync'), time(page, lastSyncAt)],
    ])}
  `;
}

function shortTime({ language }: Page, iso: string | null): string {
  return iso === null ? '–' : timeText(iso, language);
}

function listed(page: Page, on: string | null): string | null {
  if (on === null) return null;
  return on === 'allowed' || on === 'blocked' ? say(page, on === 'allowed' ? 'listAllowed' : 'listBlocked') : on;
}

/*
 *   author      who       shown
 *   phone       –         by the phone
 *   user        –         by the user
 *   connector   a node    by the connector, and the node
 *   person      a person  by that person
 */
function authorText(page: Page, { author, who }: DeviceAnswer['steps'][number]): string {
  if (author === 'phone') return say(page, 'authorPhone');
  if (author === 'user') return say(page, 'authorUser');
  if (author === 'person') return say(page, 'authorPerson', { who: who === null ? '–' : personText(page, who) });
  return say(page, 'authorConnector') + (who === null ? '' : ` (${who})`);
}

function way(page: Page, { steps }: DeviceAnswer): TemplateResult {
  return html`<ol class="way">
    ${steps.map(
      (step) =>
        html`<li class=${step.at === null ? 'open' : 'done'}>
          <strong>${word(page, 'step', step)}</strong>
          <div>${step.at === null ? say(page, 'notYet') : html`${time(page, step.at)}, ${authorText(page, step)}`}</div>
          ${evidence(step.evidence)}
        </li>`,
    )}
  </ol>`;
}

function decision(page: Page, { decision: made, waiting, heldIn, entries }: DeviceAnswer): TemplateResult {
  return html`
    ${
      made === null
        ? html`<p>${say(page, 'notDecided')}</p>`
        : facts([
            [
              say(page, 'decision'),
              html`<span class="badge ${made.action.code}">${word(page, 'decision', made.action)}</span>`,
            ],
            [say(page, 'reason'), word(page, 'reason', made.reason)],
            [say(page, 'rule'), made.rule],
            [say(page, 'when'), time(page, made.since)],
            [say(page, 'review'), made.reviewAt === null ? null : time(page, made.reviewAt)],
          ])
    }
    ${
      heldIn === null
        ? nothing
        : html`<p>
            ${say(page, 'heldIn')} <a href=${linkTo(page, 'plan', { id: heldIn })}>${say(page, 'lookAtPlan')}</a>
          </p>`
    }
    ${
      waiting === null
        ? nothing
        : html`<p>
            <span class="badge waiting">${word(page, 'change', waiting)}</span>
            ${waiting.error === null ? '' : word(page, 'change', waiting.error)} ${waiting.seen ?? ''}
            ${say(page, 'attempts', { count: waiting.attempts, time: shortTime(page, waiting.nextAttemptAt) })}
          </p>`
    }
    ${
      entries.length === 0
        ? nothing
        : html`<h3>${say(page, 'entries')}</h3>
            <ul class="plain">
              ${entries.map(({ list, rule, writtenAt }) => html`<li>${listed(page, list)}, ${rule ?? '–'}, ${time(page, writtenAt)}</li>`)}
            </ul>`
    }
  `;
}

function mdm(page: Page, { mdm: record, merge, pairing }: DeviceAnswer): TemplateResult {
  const by = merge?.by ?? null;
  return html`${
    record === null
      ? html`<p>${say(page, 'notMerged')}</p>`
      : facts([
          [say(page, 'source'), record.source],
          [say(page, 'device'), record.name],
          [say(page, 'model'), record.model],
          [say(page, 'system'), [record.os, record.osVersion].filter((one) => one !== null).join(' ')],
          [say(page, 'managed'), say(page, record.managed ? 'yes' : 'no')],
          [
            say(page, 'compliance'),
            html`<span class="badge ${record.compliance.code}">${word(page, 'compliance', record.compliance)}</span>`,
          ],
          [say(page, 'mergedBy'), by === null ? null : word(page, 'by', by)],
          [say(page, 'enrolled'), record.enrolledAt === null ? null : time(page, record.enrolledAt)],
          [say(page, 'lastSeen'), record.lastSeenAt === null ? null : time(page, record.lastSeenAt)],
        ])
  }
  ${
    pairing === null
      ? nothing
      : html`<p>
          ${say(page, 'pairedBy')}:
          ${say(page, 'pairing', { time: shortTime(page, pairing.at), who: personText(page, pairing.by ?? 'unknown') })}.
          ${pairing.note ?? ''}
        </p>`
  }`;
}

function mails(page: Page, { mails: all }: DeviceAnswer): TemplateResult {
  if (all.length === 0) return html`<p>${say(page, 'noMails')}</p>`;
  return table(
    say(page, 'mails'),
    [
      { text: say(page, 'when') },
      { text: say(page, 'what') },
      { text: say(page, 'result') },
      { text: say(page, 'to'), wide: true },
      { text: say(page, 'note'), wide: true },
    ],
    all.map(({ at, kind, outcome, to, note }) => [
      time(page, at),
      word(page, 'reason', kind),
      word(page, 'mail', outcome),
      to ?? '–',
      note ?? '–',
    ]),
  );
}
