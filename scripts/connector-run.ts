/** The example flow inside Node-RED against the lab, and what can be seen from outside while it runs. */
import type { DeviceRecord, EasRecord } from '../src/model/records.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { labEnvironment, labFlow, readExample } from './lab-flow.ts';
import type { NodeRed, SendEvent } from './node-red.ts';
import { startNodeRed } from './node-red.ts';

export interface ConnectorRunOptions {
  readonly lab: Lab;
  readonly userDir: string;
  readonly port: number;
  /** Seconds between quick syncs; 0 = only when asked. */
  readonly quickSeconds: number;
  readonly quiet?: boolean;
  /** A page of EAS records was read. */
  readonly onEasRecords?: (records: readonly EasRecord[]) => void;
  /** A page of device records was matched. */
  readonly onDevices?: (devices: readonly DeviceRecord[]) => void;
  /** A whole sync ended: access switch and notifier have done their work. */
  readonly onSyncEnd?: () => void;
}

export interface ConnectorRun {
  readonly nodeRed: NodeRed;
  /** Presses an inject node's button and waits for the whole sync, mails included. */
  sync(name: 'full sync' | 'quick sync' | 'dry run'): Promise<void>;
  stop(): Promise<void>;
}

interface Watch {
  readonly since: number;
  /** Id of the match that saw both new readings. */
  matchId: string | null;
  reported: boolean;
  readonly finish: () => void;
}

/** Starts the flow. The lab's addresses reach it through environment variables of this process. */
export async function startConnector(options: ConnectorRunOptions): Promise<ConnectorRun> {
  const example = readExample();
  const idOf = (type: string, name?: string): string => {
    const entry = example.find((candidate) => candidate.type === type && (name === undefined || candidate['name'] === name));
    if (entry === undefined) throw new Error(`The example has no ${type} ${name ?? ''}.`);
    return entry.id;
  };
  let mailsDue = 0;
  let watch: Watch | null = null;

  const settle = (): void => {
    if (watch?.reported !== true || mailsDue > 0) return;
    const { finish } = watch;
    watch = null;
    options.onSyncEnd?.();
    finish();
  };
  const onSend = ({ msg, source }: SendEvent): void => {
    const type = source.node.type;
    if (type === 'eas-source') options.onEasRecords?.(msg['payload'] as EasRecord[]);
    if (type === 'merge-matcher' && source.port === 0) options.onDevices?.(msg['payload'] as DeviceRecord[]);
    if (type === 'merge-matcher' && source.port === 2 && watch !== null) {
      const { sync, eas, mdm } = msg['payload'] as { sync: { id: string }; eas: { startedAt: string }; mdm: { startedAt: string | null } };
      const both = [eas.startedAt, mdm.startedAt].every((at) => at !== null && Date.parse(at) >= watch!.since);
      if (both) watch.matchId = sync.id;
    }
    if (type === 'access-switch' && source.port === 0) mailsDue += 1;
    if (type === 'access-switch' && source.port === 3 && watch !== null) {
      const { sync } = msg['payload'] as { sync: { id: string } };
      // The switch may report before the matcher does: the match is then known a moment later.
      setImmediate(() => {
        if (watch !== null && (watch.matchId === sync.id || watch.matchId === null)) watch.reported = watch.matchId === sync.id;
        settle();
      });
    }
    if (type === 'enrollment-notifier') mailsDue -= 1;
    settle();
  };

  const port = options.port === 0 ? await freePort() : options.port;
  Object.assign(process.env, labEnvironment(options.lab, `http://127.0.0.1:${port}`));
  const nodeRed = await startNodeRed({
    userDir: options.userDir,
    port,
    ...labFlow(example, { quickSeconds: options.quickSeconds }),
    onSend,
    ...(options.quiet === undefined ? {} : { quiet: options.quiet }),
  });
  return {
    nodeRed,
    sync(name) {
      return new Promise((resolve) => {
        watch = { since: Date.now(), matchId: null, reported: false, finish: resolve };
        nodeRed.receive(idOf('inject', name));
      });
    },
    stop: () => nodeRed.stop(),
  };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
