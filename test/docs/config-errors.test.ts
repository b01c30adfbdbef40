/** A wrong configuration is named as the editor names it: the node, and the field as its dialog calls it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FIELD_WORDS, FIELD_WORDS_DE, KIND_WORDS, KIND_WORDS_DE } from '../../nodes/connections.ts';
import { REFUSALS_DE } from '../../src/model/refusals-de.ts';
import { REFUSALS_EN } from '../../src/model/refusals-en.ts';
import { TENANT_FIELDS } from '../../src/graph/tenant-field.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

interface Catalogue {
  readonly label: string;
  readonly field?: Readonly<Record<string, string>>;
}

/** What the fields are called that several dialogs have. */
const { field: sharedFields } = JSON.parse(
  readFileSync(join(ROOT, 'nodes/locales/en-US/shared.json'), 'utf8'),
) as Required<Pick<Catalogue, 'field'>>;

const catalogues = new Map(
  readdirSync(join(ROOT, 'nodes'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['locales', 'editor'].includes(entry.name))
    .map(({ name }) => {
      const text = readFileSync(join(ROOT, 'nodes', name, 'locales/en-US', `${name}.json`), 'utf8');
      const { label = '', field } = (JSON.parse(text) as Record<string, Partial<Catalogue>>)[name] ?? {};
      return [name, { label, field: { ...sharedFields, ...field } } as Catalogue] as const;
    }),
);

/** A refusal as it is said, and of a field that is looked up while it runs: nothing. */
function refusalOf(code: string): string {
  const table: Readonly<Record<string, string>> = REFUSALS_EN;
  return code === 'field-problem' ? '' : (table[code] ?? '');
}

/** What is said with ERR_CONFIG_INVALID, as it stands in the sources, with the file. */
const said = ['src', 'nodes'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap(({ name, parentPath }) => {
      const text = readFileSync(join(parentPath, name), 'utf8');
      const found = text.matchAll(
        /new ConnectorError\(\s*'ERR_CONFIG_INVALID',\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`|refusal\('([\w.-]+)')/g,
      );
      return [...found].map((match) => ({
        name,
        text: (match[1] ?? match[2] ?? match[3] ?? refusalOf(match[4] ?? '')).replaceAll("\\'", "'"),
      }));
    }),
);

/** Whom a text that two configurations share is said of. */
const OWNERS = ['The Exchange server', 'The mail account'];

/** Who is told of by a command line, which has no dialog, or whose text a caller has put before it. */
const NO_DIALOG = ['http-session.ts', 'probe-authentication.ts'];

describe('the errors about a wrong configuration', () => {
  it('name the node, and a field in the words of its dialog', () => {
    assert.ok(said.length > 20, 'the sources were read');
    const whole = said.flatMap(({ name, text }) =>
      text.includes('${owner}')
        ? OWNERS.map((owner) => ({ name, text: text.replace('${owner}', owner) }))
        : [{ name, text }],
    );
    const unnamed = whole.filter(({ name, text }) => {
      if (NO_DIALOG.includes(name)) return false;
      const node = [...catalogues.values()].find(({ label }) => text.toLowerCase().includes(label.toLowerCase()));
      const fields = [...text.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
      return (
        node === undefined ||
        !fields.some((field) => field.startsWith('${') || Object.values(node.field ?? {}).includes(field))
      );
    });
    assert.deepEqual(unnamed, []);
  });

  it('call the fields of the MDM tenant what its dialog calls them', () => {
    const { field = {} } = catalogues.get('mdm-tenant')!;
    const words = Object.entries(TENANT_FIELDS).map(([property, word]) => [property, word, field[property]]);
    assert.deepEqual(
      words.filter(([, ours, dialog]) => ours !== dialog),
      [],
    );
  });

  it('call a configuration, and the field it is chosen in, in German what the German dialogs call them', () => {
    const textsOf = (path: string): Record<string, Partial<Catalogue>> =>
      JSON.parse(readFileSync(join(ROOT, 'nodes', path), 'utf8')) as Record<string, Partial<Catalogue>>;
    const { field: sharedOnes = {} } = textsOf('locales/de/shared.json') as Partial<Catalogue>;
    const german = [...catalogues.keys()].map((type) => {
      const { label, field } = textsOf(`${type}/locales/de/${type}.json`)[type] ?? {};
      return { type, label, field: { ...sharedOnes, ...field } as Readonly<Record<string, string>> };
    });
    assert.deepEqual(
      Object.entries(KIND_WORDS_DE),
      Object.keys(KIND_WORDS_DE).map((kind) => [kind, german.find(({ type }) => type === kind)?.label]),
    );
    const wrong = german.flatMap(({ type, field }) =>
      Object.entries(FIELD_WORDS_DE).flatMap(([property, word]) =>
        field[property] === undefined || field[property] === word ? [] : [`${type}.${property}`],
      ),
    );
    assert.deepEqual(wrong, []);
    const words = new Set(german.flatMap(({ field }) => Object.values(field)));
    const named = Object.values(REFUSALS_DE).flatMap((text) => [...text.matchAll(/^„([^“{]+)“|in „([A-Z][^“{]+)“/g)]);
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.map((match) => match[1] ?? match[2] ?? '').filter((word) => !words.has(word) && word !== 'Durchsetzen'),
      [],
    );
  });

  it('call a configuration and the field it is chosen in what the dialogs call them', () => {
    const kinds = Object.entries(KIND_WORDS).map(([type, word]) => [
      type,
      word.toLowerCase(),
      catalogues.get(type)?.label,
    ]);
    assert.deepEqual(
      kinds.filter(([, ours, label]) => ours !== label?.toLowerCase()),
      [],
    );
    const wrong = [...catalogues].flatMap(([type, { field = {} }]) =>
      Object.entries(FIELD_WORDS)
        .filter(([property, word]) => field[property] !== undefined && field[property] !== word)
        .map(([property]) => `${type}.${property}`),
    );
    assert.deepEqual(wrong, []);
  });
});
