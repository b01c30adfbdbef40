/** "Test" of the MDM tenant's dialog: what was entered is tested, deployed or not, and no secret goes where it was not meant to. */
import assert from 'node:assert/strict';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { askTest, reportOf, UNTOUCHED } from '../support/ask-test.ts';
import type { TestAnswer } from '../support/ask-test.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

describe('"Test" of an MDM tenant', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab({ moreMdms: true });
    lab.organization.enroll({ upn: 'anna@contoso.example', platform: 'ios', model: 'x', name: 'x', serial: 'S1' });
  });

  afterEach(async () => {
    delete process.env['EAS_TEST_SECRET'];
    await stopFlow();
    await lab.close();
  });

  const start = (changes: Record<string, unknown> = {}, only = ['tls', 'tenant']): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { tenant: changes });
    return startFlow(
      nodes.filter(({ id }) => only.includes(id)),
      credentials,
    );
  };

  /** What the dialog has in its fields. */
  const fields = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    name: '',
    kind: 'intune',
    cloud: 'custom',
    graphUrl: lab.graph.url,
    authorityUrl: lab.authority.url,
    tenantId: lab.graph.tenantId,
    clientId: lab.graph.clientId,
    authMethod: 'secret',
    tls: 'tls',
    proxy: '',
    ...changes,
  });

  async function ask(flow: RunningFlow, body: unknown): Promise<TestAnswer> {
    const answer = await askTest(flow, 'mdm-tenant', body);
    const { text } = answer;
    assert.ok(!text.includes(lab.graph.clientSecret) && !/eyJ[\w-]{8}/.test(text), 'no secret and no token');
    return answer;
  }

  const signIns = (): number => lab.servers.graph.requests.length;

  it('tests what is entered before it is deployed, and tells each step as it ends', async () => {
    const flow = await start({}, ['tls']);
    const credentials = { clientSecret: lab.graph.clientSecret, certificate: '', privateKey: '' };
    const answer = await ask(flow, { id: 'new', fields: fields(), credentials });
    const report = reportOf(answer);
    assert.deepEqual([answer.status, report.status, report.title], [200, 'healthy', 'MDM tenant']);
    assert.deepEqual(
      answer.lines.flatMap(({ step }) => (step === undefined ? [] : [step.title])),
      report.children.map(({ title }) => title),
    );
    assert.ok(answer.lines.some(({ progress }) => progress === 'Sign-in…'));
  });

  it('takes the stored secret where nobody touched it, and the entered one where somebody did', async () => {
    const flow = await start();
    assert.equal(
      reportOf(await ask(flow, { id: 'tenant', fields: fields(), credentials: { clientSecret: UNTOUCHED } })).status,
      'healthy',
    );
    const wrong = await ask(flow, { id: 'tenant', fields: fields(), credentials: { clientSecret: 'wrong' } });
    assert.equal(reportOf(wrong).children[0]?.title, 'Sign-in: the secret is wrong');
  });

  it('sends a stored secret to the sign-in that it was stored for, and to no other', async () => {
    const flow = await start();
    const second = lab.moreMdms?.secondTenant ?? assert.fail('no second tenant');
    const before = signIns();
    for (const changes of [{ authorityUrl: second.authorityUrl }, { cloud: 'china' }, { cloud: 'global' }]) {
      const { status, text } = await ask(flow, {
        id: 'tenant',
        fields: fields(changes),
        credentials: { clientSecret: UNTOUCHED },
      });
      assert.deepEqual([status, /ERR_CONFIG_MISSING.*Enter it again/.test(text)], [400, true]);
    }
    assert.deepEqual([second.requests.length, signIns()], [0, before]);
  });

  it('knows no stored secret where nothing is deployed', async () => {
    const flow = await start({}, ['tls']);
    const { status, text } = await ask(flow, {
      id: 'tenant',
      fields: fields(),
      credentials: { clientSecret: UNTOUCHED },
    });
    assert.deepEqual([status, /ERR_CONFIG_MISSING/.test(text), signIns()], [400, true, 0]);
  });

  it('takes values of the environment before it is deployed, and tells none of them', async () => {
    process.env['EAS_TEST_SECRET'] = lab.graph.clientSecret;
    process.env['EAS_TEST_CLIENT'] = lab.graph.clientId;
    const flow = await start({}, ['tls']);
    const answer = await ask(flow, {
      id: 'new',
      fields: fields({ clientId: '${EAS_TEST_CLIENT}' }),
      credentials: { clientSecret: '${EAS_TEST_SECRET}' },
    });
    assert.equal(reportOf(answer).status, 'healthy');
    assert.ok(![lab.graph.clientSecret, lab.graph.clientId].some((value) => answer.text.includes(value)));
    const unset = await ask(flow, { id: 'new', fields: fields({ clientId: '${EAS_TEST_UNSET}' }), credentials: {} });
    assert.match(unset.text, /ERR_CONFIG_MISSING.*\$\{EAS_TEST_UNSET\} is not set/);
  });

  it('takes a value of the environment where the deployed node has it, and tells it nowhere else', async () => {
    process.env['EAS_TEST_SECRET'] = lab.graph.clientId;
    const flow = await start({ clientId: '${EAS_TEST_SECRET}' });
    const entered = fields({ clientId: '${EAS_TEST_SECRET}' });
    assert.equal(
      reportOf(await ask(flow, { id: 'tenant', fields: entered, credentials: { clientSecret: UNTOUCHED } })).status,
      'healthy',
    );
    const elsewhere = fields({ tenantId: '${EAS_TEST_SECRET}' });
    const { text } = await ask(flow, { id: 'tenant', fields: elsewhere, credentials: { clientSecret: UNTOUCHED } });
    assert.ok(!text.includes(lab.graph.clientId));
  });

  it('refuses what cannot be meant, and a request without fields', async () => {
    const flow = await start();
    for (const [body, code] of [
      [{ id: 'tenant', fields: fields({ tenantId: 'not a tenant' }), credentials: {} }, 'ERR_CONFIG_INVALID'],
      [{ id: 'tenant', fields: fields({ graphUrl: 'http://graph.example' }), credentials: {} }, 'ERR_CONFIG_INVALID'],
      [{ id: 'tenant', fields: fields({ tls: 'gone' }), credentials: { clientSecret: 'x' } }, 'ERR_CONFIG_MISSING'],
      [{ id: 'tenant', fields: fields(), credentials: {} }, 'ERR_CONFIG_INVALID'],
      [{ id: 'tenant' }, 'ERR_INPUT_INVALID'],
      [{}, 'ERR_INPUT_INVALID'],
    ] as const) {
      const { status, text } = await ask(flow, body);
      assert.deepEqual([status, text.includes(code)], [400, true], text);
    }
    assert.equal(signIns(), 0);
  });

  it('tests the simulation', async () => {
    const flow = await start({}, ['tls']);
    const answer = await ask(flow, { id: 'x', fields: { kind: 'simulated' }, credentials: {} });
    assert.deepEqual(
      reportOf(answer).children.map(({ status }) => status),
      ['skipped', 'skipped', 'ok', 'ok', 'skipped'],
    );
  });

  it('needs the permission that a deploy needs', async () => {
    const { default: mdmTenant } = await import('../../nodes/mdm-tenant/mdm-tenant.ts');
    const asked: string[] = [];
    mdmTenant({
      auth: { needsPermission: (permission: string) => asked.push(permission) },
      httpAdmin: { post: () => undefined },
      nodes: { registerType: () => undefined },
    } as never);
    assert.deepEqual(asked, ['flows.write']);
  });
});
