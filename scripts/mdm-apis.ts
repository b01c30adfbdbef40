/** How the examples for other MDMs find the lab's: by the environment variables that their tabs name. */
import type { Lab } from '../src/lab/servers/lab.ts';

/** Names as in the tabs of the examples 05 to 08, and what stands there for the lab. */
export function mdmApisEnvironment({ mdmApis, caFile }: Pick<Lab, 'mdmApis' | 'caFile'>): Record<string, string> {
  if (mdmApis === undefined) return {};
  const { workspaceOne, jamf, maas360, csv } = mdmApis;
  return {
    MDM_CA_FILE: caFile,
    WORKSPACE_ONE_URL: workspaceOne.url,
    WORKSPACE_ONE_TOKEN_URL: workspaceOne.tokenUrl,
    WORKSPACE_ONE_TENANT_CODE: workspaceOne.tenantCode,
    WORKSPACE_ONE_CLIENT_ID: workspaceOne.clientId,
    WORKSPACE_ONE_CLIENT_SECRET: workspaceOne.clientSecret,
    JAMF_URL: jamf.url,
    JAMF_CLIENT_ID: jamf.clientId,
    JAMF_CLIENT_SECRET: jamf.clientSecret,
    MAAS360_URL: maas360.url,
    MAAS360_BILLING_ID: maas360.billingId,
    MAAS360_APP_ID: maas360.appId,
    MAAS360_APP_VERSION: maas360.appVersion,
    MAAS360_PLATFORM_ID: maas360.platformId,
    MAAS360_APP_ACCESS_KEY: maas360.appAccessKey,
    MAAS360_USERNAME: maas360.username,
    MAAS360_PASSWORD: maas360.password,
    MDM_CSV_URL: csv.fileUrl,
    MDM_CSV_USERNAME: csv.username,
    MDM_CSV_PASSWORD: csv.password,
  };
}
