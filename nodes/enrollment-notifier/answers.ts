/** What the notifier sends and shows of what its mails came to. */
import { notSentSentence, sentSentence } from '../../src/connector/sentences/mail-sentences.ts';
import type { NotifierCheck } from '../../src/connector/mails/check-account.ts';
import { refusedCopiesOf } from '../../src/connector/mails/mail-outcome.ts';
import type { MailOutcome } from '../../src/connector/mails/mail-outcome.ts';
import type { NewsOutcome } from '../../src/connector/mails/record-news.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import type { Outcome } from '../on-input.ts';
import type { Msg } from '../red.ts';

/** The message with another payload and text; `device` where it had no topic. */
export function answerTo(msg: Msg, payload: unknown, text: string): Msg {
  return { ...msg, topic: msg.topic ?? 'device', payload, text } as Msg;
}

/**
 * What goes out for one device of a mail, and what is shown when it was the last of a round. `count`: mails sent since the
 * start.
 *
 * | mail                                         | output                   | status                    |
 * |----------------------------------------------|--------------------------|---------------------------|
 * | sent                                         | 1, with `mail`           | green, the count          |
 * | sent, copies refused                         | 1, and 2 with `problem`  | green, the count          |
 * | stopped                                      | 2, with `problem`        | red, the next attempt     |
 * | kept, attention, given up, failed            | 2, with `problem`        | red, and Catch nodes      |
 */
export function outputsOf(msg: Msg, change: DeviceChange, outcome: MailOutcome): (Msg | null)[] {
  if (outcome.kind === 'sent') {
    const [told, refused] = [{ ...change, mail: outcome.mail }, refusedCopiesOf(outcome)];
    const problem = refused === null ? null : { code: refused.code, text: refused.message };
    const sent = answerTo(msg, told, sentSentence(change.device, outcome.mail));
    if (problem === null) return [sent, null];
    return [sent, answerTo(msg, { ...told, problem }, sentSentence(change.device, outcome.mail, problem.text))];
  }
  const { code, message } = outcome.error;
  return notMailed(msg, change, { code, text: message });
}

/**
 * What goes out for news, and what is shown.
 *
 * | news                                         | output                   | status                          |
 * |----------------------------------------------|--------------------------|---------------------------------|
 * | recorded                                     | none: its mail has one   | stays, the sending shows itself |
 * | skipped                                      | 2, with `problem`        | grey, the reason                |
 * | failed                                       | 2, with `problem`        | red, and Catch nodes            |
 */
export function outputsOfNews(msg: Msg, change: DeviceChange, outcome: NewsOutcome): (Msg | null)[] | null {
  if (outcome.kind === 'recorded') return null;
  if (outcome.kind === 'failed') return outputsOf(msg, change, outcome);
  return notMailed(msg, change, { code: outcome.reason, text: outcome.text });
}

function notMailed(
  msg: Msg,
  change: DeviceChange,
  problem: { readonly code: string; readonly text: string },
): (Msg | null)[] {
  return [null, answerTo(msg, { ...change, problem }, notSentSentence(change.device, problem.text))];
}

/** The status, see {@link outputsOfNews}; a problem is thrown. */
export function statusOfNews(outcome: NewsOutcome): Outcome | null {
  if (outcome.kind === 'recorded') return null;
  if (outcome.kind === 'failed') throw outcome.error;
  return { fill: 'grey', key: `skipped.${outcome.reason}` };
}

/** The status after a round, see {@link outputsOf}. Null, nothing went wrong, shows as sent; an error has a status of its own. */
export function statusOf(problem: MailOutcome | null, count: number, attention: number): Outcome | null {
  if (problem?.kind === 'stopped')
    return { fill: 'red', key: 'stopped', values: { time: new Date(problem.until).toTimeString().slice(0, 5) } };
  if (problem !== null && problem.kind !== 'sent') return null;
  // Mails that wait for a person do not disappear behind those that were sent.
  if (attention > 0) return { fill: 'yellow', key: 'attention', values: { count, attention } };
  return { key: 'sent', values: { count } };
}

/** The status of a check in which nothing failed. */
export function statusOfCheck({ verdict, steps }: NotifierCheck): Outcome {
  if (verdict === 'ready') return { key: 'checked' };
  return { fill: 'yellow', key: `unproven.${steps.find((one) => one.verdict === verdict)?.step ?? 'mailbox'}` };
}
