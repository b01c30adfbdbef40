import { checkAutodiscover } from '../../src/autodiscover/check-autodiscover.ts';
import { treeOf } from '../../src/autodiscover/describe-report.ts';
import type { Discovered } from '../../src/connector/mails/check-account.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';
import { accountFingerprint, acquireSignInGate } from '../../src/mail/sign-in-gate.ts';
import type { SignInGate } from '../../src/mail/sign-in-gate.ts';
import { offerConnection, sharedConnection, tlsOf } from '../connections.ts';
import { joinSimulation } from '../join-simulation.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { listOf, registerNode, textOf } from '../red.ts';
import { ACCOUNT_CREDENTIALS, accountOptions, authOf, signInFacts, transportOf } from './account-options.ts';
import { goesTo, offerChecks } from './check-now.ts';
import { discoveredMailer } from './discovered-mailer.ts';
import type { DiscoveredMailer } from './discovered-mailer.ts';

/** A mailer; one whose server is asked for can be told to ask again. */
type AccountMailer = Mailer & Partial<Pick<DiscoveredMailer, 'tryAgain'>>;

function openAccount(RED: RED, node: Instance, definition: Definition, gate: SignInGate): AccountMailer {
  const options = accountOptions(RED, definition, node.credentials ?? {});
  if (options.transport === 'smtp') return openMailer(options, gate);
  const { ewsUrl, allowedRedirects, ...account } = options;
  return ewsUrl === '' && account.auth !== 'kerberos'
    ? discoveredMailer(account, gate, { allowedRedirects })
    : openMailer({ ...account, ewsUrl }, gate);
}

/** Asks Autodiscover; as the account only where it has just signed in. */
async function discover(
  RED: RED,
  node: Instance,
  definition: Definition,
  { signal, signsIn }: { readonly signal: AbortSignal; readonly signsIn: boolean },
): Promise<Discovered> {
  const { username = '', password = '' } = node.credentials ?? {};
  const ca = tlsOf(RED, definition)?.ca;
  const allowBasic = authOf(definition) === 'basic';
  const report = await checkAutodiscover({
    address: textOf(definition, 'address'),
    allowedRedirects: listOf(definition, 'allowedRedirects'),
    ...(signsIn && username !== '' && password !== '' ? { credentials: { username, password, allowBasic } } : {}),
    ...(ca === undefined ? {} : { tls: { ca } }),
    signal,
  });
  const { overall, summary } = report;
  return { overall, summary, summaries: { en: treeOf(report, 'en').seen, de: treeOf(report, 'de').seen } };
}

/** Who signs in; empty: nobody does. Kerberos takes it from a keytab or ticket cache, so the account's address stands for it. */
function signInName(node: Instance, definition: Definition): string {
  const isKerberos = transportOf(definition) === 'ews' && authOf(definition) === 'kerberos';
  return isKerberos ? textOf(definition, 'address') : (node.credentials?.['username'] ?? '');
}

function signInHost(definition: Definition): string {
  const address = textOf(definition, 'address');
  const host =
    transportOf(definition) === 'smtp'
      ? textOf(definition, 'host')
      : (URL.parse(textOf(definition, 'ewsUrl'))?.host ?? address.slice(address.lastIndexOf('@') + 1));
  return host.toLowerCase();
}

/** Config node: the notification account that enroll mails come from. */
export default function mailAccount(RED: RED): void {
  const accounts = offerChecks(RED);
  registerNode(
    RED,
    'mail-account',
    (node, definition) => {
      const transport = transportOf(definition);
      const simulation = transport === 'simulated' ? joinSimulation() : null;
      const address = textOf(definition, 'address');
      const displayName = textOf(definition, 'displayName');
      const username = node.credentials?.['username'] ?? '';
      const name = signInName(node, definition);
      const facts = signInFacts(definition, node.credentials ?? {});
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
      accounts.add(node);
    },
    ACCOUNT_CREDENTIALS,
    goesTo,
  );
}
