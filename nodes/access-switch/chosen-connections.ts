/** What the properties of an access switch choose, as the use cases want it; nothing is opened before it is used. */
import type { RequestsHere } from '../../src/connector/instances/requests-here.ts';
import type { ExchangePort, MdmPort } from '../../src/connector/ports.ts';
import type { Directory } from '../../src/connector/sync/switch-parts.ts';
import type { Store } from '../../src/store/store.ts';
import { connectionOf } from '../connections.ts';
import type { Definition, RED } from '../red.ts';
import { textOf } from '../red.ts';

/** The chosen Exchange server. Throws ERR_CONFIG_…. */
export function exchangeOf(RED: RED, definition: Definition): ExchangePort {
  return connectionOf(RED, definition, 'server', 'exchange-server').port;
}

/** The chosen store, opened. Rejects with ERR_CONFIG_…, ERR_STORE_…. */
export function storeOf(RED: RED, definition: Definition): Promise<Store> {
  return connectionOf(RED, definition, 'store', 'connector-store').store();
}

/** What other instances ask of those that share the chosen store. Throws ERR_CONFIG_…. */
export function requestsOf(RED: RED, definition: Definition): RequestsHere {
  return connectionOf(RED, definition, 'store', 'connector-store').requests;
}

/** The chosen directory, found when it is asked; null: none is chosen. */
export function directoryOf(RED: RED, definition: Definition): Directory | null {
  const source = textOf(definition, 'directory');
  if (source === '') return null;
  const port = (): MdmPort => connectionOf(RED, definition, 'directory', 'mdm-tenant').port;
  return {
    source,
    groupMembers: (group, options) => port().groupMembers(group, options),
    mdmRecord: async (id, options) => port().mdmRecord(id, options),
  };
}
