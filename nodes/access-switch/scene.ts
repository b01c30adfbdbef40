/** What the parts of the access switch work with while one message is handled. */
import { ConnectorError } from '../../src/errors.ts';
import type { Store } from '../../src/store/store.ts';
import type { ExchangeConnection } from '../connections.ts';
import { connectionOf } from '../connections.ts';
import type { Run } from '../on-input.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { textOf } from '../red.ts';
import type { GroupSources } from '../../src/connector/sync/group-membership.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';

export interface Scene {
  readonly RED: RED;
  readonly node: Instance;
  readonly definition: Definition;
  readonly settings: SwitchSettings;
  readonly store: Store;
  readonly run: Run;
}

/** The switch writes only to the organization that the devices came from. Throws ERR_CONFIG_INVALID for another. */
export function serverFor(scene: Scene, organization: string): ExchangeConnection {
  const server = connectionOf(scene.RED, scene.definition, 'server', 'exchange-server');
  if (server.organization === organization) return server;
  throw new ConnectorError(
    'ERR_CONFIG_INVALID',
    'The devices came from another Exchange server than the one chosen in "Exchange". One access switch serves one organization.',
  );
}

/** Where the groups that rules name are read; nothing is opened before one is. */
export function groupSources(RED: RED, definition: Definition): GroupSources {
  return {
    graph:
      textOf(definition, 'directory') === ''
        ? null
        : {
            groupMembers: (group, options) =>
              connectionOf(RED, definition, 'directory', 'mdm-tenant').port.groupMembers(group, options),
          },
    exchange: {
      groupMembers: (group, options) =>
        connectionOf(RED, definition, 'server', 'exchange-server').port.groupMembers(group, options),
    },
  };
}
