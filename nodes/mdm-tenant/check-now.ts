/** "Test" of the dialog: the report of the first hour with the tenant as its fields have it now, deployed or not. */
import { checkTenant } from '../../src/graph/check/check-tenant.ts';
import type { TenantToCheck } from '../../src/graph/check/check-tenant.ts';
import { stepBranch, treeOf } from '../../src/model/check-report.ts';
import { adminRoutes, bodyOf } from '../admin-routes.ts';
import { joinSimulation } from '../join-simulation.ts';
import type { Instance, RED } from '../red.ts';
import { enteredTenant } from './entered-tenant.ts';
import { isSimulated, tenantOptions } from './tenant-options.ts';

/** The tenants that run, of which the runtime knows what the editor does not. */
interface KnownTenants {
  /** Until the node is closed. */
  add(node: Instance): void;
}

/**
 * Offers the route; once for the runtime, not for each node. What is tested is what was entered: the request leads to hosts and
 * takes secrets there. So it needs what a deploy needs, `flows.write`: whoever may test may deploy the same, and reach the same.
 *
 * | asked for                                     | answer                                                           |
 * |-----------------------------------------------|------------------------------------------------------------------|
 * | without the permission `flows.write`          | 401 by Node-RED                                                  |
 * | a field that cannot be meant                  | 400 ERR_CONFIG_INVALID                                           |
 * | what only deploying makes known (entered-tenant.ts) | 400 ERR_CONFIG_MISSING                                     |
 * | any other                                     | lines `{ step }` as they end, `{ progress }`, then `{ report }`  |
 */
export function offerChecks(RED: RED): KnownTenants {
  const known = new Map<string, Instance>();
  adminRoutes(RED).tell('/mdm-tenant/check', 'flows.write', async (request, signal, tell) => {
    const body = bodyOf(request);
    const { id } = body;
    const entered = enteredTenant(RED, body, typeof id === 'string' ? (known.get(id) ?? null) : null);
    await withTenant(
      () => tenantOptions(RED, entered.definition, entered.credentials),
      isSimulated(entered.definition),
      async (tenant) => {
        const report = await checkTenant(tenant, {
          signal,
          onStep: (step) => tell({ step: { ...stepBranch(step), children: [] } }),
          onProgress: (title) => tell({ progress: `${title}…` }),
        });
        tell({ report: treeOf(report, 'MDM tenant') });
      },
    );
  });
  return {
    add(node) {
      known.set(node.id, node);
      node.on('close', () => {
        if (known.get(node.id) === node) known.delete(node.id);
      });
    },
  };
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
