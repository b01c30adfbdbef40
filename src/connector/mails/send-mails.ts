/**
 * Mails about blocked devices: sent, kept, given up, left to a person.
 *
 * In: the news of a block. Out: what became of its mail; announced as soon as it is known, since a sent mail stays sent when
 * the store fails behind it. Changes: what was mailed, what waits, link tokens and the account's stop, in the store.
 */
import { asConnectorError } from '../../errors.ts';
import type { ConnectorError } from '../../errors.ts';
import { mailFateOf } from '../../model/mail-refusal.ts';
import type { DeviceChange } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import type { Clock, Ids, Progress, Stoppable } from '../ports.ts';
import { isBlock } from './device-change.ts';
import { DueMails, heldBack, nextTry } from './due-mails.ts';
import type { ArrivedMails, DueMail } from './due-mails.ts';
import { decideMail, makeEnrollMail } from './enroll-mail.ts';
import type { NotifierSettings, SendDecision } from './enroll-mail.ts';
import type { MailAccount } from './mail-account.ts';
import { needsAttention, waitsFor } from './mail-outcome.ts';
import type { MailNews, MailOutcome } from './mail-outcome.ts';
import { SignInStop } from './sign-in-stop.ts';

const HOUR_MS = 3_600_000;

/** What sending takes. */
export interface MailPorts extends Stoppable {
  readonly store: Store;
  readonly account: MailAccount;
  readonly settings: NotifierSettings;
  /** Names this notifier among those of the store. */
  readonly notifier: string;
  readonly arrived: ArrivedMails;
  readonly now: Clock;
  readonly ids: Ids;
  readonly progress: Progress;
  /** Hears what became of a mail, at once. Not of a mail that waits for an account whose stop was announced before. */
  readonly announce: (change: DeviceChange, outcome: MailOutcome) => void;
}

/**
 * Mails the owner of a device that was blocked, unless that is not to be. Throws only what keeps it from taking the news
 * off those that arrived.
 */
export async function sendNews(ports: MailPorts, change: DeviceChange): Promise<MailOutcome> {
  try {
    return await answerNews(ports, change);
  } catch (thrown) {
    return announced(ports, change, { kind: 'failed', error: asConnectorError(thrown) });
  } finally {
    // Who is being stopped leaves it to the next one.
    if (!ports.signal.aborted && isBlock(change)) await ports.arrived.settle(ports.store, change.device.key);
  }
}

async function answerNews(ports: MailPorts, change: DeviceChange): Promise<MailOutcome> {
  const now = ports.now();
  const decision = await decideMail(ports.store, change, ports.settings, now);
  if (decision.action === 'skip') {
    const { reason, text, nextAt } = decision;
    if (nextAt !== null) await dueOf(ports).put({ change, attempts: 0, dueAt: Date.parse(nextAt) });
    return announced(ports, change, { kind: 'skipped', reason, text });
  }
  const mail: DueMail = { change, attempts: 0, dueAt: now, since: now };
  const stopped = await stopOf(ports).current();
  if (stopped !== null) return holdBack(ports, mail, stopped);
  ports.progress('sending');
  return send(ports, mail, decision);
}

/** Announces an outcome and returns it. */
export function announced<T extends MailOutcome>({ announce }: MailPorts, change: DeviceChange, outcome: T): T {
  announce(change, outcome);
  return outcome;
}

/** What waits in this notifier. */
export function dueOf({ store, notifier }: Pick<MailPorts, 'store' | 'notifier'>): DueMails {
  return new DueMails(store, notifier);
}

/** The account's stop, as this notifier sees it. */
export function stopOf({ store, account, notifier, now }: MailPorts): SignInStop {
  return new SignInStop(store, account.signIn, notifier, now);
}

// ── one mail ────────────────────────────────────────────────────────────────

/**
 * Sends one mail, announces what became of it, and keeps what is to be sent later. Throws when the store fails, or the
 * work was stopped.
 */
export async function send(ports: MailPorts, mail: DueMail, decision: SendDecision): Promise<MailOutcome> {
  const { settings, signal } = ports;
  const { change } = mail;
  let news: MailNews;
  try {
    news = await sendAndRemember(ports, change, decision);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return keep(ports, mail, thrown);
  }
  const outcome = announced(ports, change, { kind: 'sent', mail: news });
  const { reminders, reminderAfterHours } = settings.options;
  if (decision.reminder < reminders && reminderAfterHours > 0)
    await dueOf(ports).put({ change, attempts: 0, dueAt: ports.now() + reminderAfterHours * HOUR_MS });
  else await dueOf(ports).remove(change.device.key);
  await stopOf(ports).forget();
  return outcome;
}

/** A mail that the server did not take is remembered as failed, and the error thrown. */
async function sendAndRemember(ports: MailPorts, change: DeviceChange, decision: SendDecision): Promise<MailNews> {
  const { store, account, settings, signal, now } = ports;
  const mailer = account.mailer();
  const { words, messageId, record } = await makeEnrollMail(ports, change, decision, now());
  const at = (): string => new Date(now()).toISOString();
  try {
    const sent = await mailer.send({ ...words, to: decision.address, messageId, cc: settings.cc, signal });
    const news = { to: decision.address, subject: words.subject, messageId: sent.messageId, at: at() };
    await store.notifications.record({ ...record, at: news.at, outcome: 'sent', note: sent.response });
    const { refusedCopies } = sent;
    return { ...news, reminder: decision.reminder, ...(refusedCopies === undefined ? {} : { refusedCopies }) };
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    await store.notifications.record({ ...record, at: at(), outcome: 'failed', note });
    throw error;
  }
}

/**
 * What becomes of a mail that failed, by its error's `fate` (src/model/mail-refusal.ts).
 *
 * | the error                                   | the mail                | announced                       |
 * |---------------------------------------------|-------------------------|---------------------------------|
 * | fate `never`                                | given up                | each                            |
 * | refused sign-in                             | held back               | once for the stop               |
 * | the account was stopped meanwhile           | held back               | once for the stop               |
 * | any other                                   | tried again (`nextTry`) | each                            |
 * | any but `never`, a week after the first try | needs attention         | each, as ERR_MAIL_ATTENTION     |
 */
async function keep(ports: MailPorts, mail: DueMail, thrown: unknown): Promise<MailOutcome> {
  const { change } = mail;
  const error = asConnectorError(thrown);
  const [due, stop] = [dueOf(ports), stopOf(ports)];
  if (error.code === 'ERR_MAIL_STOPPED') return holdBack(ports, mail, error);
  const fate = mailFateOf(error);
  if (fate === 'never') {
    await due.remove(change.device.key);
    return announced(ports, change, { kind: 'given-up', error });
  }
  const isSignIn = error.code === 'ERR_MAIL_AUTH';
  const later = isSignIn ? heldBack(mail, ports.now()) : nextTry(mail, fate, ports.now());
  await due.put(later);
  const isKnown = isSignIn && !(await stop.remember());
  if (later.attention === true) return announced(ports, change, needsAttention(change, error));
  const stopped = isKnown ? await stop.current() : null;
  return stopped === null ? announced(ports, change, { kind: 'kept', error }) : waitsFor(stopped);
}

/** The account is stopped: the mail waits until it works. */
async function holdBack(ports: MailPorts, mail: DueMail, stopped: ConnectorError): Promise<MailOutcome> {
  const { change } = mail;
  const held = heldBack(mail, ports.now());
  await dueOf(ports).put(held);
  if (held.attention === true) return announced(ports, change, needsAttention(change, stopped));
  const isNews = await stopOf(ports).remember();
  return isNews ? announced(ports, change, waitsFor(stopped)) : waitsFor(stopped);
}
