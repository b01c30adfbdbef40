/** Opens the way to one Exchange organization, whichever it is. */
import { ConnectorError } from '../errors.ts';
import type { HttpProxy, TlsOptions } from '../http/options.ts';
import { httpAuthOf } from '../http/sign-in.ts';
import type { Logger } from '../log.ts';
import { clientCredentialsToken } from './online/online-token.ts';
import { ONLINE_BASE_URL, OnlineTransport } from './online/online-transport.ts';
import type { GetToken } from './online/online-transport.ts';
import { RemotePowerShell } from './remote-powershell.ts';
import type { SessionWait } from './remote-powershell.ts';
import type { CmdletTransport } from './transport.ts';

/** What both kinds share. */
interface SharedOptions {
  /** PEM texts; verification is always on. */
  readonly tls?: TlsOptions;
  readonly proxy?: HttpProxy;
  readonly logger?: Logger;
  /** Allow Remove-MobileDevice and Clear-MobileDevice; default false. */
  readonly allowDestructive?: boolean;
  /** Parallel shells (remote PowerShell) or requests (online); default 2. */
  readonly sessions?: number;
  /** The longest one call waits because the server asks for it, in milliseconds; default 300,000. */
  readonly maxWaitMs?: number;
}

/** Exchange 2016, 2019 or SE over PowerShell Remoting. */
export interface RemotePowerShellServer extends SharedOptions {
  readonly kind: 'remote-powershell';
  /** `https://host/PowerShell/`, tried in order. */
  readonly urls: readonly string[];
  readonly auth: 'basic' | 'ntlm' | 'kerberos' | 'certificate';
  /** For basic and ntlm; for kerberos they may be empty: then the ticket is there (keytab, ticket cache). */
  readonly username?: string;
  readonly password?: string;
  /** For kerberos; default `HTTP@host`. */
  readonly spn?: string;
  /** For kerberos; default: what the user name says, else default_realm of krb5.conf. */
  readonly realm?: string;
  /** Sessions see the mailboxes of every domain of the forest, as far as the account may; default true. */
  readonly viewEntireForest?: boolean;
  /** How long the server may hold a request, in milliseconds; default 60,000. */
  readonly operationTimeoutMs?: number;
  /** How much longer than that we wait for the answer; default 30,000. */
  readonly graceMs?: number;
  /** A connection that was idle for longer, in milliseconds, is not used again; default 5,000. */
  readonly keepIdleMs?: number;
  /** How long a cmdlet may yield no object before it is stopped, in milliseconds; default 600,000. */
  readonly silenceLimitMs?: number;
  /** Before a broken read is made again, in milliseconds, doubled each time; default 500. */
  readonly backoffMs?: number;
  /** When shells are replaced, in milliseconds; defaults 3,600,000 and 60,000. */
  readonly maxAgeMs?: number;
  readonly maxIdleMs?: number;
  /** How long an address that failed is passed over, in milliseconds; default 60,000. */
  readonly retryAddressMs?: number;
  /** After what time a pause that is too long to wait for is tried once, in milliseconds; default 60,000. */
  readonly probeMs?: number;
  /** Told, at each refusal, that no session can be opened for now. */
  readonly onWait?: (wait: SessionWait) => void;
}

/** Exchange Online over REST. */
export interface ExchangeOnlineServer extends SharedOptions {
  readonly kind: 'exchange-online';
  readonly tenantId: string;
  /** An application with Exchange.ManageAsApp, unless `getToken` is given. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly getToken?: GetToken;
  /** Default https://login.microsoftonline.com. */
  readonly authorityUrl?: string;
  /** Default https://outlook.office365.com/adminapi/beta. */
  readonly onlineUrl?: string;
}

/** An exchange-server configuration with every reference resolved. */
export type ExchangeServerOptions = RemotePowerShellServer | ExchangeOnlineServer;

/**
 * Opens a transport. Nothing is sent before the first cmdlet.
 * @throws ERR_CONFIG_INVALID, ERR_HTTP_INSECURE
 */
export function openExchange(options: ExchangeServerOptions): CmdletTransport {
  return options.kind === 'exchange-online' ? openOnline(options) : openRemotePowerShell(options);
}

/** As {@link openExchange}, remote PowerShell only. */
export function openRemotePowerShell(options: RemotePowerShellServer): RemotePowerShell {
  const urls = options.urls.map((url) => url.trim()).filter((url) => url !== '');
  for (const url of urls) checkUrl(url);
  const {
    kind: _kind,
    urls: _urls,
    auth: _auth,
    username: _username,
    password: _password,
    spn: _spn,
    realm: _realm,
    ...rest
  } = options;
  return new RemotePowerShell({ ...rest, urls, auth: httpAuthOf(options, 'The Exchange server') });
}

function openOnline(options: ExchangeOnlineServer): OnlineTransport {
  const { tenantId, clientId = '', clientSecret = '', authorityUrl, onlineUrl = ONLINE_BASE_URL, tls, proxy } = options;
  checkUrl(onlineUrl);
  if (authorityUrl !== undefined) checkUrl(authorityUrl);
  if (!options.getToken && (clientId === '' || clientSecret === '')) {
    throw new ConnectorError(
      'ERR_CONFIG_INVALID',
      'The Exchange server needs "Client" and "Secret" to sign in to Exchange Online.',
    );
  }
  const getToken =
    options.getToken ??
    clientCredentialsToken({
      tenantId,
      clientId,
      clientSecret,
      resource: onlineUrl,
      ...(authorityUrl !== undefined && { authorityUrl }),
      ...(tls && { tls }),
      ...(proxy && { proxy }),
    });
  const { sessions, maxWaitMs, allowDestructive, logger } = options;
  return new OnlineTransport({
    tenantId,
    getToken,
    baseUrl: onlineUrl,
    ...(sessions !== undefined && { connections: sessions }),
    ...(maxWaitMs !== undefined && { maxWaitMs }),
    ...(allowDestructive !== undefined && { allowDestructive }),
    ...(tls && { tls }),
    ...(proxy && { proxy }),
    ...(logger && { logger }),
  });
}

/** @throws ERR_CONFIG_INVALID, ERR_HTTP_INSECURE */
export function checkUrl(url: string): void {
  if (!URL.canParse(url))
    throw new ConnectorError(
      'ERR_CONFIG_INVALID',
      `"Addresses" of the Exchange server has ${JSON.stringify(url.slice(0, 200))}, which is no address.`,
    );
  if (new URL(url).protocol !== 'https:')
    throw new ConnectorError('ERR_HTTP_INSECURE', `${new URL(url).host} is to be reached without TLS.`);
}
