/** The MDMs of all flows, for who asks them beside their readings. */
import type { Mdms } from '../src/connector/ports.ts';
import { offeredConnection } from './connections.ts';
import type { RED } from './red.ts';
import { choiceOf, textOf } from './red.ts';

/** As they are deployed at the moment of asking. */
export function mdmsOf(RED: RED): Mdms {
  return {
    deployed: () => deployedSources(RED),
    port: (source) => offeredConnection(RED, source, 'mdm-tenant')?.port ?? null,
  };
}

function deployedSources(RED: RED): string[] {
  const names: string[] = [];
  // As the flow file has them, with the properties of their types.
  RED.nodes.eachNode((definition) => {
    // A node that is disabled has a definition only.
    if (definition.type !== 'mdm-source' || RED.nodes.getNode(definition.id) === null) return;
    const isIntune = choiceOf(definition, 'provider', ['intune', 'mapping'], 'intune') === 'intune';
    names.push(isIntune ? textOf(definition, 'tenant') : definition.name || definition.id);
  });
  return names;
}
