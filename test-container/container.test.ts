/**
 * The image built and run as docs/container.md says: the page's own lines make the secrets, compose.yaml says what the service
 * has, a real PostgreSQL is the store, and nginx with our nginx.conf stands before it, all of it on this machine's
 * loopback. compose.test.ts has compose itself start it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../scripts/free-port.ts';
import { readExample } from '../scripts/lab-flow.ts';
import { root } from '../scripts/node-red.ts';
import { startPostgres } from '../scripts/postgres-server.ts';
import { builtImage, compose, makeSecrets, NGINX, page, USER } from './support/built-image.ts';
import type { Engine, Running } from './support/engine.ts';
import { signIn } from './support/sign-in.ts';

describe('the image of docs/container.md', function () {
  const open: { close(): unknown }[] = [];
  let engine: Engine;
  let start: readonly string[];
  let running: Running;
  let folder: string;
  let database: string;
  let port: number;
  let env: Record<string, string>;
  let volumes: Record<string, string>;

  before(async function () {
    this.timeout(900_000);
    const image = await builtImage();
    if (typeof image === 'string') {
      process.stdout.write(`  skipped: ${image}\n`);
      this.skip();
    }
    ({ engine, start } = image);
    folder = engine.folder;
    const context = join(folder, 'of-image');
    cpSync(join(root, 'container'), context, { recursive: true });

    const postgres = await startPostgres();
    open.push(postgres);
    database = new URL(postgres.address).host;
    port = await freePort();
    await takeSecrets(context);
    mkdirSync(join(folder, 'data'));
    chownSync(join(folder, 'data'), USER, USER);
    env = { ...compose.services['node-red']?.environment, NODE_RED_PORT: String(port), TZ: 'UTC' };
    volumes = { [join(folder, 'secrets')]: '/run/secrets:ro', [join(folder, 'data')]: '/data' };
  });
  after(async function () {
    this.timeout(240_000);
    for (const pid of running?.pids() ?? []) process.kill(pid, 'SIGKILL');
    await running?.ended;
    for (const one of open.reverse()) await one.close();
  });

  /** What the page's lines make, where compose puts it. */
  async function takeSecrets(context: string): Promise<void> {
    await makeSecrets(context);
    mkdirSync(join(folder, 'secrets'));
    for (const [name, { file }] of Object.entries(compose.secrets)) {
      copyFileSync(join(context, file), join(folder, 'secrets', name));
      chownSync(join(folder, 'secrets', name), USER, USER);
    }
    const address = join(folder, 'secrets', 'store_address');
    const text = readFileSync(address, 'utf8');
    assert.match(text, /^postgres:\/\/connector:[0-9a-f]{48}@postgres:5432\/connector\n$/);
    writeFileSync(address, text.replace('postgres:5432/connector', `${database}/postgres`));
  }

  const secret = (name: string): string => readFileSync(join(folder, 'secrets', name), 'utf8').trim();
  const health = (): Promise<{ code: number }> => engine.exec(['node', 'health.mjs'], { env });

  /** Until the health check of the image passes. */
  async function begin(): Promise<void> {
    running = engine.start(start, { env, volumes });
    let isOver = false;
    void running.ended.then(() => (isOver = true));
    while ((await health()).code !== 0) {
      assert.equal(isOver, false, running.printed());
      await setTimeout(500);
    }
  }

  it('has Kerberos, PostgreSQL and Active Directory in it, and no compiler', async () => {
    const load = "for (const name of ['kerberos', 'pg', 'ldapts']) console.log(name, typeof require(name))";
    const { out } = await engine.exec(['node', '-e', load]);
    assert.equal(out, 'kerberos object\npg object\nldapts object\n');
    assert.equal((await engine.exec(['sh', '-c', 'command -v kinit'])).code, 0);
    assert.notEqual((await engine.exec(['sh', '-c', 'command -v gcc || command -v python3'])).code, 0);
  });

  it('runs as a user who can write to its volume and to temporary folders alone', async () => {
    const { out } = await engine.exec(['id', '-u'], { volumes });
    assert.equal(out, `${USER}\n`);
    const find =
      'find / -xdev -type d -writable 2>/dev/null | grep -vE "^/(proc|dev|tmp|var/tmp|run/lock|home/node)(/|$)"; true';
    const { out: writable } = await engine.exec(['sh', '-c', find]);
    assert.equal(writable, '/data\n');
  });

  it('does not start without its secrets, and says which', async () => {
    const without = (name: string): Record<string, string> =>
      Object.fromEntries(Object.entries(env).filter(([variable]) => variable !== name));
    const secretless = await engine.exec(start, { volumes, env: without('NODE_RED_CREDENTIAL_SECRET_FILE') });
    assert.match(secretless.out, /Set NODE_RED_CREDENTIAL_SECRET_FILE/);
    assert.notEqual(secretless.code, 0);
    const open = await engine.exec(start, { volumes, env: without('NODE_RED_ADMIN_PASSWORD_FILE') });
    assert.match(open.out, /Set NODE_RED_ADMIN_PASSWORD_FILE/);
    const { [join(folder, 'data')]: data = '' } = volumes;
    const lost = await engine.exec(start, { volumes: { [join(folder, 'data')]: data }, env });
    assert.match(lost.out, /names \/run\/secrets\/\w+, which cannot be read \(ENOENT\)\. User 1000 must be able to\./);
    assert.equal(lost.code, 78);
  });

  it('is not healthy before it runs, and is then', async () => {
    assert.equal((await health()).code, 1);
    await begin();
  });

  it('lets in whoever has the password of the file, and nobody else', async () => {
    assert.equal((await fetch(`http://127.0.0.1:${port}/flows`)).status, 401);
    assert.equal((await signIn(`http://127.0.0.1:${port}`, 'admin')).status, 403);
    assert.equal((await signIn(`http://127.0.0.1:${port}`, secret('admin_password'))).status, 200);
  });

  it('keeps its store in PostgreSQL by the address in the secret, and its commands read it', async () => {
    const { access_token: token } = (await (
      await signIn(`http://127.0.0.1:${port}`, secret('admin_password'))
    ).json()) as { access_token: string };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const flow = readExample().map((node) =>
      node.type === 'connector-store'
        ? { ...node, engine: 'postgres', credentials: { connection: '${CONNECTOR_STORE}' } }
        : node,
    );
    const deployed = await fetch(`http://127.0.0.1:${port}/flows`, {
      method: 'POST',
      headers,
      body: JSON.stringify(flow),
    });
    assert.equal(deployed.status, 204);
    const button = flow.find(({ type, name }) => type === 'inject' && name === 'full sync')?.id ?? '';
    while (!(await fetch(`http://127.0.0.1:${port}/inject/${button}`, { method: 'POST', headers })).ok)
      await setTimeout(100);
    const [, command = ''] = /^docker compose exec node-red (.* devices .*)$/m.exec(page) ?? [];
    let devices = '';
    while (!devices.includes('carla')) {
      assert.doesNotMatch(running.printed(), /\[error\]/);
      ({ out: devices } = await engine.exec(command.split(' '), { volumes, env }));
      await setTimeout(200);
    }
    assert.equal(
      readdirSync(join(folder, 'data')).some((name) => name.endsWith('.sqlite')),
      false,
    );
    const kept = readFileSync(join(folder, 'data', 'flows_cred.json'), 'utf8');
    assert.doesNotMatch(kept, /postgres|CONNECTOR/);
    assert.match(kept, /"\$"/);
  });

  it('serves phones the page behind the link through the proxy, and nothing else', async () => {
    const proxy = await startProxy();
    open.push(proxy);
    const paths = [
      '/',
      '/flows',
      '/auth/token',
      '/activate/',
      '/activate/x',
      '/activate/../flows',
      '/ACTIVATE',
      '/exchange-connector/',
      '/exchange-connector/metrics',
      '/red/red.min.js',
      '/inject/x',
    ];
    for (const path of paths) assert.deepEqual([path, (await proxy.ask('GET', path)).status], [path, 404]);
    const direct = await fetch(`http://127.0.0.1:${port}/activate?t=x`);
    const through = await proxy.ask('GET', '/activate?t=x');
    assert.deepEqual([through.status, through.body], [direct.status, await direct.text()]);
    assert.match(through.body, /<form|<h1/);
    assert.equal((await proxy.ask('DELETE', '/activate')).status, 403);
  });

  /** This machine's nginx with our file, its names put in place of those of compose. */
  async function startProxy(): Promise<{
    ask(method: string, path: string): Promise<{ status: number; body: string }>;
    close(): Promise<void>;
  }> {
    const listens = await freePort();
    const ours = readFileSync(join(root, 'container', 'nginx.conf'), 'utf8')
      .replaceAll('/run/secrets/', `${join(folder, 'secrets')}/`)
      .replace('http://node-red:1880', `http://127.0.0.1:${port}`)
      .replace('listen 8443', `listen 127.0.0.1:${listens}`);
    writeFileSync(join(folder, 'site.conf'), ours);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (one) => `${one}_temp_path ${folder}/nginx-${one};`,
    );
    const whole = `daemon off; user root; pid ${folder}/nginx.pid; error_log stderr; events {} http { access_log off; ${temporary.join(' ')} include ${folder}/site.conf; }`;
    writeFileSync(join(folder, 'nginx.conf'), whole);
    const child: ChildProcess = spawn(NGINX, ['-c', join(folder, 'nginx.conf')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const agent = new Agent({ rejectUnauthorized: false });
    const ask = async (method: string, path: string): Promise<{ status: number; body: string }> => {
      const sent = request({ host: '127.0.0.1', port: listens, method, path, agent }).end();
      const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
      let body = '';
      for await (const chunk of answer) body += String(chunk);
      return { status: answer.statusCode, body };
    };
    while (!(await ask('GET', '/').catch(() => null))) await setTimeout(100);
    return {
      ask,
      async close() {
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  }

  it('ends when it is told to, and has its flows when it begins again', async () => {
    const [first = -1] = running.pids();
    process.kill(first, 'SIGTERM');
    await running.ended;
    assert.match(running.printed(), /Stopping flows/);
    await begin();
    const { access_token: token } = (await (
      await signIn(`http://127.0.0.1:${port}`, secret('admin_password'))
    ).json()) as { access_token: string };
    const answer = await fetch(`http://127.0.0.1:${port}/flows`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(((await answer.json()) as unknown[]).length, readExample().length);
    assert.doesNotMatch(running.printed(), /\[error\]|Waiting for missing types/);
  });
});
