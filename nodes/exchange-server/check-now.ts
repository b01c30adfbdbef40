/** "Test" of the dialog: the report of the first hour with the deployed Exchange server, step by step, and whole as a tree. */
import { checkExchange } from '../../src/exchange/check/check-exchange.ts';
import type { ExchangeToCheck } from '../../src/exchange/check/check-exchange.ts';
import { stepBranch, treeOf } from '../../src/model/check-report.ts';
import { ConnectorError } from '../../src/errors.ts';
import { adminRoutes, bodyOf } from '../admin-routes.ts';
import type { Instance, RED } from '../red.ts';
import { refusalOf } from '../red.ts';

/** The configurations that can be tested from their dialogs. */
interface OfferedChecks {
  /** Until the node is closed. @param what is asked at each test; may throw what the fields are refused with */
  offer(node: Instance, what: () => ExchangeToCheck): void;
}

/** Milliseconds between two lines that say how much was read. */
const PROGRESS_MS = 500;

/**
 * Offers the route; once for the runtime, not for each node. What is tested is what is deployed: a request names a node and
 * nothing else, so it leads to no host, and sends no password anywhere, that deploying did not allow before.
 *
 * | asked for                                      | answer                                                           |
 * |------------------------------------------------|------------------------------------------------------------------|
 * | without the permission `exchange-server.write` | 401 by Node-RED                                                  |
 * | a node that does not run                       | 400 ERR_CONFIG_MISSING: deploy it first                          |
 * | a node with a field that cannot be meant       | 400 ERR_CONFIG_INVALID                                           |
 * | any other                                      | lines `{ step }` as they end, `{ progress }`, then `{ report }`  |
 */
export function offerChecks(RED: RED): OfferedChecks {
  const offered = new Map<string, { readonly node: Instance; readonly what: () => ExchangeToCheck }>();
  adminRoutes(RED).tell('/exchange-server/check', 'exchange-server.write', async (request, signal, tell) => {
    const { id } = bodyOf(request);
    const found = typeof id === 'string' ? offered.get(id) : undefined;
    if (found === undefined)
      throw new ConnectorError('ERR_CONFIG_MISSING', 'This Exchange server does not run yet. Deploy it, then test.');
    const refusal = refusalOf(found.node);
    if (refusal !== null) throw refusal;
    let toldAt = -Infinity;
    const report = await checkExchange(found.what(), {
      signal,
      onStep: (step) => tell({ step: { ...stepBranch(step), children: [] } }),
      onProgress: (title, count) => {
        const now = performance.now();
        if (count !== null && now - toldAt < PROGRESS_MS) return;
        toldAt = now;
        tell({ progress: count === null ? `${title}…` : `${title}: ${count.toLocaleString('en-US')} read…` });
      },
    });
    tell({ report: treeOf(report, 'Exchange server') });
  });
  return {
    offer(node, what) {
      const entry = { node, what };
      offered.set(node.id, entry);
      node.on('close', () => {
        if (offered.get(node.id) === entry) offered.delete(node.id);
      });
    },
  };
}
