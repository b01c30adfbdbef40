/**
 * The example flow in a Node-RED of its own, killed at random moments and deployed at bad ones, against the lab's servers.
 * KILLS says how often (default 10), SEED repeats a run.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labEnvironment, labFlow, readExample } from '../scripts/lab-flow.ts';
import type { FlowEntry } from '../scripts/node-red.ts';
import { root } from '../scripts/node-red.ts';
import { Organization } from '../src/lab/organization.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { openStoreToRead } from '../src/store/open-store.ts';
import type { AuditEntry, Announcement, WaitingMail } from '../src/store/store.ts';
import { aManagedPhone } from '../test/support/people.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';

const KILLS = Number(process.env['KILLS'] ?? 10);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

/** Numbers between 0 and 1, the same for a seed. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is asked at the end. */
interface Outcome {
  readonly audit: readonly AuditEntry[];
  readonly owed: readonly Announcement[];
  readonly waiting: readonly WaitingMail[];
}

class World {
  readonly lab: Lab;
  readonly flow: readonly FlowEntry[];
  /** Aliases of everybody whose phone is to be blocked. */
  readonly unmanaged: string[] = [];
  /** Aliases of those who enroll after they were blocked. */
  readonly enrolled: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'connector-kill-'));
  #nodeRed: SpawnedNodeRed | null = null;

  private constructor(lab: Lab) {
    this.lab = lab;
    const { flow, credentials } = labFlow(readExample(), { quickSeconds: 0 });
    this.flow = flow;
    Object.assign(process.env, labEnvironment(lab, 'http://127.0.0.1:1880'));
    writeFileSync(join(this.#folder, 'flows.json'), JSON.stringify(flow));
    writeFileSync(join(this.#folder, 'flows_cred.json'), JSON.stringify(credentials));
  }

  static async open(): Promise<World> {
    return new World(await startLab({ organization: aManagedPhone(new Organization()) }));
  }

  async close(): Promise<void> {
    await this.#nodeRed?.kill();
    await this.lab.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async start(): Promise<void> {
    // A server forgets the shells of a client that is gone after its idle time, which no test waits for.
    this.lab.servers.exchange.dropShells();
    this.#nodeRed = await spawnNodeRed(join(root, 'node_modules', 'node-red', 'red.js'), this.#folder, {
      flowFile: 'flows.json',
      credentialSecret: false,
      nodesDir: [root],
      externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
    });
  }

  async kill(): Promise<void> {
    await this.#nodeRed?.kill();
    this.#nodeRed = null;
  }

  async stop(): Promise<void> {
    await this.#nodeRed?.stop();
    this.#nodeRed = null;
  }

  #idOf(type: string, name?: string): string {
    return this.flow.find((one) => one.type === type && (name === undefined || one['name'] === name))!.id;
  }

  async press(name: string): Promise<void> {
    // While a deploy starts the flows the button is not there.
    for (let tries = 0; ; tries += 1) {
      const response = await fetch(`${this.#nodeRed!.url}/inject/${this.#idOf('inject', name)}`, { method: 'POST' });
      if (response.status === 200) return;
      assert.ok(tries < 100, `the button answers ${response.status}`);
      await sleep(20);
    }
  }

  async deploy(): Promise<void> {
    const headers = { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': 'full' };
    const body = JSON.stringify(this.flow);
    const response = await fetch(`${this.#nodeRed!.url}/flows`, { method: 'POST', headers, body });
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

  /** True once every phone is as it must be, and everybody who is blocked was mailed. */
  isSettled(): boolean {
    return this.unmanaged.every((alias) => {
      const isEnrolled = this.enrolled.includes(alias);
      return this.isBlocked(alias) !== isEnrolled && (isEnrolled || this.inbox(alias).length > 0);
    });
  }

  async outcome(): Promise<Outcome> {
    const store = await openStoreToRead({ engine: 'sqlite', path: join(this.#folder, 'exchange-connector.sqlite') });
    try {
      const notifier = this.#idOf('enrollment-notifier');
      const organization = this.#idOf('exchange-server');
      return {
        audit: await store.audit.recent({ limit: 100_000 }),
        owed: (await store.announcements.list({ organization })).filter(({ kind }) => kind === 'blocked'),
        waiting: [
          ...(await store.mails.list({ notifier, part: 'arrived' })),
          ...(await store.mails.list({ notifier, part: 'due' })),
        ],
      };
    } finally {
      await store.close();
    }
  }
}

function easIdOf(alias: string): string {
  return `EAS${alias.toUpperCase()}0123456789ABCDEF`.slice(0, 26);
}

describe('the whole flow', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** Syncs until all is as it must be. */
  async function settle(): Promise<void> {
    for (let tries = 0; !world.isSettled(); tries += 1) {
      assert.ok(tries < 20, 'everybody is blocked and mailed, or let in, after twenty syncs');
      await world.press('full sync');
      for (let waits = 0; waits < 20 && !world.isSettled(); waits += 1) await sleep(150);
    }
    // What follows the last mail: the notifier's rows.
    await sleep(500);
  }

  /** Everybody was blocked once, audited once, mailed, and let in once where they enrolled; nothing is owed. */
  async function check(): Promise<void> {
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

  it(`blocks, audits and mails everybody once, killed ${KILLS} times (SEED=${SEED})`, async () => {
    const next = random(SEED);
    for (let kills = 0; kills < KILLS; kills += 1) {
      for (const half of ['a', 'b']) world.add(`u${kills}${half}`);
      // Somebody who was blocked in an earlier round enrolls, and the phone comes back.
      const back = world.unmanaged.find((alias) => world.isBlocked(alias) && world.inbox(alias).length > 0);
      if (kills % 2 === 1 && back !== undefined && !world.enrolled.includes(back)) world.enroll(back);
      await world.start();
      await world.press('full sync');
      await sleep(next() * 900);
      await world.kill();
    }
    await world.start();
    await settle();
    await check();
  });

  it('blocks, audits and mails everybody once, deployed anew in the middle of the work', async () => {
    const next = random(SEED);
    await world.start();
    for (let deploys = 0; deploys < KILLS; deploys += 1) {
      for (const half of ['a', 'b']) world.add(`u${deploys}${half}`);
      await world.press('full sync');
      await sleep(next() * 500);
      await world.deploy();
    }
    await settle();
    await check();
  });
});
