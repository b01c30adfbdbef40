/**
 * One round of sending: mails that are due, first ones, reminders, and those that failed before.
 *
 * In: the time. Out: how it went; what became of each mail is announced. Changes: as send-mails.ts.
 */
import { asConnectorError } from '../../errors.ts';
import type { ConnectorError } from '../../errors.ts';
import { askedWaitOf, refusalSubjectOf } from '../../model/mail-refusal.ts';
import type { DeviceChange } from '../../model/records.ts';
import type { Mail, Store } from '../../store/store.ts';
import { isProblem, needsAttention, waitsFor } from './mail-outcome.ts';
import type { MailOutcome, MailProblem } from './mail-outcome.ts';
import { isoOf, LONGEST_WAIT_MS, nextTry, takenUpAgain, WEEK_MS } from './mail-times.ts';
import { reserveMails } from './reserve-mails.ts';
import type { ReservedMail, ReservedMails } from './reserve-mails.ts';
import { announced, changesOf, sendMail, stopOf } from './send-mails.ts';
import type { MailPorts } from './mail-ports.ts';
import type { SignInStop } from './sign-in-stop.ts';

/** Mails of one round: then those that waited for others of their mailbox are looked at again. */
const ROUND = 128;

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
  const isFull = mails.length === ROUND;
  const stop = stopOf(ports);
  let problem: MailProblem | null = null;
  let [sent, waiting] = [0, 0];
  const round = (how: Partial<MailRound>): MailRound => ({
    sent,
    problem,
    isMore: false,
    isWaitingForOthers: waiting > 0,
    ...how,
  });
  while (mails.length > 0 && !closing.aborted) {
    const stopped = await stop.current();
    if (stopped !== null) return round({ problem: await holdBackAll(ports, stopped) });
    const some = await sendSome(ports, mails.splice(0, ports.queue.pace.next), stop);
    sent += some.sent;
    waiting += some.waiting;
    problem ??= some.problem;
    if (some.stopped !== null) return round({ problem: await holdBackAll(ports, some.stopped) });
    if (some.isOver) {
      if (some.asked !== null) await putOffAll(ports, some.asked);
      return round({});
    }
    // They come first again, and are looked at anew.
    mails.unshift(...some.late);
  }
  return round({ isMore: !closing.aborted && isFull && waiting < ROUND });
}

/** How some mails of a round went. */
interface SomeSent {
  readonly sent: number;
  readonly waiting: number;
  readonly problem: MailProblem | null;
  /** Why the account is stopped. */
  readonly stopped: ConnectorError | null;
  /** The account or its server fails: no further mail has a chance. */
  readonly isOver: boolean;
  /** How long the server then wants to be left alone, milliseconds; null: that is not known. */
  readonly asked: number | null;
  /** Those whose turn did not come soon enough, as they were. */
  readonly late: readonly Mail[];
}

/** What was found when a mail was reserved is believed for so long: then it is put back, and looked at again. */
const LATE_MS = 2_000;

/** Reserves them together, and sends one after the other. */
async function sendSome(ports: MailPorts, some: readonly Mail[], stop: SignInStop): Promise<SomeSent> {
  const { store, queue, closing, now } = ports;
  const began = now();
  // The clock may be set meanwhile.
  const took = (): number => Math.abs(now() - began);
  const nothing: SomeSent = { sent: 0, waiting: 0, problem: null, stopped: null, isOver: false, asked: null, late: [] };
  let reserved: ReservedMails;
  try {
    reserved = await reserveMails(ports, some);
  } catch (thrown) {
    return { ...nothing, problem: await failed(ports, some[0]!, thrown), isOver: true };
  }
  const { waiting } = reserved;
  const rest = [...reserved.mails];
  const gone: string[] = [];
  let problem: MailProblem | null = null;
  const how = (more: Partial<SomeSent>): SomeSent => ({ ...nothing, waiting, sent: gone.length, problem, ...more });
  // The first one goes, however long the store took.
  const isInTime = (): boolean => rest.length === reserved.mails.length || took() <= LATE_MS;
  try {
    while (rest.length > 0 && !closing.aborted && isInTime()) {
      const stopped = await stop.current();
      if (stopped !== null) return how({ stopped });
      const one = rest.shift()!;
      const outcome = await sendOne(ports, one, stop);
      if (outcome?.kind === 'sent') gone.push(one.mail.id);
      if (outcome?.kind === 'stopped') return how({ stopped: outcome.error });
      if (outcome === null || !isProblem(outcome)) continue;
      problem ??= outcome;
      const about = refusalSubjectOf(outcome.error);
      if (about !== 'recipient' && about !== 'content')
        return how({ isOver: true, asked: askedWaitOf(outcome.error) ?? (about === 'rate' ? RATE_MS : null) });
    }
    return how({ late: rest.map(({ before }) => before) });
  } finally {
    queue.pace.took(reserved.mails.length - rest.length, took());
    await tidyUp(store, { queue, rest, gone });
  }
}

/** Of a store that fails: the next round takes up what is still reserved, and what is sent is forgotten with its mail. */
async function tidyUp(
  { mails }: Store,
  { queue, rest, gone }: Pick<MailPorts, 'queue'> & { rest: readonly ReservedMail[]; gone: readonly string[] },
): Promise<void> {
  try {
    for (const { before } of rest) await mails.putBack(before, queue.id);
    await mails.forgetNews(gone);
  } catch {
    // Whatever comes next tells of the store.
  }
}

/** Null: it was stopped, and whoever takes over tells. */
async function sendOne(ports: MailPorts, reserved: ReservedMail, stop: SignInStop): Promise<MailOutcome | null> {
  ports.progress('sending');
  try {
    return await sendMail(ports, reserved, stop);
  } catch (thrown) {
    return failed(ports, reserved.mail, thrown);
  }
}

/** The store fails, or the work was stopped: then null, and whoever takes over tells. */
async function failed(ports: MailPorts, mail: Pick<Mail, 'id'>, thrown: unknown): Promise<MailProblem | null> {
  if (ports.closing.aborted || ports.signal.aborted) return null;
  const changes = await changesOf(ports, mail).catch(() => []);
  return announced(ports, changes, { kind: 'failed', error: asConnectorError(thrown) });
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

/** A server that limits the rate and does not say for how long: they count by the minute (anvil, message-rate-limits.md). */
const RATE_MS = 60_000;

/** A server that says when to come again is not asked again before, by the mails behind the one that it was said to. */
async function putOffAll({ store, notifier, now }: MailPorts, asked: number): Promise<void> {
  const { dueAt } = nextTry({ attempts: 0, since: null }, 'again', now(), asked);
  const due = { notifier, states: ['waiting'], dueBy: isoOf(now()) } as const;
  // Their week begins, as that of the one that was tried: a person's "retry" then sends them too.
  for (const { id, since } of await store.mails.list(due))
    await store.mails.update(id, { dueAt, since: since ?? isoOf(now()) });
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
