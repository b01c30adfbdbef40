/** From a tenant's properties and secrets to what Graph is opened with. */
import type { GraphOptions } from '../../src/graph/open-graph.ts';
import { proxyOf, tlsOf } from '../connections.ts';
import type { Definition, Properties, RED } from '../red.ts';
import { choiceOf, textOf } from '../red.ts';

const KINDS = ['intune', 'simulated'] as const;
const CLOUDS = ['global', 'usgov', 'dod', 'china', 'custom'] as const;

/** The credentials of the node. */
export const TENANT_CREDENTIALS = {
  clientSecret: { type: 'password' },
  certificate: { type: 'text' },
  privateKey: { type: 'password' },
} as const;

export function isSimulated(definition: Properties): boolean {
  return choiceOf(definition, 'kind', KINDS, 'intune') === 'simulated';
}

export function cloudOf(definition: Properties): (typeof CLOUDS)[number] {
  return choiceOf(definition, 'cloud', CLOUDS, 'global');
}

export function authMethodOf(definition: Properties): 'secret' | 'certificate' {
  return choiceOf(definition, 'authMethod', ['secret', 'certificate'], 'secret');
}

/** @throws ConnectorError ERR_CONFIG_MISSING for a TLS or proxy configuration that is not there */
export function tenantOptions(
  RED: RED,
  definition: Definition,
  credentials: Readonly<Record<string, string | undefined>>,
): GraphOptions {
  const tls = tlsOf(RED, definition);
  const proxy = proxyOf(RED, definition);
  const graphUrl = textOf(definition, 'graphUrl');
  const authorityUrl = textOf(definition, 'authorityUrl');
  const secret = (name: keyof typeof TENANT_CREDENTIALS): string => credentials[name] ?? '';
  return {
    cloud: cloudOf(definition),
    ...(graphUrl === '' ? {} : { graphUrl }),
    ...(authorityUrl === '' ? {} : { authorityUrl }),
    tenantId: textOf(definition, 'tenantId'),
    clientId: textOf(definition, 'clientId'),
    authMethod: authMethodOf(definition),
    clientSecret: secret('clientSecret'),
    certificate: secret('certificate'),
    privateKey: secret('privateKey'),
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}
