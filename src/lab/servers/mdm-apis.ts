/** The APIs of other MDMs, each on a port of its own, all with the phones of the organization's MDM. */
import type { Organization } from '../organization.ts';
import type { ServerCertificate } from './certificates.ts';
import { startCsvServer } from './csv-export.ts';
import type { CsvServer } from './csv-export.ts';
import { startJamfServer } from './jamf.ts';
import type { JamfServer } from './jamf.ts';
import { startMaas360Server } from './maas360.ts';
import type { Maas360Server } from './maas360.ts';
import { startWorkspaceOneServer } from './workspace-one.ts';
import type { WorkspaceOneServer } from './workspace-one.ts';

/** Those that run. */
export interface MdmApis {
  readonly workspaceOne: WorkspaceOneServer;
  readonly jamf: JamfServer;
  readonly maas360: Maas360Server;
  readonly csv: CsvServer;
  close(): Promise<void>;
}

/** Starts them. */
export async function startMdmApis(
  organization: Organization,
  { certificate }: { readonly certificate: ServerCertificate },
): Promise<MdmApis> {
  const options = { certificate, mdm: 'intune' } as const;
  const [workspaceOne, jamf, maas360, csv] = await Promise.all([
    startWorkspaceOneServer(organization, options),
    startJamfServer(organization, options),
    startMaas360Server(organization, options),
    startCsvServer(organization, options),
  ]);
  const servers = [workspaceOne, jamf, maas360, csv];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  return { workspaceOne, jamf, maas360, csv, close };
}
