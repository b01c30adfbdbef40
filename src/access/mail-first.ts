/** Whether a block may be written while nobody could be mailed about it. Pure. */
import { mailKindOf } from '../model/mail-kind.ts';
import type { PlannedChange } from './plan.ts';

/** Holds blocks that have waited for their mail for too long; and what is approved to let them go without. */
export const MAIL_NOT_READY = 'ERR_MAIL_NOT_READY';

/** What one notifier says of itself; the store's `NotifierRow` fits. */
export interface NotifierWord {
  readonly node: string;
  readonly name: string;
  readonly verdict: 'ready' | 'unknown' | 'failed';
  readonly step: string | null;
  readonly text: string;
  /** When it looked, ISO 8601 UTC. */
  readonly at: string;
}

/** What is known of the notifiers of a store. */
export interface NotifierWords {
  /** What they have said, those that are gone not among them. */
  readonly said: readonly NotifierWord[];
  /** Deployed here, and has not said anything yet. */
  readonly silent: number;
  /** Since when blocks wait for a mail, ISO 8601 UTC; null: none does. */
  readonly since: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Who would hear of a block: `heard` and `unproven`: its user, or perhaps; `unheard`: nobody, as it is; `nobody`: there is no
 * notifier, nobody is to be mailed.
 */
export type MailVerdict = 'heard' | 'unproven' | 'unheard' | 'nobody';

/** What a notifier has said is renewed every ten minutes while a block waits; one that is not, milliseconds. */
const SAID_MS = 30 * 60_000;

/** So long a block waits for its mail; then a person decides, milliseconds. */
export const MAIL_WAIT_MS = 72 * 3_600_000;

/*
 *   a notifier of the store                                                    counts
 *   has said something; no block waits                                         yes
 *   has said something, or a block waits, within 30 minutes                    yes
 *   has said nothing new for 30 minutes while a block waits                    no
 *   is deployed here and has said nothing yet                                  yes, as unknown
 *   is in no living instance (those are not given)                             no
 */

/** Those whose word counts. */
export function wordsThatCount({ said, since, now }: Omit<NotifierWords, 'silent'>): NotifierWord[] {
  const waitsFor = since === null ? 0 : now - Date.parse(since);
  return said.filter(({ at }) => waitsFor < SAID_MS || now - Date.parse(at) < SAID_MS);
}

/*
 *   notifiers that count                       verdict
 *   none                                       nobody
 *   one is ready, whatever the others          heard
 *   none is ready, one is unknown              unproven
 *   all have failed                            unheard
 */

/** What the notifiers come to together. */
export function judgeNotifiers(words: NotifierWords): MailVerdict {
  const verdicts = wordsThatCount(words).map(({ verdict }) => verdict);
  if (verdicts.includes('ready')) return 'heard';
  if (verdicts.includes('unknown') || words.silent > 0) return 'unproven';
  return verdicts.length > 0 ? 'unheard' : 'nobody';
}

/*
 *   change                                          mailFirst   notifiers                  it
 *   allow, release                                  any         any                        goes
 *   block without a mail                            any         any                        goes
 *   block that was approved though it has no mail   any         any                        goes
 *   block with a mail                               off         any                        goes
 *   block with a mail                               on          heard, unproven, nobody    goes
 *   block with a mail                               on          unheard, up to 72 hours    waits
 *   block with a mail                               on          unheard, for longer        is held: a person decides
 */

/** True for a block whose user is to be mailed. */
export function leadsToMail({
  action,
  device,
  decision,
}: Pick<PlannedChange, 'action' | 'device' | 'decision'>): boolean {
  return action === 'block' && mailKindOf(device, decision) !== null;
}

/** True for a block that waits while nobody could be mailed about it. */
export function waitsForMail(change: PlannedChange): boolean {
  return leadsToMail(change) && change.approval?.reason !== MAIL_NOT_READY;
}

/** Whether blocks with a mail go, wait or are held. */
export function mailFate(
  verdict: MailVerdict,
  { mailFirst, since, now }: Pick<NotifierWords, 'since' | 'now'> & { readonly mailFirst: boolean },
): 'go' | 'wait' | 'held' {
  if (!mailFirst || verdict !== 'unheard') return 'go';
  return since !== null && now - Date.parse(since) >= MAIL_WAIT_MS ? 'held' : 'wait';
}
