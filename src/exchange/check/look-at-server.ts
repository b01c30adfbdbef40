/** The first steps with servers of one's own: each address by itself, up to a session. */
import { asConnectorError, isConnectorError } from '../../errors.ts';
import { lookAtCertificate } from '../../http/look-at-certificate.ts';
import { lookAtName } from '../../http/look-at-name.ts';
import { bypassesProxy } from '../../http/open-socket.ts';
import { probeAuthentication } from '../../http/probe-authentication.ts';
import { judgeName } from '../../model/judge-name.ts';
import { getOrganizationConfig } from '../cmdlets/get-organization-config.ts';
import { checkUrl, openRemotePowerShell } from '../open-exchange.ts';
import type { RemotePowerShellServer } from '../open-exchange.ts';
import type { RemotePowerShell } from '../remote-powershell.ts';
import type { CmdletTransport } from '../transport.ts';
import { judgeMethods, judgeRefusal, judgeTls } from './judge-connection.ts';
import { roleCommands } from './judge-rights.ts';
import type { Finding, ReportStep } from './report.ts';
import { said } from './words/words.ts';
import type { StepId } from './words/words.ts';

/** A server to check; without `auth` nobody signs in. */
export type AddressToCheck = Omit<RemotePowerShellServer, 'auth'> & Partial<Pick<RemotePowerShellServer, 'auth'>>;

/** Runs one step. @param look null: it is left out, since an earlier one failed */
type Step = (id: StepId, look: (() => Promise<Finding> | Finding) | null, about?: string) => Promise<ReportStep>;

/** Of a name and of a TLS connection, milliseconds. */
const LOOK_MS = 10_000;

/**
 * Looks at every address.
 * @returns the transport of the first address at which a session could be opened; null: there was none
 * @throws ERR_ABORTED; ERR_CONFIG_INVALID and ERR_HTTP_INSECURE for what is no https address
 */
export async function lookAtServer(
  server: AddressToCheck,
  step: Step,
  signal: AbortSignal | undefined,
): Promise<RemotePowerShell | null> {
  let first: RemotePowerShell | null = null;
  const urls = server.urls.map((url) => url.trim()).filter((url) => url !== '');
  for (const url of urls) checkUrl(url);
  try {
    for (const url of urls) {
      const about = urls.length > 1 ? url : undefined;
      const opened = await lookAtAddress(new URL(url), { ...server, urls: [url] }, { step, about, signal });
      if (first === null) first = opened;
      else await opened?.close();
    }
  } catch (error) {
    await first?.close();
    throw error;
  }
  return first;
}

async function lookAtAddress(
  url: URL,
  server: AddressToCheck,
  { step, about, signal }: { step: Step; about: string | undefined; signal: AbortSignal | undefined },
): Promise<RemotePowerShell | null> {
  const { tls, auth } = server;
  const proxy = server.proxy !== undefined && !bypassesProxy(server.proxy, url.hostname) ? server.proxy : undefined;
  const route = { ...(tls && { tls }), ...(proxy && { proxy }), ...(signal && { signal }) };
  const isRight = ({ status }: ReportStep): boolean => status !== 'error';
  const name = await step(
    'name',
    async () => {
      if (proxy !== undefined) return { verdict: 'name.proxy', seen: said('name.proxy', { host: url.hostname }) };
      return judgeName(url.hostname, await lookAtName(url.hostname, LOOK_MS, signal));
    },
    about,
  );
  const look = async (): Promise<Finding> =>
    judgeTls(url, await lookAtCertificate(url, { ...route, timeoutMs: LOOK_MS }), {
      now: Date.now(),
      proxied: proxy !== undefined,
    });
  const connection = await step('tls', isRight(name) ? look : null, about);
  const isReached = isRight(name) && isRight(connection);
  const probe = async (): Promise<Finding> =>
    judgeMethods(await probeAuthentication(url.href, { ...route, ...(auth && { wanted: auth }) }), auth ?? null);
  const methods = await step('methods', isReached ? probe : null, about);
  if (auth === undefined) {
    const seen = said('session.no-account');
    await step(
      'session',
      isReached && isRight(methods) ? () => ({ verdict: 'session.no-account', seen }) : null,
      about,
    );
    return null;
  }
  if (!isReached || !isRight(methods)) {
    await step('session', null, about);
    return null;
  }
  const holder: { opened: RemotePowerShell | null } = { opened: null };
  try {
    await step('session', () => openSession({ ...server, auth }, url, holder, signal), about);
  } catch (error) {
    await holder.opened?.close();
    throw error;
  }
  return holder.opened;
}

/** Opens a session; what is open is put into the holder. */
async function openSession(
  server: RemotePowerShellServer,
  url: URL,
  holder: { opened: RemotePowerShell | null },
  signal: AbortSignal | undefined,
): Promise<Finding> {
  let exchange: RemotePowerShell | null = null;
  try {
    exchange = openRemotePowerShell({ ...server, sessions: 1, maxWaitMs: 10_000 });
    const protocol = await exchange.warmUp(signal);
    holder.opened = exchange;
    return {
      verdict: 'session.open',
      seen: said('session.open', { auth: server.auth, protocol }),
    };
  } catch (error) {
    await exchange?.close();
    const account = server.username?.trim() ?? '';
    const spn = server.spn ?? `HTTP@${url.hostname}`;
    return judgeRefusal(asConnectorError(error), {
      host: url.hostname,
      spn: spn.replace('@', '/'),
      roles: roleCommands(account === '' ? null : account),
      ...(account !== '' && { account }),
    });
  }
}

/** The first call of a tenant: a token, and one cmdlet, whatever it says. */
export async function openFirst(exchange: CmdletTransport, signal: AbortSignal | undefined): Promise<Finding> {
  try {
    await getOrganizationConfig(exchange, signal === undefined ? {} : { signal });
  } catch (error) {
    if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN') && !isConnectorError(error, 'ERR_EXCHANGE_CMDLET'))
      throw error;
  }
  return { verdict: 'session.open', seen: said('session.tenant') };
}
