/** "Test" of the dialog: the report of the first hour with the Exchange server as its fields have it now, deployed or not. */
import { checkExchange } from '../../src/exchange/check/check-exchange.ts';
import { treeOf } from '../../src/model/check-report.ts';
import { offerEnteredChecks } from '../entered-checks.ts';
import type { KnownNodes } from '../entered-checks.ts';
import { originsOf, seenBy } from '../entered-values.ts';
import type { Credentials } from '../entered-values.ts';
import { joinSimulation } from '../join-simulation.ts';
import type { Properties, RED } from '../red.ts';
import { listOf, textOf } from '../red.ts';
import { authOf, kindOf, SERVER_CREDENTIALS, serverOptions } from './server-options.ts';

/** Offers the route; once for the runtime, not for each node. */
export function offerChecks(RED: RED): KnownNodes {
  const tested = { type: 'exchange-server', credentials: Object.keys(SERVER_CREDENTIALS), goesTo };
  return offerEnteredChecks(RED, tested, async ({ definition, credentials, tell, ...how }) => {
    const check = async (server: Parameters<typeof checkExchange>[0]): Promise<void> =>
      tell({ report: treeOf(await checkExchange(server, how), 'Exchange server') });
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
 * | credential         | sign-in            | goes to                                                             |
 * |--------------------|--------------------|---------------------------------------------------------------------|
 * | user, password     | Basic, NTLM        | every address; by Basic it sees the password                        |
 * | user, password     | Kerberos           | the realm's KDC, which the user's name may tell too; every address  |
 * | secret             | (Exchange Online)  | Microsoft's sign-in                                                 |
 * | any other          | any                | nowhere: the test does not use it                                   |
 */
function goesTo(credential: string, definition: Properties, { username = '' }: Credentials): string[] {
  const kind = kindOf(definition);
  if (kind === 'exchange-online') return credential === 'clientSecret' ? ['Microsoft'] : [];
  if (kind === 'simulated' || (credential !== 'username' && credential !== 'password')) return [];
  const auth = authOf(definition);
  if (auth === 'certificate') return [];
  const servers = originsOf(listOf(definition, 'urls'));
  return auth !== 'kerberos'
    ? seenBy(auth, servers)
    : [...servers, `realm ${textOf(definition, 'realm')} of ${username}`];
}
