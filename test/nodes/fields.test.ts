/** What a field may hold: the dialog refuses what the runtime refuses, and the other way round, in every field of every node. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { FIELDS, findProblem } from '../../nodes/fields.ts';
import type { Expressions } from '../../nodes/fields.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { dialogOf, judge } from '../support/dialog.ts';
import { FIELD_VALUES, REQUIRED, REQUIRED_UNDER } from '../support/field-values.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';

const { util } = createRequire(import.meta.url)('@node-red/util') as { util: Expressions };
const NODES = fileURLToPath(new URL('../../nodes/', import.meta.url));
const TYPES = readdirSync(NODES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['locales', 'editor'].includes(entry.name))
  .map(({ name }) => name);
const shared = JSON.parse(readFileSync(`${NODES}locales/en-US/shared.json`, 'utf8')) as Record<
  'invalid' | 'error',
  Record<string, string>
>;
const INVALID = shared.error['ERR_CONFIG_INVALID'] ?? '';
const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? 'undefined';

describe('the fields of the nodes', () => {
  for (const type of TYPES) {
    describe(type, () => {
      const dialog = dialogOf(type);
      const fields = FIELDS[type] ?? {};
      const both = (properties: Record<string, unknown>, property: string): [dialog: boolean, runtime: boolean] => [
        judge(type, dialog, properties, property) === true,
        findProblem(util, type, properties) === null,
      ];

      it('are all in the table of what they may hold (nodes/fields.ts), and in that of what they are tried with', () => {
        assert.deepEqual(Object.keys(fields).sort(), Object.keys(dialog.defaults).sort());
        const withRule = Object.entries(fields).filter(([, { rule }]) => rule !== null);
        assert.deepEqual(withRule.map(([name]) => name).sort(), Object.keys(FIELD_VALUES[type] ?? {}).sort());
        const references = Object.entries(fields).filter(([, { reference }]) => reference);
        const named = Object.entries(dialog.defaults).filter(([, { type }]) => type !== undefined);
        assert.deepEqual(references.map(([name]) => name).sort(), named.map(([name]) => name).sort());
      });

      it('have validators that Node-RED listens to: with two parameters', () => {
        const deaf = Object.entries(dialog.defaults).filter(([, { validate }]) => validate && validate.length !== 2);
        assert.deepEqual(deaf, []);
      });

      for (const [property, { under = {}, rubbish, good }] of Object.entries(FIELD_VALUES[type] ?? {})) {
        const tried = (value: unknown): Record<string, unknown> => ({ ...REQUIRED[type], ...under, [property]: value });

        it(`refuse rubbish in ${property}, in the dialog and at run time`, () => {
          for (const value of rubbish) {
            assert.deepEqual(both(tried(value), property), [false, false], `${property} = ${shown(value)}`);
            assert.equal(findProblem(util, type, tried(value))?.property, property);
          }
        });

        it(`take what can be meant in ${property}, on both sides`, () => {
          for (const value of good)
            assert.deepEqual(both(tried(value), property), [true, true], `${property} = ${shown(value)}`);
        });

        it(`take an environment variable in ${property}, and refuse one that Node-RED does not know`, () => {
          for (const value of ['${NAME}', '$(NAME)', '${a-b}']) {
            assert.equal(judge(type, dialog, tried(value), property), true);
            const problem = findProblem(util, type, tried(value));
            const name = value.slice(2, -1);
            assert.deepEqual(problem, { property, expected: { key: 'variableUnknown', values: { name } } });
          }
        });

        it(`let ${property} hold anything where it does not count`, () => {
          const when = fields[property]?.when ?? {};
          for (const [chooser, choices] of Object.entries(when)) {
            const others = (FIELD_VALUES[type]?.[chooser]?.good ?? []).filter((one) => !choices.includes(String(one)));
            for (const other of others) {
              const value = { ...tried(rubbish[0]), [chooser]: other };
              assert.deepEqual(both(value, property), [true, true], `${property} under ${chooser} = ${String(other)}`);
            }
          }
        });
      }

      it('may be empty or missing, as in flows of older versions, but for those that are required', () => {
        for (const property of Object.keys(FIELD_VALUES[type] ?? {})) {
          const under = REQUIRED_UNDER[type]?.[property];
          for (const value of [undefined, null, '', '  ']) {
            const properties = { ...REQUIRED[type], ...under, [property]: value };
            const expected = under === undefined;
            assert.deepEqual(both(properties, property), [expected, expected], `${property} = ${shown(value)}`);
          }
        }
      });

      it('have their choices in the dialog, in its validator and in the table alike', () => {
        const selects = [
          ...dialog.html.matchAll(/<select id="node-(?:config-)?input-(\w+)"[^>]*>([\s\S]*?)<\/select>/g),
        ];
        for (const [, property = '', options = ''] of selects) {
          if (property === 'preset') continue; // filled from the runtime
          const offered = [...options.matchAll(/<option value="([^"]*)"/g)].map((match) => match[1]);
          assert.deepEqual(new Set(FIELD_VALUES[type]?.[property]?.good), new Set(offered), property);
        }
      });

      it('say in the catalogue what they are called and what is expected', () => {
        const own = JSON.parse(readFileSync(`${NODES}${type}/locales/en-US/${type}.json`, 'utf8')) as Record<
          string,
          { field: Record<string, string>; label: string }
        >;
        for (const [property, { under = {}, rubbish }] of Object.entries(FIELD_VALUES[type] ?? {})) {
          assert.ok(own[type]?.field[property], `a name for ${property}`);
          const problem = findProblem(util, type, { ...REQUIRED[type], ...under, [property]: rubbish[0] });
          assert.ok(shared.invalid[problem?.expected.key ?? ''], `words for ${problem?.expected.key}`);
        }
      });
    });
  }
});

describe('the compliance of an MDM source', () => {
  it('cannot be managed-is-enough for Intune, which tells it: the dialog and the node refuse it', () => {
    const dialog = dialogOf('mdm-source');
    for (const provider of ['intune', undefined]) {
      const properties = { provider, compliance: 'managed-is-enough' };
      assert.match(String(judge('mdm-source', dialog, properties, 'compliance')), /shared\.invalid\.intuneTells/);
      const expected = { key: 'intuneTells' };
      assert.deepEqual(findProblem(util, 'mdm-source', properties), { property: 'compliance', expected });
      for (const compliance of ['preset', 'reported', ''])
        assert.equal(findProblem(util, 'mdm-source', { provider, compliance }), null);
    }
  });
});

describe('the sign-in of a mail account over EWS', () => {
  it('is not by Kerberos while Autodiscover is to be asked: the dialog and the node refuse it', () => {
    const dialog = dialogOf('mail-account');
    const account = { ...REQUIRED['mail-account'], transport: 'ews' };
    for (const ewsUrl of ['', ' ', undefined]) {
      const properties = { ...account, ewsAuth: 'kerberos', ewsUrl };
      assert.match(
        String(judge('mail-account', dialog, properties, 'ewsAuth')),
        /shared\.invalid\.kerberosNeedsAddress/,
      );
      const expected = { key: 'kerberosNeedsAddress' };
      assert.deepEqual(findProblem(util, 'mail-account', properties), { property: 'ewsAuth', expected });
      for (const ewsAuth of ['ntlm', 'basic', '', undefined])
        assert.equal(findProblem(util, 'mail-account', { ...account, ewsAuth, ewsUrl }), null);
    }
  });
});

describe('the days of an access switch until a partnership is removed', () => {
  it('are no fewer than those after which an account counts as not used: the dialog and the node refuse it', () => {
    const dialog = dialogOf('access-switch');
    const node = { ...REQUIRED['access-switch'] };
    for (const [idleDays, removeIdleDays] of [
      [60, 59],
      ['60', '1'],
      [undefined, 29],
    ]) {
      const properties = { ...node, idleDays, removeIdleDays };
      assert.match(
        String(judge('access-switch', dialog, properties, 'removeIdleDays')),
        /shared\.invalid\.fewerThanIdle/,
      );
      const expected = { key: 'fewerThanIdle', values: { min: Number(idleDays ?? 30) } };
      assert.deepEqual(findProblem(util, 'access-switch', properties), { property: 'removeIdleDays', expected });
    }
    for (const [idleDays, removeIdleDays] of [
      [60, 60],
      [60, 0],
      [0, 1],
      ['0', '1'],
      [undefined, 30],
    ]) {
      const properties = { ...node, idleDays, removeIdleDays };
      assert.equal(judge('access-switch', dialog, properties, 'removeIdleDays'), true);
      assert.equal(findProblem(util, 'access-switch', properties), null);
    }
  });
});

describe('a node whose field cannot be meant', () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab();
  });

  after(async () => {
    await lab.close();
  });

  afterEach(async () => {
    await stopFlow();
    delete process.env['CONNECTOR_TEST_FIELD'];
  });

  const CHECKED: FlowNode = { id: 'check', type: 'autodiscover-check', domain: 'contoso.example', wires: [[], []] };
  const ids: Readonly<Record<string, string>> = {
    'exchange-server': 'exchange',
    'mdm-tenant': 'tenant',
    'mail-account': 'account',
    'connector-store': 'store',
    'eas-source': 'eas',
    'mdm-source': 'mdm',
    'merge-matcher': 'matcher',
    'access-switch': 'switch',
    'enrollment-notifier': 'notifier',
    'activation-link': 'link',
    'autodiscover-check': 'check',
  };
  /** The node that shows what is wrong with a config node. */
  const USERS: Readonly<Record<string, string>> = { exchange: 'eas', tenant: 'mdm', account: 'notifier', store: 'eas' };

  async function startWith(id: string, properties: Record<string, unknown>): Promise<RunningFlow> {
    const { nodes, credentials } = connectorFlow(lab, { [id]: properties });
    const checked = id === 'check' ? { ...CHECKED, ...properties } : CHECKED;
    return startFlow([...nodes, checked], credentials);
  }

  for (const type of TYPES) {
    it(`${type}: is red from the start and answers every input with the field's name`, async () => {
      const id = ids[type] ?? '';
      const user = USERS[id] ?? id;
      for (const [property, { under = {}, rubbish }] of Object.entries(FIELD_VALUES[type] ?? {})) {
        const flow = await startWith(id, { ...REQUIRED[type], ...under, [property]: rubbish[0] });
        // A status of a node's start is there before the test's own Status node is.
        assert.ok(flow.words().includes(INVALID), `${property} is said at the start`);
        if (type === 'activation-link') {
          const visit = await fetch(`${flow.url}/activate`);
          assert.equal(visit.status, property === 'path' ? 404 : 503);
        } else {
          flow.receive(user, { topic: 'anything' });
          await flow.until(() => flow.errors().length === 1, `${property} is refused`);
          const [{ code, message } = { code: '', message: '' }] = flow.errors();
          assert.equal(code, 'ERR_CONFIG_INVALID');
          const red = { fill: 'red', text: 'shared.error.ERR_CONFIG_INVALID' };
          assert.deepEqual(flow.statuses(user).at(-1), red, property);
          assert.ok(message.includes(`“${type}.field.${property}”`), message);
        }
        await stopFlow();
      }
    });
  }

  it('names node, field and what is expected in words, and never the value', async () => {
    process.env['CONNECTOR_TEST_FIELD'] = 'a secret';
    const flow = await startWith('exchange', { name: 'prod', sessions: '${CONNECTOR_TEST_FIELD}' });
    const said = ['Exchange server', 'Sessions', 'A whole number from 1 up is expected.'];
    assert.deepEqual(
      said.filter((text) => !flow.words().includes(text)),
      [],
    );
    assert.ok(flow.logged().some((text) => text.includes('“prod”')));
    assert.equal(
      flow.logged().some((text) => text.includes('a secret')),
      false,
    );
  });

  it('works when the environment variable is there', async () => {
    process.env['CONNECTOR_TEST_FIELD'] = '3';
    const flow = await startWith('eas', { pageSize: '${CONNECTOR_TEST_FIELD}' });
    assert.deepEqual(flow.statuses('eas').at(-1)?.fill ?? 'grey', 'grey');
  });

  it('works again once it is repaired, and nothing that came meanwhile is lost', async () => {
    const { nodes, credentials } = connectorFlow(lab, { account: { port: '5O' } });
    const flow = await startFlow(nodes, credentials);
    flow.receive('notifier', { topic: 'check' });
    await flow.until(() => flow.errors().length === 1, 'the account is refused');
    await flow.redeploy(connectorFlow(lab).nodes);
    flow.receive('notifier', { topic: 'check' });
    await flow.until(
      () => flow.statuses('notifier').at(-1)?.fill === 'yellow',
      'the account works, the link is unproven',
    );
  });
});
