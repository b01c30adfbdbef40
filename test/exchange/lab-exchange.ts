/** Starts the lab's Exchange on TLS for a test, and opens our transport to it. */
import assert from 'node:assert/strict';
import { openRemotePowerShell } from '../../src/exchange/open-exchange.ts';
import type { RemotePowerShellServer } from '../../src/exchange/open-exchange.ts';
import type { RemotePowerShell } from '../../src/exchange/remote-powershell.ts';
import type { Organization } from '../../src/lab/organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import type { ExchangeServer, ExchangeServerSetup } from '../../src/lab/servers/exchange.ts';
import { contractOrganization } from './exchange-contract.ts';

const authority = await createCertificateAuthority();
const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });

export const labCa = authority.ca;
export const labCertificate = certificate;
export const labUser = { username: 'connector@contoso.example', password: 'Pa$$w0rd & <more>' };

/** An organization with the account the connector signs in with. */
export function labOrganization(): Organization {
  const organization = contractOrganization();
  organization.addMailbox({
    alias: 'connector',
    displayName: 'Connector',
    password: labUser.password,
    remotePowerShell: true,
  });
  return organization;
}

export interface Lab {
  readonly organization: Organization;
  readonly server: ExchangeServer;
  /** Opens a transport; closed with the lab. */
  open(options?: Partial<RemotePowerShellServer>): RemotePowerShell;
}

/** Runs a test against a server of its own. Afterwards no shell may be left. */
export async function withLab(
  setup: Partial<ExchangeServerSetup>,
  test: (lab: Lab) => Promise<void>,
  organization: Organization = labOrganization(),
): Promise<void> {
  const server = await startExchangeServer(organization, { certificate, ...setup });
  const opened: RemotePowerShell[] = [];
  const open = (options: Partial<RemotePowerShellServer> = {}) => {
    const exchange = openRemotePowerShell({
      kind: 'remote-powershell',
      urls: [server.url],
      auth: 'basic',
      ...labUser,
      tls: { ca: labCa },
      operationTimeoutMs: 1_000,
      // A server in this very process is late where the machine is busy; where one hangs, the test says how soon that is seen.
      graceMs: 60_000,
      backoffMs: 10,
      ...options,
    });
    opened.push(exchange);
    return exchange;
  };
  try {
    await test({ organization, server, open });
    await Promise.all(opened.map((exchange) => exchange.close()));
    assert.deepEqual([server.stats.shells, opened.map((exchange) => exchange.sessions)], [0, opened.map(() => 0)]);
  } finally {
    await Promise.all(opened.map((exchange) => exchange.close()));
    await server.close();
  }
}
