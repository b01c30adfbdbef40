/** A Graph of the lab on a real socket, and what a test needs to open it: CA, credentials, a clock that never waits. */
import { openGraph, type GraphOptions } from '../../src/graph/open-graph.ts';
import type { RetryClock } from '../../src/graph/retry.ts';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startGraphServer, type GraphServer, type GraphServerOptions } from '../../src/lab/servers/graph.ts';

/** The time every lab clock starts at: 22 November 2026, noon UTC. */
export const NOON = Date.UTC(2026, 10, 22, 12);

/** A clock whose waits are over at once, but move its time; `waits` are the ms asked for. */
export interface LabClock extends RetryClock {
  readonly waits: number[];
}

export function labClock(): LabClock {
  let time = NOON;
  const waits: number[] = [];
  return {
    waits,
    now: () => time,
    wait: async (ms, signal) => {
      signal.throwIfAborted();
      waits.push(Math.round(ms));
      time += ms;
    },
    // The largest delay, so that tests can say what it is.
    random: () => 1,
  };
}

/** An organization on the lab's clock, with ids that count up. */
export function labOrganization(clock: RetryClock): Organization {
  return new Organization({ now: () => clock.now(), newId: sequentialIds() });
}

/** Enrolls `count` phones of one user. */
export function enrollPhones(organization: Organization, count: number): void {
  for (let number = 1; number <= count; number += 1) {
    organization.enroll({
      upn: `user${number}@contoso.example`,
      platform: number % 2 === 0 ? 'android' : 'ios',
      model: 'Phone',
      name: `Phone ${number}`,
      serial: `SN${number}`,
      easDeviceId: `EAS${number}`,
    });
  }
}

export interface GraphLab {
  readonly organization: Organization;
  readonly server: GraphServer;
  readonly clock: LabClock;
  readonly ca: string;
  /** Options that open the server as it is; a test changes what it is about. */
  readonly options: GraphOptions;
  /** Opens a transport that is closed with the lab. */
  open(changes?: Partial<GraphOptions>): GraphTransport;
  close(): Promise<void>;
}

/** Starts server and certificate authority. */
export async function startGraphLab(serverOptions: Partial<GraphServerOptions> = {}): Promise<GraphLab> {
  const clock = labClock();
  const organization = labOrganization(clock);
  const authority = await createCertificateAuthority();
  const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  const server = await startGraphServer(organization, { certificate, ...serverOptions });
  const opened: GraphTransport[] = [];
  const options: GraphOptions = {
    cloud: 'custom',
    graphUrl: server.url,
    authorityUrl: server.authorityUrl,
    tenantId: server.tenantId,
    clientId: server.clientId,
    authMethod: 'secret',
    clientSecret: server.clientSecret,
    clock,
    tls: { ca: authority.ca },
  };
  return {
    organization,
    server,
    clock,
    ca: authority.ca,
    options,
    open(changes = {}) {
      const graph = openGraph({ ...options, ...changes });
      opened.push(graph);
      return graph;
    },
    async close() {
      await Promise.all(opened.map((graph) => graph.close()));
      await server.close();
    },
  };
}

/** Everything an async generator yields. */
export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const page of pages) list.push(page);
  return list;
}
