/** What the Autodiscover tests share: an organization with DNS in two views and a front end, and a check of it. */
import { checkAutodiscover, type AutodiscoverCheckOptions } from '../../src/autodiscover/check-autodiscover.ts';
import {
  leavesOf,
  type AutodiscoverReport,
  type AutodiscoverStep,
  type Overall,
} from '../../src/autodiscover/report.ts';
import { Organization } from '../../src/lab/organization.ts';
import {
  startAutodiscoverServer,
  type AutodiscoverServerOptions,
  type LabAutodiscoverServer,
  type SeenRequest,
} from '../../src/lab/servers/autodiscover.ts';
import { createCertificateAuthority, type CertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { whatCounts } from '../../src/autodiscover/overall.ts';
import { readInGerman } from './german.ts';
import { startDnsServer, type DnsZone, type LabDnsServer } from '../../src/lab/servers/dns.ts';

export const DOMAIN = 'contoso.example';
export const HOST = `autodiscover.${DOMAIN}`;
export const ADDRESS = `enroll@${DOMAIN}`;
export const PASSWORD = 'C0rrect-Horse!Battery';

/** What the outside is given: nothing listens there, unless a test starts it. */
export const PUBLIC = '127.0.0.99';

/** Starts and stops the servers of one test file. */
export class DiscoveryLab {
  authority!: CertificateAuthority;
  organization!: Organization;
  internal!: LabDnsServer;
  external!: LabDnsServer;
  server!: LabAutodiscoverServer;
  readonly #trusted = new Set<unknown>();
  readonly #open: { close(): Promise<void> }[] = [];

  /** Once for a file: keys are slow to make. */
  async prepare(): Promise<void> {
    this.authority = await createCertificateAuthority();
  }

  /** A healthy organization: both views have the record, the front end answers as Exchange does. */
  async start(
    options: Partial<AutodiscoverServerOptions> & { names?: readonly string[]; notAfter?: Date } = {},
  ): Promise<void> {
    this.organization = new Organization({ domain: DOMAIN });
    this.organization.addMailbox({ alias: 'enroll', displayName: 'Enrollment', password: PASSWORD });
    this.organization.addMailbox({ alias: 'svc', displayName: 'Service', password: PASSWORD, hasMailbox: false });
    this.internal = this.keep(await startDnsServer({ zone: { [HOST]: { a: ['127.0.0.1'] } } }));
    this.external = this.keep(await startDnsServer({ zone: { [HOST]: { a: [PUBLIC] } } }));
    this.server = await this.frontEnd(options);
  }

  /** Another front end, on an address of its own. */
  async frontEnd({
    names = [HOST],
    notAfter = new Date(Date.now() + 200 * 86_400_000),
    ...options
  }: Partial<AutodiscoverServerOptions> & {
    names?: readonly string[];
    notAfter?: Date;
  } = {}): Promise<LabAutodiscoverServer> {
    const certificate = await this.authority.issue({ names, notAfter });
    return this.keep(
      await startAutodiscoverServer(this.organization, { certificate, name: names[0] ?? HOST, ...options }),
    );
  }

  keep<T extends { close(): Promise<void> }>(server: T): T {
    this.#open.push(server);
    return server;
  }

  get zone(): DnsZone {
    return this.internal.zone;
  }

  /** Where the healthy organization's Autodiscover is. */
  get url(): string {
    return `https://${HOST}:${this.server.port}/autodiscover/autodiscover.xml`;
  }

  /** The report, which was read in German too. */
  async check(options: Partial<AutodiscoverCheckOptions> = {}): Promise<AutodiscoverReport> {
    const report = await checkAutodiscover({
      address: ADDRESS,
      internalResolvers: [this.internal.address],
      externalResolvers: [this.external.address],
      tls: { ca: this.authority.ca },
      httpsPort: this.server.port,
      httpPort: 1,
      allowLoopback: true,
      timeouts: { stepMs: 20_000 },
      // Every check could sign in, so that every test shows where the password went.
      credentials: { username: ADDRESS, password: PASSWORD },
      ...options,
    });
    return readInGerman(report);
  }

  /** Says that the password may go to this server as well. */
  trust<T>(server: T): T {
    this.#trusted.add(server);
    return server;
  }

  /** Without an account, so that nothing can be signed in. */
  async checkAnonymously(): Promise<AutodiscoverReport> {
    const { address } = this.internal;
    const { ca } = this.authority;
    const report = await checkAutodiscover({
      domain: DOMAIN,
      internalResolvers: [address],
      tls: { ca },
      httpsPort: this.server.port,
      allowLoopback: true,
    });
    return readInGerman(report);
  }

  /** Ends the servers. No password may have gone to any but the final, trusted ones: {@link server} and {@link trust}. */
  async stop(): Promise<void> {
    const servers = this.#open.splice(0);
    for (const server of servers) await server.close();
    const strangers = servers.filter((server) => server !== this.server && !this.#trusted.delete(server)) as {
      requests?: readonly SeenRequest[];
    }[];
    const leaks = strangers.flatMap(({ requests = [] }) => requests.filter(({ signIn }) => signIn !== null));
    if (leaks.length > 0) throw new Error(`A password went astray: ${JSON.stringify(leaks)}`);
  }
}

/** A step by its id. */
export function stepOf(report: AutodiscoverReport, id: string): AutodiscoverStep | undefined {
  const search = (steps: readonly AutodiscoverStep[]): AutodiscoverStep | undefined =>
    steps.reduce<AutodiscoverStep | undefined>(
      (found, step) => found ?? (step.id === id ? step : search(step.children ?? [])),
      undefined,
    );
  return search(report.steps);
}

/** Overall verdict and what failed, and what was seen as errors and warnings, each once. */
export function gist(report: AutodiscoverReport): {
  overall: Overall;
  failing: string | undefined;
  verdicts: string[];
} {
  const found = whatCounts(leavesOf(report.steps)).filter(
    ({ status }) => status === 'error' || status === 'warning' || status === 'unknown',
  );
  return {
    overall: report.overall,
    failing: report.failing,
    verdicts: [...new Set(found.map(({ verdict, seen }) => verdict ?? seen))],
  };
}
