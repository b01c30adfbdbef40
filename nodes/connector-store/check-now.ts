/** "Test" of the dialog: whether the store could work as its fields have it now, deployed or not. */
import { treeOf } from '../../src/model/check-report.ts';
import type { ReportLanguage } from '../../src/model/say.ts';
import { checkStore } from '../../src/store/check/check-store.ts';
import { offerEnteredChecks } from '../entered-checks.ts';
import type { KnownNodes } from '../entered-checks.ts';
import type { Properties, RED } from '../red.ts';
import { engineOf, STORE_CREDENTIALS, storePath } from './store-options.ts';

/** What the report is of. */
const TITLE: Readonly<Record<ReportLanguage, string>> = { en: 'Connector store', de: 'Connector-Speicher' };

/** Offers the route; once for the runtime, not for each node. */
export function offerChecks(RED: RED): KnownNodes {
  const tested = { type: 'connector-store', credentials: Object.keys(STORE_CREDENTIALS), goesTo };
  return offerEnteredChecks(RED, tested, async ({ definition, credentials, tell, ...how }) => {
    const { connection = '', linkSecret = '', metricsToken = '' } = credentials;
    const store = {
      engine: engineOf(definition),
      path: storePath(RED, definition),
      connection,
      secrets: { linkSecret, metricsToken },
    };
    tell({ report: treeOf(await checkStore(store, how), TITLE[how.language], how.language) });
  });
}

/** The connection names its server itself; the other secrets do not leave this process. */
export function goesTo(credential: string, definition: Properties): string[] {
  if (credential !== 'connection') return ['this process'];
  return engineOf(definition) === 'postgres' ? ['the server of the connection'] : [];
}
