/** The lab's servers and one or several Node-REDs of their own with the example flow, which can be killed. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labEnvironment, labFlow, readExample } from '../scripts/lab-flow.ts';
import type { FlowEntry } from '../scripts/node-red.ts';
import { root } from '../scripts/node-red.ts';
import { Organization } from '../src/lab/organization.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { openStoreToRead } from '../src/store/open-store.ts';
import type { Announcement, AuditEntry, Mail } from '../src/store/store.ts';
import { aManagedPhone } from '../test/support/people.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';

/** Numbers between 0 and 1, the same for a seed. https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is asked at the end. */
interface Outcome {
  readonly audit: readonly AuditEntry[];
  readonly owed: readonly Announcement[];
  readonly waiting: readonly Mail[];
}

export class World {
  readonly lab: Lab;
  readonly flow: readonly FlowEntry[];
  /** Aliases of everybody whose phone is to be blocked. */
  readonly unmanaged: string[] = [];
  /** Aliases of those who enroll after they were blocked. */
  readonly enrolled: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'connector-kill-'));
  readonly #nodeReds = new Map<number, SpawnedNodeRed>();
  readonly #postgres: string | null;

  private constructor(lab: Lab, postgres: string | null, instances: number, delaySeconds: number) {
    this.lab = lab;
    this.#postgres = postgres;
    const { flow, credentials } = labFlow(readExample(), { quickSeconds: 0 });
    this.flow = withDelay(
      flow.map((one) => (one.type === 'connector-store' && postgres !== null ? { ...one, engine: 'postgres' } : one)),
      delaySeconds,
    );
    const store = this.#idOf('connector-store');
    Object.assign(process.env, labEnvironment(lab, 'http://127.0.0.1:1880'));
    for (let instance = 0; instance < instances; instance += 1) {
      mkdirSync(this.#dirOf(instance));
      writeFileSync(join(this.#dirOf(instance), 'flows.json'), JSON.stringify(this.flow));
      const own = postgres === null ? credentials : { ...credentials, [store]: { connection: postgres } };
      writeFileSync(join(this.#dirOf(instance), 'flows_cred.json'), JSON.stringify(own));
    }
  }

  /**
   * @param postgres address of an empty database that all instances share; null: the one instance has a file
   * @param delaySeconds how long a message takes between the access switch and the notifier; in memory
   */
  static async open(postgres: string | null = null, instances: number = 1, delaySeconds: number = 0): Promise<World> {
    const lab = await startLab({ organization: aManagedPhone(new Organization()) });
    return new World(lab, postgres, instances, delaySeconds);
  }

  #dirOf(instance: number): string {
    return join(this.#folder, String(instance));
  }

  async close(): Promise<void> {
    for (const nodeRed of this.#nodeReds.values()) await nodeRed.kill();
    await this.lab.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async start(instance: number = 0): Promise<void> {
    const nodeRed = await spawnNodeRed(join(root, 'node_modules', 'node-red', 'red.js'), this.#dirOf(instance), {
      flowFile: 'flows.json',
      credentialSecret: false,
      nodesDir: [root],
      externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
    });
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

  #idOf(type: string, name?: string): string {
    return this.flow.find((one) => one.type === type && (name === undefined || one['name'] === name))!.id;
  }

  async press(name: string, instance: number = 0): Promise<void> {
    // While a deploy starts the flows the button is not there.
    for (let tries = 0; ; tries += 1) {
      const response = await fetch(`${this.#nodeReds.get(instance)!.url}/inject/${this.#idOf('inject', name)}`, {
        method: 'POST',
      });
      if (response.status === 200) return;
      assert.ok(tries < 100, `the button answers ${response.status}`);
      await sleep(20);
    }
  }

  async deploy(instance: number = 0): Promise<void> {
    const headers = { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': 'full' };
    const body = JSON.stringify(this.flow);
    const response = await fetch(`${this.#nodeReds.get(instance)!.url}/flows`, { method: 'POST', headers, body });
    assert.equal(response.status, 204);
  }

  /** A user with a phone that nobody manages. */
  add(alias: string): void {
    this.lab.organization.addMailbox({ alias, displayName: `User ${alias}` });
    this.sync(alias);
    this.unmanaged.push(alias);
  }

  sync(alias: string): void {
    this.lab.organization.syncPhone({
      mailbox: `${alias}@contoso.example`,
      deviceId: easIdOf(alias),
      deviceType: 'iPhone',
      model: 'iPhone16C1',
      os: 'iOS 18.1',
      userAgent: 'Apple-iPhone16C1/2202.83',
    });
  }

  enroll(alias: string): void {
    this.lab.organization.enroll({
      upn: `${alias}@contoso.example`,
      platform: 'ios',
      name: `iPhone of ${alias}`,
      model: 'iPhone 16',
      serial: `SERIAL${alias}`,
      easDeviceId: easIdOf(alias),
    });
    this.enrolled.push(alias);
  }

  #lists(alias: string): readonly string[] {
    return this.lab.organization.mailboxByAddress(`${alias}@contoso.example`)!.blockedDeviceIds;
  }

  isBlocked(alias: string): boolean {
    return this.#lists(alias).length > 0;
  }

  inbox(alias: string): ReturnType<Organization['inbox']> {
    return this.lab.organization.inbox(`${alias}@contoso.example`);
  }

  /** The last lines that the running Node-REDs have printed, to find out what is wrong. */
  printed(): string {
    return [...this.#nodeReds]
      .map(([instance, nodeRed]) => `instance ${instance}:\n${nodeRed.printed().slice(-3_000)}`)
      .join('\n');
  }

  /** True once every phone is as it must be, and everybody who is blocked was mailed. */
  isSettled(): boolean {
    return this.unmanaged.every((alias) => {
      const isEnrolled = this.enrolled.includes(alias);
      return this.isBlocked(alias) !== isEnrolled && (isEnrolled || this.inbox(alias).length > 0);
    });
  }

  async outcome(): Promise<Outcome> {
    const store = await openStoreToRead(
      this.#postgres === null
        ? { engine: 'sqlite', path: join(this.#dirOf(0), 'exchange-connector.sqlite') }
        : { engine: 'postgres', connection: this.#postgres },
    );
    try {
      const notifier = this.#idOf('enrollment-notifier');
      const organization = this.#idOf('exchange-server');
      return {
        audit: await store.audit.recent({ limit: 100_000 }),
        owed: (await store.announcements.list({ organization })).filter(({ kind }) => kind === 'blocked'),
        waiting: await store.mails.list({ notifier, states: ['waiting', 'reserved', 'attention'] }),
      };
    } finally {
      await store.close();
    }
  }
}

/** The flow with a node between the access switch and the notifier that keeps messages for a while. */
function withDelay(flow: readonly FlowEntry[], seconds: number): readonly FlowEntry[] {
  if (seconds === 0) return flow;
  const notifier = flow.find(({ type }) => type === 'enrollment-notifier')!;
  const delay = {
    id: 'de1a700000000001',
    type: 'delay',
    z: notifier['z'],
    pauseType: 'delay',
    timeout: String(seconds),
    timeoutUnits: 'seconds',
    x: 1,
    y: 1,
    wires: [[notifier.id]],
  };
  const rewired = flow.map((one) => {
    if (one.type !== 'access-switch') return one;
    const [first = [], ...others] = one['wires'] as string[][];
    return { ...one, wires: [first.map((id) => (id === notifier.id ? delay.id : id)), ...others] };
  });
  return [...rewired, delay];
}

function easIdOf(alias: string): string {
  return `EAS${alias.toUpperCase()}0123456789ABCDEF`.slice(0, 26);
}

/** Everybody was blocked once, audited once, mailed, and let in once where they enrolled; nothing is owed. */
export async function checkOutcome(world: World): Promise<void> {
  await world.stop();
  const { audit, owed, waiting } = await world.outcome();
  const found = world.unmanaged.map((alias) => {
    const own = audit.filter(({ deviceKey }) => deviceKey?.endsWith(easIdOf(alias).toLowerCase()));
    const mails = world.inbox(alias);
    return {
      alias,
      blocks: own.filter(({ what }) => what === 'block').length,
      allows: own.filter(({ what }) => what === 'allow').length,
      mailed: mails.length > 0,
      messageIds: new Set(mails.map(({ headers }) => headers['message-id'] ?? assert.fail('no Message-ID'))).size,
    };
  });
  const expected = world.unmanaged.map((alias) => ({
    alias,
    blocks: 1,
    allows: world.enrolled.includes(alias) ? 1 : 0,
    mailed: true,
    messageIds: 1,
  }));
  assert.deepEqual(found, expected);
  assert.deepEqual([owed, waiting], [[], []]);
  assert.equal(world.lab.organization.writes.length, world.unmanaged.length + world.enrolled.length);
}
