/**
 * What a notifier says of itself to the access switches of its store: whether a mail of its would go out.
 *
 * In: what its check looks at. Out: whether what was found is kept. Changes: its row, and the account's stop, as a check does.
 */
import type { NotifierRow, Store } from '../../store/store.ts';
import { said, saw } from './check-words.ts';
import { STOPPED_MS } from './sign-in-stop.ts';
import type { Refusals } from './sign-in-stop.ts';
import type { CheckStep, NotifierCheck } from './check-account.ts';

/** How often it is renewed while a block waits for a mail. */
export const RENEW_ROW_MS = 10 * 60_000;

/** For so long what another instance has found counts, if it has found better. */
const FRESH_MS = 15 * 60_000;

/*
 * `failed` is proven: whatever else is wrong may be right for the mail that is due next, or may be seen from here only.
 *
 *   step             what it found                                              is
 *   settings         a field, the account or the store cannot be meant          failed
 *   sign-in          refused an hour or more after it was refused first         failed
 *   sign-in          refused once, or stopped by that                           unknown
 *   sign-in          the server takes none of that method, or the package for   failed
 *                    it is not installed: a person has to choose another
 *   sign-in          anything else: no answer, no certificate                   unknown
 *   mailbox          there is none                                              failed
 *   mailbox          anything else: Exchange cannot be asked, or knows several  unknown
 *   mail             one of them cannot be written                              failed
 *   link             no https address                                           failed
 *   link             something else answers there, or nothing                   unknown
 *   enrollment-page  there is none                                              ready: it changes nothing about the mail
 *   autodiscover     not healthy                                                ready: a mail does not need it
 *   own-mail         not taken                                                  unknown: a mail that is due may be taken
 *   own-mail         taken, and not seen to arrive                              ready: more was proven than without it
 *   any              ready                                                      ready
 *
 * The worst step gives the verdict; of equal ones the first.
 */

/** What the steps of a check prove. @param refusals of the account's sign-in; null: it was not refused since it worked */
export function provenBy(
  { steps }: Pick<NotifierCheck, 'steps'>,
  refusals: Refusals | null,
): Pick<NotifierRow, 'verdict' | 'step' | 'text'> {
  const judged = steps.map((one) => ({ verdict: verdictOf(one, refusals), step: one.step, text: one.text }));
  const worst =
    judged.find(({ verdict }) => verdict === 'failed') ?? judged.find(({ verdict }) => verdict === 'unknown');
  return worst ?? { verdict: 'ready', step: null, text: saw('ready', said('would-go')).text };
}

function verdictOf({ step, verdict, code }: CheckStep, refusals: Refusals | null): NotifierRow['verdict'] {
  if (verdict === 'ready' || step === 'enrollment-page' || step === 'autodiscover') return 'ready';
  if (step === 'own-mail' && verdict === 'unknown') return 'ready';
  return verdict === 'failed' && isProof(step, code, refusals) ? 'failed' : 'unknown';
}

function isProof(step: CheckStep['step'], code: CheckStep['code'], refusals: Refusals | null): boolean {
  switch (step) {
    case 'settings':
    case 'mail':
      return true;
    case 'sign-in':
      if (code === 'ERR_HTTP_AUTH_METHOD' || code === 'ERR_DEPENDENCY_MISSING') return true;
      return (code === 'ERR_MAIL_AUTH' || code === 'ERR_MAIL_STOPPED') && isRefusedTwice(refusals);
    case 'mailbox':
      return code === 'ERR_MAIL_NO_MAILBOX';
    case 'link':
      return code === 'ERR_CONFIG_INVALID';
    default:
      return false;
  }
}

function isRefusedTwice(refusals: Refusals | null): boolean {
  return refusals !== null && refusals.last - refusals.first >= STOPPED_MS;
}

/*
 * Instances of one flow have the same notifiers, and one row for each.
 *
 *   what is kept                                                      what was found is
 *   nothing                                                           kept
 *   of this process, or of one that is known to be gone               kept
 *   of another one, a quarter of an hour old or of the future         kept
 *   of another one, younger and better: a mail goes out from there    not kept
 *   of another one, otherwise                                         kept
 */

/** True if what was found takes the place of what is kept. @param isGone tells processes that are known to be gone */
export function takesPlace(
  found: Pick<NotifierRow, 'process' | 'at' | 'verdict'>,
  kept: Pick<NotifierRow, 'process' | 'at' | 'verdict'> | null,
  isGone: (process: string) => boolean,
): boolean {
  if (kept === null || kept.process === found.process || isGone(kept.process)) return true;
  const age = Date.parse(found.at) - Date.parse(kept.at);
  return age < 0 || age >= FRESH_MS || RANK[kept.verdict] <= RANK[found.verdict];
}

const RANK = { failed: 0, unknown: 1, ready: 2 } as const;

/** Keeps what was found. @returns false: another instance has found better just now */
export async function keepRow(
  { notifiers }: Pick<Store, 'notifiers'>,
  found: NotifierRow,
  isGone: (process: string) => boolean,
): Promise<boolean> {
  let isKept = false;
  await notifiers.edit(found.node, (kept) => {
    isKept = takesPlace(found, kept, isGone);
    return isKept ? found : kept;
  });
  return isKept;
}

/** The flows have started anew: what the notifier said last is said by this process until it has looked. */
export async function takeOverRow(
  { notifiers }: Pick<Store, 'notifiers'>,
  { node, process }: Pick<NotifierRow, 'node' | 'process'>,
  isGone: (process: string) => boolean,
): Promise<void> {
  await notifiers.edit(node, (kept) => (kept !== null && isGone(kept.process) ? { ...kept, process } : kept));
}

/** The notifier is gone from the canvas; what another instance says of it stays. */
export async function removeRow(
  { notifiers }: Pick<Store, 'notifiers'>,
  { node, process }: Pick<NotifierRow, 'node' | 'process'>,
): Promise<void> {
  await notifiers.edit(node, (kept) => (kept?.process === process ? null : kept));
}
