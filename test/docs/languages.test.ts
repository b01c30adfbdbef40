/** The editor in German: every text that it has in English, with the same blanks, and a help that has the same parts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const NODES = new URL('../../nodes/', import.meta.url);
/** What a canvas has room for beside a node; German needs a fifth more than English, which is held to 40. */
const LONGEST_STATUS = 48;

type Texts = { readonly [key: string]: string | Texts };

const types = readdirSync(NODES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['locales', 'editor'].includes(entry.name))
  .map(({ name }) => name);
const catalogues = [
  ...types.map((type) => ({ name: type, path: (language: string) => `${type}/locales/${language}/${type}.json` })),
  { name: 'shared', path: (language: string) => `locales/${language}/shared.json` },
];

/** Every text of a catalogue by its key. */
function textsOf(path: string): Map<string, string> {
  const flat = (texts: Texts, above: string): [string, string][] =>
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string' ? [[above + key, value] as [string, string]] : flat(value, `${above}${key}.`),
    );
  return new Map(flat(JSON.parse(readFileSync(new URL(path, NODES), 'utf8')) as Texts, ''));
}

const blanksOf = (text: string | undefined): string[] =>
  [...(text ?? '').matchAll(/__\w+__/g)].map(([blank]) => blank).sort();

describe('the editor in German', () => {
  for (const { name, path } of catalogues) {
    describe(name, () => {
      const english = textsOf(path('en-US'));
      const german = textsOf(path('de'));

      it('has a text for every one in English, in the same order, and no other', () => {
        assert.deepEqual([...german.keys()], [...english.keys()]);
      });

      it('has the blanks of the English text in each, and says nothing with none', () => {
        for (const [key, text] of english) {
          assert.deepEqual(blanksOf(german.get(key)), blanksOf(text), key);
          assert.notEqual(german.get(key)?.trim(), '', key);
        }
      });

      it('fits beside a node where it is a status', () => {
        const long = [...german]
          .filter(([key]) => /(^|\.)(status|error)\./.test(key))
          .filter(([, text]) => text.replace(/__\w+__/g, '99').length > LONGEST_STATUS);
        assert.deepEqual(long, []);
      });

      it('is not in English', () => {
        const english = /\b(the|and|of|is|are|not|with|from|your|this|that|which)\b/i;
        const suspect = [...german].filter(([, text]) => english.test(text.replace(/__\w+__/g, '')));
        assert.deepEqual(suspect, []);
      });
    });
  }
});

/** The parts of a help in their order: headings by their level, entries by their names, codes, tables and lists by their rows. */
function partsOf(type: string, language: string): { outline: string[]; codes: string[] } {
  const html = readFileSync(new URL(`${type}/locales/${language}/${type}.html`, NODES), 'utf8');
  const source = /<script type="text\/markdown" data-help-name="[\w-]+">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const outline = source
    .split('\n')
    .map((line) => {
      const entry = /^: (.*?) \((.*?)\) : /.exec(line);
      if (entry) return `entry ${entry[1]} (${entry[2]})`;
      if (line.startsWith('|')) return `row of ${line.split('|').length - 2}`;
      return /^(#+|-|\d+\.| {4}\S)/.exec(line)?.[1] ?? (line.trim() === '' ? '' : 'text');
    })
    .filter((part) => part !== '');
  const codes = [...source.matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    code.replaceAll('DOMÄNE\\Name', 'DOMAIN\\name'),
  );
  return { outline, codes: codes.sort() };
}

describe('the help in German', () => {
  for (const type of types.filter((one) => existsSync(new URL(`${one}/locales/en-US/${one}.html`, NODES)))) {
    it(`of ${type} has the headings, entries, lists and tables of the English one, and names the same codes`, () => {
      assert.deepEqual(partsOf(type, 'de'), partsOf(type, 'en-US'));
    });
  }
});
