/** The dialogs as the build puts them together from their parts: whole, with a field and a text for everything they save. */
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dialogFile } from '../../scripts/editor-includes.mjs';
import { dialogOf } from '../support/dialog.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string> };
};
const read = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(ROOT, 'nodes', path), 'utf8')) as Record<string, unknown>;

/** Fields that have no input of their own, because the dialog draws something else for them or nothing at all. */
const WITHOUT_INPUT = ['access-switch.rules'];

describe('a dialog as it is built', () => {
  for (const type of Object.keys(manifest['node-red'].nodes)) {
    describe(type, () => {
      const { html, defaults, category } = dialogOf(type);
      const input = category === 'config' ? 'node-config-input' : 'node-input';
      const template = /<script type="text\/html"[^>]*>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';

      it('has nothing in it that is still to be put in', () => {
        assert.deepEqual(html.match(/(<!--|\/\*) include |\{\{|\bimport \{|^ *export /gm) ?? [], []);
      });

      it('has one input for everything that it saves, with a label', () => {
        const ids = [...template.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] ?? '');
        assert.deepEqual(
          ids.filter((id, at) => ids.indexOf(id) !== at),
          [],
          'no id stands twice',
        );
        const labels = new Set([...template.matchAll(/<label for="([^"]+)"/g)].map((match) => match[1]));
        // A picture is held by a hidden input and chosen with one for files, which has the label.
        const named = (id: string): boolean =>
          labels.has(template.includes(`type="hidden" id="${id}"`) ? `${id}-file` : id) ||
          template.includes(`id="${id}" style="width: 70px;"`);
        const missing = Object.keys(defaults)
          .filter((property) => !WITHOUT_INPUT.includes(`${type}.${property}`))
          .map((property) => `${input}-${property}`)
          .filter((id) => !ids.includes(id) || !named(id));
        assert.deepEqual(missing, []);
      });

      it('has a text for every key that it names', () => {
        const catalogue = { ...read(`${type}/locales/en-US/${type}.json`), shared: read('locales/en-US/shared.json') };
        const keys = [...template.matchAll(/data-i18n="([^"]+)"/g)]
          .flatMap((match) => (match[1] ?? '').split(';'))
          .map((key) => key.replace(/^\[[\w-]+\]/, ''));
        const textOf = (key: string): unknown =>
          key.split('.').reduce<unknown>((found, step) => (found as Record<string, unknown>)?.[step], catalogue);
        assert.ok(keys.length > 1);
        assert.deepEqual(
          keys.filter((key) => typeof textOf(key) !== 'string'),
          [],
        );
      });

      it('is called on the canvas by its name, else by what it is', () => {
        const { label, labelStyle } = dialogOf(type) as unknown as Record<
          'label' | 'labelStyle',
          (this: unknown) => string
        >;
        const node = (name: string): unknown => ({ type, name, _: (key: string) => `text of ${key}` });
        assert.deepEqual(
          [
            label.call(node('Berlin')),
            labelStyle.call(node('Berlin')),
            label.call(node('')),
            labelStyle.call(node('')),
          ],
          ['Berlin', 'red-ui-flow-node-label-italic', `text of ${type}.label`, ''],
        );
      });
    });
  }
});

describe('putting a dialog together', () => {
  let nodes: string;

  beforeEach(() => {
    nodes = mkdtempSync(join(tmpdir(), 'dialog-parts-'));
    mkdirSync(join(nodes, 'editor'));
    mkdirSync(join(nodes, 'some-node', 'editor'), { recursive: true });
  });

  afterEach(() => rmSync(nodes, { recursive: true }));

  const build = (html: string, files: Readonly<Record<string, string>>): string => {
    writeFileSync(join(nodes, 'some-node', 'some-node.html'), html);
    for (const [path, text] of Object.entries(files)) writeFileSync(join(nodes, path), text);
    return dialogFile(nodes, 'some-node');
  };

  const ROW =
    '<p data-when="{{when}}">\n    <b id="{{input}}-{{property}}" title="{{type}}.{{title}}">\n    {{?hint}}<i>{{hint}}</i>\n</p>\n';

  it('leaves out of a row what its include does not give', () => {
    assert.equal(
      build('  <!-- include row.html property=port when="kind=a,b" title=x hint -->', { 'editor/row.html': ROW }),
      '  <p data-when="kind=a,b">\n      <b id="node-input-port" title="some-node.x">\n      <i>port</i>\n  </p>',
    );
    assert.equal(
      build('<!-- include row.html property=port -->', { 'editor/row.html': ROW }),
      '<p>\n    <b id="node-input-port">\n</p>',
    );
  });

  it('knows a config node by its category, whose inputs have other ids', () => {
    const html = "<!-- include row.html property=port -->\n<script>category: 'config'</script>";
    assert.match(build(html, { 'editor/row.html': ROW }), /id="node-config-input-port"/);
  });

  it('puts a module after those it imports, each once, in one scope', () => {
    const files = {
      'editor/ground.js': 'export const GROUND = 1;\n',
      'some-node/editor/first.js':
        "/* First. */\nimport { GROUND } from '../../editor/ground.js';\n\nexport function first() {\n  return GROUND;\n}\n",
      'some-node/editor/second.js':
        "import { first } from './first.js';\nimport { GROUND } from '../../editor/ground.js';\n\nexport const second = first() + GROUND;\n",
    };
    assert.equal(
      build('  /* include ground.js */\n  /* include second.js */', files),
      '  const GROUND = 1;\n  /* First. */\n\n  function first() {\n    return GROUND;\n  }\n\n  const second = first() + GROUND;',
    );
  });

  it('refuses a part that is not there, a blank that nobody fills, and a name that two modules have', () => {
    assert.throws(() => build('/* include gone.js */', {}), /some-node includes gone\.js, which is not there/);
    assert.throws(() => build('<!-- include row.html -->', { 'editor/row.html': '<p>{{property}}</p>' }), /property/);
    const twice = { 'editor/one.js': 'function same() {}\n', 'editor/two.js': 'const same = 1;\n' };
    assert.throws(() => build('/* include one.js */\n/* include two.js */', twice), /both have a same/);
  });
});
