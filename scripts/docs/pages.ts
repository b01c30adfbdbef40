/** Which documents are pages of the site, where each is found there, and in which order they are offered. Pure but for `readPages`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One page of the site. */
export interface Page {
  /** The Markdown file, from the root of the repository. */
  readonly source: string;
  /** Below the site's address, without `.md`: `first-hour-exchange`. */
  readonly path: string;
  /** Its first heading. */
  readonly title: string;
  readonly text: string;
}

/** Documents that lie outside docs/. */
const OUTSIDE: Readonly<Record<string, string>> = {
  'README.md': 'index',
  'CHANGELOG.md': 'changelog',
  'CONTRIBUTING.md': 'contributing',
  'bench/README.md': 'benches',
};

/**
 * | group      | holds                                                                  |
 * |------------|------------------------------------------------------------------------|
 * | named ones | what they name, in this order; what is not there is left out           |
 * | the last   | what none of them names, so that no page can be lost                   |
 * Decisions have a page that lists them, and stand in no group.
 */
const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['Begin', ['index', 'first-hour-exchange', 'first-hour-entra', 'examples', 'moving']],
  ['Run it', ['operations', 'troubleshooting', 'reverse-proxy', 'kerberos', 'container', 'instances']],
  ['Look it up', ['matching', 'mails', 'errors', 'feeds', 'api', 'glossary']],
  ['Trust it', ['security', 'storage', 'personal-data', 'architecture', 'protocols', 'benches', 'decisions/index']],
  ['More', ['changelog', 'contributing']],
];

/** A heading of the navigation with its pages. */
export interface Group {
  readonly title: string;
  readonly pages: readonly Page[];
}

/** All documents that become pages. @param root of the repository */
export function readPages(root: string): readonly Page[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => [`docs/${name}`, name.replace(/\.md$/, '')] as const);
  const read = [...Object.entries(OUTSIDE), ...inDocs].map(([source, path]) => {
    const text = readFileSync(join(root, source), 'utf8');
    return { source, path, text, title: titleOf(text) ?? path };
  });
  return [...read, decisionsPage(read.filter(({ path }) => path.startsWith('decisions/')))].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
}

/** The navigation. */
export function groupsOf(pages: readonly Page[]): readonly Group[] {
  const named = new Set(GROUPS.flatMap(([, paths]) => paths));
  const rest = pages.map(({ path }) => path).filter((path) => !named.has(path) && !path.startsWith('decisions/'));
  return GROUPS.map(([title, paths], index) => ({
    title,
    pages: [...paths, ...(index === GROUPS.length - 1 ? rest : [])].flatMap(
      (path) => pages.find((page) => page.path === path) ?? [],
    ),
  }));
}

/** The text of the first heading, without code marks. */
function titleOf(text: string): string | null {
  return /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '').trim() ?? null;
}

function decisionsPage(decisions: readonly Page[]): Page {
  const lines = decisions
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ source, title }) => `- [${title}](${source.replace(/^docs\/decisions\//, '')})`);
  const text = ['# Decisions', 'Choices that could have gone otherwise, and why they went this way.', lines.join('\n')];
  return { source: 'docs/decisions', path: 'decisions/index', title: 'Decisions', text: `${text.join('\n\n')}\n` };
}
