import { checkAutodiscover } from '../../src/autodiscover/check-autodiscover.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';
import { accountFingerprint, acquireSignInGate } from '../../src/mail/sign-in-gate.ts';
import type { SignInGate } from '../../src/mail/sign-in-gate.ts';
import { offerConnection, sharedConnection, tlsOf } from '../connections.ts';
import { joinSimulation } from '../join-simulation.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { choiceOf, listOf, numberOf, registerNode, textOf } from '../red.ts';
import { discoveredMailer } from './discovered-mailer.ts';
import type { DiscoveredMailer } from './discovered-mailer.ts';

const TRANSPORTS = ['smtp', 'ews', 'simulated'] as const;
const EWS_AUTH = ['ntlm', 'basic', 'kerberos'] as const;

/** A mailer; one whose server is asked for can be told to ask again. */
type AccountMailer = Mailer & Partial<Pick<DiscoveredMailer, 'tryAgain'>>;

function openAccount(RED: RED, node: Instance, definition: Definition, gate: SignInGate): AccountMailer {
  const transport = choiceOf(definition, 'transport', TRANSPORTS, 'smtp');
  const address = textOf(definition, 'address');
  const tls = tlsOf(RED, definition);
  const username = node.credentials?.['username'] ?? '';
  const displayName = textOf(definition, 'displayName');
  const password = node.credentials?.['password'] ?? '';
  const shared = { address, ...(displayName === '' ? {} : { displayName }), ...(tls === undefined ? {} : { tls }) };
  const ratePerMinute = numberOf(definition, 'ratePerMinute', 5);
  if (transport === 'ews') {
    const spn = textOf(definition, 'spn');
    const auth = choiceOf(definition, 'auth', EWS_AUTH, 'ntlm');
    const account = { transport, username, password, auth, ...(spn === '' ? {} : { spn }), ratePerMinute, ...shared };
    const ewsUrl = textOf(definition, 'ewsUrl');
    const allowedRedirects = listOf(definition, 'allowedRedirects');
    return ewsUrl === '' && auth !== 'kerberos'
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

/** Asks Autodiscover; as the account only where it has just signed in. */
function discover(
  RED: RED,
  node: Instance,
  definition: Definition,
  { signal, signsIn }: { readonly signal: AbortSignal; readonly signsIn: boolean },
): Promise<AutodiscoverReport> {
  const { username = '', password = '' } = node.credentials ?? {};
  const ca = tlsOf(RED, definition)?.ca;
  const allowBasic = choiceOf(definition, 'auth', EWS_AUTH, 'ntlm') === 'basic';
  return checkAutodiscover({
    address: textOf(definition, 'address'),
    allowedRedirects: listOf(definition, 'allowedRedirects'),
    ...(signsIn && username !== '' && password !== '' ? { credentials: { username, password, allowBasic } } : {}),
    ...(ca === undefined ? {} : { tls: { ca } }),
    signal,
  });
}

/** What a person may change to make a refused sign-in work. */
function signInFacts(node: Instance, definition: Definition): unknown[] {
  const properties = ['transport', 'address', 'host', 'port', 'security', 'ewsUrl', 'allowedRedirects', 'auth', 'spn'];
  const { username = '', password = '' } = node.credentials ?? {};
  return [username, password, ...properties.map((property) => textOf(definition, property))];
}

/** Who signs in; empty: nobody does. Kerberos takes it from a keytab or ticket cache, so the account's address stands for it. */
function signInName(node: Instance, definition: Definition): string {
  const isKerberos =
    choiceOf(definition, 'transport', TRANSPORTS, 'smtp') === 'ews' &&
    choiceOf(definition, 'auth', EWS_AUTH, 'ntlm') === 'kerberos';
  return isKerberos ? textOf(definition, 'address') : (node.credentials?.['username'] ?? '');
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
      const simulation = transport === 'simulated' ? joinSimulation() : null;
      const address = textOf(definition, 'address');
      const displayName = textOf(definition, 'displayName');
      const username = node.credentials?.['username'] ?? '';
      const name = signInName(node, definition);
      const facts = signInFacts(node, definition);
      const { gate, release } = acquireSignInGate(facts);
      const sender = { address, ...(displayName === '' ? {} : { displayName }) };
      const mailer = sharedConnection<AccountMailer>(
        node,
        'mail account configuration',
        () => simulation?.mailer(sender) ?? openAccount(RED, node, definition, gate),
        async () => {
          release();
          await simulation?.release();
        },
      );
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
          ewsUrl: (transport === 'ews' && textOf(definition, 'ewsUrl')) || null,
          signIn:
            name === '' || simulation !== null
              ? null
              : {
                  username: name,
                  host: signInHost(definition),
                  gate,
                  fingerprint: (secret) => accountFingerprint(facts, secret),
                },
          mailer: mailer.use,
          discover: simulation !== null ? null : (options) => discover(RED, node, definition, options),
          during: mailer.during,
          tryAgain: () => {
            gate.lift();
            mailer.opened()?.tryAgain?.();
          },
        },
        'mail-account',
      );
    },
    { username: { type: 'text' }, password: { type: 'password' } },
  );
}
