/**
 * compose.yaml started by a compose of Podman's, with its networks, names, secrets, volumes and limits; only the two published
 * ports are free ones of this machine. Images of PostgreSQL and nginx that no registry gives are made of Debian's packages.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../scripts/free-port.ts';
import { readExample } from '../scripts/lab-flow.ts';
import { root } from '../scripts/node-red.ts';
import { builtImage, compose, makeSecrets, page } from './support/built-image.ts';
import type { BuiltImage } from './support/built-image.ts';
import { Composed } from './support/compose.ts';
import { signIn } from './support/sign-in.ts';

describe('the compose file', function () {
  this.timeout(120_000);
  let composed: Composed | null = null;
  let folder: string;
  let editor: number;
  let link: number;

  before(async function () {
    this.timeout(900_000);
    const image = await builtImage();
    const why = typeof image === 'string' ? image : await start(image);
    if (why === null) return;
    process.stdout.write(`  skipped: ${why.slice(0, 500)}\n`);
    this.skip();
  });
  after(async function () {
    this.timeout(120_000);
    await composed?.close();
  });

  /** Null: it has been started. */
  async function start(image: BuiltImage): Promise<string | null> {
    folder = join(image.engine.folder, 'composed');
    cpSync(join(root, 'container'), folder, { recursive: true });
    const opened = await Composed.open(image.engine, folder, image.base);
    if (typeof opened === 'string') return `Podman runs no container on this machine: ${opened}`;
    composed = opened;
    await provideOthers(image);
    await makeSecrets(folder);
    [editor, link] = [await freePort(), await freePort()];
    const text = readFileSync(join(folder, 'compose.yaml'), 'utf8')
      .replace("'127.0.0.1:1880:1880'", `'127.0.0.1:${editor}:1880'`)
      .replace("'443:8443'", `'127.0.0.1:${link}:8443'`);
    writeFileSync(join(folder, 'compose.yaml'), text);
    const { out } = await composed.compose('up', '--detach', '--no-build');
    for (const service of ['node-red', 'postgres']) {
      for (let tries = 0; !(await composed.isHealthy(service)); tries += 1) {
        assert.ok(tries < 120, `${service} is healthy within two minutes: ${out}`);
        await setTimeout(1_000);
      }
    }
    return null;
  }

  /** The images of PostgreSQL and nginx, or one that stands in for both. */
  async function provideOthers({ engine, base }: BuiltImage): Promise<void> {
    const tags = ['postgres', 'proxy'].map((service) => compose.services[service]?.image ?? assert.fail(service));
    const missing: string[] = [];
    for (const tag of tags) if (!(await engine.fetch(tag))) missing.push(tag);
    if (missing.length === 0) return;
    const context = join(engine.folder, 'stand-ins');
    cpSync(join(root, 'test-container', 'stand-ins'), context, { recursive: true });
    const text = readFileSync(join(context, 'Containerfile'), 'utf8');
    writeFileSync(join(context, 'Containerfile'), text.replace(/^FROM .*$/m, `FROM ${base}`));
    await engine.make(context, missing);
    process.stdout.write(`    ${missing.join(', ')}: made\n`);
  }

  const secret = (name: string): string => readFileSync(join(folder, 'secrets', name), 'utf8').trim();
  const here = (path: string): string => `http://127.0.0.1:${editor}${path}`;
  const inside = async (service: string, ...words: readonly string[]): Promise<string> => {
    const { code, out } = await composed!.exec(service, ...words);
    assert.equal(code, 0, `${words.join(' ')}: ${out}`);
    return out;
  };

  async function tokenOf(password: string): Promise<string> {
    const answer = await signIn(here('/'), password);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  it('runs Node-RED without a right, on a file system that it cannot change, below an init', async () => {
    const status = await inside('node-red', 'cat', '/proc/self/status');
    const told = Object.fromEntries(
      status.split('\n').flatMap((line) => {
        const [name = '', value = ''] = line.split(':\t');
        return ['Uid', 'CapEff', 'CapBnd', 'NoNewPrivs'].includes(name) ? [[name, value.split('\t')[0]]] : [];
      }),
    );
    assert.deepEqual(told, { Uid: '1000', CapEff: '0000000000000000', CapBnd: '0000000000000000', NoNewPrivs: '1' });
    assert.match(await inside('node-red', 'cat', '/proc/1/comm'), /init|catatonit|tini/);
    assert.notEqual((await composed!.exec('node-red', 'touch', '/usr/src/new')).code, 0);
    await inside('node-red', 'sh', '-c', 'touch /data/new /tmp/new && rm /data/new /tmp/new');
  });

  it('gives each service its own secrets and no other', async () => {
    for (const [service, { secrets = [] }] of Object.entries(compose.services))
      assert.deepEqual((await inside(service, 'ls', '/run/secrets')).trim().split('\n'), [...secrets].sort(), service);
  });

  it('lets the database reach nothing outside its network, and the others what they need', async () => {
    const hasWayOut = async (service: string): Promise<boolean> =>
      /^\S+\t00000000\t(?!00000000)/m.test(await inside(service, 'cat', '/proc/net/route'));
    assert.deepEqual(
      [await hasWayOut('postgres'), await hasWayOut('node-red'), await hasWayOut('proxy')],
      [false, true, true],
    );
  });

  it('keeps the store in PostgreSQL by its name in the secret, and the commands of the page read it', async () => {
    const headers = {
      authorization: `Bearer ${await tokenOf(secret('admin_password'))}`,
      'content-type': 'application/json',
    };
    const flow = readExample().map((node) =>
      node.type === 'connector-store'
        ? { ...node, engine: 'postgres', credentials: { connection: '${CONNECTOR_STORE}' } }
        : node,
    );
    const deployed = await fetch(here('/flows'), { method: 'POST', headers, body: JSON.stringify(flow) });
    assert.equal(deployed.status, 204);
    const button = flow.find(({ type, name }) => type === 'inject' && name === 'full sync')?.id ?? '';
    while (!(await fetch(here(`/inject/${button}`), { method: 'POST', headers })).ok) await setTimeout(100);
    const [, command = ''] = /^docker compose exec node-red (.* devices .*)$/m.exec(page) ?? [];
    for (let devices = ''; !devices.includes('carla'); await setTimeout(200))
      devices = (await composed!.exec('node-red', ...command.split(' '))).out;
    const [, dump = ''] = /^\(umask 077; docker compose exec -T postgres (pg_dump .*) > /m.exec(page) ?? [];
    assert.match(await inside('postgres', ...dump.split(' ')), /^PGDMP/);
  });

  it('serves phones the page behind the link by the certificate of the secrets, and nothing else', async () => {
    const ask = async (path: string): Promise<number | undefined> => {
      const sent = request({ host: '127.0.0.1', port: link, path, rejectUnauthorized: false }).end();
      const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { statusCode?: number }];
      answer.resume();
      return answer.statusCode;
    };
    const through = await ask('/activate?t=x');
    assert.deepEqual(
      [through, await ask('/'), await ask('/flows')],
      [(await fetch(here('/activate?t=x'))).status, 404, 404],
    );
  });

  it('has flows and store again after it was taken down and started', async () => {
    await composed!.compose('down');
    assert.equal((await composed!.compose('up', '--detach', '--no-build')).code, 0);
    for (const service of ['postgres', 'node-red'])
      while (!(await composed!.isHealthy(service))) await setTimeout(1_000);
    const headers = { authorization: `Bearer ${await tokenOf(secret('admin_password'))}` };
    const flows = (await (await fetch(here('/flows'), { headers })).json()) as unknown[];
    assert.equal(flows.length, readExample().length);
    const [, command = ''] = /^docker compose exec node-red (.* devices .*)$/m.exec(page) ?? [];
    // Healthy is what answers in its own container; that one finds the other is a moment later where the networks are new.
    for (let devices = ''; !devices.includes('carla'); await setTimeout(200))
      devices = (await composed!.exec('node-red', ...command.split(' '))).out;
  });
});
