/**
 * A Node-RED with EAS source, merge matcher and access switch that is fed: EAS records come by message through the EAS source,
 * MDM records as an MDM source sends them; a page follows when the one before is done. One in five devices of match-world.ts is
 * to be blocked, more than the brake lets through: they stay held.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { EasRecord, MdmRecord } from '../src/model/records.ts';
import { startNodeRed } from '../scripts/node-red.ts';
import type { NodeRed } from '../scripts/node-red.ts';

/** Records of a page. */
export const PAGE = 500;

/** Names of the world's records. */
const [ORGANIZATION, TENANT] = ['org1', 'intune1'];

/** Name of the store in the user directory. */
export const STORE_FILE = 'store.sqlite';

const flowOf = (userDir: string) => [
  { id: 'tab', type: 'tab', label: 'bench' },
  { id: 'store', type: 'connector-store', engine: 'sqlite', path: join(userDir, STORE_FILE) },
  { id: ORGANIZATION, type: 'exchange-server', kind: 'simulated' },
  {
    id: 'eas',
    type: 'eas-source',
    z: 'tab',
    from: 'message',
    server: ORGANIZATION,
    store: 'store',
    wires: [['matcher']],
  },
  {
    id: 'matcher',
    type: 'merge-matcher',
    z: 'tab',
    store: 'store',
    pageSize: PAGE,
    maxAge: 26,
    sameUser: true,
    lateActivation: true,
    wires: [['switch'], [], []],
  },
  {
    id: 'switch',
    type: 'access-switch',
    z: 'tab',
    server: ORGANIZATION,
    store: 'store',
    mode: 'enforce',
    rules: [],
    brakePercent: 10,
    brakeCount: 10,
    wires: [[], [], [], ['end']],
  },
  { id: 'end', type: 'junction', z: 'tab', wires: [[]] },
];

/** So often in a row it is found to do next to nothing before it counts as at rest. */
const QUIET_TIMES = 3;
const LOOK_MS = 500;
const IDLE_MICROSECONDS = 25_000;

/** A workflow that is fed. */
export class FedWorkflow {
  readonly #userDir: string;
  #nodeRed: NodeRed | null = null;
  #reports = 0;
  #done: { id: string; resolve: () => void; reject: (error: Error) => void } | null = null;
  #heard: (() => void) | null = null;
  #readings = 0;

  /** @param userDir Node-RED's; it is made */
  constructor(userDir: string) {
    this.#userDir = userDir;
  }

  /** Throws Error if its folder has a store of an earlier run, whose readings have the same names, or nothing is built. */
  async start(): Promise<void> {
    const store = join(this.#userDir, STORE_FILE);
    if (existsSync(store)) throw new Error(`${store} is of an earlier run: name a new folder.`);
    mkdirSync(this.#userDir, { recursive: true });
    this.#nodeRed = await startNodeRed({
      userDir: this.#userDir,
      port: 0,
      flow: flowOf(this.#userDir),
      quiet: true,
      onSend: ({ source }) => {
        if (source.id !== 'switch' || source.port !== 3) return;
        this.#reports += 1;
        this.#heard?.();
      },
      onDone: ({ id }, error) => {
        // Node-RED would take what is thrown here for its own.
        if (error !== undefined) this.#done?.reject(error);
        else if (this.#done?.id === id) this.#done.resolve();
      },
    });
  }

  stop(): Promise<void> {
    return this.#nodeRed!.stop();
  }

  /** A sync, from its first page to the report. @param mdm absent: no MDM reading */
  async sync(kind: 'full' | 'quick', eas: Iterable<EasRecord[]>, mdm?: Iterable<MdmRecord[]>): Promise<void> {
    const before = this.#reports;
    this.#readings += 1;
    const startedAt = new Date().toISOString();
    const easPages = pageMessages(eas, { id: `eas ${this.#readings}`, kind, startedAt });
    // A reading of Exchange is under way: what ends first waits for it.
    let next = easPages.next();
    await this.#page('eas', next.value!);
    const head = { id: `mdm ${this.#readings}`, source: 'mdm', kind: 'full', organization: TENANT, startedAt };
    for (const message of pageMessages(mdm ?? [], head)) await this.#page('matcher', { ...message, topic: 'mdm' });
    for (next = easPages.next(); next.done !== true; next = easPages.next()) await this.#page('eas', next.value);
    while (this.#reports === before)
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
  }

  /** Waits until nothing goes on any more: a sync may be followed by one about what it has touched. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TIMES;) {
      const before = process.cpuUsage();
      await setTimeout(LOOK_MS);
      const { user, system } = process.cpuUsage(before);
      quiet = user + system < IDLE_MICROSECONDS ? quiet + 1 : 0;
    }
  }

  #page(id: string, message: Record<string, unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#done = { id, resolve, reject };
      this.#nodeRed!.receive(id, message);
    });
  }
}

/** Messages of a reading; the last one says that it is. */
function* pageMessages(
  records: Iterable<readonly unknown[]>,
  sync: Readonly<Record<string, unknown>> & { readonly id: string },
): Generator<Record<string, unknown>, undefined> {
  let [index, held]: [number, readonly unknown[] | null] = [0, null];
  const message = (payload: readonly unknown[], last: boolean): Record<string, unknown> => ({
    payload,
    parts: { id: sync.id, index, type: 'array', len: payload.length, ...(last ? { count: index + 1 } : {}) },
    sync: { ...sync, page: index, last },
  });
  for (const page of records) {
    if (held !== null) {
      yield message(held, false);
      index += 1;
    }
    held = page;
  }
  if (held !== null) yield message(held, true);
}

/** Every n-th of the records, changed. */
export function* changedRecords<T extends EasRecord | MdmRecord>(
  pages: Iterable<readonly T[]>,
  every: number,
  change: (record: T) => T,
): Generator<T[]> {
  let at = 0;
  let some: T[] = [];
  for (const page of pages)
    for (const record of page) {
      at += 1;
      if (at % every !== 0) continue;
      some.push(change(record));
      if (some.length < PAGE) continue;
      yield some;
      some = [];
    }
  if (some.length > 0) yield some;
}
