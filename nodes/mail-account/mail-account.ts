import { ConnectorError } from '../../src/errors.ts';
import { acquireSimulation } from '../../src/lab/simulation.ts';
import { simulatedMailer } from '../../src/mail/in-process.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';
import { accountFingerprint, acquireSignInGate } from '../../src/mail/sign-in-gate.ts';
import type { SignInGate } from '../../src/mail/sign-in-gate.ts';
import { offerConnection, tlsOf } from '../connections.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { choiceOf, listOf, numberOf, registerNode, textOf } from '../red.ts';
import { discoveredMailer } from './discovered-mailer.ts';
import type { DiscoveredMailer } from './discovered-mailer.ts';

const TRANSPORTS = ['smtp', 'ews', 'simulated'] as const;

function openAccount(
  RED: RED,
  node: Instance,
  definition: Definition,
  gate: SignInGate,
): Mailer & Partial<Pick<DiscoveredMailer, 'tryAgain'>> {
  const transport = choiceOf(definition, 'transport', TRANSPORTS, 'smtp');
  const address = textOf(definition, 'address');
  if (address === '') throw new ConnectorError('ERR_CONFIG_INVALID', 'The mail account has no address in "Address".');
  const tls = tlsOf(RED, definition);
  const username = node.credentials?.['username'] ?? '';
  const displayName = textOf(definition, 'displayName');
  const password = node.credentials?.['password'] ?? '';
  const shared = { address, ...(displayName === '' ? {} : { displayName }), ...(tls === undefined ? {} : { tls }) };
  const ratePerMinute = numberOf(definition, 'ratePerMinute', 5);
  if (transport === 'ews') {
    const account = { transport, username, password, ratePerMinute, ...shared };
    const ewsUrl = textOf(definition, 'ewsUrl');
    const allowedRedirects = listOf(definition, 'allowedRedirects');
    return ewsUrl === ''
      ? discoveredMailer(account, gate, { allowedRedirects })
      : openMailer({ ...account, ewsUrl }, gate);
  }
  return openMailer(
    {
      transport: 'smtp',
      host: textOf(definition, 'host'),
      port: numberOf(definition, 'port', 587),
      security: choiceOf(definition, 'security', ['starttls', 'tls', 'none'], 'starttls'),
      ...(username === '' ? {} : { username, password }),
      ratePerMinute,
      ...shared,
    },
    gate,
  );
}

/** What a person may change to make a refused sign-in work. */
function signInFacts(node: Instance, definition: Definition): unknown[] {
  const properties = ['transport', 'address', 'host', 'port', 'security', 'ewsUrl', 'allowedRedirects'];
  const { username = '', password = '' } = node.credentials ?? {};
  return [username, password, ...properties.map((property) => textOf(definition, property))];
}

function signInHost(definition: Definition): string {
  const address = textOf(definition, 'address');
  const host =
    choiceOf(definition, 'transport', TRANSPORTS, 'smtp') === 'smtp'
      ? textOf(definition, 'host')
      : (URL.parse(textOf(definition, 'ewsUrl'))?.host ?? address.slice(address.lastIndexOf('@') + 1));
  return host.toLowerCase();
}

/** Config node: the notification account that enroll mails come from. */
export default function mailAccount(RED: RED): void {
  registerNode(
    RED,
    'mail-account',
    (node, definition) => {
      const transport = choiceOf(definition, 'transport', TRANSPORTS, 'smtp');
      const simulation = transport === 'simulated' ? acquireSimulation() : null;
      const address = textOf(definition, 'address');
      const displayName = textOf(definition, 'displayName');
      const username = node.credentials?.['username'] ?? '';
      const facts = signInFacts(node, definition);
      const { gate, release } = acquireSignInGate(facts);
      let mailer: ReturnType<typeof openAccount> | null = null;
      offerConnection(
        node,
        {
          address,
          displayName: displayName === '' ? null : displayName,
          credentials: username === '' ? null : { username, password: node.credentials?.['password'] ?? '' },
          get ca() {
            return tlsOf(RED, definition)?.ca;
          },
          transport,
          signIn:
            username === '' || simulation !== null
              ? null
              : {
                  username,
                  host: signInHost(definition),
                  gate,
                  fingerprint: (secret) => accountFingerprint(facts, secret),
                },
          mailer: () => {
            mailer ??=
              simulation === null
                ? openAccount(RED, node, definition, gate)
                : simulatedMailer((mail) => simulation.organization.deliver(mail), {
                    address,
                    ...(displayName === '' ? {} : { displayName }),
                  });
            return mailer;
          },
          tryAgain: () => {
            gate.lift();
            mailer?.tryAgain?.();
          },
        },
        'mail-account',
      );
      node.on('close', (_removed: boolean, done: () => void) => {
        simulation?.release();
        void (mailer?.close() ?? Promise.resolve())
          .catch(() => undefined)
          .finally(() => {
            release();
            done();
          });
      });
    },
    { username: { type: 'text' }, password: { type: 'password' } },
  );
}
