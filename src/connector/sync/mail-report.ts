/**
 * What is said of mails: in the report of a sync, and to the person who is told that blocks wait.
 * In: what the notifiers of the store say of themselves. Out: texts and a part of the report. Changes: nothing.
 */
import { MAIL_WAIT_MS } from '../../access/mail-first.ts';
import type { MailVerdict, NotifierWord } from '../../access/mail-first.ts';
import type { MailWait } from '../mails/mail-wait.ts';

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
  return `For 72 hours no notifier could mail anybody, so these users would not hear why they are blocked. ${wordsOf(said)}`;
}

/** What a person is told. @param how.count blocks that wait */
export function textOfSight(
  { verdict, fate, said }: MailSight,
  { count, isSimulated }: { readonly count: number; readonly isSimulated: boolean },
): string {
  if (verdict === 'nobody')
    return 'Nobody is mailed: no notifier is deployed for this store, or none has said for half an hour whether its mails go out.';
  if (verdict === 'unheard' && count > 0) {
    const wait = isSimulated ? 'would wait' : 'wait';
    return `${count} blocks ${wait}, because no notifier can mail anybody. ${wordsOf(said)}`;
  }
  if (verdict === 'unheard')
    return `No notifier can mail anybody${fate === 'go' ? ', and blocks do not wait for it' : ''}. ${wordsOf(said)}`;
  return `It is not proven that every mail goes out. ${wordsOf(said)}`;
}

function wordsOf(said: readonly NotifierWord[]): string {
  return said
    .filter(({ verdict }) => verdict !== 'ready')
    .map(({ name, verdict, step, text }) => `${name} (${verdict}${step === null ? '' : `, ${step}`}): ${text}`)
    .join(' ');
}
