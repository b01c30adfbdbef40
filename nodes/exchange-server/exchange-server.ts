import { ConnectorError } from '../../src/errors.ts';
import { EasFeed } from '../../src/exchange/eas-feed.ts';
import { organizationPort } from '../../src/exchange/organization-port.ts';
import { openExchange } from '../../src/exchange/open-exchange.ts';
import type { ExchangeServerOptions } from '../../src/exchange/open-exchange.ts';
import type { SessionWait } from '../../src/exchange/remote-powershell.ts';
import type { CmdletTransport } from '../../src/exchange/transport.ts';
import { directoryGroups } from '../../src/ldap/directory-groups.ts';
import type { DirectoryGroups } from '../../src/ldap/directory-groups.ts';
import type { OrganizationKind } from '../../src/model/organization-identity.ts';
import { offerConnection, proxyOf, sharedConnection, tlsOf } from '../connections.ts';
import { joinSimulation } from '../join-simulation.ts';
import { nodeLogger } from '../on-input.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { choiceOf, flagOf, listOf, numberOf, registerNode, textOf } from '../red.ts';
import { offerChecks } from './check-now.ts';

const KINDS = ['remote-powershell', 'exchange-online', 'simulated'] as const;
const ORGANIZATION_KINDS = {
  'remote-powershell': 'on-premises',
  'exchange-online': 'online',
  simulated: 'simulated',
} as const satisfies Record<(typeof KINDS)[number], OrganizationKind>;
const AUTH = ['basic', 'ntlm', 'kerberos', 'certificate'] as const;

/** What the fields say of a server or tenant. @throws ConnectorError ERR_CONFIG_INVALID, ERR_CONFIG_MISSING */
function optionsOf(RED: RED, node: Instance, definition: Definition): ExchangeServerOptions {
  const tls = tlsOf(RED, definition);
  const proxy = proxyOf(RED, definition);
  const shared = {
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    logger: nodeLogger(node),
  };
  const secret = (name: string): string => node.credentials?.[name] ?? '';
  if (choiceOf(definition, 'kind', KINDS, 'remote-powershell') === 'exchange-online') {
    return {
      kind: 'exchange-online',
      tenantId: textOf(definition, 'tenantId'),
      clientId: textOf(definition, 'clientId'),
      clientSecret: secret('clientSecret'),
      ...shared,
    };
  }
  const urls = listOf(definition, 'urls');
  if (urls.length === 0)
    throw new ConnectorError('ERR_CONFIG_INVALID', 'The Exchange server has no address in "Addresses".');
  const [realm, spn] = [textOf(definition, 'realm'), textOf(definition, 'spn')];
  return {
    kind: 'remote-powershell',
    urls,
    auth: choiceOf(definition, 'auth', AUTH, 'kerberos'),
    username: secret('username'),
    password: secret('password'),
    ...(realm === '' ? {} : { realm }),
    ...(spn === '' ? {} : { spn }),
    viewEntireForest: flagOf(definition, 'viewEntireForest', true),
    sessions: numberOf(definition, 'sessions', 2),
    silenceLimitMs: numberOf(definition, 'silenceLimit', 10) * 60_000,
    ...shared,
  };
}

function openTransport(options: ExchangeServerOptions, onWait: (wait: SessionWait) => void): CmdletTransport {
  return openExchange(options.kind === 'exchange-online' ? options : { ...options, onWait });
}

/** The Active Directory that groups are read from; null: none is set. */
function activeDirectoryOf(RED: RED, node: Instance, definition: Definition): DirectoryGroups | null {
  const url = textOf(definition, 'ldapUrl');
  if (url === '' || choiceOf(definition, 'kind', KINDS, 'remote-powershell') !== 'remote-powershell') return null;
  const username = node.credentials?.['ldapUser'] ?? '';
  const password = node.credentials?.['ldapPassword'] ?? '';
  // Made at first use: the TLS configuration may start after this node.
  let groups: DirectoryGroups | null = null;
  return {
    async *groupMembers(group, options) {
      groups ??= directoryGroups({ url, username, password }, { ca: [tlsOf(RED, definition)?.ca ?? []].flat() });
      yield* groups.groupMembers(group, options);
    },
  };
}

/** Config node: one Exchange organization and how it is reached. */
export default function exchangeServer(RED: RED): void {
  const checks = offerChecks(RED);
  registerNode(
    RED,
    'exchange-server',
    (node, definition) => {
      const kind = choiceOf(definition, 'kind', KINDS, 'remote-powershell');
      const simulation = kind === 'simulated' ? joinSimulation() : null;
      const waiting = new Set<(wait: SessionWait) => void>();
      const tellWait = (wait: SessionWait): void => {
        for (const listener of waiting) listener(wait);
      };
      const { use: exchange } = sharedConnection(
        node,
        'Exchange server configuration',
        () => simulation?.exchange() ?? openTransport(optionsOf(RED, node, definition), tellWait),
        () => simulation?.release(),
      );
      checks.offer(node, () =>
        simulation === null ? optionsOf(RED, node, definition) : { kind: 'simulated', exchange: simulation.exchange() },
      );
      const activeDirectory = activeDirectoryOf(RED, node, definition);
      offerConnection(
        node,
        {
          organization: node.id,
          exchange,
          port: {
            ...organizationPort(exchange, node.id, { kind: ORGANIZATION_KINDS[kind] }),
            ...(activeDirectory === null ? {} : { activeDirectory }),
          },
          feed: () => new EasFeed(node.id),
          onWait: (listener) => {
            waiting.add(listener);
            return () => void waiting.delete(listener);
          },
        },
        'exchange-server',
      );
    },
    {
      username: { type: 'text' },
      password: { type: 'password' },
      clientSecret: { type: 'password' },
      ldapUser: { type: 'text' },
      ldapPassword: { type: 'password' },
    },
  );
}
