import { ConnectorError } from '../../src/errors.ts';
import { readManagedDevices } from '../../src/graph/managed-devices.ts';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import { connectionOf } from '../connections.ts';
import type { Outcome, Run } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { choiceOf, numberOf, registerNode, textOf } from '../red.ts';
import { sendPages } from '../send-pages.ts';
import { startRequestOf } from '../start-message.ts';

/** Reads the MDM records of Intune, or maps those of any other MDM, and sends them as pages. */
export default function mdmSource(RED: RED): void {
  registerNode(RED, 'mdm-source', (node, definition) => {
    const mapping = choiceOf(definition, 'provider', ['intune', 'mapping'], 'intune') === 'mapping';
    onInput(RED, node, mapping ? 'queue' : 'coalesce', (msg, run) =>
      mapping ? mapRecords(RED, node, definition, msg, run) : readIntune(RED, definition, msg, run),
    );
  });
  // The dialog offers the presets and shows the mapping of the chosen one.
  RED.httpAdmin.get('/mdm-source/presets', RED.auth.needsPermission('mdm-source.read'), (_request, response) => {
    response.json(MDM_PRESETS.map(({ id, label, mapping }) => ({ id, label, mapping })));
  });
}

async function readIntune(RED: RED, definition: Definition, msg: Msg, run: Run): Promise<Outcome> {
  const request = startRequestOf(msg);
  const tenant = connectionOf(RED, definition, 'tenant', 'mdm-tenant');
  const startedAt = new Date().toISOString();
  const id = RED.util.generateId();
  run.progress('connecting');
  const pages = readManagedDevices(tenant.graph(), {
    source: tenant.source,
    pageSize: numberOf(definition, 'pageSize', 500),
    signal: run.signal,
  });
  const count = await sendPages<MdmRecord>(RED, run, pages, {
    start: msg,
    topic: 'mdm',
    // Graph has no change feed for managed devices: every reading is a full one.
    sync: { id, source: 'mdm', kind: 'full', organization: tenant.source, startedAt, ...(request.dryRun ? { dryRun: true } : {}) },
    partsId: id,
    emit: (page) => [page],
    onPage: (sent) => run.progress('reading', { count: sent }),
  });
  return { key: 'read', values: { count } };
}

/**
 * Maps one message of foreign records. A message without `msg.parts` is a whole reading; a sequence of messages
 * (Split, Batch) is one reading that ends with the part that carries the count.
 */
async function mapRecords(RED: RED, node: Instance, definition: Definition, msg: Msg, run: Run): Promise<Outcome> {
  const preset = MDM_PRESETS.find(({ id }) => id === textOf(definition, 'preset'));
  const expression = preset?.mapping ?? textOf(definition, 'mapping');
  if (expression === '') throw new ConnectorError('ERR_CONFIG_INVALID', 'The MDM source has no mapping.');
  const source = textOf(definition, 'name') || preset?.id || node.id;
  const foreign = Array.isArray(msg.payload) ? msg.payload : [msg.payload];
  const prepared = RED.util.prepareJSONataExpression(expression, node);
  const records: MdmRecord[] = [];
  for (const record of foreign) records.push(toMdmRecordFromMapped(await evaluate(RED, prepared, record), source));

  const part = partOf(msg);
  const id = part?.id ?? RED.util.generateId();
  const last = part === null || (part.count !== undefined && part.index === part.count - 1);
  run.send([
    {
      ...(msg._msgid === undefined ? {} : { _msgid: msg._msgid }),
      topic: 'mdm',
      payload: records,
      parts: { id, index: part?.index ?? 0, type: 'array', len: records.length, ...(last ? { count: part?.count ?? 1 } : {}) },
      sync: { id, source: 'mdm', kind: 'full', organization: source, startedAt: new Date().toISOString(), page: part?.index ?? 0, last },
    } as Msg,
  ]);
  return { key: 'read', values: { count: records.length } };
}

function partOf(msg: Msg): { id: string; index: number; count?: number } | null {
  const parts = msg.parts as { id?: unknown; index?: unknown; count?: unknown } | undefined;
  if (typeof parts?.id !== 'string' || typeof parts.index !== 'number') return null;
  return { id: parts.id, index: parts.index, ...(typeof parts.count === 'number' ? { count: parts.count } : {}) };
}

function evaluate(RED: RED, prepared: ReturnType<RED['util']['prepareJSONataExpression']>, record: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    RED.util.evaluateJSONataExpression(prepared, record as never, (error: Error | null, value: unknown) => {
      if (error === null || error === undefined) resolve(value);
      else reject(new ConnectorError('ERR_MDM_MAPPING', 'The mapping failed on a record.', { cause: error }));
    });
  });
}
