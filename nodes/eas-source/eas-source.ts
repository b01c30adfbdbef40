import { readStartRequest } from '../../src/connector/readings/start-request.ts';
import { takeEasReading } from '../../src/connector/readings/take-reading.ts';
import { redact } from '../../src/log.ts';
import { connectionOf } from '../connections.ts';
import { onInput } from '../on-input.ts';
import type { Handler, Outcome, Run } from '../on-input.ts';
import type { Msg, RED } from '../red.ts';
import { choiceOf, numberOf, registerNode } from '../red.ts';
import { tellingWaits } from '../session-waits.ts';
import { unlessReadElsewhere } from '../second-reading.ts';
import { sendReading } from '../send-pages.ts';
import { combineStartMessages } from '../start-message.ts';

/** Reads the EAS records of one Exchange organization and sends them as pages. */
export default function easSource(RED: RED): void {
  registerNode(RED, 'eas-source', (node, definition) => {
    const read = async (msg: Msg, run: Run): Promise<Outcome> => {
      const asked = readStartRequest(msg.sync);
      const { port } = connectionOf(RED, definition, 'server', 'exchange-server');
      const connection = connectionOf(RED, definition, 'store', 'connector-store');
      run.progress('connecting');
      const reading = await takeEasReading({
        exchange: port,
        store: () => connection.store(),
        underWay: connection.readings,
        node: node.id,
        asked,
        setting: choiceOf(definition, 'sync', ['full', 'quick'] as const, 'full'),
        scope: definition['scope'],
        pageSize: numberOf(definition, 'pageSize', 500),
        now: Date.now,
        newId: () => RED.util.generateId(),
        signal: run.signal,
        onWarning: (text) => node.warn(redact(text)),
      });
      const count = await sendReading(RED, run, msg, reading);
      return { key: reading.info.kind === 'full' ? 'read' : 'changed', values: { count } };
    };
    const readOnce: Handler = (msg, run) =>
      tellingWaits(RED, node, definition, run, () => unlessReadElsewhere(() => read(msg, run)));
    onInput(RED, node, 'coalesce', readOnce, combineStartMessages);
  });
}
