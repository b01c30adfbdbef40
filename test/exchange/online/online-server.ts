/** A small far end that speaks InvokeCommand and the token endpoint over TLS, for tests. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { PlainObject } from '../../../src/clixml/value.ts';
import { createCertificateAuthority } from '../../../src/lab/servers/certificates.ts';

const authority = await createCertificateAuthority();
const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });

/** One request as it came. */
export interface OnlineRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface OnlineAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as it is; `reset` breaks the connection. */
  readonly body: unknown;
}

export interface OnlineServer {
  readonly origin: string;
  readonly ca: string;
  readonly requests: OnlineRequest[];
  close(): Promise<void>;
}

export const RESET: OnlineAnswer = { body: Symbol.for('reset') };

/** Starts it; `answer` gives what each request is answered with. */
export async function startOnlineServer(
  answer: (request: OnlineRequest, count: number) => OnlineAnswer | Promise<OnlineAnswer>,
): Promise<OnlineServer> {
  const requests: OnlineRequest[] = [];
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = {
        url: request.url ?? '',
        method: request.method ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      requests.push(seen);
      void Promise.resolve(answer(seen, requests.length)).then(({ status = 200, headers = {}, body }) => {
        if (typeof body === 'symbol') {
          response.socket?.destroy();
          return;
        }
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://127.0.0.1:${port}`,
    ca: authority.ca,
    requests,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A page of objects. */
export function page(value: readonly PlainObject[], more: Record<string, unknown> = {}): OnlineAnswer {
  return { body: { '@odata.context': 'x', value, ...more } };
}

/** An error as the service sends it. */
export function failure(status: number, text: string, headers: Record<string, string> = {}): OnlineAnswer {
  return {
    status,
    headers,
    body: {
      error: {
        code: 'NotFound',
        message: 'Error executing cmdlet',
        details: [{ code: 'Context', target: '', message: text }],
      },
    },
  };
}
