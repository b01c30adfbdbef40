/** What can be done about one device. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import type { CandidatesAnswer, DeviceAnswer } from './answers.ts';
import { retryButton } from './overview.ts';
import { personText, say, time, word } from './page.ts';
import type { Confirm, Page, Piece } from './page.ts';

/*
 *   action            offered
 *   mail again        it is blocked, or is to be
 *   pair              it is one with no MDM record, and not paired
 *   unpair            it is paired
 *   exempt            Exchange has it; also where it is exempt: until another day, with another note
 *   take back         it is exempt
 *   retry             a change waits or was given up
 *   remove            Exchange has it, and the access switch lets a person do it
 */

/** The buttons. Each has a place of its own, empty where it is not offered: none turns into another one under a finger. */
export function deviceActions(page: Page, device: DeviceAnswer): TemplateResult {
  const { key, pairing, waiting, decision, access, isInExchange, exempt, mayBeRemoved } = device;
  const button = (label: Confirm['button'], confirm: () => void): TemplateResult =>
    html`<button type="button" @click=${confirm}>${say(page, label)}</button>`;
  const asks = (confirm: Confirm) => (): void => page.confirm(confirm);
  const isBlocked = decision?.action.code === 'block' || access?.state.code === 'blocked';
  const mayPair = isInExchange && device.mdm === null && pairing === null;
  const resend: Confirm = {
    text: say(page, 'confirmResend'),
    button: 'resend',
    action: 'resend',
    body: { device: key },
  };
  const unpair: Confirm = {
    text: say(page, 'confirmUnpair'),
    button: 'unpair',
    action: 'unpair',
    body: { easKey: key },
  };
  const unexempt: Confirm = {
    text: say(page, 'confirmUnexempt'),
    button: 'unexempt',
    action: 'unexempt',
    body: { device: key },
  };
  const isNothing =
    !isBlocked && pairing === null && !isInExchange && exempt === null && waiting === null && !mayBeRemoved;
  return html`<p class="buttons">
    ${isBlocked ? button('resend', asks(resend)) : nothing}
    ${mayPair ? button('pair', () => offerPairs(page, key)) : nothing}
    ${pairing === null ? nothing : button('unpair', asks(unpair))}
    ${isInExchange ? button('exempt', asks(exempting(page, device))) : nothing}
    ${exempt === null ? nothing : button('unexempt', asks(unexempt))}
    ${waiting === null ? nothing : retryButton(page, key.split(':')[1] ?? '')}
    ${mayBeRemoved ? button('remove', asks(removing(page, device))) : nothing} ${isNothing ? '–' : nothing}
  </p>`;
}

/** That a device is exempt, until when, who said so and why. */
export function exemption(page: Page, { exempt }: DeviceAnswer): Piece {
  if (exempt === null) return '';
  const who = personText(page, exempt.by ?? 'unknown');
  const [before = '', between = '', after = ''] = say(page, 'exemptSince', { until: '\n', who, since: '\n' }).split(
    '\n',
  );
  return html`<p class="exempt">
    ${before}${time(page, lastDayOf(exempt.until))}${between}${time(page, exempt.since)}${after} ${exempt.note}
  </p>`;
}

/** A day that is included ends at the next one's beginning. */
function lastDayOf(until: string): string {
  return new Date(Date.parse(until) - 1).toISOString();
}

const DAY_MS = 86_400_000;
const dayIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

function exempting(page: Page, { key, exempt }: DeviceAnswer): Confirm {
  return {
    text: say(page, 'confirmExempt'),
    button: 'exemptNow',
    action: 'exempt',
    body: { device: key },
    fields: [
      {
        name: 'until',
        label: 'exemptUntil',
        type: 'date',
        isNeeded: true,
        min: dayIn(0),
        max: dayIn(365),
        value: exempt === null ? dayIn(7) : lastDayOf(exempt.until).slice(0, 10),
      },
      { name: 'note', label: 'exemptNote', isNeeded: true, value: exempt?.note ?? '' },
    ],
  };
}

function removing(page: Page, { key, easId, owner, device }: DeviceAnswer): Confirm {
  const blanks = {
    device: device?.model ?? device?.type ?? say(page, 'device'),
    easId,
    owner: owner.name ?? owner.address ?? owner.upn ?? owner.mailboxId,
  };
  return {
    text: say(page, 'confirmRemove', blanks),
    button: 'removeNow',
    action: 'remove',
    body: { device: key },
    fields: [{ name: 'note', label: 'removeNote' }],
  };
}

/** Asks which records it may be, then the person which it is. */
function offerPairs(page: Page, key: string): void {
  page.ask('candidates', { key }, (answer) => choosePair(page, key, answer));
}

function choosePair(page: Page, key: string, { candidates, reason }: CandidatesAnswer): void {
  if (candidates.length === 0) return page.tell(say(page, 'noCandidates', { reason: word(page, 'reason', reason) }));
  const options = candidates.map(({ key: value, source, name, model, user, serial, why }) => ({
    value,
    text: name ?? model ?? value,
    more: [source, user, model, serial, why].filter((one) => one !== null).join(', '),
  }));
  page.confirm({
    text: say(page, 'confirmPair'),
    button: 'pairNow',
    action: 'pair',
    body: { easKey: key },
    choice: { name: 'mdmKey', options },
    fields: [{ name: 'note', label: 'pairNote' }],
  });
}
