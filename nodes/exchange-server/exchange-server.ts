import { ConnectorError } from '../../src/errors.ts';
import { organizationPort } from '../../src/exchange/organization-port.ts';
import { openExchange } from '../../src/exchange/open-exchange.ts';
import type { CmdletTransport } from '../../src/exchange/transport.ts';
import { simulatedExchange } from '../../src/lab/simulated-exchange.ts';
import { acquireSimulation } from '../../src/lab/simulation.ts';
import { offerConnection, proxyOf, tlsOf } from '../connections.ts';
import { nodeLogger } from '../on-input.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { choiceOf, listOf, numberOf, registerNode, textOf } from '../red.ts';

const KINDS = ['remote-powershell', 'exchange-online', 'simulated'] as const;
const AUTH = ['basic', 'ntlm', 'kerberos', 'certificate'] as const;

function openTransport(RED: RED, node: Instance, definition: Definition): CmdletTransport {
  const kind = choiceOf(definition, 'kind', KINDS, 'remote-powershell');
  const tls = tlsOf(RED, definition);
  const proxy = proxyOf(RED, definition);
  const shared = {
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    logger: nodeLogger(node),
  };
  const secret = (name: string): string => node.credentials?.[name] ?? '';
  if (kind === 'simulated') throw new ConnectorError('ERR_INTERNAL', 'The simulation is opened elsewhere.');
  if (kind === 'exchange-online') {
    return openExchange({
      kind,
      tenantId: textOf(definition, 'tenantId'),
      clientId: textOf(definition, 'clientId'),
      clientSecret: secret('clientSecret'),
      ...shared,
    });
  }
  const urls = listOf(definition, 'urls');
  if (urls.length === 0)
    throw new ConnectorError('ERR_CONFIG_INVALID', 'The Exchange server has no address in "Addresses".');
  const spn = textOf(definition, 'spn');
  return openExchange({
    kind,
    urls,
    auth: choiceOf(definition, 'auth', AUTH, 'kerberos'),
    username: secret('username'),
    password: secret('password'),
    ...(spn === '' ? {} : { spn }),
    sessions: numberOf(definition, 'sessions', 2),
    ...shared,
  });
}

/** Config node: one Exchange organization and how it is reached. */
export default function exchangeServer(RED: RED): void {
  registerNode(
    RED,
    'exchange-server',
    (node, definition) => {
      const simulated = choiceOf(definition, 'kind', KINDS, 'remote-powershell') === 'simulated';
      const simulation = simulated ? acquireSimulation() : null;
      let transport: CmdletTransport | null = null;
      let closed = false;
      const exchange = (): CmdletTransport => {
        if (closed) throw new ConnectorError('ERR_ABORTED', 'The Exchange server configuration was closed.');
        transport ??=
          simulation === null ? openTransport(RED, node, definition) : simulatedExchange(simulation.organization);
        return transport;
      };
      offerConnection(
        node,
        { organization: node.id, exchange, port: organizationPort(exchange, node.id) },
        'exchange-server',
      );
      node.on('close', (_removed: boolean, done: () => void) => {
        closed = true;
        simulation?.release();
        void (transport?.close() ?? Promise.resolve()).catch(() => undefined).finally(done);
      });
    },
    { username: { type: 'text' }, password: { type: 'password' }, clientSecret: { type: 'password' } },
  );
}
