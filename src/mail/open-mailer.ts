/** The notification account: opens the transport its configuration names. */
import { ConnectorError } from '../errors.ts';
import type { Mailer } from './mailer.ts';
import { openSmtpMailer, type SmtpAccountOptions } from './smtp.ts';

/** Sending over Exchange Web Services. */
export interface EwsAccountOptions {
  readonly transport: 'ews';
  readonly address: string;
  readonly displayName?: string;
  /** Where Exchange Web Services listen, https. */
  readonly ewsUrl: string;
  readonly username: string;
  readonly password: string;
}

/** A mail account's configuration, resolved. */
export type MailAccountOptions = SmtpAccountOptions | EwsAccountOptions;

/** Opens a mailer; connects with the first mail. Throws ERR_CONFIG_INVALID. */
export function openMailer(options: MailAccountOptions): Mailer {
  if (options.transport === 'smtp') return openSmtpMailer(options);
  throw new ConnectorError(
    'ERR_CONFIG_INVALID',
    `The mail account's transport "${options.transport}" is not available.`,
  );
}
