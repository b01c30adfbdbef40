/**
 * The lab's Exchange Online: InvokeCommand as JSON over HTTPS, its cmdlets those of the lab's Exchange. The interface is not
 * documented; shapes are those that clients in use have found, see src/exchange/online/online-message.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { PlainObject, PlainValue } from '../../../src/clixml/value.ts';
import type { CmdletCall, CmdletValue } from '../../../src/exchange/transport.ts';
import type { CmdletError } from '../../../src/lab/cmdlet-error.ts';
import { plainExchangeObject } from '../../../src/lab/exchange-clixml.ts';
import { runLabCmdlet } from '../../../src/lab/exchange-cmdlets.ts';
import type { Organization } from '../../../src/lab/organization.ts';
import type { ServerCertificate } from '../../../src/lab/servers/certificates.ts';
import { stopServer } from '../../../src/lab/servers/stop-server.ts';

export interface ExchangeOnlineOptions {
  readonly certificate: ServerCertificate;
  readonly tenantId: string;
  /** The access token it takes. */
  readonly token: string;
}

/** A running server. */
export interface ExchangeOnlineServer {
  /** For `onlineUrl`: with the version of the interface. */
  readonly url: string;
  /** Cmdlets it was asked for, page by page. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

const VERSION = '/adminapi/beta';
/** What the service sends at most in one answer. */
const LARGEST_PAGE = 1_000;

/** Starts it on 127.0.0.1. */
export async function startExchangeOnline(
  organization: Organization,
  { certificate, tenantId, token }: ExchangeOnlineOptions,
): Promise<ExchangeOnlineServer> {
  const requests: string[] = [];
  const path = `${VERSION}/${tenantId}/InvokeCommand`;
  const server = createServer({ ...certificate }, (request, response) => {
    void bodyOf(request).then((body) => {
      const url = new URL(request.url ?? '/', 'https://lab');
      if (request.headers.authorization !== `Bearer ${token}`) return answer(response, 401, {});
      if (request.method !== 'POST' || url.pathname !== path) return answer(response, 404, {});
      const { CmdletInput: call } = JSON.parse(body) as { CmdletInput: OnlineCall };
      requests.push(call.CmdletName);
      const ran = run(organization, call);
      if (ran.error !== null) return answer(response, statusOf(ran.error), errorBody(ran.error));
      const size = Math.min(pageSize(request), LARGEST_PAGE);
      const from = Number(url.searchParams.get('$skiptoken') ?? 0);
      const isMore = from + size < ran.objects.length;
      return answer(response, 200, {
        '@odata.context': `https://${request.headers.host}${VERSION}/$metadata#Collection(Exchange.GenericHashTable)`,
        '@adminapi.warnings': from === 0 ? ran.warnings : [],
        ...(isMore ? { '@odata.nextLink': `https://${request.headers.host}${path}?$skiptoken=${from + size}` } : {}),
        value: ran.objects.slice(from, from + size),
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}${VERSION}`, requests, close: () => stopServer(server) };
}

interface OnlineCall {
  readonly CmdletName: string;
  readonly Parameters: Readonly<Record<string, unknown>>;
}

interface Ran {
  readonly objects: readonly PlainObject[];
  readonly warnings: readonly string[];
  /** A call that says an error anywhere gives nothing else. */
  readonly error: CmdletError | null;
}

/** The one cmdlet that a server of one's own does not have: the service has computed whom the filter fits. */
const DYNAMIC_MEMBERS = 'Get-DynamicDistributionGroupMember';

function callOf(organization: Organization, { CmdletName: cmdlet, Parameters }: OnlineCall): CmdletCall {
  const parameters = Object.fromEntries(Object.entries(Parameters).map(([name, value]) => [name, valueOf(value)]));
  if (cmdlet !== DYNAMIC_MEMBERS) return { cmdlet, parameters };
  const { Identity, ...rest } = parameters;
  const filter = typeof Identity === 'string' ? (organization.directory.findGroup(Identity)?.filter ?? null) : null;
  if (filter === null) return { cmdlet: 'Get-DynamicDistributionGroup', parameters: { Identity: Identity ?? '' } };
  return { cmdlet: 'Get-Recipient', parameters: { ...rest, RecipientPreviewFilter: filter } };
}

function run(organization: Organization, call: OnlineCall): Ran {
  const objects: PlainObject[] = [];
  const warnings: string[] = [];
  for (const event of runLabCmdlet(organization, callOf(organization, call))) {
    if (event.type === 'failed' || event.type === 'error') return { objects: [], warnings, error: event.error };
    if (event.type === 'warning') warnings.push(event.text);
    if (event.type === 'output') objects.push(withTypes(plainExchangeObject(event.object)));
  }
  return { objects, warnings, error: null };
}

/** A hashtable says its type, and the cmdlet gets the rest. */
function valueOf(value: unknown): CmdletValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value as CmdletValue;
  const { '@odata.type': type, ...rest } = value as Record<string, unknown>;
  if (type !== '#Exchange.GenericHashTable') throw new TypeError(`A hashtable came as ${String(type)}.`);
  return rest as CmdletValue;
}

/** As the service does, lists say what they are of in a property of their own. */
function withTypes(object: PlainObject): PlainObject {
  const typed: Record<string, PlainValue> = {};
  for (const [name, value] of Object.entries(object)) {
    if (Array.isArray(value)) typed[`${name}@odata.type`] = '#Collection(String)';
    typed[name] = value;
  }
  return typed;
}

function statusOf({ category, fullyQualifiedErrorId }: CmdletError): number {
  return category === 'ObjectNotFound' && fullyQualifiedErrorId !== 'CommandNotFoundException' ? 404 : 400;
}

function errorBody({ fullyQualifiedErrorId, exceptionTypes, message }: CmdletError): unknown {
  const text = `${fullyQualifiedErrorId}|${exceptionTypes[0] ?? ''}|${message}`;
  const details = [{ code: 'Context', target: '', message: text }];
  return { error: { code: 'BadRequest', message: 'Error executing cmdlet', details } };
}

function pageSize(request: IncomingMessage): number {
  const preferred = /odata\.maxpagesize=(\d+)/.exec(String(request.headers['prefer'] ?? ''));
  return preferred === null ? LARGEST_PAGE : Number(preferred[1]);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
