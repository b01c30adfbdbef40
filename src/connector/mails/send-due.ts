/**
 * One round of sending: mails that are due, first ones, reminders, and those that failed before.
 *
 * In: the time. Out: how it went; what became of each mail is announced. Changes: as send-mails.ts.
 */
import { asConnectorError } from '../../errors.ts';
import type { ConnectorError } from '../../errors.ts';
import { easMailboxPrefix } from '../../model/keys.ts';
import { refusalSubjectOf } from '../../model/mail-refusal.ts';
import type { DeviceChange } from '../../model/records.ts';
import type { Mail, Store } from '../../store/store.ts';
import { isProblem, needsAttention, waitsFor } from './mail-outcome.ts';
import type { MailOutcome, MailProblem } from './mail-outcome.ts';
import { isoOf, LONGEST_WAIT_MS, takenUpAgain, WEEK_MS } from './mail-times.ts';
import { announced, changesOf, sendMail, stopOf } from './send-mails.ts';
import type { MailPorts } from './send-mails.ts';
import type { SignInStop } from './sign-in-stop.ts';

/** Mails of one round: then those that waited for others of their mailbox are looked at again. */
const ROUND = 100;

/** How a round went. */
export interface MailRound {
  /** Mails that the server took. */
  readonly sent: number;
  /** Why mails still wait: the account's stop, else the first problem; null if nothing went wrong. */
  readonly problem: MailOutcome | null;
  /** More is due now. */
  readonly isMore: boolean;
  /** Some wait for what else is written for their mailbox. */
  readonly isWaitingForOthers: boolean;
}

/**
 * Sends what is due, as long as its devices are still blocked by us. A mail that fails by itself does not keep those behind
 * it; an account or server that fails does. Throws what the store fails with.
 */
export async function sendDue(ports: MailPorts): Promise<MailRound> {
  const { store, notifier, now, closing } = ports;
  const due = { notifier, states: ['waiting'], dueBy: isoOf(now()) } as const;
  const mails = await store.mails.list({ ...due, limit: ROUND });
  let problem: MailProblem | null = null;
  let [sent, waiting] = [0, 0];
  const round = (how: Partial<MailRound>): MailRound => ({
    sent,
    problem,
    isMore: false,
    isWaitingForOthers: waiting > 0,
    ...how,
  });
  const stop = stopOf(ports);
  for (const mail of mails) {
    if (closing.aborted) break;
    if (await waitsForOthers(ports, mail)) {
      waiting += 1;
      continue;
    }
    const stopped = await stop.current();
    if (stopped !== null) return round({ problem: await holdBackAll(ports, stopped) });
    const outcome = await sendOne(ports, mail, stop);
    if (outcome?.kind === 'sent') sent += 1;
    if (outcome?.kind === 'stopped') return round({ problem: await holdBackAll(ports, outcome.error) });
    if (outcome === null || !isProblem(outcome)) continue;
    problem ??= outcome;
    const about = refusalSubjectOf(outcome.error);
    if (about !== 'recipient' && about !== 'content') return round({});
  }
  return round({ isMore: !closing.aborted && mails.length === ROUND && waiting < ROUND });
}

/** Null: there was nothing to send. */
async function sendOne(ports: MailPorts, mail: Mail, stop: SignInStop): Promise<MailOutcome | null> {
  ports.progress('sending');
  try {
    return await sendMail(ports, mail, stop);
  } catch (thrown) {
    // Whoever takes over tells.
    if (ports.closing.aborted || ports.signal.aborted) return null;
    return announced(ports, await changesOf(ports, mail).catch(() => []), {
      kind: 'failed',
      error: asConnectorError(thrown),
    });
  }
}

/** What a queue that has ended was sending waits again; so does what this one could not bring to an end. */
async function takeOver({ store, notifier, queue }: LookPorts): Promise<void> {
  const reserved = await store.mails.list({ notifier, states: ['reserved'] });
  const owners = [...new Set(reserved.flatMap(({ reservedBy }) => reservedBy ?? []))];
  const living = owners.length === 0 ? new Set() : await queue.others(store, owners);
  for (const { id, reservedBy } of reserved) {
    if (reservedBy !== null && !living.has(reservedBy)) await store.mails.release(id, reservedBy);
  }
}

/*
 *   a first mail                                                              goes
 *   about blocks without a write, or that has waited its two minutes          at once
 *   whose mailbox has a change that is under way, or is due for its first try later
 *   whose mailbox has a block that the flow has not passed on yet             later
 *   otherwise                                                                 at once
 */

/** How long ago a block was told, at most, for the flow to pass it on soon. */
const PASSED_ON_MS = 120_000;

/** True for a mail that may be about more devices soon: one mail a mailbox, kind and run. */
async function waitsForOthers({ store, notifier, now }: MailPorts, mail: Mail): Promise<boolean> {
  if (mail.openUntil === null || Date.parse(mail.openUntil) <= now()) return false;
  const eas = (await changesOf({ store }, mail))[0]?.device.eas;
  if (eas === undefined) return false;
  if (await store.outbox.isUnderWay(eas.mailbox.id, isoOf(now()))) return true;
  const start = easMailboxPrefix(eas.organization, eas.mailbox.id);
  const told = await store.announcements.blocksOf(start, isoOf(now() - PASSED_ON_MS));
  return told.some(({ declinedBy }) => !declinedBy.includes(notifier));
}

/** The account is stopped: its week begins for what is due, and ends for what has had it. */
async function holdBackAll(ports: MailPorts, stopped: ConnectorError): Promise<MailOutcome> {
  const { store, notifier, now } = ports;
  const due = { notifier, states: ['waiting'], dueBy: isoOf(now()) } as const;
  for (const { id } of await store.mails.list({ ...due, sinceBy: null }))
    await store.mails.update(id, { since: isoOf(now()) });
  for (const mail of await store.mails.list({ ...due, sinceBy: isoOf(now() - WEEK_MS) })) {
    await store.mails.update(mail.id, { state: 'attention' });
    announced(ports, await changesOf(ports, mail), needsAttention(mail.address, stopped));
  }
  const [first] = await store.mails.list({ ...due, limit: 1 });
  const isNews = first !== undefined && (await stopOf(ports).remember());
  return isNews ? announced(ports, await changesOf(ports, first), waitsFor(stopped)) : waitsFor(stopped);
}

// ── beside the rounds ───────────────────────────────────────────────────────

/** A person wants the mails sent: a stop is lifted; what failed, and what needs attention, is due now. */
export async function takeUpAll(ports: MailPorts): Promise<void> {
  const { store, notifier, account, now } = ports;
  account.tryAgain();
  await stopOf(ports).forget();
  for (const { id } of await store.mails.list({ notifier, states: ['attention'] }))
    await store.mails.update(id, takenUpAgain(now()));
  const tried = { notifier, states: ['waiting'], sinceAndDueAfter: isoOf(now()) } as const;
  for (const { id } of await store.mails.list(tried)) await store.mails.update(id, { dueAt: isoOf(now()) });
}

/** What looking after mails takes. */
export type LookPorts = Pick<MailPorts, 'store' | 'notifier' | 'now' | 'queue'>;

/**
 * Before a round. Takes up what a queue that has ended was sending. Mends times that were set while the clock was ahead: no
 * mail that was tried waits longer than the longest pause. Forgets what waits for a person about devices that are no longer
 * blocked.
 */
export async function lookAfterMails(ports: LookPorts): Promise<void> {
  const { store, notifier, now } = ports;
  await takeOver(ports);
  const ahead = { notifier, states: ['waiting'], sinceAndDueAfter: isoOf(now() + LONGEST_WAIT_MS) } as const;
  for (const { id, since } of await store.mails.list(ahead)) {
    const at = isoOf(now());
    await store.mails.update(id, { dueAt: at, openUntil: null, since: since === null || since > at ? at : since });
  }
  for (const { id } of await store.mails.list({ notifier, states: ['attention'] })) {
    const changes = await changesOf({ store }, { id });
    const blocked = await Promise.all(changes.map((change) => isBlocked(store, change)));
    if (!blocked.includes(true)) await store.mails.remove(id);
  }
}

async function isBlocked({ entries }: Pick<Store, 'entries'>, { device }: DeviceChange): Promise<boolean> {
  if (device.eas === undefined) return false;
  const { organization, mailbox, easId } = device.eas;
  return (await entries.get({ organization, mailboxId: mailbox.id, easId, list: 'blocked' })) !== null;
}

/** How many mails wait for a person. */
export function mailsForAttention({ store, notifier }: Pick<MailPorts, 'store' | 'notifier'>): Promise<number> {
  return store.mails.count({ notifier, states: ['attention'] });
}

/** When the next mail is due, milliseconds since 1970; null: none waits. */
export async function nextDueAt({ store, notifier }: Pick<MailPorts, 'store' | 'notifier'>): Promise<number | null> {
  const [next] = await store.mails.list({ notifier, states: ['waiting'], limit: 1 });
  return next === undefined ? null : Date.parse(next.dueAt);
}
