/** The notification account: opens the transport its configuration names. */
import { ConnectorError } from '../errors.ts';
import { openEwsMailer, type EwsAccountOptions } from './ews.ts';
import type { Mailer } from './mailer.ts';
import type { SignInGate } from './sign-in-gate.ts';
import { openSmtpMailer, type SmtpAccountOptions } from './smtp.ts';

/** A mail account's configuration, resolved. */
export type MailAccountOptions = SmtpAccountOptions | EwsAccountOptions;

/**
 * Opens a mailer; it connects with the first mail. Throws ERR_CONFIG_INVALID, ERR_MAIL_ADDRESS, ERR_HTTP_INSECURE.
 * @param gate what everybody goes through who signs in to this account; default none
 */
export function openMailer(options: MailAccountOptions, gate?: SignInGate): Mailer {
  switch (options.transport) {
    case 'smtp':
      return openSmtpMailer(options, gate);
    case 'ews':
      return openEwsMailer(options, gate);
    default:
      throw new ConnectorError(
        'ERR_CONFIG_INVALID',
        '"Transport" of the mail account is neither SMTP nor Exchange Web Services.',
      );
  }
}
