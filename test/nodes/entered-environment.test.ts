/** What `${NAME}` is in the dialog of a node that is not deployed yet: walks the table of entered-environment.ts. */
import assert from 'node:assert/strict';
import { EnteredEnvironment, variableIn } from '../../nodes/entered-environment.ts';

/** A runtime with these nodes, of which each knows the variables of where it is. */
function runtime(
  nodes: readonly { id: string; z?: string; g?: string; knows: Readonly<Record<string, string>> }[] = [],
  envVarExcludes?: unknown,
): ConstructorParameters<typeof EnteredEnvironment>[0] {
  return {
    settings: { envVarExcludes },
    nodes: {
      eachNode: (visit: (definition: never) => void) => nodes.forEach((node) => visit(node as never)),
      getNode: (id: string) => nodes.find((node) => node.id === id) ?? null,
    },
    util: {
      evaluateNodeProperty: (value: string, _type: string, node: { knows?: Record<string, string> }) =>
        node.knows?.[value.slice(2, -1)] ?? '',
    },
  } as never;
}

const text = (name: string, value: string) => ({ name, type: 'str', value });

describe('a variable in the dialog of a node that is not deployed', () => {
  it('is a whole text as Node-RED takes it', () => {
    const asked = ['${A}', '$(A)', 'x${A}', '${A}x', '$A', '${}', '', '$(A}'].map(variableIn);
    assert.deepEqual(asked, ['A', 'A', null, null, null, null, null, null]);
  });

  it('is looked for in the groups from within, in the flow, in all flows, and in the process', () => {
    process.env['EAS_TEST_E'] = 'process';
    const levels = [
      { of: 'group', id: 'g1', variables: [text('A', 'inner')] },
      { of: 'group', id: 'g2', variables: [text('A', 'outer'), text('B', 'outer')] },
      { of: 'flow', id: 'f', variables: [text('B', 'flow'), text('C', 'flow'), text('C', 'later')] },
      { of: 'global', id: '', variables: [text('C', 'global'), text('D', 'global')] },
    ];
    const environment = new EnteredEnvironment(runtime(), levels);
    const values = ['A', 'B', 'C', 'D', 'EAS_TEST_E'].map((name) => environment.valueOf(name, 'host'));
    assert.deepEqual(values, ['inner', 'outer', 'later', 'global', 'process']);
    assert.throws(() => environment.valueOf('EAS_TEST_NONE', 'host'), {
      code: 'ERR_CONFIG_MISSING',
      details: { field: 'host' },
    });
    assert.equal(environment.valueIfKnown('EAS_TEST_NONE'), '');
  });

  it('may name another one, one further out by the same name too', () => {
    process.env['EAS_TEST_E'] = 'process';
    const levels = [
      {
        of: 'group',
        id: 'g',
        variables: [
          { name: 'EAS_TEST_E', type: 'env', value: 'EAS_TEST_E' },
          { name: 'URL', type: 'env', value: 'https://${HOST}/${EAS_TEST_E}' },
          text('HOST', 'mail.example'),
        ],
      },
    ];
    const environment = new EnteredEnvironment(runtime(), levels);
    assert.equal(environment.valueOf('EAS_TEST_E', 'host'), 'process');
    assert.equal(environment.valueOf('URL', 'host'), 'https://mail.example/process');
  });

  it('is, as a secret of a flow, what a node of the deployed flow has, and needs a deploy where there is none', () => {
    const secret = { name: 'S', type: 'cred' };
    const nodes = [
      { id: 'other', z: 'x', knows: { S: 'of another flow' } },
      { id: 'grouped', z: 'f', g: 'g', knows: { S: 'of the group' } },
      { id: 'plain', z: 'f', knows: { S: 'of the flow' } },
      { id: 'config', knows: { S: 'of all flows' } },
    ];
    const valueAt = (of: string, id: string, has = nodes) =>
      new EnteredEnvironment(runtime(has), [{ of, id, variables: [secret] }]).valueOf('S', 'password');
    assert.deepEqual(
      [valueAt('group', 'g'), valueAt('flow', 'f'), valueAt('global', '')],
      ['of the group', 'of the flow', 'of all flows'],
    );
    assert.throws(() => valueAt('flow', 'f', []), { code: 'ERR_CONFIG_MISSING' });
  });

  it('is unknown before a deploy as an expression, and where the settings hide it', () => {
    process.env['EAS_TEST_E'] = 'process';
    const levels = [{ of: 'flow', id: 'f', variables: [{ name: 'X', type: 'jsonata', value: '1 + 1' }] }];
    const environment = new EnteredEnvironment(runtime([], ['EAS_TEST_E']), levels);
    for (const name of ['X', 'EAS_TEST_E'])
      assert.throws(() => environment.valueOf(name, 'host'), { code: 'ERR_CONFIG_MISSING' });
  });

  it('is written as in the dialog where its value came from the runtime, and is told where the editor has it', () => {
    process.env['EAS_TEST_E'] = 'Secret.Value';
    process.env['EAS_TEST_PORT'] = '25025';
    process.env['EAS_TEST_STORE'] = 'postgres://me:p%C3%A4ssword@db.example/x';
    const environment = new EnteredEnvironment(runtime(), [{ of: 'flow', id: 'f', variables: [text('A', 'of flow')] }]);
    for (const name of ['EAS_TEST_E', 'EAS_TEST_PORT', 'EAS_TEST_STORE', 'A']) environment.valueOf(name, 'host');
    const line = { step: { seen: 'secret.value at 25025', list: ['of flow', 'pässword', 'p%C3%A4ssword', 7, null] } };
    const store = '${EAS_TEST_STORE}';
    assert.deepEqual(environment.hide(line), {
      step: { seen: '${EAS_TEST_E} at 25025', list: ['of flow', store, store, 7, null] },
    });
  });

  it('is of the process alone where the request says anything else', () => {
    process.env['EAS_TEST_E'] = 'process';
    for (const told of [undefined, null, 7, 'x', {}, [null, 7, { of: 'else' }, { of: 'flow', variables: [{}, null] }]])
      assert.equal(new EnteredEnvironment(runtime(), told).valueOf('EAS_TEST_E', 'host'), 'process');
  });
});
