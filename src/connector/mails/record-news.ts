/**
 * News of a block becomes a mail that is owed: a row, before the notifier says that it has heard.
 *
 * In: the news of a change. Out: that its mail is recorded, or why there is none. Changes: mails, and what the flow is owed.
 */
import { setTimeout } from 'node:timers/promises';
import { asConnectorError, isConnectorError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { mailKindOf } from '../../model/mail-kind.ts';
import type { DeviceChange } from '../../model/records.ts';
import { decideNotification } from '../../notify/decide-notification.ts';
import type { NotificationDecision, SkipReason } from '../../notify/decide-notification.ts';
import type { Json, KnownOfBlock, Mail, MailDevice, Store, StoreParts } from '../../store/store.ts';
import type { Clock, Ids, Progress, Stoppable } from '../ports.ts';
import type { NotifierSettings } from './enroll-mail.ts';
import { isoOf } from './mail-times.ts';
import type { MailProblem } from './mail-outcome.ts';

/** What recording takes. */
export interface NewsPorts extends Stoppable {
  readonly store: Store;
  readonly settings: Pick<NotifierSettings, 'options'>;
  /** Names this notifier among those of the store. */
  readonly notifier: string;
  readonly now: Clock;
  readonly ids: Ids;
  readonly progress: Progress;
}

/** What became of the news. */
export type NewsOutcome =
  /** Its mail is a row, and goes out by itself. */
  | { readonly kind: 'recorded' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly text: string }
  /** Nothing is known but the error. */
  | (MailProblem & { readonly kind: 'failed' });

/** How long a first mail waits, at most, for what else is written for its mailbox. */
const OPEN_MS = 120_000;

/*
 *   the news                                   the access switch
 *   has its mail as a row, or had it before    need not tell it again
 *   is of a block that has ended               need not tell it again
 *   is of a device, a mailbox or a cause that  need not tell it again: every notifier would say so
 *   nobody is mailed about
 *   leads to no mail of this notifier          need not, once every notifier of the store has said so
 *   could not be recorded                      tells it again, after a start
 */

/** Records the mail of a block, in one transaction with what is owed to the flow; a busy store is waited for. Never throws. */
export async function recordNews(ports: NewsPorts, change: DeviceChange): Promise<NewsOutcome> {
  try {
    return await untilKept(ports, () => ports.store.together((parts) => record(parts, ports, change)));
  } catch (thrown) {
    return { kind: 'failed', error: asConnectorError(thrown) };
  }
}

async function record(parts: StoreParts, ports: NewsPorts, change: DeviceChange): Promise<NewsOutcome> {
  const known = await knownOf(parts, ports, change);
  const options = { ...ports.settings.options, now: new Date(ports.now()) };
  const decision = decideNotification(change, known.earlier, { ...options, isOver: known.isOver });
  if (decision.action === 'skip') {
    const { reason, text } = decision;
    if (SAID_FOR_ALL.has(reason) || known.isOver) await settleNews(parts, change);
    else if (change.change.id !== undefined) await parts.announcements.decline(change.change.id, ports.notifier);
    return { kind: 'skipped', reason, text };
  }
  const isNew = await addMail(parts, ports, change, { ...decision, ...known });
  await settleNews(parts, change);
  // Another notifier was quicker.
  if (!isNew) return { kind: 'skipped', reason: 'already-waiting', text: 'Its mail waits already.' };
  const { putOff } = decision;
  return putOff === null ? { kind: 'recorded' } : { kind: 'skipped', reason: putOff.reason, text: putOff.text };
}

/** Of news that leads to no mail, whatever is known, nothing. */
async function knownOf(
  { mails }: StoreParts,
  { notifier, now }: NewsPorts,
  { device, decision, change }: DeviceChange,
): Promise<KnownOfBlock> {
  const [kind, eas] = [mailKindOf(device, decision), device.eas];
  if (kind === null || eas === undefined) return { earlier: [], inLedger: false, isOver: false, joinable: null };
  const { organization, easId } = eas;
  const mailboxId = eas.mailbox.id.toLowerCase();
  const episode = change.episode ?? null;
  return mails.about({ deviceKey: device.key, organization, mailboxId, easId, notifier, kind, episode }, isoOf(now()));
}

/** Reasons that hold whichever notifier is asked: there is a mail, or will be, or none by what the device is. */
const SAID_FOR_ALL: ReadonlySet<SkipReason> = new Set([
  'already-sent',
  'already-waiting',
  'no-mail-for-mailbox',
  'removed-by-mdm',
  'no-mail-for-reason',
]);

/** The news is owed no more. A flow may have made its message anew, without the id. */
async function settleNews({ announcements }: StoreParts, { device, change }: DeviceChange): Promise<void> {
  if (change.id === undefined) await announcements.settleBlocks(device.key);
  else await announcements.settle(change.id);
}

/** False if there is one already. */
async function addMail(
  { mails }: StoreParts,
  { notifier, now, ids }: NewsPorts,
  news: DeviceChange,
  { kind, address, putOff, inLedger, joinable }: Extract<NotificationDecision, { action: 'send' }> & KnownOfBlock,
): Promise<boolean> {
  const { device, change } = news;
  const about: MailDevice = {
    deviceKey: device.key,
    episode: change.episode ?? change.at,
    blockedAt: change.at,
    inLedger,
    change: news as unknown as Json,
  };
  const at = isoOf(now());
  const joined = putOff === null && joinable !== null ? await mails.join({ id: joinable, kind }, [about]) : null;
  if (joined !== null) return joined.length > 0;
  const mail: Mail = {
    id: ids(),
    notifier,
    mailboxId: device.eas!.mailbox.id.toLowerCase(),
    kind,
    no: 0,
    state: 'waiting',
    createdAt: at,
    dueAt: putOff?.until ?? at,
    // A changed cause comes without a write: there is nothing to wait for.
    openUntil: putOff === null && change.from !== change.to ? isoOf(now() + OPEN_MS) : null,
    since: putOff === null ? at : null,
    attempts: 0,
    messageId: null,
    reservedBy: null,
    address,
    sentAt: null,
    note: null,
  };
  return (await mails.add(mail, [about])).length > 0;
}

/** A store that another process keeps locked, or whose disk is full, may take a second or an hour. */
const PAUSE_MS = 1_000;

/** Keeps what has happened, as often as it takes: forgotten, it would happen again. Rejects when it is stopped before. */
export async function untilKept<T>(
  { signal, progress }: Pick<NewsPorts, 'signal' | 'progress'>,
  keepIt: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await keepIt();
    } catch (thrown) {
      if (signal.aborted || !isConnectorError(thrown) || !COMES_BACK.has(thrown.code)) throw thrown;
      progress('keeping');
      await setTimeout(PAUSE_MS, undefined, { signal });
    }
  }
}

/** Locked, full, or away: a database server is started again, and until then it cannot be reached. */
const COMES_BACK: ReadonlySet<ErrorCode> = new Set(['ERR_STORE_BUSY', 'ERR_STORE_WRITE', 'ERR_STORE_OPEN']);
