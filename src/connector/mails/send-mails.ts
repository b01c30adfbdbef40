/**
 * Mails about blocked devices: sent, kept, given up, left to a person.
 *
 * In: the news of a block. Out: what became of its mail; announced as soon as it is known, since a sent mail stays sent when
 * the store fails behind it. Changes: what was mailed, what waits, link tokens and the account's stop, in the store.
 */
import { setTimeout } from 'node:timers/promises';
import { asConnectorError, isConnectorError } from '../../errors.ts';
import type { ConnectorError, ErrorCode } from '../../errors.ts';
import { mailFateOf } from '../../model/mail-refusal.ts';
import type { DeviceChange } from '../../model/records.ts';
import type { SkipReason } from '../../notify/decide-notification.ts';
import type { Store, StoreParts } from '../../store/store.ts';
import type { Clock, Ids, MailPort, Progress, Stoppable } from '../ports.ts';
import { recordMail } from '../timeline/record-steps.ts';
import { isBlock } from './device-change.ts';
import { DueMails, heldBack, nextTry } from './due-mails.ts';
import type { ArrivedMails, DueMail } from './due-mails.ts';
import { decideMail, makeEnrollMail } from './enroll-mail.ts';
import type { EnrollMail, NotifierSettings, SendDecision } from './enroll-mail.ts';
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
 * Mails the owner of a device that was blocked, unless that is not to be. What the store did not take stays among the news
 * that arrived, and is taken up again; so does what is under way when the work is stopped. Never throws.
 */
export async function sendNews(ports: MailPorts, change: DeviceChange): Promise<MailOutcome> {
  try {
    const outcome = await answerNews(ports, change);
    await sayHeard(ports, change, outcome);
    if (isBlock(change)) await ports.arrived.settle(ports.store, change.device.key);
    return outcome;
  } catch (thrown) {
    return announced(ports, change, { kind: 'failed', error: asConnectorError(thrown) });
  }
}

async function answerNews(ports: MailPorts, change: DeviceChange): Promise<MailOutcome> {
  const now = ports.now();
  const decision = await decideMail(ports.store, change, ports.settings, now);
  if (decision.action === 'send' && (await isWaiting(ports, change))) {
    return announced(ports, change, { kind: 'skipped', reason: 'already-waiting', text: 'Its mail waits already.' });
  }
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

/** True for news that was told before, and whose mail is on its way: it keeps its time and its tries. */
async function isWaiting(ports: MailPorts, { device, change }: DeviceChange): Promise<boolean> {
  if (change.id === undefined) return false;
  const waiting = await dueOf(ports).get(device.key);
  return waiting?.change.change.id === change.id;
}

/*
 *   outcome                              the access switch
 *   sent, or waits as a row              need not tell it again
 *   recipient given up                   need not tell it again
 *   a mail of it is there already        need not tell it again
 *   not to be mailed by this notifier    need not, once every notifier of the store has said so
 *   failed: nothing is known             tells it again, after a start
 */

/** Tells the store that the news was heard, so that it is not told again. */
async function sayHeard({ store, notifier }: MailPorts, news: DeviceChange, outcome: MailOutcome): Promise<void> {
  if (outcome.kind === 'failed') return;
  const isDeclined = outcome.kind === 'skipped' && !HAS_MAIL.has(outcome.reason);
  if (!isDeclined) await settleNews(store, news);
  else if (news.change.id !== undefined) await store.announcements.decline(news.change.id, notifier);
}

/** The news is owed no more. A flow may have made its message anew, without the id. */
async function settleNews(
  { announcements }: Pick<StoreParts, 'announcements'>,
  { device, change }: DeviceChange,
): Promise<void> {
  if (change.id === undefined) await announcements.settleBlocks(device.key);
  else await announcements.settle(change.id);
}

/** Reasons that say that there is a mail, or will be. */
const HAS_MAIL: ReadonlySet<SkipReason> = new Set([
  'already-sent',
  'already-waiting',
  'reminders-used',
  'blocked-again-too-soon',
]);

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
 * Sends one mail, announces what became of it, and keeps what is to be sent later. A mail that went out is announced first
 * and then kept, however long the store takes. Throws when the store fails otherwise, or the work was stopped.
 */
export async function send(ports: MailPorts, mail: DueMail, decision: SendDecision): Promise<MailOutcome> {
  const { store, account, settings, signal, now } = ports;
  const { change } = mail;
  const at = (): string => new Date(now()).toISOString();
  let made: EnrollMail | null = null;
  let sent: Awaited<ReturnType<MailPort['send']>>;
  try {
    const mailer = account.mailer();
    made = await makeEnrollMail(ports, change, decision, now());
    const { words, messageId } = made;
    sent = await mailer.send({ ...words, to: decision.address, messageId, cc: settings.cc, signal });
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const outcome = await keep(ports, mail, thrown);
    const note = thrown instanceof Error ? thrown.message : String(thrown);
    if (made !== null) await store.notifications.record({ ...made.record, at: at(), outcome: 'failed', note });
    return outcome;
  }
  const { words, record } = made;
  const { refusedCopies, messageId, response } = sent;
  const news: MailNews = {
    to: decision.address,
    subject: words.subject,
    messageId,
    at: at(),
    reminder: decision.reminder,
    ...(refusedCopies === undefined ? {} : { refusedCopies }),
  };
  const outcome = announced(ports, change, { kind: 'sent', mail: news });
  await untilKept(ports, () =>
    store.together(async (parts) => {
      await parts.notifications.record({ ...record, at: news.at, outcome: 'sent', note: response });
      await recordMail(parts, change, news.at);
      const due = new DueMails(parts, ports.notifier);
      const reminder = nextReminder(ports, change, decision);
      if (reminder === null) await due.remove(change.device.key);
      else await due.put(reminder);
      await settleNews(parts, change);
    }),
  );
  await stopOf(ports).forget();
  return outcome;
}

function nextReminder({ settings, now }: MailPorts, change: DeviceChange, { reminder }: SendDecision): DueMail | null {
  const { reminders, reminderAfterHours } = settings.options;
  if (reminder >= reminders || reminderAfterHours <= 0) return null;
  return { change, attempts: 0, dueAt: now() + reminderAfterHours * HOUR_MS };
}

/** A store that another process keeps locked, or whose disk is full, may take a second or an hour. */
const PAUSE_MS = 1_000;

/** Keeps what has happened, as often as it takes: forgotten, it would happen again. Rejects when it is stopped before. */
async function untilKept({ signal, progress }: MailPorts, keepIt: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await keepIt();
    } catch (thrown) {
      if (signal.aborted || !isConnectorError(thrown) || !STORE_BUSY.has(thrown.code)) throw thrown;
      progress('keeping');
      await setTimeout(PAUSE_MS, undefined, { signal });
    }
  }
}

const STORE_BUSY: ReadonlySet<ErrorCode> = new Set(['ERR_STORE_BUSY', 'ERR_STORE_WRITE']);

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
