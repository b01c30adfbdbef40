import { setImmediate } from 'node:timers/promises';
import { FedSequence } from '../../src/connector/readings/fed-sequence.ts';
import { readStartRequest } from '../../src/connector/readings/start-request.ts';
import { takeMdmReading } from '../../src/connector/readings/take-reading.ts';
import { ConnectorError } from '../../src/errors.ts';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { COMPLIANCE_SETTINGS, isManagedEnough } from '../../src/mdm/told-compliance.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import { adminRoutes } from '../admin-routes.ts';
import { announceSource, readingsOf, sourceStore } from '../announced-sources.ts';
import type { SourceFacts } from '../announced-sources.ts';
import { connectionOf } from '../connections.ts';
import type { Handler, Outcome, Run } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import { LastingCredit } from '../page-credit.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { choiceOf, flagOf, numberOf, registerNode, textOf } from '../red.ts';
import { unlessReadElsewhere } from '../second-reading.ts';
import { sendFedPages, sendReading } from '../send-pages.ts';
import { combineStartMessages } from '../start-message.ts';
import { boundMapping } from './bounded-mapping.ts';

/** Reads the MDM records of Intune, or maps those of any other MDM, and sends them as pages. */
export default function mdmSource(RED: RED): void {
  registerNode(RED, 'mdm-source', (node, definition) => {
    const mapping = choiceOf(definition, 'provider', ['intune', 'mapping'], 'intune') === 'mapping';
    const announce = announceSource(RED, node, definition, () =>
      mapping ? mappingFacts(node, definition) : intuneFacts(RED, node, definition),
    );
    if (mapping) onInput(RED, node, 'queue', mapRecords(RED, node, definition, announce));
    else onInput(RED, node, 'coalesce', readTenant(RED, node, definition, announce), combineStartMessages);
  });
  // The dialog offers the presets and shows the mapping of the chosen one.
  adminRoutes(RED).get('/mdm-source/presets', 'mdm-source.read', () =>
    MDM_PRESETS.map(({ id, label, mapping, records, call, note, compliance }) => ({
      id,
      label,
      mapping,
      records,
      call,
      note,
      compliance,
    })),
  );
}

/** The tenant's configuration names the source; it counts even while that configuration is disabled. */
function intuneFacts(RED: RED, node: Instance, definition: Definition): SourceFacts {
  const scope = textOf(definition, 'tenant');
  if (scope === '') return null;
  const name = node.name || RED.nodes.getNode(scope)?.name;
  return { scope, provider: isSimulated(RED, definition) ? 'simulated' : 'intune', name: name || null };
}

/** Of a tenant whose configuration is not there nobody knows: it counts as real. */
function isSimulated(RED: RED, definition: Definition): boolean {
  try {
    return connectionOf(RED, definition, 'tenant', 'mdm-tenant').isSimulated;
  } catch {
    return false;
  }
}

/** An expected one counts before it was read; of another one nobody knows whether a flow will ever feed it. */
function mappingFacts(node: Instance, definition: Definition): SourceFacts {
  const scope = mappedSource(node, definition);
  return { scope, provider: 'mapping', name: null, expected: flagOf(definition, 'expected', false) };
}

/** What names a mapped MDM in records and keys. */
function mappedSource(node: Instance, definition: Definition): string {
  return textOf(definition, 'name') || presetOf(definition)?.id || node.id;
}

function presetOf(definition: Definition): (typeof MDM_PRESETS)[number] | undefined {
  return MDM_PRESETS.find(({ id }) => id === textOf(definition, 'preset'));
}

/** Reads Intune, and lets matchers know while it does. */
function readTenant(RED: RED, node: Instance, definition: Definition, announce: () => Promise<void>): Handler {
  const read = async (msg: Msg, run: Run): Promise<Outcome> => {
    const { port } = connectionOf(RED, definition, 'tenant', 'mdm-tenant');
    run.progress('connecting');
    const readings = readingsOf(RED, definition);
    const reading = await takeMdmReading({
      mdm: port,
      announce,
      asked: readStartRequest(msg.sync),
      pageSize: numberOf(definition, 'pageSize', 500),
      bulkAbove: numberOf(definition, 'bulkAbove', 0),
      underWay: readings,
      lease: (one) => readings.lease(one),
      store: () => sourceStore(RED, definition),
      node: node.id,
      now: Date.now,
      newId: () => RED.util.generateId(),
      signal: run.signal,
    });
    const count = await sendReading(RED, run, msg, reading);
    return { key: 'read', values: { count } };
  };
  return (msg, run) => unlessReadElsewhere(() => read(msg, run));
}

/** Maps messages of foreign records, and sends them as pages that wait for whoever takes them. */
function mapRecords(RED: RED, node: Instance, definition: Definition, announce: () => Promise<void>): Handler {
  const sequence = new FedSequence<MdmRecord, { taken: number }>({
    source: 'mdm',
    pageSize: numberOf(definition, 'pageSize', 500),
    // A list of an MDM holds all that it has.
    kind: () => 'full',
    open: () => ({ taken: 0 }),
    now: Date.now,
    newId: () => RED.util.generateId(),
  });
  const credits = new LastingCredit(RED);
  node.on('close', () => credits.end());
  return async (msg, run) => {
    // What must not be announced must not be read.
    if ((msg.parts?.index ?? 0) === 0) await announce();
    const isSingle = !Array.isArray(msg.payload);
    const taken = await sequence.take({ ...msg, isSingle }, async (reading) => {
      const records = await mapPayload(RED, node, definition, { payload: msg.payload, taken: reading.taken, run });
      reading.taken += records.length;
      return { records };
    });
    if (taken === null) return null;
    const { pages, total, isEnd } = taken;
    await sendFedPages(RED, run, msg, pages, { source: 'mdm', organization: mappedSource(node, definition), credits });
    if (isEnd || !isSingle) return { key: 'read', values: { count: total } };
    run.progress('reading', { count: total });
    return null;
  };
}

/** Records that are mapped in one turn of the event loop. */
const AT_ONCE = 500;

async function mapPayload(
  RED: RED,
  node: Instance,
  definition: Definition,
  { payload, taken, run }: { readonly payload: unknown; readonly taken: number; readonly run: Run },
): Promise<MdmRecord[]> {
  const preset = presetOf(definition);
  const expression = preset?.mapping ?? textOf(definition, 'mapping');
  if (expression === '') throw new ConnectorError('ERR_CONFIG_INVALID', 'The MDM source has no "Mapping".');
  const source = mappedSource(node, definition);
  const prepared = prepare(RED, node, expression);
  const nextRecord = boundMapping(prepared);
  const managedIsEnough = isManagedEnough(
    choiceOf(definition, 'compliance', COMPLIANCE_SETTINGS, 'preset'),
    preset ?? null,
  );
  const foreign = Array.isArray(payload) ? (payload as unknown[]) : [payload];
  const records: MdmRecord[] = [];
  for (const record of foreign) {
    const nth = taken + records.length + 1;
    nextRecord();
    const mapped = await evaluate(RED, prepared, record, nth);
    records.push(toMdmRecordFromMapped(mapped, source, nth, managedIsEnough));
    if (records.length % AT_ONCE !== 0) continue;
    run.progress('readingOf', { count: records.length, total: foreign.length });
    await setImmediate();
    run.signal.throwIfAborted();
  }
  return records;
}

type Prepared = ReturnType<RED['util']['prepareJSONataExpression']>;

function prepare(RED: RED, node: Instance, expression: string): Prepared {
  try {
    return RED.util.prepareJSONataExpression(expression, node);
  } catch (cause) {
    throw new ConnectorError(
      'ERR_CONFIG_INVALID',
      `The "Mapping" of the MDM source is not JSONata: ${sayWhy(cause)}.`,
      {
        cause,
        details: { field: 'mapping' },
      },
    );
  }
}

/** JSONata throws plain objects with a message. */
function sayWhy(thrown: unknown): string {
  const { message } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(thrown);
}

function evaluate(RED: RED, prepared: Prepared, record: unknown, nth: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    RED.util.evaluateJSONataExpression(prepared, record, (error: Error | null, value: unknown) => {
      if (error === null || error === undefined) resolve(value);
      else
        reject(
          new ConnectorError('ERR_MDM_MAPPING', `Record ${nth}: the mapping failed: ${sayWhy(error)}.`, {
            cause: error,
            details: { record: nth },
          }),
        );
    });
  });
}
