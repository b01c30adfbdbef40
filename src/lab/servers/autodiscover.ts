/**
 * Exchange's front end, as far as clients discover it: Autodiscover (POX, SOAP, V2 JSON), EWS and the ActiveSync door,
 * over HTTPS, each directory with the sign-in methods of a default Exchange 2019. Development only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { find, textAt } from '../../xml/find.ts';
import { readXml } from '../../xml/read-xml.ts';
import type { XmlElement } from '../../xml/read-xml.ts';
import type { Mailbox } from '../mailboxes.ts';
import type { Organization } from '../organization.ts';
import {
  jsonAnswer,
  mobileSettings,
  outlookRedirect,
  outlookRedirectUrl,
  outlookSettings,
  poxError,
  soapUserSettings,
  type HandedOut,
} from './autodiscover-answers.ts';
import { SignInDoor, type SignInScheme } from './autodiscover-sign-in.ts';
import type { ServerCertificate } from './certificates.ts';
import { answerEws, complaint } from './ews.ts';
import type { EwsComplaint } from './ews.ts';
import { stopServer } from './stop-server.ts';

/** A whole answer, given instead of the right one. */
export interface CannedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Body bytes that never end, one every 20 ms. */
  readonly drip?: boolean;
}

/** What goes wrong from now on; change it while the server runs. */
export interface AutodiscoverFaults {
  /** To every request, before anybody signs in. */
  anonymous?: CannedAnswer;
  /** To every request below this path (lower case), before anybody signs in. */
  paths?: Readonly<Record<string, CannedAnswer>>;
  /** POX error instead of settings, as `{ code: 603, message: 'The Active Directory user wasn't found.' }`. */
  poxError?: { readonly code: number; readonly message: string };
  /** POX redirectAddr by address. */
  redirectAddress?: Readonly<Record<string, string>>;
  /** POX redirectUrl for everybody. */
  redirectUrl?: string;
  /** A body instead of settings, for a signed-in user. */
  body?: string;
  /** Waits before it answers, milliseconds. */
  slowMs?: number;
  /** Knows phones only, as Z-Push: 400 to who asks for Exchange settings. */
  phonesOnly?: boolean;
  /** Autodiscover offers these instead. */
  schemes?: readonly SignInScheme[];
  /** Takes Kerberos tickets only, which the lab has none of: NTLM under Negotiate is refused. */
  kerberosOnly?: boolean;
  /** 503 to so many requests, before anybody signs in or to a signed-in user of Autodiscover. */
  busy?: { times: number; readonly signedIn: boolean };
  /** Refuses every sign-in. */
  refuseSignIn?: boolean;
  /** What EWS complains of to a signed-in user; null: it takes the mail and breaks off. */
  ews?: EwsComplaint | null;
}

export interface AutodiscoverServerOptions {
  readonly certificate: ServerCertificate;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Name in the addresses that are handed out; default `mail.<domain>`, which the lab's DNS knows. */
  readonly name?: string;
  /** What Autodiscover and EWS offer; default {@link DEFAULT_SCHEMES}. */
  readonly schemes?: readonly SignInScheme[];
  /** What ActiveSync offers; default {@link DEFAULT_SCHEMES}. */
  readonly activeSyncSchemes?: readonly SignInScheme[];
  /** Default: this server's own. */
  readonly ewsUrl?: string | null;
  readonly activeSyncUrl?: string | null;
  /** Newest TLS version it speaks. */
  readonly maxTls?: SecureVersion;
}

/**
 * What each directory of a default Exchange 2019 offers (CSS-Exchange, HealthChecker's recorded applicationHost.config):
 * ActiveSync knows Basic only.
 */
const DEFAULT_SCHEMES: Readonly<Record<Directory, readonly SignInScheme[]>> = {
  autodiscover: ['Negotiate', 'NTLM', 'Basic'],
  ews: ['Negotiate', 'NTLM'],
  activeSync: ['Basic'],
};

type Directory = 'autodiscover' | 'ews' | 'activeSync';

function directoryOf(path: string): Directory {
  if (path.startsWith('/ews/')) return 'ews';
  return path.startsWith('/microsoft-server-activesync') ? 'activeSync' : 'autodiscover';
}

/** What was asked, for tests: never more than the scheme of a credential. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  /** Scheme of the Authorization header, or null. */
  readonly signIn: string | null;
}

/** A running server. */
export interface LabAutodiscoverServer {
  readonly host: string;
  readonly port: number;
  /** Address of the POX endpoint, by IP address as the two below, for clients that do not ask the lab's DNS. */
  readonly url: string;
  readonly ewsUrl: string;
  readonly activeSyncUrl: string;
  /** What Autodiscover gives to clients. */
  readonly handedOut: HandedOut;
  readonly faults: AutodiscoverFaults;
  readonly requests: SeenRequest[];
  close(): Promise<void>;
}

/** Starts the server on loopback. */
export async function startAutodiscoverServer(
  organization: Organization,
  options: AutodiscoverServerOptions,
): Promise<LabAutodiscoverServer> {
  const host = options.host ?? '127.0.0.1';
  const { key, cert } = options.certificate;
  const old =
    options.maxTls === undefined
      ? {}
      : { minVersion: 'TLSv1' as const, maxVersion: options.maxTls, ciphers: 'DEFAULT@SECLEVEL=0' };
  const server = createServer({ key, cert, ...old });
  const port = await listen(server, options.port ?? 0, host);
  const base = `https://${host}:${port}`;
  const own = addressesAt(`https://${options.name ?? `mail.${organization.domain}`}:${port}`);
  const handedOut: HandedOut = {
    ewsUrl: options.ewsUrl === undefined ? own.ewsUrl : options.ewsUrl,
    activeSyncUrl: options.activeSyncUrl === undefined ? own.activeSyncUrl : options.activeSyncUrl,
  };
  const faults: AutodiscoverFaults = {};
  const requests: SeenRequest[] = [];
  const door = new SignInDoor(organization);
  const offers = {
    autodiscover: options.schemes ?? DEFAULT_SCHEMES.autodiscover,
    ews: options.schemes ?? DEFAULT_SCHEMES.ews,
    activeSync: options.activeSyncSchemes ?? DEFAULT_SCHEMES.activeSync,
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    requests.push(seenRequest(request));
    void answer({ organization, door, offers, handedOut, faults }, request, response).catch(() => response.destroy());
  });
  server.on('tlsClientError', () => {}); // clients that refuse the certificate are part of the exercise
  return {
    host,
    port,
    url: `${base}/autodiscover/autodiscover.xml`,
    ...addressesAt(base),
    handedOut,
    faults,
    requests,
    close: () => stopServer(server),
  };
}

function addressesAt(base: string): { ewsUrl: string; activeSyncUrl: string } {
  return { ewsUrl: `${base}/EWS/Exchange.asmx`, activeSyncUrl: `${base}/Microsoft-Server-ActiveSync` };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

function seenRequest(request: IncomingMessage): SeenRequest {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    host: request.headers.host ?? '',
    signIn: request.headers.authorization?.split(' ')[0] ?? null,
  };
}

interface Scene {
  readonly organization: Organization;
  readonly door: SignInDoor;
  readonly offers: Readonly<Record<Directory, readonly SignInScheme[]>>;
  readonly handedOut: HandedOut;
  readonly faults: AutodiscoverFaults;
}

async function answer(scene: Scene, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { faults } = scene;
  const url = new URL(request.url ?? '/', 'https://lab.invalid');
  const path = url.pathname.toLowerCase();
  const body = await bodyOf(request);
  if (faults.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, faults.slowMs));
  if (isBusy(faults, false)) return sendCanned(response, { status: 503 });
  const canned =
    faults.anonymous ?? Object.entries(faults.paths ?? {}).find(([prefix]) => path.startsWith(prefix))?.[1];
  if (canned !== undefined) return sendCanned(response, canned);
  if (path.startsWith('/autodiscover/autodiscover.json')) {
    const reply = jsonAnswer(url.searchParams.get('Protocol') ?? url.searchParams.get('protocol'), scene.handedOut);
    return send(response, reply.status, 'application/json; charset=utf-8', reply.body);
  }
  const handler = HANDLERS[path];
  if (handler === undefined)
    return send(response, 404, 'text/html', '<html><body>404 - File or directory not found.</body></html>');
  const directory = directoryOf(path);
  const schemes = (directory === 'autodiscover' ? faults.schemes : undefined) ?? scene.offers[directory];
  if (faults.kerberosOnly && /^Negotiate /i.test(request.headers.authorization ?? '')) {
    response.setHeader('WWW-Authenticate', 'Negotiate');
    return send(response, 401, 'text/html', '');
  }
  const entered = scene.door.enter(request, schemes);
  if ('challenge' in entered || faults.refuseSignIn) {
    response.setHeader('WWW-Authenticate', 'challenge' in entered ? [...entered.challenge] : [...schemes]);
    return send(response, 401, 'text/html', '');
  }
  if (isBusy(faults, true)) return sendCanned(response, { status: 503 });
  await handler(scene, entered.user, { method: request.method ?? '', body }, response);
}

function isBusy({ busy }: AutodiscoverFaults, signedIn: boolean): boolean {
  if (busy === undefined || busy.signedIn !== signedIn || busy.times === 0) return false;
  busy.times -= 1;
  return true;
}

type Handler = (
  scene: Scene,
  user: Mailbox,
  request: { method: string; body: string },
  response: ServerResponse,
) => void | Promise<void>;

const HANDLERS: Readonly<Record<string, Handler>> = {
  '/autodiscover/autodiscover.xml': (scene, _user, request, response) =>
    scene.faults.phonesOnly && request.body.includes('/outlook/responseschema/')
      ? send(response, 400, 'text/html', 'Bad Request')
      : send(response, 200, 'text/xml; charset=utf-8', poxAnswer(scene, request)),
  '/autodiscover/autodiscover.svc': (scene, _user, { body }, response) => {
    const asked = soapMailbox(body);
    if (asked === null) return send(response, 500, 'text/xml; charset=utf-8', '');
    send(response, 200, 'text/xml; charset=utf-8', soapUserSettings(mailboxOf(scene, asked), asked, scene.handedOut));
  },
  '/ews/exchange.asmx': async (scene, user, { method, body }, response) => {
    if (method !== 'POST') return send(response, 200, 'text/html', '<html><body>Exchange.asmx</body></html>');
    const { ews } = scene.faults;
    const reply = ews ? complaint(ews) : await answerEws(scene.organization, user, body);
    if (ews === null) return void response.destroy();
    send(response, reply.status, 'text/xml; charset=utf-8', reply.body);
  },
  '/microsoft-server-activesync': (_scene, _user, { method }, response) => {
    // [MS-ASHTTP] 2.2.3: OPTIONS tells the versions; a GET is answered by IIS, a command needs a query.
    if (method === 'GET') return send(response, 405, 'text/html', '');
    if (method !== 'OPTIONS') return send(response, 400, 'text/html', '');
    response.setHeader('MS-ASProtocolVersions', '2.5,12.0,12.1,14.0,14.1,16.0,16.1');
    send(response, 200, 'text/plain', '');
  },
};

function poxAnswer(scene: Scene, { method, body }: { method: string; body: string }): string {
  const { faults, handedOut } = scene;
  const invalid = poxError(600, 'Invalid Request', new Date());
  if (faults.body !== undefined) return faults.body;
  if (method !== 'POST') return invalid;
  let request: XmlElement;
  try {
    request = readXml(body);
  } catch {
    return invalid;
  }
  const address = textAt(request, 'Request', 'EMailAddress');
  const schema = textAt(request, 'Request', 'AcceptableResponseSchema') ?? '';
  if (address === null) return invalid;
  if (faults.poxError !== undefined) return poxError(faults.poxError.code, faults.poxError.message, new Date());
  const redirect = faults.redirectAddress?.[address.toLowerCase()];
  if (redirect !== undefined) return outlookRedirect(redirect);
  if (faults.redirectUrl !== undefined) return outlookRedirectUrl(faults.redirectUrl);
  const user = mailboxOf(scene, address);
  if (user === null) return poxError(500, 'The e-mail address cannot be found.', new Date());
  if (schema === 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a')
    return outlookSettings(user, handedOut);
  if (schema === 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006')
    return mobileSettings(user, handedOut);
  return poxError(601, 'Provider is not available', new Date());
}

function mailboxOf(scene: Scene, address: string): Mailbox | null {
  const user = scene.organization.mailboxByAddress(address);
  return user?.hasMailbox ? user : null;
}

function soapMailbox(body: string): string | null {
  try {
    return textAt(find(readXml(body), 'Body'), 'GetUserSettingsRequestMessage', 'Request', 'Users', 'User', 'Mailbox');
  } catch {
    return null;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  // The marks by which an admin knows that Exchange itself answered.
  response.writeHead(status, {
    'Content-Type': type,
    Server: 'Microsoft-IIS/10.0',
    'X-FEServer': 'EX01',
    'X-SOAP-Enabled': 'True',
  });
  response.end(body);
}

function sendCanned(response: ServerResponse, { status, headers, body, drip }: CannedAnswer): void {
  response.writeHead(status, { ...headers });
  if (!drip) {
    response.end(body ?? '');
    return;
  }
  const timer = setInterval(() => response.write('.'), 20);
  response.once('close', () => clearInterval(timer));
}
