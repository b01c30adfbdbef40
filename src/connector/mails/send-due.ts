/**
 * Mails that wait: those that failed, those held back for a stopped account, and reminders.
 *
 * In: the time, or a person's wish. Out: why mails still wait; what became of each is announced. Changes: as send-mails.ts.
 */
import { asConnectorError } from '../../errors.ts';
import type { ConnectorError } from '../../errors.ts';
import { refusalSubjectOf } from '../../model/mail-refusal.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import { heldBack, takenUpAgain } from './due-mails.ts';
import type { DueMail } from './due-mails.ts';
import { decideMail } from './enroll-mail.ts';
import { isProblem, needsAttention, waitsFor } from './mail-outcome.ts';
import type { MailOutcome, MailProblem } from './mail-outcome.ts';
import { announced, dueOf, send, stopOf } from './send-mails.ts';
import type { MailPorts } from './send-mails.ts';

/**
 * Sends what waits, as long as the device is still blocked by us. A mail that fails by itself does not keep those behind
 * it; an account or server that fails does. Throws what the store fails with.
 *
 * @param options.wished a person wants it: a stop is lifted, what is not due and what needs attention is taken up
 * @returns why mails still wait: the account's stop, else the first problem; null if nothing went wrong
 */
export async function sendDue(ports: MailPorts, { wished }: { readonly wished: boolean }): Promise<MailOutcome | null> {
  await takeOver(ports);
  if (wished) await liftAll(ports);
  let problem: MailProblem | null = null;
  const mails = await dueOf(ports).due(wished ? Number.POSITIVE_INFINITY : ports.now());
  for (const [at, mail] of mails.entries()) {
    if (ports.signal.aborted) break;
    const stopped = await stopOf(ports).current();
    if (stopped !== null) return holdBackAll(ports, mails.slice(at), stopped);
    const outcome = await sendOneDue(ports, mail);
    if (outcome?.kind === 'stopped') return holdBackAll(ports, mails.slice(at + 1), outcome.error);
    if (outcome === null || !isProblem(outcome)) continue;
    problem ??= outcome;
    const about = refusalSubjectOf(outcome.error);
    if (about !== 'recipient' && about !== 'content') break;
  }
  return problem;
}

/** Mails that arrived before this notifier was started wait like any other from here on. */
async function takeOver({ store, notifier, arrived, signal }: MailPorts): Promise<void> {
  for (const mail of await arrived.left(store)) {
    if (signal.aborted) return;
    await dueOf({ store, notifier }).put(mail);
    await arrived.settle(store, mail.change.device.key);
  }
}

async function liftAll(ports: MailPorts): Promise<void> {
  ports.account.tryAgain();
  await stopOf(ports).forget();
  const due = dueOf(ports);
  const waiting = await due.attention();
  if (waiting.length > 0) await due.put(...waiting.map((mail) => takenUpAgain(mail, ports.now())));
}

async function holdBackAll(ports: MailPorts, mails: readonly DueMail[], stopped: ConnectorError): Promise<MailOutcome> {
  const now = ports.now();
  const changed = mails
    .map((mail) => ({ before: mail, held: heldBack(mail, now) }))
    .filter(({ before, held }) => held.attention || held.since !== before.since);
  if (changed.length > 0) await dueOf(ports).put(...changed.map(({ held }) => held));
  for (const { held } of changed) {
    if (held.attention) announced(ports, held.change, needsAttention(held.change, stopped));
  }
  return waitsFor(stopped);
}

/** Null: there was nothing to send, or not yet. */
async function sendOneDue(ports: MailPorts, mail: DueMail): Promise<MailOutcome | null> {
  const { change } = mail;
  const decision = (await isStillBlocked(ports.store, change.device))
    ? await decideMail(ports.store, change, ports.settings, ports.now())
    : null;
  if (decision?.action === 'send') {
    try {
      await ports.arrived.beat(ports.store);
      // Another instance of this notifier may be at it.
      if (!(await dueOf(ports).claim(mail, ports.arrived.over(ports.store)))) return null;
      return await send(ports, mail, decision);
    } catch (thrown) {
      return announced(ports, change, { kind: 'failed', error: asConnectorError(thrown) });
    }
  }
  if (decision === null || decision.nextAt === null) await dueOf(ports).remove(change.device.key);
  else await dueOf(ports).put({ change, attempts: 0, dueAt: Date.parse(decision.nextAt) });
  return null;
}

async function isStillBlocked(store: Store, device: DeviceRecord): Promise<boolean> {
  if (device.eas === undefined) return false;
  const { organization, mailbox, easId } = device.eas;
  const entry = await store.entries.get({ organization, mailboxId: mailbox.id, easId, list: 'blocked' });
  return entry !== null;
}

/** What waits in a notifier. */
export interface WaitingMails {
  /** Something is to be sent now. */
  readonly isDue: boolean;
  /** Mails that wait for a person. */
  readonly attention: number;
}

/** Looks what waits, and forgets what waits for a person about a device that is no longer blocked. */
export async function lookAfterMails(
  ports: Pick<MailPorts, 'store' | 'notifier' | 'arrived' | 'now'>,
): Promise<WaitingMails> {
  const { store, arrived, now } = ports;
  const due = dueOf(ports);
  await due.mendTimes(now());
  for (const { change } of await due.attention()) {
    if (!(await isStillBlocked(store, change.device))) await due.remove(change.device.key);
  }
  const isDue = (await due.isAnyDue(now())) || (await arrived.left(store)).length > 0;
  return { isDue, attention: await mailsForAttention(ports) };
}

/** How many mails wait for a person. */
export async function mailsForAttention(ports: Pick<MailPorts, 'store' | 'notifier'>): Promise<number> {
  return dueOf(ports).attentionCount();
}
