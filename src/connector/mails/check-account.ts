/**
 * The notifier's preflight: everything between a blocked phone and its user's "done", looked at without mailing anybody.
 *
 * In: the account, Exchange if one is chosen, the settings. Out: what each step found. Changes: the account's stop, as the
 * sign-in of a mail would.
 */
import { ConnectorError, isConnectorError } from '../../errors.ts';
import { foldAddress } from '../../model/keys.ts';
import { MAIL_KINDS } from '../../model/mail-kind.ts';
import type { Store } from '../../store/store.ts';
import { looked, worstOf } from '../check-result.ts';
import type { CheckResult, CheckVerdict } from '../check-result.ts';
import type { Clock, ExchangePort, Recipient, RenderedMailTo, Stoppable } from '../ports.ts';
import { replyOf, writeSample } from './enroll-mail.ts';
import type { NotifierSettings } from './enroll-mail.ts';
import { lookAtLink } from './look-at-link.ts';
import type { LookAt } from './look-at-link.ts';
import type { MailAccount } from './mail-account.ts';
import { mailboxKindOf } from './mailbox-kinds.ts';
import { sampleChange } from './sample-change.ts';
import { SignInStop } from './sign-in-stop.ts';

export type CheckStepName = 'settings' | 'store' | 'sign-in' | 'mailbox' | 'mail' | 'link' | 'enrollment-page';

export interface CheckStep extends CheckResult {
  readonly step: CheckStepName;
}

/** `msg.payload` of a check. */
export interface NotifierCheck {
  /** Empty where no account can be used. */
  readonly account: string;
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
}

/** What the check looks at. What must be opened is opened by its step, so that it fails there. */
export interface CheckInput extends Stoppable, CheckTools {
  readonly account: MailAccount;
  readonly settings: NotifierSettings;
  /** Names who tells of a refused sign-in among the notifiers of the store; empty: nobody does. */
  readonly notifier: string;
  readonly openStore: () => Promise<Store>;
  /** Null where no Exchange is chosen. */
  readonly openExchange: () => Pick<ExchangePort, 'recipients'> | null;
  readonly now: Clock;
}

/** What the check found, and the first step's error that failed. */
export interface CheckReport {
  readonly check: NotifierCheck;
  readonly failure: ConnectorError | null;
}

/**
 * Looks at everything. It signs in as a mail would: not while the account is stopped, and a refusal stops it. Throws
 * ERR_ABORTED only.
 */
export async function checkAccount(input: CheckInput): Promise<CheckReport> {
  const { account, signal } = input;
  const failures: ConnectorError[] = [];
  const step = async (name: CheckStepName, look: () => Promise<CheckResult> | CheckResult): Promise<CheckStep> => ({
    step: name,
    ...(await looked(look, signal, (error) => failures.push(error))),
  });

  let stop: SignInStop | null = null;
  const store = await step('store', async () => {
    stop = new SignInStop(await input.openStore(), account.signIn, input.notifier, input.now);
    return { verdict: 'ready', text: 'The store is open.' };
  });
  // Over EWS the sign-in may work and show that there is no mailbox.
  let withoutMailbox: unknown = null;
  const signIn = await step('sign-in', async () => {
    withoutMailbox = await checkSignIn(input, stop);
    return { verdict: 'ready', text: account.signIn === null ? 'It connects, without a sign-in.' : 'It signs in.' };
  });
  let mailbox = 'unknown';
  const box = await step('mailbox', async () => {
    if (withoutMailbox !== null) {
      mailbox = 'none';
      throw withoutMailbox;
    }
    const seen = await checkMailbox(input, signIn.verdict === 'ready');
    mailbox = seen.mailbox;
    if (seen.failed)
      throw new ConnectorError('ERR_MAIL_NO_MAILBOX', seen.text, { details: { address: account.address } });
    return { verdict: seen.verdict, text: seen.text };
  });
  const steps = [
    store,
    signIn,
    box,
    await step('mail', () => checkMails(input)),
    await step('link', () =>
      lookAtLink(input.settings.linkBase, { ...input, simulated: account.transport === 'simulated' }),
    ),
    await step('enrollment-page', () => checkEnrollUrl(input.settings.enrollUrl)),
  ];
  const signedIn = signIn.verdict === 'ready';
  const check = { account: account.address, signedIn, mailbox, verdict: worstOf(steps), steps };
  return { check, failure: failures[0] ?? null };
}

/** The check of a notifier whose own settings, or those of its account, cannot be meant: there is nothing to look at. */
export function checkOfWrongSettings({ code, message }: ConnectorError): NotifierCheck {
  const steps: CheckStep[] = [{ step: 'settings', verdict: 'failed', text: message, code }];
  return { account: '', signedIn: false, mailbox: 'unknown', verdict: 'failed', steps };
}

/** Throws why it does not sign in; returns the error of an account that signs in and has no mailbox, else null. */
async function checkSignIn({ account, signal }: CheckInput, stop: SignInStop | null): Promise<unknown> {
  const stopped = (await stop?.current()) ?? null;
  if (stopped !== null) throw stopped;
  try {
    await account.mailer().verify(signal);
  } catch (thrown) {
    if (isConnectorError(thrown, 'ERR_MAIL_AUTH')) await stop?.remember();
    if (isConnectorError(thrown, 'ERR_MAIL_NO_MAILBOX')) return thrown;
    throw thrown;
  }
  await stop?.forget();
  return null;
}

// ── mailbox ─────────────────────────────────────────────────────────────────

interface MailboxSeen extends CheckResult {
  readonly mailbox: string;
  readonly failed: boolean;
}

/** Only Exchange knows: an SMTP server takes the password of an account that has no mailbox. */
async function checkMailbox({ account, openExchange, signal }: CheckInput, signedIn: boolean): Promise<MailboxSeen> {
  const exchange = openExchange();
  if (exchange === null) {
    if (account.transport === 'ews' && signedIn)
      return { mailbox: 'opened', failed: false, verdict: 'ready', text: 'Exchange opened its inbox.' };
    const text = 'No Exchange server is chosen in the notifier, so nobody was asked whether the account has a mailbox.';
    return { mailbox: 'unknown', failed: false, verdict: 'unknown', text };
  }
  const found: Recipient[] = [];
  for await (const one of exchange.recipients(account.address, { signal })) found.push(one);
  return judgeRecipient(account, found);
}

/**
 * | Exchange has                                                       | verdict |
 * |--------------------------------------------------------------------|---------|
 * | no recipient with the address, or one that is no mailbox here      | failed  |
 * | several recipients with it, or one of a kind we do not know        | unknown |
 * | a mailbox whose primary address is another                         | unknown |
 * | a user's mailbox whose sign-in name is not its address             | unknown |
 * | a mailbox                                                          | ready   |
 */
export function judgeRecipient({ address }: Pick<MailAccount, 'address'>, found: readonly Recipient[]): MailboxSeen {
  const [recipient] = found;
  if (recipient === undefined)
    return { mailbox: 'none', failed: true, verdict: 'failed', text: `Exchange has no recipient ${address}.` };
  const details = recipient.recipientTypeDetails;
  const mailbox = details ?? recipient.recipientType ?? 'unknown';
  const unproven = (text: string): MailboxSeen => ({ mailbox, failed: false, verdict: 'unknown', text });
  const kind = mailboxKindOf(details);
  if (kind === 'none' || kind === 'cloud') {
    const where = kind === 'cloud' ? 'its mailbox is in Exchange Online' : 'it has no mailbox here';
    return { mailbox, failed: true, verdict: 'failed', text: `${address} is a ${mailbox}: ${where}.` };
  }
  if (found.length > 1) return unproven(`Exchange has ${found.length} recipients with the address ${address}.`);
  if (kind === 'unknown') return unproven(`${address} is a ${mailbox}, and whether that is a mailbox is not known.`);
  if (recipient.address !== null && foldAddress(recipient.address) !== foldAddress(address))
    return unproven(`${address} is a further address of ${recipient.address}; mail may be refused as its sender.`);
  const { upn } = recipient;
  if (mailbox === 'UserMailbox' && upn !== null && foldAddress(upn) !== foldAddress(address))
    return unproven(
      `The account signs in as ${upn}, which is not its address ${address}; Autodiscover may not find it.`,
    );
  return { mailbox, failed: false, verdict: 'ready', text: `${address} is a ${mailbox}.` };
}

// ── mails and addresses ─────────────────────────────────────────────────────

/** Writes every mail as it would go out, with all its addresses. Throws what sending would throw. */
function checkMails({ settings, compose, now }: CheckInput): CheckResult {
  const change = sampleChange(new Date(now()).toISOString());
  const to = change.device.eas?.mailbox.address ?? '';
  // The link address has a step of its own.
  const settled = { ...settings, linkBase: 'https://connector.invalid/activate' };
  for (const kind of MAIL_KINDS) {
    for (const reminder of [0, 1])
      compose({
        ...writeSample(change, { kind, reminder }, settled, now()),
        to,
        cc: settings.cc,
        ...replyOf(settings),
      });
  }
  return { verdict: 'ready', text: `${MAIL_KINDS.length} kinds of mail are written without a mistake.` };
}

/** Where a user enrolls. Without it the mail and the page behind its link lead nowhere. */
function checkEnrollUrl(enrollUrl: string | null): CheckResult {
  if (enrollUrl === null)
    return { verdict: 'unknown', text: 'The notifier has no enrollment page: the mail does not say where to enroll.' };
  return { verdict: 'ready', text: `Enrollment starts at ${enrollUrl}.` };
}
