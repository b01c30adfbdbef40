/** A mailer over Exchange Web Services whose address Autodiscover is asked for, once, when the first mail goes out. */
import { checkAutodiscover } from '../../src/autodiscover/check-autodiscover.ts';
import type { AutodiscoverCheckOptions } from '../../src/autodiscover/check-autodiscover.ts';
import { mayFollow } from '../../src/autodiscover/redirect.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import type { EwsAccountOptions } from '../../src/mail/ews.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';

/** An account whose EWS address is not known yet. */
type Account = Omit<EwsAccountOptions, 'ewsUrl'>;

/** How Autodiscover is asked; empty, but for the hosts an administrator confirmed. The lab has ports and DNS of its own. */
export type Discovery = Omit<AutodiscoverCheckOptions, 'address' | 'domain' | 'credentials' | 'tls' | 'signal'>;

/** Opens the mailer. A discovery that fails is repeated at the next mail. */
export function discoveredMailer(account: Account, discovery: Discovery): Mailer {
  let opening: Promise<Mailer> | null = null;
  const open = (signal: AbortSignal | undefined): Promise<Mailer> => {
    opening ??= discover(account, discovery, signal).catch((error: unknown) => {
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

async function discover(account: Account, discovery: Discovery, signal: AbortSignal | undefined): Promise<Mailer> {
  const { ca } = account.tls ?? {};
  const report = await checkAutodiscover({
    ...discovery,
    address: account.address,
    credentials: { username: account.username, password: account.password },
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(signal === undefined ? {} : { signal }),
  });
  const { ewsUrl } = report.found;
  if (ewsUrl !== null) {
    checkOwner(ewsUrl, report.domain, discovery.allowedRedirects ?? []);
    return openMailer({ ...account, ewsUrl });
  }
  throw new ConnectorError(
    'ERR_MAIL_CONNECT',
    `Autodiscover names no EWS address for ${account.address}: ${report.summary} Enter the EWS address, or use the Autodiscover check.`,
    {
      details: { permanent: false, verdict: report.verdict ?? null },
    },
  );
}

/** The found server gets the sign-in and every mail: only one of the mail domain's owner, or one that was confirmed. */
function checkOwner(ewsUrl: string, domain: string, allowed: readonly string[]): void {
  const host = URL.parse(ewsUrl)?.hostname ?? '';
  if (mayFollow(host, { domain, allowed })) return;
  throw new ConnectorError(
    'ERR_MAIL_FOREIGN_HOST',
    `Autodiscover names the EWS server ${host || 'of no readable address'}, which is not known to belong to the owner of ${domain}; nothing was sent to it.`,
    { details: { permanent: false, host, domain, field: 'allowedRedirects' } },
  );
}
