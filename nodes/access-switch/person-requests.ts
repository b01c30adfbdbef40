/** What a person asks of the access switch by a message: which plan, which device. */
import { exempt, unexempt } from '../../src/connector/sync/exemptions.ts';
import type { ExemptRequest } from '../../src/connector/sync/exemptions.ts';
import type { PlanRequest } from '../../src/connector/sync/operator-requests.ts';
import type { SwitchParts } from '../../src/connector/sync/switch-parts.ts';
import { UnmatchedEnds } from '../../src/connector/readings/unmatched-ends.ts';
import { THIS_PROCESS } from '../../src/store/leases.ts';
import type { Outcome } from '../on-input.ts';
import type { Definition, Msg, Properties, RED } from '../red.ts';
import { requestsOf } from './chosen-connections.ts';

/** A person exempts a device, or takes that back: a row that every instance goes by. A match follows at once. */
export async function answerExempt(RED: RED, definition: Definition, msg: Msg, parts: SwitchParts): Promise<Outcome> {
  const { store, exchange, now, ids } = parts;
  const asked = { ...deviceNamedIn(msg), by: requestOf(msg).person };
  const { until } = await (msg.topic === 'exempt' ? exempt(parts, asked) : unexempt(parts, asked));
  const ends = new UnmatchedEnds({ node: '', process: THIS_PROCESS, now, ids });
  await ends.add(store, [exchange.organization], { kind: 'quick', dryRun: false, ended: null });
  requestsOf(RED, definition).seen(await store.requests.list({ organization: exchange.organization }));
  if (msg.topic === 'unexempt') return { key: 'unexempted' };
  // The last day that is part of it.
  return { key: 'exempted', values: { until: new Date(Date.parse(until) - 1).toISOString().slice(0, 10) } };
}

/** The device that a message names: by `msg.payload` itself, or by its fields; with what is said of it. */
export function deviceNamedIn({ payload }: Msg): Omit<ExemptRequest, 'by'> {
  const fields = typeof payload === 'object' && payload !== null ? (payload as Properties) : {};
  const named = (value: unknown): string | null => textIn(value) || null;
  return {
    key: named(typeof payload === 'string' ? payload : fields['device']),
    mailbox: named(fields['mailbox']),
    easId: named(fields['easId']),
    until: fields['until'],
    note: fields['note'],
  };
}

/** `msg.payload`: the plan's id, or `{ id, keys | reason | mailbox }` for a part of it. */
export function requestOf({ payload, by }: Msg): PlanRequest {
  const person = typeof by === 'string' && by.trim() !== '' ? by.trim() : null;
  if (typeof payload !== 'object' || payload === null) return { plan: textIn(payload), person };
  const { id, keys, reason, mailbox } = payload as Properties;
  const part = {
    ...(Array.isArray(keys) && { keys: keys.map(textIn) }),
    ...(textIn(reason) !== '' && { reason: textIn(reason) }),
    ...(textIn(mailbox) !== '' && { mailbox: textIn(mailbox) }),
  };
  const isWhole = [keys, reason, mailbox].every((one) => one === undefined);
  return { plan: textIn(id), person, ...(isWhole ? {} : { part: isEmpty(part) ? { keys: [] } : part }) };
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function isEmpty(part: object): boolean {
  return Object.keys(part).length === 0;
}
