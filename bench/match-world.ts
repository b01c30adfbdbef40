/**
 * The two sides of a reconcile as files: n EAS records and about as many MDM records (NDJSON, as the sources send them), and
 * the activations of one user in a hundred. 70 % match one to one; 5 % have two MDM records with one EAS ID; 5 % an EAS ID
 * that another user's record reports; the rest is unmatched, 1 % of all settled by an activation.
 */
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Activation, EasRecord, MdmRecord } from '../src/model/records.ts';

const CHUNK_BYTES = 1 << 20;

/** Writes `eas.ndjson`, `mdm.ndjson`, `activations.json` and `counts.json` into a folder. */
export function writeWorld(folder: string, records: number): void {
  const activations: Activation[] = [];
  let mdmCount = 0;
  const eas = writer(join(folder, 'eas.ndjson'));
  const mdm = writer(join(folder, 'mdm.ndjson'));
  for (let i = 0; i < records; i++) {
    // A fixed scatter, so that neither file is in the order of the other.
    const place = (i * 7919) % records;
    eas.write(JSON.stringify(easRecord(place)));
    for (const record of mdmRecords(i, records)) {
      mdm.write(JSON.stringify(record));
      mdmCount++;
    }
    if (i % 100 === 99)
      activations.push({
        easId: easId(i),
        mailbox: guid(1, i),
        at: '2026-03-25T00:00:00.000Z',
        userAgent: null,
        tokenId: `t${i}`,
      });
  }
  eas.close();
  mdm.close();
  writeFileSync(join(folder, 'activations.json'), JSON.stringify(activations));
  writeFileSync(join(folder, 'counts.json'), JSON.stringify({ eas: records, mdm: mdmCount }));
}

/** Writes lines to a file, many at a time. */
export function writer(path: string): { write(line: string): void; close(): void } {
  const file = openSync(path, 'w');
  let lines: string[] = [];
  const flush = (): void => {
    writeSync(file, lines.join(''));
    lines = [];
  };
  return {
    write(line) {
      lines.push(`${line}\n`);
      if (lines.length === 2000) flush();
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}

/**
 * Calls `visit` with each line of a file, its first byte's place and its length in bytes, in constant memory.
 */
export function eachLine(path: string, visit: (line: string, at: number, bytes: number) => void): void {
  for (const { bytes, at } of blocks(path)) {
    let start = 0;
    for (let stop = bytes.indexOf(10); stop >= 0; stop = bytes.indexOf(10, start)) {
      visit(bytes.toString('utf8', start, stop), at + start, stop - start);
      start = stop + 1;
    }
  }
}

/** The records of an NDJSON file, `size` at a time. */
export function* pages<T>(path: string, size: number): Generator<T[]> {
  let page: T[] = [];
  for (const { bytes } of blocks(path)) {
    let start = 0;
    for (let stop = bytes.indexOf(10); stop >= 0; stop = bytes.indexOf(10, start)) {
      page.push(JSON.parse(bytes.toString('utf8', start, stop)) as T);
      start = stop + 1;
      if (page.length < size) continue;
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

// Whole lines, a megabyte or so at a time, in one buffer that is used again.
function* blocks(path: string): Generator<{ bytes: Buffer; at: number }> {
  const file = openSync(path, 'r');
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES * 2);
  let kept = 0;
  let at = 0;
  for (;;) {
    if (buffer.length - kept < CHUNK_BYTES) buffer = Buffer.concat([buffer.subarray(0, kept)], buffer.length * 2);
    const read = readSync(file, buffer, kept, CHUNK_BYTES, null);
    if (read === 0) break;
    const end = kept + read;
    const whole = buffer.subarray(0, end).lastIndexOf(10) + 1;
    if (whole > 0) yield { bytes: buffer.subarray(0, whole), at };
    buffer.copy(buffer, 0, whole, end);
    kept = end - whole;
    at += whole;
  }
  closeSync(file);
}

// Of each hundred: 0–69 one to one, 70–74 two MDM records, 75–79 another user's, 80–98 unmatched, 99 an activation.
function mdmRecords(i: number, records: number): MdmRecord[] {
  const kind = i % 100;
  if (kind < 70) return [mdmRecord(i, i, 0, [easId(i)])];
  if (kind < 75) return [mdmRecord(i, i, 0, [easId(i)]), mdmRecord(i, i, 1, [easId(i)])];
  if (kind < 80) return [mdmRecord(i, (i + 1) % records, 0, [easId(i)])];
  if (kind === 99) return [mdmRecord(i, i, 0, [])];
  // Enrolled devices without mail fill the other side up to a million.
  return kind < 94 ? [mdmRecord(i, i + records, 0, [`NOMAIL${i}`])] : [];
}

function easRecord(i: number): EasRecord {
  const address = `user${i}@corp.example`;
  const mailboxId = guid(1, i);
  const isAndroid = i % 100 === 99;
  return {
    kind: 'eas',
    key: `eas:org1:${mailboxId}:${easId(i).toLowerCase()}`,
    organization: 'org1',
    easId: easId(i),
    mailbox: {
      id: mailboxId,
      upn: address,
      address,
      displayName: `User Number ${i}`,
      addresses: [address, `first.last${i}@corp.example`],
    },
    device: {
      type: isAndroid ? 'Android' : 'iPhone',
      model: isAndroid ? 'Pixel 8' : `iPhone1${i % 8}C${i % 5}`,
      os: isAndroid ? 'Android 16' : 'iOS 19.1 23B85',
      userAgent: isAndroid ? 'Android-Mail/2026.1' : `Apple-iPhone1${i % 8}C${i % 5}/2302.85`,
      friendlyName: null,
      imei: null,
      clientType: 'EAS',
      protocolVersion: '16.1',
    },
    access: { state: 'allowed', reason: 'global', listed: null },
    firstSyncAt: '2026-02-01T08:00:00.000Z',
    lastSyncAt: '2026-11-21T18:00:00.000Z',
    deviceIdentity: `corp.example/Users/User Number ${i}/ExchangeActiveSyncDevices/iPhone§${easId(i)}`,
  };
}

function mdmRecord(i: number, user: number, copy: number, easIds: readonly string[]): MdmRecord {
  const address = `user${user}@corp.example`;
  const id = guid(2 + copy, i);
  const isAndroid = i % 100 === 99;
  return {
    kind: 'mdm',
    key: `mdm:intune1:${id}`,
    source: 'intune1',
    id,
    easIds,
    user: { id: guid(9, user), upn: address, addresses: [address] },
    device: {
      name: `user${user}_iPhone_11/22/2026_8:00 AM`,
      platform: isAndroid ? 'android' : 'ios',
      os: isAndroid ? 'Android' : 'iOS',
      osVersion: '19.1',
      manufacturer: isAndroid ? 'Google' : 'Apple',
      model: isAndroid ? 'Pixel 8' : `iPhone 1${i % 8}`,
      serial: `DX${(i * 31 + copy).toString(36).toUpperCase().padStart(10, '0')}`,
      imeis: [`35${String(i).padStart(12, '0')}${copy}`],
    },
    managed: true,
    compliance: i % 10 === 0 ? 'noncompliant' : 'compliant',
    complianceReason: i % 10 === 0 ? 'noncompliant' : 'compliant',
    graceUntil: null,
    enrolledAt: '2026-04-01T08:00:00.000Z',
    lastSeenAt: copy === 0 ? '2026-11-21T08:00:00.000Z' : '2026-05-01T08:00:00.000Z',
  };
}

function easId(i: number): string {
  return `K6CK${i.toString(32).toUpperCase().padStart(22, '0')}`;
}

function guid(kind: number, i: number): string {
  const scattered = Math.imul(i, 0x9e3779b1) >>> 0;
  return `${scattered.toString(16).padStart(8, '0')}-000${kind}-4000-8000-${i.toString(16).padStart(12, '0')}`;
}
