/** What the notifier sends and shows of what its mails came to. */
import type { NotifierCheck } from '../../src/connector/mails/check-account.ts';
import type { MailOutcome } from '../../src/connector/mails/mail-outcome.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import type { Outcome } from '../on-input.ts';
import type { Msg } from '../red.ts';

/** The message with another payload; `device` where it had no topic. */
export function answerTo(msg: Msg, payload: unknown): Msg {
  return { ...msg, topic: msg.topic ?? 'device', payload } as Msg;
}

/**
 * What goes out for one mail, and what is shown when it was the last of a message. `count`: mails sent since the start.
 *
 * | mail                                         | output                   | status                    |
 * |----------------------------------------------|--------------------------|---------------------------|
 * | sent                                         | 1, with `mail`           | green, the count          |
 * | skipped                                      | 2, with `problem`        | grey, the reason          |
 * | stopped                                      | 2, with `problem`        | red, the next attempt     |
 * | kept, attention, given up, failed            | 2, with `problem`        | red, and Catch nodes      |
 */
export function outputsOf(msg: Msg, change: DeviceChange, outcome: MailOutcome): (Msg | null)[] {
  if (outcome.kind === 'sent') return [answerTo(msg, { ...change, mail: outcome.mail }), null];
  return [null, answerTo(msg, { ...change, problem: problemOf(outcome) })];
}

function problemOf(outcome: Exclude<MailOutcome, { kind: 'sent' }>): { code: string; text: string } {
  return outcome.kind === 'skipped'
    ? { code: outcome.reason, text: outcome.text }
    : { code: outcome.error.code, text: outcome.error.message };
}

/** The status, see {@link outputsOf}; a problem is thrown. Null, nothing went wrong with what waited, shows as sent. */
export function statusOf(outcome: MailOutcome | null, count: number): Outcome {
  if (outcome === null) return { key: 'sent', values: { count } };
  switch (outcome.kind) {
    case 'sent':
      return { key: 'sent', values: { count } };
    case 'skipped':
      return { fill: 'grey', key: `skipped.${outcome.reason}` };
    case 'stopped':
      return { fill: 'red', key: 'stopped', values: { time: new Date(outcome.until).toTimeString().slice(0, 5) } };
    default:
      throw outcome.error;
  }
}

/** Mails that wait for a person do not disappear behind those that were sent. */
export function withAttention(outcome: Outcome, count: number, attention: number): Outcome {
  if (attention === 0 || outcome.fill === 'red') return outcome;
  return { fill: 'yellow', key: 'attention', values: { count, attention } };
}

/** The status of a check in which nothing failed. */
export function statusOfCheck({ verdict, steps }: NotifierCheck): Outcome {
  if (verdict === 'ready') return { key: 'checked' };
  return { fill: 'yellow', key: `unproven.${steps.find((one) => one.verdict === verdict)?.step ?? 'mailbox'}` };
}
