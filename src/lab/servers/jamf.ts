/**
 * The lab's Jamf Pro: HTTPS on loopback, a token for an API client and the list of mobile devices. An MDM that tells no
 * compliance. Development only.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mobileDevicesDetail } from '../jamf-slice.ts';
import type { Organization } from '../organization.ts';
import type { ServerCertificate } from './certificates.ts';
import { stopServer } from './stop-server.ts';

/** A running server. */
export interface JamfServer {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  close(): Promise<void>;
}

const TOKEN_PATH = '/api/oauth/token';
const DEVICES_PATH = '/api/v2/mobile-devices/detail';
/** A token lives a minute, as that of a new API client. */
const TOKEN_SECONDS = 60;
/** No form is longer. */
const MAX_FORM_BYTES = 4096;

/** Starts the server. */
export async function startJamfServer(
  organization: Organization,
  { certificate }: { readonly certificate: ServerCertificate },
): Promise<JamfServer> {
  const jamf = new Jamf(organization);
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    jamf.answer(request).then(
      ({ status, body }) => send(response, status, body),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: jamf.clientId,
    clientSecret: jamf.clientSecret,
    close: () => stopServer(server),
  };
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

class Jamf {
  readonly clientId = randomUUID();
  readonly clientSecret = randomBytes(24).toString('base64url');
  readonly #organization: Organization;
  /** Tokens, and when they run out in milliseconds since 1970. */
  readonly #tokens = new Map<string, number>();

  constructor(organization: Organization) {
    this.#organization = organization;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'https://lab.invalid');
    if (url.pathname === TOKEN_PATH)
      return request.method === 'POST' ? this.#token(await readForm(request)) : refusal(405, 'METHOD_NOT_ALLOWED');
    if (url.pathname !== DEVICES_PATH) return refusal(404, 'NOT_FOUND');
    if (request.method !== 'GET') return refusal(405, 'METHOD_NOT_ALLOWED');
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if ((this.#tokens.get(token) ?? 0) <= this.#organization.now()) return refusal(401, 'INVALID_TOKEN');
    return { status: 200, body: mobileDevicesDetail(this.#organization, url.searchParams) };
  }

  #token(form: URLSearchParams): Answer {
    const isKnown =
      form.get('grant_type') === 'client_credentials' &&
      form.get('client_id') === this.clientId &&
      form.get('client_secret') === this.clientSecret;
    if (!isKnown) return { status: 401, body: { error: 'invalid_client' } };
    const token = randomBytes(24).toString('base64url');
    this.#tokens.set(token, this.#organization.now() + TOKEN_SECONDS * 1000);
    const body = { access_token: token, scope: 'api-role:1', token_type: 'Bearer', expires_in: TOKEN_SECONDS - 1 };
    return { status: 200, body };
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const part of request) {
    text += String(part);
    if (text.length > MAX_FORM_BYTES) throw new RangeError('The form is too long.');
  }
  return new URLSearchParams(text);
}

function refusal(httpStatus: number, code: string): Answer {
  return { status: httpStatus, body: { httpStatus, errors: [{ code, description: code, id: '0', field: null }] } };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
