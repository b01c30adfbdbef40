/** A deployed flow of which there is something to see in the console: devices of all kinds, a held plan, a change, a mail. */
import helper from 'node-red-node-test-helper';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from './connector-flow.ts';
import type { Changes } from './connector-flow.ts';
import { startFlow } from './node-red.ts';
import type { FlowNode, RunningFlow } from './node-red.ts';

/** What a route answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Answers are looked at field by field.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

/** A flow whose routes can be asked. */
export interface ConsoleFlow {
  readonly flow: RunningFlow;
  readonly ask: (path: string, init?: RequestInit) => Promise<Answer>;
  /** POSTs JSON to an action of the store. */
  readonly act: (action: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** Reads both sides and waits for the report. */
  readonly sync: () => Promise<void>;
}

/** Where the routes of the flow's store are. */
export const API = '/exchange-connector/api/store';

/**
 * Starts the flow of the connector, with names, and with a brake that holds more than one block.
 * @param secrets credentials of the store
 * @param arrange puts the nodes elsewhere
 */
export async function startConsole(
  lab: Lab,
  changes: Changes = {},
  secrets: Record<string, string> = {},
  arrange: (nodes: readonly FlowNode[]) => readonly FlowNode[] = (nodes) => nodes,
): Promise<ConsoleFlow> {
  const { nodes, credentials } = connectorFlow(lab, {
    exchange: { name: 'Contoso' },
    tenant: { name: 'Intune' },
    store: { name: 'The store' },
    switch: { name: 'Gate', brakeCount: 1, brakePercent: 0 },
    ...changes,
  });
  const flow = await startFlow(arrange(nodes), { ...credentials, store: secrets });
  const { _app, _httpAdmin } = helper as unknown as { _app: { use(handler: unknown): void }; _httpAdmin: unknown };
  _app.use(_httpAdmin);
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await fetch(`${flow.url}${path}`, init);
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : null };
  };
  return {
    flow,
    ask,
    act: (action, body, headers = {}) =>
      ask(`${API}/${action}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    sync: async () => {
      const reports = flow.messages('switchReport').length;
      const read = flow.ended('mdm').done;
      flow.receive('mdm');
      await flow.until(() => flow.ended('mdm').done > read, 'the MDM was read');
      flow.receive('eas');
      await flow.until(() => flow.messages('switchReport').length > reports, 'the switch has reported');
    },
  };
}
