/**
 * Blocks that wait until somebody can be mailed about them.
 * In: what the notifiers of the store say of themselves. Out: whether blocks with a mail go. Changes: the outbox, since when
 * blocks wait, and what is told of it.
 */
import { judgeNotifiers, MAIL_NOT_READY, mailFate, waitsForMail, wordsThatCount } from '../../access/mail-first.ts';
import type { NotifierWord } from '../../access/mail-first.ts';
import type { PendingChange } from '../../access/outbox.ts';
import { isGone, THIS_PROCESS } from '../../store/leases.ts';
import type { NotifierRow, Store } from '../../store/store.ts';
import { editMailWait, mailWaitOf } from '../mails/mail-wait.ts';
import type { MailWait } from '../mails/mail-wait.ts';
import type { ToldNews } from './device-news.ts';
import { textOfSight } from './mail-report.ts';
import type { MailSight } from './mail-report.ts';
import { oweProblem } from './owed-news.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

/** Told once in so many milliseconds. */
const TELL_MS = 24 * 3_600_000;

/** The state of what waits. */
const WAITING = 'waiting-for-mail';

type WaitParts = Pick<SwitchParts, 'store' | 'exchange' | 'flow' | 'now'>;

/** Looks at what the notifiers of the store say. */
export async function lookAtNotifiers(
  parts: Pick<SwitchParts, 'store' | 'settings' | 'now'> & {
    readonly exchange: Pick<SwitchParts['exchange'], 'organization'>;
    readonly flow: Pick<SwitchParts['flow'], 'notifiers' | 'storeless'>;
  },
): Promise<MailSight> {
  const { store, exchange, settings, flow } = parts;
  const rows = await store.notifiers.list();
  const wait = await mailWaitOf(store, exchange.organization);
  const deployed = flow.notifiers();
  const at = timeOf(parts.now);
  const storeless = flow.storeless().map((one) => ({ ...one, verdict: 'failed', step: 'settings', at }) as const);
  const isLiving = (node: string, process: string): boolean =>
    deployed.includes(node) || (process !== THIS_PROCESS && !isGone(process));
  const words = {
    said: [...rows.filter(({ node, process }) => isLiving(node, process)).map(wordOf), ...storeless],
    silent: deployed.filter((id) => [...rows, ...storeless].every(({ node }) => node !== id)).length,
    since: wait?.since ?? null,
    now: parts.now(),
  };
  const verdict = judgeNotifiers(words);
  return {
    verdict,
    fate: mailFate(verdict, { ...words, mailFirst: settings.mailFirst }),
    wait,
    said: wordsThatCount(words),
  };
}

function wordOf(row: NotifierRow): NotifierWord {
  const { process: _, ...word } = row;
  return word;
}

/**
 * Puts aside those of the changes that wait for a mail, before they are handed to Exchange.
 * @returns the others
 */
export async function putAside(parts: WaitParts, due: readonly PendingChange[]): Promise<PendingChange[]> {
  const aside = due.filter(({ change }) => waitsForMail(change));
  if (aside.length === 0) return [...due];
  const { store, exchange, now } = parts;
  const at = timeOf(now);
  await store.together(async (together) => {
    await editMailWait(together, exchange.organization, (wait) => wait ?? { since: at, toldAt: null, shownBy: null });
    for (const { key } of aside) await together.outbox.update(key, { state: WAITING });
  });
  return due.filter(({ change }) => !waitsForMail(change));
}

/** How many blocks of the organization wait for a mail. */
export function countWaiting(
  { outbox }: Pick<Store, 'outbox'>,
  { organization }: Pick<SwitchParts['exchange'], 'organization'>,
): Promise<number> {
  return outbox.count({ organization, state: WAITING });
}

/*
 *   blocks with a mail   blocks that wait   a plan is held for the mail   then
 *   go                   any                any                           since when they wait is forgotten
 *   wait, are held       some, or none      yes                           it stays
 *   wait, are held       some               no                            it stays
 *   wait, are held       none               no                            it is forgotten: the next one waits anew
 */

/** After the outbox was gone through. */
export async function endWait(parts: WaitParts & Pick<SwitchParts, 'ids'>, { fate }: MailSight): Promise<void> {
  const { store, exchange } = parts;
  if ((await mailWaitOf(store, exchange.organization)) === null) return;
  const isWanted = fate !== 'go' && ((await countWaiting(store, exchange)) > 0 || (await isHeldForMail(parts)));
  if (!isWanted) await forgetWait(parts);
}

/** Nothing waits for a mail any more, and a person is told no more of it. */
export async function forgetWait(parts: WaitParts & Pick<SwitchParts, 'ids'>): Promise<void> {
  await oweProblem(parts, MAIL_NOT_READY, null);
  await editMailWait(parts.store, parts.exchange.organization, () => null);
}

/** True while a plan is held because nobody could be mailed. */
async function isHeldForMail({ store, exchange }: Pick<SwitchParts, 'store' | 'exchange'>): Promise<boolean> {
  const held = await store.plans.list();
  return held.some(({ organization, reason }) => organization === exchange.organization && reason === MAIL_NOT_READY);
}

/**
 * True if there is something to do about blocks that wait: a mail can be sent by now, or nobody was told for a day.
 * @param atStart or if it was not shown since the flows have started
 */
export async function isMailToDo(
  parts: WaitParts & Pick<SwitchParts, 'settings'>,
  { atStart }: { readonly atStart: boolean },
): Promise<boolean> {
  const { store, exchange, settings, flow, now } = parts;
  if (settings.mode !== 'enforce' || (await mailWaitOf(store, exchange.organization)) === null) return false;
  const { fate, wait } = await lookAtNotifiers(parts);
  if (fate === 'go') return true;
  if ((await countWaiting(store, exchange)) === 0) return false;
  return wait === null || !isTold(wait, now()) || (atStart && wait.shownBy !== flow.run);
}

function isTold({ toldAt }: MailWait, now: number): boolean {
  const age = toldAt === null ? TELL_MS : now - Date.parse(toldAt);
  return age >= 0 && age < TELL_MS;
}

/** What is seen once the outbox was gone through: how many blocks wait, and what is told of them; null: nothing now. */
export async function lookAfterWrites(
  parts: WaitParts & Pick<SwitchParts, 'settings' | 'ids'>,
): Promise<{ readonly sight: MailSight; readonly waiting: number; readonly told: ToldNews | null }> {
  const sight = await lookAtNotifiers(parts);
  const { wait } = sight;
  if (wait === null) return { sight, waiting: 0, told: null };
  const waiting = await countWaiting(parts.store, parts.exchange);
  return { sight, waiting, told: waiting === 0 ? null : await tellOfWait(parts, { ...sight, wait }, waiting) };
}

/** While blocks wait, a person is told once a day. Told twice rather than never: what is owed is a row before it counts as told. */
async function tellOfWait(
  parts: WaitParts & Pick<SwitchParts, 'ids'>,
  sight: MailSight & { readonly wait: MailWait },
  count: number,
): Promise<ToldNews | null> {
  const { store, exchange, flow, now } = parts;
  const isDue = !isTold(sight.wait, now());
  const text = textOfSight(sight, { count, isSimulated: false });
  const told = isDue ? await oweProblem(parts, MAIL_NOT_READY, { code: MAIL_NOT_READY, text }) : null;
  await editMailWait(store, exchange.organization, (kept) =>
    kept === null ? null : { ...kept, toldAt: isDue ? timeOf(now) : kept.toldAt, shownBy: flow.run },
  );
  return told;
}
