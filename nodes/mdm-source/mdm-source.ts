import { ConnectorError } from '../../src/errors.ts';
import { readManagedDevices } from '../../src/graph/managed-devices.ts';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import { adminRoutes } from '../admin-routes.ts';
import { announceSource } from '../announced-sources.ts';
import type { SourceFacts } from '../announced-sources.ts';
import { connectionOf } from '../connections.ts';
import type { Handler, Outcome, Run } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import { beginReading } from '../readings-under-way.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { choiceOf, numberOf, registerNode, textOf } from '../red.ts';
import { pageMessage, sendPages } from '../send-pages.ts';
import { combineStarts, startRequestOf } from '../start-message.ts';

/** Reads the MDM records of Intune, or maps those of any other MDM, and sends them as pages. */
export default function mdmSource(RED: RED): void {
  registerNode(RED, 'mdm-source', (node, definition) => {
    const mapping = choiceOf(definition, 'provider', ['intune', 'mapping'], 'intune') === 'mapping';
    const announce = announceSource(RED, node, definition, () =>
      mapping ? mappingFacts(node, definition) : intuneFacts(RED, node, definition),
    );
    if (mapping) onInput(RED, node, 'queue', mapRecords(RED, node, definition));
    else onInput(RED, node, 'coalesce', announced(RED, definition, announce), combineStarts);
  });
  // The dialog offers the presets and shows the mapping of the chosen one.
  adminRoutes(RED).get('/mdm-source/presets', 'mdm-source.read', () =>
    MDM_PRESETS.map(({ id, label, mapping, call, note }) => ({ id, label, mapping, call, note })),
  );
}

/** The tenant's configuration names the source; it counts even while that configuration is disabled. */
function intuneFacts(RED: RED, node: Instance, definition: Definition): SourceFacts {
  const scope = textOf(definition, 'tenant');
  if (scope === '') return null;
  const name = node.name || RED.nodes.getNode(scope)?.name;
  return { scope, provider: 'intune', name: name || null };
}

function mappingFacts(node: Instance, definition: Definition): SourceFacts {
  return { scope: mappedSource(node, definition), provider: 'mapping', name: null };
}

/** What names a mapped MDM in records and keys. */
function mappedSource(node: Instance, definition: Definition): string {
  return textOf(definition, 'name') || presetOf(definition)?.id || node.id;
}

function presetOf(definition: Definition): (typeof MDM_PRESETS)[number] | undefined {
  return MDM_PRESETS.find(({ id }) => id === textOf(definition, 'preset'));
}

/** Reads Intune, and lets matchers know while it does. */
function announced(RED: RED, definition: Definition, announce: () => Promise<void>): Handler {
  return async (msg, run) => {
    const { source } = connectionOf(RED, definition, 'tenant', 'mdm-tenant');
    const end = beginReading('mdm', source);
    const read = async (): Promise<Outcome> => {
      await announce();
      return readIntune(RED, definition, msg, run);
    };
    return read().finally(end);
  };
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
    sync: {
      id,
      source: 'mdm',
      kind: 'full',
      organization: tenant.source,
      startedAt,
      ...(request.dryRun ? { dryRun: true } : {}),
    },
    partsId: id,
    emit: (page) => [page],
    onPage: (sent) => run.progress('reading', { count: sent }),
  });
  return { key: 'read', values: { count } };
}

/** A sequence of messages (Split, Batch) that is one reading, as far as it has come. */
interface Sequence {
  readonly id: string;
  readonly startedAt: string;
  /** Index of the part that comes next. */
  next: number;
}

/**
 * Maps messages of foreign records. A message without `msg.parts` is a whole reading; a sequence of messages is one
 * reading that ends with the part that carries the count. Of a sequence that lost a part, or had one that could not be
 * mapped, nothing more is sent: it never comes to its end.
 */
function mapRecords(RED: RED, node: Instance, definition: Definition): Handler {
  let sequence: Sequence | null = null;
  return async (msg, run) => {
    const part = partOf(msg);
    const startedAt = new Date().toISOString();
    if (part !== null && part.index === 0) sequence = { id: part.id, startedAt, next: 0 };
    const current: Sequence =
      part === null ? { id: RED.util.generateId(), startedAt, next: 0 } : inOrder(part, sequence);
    const { records, source } = await mapPayload(RED, node, definition, msg.payload);
    current.next += 1;
    const index = part?.index ?? 0;
    const last = part === null || (part.count !== undefined && index === part.count - 1);
    run.send([
      pageMessage(RED, msg, {
        topic: 'mdm',
        payload: records,
        parts: { id: current.id, index, type: 'array', len: records.length, ...(last ? { count: index + 1 } : {}) },
        sync: {
          id: current.id,
          source: 'mdm',
          kind: 'full',
          organization: source,
          startedAt: current.startedAt,
          page: index,
          last,
        },
      }),
    ]);
    return { key: 'read', values: { count: records.length } };
  };
}

/** The sequence this part continues. */
function inOrder(part: { id: string; index: number }, sequence: Sequence | null): Sequence {
  if (sequence?.id === part.id && sequence.next === part.index) return sequence;
  throw new ConnectorError(
    'ERR_SNAPSHOT_INCOMPLETE',
    `Part ${part.index + 1} of a sequence came, but not all parts before it could be mapped.`,
  );
}

async function mapPayload(
  RED: RED,
  node: Instance,
  definition: Definition,
  payload: unknown,
): Promise<{ records: MdmRecord[]; source: string }> {
  const expression = presetOf(definition)?.mapping ?? textOf(definition, 'mapping');
  if (expression === '') throw new ConnectorError('ERR_CONFIG_INVALID', 'The MDM source has no "Mapping".');
  const source = mappedSource(node, definition);
  const prepared = prepare(RED, node, expression);
  const records: MdmRecord[] = [];
  for (const record of Array.isArray(payload) ? (payload as unknown[]) : [payload]) {
    records.push(toMdmRecordFromMapped(await evaluate(RED, prepared, record), source));
  }
  return { records, source };
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

function partOf(msg: Msg): { id: string; index: number; count?: number } | null {
  const parts = msg.parts as { id?: unknown; index?: unknown; count?: unknown } | undefined;
  if (typeof parts?.id !== 'string' || typeof parts.index !== 'number') return null;
  return { id: parts.id, index: parts.index, ...(typeof parts.count === 'number' ? { count: parts.count } : {}) };
}

function evaluate(RED: RED, prepared: Prepared, record: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    RED.util.evaluateJSONataExpression(prepared, record, (error: Error | null, value: unknown) => {
      if (error === null || error === undefined) resolve(value);
      else
        reject(
          new ConnectorError('ERR_MDM_MAPPING', `The mapping failed on a record: ${sayWhy(error)}.`, { cause: error }),
        );
    });
  });
}
