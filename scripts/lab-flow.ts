/** Turns the example flow into the one that runs against the lab: same nodes and wires, configuration from LAB_… variables. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rule } from '../src/access/rules.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { mdmApisEnvironment } from './mdm-apis.ts';
import { MORE_CREDENTIALS, moreMdmsEnvironment, withMoreMdms } from './more-mdms.ts';
import type { FlowEntry } from './node-red.ts';
import { root } from './node-red.ts';

export const EXAMPLE = '01 connector workflow.json';

/** The example as it is shipped. */
export function readExample(name = EXAMPLE): FlowEntry[] {
  return JSON.parse(readFileSync(join(root, 'examples', name), 'utf8')) as FlowEntry[];
}

/** Environment variables that tell the flow where the lab's servers are. Ports change at every start, the flow does not. */
export function labEnvironment(lab: Lab, nodeRedUrl: string): Record<string, string> {
  return {
    LAB_EXCHANGE_URL: lab.exchange.url,
    LAB_EXCHANGE_AUTH: lab.exchange.auth,
    LAB_EXCHANGE_USERNAME: lab.exchange.username,
    LAB_EXCHANGE_PASSWORD: lab.exchange.password,
    LAB_GRAPH_URL: lab.graph.url,
    LAB_AUTHORITY_URL: lab.authority.url,
    LAB_TENANT_ID: lab.graph.tenantId,
    LAB_CLIENT_ID: lab.graph.clientId,
    LAB_CLIENT_SECRET: lab.graph.clientSecret,
    LAB_SMTP_HOST: lab.smtp.host,
    LAB_SMTP_PORT: String(lab.smtp.port),
    LAB_SMTP_USERNAME: lab.smtp.username,
    LAB_SMTP_PASSWORD: lab.smtp.password,
    LAB_MAIL_ADDRESS: lab.smtp.address,
    LAB_DNS_INTERNAL: lab.dns.internal,
    LAB_DNS_EXTERNAL: lab.dns.external,
    LAB_CA: lab.caFile,
    LAB_LINK_BASE: nodeRedUrl,
    ...moreMdmsEnvironment(lab),
    ...mdmApisEnvironment(lab),
  };
}

const TLS_ID = 'ea50c0de000000ff';

const LAB_PROPERTIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'exchange-server': {
    kind: 'remote-powershell',
    urls: '${LAB_EXCHANGE_URL}',
    auth: '${LAB_EXCHANGE_AUTH}',
    tls: TLS_ID,
  },
  'mdm-tenant': {
    kind: 'intune',
    cloud: 'custom',
    graphUrl: '${LAB_GRAPH_URL}',
    authorityUrl: '${LAB_AUTHORITY_URL}',
    tenantId: '${LAB_TENANT_ID}',
    clientId: '${LAB_CLIENT_ID}',
    tls: TLS_ID,
  },
  'mail-account': {
    transport: 'smtp',
    address: '${LAB_MAIL_ADDRESS}',
    host: '${LAB_SMTP_HOST}',
    port: '${LAB_SMTP_PORT}',
    tls: TLS_ID,
    ratePerMinute: 600,
  },
  'access-switch': { mode: 'enforce' },
  'enrollment-notifier': { linkBase: '${LAB_LINK_BASE}' },
  'autodiscover-check': { internalResolvers: '${LAB_DNS_INTERNAL}', externalResolvers: '${LAB_DNS_EXTERNAL}' },
};

const LAB_CREDENTIALS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'exchange-server': { username: '${LAB_EXCHANGE_USERNAME}', password: '${LAB_EXCHANGE_PASSWORD}' },
  'mdm-tenant': { clientSecret: '${LAB_CLIENT_SECRET}' },
  'mail-account': { username: '${LAB_SMTP_USERNAME}', password: '${LAB_SMTP_PASSWORD}' },
};

/**
 * The flow and its credentials, pointed at the lab; `quickSeconds` sets the pace of the quick sync (0 = by hand), `moreMdms`
 * adds those of the lab.
 */
export function labFlow(
  example: readonly FlowEntry[],
  options: { quickSeconds: number; rules?: readonly Rule[]; moreMdms?: boolean },
): { flow: FlowEntry[]; credentials: Record<string, Record<string, string>> } {
  const account = example.find(({ type }) => type === 'mail-account')?.id ?? '';
  const flow: FlowEntry[] = example.map((entry) => ({
    ...entry,
    ...LAB_PROPERTIES[entry.type],
    ...(entry.type === 'autodiscover-check' ? { account } : {}),
    ...(entry.type === 'access-switch' && options.rules !== undefined ? { rules: options.rules } : {}),
    ...injectProperties(entry, options.quickSeconds),
  }));
  flow.push({
    id: TLS_ID,
    type: 'tls-config',
    name: 'lab CA',
    cert: '',
    key: '',
    ca: '${LAB_CA}',
    certname: '',
    keyname: '',
    caname: '',
    servername: '',
    verifyservercert: true,
    alpnprotocol: '',
  });
  const credentials = example
    .filter((entry) => LAB_CREDENTIALS[entry.type] !== undefined)
    .map((entry) => [entry.id, { ...LAB_CREDENTIALS[entry.type] }] as const);
  if (options.moreMdms !== true) return { flow, credentials: Object.fromEntries(credentials) };
  return { flow: withMoreMdms(flow, TLS_ID), credentials: { ...Object.fromEntries(credentials), ...MORE_CREDENTIALS } };
}

function injectProperties(entry: FlowEntry, quickSeconds: number): Record<string, unknown> {
  if (entry.type !== 'inject') return {};
  if (entry['name'] === 'quick sync') return { repeat: quickSeconds > 0 ? String(quickSeconds) : '' };
  if (entry['name'] === 'new phones') return { repeat: '' };
  if (entry['name'] === 'full sync') return { crontab: '', once: quickSeconds > 0, onceDelay: '1' };
  return {};
}
