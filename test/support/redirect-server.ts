/** A plain HTTP server that sends everybody elsewhere, on loopback. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RedirectServer {
  readonly port: number;
  /** What was asked: never more than the scheme of a credential. */
  readonly requests: readonly { readonly method: string; readonly signIn: string | null }[];
  close(): Promise<void>;
}

/** Starts the server. It answers every request with 302 to `location`. */
export async function startRedirectServer(options: { host: string; location: string }): Promise<RedirectServer> {
  const requests: { method: string; signIn: string | null }[] = [];
  const server = createServer(({ method = '', headers }, response) => {
    requests.push({ method, signIn: headers.authorization?.split(' ')[0] ?? null });
    response.writeHead(302, { Location: options.location }).end();
  });
  server.listen(0, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
