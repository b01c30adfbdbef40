/** The MDMs of all flows, for who asks them beside their readings. */
import type { Mdms } from '../src/connector/ports.ts';
import { offeredConnection } from './connections.ts';
import type { Definition, RED } from './red.ts';
import { choiceOf, runningNodes, textOf } from './red.ts';

/** As they are deployed at the moment of asking. */
export function mdmsOf(RED: RED): Mdms {
  return {
    deployed: () => deployedSources(RED),
    port: (source) => offeredConnection(RED, source, 'mdm-tenant')?.port ?? null,
  };
}

function deployedSources(RED: RED): string[] {
  return runningNodes(RED, 'mdm-source').map(({ definition }) => sourceOf(definition));
}

/**
 * True if the flows have an MDM source of that name for a store, whether it runs or is disabled.
 * @param store id of the store's configuration
 * @param source as its records name it
 */
export function isInFlows(RED: RED, store: string, source: string): boolean {
  let found = false;
  RED.nodes.eachNode((definition) => {
    if (definition.type !== 'mdm-source' || found) return;
    const chosen = textOf(definition, 'store');
    found = (chosen === '' || chosen === store) && sourceOf(definition) === source;
  });
  return found;
}

/** What names a source in records and keys: the tenant; of a mapping the node's name, its preset, or its id. */
function sourceOf(definition: Definition): string {
  const isIntune = choiceOf(definition, 'provider', ['intune', 'mapping'], 'intune') === 'intune';
  if (isIntune) return textOf(definition, 'tenant');
  return textOf(definition, 'name') || textOf(definition, 'preset') || definition.id;
}
