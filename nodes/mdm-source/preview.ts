/**
 * What a mapping makes of a sample, as the dialog has both: nothing of it need be deployed. It runs under the bound of one record,
 * however many there are, and answers with texts only, each of a bounded length.
 */
import { ConnectorError, ERROR_HELP, isConnectorError } from '../../src/errors.ts';
import { editorLanguage, inLanguage } from '../../src/connector/sentences/in-language.ts';
import { listWithin, readPasted } from '../../src/mdm/pasted-sample.ts';
import { previewRecord } from '../../src/mdm/preview-record.ts';
import type { Needed, PreviewedRecord } from '../../src/mdm/preview-record.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { COMPLIANCE_SETTINGS, isManagedEnough } from '../../src/mdm/told-compliance.ts';
import type { MdmPreset } from '../../src/mdm/presets.ts';
import type { Properties, RED } from '../red.ts';
import { boundMapping } from './bounded-mapping.ts';
import { sampleOf } from './last-sample.ts';
import { evaluateMapping, prepareMapping } from './mapping.ts';
import { refusal } from '../../src/model/refusals.ts';

/** Characters that a request may bring, and that are shown of a foreign record; records that are mapped. */
const LIMITS = { mapping: 65_536, pasted: 262_144, foreign: 4_000, records: 5 } as const;

/** What the dialog shows. */
export interface Preview {
  /** Null: there is nothing to try it on. */
  readonly sample: {
    /** When the message came, ISO 8601 UTC; null: it was pasted. */
    readonly at: string | null;
    /** Records of the sample, of which the first ones are shown. */
    readonly total: number;
    /** JSONata that took the list out of a pasted answer; null: the list itself was pasted. */
    readonly takenFrom: string | null;
    /** Property that holds the list, where an answer came in place of it; null: it is none. */
    readonly listIn: string | null;
  } | null;
  /** How many of those shown have what merging and deciding go by. */
  readonly has: Readonly<Record<Needed, number>>;
  readonly records: readonly (PreviewedRecord & { readonly foreign: string })[];
}

/** What is tried on what. */
interface Trial {
  readonly expression: string;
  readonly preset: MdmPreset | null;
  readonly managedIsEnough: boolean;
  /** Whose context and environment the mapping sees. */
  readonly node: object;
}

interface Tried {
  readonly at: string | null;
  readonly records: readonly unknown[];
  readonly total: number;
  readonly takenFrom: string | null;
}

/**
 * Maps a sample.
 * @param body `id` of the node, `preset`, `mapping` and `compliance` as the dialog has them, `from` (`last`, `pasted`), `text`, `language`
 * @throws ConnectorError ERR_INPUT_INVALID, with `details.tooLarge` for more than it takes; ERR_CONFIG_INVALID for no JSONata
 */
export async function previewMapping(RED: RED, body: Properties): Promise<Preview> {
  const trial = trialOf(RED, body);
  const tried = body['from'] === 'pasted' ? await pasted(RED, trial, body['text']) : lastOf(trial.node);
  if (tried === null) return { sample: null, has: sum([]), records: [] };
  const { at, records: foreign, total, takenFrom } = tried;
  const language = editorLanguage(body['language']);
  const mapped = await mapSample(RED, trial, foreign.slice(0, LIMITS.records));
  const records = mapped.map((record) => ({
    ...record,
    problems: record.problems.map((problem) => inLanguage(problem, language)),
  }));
  const listIn = total === 1 && !records.every(hasId) ? listWithin(foreign[0]) : null;
  return { sample: { at, total, takenFrom, listIn }, has: sum(records), records };
}

function hasId({ fields }: PreviewedRecord): boolean {
  return fields.some(({ field, mark }) => field === 'id' && mark === undefined);
}

function trialOf(RED: RED, { id, preset: presetId, mapping, compliance }: Properties): Trial {
  const preset = MDM_PRESETS.find((one) => one.id === presetId) ?? null;
  const expression = preset?.mapping ?? (typeof mapping === 'string' ? mapping : '');
  refuseLarge('mapping', expression, LIMITS.mapping);
  if (expression.trim() === '') throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-mapping'));
  if (/^\s*\$\{[^}]*\}\s*$/.test(expression)) throw new ConnectorError('ERR_INPUT_INVALID', refusal('mapping-value'));
  const setting = COMPLIANCE_SETTINGS.find((one) => one === compliance) ?? 'preset';
  const node = (typeof id === 'string' ? RED.nodes.getNode(id) : null) ?? NOT_DEPLOYED;
  return { expression, preset, managedIsEnough: isManagedEnough(setting, preset), node };
}

/** What JSONata asks of a node, where there is none yet. */
const NOT_DEPLOYED = {
  context() {
    const empty = {
      get: (_key: unknown, _store: unknown, answer: (error: null, value: undefined) => void) => answer(null, undefined),
    };
    return { flow: empty, global: empty };
  },
};

function lastOf(node: object): Tried | null {
  const sample = sampleOf(node);
  return sample === null ? null : { ...sample, takenFrom: null };
}

/** A pasted answer of an MDM that a preset knows is taken apart as its flow does. */
async function pasted(RED: RED, { preset, node }: Trial, text: unknown): Promise<Tried | null> {
  const whole = typeof text === 'string' ? text : '';
  refuseLarge('sample', whole, LIMITS.pasted);
  const read = readPasted(whole);
  if (read === null) return null;
  if (Array.isArray(read)) return { at: null, records: read, total: read.length, takenFrom: null };
  const takenFrom = preset === null || preset.records === '$' ? null : preset.records;
  const list = takenFrom === null ? undefined : await taken(RED, node, takenFrom, read);
  if (list === undefined || list === null) return { at: null, records: [read], total: 1, takenFrom: null };
  const records: readonly unknown[] = Array.isArray(list) ? list : [list];
  return { at: null, records, total: records.length, takenFrom };
}

async function taken(RED: RED, node: object, expression: string, answer: unknown): Promise<unknown> {
  const prepared = prepareMapping(RED, node, expression);
  boundMapping(prepared, true)();
  return evaluateMapping(RED, prepared, answer, { record: 1 });
}

async function mapSample(
  RED: RED,
  { expression, preset, managedIsEnough, node }: Trial,
  foreign: readonly unknown[],
): Promise<Preview['records']> {
  const prepared = prepareMapping(RED, node, expression);
  // Once, and not before each: whoever types waits, and Node-RED with him.
  boundMapping(prepared, preset !== null)();
  const records: Preview['records'][number][] = [];
  for (const [index, record] of foreign.entries())
    records.push({
      foreign: shownForeign(record),
      ...(await previewOne(async () => {
        const mapped = await evaluateMapping(RED, prepared, record, { record: index + 1 });
        return previewRecord(mapped, index + 1, managedIsEnough);
      })),
    });
  return records;
}

/** A mapping that fails for one record is tried on the next one. */
async function previewOne(preview: () => Promise<PreviewedRecord>): Promise<PreviewedRecord> {
  try {
    return await preview();
  } catch (thrown) {
    if (!isConnectorError(thrown, 'ERR_MDM_MAPPING')) throw thrown;
    const problem = thrown.message.replace(` ${ERROR_HELP.ERR_MDM_MAPPING}`, '');
    return { fields: [], problems: [problem], has: { easId: false, user: false, serial: false, compliance: false } };
  }
}

function shownForeign(record: unknown): string {
  const text = JSON.stringify(record, null, 2);
  return text.length > LIMITS.foreign ? `${text.slice(0, LIMITS.foreign)} …` : text;
}

function sum(records: readonly PreviewedRecord[]): Record<Needed, number> {
  const count = (what: Needed): number => records.filter(({ has }) => has[what]).length;
  return { easId: count('easId'), user: count('user'), serial: count('serial'), compliance: count('compliance') };
}

function refuseLarge(what: 'mapping' | 'sample', text: string, most: number): void {
  if (text.length <= most) return;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    refusal(what === 'mapping' ? 'large-mapping' : 'large-sample', { count: text.length, most }),
    { details: { tooLarge: true } },
  );
}
