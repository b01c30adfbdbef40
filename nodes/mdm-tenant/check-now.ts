/** "Test" of the dialog: the report of the first hour with the tenant as its fields have it now, deployed or not. */
import { checkTenant } from '../../src/graph/check/check-tenant.ts';
import type { TenantToCheck } from '../../src/graph/check/check-tenant.ts';
import { CLOUDS } from '../../src/graph/clouds.ts';
import { treeOf } from '../../src/model/check-report.ts';
import type { ReportLanguage } from '../../src/model/say.ts';
import { offerEnteredChecks } from '../entered-checks.ts';
import type { KnownNodes } from '../entered-checks.ts';
import { originsOf } from '../entered-values.ts';
import { joinSimulation } from '../join-simulation.ts';
import type { Properties, RED } from '../red.ts';
import { textOf } from '../red.ts';
import { authMethodOf, cloudOf, isSimulated, TENANT_CREDENTIALS, tenantOptions } from './tenant-options.ts';

/** What the report is of. */
const TITLE: Readonly<Record<ReportLanguage, string>> = { en: 'MDM tenant', de: 'MDM-Mandant' };

/** Offers the route; once for the runtime, not for each node. */
export function offerChecks(RED: RED): KnownNodes {
  const tested = { type: 'mdm-tenant', credentials: Object.keys(TENANT_CREDENTIALS), goesTo };
  return offerEnteredChecks(RED, tested, async ({ definition, credentials, tell, ...how }) => {
    await withTenant(
      () => tenantOptions(RED, definition, credentials),
      isSimulated(definition),
      async (tenant) => tell({ report: treeOf(await checkTenant(tenant, how), TITLE[how.language], how.language) }),
    );
  });
}

/** The sign-in, with the one credential that is chosen. */
export function goesTo(credential: string, definition: Properties): string[] {
  const isUsed = (credential === 'clientSecret') === (authMethodOf(definition) === 'secret');
  if (isSimulated(definition) || !isUsed) return [];
  const cloud = cloudOf(definition);
  return originsOf([cloud === 'custom' ? textOf(definition, 'authorityUrl') : CLOUDS[cloud].authorityUrl]);
}

async function withTenant(
  options: () => Extract<TenantToCheck, { kind: 'intune' }>['graph'],
  simulated: boolean,
  check: (tenant: TenantToCheck) => Promise<void>,
): Promise<void> {
  if (!simulated) return check({ kind: 'intune', graph: options() });
  const simulation = joinSimulation();
  const graph = simulation.graph();
  try {
    await check({ kind: 'simulated', graph });
  } finally {
    await graph.close();
    await simulation.release();
  }
}
