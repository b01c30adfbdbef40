/** The examples that read other MDMs, and what is different about each. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mdmApisEnvironment } from '../../scripts/mdm-apis.ts';
import type { Organization } from '../../src/lab/organization.ts';
import { seedOrganization } from '../../src/lab/seed-organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import type { MdmServer } from '../../src/lab/servers/mdm-api.ts';
import { startMdmApis } from '../../src/lab/servers/mdm-apis.ts';
import type { MdmApis } from '../../src/lab/servers/mdm-apis.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import type { FlowNode } from './node-red.ts';

/** One of them. */
export interface Example {
  readonly file: string;
  /** Name of the inject node, and of the MDM source. */
  readonly button: string;
  readonly source: string;
  readonly server: (apis: MdmApis) => MdmServer;
  /** The variable of the tab that sets how large pages are, and what the test sets. */
  readonly pageSize?: readonly [name: string, value: number];
  /** Requests for devices if the last page is full, and of an MDM with one device or none. */
  readonly requests: Readonly<Record<'full' | 'one' | 'none', readonly string[]>>;
  readonly shippedSize: string;
  /** Environment variable with a secret. */
  readonly password: string;
  readonly has: (platform: string) => boolean;
  readonly idOf: (id: string, platform: string) => string;
  readonly addresses: readonly string[];
  readonly secrets: (apis: MdmApis) => readonly string[];
}

const same = (id: string): string => id;
/** Those that read page by page. */
export const PAGED: readonly Example[] = [
  {
    file: '05 Workspace ONE UEM',
    button: 'read the devices',
    source: 'Workspace ONE UEM',
    server: ({ workspaceOne }) => workspaceOne,
    pageSize: ['WORKSPACE_ONE_PAGE_SIZE', 25],
    shippedSize: '500',
    password: 'WORKSPACE_ONE_CLIENT_SECRET',
    requests: { full: ['1 200', '2 200', '3 204'], one: ['1 200'], none: ['1 204'] },
    has: () => true,
    idOf: same,
    addresses: ['WORKSPACE_ONE_URL', 'WORKSPACE_ONE_TOKEN_URL'],
    secrets: ({ workspaceOne }) => [workspaceOne.clientSecret, workspaceOne.tenantCode],
  },
  {
    file: '06 Jamf Pro',
    button: 'read the devices',
    source: 'Jamf Pro',
    server: ({ jamf }) => jamf,
    pageSize: ['JAMF_PAGE_SIZE', 13],
    shippedSize: '500',
    password: 'JAMF_CLIENT_SECRET',
    requests: { full: ['1 200', '2 200', '3 200'], one: ['1 200'], none: ['1 200'] },
    has: (platform) => platform === 'iOS',
    idOf: same,
    addresses: ['JAMF_URL'],
    secrets: ({ jamf }) => [jamf.clientSecret],
  },
  {
    file: '07 MaaS360',
    button: 'read the devices',
    source: 'IBM MaaS360',
    server: ({ maas360 }) => maas360,
    pageSize: ['MAAS360_PAGE_SIZE', 25],
    shippedSize: '250',
    password: 'MAAS360_PASSWORD',
    requests: { full: ['1 200', '2 200'], one: ['1 200'], none: ['1 200'] },
    has: () => true,
    idOf: (id, platform) => `${platform === 'Android' ? 'Android' : 'Appl'}${id}`,
    addresses: ['MAAS360_URL'],
    secrets: ({ maas360 }) => [maas360.password, maas360.appAccessKey],
  },
];
/** The one that reads a file. */
export const CSV: Example = {
  file: '08 MDM from a CSV file',
  button: 'read the file',
  source: 'CSV file',
  server: ({ csv }) => csv,
  shippedSize: '',
  password: 'MDM_CSV_PASSWORD',
  requests: { full: [], one: [], none: [] },
  has: () => true,
  idOf: same,
  addresses: ['MDM_CSV_URL'],
  secrets: ({ csv }) => [csv.password],
};

/** An entry of a flow, as it is shipped. */
export type Entry = FlowNode & { name?: string; x?: number; env?: { name: string; value: string; type: string }[] };

/** The example as it is shipped. */
export const readExample = (file: string): Entry[] =>
  JSON.parse(
    readFileSync(new URL(`../../examples/${encodeURIComponent(file)}.json`, import.meta.url), 'utf8'),
  ) as Entry[];

/** Core nodes that they are made of. */
export const CORE = new Set([
  'tab',
  'group',
  'comment',
  'tls-config',
  'inject',
  'change',
  'switch',
  'http request',
  'function',
  'link in',
  'link out',
  'delay',
  'debug',
  'complete',
  'catch',
  'csv',
  'template',
]);

/** Devices of a page that an MDM source sent, as far as every MDM tells them. */
export function told({ payload }: Readonly<Record<string, unknown>>): unknown[] {
  return (payload as MdmRecord[]).map(({ id, easIds, managed, compliance, device: { serial, platform }, user }) => [
    id,
    easIds,
    managed,
    compliance,
    serial,
    platform,
    user.addresses,
  ]);
}

/** The lab's APIs of other MDMs, and this process's environment as the examples need it. */
export interface PlayedMdms {
  readonly organization: Organization;
  readonly apis: MdmApis;
  /** A folder of its own, gone afterwards. */
  readonly folder: string;
  /** Ends them, and puts the environment back. */
  close(): Promise<void>;
}

/** Starts them. @param phones how many the organization has, all of them enrolled */
export async function playMdms(phones: number): Promise<PlayedMdms> {
  const folder = mkdtempSync(join(tmpdir(), 'example-'));
  const organization = seedOrganization({ phones, enrolled: 1 });
  const authority = await createCertificateAuthority();
  const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  const apis = await startMdmApis(organization, { certificate });
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, authority.ca);
  const variables = mdmApisEnvironment({ mdmApis: apis, caFile });
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return {
    organization,
    apis,
    folder,
    async close() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await apis.close();
      rmSync(folder, { recursive: true });
    },
  };
}
