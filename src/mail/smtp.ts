/** Sending over SMTP submission [RFC 6409] with nodemailer: STARTTLS or TLS, AUTH, one connection, Exchange's rate. */
import { hostname } from 'node:os';
import { createTransport, type SMTPPoolOptions } from 'nodemailer';
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { ConnectorError, throwIfAborted } from '../errors.ts';
import { trustedAuthorities } from '../http/authorities.ts';
import { refusal } from '../model/refusals.ts';
import { plainAddress } from './address.ts';
import { ehloName } from './ehlo-name.ts';
import type { Mailer, SentMail, Verified } from './mailer.ts';
import { composeMail, type OutgoingMail } from './message.ts';
import { eitherOf, RateLimit } from './rate-limit.ts';
import type { SignInGate } from './sign-in-gate.ts';
import { smtpError, type SmtpScene } from './smtp-errors.ts';
import { sendOrWithoutCopies, TakenCopies } from './without-copies.ts';

/** An account on an SMTP server. */
export interface SmtpAccountOptions {
  readonly transport: 'smtp';
  /** The notification mailbox's primary SMTP address; sender of every mail. */
  readonly address: string;
  readonly displayName?: string;
  readonly host: string;
  /** Default 587, or 465 with `security: 'tls'`. */
  readonly port?: number;
  /** `starttls` and `tls` insist on it; `none` never signs in. Default `starttls`. */
  readonly security?: 'starttls' | 'tls' | 'none';
  readonly username?: string;
  readonly password?: string;
  /** PEM texts. `ca` is trusted besides the public authorities. */
  readonly tls?: {
    readonly ca?: string | readonly string[];
    readonly cert?: string;
    readonly key?: string;
    readonly passphrase?: string;
    readonly servername?: string;
  };
  /** Mails a minute; default 5, what Exchange's client connector takes from one user (message-rate-limits.md). */
  readonly ratePerMinute?: number;
  readonly timeouts?: SmtpTimeouts;
}

/** Milliseconds. */
export interface SmtpTimeouts {
  /** Name, TCP and TLS; default 15 s. */
  readonly connectMs?: number;
  /** Until the server greets; default 5 minutes for a mail, a minute for a check. */
  readonly greetingMs?: number;
  /** Silence in the middle; default 10 minutes for a mail, a minute for a check. */
  readonly idleMs?: number;
}

/**
 * A mail is given what RFC 5321 section 4.5.3.2 asks for: a server greets late that looks for our name in a DNS that is away, and
 * one with a slow content filter has taken the mail when it answers. Who gives up before sends it again.
 */
const PATIENCE: Required<SmtpTimeouts> = { connectMs: 15_000, greetingMs: 300_000, idleMs: 600_000 };
/** Who only asks whether the account works sends nothing twice. */
const PATIENCE_OF_CHECK: Required<SmtpTimeouts> = { connectMs: 15_000, greetingMs: 60_000, idleMs: 60_000 };

/**
 * Opens a mailer over SMTP; connects with the first mail. Throws ERR_CONFIG_INVALID, ERR_MAIL_ADDRESS.
 * @param gate what everybody goes through who signs in to this account; without it each mail signs in as it needs
 */
export function openSmtpMailer(options: SmtpAccountOptions, gate?: SignInGate): Mailer {
  checkAccount(options);
  const connection = connectionOptions(options, PATIENCE);
  const auth = options.username ? { user: options.username, pass: options.password ?? '' } : undefined;
  const scene: SmtpScene = {
    server: `${options.host}:${connection.port}`,
    sender: options.address,
    isAnonymous: auth === undefined,
    secrets: secretsOf(options),
  };
  const poolOptions: SMTPPoolOptions & { pool: true } = {
    ...connection,
    pool: true,
    maxConnections: 1,
    // A connection that breaks after the data leaves the outcome open; the caller decides about sending again.
    maxRequeues: 0,
    idleTimeout: 30_000,
    ...(auth === undefined ? {} : { auth, forceAuth: true }),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const pool = createTransport(poolOptions);
  /** Message-IDs of mails of which all was read to be sent: nodemailer does so when the server has said 354. */
  const handedOver = new Set<string>();
  pool.use('stream', ({ message }, done) => {
    message.processFunc((input) => input.once('end', () => handedOver.add(message.messageId())));
    done();
  });
  const slots = new RateLimit(options.ratePerMinute ?? 5);
  const stop = new AbortController();
  const pending = new Set<Promise<unknown>>();

  const tracked = async <T>(
    scene: SmtpScene,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    throwIfAborted(stop.signal);
    throwIfAborted(signal);
    const either = eitherOf(stop.signal, signal);
    const promise = work(either);
    pending.add(promise);
    try {
      return await promise;
    } catch (error) {
      throwIfAborted(either);
      throw smtpError(error, scene);
    } finally {
      pending.delete(promise);
    }
  };

  /** The gate sees our errors, not nodemailer's. */
  const signedIn = <T>(scene: SmtpScene, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    if (gate === undefined) return work();
    const judged = async (): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        throwIfAborted(signal);
        throw smtpError(error, scene);
      }
    };
    return gate.run(judged, signal);
  };

  const copies = new TakenCopies();

  const sendOne = (mail: OutgoingMail): Promise<SentMail> => {
    const composed = copies.without(composeMail(options, mail));
    const { messageId } = composed;
    handedOver.delete(messageId);
    const here: SmtpScene = {
      ...scene,
      recipient: mail.to,
      hasCopies: composed.envelope.to.length > 1,
      get isHandedOver() {
        return handedOver.has(messageId);
      },
    };
    return tracked(here, mail.signal, async (signal) => {
      await slots.take(eitherOf(signal, mail.closing));
      const info = await signedIn(here, signal, () =>
        pool
          .sendMail({ ...composed, headers: { ...composed.headers }, xMailer: false, signal })
          .catch((error: unknown) => {
            throw aboutRecipient(error, mail.to);
          }),
      );
      const refusedCopies = info.rejected.map(String).filter((address) => !isSame(address, mail.to));
      if (refusedCopies.length < info.rejected.length) {
        copies.taken(messageId, info.accepted.map(String));
        throw (
          info.rejectedErrors?.find(({ recipient }) => isSame(recipient, mail.to)) ?? new Error('recipient refused')
        );
      }
      copies.done(messageId);
      return {
        messageId,
        response: info.response,
        ...(refusedCopies.length === 0 ? {} : { refusedCopies }),
      };
    }).finally(() => handedOver.delete(messageId));
  };

  return {
    send: (mail) => sendOrWithoutCopies(mail, sendOne),
    async verify(signal) {
      return tracked(scene, signal, (signal) =>
        signedIn(scene, signal, () => signIn(checkOptions(options), auth, signal)),
      );
    },
    async close() {
      stop.abort();
      await Promise.allSettled(pending);
      (pool as unknown as { close(options: { force: boolean }): void }).close({ force: true });
    },
  };
}

/** Where every recipient was refused, nodemailer's error is about any of them: ours is about the one who is mailed. */
function aboutRecipient(error: unknown, to: string): unknown {
  const { rejectedErrors } = error as { rejectedErrors?: readonly { recipient?: string }[] };
  return rejectedErrors?.find(({ recipient }) => isSame(recipient, to)) ?? error;
}

/** nodemailer writes the domain its own way. */
function isSame(address: string | undefined, other: string): boolean {
  return address?.toLowerCase() === other.toLowerCase();
}

function wrong(field: string, why: string): never {
  throw new ConnectorError('ERR_CONFIG_INVALID', `The mail account's "${field}" ${why}.`);
}

function checkAccount(options: SmtpAccountOptions): void {
  plainAddress(options.address, 'sender');
  if (!options.host || /[\s/@]/.test(options.host)) wrong('Host', 'is missing or is not a host name');
  if (options.port !== undefined && !(Number.isInteger(options.port) && options.port > 0 && options.port < 65_536))
    wrong('Port', 'is not a port number');
  if (options.security === 'none' && options.username)
    throw new ConnectorError('ERR_CONFIG_INVALID', refusal('plain-password'));
}

/** What nodemailer connects with to check the account. */
export function checkOptions(options: SmtpAccountOptions): SMTPConnectionOptions & { port: number } {
  return connectionOptions(options, PATIENCE_OF_CHECK);
}

function connectionOptions(
  options: SmtpAccountOptions,
  patience: Required<SmtpTimeouts>,
): SMTPConnectionOptions & { port: number } {
  const { connectMs, greetingMs, idleMs } = { ...patience, ...options.timeouts };
  const security = options.security ?? 'starttls';
  const { ca: own, ...tls } = options.tls ?? {};
  const ca = trustedAuthorities(own);
  const name = ehloName(hostname(), options.address);
  return {
    ...(name === null ? {} : { name }),
    host: options.host,
    port: options.port ?? (security === 'tls' ? 465 : 587),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: {
      ...tls,
      ...(ca === undefined ? {} : { ca: [...ca] }),
      rejectUnauthorized: true,
    },
    connectionTimeout: connectMs,
    dnsTimeout: connectMs,
    greetingTimeout: greetingMs,
    socketTimeout: idleMs,
    socketCloseTimeout: 1_000,
    maxResponseSize: 64 * 1024,
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The password, and the forms AUTH PLAIN and LOGIN give it: a hostile server may echo them. */
export function secretsOf({
  username = '',
  password = '',
}: {
  readonly username?: string;
  readonly password?: string;
}): string[] {
  if (password === '') return [];
  return [base64(`\u0000${username}\u0000${password}`), base64(password), password];
}

/** Where servers take mails of each other, without a sign-in. */
export const RELAY_PORT = 25;

/** A connection of its own, ended when the signal fires: the pool's `verify` could not be stopped. */
async function signIn(
  options: SMTPConnectionOptions,
  auth: { user: string; pass: string } | undefined,
  signal: AbortSignal,
): Promise<Verified> {
  const connection = new SMTPConnection(options);
  const ended = new Promise<never>((_resolve, reject) => {
    connection.once('error', reject);
    connection.once('end', () =>
      reject(Object.assign(new Error('The server closed the connection'), { code: 'ECONNECTION' })),
    );
    signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true });
  });
  ended.catch(() => {}); // it may lose the race below and reject later
  const step = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
    Promise.race([ended, new Promise<void>((resolve, reject) => run((error) => (error ? reject(error) : resolve())))]);
  try {
    await step((done) => connection.connect(done));
    if (auth !== undefined) await step((done) => connection.login({ credentials: auth }, done));
    // A server that relays by address offers it too, on port 25; the other ports are for who signs in [RFC 6409 section 4.3].
    return { offersSignIn: auth === undefined && connection.allowsAuth && options.port !== RELAY_PORT };
  } finally {
    connection.close();
  }
}
