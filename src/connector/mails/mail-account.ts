/** The notification account as mails need it, as types. What a mail account offers fits by shape. */
import type { ConnectorError } from '../../errors.ts';
import type { MailPort } from '../ports.ts';

/** Which account sends, and how. */
export interface MailAccount {
  /** The notification account's address. */
  readonly address: string;
  /** `simulated`: no mail leaves this process. */
  readonly transport: 'smtp' | 'ews' | 'simulated';
  /** Null for an account that signs in nowhere. */
  readonly signIn: SignInKey | null;
  /** Opened on first use. Throws ERR_CONFIG_… when the account's own settings cannot be meant. */
  mailer(): MailPort;
  /** A person wants another attempt now, whatever failed before. */
  tryAgain(): void;
}

/** Where and as whom an account signs in, for a stop that outlives this process. */
export interface SignInKey {
  readonly username: string;
  /** Mail server, EWS server, or the mail domain whose EWS server Autodiscover is asked for. */
  readonly host: string;
  readonly gate: SignInGate;
  /** The same as long as password and configuration are; says neither. */
  fingerprint(secret: Uint8Array): string;
}

/** One refused sign-in closes it for an hour; every mailer of the account signs in through it. */
export interface SignInGate {
  /** When a sign-in was refused last, milliseconds since 1970; null if it was not since it worked. */
  readonly refusedAt: number | null;
  /** Why nothing is tried at `now`, milliseconds since 1970: ERR_MAIL_STOPPED, `details.until`. Null while it may be. */
  stopped(now: number): ConnectorError | null;
  /** A refusal of earlier, that a store remembers. */
  restore(refusedAt: number): void;
}
