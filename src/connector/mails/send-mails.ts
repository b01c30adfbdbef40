/**
 * One mail that is reserved: sent, kept for later, given up, left to a person.
 *
 * In: a mail. Out: what became of it; announced as soon as it is known, since a sent mail stays sent when the store fails
 * behind it. Changes: the mail, the devices' timeline and the account's stop, in the store.
 */
import { asConnectorError } from '../../errors.ts';
import type { ConnectorError } from '../../errors.ts';
import { askedWaitOf, mailFateOf } from '../../model/mail-refusal.ts';
import type { DeviceChange } from '../../model/records.ts';
import type { Mail, StoreParts, TimelineStep } from '../../store/store.ts';
import type { MailPort } from '../ports.ts';
import { speaks } from '../../notify/default-templates.ts';
import { dateInMessageId } from '../../notify/mail-fields.ts';
import { stepsOfMail } from '../timeline/timeline-steps.ts';
import { newestFirst, writeMail, replyOf } from './enroll-mail.ts';
import { needsAttention, waitsFor } from './mail-outcome.ts';
import type { MailNews, MailOutcome } from './mail-outcome.ts';
import type { MailPorts } from './mail-ports.ts';
import { heldBack, isoOf, nextTry } from './mail-times.ts';
import { newsOf } from './reserve-mails.ts';
import type { ReservedMail } from './reserve-mails.ts';
import { untilKept } from './record-news.ts';
import { isResent } from './resend-mails.ts';
import { SignInStop } from './sign-in-stop.ts';

const HOUR_MS = 3_600_000;

/** Announces an outcome and returns it. */
export function announced<T extends MailOutcome>(
  { announce }: Pick<MailPorts, 'announce'>,
  changes: readonly DeviceChange[],
  outcome: T,
): T {
  announce(changes, outcome);
  return outcome;
}

/** The account's stop, as this notifier sees it. */
export function stopOf({ store, account, notifier, now }: MailPorts): SignInStop {
  return new SignInStop(store, account.signIn, notifier, now);
}

/**
 * Sends one mail, announces what became of it, and keeps what is to be sent later. A mail that went out is announced first
 * and then kept, however long the store takes. Throws when the store fails otherwise, or the work was stopped.
 * @param stop of the account, that may have been looked at just before
 */
export async function sendMail(ports: MailPorts, reserved: ReservedMail, stop: SignInStop): Promise<MailOutcome> {
  const { store, account, settings, signal, closing } = ports;
  const { kind, devices, known } = reserved;
  const { messageId, address: to, no } = reserved.mail;
  const changes = devices.map(({ change }) => change);
  let subject: string;
  let sent: Awaited<ReturnType<MailPort['send']>>;
  try {
    const mailer = account.mailer();
    const language = await languageOf(ports, changes[0]);
    const words = writeMail(devices, { kind, reminder: no }, { ...settings, language }, store.linkSecret);
    subject = words.subject;
    const date = dateInMessageId(messageId);
    const when = date === null ? {} : { date };
    sent = await mailer.send({
      ...words,
      to,
      messageId,
      ...when,
      cc: settings.cc,
      ...replyOf(settings),
      signal,
      closing,
    });
  } catch (thrown) {
    if (signal.aborted || closing.aborted) throw thrown;
    return keep(ports, reserved.mail, changes, thrown);
  }
  const { refusedCopies, response } = sent;
  const news: MailNews = {
    to,
    subject,
    messageId,
    at: isoOf(ports.now()),
    reminder: no,
    ...(refusedCopies === undefined ? {} : { refusedCopies }),
  };
  const outcome = announced(ports, changes, { kind: 'sent', mail: news });
  const steps = stepsOfMail(changes, news.at, known);
  await untilKept(ports, () => store.together((parts) => keepSent(parts, ports, reserved, { news, response, steps })));
  known.push(...steps);
  await stop.forget();
  return outcome;
}

/** An administrator's own texts are for everybody: another language counts only where they have it. */
async function languageOf(
  { settings, languageOf: ask, signal }: MailPorts,
  change: DeviceChange | undefined,
): Promise<string> {
  const { language, templates } = settings;
  const mailboxId = change?.device.eas?.mailbox.id;
  const own = mailboxId === undefined ? null : ((await ask?.(mailboxId, signal)) ?? null);
  return own !== null && speaks(own, templates) ? own : language;
}

async function keepSent(
  { mails, timeline }: StoreParts,
  { settings, ids, now }: MailPorts,
  { mail, about }: ReservedMail,
  {
    news: { at, refusedCopies },
    response,
    steps,
  }: { readonly news: MailNews; readonly response: string; readonly steps: readonly TimelineStep[] },
): Promise<void> {
  const { reminders, reminderAfterHours } = settings.options;
  const note = refusedCopies === undefined ? response : `${response}; copies refused: ${refusedCopies.join(', ')}`;
  await mails.done(mail.id, { sentAt: at, note, address: mail.address });
  await timeline.append(steps);
  const reminded = about.filter((device) => !isResent(device));
  if (mail.no >= reminders || reminderAfterHours <= 0 || reminded.length === 0) return;
  const reminder: Mail = {
    ...mail,
    id: ids(),
    no: mail.no + 1,
    state: 'waiting',
    createdAt: at,
    dueAt: isoOf(now() + reminderAfterHours * HOUR_MS),
    openUntil: null,
    since: null,
    attempts: 0,
    messageId: null,
    reservedBy: null,
    sentAt: null,
    note: null,
  };
  await mails.add(reminder, reminded);
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
async function keep(
  ports: MailPorts,
  mail: ReservedMail['mail'],
  changes: readonly DeviceChange[],
  thrown: unknown,
): Promise<MailOutcome> {
  const { store, now } = ports;
  const error = asConnectorError(thrown);
  const [stop, note] = [stopOf(ports), error.message];
  if (error.code === 'ERR_MAIL_STOPPED') return holdBack(ports, mail, changes, error);
  const fate = mailFateOf(error);
  if (fate === 'never') {
    await store.mails.giveUp(mail.id, note);
    return announced(ports, changes, { kind: 'given-up', error });
  }
  const isSignIn = error.code === 'ERR_MAIL_AUTH';
  const later = isSignIn ? heldBack(mail, now()) : nextTry(mail, fate, now(), askedWaitOf(error));
  await store.mails.update(mail.id, { ...later, note });
  const isKnown = isSignIn && !(await stop.remember());
  if (later.state === 'attention') return announced(ports, changes, needsAttention(mail.address, error));
  const stopped = isKnown ? await stop.current() : null;
  return stopped === null ? announced(ports, changes, { kind: 'kept', error }) : waitsFor(stopped);
}

/** The account is stopped: the mail waits until it works. */
export async function holdBack(
  ports: MailPorts,
  mail: Mail,
  changes: readonly DeviceChange[],
  stopped: ConnectorError,
): Promise<MailOutcome> {
  const held = heldBack(mail, ports.now());
  await ports.store.mails.update(mail.id, held);
  if (held.state === 'attention') return announced(ports, changes, needsAttention(mail.address, stopped));
  const isNews = await stopOf(ports).remember();
  return isNews ? announced(ports, changes, waitsFor(stopped)) : waitsFor(stopped);
}

/** The news that a mail was made of, the newest device first. */
export async function changesOf(
  { store }: Pick<MailPorts, 'store'>,
  { id }: Pick<Mail, 'id'>,
): Promise<DeviceChange[]> {
  return newestFirst((await store.mails.devices(id)).filter(({ change }) => change !== null).map(newsOf));
}
