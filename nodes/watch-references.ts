/** What a node needs of config nodes is looked at whenever flows have started: what is gone is said before a message comes. */
import { asConnectorError } from '../src/errors.ts';
import type { ConnectorError } from '../src/errors.ts';
import { onFlowsStarted } from './announced-sources.ts';
import { connectionOf, proxyOf, tlsOf } from './connections.ts';
import { referencesOf } from './fields.ts';
import { showError, showStatus } from './on-input.ts';
import type { Definition, Instance, RED } from './red.ts';
import { problemAtStart, runningNodes } from './red.ts';

/** Which type of config node a property names; `tls` and `proxy` name core nodes. */
const KINDS = {
  server: 'exchange-server',
  exchange: 'exchange-server',
  tenant: 'mdm-tenant',
  directory: 'mdm-tenant',
  account: 'mail-account',
  store: 'connector-store',
} as const;

/*
 *   a config node that the node names,                 its status when flows have started
 *   or that one of these names in turn
 *   is not chosen, and may be empty                    as it was
 *   is not chosen, and is needed                       red: configuration missing
 *   is gone, disabled, not started, of another type    red: configuration missing; the log names the field
 *   has a field that cannot be meant                   red, from the start (red.ts)
 *   is there again                                     as when it began
 */

/**
 * Has a node say in its status, and once in the log, which config node it lacks, each time flows have started.
 * @param showGood what the status is once all is there again; default: ready
 */
export function watchReferences(
  RED: RED,
  node: Instance,
  definition: Definition,
  showGood: () => void = () => showStatus(RED, node, 'grey', 'shared.status.ready'),
): void {
  let isMissing = false;
  onFlowsStarted(RED, node, async () => {
    if (problemAtStart(node) !== null) return;
    const missing = missingOf(RED, definition);
    if (missing !== null) {
      showError(RED, node, missing);
      if (!isMissing) node.error(missing);
    } else if (isMissing) showGood();
    isMissing = missing !== null;
  });
}

/** Why a config node that is needed cannot be used; null: all are there. */
function missingOf(RED: RED, definition: Definition): ConnectorError | null {
  for (const { property, id, isNeeded } of referencesOf(definition.type, definition)) {
    if (id === '' && !isNeeded) continue;
    try {
      if (property === 'tls') tlsOf(RED, definition);
      else if (property === 'proxy') proxyOf(RED, definition);
      else connectionOf(RED, definition, property, KINDS[property as keyof typeof KINDS]);
    } catch (thrown) {
      return asConnectorError(thrown);
    }
    if (property === 'tls' || property === 'proxy') continue;
    const used = runningNodes(RED, KINDS[property as keyof typeof KINDS]).find(({ node }) => node.id === id);
    const missing = used === undefined ? null : missingOf(RED, used.definition);
    if (missing !== null) return missing;
  }
  return null;
}
