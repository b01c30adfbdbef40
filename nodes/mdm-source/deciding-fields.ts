/** What a list tells of the fields that decide about access, so that a column that got another name is noticed. */
import { hash } from 'node:crypto';
import { readCsv } from '../../src/mdm/csv-text.ts';
import { decidingPaths } from '../../src/mdm/deciding-paths.ts';
import type { MdmPreset } from '../../src/mdm/presets.ts';
import { CSV_READS } from '../../src/mdm/presets/csv.ts';
import { isManagedEnough } from '../../src/mdm/told-compliance.ts';
import type { ComplianceSetting } from '../../src/mdm/told-compliance.ts';
import { ToldCount } from '../../src/mdm/told-count.ts';
import type { ToldNow } from '../../src/model/told-fields.ts';
import type { PreparedMapping } from './mapping.ts';

/** What the records of a reading tell so far. */
export interface Told extends Pick<ToldNow, 'by' | 'reads' | 'isOwn'> {
  readonly count: ToldCount;
}

/** Begins to count what a reading tells. @param how.expression the mapping, of a preset or its own */
export function toldOf(
  prepared: PreparedMapping,
  {
    preset,
    setting,
    expression,
  }: {
    readonly preset: Pick<MdmPreset, 'id' | 'compliance'> | null;
    readonly setting: ComplianceSetting;
    readonly expression: string;
  },
): Told {
  const isCsv = preset?.id === 'csv';
  const reads = isCsv ? CSV_READS : decidingPaths(prepared.ast(), isManagedEnough(setting, preset));
  // The mapping of a preset may change with a version.
  const by = hash('sha256', `${setting}\n${preset?.id ?? `own\n${expression}`}`);
  return { by, reads, isOwn: preset === null, count: new ToldCount(reads, isCsv) };
}

/** What they told in the end. */
export function toldNow({ by, reads, isOwn, count }: Told): ToldNow {
  return { ...count.told(by), reads, isOwn };
}

/*
 *   msg.columns                    the first record                  the header
 *   a text                         has no other names                what the text names: the core csv node puts it there, and
 *                                                                    leaves empty cells out of its records
 *   a text                         has other names                   is not known: a node between has made other records
 *   anything else                  any                               is not known
 */

/** Null: it is not known. */
export function headerOf(columns: unknown, record: unknown): readonly string[] | null {
  if (typeof columns !== 'string' || columns === '' || typeof record !== 'object' || record === null) return null;
  const names = namesIn(columns);
  return names !== null && Object.keys(record).every((name) => names.includes(name)) ? names : null;
}

function namesIn(columns: string): readonly string[] | null {
  try {
    return readCsv(columns).columns;
  } catch {
    return null;
  }
}
