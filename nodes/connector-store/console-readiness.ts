/** The checklist before an access switch enforces, as the console shows it; and that phones reach a link address. */
import type { ReadinessLanguage } from '../../src/connector/sentences/readiness-words.ts';
import { confirmLinkOf, readinessOf, runningSwitch } from '../readiness.ts';
import { bodyOf } from '../admin-routes.ts';
import type { RED, WebRequest } from '../red.ts';
import { nameOfNode } from './deployed-stores.ts';
import type { DeployedStore } from './deployed-stores.ts';

/*
 *   of the organization runs          answer
 *   no access switch                  switch null, no checklist
 *   one, or several                   that of the one that enforces, or else of the first
 *   one that a field stops            ERR_CONFIG_INVALID
 */

/** The checklist of an organization's access switch. @param of.organization null: the store knows none yet */
export async function readinessAnswer(
  RED: RED,
  of: { readonly id: string; readonly organization: string | null; readonly language: ReadinessLanguage },
): Promise<unknown> {
  const { id: store, organization, language } = of;
  const found = runningSwitch(RED, { store, organization });
  const at = new Date().toISOString();
  if (found === null) return { at, switch: null, checklist: null };
  const { node, settings } = found;
  return {
    at,
    switch: { id: node.id, name: nameOfNode(node, language), mode: settings.mode },
    checklist: await readinessOf(RED, found, language),
  };
}

/** A person says in the console that phones reach a link address. Throws ERR_INPUT_INVALID. */
export async function confirmLinkAsked(
  RED: RED,
  deployed: DeployedStore,
  request: WebRequest,
): Promise<{ readonly state: 'ended' }> {
  const { address } = bodyOf(request);
  await confirmLinkOf(RED, { storeId: deployed.id, store: await deployed.store(), address, request });
  return { state: 'ended' };
}
