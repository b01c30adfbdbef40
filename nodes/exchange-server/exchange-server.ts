import { EasFeed } from '../../src/exchange/eas-feed.ts';
import { organizationPort } from '../../src/exchange/organization-port.ts';
import { openExchange } from '../../src/exchange/open-exchange.ts';
import type { ExchangeServerOptions } from '../../src/exchange/open-exchange.ts';
import type { SessionWait } from '../../src/exchange/remote-powershell.ts';
import type { CmdletTransport } from '../../src/exchange/transport.ts';
import { directoryGroups } from '../../src/ldap/directory-groups.ts';
import type { DirectoryGroups } from '../../src/ldap/directory-groups.ts';
import type { OrganizationKind } from '../../src/model/organization-identity.ts';
import { offerConnection, sharedConnection, tlsOf } from '../connections.ts';
import { joinSimulation } from '../join-simulation.ts';
import { nodeLogger } from '../on-input.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { registerNode } from '../red.ts';
import { goesTo, offerChecks } from './check-now.ts';
import { directoryDoor, kindOf, SERVER_CREDENTIALS, serverOptions } from './server-options.ts';
import type { ServerKind } from './server-options.ts';

const ORGANIZATION_KINDS = {
  'remote-powershell': 'on-premises',
  'exchange-online': 'online',
  simulated: 'simulated',
} as const satisfies Record<ServerKind, OrganizationKind>;

function openTransport(options: ExchangeServerOptions, onWait: (wait: SessionWait) => void): CmdletTransport {
  return openExchange(options.kind === 'exchange-online' ? options : { ...options, onWait });
}

/** The Active Directory that groups are read from; null: none is set. */
function activeDirectoryOf(RED: RED, node: Instance, definition: Definition): DirectoryGroups | null {
  const door = directoryDoor(definition, node.credentials ?? {});
  if (door === null) return null;
  // Made at first use: the TLS configuration may start after this node.
  let groups: DirectoryGroups | null = null;
  return {
    async *groupMembers(group, options) {
      groups ??= directoryGroups(door, { ca: [tlsOf(RED, definition)?.ca ?? []].flat() });
      yield* groups.groupMembers(group, options);
    },
  };
}

/** Config node: one Exchange organization and how it is reached. */
export default function exchangeServer(RED: RED): void {
  const servers = offerChecks(RED);
  registerNode(
    RED,
    'exchange-server',
    (node, definition) => {
      const kind = kindOf(definition);
      const options = (): ExchangeServerOptions => ({
        ...serverOptions(RED, definition, node.credentials ?? {}),
        logger: nodeLogger(node),
      });
      const simulation = kind === 'simulated' ? joinSimulation() : null;
      const waiting = new Set<(wait: SessionWait) => void>();
      const tellWait = (wait: SessionWait): void => {
        for (const listener of waiting) listener(wait);
      };
      const { use: exchange } = sharedConnection(
        node,
        'Exchange server configuration',
        () => simulation?.exchange() ?? openTransport(options(), tellWait),
        () => simulation?.release(),
      );
      servers.add(node);
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
    SERVER_CREDENTIALS,
    goesTo,
  );
}
