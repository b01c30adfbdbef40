/** What is measured of ours: the yardstick, the reconcile, and the whole matcher with evidence. */
import { openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { compileRules } from '../src/access/compile-rules.ts';
import type { DecisionContext } from '../src/access/compile-rules.ts';
import { decideAccess } from '../src/access/decide-access.ts';
import { ReviewClock } from '../src/access/review-clock.ts';
import { DEFAULT_RULES } from '../src/access/rules.ts';
import { EasIndex } from '../src/match/eas-index.ts';
import { MatchRules } from '../src/match/match-rules.ts';
import type { Finding } from '../src/match/finding.ts';
import { Matcher } from '../src/match/matcher.ts';
import type { LoadMdmRecords } from '../src/match/matcher.ts';
import { MdmIndex } from '../src/match/mdm-index.ts';
import type { Activation, DeviceRecord, EasRecord, MdmRecord } from '../src/model/records.ts';
import { eachLine, pages, writer } from './match-world.ts';

/** What a task found: outcomes by name, and further figures. */
export interface TaskResult {
  readonly counts: Readonly<Record<string, number>>;
  readonly figures?: Readonly<Record<string, number>>;
}

const READ_AT = '2026-11-22T00:00:00.000Z';
const PAGE_SIZE = 500;
const OPTIONS = { mdmStartedAt: READ_AT, mdmComplete: true, mdmFresh: true };
const NOW = Date.parse(READ_AT);

/** The yardstick: JSON.parse of every line, nothing done with it. */
export function parseAll(folder: string): TaskResult {
  for (const name of ['mdm', 'eas']) eachLine(join(folder, `${name}.ndjson`), (line) => void JSON.parse(line));
  return { counts: {} };
}

/** Match rules and default access rules over join keys only; an outcome line an EAS record. No EAS index, no evidence. */
export function reconcileAll(folder: string): TaskResult {
  const mdm = new MdmIndex(expectedOf(folder).mdm);
  for (const page of pages<MdmRecord>(join(folder, 'mdm.ndjson'), PAGE_SIZE)) mdm.add(page);
  const match = new MatchRules({ mdm, activations: activationsOf(folder), options: OPTIONS });
  const rules = compileRules(DEFAULT_RULES);
  const counts: Record<string, number> = {};
  const output = writer(join(folder, 'outcome.ndjson'));
  eachLine(join(folder, 'eas.ndjson'), (line) => {
    const eas = JSON.parse(line) as EasRecord;
    const finding = match.plainMatch(eas) ?? match.match(eas);
    const { action, rule } = decideAccess(deviceOf(eas, finding, mdm), rules, contextNow());
    add(counts, `${action} ${finding.by ?? finding.reason}`);
    const merged = finding.row < 0 ? 'null' : `"${mdm.key(finding.row)}"`;
    output.write(
      `{"key":"${eas.key}","mdm":${merged},"reason":"${finding.reason}","action":"${action}","rule":"${rule}"}`,
    );
  });
  output.close();
  return { counts };
}

/**
 * What the merge matcher does for a whole run, without Node-RED and the store: both indexes, pages of device records with
 * evidence and suggestions, the MDM records that are left over, an access decision and an outcome line with the evidence.
 * Both sides are parsed twice, as by the product: once for the indexes, and again for the pages, since nothing keeps a million
 * records in memory. MDM records are loaded by key, a page's at once, from a file that stands in for the store: what finding and
 * reading the texts takes is in the figure, and told apart. Each page of EAS records is a turn of the event loop of its own.
 */
export async function matchAll(folder: string): Promise<TaskResult> {
  const expected = expectedOf(folder);
  const mdm = new MdmIndex(expected.mdm);
  const records = new RecordFile(join(folder, 'mdm.ndjson'), mdm, expected.mdm);
  let page: MdmRecord[] = [];
  const addPage = (): void => {
    mdm.add(page);
    page = [];
  };
  eachLine(join(folder, 'mdm.ndjson'), (line, at, bytes) => {
    const record = JSON.parse(line) as MdmRecord;
    records.add(at + bytes);
    if (page.push(record) === PAGE_SIZE) addPage();
  });
  addPage();
  const before = outsideHeapMib();
  const eas = new EasIndex(expected.eas, { reachable: true });
  for (const some of pages<EasRecord>(join(folder, 'eas.ndjson'), PAGE_SIZE)) {
    eas.add(some);
    await setImmediate();
  }
  eas.ofMailbox('');
  const easIndexMib = outsideHeapMib() - before;
  const matcher = new Matcher({ mdm, eas, activations: activationsOf(folder), options: OPTIONS });
  const counts = await writeDevices(folder, matcher, records.load);
  return { counts, figures: { easIndexMib, fetchMs: records.fetchMs } };
}

async function writeDevices(folder: string, matcher: Matcher, load: LoadMdmRecords): Promise<Record<string, number>> {
  const rules = compileRules(DEFAULT_RULES);
  const counts: Record<string, number> = {};
  const output = writer(join(folder, 'outcome.ndjson'));
  for (const some of pages<EasRecord>(join(folder, 'eas.ndjson'), PAGE_SIZE)) {
    await setImmediate();
    for (const device of await matcher.matchPage(some, load)) {
      const { action, rule } = decideAccess(device, rules, contextNow());
      add(counts, `${action} ${device.match.by ?? device.reason.code}`);
      output.write(lineOf(device, action, rule));
    }
  }
  for await (const devices of matcher.mdmOnly(load, PAGE_SIZE)) {
    for (const device of devices) output.write(lineOf(device, null, null));
  }
  output.close();
  return counts;
}

function lineOf(device: DeviceRecord, action: string | null, rule: string | null): string {
  const { key, mdm, match, reason, suggestions } = device;
  return JSON.stringify({ key, mdm: mdm?.key ?? null, match, reason, suggestions, action, rule });
}

/**
 * Records of an NDJSON file of up to 4 GiB by key, read and parsed when asked for. Lines are in the order of the index's rows: 4
 * bytes a record tell where each ends.
 */
class RecordFile {
  readonly load: LoadMdmRecords;
  readonly #file: number;
  readonly #index: MdmIndex;
  readonly #ends: Uint32Array;
  #count = 0;
  #buffer = Buffer.allocUnsafe(1 << 20);
  #fetchMs = 0;

  constructor(path: string, index: MdmIndex, count: number) {
    this.#index = index;
    this.#ends = new Uint32Array(count);
    this.#file = openSync(path, 'r');
    this.load = (keys) => Promise.resolve(this.#load(keys));
  }

  /** CPU that looking the texts up and reading them took, milliseconds. */
  get fetchMs(): number {
    return this.#fetchMs;
  }

  /** The next line. @param end behind its last byte */
  add(end: number): void {
    this.#ends[this.#count++] = end;
  }

  #load(keys: readonly string[]): Map<string, MdmRecord> {
    const before = process.threadCpuUsage();
    const ends = this.#fetch(keys);
    const { user, system } = process.threadCpuUsage(before);
    this.#fetchMs += (user + system) / 1000;
    const records = new Map<string, MdmRecord>();
    let start = 0;
    for (const [i, key] of keys.entries()) {
      const end = ends[i]!;
      if (end > start) records.set(key, JSON.parse(this.#buffer.toString('utf8', start, end)) as MdmRecord);
      start = end;
    }
    return records;
  }

  /** The lines of these keys, one behind the other in the buffer. @returns where each ends; one that is not there has no bytes */
  #fetch(keys: readonly string[]): number[] {
    let to = 0;
    return keys.map((key) => {
      const row = this.#index.rowOfKey(key);
      if (row < 0) return to;
      const start = row === 0 ? 0 : this.#ends[row - 1]! + 1;
      const bytes = this.#ends[row]! - start;
      if (to + bytes > this.#buffer.length)
        this.#buffer = Buffer.concat([this.#buffer.subarray(0, to)], (to + bytes) * 2);
      readSync(this.#file, this.#buffer, to, bytes, start);
      to += bytes;
      return to;
    });
  }
}

// The store knows how many records there are, and the matcher makes room for as many.
function expectedOf(folder: string): { eas: number; mdm: number } {
  return JSON.parse(readFileSync(join(folder, 'counts.json'), 'utf8')) as { eas: number; mdm: number };
}

function activationsOf(folder: string): Activation[] {
  return JSON.parse(readFileSync(join(folder, 'activations.json'), 'utf8')) as Activation[];
}

// A clock is one decision's.
function contextNow(): DecisionContext {
  return { clock: new ReviewClock(NOW), owned: null };
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function outsideHeapMib(): number {
  return process.memoryUsage().arrayBuffers / 2 ** 20;
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
