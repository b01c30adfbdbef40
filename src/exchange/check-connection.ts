/** The connection test of an Exchange server: reachable, which sign-in it offers, signed in, a shell opened and deleted. */
import { asConnectorError, throwIfAborted } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { enableCommand, probeAuthentication } from '../http/probe-authentication.ts';
import type { AuthenticationReport } from '../http/probe-authentication.ts';
import { getOrganizationConfig } from './cmdlets/get-organization-config.ts';
import { getExchangeServer } from './cmdlets/get-organization-settings.ts';
import { openRemotePowerShell } from './open-exchange.ts';
import type { RemotePowerShellServer } from './open-exchange.ts';
import type { CmdletTransport } from './transport.ts';

/** One step of the test. */
export interface ConnectionStep {
  readonly id: 'reach' | 'offer' | 'open' | 'cmdlet' | 'organization';
  readonly status: 'ok' | 'warning' | 'error' | 'skipped';
  /** What was seen, one sentence. */
  readonly seen: string;
  readonly code?: ErrorCode;
  /** What to do about it, a command for the Exchange Management Shell where there is one. */
  readonly remedy?: string;
  readonly ms: number;
}

/** The test of one address. */
export interface ConnectionReport {
  readonly url: string;
  readonly healthy: boolean;
  /** Sign-in methods of ours that the server offers. */
  readonly methods: readonly string[];
  readonly steps: readonly ConnectionStep[];
}

/**
 * Tests one address of a server. Never throws for what is wrong with the server; each step says it.
 * @param options without `auth`, only what needs no credentials is tested
 * @throws ERR_ABORTED
 */
export async function checkExchangeConnection(
  url: string,
  options: Partial<Omit<RemotePowerShellServer, 'kind' | 'urls'>> & { readonly signal?: AbortSignal },
): Promise<ConnectionReport> {
  const steps: ConnectionStep[] = [];
  const offer = await probe(url, options, steps);
  const isReady = offer !== null && options.auth !== undefined && steps.every((step) => step.status !== 'error');
  if (isReady)
    await signIn(url, { ...options, auth: options.auth as RemotePowerShellServer['auth'] }, options.signal, steps);
  throwIfAborted(options.signal);
  return { url, healthy: steps.every((step) => step.status !== 'error'), methods: offer?.methods ?? [], steps };
}

async function probe(
  url: string,
  options: Parameters<typeof checkExchangeConnection>[1],
  steps: ConnectionStep[],
): Promise<AuthenticationReport | null> {
  const { auth, tls, proxy, signal } = options;
  const started = Date.now();
  try {
    const report = await probeAuthentication(url, {
      ...(tls && { tls }),
      ...(proxy && { proxy }),
      ...(signal && { signal }),
      ...(auth && { wanted: auth }),
    });
    const ms = Date.now() - started;
    steps.push({
      id: 'reach',
      status: 'ok',
      seen: `The server answered ${report.status}${report.server === null ? '' : ` (${report.server})`}.`,
      ms,
    });
    steps.push(offerStep(report, auth));
    return report;
  } catch (error) {
    const { code, message } = asConnectorError(error);
    steps.push({ id: 'reach', status: 'error', code, seen: message, ms: Date.now() - started });
    return null;
  }
}

function offerStep(report: AuthenticationReport, auth: RemotePowerShellServer['auth'] | undefined): ConnectionStep {
  const offered = report.offered.length === 0 ? 'nothing' : report.offered.join(', ');
  const seen = `It offers ${offered} to sign in with.`;
  if (report.status !== 401 && auth !== 'certificate') {
    return {
      id: 'offer',
      status: 'error',
      code: 'ERR_HTTP_NOT_EXPECTED',
      seen: `It answered ${report.status} to a request without credentials, where a PowerShell directory answers 401.`,
      remedy: 'Check the path of the address: it ends in /PowerShell/.',
      ms: 0,
    };
  }
  if (report.wantedIsOffered === false && auth !== undefined) {
    const remedy = report.command ?? enableCommand(auth);
    return {
      id: 'offer',
      status: 'error',
      code: 'ERR_HTTP_AUTH_METHOD',
      seen,
      ...(remedy === null ? {} : { remedy }),
      ms: 0,
    };
  }
  return { id: 'offer', status: 'ok', seen, ms: 0 };
}

async function signIn(
  url: string,
  options: Omit<RemotePowerShellServer, 'kind' | 'urls'>,
  signal: AbortSignal | undefined,
  steps: ConnectionStep[],
): Promise<void> {
  let started = Date.now();
  const step = (id: ConnectionStep['id'], rest: Pick<ConnectionStep, 'status' | 'seen'> & Partial<ConnectionStep>) => {
    steps.push({ id, ...rest, ms: Date.now() - started });
    started = Date.now();
  };
  const ask = async (id: ConnectionStep['id'], look: () => Promise<string>): Promise<boolean> => {
    try {
      step(id, { status: 'ok', seen: await look() });
      return true;
    } catch (error) {
      const { code, message } = asConnectorError(error);
      // An account may lack this one cmdlet and still have all the connector needs.
      const isLacking = code === 'ERR_EXCHANGE_CMDLET_UNKNOWN';
      step(id, { status: isLacking ? 'warning' : 'error', code, seen: message });
      return isLacking;
    }
  };
  try {
    const exchange = openRemotePowerShell({
      ...options,
      kind: 'remote-powershell',
      urls: [url],
      sessions: 1,
      maxWaitMs: 10_000,
    });
    try {
      const protocol = await exchange.warmUp(signal);
      step('open', { status: 'ok', seen: `Signed in and opened a PowerShell session, protocol ${protocol}.` });
      if (await ask('cmdlet', () => serversOf(exchange, signal)))
        await ask('organization', () => organizationOf(exchange, signal));
    } finally {
      await exchange.close();
    }
  } catch (error) {
    const { code, message } = asConnectorError(error);
    step('open', { status: 'error', code, seen: message });
  }
}

async function serversOf(exchange: CmdletTransport, signal: AbortSignal | undefined): Promise<string> {
  const servers: string[] = [];
  for await (const server of getExchangeServer(exchange, signal === undefined ? {} : { signal }))
    servers.push(`${server.name} ${server.version}`);
  return `Get-ExchangeServer named ${servers.length}: ${servers.slice(0, 5).join('; ')}.`;
}

async function organizationOf(exchange: CmdletTransport, signal: AbortSignal | undefined): Promise<string> {
  const found = await getOrganizationConfig(exchange, signal === undefined ? {} : { signal });
  return `The organization is ${found?.name ?? 'without a name'} (${found?.guid ?? 'without a GUID'}).`;
}
