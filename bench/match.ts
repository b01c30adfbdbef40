/**
 * A full reconcile of n EAS records with n MDM records: NDJSON in, one outcome line an EAS record out, in a process of its
 * own. Yardstick: JSON.parse of every line of the same files, read by the same reader, also in a process of its own, in
 * turns. Ceilings at a million: CPU 3.0 × the yardstick's, 512 MiB of peak memory.
 *
 * Both sides as the sources send them (design: EasRecord, MdmRecord). 70 % match one to one; 5 % have two MDM records with
 * one EAS ID; 5 % an EAS ID that another user's record reports; the rest is unmatched, 1 % of all settled by an activation.
 *
 * In it: reading, parsing, the MDM index, all match rules, the default access rules, an outcome line. Not in it: the EAS
 * index (it is filled as the pages arrive) and evidence sentences (made for a page at a time, with the records loaded).
 *
 *   node bench/match.ts [records] [rounds]
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileRules } from '../src/access/compile-rules.ts';
import { decideAccess } from '../src/access/decide-access.ts';
import { DEFAULT_RULES } from '../src/access/rules.ts';
import { MatchRules } from '../src/match/match-rules.ts';
import type { Finding } from '../src/match/match-rules.ts';
import { MdmIndex } from '../src/match/mdm-index.ts';
import type { Activation, DeviceRecord, EasRecord, MdmRecord } from '../src/model/records.ts';

/** What one process took. */
export interface ProcessFigure {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Peak resident set, MiB. */
  readonly peakMib: number;
  /** Outcomes by name; empty for the yardstick. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What the bench found: medians of the rounds. */
export interface MatchBench {
  readonly records: number;
  readonly bytes: number;
  readonly parse: ProcessFigure;
  readonly reconcile: ProcessFigure;
  /** CPU of the reconcile against the yardstick, by round and the median. */
  readonly ratios: readonly number[];
  readonly ratio: number;
  readonly ceilings: readonly {
    readonly name: string;
    readonly value: number;
    readonly ceiling: number;
    readonly met: boolean;
  }[];
}

const CPU_CEILING = 3.0;
const MEMORY_CEILING_MIB = 512;
const READ_AT = '2026-11-22T00:00:00.000Z';
const CHUNK_BYTES = 1 << 20;

/** Runs the bench. Files are made in the system's temporary folder and removed again. */
export function run(options: { records?: number; rounds?: number } = {}): MatchBench {
  const { records = 1_000_000, rounds = 3 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'match-bench-'));
  try {
    writeWorld(folder, records);
    const parses: ProcessFigure[] = [];
    const reconciles: ProcessFigure[] = [];
    for (let round = 0; round < rounds; round++) {
      parses.push(measure('parse', folder));
      reconciles.push(measure('reconcile', folder));
    }
    const ratios = reconciles.map(({ cpuMs }, round) => cpuMs / parses[round]!.cpuMs);
    const reconcile = medianFigure(reconciles);
    const ratio = median(ratios);
    return {
      records,
      bytes: statSync(join(folder, 'eas.ndjson')).size + statSync(join(folder, 'mdm.ndjson')).size,
      parse: medianFigure(parses),
      reconcile,
      ratios,
      ratio,
      ceilings: [
        { name: 'CPU / JSON.parse', value: ratio, ceiling: CPU_CEILING, met: ratio <= CPU_CEILING },
        {
          name: 'peak memory, MiB',
          value: reconcile.peakMib,
          ceiling: MEMORY_CEILING_MIB,
          met: reconcile.peakMib <= MEMORY_CEILING_MIB,
        },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(what: 'parse' | 'reconcile', folder: string): ProcessFigure {
  const started = performance.now();
  const script = fileURLToPath(import.meta.url);
  const output = execFileSync(process.execPath, [...process.execArgv, script, `--${what}`, folder], {
    encoding: 'utf8',
  });
  return { ...(JSON.parse(output) as Omit<ProcessFigure, 'wallMs'>), wallMs: performance.now() - started };
}

function parseAll(folder: string): Record<string, number> {
  for (const name of ['mdm', 'eas']) eachLine(join(folder, `${name}.ndjson`), (line) => void JSON.parse(line));
  return {};
}

function reconcileAll(folder: string): Record<string, number> {
  const activations = JSON.parse(readFileSync(join(folder, 'activations.json'), 'utf8')) as Activation[];
  const mdm = new MdmIndex();
  const page: MdmRecord[] = [];
  eachLine(join(folder, 'mdm.ndjson'), (line) => {
    page.push(JSON.parse(line) as MdmRecord);
    if (page.length < 500) return;
    mdm.add(page);
    page.length = 0;
  });
  mdm.add(page);
  const rules = new MatchRules({
    mdm,
    activations,
    options: { mdmStartedAt: READ_AT, mdmComplete: true, mdmFresh: true },
  });
  return writeOutcomes(folder, mdm, rules);
}

function writeOutcomes(folder: string, mdm: MdmIndex, match: MatchRules): Record<string, number> {
  const counts: Record<string, number> = {};
  const rules = compileRules(DEFAULT_RULES);
  const context = { now: Date.parse(READ_AT), owned: null };
  const output = openSync(join(folder, 'outcome.ndjson'), 'w');
  let lines: string[] = [];
  const flush = (): void => {
    writeSync(output, lines.join(''));
    lines = [];
  };
  eachLine(join(folder, 'eas.ndjson'), (line) => {
    const eas = JSON.parse(line) as EasRecord;
    const finding = match.match(eas);
    const { action, rule } = decideAccess(deviceOf(eas, finding, mdm), rules, context);
    const name = `${action} ${finding.by ?? finding.reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
    const merged = finding.row < 0 ? 'null' : `"${mdm.key(finding.row)}"`;
    lines.push(
      `{"key":"${eas.key}","mdm":${merged},"reason":"${finding.reason}","action":"${action}","rule":"${rule}"}\n`,
    );
    if (lines.length === 5000) flush();
  });
  flush();
  closeSync(output);
  return counts;
}

const LIGHT_USER = { id: null, upn: null, addresses: [] };
const NO_MATCH = { by: null, evidence: [] } as const;

// What the default rules look at, from the index; the nodes load the whole record for a page at a time.
function deviceOf(eas: EasRecord, finding: Finding, mdm: MdmIndex): DeviceRecord {
  const reason = { code: finding.reason, text: '' };
  if (finding.row < 0) return { key: eas.key, status: 'eas', eas, match: NO_MATCH, reason };
  const record: MdmRecord = {
    kind: 'mdm',
    key: '',
    source: '',
    id: '',
    easIds: [],
    user: LIGHT_USER,
    device: {
      name: null,
      platform: mdm.platform(finding.row),
      os: null,
      osVersion: null,
      manufacturer: null,
      model: null,
      serial: null,
      imeis: [],
    },
    managed: true,
    compliance: mdm.compliance(finding.row),
    complianceReason: null,
    graceUntil: null,
    enrolledAt: null,
    lastSeenAt: null,
  };
  return { key: eas.key, status: 'eas/mdm', eas, mdm: record, match: NO_MATCH, reason };
}

/** Calls `visit` with each line of a file, in constant memory. */
function eachLine(path: string, visit: (line: string) => void): void {
  const file = openSync(path, 'r');
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES * 2);
  let kept = 0;
  for (;;) {
    if (buffer.length - kept < CHUNK_BYTES) buffer = Buffer.concat([buffer.subarray(0, kept)], buffer.length * 2);
    const read = readSync(file, buffer, kept, CHUNK_BYTES, null);
    const end = kept + read;
    let start = 0;
    for (let stop = buffer.indexOf(10, start); stop >= 0 && stop < end; stop = buffer.indexOf(10, start)) {
      visit(buffer.toString('utf8', start, stop));
      start = stop + 1;
    }
    buffer.copy(buffer, 0, start, end);
    kept = end - start;
    buffer.fill(0, kept, end);
    if (read === 0) break;
  }
  closeSync(file);
}

function writeWorld(folder: string, records: number): void {
  const activations: Activation[] = [];
  const eas = writer(join(folder, 'eas.ndjson'));
  const mdm = writer(join(folder, 'mdm.ndjson'));
  for (let i = 0; i < records; i++) {
    // A fixed scatter, so that neither file is in the order of the other.
    const place = (i * 7919) % records;
    eas.write(JSON.stringify(easRecord(place)));
    for (const record of mdmRecords(i, records)) mdm.write(JSON.stringify(record));
    if (i % 100 === 99)
      activations.push({
        easId: easId(i),
        mailbox: guid(1, i),
        at: '2026-03-01T00:00:00.000Z',
        userAgent: null,
        tokenId: `t${i}`,
      });
  }
  eas.close();
  mdm.close();
  const file = writer(join(folder, 'activations.json'));
  file.write(JSON.stringify(activations));
  file.close();
}

function writer(path: string): { write(line: string): void; close(): void } {
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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function medianFigure(figures: readonly ProcessFigure[]): ProcessFigure {
  return {
    cpuMs: median(figures.map(({ cpuMs }) => cpuMs)),
    wallMs: median(figures.map(({ wallMs }) => wallMs)),
    peakMib: median(figures.map(({ peakMib }) => peakMib)),
    counts: figures[0]!.counts,
  };
}

if (import.meta.main) {
  const [first = '', second = ''] = process.argv.slice(2);
  if (first === '--parse' || first === '--reconcile')
    runChild(first === '--parse' ? parseAll(second) : reconcileAll(second));
  else print(run({ records: Number(first) || 1_000_000, rounds: Number(second) || 3 }));
}

function runChild(counts: Record<string, number>): void {
  const { user, system } = process.cpuUsage();
  // maxRSS is in kibibytes (getrusage).
  console.log(
    JSON.stringify({ cpuMs: (user + system) / 1000, peakMib: process.resourceUsage().maxRSS / 1024, counts }),
  );
}

function print({ records, bytes, parse, reconcile, ratios, ceilings }: MatchBench): void {
  console.log(`match: ${records} EAS records with as many MDM records, ${Math.round(bytes / 1e6)} MB of NDJSON`);
  for (const [name, figure] of [
    ['JSON.parse', parse],
    ['reconcile', reconcile],
  ] as const) {
    const { cpuMs, wallMs, peakMib } = figure;
    console.log(
      `  ${name.padEnd(12)} ${(cpuMs / 1000).toFixed(2).padStart(7)} s CPU ${(wallMs / 1000).toFixed(2).padStart(7)} s ${Math.round(peakMib).toString().padStart(5)} MiB`,
    );
  }
  console.log(
    `  outcomes     ${Object.entries(reconcile.counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
  );
  console.log(`  ratios       ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`);
  for (const { name, value, ceiling, met } of ceilings) {
    console.log(`  ${met ? 'ok  ' : 'MISS'} ${name} ${value.toFixed(2)} <= ${ceiling}`);
  }
  process.exitCode = ceilings.every(({ met }) => met) ? 0 : 1;
}
