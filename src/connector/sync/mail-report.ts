/**
 * What is said of mails: in the report of a sync, and to the person who is told that blocks wait.
 * In: what the notifiers of the store say of themselves. Out: texts and a part of the report. Changes: nothing.
 */
import { MAIL_WAIT_MS } from '../../access/mail-first.ts';
import type { MailVerdict, NotifierWord } from '../../access/mail-first.ts';
import { sayIn } from '../../model/sayings.ts';
import type { MailWait } from '../mails/mail-wait.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

const say = sayIn(REPORT_SAYINGS_EN);

/** What is seen of the notifiers at one moment. */
export interface MailSight {
  readonly verdict: MailVerdict;
  /** What becomes of blocks with a mail. */
  readonly fate: 'go' | 'wait' | 'held';
  readonly wait: MailWait | null;
  /** Notifiers whose word counts. */
  readonly said: readonly NotifierWord[];
}

/** What a report says of mails. */
export interface MailReport {
  readonly verdict: MailVerdict;
  readonly text: string;
  /** Blocks that wait, since when the first of them does, and when what waits then becomes a held plan. */
  readonly waiting?: number;
  readonly since?: string;
  readonly heldAfter?: string;
  /** Blocks that would wait, in a simulation. */
  readonly wouldWait?: number;
  /** What the notifiers say of themselves that count, those that are ready too. */
  readonly notifiers: readonly NotifierWord[];
}

/**
 * What a report says of mails; null: nothing, every one goes out, or there is none to send.
 * @param of.mails blocks with a mail that the sync asks for
 * @param of.waiting blocks that wait; null: it only simulates
 */
export function mailReport(
  sight: MailSight,
  { mails, waiting }: { readonly mails: number; readonly waiting: number | null },
): MailReport | null {
  const { verdict, fate, wait, said } = sight;
  const isSimulated = waiting === null;
  const isSaid = verdict === 'nobody' || said.some((one) => one.verdict !== 'ready');
  if ((mails === 0 && (waiting ?? 0) === 0) || !isSaid) return null;
  const count = waiting ?? (fate === 'wait' ? mails : 0);
  return {
    verdict,
    text: textOfSight(sight, { count, isSimulated }),
    ...(isSimulated ? (count === 0 ? {} : { wouldWait: count }) : waitOf(count, wait)),
    notifiers: said,
  };
}

function waitOf(count: number, wait: MailWait | null): Pick<MailReport, 'waiting' | 'since' | 'heldAfter'> {
  if (count === 0 || wait === null) return {};
  const heldAfter = new Date(Date.parse(wait.since) + MAIL_WAIT_MS).toISOString();
  return { waiting: count, since: wait.since, heldAfter };
}

/** Why a plan is held whose blocks have waited for too long. */
export function textOfHold({ said }: MailSight): string {
  return `${say('mail.hold')} ${wordsOf(said)}`;
}

/** What a person is told. @param how.count blocks that wait */
export function textOfSight(
  { verdict, fate, said }: MailSight,
  { count, isSimulated }: { readonly count: number; readonly isSimulated: boolean },
): string {
  if (verdict === 'nobody') return say('mail.nobody');
  if (verdict === 'unheard' && count > 0)
    return `${say(isSimulated ? 'mail.would-wait' : 'mail.wait', { count })} ${wordsOf(said)}`;
  if (verdict === 'unheard') return `${say(fate === 'go' ? 'mail.unheard.go' : 'mail.unheard')} ${wordsOf(said)}`;
  return `${say('mail.unproven')} ${wordsOf(said)}`;
}

/** What the notifiers say of themselves that are not ready. */
export function wordsOf(said: readonly NotifierWord[]): string {
  return said
    .filter(({ verdict }) => verdict !== 'ready')
    .map(wordOf)
    .join(' ');
}

/*
 *   the notifier     is called
 *   has a name       by its name
 *   has none         the notifier: its id, which stands for the name, says nothing to a person
 */

/** What one of them says of itself. */
export function wordOf({ node, name, verdict, step, text }: NotifierWord): string {
  if (name === node)
    return step === null
      ? say('mail.unnamed', { verdict, said: text })
      : say('mail.unnamed.step', { verdict, step, said: text });
  return step === null
    ? say('mail.notifier', { name, verdict, said: text })
    : say('mail.notifier.step', { name, verdict, step, said: text });
}
