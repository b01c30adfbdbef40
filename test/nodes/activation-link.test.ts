/** The activation link: a page with one button, on Node-RED's own web server. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { StoreConnection } from '../../nodes/connections.ts';
import { issueLinkToken } from '../../src/activation/link-token.ts';
import type { Store } from '../../src/store/store.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { easPage, easRecord, mailboxId } from '../support/pages.ts';

const DAY_MS = 86_400_000;

describe('activation link', () => {
  afterEach(stopFlow);

  const NODES: readonly FlowNode[] = [
    { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
    { id: 'matcher', type: 'merge-matcher', store: 'store' },
    { id: 'link', type: 'activation-link', store: 'store', path: '/activate', wires: [['activated']] },
    { id: 'activated', type: 'helper' },
  ];

  const start = (changes: Record<string, unknown> = {}, more: readonly FlowNode[] = []): Promise<RunningFlow> =>
    startFlow([...NODES.map((node) => (node.id === 'link' ? { ...node, ...changes } : node)), ...more]);

  const storeOf = (flow: RunningFlow): Promise<Store> => (flow.node('store') as StoreConnection).store();

  /** A token for the n-th person's phone, as the notifier issues it. */
  async function token(flow: RunningFlow, n = 1): Promise<{ token: string; tokenId: string }> {
    const store = await storeOf(flow);
    const now = Date.now();
    const claims = {
      purpose: 'activate' as const,
      storeId: store.id,
      tokenId: randomUUID(),
      mailboxId: mailboxId(n),
      easId: `EAS${n}`,
      issuedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + DAY_MS).toISOString(),
    };
    await store.tokens.issue(claims);
    return { token: issueLinkToken(claims, store.linkSecret), tokenId: claims.tokenId };
  }

  const press = (flow: RunningFlow, value: string, path = '/activate'): Promise<Response> =>
    fetch(`${flow.url}${path}`, {
      method: 'POST',
      headers: { 'user-agent': 'Mobile Safari' },
      body: new URLSearchParams({ token: value }),
    });

  it('shows a page that activates nothing, however often mail scanners fetch it', async () => {
    const flow = await start();
    const link = await token(flow);
    for (const method of ['GET', 'HEAD', 'GET']) {
      const answer = await fetch(`${flow.url}/activate?token=${link.token}`, { method });
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
    }
    assert.deepEqual(await (await storeOf(flow)).activations.list(), []);
    assert.deepEqual(flow.messages('activated'), []);
    assert.equal(flow.words().at(-1), 'at /activate');
  });

  it('names the phone on the page as the last reading has it', async () => {
    const flow = await start();
    const link = await token(flow);
    flow.receive('matcher', easPage({ id: 'eas' }, [easRecord(1)]));
    await flow.until(() => flow.ended('matcher').done === 1, 'the reading is kept');
    const store = await storeOf(flow);
    const entry = { organization: 'exchange', mailboxId: mailboxId(1), easId: 'EAS1', list: 'blocked' } as const;
    await store.entries.record({ ...entry, writtenAt: '2026-06-01T08:00:00.000Z', rule: 'not enrolled' });
    const html = await (await fetch(`${flow.url}/activate?token=${link.token}`)).text();
    assert.match(html, /iPhone16C1/);
    assert.match(html, /user1@contoso\.example/);
  });

  it('sends one activation when the button is pressed, and none when it is pressed again', async () => {
    const flow = await start();
    const link = await token(flow);
    assert.equal((await press(flow, link.token)).status, 200);
    assert.equal((await press(flow, link.token)).status, 200);
    await flow.until(() => flow.messages('activated').length > 0, 'the activation was sent');
    const [kept] = await (await storeOf(flow)).activations.list();
    assert.deepEqual(
      flow.messages('activated').map(({ topic, payload }) => ({ topic, payload })),
      [
        {
          topic: 'activation',
          payload: {
            easId: 'EAS1',
            mailbox: mailboxId(1),
            at: kept?.at,
            userAgent: 'Mobile Safari',
            tokenId: link.tokenId,
          },
        },
      ],
    );
    assert.equal(flow.words().at(-1), '1 activated');
    assert.deepEqual(flow.statuses('link').at(-1), { fill: 'green', text: 'activation-link.status.activated' });
  });

  it('leads on to enrollment', async () => {
    const flow = await start({ enrollUrl: 'https://enroll.contoso.example/start' });
    const link = await token(flow);
    assert.match(await (await press(flow, link.token)).text(), /https:\/\/enroll\.contoso\.example\/start/);
  });

  it('asks to come again while there is no store, and works when there is', async () => {
    const flow = await start({ store: 'missing' });
    const answer = await press(flow, 'anything');
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('retry-after'), '120');
    await flow.until(() => flow.errors().length === 1, 'Catch nodes see it');
    assert.deepEqual(
      flow.errors().map(({ code }) => code),
      ['ERR_CONFIG_MISSING'],
    );
    assert.deepEqual(flow.statuses('link').at(-1), { fill: 'red', text: 'shared.error.ERR_CONFIG_MISSING' });
    await flow.redeploy(NODES);
    assert.equal((await press(flow, (await token(flow)).token)).status, 200);
  });

  it('refuses a huge form without reading it to the end', async () => {
    const flow = await start();
    const answer = await press(flow, 'x'.repeat(1_000_000));
    assert.equal(answer.status, 400);
    assert.equal((await press(flow, (await token(flow)).token)).status, 200, 'the next visitor is served');
  });

  it('is not disturbed by a visitor who leaves in the middle of the form', async () => {
    const flow = await start();
    const { port } = new URL(flow.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('POST /activate HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\ntoken=');
    await new Promise((resolve) => {
      socket.once('connect', resolve);
    });
    socket.destroy();
    assert.equal((await press(flow, (await token(flow)).token)).status, 200);
  });

  it('leaves other pages and methods to other nodes', async () => {
    const flow = await start();
    assert.equal((await fetch(`${flow.url}/other`)).status, 404);
    assert.equal((await fetch(`${flow.url}/activate`, { method: 'PUT' })).status, 404);
  });

  it('serves a path that was written without its slash, or with one too many', async () => {
    const flow = await start({ path: 'phones/activate/' });
    assert.equal(flow.words().at(-1), 'at /phones/activate');
    const link = await token(flow);
    assert.equal((await press(flow, link.token, '/phones/activate')).status, 200);
    assert.equal((await fetch(`${flow.url}/phones/activate/?token=${link.token}`)).status, 200);
  });

  it('says that a second link has the same path, and lets it take over when the first one goes', async () => {
    const second: FlowNode = {
      id: 'second',
      type: 'activation-link',
      store: 'store',
      path: 'activate',
      wires: [['seconds']],
    };
    const more = [second, { id: 'seconds', type: 'helper' }];
    const flow = await start({}, more);
    assert.equal(flow.words().at(-1), 'path used by another node');
    assert.ok(flow.logged().some((text) => text.includes('is served by another activation link already.')));
    await press(flow, (await token(flow)).token);
    await flow.until(() => flow.messages('activated').length === 1, 'the first one sends');
    await flow.redeploy([...NODES.filter(({ id }) => id !== 'link'), ...more]);
    await press(flow, (await token(flow)).token);
    await flow.until(() => flow.messages('seconds').length === 1, 'the second one sends');
    assert.equal(flow.messages('activated').length, 1);
  });

  it('frees its path when it is removed, and keeps one layer in the web server however often it is deployed', async () => {
    const flow = await start();
    const before = flow.layers();
    for (let i = 0; i < 5; i += 1) await flow.redeploy();
    assert.equal(flow.layers(), before);
    assert.ok(before > 0);
    assert.equal((await fetch(`${flow.url}/activate`)).status, 400, 'it is there');
    await flow.redeploy(NODES.filter(({ id }) => id !== 'link'));
    assert.equal((await fetch(`${flow.url}/activate`)).status, 404);
  });
});
