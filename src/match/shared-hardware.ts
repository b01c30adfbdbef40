/** MDM records that a change of another one can decide about, as both have one serial number or IMEI. Pure. */
import type { JoinKey } from '../model/join-keys.ts';
import type { MdmIndex } from './mdm-index.ts';

/** What so many have is a placeholder, with one more or less, too. */
const MOST = 100;

/**
 * The keys of the records that share a touched serial number or IMEI, with each other or with one that is gone: whether a phone was
 * enrolled again hangs on whose records have its number (re-enrolled.ts, successor.ts), and those of its user need not be the ones
 * that changed.
 * @param keys that were touched, those of records among them
 */
export function recordsOfSharedHardware(keys: readonly JoinKey[], mdm: MdmIndex): string[] {
  const records = new Set<string>();
  const touched = new Set<string>(keys);
  for (const key of keys) {
    const rows = key.startsWith(SERIAL)
      ? mdm.rowsWithSerial(key.slice(SERIAL.length))
      : key.startsWith(IMEI)
        ? mdm.rowsWithImei(key.slice(IMEI.length))
        : NONE;
    if (rows.length > MOST) continue;
    // Nearly every one is the only one with its numbers, and reaches its user itself.
    for (const row of rows) if (rows.length > 1 || !touched.has(mdm.key(row))) records.add(mdm.key(row));
  }
  return [...records];
}

const SERIAL = 'serial:';
const IMEI = 'imei:';
const NONE: readonly number[] = [];
