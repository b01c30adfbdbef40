import { ConnectorError } from '../../src/errors.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import { connectionOf } from '../connections.ts';
import { onInput } from '../on-input.ts';
import type { Handler } from '../on-input.ts';
import type { Definition, Msg, RED } from '../red.ts';
import { refusalOf, registerNode } from '../red.ts';
import { dueChanges } from '../../src/connector/sync/apply-changes.ts';
import { control } from './control.ts';
import { mayWrite } from './enforce.ts';
import { finishSync } from './finish-sync.ts';
import type { OpenSync, PageSync } from './finish-sync.ts';
import { registerRoutes } from './routes.ts';
import { groupSources } from './scene.ts';
import type { Scene } from './scene.ts';
import { DEFAULT_MAX_AGE_HOURS, settingsOf } from './settings.ts';
import { SyncDecisions } from '../../src/connector/sync/decide-sync.ts';
import { Told } from './tell.ts';

/** How often changes that failed are looked at again. */
const RETRY_CHECK_MS = 60_000;

/** Decides for every device of its organization and writes the decision to Exchange, or says what it would write. */
export default function accessSwitch(RED: RED): void {
  registerRoutes(RED);
  registerNode(RED, 'access-switch', (node, definition) => {
    const settings = settingsOf(definition);
    const told = new Told();
    let sync: OpenSync | null = null;
    let hadSync = false;
    let maxAgeHours = DEFAULT_MAX_AGE_HOURS;

    const answer: Handler = async (msg, run) => {
      const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
      const scene: Scene = { RED, node, definition, settings, store, run };
      if (msg.topic !== 'device') return control(scene, msg, maxAgeHours);

      const page = pageSyncOf(msg);
      // Before anything is read, stored or queued: another organization's devices are its own switch's business.
      if (page.organization !== connectionOf(RED, definition, 'server', 'exchange-server').organization)
        return hadSync ? null : { fill: 'grey', key: 'passedOver' };
      hadSync = true;
      ({ maxAgeHours } = page);
      if (page.page === 0) {
        sync = null;
        sync = await beginSync(scene, page);
      }
      if (sync?.id !== page.id) {
        throw new ConnectorError(
          'ERR_SNAPSHOT_INCOMPLETE',
          'The first pages of this sync did not reach the access switch.',
        );
      }
      const devices = msg.payload as DeviceRecord[];
      told.page(scene, msg, devices, sync.decisions.page(devices));
      if (!page.last) {
        const { count } = sync.decisions;
        run.progress('deciding', { count });
        return { fill: 'grey', key: 'deciding', values: { count } };
      }
      const ended = sync;
      sync = null;
      return finishSync(scene, msg, page, ended);
    };
    // Giving back needs no rules and no brake: it is the way out when they are wrong.
    onInput(RED, node, 'queue', answer, undefined, ({ topic }) => topic === 'undo');

    let closed = false;
    const retry = setInterval(() => {
      void hasDueChange(RED, definition, maxAgeHours).then((due) => {
        if (due && !closed && refusalOf(node) === null) node.receive({ topic: 'due' } as never);
      });
    }, RETRY_CHECK_MS);
    retry.unref();
    node.on('close', () => {
      closed = true;
      clearInterval(retry);
    });
  });
}

/** True if a change that failed is due again; a store or configuration that is away is not this timer's business. */
async function hasDueChange(RED: RED, definition: Definition, maxAgeHours: number): Promise<boolean> {
  try {
    const { organization } = connectionOf(RED, definition, 'server', 'exchange-server');
    const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
    const only = mayWrite(settingsOf(definition));
    return (await dueChanges({ store, organization, maxAgeHours, only })).length > 0;
  } catch {
    return false;
  }
}

function pageSyncOf(msg: Msg): PageSync {
  const sync = (typeof msg.sync === 'object' && msg.sync !== null ? msg.sync : {}) as Record<string, unknown>;
  const { id, kind, organization, startedAt, last, page, dryRun, maxAgeHours } = sync;
  const isPage =
    typeof id === 'string' &&
    typeof organization === 'string' &&
    typeof last === 'boolean' &&
    typeof page === 'number' &&
    Array.isArray(msg.payload);
  if (!isPage) {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'The message is no page of device records: wire output 1 of a merge matcher to the access switch.',
    );
  }
  return {
    id,
    kind: kind === 'quick' ? 'quick' : 'full',
    organization,
    startedAt: typeof startedAt === 'string' ? startedAt : null,
    last,
    page,
    dryRun: dryRun === true,
    maxAgeHours: typeof maxAgeHours === 'number' ? maxAgeHours : DEFAULT_MAX_AGE_HOURS,
  };
}

async function beginSync({ RED, definition, settings, store, run }: Scene, page: PageSync): Promise<OpenSync> {
  const { organization, maxAgeHours } = page;
  const scene = {
    store,
    settings,
    organization,
    maxAgeHours,
    groups: groupSources(RED, definition),
    signal: run.signal,
  };
  // The plan's id is this switch's and this sync's alone: what is approved under it is what was told under it.
  const head = { id: `${organization}.${RED.util.generateId()}`, startedAt: page.startedAt };
  return { id: page.id, decisions: await SyncDecisions.begin(scene, head), began: Date.now() };
}
