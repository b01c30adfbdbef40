/** How WSMan writes bytes and durations. [MS-WSMV], XML Schema Part 2 */
import { ConnectorError } from '../errors.ts';

/** The bytes of a base64 text, or null if it is anything else. */
function bytesOfBase64(text: string): Buffer | null {
  // Buffer skips what it does not know and takes base64url too; a result of the right length proves that it skipped nothing.
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : null;
}

/**
 * Decodes base64 strictly, white space allowed.
 * @throws ConnectorError ERR_WSMAN_INVALID
 */
export function decodeBase64(text: string, what: string): Uint8Array {
  const bytes = bytesOfBase64(/\s/.test(text) ? text.replace(/\s+/g, '') : text);
  if (bytes === null) throw new ConnectorError('ERR_WSMAN_INVALID', `${what} is not base64.`);
  return bytes;
}

/** Encodes bytes as base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Milliseconds of an xs:duration of days to seconds (`PT20S`, `P0DT0H0M0S`), or null if it is none. */
export function durationMs(text: string | null): number | null {
  const match = text === null ? null : DURATION.exec(text.trim());
  if (match === null) return null;
  const [, days, hours, minutes, seconds] = match;
  return Math.round(
    Number(days ?? 0) * 86_400_000 +
      Number(hours ?? 0) * 3_600_000 +
      Number(minutes ?? 0) * 60_000 +
      Number(seconds ?? 0) * 1000,
  );
}

/** An xs:duration in seconds: 20000 is `PT20S`, 500 is `PT0.5S`. */
export function formatDuration(ms: number): string {
  return `PT${ms / 1000}S`;
}
