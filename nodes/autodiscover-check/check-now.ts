/** "Check now" of the dialog: the deployed node's own check, step by step, and the whole report as a tree. */
import { stepBranch, treeOf } from '../../src/autodiscover/describe-report.ts';
import type { ReportLanguage } from '../../src/autodiscover/words/say.ts';
import { ConnectorError } from '../../src/errors.ts';
import { adminRoutes, bodyOf } from '../admin-routes.ts';
import { refusalOf, type RED } from '../red.ts';
import { askedCheck } from './asked-check.ts';
import type { CheckNode } from './whole-check.ts';

/** The nodes that can be checked from their dialogs. */
interface OfferedChecks {
  /** Until the node is closed. */
  offer(checkNode: CheckNode, language: ReportLanguage): void;
}

/**
 * Offers the route; once for the runtime, not for each node. What is checked is what is deployed: a request names a node and
 * nothing else, so it leads to no host, and sends no password anywhere, that deploying did not allow before.
 *
 * | asked for                                        | answer                                        |
 * |--------------------------------------------------|-----------------------------------------------|
 * | without the permission `autodiscover-check.write` | 401 by Node-RED                               |
 * | a node that does not run                          | 400 ERR_CONFIG_MISSING: deploy it first       |
 * | a node with a field that cannot be meant          | 400 ERR_CONFIG_INVALID                        |
 * | any other                                        | lines `{ step }` as they end, then `{ report }` |
 */
export function offerChecks(RED: RED): OfferedChecks {
  const offered = new Map<string, { readonly checkNode: CheckNode; readonly language: ReportLanguage }>();
  adminRoutes(RED).tell('/autodiscover-check/check', 'autodiscover-check.write', async (request, signal, tell) => {
    const { id } = bodyOf(request);
    const found = typeof id === 'string' ? offered.get(id) : undefined;
    if (found === undefined)
      throw new ConnectorError('ERR_CONFIG_MISSING', 'This node does not run yet. Deploy it, then check.');
    const { checkNode, language } = found;
    const refusal = refusalOf(checkNode.node);
    if (refusal !== null) throw refusal;
    const report = await askedCheck(checkNode, {} as never, {
      signal,
      onStep: (step) => {
        // Parts of a step that have no title of their own are shown with it.
        if (step.title !== '') tell({ step: { ...stepBranch(step, language), children: [] } });
      },
    });
    tell({ report: treeOf(report, language) });
  });
  return {
    offer(checkNode, language) {
      const { node } = checkNode;
      const entry = { checkNode, language };
      offered.set(node.id, entry);
      node.on('close', () => {
        if (offered.get(node.id) === entry) offered.delete(node.id);
      });
    },
  };
}
