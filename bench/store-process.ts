/**
 * Full readings of one file of records, in a process of its own:
 * `node bench/store-process.ts <task> <records.ndjson> <folder> [<address> <server>]`.
 * The last line it prints is, a step, the CPU of all threads in seconds, that of the database server, the bytes handed to the
 * disk, and the size of what is on it then; and the peak memory of the process.
 *
 *   append  each record is parsed, made into text again, appended to a file; the file is synced every 500
 *   bare    the same rows, in a table with a key that comes in any order, 500 a transaction, through node:sqlite alone
 *   ours    one full reading after the other: the first; the same again; with new sync times; with one percent changed; each
 *           with what is done in the background afterwards; with an address, on PostgreSQL
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import type { EasRecord } from '../src/model/records.ts';
import { openStore } from '../src/store/open-store.ts';
import { pages } from './match-world.ts';
import { serverCpu } from './server-cpu.ts';

const [task = '', source = '', folder = '', address = '', server = ''] = process.argv.slice(2);
const PAGE = 500;
const DAY_MS = 86_400_000;

interface Step {
  readonly cpu: number;
  /** Of the database server. */
  readonly server: number;
  readonly written: number;
  /** Bytes of the devices' rows and their indexes, as they are in the file then. */
  readonly devices: number;
  readonly size: number;
}

const steps: Record<string, Step> = {};

async function step(name: string, path: string, work: () => unknown): Promise<void> {
  const [others, cpu, written] = [serverCpu(server), process.cpuUsage(), bytesWritten()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const size = existsSync(path) ? statSync(path).size : 0;
  const ofServer = (serverCpu(server) - others) / 1000;
  const ofStep = { cpu: (user + system) / 1e6, server: ofServer, written: bytesWritten() - written };
  steps[name] = { ...ofStep, devices: size === 0 || task !== 'ours' ? 0 : devicesIn(path), size };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_io.5.html */
function bytesWritten(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

/** https://sqlite.org/dbstat.html */
function devicesIn(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  const { bytes } = database
    .prepare(
      `select sum("pgsize") as "bytes" from "sqlite_schema" as "part" join "dbstat" on "dbstat"."name" = "part"."name"
        where "part"."tbl_name" = 'devices' and "dbstat"."aggregate" = true`,
    )
    .get() as { readonly bytes: number };
  database.close();
  return bytes;
}

function append(path: string): void {
  const file = openSync(path, 'w');
  for (const page of pages<EasRecord>(source, PAGE)) {
    writeSync(file, page.map((record) => `${JSON.stringify(record)}\n`).join(''));
    fsyncSync(file);
  }
  closeSync(file);
}

function bare(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  database.exec(`create table "records" ("generation" integer not null, "key" text not null, "reading" integer not null,
    "hash" text not null, "record" text not null, unique ("generation", "key")) strict`);
  const insert = database.prepare(`insert into "records" values ${Array(PAGE).fill('(?, ?, ?, ?, ?)').join(', ')}`);
  for (const page of pages<EasRecord>(source, PAGE)) {
    if (page.length < PAGE) throw new Error(`The number of records is no multiple of ${PAGE}.`);
    database.exec('begin immediate');
    insert.run(
      ...page.flatMap((record) => {
        const text = JSON.stringify(record);
        return [1, record.key, 1, createHash('sha256').update(text).digest('base64url'), text];
      }),
    );
    database.exec('commit');
  }
  database.close();
}

async function ours(path: string): Promise<void> {
  const store = await openStore(
    address === '' ? { engine: 'sqlite', path } : { engine: 'postgres', connection: address },
  );
  let readings = 0;
  const read = async (change: (record: EasRecord, at: number) => EasRecord): Promise<void> => {
    readings += 1;
    const reading = {
      id: `reading ${readings}`,
      source: 'eas',
      kind: 'full',
      organization: 'org1',
      startedAt: new Date(DAY_MS * readings).toISOString(),
    } as const;
    let page = 0;
    for (const records of pages<EasRecord>(source, PAGE)) {
      const changed = records.map((record, at) => change(record, page * PAGE + at));
      await store.snapshots.begin({ ...reading, page });
      await store.snapshots.putPage({ ...reading, page }, changed);
      page += 1;
    }
    const { count } = await store.snapshots.commit(reading);
    if (count !== page * PAGE) throw new Error(`${count} records of ${page * PAGE} are shown.`);
    await untilQuiet();
  };
  const heardOf = (days: number) => (record: EasRecord) => ({
    ...record,
    lastSyncAt: new Date(Date.parse(record.lastSyncAt ?? record.firstSyncAt ?? '') + days * DAY_MS).toISOString(),
  });
  const first = (record: EasRecord) => record;
  const later = heardOf(1);
  await step('first', path, () => read(first));
  await step('same', path, () => read(first));
  await step('times', path, () => read(later));
  await step('percent', path, () =>
    read((record, at) =>
      at % 100 === 0 ? { ...later(record), device: { ...record.device, os: 'iOS 20' } } : later(record),
    ),
  );
  await store.close();
}

/** What is folded and cleared in the background belongs to the reading. */
async function untilQuiet(): Promise<void> {
  const LOOK_MS = 200;
  for (;;) {
    const [others, cpu] = [serverCpu(server), process.cpuUsage()];
    await setTimeout(LOOK_MS);
    const { user, system } = process.cpuUsage(cpu);
    if (user + system < LOOK_MS * 100 && serverCpu(server) - others < LOOK_MS / 10) return;
  }
}

const path = join(folder, task);
if (task === 'ours') await ours(path);
else await step('first', path, () => (task === 'bare' ? bare(path) : append(path)));
console.log(JSON.stringify({ steps, peakMib: Math.round(process.resourceUsage().maxRSS / 1024) }));
