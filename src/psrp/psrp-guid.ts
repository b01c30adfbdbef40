/** GUIDs on the wire (MS-PSRP 2.2.1, MS-DTYP 2.3.4.2). */
import { ConnectorError } from '../errors.ts';

/** The all-zero GUID: "no pipeline", and in early server messages "no pool yet". */
export const NO_GUID = '00000000-0000-0000-0000-000000000000';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Writes a GUID's 16 bytes at `offset`. .NET keeps the first three groups little-endian.
 * @param guid 8-4-4-4-12 hexadecimal digits, either case
 * @throws ConnectorError ERR_PSRP_MESSAGE if it is no GUID
 */
export function writeGuid(target: Buffer, offset: number, guid: string): void {
  if (!GUID.test(guid)) throw new ConnectorError('ERR_PSRP_MESSAGE', 'An id that is no GUID.');
  target.write(guid.replaceAll('-', ''), offset, 'hex');
  target.subarray(offset, offset + 4).reverse();
  target.subarray(offset + 4, offset + 6).reverse();
  target.subarray(offset + 6, offset + 8).reverse();
}

/** The GUIDs read last, by their bytes: a message names its pool and its pipeline, as did the one before it. */
const recent = new Map<string, string>();
const RECENT = 16;

/** Reads the 16 bytes at `offset` as GUID text in upper case, as WSMan spells its ids. */
export function readGuid(source: Buffer, offset: number): string {
  const bytes = source.toString('latin1', offset, offset + 16);
  const known = recent.get(bytes);
  if (known !== undefined) return known;
  const text = guidOf(source, offset);
  if (recent.size >= RECENT) recent.clear();
  recent.set(bytes, text);
  return text;
}

function guidOf(source: Buffer, offset: number): string {
  const first = source.readUInt32LE(offset).toString(16).padStart(8, '0');
  const second = source
    .readUInt16LE(offset + 4)
    .toString(16)
    .padStart(4, '0');
  const third = source
    .readUInt16LE(offset + 6)
    .toString(16)
    .padStart(4, '0');
  const rest = source.toString('hex', offset + 8, offset + 16);
  return `${first}-${second}-${third}-${rest.slice(0, 4)}-${rest.slice(4)}`.toUpperCase();
}
