/** The notification account: opens the transport its configuration names. */
import { ConnectorError } from '../errors.ts';
import { openEwsMailer, type EwsAccountOptions } from './ews.ts';
import type { Mailer } from './mailer.ts';
import { openSmtpMailer, type SmtpAccountOptions } from './smtp.ts';

/** A mail account's configuration, resolved. */
export type MailAccountOptions = SmtpAccountOptions | EwsAccountOptions;

/** Opens a mailer; it connects with the first mail. Throws ERR_CONFIG_INVALID, ERR_MAIL_ADDRESS, ERR_HTTP_INSECURE. */
export function openMailer(options: MailAccountOptions): Mailer {
  switch (options.transport) {
    case 'smtp':
      return openSmtpMailer(options);
    case 'ews':
      return openEwsMailer(options);
    default:
      throw new ConnectorError(
        'ERR_CONFIG_INVALID',
        '"Transport" of the mail account is neither SMTP nor Exchange Web Services.',
      );
  }
}
