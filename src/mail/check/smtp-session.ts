/** One SMTP session, step by step, for the check of an account: connected, up to EHLO, signed in. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { ConnectorError, throwIfAborted } from '../../errors.ts';
import type { SignInGate } from '../sign-in-gate.ts';
import { checkOptions, secretsOf } from '../smtp.ts';
import type { SmtpAccountOptions } from '../smtp.ts';
import { smtpError } from '../smtp-errors.ts';
import { extensionsIn } from './judge-answers.ts';
import type { Certificate, Extensions } from './judge-answers.ts';

const CONNECT_MS = 15_000;

/** See the module. Every step throws ConnectorError as sending would, and ERR_ABORTED. */
export class SmtpSession {
  readonly #options: SmtpAccountOptions;
  readonly #signal: AbortSignal;
  readonly #said: string[] = [];
  #socket: Socket | null = null;
  #connection: SMTPConnection | null = null;
  #certificate: Certificate | null = null;

  constructor(options: SmtpAccountOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Connects; nothing is sent. Returns what it is connected to. */
  async connect(): Promise<string> {
    const { host } = this.#options;
    const { port } = checkOptions(this.#options);
    const socket = connect({ host, port, timeout: CONNECT_MS });
    this.#socket = socket;
    // Between the steps nobody else listens.
    socket.on('error', () => {});
    await this.#ended((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('timeout', () => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })));
    }).catch((error: unknown) => {
      throwIfAborted(this.#signal);
      const reason = (error as { code?: string }).code ?? 'no code';
      throw new ConnectorError('ERR_MAIL_CONNECT', `${host}:${port} does not answer (${reason}).`, { cause: error });
    });
    socket.setTimeout(0);
    return `${socket.remoteAddress ?? host}:${port}`;
  }

  /** Up to the answer to EHLO, with TLS as it is chosen. */
  async greet(): Promise<{ readonly certificate: Certificate | null; readonly extensions: Extensions }> {
    const options = checkOptions(this.#options);
    const connection = new SMTPConnection({
      ...options,
      connection: this.#socket!,
      tls: {
        ...options.tls,
        checkServerIdentity: (host, peer) => {
          const nameOf = (name: Partial<Record<string, unknown>> | undefined): string =>
            [name?.['CN'] ?? name?.['O'] ?? ''].flat().map(String).join(' ').slice(0, 200);
          this.#certificate = {
            subject: nameOf({ ...peer.subject }),
            issuer: nameOf({ ...peer.issuer }),
            until: Date.parse(peer.valid_to),
          };
          return checkServerIdentity(host, peer);
        },
      },
      debug: true,
      // Of what is said, only the server's words are kept.
      logger: {
        debug: (entry: unknown, text: unknown) => {
          if ((entry as { tnx?: unknown }).tnx === 'server' && typeof text === 'string') this.#said.push(text);
        },
      },
    });
    this.#connection = connection;
    await this.#spoken((done) => connection.connect(done));
    const answer = this.#said.findLast((text) => text.startsWith('250')) ?? '';
    return { certificate: this.#certificate, extensions: extensionsIn(answer) };
  }

  /** Signs in, as the account's mails would. @param gate as for mails */
  async signIn(gate: SignInGate): Promise<void> {
    const { username = '', password = '' } = this.#options;
    const credentials = { user: username, pass: password };
    await gate.run(() => this.#spoken((done) => this.#connection!.login({ credentials }, done)), this.#signal);
  }

  close(): void {
    this.#connection?.close();
    this.#socket?.destroy();
  }

  /** A step of the conversation; what fails is one of our errors. */
  async #spoken(run: (done: (error?: Error | null) => void) => void): Promise<void> {
    const connection = this.#connection!;
    try {
      await this.#ended((resolve, reject) => {
        connection.once('error', reject);
        connection.once('end', () => reject(Object.assign(new Error('it hung up'), { code: 'ECONNECTION' })));
        run((error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      throwIfAborted(this.#signal);
      const { host, address } = this.#options;
      const { port } = checkOptions(this.#options);
      throw smtpError(error, { server: `${host}:${port}`, sender: address, secrets: secretsOf(this.#options) });
    }
  }

  #ended(wait: (resolve: () => void, reject: (error: unknown) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true });
      wait(resolve, reject);
    });
  }
}
