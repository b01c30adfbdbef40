/** The lab's servers and one or several Node-REDs of their own with the example flow, which can be killed. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import assert from 'node:assert/strict';
import { Client } from 'pg';
import { labEnvironment, labFlow, readExample } from '../scripts/lab-flow.ts';
import type { FlowEntry } from '../scripts/node-red.ts';
import { root } from '../scripts/node-red.ts';
import { Organization } from '../src/lab/organization.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { openStoreToRead } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { aManagedPhone } from '../test/support/people.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';
import type { Arming } from './points.ts';
import { syncPhoneOfSecondsAgo } from '../test/support/phone-of-seconds-ago.ts';

/** Numbers between 0 and 1, the same for a seed. https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** What the flow heard of the access switch. */
export interface Heard {
  /** 1 blocked, 2 allowed, 3 attention, 4 report. */
  readonly output: number;
  readonly payload: {
    readonly device?: { readonly key: string } | null;
    readonly change?: { readonly id?: string; readonly episode?: string; readonly repeat?: boolean } | null;
    readonly repeat?: boolean;
    readonly plan?: unknown;
    readonly sync?: { readonly kind: string };
  };
}

/** Nodes between the access switch and the notifier. */
export interface Between {
  /** Id of the one that the switch is wired to. */
  readonly first: string;
  /** @param to id of the notifier */
  readonly nodes: (to: string, tab: string, notifier: FlowEntry) => readonly FlowEntry[];
}

/** How a world is made. */
export interface WorldOptions {
  /** Address of an empty database that all instances share; null: the one instance has a file. */
  readonly postgres?: string | null;
  readonly instances?: number;
  /** How long a message takes between the access switch and the notifier; in memory. */
  readonly delaySeconds?: number;
  /** What the flow has between the access switch and the notifier; default: a wire. */
  readonly between?: Between | null;
  /** Where the file of the store is; default: in the user directory. */
  readonly storeFile?: string;
  /** Where Exchange is reached, of the lab's own address; default: there. */
  readonly exchangeUrl?: (url: string) => Promise<string>;
  /** How many are blocked at once without a person's yes; default: as many as there are. */
  readonly brakeCount?: number;
  /** Environment variables of the Node-REDs. */
  readonly env?: Readonly<Record<string, string>>;
}

const CHANGES_DUE = 'changes due';
const RETRY = 'retry all';
/** So long all may take to be as it must be: a machine that has much else to do is slow. */
const SETTLE_MS = 240_000;
/** So long a sync may take until nobody waits for its report any longer. */
const SYNC_MS = 10_000;

export class World {
  readonly lab: Lab;
  readonly flow: readonly FlowEntry[];
  /** Aliases of everybody whose phone is to be blocked. */
  readonly unmanaged: string[] = [];
  /** Aliases of those who enroll after they were blocked. */
  readonly enrolled: string[] = [];
  /** Aliases of those whose activation was answered with success. */
  readonly activated: string[] = [];
  readonly postgres: string | null;
  readonly #folder: string;
  readonly #nodeReds = new Map<number, SpawnedNodeRed>();
  /** Where the file of the store is. */
  readonly storeFile: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(lab: Lab, options: WorldOptions & { readonly folder: string; readonly exchangeUrl?: never }) {
    const { postgres = null, instances = 1, delaySeconds = 0, brakeCount = 1_000_000, folder } = options;
    this.lab = lab;
    this.postgres = postgres;
    this.#folder = folder;
    this.storeFile = options.storeFile ?? join(this.#dirOf(0), 'exchange-connector.sqlite');
    const { flow, credentials } = labFlow(readExample(), { quickSeconds: 0 });
    const changed: Readonly<Record<string, object>> = {
      'connector-store': postgres === null ? { path: this.storeFile } : { engine: 'postgres' },
      'access-switch': { brakeCount, brakePercent: options.brakeCount === undefined ? 100 : 0 },
    };
    this.flow = withButtons(
      withBetween(
        flow.map((one) => ({ ...one, ...changed[one.type] })),
        options.between ?? delayOf(delaySeconds),
      ),
    );
    const store = this.#idOf('connector-store');
    this.#env = {
      POINTS_TRAIL: this.#trailFile,
      POINTS_WITNESS: this.#witnessFile,
      POINTS_EXCHANGE_PORT: new URL(process.env['LAB_EXCHANGE_URL'] ?? lab.exchange.url).port,
      POINTS_SMTP_PORT: String(lab.smtp.port),
      ...options.env,
    };
    for (let instance = 0; instance < instances; instance += 1) {
      mkdirSync(this.#dirOf(instance));
      writeFileSync(join(this.#dirOf(instance), 'flows.json'), JSON.stringify(this.flow));
      const own = postgres === null ? credentials : { ...credentials, [store]: { connection: postgres } };
      writeFileSync(join(this.#dirOf(instance), 'flows_cred.json'), JSON.stringify(own));
    }
    this.#settleDown();
  }

  static async open({ exchangeUrl, ...options }: WorldOptions = {}): Promise<World> {
    const lab = await startLab({ organization: aManagedPhone(new Organization()) });
    Object.assign(process.env, labEnvironment(lab, 'http://127.0.0.1:1880'));
    if (exchangeUrl !== undefined) process.env['LAB_EXCHANGE_URL'] = await exchangeUrl(lab.exchange.url);
    return new World(lab, { ...options, folder: mkdtempSync(join(tmpdir(), 'connector-kill-')) });
  }

  /** Those who are there before, and to whom nothing must happen. */
  #settleDown(): void {
    this.#addUser('mona');
    this.#addUser('gina', { blocked: [easIdOf('gina')] });
    this.#addUser('adam', { allowed: [easIdOf('adam')] });
    for (const alias of ['mona', 'gina', 'adam']) this.sync(alias);
    this.#enroll('mona', easIdOf('mona'));
  }

  #dirOf(instance: number): string {
    return join(this.#folder, String(instance));
  }
  get #trailFile(): string {
    return join(this.#folder, 'trail');
  }
  get #witnessFile(): string {
    return join(this.#folder, 'heard');
  }

  async close(): Promise<void> {
    for (const nodeRed of this.#nodeReds.values()) await nodeRed.kill();
    await this.lab.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  // ── Node-RED ──────────────────────────────────────────────────────────────

  async start(instance: number = 0): Promise<void> {
    const nodeRed = await spawnNodeRed(
      join(root, 'node_modules', 'node-red', 'red.js'),
      this.#dirOf(instance),
      {
        flowFile: 'flows.json',
        credentialSecret: false,
        nodesDir: [root],
        externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
      },
      { nodeArgs: ['--no-warnings', '--import', join(root, 'test-kill', 'points.ts')], env: this.#env },
    );
    this.#nodeReds.set(instance, nodeRed);
  }

  async kill(instance: number = 0): Promise<void> {
    await this.#nodeReds.get(instance)?.kill();
    this.#nodeReds.delete(instance);
    // A server forgets the shells of a client that is gone after its idle time, which no test waits for; the others open
    // theirs again.
    this.lab.servers.exchange.dropShells();
  }

  async stop(): Promise<void> {
    for (const nodeRed of this.#nodeReds.values()) await nodeRed.stop();
    this.#nodeReds.clear();
  }

  /** The process of an instance. */
  nodeRed(instance: number = 0): SpawnedNodeRed {
    return this.#nodeReds.get(instance) ?? assert.fail(`instance ${instance} does not run`);
  }

  get running(): readonly number[] {
    return [...this.#nodeReds.keys()];
  }

  /** Counts points from the next plan on, and ends the process at one of them. Returns once it has heard. */
  async arm(arming: Arming): Promise<void> {
    this.nodeRed().tell(arming);
    while (this.trail(arming.name) === null) await sleep(5);
  }

  /** The names of the points since it was armed, in order; null: it has not heard yet. */
  trail(name: string): readonly string[] | null {
    const lines = wholeLines(this.#trailFile);
    const start = lines.lastIndexOf(`armed ${name}`);
    return start < 0 ? null : lines.slice(start + 1).map((line) => line.replace(/^\d+ /, ''));
  }

  /** All that the flow has heard, oldest first. */
  get heard(): readonly Heard[] {
    return wholeLines(this.#witnessFile).map((line) => JSON.parse(line) as Heard);
  }

  #idOf(type: string, name?: string): string {
    return this.flow.find((one) => one.type === type && (name === undefined || one['name'] === name))!.id;
  }

  /** @param properties of the message, in place of those that the button has */
  async press(name: string, instance: number = 0, properties?: Readonly<Record<string, string>>): Promise<void> {
    const props = Object.entries(properties ?? {}).map(([p, v]) => ({ p, v, vt: 'str' }));
    const how =
      properties === undefined
        ? {}
        : {
            body: JSON.stringify({ __user_inject_props__: props }),
            headers: { 'Content-Type': 'application/json' },
          };
    // While a deploy starts the flows the button is not there.
    for (let tries = 0; ; tries += 1) {
      const url = `${this.nodeRed(instance).url}/inject/${this.#idOf('inject', name)}`;
      const response = await fetch(url, { method: 'POST', ...how }).catch((error: unknown) => {
        throw new Error(`Node-RED does not answer.\n${this.printed()}`, { cause: error });
      });
      if (response.status === 200) return;
      assert.ok(tries < 100, `the button answers ${response.status}`);
      await sleep(20);
    }
  }

  async deploy(instance: number = 0): Promise<void> {
    const headers = { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': 'full' };
    const body = JSON.stringify(this.flow);
    const response = await fetch(`${this.nodeRed(instance).url}/flows`, { method: 'POST', headers, body });
    assert.equal(response.status, 204);
  }

  /** The last lines that the running Node-REDs have printed, to find out what is wrong. */
  printed(): string {
    return [...this.#nodeReds]
      .map(([instance, nodeRed]) => `instance ${instance}:\n${nodeRed.printed().slice(-3_000)}`)
      .join('\n');
  }

  // ── people and phones ─────────────────────────────────────────────────────

  /** A user with a phone that nobody manages, and with an entry of an administrator's for an older phone. */
  add(alias: string): void {
    this.#addUser(alias, { blocked: [foreignIdOf(alias)] });
    this.sync(alias);
    this.unmanaged.push(alias);
  }

  #addUser(alias: string, lists: { readonly allowed?: string[]; readonly blocked?: string[] } = {}): void {
    const mailbox = this.lab.organization.addMailbox({ alias, displayName: `User ${alias}` });
    if (lists.allowed) mailbox.allowedDeviceIds = lists.allowed;
    if (lists.blocked) mailbox.blockedDeviceIds = lists.blocked;
  }

  sync(alias: string): void {
    const phone = isAndroid(alias)
      ? { deviceType: 'Android', model: 'Pixel 9', os: 'Android 15', userAgent: 'Android-Mail/2024.10.13.687' }
      : { deviceType: 'iPhone', model: 'iPhone16C1', os: 'iOS 18.1', userAgent: 'Apple-iPhone16C1/2202.83' };
    syncPhoneOfSecondsAgo(this.lab.organization, { mailbox: addressOf(alias), deviceId: easIdOf(alias), ...phone });
  }

  /** The MDM of an Android phone never learns its EAS ID. */
  enroll(alias: string): void {
    this.#enroll(alias, isAndroid(alias) ? null : easIdOf(alias));
    this.enrolled.push(alias);
  }

  #enroll(alias: string, easDeviceId: string | null): void {
    this.lab.organization.enroll({
      upn: addressOf(alias),
      name: `phone of ${alias}`,
      serial: `SERIAL${alias}`,
      ...(easDeviceId === null
        ? { platform: 'android', model: 'Pixel 9', manufacturer: 'Google' }
        : { platform: 'ios', model: 'iPhone 16', easDeviceId }),
    });
  }

  /** Presses the button behind the link of the user's mail, as its page does. */
  async activate(alias: string, instance: number = 0): Promise<void> {
    const token = /activate\?token=([\w.~-]+)/.exec(this.inbox(alias)[0]?.text ?? '')?.[1] ?? assert.fail('no link');
    const url = `${this.nodeRed(instance).url}/activate`;
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ token }), redirect: 'manual' });
    assert.ok(answer.status < 400, `the link answers ${answer.status}`);
    this.activated.push(alias);
  }

  lists(alias: string): { readonly allowed: readonly string[]; readonly blocked: readonly string[] } {
    const mailbox = this.lab.organization.mailboxByAddress(addressOf(alias))!;
    return { allowed: mailbox.allowedDeviceIds, blocked: mailbox.blockedDeviceIds };
  }

  isBlocked(alias: string): boolean {
    return this.lists(alias).blocked.includes(easIdOf(alias));
  }

  inbox(alias: string): ReturnType<Organization['inbox']> {
    return this.lab.organization.inbox(addressOf(alias));
  }

  /** Mails of everybody. */
  get mails(): number {
    return this.unmanaged.reduce((sum, alias) => sum + this.inbox(alias).length, 0);
  }

  // ── the end ───────────────────────────────────────────────────────────────

  /** True once every phone is as it must be, and everybody who is blocked was mailed. */
  isSettled(): boolean {
    return this.unmanaged.every((alias) => this.#isSettled(alias));
  }

  #isSettled(alias: string): boolean {
    const isEnrolled = this.enrolled.includes(alias);
    return this.isBlocked(alias) !== isEnrolled && (isEnrolled || this.inbox(alias).length > 0);
  }

  /** Looks into the store, beside whoever writes it. */
  async inStore<T>(look: (store: Store) => Promise<T>): Promise<T> {
    const store = await openStoreToRead(
      this.postgres === null
        ? { engine: 'sqlite', path: this.storeFile }
        : { engine: 'postgres', connection: this.postgres },
    );
    try {
      return await look(store);
    } finally {
      await store.close();
    }
  }

  /** What the store says is still to be done. */
  owed(): Promise<{ readonly changes: number; readonly blocks: number; readonly mails: number }> {
    return this.inStore(async (store) => {
      const notifier = this.#idOf('enrollment-notifier');
      const organization = this.#idOf('exchange-server');
      const changes = await store.outbox.list({ organization });
      const news = await store.announcements.list({ organization });
      return {
        changes: changes.length,
        blocks: news.filter(({ kind }) => kind === 'blocked').length,
        mails: await store.mails.count({ notifier, states: ['waiting', 'reserved', 'attention'] }),
      };
    });
  }

  /** Ids of the plans that wait for a person. */
  heldPlans(): Promise<string[]> {
    return this.inStore(async (store) => (await store.plans.list()).map(({ id }) => id));
  }

  /** What one instance has left to another, and is not done. */
  requests(): Promise<string[]> {
    return this.inStore(async (store) => (await store.requests.list({})).map(({ topic }) => topic));
  }

  /** One full sync, until its report. */
  async fullSync(): Promise<void> {
    const reports = (): number =>
      this.heard.filter(({ output, payload }) => output === 4 && payload.sync !== undefined).length;
    const before = reports();
    for (const instance of this.running) await this.press('full sync', instance);
    const end = Date.now() + SYNC_MS;
    while (reports() === before && Date.now() < end) await sleep(10);
  }

  /**
   * Syncs, and does what the timers do, until all is as it must be and nothing is owed.
   * @param how.retry tries what failed at once, as an operator may; else it waits for its time
   */
  async settle({ retry = false } = {}): Promise<void> {
    const end = Date.now() + SETTLE_MS;
    for (;;) {
      await this.fullSync();
      // What their timers do once a minute.
      for (const button of retry ? [RETRY] : [CHANGES_DUE]) {
        for (const instance of this.running) await this.press(button, instance);
      }
      for (let waits = 0; waits < 40; waits += 1) {
        if (this.isSettled() && (await this.isNothingOwed())) return;
        await sleep(25);
      }
      if (Date.now() < end) continue;
      const owed = JSON.stringify(await this.owed());
      const behind = JSON.stringify(this.unmanaged.filter((alias) => !this.#isSettled(alias)));
      assert.fail(`not settled after ${SETTLE_MS / 1000} s: ${behind}, owed: ${owed}\n${this.printed()}`);
    }
  }

  async isNothingOwed(): Promise<boolean> {
    const { changes, blocks, mails } = await this.owed();
    return changes + blocks + mails === 0;
  }
}

/** A node that keeps messages for a while; null: none. */
/**
 * The lines of a file that another process appends to. The end is left out while no line feed stands behind it: that line is
 * being written, or its writer was killed on the way.
 */
function wholeLines(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '');
}

function delayOf(seconds: number): Between | null {
  if (seconds === 0) return null;
  const delay = { pauseType: 'delay', timeout: String(seconds), timeoutUnits: 'seconds', x: 1, y: 1 };
  return {
    first: 'de1a700000000001',
    nodes: (to, z) => [{ ...delay, id: 'de1a700000000001', type: 'delay', z, wires: [[to]] }],
  };
}

/** The flow with nodes between the access switch and the notifier. */
function withBetween(flow: readonly FlowEntry[], between: Between | null): readonly FlowEntry[] {
  if (between === null) return flow;
  const notifier = flow.find(({ type }) => type === 'enrollment-notifier')!;
  const rewired = flow.map((one) => {
    if (one.type !== 'access-switch') return one;
    const [first = [], ...others] = one['wires'] as string[][];
    return { ...one, wires: [first.map((id) => (id === notifier.id ? between.first : id)), ...others] };
  });
  return [...rewired, ...between.nodes(notifier.id, String(notifier['z']), notifier)];
}

/** The flow with buttons for what the timers do once a minute, and for an operator's retry. */
function withButtons(flow: readonly FlowEntry[]): readonly FlowEntry[] {
  const gate = flow.find(({ type }) => type === 'access-switch')!;
  const notifier = flow.find(({ type }) => type === 'enrollment-notifier')!;
  const button = (no: number, name: string, topic: string, targets: readonly FlowEntry[]): FlowEntry => ({
    id: `b0770000000000${no}0`,
    type: 'inject',
    z: gate['z'],
    name,
    props: [{ p: 'topic', vt: 'str' }],
    repeat: '',
    crontab: '',
    once: false,
    topic,
    x: 1,
    y: 1,
    wires: [targets.map(({ id }) => id)],
  });
  return [...flow, button(1, CHANGES_DUE, 'due', [gate]), button(2, RETRY, 'retry', [gate, notifier])];
}

/** Whose alias begins with `android` has a phone that merges through the link only. */
function isAndroid(alias: string): boolean {
  return alias.startsWith('android');
}

export function addressOf(alias: string): string {
  return `${alias}@contoso.example`;
}

export function easIdOf(alias: string): string {
  return `EAS${alias.toUpperCase()}0123456789ABCDEF`.slice(0, 26);
}

/** An older phone of the user's, which an administrator has blocked. */
export function foreignIdOf(alias: string): string {
  return `OLD${alias.toUpperCase()}`;
}

/** A schema of its own: the address with it. */
export async function emptyDatabase(server: string): Promise<string> {
  const schema = `kill_${process.pid}_${schemas++}`;
  const client = new Client(server);
  await client.connect();
  await client.query(`create schema ${schema}`);
  await client.end();
  return `${server}?options=-c%20search_path%3D${schema}`;
}

let schemas = 0;
