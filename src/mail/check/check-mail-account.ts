/**
 * Whether mails can go out from an account, step by step. What it says is in tables: the steps (report.ts), what is found
 * (verdicts.ts, judge-answers.ts). It signs in once, and mails nobody unless an address is given.
 */
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { asConnectorError, throwIfAborted } from '../../errors.ts';
import { lookAtCertificate } from '../../http/look-at-certificate.ts';
import { lookAtName } from '../../http/look-at-name.ts';
import type { CheckReport } from '../../model/check-report.ts';
import { given } from '../../model/say.ts';
import type { ReportLanguage } from '../../model/say.ts';
import { judgeName } from '../../model/judge-name.ts';
import type { EwsAccountOptions } from '../ews.ts';
import type { Mailer } from '../mailer.ts';
import { openMailer } from '../open-mailer.ts';
import type { SignInGate } from '../sign-in-gate.ts';
import type { SmtpAccountOptions } from '../smtp.ts';
import { checkOptions, RELAY_PORT, secretsOf } from '../smtp.ts';
import { failed, judgeLimits, judgeNoSignIn, judgeNoTls, judgeTls } from './judge-answers.ts';
import { reportOf, stepOf } from './report.ts';
import type { Finding, ReportStep } from './report.ts';
import { SmtpSession } from './smtp-session.ts';
import { ACCOUNT_WORDS, said } from './words/words.ts';
import type { StepId } from './words/words.ts';

/** What is checked. */
export type AccountToCheck =
  | { readonly kind: 'smtp'; readonly account: SmtpAccountOptions }
  | {
      readonly kind: 'ews';
      readonly account: Omit<EwsAccountOptions, 'ewsUrl'>;
      /** Null: Autodiscover is asked. */
      readonly ewsUrl: string | null;
      /** Asks Autodiscover, signing in. Throws what a mail would fail with. */
      readonly discover: (signal: AbortSignal) => Promise<string>;
    }
  | { readonly kind: 'simulated'; readonly address: string; readonly mailer: Mailer };

interface CheckOptions {
  readonly signal: AbortSignal;
  /** Of the report; default English. */
  readonly language?: ReportLanguage;
  /** Everybody who signs in to this account goes through it. */
  readonly gate: SignInGate;
  /** Who gets a mail; null: nobody. One plain address. */
  readonly sendTo: string | null;
  /** Told each step as it ends. */
  readonly onStep?: (step: ReportStep) => void;
  /** Told the title of a step as it begins. */
  readonly onProgress?: (title: string) => void;
}

const LOOK_MS = 15_000;

/**
 * Checks. Never throws for what is wrong with the account; each step says it.
 * @throws ERR_ABORTED; ERR_CONFIG_INVALID, ERR_HTTP_INSECURE, ERR_MAIL_ADDRESS for what cannot be meant
 */
export async function checkMailAccount(target: AccountToCheck, options: CheckOptions): Promise<CheckReport> {
  const run = new AccountCheck(options, target.kind === 'simulated' ? [] : secretsOf(target.account));
  if (target.kind === 'smtp') await run.smtp(target.account);
  else if (target.kind === 'ews') await run.ews(target);
  else await run.simulated(target);
  throwIfAborted(options.signal);
  return reportOf(run.steps, options.language);
}

type Look = () => Promise<Finding> | Finding;

/** One check. */
class AccountCheck {
  readonly steps: ReportStep[] = [];
  readonly #options: CheckOptions;
  readonly #secrets: readonly string[];

  constructor(options: CheckOptions, secrets: readonly string[]) {
    this.#options = options;
    this.#secrets = secrets;
  }

  async smtp(account: SmtpAccountOptions): Promise<void> {
    const { signal, gate } = this.#options;
    // Whatever cannot be meant is refused before the first byte.
    const mailer = openMailer(account, gate);
    const session = new SmtpSession(account, signal);
    const { host, username = '', security = 'starttls', ratePerMinute = 5 } = account;
    const { port } = checkOptions(account);
    const blanks = {
      host,
      port: String(port),
      account: username || account.address,
      starttls: security === 'tls' ? '' : '-starttls smtp ',
    };
    try {
      await this.#name(host);
      await this.#after('connection', async () => {
        try {
          return {
            verdict: 'connection.open',
            seen: said('connection.open', { server: await session.connect() }),
            blanks,
          };
        } catch (error) {
          return failed('connection.closed', asConnectorError(error), blanks);
        }
      });
      let limits: Finding | null = null;
      let offersSignIn = false;
      await this.#after('tls', async () => {
        try {
          const { certificate, extensions } = await session.greet();
          limits = judgeLimits(extensions, ratePerMinute);
          offersSignIn = extensions.auth.length > 0 && port !== RELAY_PORT;
          return judgeTls(security === 'none' ? 'none' : certificate, Date.now(), blanks);
        } catch (error) {
          return judgeNoTls(asConnectorError(error), security === 'starttls', blanks);
        }
      });
      await this.#after('sign-in', async () => {
        if (username === '') {
          const verdict = offersSignIn ? 'sign-in.missing' : 'sign-in.nobody';
          return { verdict, seen: said('sign-in.nobody'), blanks };
        }
        try {
          await session.signIn(gate);
          return { verdict: 'sign-in.done', seen: said('sign-in.done', { user: given(username) }), blanks };
        } catch (error) {
          return judgeNoSignIn(asConnectorError(error), blanks);
        }
      });
      await this.#step('limits', limits === null ? null : () => limits!);
      session.close();
      await this.#mail(mailer, account.address);
    } finally {
      session.close();
      await mailer.close();
    }
  }

  async ews(target: Extract<AccountToCheck, { kind: 'ews' }>): Promise<void> {
    const { signal, gate } = this.#options;
    const { account } = target;
    const user = { account: account.username || account.address };
    let { ewsUrl } = target;
    if (ewsUrl === null)
      await this.#step('autodiscover', async () => {
        try {
          ewsUrl = await target.discover(signal);
          return { verdict: 'autodiscover.found', seen: said('autodiscover.found', { url: ewsUrl }) };
        } catch (error) {
          const refusal = asConnectorError(error);
          const isRefused = refusal.code === 'ERR_MAIL_AUTH';
          return failed(isRefused ? 'autodiscover.refused' : 'autodiscover.failed', refusal, user);
        }
      });
    const mailer = ewsUrl === null ? null : openMailer({ ...account, ewsUrl }, gate);
    const url = ewsUrl === null ? null : new URL(ewsUrl);
    const blanks = { ...user, host: url?.hostname ?? '', port: url?.port || '443', starttls: '' };
    try {
      await this.#name(url?.hostname ?? '');
      await this.#after('connection', () => ({ verdict: 'does-not-apply', seen: said('connection.part') }));
      await this.#after('tls', async () => {
        const { tls } = account;
        const { seen, failure } = await lookAtCertificate(url!, { ...(tls && { tls }), timeoutMs: LOOK_MS, signal });
        return failure === null ? judgeTls(seen, Date.now(), blanks) : judgeNoTls(failure, false, blanks);
      });
      await this.#after('sign-in', async () => {
        try {
          await mailer!.verify(signal);
          return { verdict: 'sign-in.done', seen: said('sign-in.inbox', { user: given(user.account) }), blanks };
        } catch (error) {
          return judgeNoSignIn(asConnectorError(error), blanks);
        }
      });
      await this.#step('limits', () => ({ verdict: 'does-not-apply', seen: said('limits.ews') }));
      await this.#mail(mailer, account.address);
    } finally {
      await mailer?.close();
    }
  }

  async simulated({ mailer, address }: Extract<AccountToCheck, { kind: 'simulated' }>): Promise<void> {
    for (const id of ['name', 'connection', 'tls', 'sign-in', 'limits'] as const)
      await this.#step(id, () => ({ verdict: 'does-not-apply', seen: said('simulated') }));
    await this.#mail(mailer, address);
  }

  #name(host: string): Promise<ReportStep> {
    return this.#after('name', async () => judgeName(host, await lookAtName(host, LOOK_MS, this.#options.signal)));
  }

  async #mail(mailer: Mailer | null, from: string): Promise<void> {
    const { sendTo, signal } = this.#options;
    if (sendTo === null) {
      const seen = said('test-mail.nobody');
      await this.#step('test-mail', () => ({ verdict: 'test-mail.nobody', seen }));
      return;
    }
    await this.#after('test-mail', async () => {
      try {
        const domain = from.slice(from.lastIndexOf('@') + 1);
        const messageId = `<test.${randomUUID()}@${domain}>`;
        const { response } = await mailer!.send({ ...TEST_MAIL, to: sendTo, messageId, signal });
        return { verdict: 'test-mail.taken', seen: said('test-mail.taken', { to: sendTo, response: given(response) }) };
      } catch (error) {
        return failed('test-mail.refused', asConnectorError(error));
      }
    });
  }

  /** A step that is left out where one before it failed. */
  #after(id: StepId, look: Look): Promise<ReportStep> {
    return this.#step(id, this.steps.some(({ status }) => status === 'error') ? null : look);
  }

  async #step(id: StepId, look: Look | null): Promise<ReportStep> {
    const { signal, onStep, onProgress, language = 'en' } = this.#options;
    throwIfAborted(signal);
    if (look !== null) onProgress?.(ACCOUNT_WORDS[language].titles[id]);
    const began = performance.now();
    const finding: Finding = look === null ? { verdict: 'not-reached', seen: said('not-reached') } : await look();
    throwIfAborted(signal);
    const step = stepOf(id, finding, Math.round(performance.now() - began), {
      secrets: this.#secrets,
      language,
    });
    this.steps.push(step);
    onStep?.(step);
    return step;
  }
}

const WORDS = [
  'This mail was sent by the test of a mail account in the Exchange connector. Nothing is to be done.',
  'Diese E-Mail hat der Test eines Mailkontos im Exchange-Connector gesendet. Zu tun ist nichts.',
];

const TEST_MAIL = {
  subject: 'Test of the Exchange connector – Test des Exchange-Connectors',
  text: WORDS.join('\n\n'),
  html: `<p>${WORDS[0]}</p><p lang="de">${WORDS[1]}</p>`,
  language: 'en',
} as const;
