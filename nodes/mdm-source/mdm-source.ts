import { setImmediate } from 'node:timers/promises';
import { keepTold, refuseLost } from '../../src/connector/readings/kept-told.ts';
import { FedSequence } from '../../src/connector/readings/fed-sequence.ts';
import { readStartRequest } from '../../src/connector/readings/start-request.ts';
import { takeMdmReading } from '../../src/connector/readings/take-reading.ts';
import type { TakenMdmReading } from '../../src/connector/readings/take-reading.ts';
import { ConnectorError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import { foreignRecordsOf } from '../../src/mdm/foreign-records.ts';
import { sameIdError, toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { OneIdOneDevice } from '../../src/mdm/one-id-one-device.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { followingsOf } from '../../src/mdm/tells.ts';
import { COMPLIANCE_SETTINGS, isManagedEnough } from '../../src/mdm/told-compliance.ts';
import type { ComplianceSetting } from '../../src/mdm/told-compliance.ts';
import { CoverageCount } from '../../src/model/reading-coverage.ts';
import { hidesDevices } from '../../src/model/coverage.ts';
import type { ReadingCoverage } from '../../src/model/coverage.ts';
import type { MdmRecord } from '../../src/model/records.ts';
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
import { headerOf, toldNow, toldOf } from './deciding-fields.ts';
import type { Told } from './deciding-fields.ts';
import { keepSample } from './last-sample.ts';
import { evaluateMapping, prepareMapping } from './mapping.ts';
import { registerRoutes } from './routes.ts';
import { mappedWithCoverage } from './mapped-coverage.ts';
import { watchReferences } from '../watch-references.ts';

/** Reads the MDM records of Intune, or maps those of any other MDM, and sends them as pages. */
export default function mdmSource(RED: RED): void {
  registerNode(RED, 'mdm-source', (node, definition) => {
    const mapping = choiceOf(definition, 'provider', ['intune', 'mapping'], 'intune') === 'mapping';
    const announce = announceSource(RED, node, definition, () =>
      mapping ? mappingFacts(node, definition) : intuneFacts(RED, node, definition),
    );
    if (mapping) onInput(RED, node, 'queue', mapRecords(RED, node, definition, announce));
    else onInput(RED, node, 'coalesce', readTenant(RED, node, definition, announce), combineStartMessages);
    watchReferences(RED, node, definition);
  });
  registerRoutes(RED);
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
  const notes = followingsOf(presetOf(definition) ?? null, complianceSettingOf(definition));
  return { scope, provider: 'mapping', name: null, expected: flagOf(definition, 'expected', false), notes };
}

/** What names a mapped MDM in records and keys. */
function mappedSource(node: Instance, definition: Definition): string {
  return textOf(definition, 'name') || presetOf(definition)?.id || node.id;
}

function presetOf(definition: Definition): (typeof MDM_PRESETS)[number] | undefined {
  return MDM_PRESETS.find(({ id }) => id === textOf(definition, 'preset'));
}

function complianceSettingOf(definition: Definition): ComplianceSetting {
  return choiceOf(definition, 'compliance', COMPLIANCE_SETTINGS, 'preset');
}

/** Reads Intune, and lets matchers know while it does. */
function readTenant(RED: RED, node: Instance, definition: Definition, announce: () => Promise<void>): Handler {
  const tell = warnedOnce(node);
  const read = async (msg: Msg, run: Run): Promise<Outcome> => {
    const { port } = connectionOf(RED, definition, 'tenant', 'mdm-tenant');
    run.progress('connecting');
    const readings = readingsOf(RED, definition);
    let coverage: ReadingCoverage | null = null;
    const reading = await takeMdmReading({
      mdm: port,
      announce,
      asked: readStartRequest(msg.sync),
      setting: choiceOf(definition, 'sync', ['full', 'quick'], 'full'),
      pageSize: numberOf(definition, 'pageSize', 500),
      bulkAbove: numberOf(definition, 'bulkAbove', 0),
      underWay: readings,
      lease: (one) => readings.lease(one),
      store: () => sourceStore(RED, definition),
      node: node.id,
      now: Date.now,
      newId: () => RED.util.generateId(),
      onCoverage: (one) => (coverage = one),
      signal: run.signal,
    });
    tell(reading.refused);
    const count = await sendReading(RED, run, msg, reading);
    return outcomeOf(node, reading, count, coverage);
  };
  return (msg, run) => unlessReadElsewhere(() => read(msg, run));
}

/*
 *   Sync    Entra may be asked   read                 status
 *   any     –                    everything; devices  yellow: how many records, and that others may be hidden
 *                                seem to be hidden
 *   full    –                    everything           how many records
 *   quick   yes                  everything           how many records
 *   quick   yes                  what changed         how many changed
 *   quick   no                   everything           yellow: how many records, and that a permission is missing
 */
function outcomeOf(
  node: Instance,
  { info, refused }: TakenMdmReading,
  count: number,
  coverage: ReadingCoverage | null,
): Outcome {
  if (coverage !== null && hidesDevices(coverage)) {
    node.warn(coverage.hint);
    return { fill: 'yellow', key: 'readHidden', values: { count } };
  }
  if (refused !== null) return { fill: 'yellow', key: 'readWithoutEntra', values: { count } };
  return { key: info.kind === 'full' ? 'read' : 'changed', values: { count } };
}

/** Warns that Entra may not be asked: once, until it may. */
function warnedOnce(node: Instance): (refused: string | null) => void {
  let isWarned = false;
  return (refused) => {
    if (refused !== null && !isWarned)
      node.warn(
        `Quick readings need the permission Device.Read.All; until then everything is read. ${redact(refused)}`,
      );
    isWarned = refused !== null;
  };
}

/** Maps messages of foreign records, and sends them as pages that wait for whoever takes them. */
function mapRecords(RED: RED, node: Instance, definition: Definition, announce: () => Promise<void>): Handler {
  const sequence = new FedSequence<MdmRecord, MappedReading>({
    source: 'mdm',
    pageSize: numberOf(definition, 'pageSize', 500),
    // A list of an MDM holds all that it has.
    kind: () => 'full',
    open: () => ({ taken: 0, coverage: new CoverageCount(), ids: new OneIdOneDevice(), told: null }),
    keyOf: ({ id }) => id,
    now: Date.now,
    newId: () => RED.util.generateId(),
  });
  const credits = new LastingCredit(RED);
  node.on('close', () => credits.end());
  return async (msg, run) => {
    // What must not be announced must not be read.
    if ((msg.parts?.index ?? 0) === 0) await announce();
    // A text is an answer, with a list.
    const isSingle = !Array.isArray(msg.payload) && typeof msg.payload !== 'string';
    const reader = { scope: mappedSource(node, definition), store: () => sourceStore(RED, definition), run };
    const read: { told: Told | null } = { told: null };
    const taken = await mappedWithCoverage({ ...reader, newId: () => RED.util.generateId() }, async (count) => {
      const pages = await sequence.take({ ...msg, isSingle }, async (reading) => {
        count(reading.coverage);
        const records = await mapPayload(RED, node, definition, { msg, reading, run });
        reading.taken += records.length;
        reading.coverage.add(records);
        read.told = reading.told;
        return { records };
      });
      if (pages?.isEnd !== true || read.told === null) return pages;
      const hint = await refuseLost(await reader.store(), reader.scope, toldNow(read.told));
      if (hint !== null) node.warn(redact(hint));
      return { ...pages, hint };
    });
    if (taken === null) return null;
    const { pages, total, isEnd } = taken;
    await sendFedPages(RED, run, msg, pages, {
      source: 'mdm',
      organization: mappedSource(node, definition),
      credits,
    });
    const store = isEnd ? await reader.store() : null;
    if (store !== null && read.told !== null) await keepTold(store, reader.scope, toldNow(read.told));
    if (isEnd || !isSingle) return { key: 'read', values: { count: total } };
    run.progress('reading', { count: total });
    return null;
  };
}

/** What a reading of mapped records remembers from message to message. */
interface MappedReading {
  taken: number;
  readonly coverage: CoverageCount;
  readonly ids: OneIdOneDevice;
  /** Null: no message has been mapped. */
  told: Told | null;
}

/** Records that are mapped in one turn of the event loop. */
const AT_ONCE = 500;

async function mapPayload(
  RED: RED,
  node: Instance,
  definition: Definition,
  { msg, reading, run }: { readonly msg: Msg; readonly reading: MappedReading; readonly run: Run },
): Promise<MdmRecord[]> {
  const { payload } = msg;
  const { taken, ids } = reading;
  const preset = presetOf(definition);
  const {
    records: foreign,
    lines,
    columns = null,
  } = await foreignRecordsOf(payload, preset ?? null, (list, answer) =>
    evaluateMapping(RED, prepareMapping(RED, node, list), answer, { record: taken + 1 }),
  );
  keepSample(node, foreign, { isFirst: taken === 0, now: Date.now() });
  const expression = preset?.mapping ?? textOf(definition, 'mapping');
  if (expression === '') throw new ConnectorError('ERR_CONFIG_INVALID', 'The MDM source has no "Mapping".');
  const source = mappedSource(node, definition);
  const prepared = prepareMapping(RED, node, expression);
  const nextRecord = boundMapping(prepared, preset !== undefined);
  const managedIsEnough = isManagedEnough(complianceSettingOf(definition), preset ?? null);
  reading.told ??= toldOf(prepared, { preset: preset ?? null, setting: complianceSettingOf(definition), expression });
  const told = reading.told.count;
  const header = columns ?? headerOf(msg['columns'], foreign[0]);
  if (header !== null) told.addHeader(header);
  const records: MdmRecord[] = [];
  for (const record of foreign) {
    const line = lines?.[records.length];
    const place = { record: taken + records.length + 1, ...(line === undefined ? {} : { line }) };
    nextRecord();
    const mapped = await evaluateMapping(RED, prepared, record, place);
    const one = toMdmRecordFromMapped(mapped, source, place, managedIsEnough);
    if (!ids.add(one)) throw sameIdError(place);
    told.add(record);
    records.push(one);
    if (records.length % AT_ONCE !== 0) continue;
    run.progress('readingOf', { count: records.length, total: foreign.length });
    await setImmediate();
    run.signal.throwIfAborted();
  }
  return records;
}
