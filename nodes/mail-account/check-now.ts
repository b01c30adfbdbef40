/** "Test" of the dialog: whether mails can go out from the account as its fields have it now, deployed or not. */
import { checkMailAccount } from '../../src/mail/check/check-mail-account.ts';
import type { AccountToCheck } from '../../src/mail/check/check-mail-account.ts';
import { acquireSignInGate } from '../../src/mail/sign-in-gate.ts';
import { treeOf } from '../../src/model/check-report.ts';
import type { ReportLanguage } from '../../src/model/say.ts';
import { isPlainAddress } from '../../src/model/plain-address.ts';
import { ConnectorError } from '../../src/errors.ts';
import { offerEnteredChecks } from '../entered-checks.ts';
import type { EnteredTest, KnownNodes } from '../entered-checks.ts';
import { originsOf, seenBy } from '../entered-values.ts';
import { joinSimulation } from '../join-simulation.ts';
import type { Properties, RED } from '../red.ts';
import { listOf, numberOf, textOf } from '../red.ts';
import { ACCOUNT_CREDENTIALS, accountOptions, authOf, signInFacts, transportOf } from './account-options.ts';
import { discoverEws } from './discovered-mailer.ts';

/** What the report is of. */
const TITLE: Readonly<Record<ReportLanguage, string>> = { en: 'Mail account', de: 'Mailkonto' };

/**
 * Offers the route; once for the runtime, not for each node. A sign-in that was refused before is tried again: a person asks
 * for it. Refused once more, it stops the mails of the account as their own sign-in would.
 */
export function offerChecks(RED: RED): KnownNodes {
  const tested = { type: 'mail-account', credentials: Object.keys(ACCOUNT_CREDENTIALS), goesTo };
  return offerEnteredChecks(RED, tested, async (test) => {
    const { definition, credentials, body, tell, signal, language, onStep, onProgress } = test;
    const sendTo = recipientOf(body);
    const { gate, release } = acquireSignInGate(signInFacts(definition, credentials));
    try {
      gate.lift();
      await withAccount(RED, test, async (account) => {
        const report = await checkMailAccount(account, { signal, language, onStep, onProgress, gate, sendTo });
        tell({ report: treeOf(report, TITLE[language], language) });
      });
    } finally {
      release();
    }
  });
}

async function withAccount(
  RED: RED,
  { definition, credentials }: Pick<EnteredTest, 'definition' | 'credentials'>,
  check: (account: AccountToCheck) => Promise<void>,
): Promise<void> {
  if (transportOf(definition) === 'simulated') {
    const simulation = joinSimulation();
    const address = textOf(definition, 'address');
    try {
      await check({ kind: 'simulated', address, mailer: simulation.mailer({ address }) });
    } finally {
      await simulation.release();
    }
    return;
  }
  const options = accountOptions(RED, definition, credentials);
  if (options.transport === 'smtp') return check({ kind: 'smtp', account: options });
  const { ewsUrl, allowedRedirects, ...account } = options;
  await check({
    kind: 'ews',
    account,
    ewsUrl: ewsUrl === '' ? null : ewsUrl,
    discover: (signal) => discoverEws(account, { allowedRedirects }, signal),
  });
}

/** Null: nobody is mailed. */
function recipientOf({ sendTo }: Properties): string | null {
  if (sendTo === undefined || sendTo === '') return null;
  if (typeof sendTo === 'string' && isPlainAddress(sendTo)) return sendTo;
  throw new ConnectorError('ERR_CONFIG_INVALID', 'The mail account has no plain mail address in "Test mail to".');
}

/**
 * User and password go
 *
 * | transport | sign-in     | EWS address | to                                               |
 * |-----------|-------------|-------------|--------------------------------------------------|
 * | SMTP      |             |             | server and port, never without TLS               |
 * | EWS       | Kerberos    |             | nowhere: the ticket is of this host              |
 * | EWS       | NTLM, Basic | entered     | that server; by Basic it sees the password       |
 * | EWS       | NTLM, Basic | empty       | where Autodiscover of the domain leads, likewise |
 * | simulated |             |             | nowhere                                          |
 */
export function goesTo(_credential: string, definition: Properties): string[] {
  const transport = transportOf(definition);
  if (transport === 'simulated') return [];
  if (transport === 'smtp') return [`${textOf(definition, 'host').toLowerCase()}:${numberOf(definition, 'port', 587)}`];
  const auth = authOf(definition);
  if (auth === 'kerberos') return [];
  const ewsUrl = textOf(definition, 'ewsUrl');
  if (ewsUrl !== '') return seenBy(auth, originsOf([ewsUrl]));
  const address = textOf(definition, 'address').toLowerCase();
  const redirects = listOf(definition, 'allowedRedirects').map((host) => `by way of ${host.toLowerCase()}`);
  return seenBy(auth, [`Autodiscover of ${address.slice(address.lastIndexOf('@') + 1)}`, ...redirects]);
}
