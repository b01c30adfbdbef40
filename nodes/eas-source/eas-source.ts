import { FedSequence } from '../../src/connector/readings/fed-sequence.ts';
import { readStartRequest } from '../../src/connector/readings/start-request.ts';
import { takeEasReading } from '../../src/connector/readings/take-reading.ts';
import { redact } from '../../src/log.ts';
import type { Page } from '../../src/connector/readings/page.ts';
import type { EasRecord } from '../../src/model/records.ts';
import { connectionOf } from '../connections.ts';
import type { EasFeed, ExchangeConnection } from '../connections.ts';
import { onInput } from '../on-input.ts';
import type { Handler, Outcome, Run } from '../on-input.ts';
import { LastingCredit } from '../page-credit.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { choiceOf, numberOf, registerNode } from '../red.ts';
import { tellingWaits } from '../session-waits.ts';
import { unlessReadElsewhere } from '../second-reading.ts';
import { sendFedPages, sendReading } from '../send-pages.ts';
import { combineStartMessages } from '../start-message.ts';
import { watchReferences } from '../watch-references.ts';

/** Sends the EAS records of one Exchange organization as pages: read from it, or taken by message. */
export default function easSource(RED: RED): void {
  registerNode(RED, 'eas-source', (node, definition) => {
    if (choiceOf(definition, 'from', ['exchange', 'message'], 'exchange') === 'message')
      onInput(RED, node, 'queue', takeMessages(RED, node, definition));
    else onInput(RED, node, 'coalesce', readExchange(RED, node, definition), combineStartMessages);
    watchReferences(RED, node, definition);
  });
}

const KINDS = ['full', 'quick'] as const;

function readExchange(RED: RED, node: Instance, definition: Definition): Handler {
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
      setting: choiceOf(definition, 'sync', KINDS, 'full'),
      scope: definition['scope'],
      pageSize: numberOf(definition, 'pageSize', 500),
      now: Date.now,
      newId: () => RED.util.generateId(),
      signal: run.signal,
      onWarning: (text) => node.warn(redact(text)),
    });
    const ends: Page<EasRecord>[] = [];
    const count = await sendReading(RED, run, msg, { ...reading, pages: tellingEnd(reading.pages, ends) });
    return outcomeOf(reading.info.kind, count, ends[0]);
  };
  return (msg, run) => tellingWaits(RED, node, definition, run, () => unlessReadElsewhere(() => read(msg, run)));
}

/** Takes records out of messages. The chosen Exchange server says which organization they are of, and is not asked. */
function takeMessages(RED: RED, node: Instance, definition: Definition): Handler {
  const chosen = (): ExchangeConnection => connectionOf(RED, definition, 'server', 'exchange-server');
  const sequence = new FedSequence<EasRecord, EasFeed>({
    source: 'eas',
    pageSize: numberOf(definition, 'pageSize', 500),
    kind: (asked) => asked ?? choiceOf(definition, 'sync', KINDS, 'full'),
    open: () => chosen().feed(),
    now: Date.now,
    newId: () => RED.util.generateId(),
  });
  const credits = new LastingCredit(RED);
  node.on('close', () => credits.end());
  return async (msg, run) => {
    const { organization } = chosen();
    const isSingle = isOneRecord(msg.payload);
    const taken = await sequence.take({ ...msg, isSingle }, async (feed) => ({
      records: await feed.take(msg.payload),
      gone: feed.gone((msg.sync as { gone?: unknown } | undefined)?.gone),
      gaps: feed.gaps,
    }));
    if (taken === null) return null;
    const { pages, kind, total, isEnd } = taken;
    await sendFedPages(RED, run, msg, pages, { source: 'eas', organization, credits });
    if (isEnd || !isSingle) return outcomeOf(kind, total, pages.at(-1));
    run.progress('reading', { count: total });
    return null;
  };
}

/** A text of one line that is no list is one record too, as core File in sends them. */
function isOneRecord(payload: unknown): boolean {
  if (typeof payload !== 'string') return !Array.isArray(payload);
  const text = payload.trim();
  return !text.startsWith('[') && !text.includes('\n');
}

/** @param ends gets the last page */
async function* tellingEnd<T>(pages: AsyncIterable<Page<T>>, ends: Page<T>[]): AsyncGenerator<Page<T>> {
  for await (const page of pages) {
    if (page.last) ends.push(page);
    yield page;
  }
}

/*
 *   objects not given   of the forest was seen             status
 *   some                any                                yellow: how many are unreadable
 *   none                one domain, all was asked for      yellow: of one domain only
 *   none                one domain, as it is set           of one domain
 *   none                all, nobody says                   how many records
 */
function outcomeOf(
  kind: 'full' | 'quick',
  count: number,
  { gaps, view }: Pick<Page<EasRecord>, 'gaps' | 'view'> = {},
): Outcome {
  const key = kind === 'full' ? 'read' : 'changed';
  if (gaps !== undefined) return { fill: 'yellow', key: `${key}WithGaps`, values: { count, gaps: gaps.count } };
  if (view === 'refused') return { fill: 'yellow', key: `${key}OneDomain`, values: { count } };
  return { key: view === 'domain' ? `${key}OneDomain` : key, values: { count } };
}
