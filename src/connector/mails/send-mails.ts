/**
 * One mail that is due: reserved, sent, kept for later, given up, left to a person.
 *
 * In: a mail. Out: what became of it; announced as soon as it is known, since a sent mail stays sent when the store fails
 * behind it. Changes: the mail, link tokens and the account's stop, in the store.
 */
import { asConnectorError } from '../../errors.ts';
import type { ConnectorError } from '../../errors.ts';
import type { MailKind } from '../../model/mail-kind.ts';
import { mailFateOf } from '../../model/mail-refusal.ts';
import type { DeviceChange } from '../../model/records.ts';
import { isStillAbout } from '../../notify/decide-notification.ts';
import { mailMessageId } from '../../notify/mail-fields.ts';
import type { Mail, MailDevice, StoreParts } from '../../store/store.ts';
import type { MailPort } from '../ports.ts';
import { recordMail } from '../timeline/record-steps.ts';
import { linkEach, newestFirst, writeMail } from './enroll-mail.ts';
import type { LinkedDevice, NotifierSettings } from './enroll-mail.ts';
import type { MailAccount } from './mail-account.ts';
import { needsAttention, waitsFor } from './mail-outcome.ts';
import type { MailNews, MailOutcome } from './mail-outcome.ts';
import type { MailQueue } from './mail-queue.ts';
import { heldBack, isoOf, nextTry } from './mail-times.ts';
import { untilKept } from './record-news.ts';
import type { NewsPorts } from './record-news.ts';
import { SignInStop } from './sign-in-stop.ts';

const HOUR_MS = 3_600_000;

/** What sending takes. */
export interface MailPorts extends NewsPorts {
  readonly settings: NotifierSettings;
  readonly account: MailAccount;
  /** No further mail is begun; the one under way is stopped by `signal` only. */
  readonly closing: AbortSignal;
  readonly queue: MailQueue;
  /** Hears what became of a mail, at once. Not of a mail that waits for an account whose stop was announced before. */
  readonly announce: (changes: readonly DeviceChange[], outcome: MailOutcome) => void;
}

/** A mail that this queue has reserved, and what it is about. */
interface ReservedMail {
  readonly mail: Mail & { readonly messageId: string; readonly address: string };
  readonly kind: MailKind;
  readonly devices: readonly LinkedDevice[];
  /** The same, as its rows. */
  readonly about: readonly MailDevice[];
}

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
 * @returns null: there is nothing to send any more, or another queue sends it
 */
export async function sendMail(
  ports: MailPorts,
  mail: Mail,
  stop: SignInStop = stopOf(ports),
): Promise<MailOutcome | null> {
  const { store, account, settings, signal, closing } = ports;
  await ports.queue.beat(store);
  const reserved = await store.together((parts) => reserve(parts, ports, mail));
  if (reserved === null) return null;
  const { kind, devices } = reserved;
  const { messageId, address: to, no } = reserved.mail;
  const changes = devices.map(({ change }) => change);
  let subject: string;
  let sent: Awaited<ReturnType<MailPort['send']>>;
  try {
    const mailer = account.mailer();
    const words = writeMail(devices, { kind, reminder: no }, settings, store.linkSecret);
    subject = words.subject;
    sent = await mailer.send({ ...words, to, messageId, cc: settings.cc, signal, closing });
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
  await untilKept(ports, () => store.together((parts) => keepSent(parts, ports, reserved, { at: news.at, response })));
  await stop.forget();
  return outcome;
}

/** From here on it has its Message-ID, and its links are good. What it is not about any more is left out. */
async function reserve(parts: StoreParts, ports: MailPorts, mail: Mail): Promise<ReservedMail | null> {
  const { settings, queue, now } = ports;
  const messageId = mail.messageId ?? mailMessageId(mail.id, settings.sender.split('@')[1] ?? 'localhost');
  if (!(await parts.mails.reserve(mail, queue.id, { messageId }))) return null;
  const kind = mail.kind as MailKind;
  const all = await parts.mails.devices(mail.id);
  const about: MailDevice[] = [];
  for (const device of all) if (await isAbout(parts, device, { ...mail, kind }, settings)) about.push(device);
  await parts.mails.leaveOut(
    mail.id,
    all.filter((device) => !about.includes(device)).map(({ deviceKey }) => deviceKey),
  );
  const changes = newestFirst(about.map(newsOf));
  const address = changes[0]?.device.eas?.mailbox.address ?? null;
  if (address === null) {
    await parts.mails.remove(mail.id);
    return null;
  }
  const devices = linkEach(changes, kind, ports, now());
  for (const { claims } of devices) if (claims !== null) await parts.tokens.issue(claims);
  return { mail: { ...mail, messageId, address }, kind, devices, about };
}

// What a mail keeps of a device is what its news said.
function newsOf({ change }: MailDevice): DeviceChange {
  return change as unknown as DeviceChange;
}

async function isAbout(
  { entries }: Pick<StoreParts, 'entries'>,
  device: MailDevice,
  { kind, no }: { readonly kind: MailKind; readonly no: number },
  settings: NotifierSettings,
): Promise<boolean> {
  const { eas } = newsOf(device).device;
  if (eas === undefined) return false;
  const { organization, mailbox, easId } = eas;
  const entry = await entries.get({ organization, mailboxId: mailbox.id, easId, list: 'blocked' });
  // A reminder is about what is known to be blocked.
  const isBlocked = entry !== null || (!device.inLedger && no === 0);
  return isStillAbout({ isBlocked, no, kind, address: mailbox.address }, settings.options);
}

async function keepSent(
  { mails, timeline }: StoreParts,
  { settings, ids, now }: MailPorts,
  { mail, devices, about }: ReservedMail,
  { at, response }: { readonly at: string; readonly response: string },
): Promise<void> {
  const { reminders, reminderAfterHours } = settings.options;
  await mails.done(mail.id, { sentAt: at, note: response, address: mail.address });
  for (const { change } of devices) await recordMail({ timeline }, change, at);
  if (mail.no >= reminders || reminderAfterHours <= 0) return;
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
  await mails.add(reminder, about);
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
  const later = isSignIn ? heldBack(mail, now()) : nextTry(mail, fate, now());
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
