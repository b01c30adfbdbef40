/** docs/reverse-proxy.md before somebody else's servers: the link comes through, and nothing else of Node-RED. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import type { Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { StoreConnection } from '../nodes/connections.ts';
import { freePort } from '../scripts/free-port.ts';
import { issueLinkToken, linkIdOf } from '../src/activation/link-token.ts';
import { startFlow, stopFlow } from '../test/support/node-red.ts';
import type { RunningFlow } from '../test/support/node-red.ts';
import { guid } from '../test/support/records.ts';
import { NAME, PROXY_FILES, startReverseProxy } from './support/reverse-proxy.ts';
import type { ProxyName, ReverseProxy } from './support/reverse-proxy.ts';

const CLOSED = [
  '/',
  '/red/red.js',
  '/flows',
  '/settings',
  '/exchange-connector/',
  '/exchange-connector/metrics',
  '/activatex',
  '/activate/',
  '/activate/flows',
  '/activate/../flows',
  '/activate/..%2fflows',
  '/activate%2f..%2fflows',
];

/** Caddy has begun to ask by then; Apache passes the form on, and the page reads it and finds no link. */
const TOO_LONG: Readonly<Record<ProxyName, number>> = { nginx: 413, caddy: 502, apache: 400 };

for (const name of Object.keys(PROXY_FILES) as ProxyName[])
  describe(`peer: the link behind ${name}`, function () {
    let flow: RunningFlow;
    let upstream: Server;
    let proxy: ReverseProxy;
    /** What reached Node-RED. */
    let seen: string[] = [];

    before(async function () {
      if (process.getuid?.() !== 0 || !existsSync(PROXY_FILES[name])) {
        process.stdout.write(`  skipped: it needs root and ${name} of Debian\n`);
        this.skip();
      }
      flow = await startFlow([
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
        { id: 'link', type: 'activation-link', store: 'store', path: '/activate', wires: [[]] },
      ]);
      upstream = createServer((incoming, answer) => {
        seen.push(incoming.url ?? '');
        const onward = forward(`${flow.url}${incoming.url}`, { method: incoming.method, headers: incoming.headers });
        onward.on('response', (response) => {
          answer.writeHead(response.statusCode ?? 500, response.headers);
          response.pipe(answer);
        });
        // Who breaks off on either side leaves the other one nothing to say.
        onward.on('error', () => answer.destroy());
        incoming.on('error', () => onward.destroy());
        incoming.pipe(onward);
      }).listen(0, '127.0.0.1');
      await once(upstream, 'listening');
      proxy = await startReverseProxy(name, (upstream.address() as AddressInfo).port);
    });
    beforeEach(() => {
      seen = [];
    });
    after(async () => {
      await proxy?.close();
      upstream?.close();
      upstream?.closeAllConnections();
      await stopFlow();
    });

    const ask = async (
      path: string,
      body?: string,
      port = proxy.port,
      ca = proxy.ca,
    ): Promise<{ readonly status: number; readonly html: string; readonly location: string | undefined }> => {
      const asked = request({
        host: '127.0.0.1',
        port,
        servername: NAME,
        ca,
        path,
        method: body === undefined ? 'GET' : 'POST',
        agent: false,
        headers: {
          host: NAME,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }),
        },
      });
      // A body that is too long is refused before it is read to its end.
      asked.on('error', () => undefined);
      asked.end(body);
      const [response] = await once(asked, 'response');
      const { statusCode, headers } = response as { statusCode: number; headers: Record<string, string> };
      return { status: statusCode, location: headers['location'], html: await text(response).catch(() => '') };
    };

    const link = async (): Promise<string> => {
      const store = await (flow.node('store') as StoreConnection).store();
      const now = Date.now();
      const claims = {
        purpose: 'activate' as const,
        storeId: store.id,
        tokenId: linkIdOf(crypto.randomUUID()),
        mailboxId: guid(1),
        easId: 'EAS1',
        issuedAt: new Date(now).toISOString(),
        expiresAt: new Date(now + 86_400_000).toISOString(),
      };
      await store.tokens.issue(claims);
      return issueLinkToken(claims, store.linkSecret);
    };

    it('shows the page and takes its button', async () => {
      const token = await link();
      const page = await ask(`/activate?token=${token}`);
      assert.equal(page.status, 200);
      assert.match(page.html, /<form method="post"/);
      const pressed = await ask('/activate', new URLSearchParams({ token }).toString());
      assert.deepEqual([pressed.status, pressed.location], [303, `?token=${token}`]);
      assert.equal((await proxy.log()).includes(token), false, 'the link stands in the log');
    });

    it('says that a visit without a link is not valid', async () => {
      const { status, html } = await ask('/activate');
      assert.equal(status, 400);
      assert.match(html, /<html/);
    });

    for (const path of CLOSED)
      it(`keeps ${path} from whoever asks`, async () => {
        const { status } = await ask(path);
        assert.ok([400, 404].includes(status), `${path} was answered with ${status}`);
        assert.deepEqual(seen, []);
      });

    if (name !== 'apache')
      it('shows the page while one of two instances is gone', async () => {
        const { port: ours } = upstream.address() as AddressInfo;
        const several = await startReverseProxy(name, await freePort(), ours);
        try {
          for (let time = 0; time < 4; time += 1)
            assert.equal((await ask('/activate', undefined, several.port, several.ca)).status, 400);
          assert.equal((await ask('/', undefined, several.port, several.ca)).status, 404);
        } finally {
          await several.close();
        }
        assert.deepEqual(seen, ['/activate', '/activate', '/activate', '/activate']);
      });

    it('refuses a form that is none', async () => {
      assert.equal((await ask('/activate', 'x'.repeat(100_000))).status, TOO_LONG[name]);
      assert.deepEqual(flow.errors(), []);
    });
  });
