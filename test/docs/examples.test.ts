/** The examples are as the editor saves them; docs/examples.md has every one, in their order, with the button that starts it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { EXAMPLES, NODE_TYPES, firstButton, readExample } from '../support/examples.ts';
import { dialogOf } from '../support/dialog.ts';

describe('the nodes of an example', () => {
  for (const name of EXAMPLES)
    it(`"${name}" have every field that their dialogs save, in its order: Done without a change changes nothing`, () => {
      const nodes = readExample(name).filter(({ type }) => NODE_TYPES.includes(type));
      const fieldsOf = (type: string): string[] => Object.keys(dialogOf(type).defaults);
      const had = nodes.map((node) => [node.id, Object.keys(node).filter((key) => fieldsOf(node.type).includes(key))]);
      assert.deepEqual(
        had,
        nodes.map(({ id, type }) => [id, fieldsOf(type)]),
      );
    });
});

describe('docs/examples.md', () => {
  const text = readFileSync(new URL('../../docs/examples.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (\d\d [^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)];

  it('lists every example in its order, and the button that its first comment names', () => {
    assert.deepEqual(
      rows.map(([, name, , button]) => [name, button?.split(', read the pages')[0]]),
      EXAMPLES.map((name) => [name, firstButton(readExample(name)).name]),
    );
  });

  it('says of every node on the canvas in which example it is, and it is there', () => {
    const [, table = ''] = /\| node \| smallest example \|\n[^\n]+\n((?:\|[^\n]+\n)+)/.exec(text) ?? [];
    const named = [...table.matchAll(/^\| ([^|]+) \| (\d\d)/gm)].flatMap(([, nodes = '', number = '']) =>
      nodes.split(', ').map((node) => [node, number] as const),
    );
    const shown = NODE_TYPES.filter((type) => dialogOf(type).category !== 'config');
    assert.equal(named.length, shown.length);
    for (const [node, number] of named) {
      const type = node === 'notifier' ? 'enrollment-notifier' : node.toLowerCase().replace(' ', '-');
      assert.ok(shown.includes(type), node);
      const example = EXAMPLES.find((name) => name.startsWith(number)) ?? assert.fail(number);
      assert.ok(
        readExample(example).some((entry) => entry.type === type),
        `${number} has ${node}`,
      );
    }
  });
});
