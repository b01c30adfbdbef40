/** Where Graph and its sign-in are: Microsoft's clouds as presets, or two free addresses. */
import { invalidTenant, type TenantField } from './tenant-field.ts';

/** The clouds of the mdm-tenant node. */
export type GraphCloud = 'global' | 'usgov' | 'dod' | 'china' | 'custom';

/** Base addresses of one cloud, without API version and without tenant. */
export interface CloudAddresses {
  readonly graphUrl: string;
  readonly authorityUrl: string;
}

/**
 * Sign-in and Graph hosts (learn.microsoft.com/graph/deployments, "App registration and token service root endpoints").
 * GCC is in the global cloud; `usgov` is US Government L4 (GCC High), `dod` is L5. The German cloud closed in 2021.
 */
export const CLOUDS: Readonly<Record<Exclude<GraphCloud, 'custom'>, CloudAddresses>> = {
  global: { graphUrl: 'https://graph.microsoft.com', authorityUrl: 'https://login.microsoftonline.com' },
  usgov: { graphUrl: 'https://graph.microsoft.us', authorityUrl: 'https://login.microsoftonline.us' },
  dod: { graphUrl: 'https://dod-graph.microsoft.us', authorityUrl: 'https://login.microsoftonline.us' },
  china: { graphUrl: 'https://microsoftgraph.chinacloudapi.cn', authorityUrl: 'https://login.chinacloudapi.cn' },
};

/** What the transport needs to know about the chosen cloud. */
export interface GraphEndpoints {
  /** Graph's address without API version and without a slash at the end; its origin is the only one ever called. */
  readonly graphUrl: string;
  readonly apiVersion: 'v1.0' | 'beta';
  /** Sign-in address with the tenant, without a slash at the end. */
  readonly authority: string;
  readonly tokenUrl: string;
  /** Application scope. It must be of the cloud's own Graph, or the token is for another audience. */
  readonly scope: string;
}

/** Properties of the mdm-tenant node that say where Graph is. */
export interface CloudChoice {
  readonly cloud: GraphCloud;
  /** For `custom`: Graph's address, with or without `/v1.0`. */
  readonly graphUrl?: string;
  /** For `custom`: the sign-in address without tenant. */
  readonly authorityUrl?: string;
  /** Tenant id (GUID) or one of its domain names. */
  readonly tenantId: string;
}

/** Names of authorities that are not one tenant; client credentials need one. */
const NO_TENANT = /^(common|organizations|consumers)$/i;

/**
 * The addresses of the chosen cloud.
 * @throws ConnectorError ERR_CONFIG_INVALID naming the field
 */
export function resolveCloud(choice: CloudChoice): GraphEndpoints {
  const addresses = choice.cloud === 'custom' ? customAddresses(choice) : CLOUDS[choice.cloud];
  if (addresses === undefined) throw invalidTenant('cloud', `is "${choice.cloud}"`);
  const tenant = choice.tenantId.trim();
  if (!/^[a-z0-9][a-z0-9.-]*$/i.test(tenant)) throw invalidTenant('tenantId', 'is not a tenant id or domain name');
  if (NO_TENANT.test(tenant)) throw invalidTenant('tenantId', `is "${tenant}", which is not one tenant`);
  const [graphUrl, apiVersion] = splitVersion(addresses.graphUrl);
  const authority = `${addresses.authorityUrl}/${tenant}`;
  return {
    graphUrl,
    apiVersion,
    authority,
    tokenUrl: `${authority}/oauth2/v2.0/token`,
    scope: `${new URL(graphUrl).origin}/.default`,
  };
}

function customAddresses(choice: CloudChoice): CloudAddresses {
  return {
    graphUrl: httpsUrl('graphUrl', choice.graphUrl),
    authorityUrl: httpsUrl('authorityUrl', choice.authorityUrl),
  };
}

/** Secret and token go over https only, and an address with a user in it is a trap (`https://graph.microsoft.com:x@evil.example`). */
function httpsUrl(field: TenantField, text: string | undefined): string {
  if (text === undefined || text.trim() === '') throw invalidTenant(field, 'is empty');
  if (!URL.canParse(text.trim())) throw invalidTenant(field, 'is not an address');
  const url = new URL(text.trim());
  if (url.protocol !== 'https:') throw invalidTenant(field, 'is not an https address');
  if (url.username !== '' || url.password !== '') throw invalidTenant(field, 'has a user name in it');
  if (url.search !== '' || url.hash !== '') throw invalidTenant(field, 'has a query in it');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function splitVersion(graphUrl: string): [string, 'v1.0' | 'beta'] {
  const match = /^(.*)\/(v1\.0|beta)$/.exec(graphUrl);
  return match === null ? [graphUrl, 'v1.0'] : [match[1] as string, match[2] as 'v1.0' | 'beta'];
}
