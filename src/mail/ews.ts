/**
 * Sending through Exchange Web Services as the notification account: CreateItem with MessageDisposition SendOnly and the
 * mail as MIME (office-developer-exchange-docs, createitem-operation-email-message.md). No copy is kept in Sent Items.
 */
import MailComposer from 'nodemailer/lib/mail-composer';
import { ConnectorError, throwIfAborted } from '../errors.ts';
import type { KerberosModule } from '../http/auth/kerberos.ts';
import { HttpSession } from '../http/http-session.ts';
import type { HttpProxy, TlsOptions } from '../http/options.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import { httpAuthOf } from '../http/sign-in.ts';
import { plainAddress } from './address.ts';
import {
  createItemRequest,
  ewsError,
  findInboxRequest,
  findMailRequest,
  foundItems,
  readEwsAnswer,
} from './ews-messages.ts';
import type { Mailer, SentMail } from './mailer.ts';
import { composeMail, type ComposedMail, type OutgoingMail } from './message.ts';
import { eitherOf, RateLimit } from './rate-limit.ts';
import type { SignInGate } from './sign-in-gate.ts';
import { sendOrWithoutCopies } from './without-copies.ts';

/** An account with a mailbox on an Exchange server. */
export interface EwsAccountOptions {
  readonly transport: 'ews';
  readonly address: string;
  readonly displayName?: string;
  /** `https://…/EWS/Exchange.asmx`; Autodiscover knows it. */
  readonly ewsUrl: string;
  /** For all methods but kerberos, which takes who signs in from a keytab or ticket cache. */
  readonly username?: string;
  readonly password?: string;
  /** Default `ntlm`, which never shows the password. `basic` goes over https only, as everything does. */
  readonly auth?: 'ntlm' | 'negotiate-ntlm' | 'basic' | 'kerberos';
  /** For kerberos; default `HTTP@host`. */
  readonly spn?: string;
  /** Stands in for the optional package `kerberos`. */
  readonly kerberos?: KerberosModule;
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
  /** Mails a minute; default 5, as over SMTP. */
  readonly ratePerMinute?: number;
  /** Milliseconds for one request; default 10 minutes for a mail, a minute for what asks. */
  readonly timeoutMs?: number;
}

const ASK_MS = 60_000;
/** As over SMTP (smtp.ts): Exchange that answers late has taken the mail, and who gives up before sends it again. */
const SEND_MS = 600_000;

/**
 * Opens a mailer over EWS; connects with the first mail. Throws ERR_CONFIG_INVALID, ERR_HTTP_INSECURE, ERR_MAIL_ADDRESS.
 * @param gate what everybody goes through who signs in to this account; without it each mail signs in as it needs
 */
export function openEwsMailer(options: EwsAccountOptions, gate?: SignInGate): Mailer {
  plainAddress(options.address, 'sender');
  const { username = '', auth = 'ntlm', tls, proxy, kerberos, timeoutMs = ASK_MS } = options;
  if (!options.ewsUrl)
    throw new ConnectorError('ERR_CONFIG_INVALID', 'The "EWS address" of the mail account is missing.');
  if (!URL.canParse(options.ewsUrl))
    throw new ConnectorError('ERR_CONFIG_INVALID', 'The "EWS address" of the mail account is not a URL.');
  if (auth !== 'kerberos' && username === '')
    throw new ConnectorError(
      'ERR_CONFIG_INVALID',
      'The "User" of the mail account is missing; Exchange Web Services need the mailbox\'s own.',
    );
  const session = new HttpSession({
    url: options.ewsUrl,
    // Kerberos has its ticket from the environment; the account's user and password are for the other methods.
    auth: httpAuthOf(
      { ...options, auth, ...(auth === 'kerberos' && { username: '', password: '' }) },
      'The mail account',
    ),
    limits: { timeoutMs },
    ...(tls ? { tls } : {}),
    ...(proxy ? { proxy } : {}),
    ...(kerberos ? { kerberos } : {}),
  });
  const stop = new AbortController();
  const slots = new RateLimit(options.ratePerMinute ?? 5);

  /** @param mail what is sent, if anything */
  const ask = async (body: string, signal: AbortSignal, mail: ComposedMail | null): Promise<string> => {
    throwIfAborted(signal);
    const headers = { 'Content-Type': 'text/xml; charset=utf-8' };
    try {
      const limit = mail === null ? {} : { timeoutMs: options.timeoutMs ?? SEND_MS };
      const answer = await session.request({ method: 'POST', headers, body, signal, ...limit });
      const retryAfterMs = parseRetryAfter(answer.headers['retry-after'] ?? null, Date.now());
      const text = answer.body.toString('utf8');
      readEwsAnswer({ status: answer.status, body: text, retryAfterMs }, mail?.cc.length === 0);
      return text;
    } catch (error) {
      throw ewsError(error, { ewsUrl: options.ewsUrl, username: auth === 'kerberos' ? options.address : username });
    }
  };
  const askSignedIn = (body: string, signal: AbortSignal, mail: ComposedMail | null = null): Promise<string> =>
    gate === undefined ? ask(body, signal, mail) : gate.run(() => ask(body, signal, mail), signal);
  const sendOne = async (mail: OutgoingMail): Promise<SentMail> => {
    const composed = composeMail(options, mail);
    const signal = either(mail.signal);
    await slots.take(eitherOf(signal, mail.closing));
    await askSignedIn(createItemRequest(await mimeOf(composed)), signal, composed);
    return { messageId: composed.messageId, response: 'NoError' };
  };
  const either = (signal: AbortSignal | undefined): AbortSignal => eitherOf(stop.signal, signal);

  return {
    send: (mail) => sendOrWithoutCopies(mail, sendOne),
    /** Asks for the inbox: unlike SMTP, this proves that there is a mailbox. */
    async verify(signal) {
      await askSignedIn(findInboxRequest(options.address), either(signal));
      return { offersSignIn: false };
    },
    async hasArrived(messageId, signal) {
      return foundItems(await askSignedIn(findMailRequest(options.address, messageId), either(signal))) > 0;
    },
    async close() {
      stop.abort();
      session.close();
    },
  };
}

async function mimeOf(composed: ComposedMail): Promise<Buffer> {
  const { envelope: _envelope, ...mail } = composed;
  return new MailComposer({
    ...mail,
    headers: { ...mail.headers },
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
}
