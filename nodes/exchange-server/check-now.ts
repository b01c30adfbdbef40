/** "Test" of the dialog: the report of the first hour with the Exchange server as its fields have it now, deployed or not. */
import { checkExchange } from '../../src/exchange/check/check-exchange.ts';
import { EXCHANGE_WORDS } from '../../src/exchange/check/words/words.ts';
import { checkDirectory } from '../../src/ldap/check-directory.ts';
import { summaryOf, treeOf } from '../../src/model/check-report.ts';
import type { CheckReport, CheckStep } from '../../src/model/check-report.ts';
import type { ReportLanguage } from '../../src/model/say.ts';
import { tlsOf } from '../connections.ts';
import { offerEnteredChecks } from '../entered-checks.ts';
import type { KnownNodes } from '../entered-checks.ts';
import { originsOf, seenBy } from '../entered-values.ts';
import type { Credentials } from '../entered-values.ts';
import { joinSimulation } from '../join-simulation.ts';
import type { Properties, RED } from '../red.ts';
import { listOf, textOf } from '../red.ts';
import { authOf, directoryDoor, kindOf, SERVER_CREDENTIALS, serverOptions } from './server-options.ts';

/** What the report is of. */
const TITLE: Readonly<Record<ReportLanguage, string>> = { en: 'Exchange server', de: 'Exchange-Server' };

/** Offers the route; once for the runtime, not for each node. */
export function offerChecks(RED: RED): KnownNodes {
  const tested = { type: 'exchange-server', credentials: Object.keys(SERVER_CREDENTIALS), goesTo };
  return offerEnteredChecks(RED, tested, async ({ definition, credentials, tell, ...how }) => {
    const check = async (server: Parameters<typeof checkExchange>[0]): Promise<void> => {
      const { language } = how;
      const report = await checkExchange(server, how);
      const door = directoryDoor(definition, credentials);
      if (door === null) return tell({ report: treeOf(report, TITLE[language], language) });
      how.onProgress('Active Directory');
      const ca = [tlsOf(RED, definition)?.ca ?? []].flat();
      const step = await checkDirectory(door, { ca, signal: how.signal, language });
      how.onStep(step);
      tell({ report: treeOf(withDirectory(report, step, language), TITLE[language], language) });
    };
    if (kindOf(definition) !== 'simulated') return check(serverOptions(RED, definition, credentials));
    const simulation = joinSimulation();
    try {
      await check({ kind: 'simulated', exchange: simulation.exchange() });
    } finally {
      await simulation.release();
    }
  });
}

/**
 * The report with the line of the directory, which only groups in rules need.
 *
 * | the report | the directory | together |
 * |------------|---------------|----------|
 * | healthy    | an error      | warning  |
 * | any other  |               | as it is |
 */
function withDirectory(report: CheckReport, step: CheckStep, language: ReportLanguage): CheckReport {
  const steps = [...report.steps, step];
  if (report.overall !== 'healthy' || step.status !== 'error') return { ...report, steps };
  return { overall: 'warning', summary: summaryOf('warning', step, EXCHANGE_WORDS[language]), steps };
}

/**
 * | credential         | sign-in            | goes to                                                             |
 * |--------------------|--------------------|---------------------------------------------------------------------|
 * | user, password     | Basic, NTLM        | every address; by Basic it sees the password                        |
 * | user, password     | Kerberos           | the realm's KDC, which the user's name may tell too; every address  |
 * | secret             | (Exchange Online)  | Microsoft's sign-in                                                 |
 * | of the directory   | any                | its address                                                         |
 * | any other          | any                | nowhere: the test does not use it                                   |
 */
export function goesTo(credential: string, definition: Properties, { username = '' }: Credentials): string[] {
  const kind = kindOf(definition);
  if (kind === 'exchange-online') return credential === 'clientSecret' ? ['Microsoft'] : [];
  if (kind === 'simulated') return [];
  if (credential === 'ldapUser' || credential === 'ldapPassword') {
    const url = textOf(definition, 'ldapUrl');
    return url === '' ? [] : [url.replace(/\/$/, '').toLowerCase()];
  }
  if (credential !== 'username' && credential !== 'password') return [];
  const auth = authOf(definition);
  if (auth === 'certificate') return [];
  const servers = originsOf(listOf(definition, 'urls'));
  return auth !== 'kerberos'
    ? seenBy(auth, servers)
    : [...servers, `realm ${textOf(definition, 'realm')} of ${username}`];
}
