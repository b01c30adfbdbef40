/** Asking particular DNS servers: one resolver for each, so that Node-RED's own name service is left alone. */
import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { ConnectorError } from '../errors.ts';
import { outcomeOfError, type NameAnswer, type QueryOutcome, type Reason } from './name-answer.ts';

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
  services(name: string): Promise<{ readonly records: readonly ServiceRecord[]; readonly failed: Reason | null }>;
}

/** Opens a server given as `ip`, `ip:port`, `[ipv6]:port` or `system`, for one check. Throws ERR_CONFIG_INVALID. */
export function openNameServer(
  server: string,
  { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs: number },
): NameServer {
  // c-ares waits `timeout` for the first try and longer for each following one.
  const resolver = new dns.Resolver({ timeout: Math.max(50, Math.floor(timeoutMs / 3)), tries: 2 });
  if (server !== 'system') setServer(resolver, server);
  signal?.addEventListener('abort', () => resolver.cancel(), { once: true });
  const limited = <T>(run: () => Promise<T>): Promise<T> => within(timeoutMs, run);
  let silent = false;
  return {
    server,
    ask: remembered(async (name) => {
      if (silent) return { server, name, a: SILENCE, aaaa: SILENCE, cname: SILENCE };
      const [a, aaaa, cname] = await Promise.all([
        query(() => limited(() => resolver.resolve4(name))),
        query(() => limited(() => resolver.resolve6(name))),
        query(() => limited(() => resolver.resolveCname(name))),
      ]);
      // Who dropped every question is not asked the next one: it would cost the same time again.
      silent ||= [a, aaaa, cname].every((outcome) => outcome.kind === 'failed' && isSilence(outcome.reason));
      return { server, name, a, aaaa, cname };
    }),
    services: remembered(async (name) => {
      try {
        const records = await limited(() => resolver.resolveSrv(name));
        return {
          records: records.map(({ priority, weight, port, name: target }) => ({ priority, weight, port, target })),
          failed: null,
        };
      } catch (error) {
        const outcome = outcomeOfError((error as NodeJS.ErrnoException).code);
        return { records: [], failed: outcome.kind === 'failed' ? outcome.reason : null };
      }
    }),
  };
}

const SILENCE = outcomeOfError('ETIMEOUT');

function isSilence(reason: Reason): boolean {
  return typeof reason !== 'string' && reason.code === 'dns.reason.silent';
}

/** Asks once for each name. */
function remembered<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (name) => {
    const answer = answers.get(name) ?? ask(name);
    answers.set(name, answer);
    return answer;
  };
}

/** Rejects with ETIMEOUT, as c-ares does, which counts its tries and not the time. */
async function within<T>(ms: number, run: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('ETIMEOUT'), { code: 'ETIMEOUT' })), ms);
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
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
