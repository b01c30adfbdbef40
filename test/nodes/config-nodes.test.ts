/** Configuration: environment values in every field, secrets that stay where they are, what is disabled. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { StoreConnection } from '../../nodes/connections.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { aManagedPhone, anna, people, still } from '../support/people.ts';

/** What a node type and its fields are called. */
function catalogueOf(type: string): { readonly label: string; readonly field: Readonly<Record<string, string>> } {
  const file = new URL(`../../nodes/${type}/locales/en-US/${type}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<string, ReturnType<typeof catalogueOf>>)[type]!;
}

describe('configuration', () => {
  let lab: Lab;
  const environment: string[] = [];

  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(anna(still())) });
  });

  afterEach(async () => {
    for (const name of environment.splice(0)) delete process.env[name];
    await stopFlow();
    await lab.close();
  });

  /** Puts a value into the environment and returns what a field says instead of it. */
  function env(value: unknown): string {
    const name = `CONNECTOR_TEST_${environment.length}`;
    environment.push(name);
    process.env[name] = String(value);
    return `\${${name}}`;
  }

  /** Every text and number of a node as an environment value; ids, types and wires stay. */
  function throughEnvironment(node: FlowNode): FlowNode {
    const fields = Object.entries(node).map(([name, value]) =>
      ['id', 'type', 'wires', 'rules'].includes(name) || !['string', 'number'].includes(typeof value) || value === ''
        ? [name, value]
        : // References to other nodes are chosen from a list, never typed.
          ['tls', 'server', 'store', 'tenant', 'account', 'directory'].includes(name)
          ? [name, value]
          : [name, env(value)],
    );
    return Object.fromEntries(fields) as FlowNode;
  }

  const syncOnce = async (flow: RunningFlow): Promise<void> => {
    flow.receive('mdm');
    await flow.until(() => flow.ended('mdm').done === 1, 'the MDM was read');
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'Exchange was read');
    await flow.until(() => flow.messages('switchReport').length === 1, 'the switch has reported');
  };

  it('takes every field from the environment, credentials included', async () => {
    const { nodes, credentials } = connectorFlow(lab);
    const secrets = Object.fromEntries(
      Object.entries(credentials).map(([id, fields]) => [
        id,
        Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, env(value)])),
      ]),
    );
    const flow = await startFlow(
      nodes.map((node) => (node.type === 'helper' || node.id === 'tls' ? node : throughEnvironment(node))),
      secrets,
    );
    await syncOnce(flow);
    await flow.until(() => flow.messages('sent').length === 1, 'the mail was sent');
    assert.deepEqual(flow.errors(), []);
    assert.equal(lab.organization.inbox('anna@contoso.example').length, 1);
    assert.equal(lab.organization.writes.length, 1);
    assert.equal(flow.words().filter((text) => text === 'at /activate').length, 1);
  });

  it('uses no secret whose environment variable Node-RED does not know, and names node, field and variable', async () => {
    const users: Readonly<Record<string, string>> = {
      exchange: 'eas',
      tenant: 'mdm',
      account: 'notifier',
      store: 'eas',
    };
    const secrets = [
      ['exchange', 'username'],
      ['exchange', 'password'],
      ['tenant', 'clientSecret'],
      ['account', 'username'],
      ['account', 'password'],
      ['store', 'linkSecret'],
    ] as const;
    for (const [id, secret] of secrets) {
      const { nodes, credentials } = connectorFlow(lab);
      const flow = await startFlow(nodes, {
        ...credentials,
        [id]: { ...credentials[id], [secret]: '${CONNECTOR_TEST_GONE}' },
      });
      const type = nodes.find((node) => node.id === id)?.type ?? '';
      const user = users[id] ?? '';
      // A status of a node's start is there before the test's own Status node is.
      assert.ok(flow.words().includes('configuration invalid'), `${secret} is said at the start`);
      flow.receive(user, { topic: 'check' });
      await flow.until(() => flow.ended(user).done === 1, `${user} is done`);
      const { label, field } = catalogueOf(type);
      const gone = 'There is no environment variable CONNECTOR_TEST_GONE.';
      const errorOf = (seen: string): object => ({
        code: 'ERR_CONFIG_INVALID',
        message: `ConnectorError: ${seen} Open the node named in the message and correct the field it names.`,
        source: user,
      });
      // A test runtime that has no catalogues says the keys, and is seen to ask for the words.
      const isByKey = flow.words().includes(gone);
      const inKeys = `${type}.label, “${type}.field.${secret}”: shared.invalid.variableUnknown`;
      assert.deepEqual(flow.errors(), [errorOf(isByKey ? inKeys : `${label}, “${field[secret]}”: ${gone}`)]);
      assert.deepEqual(flow.messages('easOut'), []);
      await stopFlow();
    }
  });

  it('lets a secret that goes nowhere name any environment variable', async () => {
    const { nodes, credentials } = connectorFlow(lab);
    const flow = await startFlow(nodes, {
      ...credentials,
      exchange: {
        ...credentials['exchange'],
        clientSecret: '${CONNECTOR_TEST_GONE}',
        ldapPassword: '${CONNECTOR_TEST_GONE}',
      },
      store: { connection: '${CONNECTOR_TEST_GONE}' },
      tenant: { ...credentials['tenant'], privateKey: '$(CONNECTOR_TEST_GONE)' },
    });
    await syncOnce(flow);
    assert.deepEqual(flow.errors(), []);
  });

  it('keeps every secret out of messages, statuses, logs and the exported flow, whatever goes wrong', async () => {
    people(lab.organization, 2);
    const { nodes, credentials } = connectorFlow(lab);
    const flow = await startFlow(
      [...nodes, { id: 'check', type: 'autodiscover-check', account: 'account', internalResolvers: lab.dns.internal }],
      credentials,
    );
    await syncOnce(flow);
    flow.receive('check');
    flow.receive('notifier', { topic: 'check' });
    await flow.until(() => flow.ended('check').done === 1 && flow.ended('notifier').done === 4, 'all is done');
    // The mail goes once its news is a row: the notifier is done with it before.
    await flow.until(() => lab.organization.inbox('anna@contoso.example').length === 1, 'the mail has come');
    lab.servers.exchange.faults.add({ kind: 'status', status: 401, times: 5 });
    lab.servers.graph.authority.expireTokens();
    lab.servers.graph.faults.add({ kind: 'echo', target: 'token' });
    lab.servers.graph.faults.add({ kind: 'status', status: 403, times: 5 });
    lab.servers.smtp.faults.auth = [535, `5.7.3 Authentication unsuccessful for ${lab.smtp.password}`];
    flow.receive('eas');
    flow.receive('mdm');
    flow.receive('notifier', { topic: 'check' });
    await flow.until(
      () => ['eas', 'mdm', 'notifier'].every((id) => flow.ended(id).received === flow.ended(id).done),
      'all has failed',
    );
    assert.ok(flow.errors().length >= 3, 'things went wrong');
    const basic = (user: string, password: string): string => Buffer.from(`${user}:${password}`).toString('base64');
    const secrets = [
      lab.exchange.password,
      lab.smtp.password,
      lab.graph.clientSecret,
      basic(lab.exchange.username, lab.exchange.password),
      Buffer.from(lab.smtp.password).toString('base64'),
      Buffer.from(await (flow.node('store') as StoreConnection).store().then((store) => store.linkSecret)).toString(
        'base64',
      ),
    ];
    const places: Record<string, string> = {
      // Errors in messages have causes, which JSON leaves out.
      messages: inspect(flow.sent(), { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null }),
      words: flow.words().join('\n'),
      errors: JSON.stringify(flow.errors()),
      logs: flow.logged().join('\n'),
      export: JSON.stringify(flow.exported()),
    };
    for (const [place, text] of Object.entries(places)) {
      assert.ok(text.length > 0, place);
      for (const secret of secrets) assert.equal(text.includes(secret), false, `${place} say ${secret}`);
    }
    const tokens = lab.organization
      .inbox('anna@contoso.example')
      .map(({ text }) => /token=([\w.-]+)/.exec(text)?.[1] ?? '');
    assert.equal(tokens.length, 1);
    for (const [place, text] of Object.entries(places)) assert.equal(text.includes(tokens[0] ?? '-'), false, place);
  });

  it('says which configuration is disabled, and works when it is enabled again', async () => {
    const { nodes, credentials } = connectorFlow(lab);
    const disabled = nodes.map((node) => (node.id === 'exchange' ? { ...node, d: true } : node));
    const flow = await startFlow(disabled, credentials);
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    assert.deepEqual(
      flow
        .errors()
        .map(({ code, message }) => ({ code, names: message.includes('Exchange server chosen in "Exchange"') })),
      [{ code: 'ERR_CONFIG_MISSING', names: true }],
    );
    await flow.redeploy(nodes);
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 2, 'the EAS source is done');
    assert.equal(flow.messages('easOut').length, 1);
  });

  it('says that the TLS configuration is missing, of the mail account too, and starts the rest', async () => {
    const { nodes, credentials } = connectorFlow(lab);
    const without = nodes.filter(({ id }) => id !== 'tls');
    const flow = await startFlow(without, credentials);
    for (const id of ['eas', 'mdm']) {
      flow.receive(id);
      await flow.until(() => flow.ended(id).done === 1, `${id} is done`);
    }
    flow.receive('notifier', { topic: 'check' });
    await flow.until(() => flow.ended('notifier').done === 1, 'the notifier is done');
    assert.deepEqual(
      flow.errors().map(({ code, message }) => ({ code, names: message.includes('TLS configuration') })),
      [1, 2, 3].map(() => ({ code: 'ERR_CONFIG_MISSING', names: true })),
    );
  });

  it('says that the store cannot be opened, and opens it at the next message when it can', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-'));
    const path = join(folder, 'not-yet', 'store.sqlite');
    try {
      const { nodes, credentials } = connectorFlow(lab, { store: { path } });
      const flow = await startFlow(nodes, credentials);
      flow.receive('eas');
      await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
      assert.deepEqual(
        flow.errors().map(({ code }) => code),
        ['ERR_STORE_OPEN'],
      );
      const { mkdirSync } = await import('node:fs');
      mkdirSync(join(folder, 'not-yet'));
      flow.receive('eas');
      await flow.until(() => flow.ended('eas').done === 2, 'the EAS source is done');
      assert.equal(flow.messages('easOut').length, 1);
    } finally {
      await stopFlow();
      rmSync(folder, { recursive: true });
    }
  });

  it('names the package that Kerberos needs where it is missing, and how to install it', async function () {
    const there = await import('kerberos' as string).then(
      () => true,
      () => false,
    );
    if (there) this.skip();
    const { nodes, credentials } = connectorFlow(lab, { exchange: { auth: 'kerberos' } });
    const flow = await startFlow(nodes, credentials);
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    assert.equal(flow.words().at(-1), 'package kerberos is missing');
    assert.deepEqual(
      flow.errors().map(({ code, message }) => [code, message]),
      [
        [
          'ERR_DEPENDENCY_MISSING',
          'ConnectorError: Signing in by Kerberos needs the package "kerberos" (npm install kerberos). Install the package in the user directory of Node-RED with the command in the message, then restart Node-RED.',
        ],
      ],
    );
  });

  it('says that the server has no address', async () => {
    const { nodes, credentials } = connectorFlow(lab, { exchange: { urls: ' ' } });
    const flow = await startFlow(nodes, credentials);
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    assert.deepEqual(
      flow.errors().map(({ code }) => code),
      ['ERR_CONFIG_INVALID'],
    );
  });
});
