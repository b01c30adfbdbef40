/** The documentation site: which pages it has, and what becomes of the links between them. `npm run docs` builds it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkSite } from '../../scripts/docs/check-site.ts';
import { groupsOf, readPages } from '../../scripts/docs/pages.ts';
import { linkWithinSite } from '../../scripts/docs/site-links.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const REPOSITORY = 'https://github.com/owner/name';
const page = (source: string, path: string, text = '') => ({ source, path, title: path, text });

describe('the documentation site', () => {
  const pages = readPages(ROOT);

  it('offers every page once, and the decisions by a page of their own', () => {
    const offered = groupsOf(pages).flatMap((group) => group.pages.map(({ path }) => path));
    const expected = pages.map(({ path }) => path).filter((path) => !/^decisions\/\d/.test(path));
    assert.deepEqual(offered.toSorted(), expected.toSorted());
    assert.equal(new Set(offered).size, offered.length);
  });

  it('has a title for every page', () => {
    assert.deepEqual(
      pages.filter(({ title, path }) => title === path).map(({ source }) => source),
      [],
    );
  });

  it('has no link that leads nowhere', () => {
    const table = { repository: REPOSITORY, pages, exists: (path: string) => existsSync(join(ROOT, path)) };
    assert.deepEqual(
      pages.flatMap((one) => linkWithinSite(one, table).dead),
      [],
    );
  });
});

describe('a link of a document', () => {
  const pages = [
    page('README.md', 'index'),
    page('docs/a.md', 'a'),
    page('docs/decisions', 'decisions/index'),
    page('docs/decisions/0001-b.md', 'decisions/0001-b'),
  ];
  const files = new Set(['src/errors.ts', 'docs/pictures/p.png', 'docs/monitoring/alerts.yml']);
  const linked = (source: string, text: string) =>
    linkWithinSite(page(source, 'x', text), { repository: REPOSITORY, pages, exists: (path) => files.has(path) });

  for (const [what, source, text, expected] of [
    ['a page beside it', 'docs/c.md', '[a](a.md)', '[a](/a)'],
    ['a heading of another page', 'docs/c.md', '[a](a.md#one-two)', '[a](/a#one-two)'],
    ['a heading of its own', 'docs/c.md', '[a](#one)', '[a](#one)'],
    ['the first page', 'docs/c.md', '[r](../README.md#rights)', '[r](/#rights)'],
    ['a page by its address', 'README.md', `[a](${REPOSITORY}/blob/HEAD/docs/a.md#b)`, '[a](/a#b)'],
    ['the folder of decisions', 'README.md', `[d](${REPOSITORY}/tree/HEAD/docs/decisions)`, '[d](/decisions/)'],
    ['a decision', 'docs/c.md', '[d](decisions/0001-b.md)', '[d](/decisions/0001-b)'],
    ['a file', 'docs/c.md', '[f](../src/errors.ts)', `[f](${REPOSITORY}/blob/HEAD/src/errors.ts)`],
    ['a picture', 'README.md', '![p](docs/pictures/p.png)', '![p](/docs/pictures/p.png)'],
    ['a picture in a tag', 'README.md', '<img src="docs/pictures/p.png">', '<img src="/docs/pictures/p.png">'],
    ['elsewhere', 'docs/c.md', '[e](https://example.com/a.md)', '[e](https://example.com/a.md)'],
    ['something that is code', 'docs/c.md', '`[a](a.md)`', '`[a](a.md)`'],
  ] as const)
    it(`to ${what} is ${expected}`, () => {
      const { text: changed, dead } = linked(source, text);
      assert.deepEqual({ changed, dead }, { changed: expected, dead: [] });
    });

  it('that leads nowhere is named with its document', () => {
    assert.deepEqual(linked('docs/c.md', '[x](gone.md)').dead, ['docs/c.md: gone.md']);
  });

  it('to a picture has the picture copied', () => {
    assert.deepEqual(linked('README.md', '![p](docs/pictures/p.png)').pictures, ['docs/pictures/p.png']);
  });
});

describe('the look through the built site', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'site-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const site = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };

  it('finds nothing where all is well', () => {
    site({
      'index.html': '<link href="/base/style.css"><a href="/base/a#one">a</a><a href="#top">up</a><h1 id="top">T</h1>',
      'a.html': '<h2 id="one">One</h2><a href="/base/b/">b</a><a href="https://example.com/">e</a>',
      'b/index.html': '<a href="/base/">home</a>',
      'style.css': '',
    });
    assert.deepEqual(checkSite(folder, '/base/'), { pages: 3, links: 4, problems: [] });
  });

  for (const [what, html, problem] of [
    ['a page that is not there', '<a href="/gone">x</a>', 'index.html: /gone leads to no page'],
    ['a heading that is not there', '<a href="#gone">x</a>', 'index.html: #gone names no heading'],
    [
      'a script from elsewhere',
      '<script src="https://cdn.example/x.js">',
      'index.html fetches https://cdn.example/x.js',
    ],
    ['a font from elsewhere', '<link rel="x" href="//fonts.example/x">', 'index.html fetches //fonts.example/x'],
  ] as const)
    it(`names ${what}`, () => {
      site({ 'index.html': html });
      assert.deepEqual(checkSite(folder, '/').problems, [problem]);
    });
});
