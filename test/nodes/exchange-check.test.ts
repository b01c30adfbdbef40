/** "Test" of the Exchange server's dialog: the deployed configuration is tested, step by step. */
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { CheckBranch } from '../../src/model/check-report.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

interface Line {
  readonly step?: CheckBranch;
  readonly progress?: string;
  readonly report?: CheckBranch;
  readonly error?: { readonly code: string; readonly text: string };
}

describe('"Test" of an Exchange server', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab();
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  const start = (changes: Record<string, unknown> = {}): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { exchange: changes });
    return startFlow(
      nodes.filter(({ id }) => ['tls', 'exchange'].includes(id)),
      credentials,
    );
  };

  async function ask(flow: RunningFlow, body: unknown): Promise<{ status: number; text: string; lines: Line[] }> {
    const { _app, _httpAdmin } = helper as unknown as { _app: { use(handler: unknown): void }; _httpAdmin: unknown };
    _app.use(_httpAdmin);
    const answer = await fetch(`${flow.url}/exchange-server/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    return { status: answer.status, text, lines };
  }

  it('tells each step as it ends, then the whole report, and no secret', async () => {
    lab.organization.addMailbox({ alias: 'anna', displayName: 'Anna' });
    lab.organization.syncPhone({ mailbox: 'anna@contoso.example', deviceId: 'A1', deviceType: 'iPhone', model: 'x' });
    const { status, text, lines } = await ask(await start(), { id: 'exchange' });
    const { report } = lines.at(-1) ?? {};
    assert.deepEqual(
      [status, report?.status, report?.word, report?.seen],
      [200, 'healthy', 'ready', 'The connector can work with this Exchange.'],
    );
    const told = lines.flatMap(({ step }) => (step === undefined ? [] : [step.title]));
    assert.deepEqual(
      told,
      report?.children.map(({ title }) => title),
    );
    assert.equal(told.length, 11);
    assert.ok(lines.some(({ progress }) => progress === 'Session…'));
    assert.equal(text.includes(lab.exchange.password), false);
    assert.equal(lab.servers.exchange.stats.shells, 0, 'no session is left');
  });

  it('tests what is deployed, whatever else a request names', async () => {
    const flow = await start({ urls: 'https://127.0.0.1:1/PowerShell/' });
    const { lines } = await ask(flow, { id: 'exchange', urls: lab.exchange.url, auth: 'basic' });
    assert.equal(lines.at(-1)?.report?.status, 'broken');
    assert.equal(lab.servers.exchange.stats.requests, 0);
  });

  it('tests the simulation without a server', async () => {
    const { lines } = await ask(await start({ kind: 'simulated' }), { id: 'exchange' });
    const { report } = lines.at(-1) ?? {};
    assert.equal(report?.status, 'healthy');
    assert.deepEqual(
      report?.children.filter(({ status }) => status === 'skipped').map(({ title }) => title.split(':')[0]),
      ['Name', 'TLS', 'Sign-in methods', 'Throttling policy', 'Clock'],
    );
  });

  it('refuses a configuration that does not run, and one that cannot be meant', async () => {
    const flow = await start({ urls: 'http://mail.contoso.example/PowerShell/' });
    for (const id of ['other', '', null, { id: 'exchange' }]) {
      const { status, text } = await ask(flow, { id });
      assert.deepEqual([status, /ERR_CONFIG_MISSING/.test(text)], [400, true]);
    }
    const { status, text } = await ask(flow, { id: 'exchange' });
    assert.deepEqual([status, /ERR_CONFIG_INVALID/.test(text)], [400, true]);
  });
});
