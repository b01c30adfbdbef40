/** A small web server on loopback where a person, or a test, reads the lab's mailboxes. Development only. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Mailbox } from '../mailboxes.ts';
import type { Organization } from '../organization.ts';
import type { ServerCertificate } from './certificates.ts';
import { inboxPage, listPage, messagePage, missingPage } from './mailbox-pages.ts';
import { stopServer } from './stop-server.ts';

export interface MailboxPagesOptions {
  /** Default: plain HTTP, so that a browser opens it without a warning. */
  readonly certificate?: ServerCertificate;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly host?: string;
}

/** A running server. */
export interface LabMailboxPages {
  readonly port: number;
  /** The list of mailboxes. JSON: `<url>mailboxes.json` and `<url>mailboxes/<address>.json`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the server on loopback. Read only. */
export async function startMailboxPages(
  organization: Organization,
  options: MailboxPagesOptions = {},
): Promise<LabMailboxPages> {
  const host = options.host ?? '127.0.0.1';
  const handler = (request: IncomingMessage, response: ServerResponse): void => answer(organization, request, response);
  const server =
    options.certificate === undefined
      ? createHttpServer(handler)
      : createHttpsServer({ ...options.certificate }, handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${options.certificate === undefined ? 'http' : 'https'}://${host}:${port}/`,
    close: () => stopServer(server),
  };
}

function answer(organization: Organization, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'text/plain', 'Read only.');
  const url = new URL(request.url ?? '/', 'http://lab.invalid');
  const users = [...organization.directory.users()];
  if (url.pathname === '/') return send(response, 200, 'text/html', listPage(users, url.searchParams.get('q') ?? ''));
  if (url.pathname === '/mailboxes.json')
    return send(response, 200, 'application/json', JSON.stringify(users.map(summary)));
  const [folder, name = '', id] = url.pathname.slice(1).split('/').map(decode);
  const json = id === undefined && name.endsWith('.json');
  const mailbox = folder === 'mailboxes' ? organization.mailboxByAddress(json ? name.slice(0, -5) : name) : null;
  if (mailbox === null) return send(response, 404, 'text/html', missingPage());
  if (json)
    return send(response, 200, 'application/json', JSON.stringify({ ...summary(mailbox), messages: mailbox.messages }));
  if (id === undefined) return send(response, 200, 'text/html', inboxPage(mailbox));
  const message = mailbox.messages.find((each) => each.id === id);
  if (message === undefined) return send(response, 404, 'text/html', missingPage());
  send(response, 200, 'text/html', messagePage(mailbox, message));
}

function summary({ address, displayName, upn, hasMailbox, messages }: Mailbox): object {
  return { address, displayName, upn, hasMailbox, count: messages.length };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Cache-Control': 'no-store',
    // A mail is foreign: no script, nothing from elsewhere. Frames with srcdoc inherit this.
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  });
  response.end(body);
}
