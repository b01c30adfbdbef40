/** The activation link: a page with one button, on Node-RED's own web server. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mock } from 'node:test';
import type { StoreConnection } from '../../nodes/connections.ts';
import { issueLinkToken, linkIdOf } from '../../src/activation/link-token.ts';
import type { Store } from '../../src/store/store.ts';
import { startFlow, stopFlow, useNodeRoot } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { easRecord, guid } from '../support/records.ts';

const DAY_MS = 86_400_000;

const HOUR_MS = 3_600_000;

describe('activation link', () => {
  afterEach(async () => {
    mock.timers.reset();
    await stopFlow();
  });

  const NODES: readonly FlowNode[] = [
    { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
    { id: 'link', type: 'activation-link', store: 'store', path: '/activate', wires: [['activated']] },
    { id: 'activated', type: 'helper' },
  ];

  const start = (changes: Record<string, unknown> = {}, more: readonly FlowNode[] = []): Promise<RunningFlow> =>
    startFlow([...NODES.map((node) => (node.id === 'link' ? { ...node, ...changes } : node)), ...more]);

  const storeOf = (flow: RunningFlow): Promise<Store> => (flow.node('store') as StoreConnection).store();

  /** A token for the n-th person's phone, as the notifier issues it. */
  async function token(
    flow: RunningFlow,
    n = 1,
    validMs = DAY_MS,
    issued = true,
  ): Promise<{ token: string; tokenId: string }> {
    const store = await storeOf(flow);
    const now = Date.now();
    const claims = {
      purpose: 'activate' as const,
      storeId: store.id,
      tokenId: linkIdOf(randomUUID()),
      mailboxId: guid(n),
      easId: `EAS${n}`,
      issuedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + validMs).toISOString(),
    };
    if (issued) await store.tokens.issue(claims);
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

  it('shows the page of a link that a gateway has encoded anew, and passes on what is no link of its own', async () => {
    const flow = await start();
    const link = await token(flow);
    const seen = async (path: string): Promise<readonly [string, number]> => [
      path,
      (await fetch(flow.url + path)).status,
    ];
    const shown = [
      `/activate?token%3D${link.token}`,
      `/activate?amp;token=${link.token}`,
      `/activate?token=${link.token}&token=${link.token}`,
      `/activate%3Ftoken=${link.token}`,
      `/activate%3ftoken%3d${link.token}%26x%3d1`,
      `/activate?x=1&amp%3Btoken%3D${link.token}`,
    ];
    for (const path of shown) assert.deepEqual(await seen(path), [path, 200]);
    const others = ['/activate?token%3Dabc', '/activate?token=a&token=b'];
    for (const path of others) assert.deepEqual(await seen(path), [path, 400]);
    assert.deepEqual(await seen('/activated%3Ftoken%3Dabc'), ['/activated%3Ftoken%3Dabc', 404]);
  });

  it('sends one activation when the button is pressed, and none when it is pressed again', async () => {
    const flow = await start();
    const link = await token(flow);
    assert.equal((await press(flow, link.token)).status, 200);
    assert.equal((await press(flow, link.token)).status, 200);
    await flow.until(() => flow.messages('activated').length > 0, 'the activation was sent');
    const [kept] = await (await storeOf(flow)).activations.list();
    assert.deepEqual(
      flow.messages('activated').map(({ topic, payload, text }) => ({ topic, payload, text })),
      [
        {
          topic: 'activation',
          payload: {
            easId: 'EAS1',
            mailbox: guid(1),
            at: kept?.at,
            userAgent: 'Mobile Safari',
            tokenId: link.tokenId,
          },
          text: "The link for somebody's device eas1 was opened and its button pressed",
        },
      ],
    );
    assert.equal(flow.words().at(-1), '1 activated');
    assert.deepEqual(flow.statuses('link').at(-1), { fill: 'green', text: 'activation-link.status.activated' });
  });

  it('answers a press with a page that may be reloaded, at its own path', async () => {
    const flow = await start({ path: '/phones/activate' });
    const link = await token(flow);
    const form = { method: 'POST', body: new URLSearchParams({ token: link.token }), redirect: 'manual' } as const;
    const answer = await fetch(`${flow.url}/phones/activate?`, form);
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, `?token=${link.token}`]);
    for (let times = 0; times < 2; times += 1) {
      const page = await fetch(`${flow.url}/phones/activate?token=${link.token}`);
      assert.match(await page.text(), /<h1>Phone confirmed<\/h1>/);
    }
    await flow.until(() => flow.messages('activated').length > 0, 'the activation was sent');
    assert.equal(flow.messages('activated').length, 1);
  });

  it('has a fresh link sent to the mailbox of an expired one whose phone is still blocked, and says so', async () => {
    const flow = await start();
    const store = await storeOf(flow);
    const link = await token(flow, 1, -DAY_MS);
    const startedAt = new Date().toISOString();
    const reading = { id: 'r', source: 'eas', scope: 'exchange', kind: 'full', startedAt } as const;
    await store.snapshots.begin({ ...reading, page: 0 });
    await store.snapshots.putPage({ ...reading, page: 0 }, [easRecord(1)]);
    await store.snapshots.commit(reading);
    const entry = { organization: 'exchange', mailboxId: guid(1), easId: 'EAS1', list: 'blocked' } as const;
    await store.entries.record({ ...entry, writtenAt: startedAt, rule: 'not enrolled' });
    const row = {
      node: 'notifier',
      name: '',
      process: 'p',
      at: startedAt,
      verdict: 'ready',
      step: null,
      text: '',
    } as const;
    await store.notifiers.edit('notifier', () => row);
    const page = `${flow.url}/activate?token=${link.token}`;
    assert.match(await (await fetch(page)).text(), /Send a new link/);
    const form = {
      method: 'POST',
      body: new URLSearchParams({ token: link.token, fresh: '1' }),
      redirect: 'manual',
    } as const;
    const statuses = await Promise.all([1, 2].map(async () => (await fetch(`${flow.url}/activate`, form)).status));
    assert.deepEqual(statuses, [303, 303]);
    assert.match(await (await fetch(page)).text(), /A mail with a new link is on its way/);
    assert.deepEqual(
      (await store.mails.list({})).map(({ notifier, address, state }) => [notifier, address, state]),
      [['notifier', 'user1@contoso.example', 'waiting']],
    );
    assert.deepEqual([flow.messages('activated'), await store.activations.list()], [[], []]);
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

  it('is one error however many visits a failure meets, and goes back to its last good status afterwards', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'activation-link-'));
    const path = join(folder, 'store.sqlite');
    try {
      const nodes = NODES.map((node) => (node.id === 'store' ? { ...node, path } : node));
      const flow = await startFlow(nodes);
      await press(flow, (await token(flow)).token);
      await flow.until(() => flow.words().at(-1) === '1 activated', 'the activation shows');
      const link = await token(flow, 2);
      const database = new DatabaseSync(path);
      database.exec('alter table "tokens" rename to "gone"');
      for (let visit = 0; visit < 30; visit += 1) assert.equal((await press(flow, link.token)).status, 503);
      assert.deepEqual(flow.statuses('link').at(-1), { fill: 'red', text: 'shared.error.ERR_STORE_WRITE' });
      assert.deepEqual(
        flow.messages('seen-errors').map(({ topic, payload }) => ({ topic, payload })),
        [{ topic: 'activation', payload: { visits: 1, codes: { ERR_STORE_WRITE: 1 } } }],
      );
      database.exec('alter table "gone" rename to "tokens"');
      database.close();
      assert.equal((await fetch(`${flow.url}/activate?token=${link.token}`)).status, 200);
      await flow.until(() => flow.words().at(-1) === '1 activated', 'the good status is back');
      assert.equal((await press(flow, link.token)).status, 200);
    } finally {
      await stopFlow();
      rmSync(folder, { recursive: true });
    }
  });

  it('tells refused visits once an hour, with their number, and lets a good link through among them', async function () {
    const flow = await start();
    await press(flow, (await token(flow)).token);
    await flow.until(() => flow.words().at(-1) === '1 activated', 'the activation shows');
    const expired = await token(flow, 1, -DAY_MS);
    const unknown = await token(flow, 2, DAY_MS, false);
    mock.timers.enable({ apis: ['setTimeout'] });
    const [before, words] = [flow.sent().length, flow.words().length];

    const tokens = ['', 'junk', `x${unknown.token}`, unknown.token, expired.token];
    const statuses = await flood(flow, 10_000, (visit) => tokens[visit % tokens.length] ?? '');
    assert.deepEqual(statuses, { 400: 8_000, 410: 2_000 });
    assert.deepEqual([flow.sent().length, flow.words().length], [before, words], 'nothing happened in the flow');

    mock.timers.tick(60_000);
    await flow.until(() => flow.errors().length === 1, 'Catch nodes hear of it');
    assert.deepEqual(
      flow.messages('seen-errors').map(({ topic, payload }) => ({ topic, payload })),
      [
        {
          topic: 'refused',
          payload: {
            visits: 10_000,
            codes: { ERR_TOKEN_INVALID: 6_000, ERR_TOKEN_UNKNOWN: 2_000, ERR_TOKEN_EXPIRED: 2_000 },
          },
        },
      ],
    );
    assert.match(
      flow.errors()[0]?.message ?? '',
      /10000 visits of the activation page were refused since the last message/,
    );
    assert.equal(flow.words().at(-1), '1 activated');

    const good = await token(flow, 3);
    assert.equal((await press(flow, good.token)).status, 200);
    await flow.until(() => flow.messages('activated').length === 2, 'the good link activates');

    await flood(flow, 50, () => 'junk');
    mock.timers.tick(HOUR_MS - 1);
    await flow.redeploy();
    await flood(flow, 50, () => 'junk');
    assert.equal(flow.errors().length, 1);
    mock.timers.tick(1);
    await flow.until(() => flow.errors().length === 2, 'the second hour has its own');
    assert.deepEqual(flow.messages('seen-errors').at(-1)?.['payload'], {
      visits: 100,
      codes: { ERR_TOKEN_INVALID: 100 },
    });
    assert.equal(flow.words().at(-1), 'at /activate', 'the status of the new deploy');
  });

  it('names the help desk on its pages, and nobody where none is entered', async () => {
    const flow = await start({ helpDesk: '+49 30 1234, help@contoso.example' });
    const link = await token(flow);
    for (const value of [link.token, 'junk']) {
      const html = await (await fetch(`${flow.url}/activate?token=${value}`)).text();
      assert.match(html, /Help desk: \+49 30 1234, help@contoso\.example/);
    }
    await flow.redeploy(NODES);
    assert.doesNotMatch(await (await fetch(`${flow.url}/activate?token=junk`)).text(), /Help desk:/);
  });

  it('has links to the help desk, the company and its colour on its pages', async () => {
    const flow = await start({
      helpDesk: 'IT',
      helpDeskPhone: '+49 (30) 12-34',
      helpDeskMail: 'help@contoso.example',
      helpDeskWeb: 'https://help.contoso.example/?a=1&b=2',
      company: 'Contoso <b>',
      color: '#FFCC00',
    });
    const answer = await fetch(`${flow.url}/activate?token=junk`);
    const html = await answer.text();
    const wanted = [
      'Help desk: IT, ',
      '<a rel="noreferrer" href="tel:+49301234">+49 (30) 12-34</a>',
      '<a rel="noreferrer" href="mailto:help@contoso.example">help@contoso.example</a>',
      '<a rel="noreferrer" href="https://help.contoso.example/?a=1&amp;b=2">',
      'Contoso &lt;b&gt;</p>\n<h1>',
      '--button:#ffcc00;--on-button:#1c2733',
    ];
    for (const part of wanted) assert.ok(html.includes(part), part);
  });

  it('refuses a huge form without reading it to the end', async () => {
    const flow = await start();
    const answer = await press(flow, 'x'.repeat(3_000_000));
    assert.equal(answer.status, 400);
    assert.equal((await press(flow, (await token(flow)).token)).status, 200, 'the next visitor is served');
  });

  for (const [what, changes, status] of [
    ['that is too long', {}, 400],
    ['that is too long, while the store is away', { store: 'nowhere' }, 503],
  ] as const)
    it(`reads a form ${what} before it answers: a proxy that is still sending takes an early answer for a broken line`, async () => {
      const flow = await start(changes);
      const socket = connect(Number(new URL(flow.url).port), '127.0.0.1');
      let answer = '';
      socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
      const [first, second] = ['token=', 'x'.repeat(100_000)];
      socket.write(
        `POST /activate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${first.length + 2 * second.length}\r\n\r\n${first}${second}`,
      );
      // Whoever was to be answered at once has been by the time others have come and gone.
      for (let visits = 0; visits < 5; visits += 1) await (await fetch(`${flow.url}/activate?token=junk`)).text();
      assert.equal(answer, '');
      socket.write(second);
      await flow.until(() => answer.includes('\r\n\r\n'), 'the form is answered');
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      socket.destroy();
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

  it('is not disturbed by a proxy that breaks off while it sends a form that is too long', async () => {
    const flow = await start();
    const words = flow.words().length;
    const socket = connect(Number(new URL(flow.url).port), '127.0.0.1');
    const form = `content-length: 500000\r\n\r\ntoken=${'x'.repeat(100_000)}`;
    await new Promise((resolve) => {
      socket.write(`POST /activate HTTP/1.1\r\nhost: localhost\r\n${form}`, resolve);
    });
    for (let visits = 0; visits < 3; visits += 1) await (await fetch(`${flow.url}/activate?token=junk`)).text();
    socket.resetAndDestroy();
    for (let visits = 0; visits < 3; visits += 1) await (await fetch(`${flow.url}/activate?token=junk`)).text();
    assert.deepEqual([flow.words().slice(words), flow.errors()], [[], []]);
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

  it('says where it is below the path of Node-RED itself, and that no page is served where settings.js has none', async () => {
    try {
      for (const [root, words] of [
        ['/nodes/', 'at /nodes/activate'],
        ['/', 'at /activate'],
        [false, 'Node-RED serves no pages'],
      ] as const) {
        useNodeRoot(root);
        const flow = await start();
        assert.deepEqual(flow.words(), [words]);
        const said = 'in settings.js of Node-RED is false.';
        assert.equal(flow.logged().filter((text) => text.includes(said)).length, root === false ? 1 : 0);
        await stopFlow();
      }
    } finally {
      useNodeRoot();
    }
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

/** Opens the page so many times, 50 at once over kept connections; answers by status. */
async function flood(
  flow: RunningFlow,
  visits: number,
  tokenOf: (visit: number) => string,
): Promise<Record<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const statuses: Record<number, number> = {};
  const open = (visit: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request(`${flow.url}/activate?token=${tokenOf(visit)}`, { agent }, (answer) => {
        const status = answer.statusCode ?? 0;
        statuses[status] = (statuses[status] ?? 0) + 1;
        answer.resume();
        answer.once('end', resolve);
      });
      sent.once('error', reject);
      sent.end();
    });
  let next = 0;
  const visitor = async (): Promise<void> => {
    for (let visit = next++; visit < visits; visit = next++) await open(visit);
  };
  await Promise.all(Array.from({ length: 50 }, visitor));
  agent.destroy();
  return statuses;
}
