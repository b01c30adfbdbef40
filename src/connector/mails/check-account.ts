/**
 * The notifier's preflight: everything between a blocked phone and its user's "done", looked at without mailing anybody; on
 * request a mail goes to the account itself.
 *
 * In: the account, Exchange if one is chosen, the settings. Out: what each step found. Changes: the account's stop, as the
 * sign-in of a mail would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asConnectorError, ConnectorError, isConnectorError, throwIfAborted } from '../../errors.ts';
import { foldAddress } from '../../model/keys.ts';
import { MAIL_KINDS } from '../../model/mail-kind.ts';
import { MAIL_LANGUAGES } from '../../notify/default-templates.ts';
import type { Store } from '../../store/store.ts';
import { english, given } from '../../model/say.ts';
import type { ReportLanguage, Said } from '../../model/say.ts';
import { looked, worstOf } from '../check-result.ts';
import type { CheckResult, CheckVerdict } from '../check-result.ts';
import type { Clock, ExchangePort, Ids, MailboxState, Recipient, RenderedMailTo, Stoppable } from '../ports.ts';
import { replyOf, writeSample } from './enroll-mail.ts';
import type { NotifierSettings } from './enroll-mail.ts';
import { failureIn, said, saw } from './check-words.ts';
import type { SeenResult } from './check-words.ts';
import { lookAtLink } from './look-at-link.ts';
import type { LookAt } from './look-at-link.ts';
import type { MailAccount } from './mail-account.ts';
import { mailboxKindOf } from './mailbox-kinds.ts';
import { sampleChange } from './sample-change.ts';
import { SignInStop } from './sign-in-stop.ts';
import { errorSeen } from '../../model/check-report.ts';

export type CheckStepName =
  | 'settings'
  | 'store'
  | 'sign-in'
  | 'mailbox'
  | 'mail'
  | 'own-mail'
  | 'link'
  | 'enrollment-page'
  | 'autodiscover';

export interface CheckStep extends CheckResult {
  readonly step: CheckStepName;
}

/** `msg.payload` of a check. */
export interface NotifierCheck {
  /** Empty where no account can be used. */
  readonly account: string;
  /** False of an account without a user too: nobody signs in. */
  readonly signedIn: boolean;
  /** Exchange's RecipientTypeDetails of the account's mailbox; `opened` where EWS opened its inbox; `unknown`; `none`. */
  readonly mailbox: string;
  /** The worst of the steps: `failed` is red, `unknown` is yellow, `ready` is green. */
  readonly verdict: CheckVerdict;
  readonly steps: readonly CheckStep[];
}

/** What looking takes beside the ports. */
export interface CheckTools {
  readonly lookAt: LookAt;
  /** Makes a mail as it would go out, and forgets it. Throws what sending would throw before the first byte. */
  readonly compose: (mail: Omit<RenderedMailTo, 'messageId' | 'signal' | 'closing'>) => void;
  /** Asks Autodiscover of the account's address; null: there is nobody to ask. */
  readonly discover: ((options: Stoppable & { readonly signsIn: boolean }) => Promise<Discovered>) | null;
}

/** What Autodiscover says of an address; the report of `src/autodiscover` fits. */
export interface Discovered {
  readonly overall: 'healthy' | 'warning' | 'broken' | 'unknown';
  readonly summary: string;
  /** The same in each language; absent: in English alone. */
  readonly summaries?: Readonly<Record<ReportLanguage, string>>;
}

/** What the check looks at. What must be opened is opened by its step, so that it fails there. */
export interface CheckInput extends Stoppable, CheckTools {
  readonly account: MailAccount;
  readonly settings: NotifierSettings;
  /** Names who tells of a refused sign-in among the notifiers of the store; empty: nobody does. */
  readonly notifier: string;
  readonly openStore: () => Promise<Store>;
  /** Null where no Exchange is chosen. */
  readonly openExchange: () => Pick<ExchangePort, 'recipients' | 'mailboxState'> | null;
  readonly now: Clock;
  /** A mail goes to the account itself, under a name of these; absent: nobody is mailed. */
  readonly ownMail?: Ids;
  /** Told each step as it ends. @param seen what was seen, in no language yet; null: what an error says */
  readonly onStep?: (step: CheckStep, seen: Said) => void;
  /** How long its arrival is waited for where it can be seen, milliseconds; default 10 seconds. */
  readonly patienceMs?: number;
}

/** What the check found, and the first step's error that failed. */
export interface CheckReport {
  readonly check: NotifierCheck;
  readonly failure: ConnectorError | null;
  /** What each step saw, in no language yet. */
  readonly seen: ReadonlyMap<CheckStepName, Said>;
}

/**
 * Looks at everything. It signs in as a mail would: not while the account is stopped, and a refusal stops it. Throws
 * ERR_ABORTED only.
 */
export async function checkAccount(input: CheckInput): Promise<CheckReport> {
  const { account, signal } = input;
  const failures: ConnectorError[] = [];
  const seen = new Map<CheckStepName, Said>();
  const step = async (name: CheckStepName, look: () => Promise<SeenResult> | SeenResult): Promise<CheckStep> => {
    const looking = async (): Promise<CheckResult> => {
      const { seen: what, ...result } = await look();
      seen.set(name, what);
      return result;
    };
    const failed = (error: ConnectorError): void => {
      failures.push(error);
      if (!seen.has(name)) seen.set(name, errorSeen(error));
    };
    const found = { step: name, ...(await looked(looking, signal, failed)) };
    // It has said what it saw, or failed.
    input.onStep?.(found, seen.get(name)!);
    return found;
  };

  let stop: SignInStop | null = null;
  const store = await step('store', async () => {
    stop = new SignInStop(await input.openStore(), account.signIn, input.notifier, input.now);
    return saw('ready', said('store'));
  });
  // Over EWS the sign-in may work and show that there is no mailbox.
  let withoutMailbox: unknown = null;
  const signIn = await step('sign-in', async () => {
    const { offersSignIn, failure } = await checkSignIn(input, stop);
    withoutMailbox = failure;
    if (account.signIn !== null) return saw('ready', said('sign-in'));
    return offersSignIn ? saw('unknown', said('sign-in.missing')) : saw('ready', said('sign-in.none'));
  });
  let mailbox = 'unknown';
  const box = await step('mailbox', async () => {
    if (withoutMailbox !== null) {
      mailbox = 'none';
      throw withoutMailbox;
    }
    const { failed, ...found } = await checkMailbox(input, signIn.verdict === 'ready');
    mailbox = found.mailbox;
    if (failed !== null) {
      seen.set('mailbox', found.seen);
      throw new ConnectorError(failed, found.text, { details: { address: account.address } });
    }
    return { verdict: found.verdict, text: found.text, seen: found.seen };
  });
  const signedIn = signIn.verdict === 'ready' && account.signIn !== null;
  const connects = signIn.verdict !== 'failed';
  const { discover, ownMail } = input;
  const steps = [
    store,
    signIn,
    box,
    await step('mail', () => checkMails(input)),
    ...(ownMail === undefined ? [] : [await step('own-mail', () => sendToItself(input, ownMail, connects))]),
    await step('link', () =>
      lookAtLink(input.settings.linkBase, { ...input, simulated: account.transport === 'simulated' }),
    ),
    await step('enrollment-page', () => checkEnrollUrl(input.settings.enrollUrl)),
    // Last: it is not on the way of a mail, and would hide in the status what is.
    ...(discover === null ? [] : [await step('autodiscover', () => askAutodiscover(discover, signedIn, signal))]),
  ];
  const check = { account: account.address, signedIn, mailbox, verdict: worstOf(steps), steps };
  return { check, failure: failures[0] ?? null, seen };
}

/** The check of a notifier whose own settings, or those of its account, cannot be meant: there is nothing to look at. */
export function checkOfWrongSettings({ code, message }: ConnectorError): NotifierCheck {
  const steps: CheckStep[] = [{ step: 'settings', verdict: 'failed', text: message, code }];
  return { account: '', signedIn: false, mailbox: 'unknown', verdict: 'failed', steps };
}

interface SignInSeen {
  /** Nobody signs in, and the server is one where that is expected. */
  readonly offersSignIn: boolean;
  /** The error of an account that signs in and has no mailbox. */
  readonly failure: unknown;
}

/** Throws why it does not sign in. */
async function checkSignIn({ account, signal }: CheckInput, stop: SignInStop | null): Promise<SignInSeen> {
  const stopped = (await stop?.current()) ?? null;
  if (stopped !== null) throw stopped;
  let offersSignIn: boolean;
  try {
    ({ offersSignIn } = await account.mailer().verify(signal));
  } catch (thrown) {
    if (isConnectorError(thrown, 'ERR_MAIL_AUTH')) await stop?.remember();
    if (isConnectorError(thrown, 'ERR_MAIL_NO_MAILBOX')) return { offersSignIn: false, failure: thrown };
    throw thrown;
  }
  await stop?.forget();
  return { offersSignIn, failure: null };
}

// ── mailbox ─────────────────────────────────────────────────────────────────

interface MailboxSeen extends SeenResult {
  readonly mailbox: string;
  /** Why no mail goes out; null: one may. */
  readonly failed: 'ERR_MAIL_NO_MAILBOX' | 'ERR_MAIL_QUOTA' | null;
}

/** Only Exchange knows: an SMTP server takes the password of an account that has no mailbox. */
async function checkMailbox({ account, openExchange, signal }: CheckInput, signedIn: boolean): Promise<MailboxSeen> {
  const exchange = openExchange();
  if (exchange === null) {
    if (account.transport === 'ews' && signedIn)
      return { mailbox: 'opened', failed: null, ...saw('ready', said('mailbox.opened')) };
    return { mailbox: 'unknown', failed: null, ...saw('unknown', said('mailbox.not-asked')) };
  }
  const found: Recipient[] = [];
  for await (const one of exchange.recipients(account.address, { signal })) found.push(one);
  const [recipient] = found;
  const isOne =
    found.length === 1 && recipient !== undefined && mailboxKindOf(recipient.recipientTypeDetails) === 'mailbox';
  return judgeRecipient(
    account,
    found,
    isOne ? ((await exchange.mailboxState?.(recipient.id, { signal })) ?? null) : null,
  );
}

/**
 * | Exchange has                                                       | verdict |
 * |--------------------------------------------------------------------|---------|
 * | no recipient with the address, or one that is no mailbox here      | failed  |
 * | several recipients with it, or one of a kind we do not know        | unknown |
 * | a mailbox whose primary address is another                         | unknown |
 * | a user's mailbox whose sign-in name is not its address             | unknown |
 * | a mailbox that is so full that it may not send                     | failed  |
 * | a user's mailbox whose account is disabled: who signs in is another| unknown |
 * | a mailbox of which it does not tell whether it is full or disabled | unknown |
 * | a mailbox, in address lists or hidden from them                    | ready   |
 */
export function judgeRecipient(
  { address: own }: Pick<MailAccount, 'address'>,
  found: readonly Recipient[],
  state: MailboxState | null,
): MailboxSeen {
  const [recipient] = found;
  const address = given(own);
  if (recipient === undefined)
    return { mailbox: 'none', failed: 'ERR_MAIL_NO_MAILBOX', ...saw('failed', said('mailbox.none', { address })) };
  const details = recipient.recipientTypeDetails;
  const mailbox = details ?? recipient.recipientType ?? 'unknown';
  const who = { address, mailbox: given(mailbox) };
  const unproven = (seen: Parameters<typeof saw>[1]): MailboxSeen => ({
    mailbox,
    failed: null,
    ...saw('unknown', seen),
  });
  const kind = mailboxKindOf(details);
  if (kind === 'none' || kind === 'cloud') {
    const seen = said(kind === 'cloud' ? 'mailbox.cloud' : 'mailbox.elsewhere', who);
    return { mailbox, failed: 'ERR_MAIL_NO_MAILBOX', ...saw('failed', seen) };
  }
  if (found.length > 1) return unproven(said('mailbox.several', { n: found.length, address }));
  if (kind === 'unknown') return unproven(said('mailbox.unknown', who));
  if (recipient.address !== null && foldAddress(recipient.address) !== foldAddress(own))
    return unproven(said('mailbox.further', { address, primary: given(recipient.address) }));
  if (state?.isFull === true)
    return { mailbox, failed: 'ERR_MAIL_QUOTA', ...saw('failed', said('mailbox.full', { address })) };
  const { upn } = recipient;
  if (mailbox === 'UserMailbox' && upn !== null && foldAddress(upn) !== foldAddress(own))
    return unproven(said('mailbox.upn', { upn: given(upn), address }));
  // Shared, room and equipment mailboxes have an account that is disabled always.
  if (mailbox === 'UserMailbox' && state?.isDisabled === true) return unproven(said('mailbox.disabled', { address }));
  if (state === null || state.isDisabled === null || state.isFull === null)
    return unproven(said('mailbox.untold', who));
  return { mailbox, failed: null, ...saw('ready', said(state.isHidden === true ? 'mailbox.hidden' : 'mailbox', who)) };
}

// ── Autodiscover ────────────────────────────────────────────────────────────

/*
 *   Autodiscover    the step
 *   healthy         ready
 *   anything else   unknown: a mail may go out all the same, and what the users' phones find may be wrong
 */
async function askAutodiscover(
  discover: NonNullable<CheckTools['discover']>,
  signsIn: boolean,
  signal: AbortSignal,
): Promise<SeenResult> {
  const { overall, summary: text, summaries } = await discover({ signal, signsIn });
  const summary = summaries === undefined ? english(text) : { each: summaries };
  return overall === 'healthy'
    ? saw('ready', said('autodiscover', { summary }))
    : saw('unknown', said('autodiscover.more', { summary }));
}

// ── a mail to itself ────────────────────────────────────────────────────────

const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 1_000;

/*
 *   the mail            its arrival                    the step
 *   is not taken        –                              failed
 *   is taken            is seen in the inbox           ready
 *   is taken            is not, within ten seconds     unknown
 *   is taken            cannot be seen from here, or   unknown
 *                       looking for it fails
 *   is not sent: the sign-in did not work              unknown
 */
async function sendToItself(input: CheckInput, ids: Ids, connects: boolean): Promise<SeenResult> {
  const { account, settings, signal, now, patienceMs = PATIENCE_MS } = input;
  if (!connects) return saw('unknown', said('own-mail.none'));
  const sample = writeSample(
    sampleChange(new Date(now()).toISOString()),
    { kind: 'not-enrolled', reminder: 0 },
    settings,
    now(),
  );
  const messageId = `<check.${ids()}@${account.address.split('@')[1] ?? 'localhost'}>`;
  const mailer = account.mailer();
  await mailer.send({ ...sample, to: account.address, cc: [], messageId, signal, closing: signal });
  const address = given(account.address);
  if (mailer.hasArrived === undefined) return saw('unknown', said('own-mail.smtp', { address }));
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    const seen = await mailer.hasArrived(messageId, signal).catch((error: unknown) => asConnectorError(error));
    throwIfAborted(signal);
    if (seen === true) return saw('ready', said('own-mail.arrived', { address }));
    if (seen !== false) return saw('unknown', said('own-mail.unseen', { address, message: failureIn(seen) }));
    if (waited >= patienceMs) break;
    await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => throwIfAborted(signal));
  }
  return saw('unknown', said('own-mail.late', { address, seconds: Math.round(patienceMs / 1000) }));
}

// ── mails and addresses ─────────────────────────────────────────────────────

/** Writes every mail as it would go out, with all its addresses. Throws what sending would throw. */
function checkMails({ settings, compose, now }: CheckInput): SeenResult {
  const change = sampleChange(new Date(now()).toISOString());
  const to = change.device.eas?.mailbox.address ?? '';
  // The link address has a step of its own.
  const settled = { ...settings, linkBase: 'https://connector.invalid/activate' };
  const languages = [...new Set([settings.language, ...MAIL_LANGUAGES, ...Object.keys(settings.templates)])];
  for (const language of languages)
    for (const kind of MAIL_KINDS)
      for (const reminder of [0, 1])
        compose({
          ...writeSample(change, { kind, reminder }, { ...settled, language }, now()),
          to,
          cc: settings.cc,
          ...replyOf(settings),
        });
  return saw('ready', said('mail', { kinds: MAIL_KINDS.length, languages: languages.length }));
}

/** Where a user enrolls. Without it the mail and the page behind its link lead nowhere. */
function checkEnrollUrl(enrollUrl: string | null): SeenResult {
  if (enrollUrl === null) return saw('unknown', said('enrollment-page.none'));
  return saw('ready', said('enrollment-page', { url: enrollUrl }));
}
