/** A second Intune tenant and a Jamf Pro beside the example's MDM, read with it: as many nodes as such a flow needs. */
import type { Lab } from '../src/lab/servers/lab.ts';
import type { FlowEntry } from './node-red.ts';

/** Environment variables that tell the flow where these are. */
export function moreMdmsEnvironment({ moreMdms }: Lab): Record<string, string> {
  if (moreMdms === undefined) return {};
  const { secondTenant, jamf } = moreMdms;
  return {
    LAB_SECOND_GRAPH_URL: secondTenant.url,
    LAB_SECOND_AUTHORITY_URL: secondTenant.authorityUrl,
    LAB_SECOND_TENANT_ID: secondTenant.tenantId,
    LAB_SECOND_CLIENT_ID: secondTenant.clientId,
    LAB_SECOND_CLIENT_SECRET: secondTenant.clientSecret,
    LAB_JAMF_TOKEN_URL: `${jamf.url}/api/oauth/token`,
    LAB_JAMF_DEVICES_URL: `${jamf.url}/api/v2/mobile-devices/detail?section=GENERAL&section=HARDWARE&section=USER_AND_LOCATION&page=0&page-size=2000`,
    LAB_JAMF_CLIENT_ID: jamf.clientId,
    LAB_JAMF_CLIENT_SECRET: jamf.clientSecret,
  };
}

const IDS = {
  tenant: 'ea50c0de000000e0',
  secondSource: 'ea50c0de000000e1',
  signIn: 'ea50c0de000000e2',
  token: 'ea50c0de000000e3',
  ask: 'ea50c0de000000e4',
  devices: 'ea50c0de000000e5',
  list: 'ea50c0de000000e6',
  jamfSource: 'ea50c0de000000e7',
} as const;

/** The secret of the second tenant, by the id of its configuration. */
export const MORE_CREDENTIALS = { [IDS.tenant]: { clientSecret: '${LAB_SECOND_CLIENT_SECRET}' } } as const;

/** The flow with these MDMs: whatever starts its MDM source starts theirs. @param tls id of the TLS configuration */
export function withMoreMdms(flow: readonly FlowEntry[], tls: string): FlowEntry[] {
  const source = flow.find(({ type }) => type === 'mdm-source');
  const tenant = flow.find(({ type }) => type === 'mdm-tenant');
  if (source === undefined || tenant === undefined) throw new Error('The flow reads no Intune.');
  const started = flow.map((entry) => ({
    ...entry,
    ...(wiresOf(entry).some((port) => port.includes(source.id))
      ? {
          wires: wiresOf(entry).map((port) =>
            port.includes(source.id) ? [...port, IDS.secondSource, IDS.signIn] : port,
          ),
        }
      : {}),
  }));
  const place = { z: source['z'], x: 100, y: 1200 };
  const request = { ...place, type: 'http request', ret: 'obj', paytoqs: 'ignore', tls, senderr: true, headers: [] };
  return [
    ...started,
    {
      ...tenant,
      id: IDS.tenant,
      name: 'second tenant',
      graphUrl: '${LAB_SECOND_GRAPH_URL}',
      authorityUrl: '${LAB_SECOND_AUTHORITY_URL}',
      tenantId: '${LAB_SECOND_TENANT_ID}',
      clientId: '${LAB_SECOND_CLIENT_ID}',
    },
    { ...source, ...place, id: IDS.secondSource, name: 'second tenant', tenant: IDS.tenant },
    change(IDS.signIn, place, IDS.token, [
      ['headers', '{ "content-type": "application/x-www-form-urlencoded" }'],
      [
        'payload',
        '{ "grant_type": "client_credentials", "client_id": $env("LAB_JAMF_CLIENT_ID"), "client_secret": $env("LAB_JAMF_CLIENT_SECRET") }',
      ],
    ]),
    { ...request, id: IDS.token, method: 'POST', url: '${LAB_JAMF_TOKEN_URL}', wires: [[IDS.ask]] },
    change(IDS.ask, place, IDS.devices, [
      ['headers', '{ "authorization": "Bearer " & payload.access_token }'],
      ['payload', '""'],
    ]),
    { ...request, id: IDS.devices, method: 'GET', url: '${LAB_JAMF_DEVICES_URL}', wires: [[IDS.list]] },
    change(IDS.list, place, IDS.jamfSource, [['payload', '[payload.results]']]),
    {
      ...source,
      ...place,
      id: IDS.jamfSource,
      name: 'Jamf Pro',
      provider: 'mapping',
      preset: 'jamf-pro',
      tenant: '',
    },
  ];
}

function wiresOf(entry: FlowEntry): readonly (readonly string[])[] {
  return Array.isArray(entry['wires']) ? (entry['wires'] as readonly (readonly string[])[]) : [];
}

/** A Change node that sets properties by JSONata. */
function change(
  id: string,
  place: object,
  to: string,
  sets: readonly (readonly [property: string, expression: string])[],
): FlowEntry {
  const rules = sets.map(([property, expression]) => ({
    t: 'set',
    p: property,
    pt: 'msg',
    to: expression,
    tot: 'jsonata',
  }));
  return { ...place, id, type: 'change', name: '', rules, wires: [[to]] };
}
