import { readStartRequest } from '../../src/connector/readings/start-request.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import { redact } from '../../src/log.ts';
import type { EasRecord } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import { connectionOf } from '../connections.ts';
import type { Handler } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import type { RED } from '../red.ts';
import { beginReading } from '../readings-under-way.ts';
import { choiceOf, numberOf, registerNode } from '../red.ts';
import { sendPages } from '../send-pages.ts';
import { combineStartMessages } from '../start-message.ts';
import { scopeOf } from '../../src/exchange/eas-scope.ts';

/** Reads the EAS records of one Exchange organization and sends them as pages. */
export default function easSource(RED: RED): void {
  registerNode(RED, 'eas-source', (node, definition) => {
    const read: Handler = async (msg, run) => {
      const request = readStartRequest(msg.sync);
      const server = connectionOf(RED, definition, 'server', 'exchange-server');
      const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
      const startedAt = new Date().toISOString();
      run.progress('connecting');

      const earlier = await store.snapshots.latest('eas', server.organization);
      const wanted = request.kind ?? choiceOf(definition, 'sync', ['full', 'quick'] as const, 'full');
      // Without an earlier reading there is nothing that a quick one could change.
      const kind: 'full' | 'quick' = earlier === null ? 'full' : wanted;
      const id = RED.util.generateId();

      const pages = readEasRecords(server.exchange(), {
        organization: server.organization,
        pageSize: numberOf(definition, 'pageSize', 500),
        kind,
        ...(kind === 'quick' && earlier !== null
          ? { since: earlier.startedAt, keys: await keysToLookAt(store, server.organization) }
          : {}),
        scope: scopeOf(definition['scope']),
        signal: run.signal,
        onWarning: (text) => node.warn(redact(text)),
      });
      const count = await sendPages<EasRecord>(RED, run, pages, {
        start: msg,
        topic: 'eas',
        sync: {
          id,
          source: 'eas',
          kind,
          organization: server.organization,
          startedAt,
          ...(request.dryRun ? { dryRun: true } : {}),
        },
        partsId: id,
        emit: (page) => [page],
        onPage: (sent) => run.progress('reading', { count: sent }),
      });
      return { key: kind === 'full' ? 'read' : 'changed', values: { count } };
    };
    const announced: Handler = async (msg, run) => {
      const { organization } = connectionOf(RED, definition, 'server', 'exchange-server');
      const end = beginReading('eas', organization);
      return read(msg, run).finally(end);
    };
    onInput(RED, node, 'coalesce', announced, combineStartMessages);
  });
}

/**
 * Records a quick sync reads whether Exchange calls them changed or not: those with a change under way, because their
 * lists are ours to watch.
 */
async function keysToLookAt(store: Store, organization: string): Promise<string[]> {
  const waiting = await store.outbox.list({ organization });
  return waiting.map(({ key }) => key);
}
