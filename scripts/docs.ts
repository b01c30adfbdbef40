/** `npm run docs`: builds the documentation site from README.md, docs/ and the changelog. Needs no network. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, serve } from 'vitepress';
import { readCommandLine, refuseCommandLine } from './command-line.ts';
import { checkSite } from './docs/check-site.ts';
import { groupsOf, readPages } from './docs/pages.ts';
import type { Page } from './docs/pages.ts';
import type { SiteFacts } from './docs/site-config.ts';
import { linkWithinSite } from './docs/site-links.ts';

const USAGE = `
npm run docs -- [--base PATH] [--serve] [--port PORT]

Builds the documentation site in site/, from README.md, docs/, CHANGELOG.md and CONTRIBUTING.md. Ends with 1 where a link or an
anchor leads nowhere.

  --base PATH   the path that the site is served below, as /node-red-exchange-connector/; default /
  --serve       shows the site afterwards, at an address of this machine alone
  --port PORT   of --serve; default 4173
`;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'site');
const { values } = readCommandLine(USAGE, {
  base: { type: 'string' },
  serve: { type: 'boolean' },
  port: { type: 'string' },
});
const base = values.base ?? '/';
if (!/^\/(?:[\w.~-]+\/)*$/.test(base)) refuseCommandLine('--base begins and ends with a slash.', USAGE);

const pages = readPages(root);
const folder = layOut(pages);
await build(folder);
const { pages: count, links, problems } = checkSite(out, base);
for (const problem of problems) console.error(problem);
console.log(`${count} pages, ${links} links, ${problems.length} problems: site/`);
if (problems.length > 0) process.exit(1);
if (values.serve === true) await serve({ root: folder, base, port: Number(values.port ?? 4173) });

/** Writes the pages with their links as the site needs them, and what VitePress has to know. @returns the folder */
function layOut(all: readonly Page[]): string {
  const staged = join(root, 'node_modules', '.cache', 'docs-site');
  rmSync(staged, { recursive: true, force: true });
  const { version, description, repository } = packageFacts();
  const table = { repository, pages: all, exists: (path: string) => existsSync(join(root, path)) };
  const dead: string[] = [];
  for (const page of all) {
    const linked = linkWithinSite(page, table);
    dead.push(...linked.dead);
    write(join(staged, `${page.path}.md`), linked.text);
    for (const picture of linked.pictures) cpSync(join(root, picture), join(staged, 'public', picture));
  }
  if (dead.length > 0) {
    console.error(`Links that lead nowhere:\n${dead.join('\n')}`);
    process.exit(1);
  }
  const facts: SiteFacts = {
    title: 'Exchange connector',
    description,
    repository,
    version,
    base,
    out,
    sidebar: groupsOf(all).map((group) => ({
      text: group.title,
      items: group.pages.map(({ title, path }) => ({
        text: path === 'index' ? 'Overview' : title,
        link: `/${path.replace(/(^|\/)index$/, '$1')}`,
      })),
    })),
  };
  write(join(staged, 'site.json'), JSON.stringify(facts));
  const config = join(root, 'scripts', 'docs', 'site-config.ts');
  write(
    join(staged, '.vitepress', 'config.ts'),
    `import { siteConfig } from ${JSON.stringify(config)};\nexport default siteConfig(${JSON.stringify(staged)});\n`,
  );
  return staged;
}

function packageFacts(): { readonly version: string; readonly description: string; readonly repository: string } {
  const facts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
    description: string;
    repository: { url: string };
  };
  return { ...facts, repository: facts.repository.url.replace(/^git\+/, '').replace(/\.git$/, '') };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
