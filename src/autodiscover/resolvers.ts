/** Asking particular DNS servers: one resolver for each, so that Node-RED's own name service is left alone. */
import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { ConnectorError } from '../errors.ts';
import { outcomeOfError, type NameAnswer, type QueryOutcome } from './name-answer.ts';

/** One service location [RFC 2782]. */
export interface ServiceRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** One DNS server. */
export interface NameServer {
  /** `ip`, `ip:port`, or `system` for what this host uses. */
  readonly server: string;
  /** Asks for addresses and alias of a name. Never rejects, but for an abort. */
  ask(name: string): Promise<NameAnswer>;
  /** Service records; null with a reason if the server failed. */
  services(name: string): Promise<{ readonly records: readonly ServiceRecord[]; readonly failed: string | null }>;
}

/** Opens a server given as `ip`, `ip:port`, `[ipv6]:port` or `system`. Throws ERR_CONFIG_INVALID. */
export function openNameServer(
  server: string,
  { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs: number },
): NameServer {
  // c-ares waits `timeout` for the first try and longer for each following one.
  const resolver = new dns.Resolver({ timeout: Math.max(50, Math.floor(timeoutMs / 3)), tries: 2 });
  if (server !== 'system') setServer(resolver, server);
  signal?.addEventListener('abort', () => resolver.cancel(), { once: true });
  return {
    server,
    async ask(name) {
      const [a, aaaa, cname] = await Promise.all([
        query(() => resolver.resolve4(name)),
        query(() => resolver.resolve6(name)),
        query(() => resolver.resolveCname(name)),
      ]);
      return { server, name, a, aaaa, cname };
    },
    async services(name) {
      try {
        const records = await resolver.resolveSrv(name);
        return {
          records: records.map(({ priority, weight, port, name: target }) => ({ priority, weight, port, target })),
          failed: null,
        };
      } catch (error) {
        const outcome = outcomeOfError((error as NodeJS.ErrnoException).code);
        return { records: [], failed: outcome.kind === 'failed' ? outcome.reason : null };
      }
    },
  };
}

function setServer(resolver: dns.Resolver, server: string): void {
  try {
    resolver.setServers([isIP(server) === 6 ? `[${server}]` : server]);
  } catch (error) {
    throw new ConnectorError(
      'ERR_CONFIG_INVALID',
      `"Internal DNS" or "External DNS" of the Autodiscover check has ${JSON.stringify(server.slice(0, 80))}, which is not an IP address, alone or with a port.`,
      { cause: error },
    );
  }
}

async function query(run: () => Promise<string[]>): Promise<QueryOutcome> {
  try {
    return { kind: 'records', values: await run() };
  } catch (error) {
    return outcomeOfError((error as NodeJS.ErrnoException).code);
  }
}
