/** Asks a PowerShell directory which ways to sign in it offers, and says what an administrator has to run for another one. */
import { resolveLimits } from './options.ts';
import type { AuthMethod, HttpLimits, HttpProxy, TlsOptions } from './options.ts';
import { isOffered } from './auth/authenticator.ts';
import { encodeNegotiate, ntlmMessageType } from './auth/ntlm-messages.ts';
import { CLIENT_FLAGS } from './auth/ntlmv2.ts';
import { unwrapNtlm } from './auth/spnego.ts';
import { challengeToken, offeredSchemes } from './challenges.ts';
import { ConnectorError } from '../errors.ts';
import { isLoopback } from './open-socket.ts';
import { sendRequest } from './send-request.ts';
import type { WireResponse } from './send-request.ts';
import { TunnelAgent } from './tunnel-agent.ts';

/** What was found. */
export interface AuthenticationReport {
  readonly status: number;
  /** Lower case, in the server's order: `kerberos`, `negotiate`, `ntlm`, `basic`. */
  readonly offered: readonly string[];
  /** Methods of ours that work here. Where Negotiate is offered without NTLM, NTLM was tried: Exchange's default is Kerberos only. */
  readonly methods: readonly AuthMethod[];
  readonly wanted: AuthMethod | null;
  readonly wantedIsOffered: boolean | null;
  /** Command for the Exchange Management Shell that enables the wanted method, if it is not offered. */
  readonly command: string | null;
  /** Server product as it names itself, or null. */
  readonly server: string | null;
}

/** Parameter of Set-PowerShellVirtualDirectory for each method. Source: ODP Set-PowerShellVirtualDirectory */
const PARAMETERS: Partial<Record<AuthMethod, string>> = {
  basic: '-BasicAuthentication $true',
  ntlm: '-WindowsAuthentication $true',
  'negotiate-ntlm': '-WindowsAuthentication $true',
  certificate: '-CertificateAuthentication $true',
};

/**
 * The command that enables a method; null for Kerberos, which a default Exchange has: all of IIS's methods are off on its
 * PowerShell directory, and Exchange's own module (kerbauth) answers. Source: ODE default-virtual-directory-settings
 * @param server name of the Exchange server, as Get-ExchangeServer shows it
 */
export function enableCommand(method: AuthMethod, server = 'SERVER'): string | null {
  const parameter = PARAMETERS[method];
  return parameter === undefined
    ? null
    : `Set-PowerShellVirtualDirectory -Identity "${server}\\PowerShell (Default Web Site)" ${parameter}`;
}

const METHODS: readonly AuthMethod[] = ['kerberos', 'ntlm', 'negotiate-ntlm', 'basic'];
const CONTENT = { 'Content-Type': 'application/soap+xml;charset=UTF-8' };

/** One request without credentials (a second to try NTLM), no redirect followed. @throws ConnectorError ERR_HTTP_… if nothing answers */
export async function probeAuthentication(
  address: string,
  options: {
    tls?: TlsOptions;
    proxy?: HttpProxy;
    limits?: HttpLimits;
    wanted?: AuthMethod;
    /** Name of the Exchange server for the command. */
    serverName?: string;
    signal?: AbortSignal;
    allowInsecure?: boolean;
  } = {},
): Promise<AuthenticationReport> {
  if (!URL.canParse(address)) throw new ConnectorError('ERR_CONFIG_INVALID', 'The address of the server is not a URL.');
  const url = new URL(address);
  if (url.protocol !== 'https:' && !(options.allowInsecure === true && isLoopback(url.hostname))) {
    throw new ConnectorError('ERR_HTTP_INSECURE', `${url.host} was to be reached without https.`, {
      details: { host: url.host },
    });
  }
  const limits = resolveLimits({ timeoutMs: 20_000, ...options.limits });
  const agent = new TunnelAgent({ tls: options.tls, proxy: options.proxy, limits, maxSockets: 1 });
  const ask = (headers: Record<string, string>): Promise<WireResponse> =>
    sendRequest(
      agent,
      { method: 'POST', url, headers: { ...CONTENT, ...headers }, signal: options.signal, timeoutMs: limits.timeoutMs },
      limits,
    );
  try {
    const answer = await ask({});
    const offered = offeredSchemes(answer.headers['www-authenticate']);
    const takesNtlm = offered.includes('ntlm') || (offered.includes('negotiate') && (await answersNtlm(ask)));
    const methods = METHODS.filter((method) => isOffered(method, offered) && (takesNtlm || !method.endsWith('ntlm')));
    const wanted = options.wanted ?? null;
    // A client certificate is asked for in TLS, not in a header, so its absence there says nothing.
    const wantedIsOffered = wanted === null || !METHODS.includes(wanted) ? null : methods.includes(wanted);
    return {
      status: answer.status,
      offered,
      methods,
      wanted,
      wantedIsOffered,
      command: wanted !== null && wantedIsOffered !== true ? enableCommand(wanted, options.serverName) : null,
      server: typeof answer.headers.server === 'string' ? answer.headers.server.slice(0, 100) : null,
    };
  } finally {
    agent.destroy();
  }
}

/** True if an NTLM message under Negotiate is answered with one. */
async function answersNtlm(ask: (headers: Record<string, string>) => Promise<WireResponse>): Promise<boolean> {
  const answer = await ask({ Authorization: `Negotiate ${encodeNegotiate(CLIENT_FLAGS).toString('base64')}` });
  const token = challengeToken(answer.headers['www-authenticate'], 'negotiate');
  try {
    return token !== null && ntlmMessageType(unwrapNtlm(Buffer.from(token, 'base64')).message) === 2;
  } catch {
    return false;
  }
}
