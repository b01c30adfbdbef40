/** Probable pairs for a person to confirm; nothing is merged by them. */
import { recognizeEasClient } from '../model/eas-client.ts';
import { serialInEasId } from '../model/join-keys.ts';
import type { EasRecord, MdmRecord, Suggestion } from '../model/records.ts';
import { compareModels, sameAppleFamily } from './device-model.ts';
import { mdmName } from './explain.ts';
import type { Finding } from './finding.ts';
import type { MdmIndex } from './mdm-index.ts';
import { MATCH_SAYINGS_EN } from './sayings-en.ts';

/** How many suggestions a record gets. */
export const MAX_SUGGESTIONS = 5;

/** A row to suggest and why. */
export interface SuggestedRow {
  readonly row: number;
  readonly why: string;
}

/**
 * Rows that may be the device: same serial number or IMEI first, then same user, platform and model.
 * Rows that the finding itself names are candidates whatever else.
 * @param userRows the rows of the mailbox's user
 */
export function suggestRows(
  mdm: MdmIndex,
  record: EasRecord,
  finding: Finding,
  userRows: readonly number[],
): SuggestedRow[] {
  // Its device is known: it has another account now.
  if (finding.row >= 0 || finding.reason === 'superseded') return [];
  const found = new Map<number, string>();
  const suggest = (rows: readonly number[], why: string): void => {
    for (const row of mdm.byKeyOrder(rows)) if (!found.has(row)) found.set(row, why);
  };
  const serial = serialInEasId(record.easId);
  if (serial !== null) suggest(mdm.rowsWithSerial(serial), MATCH_SAYINGS_EN['suggested.serial']);
  if (record.device.imei !== null) suggest(mdm.rowsWithImei(record.device.imei), MATCH_SAYINGS_EN['suggested.imei']);
  suggest(finding.beside, MATCH_SAYINGS_EN['suggested.candidate']);
  const { platform } = recognizeEasClient(record.device);
  const likely = userRows.filter(
    (row) => platform !== null && mdm.platform(row) === platform && isLike(mdm, record, row),
  );
  suggest(likely, MATCH_SAYINGS_EN['suggested.alike']);
  return [...found].slice(0, MAX_SUGGESTIONS).map(([row, why]) => ({ row, why }));
}

/** A suggestion as the device record carries it. */
export function suggestionOf(record: MdmRecord, why: string): Suggestion {
  return { mdmKey: record.key, name: mdmName(record), why };
}

function isLike(mdm: MdmIndex, record: EasRecord, row: number): boolean {
  const comparison = compareModels(mdm.platform(row), record.device.model, mdm.model(row));
  return comparison === 'same' || (comparison === 'unknown' && sameAppleFamily(record.device.model, mdm.model(row)));
}
