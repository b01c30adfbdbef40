/** The routes of the console in Node-RED as others run it: with and without users, below another address, without an editor. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readExample } from '../scripts/lab-flow.ts';
import { root } from '../scripts/node-red.ts';
import { programOf, VERSIONS } from '../test/support/node-red-program.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';
import { readOpenMetrics } from '../test/support/open-metrics-parser.ts';

const require = createRequire(import.meta.url);
const { hashSync } = createRequire(require.resolve('@node-red/editor-api'))('bcryptjs') as {
  readonly hashSync: (password: string, rounds: number) => string;
};

const TOKEN = 'a-token-of-the-monitoring';
const PASSWORD = 'not-a-secret';

const flow = readExample();
const idOf = (type: string, name?: string): string =>
  flow.find((node) => node.type === type && (name === undefined || node['name'] === name))?.id ?? '';
const API = `/exchange-connector/api/${idOf('connector-store')}`;

const user = (username: string, permissions: string | readonly string[]) => ({
  username,
  permissions,
  password: hashSync(PASSWORD, 4),
});
const USERS = {
  type: 'credentials',
  users: [user('ida', '*'), user('reader', ['exchange-connector.read']), user('stranger', ['flows.read'])],
};

// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

for (const { label, install } of VERSIONS)
  describe(`the console's routes in ${label}`, () => {
    let userDir: string;
    let program: string;
    let nodeRed: SpawnedNodeRed | undefined;

    before(async () => {
      userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-console-'));
      program = await programOf(install);
    });
    afterEach(async () => {
      await nodeRed?.stop();
      nodeRed = undefined;
    });
    after(() => rmSync(userDir, { recursive: true, force: true }));

    /** Where the editor is. */
    async function start(
      settings: { readonly httpAdminRoot?: string | false } & Readonly<Record<string, unknown>>,
    ): Promise<string> {
      writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));
      writeFileSync(
        join(userDir, 'flows_cred.json'),
        JSON.stringify({ [idOf('connector-store')]: { metricsToken: TOKEN } }),
      );
      nodeRed = await spawnNodeRed(program, userDir, {
        flowFile: 'flows.json',
        credentialSecret: false,
        nodesDir: [root],
        externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
        ...settings,
      });
      return `${nodeRed.url}${settings.httpAdminRoot || ''}`;
    }

    async function signIn(editor: string, username: string): Promise<Record<string, string>> {
      const answer = await fetch(`${editor}/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          client_id: 'node-red-admin',
          grant_type: 'password',
          scope: '',
          username,
          password: PASSWORD,
        }),
      });
      const { access_token } = (await answer.json()) as { access_token: string };
      return { authorization: `Bearer ${access_token}` };
    }

    const ask = async (url: string, headers: Record<string, string> = {}): Promise<[number, Anything]> => {
      const answer = await fetch(url, { headers });
      return [answer.status, answer.ok ? await answer.json() : null];
    };
    const act = async (
      url: string,
      body: unknown,
      headers: Record<string, string> = {},
    ): Promise<[number, Anything]> => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return [answer.status, answer.status === 401 ? null : await answer.json()];
    };

    it('let users read and act by their permissions, below an address of its own, and keep their names', async () => {
      const editor = await start({ adminAuth: USERS, httpAdminRoot: '/admin' });
      const [ida, reader, stranger] = await Promise.all(
        ['ida', 'reader', 'stranger'].map((name) => signIn(editor, name)),
      );
      assert.equal((await ask(`${editor}${API}/overview`))[0], 401, 'nobody is signed in');
      assert.equal((await ask(`${editor}${API}/overview`, stranger))[0], 401);
      assert.equal((await ask(`${editor}${API}/overview`, reader))[0], 200);
      assert.equal((await ask(`${editor}/exchange-connector/api/stores`, reader))[0], 200);
      assert.equal((await act(`${editor}${API}/unpair`, { easKey: 'x' }, reader))[0], 401);
      assert.equal((await fetch(`${editor}${API}/devices.csv`)).status, 401);
      const page = await fetch(`${editor}/exchange-connector`);
      assert.deepEqual([page.status, page.url], [200, `${editor}/exchange-connector/`]);
      assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self'/);
      const script = /src="([^"]+)"/.exec(await page.text())?.[1] ?? '';
      assert.equal(
        (await fetch(new URL(script, page.url))).headers.get('content-type'),
        'text/javascript; charset=utf-8',
      );
      assert.equal((await fetch(`${editor}/exchange-connector/page/none.js`)).status, 400);

      const inject = await fetch(`${editor}/inject/${idOf('inject', 'full sync')}`, {
        method: 'POST',
        headers: ida ?? {},
      });
      assert.equal(inject.status, 200);
      let devices: Anything = [];
      for (let look = 0; look < 300 && devices.length === 0; look += 1) {
        await setTimeout(100);
        [, { devices }] = await ask(`${editor}${API}/devices`, reader);
      }
      const merged = devices.find(({ mdm }: Anything) => mdm !== null);
      assert.equal(merged.mdm.source, 'Intune');
      const pairing = { easKey: merged.key, mdmKey: merged.mdm.key, note: '' };
      const [status, done] = await act(`${editor}${API}/pair`, pairing, ida);
      assert.deepEqual([status, done.state, done.node], [200, 'ended', 'merge matcher'], JSON.stringify(done));
      const [, { entries }] = await ask(`${editor}${API}/audit?person=ida`, reader);
      assert.deepEqual(
        entries.map(({ who, what }: Anything) => [who, what.code]),
        [['ida', 'pair']],
      );
      const metrics = await fetch(`${editor}/exchange-connector/metrics`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      assert.equal(metrics.status, 200);
      const families = readOpenMetrics(await metrics.text());
      const records = families.find(({ name }) => name === 'exchange_connector_records')?.samples;
      assert.ok(records?.some(({ labels, value }) => labels['organization'] === 'Exchange' && value > 0));
      assert.equal((await fetch(`${editor}/exchange-connector/metrics`, { headers: ida ?? {} })).status, 401);
    });

    it('are open to whoever reaches an editor without users', async () => {
      const editor = await start({});
      const [status, { stores }] = await ask(`${editor}/exchange-connector/api/stores`);
      assert.deepEqual([status, stores], [200, [{ id: idOf('connector-store'), name: 'store' }]]);
      assert.equal((await act(`${editor}${API}/unpair`, { easKey: 'x' }))[1].error.code, 'ERR_INPUT_INVALID');
      const other = { origin: 'https://evil.example' };
      assert.equal((await act(`${editor}${API}/unpair`, { easKey: 'x' }, other))[0], 400);
    });

    it('are not there without an editor, and the flows run all the same', async () => {
      const address = await start({ httpAdminRoot: false });
      assert.equal((await fetch(`${address}/exchange-connector/api/stores`)).status, 404);
      assert.equal((await fetch(`${address}/exchange-connector/`)).status, 404);
      assert.match(nodeRed?.printed() ?? '', /Started flows/);
    });
  });
