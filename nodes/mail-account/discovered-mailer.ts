/** A mailer over Exchange Web Services whose address Autodiscover is asked for, once, when the first mail goes out. */
import { checkAutodiscover } from '../../src/autodiscover/check-autodiscover.ts';
import type { AutodiscoverCheckOptions } from '../../src/autodiscover/check-autodiscover.ts';
import { mayFollow } from '../../src/autodiscover/redirect.ts';
import { leavesOf } from '../../src/autodiscover/report.ts';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import type { EwsAccountOptions } from '../../src/mail/ews.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';
import { orAborted } from '../../src/mail/rate-limit.ts';
import { connectionRefusal, SIGN_IN_REFUSED } from '../../src/mail/refusal.ts';
import type { SignInGate } from '../../src/mail/sign-in-gate.ts';

/** An account whose EWS address is not known yet. */
type Account = Omit<EwsAccountOptions, 'ewsUrl'>;

/** How Autodiscover is asked; empty, but for the hosts an administrator confirmed. The lab has ports and DNS of its own. */
export type Discovery = Omit<AutodiscoverCheckOptions, 'address' | 'domain' | 'credentials' | 'tls' | 'signal'>;

/** How long a discovery that failed is not repeated by mails: each signs in. */
const FAILED_MS = 600_000;

/** A mailer that a person can tell to look again. */
export type DiscoveredMailer = Mailer & { tryAgain(): void };

/**
 * Opens the mailer. A discovery that failed is repeated when somebody verifies the account, or with a mail ten minutes
 * later: not once a mail, because it signs in.
 */
export function discoveredMailer(account: Account, gate: SignInGate, discovery: Discovery = {}): DiscoveredMailer {
  const stop = new AbortController();
  let opening: Promise<Mailer> | null = null;
  let failed: { readonly error: unknown; readonly at: number } | null = null;
  const open = async (signal: AbortSignal = stop.signal): Promise<Mailer> => {
    if (failed !== null && Date.now() < failed.at + FAILED_MS) throw failed.error;
    opening ??= gate
      .run(() => discover(account, gate, discovery, stop.signal), stop.signal)
      .catch((error: unknown) => {
        opening = null;
        // The gate remembers a refused sign-in itself; who stops has not failed.
        if (!GATED.some((code) => isConnectorError(error, code))) failed = { error, at: Date.now() };
        throw error;
      });
    return orAborted(opening, signal);
  };
  const tryAgain = (): void => {
    failed = null;
  };
  return {
    tryAgain,
    send: async (mail) => (await open(mail.signal)).send(mail),
    verify: async (signal) => {
      tryAgain();
      return (await open(signal)).verify(signal);
    },
    hasArrived: async (messageId, signal) => (await (await open(signal)).hasArrived?.(messageId, signal)) ?? false,
    close: async () => {
      stop.abort();
      const mailer = await opening?.catch(() => null);
      await mailer?.close();
    },
  };
}

const GATED = ['ERR_MAIL_AUTH', 'ERR_MAIL_STOPPED', 'ERR_ABORTED'] as const;

async function discover(
  account: Account,
  gate: SignInGate,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<Mailer> {
  return openMailer({ ...account, ewsUrl: await discoverEws(account, discovery, signal) }, gate);
}

/**
 * Asks Autodiscover, signing in, for the EWS address of an account.
 * @throws ConnectorError ERR_MAIL_AUTH, ERR_MAIL_CONNECT where none is named, ERR_MAIL_FOREIGN_HOST
 */
export async function discoverEws(account: Account, discovery: Discovery, signal: AbortSignal): Promise<string> {
  const { username = '', password = '', tls: { ca } = {} } = account;
  const report = await checkAutodiscover({
    ...discovery,
    address: account.address,
    // Basic only where the account is set to it: a server that offers nothing else shall not talk us down to it.
    credentials: { username, password, allowBasic: account.auth === 'basic' },
    ...(ca === undefined ? {} : { tls: { ca } }),
    signal,
  });
  const { ewsUrl } = report.found;
  if (ewsUrl !== null) {
    checkOwner(ewsUrl, report.domain, discovery.allowedRedirects ?? []);
    return ewsUrl;
  }
  // Also where the server may want Kerberos: each try counts towards a lock-out.
  const refused = leavesOf(report.steps).find(
    ({ verdict }) => verdict === 'auth.password' || verdict === 'auth.kerberos',
  );
  if (refused !== undefined) {
    const why = refused.verdict === 'auth.kerberos' ? ' NTLM was refused within Negotiate: it may want Kerberos.' : '';
    throw new ConnectorError('ERR_MAIL_AUTH', `Autodiscover refused the sign-in of ${username}.${why}`, {
      details: { ...SIGN_IN_REFUSED, verdict: refused.verdict ?? null },
    });
  }
  throw new ConnectorError(
    'ERR_MAIL_CONNECT',
    `Autodiscover names no EWS address for ${account.address}: ${report.summary} Enter the EWS address, or use the Autodiscover check.`,
    {
      details: { ...connectionRefusal(false), verdict: report.verdict ?? null },
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
    { details: { ...connectionRefusal(true), host, domain, field: 'allowedRedirects' } },
  );
}
