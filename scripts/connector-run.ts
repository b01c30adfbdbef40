/** The example flow inside Node-RED against the lab, and what can be seen from outside while it runs. */
import type { Rule } from '../src/access/rules.ts';
import type { Decision, DeviceRecord, EasRecord } from '../src/model/records.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { freePort } from './free-port.ts';
import { labEnvironment, labFlow, readExample } from './lab-flow.ts';
import type { NodeRed, SendEvent } from './node-red.ts';
import { startNodeRed } from './node-red.ts';

export interface ConnectorRunOptions {
  readonly lab: Lab;
  readonly userDir: string;
  readonly port: number;
  /** Seconds between quick syncs; 0 = only when asked. */
  readonly quickSeconds: number;
  /** Rules of the access switch; default its own. */
  readonly rules?: readonly Rule[];
  readonly quiet?: boolean;
  /** A page of EAS records was read. */
  readonly onEasRecords?: (records: readonly EasRecord[]) => void;
  /** A page of device records was matched. */
  readonly onDevices?: (devices: readonly DeviceRecord[]) => void;
  /** The access switch blocked or allowed a device. */
  readonly onDecision?: (news: { device: DeviceRecord; decision: Decision }) => void;
  /** A whole sync ended: access switch and notifier have done their work. */
  readonly onSyncEnd?: () => void;
}

export interface ConnectorRun {
  readonly nodeRed: NodeRed;
  /** Presses an inject node's button and waits for the whole sync, mails included. Rejects when a node fails. */
  sync(name: 'full sync' | 'new phones' | 'quick sync' | 'dry run'): Promise<void>;
  stop(): Promise<void>;
}

interface Watch {
  readonly since: number;
  /** It reads Exchange alone. */
  readonly isOfExchange: boolean;
  /** Ids of the matches that saw the new readings, and of those that the access switch has reported on. */
  readonly matched: Set<string>;
  readonly reported: Set<string>;
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

/** Starts the flow. The lab's addresses reach it through environment variables of this process. */
export async function startConnector(options: ConnectorRunOptions): Promise<ConnectorRun> {
  const example = readExample();
  const idOf = (type: string, name?: string): string => {
    const entry = example.find(
      (candidate) => candidate.type === type && (name === undefined || candidate['name'] === name),
    );
    if (entry === undefined) throw new Error(`The example has no ${type} ${name ?? ''}.`);
    return entry.id;
  };
  let mailsDue = 0;
  let watch: Watch | null = null;

  const settle = (): void => {
    if (watch === null || mailsDue > 0 || ![...watch.matched].some((id) => watch?.reported.has(id))) return;
    const { finish } = watch;
    watch = null;
    options.onSyncEnd?.();
    finish();
  };
  const notifier = idOf('enrollment-notifier');
  const onSend = ({ msg, source, destination }: SendEvent): void => {
    const type = source.node.type;
    if (type === 'eas-source') options.onEasRecords?.(msg['payload'] as EasRecord[]);
    if (type === 'merge-matcher' && source.port === 0) options.onDevices?.(msg['payload'] as DeviceRecord[]);
    if (type === 'merge-matcher' && source.port === 2 && watch !== null) {
      const { sync, eas, mdm } = msg['payload'] as {
        sync: { id: string };
        eas: { startedAt: string };
        mdm: { startedAt: string | null };
      };
      const read = watch.isOfExchange ? [eas.startedAt] : [eas.startedAt, mdm.startedAt];
      const { since, matched } = watch;
      if (read.every((at) => at !== null && Date.parse(at) >= since)) matched.add(sync.id);
    }
    // One event a wire: only the one that leads to the notifier counts.
    if (destination.id === notifier) mailsDue += 1;
    if (type === 'access-switch' && source.port < 2)
      options.onDecision?.(msg['payload'] as { device: DeviceRecord; decision: Decision });
    if (type === 'access-switch' && source.port === 3 && watch !== null) {
      const { sync } = msg['payload'] as { sync: { id: string } };
      watch.reported.add(sync.id);
    }
    settle();
  };

  const port = options.port === 0 ? await freePort() : options.port;
  Object.assign(process.env, labEnvironment(options.lab, `http://127.0.0.1:${port}`));
  const nodeRed = await startNodeRed({
    userDir: options.userDir,
    port,
    ...labFlow(example, {
      quickSeconds: options.quickSeconds,
      ...(options.rules === undefined ? {} : { rules: options.rules }),
      moreMdms: options.lab.moreMdms !== undefined,
    }),
    onSend,
    onDone: (node, error) => {
      if (node.id === notifier) mailsDue -= 1;
      const failed = watch;
      if (error === undefined) return settle();
      watch = null;
      failed?.fail(new Error(`The ${node.type} node failed: ${error.message}`, { cause: error }));
    },
    ...(options.quiet === undefined ? {} : { quiet: options.quiet }),
  });
  return {
    nodeRed,
    sync(name) {
      return new Promise((resolve, reject) => {
        const isOfExchange = name === 'new phones';
        watch = {
          since: Date.now(),
          isOfExchange,
          matched: new Set(),
          reported: new Set(),
          finish: resolve,
          fail: reject,
        };
        nodeRed.receive(idOf('inject', name));
      });
    },
    stop: () => nodeRed.stop(),
  };
}
