/**
 * Hours of syncing at the speed of the machine, in a process of its own:
 * `node --expose-gc bench/hours-process.ts <world> <folder> <hours>`. The world is what match-world.ts writes. The clock is put
 * forward by two minutes before each sync, so that the syncs are as many, and as far apart, as those of the hours would be:
 *
 *   each 2 minutes     Exchange quickly: one in a thousand devices has changed
 *   each 15 minutes    besides, an MDM wholly: one in a thousand of its devices has changed
 *   each 4 hours       besides, Exchange wholly
 *
 * Each quarter of an hour is a sample, the one at the end of each hour once nothing is at work: what is in use after a collection, the size of the store, the rows of each table, what
 * keeps the process alive. At the end the clock is put forward by the time that runs are remembered. The samples are lines of
 * JSON; the last line says what was forgotten then.
 */
import { putForward } from './fast-clock.ts';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { KEPT_DAYS } from '../src/connector/care/retention.ts';
import type { EasRecord, MdmRecord } from '../src/model/records.ts';
import { TABLES } from '../src/store/care/tables.ts';
import { changedRecords, FedWorkflow, PAGE, STORE_FILE } from './fed-workflow.ts';
import { pages } from './match-world.ts';

const [world = '', userDir = '', hours = ''] = process.argv.slice(2);
const MINUTE_MS = 60_000;
const [QUICK, MDM, HOUR, FULL] = [2, 15, 60, 240];
const CHANGED = 1000;
/** How long the daily care may take to begin: the store looks for what is due each minute. */
const CARE_MS = 10 * MINUTE_MS;

const eas = (): Iterable<EasRecord[]> => pages<EasRecord>(join(world, 'eas.ndjson'), PAGE);
const mdm = (): Iterable<MdmRecord[]> => pages<MdmRecord>(join(world, 'mdm.ndjson'), PAGE);

/** Those of Exchange's records that change; to read them anew for each sync would take longer than the sync. */
const changing = [...changedRecords(eas(), CHANGED, (record) => record)];

/** A reading of Exchange in which some devices are otherwise than in the one before. */
function someOf(round: number): EasRecord[][] {
  return changing.map((page) =>
    page.map((record) => ({
      ...record,
      device: { ...record.device, os: `${record.device.os ?? ''} ${round % 7}` },
    })),
  );
}

/** All of the MDM, some of it otherwise. */
function* mdmOf(round: number): Generator<MdmRecord[]> {
  for (const page of mdm())
    yield page.map((record, at) =>
      at % CHANGED === 0 ? { ...record, device: { ...record.device, osVersion: `18.${round % 7}` } } : record,
    );
}

/** True for the first sync at or after each of these. */
const isAt = (minute: number, every: number): boolean => minute % every < QUICK;

function rowsOf(database: DatabaseSync): Record<string, number> {
  const count = (table: string): number =>
    Number(database.prepare(`select count(*) as "count" from "${table}"`).get()?.['count'] ?? 0);
  return Object.fromEntries(TABLES.map(({ name }) => [name, count(name)]));
}

/** What keeps the process alive, by its kind. */
function resourcesOf(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

async function sample(minute: number): Promise<Record<string, unknown>> {
  // Buffers go in the turn after the collection that found them.
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc?.();
    await setTimeout(20);
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  const path = join(userDir, STORE_FILE);
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = rowsOf(database);
  database.close();
  const journal = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return {
    minute,
    heap: heapUsed,
    outside: external + arrayBuffers,
    rss,
    file: statSync(path).size,
    journal,
    resources: resourcesOf(),
    rows,
  };
}

const say = (line: unknown): void => console.log(JSON.stringify(line));

const workflow = new FedWorkflow(userDir);
await workflow.start();
await workflow.sync('full', eas(), mdm());
for (let minute = QUICK, round = 1; minute <= Number(hours) * 60; minute += QUICK, round += 1) {
  putForward(QUICK * MINUTE_MS);
  const isFull = isAt(minute, FULL);
  const withMdm = isAt(minute, MDM) ? mdmOf(round) : undefined;
  await workflow.sync(isFull ? 'full' : 'quick', isFull ? eas() : someOf(round), withMdm);
  if (withMdm === undefined) continue;
  // Once an hour: what is in work is no growth.
  if (isAt(minute, HOUR)) await workflow.rest();
  say(await sample(minute));
}
putForward((KEPT_DAYS.history + 1) * 24 * 60 * MINUTE_MS);
await workflow.sync('full', eas(), mdm());
const path = join(userDir, STORE_FILE);
/** Runs that are too old by now. */
const oldRuns = (): number => {
  const database = new DatabaseSync(path, { readOnly: true });
  const before = new Date(Date.now() - KEPT_DAYS.history * 24 * 60 * MINUTE_MS).toISOString();
  const { count } = database.prepare('select count(*) as "count" from "history" where "at" < ?').get(before) ?? {};
  database.close();
  return Number(count);
};
const end = performance.now() + CARE_MS;
while (oldRuns() > 0 && performance.now() < end) await setTimeout(500);
// A sync is followed by one about what it has touched, and the care has more to do than the runs: what is at work is no growth.
await workflow.rest();
say({ ...(await sample(Number.NaN)), oldRuns: oldRuns() });
await workflow.stop();
process.exit(0);
