/** What the dialog asks the runtime: the check of the deployed notifier. Needs `enrollment-notifier.write`, as it signs in. */
import type { NotifierCheck } from '../../src/connector/mails/check-account.ts';
import { ConnectorError } from '../../src/errors.ts';
import { adminRoutes, bodyOf } from '../admin-routes.ts';
import type { RED } from '../red.ts';

/** A notifier that runs, as the dialog's buttons need it. */
export interface CheckedNode {
  /** @param ownMail a mail goes to the account itself */
  checkNow(ownMail: boolean, signal: AbortSignal): Promise<NotifierCheck>;
}

/** Offers the route; once for the runtime, not for each node. */
export function registerRoutes(RED: RED): void {
  adminRoutes(RED).post('/enrollment-notifier/check', 'enrollment-notifier.write', (request, signal) => {
    const { id, ownMail } = bodyOf(request);
    const node: object | null = typeof id === 'string' ? RED.nodes.getNode(id) : null;
    if (node === null || !isChecked(node))
      throw new ConnectorError('ERR_INPUT_INVALID', 'This notifier does not run: deploy it first.');
    return node.checkNow(ownMail === true, signal);
  });
}

function isChecked(node: object): node is CheckedNode {
  return 'checkNow' in node && typeof node.checkNow === 'function';
}
