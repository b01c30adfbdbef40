/** The whole lab: one simulated organization and every server that speaks for it, on loopback, with one CA. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Organization } from '../organization.ts';
import { NOTIFICATION_ALIAS } from '../simulation.ts';
import { startAutodiscoverServer } from './autodiscover.ts';
import { createCertificateAuthority } from './certificates.ts';
import type { ServerCertificate } from './certificates.ts';
import type { LabAutodiscoverServer } from './autodiscover.ts';
import { startDnsServer } from './dns.ts';
import type { DnsZone } from './dns.ts';
import { startExchangeServer } from './exchange.ts';
import type { ExchangeServer } from './exchange.ts';
import { startGraphServer } from './graph.ts';
import type { GraphServer } from './graph.ts';
import { startJamfServer } from './jamf.ts';
import type { JamfServer } from './jamf.ts';
import { startMailboxPages } from './mailboxes.ts';
import { startMdmApis } from './mdm-apis.ts';
import type { MdmApis } from './mdm-apis.ts';
import { startSmtpServer } from './smtp.ts';
import type { LabSmtpServer } from './smtp.ts';

export interface LabOptions {
  readonly organization?: Organization;
  /** How the Exchange server lets the connector sign in. Default basic. */
  readonly auth?: 'basic' | 'ntlm';
  /** With a second Intune tenant and a Jamf Pro. */
  readonly moreMdms?: boolean;
  /** With the APIs of other MDMs, which have the phones of the organization's MDM. */
  readonly mdmApis?: boolean;
  /** What keeps a client of Exchange with one of its servers; default the cookie. */
  readonly affinity?: 'cookie' | 'none';
  /** The cmdlets that the connector's account has; default all. */
  readonly cmdlets?: readonly string[];
  /** What the Exchange server offers. Default that one method alone. */
  readonly offers?: readonly ('basic' | 'ntlm')[];
}

/** Where everything is. What `npm run lab -- --json` prints, but for `organization` and `close`. */
export interface Lab {
  readonly organization: Organization;
  /** The servers themselves, for their faults and statistics. */
  readonly servers: {
    readonly exchange: ExchangeServer;
    readonly graph: GraphServer;
    readonly smtp: LabSmtpServer;
    readonly autodiscover: LabAutodiscoverServer;
  };
  readonly exchange: {
    readonly url: string;
    readonly username: string;
    readonly password: string;
    readonly auth: 'basic' | 'ntlm';
  };
  readonly graph: {
    readonly url: string;
    readonly tenantId: string;
    readonly clientId: string;
    readonly clientSecret: string;
  };
  readonly authority: { readonly url: string };
  /** If asked for. */
  readonly moreMdms?: { readonly secondTenant: GraphServer; readonly jamf: JamfServer };
  /** If asked for. */
  readonly mdmApis?: MdmApis;
  readonly smtp: {
    readonly host: string;
    readonly port: number;
    readonly security: 'starttls';
    readonly username: string;
    readonly password: string;
    readonly address: string;
  };
  /** A page to read every mailbox, and JSON below it. */
  readonly mailboxes: { readonly url: string };
  readonly autodiscover: { readonly url: string; readonly ews: string };
  /** `address:port` of a resolver with the internal and one with the external view. */
  readonly dns: { readonly internal: string; readonly external: string };
  readonly ca: string;
  /** The servers' certificate, for further ones. */
  readonly certificate: ServerCertificate;
  /** File with the CA's certificate. */
  readonly caFile: string;
  close(): Promise<void>;
}

/** The account the connector signs in to Exchange with. */
const SERVICE_ALIAS = 'svc-connector';
const SERVICE_PASSWORD = 'Sync-Phones-24';
const NOTIFICATION_PASSWORD = 'Mail-Links-24';

interface Closable {
  close(): Promise<unknown>;
}

/** Starts everything. Ports are free ones; nothing listens beyond loopback. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const auth = options.auth ?? 'basic';
  const organization = options.organization ?? new Organization();
  const { domain } = organization;
  const service = organization.addMailbox({
    alias: SERVICE_ALIAS,
    displayName: 'Exchange connector',
    password: SERVICE_PASSWORD,
    remotePowerShell: true,
    ...(options.cmdlets && { cmdlets: options.cmdlets }),
  });
  const notification =
    organization.mailboxByAddress(`${NOTIFICATION_ALIAS}@${domain}`) ??
    organization.addMailbox({ alias: NOTIFICATION_ALIAS, displayName: 'Contoso IT', password: NOTIFICATION_PASSWORD });

  const authority = await createCertificateAuthority();
  const folder = mkdtempSync(join(tmpdir(), 'exchange-connector-lab-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, authority.ca);
  const names = ['localhost', `mail.${domain}`, `autodiscover.${domain}`];
  const certificate = await authority.issue({ names, ips: ['127.0.0.1'] });

  const running: Closable[] = [];
  const started = async <T extends Closable>(server: Promise<T>): Promise<T> => {
    const up = await server;
    running.push(up);
    return up;
  };
  const exchange = await started(
    startExchangeServer(organization, {
      certificate,
      auth: options.offers ?? [auth],
      ...(options.affinity && { affinity: options.affinity }),
    }),
  );
  const graph = await started(startGraphServer(organization, { certificate }));
  const moreMdms = options.moreMdms === true && {
    secondTenant: await started(startGraphServer(organization, { certificate, mdm: 'second-tenant' })),
    jamf: await started(startJamfServer(organization, { certificate, mdm: 'jamf' })),
  };
  const mdmApis = options.mdmApis === true && (await started(startMdmApis(organization, { certificate })));
  const smtp = await started(startSmtpServer(organization, { certificate }));
  const mailboxes = await started(startMailboxPages(organization));
  const autodiscover = await started(startAutodiscoverServer(organization, { certificate }));
  const dns = await Promise.all(
    [internalZone, externalZone].map((zone) => started(startDnsServer({ zone: zone(domain, autodiscover.port) }))),
  );

  return {
    organization,
    servers: { exchange, graph, smtp, autodiscover },
    exchange: { url: exchange.url, username: service.upn, password: service.password, auth },
    graph: { url: graph.url, tenantId: graph.tenantId, clientId: graph.clientId, clientSecret: graph.clientSecret },
    authority: { url: graph.authorityUrl },
    ...(moreMdms && { moreMdms }),
    ...(mdmApis && { mdmApis }),
    smtp: {
      host: smtp.host,
      port: smtp.port,
      security: 'starttls',
      username: notification.upn,
      password: notification.password,
      address: notification.address,
    },
    mailboxes: { url: mailboxes.url },
    autodiscover: { url: autodiscover.url, ews: autodiscover.ewsUrl },
    dns: { internal: dns[0]?.address ?? '', external: dns[1]?.address ?? '' },
    ca: authority.ca,
    certificate,
    caFile,
    async close() {
      await Promise.all(running.map((server) => server.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The lab cannot listen on port 443, so its internal view names the port in a service record. */
function internalZone(domain: string, port: number): DnsZone {
  return {
    [`mail.${domain}`]: { a: ['127.0.0.1'] },
    [`_autodiscover._tcp.${domain}`]: { srv: [{ priority: 0, weight: 0, port, target: `mail.${domain}` }] },
  };
}

function externalZone(domain: string, port: number): DnsZone {
  return internalZone(domain, port);
}
