/** A mailer over Exchange Web Services whose address Autodiscover is asked for, once, when the first mail goes out. */
import { checkAutodiscover } from '../../src/autodiscover/check-autodiscover.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import type { EwsAccountOptions } from '../../src/mail/ews.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';

/** Opens the mailer. A discovery that fails is repeated at the next mail. */
export function discoveredMailer(account: Omit<EwsAccountOptions, 'ewsUrl'>): Mailer {
  let opening: Promise<Mailer> | null = null;
  const open = (signal: AbortSignal | undefined): Promise<Mailer> => {
    opening ??= discover(account, signal).catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  };
  return {
    send: async (mail) => (await open(mail.signal)).send(mail),
    verify: async (signal) => (await open(signal)).verify(signal),
    close: async () => {
      const mailer = await opening?.catch(() => null);
      await mailer?.close();
    },
  };
}

async function discover(account: Omit<EwsAccountOptions, 'ewsUrl'>, signal: AbortSignal | undefined): Promise<Mailer> {
  const { ca } = account.tls ?? {};
  const report = await checkAutodiscover({
    address: account.address,
    credentials: { username: account.username, password: account.password },
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(signal === undefined ? {} : { signal }),
  });
  const { ewsUrl } = report.found;
  if (ewsUrl !== null) return openMailer({ ...account, ewsUrl });
  throw new ConnectorError(
    'ERR_MAIL_CONNECT',
    `Autodiscover names no EWS address for ${account.address}: ${report.summary} Enter the EWS address, or use the Autodiscover check.`,
    {
      details: { permanent: false, verdict: report.verdict ?? null },
    },
  );
}
