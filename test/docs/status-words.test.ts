/** What the statuses say: words for every code that may stand there, and no code of ours among the words. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { VERDICTS } from '../../src/autodiscover/verdicts.ts';
import { SKIP_REASONS } from '../../src/notify/decide-notification.ts';

const NODES = new URL('../../nodes/', import.meta.url);
/** A canvas has room for about this much beside a node. */
const LONGEST = 40;

type Texts = { readonly [key: string]: string | Texts };

function read(path: string): Texts {
  return JSON.parse(readFileSync(new URL(path, NODES), 'utf8')) as Texts;
}

/** The status texts of a node type. */
function statusesOf(type: string): Texts {
  const own = read(`${type}/locales/en-US/${type}.json`)[type] as Texts;
  return (own['status'] ?? {}) as Texts;
}

/** Every text of a catalogue as [key, text]. */
function flat(texts: Texts, above = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[above + key, value] as [string, string]] : flat(value, `${above}${key}.`),
  );
}

const types = readdirSync(NODES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['locales', 'editor'].includes(entry.name))
  .map(({ name }) => name);

describe('the words of statuses', () => {
  it('have a text for every verdict of the Autodiscover check, and no other', () => {
    const { verdict } = statusesOf('autodiscover-check');
    assert.deepEqual(
      Object.keys(verdict as Texts).sort(),
      // A dot leads down in a catalogue.
      Object.keys(VERDICTS)
        .map((name) => name.replaceAll('.', '-'))
        .sort(),
    );
  });

  it('have a text for every reason why the notifier sends no mail, and no other', () => {
    const { skipped } = statusesOf('enrollment-notifier');
    assert.deepEqual(Object.keys(skipped as Texts).sort(), [...SKIP_REASONS].sort());
  });

  it('are short, and no code stands in them', () => {
    const all = [
      ...types.flatMap((type) => flat(statusesOf(type), `${type}.`)),
      // The other texts are a dialog's: what it calls a field, and sentences about it.
      ...flat(read('locales/en-US/shared.json'), 'shared.').filter(([key]) => /^shared\.(status|error)\./.test(key)),
    ];
    assert.ok(all.length > 150, 'the catalogues were read');
    const bad = all.filter(
      ([, text]) =>
        text.trim() === '' ||
        text.replace(/__\w+__/g, '99').length > LONGEST ||
        /\bERR_|\b[a-z]+-[a-z]+-[a-z]+\b|[a-z]\.(?!js\b)[a-z]/.test(text),
    );
    assert.deepEqual(bad, []);
  });

  it('take no code for a word: no status has a blank that a code is put into', () => {
    const blanks = types.flatMap((type) =>
      flat(statusesOf(type)).flatMap(([key, text]) =>
        [...text.matchAll(/__(\w+)__/g)].map((match) => `${type}.${key} ${match[1]}`),
      ),
    );
    assert.deepEqual(
      blanks.filter((blank) => / (reason|step|code|verdict|problem)$/.test(blank)),
      [],
    );
  });
});
